//! What is to be done next about an order, and when. Pure: the clock and the facts decide, for the hands that do
//! it and for the page that says so beforehand.

use crate::delivery::DropState;
use crate::fulfilment::FulfilmentState;
use chrono::{DateTime, Duration, Utc};

/// What is not due for longer than this waits: a warehouse does not pick tomorrow's orders today.
const AHEAD: Duration = Duration::minutes(20);
/// Until the picker reaches for it.
const REACH: Duration = Duration::seconds(15);
/// Walking, picking and packing an order takes about this long, however many lines it has.
const PICKING: Duration = Duration::seconds(45);
/// No step of it takes longer, and none less.
const LONGEST_STEP: Duration = Duration::seconds(20);
const SHORTEST_STEP: Duration = Duration::milliseconds(700);
/// Between the assignment and the first turn of the wheel.
const LOAD: Duration = Duration::seconds(24);
/// The way to any door.
const RIDE: Duration = Duration::seconds(70);
/// From the bell to the thanks.
const DOOR: Duration = Duration::seconds(18);
/// A position is shared so often.
const SHARE: Duration = Duration::seconds(2);
/// Who is stuck gets no farther than this part of the way, and says so after a while.
const STUCK_AT: f64 = 0.4;
const STUCK_FOR: Duration = Duration::seconds(30);
/// After so long somebody who had to stop is on shift again.
const REPAIR: Duration = Duration::seconds(90);
/// What nobody brings after so long is offered once more.
const UNASSIGNED: Duration = Duration::seconds(5);

/// How many times as fast as usual everything goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace(pub(super) i32);

impl Pace {
    fn takes(self, usual: Duration) -> Duration {
        usual / self.0.max(1)
    }

    pub(super) fn repair(self) -> Duration {
        self.takes(REPAIR)
    }

    pub(super) fn unassigned(self) -> Duration {
        self.takes(UNASSIGNED)
    }

    /// How long the hands rest between two looks.
    pub(super) fn rest(self) -> std::time::Duration {
        let usual = Duration::milliseconds(500);
        self.takes(usual).max(Duration::milliseconds(100)).to_std().unwrap_or_default()
    }
}

/// The facts about an order in the warehouse.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bench {
    pub(super) state: FulfilmentState,
    pub(super) due_at: DateTime<Utc>,
    pub(super) confirmed_at: DateTime<Utc>,
    pub(super) touched_at: Option<DateTime<Utc>>,
    /// Whether it is in the autopilot's own hands.
    pub(super) ours: bool,
    pub(super) lines: usize,
    pub(super) open: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    Start,
    Line,
    Pack,
}

/// The picker's next step, and when it is time for it.
pub(super) fn pick(bench: &Bench, pace: Pace) -> Option<(Pick, DateTime<Utc>)> {
    match bench.state {
        FulfilmentState::Waiting => {
            let reach = bench.confirmed_at + pace.takes(REACH);
            Some((Pick::Start, reach.max(bench.due_at - AHEAD)))
        }
        FulfilmentState::Picking if bench.ours => {
            let step = if bench.open > 0 { Pick::Line } else { Pick::Pack };
            Some((step, bench.touched_at.unwrap_or(bench.confirmed_at) + pause(bench.lines, pace)))
        }
        FulfilmentState::Picking | FulfilmentState::Packed | FulfilmentState::HandedOver => None,
    }
}

/// Before each line, and before it is packed.
fn pause(lines: usize, pace: Pace) -> Duration {
    let steps = i32::try_from(lines).unwrap_or(i32::MAX).saturating_add(1);
    pace.takes((PICKING / steps).clamp(SHORTEST_STEP, LONGEST_STEP))
}

/// The facts about a stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub(super) state: DropState,
    /// Whether it is its rider's next one.
    pub(super) is_next: bool,
    /// Whether its rider is to get stuck.
    pub(super) is_stuck: bool,
    /// When its window begins: nobody is at a door before.
    pub(super) starts_at: DateTime<Utc>,
    pub(super) assigned_at: Option<DateTime<Utc>>,
    pub(super) left_at: Option<DateTime<Utc>>,
    pub(super) arrived_at: Option<DateTime<Utc>>,
    /// When its rider shared a position last, and since when they have been there.
    pub(super) shared_at: Option<DateTime<Utc>>,
    pub(super) stands_since: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ride {
    Leave,
    Arrive,
    Deliver,
    /// They had to stop, and say so.
    GiveUp,
}

/// The rider's next step, and when it is time for it.
pub(super) fn ride(stop: &Stop, pace: Pace) -> Option<(Ride, DateTime<Utc>)> {
    match (stop.state, stop.left_at) {
        (DropState::RiderAssigned, _) if stop.is_next => {
            let loaded = stop.assigned_at? + pace.takes(LOAD);
            Some((Ride::Leave, loaded.max(stop.starts_at - pace.takes(RIDE))))
        }
        (DropState::OnTheWay, Some(left)) => Some(match stop.arrived_at {
            Some(at) => (Ride::Deliver, at + pace.takes(DOOR)),
            None if stop.is_stuck => {
                let stuck = stuck_at(left, pace);
                let stands = stop.stands_since.map_or(stuck, |since| since.max(stuck));
                (Ride::GiveUp, stands + pace.takes(STUCK_FOR))
            }
            None => (Ride::Arrive, left + pace.takes(RIDE)),
        }),
        (
            DropState::Planned
            | DropState::RiderAssigned
            | DropState::OnTheWay
            | DropState::Delivered
            | DropState::Failed,
            _,
        ) => None,
    }
}

fn stuck_at(left: DateTime<Utc>, pace: Pace) -> DateTime<Utc> {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a minute")]
    let millis = (milliseconds(pace.takes(RIDE)) * STUCK_AT) as i64;
    left + Duration::milliseconds(millis)
}

/// Where a rider says they are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Here {
    /// So much of the way is behind them, from 0 to 1.
    On(f64),
    /// Where they said last.
    Still,
}

/// What a rider under way says of where they are, where it is time to say something.
pub(super) fn share(stop: &Stop, pace: Pace, now: DateTime<Utc>) -> Option<Here> {
    let left = stop.left_at.filter(|_| stop.state == DropState::OnTheWay && stop.arrived_at.is_none())?;
    if stop.shared_at.is_some_and(|at| at + pace.takes(SHARE) > now) {
        return None;
    }
    let stuck = stuck_at(left, pace);
    if stop.is_stuck && now >= stuck {
        let was_there = stop.shared_at.is_some_and(|at| at >= stuck);
        return Some(if was_there { Here::Still } else { Here::On(STUCK_AT) });
    }
    let way = milliseconds(now - left) / milliseconds(pace.takes(RIDE));
    Some(Here::On(way.clamp(0.0, 1.0)))
}

fn milliseconds(span: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a minute")]
    let millis = span.num_milliseconds() as f64;
    millis
}

#[cfg(test)]
mod tests;
