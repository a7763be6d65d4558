//! Everything of an order back into the basket: what is there of it, never more than there is,
//! and what is in the basket already stays.

use super::access::{Caller, address, private, voice};
use crate::basket::{self, MAX_QUANTITY, SetError, Wish};
use crate::catalog;
use crate::error::AppError;
use crate::ids::{BasketId, OrderNumber, ProductId};
use crate::orders::{self, OrderLine};
use crate::storefront::{Layout, Shop, Viewer, Visit, items_words};
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use diesel::PgConnection;

#[derive(Template)]
#[template(path = "order/put_back.html")]
struct PutBackPage {
    layout: Layout,
    number: String,
    here: String,
    title: String,
    all: bool,
    /// Name, and what there is of it.
    missing: Vec<(String, String)>,
}

/// Adds what is there. The same once more adds nothing: what is wanted is the larger of what
/// lies in the basket and what was ordered.
pub(super) async fn put(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let (asked, basket, valid_for) = (number.clone(), visit.basket_or_new(), shop.quote_valid_for());
    shop.app
        .db(move |conn| {
            let (order, _) = caller.find(conn, &asked, &voice)?;
            let lines = orders::lines(conn, order.id)?;
            let wanted: Vec<_> = lines.iter().map(|l| (l.product_id, l.quantity)).collect();
            add(conn, basket, &wanted, valid_for, voice.now)
        })
        .await?;
    shop.baskets.forget(basket);
    let there = format!("{}/basket", address(&number));
    Ok(private(redirect(&there, [shop.basket_cookie(basket)])))
}

/// Puts so many of each into a basket, never more than there are, and takes nothing out of it.
pub(super) fn add(
    conn: &mut PgConnection,
    basket: BasketId,
    wanted: &[(ProductId, i32)],
    quote_valid_for: Duration,
    now: DateTime<Utc>,
) -> Result<(), AppError> {
    let ids: Vec<i64> = wanted.iter().map(|(product, _)| product.0).collect();
    let items = catalog::by_ids(conn, &ids, now)?;
    let before = basket::load(conn, basket, quote_valid_for, now)?;
    for (product, units) in wanted {
        let Some(item) = items.iter().find(|i| i.article.id == *product) else { continue };
        let have = before.as_ref().map_or(0, |b| b.quantity_of(product.0));
        let units = (*units).min(item.available()).min(MAX_QUANTITY).max(have);
        match basket::set_quantity(conn, basket, item, Wish::exactly(units), now) {
            Ok(_) | Err(SetError::OnlyLeft { .. } | SetError::Full) => {}
            Err(SetError::Db(e)) => return Err(e.into()),
        }
    }
    Ok(())
}

/// How much of the order lies in the basket now, and what does not, by name.
pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let load = Viewer::loader(&shop, &visit);
    let asked = number.clone();
    let (lines, viewer) = shop
        .app
        .db(move |conn| {
            let (order, _) = caller.find(conn, &asked, &voice)?;
            Ok::<_, AppError>((orders::lines(conn, order.id)?, load(conn)?))
        })
        .await?;
    let there = |line: &OrderLine| viewer.basket.quantity_of(line.product_id.0).min(line.quantity);
    let missing: Vec<(String, String)> = lines
        .iter()
        .filter(|line| there(line) < line.quantity)
        .map(|line| (line.name.clone(), missing_words(line, there(line))))
        .collect();
    let (count, all): (i32, i32) =
        (lines.iter().map(there).sum(), lines.iter().map(|line| line.quantity).sum());
    let title = if missing.is_empty() {
        format!("All {} are in your basket", items_words(all))
    } else {
        format!("{count} of {} are in your basket", items_words(all))
    };
    let page = PutBackPage {
        layout: Layout::new(&shop, shop.head(&format!("{title} · SmartShop"), "", "")),
        here: address(&number),
        number: number.to_string(),
        all: missing.is_empty(),
        title,
        missing,
    };
    Ok(private(shop.answer_once(&request, &visit, StatusCode::OK, &page, &viewer)?))
}

fn missing_words(line: &OrderLine, there: i32) -> String {
    if there == 0 {
        "not there at the moment".to_owned()
    } else {
        format!("{there} of {} in your basket: there are no more", line.quantity)
    }
}
