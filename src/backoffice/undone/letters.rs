//! Letters that no mail server would take. To whom, and what they say, is not shown.

use super::hush::hush;
use super::{A_PAGE, List, PAGE, Row, most, numbers, tries};
use crate::ids::{MailId, OrderId};
use crate::outside::mail::{self, GivenUp};
use crate::staffroom::moment;
use crate::storefront::Shop;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use diesel::result::QueryResult;
use std::collections::HashMap;

pub(super) fn given_up(conn: &mut PgConnection, shop: &Shop, after: &str) -> QueryResult<List> {
    let letters = mail::given_up(conn, behind(after), most())?;
    let of: Vec<OrderId> = letters.iter().filter_map(|letter| letter.order_id).collect();
    let numbers = numbers(conn, &of)?;
    let shown = &letters[..letters.len().min(A_PAGE)];
    let next = shown.last().filter(|_| letters.len() > A_PAGE).map(key_of);
    Ok(List { rows: shown.iter().map(|letter| row(shop, letter, &numbers)).collect(), next })
}

/// Microseconds and the letter's key. What is no key begins at the beginning.
fn behind(after: &str) -> Option<(DateTime<Utc>, MailId)> {
    let (at, id) = after.split_once('.')?;
    Some((DateTime::from_timestamp_micros(at.parse().ok()?)?, MailId(id.parse().ok()?)))
}

fn key_of(letter: &GivenUp) -> String {
    format!("{}.{}", letter.made_at.timestamp_micros(), letter.id)
}

fn row(shop: &Shop, letter: &GivenUp, numbers: &HashMap<OrderId, String>) -> Row {
    Row {
        action: format!("{PAGE}/letters/{}", letter.id),
        tries: letter.tries,
        what: what(letter),
        number: letter.order_id.and_then(|id| numbers.get(&id).cloned()),
        cause: format!("Written {}", moment(shop, letter.made_at)),
        since: format!("Given up {} after {}", moment(shop, letter.due_at), tries(letter.tries)),
        why: letter.failed.as_deref().map(hush).unwrap_or_default(),
    }
}

/// A key may stand in a subject too.
fn what(letter: &GivenUp) -> String {
    if letter.secret {
        return "A letter with a key in it".to_owned();
    }
    hush(letter.subject.trim_end_matches(" · SmartShop"))
}
