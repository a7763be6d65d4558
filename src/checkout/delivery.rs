//! Step 1: when and where.

use super::calendar::{Calendar, Times};
use super::draft::{Draft, Said, Typed, take_over};
use super::fields::{self, LEAVE, Problem, Spotted};
use super::hold::{count_hold, hold_chosen};
use super::payment::with_device;
use super::store;
use super::till::{Hold, Step, Till};
use super::views::{Frame, HoldLine, answer};
use crate::accounts::{self, Customer};
use crate::basket;
use crate::delivery::{self, Atlas};
use crate::error::AppError;
use crate::ids::BasketId;
use crate::journeys::Kind;
use crate::orders::Substitutions;
use crate::storefront::{Asker, BasketReader, Notice, Shop, Visit};
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Json, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
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
    if let Some(basket) = too_little(&shop, &till) {
        return Ok(basket);
    }
    begin(&shop, &visit, &mut till).await?;
    let problems = if asked.missing.is_some() { till.delivery_problems() } else { Vec::new() };
    let day = asked.day.as_deref().and_then(|day| day.parse().ok());
    page(&shop, &request, &visit, &till, problems, day).await
}

/// Where somebody is sent whose basket is worth less than we bring. What is gone is dealt with here.
fn too_little(shop: &Shop, till: &Till) -> Option<HttpResponse> {
    let sent_back = till.below_minimum() && till.gone.is_empty();
    sent_back.then(|| redirect("/basket", [shop.notice_cookie(&Notice::TooLittle)]))
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

async fn page(
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
        age: till.minimum_age(),
        typed: typed.clone(),
        frame,
    }
}

const SWAPS: [(Substitutions, &str, &str); 3] = [
    (Substitutions::Similar, "Swap for something close", "A swap never costs more than what you chose"),
    (Substitutions::Ask, "Ask me first", "We ring; if we do not reach you, we leave it out"),
    (Substitutions::LeaveOut, "Leave it out", "You pay only for what comes"),
];

pub(super) fn swap_words(chosen: Substitutions) -> &'static str {
    match chosen {
        Substitutions::Similar => "Swap for something close, never dearer",
        Substitutions::Ask => "Ask me first",
        Substitutions::LeaveOut => "Leave it out",
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

/// Everything the first step's form may say. A field it does not have stays as it was.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct DeliveryForm {
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    line: Option<String>,
    eircode: Option<String>,
    company: Option<String>,
    leave_at: Option<String>,
    note: Option<String>,
    preferred_time: Option<String>,
    gate_code: Option<String>,
    substitutions: Option<String>,
    window: Option<String>,
    /// Which button was pressed.
    #[serde(rename = "do")]
    act: Option<String>,
    /// Another day is to be shown.
    day: Option<String>,
    /// Rises with each sending.
    rev: Option<String>,
}

impl DeliveryForm {
    fn write_into(&self, typed: &mut Typed) {
        for (old, new) in [
            (&mut typed.name, &self.name),
            (&mut typed.email, &self.email),
            (&mut typed.phone, &self.phone),
            (&mut typed.line, &self.line),
            (&mut typed.eircode, &self.eircode),
            (&mut typed.company, &self.company),
            (&mut typed.leave_at, &self.leave_at),
            (&mut typed.note, &self.note),
            (&mut typed.preferred_time, &self.preferred_time),
            (&mut typed.gate_code, &self.gate_code),
            (&mut typed.substitutions, &self.substitutions),
            (&mut typed.window, &self.window),
        ] {
            take_over(old, new.as_ref());
        }
    }

    /// Which sending this is. One without a number, from a page without scripts, is as new as any.
    fn rev(&self, newest: i64) -> i64 {
        self.rev.as_deref().and_then(|rev| rev.parse().ok()).unwrap_or(newest)
    }

    /// Whether one wants to go on, and not only to look at another day or keep the time.
    fn goes_on(&self) -> bool {
        self.day.is_none() && !matches!(self.act.as_deref(), Some("keep" | "hold" | "place"))
    }
}

/// What was pressed when the form was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    /// A button that also holds the chosen time.
    Holding,
    /// One that only shows something else.
    Looking,
    /// None: a field was left.
    None,
}

/// What is needed to work on a draft where there is a connection.
struct Work {
    id: BasketId,
    atlas: Arc<Atlas>,
    basket: BasketReader,
    zone: chrono_tz::Tz,
    quote_valid_for: Duration,
    now: DateTime<Utc>,
}

impl Work {
    fn new(shop: &Shop, id: BasketId) -> Self {
        let zone = shop.app.config.shop.zone;
        let (atlas, basket) = (Arc::clone(&shop.atlas), BasketReader::new(shop));
        Self { id, atlas, basket, zone, quote_valid_for: shop.quote_valid_for(), now: shop.app.clock.now() }
    }

    /// Keeps what was typed before anybody looks whether it is right. Says whether the place is another
    /// one now. What was sent while typing and is overtaken by something newer is dropped; a button
    /// always counts.
    fn keep(&self, conn: &mut PgConnection, form: &DeliveryForm, press: Press) -> Result<bool, AppError> {
        let version = basket::hold(conn, self.id, self.now)?;
        let mut draft = store::draft(conn, self.id, self.now)?;
        let newest = draft.content.rev;
        if press == Press::None && form.rev(newest) < newest {
            return Ok(false);
        }
        draft.content.rev = newest.max(form.rev(newest));
        form.write_into(&mut draft.content.typed);
        let moved = self.follow_eircode(conn, &mut draft, version)?;
        if press == Press::Holding {
            let held = hold_chosen(conn, self.id, &mut draft, self.zone, self.now)?;
            if held && form.act.as_deref() == Some("keep") {
                draft.content.said = Some(Said::HeldLonger);
            }
        }
        store::keep(conn, self.id, &draft, self.now)?;
        Ok(moved)
    }

