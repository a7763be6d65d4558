//! Step 1: when and where.

use super::calendar::{Calendar, Times};
use super::draft::Typed;
use super::fields::{self, LEAVE, Problem, Spotted};
use super::store;
use super::swaps::{self, Risk, SWAPS, swap_words};
use super::till::{Hold, Step, Till};
use super::views::{Frame, HoldLine, answer};
use crate::accounts::{self, Customer};
use crate::error::AppError;
use crate::journeys::Kind;
use crate::storefront::{Notice, Shop, Visit};
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::NaiveDate;
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "checkout/delivery.html")]
struct DeliveryPage {
    frame: Frame,
    place_known: bool,
    calendar: Option<Calendar>,
    hold: String,
    rev: i64,
    typed: Typed,
    eircode: String,
    line: String,
    you: Vec<String>,
    /// Whether the fold with the instructions has something to show.
    more: bool,
    leave: Vec<(&'static str, &'static str, bool)>,
    swaps: Vec<(&'static str, &'static str, &'static str, bool)>,
    swap_words: &'static str,
    /// What may well run out, each with its own choices.
    risks: Vec<Risk>,
    age: i32,
}

/// One field of a form, with its label, hint and what is wrong with it.
#[derive(Template)]
#[template(path = "checkout/field.html")]
struct Field<'a> {
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    kind: &'static str,
    mode: &'static str,
    autocomplete: &'static str,
    value: &'a str,
    wrong: Option<&'a str>,
    /// What we know from it.
    known: Option<String>,
    /// What was probably meant.
    meant: Option<String>,
    short: bool,
    longest: usize,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    day: Option<String>,
    /// Set by a later step that cannot go on without this one.
    missing: Option<String>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asked: Query<Asked>,
) -> Result<HttpResponse, AppError> {
    let mut till = Till::read(&shop, &visit, Step::Delivery).await?;
    if let Some(elsewhere) = till.nothing_to_order(&shop, Step::Delivery) {
        return Ok(elsewhere);
    }
    if let Some(basket) = too_little(&shop, &visit, &till) {
        return Ok(basket);
    }
    begin(&shop, &visit, &mut till).await?;
    let problems = if asked.missing.is_some() { till.delivery_problems() } else { Vec::new() };
    let day = asked.day.as_deref().and_then(|day| day.parse().ok());
    page(&shop, &request, &visit, &till, problems, day).await
}

/// Where somebody is sent whose basket is worth less than we bring. What is gone is dealt with here.
/// What is to be said to them already goes along and is said there; the block of sums has the rest.
pub(super) fn too_little(shop: &Shop, visit: &Visit, till: &Till) -> Option<HttpResponse> {
    let sent_back = till.below_minimum() && till.gone.is_empty();
    let notice = visit.notice.is_none().then(|| shop.notice_cookie(&Notice::TooLittle));
    sent_back.then(|| redirect("/basket", notice))
}

/// The first time: what is known already is filled in.
async fn begin(shop: &Shop, visit: &Visit, till: &mut Till) -> Result<(), AppError> {
    let (true, Some(id)) = (till.draft.is_new, visit.basket) else { return Ok(()) };
    let (mut draft, now, customer) = (till.draft.clone(), till.now, till.customer);
    let code = till.viewer.spot().and_then(|s| s.quote.eircode.clone());
    let atlas = Arc::clone(&shop.atlas);
    let work = move |conn: &mut PgConnection| {
        let known = customer.map_or(Ok(None), |id| accounts::by_id(conn, id).optional())?;
        if let Some(known) = known {
            fill_in(&mut draft.content.typed, known);
        }
        // Where the basket goes already says more than where they lived last.
        if let Some(code) = code {
            draft.content.typed.eircode = code;
        }
        store::begin(conn, id, &draft, now)?;
        let area = atlas.area(conn)?;
        let spotted = fields::spot(conn, &area, draft.typed())?;
        Ok::<_, AppError>((draft, spotted))
    };
    (till.draft, till.spotted) = shop.app.db(work).await?;
    shop.step(visit, Kind::CheckoutStarted, json!({}));
    Ok(())
}

fn fill_in(typed: &mut Typed, known: Customer) {
    let Customer { email, details, .. } = known;
    typed.email = email;
    typed.name = details.name.unwrap_or_default();
    typed.phone = details.phone.unwrap_or_default();
    typed.line = details.line.unwrap_or_default();
    typed.eircode = details.eircode.unwrap_or_default();
}

