//! How far the rider is from a door.

use super::Voice;
use super::goods::by_whom;
use crate::tracker::dossier::{Dossier, Run};
use chrono::{DateTime, Utc};

/// How far the rider is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HowFar {
    pub stop: usize,
    pub of: usize,
    /// `Stop 2 of 4.`
    pub point: String,
    pub words: String,
    /// What the picture shows, for those who do not see it.
    pub picture: String,
    /// From the door, in a straight line, when they were last seen.
    pub metres: Option<i64>,
    pub seen_at: Option<DateTime<Utc>>,
}

impl Voice {
    /// How far the rider is, while there is one.
    pub fn how_far(&self, dossier: &Dossier) -> Option<HowFar> {
        dossier.run.map(|run| self.far(run, by_whom(&dossier.story.goods)))
    }

    /// The same of a run alone: what an open page hears while the rider moves.
    pub fn far(&self, run: Run, name: &str) -> HowFar {
        let before = match run.stop.saturating_sub(1) {
            0 => format!("{name} comes to you next."),
            1 => "1 stop before you.".to_owned(),
            n => format!("{n} stops before you."),
        };
        let seen = run.seen_at.map(|at| {
            let away = run.metres.map_or_else(String::new, |m| format!("{} away, ", distance(m)));
            format!(" {name} was {away}last seen {}.", self.ago(at))
        });
        HowFar {
            stop: run.stop,
            of: run.of,
            point: format!("Stop {} of {}.", run.stop, run.of),
            picture: match run.stop.saturating_sub(1) {
                0 => "You are the next stop".to_owned(),
                1 => "1 stop before yours".to_owned(),
                n => format!("{n} stops before yours"),
            },
            words: format!("{before}{}", seen.unwrap_or_default()),
            metres: run.metres,
            seen_at: run.seen_at,
        }
    }

    fn ago(&self, at: DateTime<Utc>) -> String {
        match (self.now - at).num_minutes() {
            ..=0 => "just now".to_owned(),
            1 => "a minute ago".to_owned(),
            n @ 2..60 => format!("{n} minutes ago"),
            _ => self.at(at),
        }
    }
}

/// `some 350 m`, `some 1.2 km`
fn distance(metres: i64) -> String {
    if metres < 950 {
        return format!("some {} m", (metres / 50).max(1) * 50);
    }
    let tenths = (metres + 50) / 100;
    format!("some {}.{} km", tenths / 10, tenths % 10)
}
