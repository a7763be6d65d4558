//! SQL over incidents. No decisions here: each function is one statement.

use super::model::{Affected, Incident, Moving, Outcome, Scope};
use crate::db::Ready as _;
use crate::db::schema::{delivery_windows, incident_orders, incidents};
use crate::delivery::Window;
use crate::ids::{IncidentId, OrderId, StaffId, ZoneId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

/// At once there are a few.
const MOST_OPEN: i64 = 200;

/// Windows an incident closes, of the table `w`: `$1` zone, `$2` window, `$3` start, `$4` end.
const CLOSES: &str = "($1 IS NULL OR w.zone_id = $1) AND ($2 IS NULL OR w.id = $2)
    AND w.starts_at < $4 AND w.ends_at > $3";
/// Orders whose promise that touches: of table `o`, not on their way, not there, and not waiting for a
/// decision after a try that failed.
const WAITS: &str = "o.state IN ('placed', 'confirmed') AND NOT EXISTS (
    SELECT FROM drops d WHERE d.order_id = o.id AND d.attempt = (SELECT max(attempt) FROM drops l WHERE l.order_id = o.id)
    AND d.state IN ('on_the_way', 'delivered', 'failed'))";

/// `false`: it is there already.
///
/// # Errors
/// When the database does not answer.
pub fn insert_incident(conn: &mut PgConnection, incident: &Incident) -> QueryResult<bool> {
    let inserted =
        diesel::insert_into(incidents::table).values(incident).on_conflict_do_nothing().execute(conn)?;
    Ok(inserted == 1)
}

/// # Errors
/// When the database does not answer.
pub fn incident(conn: &mut PgConnection, id: IncidentId) -> QueryResult<Option<Incident>> {
    Incident::query().find(id).first(conn).optional()
}

/// Holds its row until the transaction ends.
///
/// # Errors
/// `NotFound` when there is none.
pub fn lock_incident(conn: &mut PgConnection, id: IncidentId) -> QueryResult<Incident> {
    Incident::query().find(id).for_no_key_update().first(conn)
}

/// The newest first, from before one on.
///
/// # Errors
/// When the database does not answer.
pub fn incidents_before(
    conn: &mut PgConnection,
    before: Option<(DateTime<Utc>, IncidentId)>,
    most: i64,
) -> QueryResult<Vec<Incident>> {
    let mut query =
        Incident::query().order((incidents::made_at.desc(), incidents::id.desc())).limit(most).into_boxed();
    if let Some((at, id)) = before {
        let earlier = incidents::made_at.lt(at);
        query = query.filter(earlier.or(incidents::made_at.eq(at).and(incidents::id.lt(id))));
    }
    query.load(conn)
}

/// Those that last.
///
/// # Errors
/// When the database does not answer.
pub fn open_incidents(conn: &mut PgConnection) -> QueryResult<Vec<Incident>> {
    Incident::query()
        .filter(incidents::ended_at.is_null())
        .order(incidents::ends_at)
        .limit(MOST_OPEN)
        .load(conn)
}

/// # Errors
/// When the database does not answer.
pub fn end_incident(
    conn: &mut PgConnection,
    id: IncidentId,
    by: StaffId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(incidents::table.find(id))
        .set((incidents::ended_at.eq(now), incidents::ended_by.eq(by)))
        .execute(conn)
        .map(drop)
}

/// Closes what is open of its windows, in the order of their keys. Says how many. Whoever is just
/// taking room there ends first: what is read afterwards has them.
///
/// # Errors
/// When the database does not answer.
pub fn close_windows(conn: &mut PgConnection, incident: &Incident) -> QueryResult<usize> {
    diesel::sql_query(format!(
        "WITH locked AS (SELECT w.id FROM delivery_windows w WHERE {CLOSES} AND w.closed_by IS NULL
             ORDER BY w.id FOR NO KEY UPDATE)
         UPDATE delivery_windows SET closed_by = $5 FROM locked WHERE delivery_windows.id = locked.id"
    ))
    .bind::<Nullable<Integer>, _>(incident.zone_id)
    .bind::<Nullable<BigInt>, _>(incident.window_id)
    .bind::<Timestamptz, _>(incident.starts_at)
    .bind::<Timestamptz, _>(incident.ends_at)
    .bind::<SqlUuid, _>(incident.id)
    .ready()
    .execute(conn)
}

