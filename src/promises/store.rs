//! SQL over promises. No decisions here: each function is one statement.

use super::model::Promise;
use crate::db::Ready as _;
use crate::db::schema::promises;
use crate::ids::OrderId;
use diesel::prelude::*;

const MOST: i64 = 100;

/// # Errors
/// `UniqueViolation` when somebody has made the next one before.
pub fn insert(conn: &mut PgConnection, promise: &Promise) -> QueryResult<()> {
    diesel::insert_into(promises::table).values(promise).ready().execute(conn).map(drop)
}

/// All of an order's, the first one first.
///
/// # Errors
/// When the database does not answer.
pub fn of_order(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<Promise>> {
    Promise::query().filter(promises::order_id.eq(order)).order(promises::version).limit(MOST).load(conn)
}

/// All of several orders', each order's first one first.
///
/// # Errors
/// When the database does not answer.
pub fn of_orders(conn: &mut PgConnection, of: &[OrderId]) -> QueryResult<Vec<Promise>> {
    Promise::query()
        .filter(promises::order_id.eq_any(of))
        .order((promises::order_id, promises::version))
        .limit(MOST * 50)
        .load(conn)
}

/// The promises that hold, of orders to whom something was foreseen last that nobody chose.
///
/// # Errors
/// When the database does not answer.
pub fn foreseen_of(conn: &mut PgConnection, of: &[OrderId]) -> QueryResult<Vec<Promise>> {
    let newest: Vec<Promise> = Promise::query()
        .filter(promises::order_id.eq_any(of))
        .distinct_on(promises::order_id)
        .order((promises::order_id, promises::version.desc()))
        .load(conn)?;
    Ok(newest.into_iter().filter(Promise::is_foreseen).collect())
}
