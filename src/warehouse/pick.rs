//! One order in a picker's hands: the next line, then the bags, then the way out.

use super::dossier::Dossier;
use super::words;
use crate::catalog::SoldBy;
use crate::error::AppError;
use crate::fulfilment::{FulfilmentState, Pick, PickState};
use crate::ids::OrderNumber;
use crate::orders::{OrderLine, OrderState, Substitutions};
use crate::payments::PayBy;
use crate::staffroom::{Area, Room, Staffer, answer};
use crate::storefront::Shop;
use crate::web::assets;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct At {
    /// The line somebody wants to pick now.
    pub(super) line: Option<i32>,
    /// Pieces of it that the scanner has read.
    #[serde(default)]
    pub(super) scanned: i32,
}

/// A line in words.
pub(super) struct LineView {
    pub(super) position: i32,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) sku: String,
    pub(super) picture: String,
    pub(super) shelf: String,
    pub(super) quantity: i32,
    pub(super) is_weighed: bool,
    /// `2×`, or `800 g` for what is weighed.
    pub(super) amount: String,
    pub(super) storage: &'static str,
    pub(super) storage_icon: &'static str,
    pub(super) free: i32,
    /// What became of it.
    pub(super) done: Option<String>,
    /// Its pip: done, done with a change, the one in hand, or still to come.
    pub(super) pip: &'static str,
    pub(super) minimum_age: i32,
}

/// What is needed to price a weight while it is typed.
pub(super) struct Scale {
    pub(super) grams: i64,
    pub(super) per_kg: String,
    pub(super) most: String,
    /// Cents: what one kilogram costs after offers, times a thousand, and the most.
    pub(super) sum: i64,
    pub(super) full: i64,
    pub(super) cents_per_kg: i64,
    pub(super) maximum: i64,
}

