//! SQL over picks and bags. No decisions here: each function is one statement.

use super::model::{Bag, Pick, Rest};
use crate::db::Ready as _;
use crate::db::schema::{bags, picks};
use crate::ids::OrderId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

const MOST_LINES: i64 = 200;

/// What became of an order's lines so far, in their order.
///
/// # Errors
/// When the database does not answer.
pub fn picks_of(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<Pick>> {
    Pick::query().filter(picks::order_id.eq(order)).order(picks::position).limit(MOST_LINES).load(conn)
}

/// The same of several orders.
///
/// # Errors
/// When the database does not answer.
pub fn picks_of_orders(conn: &mut PgConnection, of: &[OrderId]) -> QueryResult<Vec<Pick>> {
    Pick::query()
        .filter(picks::order_id.eq_any(of))
        .order((picks::order_id, picks::position))
        .limit(MOST_LINES * 50)
        .load(conn)
}

/// # Errors
/// `UniqueViolation` when the line has been settled before.
pub fn insert_pick(conn: &mut PgConnection, pick: &Pick) -> QueryResult<()> {
    diesel::insert_into(picks::table).values(pick).ready().execute(conn).map(drop)
}

/// Something stands in for what was missing of a line. The caller has checked that it may.
///
/// # Errors
/// When the database does not answer.
pub fn set_rest(
    conn: &mut PgConnection,
    order: OrderId,
    position: i32,
    rest: Rest,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(picks::table.find((order, position)))
        .set((
            picks::rest_product_id.eq(rest.product),
            picks::rest_units.eq(rest.units),
            picks::rest_grams.eq(rest.grams),
            picks::rest_sum_cents.eq(rest.sum),
            picks::at.eq(at),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn delete_pick(conn: &mut PgConnection, order: OrderId, position: i32) -> QueryResult<()> {
    diesel::delete(picks::table.find((order, position))).execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn insert_bags(conn: &mut PgConnection, rows: &[Bag]) -> QueryResult<()> {
    diesel::insert_into(bags::table).values(rows).execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn bags_of(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<Bag>> {
    Bag::query().filter(bags::order_id.eq(order)).order(bags::number).limit(MOST_LINES).load(conn)
}

/// The order that a label's code is of.
///
/// # Errors
/// When the database does not answer.
pub fn order_of_bag(conn: &mut PgConnection, code: &str) -> QueryResult<Option<OrderId>> {
    bags::table.find(code).select(bags::order_id).first(conn).optional()
}
