//! A drop was given to another while the rider who had left with it could not be heard.

use super::carrier::take_from_carrier;
use super::drive::{DriveError, lock};
use crate::delivery::{self, DropState};
use crate::events::{self, Event, Recorded};
use crate::ids::{Actor, DropId, StaffId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Gives a drop back to the rider whose it was at `at`, when they did what is only heard of now: what
/// lies in their van is theirs, whoever was to bring it since. No state goes back. One transaction.
///
/// # Errors
/// `NotYours` where it was not theirs at that time, `Over` where another has ended it, `Collected`
/// where a carrier has it.
pub fn regain(
    conn: &mut PgConnection,
    id: DropId,
    rider: StaffId,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), DriveError> {
    conn.transaction(|conn| {
        let (order, drop) = lock(conn, id)?;
        if drop.rider_id == Some(rider) {
            return Ok(());
        }
        if whose(&events::history(conn, order.id.0)?, id, at) != Some(rider) {
            return Err(DriveError::NotYours);
        }
        if !drop.state.is_open() {
            return Err(DriveError::Over(drop.state));
        }
        take_from_carrier(conn, &drop, "its rider had left with it", now)?;
        let rider = delivery::lock_rider(conn, rider)?;
        let stop = delivery::stops_of(conn, rider.id)?.last().map_or(1, |last| last.stop + 1);
        let state = if drop.state == DropState::Planned { DropState::RiderAssigned } else { drop.state };
        delivery::set_rider(conn, id, state, (rider.id, stop), now)?;
        let event = Event::RiderAssigned { drop: id, rider: rider.id, name: rider.first_name };
        Ok(events::record(conn, order.id.0, &event, Actor::Staff(rider.id), now)?)
    })
}

/// Whose a drop was at a time, of our own riders.
fn whose(history: &[Recorded], id: DropId, at: DateTime<Utc>) -> Option<StaffId> {
    let mut held = None;
    for recorded in history.iter().filter(|recorded| recorded.happened_at <= at) {
        if let Event::RiderAssigned { drop, rider, .. } = recorded.event
            && drop == id
        {
            held = Some(rider);
        }
        if let Event::RiderUnassigned { drop, .. } | Event::CarrierBooked { drop, .. } = recorded.event
            && drop == id
        {
            held = None;
        }
    }
    held
}
