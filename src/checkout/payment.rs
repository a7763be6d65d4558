//! Step 2: how it is paid. A card becomes a word of the gateway's here; nothing is reserved yet.

use super::fields::{self, Problem};
use super::frames::open_for_gateway;
use super::till::{Step, Till};
use super::views::{Frame, HoldLine, Note, answer};
use super::ways::{Offer, redirect_name};
use crate::cashier::CardFields;
use crate::error::AppError;
use crate::money::Money;
use crate::orders::CouponProblem;
use crate::storefront::{Shop, Visit};
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono_tz::Tz;

#[derive(Template)]
#[template(path = "checkout/payment.html")]
struct PaymentPage {
    frame: Frame,
    hold: String,
    ways: Vec<Way>,
    /// How one pays where the card's fields cannot be shown: `with PayPal or in cash at the door`.
    without_scripts: String,
    card: Card,
    /// Where it is billed to, unless they say otherwise at the card.
    billing: Billing,
    signed_in: bool,
    keep: bool,
    coupon: String,
    /// What the coupon takes off, and what it is called.
    applied: Option<(String, String)>,
    gift_note: String,
    /// The most it can come to, for a wallet.
    cents: i64,
}

/// One row of the choice.
struct Way {
    value: String,
    name: String,
    end: String,
    checked: bool,
    disabled: bool,
    /// Below the row: `card` for its fields, `wallets`, or nothing.
    inside: &'static str,
    fine: String,
}

/// Whose frame takes a card's figures.
enum Card {
    Sandbox { frame: String, wallets: String },
    Stripe { key: String },
    None,
}

struct Billing {
    name: String,
    email: String,
    line: String,
    eircode: String,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let till = Till::read(&shop, &visit, Step::Payment).await?;
    if let Some(elsewhere) = till.nothing_to_order(&shop, Step::Payment) {
        return Ok(elsewhere);
    }
    if !till.delivery_problems().is_empty() {
        return Ok(redirect("/checkout/delivery?missing=1", []));
    }
    let problems = coupon_problem(&till).into_iter().collect();
    page(&shop, &request, &visit, &till, problems).await
}

pub(super) async fn page(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    till: &Till,
    problems: Vec<Problem>,
) -> Result<HttpResponse, AppError> {
    let status = if problems.is_empty() || request.method().is_safe() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = payment_page(till, problems);
    super::delivery::say_once(shop, visit, till).await?;
    let mut response = answer(shop, request, visit, status, &page, till)?;
    open_for_gateway(shop, &till.fields, String::new(), &mut response);
    Ok(response)
}

fn payment_page(till: &Till, problems: Vec<Problem>) -> PaymentPage {
    let typed = till.typed();
    let mut frame = Frame::new(till, Step::Payment, problems);
    let card = match &till.fields {
        CardFields::Sandbox { frame_url, wallets_url, key } => Card::Sandbox {
            frame: format!("{frame_url}?key={key}"),
            wallets: format!("{wallets_url}?key={key}"),
        },
        CardFields::Stripe { key, js_url } => {
            frame.script = Some((*js_url).to_owned());
            Card::Stripe { key: key.clone() }
        }
        CardFields::None => Card::None,
    };
    let ways = ways(till);
    let applied = match &till.reckoned.coupon {
        Some(Ok((coupon, off))) => {
            Some((format!("Voucher {}, {}", coupon.code, coupon.label), (-*off).to_string()))
        }
        Some(Err(_)) | None => None,
    };
    if ways.is_empty() {
        frame.notes.push(Note::new(
            "bad",
            "There is no way to pay for this order here",
            "It may be above what can be paid at the door. Take something out of your basket, or ask us.",
        ));
    }
    PaymentPage {
        hold: HoldLine::html(till, true),
        ways,
        without_scripts: till.offers.without_scripts(),
        card,
        billing: Billing {
            name: typed.name.clone(),
            email: typed.email.clone(),
            line: typed.line.clone(),
            eircode: typed.eircode.clone(),
        },
        signed_in: till.customer.is_some(),
        keep: typed.payment.keep,
        coupon: typed.coupon.clone(),
        applied,
        gift_note: typed.gift_note.clone(),
        cents: till.reckoned.maximum.cents(),
        frame,
    }
}

