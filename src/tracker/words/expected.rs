//! When it is expected now, beside what was promised.

use super::{Dossier, Voice};
use crate::clock;
use crate::lifecycle::{Stage, Status};
use chrono::{DateTime, Duration, Utc};

/// What was reckoned longer ago is not told any more.
const FRESH_FOR: Duration = Duration::minutes(15);

/// When an order is expected, in words and for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub at: DateTime<Utc>,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// When that was reckoned.
    pub as_of: DateTime<Utc>,
    pub words: String,
}

impl Voice {
    /// The newest forecast of what is on its way to the door, where it still says something: nothing
    /// has been promised since, and it is fresh.
    pub fn expected(&self, dossier: &Dossier) -> Option<Expected> {
        let story = &dossier.story;
        let is_coming = story.status == Status::Confirmed
            && !matches!(story.goods.stage(), Stage::Delivered | Stage::NotDelivered);
        let forecast = dossier.forecast.as_ref().filter(|_| is_coming)?;
        let as_of = forecast.reckoned_at.filter(|at| *at + FRESH_FOR > self.now)?;
        let promise = story.goods.promise()?;
        if promise.version > 1 && promise.at > as_of {
            return None;
        }
        let (at, from, to) = (forecast.expected_at?, forecast.from_at?, forecast.to_at?);
        let words = if (from, to) == (promise.starts, promise.ends) {
            "We expect to be with you in that time.".to_owned()
        } else {
            format!("We expect to be with you {}.", self.about(from, to))
        };
        Some(Expected { at, from, to, as_of, words })
    }

    /// `about 18:20–18:40`, `on Wed 25 Nov, about 18:20–18:40`
    fn about(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
        let time = |at| clock::time_label(self.zone, at);
        let day = if self.is_today(from) { String::new() } else { format!("on {}, ", self.day(from)) };
        format!("{day}about {}–{}", time(from), time(to))
    }
}
