//! Where a new stop goes in a run: pure sums over points and times.
//!
//! A run begins where its rider is, ends at the warehouse, and keeps the order of the stops it has.
//! The new one is tried in each gap; the fewest minutes behind windows' ends count first, then the
//! shortest way round. With at most 50 stops that is a few hundred sums.

use chrono::{DateTime, Duration, Utc};

/// In a town, with lights and corners.
const KM_PER_HOUR: f64 = 18.0;
/// From the kerb to the door and back.
const AT_A_DOOR: Duration = Duration::minutes(4);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stop {
    pub(crate) at: Point,
    pub(crate) starts: DateTime<Utc>,
    pub(crate) ends: DateTime<Utc>,
}

/// From where a run sets out, when, and to where it comes back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) from: Point,
    pub(crate) home: Point,
    pub(crate) now: DateTime<Utc>,
    /// So many stops at its head stay where they are: their rider is under way to them.
    pub(crate) fixed: usize,
}

/// A gap for the new stop, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gap {
    pub(super) index: usize,
    /// Minutes behind the ends of windows, of all stops together.
    pub(super) late: i64,
    pub(super) detour_km: f64,
}

impl Gap {
    /// Whether it is better for customers, or as good and shorter.
    pub(super) fn is_better_than(&self, other: &Self) -> bool {
        self.late.cmp(&other.late).then(self.detour_km.total_cmp(&other.detour_km)).is_lt()
    }
}

/// The best gap for one more stop.
pub(super) fn best_gap(run: Run, stops: &[Stop], new: Stop) -> Gap {
    let alone = length_km(run, stops);
    let mut best: Option<Gap> = None;
    for index in run.fixed.min(stops.len())..=stops.len() {
        let mut with = stops.to_vec();
        with.insert(index, new);
        let gap = Gap { index, late: late_minutes(run, &with), detour_km: length_km(run, &with) - alone };
        if best.as_ref().is_none_or(|least| gap.is_better_than(least)) {
            best = Some(gap);
        }
    }
    best.unwrap_or(Gap { index: stops.len(), late: 0, detour_km: 0.0 })
}

/// When each stop is reached, if all goes as it usually does. Whoever is early waits.
pub(crate) fn arrivals(run: Run, stops: &[Stop]) -> Vec<DateTime<Utc>> {
    let (mut at, mut time) = (run.from, run.now);
    let mut reached = Vec::with_capacity(stops.len());
    for stop in stops {
        time = (time + drive(km(at, stop.at))).max(stop.starts);
        reached.push(time);
        (at, time) = (stop.at, time + AT_A_DOOR);
    }
    reached
}

fn late_minutes(run: Run, stops: &[Stop]) -> i64 {
    let late = |(stop, at): (&Stop, DateTime<Utc>)| (at - stop.ends).num_minutes().max(0);
    stops.iter().zip(arrivals(run, stops)).map(late).sum()
}

fn length_km(run: Run, stops: &[Stop]) -> f64 {
    if stops.is_empty() {
        return 0.0;
    }
    let (mut at, mut sum) = (run.from, 0.0);
    for stop in stops {
        sum += km(at, stop.at);
        at = stop.at;
    }
    sum + km(at, run.home)
}

/// How long the way between two points takes, if all goes as it usually does.
pub(crate) fn way(from: Point, to: Point) -> Duration {
    drive(km(from, to))
}

fn drive(km: f64) -> Duration {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a way through a town")]
    let seconds = (km / KM_PER_HOUR * 3_600.0).round() as i64;
    Duration::seconds(seconds)
}

/// A straight line, near enough for a town.
fn km(from: Point, to: Point) -> f64 {
    const KM_PER_DEGREE: f64 = 111.2;
    let north = (from.latitude - to.latitude) * KM_PER_DEGREE;
    let east = (from.longitude - to.longitude) * KM_PER_DEGREE * from.latitude.to_radians().cos();
    north.hypot(east)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOME: Point = Point { latitude: 53.34, longitude: -6.26 };

    fn noon() -> DateTime<Utc> {
        "2026-11-24T12:00:00Z".parse().expect("a time")
    }

    fn run() -> Run {
        Run { from: HOME, home: HOME, now: noon(), fixed: 0 }
    }

    /// So many kilometres south of the warehouse, to be there within so many minutes.
    fn south(km: f64, within: i64) -> Stop {
        let at = Point { latitude: HOME.latitude - km / 111.2, longitude: HOME.longitude };
        Stop { at, starts: noon(), ends: noon() + Duration::minutes(within) }
    }

    #[test]
    fn a_stop_on_the_way_goes_between_its_neighbours() {
        let stops = [south(1.0, 120), south(3.0, 120)];
        let gap = best_gap(run(), &stops, south(2.0, 120));
        assert_eq!((gap.index, gap.late), (1, 0));
        assert!(gap.detour_km.abs() < 0.01, "{gap:?}");
    }

    #[test]
    fn a_window_that_ends_soon_comes_before_a_short_way() {
        let stops = [south(1.0, 120), south(2.0, 120)];
        assert_eq!(best_gap(run(), &stops, south(6.0, 21)).index, 0);
        let unhurried = best_gap(run(), &stops, south(6.0, 120));
        assert!(unhurried.index > 0, "on the way out or back: {unhurried:?}");
    }

    #[test]
    fn nothing_comes_before_the_door_that_a_rider_is_under_way_to() {
        let run = Run { fixed: 1, ..run() };
        assert_eq!(best_gap(run, &[south(5.0, 120)], south(1.0, 5)).index, 1);
    }

    proptest! {
        #[test]
        fn a_run_keeps_all_its_stops_in_their_order_and_waits_for_no_one_twice(
            ways in prop::collection::vec((0.1_f64..12.0, 5_i64..240), 0..12), new in (0.1_f64..12.0, 5_i64..240), fixed in 0_usize..14
        ) {
            let stops: Vec<Stop> = ways.iter().map(|(km, within)| south(*km, *within)).collect();
            let run = Run { fixed, ..run() };
            let gap = best_gap(run, &stops, south(new.0, new.1));
            prop_assert!(gap.index <= stops.len() && gap.index >= fixed.min(stops.len()));
            prop_assert!(gap.detour_km >= -0.001 && gap.late >= 0);
            let reached = arrivals(run, &stops);
            prop_assert_eq!(reached.len(), stops.len());
            prop_assert!(reached.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
