//! What is to be picked, by when it is due; what is in somebody's hands; what waits to leave.

use super::words;
use crate::catalog::SoldBy;
use crate::delivery::{self, Zone};
use crate::error::AppError;
use crate::fulfilment::{self, Fulfilment, FulfilmentState, Pick, Wanted};
use crate::ids::{OrderId, StaffId, ZoneId};
use crate::orders::{self, Order, OrderLine};
use crate::staff;
use crate::staffroom::{Area, Room, Staffer, answer};
use crate::storefront::Shop;
use crate::web::paging;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde::Deserialize;
use std::collections::HashMap;

const A_PAGE: usize = 20;
/// A picker carries no more at once.
const MOST_IN_HAND: i64 = 10;
/// Of so many windows one can be chosen.
const MOST_WINDOWS: i64 = 40;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    after: String,
    /// A zone's key, and a window's beginning in seconds; what is none is all of them.
    #[serde(default)]
    zone: String,
    #[serde(default)]
    window: String,
}

impl Asked {
    fn state(&self) -> FulfilmentState {
        match self.show.as_str() {
            "picking" => FulfilmentState::Picking,
            "packed" => FulfilmentState::Packed,
            _ => FulfilmentState::Waiting,
        }
    }

    fn wanted(&self) -> Wanted {
        let seconds = self.window.parse().ok();
        Wanted {
            zone: self.zone.parse().ok().map(ZoneId),
            window_starts_at: seconds.and_then(|at| DateTime::from_timestamp(at, 0)),
        }
    }
}

struct Row {
    number: String,
    tone: &'static str,
    icon: &'static str,
    due: String,
    window: String,
    facts: String,
    /// Who picks it, and whether they have gone silent.
    picker: String,
    is_silent: bool,
}

struct Counts {
    waiting: i64,
    late: i64,
    picking: i64,
    packed: i64,
}

#[derive(Template)]
#[template(path = "warehouse/queue.html")]
struct QueuePage {
    room: Room,
    counts: Counts,
    mine: Vec<Row>,
    rows: Vec<Row>,
    show: &'static str,
    filters: Filters,
    /// Whether what is in hand is picked in one walk.
    walks: bool,
    next: Option<String>,
    is_first: bool,
    as_of: String,
    /// What is late: a board sounds when one is new.
    calls: String,
}

struct Read {
    counts: Counts,
    mine: Vec<Fulfilment>,
    rows: Vec<Fulfilment>,
    windows: Vec<DateTime<Utc>>,
    zones: Vec<Zone>,
    about: About,
}

/// What the list can be narrowed to: value, words, and whether it is.
struct Filters {
    windows: Vec<(i64, String, bool)>,
    zones: Vec<(i32, String, bool)>,
    /// As an address says it, with a `&` before it; empty where nothing is narrowed.
    query: String,
}

impl Filters {
    fn of(shop: &Shop, read: &Read, wanted: Wanted) -> Self {
        let window = |at: &DateTime<Utc>| {
            (at.timestamp(), words::begins(shop, *at), wanted.window_starts_at == Some(*at))
        };
        let zone = |z: &Zone| (z.id.0, z.name.clone(), wanted.zone == Some(z.id));
        let mut query = String::new();
        if let Some(at) = wanted.window_starts_at {
            query.push_str(&format!("&window={}", at.timestamp()));
        }
        if let Some(zone) = wanted.zone {
            query.push_str(&format!("&zone={zone}"));
        }
        Self {
            windows: read.windows.iter().map(window).collect(),
            zones: read.zones.iter().map(zone).collect(),
            query,
        }
    }
}

