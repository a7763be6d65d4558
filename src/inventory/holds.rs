//! Holds with an owner: stock that is promised to somebody.

use crate::db::Ready as _;
use crate::db::schema::{stock, stock_holds};
use crate::ids::{OrderId, ProductId};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Uuid as SqlUuid};

/// Units wanted of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub product: ProductId,
    pub units: i32,
}

/// What there is less of than is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Short {
    pub product: ProductId,
    pub wanted: i32,
    pub left: i32,
}

#[derive(Debug)]
pub enum HoldError {
    Short(Vec<Short>),
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for HoldError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Holds stock for an order, all of it or none. The rows are taken in the order of their keys,
/// so that no two orders wait for each other. Part of the caller's transaction, which an error has
/// to end.
///
/// # Errors
/// `Short` names everything of which there is too little.
pub fn hold(conn: &mut PgConnection, order: OrderId, wanted: &[Wanted]) -> Result<(), HoldError> {
    let products: Vec<i64> = wanted.iter().map(|w| w.product.0).collect();
    let units: Vec<i32> = wanted.iter().map(|w| w.units).collect();
    let held = diesel::sql_query(
        "WITH wanted AS (SELECT * FROM unnest($1, $2) AS w (product_id, units)),
              locked AS (SELECT s.product_id, w.units FROM wanted w JOIN stock s USING (product_id)
                         ORDER BY s.product_id FOR NO KEY UPDATE OF s),
              taken AS (UPDATE stock SET held = held + l.units FROM locked l
                        WHERE stock.product_id = l.product_id AND on_hand - held >= l.units
                        RETURNING stock.product_id, l.units)
         INSERT INTO stock_holds (order_id, product_id, units) SELECT $3, product_id, units FROM taken",
    )
    .bind::<Array<BigInt>, _>(&products)
    .bind::<Array<Integer>, _>(units)
    .bind::<SqlUuid, _>(order)
    .ready()
    .execute(conn)?;
    if held == wanted.len() {
        return Ok(());
    }
    Err(HoldError::Short(short_of(wanted, &free_for(conn, order, &products)?)))
}

/// How many there are that nobody else holds.
fn free_for(conn: &mut PgConnection, order: OrderId, products: &[i64]) -> QueryResult<Vec<(ProductId, i32)>> {
    let rows: Vec<(ProductId, i32, Option<i32>)> = stock::table
        .left_join(
            stock_holds::table
                .on(stock_holds::product_id.eq(stock::product_id).and(stock_holds::order_id.eq(order))),
        )
        .filter(stock::product_id.eq_any(products))
        .select((stock::product_id, stock::on_hand - stock::held, stock_holds::units.nullable()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(product, free, own)| (product, free + own.unwrap_or(0))).collect())
}

fn short_of(wanted: &[Wanted], free: &[(ProductId, i32)]) -> Vec<Short> {
    wanted
        .iter()
        .filter_map(|w| {
            let left = free.iter().find(|(id, _)| *id == w.product).map_or(0, |(_, left)| (*left).max(0));
            (left < w.units).then_some(Short { product: w.product, wanted: w.units, left })
        })
        .collect()
}

/// What an order holds goes back to everybody. Doing it again gives nothing back.
///
/// # Errors
/// When the database does not answer.
pub fn release(conn: &mut PgConnection, order: OrderId) -> QueryResult<()> {
    let held: Vec<ProductId> = stock_holds::table
        .filter(stock_holds::order_id.eq(order))
        .order(stock_holds::product_id)
        .select(stock_holds::product_id)
        .load(conn)?;
    stock::table
        .filter(stock::product_id.eq_any(&held))
        .order(stock::product_id)
        .select(stock::product_id)
        .for_no_key_update()
        .load::<ProductId>(conn)?;
    diesel::sql_query(
        "WITH gone AS (DELETE FROM stock_holds WHERE order_id = $1 RETURNING product_id, units)
         UPDATE stock SET held = held - gone.units FROM gone WHERE stock.product_id = gone.product_id",
    )
    .bind::<SqlUuid, _>(order)
    .ready()
    .execute(conn)
    .map(drop)
}
