//! The story as it is told: event by event, each heard by those whom it concerns.

use super::{Back, Release, Status, Story, Try};
use crate::events::{Event, Recorded, about_no_order, about_the_customer, about_the_goods, about_the_money};
use crate::ids::{AttemptId, RefundId};
use crate::lifecycle::goods::Goods;
use crate::money::Money;
use crate::orders::CancelledWhy;
use crate::payments::{AttemptState, PayBy, RefundState};
use chrono::{DateTime, Utc};

#[derive(Default)]
pub(super) struct Fold {
    version: i64,
    state: State,
    placed_at: Option<DateTime<Utc>>,
    confirmed_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    cancelled_at: Option<DateTime<Utc>>,
    /// What was agreed last that it comes to, and in which fact.
    total: (i64, Money),
    pub(super) tries: Vec<Try>,
    goods: Goods,
}

#[derive(Default, Clone, Copy)]
enum State {
    #[default]
    Placed,
    Confirmed,
    Completed,
    Cancelled(CancelledWhy),
}

impl Fold {
    pub(super) fn hear(&mut self, recorded: &Recorded) {
        self.version = self.version.max(recorded.id);
        self.hear_of_the_order(recorded);
        self.hear_of_the_sum(recorded);
        self.hear_of_late_money(recorded);
        self.hear_of_a_try(recorded);
        self.goods.hear(recorded);
    }

    fn hear_of_the_order(&mut self, recorded: &Recorded) {
        let at = recorded.happened_at;
        match &recorded.event {
            Event::OrderPlaced { .. } => self.placed_at = Some(at),
            Event::OrderConfirmed => {
                self.state = State::Confirmed;
                self.confirmed_at = Some(at);
                self.cancelled_at = None;
            }
            Event::OrderCompleted => {
                self.state = State::Completed;
                self.completed_at = Some(at);
            }
            Event::OrderCancelled { why } => {
                self.state = State::Cancelled(why.parse().unwrap_or(CancelledWhy::Shop));
                // That money came late is said later; it was over before.
                self.cancelled_at.get_or_insert(at);
            }
            Event::OrderChanged { .. }
            | about_the_money!()
            | about_the_goods!()
            | about_the_customer!()
            | about_no_order!() => {}
        }
    }

    fn hear_of_the_sum(&mut self, recorded: &Recorded) {
        if let Event::OrderPlaced { total, .. } | Event::OrderChanged { total, .. } = &recorded.event
            && recorded.id >= self.total.0
        {
            self.total = (recorded.id, *total);
        }
    }

    /// Money for an order that was given up as unpaid: too late, unless it is confirmed after all.
    fn hear_of_late_money(&mut self, recorded: &Recorded) {
        if let (Event::PaymentAuthorised { .. }, State::Cancelled(CancelledWhy::Unpaid)) =
            (&recorded.event, self.state)
        {
            self.state = State::Cancelled(CancelledWhy::LateMoney);
        }
    }

