//! An order ends before its time: stock, window and coupon go back to everybody, and the money to
//! whose it is.

use super::carrier::end_booking_of;
use super::drive::end_in_failure;
use super::taken::left_of;
use crate::delivery::{self, Failure};
use crate::events::{self, Event};
use crate::fulfilment::{self, Fulfilment, FulfilmentState, Pick};
use crate::ids::{Actor, AttemptId, OrderId, ProductId, RefundId};
use crate::inventory::{self, Moved, Reason};
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
        let warehouse = fulfilment::lock(conn, id)?;
        if has_left(warehouse.as_ref()) && by == Actor::Customer {
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
        if let Some(warehouse) = &warehouse {
            stop(conn, &order, warehouse, by, now)?;
        }
        let Some(attempt) = standing else { return Ok(Cancelled::NothingTaken) };
        give_back(conn, &order, &attempt, by, now).map_err(Into::into)
    })
}

/// Once it is on the way, it is for a person to say what becomes of it.
fn has_left(warehouse: Option<&Fulfilment>) -> bool {
    warehouse.is_some_and(|f| f.state == FulfilmentState::HandedOver)
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
    give_goods_back(conn, order, by, now)?;
    delivery::release_window(conn, order.id)?;
    let event = Event::OrderCancelled { why: why.as_str().to_owned() };
    events::record(conn, order.id.0, &event, by, now)
}

/// What is promised is anybody's again, and what was picked goes back to its shelf.
fn give_goods_back(conn: &mut PgConnection, order: &Order, by: Actor, now: DateTime<Utc>) -> QueryResult<()> {
    let picks = fulfilment::picks_of(conn, order.id)?;
    if picks.is_empty() {
        return inventory::release(conn, order.id);
    }
    let ordered = orders::lines(conn, order.id)?.into_iter().map(|l| l.product_id);
    let all: Vec<ProductId> =
        ordered.chain(picks.iter().flat_map(Pick::in_bag).map(|(product, _)| product)).collect();
    inventory::lock(conn, &all)?;
    let has_left = fulfilment::of_order(conn, order.id)?.is_some_and(|f| has_left(Some(&f)));
    let reason = if has_left { Reason::CameBack } else { Reason::PutBack };
    let moved = Moved { order: Some(order.id), by, at: now };
    for (product, units) in picks.iter().flat_map(Pick::in_bag) {
        inventory::put_back(conn, product, units, reason, moved)?;
    }
    inventory::release(conn, order.id)
}

/// Nobody picks it, and nobody brings it.
fn stop(
    conn: &mut PgConnection,
    order: &Order,
    warehouse: &Fulfilment,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if warehouse.stopped_at.is_none() {
        fulfilment::set_stopped(conn, order.id, now)?;
    }
    match delivery::last_drop(conn, order.id)?.filter(|drop| drop.state.is_open()) {
        Some(drop) => {
            end_booking_of(conn, &drop, "the order was cancelled", now)?;
            end_in_failure(conn, order, &drop, Failure::Cancelled, by, now)
        }
        None => Ok(()),
    }
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
        again_of: None,
    };
    write_refund(conn, order, &row, by)?;
    Ok(id)
}

/// Writes a refund and that it was asked for. The caller holds the order's row.
pub(super) fn write_refund(
    conn: &mut PgConnection,
    order: OrderId,
    row: &Refund,
    by: Actor,
) -> QueryResult<()> {
    payments::insert_refund(conn, row)?;
    let (attempt, refund, amount) = (row.attempt_id, row.id, row.amount_cents);
    let event = Event::RefundAsked { attempt, refund, amount, reason: row.reason.as_str().to_owned() };
    events::record(conn, order.0, &event, by, row.asked_at)
}
