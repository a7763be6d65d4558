//! The page that shows payments and sets faults.

use super::house::Gateway;
use super::model::{Charge, Intent, Status};
use super::mood::Mood;
use super::pages::{Files, Frame, method_name, page, sum};
use crate::error::AppError;
use crate::money::Money;
use crate::web::{redirect, render};
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;

const ROWS: usize = 25;

#[derive(Template)]
#[template(path = "sandbox/payments.html")]
struct PaymentsPage {
    files: Files,
    rows: Vec<Row>,
    waiting: usize,
    /// Where the next page begins; 0 at the end.
    older: u64,
    first: bool,
    mood: Mood,
    next_calls: String,
}

struct Row {
    id: String,
    time: String,
    status: &'static str,
    colour: &'static str,
    asked: String,
    captured: String,
    refunded: String,
    with: String,
    why: String,
}

impl Row {
    fn new(intent: &Intent) -> Self {
        let colour = match intent.status {
            Status::Succeeded => "good",
            Status::RequiresCapture | Status::Processing => "info",
            Status::RequiresAction | Status::RequiresConfirmation => "warn",
            Status::RequiresPaymentMethod | Status::Canceled => "",
        };
        let some =
            |amount: Money| if amount.is_zero() { String::new() } else { sum(amount, &intent.currency) };
        let failure = intent.charge.as_ref().and_then(|c: &Charge| c.failure);
        Self {
            id: intent.id.clone(),
            time: intent.created.format("%-d %b, %H:%M:%S").to_string(),
            status: intent.status.word(),
            colour,
            asked: sum(intent.amount, &intent.currency),
            captured: some(intent.captured()),
            refunded: some(intent.refunded()),
            with: intent.charge.as_ref().map(|c| method_name(&c.method)).unwrap_or_default(),
            why: failure.map(|d| d.decline_code().unwrap_or(d.code())).unwrap_or_default().replace('_', " "),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct PaymentsQuery {
    before: Option<u64>,
}

pub(super) async fn payments(
    gateway: Data<Gateway>,
    query: Query<PaymentsQuery>,
) -> Result<HttpResponse, AppError> {
    let before = query.before.unwrap_or(u64::MAX);
    let (mut found, waiting) = gateway
        .0
        .look(|books| {
            let rows: Vec<(u64, Row)> =
                books.intents_before(before).take(ROWS + 1).map(|i| (i.n, Row::new(i))).collect();
            (rows, books.deliveries_waiting())
        })
        .map_err(AppError::internal)?;
    let more = found.len() > ROWS;
    found.truncate(ROWS);
    let older = if more { found.last().map_or(0, |(n, _)| *n) } else { 0 };
    let mood = gateway.0.temper.mood();
    let html = render(&PaymentsPage {
        files: Files::with(""),
        rows: found.into_iter().map(|(_, row)| row).collect(),
        waiting,
        older,
        first: query.before.is_none(),
        next_calls: mood.next_calls.map(|n| n.to_string()).unwrap_or_default(),
        mood,
    })?;
    Ok(page(StatusCode::OK, html, Frame::Nobody, ""))
}

/// Takes the form of faults. What cannot be read counts as none.
pub(super) async fn set_mood(
    gateway: Data<Gateway>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, AppError> {
    if request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return Err(AppError::Forged);
    }
    let said: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    gateway.0.temper.change(Mood::typed(&said));
    Ok(redirect("/sandbox/payments", []))
}
