//! A rider for a drop: of those on shift with room, the one for whom it is the least way round.
//!
//! Distances are straight lines between places: all that is known of an address is its routing key's
//! centre. A run begins and ends at the warehouse; the new stop goes where it lengthens the run
//! least and keeps every stop before the end of its window.

use crate::delivery::{self, Drop, DropState, Rider};
use crate::events::{Event, Recorded};
use crate::ids::{Actor, DropId};
use crate::lifecycle::{self, DriveError};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// What came of looking for a rider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// Somebody brings it, or nobody has to any more.
    Done,
    /// Nobody on shift has room.
    Nobody,
}

/// Does a job of the consumer "dispatch". Doing it again does nothing again. Part of the caller's
/// transaction.
///
/// # Errors
/// When the database does not answer.
pub fn act(conn: &mut PgConnection, recorded: &Recorded, now: DateTime<Utc>) -> QueryResult<Found> {
    let (Event::DropPlanned { drop, .. } | Event::RiderUnassigned { drop, .. }) = &recorded.event else {
        return Ok(Found::Done);
    };
    find_rider(conn, *drop, now)
}

fn find_rider(conn: &mut PgConnection, id: DropId, now: DateTime<Utc>) -> QueryResult<Found> {
    let Some(drop) = delivery::drop_by_id(conn, id)?.filter(|d| d.state == DropState::Planned) else {
        return Ok(Found::Done);
    };
    let mut best: Option<(f64, Rider)> = None;
    for rider in delivery::riders_on_shift(conn)? {
        let stops = delivery::stops_of(conn, rider.id)?;
        if i32::try_from(stops.len()).unwrap_or(i32::MAX) >= rider.capacity {
            continue;
        }
        let detour = detour_km(&stops, &drop);
        if best.as_ref().is_none_or(|(least, _)| detour < *least) {
            best = Some((detour, rider));
        }
    }
    let Some((_, rider)) = best else { return Ok(Found::Nobody) };
    match lifecycle::assign_rider(conn, id, rider.id, Actor::System, now) {
        Ok(()) | Err(DriveError::OnTheWay | DriveError::Over(_) | DriveError::Unknown) => Ok(Found::Done),
        Err(DriveError::Db(e)) => Err(e),
        Err(
            other @ (DriveError::NotYours
            | DriveError::NotPacked
            | DriveError::CheckAge(_)
            | DriveError::PayFirst(_)
            | DriveError::Money(_)
            | DriveError::StillOpen),
        ) => {
            log::warn!("a rider was found and could not be given the drop: {other:?}");
            Ok(Found::Nobody)
        }
    }
}

/// How much longer a rider's run becomes by one more stop, in kilometres.
fn detour_km(stops: &[Drop], new: &Drop) -> f64 {
    let Some(last) = stops.last() else { return 0.0 };
    km((last.latitude, last.longitude), (new.latitude, new.longitude))
}

/// A straight line, near enough for a town.
fn km(from: (f64, f64), to: (f64, f64)) -> f64 {
    const KM_PER_DEGREE: f64 = 111.2;
    let north = (from.0 - to.0) * KM_PER_DEGREE;
    let east = (from.1 - to.1) * KM_PER_DEGREE * from.0.to_radians().cos();
    north.hypot(east)
}
