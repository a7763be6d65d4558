//! What a board calls somebody for: how many of what, and what to do about it.

use super::views::{Failed, Trouble, Unpacked};
use crate::delivery::Drop;

/// A browser remembers no more of them.
const MOST_KEYS: usize = 60;

/// What needs a hand now.
pub(super) struct Alarm {
    /// A sentence each.
    pub(super) lines: Vec<String>,
    /// One key for each thing that needs a hand: a board sounds when one is new.
    pub(super) keys: String,
}

pub(super) fn alarm(troubled: &[(Trouble, &Drop)], failed: &[Failed], unpacked: &[Unpacked]) -> Alarm {
    let count = |of| troubled.iter().filter(|(t, _)| *t == of).count();
    let told = [
        (
            count(Trouble::NoRider),
            "without a rider in time",
            "give them to somebody, or bring a rider on shift",
        ),
        (count(Trouble::Late), "late", "ask the rider, and ring the customer"),
        (count(Trouble::Silent), "with a silent rider", "ring the rider"),
        (unpacked.len(), "not packed in time", "ask the warehouse"),
        (failed.len(), "not delivered", "decide about another try"),
    ];
    let lines = told.iter().filter(|(n, ..)| *n > 0).map(|(n, what, act)| format!("{n} {what}: {act}."));
    let calls = |t: &Trouble| matches!(t, Trouble::Late | Trouble::NoRider | Trouble::Silent);
    // In another trouble it calls once more.
    let drops = troubled.iter().filter(|(t, _)| calls(t)).map(|(t, drop)| format!("{t:?}-{}", drop.id));
    let keys = drops
        .chain(failed.iter().map(|f| format!("failed-{}", f.id)))
        .chain(unpacked.iter().map(|u| format!("unpacked-{}", u.number)));
    Alarm { lines: lines.collect(), keys: keys.take(MOST_KEYS).collect::<Vec<_>>().join(" ") }
}
