//! What was taken of a try's money, and what of it is left.

use super::capture::complete_if_over;
use crate::events::{self, Event};
use crate::ids::{Actor, CaptureId};
use crate::money::Money;
use crate::orders::Order;
use crate::payments::{self, Attempt, Capture, CaptureState};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// Money was taken: by our capture, or by a method that charges at once. Says whether that is news.
pub(super) fn note_capture(
    conn: &mut PgConnection,
    order: &Order,
    attempt: &Attempt,
    received: Money,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let known: Vec<Capture> =
        payments::captures_of(conn, order.id)?.into_iter().filter(|c| c.attempt_id == attempt.id).collect();
    if received.is_zero() || known.iter().any(|c| c.state == CaptureState::Succeeded) {
        return Ok(false);
    }
    let asked = known.into_iter().find(|c| c.state == CaptureState::Requested);
    let id = if let Some(capture) = asked {
        payments::settle_capture(conn, capture.id, CaptureState::Succeeded, Some(received), None, now)?;
        capture.id
    } else {
        let id = CaptureId(Uuid::now_v7());
        let capture = Capture {
            id,
            attempt_id: attempt.id,
            amount_cents: received,
            state: CaptureState::Succeeded,
            failure: None,
            asked_at: now,
            settled_at: Some(now),
        };
        payments::insert_capture(conn, &capture)?;
        id
    };
    let event = Event::CaptureSucceeded { attempt: attempt.id, capture: id, amount: received };
    events::record(conn, order.id.0, &event, Actor::Gateway, now)?;
    complete_if_over(conn, order, Actor::Gateway, now)?;
    Ok(true)
}

/// What of an attempt's money we have and nobody has asked back.
pub(super) fn left_of(conn: &mut PgConnection, attempt: &Attempt) -> QueryResult<Money> {
    let captures = payments::captures_of(conn, attempt.order_id)?;
    let refunds = payments::refunds_of(conn, attempt.order_id)?;
    Ok(payments::refundable_of(attempt.id, &captures, &refunds))
}

pub(super) fn captured_of(conn: &mut PgConnection, attempt: &Attempt) -> QueryResult<Money> {
    let captures = payments::captures_of(conn, attempt.order_id)?;
    Ok(captures
        .iter()
        .filter(|c| c.attempt_id == attempt.id && c.state == CaptureState::Succeeded)
        .map(|c| c.amount_cents)
        .sum())
}

pub(super) fn has_captured(conn: &mut PgConnection, attempt: &Attempt) -> QueryResult<bool> {
    Ok(!captured_of(conn, attempt)?.is_zero())
}
