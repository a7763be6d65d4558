//! For tests and audits: faults and books as JSON.

use super::house::Gateway;
use super::model::Intent;
use super::mood::Mood;
use crate::error::AppError;
use crate::money::Money;
use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Query};
use serde::Deserialize;
use serde_json::{Value, json};

const ROWS: usize = 100;
const MOST_ROWS: usize = 1000;

pub(super) async fn mood(gateway: Data<Gateway>) -> HttpResponse {
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(gateway.0.temper.mood())
}

/// Takes a whole mood; what is not named is in good health.
pub(super) async fn set_mood(gateway: Data<Gateway>, body: Bytes) -> Result<HttpResponse, AppError> {
    let mood: Mood =
        serde_json::from_slice(&body).map_err(|e| AppError::bad(format!("This is no mood: {e}")))?;
    gateway.0.temper.change(mood.clone());
    Ok(HttpResponse::Ok().json(mood))
}

#[derive(Deserialize)]
pub(super) struct BooksQuery {
    #[serde(default)]
    after: u64,
    limit: Option<usize>,
}

/// Payments in the order they were made, and, on the first page, what all of them come to.
pub(super) async fn books(
    gateway: Data<Gateway>,
    query: Query<BooksQuery>,
) -> Result<HttpResponse, AppError> {
    let limit = query.limit.unwrap_or(ROWS).clamp(1, MOST_ROWS);
    let seen = gateway.0.look(|books| {
        let mut data = Vec::new();
        let mut last = 0;
        for intent in books.intents_after(query.after).take(limit) {
            data.push(row(intent));
            last = intent.n;
        }
        let more = data.len() == limit && books.intents_after(last).next().is_some();
        let totals = (query.after == 0).then(|| totals(books.intents_after(0)));
        json!({
            "sandbox": true,
            "data": data,
            "next": more.then_some(last),
            "totals": totals,
            "webhooks_waiting": books.deliveries_waiting(),
        })
    });
    let seen = seen.map_err(AppError::internal)?;
    Ok(HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(seen))
}

fn row(intent: &Intent) -> Value {
    json!({
        "id": intent.id,
        "created": intent.created.timestamp(),
        "metadata": intent.metadata,
        "status": intent.status.word(),
        "currency": intent.currency,
        "amount": intent.amount,
        "authorised": intent.authorised(),
        "held": intent.capturable(),
        "captured": intent.captured(),
        "refunded": intent.refunded(),
    })
}

fn totals<'a>(intents: impl Iterator<Item = &'a Intent>) -> Value {
    let (mut count, mut sums) = (0_u64, [Money::ZERO; 4]);
    for intent in intents {
        count += 1;
        let own = [intent.authorised(), intent.capturable(), intent.captured(), intent.refunded()];
        for (sum, amount) in sums.iter_mut().zip(own) {
            *sum = *sum + amount;
        }
    }
    let [authorised, held, captured, refunded] = sums;
    json!({ "count": count, "authorised": authorised, "held": held, "captured": captured, "refunded": refunded })
}
