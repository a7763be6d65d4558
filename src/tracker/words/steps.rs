//! The four steps of an order's way.

use super::Voice;
use super::reading::Reading;
use crate::lifecycle::Status;
use crate::tracker::dossier::Dossier;
use chrono::{DateTime, Utc};

/// One of the four steps of an order's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub name: &'static str,
    pub icon: &'static str,
    pub at: Option<DateTime<Utc>>,
    /// `done`, `now`, `failed` or nothing yet.
    pub class: &'static str,
    /// What is happening inside, of the step it stands at.
    pub inside: String,
    pub is_now: bool,
}

impl Voice {
    /// The four steps with their times, from when it is certain that it will be brought.
    pub fn steps(&self, dossier: &Dossier) -> Vec<Step> {
        let story = &dossier.story;
        let reading = match story.status {
            Status::Confirmed | Status::Completed => Reading::of(story),
            Status::Checking | Status::ToApprove { .. } | Status::NotPaid { .. } | Status::Cancelled(_) => {
                return Vec::new();
            }
        };
        let last = story.goods.last_try();
        let failed = last.and_then(|t| t.failed).map(|(_, at)| at);
        let end = if reading == Reading::NotDelivered {
            ("Not delivered", "x", failed)
        } else {
            ("Delivered", "house", self.delivered_at(story))
        };
        let all = [
            ("Order placed", "check", story.placed_at),
            ("Rider assigned", "bike", last.and_then(|t| t.first_assigned_at)),
            ("On the way", "bike", last.and_then(|t| t.left_at)),
            end,
        ];
        let here = reading.step();
        let step = |(i, (name, icon, at)): (usize, (&'static str, &'static str, Option<DateTime<Utc>>))| {
            let class = class_of(i, here, reading);
            Step {
                name,
                icon: if class == "done" { "check" } else { icon },
                at,
                class,
                inside: if i == here { self.inside(dossier, reading) } else { String::new() },
                is_now: i == here,
            }
        };
        all.into_iter().enumerate().map(step).collect()
    }

    /// What happens inside the step it stands at.
    fn inside(&self, dossier: &Dossier, reading: Reading) -> String {
        let goods = &dossier.story.goods;
        match reading {
            Reading::Confirmed => "waits to be picked".to_owned(),
            Reading::Picking => format!("being picked, {} of {}", goods.lines.len(), dossier.lines.len()),
            Reading::Packed => "packed".to_owned(),
            Reading::AnotherRider => "finding another rider".to_owned(),
            Reading::RiderAssigned => goods.last_try().and_then(|t| t.by.clone()).unwrap_or_default(),
            Reading::OnTheWay => {
                let there = goods.last_try().and_then(|t| t.arrived_at);
                there.map(|at| format!("at the door since {}", self.time(at))).unwrap_or_default()
            }
            Reading::NotDelivered | Reading::Delivered => String::new(),
        }
    }
}

fn class_of(step: usize, here: usize, reading: Reading) -> &'static str {
    // An order is placed once and for all; what goes on inside is said beneath.
    let is_done = step < here || step == 0 || reading == Reading::Delivered;
    match (is_done, step == here) {
        (true, _) => "done",
        (false, true) if reading == Reading::NotDelivered => "failed",
        (false, true) => "now",
        (false, false) => "",
    }
}
