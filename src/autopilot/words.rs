//! What the town says of an order: where it stands, what comes next, what could go wrong.

use super::plan::Ride;
use super::scene::{Known, Scene, Stage};
use crate::clock;
use crate::delivery::Failure;
use crate::orders::Substitutions;
use crate::town::{Part, Trouble};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// Colour, icon and words.
pub(super) type Badge = (&'static str, &'static str, &'static str);

pub(super) const fn badge(stage: Stage) -> Badge {
    match stage {
        Stage::Unpaid => ("warn", "clock", "Waits for its payment"),
        Stage::Waiting => ("info", "clock", "Waits for the picker"),
        Stage::Picking => ("info", "shopping-basket", "Being picked"),
        Stage::Packed => ("info", "shopping-basket", "Packed"),
        Stage::WithRider => ("good", "bike", "Rider assigned"),
        Stage::OnTheWay => ("good", "bike", "On the way"),
        Stage::AtTheDoor => ("good", "house", "At the door"),
        Stage::Failed(_) => ("warn", "triangle-alert", "Not delivered yet"),
        Stage::Delivered => ("good", "check", "Delivered"),
    }
}

/// Placed, picked, with a rider, on the way, delivered: so many lie behind it.
pub(super) const fn done(stage: Stage) -> usize {
    match stage {
        Stage::Unpaid => 0,
        Stage::Waiting | Stage::Picking => 1,
        Stage::Packed => 2,
        Stage::WithRider => 3,
        Stage::OnTheWay | Stage::AtTheDoor | Stage::Failed(_) => 4,
        Stage::Delivered => 5,
    }
}

/// What comes next, and when, where that is known.
pub(super) struct Next {
    pub(super) words: String,
    pub(super) at: Option<DateTime<Utc>>,
}

fn plainly(words: impl Into<String>) -> Next {
    Next { words: words.into(), at: None }
}

fn then(words: impl Into<String>, at: DateTime<Utc>) -> Next {
    Next { words: words.into(), at: Some(at) }
}

pub(super) fn next(known: &Known, scene: &Scene) -> Next {
    let by = known.by.as_deref().unwrap_or("The rider");
    match known.stage {
        Stage::Unpaid => plainly("It is picked once its payment has come through."),
        Stage::Waiting | Stage::Picking => picking(known, scene),
        Stage::Packed | Stage::WithRider | Stage::OnTheWay | Stage::AtTheDoor if known.is_a_carriers() => {
            plainly(format!("{by} brings it, or was asked to. Drive it on the carrier’s page."))
        }
        Stage::Packed if scene.is_on && scene.is_by_hand(Part::Dispatch) => {
            plainly("It waits for you: give it to a rider on the board.")
        }
        Stage::Packed => plainly("A rider is looked for."),
        Stage::WithRider | Stage::OnTheWay | Stage::AtTheDoor if scene.is_by_hand(Part::Riding) => {
            plainly(format!("It waits for you: bring it as {by}."))
        }
        Stage::WithRider | Stage::OnTheWay | Stage::AtTheDoor => riding(known, by),
        Stage::Failed(why) => failed(why, scene),
        Stage::Delivered => plainly("It is at its door, and the story is told."),
    }
}

fn picking(known: &Known, scene: &Scene) -> Next {
    let (Some(bench), false) = (known.bench, scene.is_by_hand(Part::Picking)) else {
        return plainly("It waits for you: pick it on the picker’s page.");
    };
    let Some((_, at)) = known.pick else { return plainly("Somebody picks it by hand.") };
    let picked = bench.lines - bench.open.min(bench.lines);
    match known.stage {
        Stage::Picking if at < scene.now && known.wish == Substitutions::Ask && bench.open > 0 => {
            plainly("The customer is asked what may come instead, on their page and by letter.")
        }
        Stage::Picking if bench.open == 0 => then("Everything is picked. It is packed", at),
        Stage::Picking => then(format!("{picked} of {} lines picked. The next one", bench.lines), at),
        Stage::Unpaid
        | Stage::Waiting
        | Stage::Packed
        | Stage::WithRider
        | Stage::OnTheWay
        | Stage::AtTheDoor
        | Stage::Failed(_)
        | Stage::Delivered => then("The picker reaches for it", at),
    }
}

fn riding(known: &Known, by: &str) -> Next {
    match known.ride {
        Some((Ride::Leave, at)) => then(format!("{by} sets out"), at),
        Some((Ride::Arrive, at)) => then(format!("{by} is at the door"), at),
        Some((Ride::Deliver, at)) => then(format!("{by} hands it over"), at),
        Some((Ride::GiveUp, at)) => then(format!("{by} is stuck, and says so"), at),
        None => plainly(format!("{by} has another stop before this one.")),
    }
}

fn failed(why: Option<Failure>, scene: &Scene) -> Next {
    let told = matches!(why, Some(Failure::WrongAddress | Failure::NoAccess));
    let by_hand = scene.is_by_hand(Part::Dispatch);
    plainly(match (told, by_hand) {
        (true, false) => {
            "It waits for its customer: they change the instructions for the rider, or choose another time, \
             and we come again."
        }
        (true, true) => {
            "It waits for its customer, who says how to find them or chooses another time; or for you, to plan \
             another try on the board."
        }
        (false, _) => "Plan another try on the board, or choose another time as the customer.",
    })
}

/// `in about 20 s`, `in about 3 min`, `at 18:05`
pub(super) fn soon(zone: Tz, now: DateTime<Utc>, at: DateTime<Utc>) -> String {
    match (at - now).num_seconds() {
        ..=0 => "now".to_owned(),
        n @ 1..=99 => format!("in about {} s", (n + 4) / 5 * 5),
        n @ 100..=3_599 => format!("in about {} min", (n + 30) / 60),
        _ => match clock::near_day(zone, now, at) {
            Some("today") => format!("at {}", clock::time_label(zone, at)),
            Some(_) | None => format!("{}, {}", clock::day_label(zone, at), clock::time_label(zone, at)),
        },
    }
}

/// What may go wrong with it just now.
pub(super) fn possible(known: &Known, scene: &Scene) -> Vec<Trouble> {
    let has_open = known.bench.is_some_and(|bench| bench.open > 0);
    let is_in_warehouse = matches!(known.stage, Stage::Waiting | Stage::Picking);
    let is_before_the_door = is_in_warehouse
        || matches!(known.stage, Stage::Packed | Stage::WithRider | Stage::OnTheWay)
            && !known.is_a_carriers();
    let can = |trouble: &Trouble| match trouble {
        Trouble::Missing => is_in_warehouse && has_open && !scene.is_by_hand(Part::Picking),
        Trouble::Stuck | Trouble::WrongAddress => is_before_the_door && !scene.is_by_hand(Part::Riding),
    };
    Trouble::ALL.iter().copied().filter(can).collect()
}

pub(super) const fn button(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Missing => "The next item is missing",
        Trouble::Stuck => "The rider gets stuck",
        Trouble::WrongAddress => "The address is wrong",
    }
}

