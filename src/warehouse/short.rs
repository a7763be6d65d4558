//! There is too little of something: what may stand in for it, as its customer wants it.

use super::dossier::Dossier;
use super::pick::{LineView, done as done_words, view};
use super::way::address;
use super::words;
use crate::catalog::{self, Item};
use crate::error::AppError;
use crate::fulfilment;
use crate::ids::{OrderNumber, ProductId};
use crate::inventory;
use crate::orders::{OrderLine, Substitutions};
use crate::staffroom::{Area, Room, Said, Staffer, answer, done};
use crate::storefront::Shop;
use crate::web::assets;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use std::collections::HashMap;

/// Looked at of one kind, and shown of these.
const OF_A_KIND: i64 = 40;
const SHOWN: usize = 5;

struct Standin {
    sku: String,
    name: String,
    about: String,
    picture: String,
    free: i32,
    /// What the customer pays, and how much less that is.
    pays: String,
    less: String,
    is_weighed: bool,
}

#[derive(Template)]
#[template(path = "warehouse/short.html")]
struct ShortPage {
    room: Room,
    number: String,
    here: String,
    line: LineView,
    options: Vec<Standin>,
    wish: &'static str,
    may_swap: bool,
    asks: bool,
    /// What became of the last question: tone and words.
    asked: Option<(&'static str, String)>,
    /// Whether its answer is awaited: nobody is asked twice at once.
    waits: bool,
    /// The product's number and how many of it the customer said yes to.
    agreed: Option<(String, i32)>,
    left_out: String,
    needs_scale: bool,
    /// So many have nothing in their place yet.
    missing: i32,
    /// What of it lies in the bag already, and where one goes on without the rest.
    there: Option<(String, String)>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    at: Path<(OrderNumber, i32)>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let ((number, position), now) = (at.into_inner(), shop.app.clock.now());
    let wanted = number.clone();
    let (dossier, items, agreed) = shop.app.read(move |conn| read(conn, &wanted, position, now)).await?;
    let line = dossier.line(position).ok_or(AppError::NotFound)?;
    if dossier.missing_of(line) == 0 || !dossier.is_in_hand_of(who.id) {
        let words = "This line is not yours to settle any more. This is how it stands.";
        return Ok(done(&shop, &address(&number), &Said::bad(words)));
    }
    answer(&shop, &request, StatusCode::OK, &page(&shop, &who, &dossier, line, &items, agreed))
}

type Suggested = (Item, String);

/// Of the same kind and free, the nearest in price first; each with its shelf. And the number of what
/// the customer said yes to.
fn read(
    conn: &mut PgConnection,
    number: &OrderNumber,
    position: i32,
    now: DateTime<Utc>,
) -> Result<(Dossier, Vec<Suggested>, Option<String>), AppError> {
    let dossier = Dossier::read(conn, number)?;
    let line = dossier.line(position).ok_or(AppError::NotFound)?;
    let agreed = dossier.ask_of(line).filter(|ask| ask.yes == Some(true)).map(|ask| ProductId(ask.product));
    let agreed = catalog::wares(conn, agreed.as_slice())?.pop().map(|ware| ware.sku.to_string());
    let Some(ware) = dossier.wares.get(&line.product_id) else { return Ok((dossier, Vec::new(), agreed)) };
    let mut items = catalog::best_of_kind(conn, ware.category_id, &ware.kind, OF_A_KIND, now)?;
    items.retain(|item| item.article.id != line.product_id && item.available() > 0);
    let own = line.unit_price_cents.cents();
    let wanted = dossier.missing_of(line);
    items.sort_by_key(|item| (item.available() < wanted, (item.unit_price().cents() - own).abs()));
    items.truncate(SHOWN);
    let ids: Vec<_> = items.iter().map(|item| item.article.id).collect();
    let mut shelves: HashMap<_, _> =
        inventory::shelves(conn, &ids)?.into_iter().map(|s| (s.product_id, s.shelf)).collect();
    let with_shelf = |item: Item| {
        let shelf = shelves.remove(&item.article.id).unwrap_or_default();
        (item, shelf)
    };
    let items = items.into_iter().map(with_shelf).collect();
    Ok((dossier, items, agreed))
}

fn page(
    shop: &Shop,
    who: &Staffer,
    dossier: &Dossier,
    line: &OrderLine,
    items: &[Suggested],
    agreed: Option<String>,
) -> ShortPage {
    let number = dossier.order.number.to_string();
    let (may_swap, asks, wish) = match line.wish(&dossier.order) {
        Substitutions::Similar => (true, false, "The customer takes a similar item, and never pays more."),
        Substitutions::Ask => (
            true,
            true,
            "The customer wants to be asked first. They get a letter and have ten minutes; no answer is no.",
        ),
        Substitutions::LeaveOut => (false, false, "The customer wants nothing else in its place."),
    };
    let asked = dossier.ask_of(line);
    let options: Vec<Standin> =
        if may_swap { items.iter().map(|item| option(dossier, line, item)).collect() } else { Vec::new() };
    let there = dossier.pick_of(line).map(|pick| done_words(dossier, line, pick));
    ShortPage {
        room: who.room(Some(Area::Warehouse), &format!("Short: {}, {number}", line.name)),
        here: format!("/warehouse/orders/{number}"),
        line: view(dossier, line, Some(line.position)),
        needs_scale: options.iter().any(|o| o.is_weighed),
        options,
        wish,
        may_swap,
        asks,
        asked: asked.map(|ask| words::asked(shop, ask)),
        waits: dossier.waits(line, shop.app.clock.now()),
        agreed: agreed.zip(asked.map(|ask| ask.units)),
        left_out: line.sum_cents.to_string(),
        missing: dossier.missing_of(line),
        there: there.map(|words| (words, dossier.way().on(&dossier.order.number))),
        number,
    }
}

fn option(dossier: &Dossier, line: &OrderLine, (item, shelf): &Suggested) -> Standin {
    let article = &item.article;
    let (missing, there) = (dossier.missing_of(line), dossier.pick_of(line));
    let own = item.unit_price() * missing;
    let pays = match there {
        Some(there) => fulfilment::substituted_rest(line, there, missing, own),
        None => fulfilment::substituted(line, missing, own),
    };
    let less = fulfilment::share(line, missing) - pays;
    let about = [article.brand.as_str(), &article.size_label(), shelf.as_str()].map(str::to_owned);
    Standin {
        sku: article.sku.clone(),
        name: article.name.clone(),
        about: about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        picture: assets::picture(&article.picture).into_owned(),
        free: item.available(),
        pays: pays.to_string(),
        less: if less.is_zero() { "the same".to_owned() } else { format!("{less} less") },
        is_weighed: article.is_weighed(),
    }
}
