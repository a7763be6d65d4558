//! Who may begin a try to be paid, and how one is given up before anybody knows what came of it.

use crate::events::{self, Event};
use crate::ids::{Actor, AttemptId, OrderNumber};
use crate::orders::{self, Order};
use crate::payments::{self, Attempt, AttemptState, Became};
use crate::promises;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// While whoever has begun is still at it, nobody else asks.
const BEGUN_FOR: Duration = Duration::seconds(15);
/// A refused intent, or one we know nothing of, is shut a moment later.
const SHUT_AFTER: Duration = Duration::seconds(2);

/// A try to be paid, and what the gateway is told of its order. Of the rows alone, so that the same
/// errand can be run again word for word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Errand {
    pub attempt: Attempt,
    pub number: OrderNumber,
    pub window_ends: DateTime<Utc>,
}

/// Begins a try to be paid; `None`: somebody else has begun it, or it is over. Of two that press
/// the button at once, one goes to the gateway.
///
/// # Errors
/// When the database does not answer.
pub fn begin_paying(
    conn: &mut PgConnection,
    id: AttemptId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Errand>> {
    conn.transaction(|conn| {
        let attempt = payments::lock_attempt(conn, id)?;
        if attempt.state != AttemptState::Created || attempt.asks > 0 || attempt.shutting {
            return Ok(None);
        }
        payments::set_begun(conn, id, now + BEGUN_FOR)?;
        let order = orders::order(conn, attempt.order_id)?;
        let window_ends = window_ends(conn, &order, &attempt)?;
        Ok(Some(Errand { attempt, number: order.number, window_ends }))
    })
}

/// The same errand once more, for those who ask what became of it.
///
/// # Errors
/// When the database does not answer.
pub fn errand(conn: &mut PgConnection, id: AttemptId) -> QueryResult<Errand> {
    let attempt = payments::attempt(conn, id)?;
    let order = orders::order(conn, attempt.order_id)?;
    let window_ends = window_ends(conn, &order, &attempt)?;
    Ok(Errand { attempt, number: order.number, window_ends })
}

/// When its delivery ends, as that was agreed when a try began: of what is written once and for all, so that the
/// errand stays the same word for word.
fn window_ends(conn: &mut PgConnection, order: &Order, attempt: &Attempt) -> QueryResult<DateTime<Utc>> {
    if attempt.standby || order.confirmed_at.is_none_or(|at| at >= attempt.made_at) {
        return Ok(order.window_ends_at);
    }
    let mut promises = promises::of_order(conn, order.id)?;
    promises.retain(|promise| promise.made_at <= attempt.made_at);
    Ok(promises::agreed(&promises).map_or(order.window_ends_at, |promise| promise.ends_at))
}

/// What is left to do to give a try up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shut {
    /// Nothing: it was never begun, or its end is known.
    Done,
    /// From now on nothing it reserves is counted on: tell the gateway to give it up, and
    /// [`payment_settled`](super::payment_settled) what it answers.
    AtGateway(Box<Errand>),
}

/// Begins to give a try up whose end nobody knows, or one that was refused and could be paid once
/// more at the gateway.
///
/// # Errors
/// When the database does not answer.
pub fn begin_shutting(conn: &mut PgConnection, id: AttemptId, now: DateTime<Utc>) -> QueryResult<Shut> {
    conn.transaction(|conn| {
        let (order, attempt) = lock(conn, id)?;
        match attempt.state {
            AttemptState::Authorised | AttemptState::Abandoned => return Ok(Shut::Done),
            AttemptState::Created if attempt.asks == 0 || attempt.method.is_at_door() => {
                abandon(conn, &attempt, "given up before it was begun", now)?;
                return Ok(Shut::Done);
            }
            AttemptState::Created | AttemptState::Processing | AttemptState::Failed => {}
        }
        payments::set_shutting(conn, id)?;
        let attempt = Attempt { shutting: true, ..attempt };
        let window_ends = window_ends(conn, &order, &attempt)?;
        let errand = Errand { attempt, number: order.number, window_ends };
        Ok(Shut::AtGateway(Box::new(errand)))
    })
}

/// No money can come of a try any more, as the gateway knows nothing of it.
///
/// # Errors
/// When the database does not answer.
pub fn given_up(conn: &mut PgConnection, id: AttemptId, why: &str, now: DateTime<Utc>) -> QueryResult<()> {
    conn.transaction(|conn| {
        let (_, attempt) = lock(conn, id)?;
        if attempt.state.is_open() { abandon(conn, &attempt, why, now) } else { Ok(()) }
    })
}

/// The order's row, then the attempt's: in this order always.
pub(super) fn lock(conn: &mut PgConnection, id: AttemptId) -> QueryResult<(Order, Attempt)> {
    let found = payments::attempt(conn, id)?;
    let order = orders::lock_order(conn, found.order_id)?;
    Ok((order, payments::lock_attempt(conn, id)?))
}

fn abandon(conn: &mut PgConnection, attempt: &Attempt, why: &str, now: DateTime<Utc>) -> QueryResult<()> {
    payments::abandon(conn, attempt.id, now)?;
    let event = Event::PaymentAbandoned { attempt: attempt.id, why: why.to_owned() };
    events::record(conn, attempt.order_id.0, &event, Actor::System, now)
}

/// The gateway would not even prepare the payment, or could not be reached to: nothing has moved
/// and, as nothing was confirmed, nothing can. `may_exist`: an intent nobody confirms may be left.
///
/// # Errors
/// When the database does not answer.
pub fn refused(
    conn: &mut PgConnection,
    id: AttemptId,
    code: &str,
    may_exist: bool,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(|conn| {
        let (order, attempt) = lock(conn, id)?;
        if !attempt.state.is_open() {
            return Ok(());
        }
        let code = payments::put_down_to(attempt.method, code);
        let became = Became {
            state: AttemptState::Failed,
            intent: attempt.intent.clone(),
            failure: Some(code.to_owned()),
            approve_at: None,
            settled_at: Some(now),
            good_until: None,
            ask_at: may_exist.then_some(now + SHUT_AFTER),
            shutting: attempt.shutting,
            label: attempt.label.clone(),
            gateway_customer: attempt.gateway_customer.clone(),
            gateway_method: attempt.gateway_method.clone(),
        };
        payments::set_attempt(conn, id, &became)?;
        let event = Event::PaymentFailed { attempt: id, reason: code.to_owned() };
        events::record(conn, order.id.0, &event, Actor::Gateway, now)
    })
}
