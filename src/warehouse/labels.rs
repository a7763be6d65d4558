//! What is stuck on the bags. For a printer, and readable on a phone.

use super::code128::{Bars, bars};
use super::dossier::Dossier;
use super::words;
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::staffroom::{Area, Room, Staffer, answer};
use crate::storefront::Shop;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

struct Label {
    code: String,
    number: i32,
    word: &'static str,
    icon: &'static str,
    bars: Option<Bars>,
}

#[derive(Template)]
#[template(path = "warehouse/labels.html")]
struct LabelsPage {
    room: Room,
    number: String,
    here: String,
    window: String,
    labels: Vec<Label>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let number = number.into_inner();
    let dossier = shop.app.read(move |conn| Dossier::read(conn, &number)).await?;
    let (order, number) = (&dossier.order, dossier.order.number.to_string());
    let labels = dossier.bags.iter().map(|bag| {
        let (word, icon) = words::storage(bag.storage);
        Label { bars: bars(&bag.code), code: bag.code.clone(), number: bag.number, word, icon }
    });
    let page = LabelsPage {
        room: who.room(Some(Area::Warehouse), &format!("Labels of {number}")),
        here: format!("/warehouse/orders/{number}"),
        window: words::window(&shop, order.window_starts_at, order.window_ends_at),
        labels: labels.collect(),
        number,
    };
    answer(&shop, &request, StatusCode::OK, &page)
}
