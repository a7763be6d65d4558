//! Webhooks: the gateway's own words, kept before they are acted on.

use super::declined;
use crate::app::App;
use crate::error::AppError;
use crate::lifecycle::{self, Source};
use crate::outside::check_signature;
use crate::outside::gateway::{Said, Word, word};
use crate::payments::{self, Decision};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Duration, Utc};
use diesel::PgConnection;
use diesel::prelude::*;
use serde_json::{Value, json};

/// The largest webhook that is read, in bytes.
pub const LONGEST_WORD: usize = 256 * 1024;
const AT_ONCE: i64 = 50;
/// What we never read.
const PRIVATE: [&str; 5] = ["client_secret", "billing_details", "shipping", "receipt_email", "owner"];
/// A word about something we have not heard of for so long is somebody else's.
const NOT_OURS_AFTER: Duration = Duration::days(7);

/// `POST /webhooks/payments`. Answers 200 once the word and what follows from it are committed,
/// whatever it was; only what is not signed by the gateway is refused.
///
/// # Errors
/// When the signature is not right, or the database does not answer: it will be sent again.
pub async fn hear(app: Data<App>, request: HttpRequest, body: Bytes) -> Result<HttpResponse, AppError> {
    let now = app.clock.now();
    let gateway = app.gateway.as_ref().ok_or(AppError::NotFound)?;
    let header = request.headers().get("stripe-signature").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if let Err(why) = check_signature(header, &body, gateway.webhook_secret(), now) {
        log::warn!("a webhook was refused: its signature is {why:?}");
        return Err(AppError::bad("This is for the payment gateway only."));
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let Some(heard) = word(&body) else {
        log::warn!("a webhook of the gateway's is no event");
        return Ok(HttpResponse::Ok().finish());
    };
    let (id, kind) = (heard.id.clone(), heard.kind.clone());
    let signer = app.signer.clone();
    let decision = app
        .db(move |conn| {
            let decided = take_in(conn, &heard, &body, now)?;
            if let Said::Intent(intent) = &heard.said {
                declined::count(conn, &signer, intent, decided, now)?;
            }
            Ok::<_, AppError>(decided)
        })
        .await?;
    log::info!("webhook {id} ({kind}): {decision}");
    Ok(HttpResponse::Ok().finish())
}

/// Keeps a word and acts on it, in one transaction.
fn take_in(conn: &mut PgConnection, heard: &Word, body: &Value, now: DateTime<Utc>) -> QueryResult<Decision> {
    conn.transaction(|conn| {
        let intent = match &heard.said {
            Said::Intent(intent) => Some(intent.id.as_str()),
            Said::Refund(refund) => refund.intent.as_deref(),
            Said::Other => None,
        };
        let kept = spare(body, &heard.said);
        let before = payments::keep_word(conn, (&heard.id, &heard.kind, intent), &kept, now)?;
        if before != Decision::Waiting {
            return Ok(Decision::AlreadyTrue);
        }
        let decision = decide(conn, heard, now)?;
        payments::decide_word(conn, &heard.id, decision, now)?;
        Ok(decision)
    })
}

/// What is kept of a word until it is decided: of what we do not follow nothing, of the rest neither the key
/// with which a browser could pay nor who pays.
fn spare(body: &Value, said: &Said) -> Value {
    match said {
        Said::Other => json!({}),
        Said::Intent(_) | Said::Refund(_) => {
            let mut kept = body.clone();
            strip(&mut kept);
            kept
        }
    }
}

/// Wherever they stand in it.
fn strip(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !PRIVATE.contains(&name.as_str()));
            fields.values_mut().for_each(strip);
        }
        Value::Array(all) => all.iter_mut().for_each(strip),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn decide(conn: &mut PgConnection, heard: &Word, now: DateTime<Utc>) -> QueryResult<Decision> {
    match &heard.said {
        Said::Intent(intent) => lifecycle::payment_settled(conn, intent, Source::Webhook, now),
        Said::Refund(refund) => lifecycle::refund_settled(conn, refund, now),
        Said::Other => Ok(Decision::NotOurs),
    }
}

/// Acts on words that came before what they are about (P4). Says how many found it.
///
/// # Errors
/// When the database does not answer.
pub async fn settle_waiting(app: &App) -> Result<usize, AppError> {
    let now = app.clock.now();
    app.db(move |conn| {
        let mut found = 0;
        for id in payments::waiting_words(conn, AT_ONCE)? {
            found += usize::from(settle_word(conn, &id, now)?);
        }
        Ok::<_, AppError>(found)
    })
    .await
}

fn settle_word(conn: &mut PgConnection, id: &str, now: DateTime<Utc>) -> QueryResult<bool> {
    conn.transaction(|conn| {
        let Some((body, received)) = payments::lock_waiting_word(conn, id)? else { return Ok(false) };
        let decided = match word(&body) {
            Some(heard) => decide(conn, &heard, now)?,
            None => Decision::NotOurs,
        };
        let old = now - received > NOT_OURS_AFTER;
        let decided = if decided == Decision::Waiting && old { Decision::NotOurs } else { decided };
        if decided == Decision::Waiting {
            return Ok(false);
        }
        payments::decide_word(conn, id, decided, now)?;
        log::info!("webhook {id}, which had waited: {decided}");
        Ok(true)
    })
}
