//! What can be done to a basket. Each function holds the basket's row, so that two tabs take turns.

use super::model::{Basket, MAX_QUANTITY, Spot};
use super::store;
use crate::catalog::Item;
use crate::delivery::{self, Quote, Terms};
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
    let Some((quote, place, zone, seen, version)) = store::head(conn, id)? else { return Ok(None) };
    let mut lost_place = None;
    let spot = match (quote, place, zone) {
        (Some(quote), Some(place), Some(zone)) if quote.valid_until > now => {
            Some(Spot { quote, place, zone })
        }
        (Some(old), Some(place), Some(zone)) => match renew(conn, id, &old, quote_valid_for, now)? {
            Some(quote) => Some(Spot { quote, place, zone }),
            None => {
                lost_place = Some(place.label());
                None
            }
        },
        _ => None,
    };
    let basket = Basket::new(id, spot, seen_terms(seen), store::lines(conn, id, now)?);
    Ok(Some(Basket { lost_place, version, ..basket }))
}

fn seen_terms((fee, free_from, minimum): store::SeenTerms) -> Option<Terms> {
    Some(Terms { fee: fee?, free_from: free_from?, minimum: minimum? })
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

/// Takes a place's quote into the basket, which is made if it is not there. A time that it held in
/// another zone is for others again. Part of the caller's transaction.
///
/// # Errors
/// When the database does not answer.
pub fn change_place(
    conn: &mut PgConnection,
    id: BasketId,
    quote: &Quote,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if store::put_place(conn, id, quote, now)? == store::FIRST {
        return Ok(());
    }
    delivery::release_elsewhere(conn, id, quote.zone_id)
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

/// What a change of quantity did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    pub before: i32,
    pub now: i32,
}

/// How many a shopper wants of a product, and what their page showed when they said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// 0 takes it out.
    pub quantity: i32,
    /// If another tab has changed it since, the step they made (one more, one fewer) is made from there.
    pub seen: Option<i32>,
    /// Their page sends each press once, so that the same number said of another is another press.
    pub once: bool,
}

impl Wish {
    /// This many, whatever there was.
    #[must_use]
    pub const fn exactly(quantity: i32) -> Self {
        Self { quantity, seen: None, once: false }
    }

    /// The quantity that is meant: as asked, unless the page was out of date; then the same step
    /// from where things are. A form that finds the number it asks for was sent twice, unless its
    /// page says that it never does so. Taking out is taking out.
    fn meant(self, before: i32) -> i32 {
        let Self { quantity, seen, once } = self;
        match seen {
            Some(seen) if quantity > 0 && seen != before && (once || quantity != before) => {
                (before + quantity - seen).clamp(0, MAX_QUANTITY)
            }
            _ => quantity.clamp(0, MAX_QUANTITY),
        }
    }
}

/// Sets how many of a product are wanted. Setting what is set already succeeds and changes nothing.
///
/// # Errors
/// `OnlyLeft` when more are wanted than there are (fewer than before is always fine).
pub fn set_quantity(
    conn: &mut PgConnection,
    id: BasketId,
    item: &Item,
    wish: Wish,
    at: DateTime<Utc>,
) -> Result<Changed, SetError> {
    let product = item.article.id;
    let possible = item.available().min(MAX_QUANTITY);
    // Mostly it is something new, and one statement finds out whether it is and puts it in.
    let first = if wish.seen.is_none_or(|seen| seen == 0) { wish.meant(0) } else { 0 };
    if (1..=possible).contains(&first) && store::put_new_line(conn, id, first, item, at)? {
        return Ok(Changed { before: 0, now: first });
    }
    conn.transaction(|conn| {
        store::lock(conn, id, at)?;
        let (before, lines) = store::counts(conn, id, product)?;
        let now = wish.meant(before);
        let changed = Changed { before, now };
        if now == before {
            return Ok(changed);
        }
        if now == 0 {
            store::remove_line(conn, id, product)?;
            return Ok(changed);
        }
        if now > possible && now > before {
            return Err(SetError::OnlyLeft { available: possible, in_basket: before });
        }
        if before > 0 {
            store::change_line(conn, id, product, now)?;
            return Ok(changed);
        }
        if lines >= store::MOST_LINES {
            return Err(SetError::Full);
        }
        store::put_line(conn, id, now, item, at)?;
        Ok(changed)
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
            store::set_seen_terms(conn, id, quote.terms())?;
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

/// Everything in it was ordered. Part of the caller's transaction, which holds the basket's row.
///
/// # Errors
/// When the database does not answer.
pub fn empty(conn: &mut PgConnection, id: BasketId) -> QueryResult<()> {
    store::remove_lines(conn, id)
}

#[cfg(test)]
mod tests {
    use super::Wish;

    const fn step(quantity: i32, seen: i32) -> Wish {
        Wish { quantity, seen: Some(seen), once: false }
    }

    #[test]
    fn a_step_on_an_old_page_is_made_from_where_things_are() {
        assert_eq!(step(2, 1).meant(1), 2);
        assert_eq!(step(2, 1).meant(4), 5, "one more, from four");
        assert_eq!(step(1, 0).meant(4), 5, "added in another tab meanwhile");
        assert_eq!(step(2, 1).meant(2), 2, "the same click again");
        assert_eq!(step(0, 1).meant(4), 0, "taking out is taking out");
        assert_eq!(Wish::exactly(7).meant(4), 7);
        assert_eq!(step(99, 1).meant(50), 99);
    }

    #[test]
    fn presses_sent_once_each_come_to_the_same_in_either_order() {
        let pressed = |from: i32, to: i32| Wish { once: true, ..step(to, from) };
        for between in 1..4 {
            for last in between + 1..6 {
                let (first, second) = (pressed(0, between), pressed(between, last));
                assert_eq!(second.meant(first.meant(0)), last);
                assert_eq!(first.meant(second.meant(0)), last, "{between} overtaken by {last}");
            }
        }
        assert_eq!(Wish { once: false, ..pressed(0, 1) }.meant(1), 1, "a form may be sent twice");
    }
}
