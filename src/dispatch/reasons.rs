//! Why a drop is late or at risk, in a sentence, and what somebody can do about it.

use super::views::Trouble;
use crate::clock;
use crate::delivery::{Drop, DropState, Rider};
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;

/// A rider of whom nothing is heard for longer while they are under way may need help.
const SILENT_FOR: Duration = Duration::minutes(10);

/// From where it is looked at.
#[derive(Clone, Copy)]
pub(super) struct From {
    pub(super) zone: Tz,
    pub(super) now: DateTime<Utc>,
    /// A dispatcher finds riders, and nobody else does.
    pub(super) by_hand: bool,
}

impl From {
    fn time(self, at: DateTime<Utc>) -> String {
        clock::time_label(self.zone, at)
    }

    fn since(self, at: DateTime<Utc>) -> String {
        minutes((self.now - at).num_minutes())
    }

    /// Whether a rider with something in hand has gone silent.
    pub(super) fn is_silent(self, drop: &Drop, rider: Option<&Rider>) -> bool {
        drop.state == DropState::OnTheWay
            && rider.is_some_and(|r| r.heard_at.is_none_or(|at| at + SILENT_FOR <= self.now))
    }

    /// A sentence for one that has trouble; nothing for one that has none.
    pub(super) fn reason(
        self,
        drop: &Drop,
        trouble: Trouble,
        reached: Option<DateTime<Utc>>,
        rider: Option<&Rider>,
    ) -> String {
        let name = rider.map(|r| r.first_name.as_str()).or(drop.carrier.as_deref());
        match trouble {
            Trouble::Fine => String::new(),
            Trouble::Late => self.late(drop, reached, name),
            Trouble::NoRider if self.by_hand => {
                format!(
                    "Packed {} ago, and waits for you to give it to a rider.",
                    self.since(drop.planned_at)
                )
            }
            Trouble::NoRider => format!(
                "Packed {} ago and nobody has it. Give it to a rider, or bring somebody on shift.",
                self.since(drop.planned_at)
            ),
            Trouble::Silent => format!(
                "{} is on the way and was not heard of for ten minutes. Ring them.",
                name.unwrap_or("The rider")
            ),
            Trouble::AtRisk => self.at_risk(drop, reached, name),
        }
    }

    fn late(self, drop: &Drop, reached: Option<DateTime<Utc>>, name: Option<&str>) -> String {
        let over = format!("Its window ended {}, {} ago", self.time(drop.ends_at), self.since(drop.ends_at));
        match (name, reached) {
            (Some(name), Some(at)) => format!("{over}. {name} is there about {}.", self.time(at)),
            (Some(name), None) => format!("{over}. {name} has it: ask when they will be there."),
            (None, _) => format!("{over}, and nobody has it. Give it to a rider now."),
        }
    }

    fn at_risk(self, drop: &Drop, reached: Option<DateTime<Utc>>, name: Option<&str>) -> String {
        let ends = self.time(drop.ends_at);
        match (name, reached.filter(|at| *at > drop.ends_at)) {
            (Some(name), Some(at)) => format!(
                "{name} is there about {}, {} after its window ends. Somebody else may be faster.",
                self.time(at),
                minutes((at - drop.ends_at).num_minutes())
            ),
            (Some(name), None) => format!("{name} has not left with it, and its window ends {ends}."),
            (None, _) => format!("Nobody has it yet, and its window ends {ends}."),
        }
    }
}

/// `1 minute`, `12 minutes`, `2 h 5 min`
fn minutes(n: i64) -> String {
    match n.max(0) {
        1 => "1 minute".to_owned(),
        n @ 0..=119 => format!("{n} minutes"),
        n => format!("{} h {} min", n / 60, n % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn a_time_is_told_as_one_would_say_it() {
        assert_eq!([-3, 1, 12, 125].map(minutes), ["0 minutes", "1 minute", "12 minutes", "2 h 5 min"]);
    }
}
