//! Orders that will be late by what is known now, each with its cause: also those that are not packed,
//! or not paid yet.

use crate::ids::OrderId;
use crate::orders::{self, Order};
use crate::promises::{self, Cause, Forecast};
use crate::staffroom::moment;
use crate::storefront::Shop;
use diesel::PgConnection;
use diesel::result::QueryResult;
use std::collections::HashMap;

/// One of them, in finished words.
pub(super) struct Risk {
    pub(super) number: String,
    pub(super) cause: &'static str,
    /// When the window ends that was promised first.
    pub(super) until: String,
    pub(super) expected: String,
}

/// What is expected first comes first.
pub(super) fn read(conn: &mut PgConnection) -> QueryResult<Vec<(Forecast, Order)>> {
    let forecasts = promises::at_risk(conn)?;
    let ids: Vec<OrderId> = forecasts.iter().map(|f| f.order_id).collect();
    let mut orders: HashMap<OrderId, Order> =
        orders::orders_by_ids(conn, &ids)?.into_iter().map(|order| (order.id, order)).collect();
    Ok(forecasts.into_iter().filter_map(|f| orders.remove(&f.order_id).map(|order| (f, order))).collect())
}

impl Risk {
    pub(super) fn of(shop: &Shop, forecast: &Forecast, order: &Order) -> Self {
        Self {
            number: order.number.to_string(),
            cause: forecast.cause.map_or("", Cause::words),
            until: moment(shop, order.window_ends_at),
            expected: forecast.expected_at.map(|at| moment(shop, at)).unwrap_or_default(),
        }
    }
}
