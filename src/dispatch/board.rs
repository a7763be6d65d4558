//! The dispatcher's board: what needs a hand first, with the reason; then what is still to be delivered,
//! and who drives.

use super::alarm::{Alarm, alarm};
use super::assign;
use super::carriers::{MOST_STRANGE, WAITS_TOO_LONG};
use super::hands::in_hand;
use super::map::Map;
use super::positions::{Town, whereabouts};
use super::reasons::From;
use super::risks::{self, Risk};
use super::route::Point;
use super::store::{Load, Packing};
use super::views::{Carried, Driver, Failed, Line, Trouble, Unpacked, ago, forecasts, hours, state, window};
use super::windows::{self, Row};
use super::words::told;
use crate::clock;
use crate::delivery::{self, Drop, Place, Rider, Window, Zone};
use crate::error::AppError;
use crate::fulfilment::{self, Fulfilment, FulfilmentState};
use crate::ids::{DropId, OrderId, PlaceId, StaffId};
use crate::orders::{self, Order, OrderState};
use crate::promises::{self, Forecast, Promise};
use crate::staffroom::{Area, Room, Staffer, answer, moment, undone_count};
use crate::storefront::Shop;
use crate::town::{self, Part};
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
/// Shown first because they need a hand; more than that nobody sees to at once.
const MOST_FIRST: usize = 40;
const MOST_UNPACKED: i64 = 10;
const MOST_FAILED: i64 = 20;
const FAILED_WITHIN: Duration = Duration::days(3);

#[derive(Deserialize)]
pub(super) struct Behind {
    at: Option<DateTime<Utc>>,
    after: Option<DropId>,
    /// The list shows what goes in this window alone.
    window: Option<i64>,
}

struct Read {
    /// The one that the list is of.
    window: Option<Window>,
    loads: Vec<Load>,
    /// The page's, and one more.
    page: Vec<Drop>,
    open: Vec<Drop>,
    riders: Vec<Rider>,
    failed: Vec<Drop>,
    unpacked: Vec<Fulfilment>,
    risks: Vec<(Forecast, Order)>,
    orders: HashMap<OrderId, Order>,
    places: Vec<Place>,
    zones: Vec<Zone>,
    home: Point,
    reached: HashMap<DropId, DateTime<Utc>>,
    /// Whose customer was told of a delay, and which window instead.
    foreseen: HashMap<OrderId, Promise>,
    strange: usize,
    undone: i64,
    /// Dispatch is done by hand: nobody else looks for riders.
    by_hand: bool,
    /// What of the chosen window is still in the warehouse, and one more than is shown.
    packing: Vec<Packing>,
}

#[derive(Template)]
#[template(path = "dispatch/board.html")]
struct BoardPage {
    room: Room,
    /// What needs a hand, worst first.
    first: Vec<Line>,
    lines: Vec<Line>,
    windows: Vec<Row>,
    /// The window that the list is of.
    chosen: Option<String>,
    map: Option<Map>,
    zones: Vec<Zone>,
    riders: Vec<Driver>,
    failed: Vec<Failed>,
    unpacked: Vec<Unpacked>,
    /// What will be late, and why.
    risks: Vec<Risk>,
    alarm: Alarm,
    late: usize,
    at_risk: usize,
    without: usize,
    open: usize,
    /// Carriers to choose from: their names in the settings, and as people read them.
    carriers: Vec<(String, String)>,
    /// Carriers' words that somebody ought to look at; no more than fit on a page are counted.
    strange: usize,
    /// What the shop has tried for the last time.
    undone: i64,
    by_hand: bool,
    /// What of the chosen window is still to be packed, and whether there is more.
    packing: Vec<Unpacked>,
    more_packing: bool,
    /// Where the list goes on.
    next: Option<String>,
    is_first: bool,
    as_of: String,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    behind: Query<Behind>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (window, behind, now) = (behind.window, behind.at.zip(behind.after), shop.app.clock.now());
    let read = shop.app.read(move |conn| read(conn, window, behind, now)).await?;
    let page = page(&shop, who.room(Some(Area::Dispatch), "Dispatch"), &read, behind.is_none());
    answer(&shop, &request, StatusCode::OK, &page)
}

