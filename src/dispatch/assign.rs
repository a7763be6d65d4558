//! A rider for a drop: of those on shift with room, the one for whom it makes nobody late, or the
//! fewest, and is the least way round.
//!
//! A rider goes to all zones, and the way decides, unless a dispatcher has given them one: then they are
//! found for that one alone, and by hand for any. Distances are straight lines between
//! places, since all that is known of an address is its routing key's centre; the warehouse is
//! taken to lie in the middle of the places we go to.

use super::hands::{goes_to, has_room, in_hand};
use super::route::{self, Gap, Point, Run, Stop};
use super::words::{not_for_carriers, refusal};
use crate::delivery::{self, Drop, DropState, Rider};
use crate::events::{Event, Recorded};
use crate::ids::{Actor, DropId, StaffId};
use crate::lifecycle::{self, CarrierError, CarrierName, DriveError};
use crate::outside::carrier::Carriers;
use crate::town::{self, Part};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// Dublin's centre, for a shop that goes nowhere yet.
const NOWHERE: Point = Point { latitude: 53.3498, longitude: -6.2603 };
/// Where somebody was seen longer ago says nothing of where they are.
const SEEN_LATELY: Duration = Duration::minutes(10);
/// What comes to a rider who comes on shift, at most.
const MOST_WAITING: i64 = 50;

/// What came of looking for a rider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Somebody brings it, or nobody has to any more.
    Done,
    /// Nobody on shift has room.
    Nobody,
}

/// Why a rider does not get a drop. Nothing has changed.
#[derive(Debug)]
pub enum GiveError {
    /// They carry as many as they can.
    Full,
    OffShift,
    /// They are sent to another zone, and nobody decides otherwise by hand.
    OtherZone,
    Drive(DriveError),
}

impl From<DriveError> for GiveError {
    fn from(e: DriveError) -> Self {
        Self::Drive(e)
    }
}

impl From<diesel::result::Error> for GiveError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Drive(DriveError::Db(e))
    }
}

/// Does a job of the consumer "dispatch". Doing it again does nothing again. Part of the caller's
/// transaction.
///
/// # Errors
/// When the database does not answer.
pub fn act(
    conn: &mut PgConnection,
    carriers: &Carriers,
    recorded: &Recorded,
    now: DateTime<Utc>,
) -> QueryResult<Found> {
    // A dispatcher does it themselves: what waits is offered once they hand it back.
    if town::is_by_hand(conn, Part::Dispatch)? {
        return Ok(Found::Done);
    }
    if let Event::DropPlanned { drop, .. } = &recorded.event
        && goes_by_carrier(conn, carriers, *drop, now)?
    {
        return Ok(Found::Done);
    }
    let (Event::DropPlanned { drop, .. }
    | Event::RiderUnassigned { drop, .. }
    | Event::CarrierRefused { drop, .. }) = &recorded.event
    else {
        return Ok(Found::Done);
    };
    find_rider(conn, *drop, now)
}

/// Asks the carrier that brings what goes to its zone in its window, if there is one and it may be given this. One
/// that was asked for this drop before, and does not bring it, is not asked again by itself.
fn goes_by_carrier(
    conn: &mut PgConnection,
    carriers: &Carriers,
    id: DropId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    if carriers.all().is_empty() {
        return Ok(false);
    }
    let Some(drop) = delivery::drop_by_id(conn, id)?.filter(|d| d.state == DropState::Planned) else {
        return Ok(false);
    };
    let zone = delivery::all_zones(conn)?.into_iter().find(|zone| zone.id == drop.zone_id);
    let Some(carrier) = zone.and_then(|zone| carriers.that_brings(&zone.code, drop.starts_at)) else {
        return Ok(false);
    };
    if drop.is_a_carriers() || delivery::booking_of_drop(conn, id)?.is_some() {
        return Ok(drop.is_a_carriers());
    }
    let name = CarrierName { name: carrier.name(), label: carrier.label() };
    match lifecycle::ask_carrier(conn, id, name, Actor::System, now) {
        Ok(_) => Ok(true),
        Err(CarrierError::Drive(DriveError::Db(e))) => Err(e),
        Err(refused) => {
            log::info!("a drop of its zone is not for {}: {}", carrier.label(), not_for_carriers(&refused));
            Ok(false)
        }
    }
}

/// Finds riders for what has been waiting for one: somebody has come on shift, or nobody does it by hand any
/// more. Says for how many.
///
/// # Errors
/// When the database does not answer.
pub fn offer_waiting(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    if town::is_by_hand(conn, Part::Dispatch)? {
        return Ok(0);
    }
    let mut given = 0;
    for drop in delivery::unassigned_drops(conn, MOST_WAITING)? {
        // Of those who have no room now, somebody may have some for what is brought later, or elsewhere.
        given += usize::from(find_rider(conn, drop.id, now)? == Found::Done);
    }
    Ok(given)
}

