//! Paying for an order that waits for its money: the same way again, or another one. Nothing of
//! the order is lost or asked again.

use super::access::{Caller, Sight, address, private, voice};
use super::approval::leads_on;
use super::code::{Act, prove};
use super::dossier::Dossier;
use super::said::Said;
use super::words::Voice;
use crate::cashier::{self, CardFields, Outcome, SavedCard};
use crate::checkout::{self, Offers, Payment};
use crate::config::PayKind;
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::lifecycle::{PayError, Paying, Status, Story};
use crate::orders::{Contact, Order};
use crate::payments::{PayBy, failure_words};
use crate::storefront::{Shop, Visit};
use crate::throttle::{self, Key, Limited, Wait};
use crate::web::redirect;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use diesel::prelude::*;
use serde::Deserialize;

/// The kinds of [`Sum`].
const RESERVED: &str = "reserved";
const AT_ONCE: &str = "at-once";
const AT_DOOR: &str = "at-door";

/// The choice of a way to pay, on the order's own page.
pub(super) struct PayAgain {
    pub(super) title: &'static str,
    pub(super) ways: Vec<Way>,
    pub(super) card: CardFrame,
    /// What the button says and what happens then, for each kind of way that is offered.
    pub(super) sums: Vec<Sum>,
    /// Folded away while another payment may still go through.
    pub(super) folded: bool,
    /// The most it can come to, for a wallet.
    pub(super) cents: i64,
    /// Whose card it is likely to be; for the owner's eyes.
    pub(super) billing: Option<Contact>,
    /// Whether a code comes first: by a bare link nobody pays with the card of another, or promises for
    /// them to pay at the door.
    pub(super) asks_code: bool,
    /// What is wrong with the choice that was sent.
    pub(super) wrong_way: Option<String>,
    /// Why no card has paid, said where one is typed.
    pub(super) wrong_card: Option<WrongCard>,
}

pub(super) struct WrongCard {
    pub(super) words: String,
    /// What was just sent is answered by it.
    pub(super) is_answer: bool,
}

impl PayAgain {
    /// Whether paying is what this page is for now.
    pub(super) fn is_open(&self) -> bool {
        !self.folded && !self.asks_code && !self.ways.is_empty()
    }
}

pub(super) struct Way {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) hint: String,
    /// Below the row: `card` for its fields, `wallets`, or nothing.
    pub(super) inside: &'static str,
    pub(super) checked: bool,
    /// Which of the sums is this one's.
    pub(super) sum: &'static str,
}

/// What is paid when, as the last step of the checkout says it.
pub(super) struct Sum {
    pub(super) kind: &'static str,
    pub(super) button: String,
    pub(super) fine: String,
}

/// Whose frame takes a card's figures.
pub(super) enum CardFrame {
    Sandbox { frame: String, wallets: String },
    Stripe { key: String },
    None,
}

/// The cards that whoever is signed in has let us keep; shown on orders of their own alone.
pub(super) fn cards_of(
    conn: &mut PgConnection,
    caller: &Caller,
    sight: Sight,
) -> QueryResult<Vec<SavedCard>> {
    match (sight, caller.customer()) {
        (Sight::Owner, Some(customer)) => cashier::saved_cards(conn, customer),
        (Sight::Owner | Sight::Proven | Sight::Link, _) => Ok(Vec::new()),
    }
}

/// What can be chosen now, where there is something to pay.
pub(super) fn offered(
    shop: &Shop,
    dossier: &Dossier,
    sight: Sight,
    saved: Vec<SavedCard>,
    said: Option<Said>,
) -> Option<PayAgain> {
    let folded = match dossier.story.status {
        Status::NotPaid { .. } => false,
        Status::ToApprove { .. } => true,
        Status::Checking | Status::Confirmed | Status::Completed | Status::Cancelled(_) => return None,
    };
    let most = dossier.order.maximum_cents;
    let card = match cashier::card_fields(&shop.app) {
        CardFields::Sandbox { frame_url, wallets_url, key } => CardFrame::Sandbox {
            frame: format!("{frame_url}?key={key}"),
            wallets: format!("{wallets_url}?key={key}"),
        },
        CardFields::Stripe { key, .. } => CardFrame::Stripe { key },
        CardFields::None => CardFrame::None,
    };
    let mut ways = if sight.may_act() { ways(shop, dossier, saved) } else { Vec::new() };
    if said == Some(Said::NoCard) {
        ways.iter_mut().for_each(|way| way.checked = way.inside == "card");
    }
    Some(PayAgain {
        asks_code: !sight.may_act(),
        title: if folded { "Pay another way" } else { "How would you like to pay?" },
        sums: sums(&ways, &dossier.order),
        ways,
        card,
        folded,
        cents: most.cents(),
        wrong_way: said.filter(|said| *said == Said::ChooseAWay).map(|said| said.line().words),
        wrong_card: wrong_card(dossier, said),
        billing: (sight == Sight::Owner).then(|| dossier.contact.clone()),
    })
}

