//! What was written to a customer about an order, and whether it left.

use crate::events::{Event, Recorded};
use crate::staffroom::moment;
use crate::storefront::Shop;

/// More than these nobody reads.
const MOST: usize = 20;

/// A letter, as the desk sees it.
pub(super) struct Written {
    pub(super) about: String,
    pub(super) at: String,
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    pub(super) state: String,
}

/// The newest first.
pub(super) fn written(shop: &Shop, messages: &[Recorded]) -> Vec<Written> {
    let letters = messages.iter().rev().filter_map(|recorded| {
        let Event::LetterWritten { letter, about } = &recorded.event else { return None };
        let sent = |r: &&Recorded| r.event == Event::LetterSent { letter: *letter };
        let (given_up, again) =
            (Event::LetterGivenUp { letter: *letter }, Event::LetterTriedAgain { letter: *letter });
        let newest = messages.iter().rfind(|r| r.event == given_up || r.event == again);
        let (tone, icon, state) = match (messages.iter().find(sent), newest) {
            (Some(sent), _) => ("good", "circle-check", format!("Sent {}", moment(shop, sent.happened_at))),
            (None, Some(last)) if last.event == given_up => {
                ("bad", "circle-alert", "Could not be sent".to_owned())
            }
            (None, Some(_)) => ("warn", "clock", "Is tried once more".to_owned()),
            (None, None) => ("warn", "clock", "Waits to be sent".to_owned()),
        };
        let at = moment(shop, recorded.happened_at);
        Some(Written { about: words(about).to_owned(), at, tone, icon, state })
    });
    letters.take(MOST).collect()
}

/// What the log calls it, in words; a letter of a kind that is not written any more keeps its name.
fn words(about: &str) -> &str {
    match about {
        "confirmed" => "Order confirmed",
        "cancelled" => "Order cancelled",
        "to_approve" => "Payment waits for approval",
        "not_paid" => "Payment did not go through",
        "refunded" => "Money given back",
        "asked" => "May something else stand in?",
        "found" => "Found after all",
        "on_the_way" => "On the way",
        "delivered" => "Delivered",
        "not_delivered" => "Could not be delivered",
        "late" => "Later than promised",
        "sooner" => "Sooner than we said",
        "changed" => "Order changed",
        "answered" => "Answer to what was reported",
        "code" => "Code to act by link",
        other => other,
    }
}
