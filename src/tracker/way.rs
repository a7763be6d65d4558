//! The picture of how far a rider is: a line with the stops still to be made.

use super::words::HowFar;

/// The picture is so wide; the line begins and ends a little inside.
const WIDTH: usize = 300;
const EDGE: usize = 16;
/// More stops are not drawn.
const MOST: usize = 12;
/// From so far on a rider is drawn where the line begins.
const FAR: i64 = 3_000;

/// Where things stand in it, from the left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) rider: usize,
    /// Each stop, and whether it is this order's.
    pub(super) stops: Vec<(usize, bool)>,
}

impl Way {
    pub(super) fn of(far: &HowFar) -> Self {
        let count = far.of.clamp(1, MOST);
        let at = |stop: usize| EDGE + (WIDTH - 2 * EDGE) * stop / count;
        let own = far.stop.clamp(1, count);
        Self {
            rider: EDGE + (at(1) - EDGE) * part(far) / 100,
            stops: (1..=count).map(|stop| (at(stop), stop == own)).collect(),
        }
    }
}

/// How much of the way to the next stop lies behind them, of a hundred; known only where that is this
/// order's door. They are there when they say so: until then they stand a little before it.
fn part(far: &HowFar) -> usize {
    let metres = far.metres.filter(|_| far.stop == 1).unwrap_or(FAR).clamp(0, FAR);
    usize::try_from((FAR - metres) * 80 / FAR).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn far(stop: usize, of: usize, metres: Option<i64>) -> HowFar {
        let (point, words, picture) = (String::new(), String::new(), String::new());
        HowFar { stop, of, point, words, picture, metres, seen_at: None }
    }

    #[test]
    fn a_rider_comes_nearer_and_never_past_the_next_stop() {
        let x = |metres| Way::of(&far(1, 2, Some(metres))).rider;
        assert!(x(9_000) == EDGE && x(2_000) < x(1_000) && x(1_000) < x(0));
        let way = Way::of(&far(1, 2, Some(0)));
        assert!(way.rider < way.stops[0].0);
        assert_eq!(Way::of(&far(2, 4, Some(10))).rider, EDGE, "how far others are is nobody's to know");
    }

    #[test]
    fn one_of_the_stops_is_yours_and_all_are_inside() {
        for (stop, of) in [(1, 1), (3, 4), (14, 20)] {
            let way = Way::of(&far(stop, of, None));
            assert_eq!(way.stops.iter().filter(|(_, own)| *own).count(), 1);
            assert!(way.stops.iter().all(|(x, _)| (EDGE..=WIDTH - EDGE).contains(x)));
        }
    }
}
