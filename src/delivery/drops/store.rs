//! SQL over drops. No decisions here: each function is one statement.

use super::super::model::Window;
use super::model::{Drop, DropState, Failure, Proof};
use crate::db::Ready as _;
use crate::db::schema::drops;
use crate::ids::{DropId, OrderId, StaffId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

const MOST_TRIES: i64 = 50;
const OPEN: [DropState; 3] = [DropState::Planned, DropState::RiderAssigned, DropState::OnTheWay];
const WITH_RIDER: [DropState; 2] = [DropState::RiderAssigned, DropState::OnTheWay];

/// # Errors
/// `UniqueViolation` of `drops_one_open`: there is another try that has not ended.
pub fn insert_drop(conn: &mut PgConnection, drop: &Drop) -> QueryResult<()> {
    diesel::insert_into(drops::table).values(drop).ready().execute(conn).map(std::mem::drop)
}

/// # Errors
/// When the database does not answer.
pub fn drop_by_id(conn: &mut PgConnection, id: DropId) -> QueryResult<Option<Drop>> {
    Drop::query().find(id).first(conn).optional()
}

/// Holds the row until the transaction ends. After the order's own row, always.
///
/// # Errors
/// `NotFound` when there is none.
pub fn lock_drop(conn: &mut PgConnection, id: DropId) -> QueryResult<Drop> {
    Drop::query().find(id).for_no_key_update().first(conn)
}

/// All tries of an order, the first one first.
///
/// # Errors
/// When the database does not answer.
pub fn drops_of(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<Drop>> {
    Drop::query().filter(drops::order_id.eq(order)).order(drops::attempt).limit(MOST_TRIES).load(conn)
}

/// The newest try of an order.
///
/// # Errors
/// When the database does not answer.
pub fn last_drop(conn: &mut PgConnection, order: OrderId) -> QueryResult<Option<Drop>> {
    Drop::query().filter(drops::order_id.eq(order)).order(drops::attempt.desc()).first(conn).optional()
}

/// What is still to be delivered, in one window or in all, what is promised first at the top, from behind one
/// row on.
///
/// # Errors
/// When the database does not answer.
pub fn open_drops(
    conn: &mut PgConnection,
    within: Option<&Window>,
    behind: Option<(DateTime<Utc>, DropId)>,
    most: i64,
) -> QueryResult<Vec<Drop>> {
    let mut query = Drop::query()
        .filter(drops::state.eq_any(OPEN))
        .order((drops::ends_at, drops::id))
        .limit(most)
        .into_boxed();
    if let Some(window) = within {
        let same = drops::starts_at.eq(window.starts_at).and(drops::ends_at.eq(window.ends_at));
        query = query.filter(same.and(drops::zone_id.eq(window.zone_id)));
    }
    if let Some((at, id)) = behind {
        query = query.filter(drops::ends_at.gt(at).or(drops::ends_at.eq(at).and(drops::id.gt(id))));
    }
    query.load(conn)
}

/// What nobody has taken on yet and no carrier was asked for, what is promised first at the top.
///
/// # Errors
/// When the database does not answer.
pub fn unassigned_drops(conn: &mut PgConnection, most: i64) -> QueryResult<Vec<Drop>> {
    Drop::query()
        .filter(drops::state.eq(DropState::Planned).and(drops::carrier.is_null()))
        .order((drops::ends_at, drops::id))
        .limit(most)
        .load(conn)
}

/// Tries that came to nothing since a moment and were the last of their order, newest first.
///
/// # Errors
/// When the database does not answer.
pub fn failed_drops(conn: &mut PgConnection, since: DateTime<Utc>, most: i64) -> QueryResult<Vec<Drop>> {
    let later = diesel::alias!(drops as later);
    let another = later
        .filter(later.field(drops::order_id).eq(drops::order_id))
        .filter(later.field(drops::attempt).gt(drops::attempt));
    Drop::query()
        .filter(drops::state.eq(DropState::Failed).and(drops::ended_at.gt(since)))
        .filter(drops::failure.ne(Failure::Cancelled))
        .filter(diesel::dsl::not(diesel::dsl::exists(another)))
        .order((drops::ended_at.desc(), drops::id))
        .limit(most)
        .load(conn)
}

/// A rider's stops still to come, in their order.
///
/// # Errors
/// When the database does not answer.
pub fn stops_of(conn: &mut PgConnection, rider: StaffId) -> QueryResult<Vec<Drop>> {
    Drop::query()
        .filter(drops::rider_id.eq(rider).and(drops::state.eq_any(WITH_RIDER)))
        .order((drops::stop, drops::ends_at, drops::id))
        .limit(MOST_TRIES)
        .load(conn)
}

/// The tries of several orders, of each the first one first.
///
/// # Errors
/// When the database does not answer.
pub fn drops_of_orders(conn: &mut PgConnection, of: &[OrderId]) -> QueryResult<Vec<Drop>> {
    Drop::query()
        .filter(drops::order_id.eq_any(of))
        .order((drops::order_id, drops::attempt))
        .limit(MOST_TRIES * 200)
        .load(conn)
}

/// The stops still to come of several riders, of each in their order.
///
/// # Errors
/// When the database does not answer.
pub fn stops_of_riders(conn: &mut PgConnection, of: &[StaffId]) -> QueryResult<Vec<Drop>> {
    Drop::query()
        .filter(drops::rider_id.eq_any(of).and(drops::state.eq_any(WITH_RIDER)))
        .order((drops::rider_id, drops::stop, drops::ends_at, drops::id))
        .limit(MOST_TRIES * 200)
        .load(conn)
}

/// What some riders have delivered since a moment, newest first.
///
/// # Errors
/// When the database does not answer.
pub fn delivered_by(
    conn: &mut PgConnection,
    riders: &[StaffId],
    since: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<Drop>> {
    Drop::query()
        .filter(drops::rider_id.eq_any(riders).and(drops::ended_at.gt(since)))
        .filter(drops::state.eq(DropState::Delivered))
        .order((drops::ended_at.desc(), drops::id))
        .limit(most)
        .load(conn)
}

/// The door at which each of several riders was last, where that is known.
///
/// # Errors
/// When the database does not answer.
pub fn last_doors(conn: &mut PgConnection, of: &[StaffId], since: DateTime<Utc>) -> QueryResult<Vec<Drop>> {
    Drop::query()
        .filter(drops::rider_id.eq_any(of).and(drops::ended_at.gt(since)))
        .filter(drops::left_at.is_not_null())
        .distinct_on(drops::rider_id)
        .order((drops::rider_id, drops::ended_at.desc()))
        .load(conn)
}

/// The caller holds the row and has checked that it may be. So with all below.
///
/// # Errors
/// When the database does not answer.
pub fn set_assigned(
    conn: &mut PgConnection,
    id: DropId,
    rider: StaffId,
    stop: i32,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    set_rider(conn, id, DropState::RiderAssigned, (rider, stop), now)
}

/// Whose it is, and as which of their stops, in this state.
///
/// # Errors
/// When the database does not answer.
pub fn set_rider(
    conn: &mut PgConnection,
    id: DropId,
    state: DropState,
    (rider, stop): (StaffId, i32),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(drops::table.find(id))
        .set((
            drops::state.eq(state),
            drops::rider_id.eq(rider),
            drops::carrier.eq(None::<String>),
            drops::carrier_ref.eq(None::<String>),
            drops::tracking_url.eq(None::<String>),
            drops::stop.eq(stop),
            drops::assigned_at.eq(now),
            drops::version.eq(drops::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(std::mem::drop)
}

/// A carrier is asked for it, or is not any more.
///
/// # Errors
/// When the database does not answer.
pub fn set_asked(conn: &mut PgConnection, id: DropId, carrier: Option<&str>) -> QueryResult<()> {
    diesel::update(drops::table.find(id))
        .set((drops::carrier.eq(carrier), drops::version.eq(drops::version + 1)))
        .ready()
        .execute(conn)
        .map(std::mem::drop)
}

/// # Errors
/// When the database does not answer.
pub fn set_booked(
    conn: &mut PgConnection,
    id: DropId,
    reference: &str,
    tracking_url: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(drops::table.find(id))
        .set((
            drops::state.eq(DropState::RiderAssigned),
            drops::rider_id.eq(None::<StaffId>),
            drops::carrier_ref.eq(reference),
            drops::tracking_url.eq(tracking_url),
            drops::assigned_at.eq(now),
            drops::version.eq(drops::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(std::mem::drop)
}

/// # Errors
/// When the database does not answer.
pub fn set_unassigned(conn: &mut PgConnection, id: DropId) -> QueryResult<()> {
    diesel::update(drops::table.find(id))
        .set((
            drops::state.eq(DropState::Planned),
            drops::rider_id.eq(None::<StaffId>),
            drops::carrier.eq(None::<String>),
            drops::carrier_ref.eq(None::<String>),
            drops::tracking_url.eq(None::<String>),
            drops::assigned_at.eq(None::<DateTime<Utc>>),
            drops::stop.eq(0),
            drops::version.eq(drops::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(std::mem::drop)
}

/// Where it stands in its rider's run. One that somebody else holds keeps its number: whoever numbers
/// a run anew holds its rider's row, which comes after all drops, and must wait for none of them.
///
/// # Errors
/// When the database does not answer.
pub fn set_stop(conn: &mut PgConnection, id: DropId, stop: i32) -> QueryResult<()> {
    let free: Option<DropId> =
        drops::table.find(id).select(drops::id).for_no_key_update().skip_locked().first(conn).optional()?;
    let Some(id) = free else { return Ok(()) };
    diesel::update(drops::table.find(id)).set(drops::stop.eq(stop)).ready().execute(conn).map(std::mem::drop)
}

/// # Errors
/// When the database does not answer.
pub fn set_window(
    conn: &mut PgConnection,
    id: DropId,
    starts: DateTime<Utc>,
    ends: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(drops::table.find(id))
        .set((drops::starts_at.eq(starts), drops::ends_at.eq(ends), drops::version.eq(drops::version + 1)))
        .ready()
        .execute(conn)
        .map(std::mem::drop)
}

/// # Errors
/// When the database does not answer.
pub fn set_left(conn: &mut PgConnection, id: DropId, state: DropState, at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(drops::table.find(id))
        .set((drops::state.eq(state), drops::left_at.eq(at), drops::version.eq(drops::version + 1)))
        .ready()
        .execute(conn)
        .map(std::mem::drop)
}

/// # Errors
/// When the database does not answer.
pub fn set_arrived(conn: &mut PgConnection, id: DropId, at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(drops::table.find(id))
        .set((drops::arrived_at.eq(at), drops::version.eq(drops::version + 1)))
        .ready()
        .execute(conn)
        .map(std::mem::drop)
}

/// # Errors
/// When the database does not answer.
pub fn set_delivered(
    conn: &mut PgConnection,
    id: DropId,
    (proof, detail): (Proof, &str),
    photo_sha256: Option<&str>,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(drops::table.find(id))
        .set((
            drops::state.eq(DropState::Delivered),
            drops::proof.eq(proof),
            drops::proof_detail.eq(detail),
            drops::photo_sha256.eq(photo_sha256),
            // A failure that was told first was a mistake.
            drops::failure.eq(None::<Failure>),
            drops::ended_at.eq(at),
            drops::version.eq(drops::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(std::mem::drop)
}

/// # Errors
/// When the database does not answer.
pub fn set_failed(conn: &mut PgConnection, id: DropId, why: Failure, at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(drops::table.find(id))
        .set((
            drops::state.eq(DropState::Failed),
            drops::failure.eq(why),
            drops::ended_at.eq(at),
            drops::version.eq(drops::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(std::mem::drop)
}
