//! SQL over bookings. No decisions here: each function is one statement.

use super::model::{Booking, BookingState};
use crate::db::Ready as _;
use crate::db::schema::carrier_bookings;
use crate::ids::{BookingId, DropId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

const LIVE: [BookingState; 2] = [BookingState::Asked, BookingState::Booked];

/// # Errors
/// `UniqueViolation` of `carrier_bookings_one_live`: another one of this try counts.
pub fn insert_booking(conn: &mut PgConnection, booking: &Booking) -> QueryResult<()> {
    diesel::insert_into(carrier_bookings::table).values(booking).execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn booking(conn: &mut PgConnection, id: BookingId) -> QueryResult<Option<Booking>> {
    Booking::query().find(id).first(conn).optional()
}

/// Holds the row until the transaction ends. After the order's and the drop's, always.
///
/// # Errors
/// `NotFound` when there is none.
pub fn lock_booking(conn: &mut PgConnection, id: BookingId) -> QueryResult<Booking> {
    Booking::query().find(id).for_no_key_update().first(conn)
}

/// By the carrier's number.
///
/// # Errors
/// When the database does not answer.
pub fn booking_named(
    conn: &mut PgConnection,
    carrier: &str,
    reference: &str,
) -> QueryResult<Option<Booking>> {
    Booking::query()
        .filter(carrier_bookings::carrier.eq(carrier).and(carrier_bookings::reference.eq(reference)))
        .first(conn)
        .optional()
}

/// The booking that a try to deliver counts on.
///
/// # Errors
/// When the database does not answer.
pub fn live_booking(conn: &mut PgConnection, drop: DropId) -> QueryResult<Option<Booking>> {
    Booking::query()
        .filter(carrier_bookings::drop_id.eq(drop).and(carrier_bookings::state.eq_any(LIVE)))
        .for_no_key_update()
        .first(conn)
        .optional()
}

/// The newest booking of a try, whatever became of it.
///
/// # Errors
/// When the database does not answer.
pub fn booking_of_drop(conn: &mut PgConnection, drop: DropId) -> QueryResult<Option<Booking>> {
    Booking::query()
        .filter(carrier_bookings::drop_id.eq(drop))
        .order((carrier_bookings::asked_at.desc(), carrier_bookings::id.desc()))
        .first(conn)
        .optional()
}

/// Newest first, from behind one on.
///
/// # Errors
/// When the database does not answer.
pub fn newest_bookings(
    conn: &mut PgConnection,
    behind: Option<(DateTime<Utc>, BookingId)>,
    most: i64,
) -> QueryResult<Vec<Booking>> {
    let mut query = Booking::query()
        .order((carrier_bookings::asked_at.desc(), carrier_bookings::id.desc()))
        .limit(most)
        .into_boxed();
    if let Some((at, id)) = behind {
        let older = carrier_bookings::asked_at.eq(at).and(carrier_bookings::id.lt(id));
        query = query.filter(carrier_bookings::asked_at.lt(at).or(older));
    }
    query.load(conn)
}

/// The caller holds the row and has checked that it may be.
///
/// # Errors
/// When the database does not answer.
pub fn set_booking(
    conn: &mut PgConnection,
    id: BookingId,
    state: BookingState,
    reference: Option<&str>,
    words: &str,
    ask_at: Option<DateTime<Utc>>,
) -> QueryResult<()> {
    diesel::update(carrier_bookings::table.find(id))
        .set((
            carrier_bookings::state.eq(state),
            carrier_bookings::reference.eq(reference),
            carrier_bookings::words.eq(words),
            carrier_bookings::ask_at.eq(ask_at),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// The earliest word of it counts.
///
/// # Errors
/// When the database does not answer.
pub fn set_collected(conn: &mut PgConnection, id: BookingId, at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(carrier_bookings::table.find(id))
        .set(carrier_bookings::collected_at.eq(at))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Nobody has to ask about it any more.
///
/// # Errors
/// When the database does not answer.
pub fn stop_asking(conn: &mut PgConnection, id: BookingId) -> QueryResult<()> {
    diesel::update(carrier_bookings::table.find(id))
        .set(carrier_bookings::ask_at.eq(None::<DateTime<Utc>>))
        .ready()
        .execute(conn)
        .map(drop)
}

/// What is to be asked about now, the longest overdue first.
///
/// # Errors
/// When the database does not answer.
pub fn bookings_to_ask(conn: &mut PgConnection, now: DateTime<Utc>, most: i64) -> QueryResult<Vec<Booking>> {
    Booking::query()
        .filter(carrier_bookings::ask_at.le(now))
        .order(carrier_bookings::ask_at)
        .limit(most)
        .load(conn)
}

/// Puts the next time to ask forward, if nobody else has. Says whether it is ours to ask now.
///
/// # Errors
/// When the database does not answer.
pub fn claim_booking(
    conn: &mut PgConnection,
    seen: &Booking,
    next: Option<DateTime<Utc>>,
) -> QueryResult<bool> {
    diesel::update(carrier_bookings::table.find(seen.id).filter(carrier_bookings::ask_at.eq(seen.ask_at)))
        .set(carrier_bookings::ask_at.eq(next))
        .ready()
        .execute(conn)
        .map(|rows| rows > 0)
}
