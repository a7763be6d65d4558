//! One case: what the customer says, about what, and what we answer.

use super::letters::{Written, written};
use super::list::state;
use crate::care::{self, Case, CaseError, CaseState};
use crate::delivery;
use crate::error::AppError;
use crate::events::{self, Recorded};
use crate::ids::CaseId;
use crate::orders::{self, OrderLine};
use crate::staff;
use crate::staffroom::{Area, Room, Said, Staffer, answer, done, moment};
use crate::storefront::Shop;
use crate::tracker::{self, Dossier, Tone, Voice};
use crate::web::private_jpeg;
use crate::web::text::too_long;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;
use serde::Deserialize;

const LONGEST: usize = 2_000;

#[derive(Template)]
#[template(path = "support/case.html")]
struct CasePage {
    room: Room,
    id: CaseId,
    version: i32,
    what: &'static str,
    number: String,
    told: String,
    words: String,
    lines: Vec<String>,
    /// What its rider left at the door.
    photo: Option<Photo>,
    name: String,
    email: String,
    phone: String,
    /// How it stands with the order, as its customer reads it.
    order: Standing,
    tone: &'static str,
    icon: &'static str,
    state: &'static str,
    by: String,
    is_mine: bool,
    is_closed: bool,
    answer: String,
    answered: String,
    letters: Vec<Written>,
    /// What was typed and could not be sent, and why.
    typed: String,
    wrong: Option<String>,
}

struct Photo {
    at: String,
    width: i32,
    height: i32,
}

struct Standing {
    tone: &'static str,
    icon: &'static str,
    state: String,
    window: String,
    sum: String,
    /// What is reserved, charged, let go and given back.
    moved: Vec<(String, String)>,
}

#[derive(Deserialize)]
pub(super) struct CaseForm {
    #[serde(default)]
    version: i32,
    #[serde(default)]
    words: String,
}

struct Read {
    case: Case,
    dossier: Dossier,
    by: String,
    messages: Vec<Recorded>,
}

fn read(conn: &mut PgConnection, id: CaseId) -> Result<Read, AppError> {
    let case = care::by_id(conn, id)?.ok_or(AppError::NotFound)?;
    let by = match case.staff_id {
        Some(staff) => staff::by_id(conn, staff)?.name,
        None => String::new(),
    };
    let order = orders::order(conn, case.order_id)?;
    let messages = events::messages(conn, case.order_id.0)?;
    Ok(Read { dossier: Dossier::read(conn, order)?, case, by, messages })
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    id: Path<CaseId>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Support)?;
    page(&shop, &request, &who, id.into_inner(), (String::new(), None)).await
}

async fn page(
    shop: &Shop,
    request: &HttpRequest,
    who: &Staffer,
    id: CaseId,
    (typed, wrong): (String, Option<String>),
) -> Result<HttpResponse, AppError> {
    let Read { case, dossier, by, messages } = shop.app.read(move |conn| read(conn, id)).await?;
    let voice = tracker::voice(shop);
    let (tone, icon, state) = state(case.state);
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = CasePage {
        room: who.room(Some(Area::Support), case.kind.words()),
        id,
        version: case.version,
        what: case.kind.words(),
        number: dossier.order.number.to_string(),
        told: moment(shop, case.opened_at),
        lines: meant(&voice, &dossier, &case),
        order: standing(&voice, &dossier),
        photo: photo(shop, &dossier),
        words: case.words,
        name: dossier.contact.name,
        email: dossier.contact.email,
        phone: dossier.contact.phone,
        tone,
        icon,
        state,
        by,
        is_mine: case.staff_id == Some(who.id),
        is_closed: case.state == CaseState::Closed,
        answered: case.answered_at.map_or_else(String::new, |at| moment(shop, at)),
        answer: case.answer,
        letters: written(shop, &messages),
        typed,
        wrong,
    };
    answer(shop, request, status, &page)
}

fn photo(shop: &Shop, dossier: &Dossier) -> Option<Photo> {
    let photo = dossier.photo.as_ref()?;
    Some(Photo { at: moment(shop, photo.taken_at), width: photo.width, height: photo.height })
}

/// What its rider left at the door.
pub(super) async fn picture(
    shop: Data<Shop>,
    who: Staffer,
    id: Path<CaseId>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Support)?;
    let id = id.into_inner();
    let read = move |conn: &mut PgConnection| {
        let case = care::by_id(conn, id)?.ok_or(diesel::result::Error::NotFound)?;
        delivery::photo_of_order(conn, case.order_id)
    };
    Ok(private_jpeg(shop.app.read(read).await?.ok_or(AppError::NotFound)?))
}

