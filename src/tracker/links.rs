//! The links that open an order, and shutting them.

use super::access::{Caller, address, private, voice};
use super::acting::back;
use super::said::Said;
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::lifecycle;
use crate::orders;
use crate::storefront::{Layout, Shop, Viewer, Visit};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

#[derive(Template)]
#[template(path = "order/links.html")]
struct LinksPage {
    layout: Layout,
    number: String,
    here: String,
    count: i64,
    until: String,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let (asked, there, load) = (number.clone(), voice.clone(), Viewer::loader(&shop, &visit));
    let (sight, (count, until), viewer) = shop
        .app
        .db(move |conn| {
            let (order, sight) = caller.find(conn, &asked, &there)?;
            Ok::<_, AppError>((sight, orders::open_links_of(conn, order.id, there.now)?, load(conn)?))
        })
        .await?;
    if !sight.is_owner() {
        return Ok(back(&shop, &number, Said::OwnerShuts));
    }
    let page = LinksPage {
        layout: Layout::new(&shop, shop.head(&format!("Links to order {number} · SmartShop"), "", "")),
        here: address(&number),
        number: number.to_string(),
        count,
        until: until.map_or_else(String::new, |at| voice.time(at)),
    };
    Ok(private(shop.answer_once(&request, &visit, StatusCode::OK, &page, &viewer)?))
}

/// Shuts all links made so far. Open streams of theirs end, too.
pub(super) async fn revoke(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let asked = number.clone();
    let said = shop
        .app
        .db(move |conn| {
            let (order, sight) = caller.find(conn, &asked, &voice)?;
            if !sight.is_owner() {
                return Ok(Said::OwnerShuts);
            }
            lifecycle::revoke_links(conn, order.id, voice.now)?;
            Ok::<_, AppError>(Said::LinksShut)
        })
        .await?;
    Ok(back(&shop, &number, said))
}