pub(super) struct Current {
    pub(super) line: LineView,
    pub(super) scale: Option<Scale>,
    /// The piece the scanner is to read next.
    pub(super) piece: i32,
    pub(super) scanned: i32,
    pub(super) later: Option<i32>,
    /// What to do where it is not there.
    pub(super) wish: &'static str,
    /// What the customer said to something else in its place: tone and words.
    pub(super) asked: Option<(&'static str, String)>,
}

struct BagsOf {
    name: &'static str,
    word: &'static str,
    icon: &'static str,
    bags: usize,
}

/// Where the order is, which decides what the page is for.
enum Stage {
    /// Not to be picked, and why.
    Not(&'static str),
    Waiting,
    InOtherHands {
        name: String,
        is_silent: bool,
    },
    Line(Box<Current>),
    Pack(Vec<BagsOf>),
    Packed {
        bags: usize,
        total: String,
        money: &'static str,
        is_out: bool,
    },
}

/// What is missing of a line of which some were there.
struct RestView {
    position: i32,
    words: String,
    /// How it stands with a question about it.
    said: String,
}

#[derive(Template)]
#[template(path = "warehouse/pick.html")]
struct PickPage {
    room: Room,
    number: String,
    here: String,
    stage: Stage,
    lines: Vec<LineView>,
    next: Vec<LineView>,
    done: usize,
    due: (&'static str, &'static str, String),
    window: String,
    undo: Option<(i32, String)>,
    /// What was there in part.
    rests: Vec<RestView>,
    /// Its crate on the trolley, while it is picked together with others.
    crate_no: Option<i32>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    number: Path<OrderNumber>,
    at: Query<At>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Warehouse)?;
    let number = number.into_inner();
    let dossier = shop.app.read(move |conn| Dossier::read(conn, &number)).await?;
    answer(&shop, &request, StatusCode::OK, &page(&shop, &who, &dossier, &at))
}

fn page(shop: &Shop, who: &Staffer, dossier: &Dossier, at: &At) -> PickPage {
    let stage = stage(shop, who, dossier, at);
    let now = if let Stage::Line(current) = &stage { Some(current.line.position) } else { None };
    let number = dossier.order.number.to_string();
    let due_at = dossier.row.as_ref().map_or(dossier.order.window_starts_at, |r| r.due_at);
    let last = dossier.last_pick().filter(|_| dossier.is_in_hand_of(who.id));
    let is_next = |l: &&OrderLine| Some(l.position) != now;
    PickPage {
        room: who.room(Some(Area::Warehouse), &title(&stage, &number, dossier)),
        here: format!("/warehouse/orders/{number}"),
        lines: dossier.lines.iter().map(|l| view(dossier, l, now)).collect(),
        next: dossier.open().filter(is_next).take(2).map(|l| view(dossier, l, now)).collect(),
        done: dossier.picks.len(),
        due: words::due(shop, due_at),
        window: words::window(shop, dossier.order.window_starts_at, dossier.order.window_ends_at),
        crate_no: dossier.crate_no(),
        undo: last.and_then(|pick| Some((pick.position, done(dossier, dossier.line(pick.position)?, pick)))),
        rests: dossier.partly_there().map(|(line, pick)| rest(shop, dossier, line, pick)).collect(),
        number,
        stage,
    }
}

fn rest(shop: &Shop, dossier: &Dossier, line: &OrderLine, pick: &Pick) -> RestView {
    RestView {
        position: line.position,
        words: format!("{} of {} {}", pick.missing_of(line), line.quantity, line.name),
        said: dossier.ask_of(line).map_or_else(String::new, |ask| words::asked(shop, ask).1),
    }
}

fn title(stage: &Stage, number: &str, dossier: &Dossier) -> String {
    match stage {
        Stage::Line(_) => format!("Line {} of {}, {number}", dossier.picks.len() + 1, dossier.lines.len()),
        Stage::Pack(_) => format!("Pack {number}"),
        Stage::Packed { .. } => format!("{number} is packed"),
        Stage::Not(_) | Stage::Waiting | Stage::InOtherHands { .. } => number.to_owned(),
    }
}

fn stage(shop: &Shop, who: &Staffer, dossier: &Dossier, at: &At) -> Stage {
    match dossier.order.state {
        OrderState::Placed => {
            return Stage::Not("Its money is not there yet. It comes into the queue by itself.");
        }
        OrderState::Cancelled => return Stage::Not("It was cancelled. Put back what was picked of it."),
        OrderState::Confirmed | OrderState::Completed => {}
    }
    let Some(row) = &dossier.row else { return Stage::Not("The warehouse knows nothing of it.") };
    match dossier.state() {
        Some(FulfilmentState::Waiting) | None => Stage::Waiting,
        Some(FulfilmentState::Picking) if !dossier.is_in_hand_of(who.id) => Stage::InOtherHands {
            name: dossier.picker.clone().unwrap_or_default(),
            is_silent: row.is_abandoned(shop.app.clock.now()),
        },
        Some(FulfilmentState::Picking) => match dossier.current(at.line, shop.app.clock.now()) {
            Some(line) => Stage::Line(Box::new(current(shop, dossier, line, at))),
            None => Stage::Pack(bags(dossier)),
        },
        Some(state @ (FulfilmentState::Packed | FulfilmentState::HandedOver)) => Stage::Packed {
            bags: dossier.bags.len(),
            total: row.total_cents.unwrap_or_default().to_string(),
            money: money(dossier.order.pay_by),
            is_out: state == FulfilmentState::HandedOver,
        },
    }
}

pub(super) fn current(shop: &Shop, dossier: &Dossier, line: &OrderLine, at: &At) -> Current {
    let scanned = if at.line == Some(line.position) { at.scanned.clamp(0, line.quantity) } else { 0 };
    Current {
        line: view(dossier, line, Some(line.position)),
        scale: (line.sold_by == SoldBy::Weight).then(|| scale(line)),
        piece: (scanned + 1).min(line.quantity),
        scanned,
        later: dossier.behind(line).map(|l| l.position),
        wish: wish(line.wish(&dossier.order)),
        asked: dossier.ask_of(line).map(|ask| words::asked(shop, ask)),
    }
}

fn scale(line: &OrderLine) -> Scale {
    let per_kg = line.per_kg_cents.unwrap_or_default();
    Scale {
        grams: expected(line),
        per_kg: per_kg.to_string(),
        most: line.maximum_cents.to_string(),
        sum: line.sum_cents.cents(),
        full: line.full_cents.cents().max(1),
        cents_per_kg: per_kg.cents(),
        maximum: line.maximum_cents.cents(),
    }
}

/// What all pieces of a weighed line were thought to weigh.
fn expected(line: &OrderLine) -> i64 {
    line.grams.unwrap_or(0) * i64::from(line.quantity)
}

fn bags(dossier: &Dossier) -> Vec<BagsOf> {
    let rule = dossier.bags_by_rule().into_iter();
    rule.map(|(storage, bags)| {
        let (word, icon) = words::storage(storage);
        BagsOf { name: storage.as_str(), word, icon, bags }
    })
    .collect()
}

pub(super) fn view(dossier: &Dossier, line: &OrderLine, now: Option<i32>) -> LineView {
    let (storage, storage_icon) = words::storage(dossier.storage_of(line.product_id));
    let is_weighed = line.sold_by == SoldBy::Weight;
    let amount = if is_weighed { words::weight(expected(line)) } else { format!("{}×", line.quantity) };
    let pick = dossier.pick_of(line);
    let about = [&line.brand, &line.size_label].map(String::as_str);
    LineView {
        position: line.position,
        name: line.name.clone(),
        about: about.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", "),
        sku: line.sku.clone(),
        picture: assets::picture(&line.picture).into_owned(),
        shelf: dossier.shelf_of(line.product_id).to_owned(),
        quantity: line.quantity,
        is_weighed,
        amount,
        storage,
        storage_icon,
        free: dossier.free_of(line.product_id),
        done: pick.map(|pick| done(dossier, line, pick)),
        pip: pip(line, pick, now),
        minimum_age: line.minimum_age,
    }
}

