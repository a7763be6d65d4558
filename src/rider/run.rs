//! Today's run, in order; coming on shift and going off.

use super::stop::{Bags, bags};
use crate::delivery::{self, Drop, DropState, Rider};
use crate::dispatch;
use crate::error::AppError;
use crate::fulfilment;
use crate::ids::{Actor, DropId, StaffId};
use crate::lifecycle;
use crate::orders::{self, Contact, Order};
use crate::promises::{self, Promise};
use crate::staffroom::{Area, Room, Said, Staffer, answer, done};
use crate::storefront::Shop;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;
use diesel::result::QueryResult;

pub(super) const RUN: &str = "/rider";

pub(super) struct Line {
    pub(super) id: DropId,
    pub(super) number: String,
    pub(super) stop: i32,
    pub(super) line: String,
    pub(super) town: String,
    pub(super) window: String,
    /// What the customer was told instead of it.
    pub(super) told: Option<String>,
    pub(super) bags: Bags,
    /// `€24.10 to be paid`
    pub(super) due: Option<String>,
    pub(super) age: i32,
    pub(super) is_on_the_way: bool,
    pub(super) is_late: bool,
}

#[derive(Template)]
#[template(path = "rider/run.html")]
struct RunPage {
    room: Room,
    on_shift: bool,
    stops: Vec<Line>,
}

/// What the line of a stop is made of.
struct Read {
    drop: Drop,
    order: Order,
    contact: Contact,
    bags: Bags,
    due: Option<String>,
    foreseen: Option<Promise>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Rider)?;
    let id = who.id;
    let (rider, stops) = shop.app.read(move |conn| read(conn, id)).await?;
    let page = RunPage {
        room: who.room(Some(Area::Rider), "My run"),
        on_shift: rider.is_some_and(|rider| rider.on_shift),
        stops: stops.into_iter().map(|stop| line(&shop, stop)).collect(),
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

fn read(conn: &mut PgConnection, id: StaffId) -> QueryResult<(Option<Rider>, Vec<Read>)> {
    let mut stops = Vec::new();
    // As many as one carries: a handful.
    for drop in delivery::stops_of(conn, id)? {
        let order = orders::order(conn, drop.order_id)?;
        stops.push(Read {
            contact: orders::contact(conn, order.id)?,
            bags: bags(&fulfilment::bags_of(conn, order.id)?),
            due: lifecycle::due_at_door(conn, &order)?.map(|due| due.to_string()),
            foreseen: promises::foreseen_of(conn, &[order.id])?.pop(),
            drop,
            order,
        });
    }
    Ok((delivery::rider(conn, id)?, stops))
}

fn line(shop: &Shop, read: Read) -> Line {
    let Read { drop, order, contact, bags, due, foreseen } = read;
    Line {
        id: drop.id,
        number: order.number.to_string(),
        stop: drop.stop,
        line: contact.line,
        town: contact.town,
        window: super::stop::window(shop, &drop),
        told: foreseen.and_then(|promise| dispatch::told(shop, &drop, &promise)),
        bags,
        due,
        age: order.minimum_age,
        is_on_the_way: drop.state == DropState::OnTheWay,
        is_late: drop.ends_at < shop.app.clock.now(),
    }
}

/// Comes on shift: what waits for a rider is offered at once.
pub(super) async fn begin(shop: Data<Shop>, who: Staffer) -> Result<HttpResponse, AppError> {
    who.may(Area::Rider)?;
    let now = shop.app.clock.now();
    let begin = move |conn: &mut PgConnection| {
        make_rider(conn, who.id, &who.name)?;
        delivery::set_on_shift(conn, who.id, true, now)?;
        dispatch::offer_waiting(conn, now)
    };
    shop.app.db(begin).await?;
    Ok(done(&shop, RUN, &Said::good("You are on shift. Drops come here by themselves.")))
}

/// Goes off shift: others bring what they have not left with.
pub(super) async fn end(shop: Data<Shop>, who: Staffer) -> Result<HttpResponse, AppError> {
    who.may(Area::Rider)?;
    let (id, now) = (who.id, shop.app.clock.now());
    shop.app.db(move |conn| dispatch::end_shift(conn, id, Actor::Staff(id), now)).await?;
    Ok(done(&shop, RUN, &Said::good("You are off shift. Bring what you have left with.")))
}

/// Whoever comes first time becomes a rider, by their first name.
pub(super) fn make_rider(conn: &mut PgConnection, id: StaffId, name: &str) -> QueryResult<()> {
    if delivery::rider(conn, id)?.is_some() {
        return Ok(());
    }
    delivery::put_rider(conn, id, name.split_whitespace().next().unwrap_or("Rider"), "")
}
