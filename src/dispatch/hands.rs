//! How much somebody carries at one time: what is to be brought tomorrow takes up no room today.
//!
//! A stop is in a rider's hands from an hour before its window begins (then it is loaded) until the window
//! ends, or while they are on the way with it. What is late is to be brought now. Room is what is left at the
//! fullest moment of the new stop's own time.

use crate::delivery::{Drop, DropState, Rider};
use chrono::{DateTime, Duration, Utc};

/// So long before its window begins a stop is loaded, and so long a late one is still in hand.
const LOADED_BEFORE: Duration = Duration::hours(1);
/// Stops somebody has at once, of all days: what pages and routes read.
const MOST_STOPS: usize = 50;

/// From when until when something is in a rider's hands, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Span {
    fn of(drop: &Drop, now: DateTime<Utc>) -> Self {
        let is_loaded = drop.state == DropState::OnTheWay;
        let from = if is_loaded { now } else { (drop.starts_at - LOADED_BEFORE).max(now) };
        Self { from, until: drop.ends_at.max(now + LOADED_BEFORE) }
    }

    fn holds(self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.until
    }
}

/// Whether a rider who has these stops can carry one more.
pub(crate) fn has_room<'a>(
    rider: &Rider,
    stops: impl IntoIterator<Item = &'a Drop>,
    new: &Drop,
    now: DateTime<Utc>,
) -> bool {
    let others: Vec<Span> =
        stops.into_iter().filter(|stop| stop.id != new.id).map(|stop| Span::of(stop, now)).collect();
    others.len() < MOST_STOPS && fullest(&others, Span::of(new, now)) < carries(rider)
}

/// Whether a rider is sent there by themselves.
pub(crate) fn goes_to(rider: &Rider, drop: &Drop) -> bool {
    rider.zone_id.is_none_or(|zone| zone == drop.zone_id)
}

/// How many of these stops are in hand now.
pub(super) fn in_hand<'a>(stops: impl IntoIterator<Item = &'a Drop>, now: DateTime<Utc>) -> usize {
    stops.into_iter().filter(|stop| Span::of(stop, now).holds(now)).count()
}

fn carries(rider: &Rider) -> usize {
    usize::try_from(rider.capacity).unwrap_or(0)
}

/// The most that is in hand at one moment of a time: what is so begins with it, or within it.
fn fullest(others: &[Span], within: Span) -> usize {
    let moments = others.iter().map(|span| span.from).filter(|at| within.holds(*at)).chain([within.from]);
    moments.map(|at| others.iter().filter(|span| span.holds(at)).count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        "2026-11-24T00:00:00Z".parse::<DateTime<Utc>>().expect("a time") + Duration::hours(hour)
    }

    fn span(from: i64, until: i64) -> Span {
        Span { from: at(from), until: at(until) }
    }

    #[test]
    fn what_is_brought_at_another_time_takes_no_room() {
        let others = [span(9, 12), span(9, 12), span(33, 36)];
        assert_eq!(fullest(&others, span(9, 12)), 2);
        assert_eq!(fullest(&others, span(33, 36)), 1);
        assert_eq!(fullest(&others, span(12, 33)), 0, "an end is not included");
    }

    #[test]
    fn of_what_comes_one_after_the_other_only_what_meets_is_counted() {
        // Both meet the new one, and never each other.
        assert_eq!(fullest(&[span(9, 11), span(12, 14)], span(10, 13)), 1);
        assert_eq!(fullest(&[span(9, 12), span(11, 14)], span(10, 13)), 2);
    }
}