fn read(
    conn: &mut PgConnection,
    window: Option<i64>,
    behind: Option<(DateTime<Utc>, DropId)>,
    now: DateTime<Utc>,
) -> QueryResult<Read> {
    let window = window.map(|id| delivery::window(conn, id)).transpose()?.flatten();
    let most = i64::try_from(A_PAGE + 1).unwrap_or(i64::MAX);
    let page = delivery::open_drops(conn, window.as_ref(), behind, most)?;
    let open = delivery::open_drops(conn, None, None, MOST_OPEN)?;
    let failed = delivery::failed_drops(conn, now - FAILED_WITHIN, MOST_FAILED)?;
    let unpacked = unpacked(conn, now)?;
    let drops = page.iter().chain(&open).chain(&failed).map(|drop| drop.order_id);
    let ids: Vec<OrderId> = drops.chain(unpacked.iter().map(|f| f.order_id)).collect();
    let riders = delivery::riders_on_shift(conn)?;
    let home = assign::home(conn)?;
    let reached = forecasts(&riders, &open, home, now);
    Ok(Read {
        orders: orders::orders_by_ids(conn, &ids)?.into_iter().map(|order| (order.id, order)).collect(),
        places: delivery::places_of(conn)?,
        zones: delivery::all_zones(conn)?,
        loads: windows::read(conn, now)?,
        risks: risks::read(conn)?,
        foreseen: promises::foreseen_of(conn, &ids)?.into_iter().map(|p| (p.order_id, p)).collect(),
        strange: delivery::strange_words_count(conn, now - WAITS_TOO_LONG, MOST_STRANGE)?,
        undone: undone_count(conn)?,
        by_hand: town::is_by_hand(conn, Part::Dispatch)?,
        packing: windows::packing(conn, window.as_ref())?,
        window,
        home,
        page,
        open,
        riders,
        failed,
        unpacked,
        reached,
    })
}

/// What was to be packed by now and is not, the longest due first.
fn unpacked(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<Fulfilment>> {
    let mut late = fulfilment::queue(conn, FulfilmentState::Waiting, None, MOST_UNPACKED)?;
    late.extend(fulfilment::queue(conn, FulfilmentState::Picking, None, MOST_UNPACKED)?);
    late.retain(|row| row.due_at < now);
    late.sort_by_key(|row| (row.due_at, row.order_id));
    Ok(late)
}

fn page(shop: &Shop, room: Room, read: &Read, is_first: bool) -> BoardPage {
    let now = shop.app.clock.now();
    let mut troubled: Vec<(Trouble, &Drop)> =
        read.open.iter().map(|d| (read.trouble(shop, d), d)).filter(|(t, _)| *t != Trouble::Fine).collect();
    troubled.sort_by_key(|(trouble, drop)| (*trouble, drop.ends_at, drop.id));
    let count = |of: &[Trouble]| troubled.iter().filter(|(t, _)| of.contains(t)).count();
    let (late, without) = (count(&[Trouble::Late]), count(&[Trouble::NoRider]));
    let failed: Vec<Failed> = read.failed.iter().filter_map(|drop| failed(shop, read, drop)).collect();
    let unpacked: Vec<Unpacked> = read.unpacked.iter().filter_map(|f| read.still_here(shop, f)).collect();
    let first: Vec<&Drop> = troubled.iter().take(MOST_FIRST).map(|(_, drop)| *drop).collect();
    let shown = &read.page[..read.page.len().min(A_PAGE)];
    let last = shown.last().filter(|_| read.page.len() > A_PAGE);
    // One window is shown whole, all of them without what stands above.
    let is_above = |drop: &Drop| read.window.is_none() && first.iter().any(|f| f.id == drop.id);
    let rest = shown.iter().filter(|drop| !is_above(drop));
    let here = read.window.as_ref().map(|window| window.id);
    BoardPage {
        room,
        lines: rest.map(|drop| line(shop, read, drop)).collect(),
        windows: read.loads.iter().map(|load| windows::row(shop, load, here)).collect(),
        chosen: read.window.as_ref().map(|window| chosen(shop, read, window)),
        map: Map::of(&read.riders, &read.open, read.town(), now),
        zones: read.zones.clone(),
        riders: read.riders.iter().map(|rider| driver(rider, read, now)).collect(),
        alarm: alarm(&troubled, &failed, &unpacked),
        first: first.into_iter().map(|drop| line(shop, read, drop)).collect(),
        failed,
        unpacked,
        risks: read.risks.iter().map(|(forecast, order)| Risk::of(shop, forecast, order)).collect(),
        late,
        at_risk: count(&[Trouble::AtRisk, Trouble::Silent]),
        without,
        open: read.open.len(),
        carriers: names(shop),
        strange: read.strange,
        undone: read.undone,
        by_hand: read.by_hand,
        packing: read
            .packing
            .iter()
            .take(windows::MOST_PACKING)
            .map(|one| read.still_to_pack(shop, one))
            .collect(),
        more_packing: read.packing.len() > windows::MOST_PACKING,
        next: last.map(|drop| next(drop, here)),
        is_first,
        as_of: now.with_timezone(&shop.app.config.shop.zone).format("%H:%M:%S").to_string(),
    }
}

impl Read {
    fn town(&self) -> Town<'_> {
        Town { places: &self.places, home: self.home }
    }

    /// `Rathmines, D06`
    fn place(&self, id: PlaceId) -> Option<String> {
        self.places.iter().find(|place| place.id == id).map(Place::label)
    }

    fn rider(&self, id: Option<StaffId>) -> Option<&Rider> {
        self.riders.iter().find(|rider| Some(rider.id) == id)
    }

    fn trouble(&self, shop: &Shop, drop: &Drop) -> Trouble {
        let from = self.from(shop);
        let is_silent = from.is_silent(drop, self.rider(drop.rider_id));
        Trouble::of(drop, self.reached.get(&drop.id).copied(), is_silent, from.now)
    }

    fn from(&self, shop: &Shop) -> From {
        From { zone: shop.app.config.shop.zone, now: shop.app.clock.now(), by_hand: self.by_hand }
    }

    fn still_to_pack(&self, shop: &Shop, one: &Packing) -> Unpacked {
        let place = self.place(one.place()).unwrap_or_default();
        Unpacked { number: one.number.clone(), reason: format!("{place}. {}", windows::step(shop, one)) }
    }

    fn still_here(&self, shop: &Shop, row: &Fulfilment) -> Option<Unpacked> {
        let order = self.orders.get(&row.order_id)?;
        let zone = shop.app.config.shop.zone;
        let what = if row.picker_id.is_some() { "is being picked" } else { "waits for a picker" };
        let (due, starts) =
            (clock::time_label(zone, row.due_at), clock::time_label(zone, row.window_starts_at));
        let reason = format!("It {what}, was to be packed by {due}, and its window begins {starts}.");
        Some(Unpacked { number: order.number.to_string(), reason })
    }
}

