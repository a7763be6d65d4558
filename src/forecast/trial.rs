//! How far off the forecast is: deliveries are played in a town of its own, in which people are faster
//! and slower than usual, shelves are empty, riders stop and fall silent. At each moment [`foresee`] is
//! given only what the shop would know then; what comes of it is laid beside what happened, and
//! beside the naive word, the end of the window.

mod town;

use super::model::{Stage, foresee};
use crate::config::Forecast as Pace;
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use town::{Brought, Town};

/// Deliveries of one window.
const OF_A_WINDOW: usize = 25;
/// Each is looked at from so long before its window until it is there, this often.
const SINCE: Duration = Duration::minutes(90);
const EVERY: Duration = Duration::minutes(5);

/// Mean errors in minutes, early or late.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Trial {
    pub deliveries: usize,
    /// Moments at which a forecast was made.
    pub looks: usize,
    pub forecast: f64,
    pub naive: f64,
    /// The forecast's of those under way, and the naive one's.
    pub forecast_under_way: f64,
    pub naive_under_way: f64,
}

#[derive(Default)]
struct Errors {
    looks: u32,
    forecast: f64,
    naive: f64,
}

impl Errors {
    fn add(&mut self, expected: DateTime<Utc>, ends: DateTime<Utc>, truth: DateTime<Utc>) {
        self.looks += 1;
        self.forecast += minutes(expected - truth);
        self.naive += minutes(ends - truth);
    }

    fn mean(&self) -> (f64, f64) {
        let looks = f64::from(self.looks.max(1));
        (self.forecast / looks, self.naive / looks)
    }
}

/// Plays so many deliveries; the same seed plays the same.
pub fn play(deliveries: usize, seed: u64, pace: &Pace) -> Trial {
    let (mut all, mut under_way) = (Errors::default(), Errors::default());
    let mut played = 0;
    while played < deliveries {
        let town = Town::of_a_window(OF_A_WINDOW.min(deliveries - played), seed.wrapping_add(played as u64));
        for brought in town.brought() {
            look_at(&town, brought, pace, &mut all, &mut under_way);
        }
        played += OF_A_WINDOW;
    }
    let ((forecast, naive), (forecast_under_way, naive_under_way)) = (all.mean(), under_way.mean());
    Trial { deliveries, looks: all.looks as usize, forecast, naive, forecast_under_way, naive_under_way }
}

fn look_at(town: &Town, brought: &Brought, pace: &Pace, all: &mut Errors, under_way: &mut Errors) {
    let mut now = town.starts - SINCE;
    while now < brought.there_at {
        let facts = town.known_at(brought, now, pace);
        if let Some(outlook) = foresee(&facts, pace) {
            all.add(outlook.expected, town.ends, brought.there_at);
            if matches!(facts.stage, Stage::Riding(riding) if riding.has_left) {
                under_way.add(outlook.expected, town.ends, brought.there_at);
            }
        }
        now += EVERY;
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a day")]
fn minutes(off: Duration) -> f64 {
    off.num_seconds().abs() as f64 / 60.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_forecast_is_nearer_than_the_end_of_the_window() {
        let pace = Config::load(None, std::iter::empty()).expect("the defaults").forecast;
        for seed in [1, 2, 3] {
            let trial = play(500, seed, &pace);
            println!("{trial:?}");
            assert_eq!(trial.deliveries, 500);
            assert!(trial.looks > 5_000, "{trial:?}");
            assert!(trial.forecast < trial.naive * 0.6, "{trial:?}");
            assert!(trial.forecast_under_way < trial.naive_under_way * 0.4, "{trial:?}");
            assert_eq!(play(500, seed, &pace), trial, "the same seed plays the same");
        }
    }
}
