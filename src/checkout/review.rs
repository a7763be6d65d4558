//! Step 3: everything once more, and the button that orders.

use super::fields::{self, Problem};
use super::frames::approvals;
use super::payment::{coupon_problem, payment_problems};
use super::till::{Step, Till};
use super::views::{Frame, HoldLine, Note, answer};
use super::{
    fields::substitutions,
    swaps::{own_wishes, swap_words},
};
use crate::cashier::CardFields;
use crate::clock;
use crate::delivery::Window;
use crate::error::AppError;
use crate::fulfilment::packed_by;
use crate::lifecycle::Paying;
use crate::money::Money;
use crate::orders::Contact;
use crate::payments::PayBy;
use crate::storefront::{Shop, Visit};
use crate::web::{Sources, content_policy, redirect};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

#[derive(Template)]
#[template(path = "checkout/review.html")]
struct ReviewPage {
    frame: Frame,
    when: String,
    /// About when a rider takes it: until then it can be cancelled.
    leaves: String,
    hold: String,
    contact: Contact,
    meant: Option<String>,
    /// What the rider is told besides.
    told: Vec<String>,
    gate_code: bool,
    pay_with: String,
    swaps: &'static str,
    /// For single things, where that was chosen.
    wishes: Vec<String>,
    gift_note: String,
    coupon: Option<String>,
    age: i32,
    of_age: bool,
    /// What the button says, and the words below it.
    button: String,
    fine: String,
    /// What the bar beside the button says is paid now, and what is to be known of it.
    now: String,
    now_fine: String,
    key: String,
    seen: String,
    total: i64,
    maximum: i64,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let till = Till::read(&shop, &visit, Step::Review).await?;
    if let Some(elsewhere) = not_yet(&shop, &till) {
        return Ok(elsewhere);
    }
    page(&shop, &request, &visit, &till, Refusal::default()).await
}

/// Where somebody is sent who has not been through the steps before.
pub(super) fn not_yet(shop: &Shop, till: &Till) -> Option<HttpResponse> {
    if let Some(elsewhere) = till.nothing_to_order(shop, Step::Review) {
        return Some(elsewhere);
    }
    if !till.delivery_problems().is_empty() {
        return Some(redirect("/checkout/delivery?missing=1", []));
    }
    let problems = payment_problems(till, false);
    // A voucher that does not count any more is said here, where it can be taken off.
    let elsewhere = problems.iter().any(|p| p.field != "coupon");
    elsewhere.then(|| redirect("/checkout/payment", []))
}

/// Why the button did not order, for the page that comes back.
#[derive(Default)]
pub(super) struct Refusal {
    pub(super) status: Option<StatusCode>,
    pub(super) notes: Vec<Note>,
    pub(super) problems: Vec<Problem>,
}

pub(super) async fn page(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    till: &Till,
    refusal: Refusal,
) -> Result<HttpResponse, AppError> {
    let status = refusal.status.unwrap_or(StatusCode::OK);
    let Some(page) = review_page(till, refusal) else {
        return Ok(redirect("/checkout/delivery?missing=1", []));
    };
    super::delivery::say_once(shop, visit, till).await?;
    let mut response = answer(shop, request, visit, status, &page, till)?;
    let_approve(shop, &till.fields, &mut response);
    Ok(response)
}

/// The button may lead to where the shopper approves.
fn let_approve(shop: &Shop, fields: &CardFields, response: &mut HttpResponse) {
    let sources = Sources { forms: approvals(fields), ..Sources::default() };
    let policy = content_policy(&shop.app.config.server.picture_hosts, &sources);
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
}

