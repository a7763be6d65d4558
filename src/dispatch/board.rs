//! The dispatcher's board: what is still to be delivered, who drives, and what needs a hand.

use super::assign;
use super::carriers::{MOST_STRANGE, WAITS_TOO_LONG};
use super::risks::{self, Risk};
use super::route::Point;
use super::views::{Carried, Driver, Failed, Line, Trouble, ago, forecasts, state, window};
use crate::clock;
use crate::delivery::{self, Drop, Rider};
use crate::error::AppError;
use crate::ids::{DropId, OrderId, PlaceId};
use crate::orders::{self, Order, OrderState};
use crate::promises::Forecast;
use crate::staffroom::{Area, Room, Staffer, answer, moment};
use crate::storefront::Shop;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use diesel::PgConnection;
use diesel::result::QueryResult;
use serde::Deserialize;
use std::collections::HashMap;

const A_PAGE: usize = 50;
/// Of so many open drops it is known when they will be there, and who carries them.
const MOST_OPEN: i64 = 500;
const MOST_FAILED: i64 = 20;
const FAILED_WITHIN: Duration = Duration::days(3);

#[derive(Deserialize)]
pub(super) struct Behind {
    at: Option<DateTime<Utc>>,
    after: Option<DropId>,
}

struct Read {
    /// The page's, and one more.
    page: Vec<Drop>,
    open: Vec<Drop>,
    riders: Vec<Rider>,
    failed: Vec<Drop>,
    risks: Vec<(Forecast, Order)>,
    orders: HashMap<OrderId, Order>,
    places: HashMap<PlaceId, String>,
    home: Point,
    strange: usize,
}

#[derive(Template)]
#[template(path = "dispatch/board.html")]
struct BoardPage {
    room: Room,
    lines: Vec<Line>,
    riders: Vec<Driver>,
    failed: Vec<Failed>,
    /// What will be late, and why.
    risks: Vec<Risk>,
    /// What needs a hand, in one line; nothing where nothing does.
    alarm: Option<String>,
    /// Changes when something new needs a hand.
    alarm_key: String,
    late: usize,
    at_risk: usize,
    without: usize,
    open: usize,
    /// Carriers to choose from: their names in the settings, and as people read them.
    carriers: Vec<(String, String)>,
    /// Carriers' words that somebody ought to look at; no more than fit on a page are counted.
    strange: usize,
    /// Where the list goes on.
    next: Option<String>,
    is_first: bool,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    behind: Query<Behind>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (behind, now) = (behind.at.zip(behind.after), shop.app.clock.now());
    let read = shop.app.read(move |conn| read(conn, behind, now)).await?;
    let page = page(&shop, who.room(Some(Area::Dispatch), "Dispatch"), &read, behind.is_none());
    answer(&shop, &request, StatusCode::OK, &page)
}

fn read(
    conn: &mut PgConnection,
    behind: Option<(DateTime<Utc>, DropId)>,
    now: DateTime<Utc>,
) -> QueryResult<Read> {
    let page = delivery::open_drops(conn, behind, i64::try_from(A_PAGE + 1).unwrap_or(i64::MAX))?;
    let failed = delivery::failed_drops(conn, now - FAILED_WITHIN, MOST_FAILED)?;
    let ids: Vec<OrderId> = page.iter().chain(&failed).map(|drop| drop.order_id).collect();
    Ok(Read {
        open: delivery::open_drops(conn, None, MOST_OPEN)?,
        riders: delivery::riders_on_shift(conn)?,
        orders: orders::orders_by_ids(conn, &ids)?.into_iter().map(|order| (order.id, order)).collect(),
        places: delivery::places_of(conn)?.into_iter().map(|place| (place.id, place.label())).collect(),
        home: assign::home(conn)?,
        risks: risks::read(conn)?,
        strange: delivery::strange_words_count(conn, now - WAITS_TOO_LONG, MOST_STRANGE)?,
        page,
        failed,
    })
}

