//! Paying for an order that waits for its money: the same way again, or another one. Nothing of
//! the order is lost or asked again.

use super::access::{Caller, address, later, private, voice};
use super::dossier::Dossier;
use super::said::Said;
use crate::cashier::{self, CardFields, Outcome};
use crate::config::{PayKind, WayToPay};
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::lifecycle::{PayError, Paying, Status, Story};
use crate::money::Money;
use crate::payments::PayBy;
use crate::storefront::{Shop, Visit};
use crate::throttle::{self, Limited};
use crate::web::redirect;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

/// The choice of a way to pay, on the order's own page.
pub(super) struct PayAgain {
    pub(super) title: &'static str,
    pub(super) ways: Vec<Way>,
    pub(super) button: String,
    pub(super) hint: String,
    /// Folded away while another payment may still go through.
    pub(super) folded: bool,
}

pub(super) struct Way {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) hint: &'static str,
    pub(super) checked: bool,
}

/// What can be chosen now, where there is something to pay.
pub(super) fn offered(shop: &Shop, dossier: &Dossier) -> Option<PayAgain> {
    let folded = match dossier.story.status {
        Status::NotPaid { .. } => false,
        Status::ToApprove { .. } => true,
        Status::Checking | Status::Confirmed | Status::Completed | Status::Cancelled(_) => return None,
    };
    let ways = ways(shop, dossier);
    let most = dossier.order.maximum_cents;
    let hint = if dossier.has_weighed() {
        format!("A card is reserved up to {most} and charged after packing, for what it really weighs.")
    } else {
        "A card is reserved now and charged after packing.".to_owned()
    };
    Some(PayAgain {
        title: if folded { "Pay another way" } else { "How would you like to pay?" },
        ways,
        button: format!("Pay {}", dossier.order.total_cents),
        hint,
        folded,
    })
}

fn ways(shop: &Shop, dossier: &Dossier) -> Vec<Way> {
    let with_gateway = cashier::card_fields(&shop.app) != CardFields::None;
    let before = same_again(dossier).filter(|_| with_gateway);
    let mut ways: Vec<Way> = Vec::new();
    if let Some(paying) = &before {
        let value = "same".to_owned();
        ways.push(Way { value, name: format!("{} again", paying.label), hint: "", checked: false });
    }
    let others = shop.app.config.payments.ways.iter().filter(|w| fits(w, dossier));
    for way in others.filter(|w| with_gateway || at_door(&w.kind)) {
        let Some((value, name, hint)) = named(&way.kind) else { continue };
        if before.as_ref().is_none_or(|b| b.label != name) {
            ways.push(Way { value, name, hint, checked: false });
        }
    }
    // What was just refused is not the first choice, unless the refusal was none of the card's.
    let first = usize::from(before.is_some() && ways.len() > 1 && !is_worth_another_try(&dossier.story));
    if let Some(way) = ways.get_mut(first) {
        way.checked = true;
    }
    ways
}

fn fits(way: &WayToPay, dossier: &Dossier) -> bool {
    let here = way.zones.is_empty() || dossier.zone.as_ref().is_some_and(|z| way.zones.contains(z));
    here && way.up_to_cents.is_none_or(|most| dossier.order.maximum_cents <= Money(most))
}

const fn at_door(kind: &PayKind) -> bool {
    matches!(kind, PayKind::CashAtDoor | PayKind::CardAtDoor)
}

fn named(kind: &PayKind) -> Option<(String, String, &'static str)> {
    Some(match kind {
        // The card's own fields come with the checkout's.
        PayKind::Card | PayKind::Wallets => return None,
        PayKind::Redirect(kind) => {
            (format!("redirect:{kind}"), redirect_name(kind), "You approve there and come back. Charged at once.")
        }
        PayKind::CashAtDoor => (
            "cash_at_door".to_owned(),
            "Cash at the door".to_owned(),
            "Your order is confirmed at once. Your rider has change.",
        ),
        PayKind::CardAtDoor => (
            "card_at_door".to_owned(),
            "Card at the door".to_owned(),
            "Your order is confirmed at once. Your rider brings the card reader.",
        ),
    })
}

