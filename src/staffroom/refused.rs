//! What is answered to those who may not.

use super::room::Room;
use super::who::Staffer;
use crate::error::{AppError, Finished};
use crate::staff::Area;
use crate::web::render;
use actix_web::http::StatusCode;
use askama::Template;

/// To the sign-in, and from there to where one wanted.
pub(super) fn sign_in_first(then: &str) -> AppError {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let query = query.append_pair("then", then).finish();
    finished(Finished::Elsewhere(format!("/staff/sign-in?{query}")))
}

/// The same for a script.
pub(super) fn nobody() -> AppError {
    let words = serde_json::json!({"error": "sign_in", "words": "You are not signed in any more."});
    finished(Finished::Data(StatusCode::UNAUTHORIZED, words.to_string()))
}

pub(super) fn data(area: Area) -> AppError {
    let words = serde_json::json!({"error": "not_allowed", "words": area.who_can()});
    finished(Finished::Data(StatusCode::FORBIDDEN, words.to_string()))
}

#[derive(Template)]
#[template(path = "staff/refused.html")]
struct RefusedPage {
    room: Room,
    who_can: String,
}

pub(super) fn page(who: &Staffer, area: Area) -> AppError {
    let room = who.room(None, "This is not for you");
    match render(&RefusedPage { room, who_can: area.who_can() }) {
        Ok(page) => finished(Finished::Page(StatusCode::FORBIDDEN, page)),
        Err(e) => e,
    }
}

fn finished(finished: Finished) -> AppError {
    AppError::Answered(Box::new(finished))
}
