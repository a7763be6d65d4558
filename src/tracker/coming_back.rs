//! Where the gateway sends browsers once their owner has approved, or has not.

use super::access::{Caller, address, private, voice};
use crate::cashier;
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::storefront::{Layout, Shop, Visit};
use crate::web::{Effort, Sheet, redirect, render};
use actix_web::http::StatusCode;
use actix_web::rt::time::timeout;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use std::time::Duration;

/// However silent the gateway is, the order's page opens by then.
const PATIENCE: Duration = Duration::from_secs(9);

#[derive(Template)]
#[template(path = "order/coming_back.html")]
struct ComingBackPage {
    layout: Layout,
}

/// Asks the gateway once, then goes to the order's page, which says what is known. In another
/// browser than the one that left it says the same of every number.
pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let asked = number.clone();
    let found = shop.app.db(move |conn| caller.find(conn, &asked, &voice)).await;
    let order = match found {
        Ok((order, _)) => order,
        Err(AppError::NotFound) => return neutral(&shop, &request, &visit).await,
        Err(e) => return Err(e),
    };
    if timeout(PATIENCE, cashier::look(&shop.app, order.id)).await.is_err() {
        log::warn!("the gateway did not answer in time about {number}");
    }
    Ok(private(redirect(&address(&number), [])))
}

async fn neutral(shop: &Shop, request: &HttpRequest, visit: &Visit) -> Result<HttpResponse, AppError> {
    let head = shop.head("Your payment is being looked at · SmartShop", "", "");
    let page = render(&ComingBackPage { layout: Layout::new(shop, head) })?;
    let viewer = shop.viewer(visit).await?;
    let sheet = Sheet::new(&page, Effort::Once);
    Ok(private(shop.answer_filled(request, visit, StatusCode::OK, &sheet, &viewer)))
}
