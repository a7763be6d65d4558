//! What may come where something has run out: one choice for the whole order, and for what may well run
//! out one of its own.

use super::till::Till;
use crate::basket::Line;
use crate::orders::Substitutions;

/// Asked about at most: of more than that the choice for the whole order says enough.
const MOST_ASKED: usize = 12;

pub(super) const SWAPS: [(Substitutions, &str, &str); 3] = [
    (Substitutions::Similar, "Swap for something close", "A swap never costs more than what you chose"),
    (
        Substitutions::Ask,
        "Ask me first",
        "We write to you; without an answer within ten minutes we leave it out",
    ),
    (Substitutions::LeaveOut, "Leave it out", "You pay only for what comes"),
];

pub(super) fn swap_words(chosen: Substitutions) -> &'static str {
    match chosen {
        Substitutions::Similar => "Swap for something close, never dearer",
        Substitutions::Ask => "Ask me first",
        Substitutions::LeaveOut => "Leave it out",
    }
}

/// A thing in the basket that may well run out.
pub(super) struct Risk {
    pub(super) sku: String,
    pub(super) name: String,
    /// Value, words, and whether it is chosen; without a value it is as for the whole order.
    pub(super) choices: Vec<(&'static str, &'static str, bool)>,
}

/// What is asked about by itself: what is at risk, and what somebody has chosen for already. Those of
/// which the fewest would be left come first where there are too many.
pub(super) fn risks(till: &Till) -> Vec<Risk> {
    let chosen = |line: &Line| till.typed().wish(&line.item.article.sku);
    let lines = &till.viewer.basket.lines;
    let mut asked: Vec<&Line> = lines
        .iter()
        .filter(|l| l.counted > 0 && (l.is_at_risk(till.few_left) || chosen(l).is_some()))
        .collect();
    asked.sort_by_key(|l| (chosen(l).is_none(), l.item.available() - l.counted));
    asked.truncate(MOST_ASKED);
    asked.into_iter().map(|line| risk(line, chosen(line))).collect()
}

fn risk(line: &Line, chosen: Option<Substitutions>) -> Risk {
    let article = &line.item.article;
    let as_all = ("", "As for the rest", chosen.is_none());
    let each = SWAPS.iter().map(|(swap, words, _)| (swap.as_str(), *words, Some(*swap) == chosen));
    Risk {
        sku: article.sku.clone(),
        name: article.name.clone(),
        choices: [as_all].into_iter().chain(each).collect(),
    }
}

/// What is chosen for single things in the basket: `Oat milk: Leave it out`.
pub(super) fn own_wishes(till: &Till) -> Vec<String> {
    let words = |line: &Line| {
        let wish = till.typed().wish(&line.item.article.sku)?;
        Some(format!("{}: {}", line.item.article.name, swap_words(wish)))
    };
    till.viewer.basket.lines.iter().filter(|l| l.counted > 0).filter_map(words).collect()
}
