//! What has become of an order and of its money, told from its events alone: one pure fold that
//! pages, letters and everybody else read from, so that they say the same.

mod fold;
mod owed;
mod tries;

pub use owed::{Owed, RENEW_BEFORE};
pub use tries::{Back, Release, Try};

use super::goods::Goods;
use crate::events::Recorded;
use crate::money::Money;
use crate::orders::CancelledWhy;
use crate::payments::{Attempt, AttemptState, RefundState};
use chrono::{DateTime, Utc};
use fold::Fold;

/// What a customer reads. The rider's part of it begins once orders are picked and brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Nobody knows yet whether the payment went through.
    Checking,
    /// The payment waits for the shopper's own approval, at this address.
    ToApprove {
        at: String,
    },
    /// No money came and none is on its way. It can be paid again.
    NotPaid {
        /// The gateway's code; `None`: the shopper chose another way and did not go through with it.
        reason: Option<String>,
    },
    Confirmed,
    Completed,
    Cancelled(CancelledWhy),
}

impl Status {
    /// Whether it can change at any moment without anybody doing anything on its page.
    pub const fn is_unsettled(&self) -> bool {
        match self {
            Self::Checking | Self::ToApprove { .. } => true,
            Self::NotPaid { .. } | Self::Confirmed | Self::Completed | Self::Cancelled(_) => false,
        }
    }
}

/// An order's life so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    pub status: Status,
    /// Moves on with each event.
    pub version: i64,
    pub placed_at: Option<DateTime<Utc>>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
    pub cancelled_at: Option<DateTime<Utc>>,
    /// What it was agreed last to come to, before it is packed.
    pub total: Money,
    /// Every try to be paid, the first one first.
    pub tries: Vec<Try>,
    /// How far the goods are.
    pub goods: Goods,
}

impl Story {
    /// Tells it. `rows` lend the tries what the gateway says of them and is no event: their names,
    /// and where the shopper approves.
    pub fn tell(history: &[Recorded], rows: &[Attempt]) -> Self {
        let mut fold = Fold::default();
        history.iter().for_each(|recorded| fold.hear(recorded));
        for known in &mut fold.tries {
            if let Some(row) = rows.iter().find(|row| row.id == known.id) {
                known.label.clone_from(&row.label);
                if known.state == AttemptState::Processing && row.state == known.state {
                    known.approve_at.clone_from(&row.approve_at);
                }
            }
        }
        fold.end()
    }

    /// The try that can still bring money or has; else the last one.
    pub fn payment(&self) -> Option<&Try> {
        let ours = || self.tries.iter().filter(|t| !t.standby);
        ours().rfind(|t| t.state.is_standing()).or_else(|| ours().next_back())
    }

    pub fn captured(&self) -> Money {
        self.tries.iter().map(|t| t.captured).sum()
    }

    /// What has come back, as the gateway has said.
    pub fn refunded(&self) -> Money {
        let done = self.refunds().filter(|(_, back)| back.state == RefundState::Succeeded);
        done.map(|(_, back)| back.amount).sum()
    }

    /// All money on its way back, with the try it belongs to.
    pub fn refunds(&self) -> impl Iterator<Item = (&Try, &Back)> {
        self.tries.iter().flat_map(|t| t.refunds.iter().map(move |back| (t, back)))
    }
}

#[cfg(test)]
mod tests;
