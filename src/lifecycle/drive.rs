//! From the warehouse's door to the customer's: who brings it, and what became of it.
//!
//! Words of riders and carriers come when they can: twice, late, in another order. Each is asked
//! whether it is news; none moves a try to deliver back.

use super::capture::CaptureError;
use super::carrier::{take_back_question, take_from_carrier};
use super::pack::{HandOverError, hand_over_locked, plan_drop};
use crate::delivery::{self, Drop, DropState, Failure, Heard};
use crate::events::{self, Event};
use crate::fulfilment;
use crate::ids::{Actor, DropId, OrderId, StaffId};
use crate::money::Money;
use crate::orders::{self, Order, OrderState};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Why that cannot be. Nothing has changed.
#[derive(Debug)]
pub enum DriveError {
    /// There is no such try.
    Unknown,
    /// Another rider brings it.
    NotYours,
    /// The rider has left with it: it is theirs until they have been there.
    OnTheWay,
    /// The carrier has taken it from the warehouse.
    Collected,
    /// It has ended.
    Over(DropState),
    /// The order is over, or not packed.
    NotPacked,
    /// Somebody has to show that they are so many years old.
    CheckAge(i32),
    /// What somebody has to show their age for is left for nobody.
    NotAlone(i32),
    /// A picture is to show it, and there is none.
    NoPicture,
    /// So much is to be paid at the door first.
    PayFirst(Money),
    /// The money that was reserved cannot be taken.
    Money(CaptureError),
    /// Another try has not ended yet.
    StillOpen,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for DriveError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

impl From<CaptureError> for DriveError {
    fn from(e: CaptureError) -> Self {
        e.apart().map_or_else(Self::Db, Self::Money)
    }
}

impl From<HandOverError> for DriveError {
    fn from(e: HandOverError) -> Self {
        match e {
            HandOverError::NotPacked => Self::NotPacked,
            HandOverError::Money(e) => Self::Money(e),
            HandOverError::Db(e) => Self::Db(e),
        }
    }
}

/// A rider is to bring it, as the last of their stops. Giving it to the same one again changes
/// nothing. One transaction.
///
/// # Errors
/// `OnTheWay` when another has left with it, `Collected` when a carrier has it.
pub fn assign_rider(
    conn: &mut PgConnection,
    id: DropId,
    rider: StaffId,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<(), DriveError> {
    conn.transaction(|conn| {
        let (_, drop) = lock(conn, id)?;
        let rider = delivery::lock_rider(conn, rider).optional()?.ok_or(DriveError::Unknown)?;
        still_here(&drop)?;
        if (drop.state, drop.rider_id) == (DropState::RiderAssigned, Some(rider.id)) {
            return Ok(());
        }
        take_from_carrier(conn, &drop, "a rider brings it", now)?;
        let stop = delivery::stops_of(conn, rider.id)?.last().map_or(1, |last| last.stop + 1);
        delivery::set_assigned(conn, id, rider.id, stop, now)?;
        let event = Event::RiderAssigned { drop: id, rider: rider.id, name: rider.first_name };
        Ok(events::record(conn, drop.order_id.0, &event, by, now)?)
    })
}

/// Nobody brings it for now: somebody else is to be found. One transaction.
///
/// # Errors
/// `OnTheWay` when the rider has left with it, `Collected` when a carrier has it.
pub fn unassign(
    conn: &mut PgConnection,
    id: DropId,
    why: &str,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<(), DriveError> {
    conn.transaction(|conn| {
        let (_, drop) = lock(conn, id)?;
        still_here(&drop)?;
        if drop.state == DropState::Planned {
            return take_back_question(conn, &drop, why, by, now);
        }
        take_from_carrier(conn, &drop, why, now)?;
        delivery::set_unassigned(conn, id)?;
        let event = Event::RiderUnassigned { drop: id, why: why.to_owned() };
        Ok(events::record(conn, drop.order_id.0, &event, by, now)?)
    })
}

/// On the way to this door since `at`; what is not handed over yet is so from then on, also where the
/// word that the try has failed came first. Of an order that is over it only tells the history. One
/// transaction.
///
/// # Errors
/// Says why not; nothing has changed then.
pub fn leave_for(
    conn: &mut PgConnection,
    id: DropId,
    by: Actor,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Heard, DriveError> {
    conn.transaction(|conn| {
        let (order, drop) = lock(conn, id)?;
        may(&drop, by)?;
        if drop.left_at.is_some() {
            return Ok(Heard::AlreadyTrue);
        }
        let state = if drop.state.may_become(DropState::OnTheWay) { DropState::OnTheWay } else { drop.state };
        if order.state == OrderState::Confirmed {
            take_along(conn, &order, id, by, (at, now))?;
        }
        delivery::set_left(conn, id, state, at)?;
        events::record(conn, order.id.0, &Event::DropLeft { drop: id }, by, at)?;
        Ok(Heard::Applied)
    })
}

/// At the door since `at`: something that happened, and no state. One transaction.
///
/// # Errors
/// Says why not; nothing has changed then.
pub fn arrive(
    conn: &mut PgConnection,
    id: DropId,
    by: Actor,
    at: DateTime<Utc>,
) -> Result<Heard, DriveError> {
    conn.transaction(|conn| {
        let (order, drop) = lock(conn, id)?;
        may(&drop, by)?;
        if drop.arrived_at.is_some() {
            return Ok(Heard::AlreadyTrue);
        }
        delivery::set_arrived(conn, id, at)?;
        events::record(conn, order.id.0, &Event::DropArrived { drop: id }, by, at)?;
        Ok(Heard::Applied)
    })
}

/// It could not be delivered, at `at`. Where the rider only had to stop, another one is looked for
/// at once; all else is for a person to decide. One transaction.
///
/// # Errors
/// Says why not; nothing has changed then.
pub fn fail(
    conn: &mut PgConnection,
    id: DropId,
    why: Failure,
    by: Actor,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Heard, DriveError> {
    conn.transaction(|conn| {
        let (order, drop) = lock(conn, id)?;
        may(&drop, by)?;
        match drop.state {
            DropState::Planned | DropState::RiderAssigned | DropState::OnTheWay => {}
            DropState::Failed if drop.failure == Some(why) => return Ok(Heard::AlreadyTrue),
            DropState::Failed | DropState::Delivered => return Ok(Heard::TooLate),
        }
        end_in_failure(conn, &order, &drop, why, by, at)?;
        if why == Failure::RiderStopped && order.state == OrderState::Confirmed {
            plan_drop(conn, &order, Actor::System, now)?;
        }
        Ok(Heard::Applied)
    })
}

/// The next try, by the newest promise. One transaction.
///
/// # Errors
/// `StillOpen` while the one before has not ended.
pub fn plan_again(
    conn: &mut PgConnection,
    id: OrderId,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<DropId, DriveError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, id)?;
        if order.state != OrderState::Confirmed {
            return Err(DriveError::NotPacked);
        }
        match delivery::last_drop(conn, id)? {
            None => Err(DriveError::NotPacked),
            Some(drop) if drop.state.is_open() => Err(DriveError::StillOpen),
            Some(drop) if drop.state == DropState::Delivered => Err(DriveError::Over(drop.state)),
            Some(_) => Ok(plan_drop(conn, &order, by, now)?),
        }
    })
}

pub(super) fn end_in_failure(
    conn: &mut PgConnection,
    order: &Order,
    drop: &Drop,
    why: Failure,
    by: Actor,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    delivery::set_failed(conn, drop.id, why, at)?;
    let event = Event::DropFailed { drop: drop.id, reason: why.as_str().to_owned() };
    events::record(conn, order.id.0, &event, by, at)
}

/// The order's row, then the drop's: in this order always.
pub(super) fn lock(conn: &mut PgConnection, id: DropId) -> Result<(Order, Drop), DriveError> {
    let found = delivery::drop_by_id(conn, id)?.ok_or(DriveError::Unknown)?;
    let order = orders::lock_order(conn, found.order_id)?;
    Ok((order, delivery::lock_drop(conn, id)?))
}

/// Until somebody has left with it, another can be found for it.
fn still_here(drop: &Drop) -> Result<(), DriveError> {
    match drop.state {
        DropState::Planned | DropState::RiderAssigned => Ok(()),
        DropState::OnTheWay => Err(DriveError::OnTheWay),
        DropState::Delivered | DropState::Failed => Err(DriveError::Over(drop.state)),
    }
}

/// A rider speaks of their own stops alone.
pub(super) fn may(drop: &Drop, by: Actor) -> Result<(), DriveError> {
    match by {
        Actor::Staff(id) if drop.rider_id.is_some_and(|rider| rider != id) => Err(DriveError::NotYours),
        // It was given to a carrier meanwhile, who alone speaks of it.
        Actor::Staff(_) if drop.is_a_carriers() => Err(DriveError::NotYours),
        Actor::Staff(_) | Actor::System | Actor::Carrier | Actor::Customer | Actor::Gateway => Ok(()),
    }
}

/// Whoever has left with it has it: it is handed over, whether somebody said so or not.
pub(super) fn take_along(
    conn: &mut PgConnection,
    order: &Order,
    drop: DropId,
    by: Actor,
    times: (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), DriveError> {
    let row = fulfilment::lock(conn, order.id)?.ok_or(DriveError::NotPacked)?;
    hand_over_locked(conn, order, &row, drop, by, times)?;
    Ok(())
}
