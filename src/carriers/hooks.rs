//! Webhooks: a carrier's own words, kept before they are acted on.

use super::hear::{keep_unread, take_in};
use crate::app::App;
use crate::error::AppError;
use crate::outside::carrier::said;
use crate::outside::check_signature;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

/// The largest webhook that is read, in bytes.
pub const LONGEST_WORD: usize = 64 * 1024;

/// `POST /webhooks/carriers/{name}`. Answers 200 once the word and what follows from it are committed,
/// whatever it was; only what is not signed by that carrier, or is a recording, is refused. The same
/// word again is answered the same and does nothing.
///
/// # Errors
/// When the signature is not right, or the database does not answer: it will be sent again.
pub async fn hear(
    app: Data<App>,
    request: HttpRequest,
    name: Path<String>,
    body: Bytes,
) -> Result<HttpResponse, AppError> {
    let now = app.clock.now();
    let carrier = app.carriers.by_name(&name).ok_or(AppError::NotFound)?;
    let header = request.headers().get("carrier-signature").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if let Err(why) = check_signature(header, &body, carrier.webhook_secret(), now) {
        log::warn!("a webhook of {name} was refused: its signature is {why:?}");
        return Err(AppError::bad("This is for the shop's carriers only."));
    }
    let (name, raw) = (name.into_inner(), body);
    let body: Value = serde_json::from_slice(&raw).unwrap_or(Value::Null);
    let Some(heard) = said(&body) else {
        log::warn!("a webhook of {name} is no word about anything");
        app.db(move |conn| keep_unread(conn, &name, &raw, now)).await?;
        return Ok(HttpResponse::Ok().finish());
    };
    let id = heard.id.clone();
    let decision = app.db(move |conn| take_in(conn, &name, &heard, &body, now)).await?;
    log::info!("a carrier's word {id}: {decision}");
    Ok(HttpResponse::Ok().finish())
}
