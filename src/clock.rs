//! The time, and the zone it is told in. Stored in UTC; shown and reckoned in the shop's zone.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The real clock, or one that tests hold still and move.
#[derive(Debug, Clone)]
pub enum Clock {
    Real,
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still until [`Clock::advance`].
    pub fn held(at: DateTime<Utc>) -> Self {
        Self::Held(Arc::new(AtomicI64::new(at.timestamp_micros())))
    }

    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::Real => Utc::now(),
            Self::Held(at) => DateTime::from_timestamp_micros(at.load(Ordering::SeqCst)).unwrap_or_default(),
        }
    }

    /// Moves a held clock; the real one goes its own way.
    pub fn advance(&self, by: Duration) {
        if let Self::Held(at) = self {
            at.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }
}

/// The instants a local time names: none in the hour that spring skips, two in
/// the hour that autumn repeats, otherwise one.
pub fn instants(zone: Tz, day: NaiveDate, minute_of_day: i32) -> Vec<DateTime<Utc>> {
    let Some(time) = u32::try_from(minute_of_day)
        .ok()
        .and_then(|minute| NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0))
    else {
        return Vec::new();
    };
    match zone.from_local_datetime(&day.and_time(time)) {
        chrono::LocalResult::None => Vec::new(),
        chrono::LocalResult::Single(at) => vec![at.to_utc()],
        chrono::LocalResult::Ambiguous(first, second) => vec![first.to_utc(), second.to_utc()],
    }
}

/// The day it is for the shop.
pub fn local_day(zone: Tz, at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

/// `Tue 24 Nov`, of an instant.
pub fn day_label(zone: Tz, at: DateTime<Utc>) -> String {
    date_label(local_day(zone, at))
}

/// `Tue 24 Nov`
pub fn date_label(day: NaiveDate) -> String {
    format!("{} {} {}", day.format("%a"), day.day(), day.format("%b"))
}

/// Pieces of a clock in which people say what is only about so, in seconds.
const ROUND_TO: i64 = 300;

/// A time that is only foreseen, as one says it: rounded down to five minutes.
pub fn about(at: DateTime<Utc>) -> DateTime<Utc> {
    at - chrono::Duration::seconds(at.timestamp().rem_euclid(ROUND_TO))
}

/// `18:00`; in the hour that autumn repeats `01:30 summer time` or `01:30 winter time`.
pub fn time_label(zone: Tz, at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&zone);
    let time = format!("{:02}:{:02}", local.hour(), local.minute());
    match zone.from_local_datetime(&local.naive_local()) {
        chrono::LocalResult::Ambiguous(first, _) if first == local => format!("{time} summer time"),
        chrono::LocalResult::Ambiguous(..) => format!("{time} winter time"),
        chrono::LocalResult::Single(_) | chrono::LocalResult::None => time,
    }
}

/// `Tue 24 Nov, 18:00–20:00`
pub fn window_label(zone: Tz, starts: DateTime<Utc>, ends: DateTime<Utc>) -> String {
    format!("{}, {}–{}", day_label(zone, starts), time_label(zone, starts), time_label(zone, ends))
}

/// `today` or `tomorrow` where that is true on the shop's calendar, otherwise nothing.
pub fn near_day(zone: Tz, now: DateTime<Utc>, at: DateTime<Utc>) -> Option<&'static str> {
    match (local_day(zone, at) - local_day(zone, now)).num_days() {
        0 => Some("today"),
        1 => Some("tomorrow"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Dublin;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn spring_skips_an_hour_and_autumn_repeats_one() {
        let spring = NaiveDate::from_ymd_opt(2026, 3, 29).expect("day");
        let autumn = NaiveDate::from_ymd_opt(2026, 10, 25).expect("day");
        assert!(instants(Dublin, spring, 90).is_empty());
        assert_eq!(instants(Dublin, spring, 120), [utc("2026-03-29T01:00:00Z")]);
        assert_eq!(instants(Dublin, autumn, 90), [utc("2026-10-25T00:30:00Z"), utc("2026-10-25T01:30:00Z")]);
    }

    #[test]
    fn a_label_tells_the_shops_clock() {
        let (from, to) = (utc("2026-07-01T17:00:00Z"), utc("2026-07-01T19:00:00Z"));
        assert_eq!(window_label(Dublin, from, to), "Wed 1 Jul, 18:00–20:00");
    }

    #[test]
    fn the_hour_that_comes_twice_says_which_it_is() {
        let label = |from: &str, to: &str| window_label(Dublin, utc(from), utc(to));
        assert_eq!(
            label("2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"),
            "Sun 25 Oct, 01:00 summer time–01:00 winter time"
        );
        assert_eq!(label("2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"), "Sun 25 Oct, 02:00–03:00");
    }

    #[test]
    fn midnight_belongs_to_the_shops_new_day() {
        let now = utc("2026-07-01T22:59:00Z"); // 23:59 in Dublin
        assert_eq!(near_day(Dublin, now, utc("2026-07-01T22:59:30Z")), Some("today"));
        assert_eq!(near_day(Dublin, now, utc("2026-07-01T23:00:00Z")), Some("tomorrow"));
    }
}