pub(super) const fn undo(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Missing => "It is there after all",
        Trouble::Stuck => "The rider goes on",
        Trouble::WrongAddress => "The address is right",
    }
}

/// What will happen, and what to look at.
pub(super) const fn explain(trouble: Trouble, choice: Substitutions) -> &'static str {
    match (trouble, choice) {
        (Trouble::Missing, Substitutions::Similar) => {
            "The picker finds an empty shelf and takes something similar, which never costs more: the customer’s \
             choice. Look at the items and the sum on their page."
        }
        (Trouble::Missing, Substitutions::Ask) => {
            "The picker finds an empty shelf and asks the customer: answer on their page, or by the letter. No \
             answer in ten minutes is no."
        }
        (Trouble::Missing, Substitutions::LeaveOut) => {
            "The picker finds an empty shelf and leaves it out: the customer’s choice. Look at the items and the \
             sum on their page."
        }
        (Trouble::Stuck, _) => {
            "Before half the way is done the rider stands still, and after half a minute says so. The customer \
             reads it, another rider takes over, and the second attempt follows: look at their page and the board."
        }
        (Trouble::WrongAddress, _) => {
            "The rider does not find the door and turns back. On their page the customer changes the instructions, \
             or chooses another time, and a second attempt follows."
        }
    }
}
