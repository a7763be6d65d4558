//! An order ends before its time: stock, window and coupon go back to everybody, and the money to
//! whose it is.

use super::settle::left_of;
use crate::delivery;
use crate::events::{self, Event};
use crate::ids::{Actor, AttemptId, OrderId, RefundId};
use crate::inventory;
use crate::money::Money;
use crate::orders::{self, CancelledWhy, Order, OrderState};
use crate::payments::{self, Attempt, CaptureState, Refund, RefundReason, RefundState};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// What became of the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// None had moved.
    NothingTaken,
    /// What was reserved is let go.
    Released(Money),
    /// What was taken goes back.
    Refunding(Money),
    /// It was cancelled before.
    Already,
}

#[derive(Debug)]
pub enum CancelError {
    /// It is being made ready, or has been handed over.
    TooLate,
    /// Nobody knows yet whether money has moved: the gateway is to be asked first.
    AskFirst(AttemptId),
    /// The money is there: an order that is only unpaid is not one to cancel.
    Paid,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for CancelError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Cancels an order. One transaction.
///
/// # Errors
/// `AskFirst` while a try to be paid is open: cancel its intent at the gateway, tell
/// [`payment_settled`](super::payment_settled) what it said, and come again.
pub fn cancel(
    conn: &mut PgConnection,
    id: OrderId,
    why: CancelledWhy,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<Cancelled, CancelError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, id)?;
        match order.state {
            OrderState::Cancelled => return Ok(Cancelled::Already),
            OrderState::Completed => return Err(CancelError::TooLate),
            // Re-read under the lock: what was unpaid when the timer rang may be paid now (P14).
            OrderState::Confirmed if why == CancelledWhy::Unpaid => return Err(CancelError::Paid),
            OrderState::Placed | OrderState::Confirmed => {}
        }
        if by == Actor::Customer && order.state == OrderState::Confirmed && is_picked(conn, &order, now)? {
            return Err(CancelError::TooLate);
        }
        let standing = payments::standing_attempt(conn, id)?;
        if let Some(open) = standing.as_ref().filter(|a| a.state.is_open() && !a.method.is_at_door()) {
            return Err(CancelError::AskFirst(open.id));
        }
        if let Some(attempt) = &standing
            && payments::captures_of(conn, id)?
                .iter()
                .any(|c| c.attempt_id == attempt.id && c.state == CaptureState::Requested)
        {
            // The money is asked for when the goods are handed over.
            return Err(CancelError::TooLate);
        }
        end(conn, &order, why, by, now)?;
        let Some(attempt) = standing else { return Ok(Cancelled::NothingTaken) };
        give_back(conn, &order, &attempt, by, now).map_err(Into::into)
    })
}

/// Goods are picked from the window's cut-off on, as the order's page says. Until picking is
/// written down, that is when it begins.
fn is_picked(conn: &mut PgConnection, order: &Order, now: DateTime<Utc>) -> QueryResult<bool> {
    let cutoff = delivery::window(conn, order.window_id)?.map(|w| w.cutoff_at);
    Ok(now >= cutoff.unwrap_or(order.window_starts_at))
}

fn end(
    conn: &mut PgConnection,
    order: &Order,
    why: CancelledWhy,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    orders::set_cancelled(conn, order.id, why, now)?;
    if let Some(code) = &order.coupon_code {
        orders::give_back_coupon(conn, code)?;
    }
    inventory::release(conn, order.id)?;
    delivery::release_window(conn, order.id)?;
    let event = Event::OrderCancelled { why: why.as_str().to_owned() };
    events::record(conn, order.id.0, &event, by, now)
}

fn give_back(
    conn: &mut PgConnection,
    order: &Order,
    attempt: &Attempt,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<Cancelled> {
    if attempt.method.is_at_door() {
        payments::abandon(conn, attempt.id, now)?;
        let event =
            Event::PaymentAbandoned { attempt: attempt.id, why: "the order was cancelled".to_owned() };
        events::record(conn, order.id.0, &event, by, now)?;
        return Ok(Cancelled::NothingTaken);
    }
    let captures = payments::captures_of(conn, order.id)?;
    if !captures.iter().any(|c| c.attempt_id == attempt.id && c.state == CaptureState::Succeeded) {
        let_go(conn, order.id, attempt.id, now)?;
        return Ok(Cancelled::Released(attempt.amount_cents));
    }
    let back = left_of(conn, attempt)?;
    if !back.is_zero() {
        refund(conn, order.id, attempt.id, back, RefundReason::Cancelled, by, now)?;
    }
    Ok(Cancelled::Refunding(back))
}

/// Asks the gateway, by the outbox, to let go of what an attempt has reserved.
pub(super) fn let_go(
    conn: &mut PgConnection,
    order: OrderId,
    attempt: AttemptId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    events::record(conn, order.0, &Event::ReleaseAsked { attempt }, Actor::System, now)
}

/// Writes a refund down and asks the gateway for it by the outbox. It is "refunded" only when the
/// gateway has said so. The caller holds the order's row.
pub(super) fn refund(
    conn: &mut PgConnection,
    order: OrderId,
    attempt: AttemptId,
    amount: Money,
    reason: RefundReason,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<RefundId> {
    let id = RefundId(Uuid::now_v7());
    let row = Refund {
        id,
        attempt_id: attempt,
        amount_cents: amount,
        reason,
        state: RefundState::Requested,
        gateway_refund: None,
        failure: None,
        asked_at: now,
        settled_at: None,
        ask_at: None,
        asks: 0,
    };
    payments::insert_refund(conn, &row)?;
    let event = Event::RefundAsked { attempt, refund: id, amount, reason: reason.as_str().to_owned() };
    events::record(conn, order.0, &event, by, now)?;
    Ok(id)
}
