use super::*;
use crate::events::Event;
use crate::ids::{AttemptId, RefundId};
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
