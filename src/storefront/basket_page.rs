//! The basket's page, and what changes a basket from any page.

use super::fill::Viewer;
use super::layout::Layout;
use super::notice::Notice;
use super::parts::{LineView, TotalsBlock, line_changes};
use super::shop::Shop;
use super::visit::Visit;
use crate::basket::{self, Changed, MAX_QUANTITY, SetError, Wish};
use crate::catalog;
use crate::clock;
use crate::error::AppError;
use crate::ids::Sku;
use crate::journeys::Kind;
use crate::web::{Counted, redirect};
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
    shop.answer_once(&request, &visit, StatusCode::OK, &page(&shop, &viewer), &viewer)
}

fn page(shop: &Shop, viewer: &Viewer) -> BasketPage {
    let lines: Vec<LineView> =
        viewer.basket.lines.iter().map(|l| LineView::new(l, viewer.is_signed_in())).collect();
    let changes = changes_of(viewer);
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

/// Everything that has changed since the shopper last saw it: what, and how.
pub(crate) fn changes_of(viewer: &Viewer) -> Vec<(String, String)> {
    let of_line = |line: &basket::Line| {
        let name = line.item.article.name.clone();
        line_changes(line).into_iter().map(move |words| (name.clone(), words))
    };
    viewer.basket.lines.iter().flat_map(of_line).chain(delivery_changes(viewer)).collect()
}

/// What has changed about delivery since it was last seen, in words.
fn delivery_changes(viewer: &Viewer) -> Vec<(String, String)> {
    if let Some(place) = &viewer.basket.lost_place {
        let words = "We do not come here any more. Tell us another place, and the fee is shown at once.";
        return vec![(format!("Delivery to {place}"), words.to_owned())];
    }
    let (Some(old), Some(spot)) = (viewer.basket.old_terms(), viewer.spot()) else { return Vec::new() };
    let now = spot.quote.terms();
    [
        ("The fee was", old.fee, now.fee),
        ("It was free from", old.free_from, now.free_from),
        ("We brought orders from", old.minimum, now.minimum),
    ]
    .into_iter()
    .filter(|(_, old, now)| old != now)
    .map(|(what, old, now)| {
        (format!("Delivery to {}", spot.place.label()), format!("{what} {old}. It is {now} now."))
    })
    .collect()
}

#[derive(Deserialize)]
pub(super) struct LineForm {
    #[serde(default)]
    quantity: String,
    /// What the page showed, where the form is a step from there.
    seen: Option<String>,
    /// There where the page's script sends each press once.
    once: Option<String>,
}

impl LineForm {
    fn wish(&self) -> Option<Wish> {
        let seen = self.seen.as_deref().and_then(a_quantity);
        let once = self.once.is_some();
        a_quantity(&self.quantity).map(|quantity| Wish { quantity, seen, once })
    }
}

fn a_quantity(typed: &str) -> Option<i32> {
    typed.trim().parse::<i32>().ok().filter(|n| (0..=MAX_QUANTITY).contains(n))
}

/// Sets how many of a product are wanted. Saying the same again changes nothing.
pub(super) async fn set_line(
    shop: Data<Shop>,
    visit: Visit,
    sku: Path<Sku>,
    form: Form<LineForm>,
) -> Result<HttpResponse, AppError> {
    let Some(wish) = form.wish() else {
        return Ok(redirect(visit.back(), [shop.notice_cookie(&Notice::NotAQuantity)]));
    };
    let (id, now, sku) = (visit.basket_or_new(), shop.app.clock.now(), sku.into_inner());
    let (product, outcome) = shop
        .app
        .db(move |conn| {
            let item = catalog::by_sku(conn, &sku, now)?;
            let outcome = basket::set_quantity(conn, id, &item, wish, now);
            Ok::<_, AppError>((item.article.id.0, outcome))
        })
        .await?;
    shop.baskets.forget(id);
    let notice = match outcome {
        Ok(change) => {
            shop.count(Counted::BasketChanged);
            let step = json!({"product": product, "from": change.before, "to": change.now});
            shop.step(&visit, Kind::BasketChanged, step);
            notice_of(product, change)
        }
        Err(SetError::OnlyLeft { available, .. }) => Some(Notice::OnlyLeft { product, available }),
        Err(SetError::Full) => Some(Notice::BasketFull),
        Err(SetError::Db(e)) => return Err(e.into()),
    };
    let cookies = notice.map(|n| shop.notice_cookie(&n)).into_iter().chain([shop.basket_cookie(id)]);
    Ok(redirect(visit.back(), cookies))
}

fn notice_of(product: i64, change: Changed) -> Option<Notice> {
    let Changed { before, now } = change;
    match (before, now) {
        _ if before == now => None,
        (0, quantity) => Some(Notice::Added { product, quantity }),
        (before, 0) => Some(Notice::Removed { product, before }),
        (before, quantity) => Some(Notice::Changed { product, before, quantity }),
    }
}

/// The shopper has read what changed.
pub(super) async fn acknowledge(shop: Data<Shop>, visit: Visit) -> Result<HttpResponse, AppError> {
    if let Some(id) = visit.basket {
        let now = shop.app.clock.now();
        shop.app.db(move |conn| basket::acknowledge(conn, id, now)).await?;
        shop.baskets.forget(id);
    }
    Ok(redirect(visit.back(), []))
}
