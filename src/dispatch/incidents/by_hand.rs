//! One order that an incident could not move: somebody rings its customer and chooses another window.

use super::deeds::address;
use super::form::words;
use crate::delivery::{self, Moving, Outcome, Window};
use crate::error::AppError;
use crate::ids::{IncidentId, OrderNumber};
use crate::lifecycle::{self, MoveError};
use crate::orders::{self, Contact, Order};
use crate::staffroom::{Area, Room, Said, Staffer, answer, done};
use crate::storefront::Shop;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form as Sent, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde::Deserialize;

/// Windows to choose among.
const MOST_WINDOWS: i64 = 30;

#[derive(Template)]
#[template(path = "dispatch/incident_order.html")]
struct OrderPage {
    room: Room,
    incident: IncidentId,
    number: String,
    name: String,
    phone: String,
    had: String,
    windows: Vec<(i64, String)>,
    /// Whether it still waits for somebody's hand.
    waits: bool,
}

struct Read {
    order: Order,
    contact: Contact,
    moving: Moving,
    windows: Vec<Window>,
    waits: bool,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    path: Path<(IncidentId, OrderNumber)>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let ((incident, number), now) = (path.into_inner(), shop.app.clock.now());
    let read = shop.app.read(move |conn| read(conn, incident, &number, now)).await?;
    let page = OrderPage {
        room: who.room(Some(Area::Dispatch), "An order to move"),
        incident,
        number: read.order.number.to_string(),
        name: read.contact.name,
        phone: read.contact.phone,
        had: words(&shop, (read.moving.starts_at, read.moving.ends_at)),
        windows: read.windows.iter().map(|w| (w.id, words(&shop, (w.starts_at, w.ends_at)))).collect(),
        waits: read.waits,
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

fn read(
    conn: &mut PgConnection,
    id: IncidentId,
    number: &OrderNumber,
    now: DateTime<Utc>,
) -> Result<Read, AppError> {
    let incident = delivery::incident(conn, id)?.ok_or(AppError::NotFound)?;
    let order = orders::order_by_number(conn, number)?;
    let moving = delivery::moving(conn, id, order.id)?.ok_or(AppError::NotFound)?;
    let needs_a_hand = matches!(moving.outcome, Some(Outcome::NoLater | Outcome::Failed));
    let windows = match delivery::place(conn, order.place_id)?.zone_id {
        Some(zone) => delivery::later_windows(conn, zone, moving.starts_at, now, MOST_WINDOWS)?,
        None => Vec::new(),
    };
    Ok(Read {
        contact: orders::contact(conn, order.id)?,
        waits: needs_a_hand && incident.ended_at.is_none(),
        order,
        moving,
        windows,
    })
}

#[derive(Deserialize)]
pub(super) struct WindowForm {
    #[serde(default)]
    window: String,
}

pub(super) async fn choose(
    shop: Data<Shop>,
    who: Staffer,
    path: Path<(IncidentId, OrderNumber)>,
    form: Sent<WindowForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (incident, number) = path.into_inner();
    let here = format!("{}/orders/{number}", address(incident));
    let Ok(window) = form.window.parse() else {
        return Ok(done(&shop, &here, &Said::bad("Nothing was changed: choose a time first.")));
    };
    let (by, now) = (who.id, shop.app.clock.now());
    let moved = shop.app.db(move |conn| {
        let order = orders::order_by_number(conn, &number)?;
        apart(lifecycle::move_by_hand(conn, (incident, order.id), window, by, now))
    });
    let (to, said) = match moved.await? {
        Ok(Outcome::Stays) => {
            (address(incident), Said::good("It stays as it is: it is over, on its way, or moved."))
        }
        Ok(Outcome::Moved | Outcome::NoLater | Outcome::Failed) => {
            (address(incident), Said::good("It is moved, and its customer told."))
        }
        Err(why) => (here, Said::bad(why)),
    };
    Ok(done(&shop, &to, &said))
}

/// What the dispatcher can be told; the rest is an error.
fn apart(moved: Result<Outcome, MoveError>) -> Result<Result<Outcome, &'static str>, AppError> {
    match moved {
        Ok(outcome) => Ok(Ok(outcome)),
        Err(MoveError::NoRoom) => {
            Ok(Err("Nothing was changed: that time has no room any more. Choose another one."))
        }
        Err(MoveError::NotWaiting) => Ok(Err("Nothing was changed: it does not wait for a hand any more.")),
        Err(MoveError::Db(e)) => Err(e.into()),
    }
}