/// What it is about, and what became of it.
fn meant(voice: &Voice, dossier: &Dossier, case: &Case) -> Vec<String> {
    let line = |l: &OrderLine| {
        let became = voice.picked(dossier, l.position).map(|words| format!(". {words}")).unwrap_or_default();
        format!("{} × {}, {}{became}", l.quantity, l.name, l.size_label)
    };
    dossier.lines.iter().filter(|l| case.is_about(l.position)).map(line).collect()
}

fn standing(voice: &Voice, dossier: &Dossier) -> Standing {
    let badge = tracker::badge(&dossier.story);
    Standing {
        tone: chip(badge.tone),
        icon: sign(badge.tone),
        state: badge.words,
        window: voice.promised(dossier),
        sum: voice.sum(dossier),
        moved: voice.moved(dossier).iter().map(|row| (row.named(voice), row.sum.to_string())).collect(),
    }
}

/// A customer's tone in the colours of staff pages.
const fn chip(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "ok",
        Tone::Info => "info",
        Tone::Warn => "warn",
        Tone::Bad => "bad",
        Tone::Plain => "idle",
    }
}

const fn sign(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "circle-check",
        Tone::Info => "clock",
        Tone::Warn => "triangle-alert",
        Tone::Bad => "circle-alert",
        Tone::Plain => "check",
    }
}

pub(super) async fn take(
    shop: Data<Shop>,
    who: Staffer,
    id: Path<CaseId>,
    form: Form<CaseForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Support)?;
    let (id, seen, staff, now) = (id.into_inner(), form.version, who.id, shop.app.clock.now());
    let taken = shop.app.db(move |conn| Ok::<_, AppError>(care::take(conn, id, seen, staff, now))).await?;
    let said = said(taken, "It is yours.")?;
    Ok(done(&shop, &address(id), &said))
}

pub(super) async fn answer_it(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    id: Path<CaseId>,
    form: Form<CaseForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Support)?;
    let (id, staff, now) = (id.into_inner(), who.id, shop.app.clock.now());
    let (seen, words) = (form.version, form.words.trim().replace("\r\n", "\n"));
    if let Some(wrong) = problem(&words) {
        return page(&shop, &request, &who, id, (words, Some(wrong))).await;
    }
    let sent = words.clone();
    let work =
        move |conn: &mut PgConnection| Ok::<_, AppError>(care::answer(conn, id, seen, &sent, staff, now));
    match shop.app.db(work).await? {
        // What was typed is not lost.
        Err(CaseError::ChangedSince(_)) => {
            page(&shop, &request, &who, id, (words, Some(CHANGED.into()))).await
        }
        other => Ok(done(&shop, &address(id), &said(other, "Answered. The mail is on its way.")?)),
    }
}

fn problem(words: &str) -> Option<String> {
    if words.is_empty() { Some("Write the answer first.".to_owned()) } else { too_long(words, LONGEST) }
}

pub(super) async fn close(
    shop: Data<Shop>,
    who: Staffer,
    id: Path<CaseId>,
    form: Form<CaseForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Support)?;
    let (id, seen, staff, now) = (id.into_inner(), form.version, who.id, shop.app.clock.now());
    let closed = shop.app.db(move |conn| Ok::<_, AppError>(care::close(conn, id, seen, staff, now))).await?;
    let said = said(closed, "Closed.")?;
    let there = if said.tone() == "ok" { "/support".to_owned() } else { address(id) };
    Ok(done(&shop, &there, &said))
}

const CHANGED: &str = "A colleague has done something here since you looked. Read it, then send yours again.";

fn said(outcome: Result<(), CaseError>, good: &str) -> Result<Said, AppError> {
    match outcome {
        Ok(()) => Ok(Said::good(good)),
        Err(CaseError::ChangedSince(_)) => Ok(Said::bad(CHANGED)),
        Err(CaseError::Full) => Ok(Said::bad("So much has been written here that it is better to ring.")),
        Err(CaseError::Closed | CaseError::TooMany) => Ok(Said::bad("This case is closed.")),
        Err(CaseError::Unknown) => Err(AppError::NotFound),
        Err(CaseError::Db(e)) => Err(e.into()),
    }
}

fn address(id: CaseId) -> String {
    format!("/support/cases/{id}")
}
