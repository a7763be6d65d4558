//! Riders: who drives, who is on shift, where they were seen last.

use super::model::{DropState, Heard, Upload};
use crate::db::Ready as _;
use crate::db::schema::{drops, rider_uploads, riders};
use crate::ids::{DropId, StaffId, ZoneId};
use chrono::{DateTime, Duration, Utc};
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Timestamptz};
use uuid::Uuid;

const MOST_RIDERS: i64 = 200;

#[derive(Debug, Clone, PartialEq, HasQuery, Insertable)]
#[diesel(table_name = riders)]
pub struct Rider {
    pub id: StaffId,
    /// What customers read.
    pub first_name: String,
    pub phone: String,
    pub on_shift: bool,
    /// Orders they can carry at once.
    pub capacity: i32,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    /// Of the position; only while they are on the way.
    pub position_at: Option<DateTime<Utc>>,
    /// When anything was heard of them.
    pub heard_at: Option<DateTime<Utc>>,
    /// Since when they have been where they were seen last.
    pub stands_since: Option<DateTime<Utc>>,
    /// The one zone they are sent to by themselves; `None`: all.
    pub zone_id: Option<ZoneId>,
}

/// Positions that are nearer than this, in degrees each way, are one place: some sixty metres, since
/// a telephone that lies still wanders about.
const SAME_PLACE: f64 = 0.000_6;
/// A device that tells more often is heard no more often than this.
const HEARD_EVERY: Duration = Duration::seconds(4);
/// What [`Upload::kind`] says of a position.
const POSITION: &str = "position";