    fn hear_of_a_try(&mut self, recorded: &Recorded) {
        let at = recorded.happened_at;
        match &recorded.event {
            Event::PaymentStarted { attempt, method, label, amount, standby } => {
                let method = method.parse().unwrap_or(PayBy::Card);
                self.begin(*attempt, method, label, *amount, *standby);
            }
            Event::PaymentProcessing { attempt, approve_at, .. } => self.change(*attempt, |t| {
                t.state = AttemptState::Processing;
                t.approve_at.clone_from(approve_at);
            }),
            Event::PaymentAuthorised { attempt, good_until, .. } => {
                self.change(*attempt, |t| t.reserve(*good_until, at));
            }
            Event::PaymentFailed { attempt, reason } => self.change(*attempt, |t| t.fail(reason, at)),
            Event::PaymentAbandoned { attempt, .. } => self.change(*attempt, |t| {
                t.state = AttemptState::Abandoned;
                t.approve_at = None;
                if let Some(release) = &mut t.release {
                    release.done_at.get_or_insert(at);
                }
            }),
            Event::PaymentReplaced { attempt, by } => {
                self.change(*attempt, |t| t.state = AttemptState::Abandoned);
                self.change(*by, |t| t.standby = false);
            }
            Event::CaptureSucceeded { attempt, amount, .. } => {
                self.change(*attempt, |t| t.capture(*amount, at));
            }
            Event::DoorMethodChosen { attempt, method } => {
                self.change(*attempt, |t| t.method = method.parse().unwrap_or(t.method));
            }
            Event::ReleaseAsked { attempt } => self.change(*attempt, |t| {
                t.release.get_or_insert(Release { asked_at: at, done_at: None });
            }),
            Event::RefundAsked { attempt, refund, amount, .. } => {
                self.refund(*attempt, *refund, *amount, RefundState::Requested, at);
            }
            Event::RefundSucceeded { attempt, refund, amount } => {
                self.refund(*attempt, *refund, *amount, RefundState::Succeeded, at);
            }
            Event::RefundFailed { attempt, refund, amount, .. } => {
                self.refund(*attempt, *refund, *amount, RefundState::Failed, at);
            }
            Event::OrderPlaced { .. }
            | Event::OrderConfirmed
            | Event::OrderCancelled { .. }
            | Event::OrderCompleted
            | Event::OrderChanged { .. }
            | Event::CaptureAsked { .. }
            | Event::CaptureFailed { .. }
            | about_the_goods!()
            | about_the_customer!()
            | about_no_order!() => {}
        }
    }

    fn begin(&mut self, id: AttemptId, method: PayBy, label: &str, amount: Money, standby: bool) {
        if self.tries.iter().any(|t| t.id == id) {
            return;
        }
        self.tries.push(Try {
            id,
            method,
            label: label.to_owned(),
            amount,
            standby,
            state: AttemptState::Created,
            approve_at: None,
            failure: None,
            failed_at: None,
            reserved_at: None,
            good_until: None,
            captured: Money::ZERO,
            captured_at: None,
            release: None,
            refunds: Vec::new(),
        });
    }

    fn change(&mut self, id: AttemptId, change: impl FnOnce(&mut Try)) {
        if let Some(known) = self.tries.iter_mut().find(|t| t.id == id) {
            change(known);
        }
    }

    fn refund(&mut self, of: AttemptId, id: RefundId, amount: Money, state: RefundState, at: DateTime<Utc>) {
        let settled_at = (state != RefundState::Requested).then_some(at);
        self.change(of, |t| match t.refunds.iter_mut().find(|back| back.id == id) {
            Some(back) => {
                back.amount = amount;
                back.state = state;
                back.settled_at = settled_at;
            }
            None => t.refunds.push(Back { id, amount, state, asked_at: at, settled_at }),
        });
    }

    pub(super) fn end(self) -> Story {
        let status = match self.state {
            State::Placed => unpaid(&self.tries),
            State::Confirmed => Status::Confirmed,
            State::Completed => Status::Completed,
            State::Cancelled(why) => Status::Cancelled(why),
        };
        Story {
            status,
            version: self.version,
            placed_at: self.placed_at,
            confirmed_at: self.confirmed_at,
            completed_at: self.completed_at,
            cancelled_at: self.cancelled_at,
            total: self.total.1,
            tries: self.tries,
            goods: self.goods,
        }
    }
}

/// How it stands with an order that has no money yet.
pub(super) fn unpaid(tries: &[Try]) -> Status {
    let ours = || tries.iter().filter(|t| !t.standby);
    if let Some(open) = ours().rfind(|t| t.state.is_standing()) {
        return match &open.approve_at {
            Some(at) => Status::ToApprove { at: at.clone() },
            None => Status::Checking,
        };
    }
    Status::NotPaid { reason: ours().next_back().and_then(|t| t.failure.clone()) }
}
