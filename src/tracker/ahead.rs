//! What is still to come, as an order's page says it: what one need not worry about, what happens next, when
//! the page looks again.

use super::access::Sight;
use super::dossier::Dossier;
use super::views::mail_words;
use super::words::{Line, Tone, Voice, delay};
use crate::config::Forecast as Pace;
use crate::lifecycle::{Stage, Status};

/// Without scripts a page that waits is loaded again after so many seconds.
const LOOK_AGAIN: u32 = 8;
/// The same while it is picked and brought.
const LOOK_SOMETIMES: u32 = 30;

/// Beneath the answer, while a payment is not known: what one need not worry about.
pub(super) fn calm(dossier: &Dossier, sight: Sight) -> Option<Line> {
    let mail = mail_words(dossier, sight);
    let safe = "It is safe to reload or close this page.";
    let words = match dossier.story.status {
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
    dossier.story.status.is_unsettled()
}

/// Seconds until a page without scripts is loaded again. `is_still`: whoever types a password into it has
/// asked for peace.
pub(super) fn look_again(dossier: &Dossier, is_still: bool) -> Option<u32> {
    match &dossier.story.status {
        Status::Checking | Status::ToApprove { .. } => Some(LOOK_AGAIN),
        Status::Confirmed if !is_still && dossier.story.goods.stage() != Stage::Delivered => {
            Some(LOOK_SOMETIMES)
        }
        Status::Confirmed | Status::NotPaid { .. } | Status::Completed | Status::Cancelled(_) => None,
    }
}

pub(super) fn next(voice: &Voice, dossier: &Dossier, sight: Sight, pace: &Pace) -> Vec<Line> {
    let line = |icon, words: String| Line { tone: Tone::Plain, icon, point: "", words };
    let mail = mail_words(dossier, sight);
    match dossier.story.status {
        Status::Checking => {
            let until = dossier.order.unpaid_until.map_or_else(String::new, |at| {
                format!(" Your things and your time are kept until {}.", voice.time(at))
            });
            vec![
                Line {
                    point: "If it went through",
                    ..line("check", ", this page turns into your order. Nothing to do.".to_owned())
                },
                Line {
                    point: "If it did not",
                    ..line("x", format!(", you are not charged and can choose another way to pay.{until}"))
                },
            ]
        }
        Status::Confirmed if dossier.story.goods.stage() == Stage::Delivered => Vec::new(),
        Status::Confirmed => {
            let cancelling = match sight {
                Sight::Owner | Sight::Proven => voice.cancel_until(dossier),
                Sight::Link => voice.cancelled_elsewhere(dossier),
            };
            let mut lines = voice.then(dossier);
            if delay(&dossier.story.goods).is_some() {
                lines.insert(0, line("check", voice.keep(dossier)));
            }
            if dossier.story.goods.stage() == Stage::Waiting {
                let words = format!("A mail is on its way to {mail}. Its link opens this page anywhere.");
                lines.insert(0, line("mail", words));
            }
            lines.extend(voice.until_picking(dossier, pace).map(|words| line("list", words)));
            lines.push(line("undo-2", cancelling));
            lines
        }
        Status::ToApprove { .. } | Status::NotPaid { .. } | Status::Completed | Status::Cancelled(_) => {
            Vec::new()
        }
    }
}
