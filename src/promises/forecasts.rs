//! SQL over forecasts. No decisions here: each function is one statement.

use super::model::{Cause, Forecast, Reckoned};
use crate::db::Ready as _;
use crate::db::schema::forecasts;
use crate::ids::OrderId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};

/// Of orders at risk, so many are read.
const MOST_AT_RISK: i64 = 100;

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = SqlUuid)]
    order_id: OrderId,
}

/// Takes open orders in that nobody forecasts yet. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn enrol(conn: &mut PgConnection, most: i64, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::sql_query(
        "INSERT INTO forecasts (order_id, due_at)
         SELECT o.id, $1 FROM orders o WHERE o.state IN ('placed', 'confirmed')
             AND NOT EXISTS (SELECT FROM forecasts f WHERE f.order_id = o.id) LIMIT $2
         ON CONFLICT DO NOTHING",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(most)
    .ready()
    .execute(conn)
}

/// Takes what is due, longest due first, and holds it until `until`: no other instance reckons the
/// same meanwhile, and if this one dies, another does afterwards.
///
/// # Errors
/// When the database does not answer.
pub fn claim(
    conn: &mut PgConnection,
    most: i64,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> QueryResult<Vec<OrderId>> {
    let claimed: Vec<Claimed> = diesel::sql_query(
        "UPDATE forecasts SET due_at = $3 WHERE order_id IN (
             SELECT order_id FROM forecasts WHERE due_at <= $1 ORDER BY due_at, order_id
             LIMIT $2 FOR UPDATE SKIP LOCKED)
         RETURNING order_id",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(most)
    .bind::<Timestamptz, _>(until)
    .ready()
    .load(conn)?;
    Ok(claimed.into_iter().map(|row| row.order_id).collect())
}

/// Writes down what was reckoned of several orders at once.
///
/// # Errors
/// When the database does not answer.
pub fn set(conn: &mut PgConnection, all: &[Reckoned], now: DateTime<Utc>) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE forecasts f SET expected_at = n.expected_at, from_at = n.from_at, to_at = n.to_at, cause = n.cause,
             due_at = n.due_at, reckoned_at = $7
         FROM unnest($1, $2, $3, $4, $5, $6) AS n (order_id, expected_at, from_at, to_at, cause, due_at)
         WHERE f.order_id = n.order_id",
    )
    .bind::<Array<SqlUuid>, _>(all.iter().map(|r| r.order).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(all.iter().map(|r| r.expected).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(all.iter().map(|r| r.from).collect::<Vec<_>>())
    .bind::<Array<Nullable<Timestamptz>>, _>(all.iter().map(|r| r.to).collect::<Vec<_>>())
    .bind::<Array<Nullable<Text>>, _>(all.iter().map(|r| r.cause.map(Cause::as_str)).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(all.iter().map(|r| r.due).collect::<Vec<_>>())
    .bind::<Timestamptz, _>(now)
    .ready()
    .execute(conn)
    .map(drop)
}

/// Orders that are over are expected no more.
///
/// # Errors
/// When the database does not answer.
pub fn forget(conn: &mut PgConnection, over: &[OrderId]) -> QueryResult<usize> {
    diesel::delete(forecasts::table.filter(forecasts::order_id.eq_any(over))).execute(conn)
}

/// Nobody goes there before.
///
/// # Errors
/// When the database does not answer.
pub fn close_until(
    conn: &mut PgConnection,
    order: OrderId,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(forecasts::table)
        .values((forecasts::order_id.eq(order), forecasts::due_at.eq(now), forecasts::closed_until.eq(until)))
        .on_conflict(forecasts::order_id)
        .do_update()
        .set((forecasts::closed_until.eq(until), forecasts::due_at.eq(now)))
        .execute(conn)
        .map(drop)
}

/// It is to be reckoned anew at once: what it is measured by has changed.
///
/// # Errors
/// When the database does not answer.
pub fn hurry(conn: &mut PgConnection, order: OrderId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(forecasts::table.find(order))
        .set(forecasts::due_at.eq(now))
        .ready()
        .execute(conn)
        .map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn forecast_of(conn: &mut PgConnection, order: OrderId) -> QueryResult<Option<Forecast>> {
    Forecast::query().find(order).first(conn).optional()
}

/// Those of several orders.
///
/// # Errors
/// When the database does not answer.
pub fn forecasts_of(conn: &mut PgConnection, of: &[OrderId]) -> QueryResult<Vec<Forecast>> {
    Forecast::query().filter(forecasts::order_id.eq_any(of)).load(conn)
}

/// What passes its promised window, what is expected first at the top; the first hundred.
///
/// # Errors
/// When the database does not answer.
pub fn at_risk(conn: &mut PgConnection) -> QueryResult<Vec<Forecast>> {
    Forecast::query()
        .filter(forecasts::cause.is_not_null())
        .order((forecasts::expected_at, forecasts::order_id))
        .limit(MOST_AT_RISK)
        .load(conn)
}
