//! At the customer's door: what has to be seen to there, and what shows that it was.

use super::capture::{complete_if_over, settle_door};
use super::carrier::end_booking_of;
use super::drive::{DriveError, end_in_failure, lock, may, take_along};
use crate::darkroom::Photo;
use crate::delivery::{self, Drop, DropState, Failure, Heard, Proof};
use crate::events::{self, Event};
use crate::fulfilment;
use crate::ids::{Actor, DropId};
use crate::money::Money;
use crate::orders::{Order, OrderState};
use crate::payments::{self, PayBy};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// What the rider has seen to at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtTheDoor {
    pub proof: Proof,
    /// Who took it, or where it was left.
    pub detail: String,
    /// Where a picture is the proof, that.
    pub photo: Option<Photo>,
    pub age_checked: bool,
    /// How it was paid there, where something was due.
    pub paid_by: Option<PayBy>,
}

/// Delivered at `at`. What is due at the door is paid with it; a picture that is the proof is kept with
/// it. One transaction.
///
/// # Errors
/// `CheckAge`, `NotAlone`, `NoPicture`, `PayFirst`: what the rider has to see to first.
pub fn deliver(
    conn: &mut PgConnection,
    id: DropId,
    door: &AtTheDoor,
    by: Actor,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Heard, DriveError> {
    conn.transaction(|conn| {
        let (order, drop) = lock(conn, id)?;
        may(&drop, by)?;
        if drop.state == DropState::Delivered {
            return Ok(Heard::AlreadyTrue);
        }
        if order.state == OrderState::Cancelled || was_brought(conn, &order, id)? {
            return Ok(Heard::TooLate);
        }
        shows_enough(&order, door)?;
        take_along(conn, &order, id, by, (at, now))?;
        let due = due_at_door(conn, &order)?;
        if let Some(due) = due {
            let paid_by = door.paid_by.filter(|m| m.is_at_door()).ok_or(DriveError::PayFirst(due))?;
            settle_door(conn, &order, due, paid_by, by, now)?;
        }
        close_later_tries(conn, &order, &drop, now)?;
        hand_in(conn, &order, id, door, by, (at, now))?;
        complete_if_over(conn, &order, by, now)?;
        Ok(Heard::Applied)
    })
}

/// Whether another try has brought it: nothing comes to a door twice, whoever says so.
fn was_brought(conn: &mut PgConnection, order: &Order, by_other_than: DropId) -> QueryResult<bool> {
    let tries = delivery::drops_of_orders(conn, &[order.id])?;
    Ok(tries.iter().any(|other| other.id != by_other_than && other.state == DropState::Delivered))
}

/// Whether what the rider has seen to shows that the order is where it should be.
fn shows_enough(order: &Order, door: &AtTheDoor) -> Result<(), DriveError> {
    if order.minimum_age > 0 && door.proof == Proof::Photo {
        return Err(DriveError::NotAlone(order.minimum_age));
    }
    if order.minimum_age > 0 && !door.age_checked && door.proof != Proof::Carrier {
        return Err(DriveError::CheckAge(order.minimum_age));
    }
    if door.proof == Proof::Photo && door.photo.is_none() {
        return Err(DriveError::NoPicture);
    }
    Ok(())
}

/// State, picture and event, all or none.
fn hand_in(
    conn: &mut PgConnection,
    order: &Order,
    drop: DropId,
    door: &AtTheDoor,
    by: Actor,
    (at, now): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<()> {
    let photo = door.photo.as_ref().filter(|_| door.proof == Proof::Photo);
    let sha256 = photo.map(|photo| photo.sha256.clone());
    delivery::set_delivered(conn, drop, (door.proof, &door.detail), sha256.as_deref(), at)?;
    if let Some(photo) = photo {
        delivery::insert_photo(conn, drop, photo, at, now)?;
    }
    let event = Event::DropDelivered { drop, proof: door.proof.as_str().to_owned(), photo: sha256 };
    events::record(conn, order.id.0, &event, by, at)
}

/// What is still to be paid at an order's door; `None` where nothing is.
///
/// # Errors
/// When the database does not answer.
pub fn due_at_door(conn: &mut PgConnection, order: &Order) -> QueryResult<Option<Money>> {
    let standing = payments::standing_attempt(conn, order.id)?;
    if !standing.is_some_and(|a| a.method.is_at_door()) {
        return Ok(None);
    }
    if !payments::captures_of(conn, order.id)?.is_empty() {
        return Ok(None);
    }
    let packed = fulfilment::of_order(conn, order.id)?.and_then(|f| f.total_cents);
    Ok(Some(packed.unwrap_or(order.total_cents)).filter(|due| !due.is_zero()))
}

/// A word that it was delivered after all comes late: the try planned meanwhile is needless.
fn close_later_tries(
    conn: &mut PgConnection,
    order: &Order,
    drop: &Drop,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let last = delivery::last_drop(conn, order.id)?;
    match last.filter(|last| last.id != drop.id && last.state.is_open()) {
        Some(later) => {
            end_booking_of(conn, &later, "it was delivered before", now)?;
            end_in_failure(conn, order, &later, Failure::Cancelled, Actor::System, now)
        }
        None => Ok(()),
    }
}
