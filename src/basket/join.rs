//! The one basket of an account. Whoever signs in brings along what they had before.

use super::{owned, store};
use crate::ids::{BasketId, CustomerId, ProductId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What bringing a basket along did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The account's.
    pub basket: BasketId,
    /// What is in it now and was not before, or of which there is more.
    pub added: Vec<ProductId>,
    /// The browser's own from before, where it stays tied to what is not the account's. It is nobody's then.
    pub left: Option<BasketId>,
}

/// Brings the basket of somebody who signs in into the account's. Of what is in both, the
/// larger number counts: mostly the same wish was put in twice, on two devices, and whoever
/// signs in again with what has been brought already adds nothing by it.
///
/// An account's basket is known to all its devices, so a basket `is_tied` to things that are not the
/// account's never becomes it: its goods move to another one. `is_tied` is asked while the basket is
/// held, so that nothing is ordered from it in between.
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
    is_tied: impl FnOnce(&mut PgConnection, BasketId) -> QueryResult<bool>,
    now: DateTime<Utc>,
) -> QueryResult<Joined> {
    let own = owned::of_customer(conn, customer)?;
    // In the order of their keys, as everybody takes two.
    let both: BTreeSet<BasketId> = own.into_iter().chain(guest).collect();
    for id in both {
        store::lock(conn, id, now)?;
    }
    let left = match guest {
        Some(guest) if is_tied(conn, guest)? => Some(guest),
        Some(_) | None => None,
    };
    let free = match guest {
        Some(guest) if owned::owner(conn, guest)?.is_none() => Some(guest),
        Some(_) | None => None,
    };
    let mut added = Vec::new();
    let basket = match (own, free) {
        (Some(own), Some(guest)) => {
            added = absorb(conn, guest, own)?;
            own
        }
        // They were signed in here once, and somebody has ordered from it since as a guest.
        (Some(own), None) if left == Some(own) => move_over(conn, own, customer, now)?,
        (Some(own), None) => own,
        (None, Some(guest)) if left.is_none() => {
            owned::set_owner(conn, guest, Some(customer))?;
            guest
        }
        (None, guest) => {
            let fresh = fresh(conn, customer, now)?;
            // To whoever signs in it is the basket they had: nothing was added to it.
            guest.map(|guest| absorb(conn, guest, fresh)).transpose()?;
            fresh
        }
    };
    Ok(Joined { basket, added, left })
}

/// Both are held. Says what came along.
fn absorb(conn: &mut PgConnection, guest: BasketId, own: BasketId) -> QueryResult<Vec<ProductId>> {
    // The line with the larger number goes along whole, with what was seen of it.
    let more = owned::wanted_more(conn, guest, own)?;
    owned::drop_lines_of(conn, own, &more)?;
    let added = owned::move_lines(conn, guest, own)?;
    owned::drop_lines(conn, guest)?;
    // The place on the page they signed in from is the one they mean now.
    owned::copy_place(conn, guest, own)?;
    owned::move_checkout(conn, guest, own)?;
    Ok(added)
}

/// An empty basket of the account. Made now, so its key is the greatest of those that are held.
fn fresh(conn: &mut PgConnection, customer: CustomerId, now: DateTime<Utc>) -> QueryResult<BasketId> {
    let id = BasketId(Uuid::now_v7());
    store::lock(conn, id, now)?;
    owned::set_owner(conn, id, Some(customer))?;
    Ok(id)
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
    store::lock(conn, old, now)?;
    move_over(conn, old, customer, now).map(drop)
}

/// All of an account's basket goes into a fresh one, and the old one, which is held, is nobody's.
fn move_over(
    conn: &mut PgConnection,
    old: BasketId,
    customer: CustomerId,
    now: DateTime<Utc>,
) -> QueryResult<BasketId> {
    owned::set_owner(conn, old, None)?;
    let new = fresh(conn, customer, now)?;
    owned::move_lines(conn, old, new)?;
    owned::copy_place(conn, old, new)?;
    // Name and address are not for whoever sits down at this browser next.
    owned::move_checkout(conn, old, new)?;
    Ok(new)
}

/// Whether it is known where a basket goes.
///
/// # Errors
/// When the database does not answer.
pub fn has_place(conn: &mut PgConnection, id: BasketId) -> QueryResult<bool> {
    owned::has_quote(conn, id)
}