/// Opens the windows that it closed, but for those that another one closes too: they are its from now on.
///
/// # Errors
/// When the database does not answer.
pub fn reopen_windows(conn: &mut PgConnection, id: IncidentId) -> QueryResult<usize> {
    diesel::sql_query(
        "WITH locked AS (SELECT w.id FROM delivery_windows w WHERE w.closed_by = $1 ORDER BY w.id FOR NO KEY UPDATE)
         UPDATE delivery_windows w SET closed_by = (
             SELECT i.id FROM incidents i WHERE i.ended_at IS NULL AND i.id <> $1
                 AND (i.zone_id IS NULL OR i.zone_id = w.zone_id) AND (i.window_id IS NULL OR i.window_id = w.id)
                 AND w.starts_at < i.ends_at AND w.ends_at > i.starts_at
             ORDER BY i.made_at LIMIT 1)
         FROM locked WHERE w.id = locked.id",
    )
    .bind::<SqlUuid, _>(id)
    .ready()
    .execute(conn)
}

#[derive(QueryableByName)]
struct AffectedRow {
    #[diesel(sql_type = SqlUuid)]
    order_id: Uuid,
    #[diesel(sql_type = Integer)]
    zone_id: i32,
    #[diesel(sql_type = Timestamptz)]
    starts_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    ends_at: DateTime<Utc>,
}

/// Orders that an incident would move, in the order in which it would.
///
/// # Errors
/// When the database does not answer.
pub fn affected_orders(conn: &mut PgConnection, scope: &Scope, most: i64) -> QueryResult<Vec<Affected>> {
    let rows: Vec<AffectedRow> = diesel::sql_query(format!(
        "SELECT o.id AS order_id, w.zone_id, w.starts_at, w.ends_at
         FROM delivery_windows w JOIN window_holds h ON h.window_id = w.id JOIN orders o ON o.id = h.order_id
         WHERE {CLOSES} AND {WAITS} ORDER BY w.starts_at, o.placed_at, o.id LIMIT $5"
    ))
    .bind::<Nullable<Integer>, _>(scope.zone)
    .bind::<Nullable<BigInt>, _>(scope.window)
    .bind::<Timestamptz, _>(scope.starts)
    .bind::<Timestamptz, _>(scope.ends)
    .bind::<BigInt, _>(most)
    .ready()
    .load(conn)?;
    let told = |row: AffectedRow| Affected {
        order: OrderId(row.order_id),
        zone: ZoneId(row.zone_id),
        starts: row.starts_at,
        ends: row.ends_at,
    };
    Ok(rows.into_iter().map(told).collect())
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// How many of its windows' orders are on their way: they stay with their riders.
///
/// # Errors
/// When the database does not answer.
pub fn on_the_way_in(conn: &mut PgConnection, scope: &Scope) -> QueryResult<i64> {
    let count: Count = diesel::sql_query(format!(
        "SELECT count(*) AS n FROM delivery_windows w JOIN window_holds h ON h.window_id = w.id
             JOIN drops d ON d.order_id = h.order_id AND d.state = 'on_the_way' WHERE {CLOSES}"
    ))
    .bind::<Nullable<Integer>, _>(scope.zone)
    .bind::<Nullable<BigInt>, _>(scope.window)
    .bind::<Timestamptz, _>(scope.starts)
    .bind::<Timestamptz, _>(scope.ends)
    .ready()
    .get_result(conn)?;
    Ok(count.n)
}

/// Notes all orders that it moves and that are not noted yet, in one statement. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn note_affected(conn: &mut PgConnection, incident: &Incident, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::sql_query(format!(
        "INSERT INTO incident_orders (incident_id, order_id, place, starts_at, ends_at, due_at)
         SELECT $5, o.id, (SELECT coalesce(max(place), 0) FROM incident_orders WHERE incident_id = $5)
             + row_number() OVER (ORDER BY w.starts_at, o.placed_at, o.id), w.starts_at, w.ends_at, $6
         FROM delivery_windows w JOIN window_holds h ON h.window_id = w.id JOIN orders o ON o.id = h.order_id
         WHERE {CLOSES} AND {WAITS}
             AND NOT EXISTS (SELECT FROM incident_orders k WHERE k.incident_id = $5 AND k.order_id = o.id)
         ON CONFLICT DO NOTHING"
    ))
    .bind::<Nullable<Integer>, _>(incident.zone_id)
    .bind::<Nullable<BigInt>, _>(incident.window_id)
    .bind::<Timestamptz, _>(incident.starts_at)
    .bind::<Timestamptz, _>(incident.ends_at)
    .bind::<SqlUuid, _>(incident.id)
    .bind::<Timestamptz, _>(now)
    .ready()
    .execute(conn)
}