fn names(shop: &Shop) -> Vec<(String, String)> {
    let all = shop.app.carriers.all().iter();
    all.map(|carrier| (carrier.name().to_owned(), carrier.label().to_owned())).collect()
}

fn next(drop: &Drop, window: Option<i64>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(window) = window {
        query.append_pair("window", &window.to_string());
    }
    let (at, after) = (drop.ends_at.to_rfc3339(), drop.id.to_string());
    query.append_pair("at", &at).append_pair("after", &after).finish()
}

/// `16:00–18:00, Inner suburbs`
fn chosen(shop: &Shop, read: &Read, window: &Window) -> String {
    let zone = read.zones.iter().find(|zone| zone.id == window.zone_id).map_or("", |zone| &zone.name);
    format!("{}, {zone}", hours(shop, window.starts_at, window.ends_at))
}

fn line(shop: &Shop, read: &Read, drop: &Drop) -> Line {
    let zone = shop.app.config.shop.zone;
    let (order, rider) = (read.orders.get(&drop.order_id), read.rider(drop.rider_id));
    let (at, trouble) = (read.reached.get(&drop.id).copied(), read.trouble(shop, drop));
    let (state, state_icon, state_tone) = state(drop);
    let whose = drop.rider_id.map(|_| {
        let name = rider.map_or("A rider off shift", |rider| rider.first_name.as_str());
        let about = at.map(|at| format!(", there about {}", clock::time_label(zone, at)));
        format!("{name}, stop {}{}", drop.stop, about.unwrap_or_default())
    });
    Line {
        id: drop.id,
        number: order.map(|order| order.number.to_string()).unwrap_or_default(),
        place: order.and_then(|order| read.place(order.place_id)).unwrap_or_default(),
        window: window(shop, drop),
        told: read.foreseen.get(&drop.order_id).and_then(|promise| told(shop, drop, promise)),
        state,
        state_icon,
        state_tone,
        reason: read.from(shop).reason(drop, trouble, at, rider),
        trouble,
        rider: whose.or_else(|| carrier(drop)).unwrap_or_default(),
        nobody: if read.by_hand { "Waits for you to give it to a rider" } else { "nobody" },
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

fn driver(rider: &Rider, read: &Read, now: DateTime<Utc>) -> Driver {
    let own = || read.open.iter().filter(|drop| drop.rider_id == Some(rider.id));
    Driver {
        id: rider.id,
        name: rider.first_name.clone(),
        load: in_hand(own(), now),
        stops: own().count(),
        capacity: rider.capacity,
        heard: ago(now, rider.heard_at),
        whereabouts: whereabouts(rider, &read.open, read.town(), now),
        zone: rider.zone_id,
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
