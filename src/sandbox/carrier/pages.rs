//! What people see of the carrier: what is booked, driven by hand; the faults; a shipment as whoever
//! waits for it follows it. And the same for tests and audits, as JSON.

use super::house::{Carrier, No};
use super::model::Shipment;
use crate::error::AppError;
use crate::sandbox::gateway::Mood;
use crate::web::{OwnWords, assets, get, redirect, render};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue};
use actix_web::web::{Bytes, Data, Path, PayloadConfig, Query, ServiceConfig, post, scope};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::atomic::Ordering;

const BODY_BYTES: usize = 16 * 1024;
const ROWS: usize = 20;
const MOST_ROWS: usize = 1_000;
const HERE: &str = "/sandbox/carrier";
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// What one can have happen: the word that goes to the shop, why, and the button.
const DEEDS: [(&str, &str, &str); 8] = [
    ("collected", "", "Collected"),
    ("on_the_way", "", "On the way"),
    ("at_the_door", "", "At the door"),
    ("delivered", "", "Delivered"),
    ("failed", "nobody_there", "Nobody there"),
    ("failed", "wrong_address", "Wrong address"),
    ("cancelled", "", "Will not bring it"),
    ("teleported", "", "A state nobody knows"),
];

/// The pages under `/sandbox/carrier`.
pub fn pages(carrier: Carrier) -> impl FnOnce(&mut ServiceConfig) {
    move |cfg| {
        cfg.service(
            scope(HERE)
                .app_data(Data::new(carrier))
                .app_data(PayloadConfig::new(BODY_BYTES))
                .route("", get().to(list))
                .route("", post().to(set))
                .route("/shipments/{id}", post().to(happen))
                .route("/track/{id}", get().to(track))
                .route("/control/books", get().to(books))
                .route("/control/mood", post().to(set_mood))
                .route("/control/shipments/{id}", post().to(say)),
        );
    }
}

fn page(status: StatusCode, html: String) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    response
        .content_type("text/html; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)));
    let mut response = response.body(html);
    if !status.is_success() {
        response.extensions_mut().insert(OwnWords);
    }
    response
}

/// Styles of a page.
struct Files {
    shop: &'static str,
    own: &'static str,
    font: &'static str,
}

impl Files {
    fn new() -> Self {
        Self {
            shop: assets::address("site.css"),
            own: assets::address("sandbox/sandbox.css"),
            font: assets::address("fonts/inter-latin-wght-normal.woff2"),
        }
    }
}

struct Row {
    id: String,
    order: String,
    to: String,
    time: String,
    state: &'static str,
    colour: &'static str,
    is_over: bool,
}

impl Row {
    fn new(shipment: &Shipment) -> Self {
        let (state, colour) = words(shipment.last());
        let to = &shipment.wanted.to;
        Self {
            id: shipment.id.clone(),
            order: shipment.wanted.reference.clone(),
            to: format!("{}, {}", to.name, to.line),
            time: shipment.made.format("%-d %b, %H:%M:%S").to_string(),
            state,
            colour,
            is_over: shipment.is_over(),
        }
    }
}

fn words(state: &str) -> (&'static str, &'static str) {
    match state {
        "booked" => ("Booked", ""),
        "collected" => ("Collected", "info"),
        "on_the_way" => ("On the way", "info"),
        "at_the_door" => ("At the door", "info"),
        "delivered" => ("Delivered", "good"),
        "failed" => ("Not delivered", "warn"),
        "cancelled" => ("Cancelled", ""),
        _ => ("A state nobody knows", "warn"),
    }
}

#[derive(Template)]
#[template(path = "sandbox/carrier.html")]
struct ListPage {
    files: Files,
    rows: Vec<Row>,
    deeds: &'static [(&'static str, &'static str, &'static str)],
    waiting: usize,
    goes_on: bool,
    mood: Mood,
    next_calls: String,
    /// Where the next page begins; 0 at the end.
    older: u64,
    first: bool,
}

#[derive(Deserialize)]
struct ListQuery {
    before: Option<u64>,
}

async fn list(carrier: Data<Carrier>, query: Query<ListQuery>) -> Result<HttpResponse, AppError> {
    let mut found = carrier.0.newest(query.before.unwrap_or(u64::MAX), ROWS + 1);
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let mood = carrier.0.temper.mood();
    let html = render(&ListPage {
        files: Files::new(),
        rows: found.iter().map(Row::new).collect(),
        deeds: &DEEDS,
        waiting: carrier.0.waiting(),
        goes_on: carrier.0.goes_on.load(Ordering::Relaxed),
        older: if more { found.last().map_or(0, |s| s.n) } else { 0 },
        first: query.before.is_none(),
        next_calls: mood.next_calls.map(|n| n.to_string()).unwrap_or_default(),
        mood,
    })?;
    Ok(page(StatusCode::OK, html))
}

