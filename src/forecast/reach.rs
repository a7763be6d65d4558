//! When a rider is at a stop: from where they were last known to be, over the stops before it.

use crate::config::Forecast as Pace;
use crate::dispatch::{Point, Run, Stop, arrivals};
use chrono::{DateTime, Duration, Utc};

/// As `dispatch` reckons it.
const AT_A_DOOR: Duration = Duration::minutes(4);
/// Where somebody was longer before they left says nothing of where they set out from.
const STILL_THERE: Duration = Duration::minutes(10);

/// One stop of a run, as far as the forecast needs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Leg {
    pub(super) stop: Stop,
    pub(super) assigned_at: Option<DateTime<Utc>>,
    pub(super) left_at: Option<DateTime<Utc>>,
    pub(super) arrived_at: Option<DateTime<Utc>>,
}

/// Where a rider was, and when.
pub(super) type Seen = (Point, DateTime<Utc>);

/// When each stop of a run is reached, in their order. `seen`: where the rider was known to be, the
/// newest counts; `home` else, from when they have left or will.
pub(super) fn reached(
    legs: &[Leg],
    seen: &[Seen],
    home: Point,
    pace: &Pace,
    now: DateTime<Utc>,
) -> Vec<DateTime<Utc>> {
    let Some(first) = legs.first() else { return Vec::new() };
    let loading = Duration::minutes(pace.loading_minutes);
    // At whose door they stand they stay for a moment yet.
    let arrived = first.arrived_at.map(|at| (first.stop.at, at.max(now - AT_A_DOOR)));
    let last = seen.iter().copied().chain(arrived).max_by_key(|(_, at)| *at);
    let is_away = legs.iter().any(|leg| leg.left_at.is_some());
    let (from, since) = if is_away {
        let left = first.left_at.unwrap_or(now);
        last.filter(|(_, at)| *at >= left - STILL_THERE).map_or((home, left), |(p, at)| (p, at.max(left)))
    } else {
        // Whoever comes back from a run loads once more.
        let loads = legs.iter().filter_map(|leg| leg.assigned_at).max().map_or(now, |at| at + loading);
        (home, loads.max(now))
    };
    let stops: Vec<Stop> = legs.iter().map(|leg| leg.stop).collect();
    arrivals(Run { from, home, now: since, fixed: 0 }, &stops)
}
