//! The times one can choose, a day at a time.

use crate::clock;
use crate::delivery::Window;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

const DAYS_SHOWN: usize = 5;
/// The usual windows are this long; shorter ones fold away.
const USUAL_MINUTES: i64 = 120;

pub(super) struct Calendar {
    pub(super) days: Vec<DayTab>,
    /// A day before and one after those that are shown.
    pub(super) earlier: Option<String>,
    pub(super) later: Option<String>,
    /// `Tue 24 Nov`
    pub(super) day: String,
    pub(super) usual: Vec<Pick>,
    pub(super) short: Vec<Pick>,
    /// Whether the chosen one is among the short ones, or there are no others.
    pub(super) open: bool,
}

pub(super) struct DayTab {
    pub(super) value: String,
    pub(super) weekday: String,
    pub(super) date: String,
    pub(super) fee: String,
    pub(super) current: bool,
}

pub(super) struct Pick {
    pub(super) id: i64,
    pub(super) hours: String,
    /// The fee, or that it is full.
    pub(super) end: String,
    pub(super) cutoff: String,
    pub(super) checked: bool,
    pub(super) full: bool,
}

/// From what it is made.
pub(super) struct Times<'a> {
    pub(super) windows: &'a [Window],
    /// The chosen one; held by the shopper, it is not full for them.
    pub(super) chosen: Option<i64>,
    pub(super) own: Option<i64>,
    pub(super) day: Option<NaiveDate>,
    pub(super) fee: &'a str,
    pub(super) zone: Tz,
}

impl Calendar {
    /// Nothing where there is no time at all.
    pub(super) fn new(times: &Times<'_>) -> Option<Self> {
        let mut days: Vec<NaiveDate> = times.windows.iter().map(|w| times.day_of(w)).collect();
        days.dedup();
        let day = times.shown_day(&days)?;
        let at = days.iter().position(|d| *d == day)?;
        let first = at / DAYS_SHOWN * DAYS_SHOWN;
        let shown = days.iter().skip(first).take(DAYS_SHOWN);
        let of_day: Vec<&Window> = times.windows.iter().filter(|w| times.day_of(w) == day).collect();
        let picks = |usual: bool| -> Vec<Pick> {
            of_day.iter().filter(|w| is_usual(w) == usual).map(|w| times.pick(w)).collect()
        };
        let (usual, short) = (picks(true), picks(false));
        let open = usual.is_empty() || short.iter().any(|p| p.checked) || usual.iter().all(|p| p.full);
        Some(Self {
            days: shown.map(|d| times.tab(*d, *d == day)).collect(),
            earlier: first.checked_sub(1).and_then(|i| days.get(i)).map(ToString::to_string),
            later: days.get(first + DAYS_SHOWN).map(ToString::to_string),
            day: clock::date_label(day),
            usual,
            short,
            open,
        })
    }
}

fn is_usual(window: &Window) -> bool {
    (window.ends_at - window.starts_at).num_minutes() >= USUAL_MINUTES
}

impl Times<'_> {
    fn day_of(&self, window: &Window) -> NaiveDate {
        clock::local_day(self.zone, window.starts_at)
    }

    /// The day that was asked for, that of the chosen window, or the first one with room.
    fn shown_day(&self, days: &[NaiveDate]) -> Option<NaiveDate> {
        let asked = self.day.filter(|day| days.contains(day));
        let chosen = || self.windows.iter().find(|w| Some(w.id) == self.chosen).map(|w| self.day_of(w));
        let free = || self.windows.iter().find(|w| is_usual(w) && !w.is_full()).map(|w| self.day_of(w));
        asked.or_else(chosen).or_else(free).or_else(|| days.first().copied())
    }

    fn is_full(&self, window: &Window) -> bool {
        window.is_full() && Some(window.id) != self.own
    }

    fn tab(&self, day: NaiveDate, current: bool) -> DayTab {
        let full = self.windows.iter().filter(|w| self.day_of(w) == day).all(|w| self.is_full(w));
        let label = clock::date_label(day);
        let (weekday, date) = label.split_once(' ').unwrap_or(("", &label));
        DayTab {
            value: day.to_string(),
            weekday: weekday.to_owned(),
            date: date.to_owned(),
            fee: if full { "Full".to_owned() } else { self.fee.to_owned() },
            current,
        }
    }

    fn pick(&self, window: &Window) -> Pick {
        let full = self.is_full(window);
        Pick {
            id: window.id,
            hours: window.hours(self.zone),
            end: if full { "Full".to_owned() } else { self.fee.to_owned() },
            cutoff: format!("Order by {}", self.cutoff(window)),
            checked: Some(window.id) == self.chosen && !full,
            full,
        }
    }

    /// `16:00`, or `Mon 22:00` where that is on another day than the window.
    fn cutoff(&self, window: &Window) -> String {
        moment(self.zone, window.cutoff_at, clock::local_day(self.zone, window.starts_at))
    }
}

/// The time on the clock, with the weekday where it is on another day than `day`.
fn moment(zone: Tz, at: DateTime<Utc>, day: NaiveDate) -> String {
    let time = clock::time_label(zone, at);
    if clock::local_day(zone, at) == day {
        return time;
    }
    format!("{} {time}", at.with_timezone(&zone).format("%a"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ZoneId;
    use chrono::Duration;
    use chrono_tz::Europe::Dublin;

    fn window(id: i64, from: &str, minutes: i64, taken: i32) -> Window {
        let starts_at: DateTime<Utc> = from.parse().expect("a time");
        Window {
            id,
            zone_id: ZoneId(1),
            starts_at,
            ends_at: starts_at + Duration::minutes(minutes),
            cutoff_at: starts_at - Duration::minutes(120),
            capacity: 2,
            taken,
            closed_by: None,
        }
    }

    fn times(windows: &[Window]) -> Times<'_> {
        Times { windows, chosen: None, own: None, day: None, fee: "€2.90", zone: Dublin }
    }

    #[test]
    fn the_first_day_with_room_is_shown_and_full_times_are_shown_as_full() {
        let windows = [
            window(1, "2026-11-24T14:00:00Z", 120, 2),
            window(2, "2026-11-25T08:00:00Z", 120, 2),
            window(3, "2026-11-25T10:00:00Z", 120, 1),
            window(4, "2026-11-25T10:00:00Z", 60, 0),
        ];
        let shown = Calendar::new(&times(&windows)).expect("a calendar");
        assert_eq!(shown.day, "Wed 25 Nov");
        assert_eq!(shown.days.iter().map(|d| d.fee.as_str()).collect::<Vec<_>>(), ["Full", "€2.90"]);
        assert_eq!(shown.usual.iter().map(|p| p.full).collect::<Vec<_>>(), [true, false]);
        assert_eq!((shown.short.len(), shown.open), (1, false));
    }

    #[test]
    fn a_window_one_holds_oneself_is_not_full() {
        let windows = [window(1, "2026-11-24T14:00:00Z", 120, 2)];
        let own = Times { chosen: Some(1), own: Some(1), ..times(&windows) };
        let shown = Calendar::new(&own).expect("a calendar");
        assert!(shown.usual[0].checked && !shown.usual[0].full);
    }

    #[test]
    fn a_cut_off_on_another_day_says_which() {
        let windows = [window(1, "2026-11-25T01:00:00Z", 120, 0)];
        let shown = Calendar::new(&times(&windows)).expect("a calendar");
        assert_eq!(shown.usual[0].cutoff, "Order by Tue 23:00");
    }
}
