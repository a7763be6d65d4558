//! All orders of a browser or an account, the newest first, each with its state.

use super::access::{Caller, address, clock_words, private, voice};
use super::list_live::version;
use super::views::LineView;
use super::words::{Line, Voice, badge};
use crate::error::AppError;
use crate::events;
use crate::lifecycle::{Stage, Status, Story};
use crate::orders::{self, Order, OrderLine};
use crate::storefront::{Layout, Shop, Viewer, Visit, items_words};
use crate::web::paging;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Deserialize;

const PAGE: usize = 10;
const TITLE: &str = "Your orders · SmartShop";
/// Pictures of an order in the list.
const PILE: usize = 5;

/// Without scripts a list of which something is under way is loaded again after so many seconds.
const LOOK_AGAIN: u32 = 30;

/// Which page of the list.
#[derive(Clone, Deserialize)]
pub(super) struct Before {
    /// Microseconds: the time of the last order on the page before.
    before: Option<String>,
}

impl Before {
    fn time(&self) -> Option<DateTime<Utc>> {
        self.before.as_ref().and_then(|b| b.parse().ok()).and_then(DateTime::from_timestamp_micros)
    }

    /// What a page's own address ends in.
    fn words(&self) -> String {
        self.time().map_or_else(String::new, |at| format!("?before={}", at.timestamp_micros()))
    }
}

#[derive(Template)]
#[template(path = "order/list.html")]
struct ListPage {
    layout: Layout,
    orders: Vec<Card>,
    older: Option<i64>,
    first: bool,
    /// Of the page's own address: the stream that tells of its changes ends in the same.
    rest: String,
    version: String,
    fresh: String,
    /// What one hears when it changes.
    say: String,
    look_again: Option<u32>,
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
    /// Whether it can still change by itself.
    goes_on: bool,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    query: Query<Before>,
) -> Result<HttpResponse, AppError> {
    let voice = voice(&shop);
    let caller = Caller::of(&shop, &request, &visit).await?;
    let load = Viewer::loader(&shop, &visit);
    let before = query.into_inner();
    let (there, of) = (voice.clone(), before.clone());
    let (orders, older, version, viewer) = shop
        .app
        .db(move |conn| {
            let (orders, older) = shown(conn, &caller, &of)?;
            let ids: Vec<_> = orders.iter().map(|o| o.id).collect();
            let version = version(conn, &ids)?;
            Ok::<_, AppError>((cards(conn, &there, &orders)?, older, version, load(conn)?))
        })
        .await?;
    let on_their_way = || orders.iter().filter(|card| card.goes_on);
    let say: Vec<String> =
        on_their_way().map(|card| format!("Order {}: {}.", card.number, card.badge.words)).collect();
    let page = ListPage {
        layout: Layout::new(&shop, shop.head(TITLE, "", "")),
        look_again: on_their_way().next().map(|_| LOOK_AGAIN),
        older,
        first: before.time().is_none(),
        rest: before.words(),
        version,
        fresh: clock_words(&voice, voice.now),
        say: say.join(" "),
        orders,
    };
    Ok(private(shop.answer_once(&request, &visit, StatusCode::OK, &page, &viewer)?))
}

/// The orders of a page, and where the next one begins.
pub(super) fn shown(
    conn: &mut PgConnection,
    caller: &Caller,
    before: &Before,
) -> QueryResult<(Vec<Order>, Option<i64>)> {
    let most = paging::with_one_more(PAGE);
    let mut orders = orders::orders_of(conn, &caller.baskets(), caller.customer(), before.time(), most)?;
    let older = paging::cut(&mut orders, PAGE, |last| last.placed_at.timestamp_micros());
    Ok((orders, older))
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
            act: act(&story.money()),
            goes_on: goes_on(&story),
            main: matches!(story.money(), Status::NotPaid { .. } | Status::ToApprove { .. }),
        }
    };
    Ok(orders.iter().map(card).collect())
}

fn goes_on(story: &Story) -> bool {
    match story.money() {
        Status::Checking | Status::ToApprove { .. } => true,
        Status::Confirmed => story.goods.stage() != Stage::Delivered,
        Status::NotPaid { .. } | Status::Completed | Status::Cancelled(_) => false,
    }
}

const fn act(status: &Status) -> &'static str {
    match status {
        Status::NotPaid { .. } => "Pay now",
        Status::ToApprove { .. } => "Approve",
        Status::Checking | Status::Confirmed | Status::Completed | Status::Cancelled(_) => "Show",
    }
}
