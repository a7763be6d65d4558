//! Cancelling an order: first what will happen, then it happens.

use super::access::{Caller, address, open, private, voice};
use super::acting::back;
use super::code::{Act, prove};
use super::dossier::Dossier;
use super::said::Said;
use crate::cashier;
use crate::error::AppError;
use crate::ids::{Actor, OrderNumber};
use crate::lifecycle::CancelError;
use crate::orders::{CancelledWhy, OrderState};
use crate::storefront::{Layout, Shop, Visit, items_words};
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
    /// What is picked goes back.
    is_picked: bool,
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
    let (dossier, sight, viewer) = open(&shop, &request, &visit, &number, &voice).await?;
    if !sight.may_act() {
        return Ok(prove(&number, Act::Cancel));
    }
    if let Err(refused) = may_cancel(&dossier) {
        return Ok(back(&shop, &number, refused));
    }
    let title = format!("Cancel order {number}? · SmartShop");
    let page = CancellationPage {
        layout: Layout::new(&shop, shop.head(&title, "", "")),
        here: address(&number),
        number: number.to_string(),
        items: items_words(dossier.count()),
        window: voice.promised(&dossier),
        is_picked: dossier.story.goods.picking_at.is_some(),
        money: voice.if_cancelled(&dossier),
        until: voice.cancel_until(&dossier),
    };
    Ok(private(shop.answer_once(&request, &visit, StatusCode::OK, &page, &viewer)?))
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
    let (asked, there) = (number.clone(), voice.clone());
    let (dossier, sight) = shop.app.db(move |conn| caller.read(conn, &asked, &there)).await?;
    if !sight.may_act() {
        return Ok(prove(&number, Act::Cancel));
    }
    if let Err(refused) = may_cancel(&dossier) {
        return Ok(back(&shop, &number, refused));
    }
    let said =
        match cashier::cancel(&shop.app, dossier.order.id, CancelledWhy::Customer, Actor::Customer).await {
            Ok(_) => None,
            Err(CancelError::TooLate | CancelError::Paid) => Some(Said::TooLateToCancel),
            Err(CancelError::AskFirst(_)) => Some(Said::CannotCancelNow),
            Err(CancelError::Db(e)) => return Err(e.into()),
        };
    Ok(back(&shop, &number, said))
}

/// Else what is said instead; nothing of an order that is over, whose page says so.
fn may_cancel(dossier: &Dossier) -> Result<(), Option<Said>> {
    if dossier.order.state == OrderState::Cancelled {
        return Err(None);
    }
    if dossier.can_be_cancelled() { Ok(()) } else { Err(Some(Said::TooLateToCancel)) }
}
