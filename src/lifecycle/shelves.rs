//! What stands on the shelves is counted, comes in or spoils: the number, its movement and its event
//! together, and nothing over somebody else's number.

use crate::events::{self, Event};
use crate::ids::{Actor, ProductId};
use crate::inventory::{self, Moved, Reason, StockError};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// A shelf as somebody has seen it before they wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub product: ProductId,
    pub version: i32,
}

/// Somebody has counted. Says by how much it was off. One transaction.
///
/// # Errors
/// `ChangedSince` when it is another's number by now, `BelowHeld` when orders wait for more.
pub fn count_shelf(
    conn: &mut PgConnection,
    seen: Seen,
    counted: i32,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<i32, StockError> {
    conn.transaction(|conn| {
        let moved = Moved { order: None, by, at: now };
        let off = inventory::count(conn, seen.product, counted, seen.version, Reason::Counted, moved)?;
        told(conn, seen.product, off, Reason::Counted, moved)?;
        Ok(off)
    })
}

/// Goods have come in. Sent twice they have come once: the second sees another version. One transaction.
///
/// # Errors
/// `ChangedSince` when the shelf is not as it was seen.
pub fn receive_goods(
    conn: &mut PgConnection,
    seen: Seen,
    units: i32,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<(), StockError> {
    conn.transaction(|conn| {
        let moved = Moved { order: None, by, at: now };
        inventory::lock_as_seen(conn, seen.product, seen.version)?;
        inventory::receive(conn, seen.product, units, moved)?;
        Ok(told(conn, seen.product, units, Reason::Received, moved)?)
    })
}

/// What nobody can sell any more leaves the shelf. One transaction.
///
/// # Errors
/// `ChangedSince` when the shelf is not as it was seen, `BelowHeld` when orders wait for it.
pub fn take_spoiled(
    conn: &mut PgConnection,
    seen: Seen,
    units: i32,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<(), StockError> {
    conn.transaction(|conn| {
        let moved = Moved { order: None, by, at: now };
        let row = inventory::lock_as_seen(conn, seen.product, seen.version)?;
        let left = row.on_hand - units;
        inventory::count(conn, seen.product, left, seen.version, Reason::Spoiled, moved)?;
        Ok(told(conn, seen.product, -units, Reason::Spoiled, moved)?)
    })
}

fn told(
    conn: &mut PgConnection,
    product: ProductId,
    units: i32,
    reason: Reason,
    moved: Moved,
) -> QueryResult<()> {
    if units == 0 {
        return Ok(());
    }
    let event = Event::StockMoved { product: product.0, units, reason: reason.as_str().to_owned() };
    events::record(conn, product.subject(), &event, moved.by, moved.at)
}
