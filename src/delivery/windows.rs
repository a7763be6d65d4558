//! Opening windows ahead of time, for ever, from the templates of a week.

use super::model::WindowTemplate;
use super::store::{self, NewWindow};
use crate::clock;
use chrono::{DateTime, Datelike, Days, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;

/// Rows a statement: five values each, and Postgres takes 65,535 values.
const AT_ONCE: usize = 2_000;

/// Makes sure that all windows of the coming days are open. Says how many it opened;
/// doing it again, or in two processes at once, opens nothing more.
///
/// # Errors
/// When the database does not answer.
pub fn open_windows(conn: &mut PgConnection, zone: Tz, days: i64, now: DateTime<Utc>) -> QueryResult<usize> {
    let templates = store::templates(conn)?;
    let today = clock::local_day(zone, now);
    // Yesterday's late windows may reach into today.
    let all: Vec<NewWindow> = (-1..=days)
        .filter_map(|ahead| day_after(today, ahead))
        .flat_map(|day| templates.iter().flat_map(move |template| of_day(template, zone, day)))
        .filter(|window| window.cutoff_at > now)
        .collect();
    let opened = all.chunks(AT_ONCE).map(|windows| store::insert_windows(conn, windows)).sum();
    close_new_ones(conn)?;
    opened
}

/// What has come to be open into what is closed is closed too.
fn close_new_ones(conn: &mut PgConnection) -> QueryResult<()> {
    super::open_incidents(conn)?
        .iter()
        .try_for_each(|incident| super::close_windows(conn, incident).map(drop))
}

fn day_after(day: NaiveDate, ahead: i64) -> Option<NaiveDate> {
    u64::try_from(ahead).map_or_else(
        |_| day.checked_sub_days(Days::new(ahead.unsigned_abs())),
        |n| day.checked_add_days(Days::new(n)),
    )
}

/// The windows of a template on a day: none when spring skips its start, two when
/// autumn repeats it. Lengths and cut-offs are real minutes.
fn of_day(template: &WindowTemplate, zone: Tz, day: NaiveDate) -> Vec<NewWindow> {
    let weekday = day.weekday().number_from_monday().to_string();
    if !template.weekdays.contains(&weekday) {
        return Vec::new();
    }
    clock::instants(zone, day, template.start_minute)
        .into_iter()
        .map(|starts_at| NewWindow {
            zone_id: template.zone_id,
            starts_at,
            ends_at: starts_at + Duration::minutes(template.minutes.into()),
            cutoff_at: starts_at - Duration::minutes(template.cutoff_minutes.into()),
            capacity: template.capacity,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ZoneId;
    use chrono_tz::Europe::Dublin;

    fn template(start_minute: i32) -> WindowTemplate {
        WindowTemplate {
            zone_id: ZoneId(1),
            weekdays: "1234567".into(),
            start_minute,
            minutes: 60,
            capacity: 6,
            cutoff_minutes: 30,
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    #[test]
    fn a_window_in_the_hour_that_spring_skips_does_not_open() {
        assert!(of_day(&template(90), Dublin, day("2026-03-29")).is_empty());
        assert_eq!(of_day(&template(90), Dublin, day("2026-03-30")).len(), 1);
    }

    #[test]
    fn a_window_in_the_hour_that_autumn_repeats_opens_twice() {
        let windows = of_day(&template(90), Dublin, day("2026-10-25"));
        assert_eq!(windows.len(), 2);
        assert_eq!(windows[1].starts_at - windows[0].starts_at, Duration::hours(1));
    }

    #[test]
    fn six_in_the_evening_is_six_in_the_evening_in_summer_and_winter() {
        let hour = |d: &str| of_day(&template(18 * 60), Dublin, day(d))[0].starts_at.to_rfc3339();
        assert_eq!(hour("2026-07-01"), "2026-07-01T17:00:00+00:00");
        assert_eq!(hour("2026-12-01"), "2026-12-01T18:00:00+00:00");
    }

    #[test]
    fn a_window_opens_only_on_its_weekdays() {
        let mut monday = template(600);
        monday.weekdays = "1".into();
        assert_eq!(of_day(&monday, Dublin, day("2026-11-23")).len(), 1);
        assert!(of_day(&monday, Dublin, day("2026-11-24")).is_empty());
    }
}
