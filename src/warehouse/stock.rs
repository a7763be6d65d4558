//! What stands on the shelves: finding a product, and all that came and went of it.

use super::words;
use crate::catalog::browse::{Ask, Key};
use crate::catalog::{self, Ware};
use crate::error::AppError;
use crate::ids::{OrderId, OrderNumber, ProductId, Sku, StaffId};
use crate::inventory::{self, Movement, Reason, Shelf};
use crate::orders;
use crate::staff;
use crate::staffroom::{Area, Room, Staffer, answer, moment};
use crate::storefront::Shop;
use crate::web::{assets, paging, redirect};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;
use serde::Deserialize;
use std::collections::HashMap;

const A_PAGE: usize = 30;
/// At this many or fewer free ones somebody should look.
const FEW: i32 = 5;

pub(super) fn address(sku: &str) -> String {
    format!("/warehouse/stock/{sku}")
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

pub(super) struct Row {
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) picture: String,
    pub(super) on_hand: i32,
    pub(super) held: i32,
    pub(super) free: i32,
    pub(super) shelf: String,
    pub(super) version: i32,
    pub(super) chip: (&'static str, &'static str, &'static str),
}

impl Row {
    pub(super) fn of(ware: &Ware, shelf: &Shelf) -> Self {
        let free = shelf.on_hand - shelf.held;
        let about = [ware.brand.as_str(), ware.size_text.as_str()];
        Self {
            sku: ware.sku.clone(),
            name: ware.name.clone(),
            about: about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
            picture: assets::picture(&ware.picture).into_owned(),
            on_hand: shelf.on_hand,
            held: shelf.held,
            free,
            shelf: shelf.shelf.clone(),
            version: shelf.version,
            chip: match free {
                ..=0 => ("bad", "circle-x", "Out"),
                1..=FEW => ("warn", "trending-down", "Low"),
                _ => ("ok", "check", "Fine"),
            },
        }
    }
}

#[derive(Template)]
#[template(path = "warehouse/stock.html")]
struct StockPage {
    room: Room,
    q: String,
    rows: Vec<Row>,
    total: usize,
    next: Option<String>,
    is_first: bool,
    as_of: String,
}

/// What is typed or scanned: a product's own number leads to it, words to what they find, nothing to
/// all of it along the shelves.
pub(super) async fn list(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    asked: Query<Asked>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Stock)?;
    let (q, after) = (asked.q.trim().to_owned(), asked.after.clone());
    let typed = q.clone();
    if let Some(sku) = shop.app.read(move |conn| exactly(conn, &typed)).await? {
        return Ok(redirect(&address(&sku), []));
    }
    let (rows, next) =
        if q.is_empty() { along(&shop, after.clone()).await? } else { matching(&shop, &q, &after).await? };
    let page = StockPage {
        room: who.room(Some(Area::Stock), "Stock"),
        q,
        rows,
        total: shop.shelf.count(),
        next,
        is_first: after.is_empty(),
        as_of: words::as_of(&shop),
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

fn exactly(conn: &mut PgConnection, typed: &str) -> Result<Option<String>, AppError> {
    let Ok(sku) = Sku::try_from(typed.to_owned()) else { return Ok(None) };
    Ok(catalog::ware_by_sku(conn, &sku)?.map(|ware| ware.sku))
}

type Listed = (Vec<Row>, Option<String>);

/// All of it, along the shelves. The key is the last product's, and its shelf.
async fn along(shop: &Shop, after: String) -> Result<Listed, AppError> {
    let read = move |conn: &mut PgConnection| {
        let behind =
            after.rsplit_once('~').and_then(|(shelf, id)| Some((shelf, ProductId(id.parse().ok()?))));
        let mut shelves = inventory::shelves_along(conn, behind, paging::with_one_more(A_PAGE))?;
        let next = paging::cut(&mut shelves, A_PAGE, |s| format!("{}~{}", s.shelf, s.product_id));
        let ids: Vec<ProductId> = shelves.iter().map(|s| s.product_id).collect();
        let wares: HashMap<_, _> = catalog::wares(conn, &ids)?.into_iter().map(|w| (w.id, w)).collect();
        let row = |shelf: &Shelf| Some(Row::of(wares.get(&shelf.product_id)?, shelf));
        Ok::<_, AppError>((shelves.iter().filter_map(row).collect(), next))
    };
    shop.app.read(read).await
}

/// What the words find, the best first.
async fn matching(shop: &Shop, q: &str, after: &str) -> Result<Listed, AppError> {
    let ask = Ask { text: q.to_owned(), after: after.parse::<Key>().ok(), limit: A_PAGE, ..Ask::default() };
    let found = shop.shelf.browse(&ask);
    let ids: Vec<ProductId> = found.ids.iter().map(|id| ProductId(*id)).collect();
    let read = move |conn: &mut PgConnection| {
        let wares: HashMap<_, _> = catalog::wares(conn, &ids)?.into_iter().map(|w| (w.id, w)).collect();
        let shelves = inventory::shelves(conn, &ids)?;
        let shelves: HashMap<_, _> = shelves.into_iter().map(|s| (s.product_id, s)).collect();
        let row = |id: &ProductId| Some(Row::of(wares.get(id)?, shelves.get(id)?));
        Ok::<_, AppError>(ids.iter().filter_map(row).collect())
    };
    Ok((shop.app.read(read).await?, found.next.map(|key| key.to_string())))
}

/// One thing that happened to a shelf, in words.
struct Step {
    tone: &'static str,
    icon: &'static str,
    at: String,
    words: String,
    by: String,
    order: Option<OrderNumber>,
}

/// A form that was refused: what was typed, and why it was not saved.
pub(super) struct Refused {
    pub(super) why: String,
    pub(super) counted: Option<i32>,
    pub(super) received: Option<i32>,
    pub(super) spoiled: Option<i32>,
}

#[derive(Template)]
#[template(path = "warehouse/product.html")]
struct ProductPage {
    room: Room,
    row: Row,
    here: String,
    steps: Vec<Step>,
    next: Option<i64>,
    is_first: bool,
    refused: Option<Refused>,
    as_of: String,
}

impl ProductPage {
    /// What stands in the field for counting.
    fn counted(&self) -> String {
        self.refused.as_ref().and_then(|r| r.counted).map(|n| n.to_string()).unwrap_or_default()
    }

    fn received(&self) -> String {
        self.refused.as_ref().and_then(|r| r.received).map(|n| n.to_string()).unwrap_or_default()
    }

    fn spoiled(&self) -> String {
        self.refused.as_ref().and_then(|r| r.spoiled).map(|n| n.to_string()).unwrap_or_default()
    }
}

#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<i64>,
}

pub(super) async fn product(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    sku: Path<Sku>,
    before: Query<Before>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Stock)?;
    show(&shop, &request, &who, sku.into_inner(), before.before, None).await
}

