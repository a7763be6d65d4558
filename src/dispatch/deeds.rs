//! What a dispatcher changes by hand.

use super::assign::{self, GiveError};
use super::words::{not_for_carriers, not_given, refusal};
use crate::delivery::{self, DropState};
use crate::error::AppError;
use crate::ids::{Actor, DropId, StaffId, ZoneId};
use crate::lifecycle::{self, CarrierError, CarrierName, DriveError};
use crate::staffroom::{Area, Said, Staffer, done};
use crate::storefront::Shop;
use crate::town::{self, Part};
use actix_web::HttpResponse;
use actix_web::web::{Data, Form as Sent, Path};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use diesel::result::QueryResult;
use serde::Deserialize;

const BOARD: &str = "/dispatch";

#[derive(Deserialize)]
pub(super) struct GiveForm {
    #[serde(default)]
    rider: String,
}

/// Gives a drop to a rider.
pub(super) async fn give_to(
    shop: Data<Shop>,
    who: Staffer,
    drop: Path<DropId>,
    form: Sent<GiveForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let Ok(rider) = form.rider.parse().map(StaffId) else {
        return Ok(done(&shop, BOARD, &Said::bad("Nothing was changed: choose a rider first.")));
    };
    let (drop, by, now) = (drop.into_inner(), Actor::Staff(who.id), shop.app.clock.now());
    let given = shop.app.db(move |conn| apart(assign::give(conn, drop, rider, by, now))).await?;
    let said = match given {
        Ok(()) => Said::good("The rider has it."),
        Err(e) => Said::bad(not_given(&e)),
    };
    Ok(done(&shop, BOARD, &said))
}

#[derive(Deserialize)]
pub(super) struct BookForm {
    #[serde(default)]
    carrier: String,
}

/// Asks a carrier to bring a drop.
pub(super) async fn book(
    shop: Data<Shop>,
    who: Staffer,
    drop: Path<DropId>,
    form: Sent<BookForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let Some(carrier) = shop.app.carriers.by_name(&form.carrier).cloned() else {
        return Ok(done(&shop, BOARD, &Said::bad("Nothing was changed: choose a carrier first.")));
    };
    let (drop, by, now) = (drop.into_inner(), Actor::Staff(who.id), shop.app.clock.now());
    let good = format!("{} is asked to bring it. The board shows the answer.", carrier.label());
    let ask = move |conn: &mut PgConnection| {
        let name = CarrierName { name: carrier.name(), label: carrier.label() };
        match lifecycle::ask_carrier(conn, drop, name, by, now) {
            Err(CarrierError::Drive(DriveError::Db(e))) => Err(e),
            other => Ok(other.map(|_| ())),
        }
    };
    let said = match shop.app.db(ask).await? {
        Ok(()) => Said::good(good),
        Err(e) => Said::bad(not_for_carriers(&e)),
    };
    Ok(done(&shop, BOARD, &said))
}

/// Takes a drop off its rider, or from its carrier.
pub(super) async fn take_off(
    shop: Data<Shop>,
    who: Staffer,
    drop: Path<DropId>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (drop, by, now) = (drop.into_inner(), Actor::Staff(who.id), shop.app.clock.now());
    let take = move |conn: &mut PgConnection| lifecycle::unassign(conn, drop, "by dispatch", by, now);
    tell(&shop, take, "It is taken off.").await
}

/// Plans another try after one that came to nothing.
pub(super) async fn plan_again(
    shop: Data<Shop>,
    who: Staffer,
    drop: Path<DropId>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (drop, by, now) = (drop.into_inner(), Actor::Staff(who.id), shop.app.clock.now());
    let plan = move |conn: &mut PgConnection| {
        let failed = delivery::drop_by_id(conn, drop)?.ok_or(DriveError::Unknown)?;
        lifecycle::plan_again(conn, failed.order_id, by, now).map(|_| ())
    };
    tell(&shop, plan, "Another try is planned.").await
}

/// Takes a rider off shift.
pub(super) async fn send_home(
    shop: Data<Shop>,
    who: Staffer,
    rider: Path<StaffId>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (rider, by, now) = (rider.into_inner(), Actor::Staff(who.id), shop.app.clock.now());
    let end = move |conn: &mut PgConnection| {
        Ok::<_, AppError>((end_shift(conn, rider, by, now)?, town::is_by_hand(conn, Part::Dispatch)?))
    };
    let said = match shop.app.db(end).await? {
        (0, _) => "They are off shift.".to_owned(),
        (1, true) => "They are off shift. 1 drop waits for you to give it to another rider.".to_owned(),
        (n, true) => format!("They are off shift. {n} drops wait for you to give them to other riders."),
        (1, false) => "They are off shift. Another rider is looked for, for 1 drop.".to_owned(),
        (n, false) => format!("They are off shift. Other riders are looked for, for {n} drops."),
    };
    Ok(done(&shop, BOARD, &Said::good(said)))
}

