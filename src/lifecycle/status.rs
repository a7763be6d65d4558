//! What has become of an order and of its money, told from its events alone: one pure fold that
//! pages, letters and everybody else read from, so that they say the same.

use super::goods::{Goods, earliest};
use crate::events::{Event, Recorded, about_no_order, about_the_customer, about_the_goods, about_the_money};
use crate::ids::{AttemptId, RefundId};
use crate::money::Money;
use crate::orders::CancelledWhy;
use crate::payments::{Attempt, AttemptState, PayBy, RefundState};
use chrono::{DateTime, Utc};

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
    /// Every try to be paid, the first one first.
    pub tries: Vec<Try>,
    /// How far the goods are.
    pub goods: Goods,
}

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
    /// When the gateway said that the sum is there to be taken.
    pub reserved_at: Option<DateTime<Utc>>,
    pub captured: Money,
    pub captured_at: Option<DateTime<Utc>>,
    pub release: Option<Release>,
    pub refunds: Vec<Back>,
}

impl Try {
    fn capture(&mut self, amount: Money, at: DateTime<Utc>) {
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

#[derive(Default)]
struct Fold {
    version: i64,
    state: State,
    placed_at: Option<DateTime<Utc>>,
    confirmed_at: Option<DateTime<Utc>>,
    completed_at: Option<DateTime<Utc>>,
    cancelled_at: Option<DateTime<Utc>>,
    tries: Vec<Try>,
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
    fn hear(&mut self, recorded: &Recorded) {
        self.version = self.version.max(recorded.id);
        self.hear_of_the_order(recorded);
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
            Event::PaymentAuthorised { attempt, .. } => self.change(*attempt, |t| {
                t.state = AttemptState::Authorised;
                (t.approve_at, t.failure) = (None, None);
                earliest(&mut t.reserved_at, at);
            }),
            Event::PaymentFailed { attempt, reason } => self.change(*attempt, |t| {
                t.state = AttemptState::Failed;
                (t.approve_at, t.failure) = (None, Some(reason.clone()));
            }),
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
            reserved_at: None,
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

    fn end(self) -> Story {
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
            tries: self.tries,
            goods: self.goods,
        }
    }
}

/// How it stands with an order that has no money yet.
fn unpaid(tries: &[Try]) -> Status {
    let ours = || tries.iter().filter(|t| !t.standby);
    if let Some(open) = ours().rfind(|t| t.state.is_standing()) {
        return match &open.approve_at {
            Some(at) => Status::ToApprove { at: at.clone() },
            None => Status::Checking,
        };
    }
    Status::NotPaid { reason: ours().next_back().and_then(|t| t.failure.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn history(events: Vec<Event>) -> Vec<Recorded> {
        let at = |i: i64| DateTime::from_timestamp(1_800_000_000 + i * 60, 0).expect("a time");
        let recorded = |(i, event)| Recorded {
            id: i,
            subject: Uuid::nil(),
            event,
            actor: "system".into(),
            happened_at: at(i),
        };
        (1_i64..).zip(events).map(recorded).collect()
    }

    fn told(events: Vec<Event>) -> Story {
        Story::tell(&history(events), &[])
    }

    const ONE: AttemptId = AttemptId(Uuid::from_u128(1));
    const TWO: AttemptId = AttemptId(Uuid::from_u128(2));
    const REFUND: RefundId = RefundId(Uuid::from_u128(3));

    fn started(attempt: AttemptId) -> Event {
        let (method, label) = ("card".to_owned(), "Visa".to_owned());
        Event::PaymentStarted { attempt, method, label, amount: Money(4_423), standby: false }
    }

    fn processing(approve_at: Option<&str>) -> Event {
        let approve_at = approve_at.map(str::to_owned);
        Event::PaymentProcessing { attempt: ONE, intent: "pi_1".into(), approve_at }
    }

    fn authorised(attempt: AttemptId) -> Event {
        Event::PaymentAuthorised { attempt, intent: None, amount: Money(4_423), good_until: None }
    }

    fn failed() -> Event {
        Event::PaymentFailed { attempt: ONE, reason: "insufficient_funds".into() }
    }

    fn cancelled(why: CancelledWhy) -> Event {
        Event::OrderCancelled { why: why.as_str().into() }
    }

    #[test]
    fn an_order_waits_for_its_money_in_three_ways() {
        assert_eq!(told(vec![started(ONE)]).status, Status::Checking);
        assert_eq!(told(vec![started(ONE), processing(None)]).status, Status::Checking);
        let waiting = told(vec![started(ONE), processing(Some("https://bank.test"))]);
        assert_eq!(waiting.status, Status::ToApprove { at: "https://bank.test".into() });
        let declined = told(vec![started(ONE), failed()]);
        assert_eq!(declined.status, Status::NotPaid { reason: Some("insufficient_funds".into()) });
        assert_eq!(told(vec![started(ONE), failed(), started(TWO)]).status, Status::Checking);
    }

    #[test]
    fn money_for_an_order_given_up_is_late_unless_it_is_confirmed_after_all() {
        let mut events = vec![started(ONE), cancelled(CancelledWhy::Unpaid), authorised(ONE)];
        assert_eq!(told(events.clone()).status, Status::Cancelled(CancelledWhy::LateMoney));
        events.push(Event::OrderConfirmed);
        let honoured = told(events);
        assert_eq!((honoured.status, honoured.cancelled_at), (Status::Confirmed, None));
    }

    #[test]
    fn a_refund_is_done_only_when_the_gateway_said_so() {
        let (attempt, refund, amount) = (ONE, REFUND, Money(4_423));
        let asked = Event::RefundAsked { attempt, refund, amount, reason: "cancelled".into() };
        let mut events = vec![started(ONE), authorised(ONE), cancelled(CancelledWhy::Customer), asked];
        assert_eq!(told(events.clone()).refunded(), Money::ZERO);
        events.push(Event::RefundFailed { attempt, refund, amount, reason: "closed".into() });
        let story = told(events.clone());
        assert_eq!((story.refunded(), story.tries[0].refunds[0].state), (Money::ZERO, RefundState::Failed));
        events.push(Event::RefundSucceeded { attempt, refund, amount });
        assert_eq!(told(events).refunded(), amount);
    }

    #[test]
    fn what_is_let_go_is_done_when_the_try_is_given_up() {
        let mut events = vec![started(ONE), authorised(ONE), Event::OrderConfirmed];
        events.extend([cancelled(CancelledWhy::Customer), Event::ReleaseAsked { attempt: ONE }]);
        let release = |events: &[Event]| told(events.to_vec()).tries[0].release.expect("a release");
        assert!(release(&events).done_at.is_none());
        events.push(Event::PaymentAbandoned { attempt: ONE, why: "let go".into() });
        assert!(release(&events).done_at.is_some());
    }

    #[test]
    fn the_same_event_twice_says_nothing_new() {
        let events = vec![started(ONE), failed(), started(TWO), authorised(TWO), Event::OrderConfirmed];
        let once = history(events);
        let twice: Vec<Recorded> = once.iter().flat_map(|r| [r.clone(), r.clone()]).collect();
        let (once, twice) = (Story::tell(&once, &[]), Story::tell(&twice, &[]));
        assert_eq!((once.status, once.tries), (twice.status, twice.tries));
    }
}
