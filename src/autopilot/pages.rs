//! `/sandbox`: the town of the demonstration. Take a part over by hand, or cause trouble.

use super::crew::{Autopilot, Trouble};
use crate::clock;
use crate::delivery;
use crate::error::AppError;
use crate::fulfilment::{self, FulfilmentState};
use crate::ids::OrderId;
use crate::orders;
use crate::storefront::Shop;
use crate::web::{assets, get, redirect, render};
use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Form, ServiceConfig, post};
use askama::Template;
use diesel::prelude::*;
use serde::Deserialize;
use uuid::Uuid;

/// Orders shown at once.
const MOST: i64 = 20;

pub fn routes(cfg: &mut ServiceConfig, autopilot: Autopilot) {
    cfg.app_data(Data::new(autopilot))
        .route("/sandbox", get().to(show))
        .route("/sandbox/town", post().to(act));
}

#[derive(Template)]
#[template(path = "sandbox/town.html")]
struct TownPage {
    css: &'static str,
    picks: bool,
    rides: bool,
    at: String,
    orders: Vec<Row>,
}

/// One order on its way through the town.
struct Row {
    id: String,
    number: String,
    stage: &'static str,
    rider: String,
    stuck: bool,
    missing: bool,
    wrong_address: bool,
    in_warehouse: bool,
}

async fn show(shop: Data<Shop>, autopilot: Data<Autopilot>) -> Result<HttpResponse, AppError> {
    let trouble = autopilot.trouble();
    let orders = shop.app.db(move |conn| Ok::<_, AppError>(rows(conn, &trouble)?)).await?;
    let page = TownPage {
        css: assets::address("site.css"),
        picks: autopilot.picks(),
        rides: autopilot.rides(),
        at: clock::time_label(shop.app.config.shop.zone, shop.app.clock.now()),
        orders,
    };
    let page = render(&page)?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(page))
}

fn rows(conn: &mut PgConnection, trouble: &Trouble) -> QueryResult<Vec<Row>> {
    let mut ids: Vec<(OrderId, &'static str, String)> = Vec::new();
    for state in [FulfilmentState::Waiting, FulfilmentState::Picking] {
        let words = if state == FulfilmentState::Waiting { "waits for a picker" } else { "is being picked" };
        let found = fulfilment::queue(conn, state, None, MOST)?;
        ids.extend(found.into_iter().map(|f| (f.order_id, words, String::new())));
    }
    for drop in delivery::open_drops(conn, None, None, MOST)? {
        let rider = match drop.rider_id {
            Some(id) => delivery::rider(conn, id)?.map_or_else(String::new, |r| r.first_name),
            None => String::new(),
        };
        ids.push((drop.order_id, stage_words(drop.state), rider));
    }
    let row = |(id, stage, rider): (OrderId, &'static str, String)| {
        Ok(Row {
            number: orders::order(conn, id)?.number.to_string(),
            id: id.to_string(),
            stage,
            in_warehouse: rider.is_empty(),
            rider,
            stuck: trouble.stuck.contains(&id),
            missing: trouble.missing.contains(&id),
            wrong_address: trouble.wrong_address.contains(&id),
        })
    };
    ids.into_iter().map(row).collect()
}

const fn stage_words(state: delivery::DropState) -> &'static str {
    use delivery::DropState;
    match state {
        DropState::Planned => "is packed and waits for a rider",
        DropState::RiderAssigned => "is with its rider",
        DropState::OnTheWay => "is on the way",
        DropState::Delivered => "is delivered",
        DropState::Failed => "could not be delivered",
    }
}

#[derive(Deserialize)]
struct Act {
    what: String,
    order: Option<Uuid>,
}

async fn act(autopilot: Data<Autopilot>, form: Form<Act>) -> Result<HttpResponse, AppError> {
    let order = form.order.map(OrderId);
    match (form.what.as_str(), order) {
        ("pick", _) => autopilot.let_pick(!autopilot.picks()),
        ("ride", _) => autopilot.let_ride(!autopilot.rides()),
        ("stuck", Some(id)) => autopilot.make(|t| turn(&mut t.stuck, id)),
        ("missing", Some(id)) => autopilot.make(|t| turn(&mut t.missing, id)),
        ("address", Some(id)) => autopilot.make(|t| turn(&mut t.wrong_address, id)),
        _ => {
            return Err(AppError::bad(
                "There is no such thing to do in this town. Go back and choose another.",
            ));
        }
    }
    Ok(redirect("/sandbox", []))
}

/// On where it was off, off where it was on. Bounded, for nobody sweeps up in a demonstration.
fn turn(set: &mut std::collections::HashSet<OrderId>, id: OrderId) {
    if !set.remove(&id) && set.len() < 1_000 {
        set.insert(id);
    }
}
