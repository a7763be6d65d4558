//! What can be done with places and fees.

use super::model::{Place, Quote};
use super::store;
use crate::events::{self, Event};
use crate::ids::{Actor, QuoteId};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// Promises the fee of a place for a while, and writes the promise down. Part of the caller's transaction.
///
/// # Errors
/// `NotFound` when we do not go to the place.
pub fn give_quote(
    conn: &mut PgConnection,
    place: &Place,
    eircode: Option<String>,
    valid_for: Duration,
    now: DateTime<Utc>,
) -> QueryResult<Quote> {
    let zone = store::zone(conn, place.zone_id.ok_or(diesel::NotFound)?)?;
    let quote = Quote {
        id: QuoteId(Uuid::now_v7()),
        place_id: place.id,
        zone_id: zone.id,
        eircode,
        fee_cents: zone.fee_cents,
        free_from_cents: zone.free_from_cents,
        minimum_cents: zone.minimum_cents,
        given_at: now,
        valid_until: now + valid_for,
    };
    store::insert_quote(conn, &quote)?;
    let event = Event::QuoteGiven {
        place: place.routing_key.clone(),
        zone: zone.code,
        fee: quote.fee_cents.cents(),
        free_from: quote.free_from_cents.cents(),
        minimum: quote.minimum_cents.cents(),
        valid_until: quote.valid_until,
    };
    events::record(conn, quote.id.0, &event, Actor::Customer, now)?;
    Ok(quote)
}

/// A new quote for the place of an old one whose time is over. Part of the caller's transaction.
///
/// # Errors
/// `NotFound` when we do not go there any more.
pub fn renew(
    conn: &mut PgConnection,
    old: &Quote,
    valid_for: Duration,
    now: DateTime<Utc>,
) -> QueryResult<Quote> {
    let place = store::place(conn, old.place_id)?;
    give_quote(conn, &place, old.eircode.clone(), valid_for, now)
}

#[derive(Debug)]
pub enum WishError {
    /// Not an address a mail could go to.
    Email,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for WishError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Notes who wants to hear when we come to a place. Asking twice is asking once.
///
/// # Errors
/// `Email` when that is none.
pub fn note_wish(
    conn: &mut PgConnection,
    email: &str,
    asked: &str,
    now: DateTime<Utc>,
) -> Result<(), WishError> {
    let email = email.trim();
    if !looks_like_email(email) {
        return Err(WishError::Email);
    }
    store::insert_wish(conn, email, asked, now)?;
    Ok(())
}

/// Whether a mail could go there; only a mail can tell whether somebody reads it.
fn looks_like_email(text: &str) -> bool {
    let plain = text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;\"()".contains(c));
    plain
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && !host.contains('@')
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
        })
}

#[cfg(test)]
mod tests {
    use super::looks_like_email;

    #[test]
    fn an_email_has_a_name_and_a_host() {
        for good in ["a@b.ie", "o'neil+shop@mail.example.com"] {
            assert!(looks_like_email(good), "{good}");
        }
        for bad in
            ["", "a", "@b.ie", "a@b", "a@@b.ie", "a b@c.ie", "a@.ie", "<a@b.ie>", "a@b.ie\r\nBcc: x@y.z"]
        {
            assert!(!looks_like_email(bad), "{bad}");
        }
    }
}
