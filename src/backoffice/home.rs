//! Who one is here, and what one may open.

use crate::error::AppError;
use crate::staffroom::{Room, Staffer, answer};
use crate::storefront::Shop;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

#[derive(Template)]
#[template(path = "staff/home.html")]
struct HomePage {
    room: Room,
    email: String,
    opens: &'static str,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
) -> Result<HttpResponse, AppError> {
    let page = HomePage { room: who.room(None, "Your page"), email: who.email, opens: who.role.opens() };
    answer(&shop, &request, StatusCode::OK, &page)
}
