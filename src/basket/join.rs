//! The one basket of an account. Whoever signs in brings along what they had before.

use super::{owned, store};
use crate::ids::{BasketId, CustomerId, ProductId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// What bringing a basket along did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The account's.
    pub basket: BasketId,
    /// What is in it now and was not before, or of which there is more.
    pub added: Vec<ProductId>,
}

/// Brings the basket of somebody who signs in into the account's. Of what is in both, the
/// larger number counts: mostly the same wish was put in twice, on two devices, and whoever
/// signs in again with what has been brought already adds nothing by it.
///
/// Part of a transaction that holds the customer's row, so that sign-ins to one account take
/// turns. A basket that is another account's is left alone.
///
/// # Errors
/// When the database does not answer.
pub fn join(
    conn: &mut PgConnection,
    guest: Option<BasketId>,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> QueryResult<Joined> {
    match (owned::of_customer(conn, customer)?, guest) {
        (Some(own), Some(guest)) if own != guest => absorb(conn, guest, own, now),
        (Some(own), _) => Ok(Joined { basket: own, added: Vec::new() }),
        (None, guest) => become_theirs(conn, guest, customer, now),
    }
}

fn absorb(
    conn: &mut PgConnection,
    guest: BasketId,
    own: BasketId,
    now: DateTime<Utc>,
) -> QueryResult<Joined> {
    // In the order of their keys, as everybody takes two.
    for id in [guest.min(own), guest.max(own)] {
        store::lock(conn, id, now)?;
    }
    let mut added = Vec::new();
    if owned::owner(conn, guest)?.is_none() {
        // The line with the larger number goes along whole, with what was seen of it.
        let more = owned::wanted_more(conn, guest, own)?;
        owned::drop_lines_of(conn, own, &more)?;
        added = owned::move_lines(conn, guest, own)?;
        owned::drop_lines(conn, guest)?;
        // The place on the page they signed in from is the one they mean now.
        owned::copy_place(conn, guest, own)?;
        owned::move_checkout(conn, guest, own)?;
    }
    Ok(Joined { basket: own, added })
}

fn become_theirs(
    conn: &mut PgConnection,
    guest: Option<BasketId>,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> QueryResult<Joined> {
    let mut id = guest.unwrap_or_else(|| BasketId(Uuid::now_v7()));
    store::lock(conn, id, now)?;
    if owned::owner(conn, id)?.is_some() {
        id = BasketId(Uuid::now_v7());
        store::lock(conn, id, now)?;
    }
    owned::set_owner(conn, id, Some(customer))?;
    Ok(Joined { basket: id, added: Vec::new() })
}

/// Gives an account's basket another name, under which no browser knows it yet: whoever was
/// signed in keeps an empty one. The row stays, since others may refer to it.
///
/// Part of a transaction that holds the customer's row.
///
/// # Errors
/// When the database does not answer.
pub fn move_on(conn: &mut PgConnection, customer: CustomerId, now: DateTime<Utc>) -> QueryResult<()> {
    let Some(old) = owned::of_customer(conn, customer)? else { return Ok(()) };
    // Made now, so its key is the greater.
    let new = BasketId(Uuid::now_v7());
    store::lock(conn, old, now)?;
    store::lock(conn, new, now)?;
    owned::move_lines(conn, old, new)?;
    owned::copy_place(conn, old, new)?;
    // Name and address are not for whoever sits down at this browser next.
    owned::move_checkout(conn, old, new)?;
    owned::set_owner(conn, old, None)?;
    owned::set_owner(conn, new, Some(customer))
}

/// Whether it is known where a basket goes.
///
/// # Errors
/// When the database does not answer.
pub fn has_place(conn: &mut PgConnection, id: BasketId) -> QueryResult<bool> {
    owned::has_quote(conn, id)
}