fn refuse_strangers(request: &HttpRequest) -> Result<(), AppError> {
    let strange = request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if strange { Err(AppError::Forged) } else { Ok(()) }
}

fn form(body: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(body).into_owned().collect()
}

/// Has one of the deeds happen to a shipment.
async fn happen(
    carrier: Data<Carrier>,
    request: HttpRequest,
    id: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, AppError> {
    refuse_strangers(&request)?;
    let said = form(&body);
    let deed = said.get("deed").and_then(|n| n.parse::<usize>().ok()).and_then(|n| DEEDS.get(n));
    let Some((state, reason, _)) = deed else { return Err(AppError::bad("Choose one of the buttons.")) };
    carrier.0.happen(&id, state, reason).map_err(no)?;
    Ok(redirect(HERE, []))
}

fn no(e: No) -> AppError {
    match e {
        No::Unknown => AppError::NotFound,
        No::TooLate | No::Refused => AppError::bad("The sandbox carrier cannot do that any more."),
        No::Broken => AppError::bad("The sandbox carrier cannot write its books. Look at its folder."),
    }
}

/// Takes the form of faults, or the switch. What cannot be read counts as none.
async fn set(carrier: Data<Carrier>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, AppError> {
    refuse_strangers(&request)?;
    let said = form(&body);
    if said.get("preset").is_some_and(|preset| preset == "switch") {
        carrier.0.goes_on.fetch_xor(true, Ordering::Relaxed);
    } else {
        carrier.0.temper.change(Mood::typed(&said));
    }
    Ok(redirect(HERE, []))
}

#[derive(Template)]
#[template(path = "sandbox/track.html")]
struct TrackPage {
    files: Files,
    id: String,
    state: &'static str,
    colour: &'static str,
    /// Newest first: when, and what.
    events: Vec<(String, &'static str)>,
}

/// A shipment as whoever waits for it sees it. It names nobody: its number is no secret.
async fn track(carrier: Data<Carrier>, id: Path<String>) -> Result<HttpResponse, AppError> {
    let shipment = carrier.0.find(&id).ok_or(AppError::NotFound)?;
    let (state, colour) = words(shipment.last());
    let event = |e: &super::model::Event| (e.at.format("%-d %b, %H:%M:%S").to_string(), words(&e.state).0);
    let html = render(&TrackPage {
        files: Files::new(),
        id: shipment.id.clone(),
        state,
        colour,
        events: shipment.events.iter().rev().map(event).collect(),
    })?;
    Ok(page(StatusCode::OK, html))
}

/// All shipments in the order they were booked, and how many words are on their way.
async fn books(carrier: Data<Carrier>) -> HttpResponse {
    let mut all = carrier.0.newest(u64::MAX, MOST_ROWS);
    all.reverse();
    let row = |s: &Shipment| {
        json!({
            "id": s.id, "key": s.key, "reference": s.wanted.reference, "cancelled": s.is_cancelled(),
            "state": s.last(), "states": s.events.iter().map(|e| e.state.as_str()).collect::<Vec<_>>(),
        })
    };
    let rows: Vec<Value> = all.iter().map(row).collect();
    let body = json!({ "sandbox": true, "data": rows, "webhooks_waiting": carrier.0.waiting() });
    HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(body)
}

/// Takes a whole mood; what is not named is in good health.
async fn set_mood(carrier: Data<Carrier>, body: Bytes) -> Result<HttpResponse, AppError> {
    let mood: Mood =
        serde_json::from_slice(&body).map_err(|e| AppError::bad(format!("This is no mood: {e}")))?;
    carrier.0.temper.change(mood.clone());
    Ok(HttpResponse::Ok().json(mood))
}

#[derive(Deserialize)]
struct Happening {
    state: String,
    #[serde(default)]
    reason: String,
}

async fn say(carrier: Data<Carrier>, id: Path<String>, body: Bytes) -> Result<HttpResponse, AppError> {
    let said: Happening =
        serde_json::from_slice(&body).map_err(|e| AppError::bad(format!("This is no word: {e}")))?;
    let shipment = carrier.0.happen(&id, &said.state, &said.reason).map_err(no)?;
    Ok(HttpResponse::Ok().json(shipment.view(&carrier.0.settings.public_base)))
}