/// Makes somebody a rider, or changes their name.
///
/// # Errors
/// When the database does not answer.
pub fn put_rider(conn: &mut PgConnection, id: StaffId, first_name: &str, phone: &str) -> QueryResult<()> {
    diesel::insert_into(riders::table)
        .values((riders::id.eq(id), riders::first_name.eq(first_name), riders::phone.eq(phone)))
        .on_conflict(riders::id)
        .do_update()
        .set((riders::first_name.eq(first_name), riders::phone.eq(phone)))
        .execute(conn)
        .map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn rider(conn: &mut PgConnection, id: StaffId) -> QueryResult<Option<Rider>> {
    Rider::query().find(id).first(conn).optional()
}

/// Holds a rider's row, so that two do not load them at once.
///
/// # Errors
/// `NotFound` when there is none.
pub fn lock_rider(conn: &mut PgConnection, id: StaffId) -> QueryResult<Rider> {
    Rider::query().find(id).for_no_key_update().first(conn)
}

/// # Errors
/// When the database does not answer.
pub fn riders_on_shift(conn: &mut PgConnection) -> QueryResult<Vec<Rider>> {
    Rider::query()
        .filter(riders::on_shift)
        .order((riders::first_name, riders::id))
        .limit(MOST_RIDERS)
        .load(conn)
}

/// # Errors
/// When the database does not answer.
pub fn all_riders(conn: &mut PgConnection) -> QueryResult<Vec<Rider>> {
    Rider::query()
        .order((riders::on_shift.desc(), riders::first_name, riders::id))
        .limit(MOST_RIDERS)
        .load(conn)
}

/// Those on shift, and those who still have something to bring.
///
/// # Errors
/// When the database does not answer.
pub fn riders_at_work(conn: &mut PgConnection) -> QueryResult<Vec<Rider>> {
    let brings = drops::table
        .filter(drops::rider_id.eq(riders::id.nullable()))
        .filter(drops::state.eq_any([DropState::RiderAssigned, DropState::OnTheWay]));
    Rider::query()
        .filter(riders::on_shift.or(diesel::dsl::exists(brings)))
        .order((riders::on_shift.desc(), riders::id))
        .limit(MOST_RIDERS)
        .load(conn)
}

/// # Errors
/// When the database does not answer.
pub fn set_on_shift(conn: &mut PgConnection, id: StaffId, on: bool, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(riders::table.find(id))
        .set((riders::on_shift.eq(on), riders::heard_at.eq(now)))
        .execute(conn)
        .map(drop)
}

/// Sends a rider to one zone from now on, or to all, if they still go where whoever decides has seen them go.
/// Says whether they did.
///
/// # Errors
/// When the database does not answer.
pub fn set_zone(
    conn: &mut PgConnection,
    id: StaffId,
    seen: Option<ZoneId>,
    zone: Option<ZoneId>,
) -> QueryResult<bool> {
    diesel::update(riders::table.find(id).filter(riders::zone_id.is_not_distinct_from(seen)))
        .set(riders::zone_id.eq(zone))
        .ready()
        .execute(conn)
        .map(|rows| rows == 1)
}

/// Some sign of life. A row that tells of one a moment ago stays as it is.
///
/// # Errors
/// When the database does not answer.
pub fn heard_of(conn: &mut PgConnection, id: StaffId, at: DateTime<Utc>) -> QueryResult<()> {
    let is_stale = riders::heard_at.is_null().or(riders::heard_at.le(at - HEARD_EVERY));
    diesel::update(riders::table.find(id).filter(is_stale))
        .set(riders::heard_at.eq(at))
        .execute(conn)
        .map(drop)
}

/// Where a rider is now, if nothing newer is known, nor anything of a moment ago: however often a device
/// tells, the row changes once in some seconds. Open pages of the order they are on the way to hear of it.
/// Says whether it was news.
///
/// # Errors
/// When the database does not answer.
pub fn set_position(
    conn: &mut PgConnection,
    id: StaffId,
    (latitude, longitude): (f64, f64),
    at: DateTime<Utc>,
) -> QueryResult<bool> {
    let older = riders::position_at.is_null().or(riders::position_at.le(at - HEARD_EVERY));
    let stays = riders::latitude
        .between(latitude - SAME_PLACE, latitude + SAME_PLACE)
        .and(riders::longitude.between(longitude - SAME_PLACE, longitude + SAME_PLACE));
    let since = case_when(stays, riders::stands_since).otherwise(at.into_sql::<Nullable<Timestamptz>>());
    let rows = diesel::update(riders::table.find(id).filter(older))
        .set((
            riders::latitude.eq(latitude),
            riders::longitude.eq(longitude),
            riders::position_at.eq(at),
            riders::heard_at.eq(at),
            riders::stands_since.eq(since),
        ))
        .execute(conn)?;
    if rows == 0 {
        return Ok(false);
    }
    diesel::sql_query(
        "SELECT pg_notify('changed', 'order:' || order_id) FROM drops WHERE rider_id = $1 AND state = 'on_the_way'",
    )
    .bind::<diesel::sql_types::Uuid, _>(id)
    .execute(conn)?;
    Ok(true)
}

/// What a device has sent before under this id.
///
/// # Errors
/// When the database does not answer.
pub fn upload(conn: &mut PgConnection, id: Uuid) -> QueryResult<Option<Upload>> {
    Upload::query().find(id).first(conn).optional()
}

/// Keeps a word. A position that has changed nothing is not worth a row: sent again, it changes nothing again.
///
/// # Errors
/// `UniqueViolation` when it was sent before.
pub fn insert_upload(conn: &mut PgConnection, upload: &Upload) -> QueryResult<()> {
    if upload.kind == POSITION && upload.decision == Heard::TooLate {
        return Ok(());
    }
    diesel::insert_into(rider_uploads::table).values(upload).execute(conn).map(drop)
}

/// How often the devices of riders were refused with these words about a drop.
///
/// # Errors
/// When the database does not answer.
pub fn refused_uploads(conn: &mut PgConnection, drop: DropId, answer: &str) -> QueryResult<i64> {
    rider_uploads::table
        .filter(rider_uploads::drop_id.eq(drop).and(rider_uploads::decision.eq(Heard::Refused)))
        .filter(rider_uploads::answer.eq(answer))
        .count()
        .get_result(conn)
}

/// Forgets words that were heard before a moment, the oldest first. Says how many. What they made true is in
/// the log.
///
/// # Errors
/// When the database does not answer.
pub fn forget_uploads(conn: &mut PgConnection, before: DateTime<Utc>, most: i64) -> QueryResult<usize> {
    let old: Vec<Uuid> = rider_uploads::table
        .filter(rider_uploads::received_at.lt(before))
        .order((rider_uploads::received_at, rider_uploads::id))
        .limit(most)
        .select(rider_uploads::id)
        .load(conn)?;
    diesel::delete(rider_uploads::table.filter(rider_uploads::id.eq_any(old))).ready().execute(conn)
}