pub(super) async fn page(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    till: &Till,
    problems: Vec<Problem>,
    day: Option<NaiveDate>,
) -> Result<HttpResponse, AppError> {
    let status = if problems.is_empty() || request.method().is_safe() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let page = delivery_page(till, problems, day);
    say_once(shop, visit, till).await?;
    answer(shop, request, visit, status, &page, till)
}

/// What was to be said on this page is not said again on the next.
pub(super) async fn say_once(shop: &Shop, visit: &Visit, till: &Till) -> Result<(), AppError> {
    match (visit.basket, &till.draft.content.said) {
        (Some(id), Some(_)) => shop.app.db(move |conn| store::told(conn, id)).await,
        _ => Ok(()),
    }
}

fn delivery_page(till: &Till, problems: Vec<Problem>, day: Option<NaiveDate>) -> DeliveryPage {
    let typed = till.typed();
    let frame = Frame::new(till, Step::Delivery, problems);
    let own = match till.hold() {
        Hold::Running(_) | Hold::Over => typed.window_id(),
        Hold::None => None,
    };
    let fee = till.totals().delivery.unwrap_or_default();
    let calendar = Calendar::new(&Times {
        windows: &till.windows,
        chosen: typed.window_id(),
        own,
        day,
        fee: &fee,
        zone: till.zone,
    });
    let chosen = fields::substitutions(typed);
    let more = [&typed.company, &typed.note, &typed.preferred_time, &typed.gate_code, &typed.leave_at];
    let wrong = |field: &str| frame.wrong(field).is_some();
    let more = more.iter().any(|t| !t.is_empty())
        || ["company", "note", "preferred_time", "gate_code"].into_iter().any(wrong);
    DeliveryPage {
        place_known: till.viewer.spot().is_some(),
        calendar,
        hold: HoldLine::html(till, true),
        rev: till.draft.content.rev,
        eircode: eircode_field(till, &frame),
        line: line_field(typed, &frame),
        you: you_fields(typed, &frame),
        more,
        leave: LEAVE.iter().map(|(v, words)| (*v, *words, *v == typed.leave_at)).collect(),
        swaps: SWAPS.iter().map(|(s, words, fine)| (s.as_str(), *words, *fine, *s == chosen)).collect(),
        swap_words: swap_words(chosen),
        risks: swaps::risks(till),
        age: till.minimum_age(),
        typed: typed.clone(),
        frame,
    }
}

fn html(field: &Field<'_>) -> String {
    field.render().unwrap_or_default()
}

fn eircode_field(till: &Till, frame: &Frame) -> String {
    let known = match &till.spotted {
        Spotted::Here { place, eircode } => eircode.as_ref().map(|_| fields::town(place)),
        Spotted::Nothing | Spotted::Outside { .. } | Spotted::Unknown => None,
    };
    html(&Field {
        id: "eircode",
        label: "Eircode",
        hint: "For example D06 X4P7",
        kind: "text",
        mode: "",
        autocomplete: "postal-code",
        value: &till.typed().eircode,
        wrong: frame.wrong("eircode"),
        known,
        meant: None,
        short: true,
        longest: 60,
    })
}

fn line_field(typed: &Typed, frame: &Frame) -> String {
    html(&Field {
        id: "line",
        label: "Street and number",
        hint: "",
        kind: "text",
        mode: "",
        autocomplete: "address-line1",
        value: &typed.line,
        wrong: frame.wrong("line"),
        known: None,
        meant: None,
        short: false,
        longest: 200,
    })
}

fn you_fields(typed: &Typed, frame: &Frame) -> Vec<String> {
    let field = |id, label, hint, kind, mode, autocomplete, value| Field {
        id,
        label,
        hint,
        kind,
        mode,
        autocomplete,
        value,
        wrong: frame.wrong(id),
        known: None,
        meant: None,
        short: false,
        longest: 300,
    };
    let name = field("name", "Name", "", "text", "", "name", &typed.name);
    let hint = "For the receipt and the link to follow your order";
    let mut email = field("email", "E-mail", hint, "email", "email", "email", &typed.email);
    email.meant = fields::meant_email(&typed.email);
    let hint = "The rider rings it only if you can’t be found";
    let phone = field("phone", "Mobile", hint, "tel", "tel", "tel", &typed.phone);
    [name, email, phone].iter().map(html).collect()
}
