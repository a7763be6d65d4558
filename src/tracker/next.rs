//! What happens next, beneath the answer of an order's page.

use super::access::Sight;
use super::dossier::Dossier;
use super::views::mail_words;
use super::words::{Line, Tone, Voice, delay};
use crate::config::Forecast as Pace;
use crate::lifecycle::{Stage, Status};
use chrono::{DateTime, Utc};

pub(super) fn next(voice: &Voice, dossier: &Dossier, sight: Sight, pace: &Pace) -> Vec<Line> {
    let line = |icon, words: String| Line { tone: Tone::Plain, icon, point: "", words };
    let mail = mail_words(dossier, sight);
    match dossier.story.money() {
        Status::Checking => {
            let until = dossier.order.unpaid_until.map_or_else(String::new, |at| kept_words(voice, at));
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

/// While money may still have moved nothing is let go, however long the answer takes.
fn kept_words(voice: &Voice, until: DateTime<Utc>) -> String {
    if until > voice.now {
        format!(" Your things and your time are kept until {}.", voice.time(until))
    } else {
        " Your things and your time are still kept, until we know.".to_owned()
    }
}
