//! Cancelling an order: first what will happen, then it happens.

use super::access::{Caller, Sight, address, private, voice};
use super::dossier::Dossier;
use super::said::Said;
use crate::cashier;
use crate::error::AppError;
use crate::ids::{Actor, OrderNumber};
use crate::lifecycle::CancelError;
use crate::orders::{CancelledWhy, Order};
use crate::storefront::{Layout, Shop, Viewer, Visit, items_words};
use crate::web::{Effort, Sheet, redirect, render};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

#[derive(Template)]
#[template(path = "order/cancellation.html")]
struct CancellationPage {
    layout: Layout,
    number: String,
    here: String,
    items: String,
    window: String,
    money: String,
    until: String,
}

pub(super) async fn ask(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let load = Viewer::loader(&shop, &visit);
    let (asked, voice_there) = (number.clone(), voice.clone());
    let (dossier, viewer) = shop
        .app
        .db(move |conn| {
            let (order, _) = caller.find(conn, &asked, &voice_there)?;
            Ok::<_, AppError>((Dossier::read(conn, order)?, load(conn)?))
        })
        .await?;
    if !dossier.order.can_be_cancelled() {
        return Ok(private(redirect(&address(&number), [])));
    }
    let title = format!("Cancel order {number}? · SmartShop");
    let page = CancellationPage {
        layout: Layout::new(&shop, shop.head(&title, "", "")),
        here: address(&number),
        number: number.to_string(),
        items: items_words(dossier.count()),
        window: voice.window(&dossier.order),
        money: voice.if_cancelled(&dossier),
        until: voice.cancel_until(&dossier),
    };
    let sheet = Sheet::new(&render(&page)?, Effort::Once);
    Ok(private(shop.answer_filled(&request, &visit, StatusCode::OK, &sheet, &viewer)))
}

/// Cancels. Doing it again changes nothing; the order's page says what becomes of the money.
pub(super) async fn cancel(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let asked = number.clone();
    let (order, _): (Order, Sight) = shop.app.db(move |conn| caller.find(conn, &asked, &voice)).await?;
    let said = match cashier::cancel(&shop.app, order.id, CancelledWhy::Customer, Actor::Customer).await {
        Ok(_) => None,
        Err(CancelError::TooLate | CancelError::Paid) => Some(Said::TooLateToCancel),
        Err(CancelError::AskFirst(_)) => Some(Said::CannotCancelNow),
        Err(CancelError::Db(e)) => return Err(e.into()),
    };
    let cookie = said.map(|said| said.cookie(&shop, &number));
    Ok(private(redirect(&address(&number), cookie)))
}