fn pip(line: &OrderLine, pick: Option<&Pick>, now: Option<i32>) -> &'static str {
    match pick {
        Some(pick) if pick.state == PickState::Picked && pick.units == line.quantity => "d",
        Some(_) => "w",
        None if Some(line.position) == now => "n",
        None => "",
    }
}

/// `Bananas, 1.06 kg, €2.43`, `Milk, 2 instead of 3, €4.18`, `Spinach left out`.
pub(super) fn done(dossier: &Dossier, line: &OrderLine, pick: &Pick) -> String {
    let other = pick.product_id.filter(|id| *id != line.product_id).and_then(|id| dossier.wares.get(&id));
    let rest = pick.rest().map_or_else(String::new, |rest| {
        let name = dossier.wares.get(&rest.product).map_or("something else", |ware| ware.name.as_str());
        format!(", and {name} for the rest, {}×, {}", rest.units, rest.sum)
    });
    let amount = match pick.grams {
        Some(grams) => words::weight(grams),
        None if pick.units < line.quantity => format!("{} instead of {}", pick.units, line.quantity),
        None => format!("{}×", pick.units),
    };
    match pick.state {
        PickState::LeftOut => format!("{} left out, not charged", line.name),
        PickState::Picked => format!("{}, {amount}, {}{rest}", line.name, pick.sum_cents),
        PickState::Substituted => {
            let name = other.map_or("something else", |ware| ware.name.as_str());
            format!("{name} instead of {}, {amount}, {}", line.name, pick.sum_cents)
        }
    }
}

/// What happens to the money when it leaves.
const fn money(by: PayBy) -> &'static str {
    match by {
        PayBy::Card => "The card is charged for it when it is handed over.",
        PayBy::Redirect => "It was paid before: what was too much goes back when it is handed over.",
        PayBy::CashAtDoor | PayBy::CardAtDoor => "The rider takes the money at the door.",
    }
}

const fn wish(substitutions: Substitutions) -> &'static str {
    match substitutions {
        Substitutions::Similar => "If short: a similar item, never dearer",
        Substitutions::Ask => "If short: ask the customer first, by Short",
        Substitutions::LeaveOut => "If short: leave it out, nothing else in its place",
    }
}
