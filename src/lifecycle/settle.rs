//! The one place where a word of the gateway's becomes true here, whoever brought it: the answer
//! to our call, its webhook, or the reconciler that asked.

use super::arrived::{give_money_back, money_is_there};
use super::taken::{has_captured, note_capture};
use crate::events::{self, Event};
use crate::ids::Actor;
use crate::orders::{self, CancelledWhy, Order, OrderState};
use crate::outside::gateway::{Intent, IntentStatus};
use crate::payments::{self, Attempt, AttemptState, Became, Decision, PayBy};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// How long what is reserved on a card can be captured at least.
const LEAST_GOOD: Duration = Duration::days(6);

/// The currency of every order.
const CURRENCY: &str = "eur";
/// Why a try has failed that brought less than was asked for.
const TOO_LITTLE: &str = "partial_authorisation";

/// Who brought the word. A webhook may be old by the time it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The answer to our own call, or to our question: the state of now.
    Asked,
    Webhook,
}

/// Makes true here what the gateway says of an attempt. The same word twice changes nothing; an
/// older one after a newer one changes nothing; money that comes when nobody waits for it any
/// more is honoured if stock and window allow it, else let go at once. One transaction.
///
/// # Errors
/// When the database does not answer.
pub fn payment_settled(
    conn: &mut PgConnection,
    intent: &Intent,
    source: Source,
    now: DateTime<Utc>,
) -> QueryResult<Decision> {
    conn.transaction(|conn| {
        let Some(id) = intent.attempt else { return Ok(Decision::NotOurs) };
        let Some(found) = payments::attempt(conn, id).optional()? else { return Ok(Decision::Waiting) };
        let order = orders::lock_order(conn, found.order_id)?;
        let attempt = payments::lock_attempt(conn, id)?;
        if attempt.intent.as_ref().is_some_and(|known| *known != intent.id) {
            return Ok(Decision::NotOurs);
        }
        let Some(next) = next_state(intent) else {
            return note_intent(conn, &attempt, intent);
        };
        if attempt.shutting && intent.status == IntentStatus::RequiresCapture {
            // Our word to give it up is on its way: what is reserved now may be free in a moment.
            payments::set_ask_at(conn, attempt.id, Some(now))?;
            return Ok(Decision::TooLate);
        }
        if next == AttemptState::Authorised && attempt.state != next && is_short(&attempt, intent) {
            return short(conn, &order, &attempt, intent, source, now);
        }
        if attempt.state == next {
            return again(conn, &order, &attempt, intent, now);
        }
        if attempt.state.may_become(next) {
            return become_(conn, &order, &attempt, intent, next, now);
        }
        if next == AttemptState::Authorised && !attempt.state.is_standing() {
            return late(conn, &order, &attempt, intent, source, now);
        }
        Ok(Decision::TooLate)
    })
}

/// What follows for the attempt from the intent's state; `None`: nothing yet.
fn next_state(intent: &Intent) -> Option<AttemptState> {
    match intent.status {
        IntentStatus::RequiresPaymentMethod => intent.failure.as_ref().map(|_| AttemptState::Failed),
        IntentStatus::RequiresConfirmation | IntentStatus::Other(_) => None,
        IntentStatus::RequiresAction | IntentStatus::Processing => Some(AttemptState::Processing),
        IntentStatus::RequiresCapture | IntentStatus::Succeeded => Some(AttemptState::Authorised),
        IntentStatus::Canceled => Some(AttemptState::Abandoned),
    }
}

/// Less than was asked for, or other money: a bank may reserve a part, or an intent may have been
/// changed at the gateway. What is captured later may be less; that is known by our own capture.
fn is_short(attempt: &Attempt, intent: &Intent) -> bool {
    let there = if intent.status == IntentStatus::Succeeded { intent.received } else { intent.capturable };
    there < attempt.amount_cents
        || intent.currency.as_deref().is_some_and(|c| !c.eq_ignore_ascii_case(CURRENCY))
}

/// Money that does not pay the order is none of ours: it goes back, and the try has failed. An old
/// webhook only makes us ask.
fn short(
    conn: &mut PgConnection,
    order: &Order,
    attempt: &Attempt,
    intent: &Intent,
    source: Source,
    now: DateTime<Utc>,
) -> QueryResult<Decision> {
    if source == Source::Webhook && !attempt.state.is_open() {
        payments::set_ask_at(conn, attempt.id, Some(now))?;
        return Ok(Decision::TooLate);
    }
    let known = attempt.failure.as_deref() == Some(TOO_LITTLE);
    if attempt.state.may_become(AttemptState::Failed) {
        let refused = Intent { failure: Some(TOO_LITTLE.to_owned()), ..intent.clone() };
        become_(conn, order, attempt, &refused, AttemptState::Failed, now)?;
    }
    if intent.status == IntentStatus::Succeeded {
        note_capture(conn, order, attempt, intent.received, now)?;
    } else if known {
        // It is being let go already.
        return Ok(Decision::AlreadyTrue);
    }
    give_money_back(conn, order, attempt, now)?;
    Ok(Decision::Applied)
}

/// The intent is there and nothing has come of it; at least we know its name.
fn note_intent(conn: &mut PgConnection, attempt: &Attempt, intent: &Intent) -> QueryResult<Decision> {
    if attempt.intent.is_some() {
        return Ok(Decision::AlreadyTrue);
    }
    payments::set_intent(conn, attempt.id, &intent.id)?;
    Ok(Decision::Applied)
}

