//! What a customer changes by themselves: when it comes, and how to find their door.

use super::access::{Caller, Sight, address, open, private, voice};
use super::dossier::Dossier;
use super::said::Said;
use super::words::Voice;
use crate::checkout::{LEAVE, leave_words, phone};
use crate::delivery::{self, Window};
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::lifecycle::{self, ChooseError};
use crate::orders::{Contact, Instructions};
use crate::storefront::{Layout, Shop, Visit};
use crate::web::{Effort, Sheet, redirect, render};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::Duration;
use diesel::PgConnection;
use serde::Deserialize;

/// How far ahead a time can be chosen, and how many are shown.
const AHEAD: Duration = Duration::days(7);
const MOST_TIMES: usize = 40;
const LONGEST_NOTE: usize = 300;
const LONGEST_CODE: usize = 40;

#[derive(Template)]
#[template(path = "order/window.html")]
struct WindowPage {
    layout: Layout,
    number: String,
    here: String,
    now: String,
    /// Key and words of each window with room.
    times: Vec<(i64, String)>,
    phone: String,
}

#[derive(Template)]
#[template(path = "order/instructions.html")]
struct InstructionsPage {
    layout: Layout,
    number: String,
    here: String,
    phone: String,
    note: String,
    leave: Vec<(&'static str, &'static str, bool)>,
    has_code: bool,
    age: i32,
}

#[derive(Deserialize)]
pub(super) struct WindowForm {
    #[serde(default)]
    window: String,
}

#[derive(Deserialize)]
pub(super) struct InstructionsForm {
    #[serde(default)]
    phone: String,
    #[serde(default)]
    leave_at: String,
    #[serde(default)]
    note: String,
    /// Empty: as it is.
    #[serde(default)]
    gate_code: String,
}

pub(super) async fn ask_window(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let (dossier, sight, viewer) = open(&shop, &request, &visit, &number, &voice).await?;
    if let Err(said) = may(sight, dossier.can_be_moved()) {
        return Ok(back(&shop, &number, said));
    }
    let (zone, now) = (dossier.place.zone_id.ok_or(AppError::NotFound)?, voice.now);
    let read = move |conn: &mut PgConnection| delivery::windows_between(conn, zone, now, now + AHEAD);
    let windows = shop.app.db(read).await?;
    let title = format!("Choose another time: order {number}");
    let page = WindowPage {
        layout: Layout::new(&shop, shop.head(&title, "", "")),
        here: address(&number),
        number: number.to_string(),
        now: voice.promised(&dossier),
        times: times(&voice, &dossier, &windows),
        phone: voice.phone.clone(),
    };
    let sheet = Sheet::new(&render(&page)?, Effort::Once);
    Ok(private(shop.answer_filled(&request, &visit, StatusCode::OK, &sheet, &viewer)))
}

/// Those with room, without the one it has.
fn times(voice: &Voice, dossier: &Dossier, windows: &[Window]) -> Vec<(i64, String)> {
    let held = dossier.story.goods.promise().map(|p| (p.starts, p.ends));
    let free = windows.iter().filter(|w| !w.is_full() && Some((w.starts_at, w.ends_at)) != held);
    free.take(MOST_TIMES).map(|w| (w.id, voice.span(w.starts_at, w.ends_at))).collect()
}

pub(super) async fn choose(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Form<WindowForm>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let (asked, window) = (number.clone(), form.window.parse().unwrap_or(0));
    let said = shop
        .app
        .db(move |conn| {
            let (dossier, sight) = caller.read(conn, &asked, &voice)?;
            if let Err(said) = may(sight, dossier.can_be_moved()) {
                return Ok(said);
            }
            match lifecycle::choose_window(conn, dossier.order.id, window, voice.now) {
                Ok(_) => Ok::<_, AppError>(Said::OtherTime),
                Err(e) => refused(e),
            }
        })
        .await?;
    Ok(back(&shop, &number, said))
}

pub(super) async fn ask_instructions(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let (dossier, sight, viewer) = open(&shop, &request, &visit, &number, &voice).await?;
    if let Err(said) = may(sight, dossier.can_be_instructed()) {
        return Ok(back(&shop, &number, said));
    }
    let contact = &dossier.contact;
    let title = format!("For your rider: order {number}");
    let page = InstructionsPage {
        layout: Layout::new(&shop, shop.head(&title, "", "")),
        here: address(&number),
        number: number.to_string(),
        phone: contact.phone.clone(),
        note: contact.note.clone(),
        leave: LEAVE.map(|(value, words)| (value, words, leave_words(value) == contact.leave_at)).to_vec(),
        has_code: !contact.gate_code.is_empty(),
        age: dossier.order.minimum_age,
    };
    let sheet = Sheet::new(&render(&page)?, Effort::Once);
    Ok(private(shop.answer_filled(&request, &visit, StatusCode::OK, &sheet, &viewer)))
}

pub(super) async fn instruct(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Form<InstructionsForm>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let (asked, form) = (number.clone(), form.into_inner());
    let said = shop
        .app
        .db(move |conn| {
            let (dossier, sight) = caller.read(conn, &asked, &voice)?;
            if let Err(said) = may(sight, dossier.can_be_instructed()) {
                return Ok(said);
            }
            let new = match instructions(&form, &dossier.contact) {
                Ok(new) => new,
                Err(said) => return Ok(said),
            };
            match lifecycle::change_instructions(conn, dossier.order.id, &new, voice.now) {
                Ok(()) => Ok::<_, AppError>(Said::Instructed),
                Err(e) => refused(e),
            }
        })
        .await?;
    Ok(back(&shop, &number, said))
}

fn instructions(form: &InstructionsForm, known: &Contact) -> Result<Instructions, Said> {
    let (note, code) = (form.note.trim(), form.gate_code.trim());
    if note.chars().count() > LONGEST_NOTE || code.chars().count() > LONGEST_CODE {
        return Err(Said::TooLong);
    }
    Ok(Instructions {
        phone: phone(form.phone.trim()).map_err(|_| Said::WrongPhone)?,
        leave_at: leave_words(&form.leave_at).to_owned(),
        note: note.to_owned(),
        gate_code: if code.is_empty() { known.gate_code.clone() } else { code.to_owned() },
    })
}

fn may(sight: Sight, can_be: bool) -> Result<(), Said> {
    match sight {
        Sight::Link => Err(Said::OwnerChanges),
        Sight::Owner if can_be => Ok(()),
        Sight::Owner => Err(Said::TooLateToChange),
    }
}

fn refused(e: ChooseError) -> Result<Said, AppError> {
    match e {
        ChooseError::TooLate => Ok(Said::TooLateToChange),
        ChooseError::Full => Ok(Said::WindowFull),
        ChooseError::Closed => Ok(Said::WindowClosed),
        ChooseError::Db(e) => Err(e.into()),
    }
}

/// To the order's page.
fn back(shop: &Shop, number: &OrderNumber, said: Said) -> HttpResponse {
    private(redirect(&address(number), [said.cookie(shop, number)]))
}
