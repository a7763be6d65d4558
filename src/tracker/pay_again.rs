//! Paying for an order that waits for its money: the same way again, or another one. Nothing of
//! the order is lost or asked again.

mod offer;

pub(super) use offer::{CardFrame, PayAgain, cards_of, offered};

use super::access::{Caller, address, private, voice};
use super::approval::leads_on;
use super::code::{Act, prove};
use super::dossier::Dossier;
use super::said::Said;
use super::words::Voice;
use crate::cashier::{self, Outcome, SavedCard};
use crate::checkout::{self, Payment};
use crate::config::PayKind;
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::lifecycle::{PayError, Paying, Status};
use crate::orders::OrderState;
use crate::payments::PayBy;
use crate::storefront::{Shop, Visit};
use crate::throttle::{self, Key, Limited, Wait};
use crate::web::redirect;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use diesel::prelude::*;
use offer::{offers_here, same_again};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PayForm {
    way: String,
    /// What the card's frame said of a card: the gateway's name for it, and how people know it.
    method: String,
    brand: String,
    last4: String,
    expires: String,
    wallet: String,
    /// Sent in the background: the page that is open leads on itself.
    in_place: String,
}

impl PayForm {
    fn chosen(self) -> Payment {
        let Self { way, method, brand, last4, expires, wallet, in_place: _ } = self;
        Payment { way, method, brand, last4, expires, wallet, keep: false }
    }
}

/// What pays, of what is offered now.
fn paying(shop: &Shop, dossier: &Dossier, chosen: &Payment, saved: Vec<SavedCard>) -> Result<Paying, Said> {
    if chosen.way == "same" {
        return same_again(shop, dossier, &saved).ok_or(Said::ChooseAWay);
    }
    let offers = offers_here(shop, dossier, saved);
    let by_card = chosen.way == "card" && offers.ways.iter().any(|o| o.kind == PayKind::Card);
    offers.paying(chosen).map_err(|_| if by_card { Said::NoCard } else { Said::ChooseAWay })
}

/// The card that would pay, as it is counted when it is declined: the one before by its name too.
fn card_of(shop: &Shop, dossier: &Dossier, chosen: &Payment, saved: &[SavedCard]) -> Vec<Key> {
    if chosen.way != "same" {
        return checkout::keys_of_card(shop, chosen);
    }
    let before = same_again(shop, dossier, saved).filter(|b| b.by == PayBy::Card);
    let Some(method) = before.and_then(|b| b.gateway_method) else { return Vec::new() };
    let way = match saved.iter().find(|c| c.gateway_method == method) {
        Some(card) => format!("saved:{}", card.id),
        None => "card".to_owned(),
    };
    checkout::keys_of_card(shop, &Payment { way, method, ..Payment::default() })
}

/// What is known of somebody who pays again, once they may.
struct Paid {
    dossier: Dossier,
    saved: Vec<SavedCard>,
    /// Under what a decline of their card is counted.
    card: Vec<Key>,
    /// Of their browser and address.
    here: [Key; 2],
    /// Under what the try is, where it is no order for the door.
    keys: Vec<Key>,
}