fn review_page(till: &Till, refusal: Refusal) -> Option<ReviewPage> {
    let typed = till.typed();
    let contact = till.contact().ok()?;
    let paying = till.offers.paying(&typed.payment).ok()?;
    let coupon = coupon_problem(till);
    let mut frame = Frame::new(till, Step::Review, refusal.problems);
    if refusal.notes.is_empty() {
        frame.notes.extend(coupon_note(coupon.as_ref()));
    }
    frame.refuse(refusal.notes);
    let (button, fine) = button_words(&paying, till.reckoned.total, till.reckoned.maximum);
    let (now, now_fine) = bar_words(paying.by, till.reckoned.total, till.reckoned.maximum);
    let told = [&contact.company, &contact.leave_at, &contact.preferred_time, &contact.note];
    Some(ReviewPage {
        when: till.chosen.as_ref()?.label(till.zone),
        leaves: leaves(till.chosen.as_ref()?, till),
        hold: HoldLine::html(till, false),
        meant: fields::meant_email(&contact.email),
        told: told.into_iter().filter(|t| !t.is_empty()).cloned().collect(),
        gate_code: !contact.gate_code.is_empty(),
        pay_with: paying.label,
        swaps: swap_words(substitutions(typed)),
        wishes: own_wishes(till),
        gift_note: contact.gift_note.clone(),
        coupon: (!typed.coupon.is_empty()).then(|| typed.coupon.to_uppercase()),
        age: till.minimum_age(),
        of_age: till.draft.content.of_age,
        button,
        fine,
        now,
        now_fine,
        key: till.draft.submit_key.to_string(),
        seen: typed.fingerprint(),
        total: till.reckoned.total.cents(),
        maximum: till.reckoned.maximum.cents(),
        contact,
        frame,
    })
}

/// `09:30`; that it is of the window's day stands above it.
fn leaves(window: &Window, till: &Till) -> String {
    clock::time_label(till.zone, clock::about(packed_by(window.starts_at, till.now)))
}

fn coupon_note(problem: Option<&Problem>) -> Option<Note> {
    let words = &problem?.words;
    Some(Note::new("warn", "The voucher does not count", words.clone()))
}

/// The sum beside the button: the one on it, and how it comes about where the scales move it.
fn bar_words(by: PayBy, total: Money, maximum: Money) -> (String, String) {
    match by {
        PayBy::Redirect if maximum > total => (
            maximum.to_string(),
            format!("{total} and {} for weighing; what is over goes back", maximum - total),
        ),
        PayBy::Card | PayBy::CashAtDoor | PayBy::CardAtDoor if maximum > total => {
            (total.to_string(), format!("at most {maximum}, by weight"))
        }
        PayBy::Card | PayBy::Redirect | PayBy::CashAtDoor | PayBy::CardAtDoor => {
            (total.to_string(), String::new())
        }
    }
}

/// The button names the sum, and the words below it when it moves.
fn button_words(paying: &Paying, total: Money, maximum: Money) -> (String, String) {
    let label = &paying.label;
    if maximum.is_zero() {
        return ("Place order, nothing to pay".to_owned(), String::new());
    }
    match paying.by {
        PayBy::Card => {
            let fine = if maximum > total {
                format!(
                    "Reserved up to {maximum} on {label}, charged after packing: you pay what the scales say, never more."
                )
            } else {
                format!("Reserved up to {maximum} on {label}, charged after packing.")
            };
            (format!("Pay {total}"), fine)
        }
        PayBy::Redirect if maximum > total => (
            format!("Pay {maximum}"),
            format!(
                "{label} opens for you to approve. {maximum} is the most it can come to; what the scales say less goes back after packing."
            ),
        ),
        PayBy::Redirect => {
            (format!("Pay {total}"), format!("{label} opens for you to approve, then you come back here."))
        }
        PayBy::CashAtDoor | PayBy::CardAtDoor => {
            let most = if maximum > total {
                format!(", at most {maximum} once it is weighed")
            } else {
                String::new()
            };
            let how = if paying.by == PayBy::CashAtDoor { "in cash" } else { "by card" };
            (
                format!("Order, pay {total} at the door"),
                format!("You pay the rider {how}{most}. Nothing is charged now."),
            )
        }
    }
}
