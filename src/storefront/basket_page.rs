//! The basket's page, and what changes a basket from any page.

use super::fill::Viewer;
use super::layout::Layout;
use super::notice::Notice;
use super::parts::{LineView, TotalsBlock};
use super::shop::Shop;
use super::visit::Visit;
use crate::basket::{self, MAX_QUANTITY, SetError};
use crate::catalog;
use crate::clock;
use crate::error::AppError;
use crate::ids::Sku;
use crate::journeys::Kind;
use crate::web::{Counted, Effort, Sheet, redirect, render};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use serde_json::json;

#[derive(Template)]
#[template(path = "shop/basket.html")]
struct BasketPage {
    layout: Layout,
    lines: Vec<LineView>,
    /// Product and what changed, for the summary.
    changes: Vec<(String, String)>,
    totals: TotalsBlock,
    place_known: bool,
    next: String,
    fee_until: String,
    empty_words: String,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let viewer = shop.viewer(&visit).await?;
    let sheet = Sheet::new(&render(&page(&shop, &viewer))?, Effort::Once);
    Ok(shop.answer_filled(&request, &visit, StatusCode::OK, &sheet, &viewer))
}

fn page(shop: &Shop, viewer: &Viewer) -> BasketPage {
    let lines: Vec<LineView> = viewer.basket.lines.iter().map(LineView::new).collect();
    let of_lines = lines.iter().flat_map(|l| l.changes.iter().map(|c| (l.name.clone(), c.clone())));
    let changes = of_lines.chain(fee_change(viewer)).collect();
    let zone = shop.app.config.shop.zone;
    let spot = viewer.spot();
    BasketPage {
        layout: Layout::new(
            shop,
            shop.head("Basket · SmartShop", "What is in your basket, and what it comes to.", ""),
        ),
        changes,
        lines,
        totals: TotalsBlock::new(&viewer.basket, &viewer.totals),
        place_known: spot.is_some(),
        next: viewer.next_words(),
        fee_until: spot.map_or_else(String::new, |s| clock::time_label(zone, s.quote.valid_until)),
        empty_words: spot.map_or_else(
            || "Say where you live and see the fee and the next free time before you fill it.".to_owned(),
            |s| {
                format!(
                    "Delivery to {} is {}. Next free time: {}.",
                    s.place.short_name,
                    s.quote.fee_cents,
                    viewer.next_words()
                )
            },
        ),
    }
}

fn fee_change(viewer: &Viewer) -> Option<(String, String)> {
    let (old, spot) = (viewer.basket.old_fee()?, viewer.spot()?);
    let words = format!("The fee was {old} when you last saw it. It is {} now.", spot.quote.fee_cents);
    Some((format!("Delivery to {}", spot.place.label()), words))
}

#[derive(Deserialize)]
pub(super) struct LineForm {
    #[serde(default)]
    quantity: String,
}

impl LineForm {
    fn quantity(&self) -> Option<i32> {
        self.quantity.trim().parse::<i32>().ok().filter(|n| (0..=MAX_QUANTITY).contains(n))
    }
}

/// Sets how many of a product are wanted. Saying the same again changes nothing.
pub(super) async fn set_line(
    shop: Data<Shop>,
    visit: Visit,
    sku: Path<Sku>,
    form: Form<LineForm>,
) -> Result<HttpResponse, AppError> {
    let Some(quantity) = form.quantity() else {
        return Ok(redirect(visit.back(), [shop.notice_cookie(&Notice::NotAQuantity)]));
    };
    let (id, now, sku) = (visit.basket_or_new(), shop.app.clock.now(), sku.into_inner());
    let (product, outcome) = shop
        .app
        .db(move |conn| {
            let item = catalog::by_sku(conn, &sku, now)?;
            let outcome = basket::set_quantity(conn, id, &item, quantity, now);
            Ok::<_, AppError>((item.article.id.0, outcome))
        })
        .await?;
    shop.baskets.forget(id);
    let notice = match outcome {
        Ok(before) => {
            shop.count(Counted::BasketChanged);
            shop.step(
                &visit,
                Kind::BasketChanged,
                json!({"product": product, "from": before, "to": quantity}),
            );
            changed(product, before, quantity)
        }
        Err(SetError::OnlyLeft { available, .. }) => Some(Notice::OnlyLeft { product, available }),
        Err(SetError::Full) => Some(Notice::BasketFull),
        Err(SetError::Db(e)) => return Err(e.into()),
    };
    let cookies = notice.map(|n| shop.notice_cookie(&n)).into_iter().chain([shop.basket_cookie(id)]);
    Ok(redirect(visit.back(), cookies))
}

fn changed(product: i64, before: i32, quantity: i32) -> Option<Notice> {
    match (before, quantity) {
        (before, now) if before == now => None,
        (0, quantity) => Some(Notice::Added { product, quantity }),
        (before, 0) => Some(Notice::Removed { product, before }),
        (_, quantity) => Some(Notice::Changed { product, quantity }),
    }
}

/// The shopper has read what changed.
pub(super) async fn acknowledge(shop: Data<Shop>, visit: Visit) -> Result<HttpResponse, AppError> {
    if let Some(id) = visit.basket {
        let now = shop.app.clock.now();
        shop.app.db(move |conn| basket::acknowledge(conn, id, now)).await?;
        shop.baskets.forget(id);
    }
    Ok(redirect("/basket", []))
}
