//! Money that a confirmed order had and has no more, or will not have when it is brought.

use super::fold::unpaid;
use super::{Status, Story, Try};
use crate::ids::AttemptId;
use crate::payments::{AttemptState, PayBy};
use chrono::{DateTime, Duration, Utc};

/// A renewal is tried so long before a reservation ends: what a card refused before that was for something else.
pub const RENEW_BEFORE: Duration = Duration::hours(24);

/// A confirmed order is to be paid anew. It stays confirmed, and what it holds it keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// How that stands: not paid, to be approved, not known yet.
    pub status: Status,
    /// The try whose end, or whose refusal, it comes from; while one is under way that one.
    pub since: AttemptId,
    /// What is reserved still is, until then: before it is brought.
    pub ends_at: Option<DateTime<Utc>>,
}

impl Story {
    /// Whether a confirmed order has to be paid anew before it can be handed over.
    pub fn owed(&self) -> Option<Owed> {
        let is_free = self.goods.came_to.map_or(self.total, |(_, total)| total).is_zero();
        let has_left = self.goods.handed_over_at.is_some();
        if self.status != Status::Confirmed || has_left || is_free || !self.captured().is_zero() {
            return None;
        }
        let last = self.tries.iter().rfind(|t| !t.standby)?;
        let Some(at) = self.tries.iter().rposition(|t| !t.standby && t.state.is_standing()) else {
            let status = Status::NotPaid { reason: last.failure.clone() };
            return Some(Owed { status, since: last.id, ends_at: None });
        };
        let (standing, later) = self.tries.get(at..)?.split_first()?;
        if standing.method.is_at_door() {
            return None;
        }
        if standing.state.is_open() {
            return Some(Owed { status: unpaid(&self.tries), since: standing.id, ends_at: None });
        }
        self.ends_too_soon(standing, later)
    }

    /// How it stands with an order: with its money, as long as that is what it waits for.
    pub fn money(&self) -> Status {
        self.owed().map_or_else(|| self.status.clone(), |owed| owed.status)
    }

    fn ends_too_soon(&self, standing: &Try, later: &[Try]) -> Option<Owed> {
        let ends = standing.good_until.filter(|_| standing.method == PayBy::Card)?;
        self.goods.promise().filter(|promise| promise.ends > ends)?;
        let not_renewed = |t: &&Try| {
            t.standby
                && t.state == AttemptState::Failed
                && t.failed_at.is_some_and(|at| at + RENEW_BEFORE >= ends)
        };
        let first = later.iter().find(not_renewed)?;
        let status = Status::NotPaid { reason: first.failure.clone() };
        Some(Owed { status, since: first.id, ends_at: Some(ends) })
    }
}
