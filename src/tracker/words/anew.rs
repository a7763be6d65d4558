//! A confirmed order that is to be paid anew, in words.

use super::{Dossier, Voice};
use crate::lifecycle::Owed;
use crate::payments::failure_words;

impl Voice {
    /// What became of the money that was reserved, that none was charged, and what stays.
    pub(super) fn paid_anew(
        &self,
        dossier: &Dossier,
        owed: &Owed,
        reason: Option<&str>,
    ) -> (String, Vec<String>) {
        let stays = format!(
            "Your order stays confirmed: your things, and {}, are kept for you.",
            self.promised(dossier)
        );
        let last = dossier.story.payment();
        if let (Some(ends), Some(last)) = (owed.ends_at, last) {
            let reserved = format!(
                "{} is reserved on {} until {}, and that could not be renewed.",
                last.amount,
                last.label,
                self.time(ends)
            );
            let anew = "Pay anew: what is reserved is then let go. Nothing has been charged.";
            let title = "The reservation on your card ends before we come";
            return (title.to_owned(), vec![reserved, anew.to_owned(), stays]);
        }
        if let Some(code) = reason {
            let (cause, advice) = failure_words(code);
            let lead = vec!["You have not been charged.".to_owned(), stays, advice.to_owned()];
            return (cause.trim_end_matches('.').to_owned(), lead);
        }
        let was_reserved = last.is_some_and(|of| of.reserved_at.is_some());
        let title = if was_reserved {
            "The reservation on your card has ended"
        } else {
            "This order has to be paid anew"
        };
        (title.to_owned(), vec!["Pay anew: nothing has been charged.".to_owned(), stays])
    }
}