fn wrong_card(dossier: &Dossier, said: Option<Said>) -> Option<WrongCard> {
    let refused = said.filter(|said| *said == Said::NoCard).map(|said| said.line().words);
    let is_answer = refused.is_some();
    refused.or_else(|| declined_card(dossier)).map(|words| WrongCard { words, is_answer })
}

/// What the bank said of the card that was tried last, where it was about the card.
fn declined_card(dossier: &Dossier) -> Option<String> {
    let Status::NotPaid { reason: Some(code) } = &dossier.story.status else { return None };
    let last = dossier.attempts.iter().rfind(|a| !a.standby)?;
    let by_card = last.method == PayBy::Card && !is_worth_another_try(&dossier.story);
    by_card.then(|| format!("{}: {}", last.label, failure_words(code).0))
}

/// A card is reserved up to the most it can come to, another service takes that at once, and the
/// rider is paid what it comes to.
fn sums(ways: &[Way], order: &Order) -> Vec<Sum> {
    let (total, most) = (order.total_cents, order.maximum_cents);
    let weighed = most > total;
    let of = |kind: &'static str| {
        let (button, fine) = match kind {
            AT_ONCE if weighed => (
                format!("Pay {most}"),
                format!(
                    "It opens for you to approve. {most} is the most it can come to; what the scales say less goes back after packing."
                ),
            ),
            AT_ONCE => {
                (format!("Pay {total}"), "It opens for you to approve, then you come back here.".to_owned())
            }
            AT_DOOR if weighed => (
                format!("Pay {total} at the door"),
                format!("At most {most} once it is weighed. Nothing is charged now."),
            ),
            AT_DOOR => (format!("Pay {total} at the door"), "Nothing is charged now.".to_owned()),
            _ if weighed => (
                format!("Pay {total}"),
                format!(
                    "Reserved up to {most}, charged after packing: you pay what the scales say, never more."
                ),
            ),
            _ => (format!("Pay {total}"), format!("{total} is reserved now, charged after packing.")),
        };
        Sum { kind, button, fine }
    };
    let offered = |kind: &&'static str| ways.iter().any(|w| w.inside != "wallets" && w.sum == *kind);
    [RESERVED, AT_ONCE, AT_DOOR].into_iter().filter(offered).map(of).collect()
}

fn offers_here(shop: &Shop, dossier: &Dossier, saved: Vec<SavedCard>) -> Offers {
    let with_gateway = cashier::card_fields(&shop.app) != CardFields::None;
    let (ways, most) = (&shop.app.config.payments.ways, dossier.order.maximum_cents);
    checkout::offers(ways, with_gateway, dossier.zone.as_deref(), most, saved)
}

fn ways(shop: &Shop, dossier: &Dossier, saved: Vec<SavedCard>) -> Vec<Way> {
    let before = same_again(shop, dossier);
    let offers = offers_here(shop, dossier, saved);
    let mut ways: Vec<Way> = Vec::new();
    if let Some(paying) = &before {
        let sum = if paying.by == PayBy::Redirect { AT_ONCE } else { RESERVED };
        ways.push(Way::new("same", format!("{} again", paying.label), sum));
    }
    let tried = before.as_ref().and_then(|b| b.gateway_method.as_ref());
    ways.extend(offers.saved.iter().filter(|c| tried != Some(&c.gateway_method)).map(Way::saved));
    let another = !offers.saved.is_empty() || before.as_ref().is_some_and(|b| b.by == PayBy::Card);
    for offer in offers.ways.into_iter().filter(|o| o.above.is_none()) {
        let way = Way::of(&offer.kind, another);
        if before.as_ref().is_none_or(|b| b.label != way.name) {
            ways.push(way);
        }
    }
    // What was just refused is not the first choice, unless the refusal was none of the card's.
    let first = before.is_some() && !is_worth_another_try(&dossier.story);
    let skipped = usize::from(first && ways.iter().filter(|w| w.inside != "wallets").count() > 1);
    if let Some(way) = ways.iter_mut().filter(|w| w.inside != "wallets").nth(skipped) {
        way.checked = true;
    }
    ways
}

impl Way {
    fn new(value: impl Into<String>, name: impl Into<String>, sum: &'static str) -> Self {
        Self { value: value.into(), name: name.into(), hint: String::new(), inside: "", checked: false, sum }
    }

