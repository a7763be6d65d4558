//! Under what tries to pay are counted, and what is given back.
//!
//! A card that is declined again and again is held off, whoever tries it, and wherever: at the last
//! step or on an order's page; and so is an address at which one card after the other is. Only declines are
//! counted.

use super::draft::Payment;
use crate::ids::{AttemptId, OrderId};
use crate::orders::Contact;
use crate::payments::{self, Attempt, AttemptState};
use crate::sign::Signer;
use crate::storefront::Shop;
use crate::throttle::{self, Key, Limited, Wait};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// A card by the gateway's name for it and, as that is another one each time it is typed, by what
/// stands on it: many may have a card that reads the same.
pub(crate) fn keys_of_card(shop: &Shop, payment: &Payment) -> Vec<Key> {
    let signer = &shop.app.signer;
    let Payment { way, method, brand, last4, expires, .. } = payment;
    if way.starts_with("saved:") {
        return vec![Key::subject(signer, "card", way)];
    }
    if !matches!(way.as_str(), "card" | "kept") {
        return Vec::new();
    }
    let reads = format!("{brand} {last4} {expires}");
    let known = [(method, !method.is_empty()), (&reads, !last4.is_empty())];
    known.into_iter().filter(|(_, is)| *is).map(|(text, _)| Key::subject(signer, "card", text)).collect()
}

/// Whether a card may be tried: by its own declines, and by those of other cards at the address of `here`.
///
/// # Errors
/// When the database does not answer. Inside: until when to wait.
pub(crate) fn may_try_card(
    conn: &mut PgConnection,
    card: &[Key],
    here: &[Key; 2],
    now: DateTime<Utc>,
) -> QueryResult<Result<(), Wait>> {
    if card.is_empty() {
        return Ok(Ok(()));
    }
    throttle::look(conn, &[(Limited::Pay, card), (Limited::Decline, at_address(here))], now)
}

/// What the gateway itself could not do is nobody's decline.
pub(crate) async fn count_decline(shop: &Shop, card: Vec<Key>, here: &[Key; 2], code: &str) {
    if card.is_empty() || matches!(code, "gateway_down" | "shop_stopped") {
        return;
    }
    let at_address = at_address(here).to_vec();
    for (what, keys) in [(Limited::Pay, card), (Limited::Decline, at_address)] {
        if let Err(e) = shop.spend(what, keys).await {
            log::warn!("a declined card could not be counted: {e}");
        }
    }
}

/// Of browser and address the address: a browser is soon another one.
fn at_address(here: &[Key; 2]) -> &[Key] {
    &here[1..]
}

/// Under what an order that is paid at the door is counted: browser, address, and whom to reach.
pub(crate) fn at_door_keys(signer: &Signer, here: &[Key; 2], contact: &Contact) -> Vec<Key> {
    let mail = Key::subject(signer, "mail", &contact.email.to_lowercase());
    let phone = Key::subject(signer, "phone", &contact.phone);
    here.iter().cloned().chain([mail, phone]).collect()
}

/// It was paid: the try, the card that was given for it and the time that was held were all in earnest.
pub(crate) async fn ended_well(shop: &Shop, keys: Vec<Key>) {
    if keys.is_empty() {
        return;
    }
    if let Err(e) = shop.app.db(move |conn| give_all_back(conn, &keys)).await {
        log::warn!("tries that ended well could not be given back: {e}");
    }
}

fn give_all_back(conn: &mut PgConnection, keys: &[Key]) -> QueryResult<()> {
    throttle::give_all_back(conn, &[Limited::Pay, Limited::AddCard, Limited::HoldWindow], keys)
}

/// No count of a try to pay lasts longer.
const AWAY: Duration = Duration::minutes(60);

fn away(signer: &Signer, attempt: AttemptId) -> Key {
    Key::subject(signer, "led away", &attempt.to_string())
}

/// Somebody is led away to approve their payment. Whether it ends well shows once they are back.
pub(crate) async fn led_away(shop: &Shop, order: OrderId) {
    let (signer, now) = (shop.app.signer.clone(), shop.app.clock.now());
    let work = move |conn: &mut PgConnection| match payments::standing_attempt(conn, order)? {
        Some(attempt) => throttle::first_within(conn, Limited::Pay, &away(&signer, attempt.id), AWAY, now),
        None => Ok(false),
    };
    if let Err(e) = shop.app.db(work).await {
        log::warn!("who was led away to approve could not be noted: {e}");
    }
}

/// Somebody has come back, and it is paid: what they were led away for is given back, once. The first try of an
/// order is counted under its basket, each later one under its number.
pub(crate) async fn came_back_well(shop: &Shop, order: OrderId, of_basket: Vec<Key>, of_number: Vec<Key>) {
    let (signer, now) = (shop.app.signer.clone(), shop.app.clock.now());
    let work = move |conn: &mut PgConnection| {
        let tries = payments::attempts_of(conn, order)?;
        let is_paid = |t: &Attempt| t.state == AttemptState::Authorised && !t.standby;
        let Some(nth) = tries.iter().position(is_paid) else { return Ok(()) };
        let keys = if nth == 0 { of_basket } else { of_number };
        conn.transaction(|conn| {
            match throttle::take_note(conn, Limited::Pay, &away(&signer, tries[nth].id), now)? {
                true => give_all_back(conn, &keys),
                false => Ok(()),
            }
        })
    };
    if let Err(e) = shop.app.db(work).await {
        log::warn!("tries that ended well could not be given back: {e}");
    }
}
