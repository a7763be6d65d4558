//! A try to be paid, and its money's way in and back.

use crate::ids::{AttemptId, RefundId};
use crate::lifecycle::goods::earliest;
use crate::money::Money;
use crate::payments::{AttemptState, PayBy, RefundState};
use chrono::{DateTime, Utc};

/// A try to be paid, and what became of its money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    pub id: AttemptId,
    pub method: PayBy,
    /// `Visa ending 4242`
    pub label: String,
    pub amount: Money,
    /// Waits beside another one to take its place.
    pub standby: bool,
    pub state: AttemptState,
    pub approve_at: Option<String>,
    pub failure: Option<String>,
    pub failed_at: Option<DateTime<Utc>>,
    /// When the gateway said that the sum is there to be taken.
    pub reserved_at: Option<DateTime<Utc>>,
    /// Until when it can be.
    pub good_until: Option<DateTime<Utc>>,
    pub captured: Money,
    pub captured_at: Option<DateTime<Utc>>,
    pub release: Option<Release>,
    pub refunds: Vec<Back>,
}

impl Try {
    pub(super) fn reserve(&mut self, good_until: Option<DateTime<Utc>>, at: DateTime<Utc>) {
        self.state = AttemptState::Authorised;
        (self.approve_at, self.failure, self.failed_at) = (None, None, None);
        self.good_until = good_until;
        earliest(&mut self.reserved_at, at);
    }

    pub(super) fn fail(&mut self, reason: &str, at: DateTime<Utc>) {
        self.state = AttemptState::Failed;
        (self.approve_at, self.failure, self.failed_at) = (None, Some(reason.to_owned()), Some(at));
    }

    pub(super) fn capture(&mut self, amount: Money, at: DateTime<Utc>) {
        self.captured = amount;
        earliest(&mut self.captured_at, at);
        // Nobody reserves what is paid at the door: it is there at once.
        if self.method.is_at_door() {
            self.state = AttemptState::Authorised;
        }
    }
}

/// What was reserved and is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    pub asked_at: DateTime<Utc>,
    /// When the gateway said that it is done.
    pub done_at: Option<DateTime<Utc>>,
}

/// Money on its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    pub id: RefundId,
    pub amount: Money,
    pub state: RefundState,
    pub asked_at: DateTime<Utc>,
    pub settled_at: Option<DateTime<Utc>>,
}
