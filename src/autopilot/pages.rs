//! `/sandbox`: the town of the demonstration. Look at it, take a part over by hand, or cause trouble.

use super::acts;
use super::crew::Autopilot;
use super::map::{FRAME, Map, WATER};
use super::scene::{self, Known, Scene, Stage};
use super::words::{self, Badge};
use crate::clock;
use crate::demo;
use crate::dispatch::chart::{Frame, Spot};
use crate::error::AppError;
use crate::staffroom;
use crate::storefront::Shop;
use crate::town::{Part, Trouble};
use crate::web::{assets, get, render};
use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, ServiceConfig, post};
use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

pub fn routes(cfg: &mut ServiceConfig, autopilot: Autopilot) {
    cfg.app_data(Data::new(autopilot))
        .route("/sandbox", get().to(show))
        .route("/sandbox/town", post().to(acts::act))
        .route("/sandbox/town/live", get().to(listen));
}

#[derive(Template)]
#[template(path = "sandbox/town.html")]
struct TownPage {
    css: &'static str,
    own_css: &'static str,
    script: &'static str,
    icons: &'static str,
    is_on: bool,
    map: Map,
    frame: Frame,
    /// Where the bay's name stands.
    water: Spot,
    parts: Vec<PartView>,
    orders: Vec<Row>,
    at: String,
    password: &'static str,
}

/// A part of the work, and whose it is.
struct PartView {
    /// What the form says.
    what: &'static str,
    name: &'static str,
    icon: &'static str,
    by_hand: bool,
    does: &'static str,
    /// Who to be, to do it by hand, and where that is done.
    accounts: &'static str,
    page: &'static str,
    take: &'static str,
    hand_back: &'static str,
}

/// One order in the town.
struct Row {
    id: String,
    number: String,
    badge: Badge,
    about: String,
    next: String,
    /// When that is, in words, and in how many seconds from now.
    soon: Option<(String, i64)>,
    done: usize,
    is_over: bool,
    links: Vec<(&'static str, &'static str, String)>,
    troubles: Vec<TroubleView>,
}

struct TroubleView {
    what: &'static str,
    is_on: bool,
    button: &'static str,
    undo: &'static str,
    explains: &'static str,
}

async fn show(shop: Data<Shop>, autopilot: Data<Autopilot>) -> Result<HttpResponse, AppError> {
    let (now, autopilot) = (shop.app.clock.now(), **autopilot);
    let scene = shop.app.read(move |conn| scene::read(conn, &autopilot, now)).await?;
    let page = render(&page(&scene, shop.app.config.shop.zone))?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(page))
}

/// Word of whatever happens to any order, for whoever looks at the town.
async fn listen(shop: Data<Shop>) -> Result<HttpResponse, AppError> {
    staffroom::watch(&shop)
}

fn page(scene: &Scene, zone: Tz) -> TownPage {
    TownPage {
        css: assets::address("site.css"),
        own_css: assets::address("sandbox/town.css"),
        script: assets::address("town.js"),
        icons: assets::address("staff.svg"),
        is_on: scene.is_on,
        map: Map::of(scene),
        frame: FRAME,
        water: WATER,
        parts: Part::ALL.iter().map(|part| part_view(*part, scene)).collect(),
        orders: scene.orders.iter().map(|known| row(known, scene, zone)).collect(),
        at: scene.now.with_timezone(&zone).format("%H:%M:%S").to_string(),
        password: demo::PASSWORD,
    }
}

fn part_view(part: Part, scene: &Scene) -> PartView {
    let by_hand = scene.is_by_hand(part);
    match part {
        Part::Picking => PartView {
            what: "pick",
            name: "Picking and packing",
            icon: "shopping-basket",
            by_hand,
            does: "Takes what is due within 20 minutes, line by line, and packs it.",
            accounts: "warehouse@demo.test",
            page: "/warehouse",
            take: "Pick by hand",
            hand_back: "Let the autopilot pick",
        },
        Part::Dispatch => PartView {
            what: "dispatch",
            name: "Dispatch",
            icon: "route",
            by_hand: by_hand && scene.is_on,
            does: "Finds a rider for what is packed, and plans another try once a customer has said how to find them.",
            accounts: "dispatch@demo.test",
            page: "/dispatch",
            take: "Dispatch by hand",
            hand_back: "Let the autopilot dispatch",
        },
        Part::Riding => PartView {
            what: "ride",
            name: "Riding",
            icon: "bike",
            by_hand,
            does: "Loads, sets out, shares where it is, rings and hands over. Whoever had to stop comes back.",
            accounts: "rider@demo.test or rider2@demo.test",
            page: "/rider",
            take: "Ride by hand",
            hand_back: "Let the autopilot ride",
        },
    }
}

fn row(known: &Known, scene: &Scene, zone: Tz) -> Row {
    let next = words::next(known, scene);
    let soon = |at: DateTime<Utc>| (words::soon(zone, scene.now, at), (at - scene.now).num_seconds());
    let lines = known.bench.map_or(0, |bench| bench.lines);
    let lines = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
    let window = clock::window_label(zone, known.order.window_starts_at, known.order.window_ends_at);
    let choice = known.wish;
    let trouble = |kind: Trouble| TroubleView {
        what: kind.as_str(),
        is_on: known.troubles.contains(&kind),
        button: words::button(kind),
        undo: words::undo(kind),
        explains: words::explain(kind, choice),
    };
    Row {
        id: known.order.id.to_string(),
        number: known.order.number.to_string(),
        badge: words::badge(known.stage),
        about: format!("{}, {lines}, promised {window}", known.area),
        next: next.words,
        soon: next.at.map(soon),
        done: words::done(known.stage),
        is_over: known.stage == Stage::Delivered,
        links: links(known),
        troubles: words::possible(known, scene).into_iter().map(trouble).collect(),
    }
}

/// The same order on the pages of everybody it concerns: icon, whose page, and where that is.
fn links(known: &Known) -> Vec<(&'static str, &'static str, String)> {
    let number = &known.order.number;
    let mut links = vec![
        ("user", "Customer", format!("/orders/{number}")),
        ("shopping-basket", "Picker", format!("/warehouse/orders/{number}")),
        ("route", "Dispatcher", "/dispatch".to_owned()),
    ];
    if let Some(drop) = known.drop.as_ref().filter(|drop| drop.rider_id.is_some()) {
        links.push(("bike", "Rider", format!("/rider/drops/{}", drop.id)));
    }
    links
}
