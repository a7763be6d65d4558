//! The goods are handed over: what they really came to is taken, and no more than was reserved.

use super::cancel::{let_go, refund};
use crate::delivery::{self, DropState};
use crate::events::{self, Event};
use crate::fulfilment;
use crate::ids::{Actor, CaptureId, OrderId};
use crate::money::Money;
use crate::orders::{self, Order, OrderState};
use crate::payments::{self, Attempt, AttemptState, Capture, CaptureState, PayBy, RefundReason};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// What follows for the money once the real sum is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedOver {
    /// The gateway is asked for the sum; the order is completed when it has said yes and it is delivered.
    Capturing(CaptureId),
    /// It was charged before: the difference goes back.
    GivingBack(Money),
    /// Nothing is left to settle.
    Settled,
    /// The money comes now, at the door: [`settle_at_door`].
    AtDoor,
    /// It was asked for before.
    Already,
}

#[derive(Debug)]
pub enum CaptureError {
    /// More than what was reserved or charged.
    Above(Money),
    /// Another sum was asked for before.
    OtherSum(Money),
    /// No money is there to be taken: the reservation has ended.
    NothingReserved,
    /// Only what is confirmed is handed over.
    NotConfirmed(OrderState),
    /// This order is not paid at the door.
    NotAtDoor,
    Db(diesel::result::Error),
}

impl CaptureError {
    /// What the money says, apart from a database that does not answer.
    pub(super) fn apart(self) -> Result<Self, diesel::result::Error> {
        if let Self::Db(e) = self { Err(e) } else { Ok(self) }
    }
}

impl From<diesel::result::Error> for CaptureError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Takes what an order really came to. One transaction; the gateway is asked by the outbox.
///
/// # Errors
/// Nothing has changed then.
pub fn ask_capture(
    conn: &mut PgConnection,
    id: OrderId,
    real: Money,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<HandedOver, CaptureError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, id)?;
        capture_sum(conn, &order, real, by, now)
    })
}

