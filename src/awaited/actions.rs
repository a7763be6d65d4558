use super::letters;
use super::model::{Asked, FORGOTTEN_AT_ONCE, Here, KEPT, KEPT_TOLD, LOOKED_AT, Open};
use super::store;
use crate::ids::ProductId;
use crate::outside::mail;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Notes who wants to hear when a product is back. Asking twice is asking once, and nobody learns whether
/// it was. `address` is one that a letter could go to.
///
/// # Errors
/// When the database does not answer.
pub fn ask(
    conn: &mut PgConnection,
    product: ProductId,
    address: &str,
    now: DateTime<Utc>,
) -> QueryResult<Asked> {
    if store::is_there(conn, product)? {
        return Ok(Asked::IsThere);
    }
    store::upsert(conn, product, &address.to_ascii_lowercase(), now).map(Asked::Noted)
}

/// Looks at the next open wishes after one and writes to those whose product is there again. Says how many,
/// and where to go on; `None`: that was the last.
///
/// Wish and letter are one transaction each, in which one of several workers wins: who dies in between has
/// done both or neither.
///
/// # Errors
/// When the database does not answer.
pub fn tell_some(
    conn: &mut PgConnection,
    public_url: &str,
    after: Option<&Here>,
    now: DateTime<Utc>,
) -> QueryResult<(usize, Option<Here>)> {
    let some = store::open_after(conn, after, LOOKED_AT)?;
    let is_full = i64::try_from(some.len()) == Ok(LOOKED_AT);
    let mut told = 0;
    for wish in some.iter().filter(|wish| wish.is_there) {
        told += usize::from(conn.transaction(|conn| tell(conn, public_url, wish, now))?);
    }
    let last = some.last().filter(|_| is_full);
    Ok((told, last.map(|w| Here { product: w.product_id, address: w.address.clone() })))
}

fn tell(conn: &mut PgConnection, public_url: &str, wish: &Open, now: DateTime<Utc>) -> QueryResult<bool> {
    if !store::is_there(conn, wish.product_id)? || !store::mark_told(conn, wish.id, now)? {
        return Ok(false);
    }
    mail::queue(conn, &letters::back(public_url, wish), &format!("back {}", wish.id), now)
}

/// Forgets what was told a while ago, and what was waited for too long; some at a time. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn sweep(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    store::delete_old(conn, (now - KEPT_TOLD, now - KEPT), FORGOTTEN_AT_ONCE)
}
