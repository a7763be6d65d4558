//! The first page: where do you live, and what is there.

use super::card::{Card, Cards};
use super::layout::{Layout, json_ld};
use super::shop::Shop;
use super::visit::Visit;
use crate::catalog;
use crate::error::AppError;
use crate::web::{Effort, Marked, assets, hole, render};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

const SHELF: [&str; 7] = ["avocado", "bread", "tomato", "cheese-wedge", "broccoli", "egg", "carrot"];
const IN_A_ROW: i64 = 6;

#[derive(Template)]
#[template(path = "shop/home.html")]
struct HomePage {
    layout: Layout,
    here: Marked,
    offers: Marked,
    often: Marked,
    quote_minutes: i64,
}

#[derive(Template)]
#[template(path = "parts/hero.html")]
struct Hero {
    shelf: Vec<&'static str>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let make = {
        let shop = shop.clone();
        move |conn: &mut diesel::PgConnection| {
            let now = shop.app.clock.now();
            let offers = catalog::offers_running(conn, IN_A_ROW, now)?;
            let often = catalog::best_sellers(conn, 2 * IN_A_ROW, now)?;
            let row = |items: &[catalog::Item]| {
                if items.is_empty() {
                    return Marked::default();
                }
                let cards = Card::all(items);
                Cards { cards: &cards, heading: "h3", row: true }.html()
            };
            render(&HomePage {
                layout: layout(&shop),
                here: hole("here", &hero()),
                offers: row(&offers),
                often: row(&often),
                quote_minutes: shop.app.config.shop.quote_minutes,
            })
        }
    };
    shop.page(&request, &visit, "/", Effort::Best, make).await
}

fn layout(shop: &Shop) -> Layout {
    let mut head = shop.head(
        "SmartShop: groceries to your door in Dublin",
        "See the delivery fee and the next free time before you fill a basket. Groceries to your door in Dublin.",
        "/",
    );
    let address = shop.whole("/");
    head.json_ld = json_ld(&serde_json::json!({
        "@context": "https://schema.org", "@type": "GroceryStore", "name": "SmartShop", "url": address,
        "potentialAction": {"@type": "SearchAction", "target": shop.whole("/search?q={query}"), "query-input": "required name=query"}
    }));
    Layout::new(shop, head)
}

fn hero() -> String {
    let shelf = SHELF.iter().map(|icon| assets::address(&format!("icons/{icon}.webp"))).collect();
    render(&Hero { shelf }).unwrap_or_default()
}
