//! More is reserved on a card before the order it pays for becomes dearer.

use super::claim::lock;
use super::pay::started;
use super::renew::{is_kept, standby_of};
use crate::events;
use crate::ids::{Actor, AttemptId, OrderId};
use crate::money::Money;
use crate::orders::OrderState;
use crate::payments::{self, Attempt, AttemptState, PayBy};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Why no more can be reserved. Nothing has changed.
#[derive(Debug)]
pub enum ReserveError {
    /// The gateway was not told to keep the card: only its owner can show it again.
    NotKept,
    /// The order is over, is not paid by card, or another try is under way.
    NotNow,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for ReserveError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Begins a try to reserve a sum beside what is reserved now; when it is there it takes that one's place
/// (see `renew`), and when it is refused nothing has changed. One transaction.
///
/// # Errors
/// Says why not.
pub fn reserve_more(
    conn: &mut PgConnection,
    order: OrderId,
    amount: Money,
    now: DateTime<Utc>,
) -> Result<AttemptId, ReserveError> {
    conn.transaction(|conn| {
        let standing = payments::standing_attempt(conn, order)?.ok_or(ReserveError::NotNow)?;
        let (order, old) = lock(conn, standing.id)?;
        let tries = payments::attempts_of(conn, order.id)?;
        let waits = tries.iter().any(|a| a.standby && a.state.is_open());
        let stands = old.state == AttemptState::Authorised && old.method == PayBy::Card;
        if order.state != OrderState::Confirmed || !stands || waits {
            return Err(ReserveError::NotNow);
        }
        if !is_kept(&old) {
            return Err(ReserveError::NotKept);
        }
        let standby = Attempt { amount_cents: amount, ..standby_of(&old, now) };
        payments::insert_attempt(conn, &standby)?;
        events::record(conn, order.id.0, &started(&standby), Actor::Customer, now)?;
        Ok(standby.id)
    })
}
