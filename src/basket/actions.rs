//! What can be done to a basket. Each function is one transaction that holds the
//! basket's row, so that two tabs take turns.

use super::model::{Basket, MAX_QUANTITY, Spot};
use super::store;
use crate::catalog::Item;
use crate::delivery::{self, Quote};
use crate::ids::BasketId;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// Reads a basket with its prices of now. A quote whose time is over is renewed on the
/// way, so that the fee on the page is always one that holds.
///
/// # Errors
/// When the database does not answer. `None`: there is no such basket (any more).
pub fn load(
    conn: &mut PgConnection,
    id: BasketId,
    quote_valid_for: Duration,
    now: DateTime<Utc>,
) -> QueryResult<Option<Basket>> {
    let Some((quote, place, zone, seen_fee)) = store::head(conn, id)? else { return Ok(None) };
    let spot = match (quote, place, zone) {
        (Some(quote), Some(place), Some(zone)) if quote.valid_until > now => {
            Some(Spot { quote, place, zone })
        }
        (Some(old), Some(place), Some(zone)) => {
            renew(conn, id, &old, quote_valid_for, now)?.map(|quote| Spot { quote, place, zone })
        }
        _ => None,
    };
    Ok(Some(Basket::new(id, spot, seen_fee, store::lines(conn, id, now)?)))
}

fn renew(
    conn: &mut PgConnection,
    id: BasketId,
    old: &Quote,
    valid_for: Duration,
    now: DateTime<Utc>,
) -> QueryResult<Option<Quote>> {
    conn.transaction(|conn| {
        store::lock(conn, id, now)?;
        // Another page of the same person may have renewed it while we waited.
        if let Some((Some(quote), ..)) = store::head(conn, id)?
            && quote.valid_until > now
        {
            return Ok(Some(quote));
        }
        let quote = delivery::renew(conn, old, valid_for, now).optional()?;
        if let Some(quote) = &quote {
            store::set_quote(conn, id, quote.id)?;
        }
        Ok(quote)
    })
}

/// Takes a place's quote into the basket, which is made if it is not there.
///
/// # Errors
/// When the database does not answer.
pub fn change_place(
    conn: &mut PgConnection,
    id: BasketId,
    quote: &Quote,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(|conn| {
        store::lock(conn, id, now)?;
        store::set_quote(conn, id, quote.id)?;
        store::set_seen_fee(conn, id, quote.fee_cents)
    })
}

#[derive(Debug)]
pub enum SetError {
    /// There are only so many; the basket is as it was.
    OnlyLeft {
        available: i32,
        in_basket: i32,
    },
    /// More different things than a basket holds.
    Full,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for SetError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Sets how many of a product are wanted; 0 takes it out. Says how many there were before.
/// Setting what is set already succeeds and changes nothing.
///
/// # Errors
/// `OnlyLeft` when more are wanted than there are (fewer than before is always fine).
pub fn set_quantity(
    conn: &mut PgConnection,
    id: BasketId,
    item: &Item,
    quantity: i32,
    now: DateTime<Utc>,
) -> Result<i32, SetError> {
    let product = item.article.id;
    conn.transaction(|conn| {
        store::lock(conn, id, now)?;
        if quantity <= 0 {
            return Ok(store::remove_line(conn, id, product)?.unwrap_or(0));
        }
        let before = store::quantity(conn, id, product)?;
        let possible = item.available().min(MAX_QUANTITY);
        if quantity > possible && quantity >= before {
            return Err(SetError::OnlyLeft { available: possible, in_basket: before });
        }
        if before == 0 && store::count_lines(conn, id)? >= store::MOST_LINES {
            return Err(SetError::Full);
        }
        store::put_line(conn, id, quantity, item, now)?;
        Ok(before)
    })
}

/// The shopper has read what changed: amounts become what is possible, prices what they are now.
///
/// # Errors
/// When the database does not answer.
pub fn acknowledge(conn: &mut PgConnection, id: BasketId, now: DateTime<Utc>) -> QueryResult<()> {
    conn.transaction(|conn| {
        store::lock(conn, id, now)?;
        if let Some((Some(quote), ..)) = store::head(conn, id)? {
            store::set_seen_fee(conn, id, quote.fee_cents)?;
        }
        let basket = Basket::new(id, None, None, store::lines(conn, id, now)?);
        for line in basket.lines.iter().filter(|l| l.has_changed() || l.counted != l.quantity()) {
            if line.counted == 0 {
                store::remove_line(conn, id, line.item.article.id)?;
            } else {
                store::put_line(conn, id, line.counted, &line.item, now)?;
            }
        }
        Ok(())
    })
}
