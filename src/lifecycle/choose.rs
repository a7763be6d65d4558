//! What a customer changes by themselves after ordering: when it comes, and how to find the door.

use super::drive::{DriveError, plan_again, unassign};
use super::promise::{Promised, promise};
use super::renew::good_for;
use crate::delivery::{self, DropState, WindowError};
use crate::events::{self, Event};
use crate::fulfilment::{self, Fulfilment, FulfilmentState};
use crate::ids::{Actor, OrderId};
use crate::orders::{self, Instructions, OrderState};
use crate::promises::Promise;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// How far ahead a time can be chosen.
pub const MOVED_AHEAD: Duration = Duration::days(7);

/// Why that cannot be. Nothing has changed.
#[derive(Debug)]
pub enum ChooseError {
    /// The rider has left with it, it is there, or the order is over or not paid yet.
    TooLate,
    /// Somebody else has taken the last room in that window.
    Full,
    /// One cannot order for it any more, or it is none of the zone's.
    Closed,
    /// What is reserved on its card does not last until then, and the card was not kept.
    BeyondCard,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for ChooseError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

impl From<WindowError> for ChooseError {
    fn from(e: WindowError) -> Self {
        match e {
            WindowError::Full => Self::Full,
            WindowError::Closed => Self::Closed,
            WindowError::Db(e) => Self::Db(e),
        }
    }
}

impl From<DriveError> for ChooseError {
    fn from(e: DriveError) -> Self {
        match e {
            DriveError::Db(e) => Self::Db(e),
            DriveError::Unknown
            | DriveError::NotYours
            | DriveError::OnTheWay
            | DriveError::Collected
            | DriveError::Over(_)
            | DriveError::NotPacked
            | DriveError::CheckAge(_)
            | DriveError::NotAlone(_)
            | DriveError::NoPicture
            | DriveError::PayFirst(_)
            | DriveError::Money(_)
            | DriveError::StillOpen => Self::TooLate,
        }
    }
}

/// A customer has it brought in another window: room is taken there and given back here, the new
/// promise stands beside the old ones, warehouse and rider follow. After a try that failed, the next
/// one is planned. One transaction.
///
/// # Errors
/// Says why not; the window it had it then still has.
pub fn choose_window(
    conn: &mut PgConnection,
    id: OrderId,
    window: i64,
    now: DateTime<Utc>,
) -> Result<Promise, ChooseError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, id)?;
        if order.state != OrderState::Confirmed {
            return Err(ChooseError::TooLate);
        }
        let last = delivery::last_drop(conn, id)?.map(|drop| (drop.id, drop.state));
        if matches!(last, Some((_, DropState::OnTheWay | DropState::Delivered))) {
            return Err(ChooseError::TooLate);
        }
        let zone = delivery::place(conn, order.place_id)?.zone_id;
        let wanted = delivery::move_to(conn, id, window, now)?;
        if Some(wanted.zone_id) != zone || wanted.starts_at > now + MOVED_AHEAD {
            return Err(ChooseError::Closed);
        }
        if good_for(conn, id)?.is_some_and(|until| wanted.ends_at > until) {
            return Err(ChooseError::BeyondCard);
        }
        let (starts, ends) = (wanted.starts_at, wanted.ends_at);
        let promised = Promised { starts, ends, who: "customer", why: "chosen by the customer" };
        let new = promise(conn, id, &promised, Actor::Customer, now)?;
        pick_for(conn, id, starts, now)?;
        match last {
            // Their run is of another time, and so is what a carrier was asked.
            Some((drop, DropState::Planned | DropState::RiderAssigned)) => {
                unassign(conn, drop, "another time was chosen", Actor::Customer, now)?;
            }
            Some((_, DropState::Failed)) => drop(plan_again(conn, id, Actor::Customer, now)?),
            Some((_, DropState::OnTheWay | DropState::Delivered)) | None => {}
        }
        Ok(new)
    })
}

/// What is not packed yet is packed for its new time. The caller holds the order's row.
pub(super) fn pick_for(
    conn: &mut PgConnection,
    id: OrderId,
    starts: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let Some(row) = fulfilment::lock(conn, id)? else { return Ok(()) };
    match row.state {
        FulfilmentState::Waiting | FulfilmentState::Picking => {
            fulfilment::set_due(conn, id, Fulfilment::waiting(id, starts, now).due_at, starts)
        }
        FulfilmentState::Packed | FulfilmentState::HandedOver => Ok(()),
    }
}

/// A customer says anew how to find them; whoever holds the drop reads it. The same words again
/// change nothing. One transaction.
///
/// # Errors
/// `TooLate` once it is delivered or over.
pub fn change_instructions(
    conn: &mut PgConnection,
    id: OrderId,
    new: &Instructions,
    now: DateTime<Utc>,
) -> Result<(), ChooseError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, id)?;
        let is_there = delivery::last_drop(conn, id)?.is_some_and(|d| d.state == DropState::Delivered);
        match order.state {
            OrderState::Placed | OrderState::Confirmed if !is_there => {}
            OrderState::Placed | OrderState::Confirmed | OrderState::Completed | OrderState::Cancelled => {
                return Err(ChooseError::TooLate);
            }
        }
        let known = orders::contact(conn, id)?;
        if (&known.phone, &known.leave_at, &known.note, &known.gate_code)
            == (&new.phone, &new.leave_at, &new.note, &new.gate_code)
        {
            return Ok(());
        }
        orders::set_instructions(conn, id, new)?;
        Ok(events::record(conn, id.0, &Event::InstructionsChanged, Actor::Customer, now)?)
    })
}

/// No link made so far opens the order any more, nor does what a code has let act. Nothing where there is
/// none. One transaction.
///
/// # Errors
/// When the database does not answer.
pub fn revoke_links(conn: &mut PgConnection, id: OrderId, now: DateTime<Utc>) -> QueryResult<()> {
    conn.transaction(|conn| {
        orders::lock_order(conn, id)?;
        if orders::revoke_links(conn, id, now)? == 0 {
            return Ok(());
        }
        events::record(conn, id.0, &Event::LinksRevoked, Actor::Customer, now)
    })
}
