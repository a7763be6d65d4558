//! Stand-in until the cashier is merged: the agreed verbs, over the database alone.

use crate::app::App;
use crate::error::AppError;
use crate::ids::{Actor, AttemptId, OrderId};
use crate::lifecycle::{self, CancelError, Cancelled, PayError, Paying};
use crate::orders::CancelledWhy;
use crate::payments::{self, AttemptState};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Authorised,
    Failed(String),
    Approve(String),
    NotKnownYet,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardFields {
    Sandbox { frame_url: String, wallets_url: String, key: String },
    Stripe { key: String, js_url: String },
    None,
}

pub fn card_fields(_: &App) -> CardFields {
    CardFields::None
}

pub async fn pay(_: &App, _: AttemptId) -> Outcome {
    Outcome::NotKnownYet
}

/// # Errors
/// As [`lifecycle::start_attempt`].
pub async fn retry(app: &App, order: OrderId, paying: Paying) -> Result<Outcome, PayError> {
    let now = app.clock.now();
    let started = app
        .db(move |conn| Ok::<_, AppError>(lifecycle::start_attempt(conn, order, &paying, now)))
        .await
        .map_err(|_| PayError::Db(diesel::result::Error::BrokenTransactionManager))?;
    Ok(if started?.is_some() { Outcome::NotKnownYet } else { Outcome::Authorised })
}

pub async fn look(app: &App, order: OrderId) -> Outcome {
    let standing = app.db(move |conn| payments::standing_attempt(conn, order)).await;
    match standing {
        Ok(Some(attempt)) if attempt.state == AttemptState::Authorised => Outcome::Authorised,
        Ok(_) | Err(_) => Outcome::NotKnownYet,
    }
}

/// # Errors
/// As [`lifecycle::cancel`].
pub async fn cancel(
    app: &App,
    order: OrderId,
    why: CancelledWhy,
    by: Actor,
) -> Result<Cancelled, CancelError> {
    let now = app.clock.now();
    app.db(move |conn| Ok::<_, AppError>(lifecycle::cancel(conn, order, why, by, now)))
        .await
        .map_err(|_| CancelError::Db(diesel::result::Error::BrokenTransactionManager))?
}