/// The state is known; a capture may be news.
fn again(
    conn: &mut PgConnection,
    order: &Order,
    attempt: &Attempt,
    intent: &Intent,
    now: DateTime<Utc>,
) -> QueryResult<Decision> {
    if intent.status == IntentStatus::Succeeded && note_capture(conn, order, attempt, intent.received, now)? {
        if order.state == OrderState::Cancelled {
            give_money_back(conn, order, attempt, now)?;
        }
        return Ok(Decision::Applied);
    }
    if attempt.state == AttemptState::Authorised && intent.good_until.is_some() {
        if let Some(until) = intent.good_until.filter(|until| Some(*until) != attempt.good_until) {
            payments::set_good_until(conn, attempt.id, until)?;
        }
    } else if attempt.state == AttemptState::Processing && intent.approve_at != attempt.approve_at {
        payments::set_approve_at(conn, attempt.id, intent.approve_at.as_deref())?;
    }
    Ok(Decision::AlreadyTrue)
}

fn become_(
    conn: &mut PgConnection,
    order: &Order,
    attempt: &Attempt,
    intent: &Intent,
    next: AttemptState,
    now: DateTime<Utc>,
) -> QueryResult<Decision> {
    if next == AttemptState::Abandoned && has_captured(conn, attempt)? {
        return Ok(Decision::TooLate);
    }
    payments::set_attempt(conn, attempt.id, &became(attempt, intent, next, now))?;
    let event = event_of(attempt, intent, next, now);
    events::record(conn, order.id.0, &event, Actor::Gateway, now)?;
    if next == AttemptState::Authorised {
        if intent.status == IntentStatus::Succeeded {
            note_capture(conn, order, attempt, intent.received, now)?;
        }
        money_is_there(conn, order, attempt, now)?;
    }
    Ok(Decision::Applied)
}

fn became(attempt: &Attempt, intent: &Intent, next: AttemptState, now: DateTime<Utc>) -> Became {
    let open = next.is_open();
    Became {
        state: next,
        intent: Some(intent.id.clone()),
        failure: (next == AttemptState::Failed).then(|| failure_of(attempt, intent)),
        approve_at: intent.approve_at.clone().filter(|_| open),
        settled_at: (!open).then_some(now),
        good_until: good_until(attempt, intent, now).filter(|_| next == AttemptState::Authorised),
        shutting: attempt.shutting && next != AttemptState::Authorised && next != AttemptState::Abandoned,
        // A refused intent can be paid again at the gateway: the reconciler shuts it.
        ask_at: match next {
            AttemptState::Created | AttemptState::Processing => attempt.ask_at,
            AttemptState::Failed => Some(now + Duration::seconds(2)),
            AttemptState::Authorised | AttemptState::Abandoned => None,
        },
        label: intent.label.clone().unwrap_or_else(|| attempt.label.clone()),
        gateway_customer: intent.customer.clone().or_else(|| attempt.gateway_customer.clone()),
        // The name of a way that leaves the shop stays: by it one pays that way again.
        gateway_method: (intent.payment_method.clone())
            .filter(|_| attempt.method == PayBy::Card)
            .or_else(|| attempt.gateway_method.clone()),
    }
}

/// Why it was refused.
fn failure_of(attempt: &Attempt, intent: &Intent) -> String {
    let said = intent.failure.as_deref().unwrap_or("card_declined");
    payments::put_down_to(attempt.method, said).to_owned()
}

/// Where the gateway does not say, what every card allows at least.
fn good_until(attempt: &Attempt, intent: &Intent, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let reserved = attempt.method == PayBy::Card && intent.status == IntentStatus::RequiresCapture;
    intent.good_until.or_else(|| reserved.then(|| now + LEAST_GOOD))
}

fn event_of(attempt: &Attempt, intent: &Intent, next: AttemptState, now: DateTime<Utc>) -> Event {
    match next {
        AttemptState::Created | AttemptState::Processing => Event::PaymentProcessing {
            attempt: attempt.id,
            intent: intent.id.clone(),
            approve_at: intent.approve_at.clone(),
        },
        AttemptState::Authorised => Event::PaymentAuthorised {
            attempt: attempt.id,
            intent: Some(intent.id.clone()),
            amount: attempt.amount_cents,
            good_until: good_until(attempt, intent, now),
        },
        AttemptState::Failed => {
            Event::PaymentFailed { attempt: attempt.id, reason: failure_of(attempt, intent) }
        }
        AttemptState::Abandoned => {
            Event::PaymentAbandoned { attempt: attempt.id, why: "cancelled at the gateway".to_owned() }
        }
    }
}

/// The gateway says there is money in a try that had ended here. An old webhook is no proof of
/// that: it only makes us ask.
fn late(
    conn: &mut PgConnection,
    order: &Order,
    attempt: &Attempt,
    intent: &Intent,
    source: Source,
    now: DateTime<Utc>,
) -> QueryResult<Decision> {
    if source == Source::Webhook {
        payments::set_ask_at(conn, attempt.id, Some(now))?;
        return Ok(Decision::TooLate);
    }
    let standing = payments::standing_attempt(conn, order.id)?;
    let waits = match order.state {
        OrderState::Placed => standing.is_none(),
        OrderState::Cancelled => order.cancelled_why == Some(CancelledWhy::Unpaid),
        OrderState::Confirmed | OrderState::Completed => false,
    };
    if waits {
        return become_(conn, order, attempt, intent, AttemptState::Authorised, now);
    }
    // Never the winner's money (P14): what is given back is this attempt's own.
    if intent.status == IntentStatus::Succeeded {
        note_capture(conn, order, attempt, intent.received, now)?;
    }
    give_money_back(conn, order, attempt, now)?;
    payments::set_ask_at(conn, attempt.id, None)?;
    Ok(Decision::Applied)
}
