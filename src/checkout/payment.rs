//! Step 2: how it is paid. A card becomes a word of the gateway's here; nothing is reserved yet.

use super::draft::{Payment, Said, take_over};
use super::fields::{self, Problem};
use super::hold::{count_hold, hold_chosen};
use super::store;
use super::till::{Step, Till};
use super::views::{Frame, HoldLine, Note, answer};
use super::ways::{Offer, redirect_name};
use crate::basket;
use crate::cashier::{self, CardFields};
use crate::error::AppError;
use crate::ids::BasketId;
use crate::journeys::Kind;
use crate::money::Money;
use crate::orders::CouponProblem;
use crate::storefront::{Asker, Notice, Shop, Visit};
use crate::throttle::Limited;
use crate::web::{Sources, content_policy, redirect};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, SET_COOKIE};
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono_tz::Tz;
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;

#[derive(Template)]
#[template(path = "checkout/payment.html")]
struct PaymentPage {
    frame: Frame,
    hold: String,
    ways: Vec<Way>,
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

async fn page(
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
        Some(Ok((coupon, off))) => Some((format!("{}, {}", coupon.code, coupon.label), (-*off).to_string())),
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

/// Where a form may lead that ends where the shopper approves: browsers count redirects as the form's.
pub(crate) fn approvals(fields: &CardFields) -> String {
    match fields {
        CardFields::Sandbox { frame_url, .. } => format!("https: {}", origin(frame_url)),
        CardFields::Stripe { .. } => "https:".to_owned(),
        CardFields::None => String::new(),
    }
}

/// Lets the gateway's frame onto this page, and onto no other. Its forms may lead to `forms` besides.
pub(crate) fn open_for_gateway(shop: &Shop, fields: &CardFields, forms: String, response: &mut HttpResponse) {
    let config = &shop.app.config;
    let sources = match fields {
        CardFields::Sandbox { frame_url, .. } => {
            Sources { frames: origin(frame_url), forms, ..Sources::default() }
        }
        CardFields::Stripe { .. } => Sources {
            scripts: "https://js.stripe.com",
            frames: "https://js.stripe.com https://hooks.stripe.com".to_owned(),
            connections: "https://api.stripe.com",
            forms,
        },
        CardFields::None => return,
    };
    let policy = content_policy(&config.server.picture_hosts, &sources);
    let payment = match fields {
        CardFields::Stripe { .. } => {
            "geolocation=(), camera=(), microphone=(), payment=(self \"https://js.stripe.com\")"
        }
        CardFields::Sandbox { .. } | CardFields::None => {
            "geolocation=(), camera=(), microphone=(), payment=(self)"
        }
    };
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(payment));
}

/// `https://pay.example.com` of a whole address, `'self'` of a path.
fn origin(address: &str) -> String {
    if address.contains("://") {
        return address.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    }
    "'self'".to_owned()
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

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct PaymentForm {
    way: Option<String>,
    method: Option<String>,
    brand: Option<String>,
    last4: Option<String>,
    expires: Option<String>,
    wallet: Option<String>,
    keep: Option<String>,
    coupon: Option<String>,
    gift_note: Option<String>,
    #[serde(rename = "do")]
    act: Option<String>,
}

impl PaymentForm {
    /// Whether it has a code or a card: only then it matters whether that is a new one.
    fn tries_something(&self) -> bool {
        [&self.coupon, &self.method].into_iter().flatten().any(|typed| !typed.trim().is_empty())
    }

    /// A card that was given before stays, unless another one is given.
    fn write_into(&self, payment: &mut Payment) {
        let before = payment.clone();
        take_over(&mut payment.way, self.way.as_ref());
        if payment.way == "kept" {
            *payment = before;
            return;
        }
        let gives_card = self.method.as_ref().is_some_and(|m| !m.trim().is_empty());
        if payment.way == "card" && gives_card {
            take_over(&mut payment.method, self.method.as_ref());
            take_over(&mut payment.brand, self.brand.as_ref());
            take_over(&mut payment.last4, self.last4.as_ref());
            take_over(&mut payment.expires, self.expires.as_ref());
            payment.wallet.clear();
            take_over(&mut payment.wallet, self.wallet.as_ref());
            payment.keep = self.keep.is_some();
        } else if payment.way == "card" && self.act.is_none() {
            // Another card was chosen and none came: scripts are off, or the frame did not answer.
            *payment = Payment { way: "card".to_owned(), ..Payment::default() };
        }
    }
}

pub(super) async fn take(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    form: Form<PaymentForm>,
) -> Result<HttpResponse, AppError> {
    let Some(id) = visit.basket else {
        return Ok(redirect("/basket", [shop.notice_cookie(&Notice::NothingToOrder)]));
    };
    let form = form.into_inner();
    let act = form.act.clone();
    if form.tries_something() {
        let before = Till::read(&shop, &visit, Step::Payment).await?;
        if let Some(wait) = may_try(&shop, &asker, id, &form, &before).await? {
            return Ok(with_device(&shop, &asker, page(&shop, &request, &visit, &before, vec![wait]).await?));
        }
    }
    if act.as_deref() == Some("keep") {
        count_hold(&shop, &asker, id).await?;
    }
    let (now, zone) = (shop.app.clock.now(), shop.app.config.shop.zone);
    let work = move |conn: &mut PgConnection| {
        basket::hold(conn, id, now)?;
        let mut draft = store::draft(conn, id, now)?;
        let typed = &mut draft.content.typed;
        form.write_into(&mut typed.payment);
        take_over(&mut typed.coupon, form.coupon.as_ref());
        take_over(&mut typed.gift_note, form.gift_note.as_ref());
        if form.act.as_deref() == Some("uncoupon") {
            typed.coupon.clear();
        }
        if form.act.as_deref() == Some("keep") && hold_chosen(conn, id, &mut draft, zone, now)? {
            draft.content.said = Some(Said::HeldLonger);
        }
        store::keep(conn, id, &draft, now)?;
        Ok::<_, AppError>(())
    };
    let read = Till::reader(&shop, &visit, Step::Payment).await?;
    let till = shop.app.db(move |conn| conn.transaction(work).and_then(|()| read(conn))).await?;
    if matches!(act.as_deref(), Some("keep" | "uncoupon")) {
        return Ok(redirect("/checkout/payment", []));
    }
    if let Some(elsewhere) = till.nothing_to_order(&shop, Step::Payment) {
        return Ok(elsewhere);
    }
    let mut problems = payment_problems(&till, act.as_deref() == Some("coupon"));
    if problems.is_empty() && act.is_none() {
        problems.extend(keep_card(&shop, id, &till).await?);
    }
    if !problems.is_empty() {
        return Ok(with_device(&shop, &asker, page(&shop, &request, &visit, &till, problems).await?));
    }
    if act.as_deref() == Some("coupon") {
        return Ok(with_device(&shop, &asker, redirect("/checkout/payment", [])));
    }
    shop.step(&visit, Kind::PaymentDone, json!({"way": till.typed().payment.way}));
    Ok(with_device(&shop, &asker, redirect("/checkout/review", [])))
}

/// Trying out codes or cards is held off; what was typed before stays as it is.
async fn may_try(
    shop: &Shop,
    asker: &Asker,
    id: BasketId,
    form: &PaymentForm,
    before: &Till,
) -> Result<Option<Problem>, AppError> {
    let typed = before.typed();
    let new = |old: &str, new: &Option<String>| {
        new.as_ref().is_some_and(|n| !n.trim().is_empty() && n.trim() != old)
    };
    let tries = [
        (Limited::Coupon, "coupon", new(&typed.coupon, &form.coupon)),
        (Limited::AddCard, "way", new(&typed.payment.method, &form.method)),
    ];
    for (what, field, _) in tries.into_iter().filter(|(.., tried)| *tried) {
        let keys = asker.keys(&shop.app, "basket", &id.to_string());
        if let Err(wait) = shop.spend(what, keys).await? {
            return Ok(Some(Problem::new(field, wait.words(before.zone, before.now))));
        }
    }
    Ok(None)
}

/// A browser that is counted is known the next time.
pub(super) fn with_device(shop: &Shop, asker: &Asker, mut response: HttpResponse) -> HttpResponse {
    if let Some(cookie) = asker.cookie(shop) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Keeps the card that was just given, for a customer who wants that. It pays as a kept one then.
async fn keep_card(shop: &Shop, id: BasketId, till: &Till) -> Result<Option<Problem>, AppError> {
    let payment = &till.typed().payment;
    let (Some(customer), true) = (till.customer, payment.keep && payment.way == "card") else {
        return Ok(None);
    };
    if payment.label().is_none() || !payment.wallet.is_empty() {
        return Ok(None);
    }
    let known = till.offers.saved.first().map(|c| c.gateway_customer.clone());
    let kept = match cashier::keep_card(&shop.app, customer, known, payment.method.clone()).await {
        Ok((_, card)) => card,
        Err(AppError::BadRequest(words)) => return Ok(Some(Problem::new("way", words))),
        Err(e) => return Err(e),
    };
    let now = till.now;
    let work = move |conn: &mut PgConnection| {
        basket::hold(conn, id, now)?;
        let mut draft = store::draft(conn, id, now)?;
        draft.content.typed.payment = Payment { way: format!("saved:{}", kept.id), ..Payment::default() };
        store::keep(conn, id, &draft, now)
    };
    shop.app.db(move |conn| conn.transaction(work)).await?;
    Ok(None)
}

/// What is wrong on this step; of one who only tries a voucher, with that alone.
pub(super) fn payment_problems(till: &Till, voucher_alone: bool) -> Vec<Problem> {
    let way = if voucher_alone { None } else { till.offers.paying(&till.typed().payment).err() };
    way.into_iter().chain(coupon_problem(till)).chain(fields::gift_note(till.typed())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_lead_to_where_the_gateway_lets_one_approve() {
        let sandbox = |at: &str| CardFields::Sandbox {
            frame_url: at.to_owned(),
            wallets_url: String::new(),
            key: String::new(),
        };
        let elsewhere = sandbox("http://127.0.0.1:9000/sandbox/card");
        assert_eq!(approvals(&elsewhere), "https: http://127.0.0.1:9000");
        assert_eq!(approvals(&sandbox("/sandbox/card")), "https: 'self'");
        assert_eq!(approvals(&CardFields::None), "");
    }
}
