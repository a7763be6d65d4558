//! Several small orders in one walk: the lines of all of them, shelf after shelf, each with its crate.

use super::dossier::Dossier;
use super::pick::{At, Current, LineView, current, view};
use super::take::QUEUE;
use super::words;
use crate::error::AppError;
use crate::fulfilment;
use crate::ids::StaffId;
use crate::lifecycle::CRATES;
use crate::orders::{self, OrderLine};
use crate::staffroom::{Area, Room, Said, Staffer, answer, done};
use crate::storefront::Shop;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The order of the line that somebody wants to pick now.
    #[serde(default)]
    order: String,
    line: Option<i32>,
    #[serde(default)]
    scanned: i32,
}

/// An order on the trolley.
struct Crate {
    number: i32,
    order: String,
    done: usize,
    lines: usize,
    due: (&'static str, &'static str, String),
}

impl Crate {
    fn is_full(&self) -> bool {
        self.done == self.lines
    }
}

/// A line on the way, with the crate it goes into.
struct Stop {
    order: String,
    crate_no: i32,
    line: LineView,
}

struct Now {
    order: String,
    crate_no: i32,
    here: String,
    current: Current,
}

#[derive(Template)]
#[template(path = "warehouse/batch.html")]
struct BatchPage {
    room: Room,
    crates: Vec<Crate>,
    now: Option<Box<Now>>,
    next: Vec<Stop>,
    done: usize,
    all: usize,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    asked: Query<Asked>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let me = who.id;
    let dossiers = shop.app.read(move |conn| read(conn, me)).await?;
    if dossiers.is_empty() {
        let words = "Your trolley is empty. Take several orders, or the next one.";
        return Ok(done(&shop, QUEUE, &Said::good(words)));
    }
    answer(&shop, &request, StatusCode::OK, &page(&shop, &who, &dossiers, &asked))
}

/// What lies in a picker's crates, the first crate first.
fn read(conn: &mut PgConnection, me: StaffId) -> Result<Vec<Dossier>, AppError> {
    let mut rows = fulfilment::in_hand_of(conn, me, i64::from(CRATES))?;
    rows.retain(|row| row.crate_no.is_some());
    rows.sort_by_key(|row| row.crate_no);
    rows.into_iter()
        .map(|row| {
            let number = orders::order(conn, row.order_id)?.number;
            Dossier::read(conn, &number)
        })
        .collect()
}

fn page(shop: &Shop, who: &Staffer, dossiers: &[Dossier], asked: &Asked) -> BatchPage {
    let walk = walk(dossiers, shop.app.clock.now());
    let is_asked = |(dossier, line): &&(&Dossier, &OrderLine)| {
        Some(line.position) == asked.line && dossier.order.number.to_string() == asked.order
    };
    let here = walk.iter().find(is_asked).or(walk.first()).copied();
    let behind = walk.iter().filter(|(_, line)| here.is_none_or(|(_, now)| !std::ptr::eq(*line, now)));
    let next: Vec<_> = behind.copied().collect();
    BatchPage {
        room: who.room(Some(Area::Warehouse), "Your walk"),
        crates: dossiers.iter().map(|dossier| crate_of(shop, dossier)).collect(),
        now: here.map(|(dossier, line)| Box::new(now(shop, dossier, line, asked))),
        next: next.iter().take(3).map(|(dossier, line)| stop(dossier, line)).collect(),
        done: dossiers.iter().map(|d| d.picks.len()).sum(),
        all: dossiers.iter().map(|d| d.lines.len()).sum(),
    }
}

/// The open lines of all orders as one walks: by shelf, then by name, then by crate. What has no shelf
/// comes last, and behind it what customers are being asked about.
fn walk(dossiers: &[Dossier], now: DateTime<Utc>) -> Vec<(&Dossier, &OrderLine)> {
    let mut walk: Vec<(&Dossier, &OrderLine)> =
        dossiers.iter().flat_map(|dossier| dossier.open().map(move |line| (dossier, line))).collect();
    walk.sort_by_cached_key(|(dossier, line)| {
        let shelf = dossier.shelf_of(line.product_id).to_owned();
        (
            dossier.waits(line, now),
            shelf.is_empty(),
            shelf,
            line.name.clone(),
            dossier.crate_no(),
            line.position,
        )
    });
    walk
}

fn crate_of(shop: &Shop, dossier: &Dossier) -> Crate {
    let due_at = dossier.row.as_ref().map_or(dossier.order.window_starts_at, |row| row.due_at);
    Crate {
        number: dossier.crate_no().unwrap_or_default(),
        order: dossier.order.number.to_string(),
        done: dossier.picks.len(),
        lines: dossier.lines.len(),
        due: words::due(shop, due_at),
    }
}

fn now(shop: &Shop, dossier: &Dossier, line: &OrderLine, asked: &Asked) -> Now {
    let order = dossier.order.number.to_string();
    let is_asked = asked.order == order;
    let at = At { line: asked.line.filter(|_| is_asked), scanned: if is_asked { asked.scanned } else { 0 } };
    Now {
        here: format!("/warehouse/orders/{order}"),
        order,
        crate_no: dossier.crate_no().unwrap_or_default(),
        current: current(shop, dossier, line, &at),
    }
}

fn stop(dossier: &Dossier, line: &OrderLine) -> Stop {
    Stop {
        order: dossier.order.number.to_string(),
        crate_no: dossier.crate_no().unwrap_or_default(),
        line: view(dossier, line, None),
    }
}
