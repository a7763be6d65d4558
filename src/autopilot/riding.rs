//! The demonstration's riders.

use super::crew::Round;
use super::plan::{self, Here, Ride, Stop};
use crate::delivery::{self, Drop, DropState, Failure, Proof, Rider};
use crate::dispatch;
use crate::ids::{Actor, StaffId};
use crate::lifecycle::{self, AtTheDoor, DriveError};
use crate::payments::PayBy;
use crate::town::{self, Trouble};
use chrono::Duration;
use diesel::prelude::*;

/// Who was at a door within this time goes on from there.
const DOORS_SINCE: Duration = Duration::hours(1);

/// Each rider's next step. Whoever is off shift comes back after a while.
///
/// # Errors
/// When the database does not answer.
pub(super) fn go_on(conn: &mut PgConnection, crew: &[StaffId], round: &Round) -> QueryResult<()> {
    for id in crew {
        let Some(rider) = delivery::rider(conn, *id)? else { continue };
        let is_well = rider.heard_at.is_none_or(|at| at + round.pace.repair() <= round.now);
        if !rider.on_shift && is_well && !round.sends_home {
            delivery::set_on_shift(conn, rider.id, true, round.now)?;
        }
        ride_on(conn, &rider, round)?;
    }
    Ok(())
}

fn ride_on(conn: &mut PgConnection, rider: &Rider, round: &Round) -> QueryResult<()> {
    let stops = delivery::stops_of(conn, rider.id)?;
    for (drop, stop) in with_facts(&stops, rider, |drop| round.has(drop.order_id, Trouble::Stuck)) {
        if let Some(here) = plan::share(&stop, round.pace, round.now) {
            share(conn, rider, drop, here, round)?;
        }
        let Some((step, _)) = plan::ride(&stop, round.pace).filter(|(_, when)| *when <= round.now) else {
            continue;
        };
        match take_step(conn, rider.id, drop, step, round) {
            Err(DriveError::Db(e)) => return Err(e),
            Err(e) => log::info!("the autopilot could not go on with a drop: {e:?}"),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// A rider's stops in their order, each with what is known of it.
pub(super) fn with_facts<'d>(
    stops: &'d [Drop],
    rider: &Rider,
    is_stuck: impl Fn(&Drop) -> bool,
) -> Vec<(&'d Drop, Stop)> {
    let is_away = stops.iter().any(|stop| stop.state == DropState::OnTheWay);
    let facts = |(n, drop): (usize, &'d Drop)| {
        let stop = Stop {
            state: drop.state,
            is_next: n == 0 && !is_away,
            is_stuck: is_stuck(drop),
            // What was agreed: what was only foreseen is no reason to wait.
            starts_at: drop.starts_at,
            assigned_at: drop.assigned_at,
            left_at: drop.left_at,
            arrived_at: drop.arrived_at,
            // What was shared on another way says nothing of this one.
            shared_at: rider.position_at.filter(|at| drop.left_at.is_some_and(|left| *at >= left)),
            stands_since: rider.stands_since,
        };
        (drop, stop)
    };
    stops.iter().enumerate().map(facts).collect()
}

fn share(conn: &mut PgConnection, rider: &Rider, to: &Drop, here: Here, round: &Round) -> QueryResult<()> {
    let at = match (here, rider.latitude.zip(rider.longitude)) {
        (Here::Still, Some(there)) => there,
        (Here::Still, None) => return Ok(()),
        (Here::On(way), _) => {
            let from = begins_at(conn, to, round)?;
            let between = |from: f64, to: f64| from + (to - from) * way;
            (between(from.0, to.latitude), between(from.1, to.longitude))
        }
    };
    delivery::set_position(conn, rider.id, at, round.now).map(drop)
}

/// Where the way to a door begins: at the door before it, or at the warehouse.
fn begins_at(conn: &mut PgConnection, to: &Drop, round: &Round) -> QueryResult<(f64, f64)> {
    let rider: Vec<StaffId> = to.rider_id.into_iter().collect();
    let before = delivery::last_doors(conn, &rider, round.now - DOORS_SINCE)?.pop();
    // What they were given after it they have fetched.
    match before.filter(|door| door.ended_at > to.assigned_at) {
        Some(door) => Ok((door.latitude, door.longitude)),
        None => dispatch::home(conn).map(|home| (home.latitude, home.longitude)),
    }
}

fn take_step(
    conn: &mut PgConnection,
    rider: StaffId,
    drop: &Drop,
    step: Ride,
    round: &Round,
) -> Result<(), DriveError> {
    let (by, id, now) = (Actor::Staff(rider), drop.id, round.now);
    let lost = round.has(drop.order_id, Trouble::WrongAddress);
    match step {
        Ride::Leave => lifecycle::leave_for(conn, id, by, now, now).map(std::mem::drop),
        // Who does not find the door does not stand at it.
        Ride::Arrive if lost => {
            lifecycle::fail(conn, id, Failure::WrongAddress, by, now, now)?;
            Ok(town::end_trouble(conn, drop.order_id, Trouble::WrongAddress)?)
        }
        Ride::Arrive => lifecycle::arrive(conn, id, by, now).map(std::mem::drop),
        Ride::Deliver => lifecycle::deliver(conn, id, &at_the_door(), by, now, now).map(std::mem::drop),
        Ride::GiveUp => {
            // First nobody can load them any more: another one is looked for at once.
            dispatch::end_shift(conn, rider, by, now)?;
            lifecycle::fail(conn, id, Failure::RiderStopped, by, now, now)?;
            Ok(town::end_trouble(conn, drop.order_id, Trouble::Stuck)?)
        }
    }
}

fn at_the_door() -> AtTheDoor {
    AtTheDoor {
        proof: Proof::Name,
        detail: "the autopilot".to_owned(),
        photo: None,
        age_checked: true,
        paid_by: Some(PayBy::CashAtDoor),
    }
}