/// What rows of the queue say beside themselves.
struct About {
    orders: HashMap<OrderId, Order>,
    lines: HashMap<OrderId, Vec<OrderLine>>,
    picks: HashMap<OrderId, Vec<Pick>>,
    names: HashMap<StaffId, String>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    asked: Query<Asked>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let (state, wanted, behind) = (asked.state(), asked.wanted(), paging::behind(&asked.after));
    let (me, now) = (who.id, shop.app.clock.now());
    let mut read = shop.app.read(move |conn| read(conn, (state, wanted), behind, me, now)).await?;
    let next = paging::cut(&mut read.rows, A_PAGE, |row| paging::place(row.due_at, row.order_id));
    let rows =
        |rows: &[Fulfilment]| rows.iter().filter_map(|row| words_of(&shop, row, &read.about)).collect();
    let page = QueuePage {
        room: who.room(Some(Area::Warehouse), "Picking queue"),
        mine: rows(&read.mine),
        rows: rows(&read.rows),
        calls: calls(&read, now),
        filters: Filters::of(&shop, &read, wanted),
        walks: read.mine.iter().any(|row| row.crate_no.is_some()),
        counts: read.counts,
        show: state.as_str(),
        next,
        is_first: behind.is_none(),
        as_of: words::as_of(&shop),
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

/// What of the page is late.
fn calls(read: &Read, now: DateTime<Utc>) -> String {
    let late = read.rows.iter().filter(|row| row.state == FulfilmentState::Waiting && row.due_at < now);
    late.map(|row| row.order_id.to_string()).collect::<Vec<_>>().join(" ")
}

fn read(
    conn: &mut PgConnection,
    (state, wanted): (FulfilmentState, Wanted),
    behind: Option<(DateTime<Utc>, OrderId)>,
    me: StaffId,
    now: DateTime<Utc>,
) -> Result<Read, AppError> {
    let counts = Counts {
        waiting: fulfilment::count(conn, FulfilmentState::Waiting, None)?,
        late: fulfilment::count(conn, FulfilmentState::Waiting, Some(now))?,
        picking: fulfilment::count(conn, FulfilmentState::Picking, None)?,
        packed: fulfilment::count(conn, FulfilmentState::Packed, None)?,
    };
    let rows = fulfilment::queue_of(conn, state, wanted, behind, paging::with_one_more(A_PAGE))?;
    let mine = fulfilment::in_hand_of(conn, me, MOST_IN_HAND)?;
    let about = about(conn, rows.iter().chain(&mine))?;
    let windows = fulfilment::windows_in(conn, state, MOST_WINDOWS)?;
    Ok(Read { counts, mine, rows, windows, zones: delivery::all_zones(conn)?, about })
}

fn about<'r>(conn: &mut PgConnection, rows: impl Iterator<Item = &'r Fulfilment>) -> Result<About, AppError> {
    let (ids, pickers): (Vec<OrderId>, Vec<Option<StaffId>>) =
        rows.map(|r| (r.order_id, r.picker_id)).unzip();
    let pickers: Vec<StaffId> = pickers.into_iter().flatten().collect();
    let mut lines: HashMap<OrderId, Vec<OrderLine>> = HashMap::new();
    for line in orders::lines_of(conn, &ids)? {
        lines.entry(line.order_id).or_default().push(line);
    }
    let mut picks: HashMap<OrderId, Vec<Pick>> = HashMap::new();
    for pick in fulfilment::picks_of_orders(conn, &ids)? {
        picks.entry(pick.order_id).or_default().push(pick);
    }
    let orders = orders::orders_by_ids(conn, &ids)?.into_iter().map(|o| (o.id, o)).collect();
    let names = staff::names_of(conn, &pickers)?.into_iter().collect();
    Ok(About { orders, lines, picks, names })
}

fn words_of(shop: &Shop, row: &Fulfilment, about: &About) -> Option<Row> {
    let order = about.orders.get(&row.order_id)?;
    let (tone, icon, due) = words::due(shop, row.due_at);
    let is_packed = row.state == FulfilmentState::Packed;
    let (tone, icon, due) =
        if is_packed { ("ok", "package-check", "Packed".to_owned()) } else { (tone, icon, due) };
    Some(Row {
        number: order.number.to_string(),
        tone,
        icon,
        due,
        // For what it is packed now: its customer may have chosen another time.
        window: words::begins(shop, row.window_starts_at),
        facts: facts(about.lines.get(&row.order_id), about.picks.get(&row.order_id)),
        picker: row.picker_id.and_then(|id| about.names.get(&id).cloned()).unwrap_or_default(),
        is_silent: row.is_abandoned(shop.app.clock.now()),
    })
}

/// `11 lines, 14 pieces, 2 by weight`, or how far it is.
fn facts(lines: Option<&Vec<OrderLine>>, picks: Option<&Vec<Pick>>) -> String {
    let (lines, done) = (lines.map_or(&[][..], Vec::as_slice), picks.map_or(0, Vec::len));
    let pieces: i32 = lines.iter().map(|l| l.quantity).sum();
    let weighed = lines.iter().filter(|l| l.sold_by == SoldBy::Weight).count();
    let mut facts = vec![
        words::count(lines.len(), "line", "lines"),
        words::count(usize::try_from(pieces).unwrap_or(0), "piece", "pieces"),
    ];
    if weighed > 0 {
        facts.push(format!("{weighed} by weight"));
    }
    if done > 0 {
        facts.push(format!("{done} of {} done", lines.len()));
    }
    facts.join(", ")
}
