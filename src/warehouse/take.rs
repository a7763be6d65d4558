//! Who has which order in hand: taking the next one, taking one by its row, putting it down.

use super::deed::with_order;
use super::way::{WALK, address};
use super::words;
use crate::error::AppError;
use crate::fulfilment;
use crate::ids::{OrderId, OrderNumber, Sku};
use crate::lifecycle;
use crate::orders;
use crate::staffroom::{Area, Said, Staffer, done};
use crate::storefront::Shop;
use actix_web::HttpResponse;
use actix_web::web::{Data, Form, Path};
use diesel::PgConnection;
use serde::Deserialize;

pub(super) const QUEUE: &str = "/warehouse";

/// Takes what is due first.
pub(super) async fn next(shop: Data<Shop>, who: Staffer) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let now = shop.app.clock.now();
    let taken = move |conn: &mut PgConnection| match lifecycle::take_next(conn, who.id, now) {
        Ok(Some(id)) => Ok(Ok(Some(orders::order(conn, id)?.number))),
        Ok(None) => Ok(Ok(None)),
        Err(e) => words::of_pick(conn, e).map(Err),
    };
    Ok(match shop.app.db(taken).await? {
        Ok(Some(number)) => done(&shop, &address(&number), &Said::good(format!("{number} is yours."))),
        Ok(None) => done(&shop, QUEUE, &Said::good("Nothing waits to be picked.")),
        Err(why) => done(&shop, QUEUE, &Said::bad(why)),
    })
}

/// Takes several small ones, to pick them in one walk.
pub(super) async fn batch(shop: Data<Shop>, who: Staffer) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let now = shop.app.clock.now();
    let taken = move |conn: &mut PgConnection| match lifecycle::take_batch(conn, who.id, now) {
        Ok(orders) => Ok::<_, AppError>(Ok(orders.len())),
        Err(e) => words::of_pick(conn, e).map(Err),
    };
    Ok(match shop.app.db(taken).await? {
        Ok(0) => done(&shop, QUEUE, &Said::good("No small order waits. Take the next one.")),
        Ok(n) => {
            let words = format!("{} in your trolley.", words::count(n, "order is", "orders are"));
            done(&shop, WALK, &Said::good(words))
        }
        Err(why) => done(&shop, QUEUE, &Said::bad(why)),
    })
}

/// Takes this one.
pub(super) async fn take(
    shop: Data<Shop>,
    who: Staffer,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let (number, now) = (number.into_inner(), shop.app.clock.now());
    let take =
        move |conn: &mut PgConnection, order: OrderId| lifecycle::start_picking(conn, order, who.id, now);
    Ok(match with_order(&shop, &number, take, words::of_pick).await?.done {
        Ok(()) => done(&shop, &address(&number), &Said::good(format!("{number} is yours."))),
        Err(why) => done(&shop, QUEUE, &Said::bad(why)),
    })
}

/// Puts it down again.
pub(super) async fn leave(
    shop: Data<Shop>,
    who: Staffer,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let (number, now) = (number.into_inner(), shop.app.clock.now());
    let leave =
        move |conn: &mut PgConnection, order: OrderId| lifecycle::leave_picking(conn, order, who.id, now);
    Ok(match with_order(&shop, &number, leave, words::of_pick).await?.done {
        Ok(()) => {
            let words =
                format!("{number} waits for the next picker. What you have picked of it stays picked.");
            done(&shop, QUEUE, &Said::good(words))
        }
        Err(why) => done(&shop, &address(&number), &Said::bad(why)),
    })
}

#[derive(Deserialize)]
pub(super) struct Scanned {
    #[serde(default)]
    pub(super) code: String,
}

/// Opens what was scanned in the queue: an order's number, a bag's label, a product.
pub(super) async fn scan(
    shop: Data<Shop>,
    who: Staffer,
    form: Form<Scanned>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let code = form.into_inner().code.trim().to_owned();
    let read = code.clone();
    let found = shop.app.read(move |conn| found(conn, &read)).await?;
    Ok(match found {
        Some(address) => crate::web::redirect(&address, []),
        None => done(&shop, QUEUE, &Said::bad(format!("“{code}” is no order, bag or product of ours."))),
    })
}

fn found(conn: &mut PgConnection, code: &str) -> Result<Option<String>, AppError> {
    if let Some(id) = bag(conn, code)? {
        return Ok(Some(address(&orders::order(conn, id)?.number)));
    }
    if let Ok(number) = OrderNumber::try_from(code.to_owned()) {
        match orders::order_by_number(conn, &number) {
            Ok(order) => return Ok(Some(address(&order.number))),
            Err(diesel::result::Error::NotFound) => {}
            Err(e) => return Err(e.into()),
        }
    }
    let Ok(sku) = Sku::try_from(code.to_owned()) else { return Ok(None) };
    let ware = crate::catalog::ware_by_sku(conn, &sku)?;
    Ok(ware.map(|ware| format!("/warehouse/stock/{}", ware.sku)))
}

fn bag(conn: &mut PgConnection, code: &str) -> Result<Option<OrderId>, AppError> {
    Ok(fulfilment::order_of_bag(conn, &code.to_ascii_uppercase())?)
}