struct Known {
    ware: Ware,
    shelf: Shelf,
    movements: Vec<Movement>,
    names: HashMap<String, String>,
    numbers: HashMap<OrderId, OrderNumber>,
}

/// A product's page; after a form that was refused, with what was typed.
pub(super) async fn show(
    shop: &Shop,
    request: &HttpRequest,
    who: &Staffer,
    sku: Sku,
    before: Option<i64>,
    refused: Option<Refused>,
) -> Result<HttpResponse, AppError> {
    let mut known = shop.app.read(move |conn| read(conn, &sku, before)).await?;
    let next = paging::cut(&mut known.movements, A_PAGE, |last| last.id);
    let page = ProductPage {
        room: who.room(Some(Area::Stock), &known.ware.name),
        row: Row::of(&known.ware, &known.shelf),
        here: address(&known.ware.sku),
        next,
        steps: known.movements.iter().map(|m| step(shop, m, &known)).collect(),
        is_first: before.is_none(),
        as_of: words::as_of(shop),
        refused,
    };
    let status = if page.refused.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    answer(shop, request, status, &page)
}

fn read(conn: &mut PgConnection, sku: &Sku, before: Option<i64>) -> Result<Known, AppError> {
    let ware = catalog::ware_by_sku(conn, sku)?.ok_or(AppError::NotFound)?;
    let shelf = inventory::shelf(conn, ware.id)?.ok_or(AppError::NotFound)?;
    let most = paging::with_one_more(A_PAGE);
    let movements = inventory::movements_of(conn, ware.id, before, most)?;
    let names = names(conn, &movements)?;
    let ids: Vec<OrderId> = movements.iter().filter_map(|m| m.order_id).collect();
    let numbers = orders::orders_by_ids(conn, &ids)?.into_iter().map(|o| (o.id, o.number)).collect();
    Ok(Known { ware, shelf, movements, names, numbers })
}

/// What those who moved something are called, by what the log calls them.
pub(super) fn names(
    conn: &mut PgConnection,
    movements: &[Movement],
) -> Result<HashMap<String, String>, AppError> {
    let id = |m: &Movement| Some(StaffId(m.actor.strip_prefix("staff:")?.parse().ok()?));
    let ids: Vec<StaffId> = movements.iter().filter_map(id).collect();
    let names = staff::names_of(conn, &ids)?;
    Ok(names.into_iter().map(|(id, name)| (format!("staff:{id}"), name)).collect())
}

fn step(shop: &Shop, movement: &Movement, known: &Known) -> Step {
    let (tone, icon, what) = reason(movement.reason);
    let sign = if movement.units < 0 { "−" } else { "+" };
    Step {
        tone,
        icon,
        at: moment(shop, movement.at),
        words: format!("{sign}{} to {}, {what}", movement.units.unsigned_abs(), movement.on_hand),
        by: known.names.get(&movement.actor).cloned().unwrap_or_else(|| "The shop itself".to_owned()),
        order: movement.order_id.and_then(|id| known.numbers.get(&id).cloned()),
    }
}

/// Its tone, icon and words.
pub(super) const fn reason(reason: Reason) -> (&'static str, &'static str, &'static str) {
    match reason {
        Reason::Received => ("ok", "plus", "received"),
        Reason::Counted => ("info", "pencil", "counted"),
        Reason::Picked => ("idle", "minus", "picked"),
        Reason::PutBack => ("idle", "undo-2", "put back"),
        Reason::Missing => ("bad", "circle-x", "found short"),
        Reason::CameBack => ("info", "truck", "came back from a door"),
        Reason::Spoiled => ("warn", "trash-2", "spoiled"),
    }
}