/// The next order that is to be moved, held until the transaction ends; one that somebody else holds
/// is theirs.
///
/// # Errors
/// When the database does not answer.
pub fn next_to_move(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Option<Moving>> {
    Moving::query()
        .filter(incident_orders::outcome.is_null().and(incident_orders::due_at.le(now)))
        .order((incident_orders::due_at, incident_orders::incident_id, incident_orders::place))
        .for_no_key_update()
        .skip_locked()
        .first(conn)
        .optional()
}

/// An order of an incident.
///
/// # Errors
/// When the database does not answer.
pub fn moving(conn: &mut PgConnection, id: IncidentId, order: OrderId) -> QueryResult<Option<Moving>> {
    Moving::query().find((id, order)).first(conn).optional()
}

/// An order of an incident, held until the transaction ends. Before the order's own row, always.
///
/// # Errors
/// When the database does not answer.
pub fn lock_moving(conn: &mut PgConnection, id: IncidentId, order: OrderId) -> QueryResult<Option<Moving>> {
    Moving::query().find((id, order)).for_no_key_update().first(conn).optional()
}

/// All that came to this outcome are still to be done, from now on. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn try_moves_again(
    conn: &mut PgConnection,
    id: IncidentId,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(incident_orders::table)
        .filter(incident_orders::incident_id.eq(id).and(incident_orders::outcome.eq(outcome)))
        .set((
            incident_orders::outcome.eq(None::<Outcome>),
            incident_orders::tries.eq(0),
            incident_orders::due_at.eq(now),
        ))
        .execute(conn)
}

/// What it came to. The caller holds the row.
///
/// # Errors
/// When the database does not answer.
pub fn set_outcome(
    conn: &mut PgConnection,
    moving: &Moving,
    outcome: Outcome,
    to: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> QueryResult<()> {
    diesel::update(incident_orders::table.find((moving.incident_id, moving.order_id)))
        .set((
            incident_orders::outcome.eq(outcome),
            incident_orders::new_starts_at.eq(to.map(|(starts, _)| starts)),
            incident_orders::new_ends_at.eq(to.map(|(_, ends)| ends)),
        ))
        .execute(conn)
        .map(drop)
}

/// It did not work this time.
///
/// # Errors
/// When the database does not answer.
pub fn put_off_move(
    conn: &mut PgConnection,
    moving: &Moving,
    due_at: DateTime<Utc>,
    given_up: bool,
) -> QueryResult<()> {
    diesel::update(incident_orders::table.find((moving.incident_id, moving.order_id)))
        .filter(incident_orders::outcome.is_null())
        .set((
            incident_orders::tries.eq(incident_orders::tries + 1),
            incident_orders::due_at.eq(due_at),
            incident_orders::outcome.eq(given_up.then_some(Outcome::Failed)),
        ))
        .execute(conn)
        .map(drop)
}

/// A page of an incident's orders with one outcome, from behind a place on.
///
/// # Errors
/// When the database does not answer.
pub fn affected(
    conn: &mut PgConnection,
    id: IncidentId,
    outcome: Outcome,
    behind: i32,
    most: i64,
) -> QueryResult<Vec<Moving>> {
    Moving::query()
        .filter(incident_orders::incident_id.eq(id).and(incident_orders::outcome.eq(outcome)))
        .filter(incident_orders::place.gt(behind))
        .order(incident_orders::place)
        .limit(most)
        .load(conn)
}

/// How many orders of each incident came to what; those still to be done under none.
///
/// # Errors
/// When the database does not answer.
pub fn count_affected(
    conn: &mut PgConnection,
    ids: &[IncidentId],
) -> QueryResult<Vec<(IncidentId, Option<Outcome>, i64)>> {
    incident_orders::table
        .filter(incident_orders::incident_id.eq_any(ids))
        .group_by((incident_orders::incident_id, incident_orders::outcome))
        .select((incident_orders::incident_id, incident_orders::outcome, diesel::dsl::count_star()))
        .ready()
        .load(conn)
}

/// A zone's open windows that begin after a time and have room, the soonest first.
///
/// # Errors
/// When the database does not answer.
pub fn later_windows(
    conn: &mut PgConnection,
    zone: ZoneId,
    after: DateTime<Utc>,
    now: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<Window>> {
    Window::query()
        .filter(delivery_windows::zone_id.eq(zone))
        .filter(delivery_windows::starts_at.gt(after).and(delivery_windows::cutoff_at.gt(now)))
        .filter(delivery_windows::closed_by.is_null())
        .filter(delivery_windows::taken.lt(delivery_windows::capacity))
        .order((delivery_windows::starts_at, delivery_windows::ends_at))
        .limit(most)
        .load(conn)
}

/// All zones' open windows that end after now and begin before a time: one of them may be closed alone.
///
/// # Errors
/// When the database does not answer.
pub fn soon_windows(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<Window>> {
    Window::query()
        .filter(delivery_windows::ends_at.gt(now).and(delivery_windows::starts_at.lt(until)))
        .filter(delivery_windows::closed_by.is_null())
        .order((delivery_windows::starts_at, delivery_windows::ends_at, delivery_windows::zone_id))
        .limit(most)
        .load(conn)
}
