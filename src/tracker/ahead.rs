//! What waits on an order's page: what one need not worry about meanwhile, what stands where a form stood, when
//! the page looks again.

use super::access::Sight;
use super::dossier::Dossier;
use super::views::mail_words;
use super::words::{Line, Tone};
use crate::lifecycle::{Stage, Status};

/// Without scripts a page that waits is loaded again after so many seconds.
const LOOK_AGAIN: u32 = 8;
/// The same while it is picked and brought.
const LOOK_SOMETIMES: u32 = 30;

/// Beneath the answer, while a payment is not known: what one need not worry about.
pub(super) fn calm(dossier: &Dossier, sight: Sight) -> Option<Line> {
    let mail = mail_words(dossier, sight);
    let safe = "It is safe to reload or close this page.";
    let words = match dossier.story.money() {
        Status::Checking => format!("{safe} We write to {mail} as soon as we know."),
        Status::ToApprove { .. } => safe.to_owned(),
        Status::NotPaid { .. } | Status::Confirmed | Status::Completed | Status::Cancelled(_) => return None,
    };
    Some(Line { tone: Tone::Good, icon: "shield-check", point: "You cannot be charged twice.", words })
}

/// Where a form to pay stood that is not needed now.
pub(super) fn instead_of_paying(dossier: &Dossier) -> Line {
    let words = if may_be_paid_later(dossier) {
        "A payment for this order is under way. What you typed here was not sent; it comes back if it is needed."
    } else {
        "There is nothing to pay here any more, as the top of this page says. What you typed here was not sent."
    };
    Line { tone: Tone::Info, icon: "info", point: "", words: words.to_owned() }
}

/// Whether the choice of a way to pay may come back.
pub(super) fn may_be_paid_later(dossier: &Dossier) -> bool {
    dossier.story.money().is_unsettled()
}

/// Seconds until a page without scripts is loaded again. `is_still`: whoever types a password into it has
/// asked for peace.
pub(super) fn look_again(dossier: &Dossier, is_still: bool) -> Option<u32> {
    match &dossier.story.money() {
        Status::Checking | Status::ToApprove { .. } => Some(LOOK_AGAIN),
        Status::Confirmed if !is_still && dossier.story.goods.stage() != Stage::Delivered => {
            Some(LOOK_SOMETIMES)
        }
        Status::Confirmed | Status::NotPaid { .. } | Status::Completed | Status::Cancelled(_) => None,
    }
}