/// Gives a drop to a rider at the best place among their stops. One transaction, with the rows
/// taken in the order of all verbs (order, drop, rider): two who load one rider do it in turn. Somebody who
/// gives it by hand gives it to whom they like; by itself it goes to none who is sent elsewhere.
///
/// # Errors
/// Says why not; nothing has changed then.
pub fn give(
    conn: &mut PgConnection,
    id: DropId,
    to: StaffId,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<(), GiveError> {
    conn.transaction(|conn| {
        let had = delivery::stops_of(conn, to)?.iter().any(|stop| stop.id == id);
        if had {
            return Ok(());
        }
        lifecycle::assign_rider(conn, id, to, by, now)?;
        let rider = delivery::lock_rider(conn, to)?;
        if !rider.on_shift {
            return Err(GiveError::OffShift);
        }
        let stops = delivery::stops_of(conn, to)?;
        let Some(new) = stops.iter().find(|stop| stop.id == id) else {
            return Err(GiveError::Full);
        };
        if by == Actor::System && !goes_to(&rider, new) {
            return Err(GiveError::OtherZone);
        }
        if !has_room(&rider, &stops, new, now) {
            return Err(GiveError::Full);
        }
        Ok(arrange(conn, &rider, stops, id, now)?)
    })
}

fn find_rider(conn: &mut PgConnection, id: DropId, now: DateTime<Utc>) -> QueryResult<Found> {
    let is_free = |drop: &Drop| drop.state == DropState::Planned && !drop.is_a_carriers();
    let Some(drop) = delivery::drop_by_id(conn, id)?.filter(is_free) else {
        return Ok(Found::Done);
    };
    for rider in candidates(conn, &drop, now)? {
        match give(conn, id, rider, Actor::System, now) {
            Ok(())
            | Err(GiveError::Drive(DriveError::OnTheWay | DriveError::Over(_) | DriveError::Unknown)) => {
                return Ok(Found::Done);
            }
            Err(GiveError::Drive(DriveError::Db(e))) => return Err(e),
            // Somebody else has loaded them meanwhile, or sent them elsewhere.
            Err(GiveError::Full | GiveError::OffShift | GiveError::OtherZone) => {}
            Err(GiveError::Drive(other)) => {
                log::warn!("a rider was found and could not be given the drop: {}", refusal(&other));
                return Ok(Found::Nobody);
            }
        }
    }
    Ok(Found::Nobody)
}

/// Riders with room who go there, the best one first.
fn candidates(conn: &mut PgConnection, drop: &Drop, now: DateTime<Utc>) -> QueryResult<Vec<StaffId>> {
    let home = home(conn)?;
    let mut found: Vec<(Gap, usize, StaffId)> = Vec::new();
    let riders = delivery::riders_on_shift(conn)?;
    let ids: Vec<StaffId> = riders.iter().map(|rider| rider.id).collect();
    let mut all = delivery::stops_of_riders(conn, &ids)?;
    for rider in riders {
        let stops: Vec<Drop> = all.extract_if(.., |stop| stop.rider_id == Some(rider.id)).collect();
        if goes_to(&rider, drop) && has_room(&rider, &stops, drop, now) {
            let gap = route::best_gap(run_of(&rider, &stops, home, now), &as_stops(&stops), as_stop(drop));
            found.push((gap, in_hand(&stops, now), rider.id));
        }
    }
    found.sort_by(|(a, a_load, _), (b, b_load, _)| {
        a.late.cmp(&b.late).then(a.detour_km.total_cmp(&b.detour_km)).then(a_load.cmp(b_load))
    });
    Ok(found.into_iter().map(|(.., rider)| rider).collect())
}

/// Numbers a rider's stops anew with the new one where it fits best. The rider's row is held.
fn arrange(
    conn: &mut PgConnection,
    rider: &Rider,
    mut stops: Vec<Drop>,
    new: DropId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let Some(index) = stops.iter().position(|stop| stop.id == new) else { return Ok(()) };
    let new = stops.remove(index);
    let run = run_of(rider, &stops, home(conn)?, now);
    let gap = route::best_gap(run, &as_stops(&stops), as_stop(&new));
    stops.insert(gap.index, new);
    for (number, stop) in (1..).zip(&stops) {
        if stop.stop != number {
            delivery::set_stop(conn, stop.id, number)?;
        }
    }
    Ok(())
}

/// When each of a rider's stops is reached, if all goes as it usually does.
pub(super) fn forecast(
    rider: &Rider,
    stops: &[Drop],
    home: Point,
    now: DateTime<Utc>,
) -> Vec<(DropId, DateTime<Utc>)> {
    let times = route::arrivals(run_of(rider, stops, home, now), &as_stops(stops));
    stops.iter().map(|stop| stop.id).zip(times).collect()
}

fn run_of(rider: &Rider, stops: &[Drop], home: Point, now: DateTime<Utc>) -> Run {
    let seen = rider.position_at.is_some_and(|at| at + SEEN_LATELY > now);
    let from = match (rider.latitude, rider.longitude) {
        (Some(latitude), Some(longitude)) if seen => Point { latitude, longitude },
        (Some(_) | None, Some(_) | None) => home,
    };
    let fixed = stops.iter().take_while(|stop| stop.state == DropState::OnTheWay).count();
    Run { from, home, now, fixed }
}

/// Where runs begin and end.
pub(crate) fn home(conn: &mut PgConnection) -> QueryResult<Point> {
    let places = delivery::places_of(conn)?;
    let count = f64::from(u32::try_from(places.len()).unwrap_or(u32::MAX));
    if places.is_empty() {
        return Ok(NOWHERE);
    }
    let mean = |of: fn(&delivery::Place) -> f64| places.iter().map(of).sum::<f64>() / count;
    Ok(Point { latitude: mean(|p| p.latitude), longitude: mean(|p| p.longitude) })
}

fn as_stops(drops: &[Drop]) -> Vec<Stop> {
    drops.iter().map(as_stop).collect()
}

fn as_stop(drop: &Drop) -> Stop {
    let at = Point { latitude: drop.latitude, longitude: drop.longitude };
    Stop { at, starts: drop.starts_at, ends: drop.ends_at }
}