    /// Another place than before has another fee, and perhaps other times.
    fn follow_eircode(
        &self,
        conn: &mut PgConnection,
        draft: &mut Draft,
        version: i64,
    ) -> Result<bool, AppError> {
        let area = self.atlas.area(conn)?;
        let Spotted::Here { place, eircode } = fields::spot(conn, &area, draft.typed())? else {
            return Ok(false);
        };
        let before = match self.basket.known(self.id, version) {
            Some(basket) => basket.spot.clone(),
            None => basket::load(conn, self.id, self.quote_valid_for, self.now)?.and_then(|b| b.spot),
        };
        if before.as_ref().is_some_and(|s| s.place.id == place.id) {
            return Ok(false);
        }
        let quote = delivery::give_quote(conn, &place, eircode, self.quote_valid_for, self.now)?;
        basket::change_place(conn, self.id, &quote, self.now)?;
        let Some(before) = before else { return Ok(true) };
        let other_times = before.quote.zone_id != quote.zone_id;
        if other_times {
            draft.content.typed.window.clear();
        }
        draft.content.said = Some(Said::PlaceChanged {
            from: before.place.label(),
            to: place.label(),
            old: before.quote.fee_cents,
            new: quote.fee_cents,
            other_times,
        });
        Ok(true)
    }
}

/// The form of the first step, whichever of its buttons was pressed.
pub(super) async fn take(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    form: Form<DeliveryForm>,
) -> Result<HttpResponse, AppError> {
    let Some(id) = visit.basket else {
        return Ok(redirect("/basket", [shop.notice_cookie(&Notice::NothingToOrder)]));
    };
    let answer = take_step(&shop, &request, &visit, &asker, id, form.into_inner()).await?;
    Ok(with_device(&shop, &asker, answer))
}

async fn take_step(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    asker: &Asker,
    id: BasketId,
    form: DeliveryForm,
) -> Result<HttpResponse, AppError> {
    let (goes_on, day) = (form.goes_on(), form.day.clone());
    let work = Work::new(shop, id);
    // Who looks at another day has not chosen anything there yet.
    let holds = day.is_none() && form.act.as_deref() != Some("place");
    let may_hold = if holds { count_hold(shop, asker, id).await } else { Ok(()) };
    let press = if holds && may_hold.is_ok() { Press::Holding } else { Press::Looking };
    let read = Till::reader(shop, visit, Step::Delivery).await?;
    let (moved, till) = shop
        .app
        .db(move |conn| {
            let moved = conn.transaction(|conn| work.keep(conn, &form, press))?;
            Ok::<_, AppError>((moved, goes_on.then(|| read(conn)).transpose()?))
        })
        .await?;
    if moved {
        shop.baskets.forget(id);
    }
    // What was typed is kept all the same.
    may_hold?;
    let Some(till) = till else {
        let day = day.and_then(|day| day.parse::<NaiveDate>().ok());
        let to =
            day.map_or_else(|| "/checkout/delivery".to_owned(), |d| format!("/checkout/delivery?day={d}"));
        return Ok(redirect(&format!("{to}#when"), []));
    };
    if let Some(elsewhere) = till.nothing_to_order(shop, Step::Delivery) {
        return Ok(elsewhere);
    }
    let problems = till.delivery_problems();
    if !problems.is_empty() {
        return page(shop, request, visit, &till, problems, None).await;
    }
    if moved || till.draft.content.said.is_some() {
        return Ok(redirect("/checkout/delivery", []));
    }
    if let Some(basket) = too_little(shop, &till) {
        return Ok(basket);
    }
    shop.step(visit, Kind::DeliveryDone, json!({}));
    Ok(redirect("/checkout/payment", []))
}

/// What a page hears when a field was left: what is wrong, and what was probably meant.
#[derive(Default, Serialize)]
struct Heard {
    problems: BTreeMap<&'static str, String>,
    known: Option<String>,
    meant: Option<String>,
    /// Whether fee and times are others now.
    moved: bool,
}

/// Keeps what was typed so far, while it is being typed.
pub(super) async fn keep(
    shop: Data<Shop>,
    visit: Visit,
    form: Form<DeliveryForm>,
) -> Result<HttpResponse, AppError> {
    let Some(id) = visit.basket else { return Ok(HttpResponse::Ok().json(Heard::default())) };
    let (work, form) = (Work::new(&shop, id), form.into_inner());
    let heard = move |conn: &mut PgConnection| {
        let moved = work.keep(conn, &form, Press::None)?;
        let draft = store::draft(conn, work.id, work.now)?;
        let area = work.atlas.area(conn)?;
        let spotted = fields::spot(conn, &area, draft.typed())?;
        let problems = fields::contact(draft.typed(), &spotted).err().unwrap_or_default();
        Ok::<_, AppError>(Heard {
            problems: problems.into_iter().map(|p| (p.field, p.words)).collect(),
            known: match &spotted {
                Spotted::Here { place, eircode: Some(_) } => Some(fields::town(place)),
                Spotted::Here { .. } | Spotted::Nothing | Spotted::Outside { .. } | Spotted::Unknown => None,
            },
            meant: fields::meant_email(&draft.typed().email),
            moved,
        })
    };
    let heard = shop.app.db(move |conn| conn.transaction(heard)).await?;
    if heard.moved {
        shop.baskets.forget(id);
    }
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(Json(heard)))
}
