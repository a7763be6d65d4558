//! Closing with one click, and opening again.

use super::form::{Asked, open_window};
use crate::delivery::{Incident, Outcome};
use crate::error::AppError;
use crate::ids::{IncidentId, StaffId};
use crate::lifecycle;
use crate::staffroom::{Area, Said, Staffer, done};
use crate::storefront::Shop;
use actix_web::HttpResponse;
use actix_web::web::{Data, Form as Sent, Path};
use diesel::PgConnection;
use serde::Deserialize;
use uuid::Uuid;

pub(super) const LIST: &str = "/dispatch/incidents";

pub(super) fn address(id: IncidentId) -> String {
    format!("{LIST}/{id}")
}

#[derive(Deserialize)]
pub(super) struct DeclareForm {
    token: Uuid,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    zone: String,
    #[serde(default)]
    window: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    note: String,
}

impl DeclareForm {
    fn split(self) -> (IncidentId, Asked) {
        let Self { token, kind, zone, window, from, to, note } = self;
        (IncidentId(token), Asked { kind, zone, window, from, to, note })
    }
}

/// How a click ended.
enum Declared {
    /// So many orders wait to be moved.
    Closed(usize),
    /// It was pressed before.
    Already,
    Wrong(&'static str),
}

/// Closes what was seen in the preview. A second click does nothing more.
pub(super) async fn declare(
    shop: Data<Shop>,
    who: Staffer,
    form: Sent<DeclareForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (id, asked) = form.into_inner().split();
    let (by, zone, now) = (who.id, shop.app.config.shop.zone, shop.app.clock.now());
    let declared = shop.app.db(move |conn| declared(conn, id, by, &asked, zone, now)).await?;
    Ok(match declared {
        Declared::Closed(orders) => done(&shop, &address(id), &Said::good(told(orders))),
        Declared::Already => {
            let words = "This was closed before; nothing was done twice. This is how it stands.";
            done(&shop, &address(id), &Said::good(words))
        }
        Declared::Wrong(why) => done(&shop, &format!("{LIST}/new"), &Said::bad(why)),
    })
}

fn told(orders: usize) -> String {
    match orders {
        0 => "It is closed. No order has to be moved.".to_owned(),
        1 => "It is closed. 1 order is being moved, and its customer told.".to_owned(),
        n => format!("It is closed. {n} orders are being moved, and their customers told."),
    }
}

fn declared(
    conn: &mut PgConnection,
    id: IncidentId,
    by: StaffId,
    asked: &Asked,
    zone: chrono_tz::Tz,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Declared, AppError> {
    if crate::delivery::incident(conn, id)?.is_some() {
        return Ok(Declared::Already);
    }
    let window = open_window(conn, asked.window())?;
    let read = match asked.read(zone, now, window.as_ref()) {
        Ok(read) => read,
        Err(why) => return Ok(Declared::Wrong(why)),
    };
    let new = Incident {
        id,
        kind: read.kind,
        zone_id: read.scope.zone,
        window_id: read.scope.window,
        starts_at: read.scope.starts,
        ends_at: read.scope.ends,
        note: read.note,
        made_by: by,
        made_at: now,
        ended_by: None,
        ended_at: None,
    };
    Ok(Declared::Closed(lifecycle::declare_incident(conn, &new, now)?))
}

/// It is over: what it closed is open again.
pub(super) async fn end(
    shop: Data<Shop>,
    who: Staffer,
    id: Path<IncidentId>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (id, now) = (id.into_inner(), shop.app.clock.now());
    shop.app.db(move |conn| lifecycle::end_incident(conn, id, who.id, now)).await?;
    let words = "It is over. Its windows are open again; what was promised meanwhile stays.";
    Ok(done(&shop, &address(id), &Said::good(words)))
}

#[derive(Deserialize)]
pub(super) struct AgainForm {
    /// Those that came to this.
    #[serde(default)]
    outcome: String,
}

/// Those that could not be moved are tried once more, in the background as the first time.
pub(super) async fn try_again(
    shop: Data<Shop>,
    who: Staffer,
    id: Path<IncidentId>,
    form: Sent<AgainForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (id, now) = (id.into_inner(), shop.app.clock.now());
    let orders = match form.outcome.parse() {
        Ok(outcome @ (Outcome::NoLater | Outcome::Failed)) => {
            shop.app.db(move |conn| lifecycle::try_again(conn, id, outcome, now)).await?
        }
        Ok(Outcome::Moved | Outcome::Stays) | Err(_) => 0,
    };
    let said = match orders {
        0 => Said::bad("Nothing was changed: none of them waits any more."),
        1 => Said::good("1 order is being tried again."),
        n => Said::good(format!("{n} orders are being tried again.")),
    };
    Ok(done(&shop, &address(id), &said))
}