/// `PayPal`, as its owner writes it.
fn redirect_name(kind: &str) -> String {
    match kind {
        "paypal" => "PayPal".to_owned(),
        "ideal" => "iDEAL".to_owned(),
        "upi" => "UPI".to_owned(),
        other => {
            let mut letters = other.chars();
            letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
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
fn same_again(dossier: &Dossier) -> Option<Paying> {
    let last = dossier.attempts.iter().rfind(|a| !a.standby)?;
    let spoilt = matches!(
        last.failure.as_deref(),
        Some("expired_card" | "incorrect_number" | "invalid_number" | "lost_card" | "stolen_card" | "pickup_card")
    );
    (!last.method.is_at_door() && last.gateway_method.is_some() && !spoilt).then(|| Paying {
        by: last.method,
        gateway_method: last.gateway_method.clone(),
        gateway_customer: last.gateway_customer.clone(),
        label: last.label.clone(),
    })
}

#[derive(Deserialize)]
pub(super) struct PayForm {
    #[serde(default)]
    way: String,
    /// What the card's frame said of a card: the gateway's name for it, and how people know it.
    #[serde(default)]
    method: String,
    #[serde(default)]
    brand: String,
    #[serde(default)]
    last4: String,
}

impl PayForm {
    /// What pays, of what is offered now.
    fn paying(&self, shop: &Shop, dossier: &Dossier) -> Result<Paying, Said> {
        if self.way == "same" {
            return same_again(dossier).ok_or(Said::ChooseAWay);
        }
        let kinds = shop.app.config.payments.ways.iter().filter(|w| fits(w, dossier)).map(|w| &w.kind);
        let chosen = kinds.filter(|kind| is_called(kind, &self.way)).next().ok_or(Said::ChooseAWay)?;
        let paying = |by, gateway_method, label: String| Paying { by, gateway_method, gateway_customer: None, label };
        Ok(match chosen {
            PayKind::Card | PayKind::Wallets => paying(PayBy::Card, Some(self.method()?), self.card()),
            PayKind::Redirect(kind) => paying(PayBy::Redirect, Some(kind.clone()), redirect_name(kind)),
            PayKind::CashAtDoor => paying(PayBy::CashAtDoor, None, "Cash at the door".to_owned()),
            PayKind::CardAtDoor => paying(PayBy::CardAtDoor, None, "Card at the door".to_owned()),
        })
    }

    fn method(&self) -> Result<String, Said> {
        let fits = (1..=120).contains(&self.method.len())
            && self.method.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if fits { Ok(self.method.clone()) } else { Err(Said::NoCard) }
    }

    fn card(&self) -> String {
        let brand = match self.brand.as_str() {
            "visa" => "Visa",
            "mastercard" => "Mastercard",
            "amex" => "American Express",
            _ => "Card",
        };
        let figures = self.last4.len() == 4 && self.last4.bytes().all(|b| b.is_ascii_digit());
        if figures { format!("{brand} ending {}", self.last4) } else { brand.to_owned() }
    }
}

fn is_called(kind: &PayKind, way: &str) -> bool {
    match kind {
        PayKind::Card => way == "card",
        PayKind::Wallets => way == "wallet",
        PayKind::Redirect(kind) => way.strip_prefix("redirect:") == Some(kind),
        PayKind::CashAtDoor => way == "cash_at_door",
        PayKind::CardAtDoor => way == "card_at_door",
    }
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
    let asked = number.clone();
    let dossier = shop
        .app
        .db(move |conn| {
            let (order, _) = caller.find(conn, &asked, &voice)?;
            let counted = throttle::spend(conn, Limited::Pay, &caller.keys(asked.as_ref()), voice.now)?;
            counted.map_err(|wait| later(wait, &voice))?;
            Ok::<_, AppError>(Dossier::read(conn, order)?)
        })
        .await?;
    let said = match dossier.story.status {
        Status::Confirmed | Status::Completed => Some(Said::AlreadyPaid),
        Status::Cancelled(_) => Some(Said::Over),
        Status::Checking | Status::ToApprove { .. } | Status::NotPaid { .. } => {
            start(&shop, &dossier, &form).await?
        }
    };
    let cookie = said.map(|said| said.cookie(&shop, &number));
    Ok(private(redirect(&address(&number), cookie)))
}

async fn start(shop: &Shop, dossier: &Dossier, form: &PayForm) -> Result<Option<Said>, AppError> {
    let paying = match form.paying(shop, dossier) {
        Ok(paying) => paying,
        Err(said) => return Ok(Some(said)),
    };
    match cashier::retry(&shop.app, dossier.order.id, paying).await {
        Ok(Outcome::Approve(_)) => Ok(Some(Said::Approve)),
        // The page itself says what came of it.
        Ok(Outcome::Authorised | Outcome::Failed(_) | Outcome::NotKnownYet) => Ok(None),
        Err(PayError::AlreadyPaid) => Ok(Some(Said::AlreadyPaid)),
        Err(PayError::Over) => Ok(Some(Said::Over)),
        Err(PayError::StillOpen(_)) => Ok(Some(Said::StillOpen)),
        Err(PayError::Db(e)) => Err(e.into()),
    }
}
