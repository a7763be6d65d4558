//! Units that come and go. Each verb changes the row in SQL, guarded, and writes the movement; the
//! caller holds the transaction and writes the event.

use crate::db::Ready as _;
use crate::db::db_enum;
use crate::db::schema::{stock, stock_holds, stock_movements};
use crate::ids::{Actor, OrderId, ProductId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

db_enum! {
    /// Why units came or went.
    pub enum Reason {
        Received = "received",
        /// Somebody has counted, and it was another number.
        Counted = "counted",
        Picked = "picked",
        /// Picked, and not taken along after all.
        PutBack = "put_back",
        /// Promised, and not on the shelf.
        Missing = "missing",
        /// Back from a door.
        CameBack = "came_back",
        Spoiled = "spoiled",
    }
}

/// A product's row, as the warehouse sees it.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = stock)]
pub struct Shelf {
    pub product_id: ProductId,
    pub on_hand: i32,
    pub held: i32,
    /// Where it stands, as pickers walk: `A03-12`.
    pub shelf: String,
    pub version: i32,
}

/// One change of a shelf.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = stock_movements)]
pub struct Movement {
    pub id: i64,
    pub product_id: ProductId,
    pub reason: Reason,
    pub units: i32,
    /// What was on hand afterwards.
    pub on_hand: i32,
    pub order_id: Option<OrderId>,
    pub note: String,
    pub actor: String,
    pub at: DateTime<Utc>,
}

/// For whom and by whom units move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub order: Option<OrderId>,
    pub by: Actor,
    pub at: DateTime<Utc>,
}

