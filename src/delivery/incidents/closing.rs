//! SQL over the windows that an incident closes and the orders in them. No decisions here: each function
//! is one statement.

use super::model::{Affected, Incident, Scope};
use crate::db::Ready as _;
use crate::db::schema::delivery_windows;
use crate::delivery::Window;
use crate::ids::{IncidentId, OrderId, ZoneId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

/// Windows an incident closes, of the table `w`: `$1` zone, `$2` window, `$3` start, `$4` end.
const CLOSES: &str = "($1 IS NULL OR w.zone_id = $1) AND ($2 IS NULL OR w.id = $2)
    AND w.starts_at < $4 AND w.ends_at > $3";
/// Orders whose promise that touches: of table `o`, not on their way, not there, and not waiting for a
/// decision after a try that failed.
const WAITS: &str = "o.state IN ('placed', 'confirmed') AND NOT EXISTS (
    SELECT FROM drops d WHERE d.order_id = o.id AND d.attempt = (SELECT max(attempt) FROM drops l WHERE l.order_id = o.id)
    AND d.state IN ('on_the_way', 'delivered', 'failed'))";

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
