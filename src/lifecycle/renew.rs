//! An authorisation that is about to end is replaced by a new one, and only then let go.

use super::cancel::let_go;
use super::claim::{lock, refused};
use super::pay::started;
use super::story::RENEW_BEFORE;
use crate::events::{self, Event};
use crate::ids::{Actor, AttemptId, OrderId};
use crate::orders::{Order, OrderState};
use crate::payments::{self, Attempt, AttemptState, CaptureState, PayBy};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// Why a renewal could not even be tried: the card was not kept.
const NOT_KEPT: &str = "card_not_kept";

/// Begins a standby beside an authorisation that is about to end. `None`: there is nothing to
/// renew, or no way to; in the second case that stands in the log.
///
/// # Errors
/// When the database does not answer.
pub fn renew(conn: &mut PgConnection, id: AttemptId, now: DateTime<Utc>) -> QueryResult<Option<AttemptId>> {
    conn.transaction(|conn| {
        let (order, old) = lock(conn, id)?;
        let tries = payments::attempts_of(conn, order.id)?;
        let waits = tries.iter().any(|a| a.standby && a.state.is_open());
        if order.state != OrderState::Confirmed || old.state != AttemptState::Authorised || waits {
            return Ok(None);
        }
        let standby = standby_of(&old, now);
        payments::insert_attempt(conn, &standby)?;
        events::record(conn, order.id.0, &started(&standby), Actor::System, now)?;
        if !is_kept(&standby) {
            refused(conn, standby.id, NOT_KEPT, false, now)?;
            return Ok(None);
        }
        Ok(Some(standby.id))
    })
}

/// Whether the gateway keeps the card, so that it can be asked once more without its owner.
pub(super) fn is_kept(attempt: &Attempt) -> bool {
    attempt.gateway_customer.is_some() && attempt.gateway_method.is_some()
}

/// Until when an order can be brought with what is reserved for it on a card that was not kept: with the day to
/// spare that a renewal would have. `None`: nothing of the kind binds it.
///
/// # Errors
/// When the database does not answer.
pub fn good_for(conn: &mut PgConnection, order: OrderId) -> QueryResult<Option<DateTime<Utc>>> {
    let standing = payments::standing_attempt(conn, order)?;
    let reserved = standing.filter(|a| a.method == PayBy::Card && a.state == AttemptState::Authorised);
    Ok(reserved.filter(|a| !is_kept(a)).and_then(|a| a.good_until).map(|until| until - RENEW_BEFORE))
}

pub(super) fn standby_of(old: &Attempt, now: DateTime<Utc>) -> Attempt {
    Attempt {
        id: AttemptId(Uuid::now_v7()),
        state: AttemptState::Created,
        standby: true,
        shutting: false,
        intent: None,
        failure: None,
        approve_at: None,
        made_at: now,
        settled_at: None,
        good_until: None,
        ask_at: Some(now + super::pay::FIRST_ASK),
        asks: 0,
        ..old.clone()
    }
}

/// The standby is authorised: it takes the place of the one before, which is let go. Where the
/// old one is being captured already, the standby is. The caller holds order and standby.
pub(super) fn take_over(
    conn: &mut PgConnection,
    order: &Order,
    standby: &Attempt,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if let Some(old) = payments::standing_attempt(conn, order.id)? {
        let captures = payments::captures_of(conn, order.id)?;
        if captures.iter().any(|c| c.attempt_id == old.id && c.state != CaptureState::Failed) {
            return let_go(conn, order.id, standby.id, now);
        }
        payments::abandon(conn, old.id, now)?;
        let event = Event::PaymentReplaced { attempt: old.id, by: standby.id };
        events::record(conn, order.id.0, &event, Actor::System, now)?;
        let_go(conn, order.id, old.id, now)?;
    }
    payments::stand_in(conn, standby.id)
}