/// The same for who holds the order's row already.
pub(super) fn capture_sum(
    conn: &mut PgConnection,
    order: &Order,
    real: Money,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<HandedOver, CaptureError> {
    if is_completed(order)? {
        return Ok(HandedOver::Already);
    }
    let Some(attempt) = payments::standing_attempt(conn, order.id)? else {
        return without_payment(conn, order, real, by, now);
    };
    if attempt.method.is_at_door() {
        return Ok(HandedOver::AtDoor);
    }
    let captures = payments::captures_of(conn, order.id)?;
    let mine = captures.into_iter().find(|c| c.attempt_id == attempt.id && c.state != CaptureState::Failed);
    match mine {
        Some(c) if c.state == CaptureState::Requested && c.amount_cents == real => Ok(HandedOver::Already),
        Some(c) if c.state == CaptureState::Requested => Err(CaptureError::OtherSum(c.amount_cents)),
        Some(c) => give_difference_back(conn, order, &attempt, c.amount_cents, real, by, now),
        None => take(conn, order, &attempt, real, by, now),
    }
}

/// Whether its money is settled already.
///
/// # Errors
/// When it is not to be settled, or not yet.
fn is_completed(order: &Order) -> Result<bool, CaptureError> {
    match order.state {
        OrderState::Confirmed => Ok(false),
        OrderState::Completed => Ok(true),
        OrderState::Placed | OrderState::Cancelled => Err(CaptureError::NotConfirmed(order.state)),
    }
}

fn without_payment(
    conn: &mut PgConnection,
    order: &Order,
    real: Money,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<HandedOver, CaptureError> {
    if !real.is_zero() {
        return Err(CaptureError::NothingReserved);
    }
    complete_if_over(conn, order, by, now)?;
    Ok(HandedOver::Settled)
}

fn take(
    conn: &mut PgConnection,
    order: &Order,
    attempt: &Attempt,
    real: Money,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<HandedOver, CaptureError> {
    if attempt.state != AttemptState::Authorised {
        return Err(CaptureError::NothingReserved);
    }
    if real > attempt.amount_cents {
        return Err(CaptureError::Above(attempt.amount_cents));
    }
    if real <= Money::ZERO {
        let_go(conn, order.id, attempt.id, now)?;
        complete_if_over(conn, order, by, now)?;
        return Ok(HandedOver::Settled);
    }
    let id = CaptureId(Uuid::now_v7());
    payments::insert_capture(conn, &capture_of(attempt, id, real, CaptureState::Requested, now))?;
    let event = Event::CaptureAsked { attempt: attempt.id, capture: id, amount: real };
    events::record(conn, order.id.0, &event, by, now)?;
    Ok(HandedOver::Capturing(id))
}

fn give_difference_back(
    conn: &mut PgConnection,
    order: &Order,
    attempt: &Attempt,
    taken: Money,
    real: Money,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<HandedOver, CaptureError> {
    if real > taken {
        return Err(CaptureError::Above(taken));
    }
    // Something may have been given back before, out of goodwill say: never more than there is.
    let left = super::taken::left_of(conn, attempt)?;
    let back = (taken - real).min(left);
    complete_if_over(conn, order, by, now)?;
    if back <= Money::ZERO {
        return Ok(HandedOver::Settled);
    }
    refund(conn, order.id, attempt.id, back, RefundReason::PackedForLess, by, now)?;
    Ok(HandedOver::GivingBack(back))
}

/// Cash or card at the door. One transaction.
///
/// # Errors
/// Nothing has changed then.
pub fn settle_at_door(
    conn: &mut PgConnection,
    id: OrderId,
    amount: Money,
    method: PayBy,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<HandedOver, CaptureError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, id)?;
        settle_door(conn, &order, amount, method, by, now)
    })
}

/// The same for who holds the order's row already.
pub(super) fn settle_door(
    conn: &mut PgConnection,
    order: &Order,
    amount: Money,
    method: PayBy,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<HandedOver, CaptureError> {
    if is_completed(order)? {
        return Ok(HandedOver::Already);
    }
    let attempt = payments::standing_attempt(conn, order.id)?.filter(|a| a.method.is_at_door());
    let attempt = attempt.filter(|_| method.is_at_door()).ok_or(CaptureError::NotAtDoor)?;
    if payments::captures_of(conn, order.id)?.iter().any(|c| c.attempt_id == attempt.id) {
        return Ok(HandedOver::Already);
    }
    if amount > attempt.amount_cents {
        return Err(CaptureError::Above(attempt.amount_cents));
    }
    if amount > Money::ZERO {
        payments::settle_at_door(conn, attempt.id, method, now)?;
        if method != attempt.method {
            let event = Event::DoorMethodChosen { attempt: attempt.id, method: method.as_str().to_owned() };
            events::record(conn, order.id.0, &event, by, now)?;
        }
        let capture = CaptureId(Uuid::now_v7());
        payments::insert_capture(conn, &capture_of(&attempt, capture, amount, CaptureState::Succeeded, now))?;
        let event = Event::CaptureSucceeded { attempt: attempt.id, capture, amount };
        events::record(conn, order.id.0, &event, by, now)?;
    }
    complete_if_over(conn, order, by, now)?;
    Ok(HandedOver::Settled)
}

fn capture_of(
    attempt: &Attempt,
    id: CaptureId,
    amount: Money,
    state: CaptureState,
    now: DateTime<Utc>,
) -> Capture {
    Capture {
        id,
        attempt_id: attempt.id,
        amount_cents: amount,
        state,
        failure: None,
        asked_at: now,
        settled_at: (state != CaptureState::Requested).then_some(now),
    }
}

/// The gateway would not capture. The order stays confirmed, the failure stands in the log, and
/// the capture can be asked for again.
///
/// # Errors
/// When the database does not answer.
pub fn capture_failed(
    conn: &mut PgConnection,
    id: CaptureId,
    reason: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(|conn| {
        let asked = payments::capture(conn, id)?;
        let attempt = payments::attempt(conn, asked.attempt_id)?;
        let order = orders::lock_order(conn, attempt.order_id)?;
        if payments::capture(conn, id)?.state != CaptureState::Requested {
            return Ok(());
        }
        payments::settle_capture(conn, id, CaptureState::Failed, None, Some(reason), now)?;
        let event = Event::CaptureFailed { attempt: attempt.id, capture: id, reason: reason.to_owned() };
        events::record(conn, order.id.0, &event, Actor::Gateway, now)
    })
}

/// Asks once more for what the gateway would not take. `None`: somebody has, or it is not to be taken any more. One
/// transaction.
///
/// # Errors
/// Nothing has changed then.
pub fn capture_again(
    conn: &mut PgConnection,
    id: CaptureId,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<Option<HandedOver>, CaptureError> {
    conn.transaction(|conn| {
        let Some(refused) = payments::capture(conn, id).optional()? else { return Ok(None) };
        let attempt = payments::attempt(conn, refused.attempt_id)?;
        let order = orders::lock_order(conn, attempt.order_id)?;
        let all = payments::captures_of(conn, order.id)?;
        let newest = all.iter().max_by_key(|c| (c.asked_at, c.id.0));
        let is_open = newest.is_some_and(|c| c.id == id && c.state == CaptureState::Failed);
        if order.state != OrderState::Confirmed || !is_open {
            return Ok(None);
        }
        capture_sum(conn, &order, refused.amount_cents, by, now).map(Some)
    })
}

/// Completes an order that is delivered and whose money is settled, whichever came last. The caller
/// holds the order's row.
pub(super) fn complete_if_over(
    conn: &mut PgConnection,
    order: &Order,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if order.state != OrderState::Confirmed || !is_delivered(conn, order)? || !is_settled(conn, order)? {
        return Ok(());
    }
    orders::set_completed(conn, order.id, now)?;
    events::record(conn, order.id.0, &Event::OrderCompleted, by, now)
}

fn is_delivered(conn: &mut PgConnection, order: &Order) -> QueryResult<bool> {
    Ok(delivery::drops_of(conn, order.id)?.iter().any(|drop| drop.state == DropState::Delivered))
}

/// Whether what the order came to was taken.
fn is_settled(conn: &mut PgConnection, order: &Order) -> QueryResult<bool> {
    let Some(total) = fulfilment::of_order(conn, order.id)?.and_then(|f| f.total_cents) else {
        return Ok(false);
    };
    let captures = payments::captures_of(conn, order.id)?;
    let taken: Money =
        captures.iter().filter(|c| c.state == CaptureState::Succeeded).map(|c| c.amount_cents).sum();
    Ok(taken >= total)
}