#[derive(Deserialize)]
pub(super) struct ZoneForm {
    /// Nothing: all zones.
    #[serde(default)]
    zone: String,
    /// Where the board said that they go.
    #[serde(default)]
    seen: String,
}

/// Sends a rider to one zone alone, or to all: drops are found for them by it from now on. What they have they
/// keep, and by hand they are given what somebody likes.
pub(super) async fn send_to_zone(
    shop: Data<Shop>,
    who: Staffer,
    rider: Path<StaffId>,
    form: Sent<ZoneForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (rider, now) = (rider.into_inner(), shop.app.clock.now());
    let (zone, seen) = (zone_in(&form.zone)?, zone_in(&form.seen)?);
    let send = move |conn: &mut PgConnection| {
        let zones = delivery::all_zones(conn)?;
        let named = zone.map(|id| zones.into_iter().find(|known| known.id == id).ok_or(AppError::NotFound));
        let name = named.transpose()?.map(|zone| zone.name);
        let is_sent = delivery::set_zone(conn, rider, seen, zone)?;
        if is_sent {
            assign::offer_waiting(conn, now)?;
        }
        Ok::<_, AppError>((is_sent, name))
    };
    let said = match shop.app.db(send).await? {
        (false, _) => {
            Said::bad("Nothing was changed: somebody has sent them elsewhere meanwhile. Look again.")
        }
        (true, Some(name)) => Said::good(format!("They are sent to {name} alone. What they have they keep.")),
        (true, None) => Said::good("They are sent to all zones."),
    };
    Ok(done(&shop, BOARD, &said))
}

fn zone_in(field: &str) -> Result<Option<ZoneId>, AppError> {
    if field.is_empty() {
        return Ok(None);
    }
    field.parse().map(|id| Some(ZoneId(id))).map_err(|_| AppError::NotFound)
}

/// Ends a rider's shift: what they have not left with, others bring. First nobody can load them any
/// more, and only then is taken off what they have, each in a transaction of its own: the rider's row
/// is the last that any verb takes. Says how many drops are looked for anew.
///
/// # Errors
/// When the database does not answer.
pub(crate) fn end_shift(
    conn: &mut PgConnection,
    rider: StaffId,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    delivery::set_on_shift(conn, rider, false, now)?;
    let mut moved = 0;
    for stop in delivery::stops_of(conn, rider)? {
        if stop.state != DropState::RiderAssigned {
            continue;
        }
        match lifecycle::unassign(conn, stop.id, "their shift has ended", by, now) {
            Ok(()) => moved += 1,
            Err(DriveError::Db(e)) => return Err(e),
            // They have left with it meanwhile.
            Err(other) => log::info!("a drop stays with its rider: {}", refusal(&other)),
        }
    }
    Ok(moved)
}

/// Does something with a drop after which it has no rider, and says on the board what came of it and who finds
/// one: the database's silence is an error, all else is told.
async fn tell(
    shop: &Shop,
    deed: impl FnOnce(&mut PgConnection) -> Result<(), DriveError> + Send + 'static,
    words: &str,
) -> Result<HttpResponse, AppError> {
    let known = move |conn: &mut PgConnection| match deed(conn) {
        Err(DriveError::Db(e)) => Err(e),
        Err(refused) => Ok(Err(refused)),
        Ok(()) => Ok(Ok(town::is_by_hand(conn, Part::Dispatch)?)),
    };
    let said = match shop.app.db(known).await? {
        Ok(true) => Said::good(format!("{words} It waits for you to give it to a rider.")),
        Ok(false) => Said::good(format!("{words} A rider is looked for.")),
        Err(e) => Said::bad(refusal(&e)),
    };
    Ok(done(shop, BOARD, &said))
}

fn apart(result: Result<(), GiveError>) -> QueryResult<Result<(), GiveError>> {
    match result {
        Err(GiveError::Drive(DriveError::Db(e))) => Err(e),
        other => Ok(other),
    }
}
