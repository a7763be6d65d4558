//! What is to be done next about an order, by what time. Pure: the clock and the facts decide.

use crate::delivery::DropState;
use crate::fulfilment::FulfilmentState;
use chrono::{DateTime, Duration, Utc};

/// What is not due for longer than this waits: a warehouse does not pick tomorrow's orders today.
pub(super) const AHEAD: Duration = Duration::minutes(20);
/// Until the picker reaches for it.
const REACH: Duration = Duration::seconds(12);
/// Walking and picking an order takes about this long, however many lines it has.
const PICKING: i64 = 40_000;
/// Between the assignment and the first turn of the wheel.
const LOAD: Duration = Duration::seconds(12);
/// The way to any door.
const RIDE: Duration = Duration::seconds(60);
/// From the bell to the thanks.
const DOOR: Duration = Duration::seconds(10);
/// A position is shared so often.
const SHARE: Duration = Duration::seconds(3);

/// The facts about an order in the warehouse.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bench {
    pub(super) state: FulfilmentState,
    pub(super) due_at: DateTime<Utc>,
    pub(super) confirmed_at: DateTime<Utc>,
    pub(super) touched_at: Option<DateTime<Utc>>,
    /// Whether it is in the autopilot's own hands.
    pub(super) ours: bool,
    pub(super) lines: i64,
    pub(super) open: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pick {
    Start,
    Line,
    Pack,
}

pub(super) fn pick(bench: &Bench, now: DateTime<Utc>) -> Option<Pick> {
    match bench.state {
        FulfilmentState::Waiting => {
            (now >= bench.confirmed_at + REACH && bench.due_at <= now + AHEAD).then_some(Pick::Start)
        }
        FulfilmentState::Picking if bench.ours => {
            let pause = Duration::milliseconds((PICKING / bench.lines.max(1)).clamp(700, 5_000));
            let rested = bench.touched_at.is_none_or(|at| at + pause <= now);
            rested.then_some(if bench.open > 0 { Pick::Line } else { Pick::Pack })
        }
        FulfilmentState::Picking | FulfilmentState::Packed | FulfilmentState::HandedOver => None,
    }
}

/// The facts about a stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub(super) state: DropState,
    /// Whether it is its rider's next one.
    pub(super) is_next: bool,
    pub(super) assigned_at: Option<DateTime<Utc>>,
    pub(super) left_at: Option<DateTime<Utc>>,
    pub(super) arrived_at: Option<DateTime<Utc>>,
    pub(super) shared_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ride {
    Leave,
    /// So much of the way is behind them, from 0 to 1.
    Share(f64),
    Arrive,
    Deliver,
}

pub(super) fn ride(stop: &Stop, now: DateTime<Utc>) -> Option<Ride> {
    match stop.state {
        DropState::RiderAssigned => {
            let loaded = stop.assigned_at.is_none_or(|at| at + LOAD <= now);
            (stop.is_next && loaded).then_some(Ride::Leave)
        }
        DropState::OnTheWay => on_the_way(stop, now),
        DropState::Planned | DropState::Delivered | DropState::Failed => None,
    }
}

fn on_the_way(stop: &Stop, now: DateTime<Utc>) -> Option<Ride> {
    let left = stop.left_at.unwrap_or(now);
    match stop.arrived_at {
        Some(at) => (at + DOOR <= now).then_some(Ride::Deliver),
        None if left + RIDE <= now => Some(Ride::Arrive),
        None => {
            let due = stop.shared_at.is_none_or(|at| at + SHARE <= now);
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of a minute")]
            let way = (now - left).num_milliseconds() as f64 / RIDE.num_milliseconds() as f64;
            due.then_some(Ride::Share(way.clamp(0.0, 1.0)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
    }

    #[test]
    fn what_is_not_due_for_long_is_left_lying() {
        let bench = |due: i64| Bench {
            state: FulfilmentState::Waiting,
            due_at: at(due),
            confirmed_at: at(0),
            touched_at: None,
            ours: false,
            lines: 5,
            open: 5,
        };
        assert_eq!(pick(&bench(900), at(11)), None, "a moment to look at it");
        assert_eq!(pick(&bench(900), at(12)), Some(Pick::Start));
        assert_eq!(pick(&bench(7_200), at(12)), None);
        assert_eq!(pick(&bench(7_200), at(6_001)), Some(Pick::Start));
    }

    #[test]
    fn an_order_is_delivered_in_about_three_minutes() {
        let mut bench = Bench {
            state: FulfilmentState::Waiting,
            due_at: at(900),
            confirmed_at: at(0),
            touched_at: None,
            ours: true,
            lines: 8,
            open: 8,
        };
        let mut stop = Stop {
            state: DropState::Planned,
            is_next: true,
            assigned_at: None,
            left_at: None,
            arrived_at: None,
            shared_at: None,
        };
        let done = (0..600).find(|second| {
            let now = at(*second);
            match pick(&bench, now) {
                Some(Pick::Start) => (bench.state, bench.touched_at) = (FulfilmentState::Picking, Some(now)),
                Some(Pick::Line) => (bench.open, bench.touched_at) = (bench.open - 1, Some(now)),
                Some(Pick::Pack) => {
                    bench.state = FulfilmentState::Packed;
                    (stop.state, stop.assigned_at) = (DropState::RiderAssigned, Some(now));
                }
                None => {}
            }
            match ride(&stop, now) {
                Some(Ride::Leave) => (stop.state, stop.left_at) = (DropState::OnTheWay, Some(now)),
                Some(Ride::Share(_)) => stop.shared_at = Some(now),
                Some(Ride::Arrive) => stop.arrived_at = Some(now),
                Some(Ride::Deliver) => return true,
                None => {}
            }
            false
        });
        assert!(done.is_some_and(|seconds| (120..=180).contains(&seconds)), "{done:?}");
    }
}
