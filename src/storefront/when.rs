//! When we come, in words: as somebody says it who knows what time it is.

use crate::clock;
use crate::delivery::Window;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// A moment in the shop's zone, from which windows are told.
#[derive(Clone, Copy)]
pub(super) struct When {
    pub(super) zone: Tz,
    pub(super) now: DateTime<Utc>,
}

impl When {
    /// `Today, Sat 21 Nov, 18:00–20:00`
    pub(super) fn full(self, window: Option<&Window>) -> String {
        let Some(window) = window else { return "No free time at the moment".to_owned() };
        let label = self.window(window);
        if self.is_tonight(window) {
            return format!("Tonight, {label}");
        }
        match clock::near_day(self.zone, self.now, window.starts_at) {
            Some("today") => format!("Today, {label}"),
            Some(_) => format!("Tomorrow, {label}"),
            None => label,
        }
    }

    /// `next today 18:00`; of one that has begun `today by 20:00`
    pub(super) fn short(self, window: Option<&Window>) -> String {
        let Some(window) = window else { return "no free time".to_owned() };
        if self.is_tonight(window) {
            return format!("tonight {}", self.by(window));
        }
        let day = clock::near_day(self.zone, self.now, window.starts_at)
            .map_or_else(|| clock::day_label(self.zone, window.starts_at), str::to_owned);
        if self.has_begun(window) {
            return format!("{day} {}", self.by(window));
        }
        format!("next {day} {}", clock::time_label(self.zone, window.starts_at))
    }

    /// `Tue 24 Nov, 18:00–20:00`; of one that has begun, by when: its start is of no use any more.
    pub(super) fn window(self, window: &Window) -> String {
        if self.is_tonight(window) {
            return self.by(window);
        }
        if self.has_begun(window) {
            return format!("{}, {}", clock::day_label(self.zone, window.starts_at), self.by(window));
        }
        window.label(self.zone)
    }

    fn by(self, window: &Window) -> String {
        format!("by {}", clock::time_label(self.zone, window.ends_at))
    }

    fn has_begun(self, window: &Window) -> bool {
        window.starts_at <= self.now
    }

    /// Begun, and over only after midnight: no one day names it.
    fn is_tonight(self, window: &Window) -> bool {
        let day = |at| clock::local_day(self.zone, at);
        self.has_begun(window) && day(window.ends_at) > day(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ZoneId;
    use chrono_tz::Europe::Dublin;

    fn window(from: &str, to: &str) -> Window {
        let at = |text: &str| text.parse().expect("a time");
        let (starts_at, ends_at) = (at(from), at(to));
        Window {
            id: 1,
            zone_id: ZoneId(1),
            starts_at,
            ends_at,
            cutoff_at: starts_at,
            capacity: 1,
            taken: 0,
            closed_by: None,
        }
    }

    fn both(now: &str, window: &Window) -> (String, String) {
        let when = When { zone: Dublin, now: now.parse().expect("a time") };
        (when.full(Some(window)), when.short(Some(window)))
    }

    #[test]
    fn a_window_is_told_from_where_the_clock_stands() {
        let evening = window("2026-11-24T18:00:00Z", "2026-11-24T20:00:00Z");
        let told = |now| both(now, &evening);
        assert_eq!(
            told("2026-11-22T10:00:00Z"),
            ("Tue 24 Nov, 18:00–20:00".into(), "next Tue 24 Nov 18:00".into())
        );
        assert_eq!(
            told("2026-11-23T10:00:00Z"),
            ("Tomorrow, Tue 24 Nov, 18:00–20:00".into(), "next tomorrow 18:00".into())
        );
        assert_eq!(
            told("2026-11-24T10:00:00Z"),
            ("Today, Tue 24 Nov, 18:00–20:00".into(), "next today 18:00".into())
        );
        assert_eq!(
            told("2026-11-24T18:10:00Z"),
            ("Today, Tue 24 Nov, by 20:00".into(), "today by 20:00".into())
        );
    }

    #[test]
    fn a_window_over_midnight_that_has_begun_is_tonights() {
        let late = window("2026-11-24T23:30:00Z", "2026-11-25T00:30:00Z");
        assert_eq!(
            both("2026-11-24T23:40:00Z", &late),
            ("Tonight, by 00:30".into(), "tonight by 00:30".into())
        );
    }
}