/// Counts the try, as the last step of the checkout counts the first one. `None`: a code comes first.
///
/// # Errors
/// As [`Caller::find`]; and until when to wait.
fn may_pay(
    conn: &mut PgConnection,
    shop: &Shop,
    caller: &Caller,
    number: &OrderNumber,
    chosen: &Payment,
    voice: &Voice,
) -> Result<Option<Paid>, AppError> {
    let (dossier, sight) = caller.read(conn, number, voice)?;
    if !sight.may_act() {
        return Ok(None);
    }
    let at_door = chosen.way.ends_with("_at_door");
    let others = offers_here(shop, &dossier, Vec::new()).open_ways(at_door);
    let held_off = |wait: Wait| {
        let words = format!("{} Nothing was charged. {others}", wait.words(voice.zone, voice.now));
        AppError::Later { words: words.trim_end().to_owned(), seconds: wait.seconds(voice.now) }
    };
    let saved = cards_of(conn, caller, sight)?;
    let card = card_of(shop, &dossier, chosen, &saved);
    let here = caller.own_keys();
    checkout::may_try_card(conn, &card, &here, voice.now)?.map_err(held_off)?;
    let keys = caller.keys(number.as_ref());
    if at_door {
        let keys = checkout::at_door_keys(&shop.app.signer, &here, &dossier.contact);
        // The same button once more orders nothing.
        if dossier.order.state == OrderState::Placed {
            throttle::spend(conn, Limited::AtDoor, &keys, voice.now)?.map_err(held_off)?;
        }
    } else {
        throttle::spend(conn, Limited::Pay, &keys, voice.now)?.map_err(held_off)?;
    }
    if chosen.way == "card" {
        throttle::spend(conn, Limited::AddCard, &keys, voice.now)?.map_err(held_off)?;
    }
    Ok(Some(Paid { dossier, saved, card, here, keys: if at_door { Vec::new() } else { keys } }))
}

/// Starts another try. An order that is paid already says so; nothing is charged twice.
pub(super) async fn pay(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Form<PayForm>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let form = form.into_inner();
    let (in_place, chosen) = (!form.in_place.is_empty(), form.chosen());
    let (there, asked, tried) = (shop.clone(), number.clone(), chosen.clone());
    let work = move |conn: &mut PgConnection| may_pay(conn, &there, &caller, &asked, &tried, &voice);
    let Some(paid) = shop.app.db(work).await? else { return Ok(prove(&number, Act::Pay)) };
    let next = match paid.dossier.story.money() {
        Status::Confirmed | Status::Completed => Next::Say(Said::AlreadyPaid),
        Status::Cancelled(_) => Next::Say(Said::Over),
        Status::Checking | Status::ToApprove { .. } | Status::NotPaid { .. } => {
            start(&shop, paid, &chosen).await?
        }
    };
    Ok(private(match next {
        Next::Page => redirect(&address(&number), []),
        Next::Say(said) => redirect(&address(&number), [said.cookie(&shop, &number)]),
        Next::Approve(_) if in_place => redirect(&address(&number), [Said::ToApprove.cookie(&shop, &number)]),
        Next::Approve(url) => redirect(&url, []),
    }))
}

/// Where a try leads.
enum Next {
    /// To the order's page, which says itself what came of it.
    Page,
    /// There, with a word about it.
    Say(Said),
    /// To where the shopper approves.
    Approve(String),
}

async fn start(shop: &Shop, paid: Paid, chosen: &Payment) -> Result<Next, AppError> {
    let Paid { dossier, saved, card, keys, here } = paid;
    let paying = match paying(shop, &dossier, chosen, saved) {
        Ok(paying) => paying,
        Err(said) => return Ok(Next::Say(said)),
    };
    match cashier::retry(&shop.app, dossier.order.id, paying).await {
        Ok(Outcome::Approve(url)) if leads_on(&url) => {
            checkout::led_away(shop, dossier.order.id).await;
            Ok(Next::Approve(url))
        }
        Ok(Outcome::Failed(code)) => {
            checkout::count_decline(shop, card, &here, &code).await;
            Ok(Next::Page)
        }
        Ok(Outcome::Authorised) => {
            checkout::ended_well(shop, keys).await;
            Ok(Next::Page)
        }
        Ok(Outcome::Approve(_) | Outcome::NotKnownYet) => Ok(Next::Page),
        Err(PayError::AlreadyPaid) => Ok(Next::Say(Said::AlreadyPaid)),
        Err(PayError::Over) => Ok(Next::Say(Said::Over)),
        Err(PayError::NotAtDoor) => Ok(Next::Say(Said::ChooseAWay)),
        Err(PayError::StillOpen(_)) => Ok(Next::Say(Said::StillOpen)),
        Err(PayError::Db(e)) => Err(e.into()),
    }
}
