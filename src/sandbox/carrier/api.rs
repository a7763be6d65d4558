//! The protocol's door: a key, faults, and answers in JSON.

use super::house::{Carrier, No};
use super::label;
use super::model::{Shipment, Wanted};
use crate::sandbox::gateway::{Fate, no_answer};
use crate::web::OwnWords;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::rt::time::sleep;
use actix_web::web::{Bytes, Data, PayloadConfig, ServiceConfig, resource, route};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use std::time::Duration;

const BODY_BYTES: usize = 64 * 1024;

/// The protocol under `/carrier/v1/`.
pub fn api(carrier: Carrier) -> impl FnOnce(&mut ServiceConfig) {
    move |cfg| {
        cfg.service(
            resource("/carrier/v1/{path:.*}")
                .app_data(Data::new(carrier))
                .app_data(PayloadConfig::new(BODY_BYTES))
                .route(route().to(call)),
        );
    }
}

/// One call, read whole, so that it can be carried out when nobody waits for it any more.
struct Call {
    method: String,
    path: String,
    query: String,
    key: String,
    body: Bytes,
}

enum Answer {
    Json(u16, Value),
    Label(Vec<u8>),
}

async fn call(carrier: Data<Carrier>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let bearer = format!("Bearer {}", carrier.0.settings.key);
    let given = request.headers().get(AUTHORIZATION).and_then(|v| v.to_str().ok());
    if given != Some(bearer.as_str()) {
        return respond(refusal(401, "This is the sandbox carrier, and it does not know this key."));
    }
    let key = request.headers().get("idempotency-key").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let call = Call {
        method: request.method().as_str().to_owned(),
        path: request.path().trim_start_matches("/carrier/v1/").to_owned(),
        query: request.query_string().to_owned(),
        key: key.to_owned(),
        body,
    };
    with_faults(carrier.get_ref().clone(), call).await
}

async fn with_faults(carrier: Carrier, call: Call) -> HttpResponse {
    match carrier.0.temper.fate() {
        Fate::Fine => respond(answer(&carrier, &call)),
        Fate::TooMany => respond(refusal(429, "Too many calls. The sandbox was told to say so.")),
        Fate::Broken | Fate::BrokenAfter => {
            respond(refusal(500, "Something went wrong. The sandbox was told to fail."))
        }
        Fate::Silent { seconds } => {
            // Done even if nobody waits for it any more: its own task does not end with the connection.
            let late = actix_web::rt::spawn(async move {
                sleep(Duration::from_secs(seconds)).await;
                answer(&carrier, &call)
            });
            late.await.map_or_else(|_| respond(refusal(500, "The sandbox was stopped meanwhile.")), respond)
        }
        Fate::Lost { seconds } => {
            drop(answer(&carrier, &call));
            sleep(Duration::from_secs(seconds)).await;
            no_answer()
        }
    }
}

fn answer(carrier: &Carrier, call: &Call) -> Answer {
    let parts: Vec<&str> = call.path.split('/').collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("POST", ["shipments"]) => book(carrier, call),
        ("GET", ["shipments"]) => {
            let key = form_urlencoded::parse(call.query.as_bytes()).find(|(name, _)| name == "key");
            let found = key.and_then(|(_, key)| carrier.0.find_by_key(&key));
            let all: Vec<Value> = found.iter().map(|s| view(carrier, s)).collect();
            Answer::Json(200, json!({ "sandbox": true, "shipments": all }))
        }
        ("GET", ["shipments", id]) => shown(carrier, carrier.0.find(id).ok_or(No::Unknown)),
        ("GET", ["shipments", id, "label"]) => match carrier.0.find(id) {
            Some(shipment) => Answer::Label(label::pdf(&shipment)),
            None => shown(carrier, Err(No::Unknown)),
        },
        ("POST", ["shipments", id, "cancellation"]) => shown(carrier, carrier.0.cancel(id)),
        _ => refusal(404, "There is no such address at the sandbox carrier."),
    }
}

fn book(carrier: &Carrier, call: &Call) -> Answer {
    if call.key.is_empty() || call.key.len() > 100 {
        return refusal(400, "A booking needs an idempotency-key of up to 100 characters.");
    }
    match serde_json::from_slice::<Wanted>(&call.body) {
        Ok(wanted) => shown(carrier, carrier.0.book(&call.key, wanted)),
        Err(e) => refusal(400, &format!("This is no booking: {e}")),
    }
}

fn view(carrier: &Carrier, shipment: &Shipment) -> Value {
    shipment.view(&carrier.0.settings.public_base)
}

fn shown(carrier: &Carrier, found: Result<Shipment, No>) -> Answer {
    match found {
        Ok(shipment) => Answer::Json(200, view(carrier, &shipment)),
        Err(No::Unknown) => refusal(404, "The sandbox carrier has no such shipment."),
        Err(No::TooLate) => refusal(409, "It is too late: it was collected."),
        Err(No::Refused) => refusal(422, "The sandbox carrier does not take it on."),
        Err(No::Broken) => refusal(500, "The sandbox carrier cannot write its books."),
    }
}

fn refusal(status: u16, words: &str) -> Answer {
    Answer::Json(status, json!({ "sandbox": true, "error": { "message": words } }))
}

fn respond(answer: Answer) -> HttpResponse {
    let (status, kind, body) = match answer {
        Answer::Json(status, body) => (status, "application/json", body.to_string().into_bytes()),
        Answer::Label(body) => (200, "application/pdf", body),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.content_type(kind).insert_header(("cache-control", "no-store"));
    response.insert_header(("x-sandbox", "nothing is brought"));
    let mut response = response.body(body);
    // What the front door would say instead is meant for people.
    response.extensions_mut().insert(OwnWords);
    response
}