fn page(shop: &Shop, room: Room, read: &Read, is_first: bool) -> BoardPage {
    let now = shop.app.clock.now();
    let reached = forecasts(&read.riders, &read.open, read.home, now);
    let troubles: Vec<Trouble> =
        read.open.iter().map(|d| Trouble::of(d, reached.get(&d.id).copied(), now)).collect();
    let count = |trouble| troubles.iter().filter(|t| **t == trouble).count();
    let (late, without) = (count(Trouble::Late), count(Trouble::NoRider));
    let failed: Vec<Failed> = read.failed.iter().filter_map(|drop| failed(shop, read, drop)).collect();
    let shown = &read.page[..read.page.len().min(A_PAGE)];
    let last = shown.last().filter(|_| read.page.len() > A_PAGE);
    BoardPage {
        room,
        lines: shown.iter().map(|drop| line(shop, read, &reached, drop)).collect(),
        riders: read.riders.iter().map(|rider| driver(rider, &read.open, now)).collect(),
        alarm: alarm(late, without, failed.len()),
        alarm_key: format!("{late}-{without}-{}", failed.len()),
        failed,
        risks: read.risks.iter().map(|(forecast, order)| Risk::of(shop, forecast, order)).collect(),
        late,
        at_risk: count(Trouble::AtRisk),
        without,
        open: read.open.len(),
        carriers: names(shop),
        strange: read.strange,
        next: last.map(next),
        is_first,
    }
}

fn names(shop: &Shop) -> Vec<(String, String)> {
    let all = shop.app.carriers.all().iter();
    all.map(|carrier| (carrier.name().to_owned(), carrier.label().to_owned())).collect()
}

fn next(drop: &Drop) -> String {
    let at = drop.ends_at.to_rfc3339();
    let after = drop.id.to_string();
    form_urlencoded::Serializer::new(String::new())
        .append_pair("at", &at)
        .append_pair("after", &after)
        .finish()
}

/// `2 without a rider, 1 late`
fn alarm(late: usize, without: usize, failed: usize) -> Option<String> {
    let mut parts = Vec::new();
    for (count, words) in
        [(without, "without a rider in time"), (late, "late"), (failed, "not delivered, to be decided")]
    {
        if count > 0 {
            parts.push(format!("{count} {words}"));
        }
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn line(shop: &Shop, read: &Read, reached: &HashMap<DropId, DateTime<Utc>>, drop: &Drop) -> Line {
    let (zone, now) = (shop.app.config.shop.zone, shop.app.clock.now());
    let order = read.orders.get(&drop.order_id);
    let at = reached.get(&drop.id).copied();
    let (state, state_icon, state_tone) = state(drop);
    let rider = drop.rider_id.map(|id| {
        let known = read.riders.iter().find(|rider| rider.id == id);
        let name = known.map_or("A rider off shift", |rider| rider.first_name.as_str());
        let about = at.map(|at| format!(", there about {}", clock::time_label(zone, at)));
        format!("{name}, stop {}{}", drop.stop, about.unwrap_or_default())
    });
    Line {
        id: drop.id,
        number: order.map(|order| order.number.to_string()).unwrap_or_default(),
        place: order.and_then(|order| read.places.get(&order.place_id).cloned()).unwrap_or_default(),
        window: window(shop, drop),
        state,
        state_icon,
        state_tone,
        trouble: Trouble::of(drop, at, now),
        rider: rider.or_else(|| carrier(drop)).unwrap_or_default(),
        rider_id: drop.rider_id,
        can_change: drop.left_at.is_none(),
        attempt: drop.attempt,
        carriers: Carried::of(drop),
    }
}

/// `Swift Parcels, SW-1234`
fn carrier(drop: &Drop) -> Option<String> {
    let number = drop.carrier_ref.as_ref().map_or_else(|| "not answered yet".to_owned(), Clone::clone);
    drop.carrier.as_ref().map(|name| format!("{name}, {number}"))
}

fn driver(rider: &Rider, open: &[Drop], now: DateTime<Utc>) -> Driver {
    Driver {
        id: rider.id,
        name: rider.first_name.clone(),
        load: open.iter().filter(|drop| drop.rider_id == Some(rider.id)).count(),
        capacity: rider.capacity,
        heard: ago(now, rider.heard_at),
        seen: rider.position_at.map_or_else(String::new, |at| ago(now, Some(at))),
    }
}

/// Only orders that are still to be brought need a decision.
fn failed(shop: &Shop, read: &Read, drop: &Drop) -> Option<Failed> {
    let order = read.orders.get(&drop.order_id).filter(|order| order.state == OrderState::Confirmed)?;
    Some(Failed {
        id: drop.id,
        number: order.number.to_string(),
        why: drop.failure.map_or("", delivery::Failure::words),
        at: drop.ended_at.map(|at| moment(shop, at)).unwrap_or_default(),
    })
}
