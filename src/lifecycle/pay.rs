//! Tries to be paid, and what follows for the order when the money is there.

use super::cancel::let_go;
use super::place::Paying;
use super::story::Story;
use crate::events::{self, Event};
use crate::fulfilment::{self, Fulfilment};
use crate::ids::{Actor, AttemptId, OrderId};
use crate::orders::{self, Order, OrderState};
use crate::payments::{self, Attempt, AttemptState};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// When the reconciler looks for the first time: whoever started the try is still at it before.
pub(super) const FIRST_ASK: Duration = Duration::seconds(15);

#[derive(Debug)]
pub enum PayError {
    /// It is paid, or paid for at the door.
    AlreadyPaid,
    /// A try before this one can still bring money; the gateway is to be asked first.
    StillOpen(AttemptId),
    /// The order is over.
    Over,
    /// It is with a carrier, who takes no money at a door.
    NotAtDoor,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for PayError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Tries again to be paid for an order that waits for its money, or for a confirmed one whose reservation has
/// ended or will before it is brought (see [`Story::owed`]). `None`: the money will come at the door and the order
/// is confirmed. One transaction.
///
/// # Errors
/// When there is nothing to pay any more, or a try before can still bring money.
pub fn start_attempt(
    conn: &mut PgConnection,
    order: OrderId,
    paying: &Paying,
    now: DateTime<Utc>,
) -> Result<Option<AttemptId>, PayError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, order)?;
        match order.state {
            OrderState::Placed => {}
            OrderState::Confirmed => may_be_paid_anew(conn, &order, paying)?,
            OrderState::Completed => return Err(PayError::AlreadyPaid),
            OrderState::Cancelled => return Err(PayError::Over),
        }
        let ending = payments::standing_attempt(conn, order.id)?;
        if let Some(open) = ending.as_ref().filter(|a| a.state.is_open()) {
            return Err(PayError::StillOpen(open.id));
        }
        orders::set_pay_by(conn, order.id, paying.by)?;
        if let Some(ending) = &ending {
            payments::abandon(conn, ending.id, now)?;
        }
        let attempt = begin(conn, &order, paying, now)?;
        if let Some(ending) = &ending {
            let event = Event::PaymentReplaced { attempt: ending.id, by: attempt };
            events::record(conn, order.id.0, &event, Actor::Customer, now)?;
            let_go(conn, order.id, ending.id, now)?;
        }
        if paying.by.is_at_door() && order.state == OrderState::Confirmed {
            return Ok(None);
        }
        if paying.by.is_at_door() {
            confirm(conn, &order, Actor::Customer, now)?;
            return Ok(None);
        }
        Ok(Some(attempt))
    })
}

fn may_be_paid_anew(conn: &mut PgConnection, order: &Order, paying: &Paying) -> Result<(), PayError> {
    let story = Story::tell(&events::history(conn, order.id.0)?, &[]);
    if story.owed().is_none() {
        return Err(PayError::AlreadyPaid);
    }
    let by_carrier = story.goods.last_try().is_some_and(|of| of.carrier.is_some());
    if paying.by.is_at_door() && by_carrier { Err(PayError::NotAtDoor) } else { Ok(()) }
}

/// Writes the try down before anybody is asked for money.
pub(super) fn begin(
    conn: &mut PgConnection,
    order: &Order,
    paying: &Paying,
    now: DateTime<Utc>,
) -> QueryResult<AttemptId> {
    let attempt = new_attempt(order, paying, now);
    payments::insert_attempt(conn, &attempt)?;
    events::record(conn, order.id.0, &started(&attempt), Actor::Customer, now)?;
    Ok(attempt.id)
}

/// A try for the most the order can become: a card is reserved for that, and a method that charges at
/// once takes it, and what the order did not come to goes back once it is packed.
pub(super) fn new_attempt(order: &Order, paying: &Paying, now: DateTime<Utc>) -> Attempt {
    Attempt {
        id: AttemptId(Uuid::now_v7()),
        order_id: order.id,
        method: paying.by,
        state: AttemptState::Created,
        amount_cents: order.maximum_cents,
        standby: false,
        shutting: false,
        gateway_method: paying.gateway_method.clone(),
        gateway_customer: paying.gateway_customer.clone(),
        label: paying.label.clone(),
        intent: None,
        failure: None,
        approve_at: None,
        made_at: now,
        settled_at: None,
        good_until: None,
        ask_at: (!paying.by.is_at_door()).then_some(now + FIRST_ASK),
        asks: 0,
    }
}

pub(super) fn started(attempt: &Attempt) -> Event {
    Event::PaymentStarted {
        attempt: attempt.id,
        method: attempt.method.as_str().to_owned(),
        label: attempt.label.clone(),
        amount: attempt.amount_cents,
        standby: attempt.standby,
    }
}

/// The order will be picked. The caller holds its row. Gives the order as it is then.
pub(super) fn confirm(
    conn: &mut PgConnection,
    order: &Order,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<Order> {
    let confirmed = orders::set_confirmed(conn, order.id, now)?;
    fulfilment::put(conn, &Fulfilment::waiting(order.id, order.window_starts_at, now))?;
    events::record(conn, order.id.0, &Event::OrderConfirmed, by, now)?;
    Ok(confirmed)
}
