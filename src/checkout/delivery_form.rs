//! What the form of step 1 says, and what becomes of it: kept first, looked at then.

use super::delivery::{page, too_little};
use super::draft::{Draft, Said, Typed, take_over};
use super::fields::{self, Problem, Spotted};
use super::hold::{Holding, hold_chosen, refused_words, running};
use super::store::{self, Standing};
use super::tell::{self, Asking};
use super::till::{Hold, Step, Till};
use super::views::with_device;
use crate::basket;
use crate::delivery::{self, Atlas};
use crate::error::AppError;
use crate::ids::BasketId;
use crate::journeys::Kind;
use crate::storefront::{Asker, BasketReader, Notice, Shop, Visit};
use crate::throttle::Wait;
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::web::{Data, Form, Json};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// What may stand in for single things: `swap.` and their numbers.
    #[serde(flatten)]
    others: BTreeMap<String, String>,
}

impl DeliveryForm {
    /// A time is chosen by a button alone, which is counted and holds it.
    fn write_into(&self, typed: &mut Typed, press: Press) {
        let window = self.window.as_ref().filter(|_| press == Press::Holding);
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
        ] {
            take_over(old, new.as_ref());
        }
        take_over(&mut typed.window, window);
        typed.take_wishes(&self.others);
    }

    /// Which sending this is. One without a number, from a page without scripts, is as new as any.
    fn rev(&self, newest: i64) -> i64 {
        self.rev.as_deref().and_then(|rev| rev.parse().ok()).unwrap_or(newest)
    }

    /// Whether one wants to go on, and not only to look at another day or keep the time.
    fn goes_on(&self) -> bool {
        self.day.is_none()
            && !matches!(self.act.as_deref(), Some("keep" | "hold" | "place"))
            && self.tells().is_none()
    }

    /// What somebody wants to wait for. An address that was typed for it and sent by the enter key counts.
    fn tells(&self) -> Option<Asking> {
        tell::pressed(self.act.as_deref(), &self.others)
    }
}

/// What was pressed when the form was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    /// A button that also holds the chosen time.
    Holding,
    /// One that would hold it, of which there were too many: what is held stays chosen.
    Refused,
    /// One that only shows something else.
    Looking,
    /// None: a field was left.
    None,
}

/// What has become of a form.
struct Kept {
    /// Whether the place is another one now.
    moved: bool,
    /// How the basket stands, where that is known.
    standing: Option<Standing>,
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

    /// Keeps what was typed before anybody looks whether it is right. What was sent while typing and is
    /// overtaken by something newer is dropped; a button always counts.
    fn keep(&self, conn: &mut PgConnection, form: &DeliveryForm, press: Press) -> Result<Kept, AppError> {
        let version = basket::hold(conn, self.id, self.now)?;
        let Standing { mut draft, held: before, .. } = store::standing(conn, self.id, self.now)?;
        let newest = draft.content.rev;
        if press == Press::None && form.rev(newest) < newest {
            return Ok(Kept { moved: false, standing: None });
        }
        draft.content.rev = newest.max(form.rev(newest));
        form.write_into(&mut draft.content.typed, press);
        let moved = self.follow_eircode(conn, &mut draft, version)?;
        let mut held = None;
        if press == Press::Holding {
            held = hold_chosen(conn, self.id, &mut draft, before, self.zone, self.now)?;
            if held.is_some() && form.act.as_deref() == Some("keep") {
                draft.content.said = Some(Said::HeldLonger);
            }
        } else if let (Press::Refused, Some(own)) = (press, running(before, self.now)) {
            draft.content.typed.window = own.to_string();
        }
        store::keep(conn, self.id, &draft, self.now)?;
        draft.is_new = false;
        // Another place makes another basket of it.
        let held = held.filter(|_| !moved).map(|held| (held.window.id, held.until));
        let standing = held.map(|held| Standing { version: Some(version), draft, held: Some(held) });
        Ok(Kept { moved, standing })
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
    let (goes_on, day, tells) = (form.goes_on(), form.day.clone(), form.tells());
    let work = Work::new(shop, id);
    // Who looks at another day has not chosen anything there yet.
    let holds = day.is_none() && form.act.as_deref() != Some("place");
    let holding = holds.then(|| Holding::new(shop, asker, id, form.window.clone()));
    let read = Till::reader(shop, visit, Step::Delivery).await?;
    let taken = move |conn: &mut PgConnection| {
        let (may_hold, press) = match &holding {
            None => (Ok(()), Press::Looking),
            Some(holding) => match holding.count(conn)? {
                Ok(()) => (Ok(()), Press::Holding),
                Err(wait) => (Err(wait), Press::Refused),
            },
        };
        let Kept { moved, standing } = conn.transaction(|conn| work.keep(conn, &form, press))?;
        let shows = goes_on || may_hold.is_err();
        let till = shows.then(|| read(conn, standing)).transpose()?;
        Ok::<_, AppError>((may_hold, moved, till))
    };
    let (may_hold, moved, till) = shop.app.db(taken).await?;
    if moved {
        shop.baskets.forget(id);
    }
    if let Some(asking) = tells {
        return tell::tell(shop, visit, asker, id, asking, "/checkout/delivery").await;
    }
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
    if let Err(wait) = may_hold {
        let refused = hold_problems(&till, wait, goes_on);
        if !refused.is_empty() {
            return refuse_hold(shop, request, visit, &till, refused, wait).await;
        }
    }
    if !problems.is_empty() {
        return page(shop, request, visit, &till, problems, None).await;
    }
    if moved || till.draft.content.said.is_some() {
        return Ok(redirect("/checkout/delivery", []));
    }
    Ok(too_little(shop, visit, &till).unwrap_or_else(|| {
        shop.step(visit, Kind::DeliveryDone, json!({}));
        redirect("/checkout/payment", [])
    }))
}

/// Why no time was held, for its place on the page, and what else is wrong where one wants to go on. Nothing
/// where one goes on without: the time is free, and is taken with the order.
fn hold_problems(till: &Till, wait: Wait, goes_on: bool) -> Vec<Problem> {
    let own = match till.hold() {
        Hold::Running(_) => till.chosen.as_ref().map(|window| window.label(till.zone)),
        Hold::Over | Hold::None if goes_on => return Vec::new(),
        Hold::Over | Hold::None => None,
    };
    let mut problems = vec![Problem::new("window", refused_words(wait, own.as_deref(), till.zone, till.now))];
    if goes_on {
        problems.extend(till.contact().err().unwrap_or_default());
    }
    problems
}

/// What was typed is kept all the same, and what is held stays chosen.
async fn refuse_hold(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    till: &Till,
    refused: Vec<Problem>,
    wait: Wait,
) -> Result<HttpResponse, AppError> {
    let mut response = page(shop, request, visit, till, refused, None).await?;
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.seconds(till.now)));
    Ok(response)
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
        let moved = work.keep(conn, &form, Press::None)?.moved;
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
