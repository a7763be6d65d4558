//! Who one is here, and what one may open.

use crate::error::AppError;
use crate::staff;
use crate::staffroom::{Area, Room, Staffer, answer, may_see_undone, undone_count};
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
    /// Who wait for an admin's decision; of others nobody does.
    waiting: i64,
    /// What was given up and waits for them; of what others see to, nothing.
    undone: i64,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
) -> Result<HttpResponse, AppError> {
    let decides = Area::People.is_open_to(who.role);
    let waiting = if decides { shop.app.read(staff::waiting_count).await? } else { 0 };
    let sees = may_see_undone(&who).is_ok();
    let undone = if sees { shop.app.read(undone_count).await? } else { 0 };
    let room = who.room(None, "Your page");
    let page = HomePage { room, email: who.email, opens: who.role.opens(), waiting, undone };
    answer(&shop, &request, StatusCode::OK, &page)
}
