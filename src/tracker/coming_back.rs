//! Where the gateway sends browsers once their owner has approved, or has not; and where somebody
//! goes who wants to know now.

use super::access::{Caller, address, private};
use crate::app::App;
use crate::cashier::{self, Outcome};
use crate::checkout;
use crate::error::AppError;
use crate::ids::{OrderId, OrderNumber};
use crate::storefront::{Layout, Shop, Visit};
use crate::throttle::{self, Key, Limited};
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::rt::time::timeout;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::time::Duration;

/// However silent the gateway is, the order's page opens by then.
const PATIENCE: Duration = Duration::from_secs(9);
/// The gateway is asked about one order only so often, whoever looks.
const NOT_AGAIN_FOR: chrono::Duration = chrono::Duration::seconds(3);

#[derive(Template)]
#[template(path = "order/coming_back.html")]
struct ComingBackPage {
    layout: Layout,
}

/// Asks the gateway, if nobody has just done so, and goes to the order's page, which says what is
/// known. In another browser than the one that left, it says the same of every number, however
/// often.
pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, now) = (number.into_inner(), shop.app.clock.now());
    let caller = Caller::of(&shop, &request, &visit).await?;
    let (asked, app, there) = (number.clone(), shop.app.clone(), caller.clone());
    let found = shop
        .app
        .db(move |conn| match there.look(conn, &asked, now)? {
            Some(found) => {
                let is_first = is_first(conn, &app, found.0.id, now)?;
                Ok::<_, AppError>(Some((found, is_first)))
            }
            None => Ok(None),
        })
        .await?;
    let Some(((order, sight), is_first)) = found else { return neutral(&shop, &request, &visit).await };
    if is_first {
        match timeout(PATIENCE, cashier::look(&shop.app, order.id)).await {
            Ok(Outcome::Authorised) if sight.may_act() => {
                let (basket, own) = (caller.keys_of_basket(order.basket_id), caller.keys(number.as_ref()));
                checkout::came_back_well(&shop, order.id, basket, own).await;
            }
            Ok(_) => {}
            Err(_) => log::warn!("the gateway did not answer in time about {number}"),
        }
    }
    Ok(private(redirect(&address(&number), [])))
}

/// Whoever presses "look now" again and again hears what is known, and the gateway has its peace.
fn is_first(conn: &mut PgConnection, app: &App, order: OrderId, now: DateTime<Utc>) -> QueryResult<bool> {
    let key = Key::subject(&app.signer, "look", &order.to_string());
    throttle::first_within(conn, Limited::OrderLookup, &key, NOT_AGAIN_FOR, now)
}

/// As on all pages of orders, to a stranger there is none. Whoever came to another browser than they
/// left in reads how to go on.
async fn neutral(shop: &Shop, request: &HttpRequest, visit: &Visit) -> Result<HttpResponse, AppError> {
    let head = shop.head("Your payment is being looked at · SmartShop", "", "");
    let page = ComingBackPage { layout: Layout::new(shop, head) };
    let viewer = shop.viewer(visit).await?;
    Ok(private(shop.answer_once(request, visit, StatusCode::NOT_FOUND, &page, &viewer)?))
}
