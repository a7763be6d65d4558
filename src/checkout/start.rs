//! The way in: as a guest first, or with an account.

use super::till::{Step, Till};
use super::views::{Frame, answer};
use crate::error::AppError;
use crate::storefront::{Notice, Shop, Visit};
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

#[derive(Template)]
#[template(path = "checkout/start.html")]
struct StartPage {
    frame: Frame,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let till = Till::read(&shop, &visit, Step::Delivery).await?;
    if let Some(elsewhere) = till.nothing_to_order(&shop, Step::Delivery) {
        return Ok(elsewhere);
    }
    if till.below_minimum() {
        return Ok(redirect("/basket", [shop.notice_cookie(&Notice::TooLittle)]));
    }
    // Who is on the way already, or known, is not asked again.
    if till.customer.is_some() || !till.draft.is_new {
        return Ok(redirect("/checkout/delivery", []));
    }
    let mut frame = Frame::new(&till, Step::Delivery, Vec::new());
    "Checkout · SmartShop".clone_into(&mut frame.title);
    answer(&shop, &request, &visit, StatusCode::OK, &StartPage { frame }, &till)
}
