//! What people call orders.

use super::store::orders_by_ids;
use crate::ids::OrderId;
use diesel::prelude::*;
use std::collections::HashMap;

/// The numbers of several orders, as they are read.
///
/// # Errors
/// When the database does not answer.
pub fn numbers_of(conn: &mut PgConnection, ids: &[OrderId]) -> QueryResult<HashMap<OrderId, String>> {
    let orders = orders_by_ids(conn, ids)?;
    Ok(orders.into_iter().map(|order| (order.id, order.number.to_string())).collect())
}
