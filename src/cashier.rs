//! What the checkout asks of payments, until the cashier itself is there: no gateway answers.

use crate::app::App;
use crate::ids::{AttemptId, CustomerId};
use diesel::prelude::*;

/// What became of a try to be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Authorised,
    /// The gateway's code, for `payments::failure_words`.
    Failed(String),
    /// The address at which the shopper approves.
    Approve(String),
    NotKnownYet,
}

/// Where card fields come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardFields {
    Sandbox { frame_url: String, wallets_url: String, key: String },
    Stripe { key: String, js_url: String },
    None,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedCard {
    pub id: uuid::Uuid,
    pub label: String,
    pub expires: String,
}

pub async fn pay(_app: &App, attempt: AttemptId) -> Outcome {
    log::info!("attempt {attempt} waits for a gateway");
    Outcome::NotKnownYet
}

pub fn card_fields(app: &App) -> CardFields {
    let payments = &app.config.payments;
    if payments.secret_key.is_none() {
        return CardFields::None;
    }
    let key = payments.publishable_key.clone();
    CardFields::Stripe { key, js_url: "https://js.stripe.com/v3/".to_owned() }
}

/// # Errors
/// When the database does not answer.
pub fn saved_cards(_conn: &mut PgConnection, _customer: CustomerId) -> QueryResult<Vec<SavedCard>> {
    Ok(Vec::new())
}
