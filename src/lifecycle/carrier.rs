//! A try to deliver is given to an outside carrier, or taken from it again.
//!
//! The carrier is asked outside any transaction, by the outbox, under the booking's own key. Whatever
//! its answer finds here by then, no booking that we do not want stays: it is ended, and the carrier is
//! told so until it has answered.

use super::deliver::due_at_door;
use super::drive::{DriveError, lock, take_along};
use crate::delivery::{self, Booking, BookingState, Drop, DropState, Heard};
use crate::events::{self, Event};
use crate::ids::{Actor, BookingId, DropId};
use crate::money::Money;
use crate::orders::{Order, OrderState};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// Why a carrier is not given a drop. Nothing has changed.
#[derive(Debug)]
pub enum CarrierError {
    /// Somebody has to show at the door that they are so many years old: a carrier checks nobody.
    Age(i32),
    /// So much is to be paid at the door: a carrier takes no money for us.
    PaysAtDoor(Money),
    /// A carrier has it, or is asked for it, already.
    Already,
    Drive(DriveError),
}

impl From<DriveError> for CarrierError {
    fn from(e: DriveError) -> Self {
        Self::Drive(e)
    }
}

impl From<diesel::result::Error> for CarrierError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Drive(DriveError::Db(e))
    }
}

/// A carrier as the settings name it, and as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarrierName<'a> {
    pub name: &'a str,
    pub label: &'a str,
}

/// A carrier is to be asked to bring it. Whoever had it and has not left is relieved of it; asking the
/// same carrier again changes nothing. One transaction.
///
/// # Errors
/// `Age`, `PaysAtDoor`: what no carrier may be given.
pub fn ask_carrier(
    conn: &mut PgConnection,
    id: DropId,
    carrier: CarrierName<'_>,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<BookingId, CarrierError> {
    conn.transaction(|conn| {
        let (order, drop) = lock(conn, id)?;
        if let Some(live) = delivery::live_booking(conn, id)? {
            return if live.carrier == carrier.name { Ok(live.id) } else { Err(CarrierError::Already) };
        }
        may_go(conn, &order, &drop)?;
        if drop.state == DropState::RiderAssigned {
            delivery::set_unassigned(conn, id)?;
            let event = Event::RiderUnassigned { drop: id, why: format!("given to {}", carrier.label) };
            events::record(conn, order.id.0, &event, by, now)?;
        }
        let booking = BookingId(Uuid::now_v7());
        delivery::insert_booking(conn, &asked(booking, &drop, carrier.name, now))?;
        delivery::set_asked(conn, id, Some(carrier.label))?;
        let event = Event::CarrierAsked { drop: id, booking, carrier: carrier.label.to_owned() };
        events::record(conn, order.id.0, &event, by, now)?;
        Ok(booking)
    })
}

fn may_go(conn: &mut PgConnection, order: &Order, drop: &Drop) -> Result<(), CarrierError> {
    match drop.state {
        DropState::Planned | DropState::RiderAssigned => {}
        DropState::OnTheWay => return Err(DriveError::OnTheWay.into()),
        DropState::Delivered | DropState::Failed => return Err(DriveError::Over(drop.state).into()),
    }
    if order.state != OrderState::Confirmed {
        return Err(DriveError::NotPacked.into());
    }
    if order.minimum_age > 0 {
        return Err(CarrierError::Age(order.minimum_age));
    }
    match due_at_door(conn, order)? {
        Some(due) => Err(CarrierError::PaysAtDoor(due)),
        None => Ok(()),
    }
}

fn asked(id: BookingId, drop: &Drop, carrier: &str, now: DateTime<Utc>) -> Booking {
    Booking {
        id,
        order_id: drop.order_id,
        drop_id: drop.id,
        carrier: carrier.to_owned(),
        state: BookingState::Asked,
        reference: None,
        words: String::new(),
        asked_at: now,
        collected_at: None,
        ask_at: None,
    }
}

/// The carrier has taken it on under its own number. Where it is not wanted any more, the carrier is
/// told so. From `ask_at` on it is asked how far it is. One transaction.
///
/// # Errors
/// When the database does not answer.
pub fn carrier_booked(
    conn: &mut PgConnection,
    id: BookingId,
    reference: &str,
    tracking_url: Option<&str>,
    ask_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), DriveError> {
    conn.transaction(|conn| {
        let (order, drop, booking) = lock_booking(conn, id)?;
        match booking.state {
            BookingState::Asked => {}
            BookingState::Booked | BookingState::Kept => return Ok(()),
            BookingState::Ending => {
                let words = &booking.words;
                return Ok(delivery::set_booking(
                    conn,
                    id,
                    BookingState::Ending,
                    Some(reference),
                    words,
                    None,
                )?);
            }
            BookingState::Refused | BookingState::Ended => {
                let ended = Booking { reference: Some(reference.to_owned()), ..booking };
                return Ok(end(conn, &ended, "it was booked after all", now)?);
            }
        }
        delivery::set_booking(conn, id, BookingState::Booked, Some(reference), "", Some(ask_at))?;
        delivery::set_booked(conn, drop.id, reference, tracking_url, now)?;
        let event = Event::CarrierBooked {
            drop: drop.id,
            carrier: drop.carrier.unwrap_or_default(),
            reference: reference.to_owned(),
            tracking_url: tracking_url.map(str::to_owned),
        };
        Ok(events::record(conn, order.id.0, &event, Actor::Carrier, now)?)
    })
}

