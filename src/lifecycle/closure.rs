//! An incident moves promises: each order in a transaction of its own, so that a thousand of them hold
//! up nobody.

use super::choose::pick_for;
use super::drive::{DriveError, unassign};
use super::foresee::{Foreseen, foresee_delay, told_last};
use super::promise::{Promised, promise};
use crate::delivery::{self, DropState, Incident, Moving, Outcome, Window, WindowError};
use crate::events::{self, Event};
use crate::ids::{Actor, DropId, IncidentId, OrderId, StaffId};
use crate::orders::{self, Order, OrderState};
use crate::promises::{self, Cause};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Later windows looked at for one with room.
const MOST_WINDOWS: i64 = 40;

/// Closes windows from now on, and notes the orders whose promises that touches; they are moved by
/// [`move_next`]. Whoever takes room in one of the windows just then is either among them or refused.
/// The same incident again changes nothing. One transaction; says how many orders wait to be moved.
///
/// # Errors
/// When the database does not answer.
pub fn declare_incident(conn: &mut PgConnection, new: &Incident, now: DateTime<Utc>) -> QueryResult<usize> {
    conn.transaction(|conn| {
        if !delivery::insert_incident(conn, new)? {
            return Ok(0);
        }
        delivery::close_windows(conn, new)?;
        delivery::note_affected(conn, new, now)
    })
}

/// It is over: its windows are open again, and what has not been moved yet is not moved. What has been
/// promised stays. Doing it again changes nothing. One transaction.
///
/// # Errors
/// `NotFound` when there is none.
pub fn end_incident(
    conn: &mut PgConnection,
    id: IncidentId,
    by: StaffId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(|conn| {
        if delivery::lock_incident(conn, id)?.ended_at.is_some() {
            return Ok(());
        }
        delivery::end_incident(conn, id, by, now)?;
        delivery::reopen_windows(conn, id).map(drop)
    })
}

/// Moves the next order that waits for it to the first later window with room, promises that and
/// foresees the delay, so that its customer is written to. Nothing where none waits. One transaction.
///
/// # Errors
/// When the database does not answer; the order is named, so that it can be put off.
pub fn move_next(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
) -> Result<Option<Outcome>, (Option<Box<Moving>>, diesel::result::Error)> {
    let mut reached = None;
    let done = conn.transaction(|conn| {
        let Some(moving) = delivery::next_to_move(conn, now)? else { return Ok(None) };
        reached = Some(Box::new(moving.clone()));
        let because = delivery::incident(conn, moving.incident_id)?.filter(|i| i.ended_at.is_none());
        let (outcome, to) = match because {
            Some(incident) => move_order(conn, moving.order_id, &incident, now)?,
            None => (Outcome::Stays, None),
        };
        let to = to.map(|window| (window.starts_at, window.ends_at));
        delivery::set_outcome(conn, &moving, outcome, to)?;
        Ok(Some(outcome))
    });
    done.map_err(|e| (reached, e))
}

/// Only what nobody has moved, ended or set out with since then is moved.
fn move_order(
    conn: &mut PgConnection,
    id: OrderId,
    incident: &Incident,
    now: DateTime<Utc>,
) -> QueryResult<(Outcome, Option<Window>)> {
    const STAYS: (Outcome, Option<Window>) = (Outcome::Stays, None);
    let order = orders::lock_order(conn, id)?;
    match order.state {
        OrderState::Placed | OrderState::Confirmed => {}
        OrderState::Completed | OrderState::Cancelled => return Ok(STAYS),
    }
    let last = delivery::last_drop(conn, id)?.map(|drop| (drop.id, drop.state));
    if matches!(last, Some((_, DropState::OnTheWay | DropState::Delivered | DropState::Failed))) {
        return Ok(STAYS);
    }
    let held = delivery::window_of_order(conn, id)?.filter(|window| incident.scope().closes(window));
    let Some(held) = held else { return Ok(STAYS) };
    let moved = conn.transaction(|conn| {
        let new = take_later(conn, id, &held, now)?;
        if let (Some(_), Some((drop, DropState::Planned | DropState::RiderAssigned))) = (&new, last) {
            relieve(conn, drop, now)?;
        }
        Ok(new)
    });
    let new = match moved {
        // Whoever has it cannot give it back: it comes as it was promised.
        Err(diesel::result::Error::RollbackTransaction) => return Ok(STAYS),
        other => other?,
    };
    tell(conn, &order, incident, new.as_ref(), &held, now)?;
    Ok((if new.is_some() { Outcome::Moved } else { Outcome::NoLater }, new))
}

/// Takes it off whoever was to bring it: their run is of another time, and so is what a carrier was
/// asked. Where they cannot give it back, all is rolled back.
fn relieve(conn: &mut PgConnection, drop: DropId, now: DateTime<Utc>) -> QueryResult<()> {
    unassign(conn, drop, "another time was promised", Actor::System, now)
        .map_err(|e| if let DriveError::Db(e) = e { e } else { diesel::result::Error::RollbackTransaction })
}

/// The first later window that has room. Each is tried apart, so that nobody holds two of them.
fn take_later(
    conn: &mut PgConnection,
    id: OrderId,
    held: &Window,
    now: DateTime<Utc>,
) -> QueryResult<Option<Window>> {
    for window in delivery::later_windows(conn, held.zone_id, held.starts_at, now, MOST_WINDOWS)? {
        match conn.transaction(|conn| delivery::move_to(conn, id, window.id, now)) {
            Ok(taken) => return Ok(Some(taken)),
            Err(WindowError::Full | WindowError::Closed) => {}
            Err(WindowError::Db(e)) => return Err(e),
        }
    }
    Ok(None)
}

/// What the customer is written to about, with the new promise where there is one.
fn tell(
    conn: &mut PgConnection,
    order: &Order,
    incident: &Incident,
    new: Option<&Window>,
    held: &Window,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (why, by) = (incident.kind.sentence(), Actor::Staff(incident.made_by));
    let Some(new) = new else { return tell_of_none(conn, order, incident, held, now) };
    let (starts, ends) = (new.starts_at, new.ends_at);
    let sentence = format!("{why} Here is the next time we can come.");
    let delay = Foreseen { cause: Cause::Closure, sentence: &sentence, expected: ends, starts, ends };
    if foresee_delay(conn, order, &delay, by, now)?.is_some() {
        return Ok(());
    }
    // They were told of a later time than this before: it is promised without another letter.
    let promised = Promised { starts, ends, who: "shop", why: Cause::Closure.as_str() };
    promise(conn, order.id, &promised, by, now)?;
    pick_for(conn, order.id, starts, now)
}

/// Nothing can be promised: they are told so once, and can choose or cancel.
fn tell_of_none(
    conn: &mut PgConnection,
    order: &Order,
    incident: &Incident,
    held: &Window,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let expected = incident.ends_at;
    promises::close_until(conn, order.id, expected, now)?;
    let known = told_last(conn, order.id)?;
    if known.is_some_and(|told| told.cause == Cause::Closure.as_str() && told.expected == expected) {
        return Ok(());
    }
    let why = incident.kind.sentence();
    let event = Event::DelayForeseen {
        cause: Cause::Closure.as_str().to_owned(),
        sentence: format!("{why} No later time has room just now: choose one as soon as it has, or cancel."),
        expected,
        starts: held.starts_at,
        ends: held.ends_at,
    };
    events::record(conn, order.id.0, &event, Actor::Staff(incident.made_by), now)
}
