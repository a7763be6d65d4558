//! One incident: how far it is, and whom somebody has to ring.

use super::list::{Counts, Line};
use crate::delivery::{self, Moving, Outcome};
use crate::error::AppError;
use crate::ids::{IncidentId, OrderId};
use crate::orders;
use crate::staff;
use crate::staffroom::{Area, Room, Staffer, answer};
use crate::storefront::Shop;
use crate::web::paging;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;
use serde::Deserialize;
use std::collections::HashMap;

const A_PAGE: usize = 50;

#[derive(Deserialize)]
pub(super) struct Behind {
    #[serde(default)]
    after: i32,
}

/// An order somebody has to see to.
struct Stuck {
    number: String,
    from: String,
}

#[derive(Template)]
#[template(path = "dispatch/incident.html")]
struct OnePage {
    room: Room,
    line: Line,
    /// Those for whom no later window has room.
    stuck: Vec<Stuck>,
    failed: Vec<Stuck>,
    next: Option<i32>,
    is_first: bool,
}

struct Read {
    line: Line,
    stuck: Vec<Moving>,
    failed: Vec<Moving>,
    numbers: HashMap<OrderId, String>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    id: Path<IncidentId>,
    behind: Query<Behind>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (id, after, there) = (id.into_inner(), behind.after, shop.clone());
    let mut read = shop.app.read(move |conn| read(conn, &there, id, after)).await?;
    let next = paging::cut(&mut read.stuck, A_PAGE, |last| last.place);
    let stuck = |all: &[Moving]| all.iter().map(|m| told(&shop, &read.numbers, m)).collect();
    let page = OnePage {
        room: who.room(Some(Area::Dispatch), read.line.name),
        stuck: stuck(&read.stuck),
        failed: stuck(&read.failed),
        next,
        is_first: after == 0,
        line: read.line,
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

fn read(conn: &mut PgConnection, shop: &Shop, id: IncidentId, after: i32) -> Result<Read, AppError> {
    let incident = delivery::incident(conn, id)?.ok_or(AppError::NotFound)?;
    let most = paging::with_one_more(A_PAGE);
    let stuck = delivery::affected(conn, id, Outcome::NoLater, after, most)?;
    let failed = delivery::affected(conn, id, Outcome::Failed, 0, most)?;
    let ids: Vec<OrderId> = stuck.iter().chain(&failed).map(|m| m.order_id).collect();
    let people: Vec<_> = [Some(incident.made_by), incident.ended_by].into_iter().flatten().collect();
    let (zones, names) = (delivery::all_zones(conn)?, staff::names_of(conn, &people)?);
    let counts = Counts::of(&delivery::count_affected(conn, &[id])?, id);
    Ok(Read {
        line: Line::of(shop, &incident, &zones, &names, counts),
        numbers: orders::numbers_of(conn, &ids)?,
        stuck,
        failed,
    })
}

fn told(shop: &Shop, numbers: &HashMap<OrderId, String>, moving: &Moving) -> Stuck {
    Stuck {
        number: numbers.get(&moving.order_id).cloned().unwrap_or_default(),
        from: super::form::words(shop, (moving.starts_at, moving.ends_at)),
    }
}
