//! Under what tries to pay are counted, and what is given back.
//!
//! A card that is declined again and again is held off, whoever tries it, and wherever: at the last
//! step or on an order's page. Only declines are counted.

use super::draft::Payment;
use crate::orders::Contact;
use crate::sign::Signer;
use crate::storefront::Shop;
use crate::throttle::{self, Key, Limited};
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

/// What the gateway itself could not do is nobody's decline.
pub(crate) async fn count_decline(shop: &Shop, card: Vec<Key>, code: &str) {
    if card.is_empty() || matches!(code, "gateway_down" | "shop_stopped") {
        return;
    }
    if let Err(e) = shop.spend(Limited::Pay, card).await {
        log::warn!("a declined card could not be counted: {e}");
    }
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
    let all = [Limited::Pay, Limited::AddCard, Limited::HoldWindow];
    let work = move |conn: &mut PgConnection| throttle::give_all_back(conn, &all, &keys);
    if let Err(e) = shop.app.db(work).await {
        log::warn!("tries that ended well could not be given back: {e}");
    }
}
