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
            Some(incident) => move_order(conn, moving.order_id, &incident, Wish::FIRST, now)?,
            None => (Outcome::Stays, None),
        };
        let to = to.map(|window| (window.starts_at, window.ends_at));
        delivery::set_outcome(conn, &moving, outcome, to)?;
        Ok(Some(outcome))
    });
    done.map_err(|e| (reached, e))
}

/// Why a dispatcher cannot move that order. Nothing has changed.
#[derive(Debug)]
pub enum MoveError {
    /// It is none of those that wait for a hand, or what closed its window is over.
    NotWaiting,
    /// That window has no room any more, or is closed.
    NoRoom,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for MoveError {
    fn from(e: diesel::result::Error) -> Self {
        if e == diesel::result::Error::RollbackTransaction { Self::NoRoom } else { Self::Db(e) }
    }
}

/// All orders of an incident that came to this are tried once more, by [`move_next`]. Of what is over
/// nothing is tried. One transaction; says how many.
///
/// # Errors
/// `NotFound` when there is no such incident.
pub fn try_again(
    conn: &mut PgConnection,
    id: IncidentId,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    conn.transaction(|conn| {
        if delivery::lock_incident(conn, id)?.ended_at.is_some() {
            return Ok(0);
        }
        delivery::try_moves_again(conn, id, outcome, now)
    })
}

/// A dispatcher moves an order that could not be moved into a window they have chosen; its customer is
/// told as all others are. One transaction.
///
/// # Errors
/// Says why not; nothing has changed then.
pub fn move_by_hand(
    conn: &mut PgConnection,
    (id, order): (IncidentId, OrderId),
    window: i64,
    by: StaffId,
    now: DateTime<Utc>,
) -> Result<Outcome, MoveError> {
    conn.transaction(|conn| {
        let moving = delivery::lock_moving(conn, id, order)?.ok_or(MoveError::NotWaiting)?;
        let incident = delivery::incident(conn, id)?.filter(|i| i.ended_at.is_none());
        let (Some(incident), Some(Outcome::NoLater | Outcome::Failed)) = (incident, moving.outcome) else {
            return Err(MoveError::NotWaiting);
        };
        let wish = Wish { window: Some(window), by: Some(by) };
        let (outcome, to) = move_order(conn, order, &incident, wish, now)?;
        delivery::set_outcome(conn, &moving, outcome, to.map(|w| (w.starts_at, w.ends_at)))?;
        Ok(outcome)
    })
}

/// Where an order is to go, and who says so.
#[derive(Clone, Copy)]
struct Wish {
    /// None: into the first window that has room.
    window: Option<i64>,
    /// None: whoever has closed its window.
    by: Option<StaffId>,
}

impl Wish {
    const FIRST: Self = Self { window: None, by: None };
}

/// Only what nobody has moved, ended or set out with since then is moved.
fn move_order(
    conn: &mut PgConnection,
    id: OrderId,
    incident: &Incident,
    wish: Wish,
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
        let new = take_later(conn, id, &held, wish.window, now)?;
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
    if new.is_none() && wish.window.is_some() {
        return Err(diesel::result::Error::RollbackTransaction);
    }
    let by = Actor::Staff(wish.by.unwrap_or(incident.made_by));
    tell(conn, &order, (incident, by), new.as_ref(), &held, now)?;
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
    wished: Option<i64>,
    now: DateTime<Utc>,
) -> QueryResult<Option<Window>> {
    let later = delivery::later_windows(conn, held.zone_id, held.starts_at, now, MOST_WINDOWS)?;
    for window in later.into_iter().filter(|window| wished.is_none_or(|id| id == window.id)) {
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
    (incident, by): (&Incident, Actor),
    new: Option<&Window>,
    held: &Window,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let why = incident.kind.sentence();
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