    fn saved(card: &SavedCard) -> Self {
        Self {
            hint: format!("Expires {}", card.expires),
            ..Self::new(format!("saved:{}", card.id), card.label.clone(), RESERVED)
        }
    }

    fn of(kind: &PayKind, another_card: bool) -> Self {
        match kind {
            PayKind::Card => {
                let name = if another_card { "Another card" } else { "Card" };
                Self { inside: "card", ..Self::new("card", name, RESERVED) }
            }
            PayKind::Wallets => Self { inside: "wallets", ..Self::new("", "", RESERVED) },
            PayKind::Redirect(kind) => Self {
                hint: "You approve there and come back. Charged at once.".to_owned(),
                ..Self::new(format!("redirect:{kind}"), checkout::redirect_name(kind), AT_ONCE)
            },
            PayKind::CashAtDoor => Self {
                hint: "Your order is confirmed at once. Your rider has change.".to_owned(),
                ..Self::new("cash_at_door", "Cash at the door", AT_DOOR)
            },
            PayKind::CardAtDoor => Self {
                hint: "Your order is confirmed at once. Your rider brings the reader.".to_owned(),
                ..Self::new("card_at_door", "Card at the door", AT_DOOR)
            },
        }
    }
}

/// Whether the same way may well work the second time.
fn is_worth_another_try(story: &Story) -> bool {
    let failure = story.payment().and_then(|t| t.failure.as_deref());
    matches!(
        failure,
        Some(
            "processing_error"
                | "issuer_not_available"
                | "try_again_later"
                | "reenter_transaction"
                | "gateway_down"
                | "shop_stopped"
                | "authentication_required"
                | "payment_intent_authentication_failure"
                | "authentication_failed"
                | "approval_refused"
        )
    )
}

/// What paid before, where the gateway may take it again.
fn same_again(shop: &Shop, dossier: &Dossier) -> Option<Paying> {
    let last = dossier.attempts.iter().rfind(|a| !a.standby)?;
    let spoilt = matches!(
        last.failure.as_deref(),
        Some(
            "expired_card"
                | "incorrect_number"
                | "invalid_number"
                | "incorrect_cvc"
                | "lost_card"
                | "stolen_card"
                | "pickup_card"
        )
    );
    let there = cashier::card_fields(&shop.app) != CardFields::None && last.gateway_method.is_some();
    (there && !last.method.is_at_door() && !spoilt).then(|| Paying {
        by: last.method,
        gateway_method: last.gateway_method.clone(),
        gateway_customer: last.gateway_customer.clone(),
        label: last.label.clone(),
    })
}

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
        return same_again(shop, dossier).ok_or(Said::ChooseAWay);
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
    let before = same_again(shop, dossier).filter(|b| b.by == PayBy::Card);
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
    let held_off = |wait: Wait| AppError::Later {
        words: format!("{} Nothing was charged.", wait.words(voice.zone, voice.now)),
        seconds: wait.seconds(voice.now),
    };
    let saved = cards_of(conn, caller, sight)?;
    let card = card_of(shop, &dossier, chosen, &saved);
    throttle::look(conn, Limited::Pay, &card, voice.now)?.map_err(held_off)?;
    let keys = caller.keys(number.as_ref());
    throttle::spend(conn, Limited::Pay, &keys, voice.now)?.map_err(held_off)?;
    if chosen.way == "card" {
        throttle::spend(conn, Limited::AddCard, &keys, voice.now)?.map_err(held_off)?;
    }
    Ok(Some(Paid { dossier, saved, card }))
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
    let next = match paid.dossier.story.status {
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
    let Paid { dossier, saved, card } = paid;
    let paying = match paying(shop, &dossier, chosen, saved) {
        Ok(paying) => paying,
        Err(said) => return Ok(Next::Say(said)),
    };
    match cashier::retry(&shop.app, dossier.order.id, paying).await {
        Ok(Outcome::Approve(url)) if leads_on(&url) => Ok(Next::Approve(url)),
        Ok(Outcome::Failed(code)) => {
            checkout::count_decline(shop, card, &code).await;
            Ok(Next::Page)
        }
        Ok(Outcome::Approve(_) | Outcome::Authorised | Outcome::NotKnownYet) => Ok(Next::Page),
        Err(PayError::AlreadyPaid) => Ok(Next::Say(Said::AlreadyPaid)),
        Err(PayError::Over) => Ok(Next::Say(Said::Over)),
        Err(PayError::StillOpen(_)) => Ok(Next::Say(Said::StillOpen)),
        Err(PayError::Db(e)) => Err(e.into()),
    }
}
