//! The protocol's door: keys, faults, and answers in JSON.

use super::calls::Call;
use super::draft::API_VERSION;
use super::form::Fields;
use super::house::{Answer, Gateway, Inner};
use super::model::new_id;
use super::mood::Fate;
use super::refusal::Refusal;
use crate::web::OwnWords;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::rt::time::sleep;
use actix_web::web::{Bytes, Data, PayloadConfig, ServiceConfig, resource, route};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

const BODY_BYTES: usize = 256 * 1024;
const KEY_LENGTH: usize = 255;

/// The protocol under `/v1/`.
pub fn api(gateway: Gateway) -> impl FnOnce(&mut ServiceConfig) {
    move |cfg| {
        cfg.service(
            resource("/v1/{path:.*}")
                .app_data(Data::new(gateway))
                .app_data(PayloadConfig::new(BODY_BYTES))
                .route(route().to(call)),
        );
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Server,
    Page,
}

async fn call(gateway: Data<Gateway>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let path = request.path().trim_start_matches("/v1/").trim_end_matches('/').to_owned();
    match prepare(&gateway, &request, &body, path) {
        Ok((call, Role::Page)) => respond(&gateway.0.answer(&call)),
        Ok((call, Role::Server)) => with_faults(&gateway, call).await,
        Err(refusal) => respond(&refusal.into()),
    }
}

/// The card frame's own way to `POST /v1/payment_methods`, where only the pages are served.
pub(super) async fn tokens(gateway: Data<Gateway>, request: HttpRequest, body: Bytes) -> HttpResponse {
    match prepare(&gateway, &request, &body, "payment_methods".to_owned()) {
        Ok((call, _)) => respond(&gateway.0.answer(&call)),
        Err(refusal) => respond(&refusal.into()),
    }
}

fn prepare(
    gateway: &Gateway,
    request: &HttpRequest,
    body: &[u8],
    path: String,
) -> Result<(Call, Role), Refusal> {
    let role = role(&gateway.0, request)?;
    let method = request.method().as_str().to_owned();
    let writes = method == "POST";
    if role == Role::Page && !(writes && path == "payment_methods") {
        return Err(Refusal::secret_key_required());
    }
    let fields = Fields::read(if writes { body } else { request.query_string().as_bytes() });
    let key = request.headers().get("idempotency-key").filter(|_| writes);
    let key = key.map(|key| key.to_str().unwrap_or_default().to_owned());
    if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > KEY_LENGTH) {
        let words = "An idempotency key has 1 to 255 plain characters.";
        return Err(Refusal::invalid(None, "", words));
    }
    Ok((Call { method, path, fields, key }, role))
}

fn role(inner: &Inner, request: &HttpRequest) -> Result<Role, Refusal> {
    let given = request.headers().get(AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(key_of);
    let Some(key) = given else {
        return Err(Refusal::unauthorised(
            "You did not provide an API key. Send it as 'Authorization: Bearer YOUR_SECRET_KEY'. This is the sandbox gateway.",
        ));
    };
    if key == inner.settings.secret_key {
        Ok(Role::Server)
    } else if key == inner.settings.publishable_key {
        Ok(Role::Page)
    } else {
        let start: String = key.chars().take(10).collect();
        Err(Refusal::unauthorised(format!(
            "Invalid API Key provided: {start}***. This is the sandbox gateway."
        )))
    }
}

/// The key of `Bearer key`, or of `Basic base64(key:)`.
fn key_of(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let plain = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    plain.split_once(':').map(|(key, _)| key.to_owned())
}

async fn with_faults(gateway: &Gateway, call: Call) -> HttpResponse {
    if let Err(refusal) = gateway.0.check_free(&call) {
        return respond(&refusal.into());
    }
    match gateway.0.temper.fate() {
        Fate::Fine => respond(&gateway.0.answer(&call)),
        Fate::TooMany => respond(&Refusal::too_many().into()),
        // What is made anew is known by nothing but its key: of that nothing is kept.
        Fate::BrokenAfter if call.object().is_some() => respond(&gateway.0.answer_broken(&call)),
        Fate::Broken | Fate::BrokenAfter => respond(&Refusal::told_to_fail().into()),
        Fate::Silent { seconds } => silent(gateway, call, seconds).await,
        Fate::Lost { seconds } => {
            gateway.0.answer(&call);
            sleep(Duration::from_secs(seconds)).await;
            no_answer()
        }
    }
}

/// Hangs, then does what was asked even if nobody waits for it any more: its own task, which
/// does not end with the connection.
async fn silent(gateway: &Gateway, call: Call, seconds: u64) -> HttpResponse {
    let busy = gateway.0.occupy(&call);
    let inner = gateway.0.clone();
    let late = actix_web::rt::spawn(async move {
        sleep(Duration::from_secs(seconds)).await;
        let answer = inner.answer(&call);
        drop(busy);
        answer
    });
    match late.await {
        Ok(answer) => respond(&answer),
        Err(_) => respond(&Refusal::broken("The sandbox was stopped meanwhile.").into()),
    }
}

fn respond(answer: &Answer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response
        .content_type("application/json")
        .insert_header(("cache-control", "no-store"))
        .insert_header(("request-id", new_id("req")))
        .insert_header(("stripe-version", API_VERSION))
        .insert_header(("x-sandbox", "no real money"));
    if answer.replayed {
        response.insert_header(("idempotent-replayed", "true"));
    }
    let mut response = response.body(answer.body.clone());
    // What the front door would say instead is meant for people.
    response.extensions_mut().insert(OwnWords);
    response
}

/// Closes the connection before a byte of an answer is sent.
pub(in crate::sandbox) fn no_answer() -> HttpResponse {
    HttpResponse::Ok().body(Lost)
}

/// A body that fails at once: the head of its answer never leaves the buffer.
struct Lost;

impl MessageBody for Lost {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(1)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, io::Error>>> {
        Poll::Ready(Some(Err(io::Error::other("the sandbox was told to lose this answer"))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_as_bearer_or_as_the_name_of_basic() {
        assert_eq!(key_of("Bearer sk_sandbox_1").as_deref(), Some("sk_sandbox_1"));
        assert_eq!(key_of("basic c2tfc2FuZGJveF8xOg==").as_deref(), Some("sk_sandbox_1"));
        for bad in ["", "Bearer", "Digest x", "Basic ###", "Basic c2s="] {
            assert_eq!(key_of(bad), None, "{bad}");
        }
    }
}