/// Why units cannot be taken.
#[derive(Debug)]
pub enum TakeError {
    /// There are not so many that nobody else waits for.
    TooFew {
        free: i32,
    },
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for TakeError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Why a number cannot be set.
#[derive(Debug)]
pub enum StockError {
    /// Fewer than are promised to orders: those have to be settled first.
    BelowHeld {
        held: i32,
    },
    /// Somebody else has changed it since it was looked at.
    ChangedSince(Shelf),
    /// No such product on our shelves.
    Unknown,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for StockError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Takes the rows of several shelves in the order of their keys, so that no two who need the same
/// ones wait for each other in a circle.
///
/// # Errors
/// When the database does not answer.
pub fn lock(conn: &mut PgConnection, products: &[ProductId]) -> QueryResult<()> {
    let ids: Vec<i64> = products.iter().map(|p| p.0).collect();
    let taken = stock::table
        .filter(stock::product_id.eq_any(ids))
        .order(stock::product_id)
        .select(stock::product_id)
        .for_no_key_update()
        .load::<i64>(conn)?;
    drop(taken);
    Ok(())
}

/// # Errors
/// When the database does not answer.
pub fn shelf(conn: &mut PgConnection, product: ProductId) -> QueryResult<Option<Shelf>> {
    Shelf::query().find(product.0).first(conn).optional()
}

/// # Errors
/// When the database does not answer.
pub fn shelves(conn: &mut PgConnection, products: &[ProductId]) -> QueryResult<Vec<Shelf>> {
    Shelf::query().filter(stock::product_id.eq_any(products)).load(conn)
}

/// A page of all stock, as one walks along the shelves, from behind one row on.
///
/// # Errors
/// When the database does not answer.
pub fn shelves_along(
    conn: &mut PgConnection,
    behind: Option<(&str, ProductId)>,
    most: i64,
) -> QueryResult<Vec<Shelf>> {
    let mut query = Shelf::query().order((stock::shelf, stock::product_id)).limit(most).into_boxed();
    if let Some((shelf, id)) = behind {
        let further = stock::shelf.gt(shelf);
        query = query.filter(further.or(stock::shelf.eq(shelf).and(stock::product_id.gt(id))));
    }
    query.load(conn)
}

/// A page of what came and went of a product, the newest first, from before one movement on.
///
/// # Errors
/// When the database does not answer.
pub fn movements_of(
    conn: &mut PgConnection,
    product: ProductId,
    before: Option<i64>,
    most: i64,
) -> QueryResult<Vec<Movement>> {
    let mut query = Movement::query()
        .filter(stock_movements::product_id.eq(product))
        .order(stock_movements::id.desc())
        .limit(most)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(stock_movements::id.lt(before));
    }
    query.load(conn)
}

/// Holds a product's row, as somebody has seen it, until the transaction ends.
///
/// # Errors
/// `ChangedSince` when it is another's number by now.
pub fn lock_as_seen(
    conn: &mut PgConnection,
    product: ProductId,
    seen_version: i32,
) -> Result<Shelf, StockError> {
    let found = Shelf::query().find(product.0).for_no_key_update().first(conn).optional()?;
    let row = found.ok_or(StockError::Unknown)?;
    if row.version == seen_version { Ok(row) } else { Err(StockError::ChangedSince(row)) }
}

/// From now on a product stands elsewhere. Its number stays as it is, and so does its version.
///
/// # Errors
/// `ChangedSince` when somebody has put it elsewhere since.
pub fn put_on_shelf(
    conn: &mut PgConnection,
    product: ProductId,
    from: &str,
    to: &str,
) -> Result<(), StockError> {
    let seen = stock::table.find(product.0).filter(stock::shelf.eq_any([from, to]));
    if diesel::update(seen).set(stock::shelf.eq(to)).execute(conn)? == 1 {
        return Ok(());
    }
    Err(shelf(conn, product)?.map_or(StockError::Unknown, StockError::ChangedSince))
}

/// An order's line leaves the shelf: its hold ends, `units` are in the bag, and what was promised
/// beyond that is missing.
///
/// # Errors
/// When the database does not answer.
pub fn take_held(
    conn: &mut PgConnection,
    order: OrderId,
    product: ProductId,
    units: i32,
    moved: Moved,
) -> QueryResult<()> {
    let held: i32 = diesel::delete(stock_holds::table.find((order, product)))
        .returning(stock_holds::units)
        .get_result(conn)?;
    change(conn, product, -units, -held, Reason::Picked, moved)?;
    change(conn, product, units - held, 0, Reason::Missing, moved)
}

/// The same undone: what was taken and what was missed is back on the shelf and held again.
///
/// # Errors
/// When the database does not answer.
pub fn reopen(
    conn: &mut PgConnection,
    order: OrderId,
    product: ProductId,
    units: i32,
    moved: Moved,
) -> QueryResult<()> {
    change(conn, product, units, units, Reason::PutBack, moved)?;
    diesel::insert_into(stock_holds::table)
        .values((
            stock_holds::order_id.eq(order),
            stock_holds::product_id.eq(product),
            stock_holds::units.eq(units),
        ))
        .on_conflict((stock_holds::order_id, stock_holds::product_id))
        .do_update()
        .set(stock_holds::units.eq(excluded(stock_holds::units)))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Takes units nobody waits for.
///
/// # Errors
/// `TooFew` when there are not so many.
pub fn take_free(
    conn: &mut PgConnection,
    product: ProductId,
    units: i32,
    moved: Moved,
) -> Result<(), TakeError> {
    let found = Shelf::query().find(product.0).for_no_key_update().first(conn).optional()?;
    let free = found.map_or(0, |row| row.on_hand - row.held);
    if free < units {
        return Err(TakeError::TooFew { free });
    }
    Ok(change(conn, product, -units, 0, Reason::Picked, moved)?)
}

/// Units come back to the shelf and are anybody's.
///
/// # Errors
/// When the database does not answer.
pub fn put_back(
    conn: &mut PgConnection,
    product: ProductId,
    units: i32,
    reason: Reason,
    moved: Moved,
) -> QueryResult<()> {
    change(conn, product, units, 0, reason, moved)
}

/// Goods have come in.
///
/// # Errors
/// `Unknown` when there is no such product.
pub fn receive(
    conn: &mut PgConnection,
    product: ProductId,
    units: i32,
    moved: Moved,
) -> Result<(), StockError> {
    Shelf::query().find(product.0).for_no_key_update().first(conn).optional()?.ok_or(StockError::Unknown)?;
    Ok(change(conn, product, units, 0, Reason::Received, moved)?)
}

/// Somebody has counted what stands on the shelf, having seen the row's `version`. Says by how much
/// it was off.
///
/// # Errors
/// `ChangedSince` when it is another's number by now, `BelowHeld` when orders wait for more.
pub fn count(
    conn: &mut PgConnection,
    product: ProductId,
    counted: i32,
    seen_version: i32,
    reason: Reason,
    moved: Moved,
) -> Result<i32, StockError> {
    let found = Shelf::query().find(product.0).for_no_key_update().first(conn).optional()?;
    let row = found.ok_or(StockError::Unknown)?;
    if row.on_hand == counted {
        return Ok(0);
    }
    if row.version != seen_version {
        return Err(StockError::ChangedSince(row));
    }
    if counted < row.held {
        return Err(StockError::BelowHeld { held: row.held });
    }
    let off = counted - row.on_hand;
    change(conn, product, off, 0, reason, moved)?;
    Ok(off)
}

/// The one place where units move. The `CHECK`s of the row refuse what cannot be.
fn change(
    conn: &mut PgConnection,
    product: ProductId,
    units: i32,
    held: i32,
    reason: Reason,
    moved: Moved,
) -> QueryResult<()> {
    if units == 0 && held == 0 {
        return Ok(());
    }
    let on_hand: i32 = diesel::update(stock::table.find(product.0))
        .set((
            stock::on_hand.eq(stock::on_hand + units),
            stock::held.eq(stock::held + held),
            stock::version.eq(stock::version + 1),
        ))
        .returning(stock::on_hand)
        .ready()
        .get_result(conn)?;
    if units == 0 {
        return Ok(());
    }
    diesel::insert_into(stock_movements::table)
        .values((
            stock_movements::product_id.eq(product),
            stock_movements::reason.eq(reason),
            stock_movements::units.eq(units),
            stock_movements::on_hand.eq(on_hand),
            stock_movements::order_id.eq(moved.order),
            stock_movements::actor.eq(moved.by.to_string()),
            stock_movements::at.eq(moved.at),
        ))
        .execute(conn)
        .map(drop)
}