/// The carrier will not bring it: a rider is looked for. One transaction.
///
/// # Errors
/// When the database does not answer.
pub fn carrier_refused(
    conn: &mut PgConnection,
    id: BookingId,
    words: &str,
    now: DateTime<Utc>,
) -> Result<(), DriveError> {
    conn.transaction(|conn| {
        let (_, drop, booking) = lock_booking(conn, id)?;
        match booking.state {
            BookingState::Asked => {
                delivery::set_booking(conn, id, BookingState::Refused, None, words, None)?;
                Ok(free(conn, &drop, id, words, Actor::Carrier, now)?)
            }
            // There is nothing to end.
            BookingState::Ending => {
                Ok(delivery::set_booking(conn, id, BookingState::Ended, None, &booking.words, None)?)
            }
            BookingState::Booked | BookingState::Refused | BookingState::Ended | BookingState::Kept => Ok(()),
        }
    })
}

/// The carrier has not answered for so long that somebody else has to bring it. Whether it was booked
/// nobody knows, so it is ended at the carrier too. One transaction.
///
/// # Errors
/// When the database does not answer.
pub fn give_up_carrier(
    conn: &mut PgConnection,
    id: BookingId,
    why: &str,
    now: DateTime<Utc>,
) -> Result<(), DriveError> {
    conn.transaction(|conn| {
        let (_, drop, booking) = lock_booking(conn, id)?;
        if booking.state != BookingState::Asked {
            return Ok(());
        }
        end(conn, &booking, why, now)?;
        Ok(free(conn, &drop, id, why, Actor::System, now)?)
    })
}

/// What the carrier has said about a booking that we do not want any more: `Ended`, or `Kept` where
/// it was too late. One transaction.
///
/// # Errors
/// When the database does not answer.
pub fn booking_ended(
    conn: &mut PgConnection,
    id: BookingId,
    became: BookingState,
    words: &str,
    now: DateTime<Utc>,
) -> Result<(), DriveError> {
    conn.transaction(|conn| {
        let (_, _, booking) = lock_booking(conn, id)?;
        if booking.state != BookingState::Ending {
            return Ok(());
        }
        let words = if words.is_empty() { booking.words.as_str() } else { words };
        // What it keeps it may yet deliver: that has to be known.
        let ask_at = (became == BookingState::Kept).then_some(now);
        Ok(delivery::set_booking(conn, id, became, booking.reference.as_deref(), words, ask_at)?)
    })
}

/// The carrier took it from the warehouse at `at`: it is handed over. One transaction.
///
/// # Errors
/// Says why not; nothing has changed then.
pub fn carrier_collected(
    conn: &mut PgConnection,
    id: BookingId,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Heard, DriveError> {
    conn.transaction(|conn| {
        let (order, _, booking) = lock_booking(conn, id)?;
        match order.state {
            OrderState::Confirmed => take_along(conn, &order, booking.drop_id, Actor::Carrier, (at, now))?,
            OrderState::Completed => {}
            OrderState::Placed | OrderState::Cancelled => return Ok(Heard::TooLate),
        }
        if booking.collected_at.is_some_and(|before| before <= at) {
            return Ok(Heard::AlreadyTrue);
        }
        delivery::set_collected(conn, id, at)?;
        Ok(if booking.collected_at.is_some() { Heard::AlreadyTrue } else { Heard::Applied })
    })
}

/// Takes a drop from its carrier, who has not collected it. The caller holds the order's row and the
/// drop's, and finds somebody else.
///
/// # Errors
/// `Collected` when the carrier has it.
pub(super) fn take_from_carrier(
    conn: &mut PgConnection,
    drop: &Drop,
    why: &str,
    now: DateTime<Utc>,
) -> Result<(), DriveError> {
    match delivery::live_booking(conn, drop.id)? {
        Some(live) if live.collected_at.is_some() => Err(DriveError::Collected),
        Some(live) => Ok(end(conn, &live, why, now)?),
        None => Ok(()),
    }
}

/// Nobody is asked to bring it any more, and nobody had said yes: somebody is to be found.
pub(super) fn take_back_question(
    conn: &mut PgConnection,
    drop: &Drop,
    why: &str,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<(), DriveError> {
    let Some(live) = delivery::live_booking(conn, drop.id)? else { return Ok(()) };
    end(conn, &live, why, now)?;
    Ok(free(conn, drop, live.id, why, by, now)?)
}

/// The try is over, whoever brought it: a booking that still counts is not wanted any more.
pub(super) fn end_booking_of(
    conn: &mut PgConnection,
    drop: &Drop,
    why: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    match delivery::live_booking(conn, drop.id)? {
        Some(live) => end(conn, &live, why, now),
        None => Ok(()),
    }
}

fn end(conn: &mut PgConnection, booking: &Booking, why: &str, now: DateTime<Utc>) -> QueryResult<()> {
    let reference = booking.reference.as_deref();
    delivery::set_booking(conn, booking.id, BookingState::Ending, reference, why, None)?;
    let event = Event::CarrierEndAsked { drop: booking.drop_id, booking: booking.id, why: why.to_owned() };
    events::record(conn, booking.order_id.0, &event, Actor::System, now)
}

fn free(
    conn: &mut PgConnection,
    drop: &Drop,
    booking: BookingId,
    reason: &str,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    delivery::set_asked(conn, drop.id, None)?;
    let event = Event::CarrierRefused { drop: drop.id, booking, reason: reason.to_owned() };
    events::record(conn, drop.order_id.0, &event, by, now)
}

/// The order's row, the drop's, the booking's: in this order always.
fn lock_booking(conn: &mut PgConnection, id: BookingId) -> Result<(Order, Drop, Booking), DriveError> {
    let found = delivery::booking(conn, id)?.ok_or(DriveError::Unknown)?;
    let (order, drop) = lock(conn, found.drop_id)?;
    Ok((order, drop, delivery::lock_booking(conn, id)?))
}
