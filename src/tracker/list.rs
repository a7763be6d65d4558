//! All orders of a browser or an account, the newest first, each with its state.

use super::access::{Caller, address, private, voice};
use super::views::LineView;
use super::words::{Line, Voice, badge};
use crate::error::AppError;
use crate::events;
use crate::lifecycle::{Status, Story};
use crate::orders::{self, Order, OrderLine};
use crate::storefront::{Layout, Shop, Viewer, Visit, items_words};
use crate::web::{Effort, Sheet, render};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::DateTime;
use diesel::prelude::*;
use serde::Deserialize;

const PAGE: usize = 10;
/// Pictures of an order in the list.
const PILE: usize = 5;

#[derive(Deserialize)]
pub(super) struct ListQuery {
    /// Microseconds: the time of the last order on the page before.
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "order/list.html")]
struct ListPage {
    layout: Layout,
    orders: Vec<Card>,
    older: Option<i64>,
    first: bool,
}

struct Card {
    href: String,
    number: String,
    window: String,
    badge: Line,
    pile: Vec<LineView>,
    more: usize,
    items: String,
    total: String,
    /// What there is to do.
    act: &'static str,
    main: bool,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    query: Query<ListQuery>,
) -> Result<HttpResponse, AppError> {
    let voice = voice(&shop);
    let caller = Caller::of(&shop, &request, &visit).await?;
    let load = Viewer::loader(&shop, &visit);
    let before = query.before.as_ref().and_then(|b| b.parse().ok()).and_then(DateTime::from_timestamp_micros);
    let there = voice.clone();
    let (mut cards, older, viewer) = shop
        .app
        .db(move |conn| {
            let most = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
            let mut orders = orders::orders_of(conn, caller.basket(), caller.customer(), before, most)?;
            let is_longer = orders.len() > PAGE;
            orders.truncate(PAGE);
            let older = orders.last().filter(|_| is_longer).map(|o| o.placed_at.timestamp_micros());
            Ok::<_, AppError>((cards(conn, &there, &orders)?, older, load(conn)?))
        })
        .await?;
    cards.truncate(PAGE);
    let page = ListPage {
        layout: Layout::new(&shop, shop.head("Your orders · SmartShop", "", "")),
        orders: cards,
        older,
        first: before.is_none(),
    };
    let sheet = Sheet::new(&render(&page)?, Effort::Once);
    Ok(private(shop.answer_filled(&request, &visit, StatusCode::OK, &sheet, &viewer)))
}

fn cards(conn: &mut PgConnection, voice: &Voice, orders: &[Order]) -> QueryResult<Vec<Card>> {
    let subjects: Vec<_> = orders.iter().map(|o| o.id.0).collect();
    let ids: Vec<_> = orders.iter().map(|o| o.id).collect();
    let history = events::histories(conn, &subjects)?;
    let lines = orders::lines_of(conn, &ids)?;
    let card = |order: &Order| {
        let of: Vec<_> = history.iter().filter(|r| r.subject == order.id.0).cloned().collect();
        let story = Story::tell(&of, &[]);
        let own: Vec<&OrderLine> = lines.iter().filter(|l| l.order_id == order.id).collect();
        Card {
            href: address(&order.number),
            number: order.number.to_string(),
            window: story
                .goods
                .promise()
                .map_or_else(|| voice.window(order), |p| voice.span(p.starts, p.ends)),
            badge: badge(&story),
            pile: own.iter().take(PILE).map(|l| LineView::new(l)).collect(),
            more: own.len().saturating_sub(PILE),
            items: items_words(own.iter().map(|l| l.quantity).sum()),
            total: order.total_cents.to_string(),
            act: act(&story.status),
            main: matches!(story.status, Status::NotPaid { .. } | Status::ToApprove { .. }),
        }
    };
    Ok(orders.iter().map(card).collect())
}

const fn act(status: &Status) -> &'static str {
    match status {
        Status::NotPaid { .. } => "Pay now",
        Status::ToApprove { .. } => "Approve",
        Status::Checking | Status::Confirmed | Status::Completed | Status::Cancelled(_) => "Show",
    }
}