fn ways(till: &Till) -> Vec<Way> {
    let chosen = &till.typed().payment;
    let mut ways: Vec<Way> = till
        .offers
        .saved
        .iter()
        .map(|card| {
            let value = format!("saved:{}", card.id);
            let end = format!("expires {}", card.expires);
            Way { checked: chosen.way == value, ..Way::row(value, card.label.clone(), end) }
        })
        .collect();
    let kept = matches!(chosen.way.as_str(), "card" | "kept").then(|| chosen.label()).flatten();
    if let Some(label) = &kept {
        ways.push(Way { checked: true, ..Way::row("kept", label.clone(), chosen.expires.clone()) });
    }
    for offer in &till.offers.ways {
        ways.extend(Way::of(offer, &chosen.way, kept.is_some()));
    }
    if !ways.iter().any(|w| w.checked)
        && let Some(first) = ways.iter_mut().find(|w| !w.disabled && w.inside != "wallets")
    {
        first.checked = true;
    }
    ways
}

impl Way {
    fn row(value: impl Into<String>, name: impl Into<String>, end: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            name: name.into(),
            end: end.into(),
            checked: false,
            disabled: false,
            inside: "",
            fine: String::new(),
        }
    }

    fn of(offer: &Offer, chosen: &str, card_is_there: bool) -> Option<Self> {
        use crate::config::PayKind;
        let mut way = match &offer.kind {
            PayKind::Card => {
                let name = if card_is_there { "Another card" } else { "Card" };
                Self { inside: "card", ..Self::row("card", name, "Visa, Mastercard, Amex") }
            }
            PayKind::Wallets => Self { inside: "wallets", ..Self::row("", "", "") },
            PayKind::Redirect(kind) => {
                let name = redirect_name(kind);
                let fine = format!("After the last step {name} opens, you approve, and come back");
                Self { fine, ..Self::row(format!("redirect:{kind}"), name, "charged at once") }
            }
            PayKind::CashAtDoor => Self::row("cash_at_door", "Cash at the door", ""),
            PayKind::CardAtDoor => Self::row("card_at_door", "Card at the door", ""),
        };
        if let Some(most) = offer.above {
            if way.inside == "wallets" {
                return None;
            }
            way.disabled = true;
            way.fine = format!("For orders up to {most}");
        }
        let is_chosen = !way.value.is_empty() && way.value == chosen;
        let is_in_the_kept_row = chosen == "card" && card_is_there;
        way.checked = !way.disabled && is_chosen && !is_in_the_kept_row;
        Some(way)
    }
}

/// Why a coupon takes nothing off, in words for its field.
pub(super) fn coupon_problem(till: &Till) -> Option<Problem> {
    let Some(Err(problem)) = &till.reckoned.coupon else { return None };
    Some(Problem::new(
        "coupon",
        coupon_words(&till.typed().coupon, problem, till.reckoned.totals.goods, till.zone),
    ))
}

pub(super) fn coupon_words(code: &str, problem: &CouponProblem, goods: Money, zone: Tz) -> String {
    let code: String = code.chars().take(30).collect::<String>().to_uppercase();
    match problem {
        CouponProblem::Unknown => {
            format!("We do not know the voucher {code}. Check each letter and figure, for example WELCOME10.")
        }
        CouponProblem::NotYet(from) => {
            format!("The voucher {code} begins on {}.", crate::clock::day_label(zone, *from))
        }
        CouponProblem::Over => format!("The voucher {code} has run out. Take it off to go on."),
        CouponProblem::UsedUp => format!("The voucher {code} has been used up. Take it off to go on."),
        CouponProblem::TooLittle(minimum) => {
            format!("The voucher {code} needs goods for {minimum}. {} more and it counts.", *minimum - goods)
        }
    }
}

/// What is wrong on this step; of one who only tries a voucher, with that alone.
pub(super) fn payment_problems(till: &Till, voucher_alone: bool) -> Vec<Problem> {
    let way = if voucher_alone { None } else { till.offers.paying(&till.typed().payment).err() };
    way.into_iter().chain(coupon_problem(till)).chain(fields::gift_note(till.typed())).collect()
}
