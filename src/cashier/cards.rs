//! Cards that are kept, and what the payment step shows to take a new one.

use super::wait::{For, ask, in_time};
use crate::app::App;
use crate::config::Payments;
use crate::error::AppError;
use crate::ids::CustomerId;
use crate::outside::gateway::GatewayError;
use crate::payments::{self, SavedCard};
use diesel::prelude::*;
use uuid::Uuid;

/// Where a card is typed: in the gateway's own frame, never on our page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardFields {
    /// The sandbox's frames, at their addresses.
    Sandbox { frame_url: String, wallets_url: String, key: String },
    /// Stripe.js, which makes its frames itself.
    Stripe { key: String, js_url: &'static str },
    /// No gateway: no cards.
    None,
}

const STRIPE_JS: &str = "https://js.stripe.com/v3/";

/// How the sandbox's keys for pages begin.
const OF_THE_SANDBOX: &str = "pk_sandbox_";

/// What the payment step shows.
pub fn card_fields(app: &App) -> CardFields {
    if app.gateway.is_none() { CardFields::None } else { fields_of(&app.config.payments) }
}

/// Only the sandbox has frames of its own, and its key says that it is the sandbox's: whoever else speaks
/// the protocol, at whatever address, does so to Stripe.js too.
fn fields_of(settings: &Payments) -> CardFields {
    let key = settings.publishable_key.clone();
    if settings.api_base.is_none() || !key.starts_with(OF_THE_SANDBOX) {
        return CardFields::Stripe { key, js_url: STRIPE_JS };
    }
    CardFields::Sandbox {
        frame_url: format!("{}/sandbox/card", settings.pages_base),
        wallets_url: format!("{}/sandbox/wallets", settings.pages_base),
        key,
    }
}

/// Keeps a card for a customer whom the gateway knows as `gateway_customer`; `None`: it does not
/// know them yet. `then` is done with the card that is kept, in the same transaction.
///
/// Nobody waits for it longer than for a payment. What is under way goes on, and where the card comes to be kept
/// later `then` is done later.
///
/// # Errors
/// When the gateway refuses the card, or the database does not answer. Inside: `NotYet`.
pub async fn keep_card(
    app: &App,
    customer: CustomerId,
    gateway_customer: Option<String>,
    method: String,
    then: impl FnOnce(&mut PgConnection, &SavedCard) -> QueryResult<()> + Send + 'static,
) -> Result<Kept, AppError> {
    let app = app.clone();
    let work = async move {
        let card = match attach(&app, customer, gateway_customer, method).await {
            Ok(card) => card,
            Err(e @ GatewayError::Refused { .. }) => return Err(words(e)),
            Err(e @ (GatewayError::NotFound | GatewayError::Unclear(_) | GatewayError::Misconfigured(_))) => {
                log::warn!("a card could not be kept: {e}");
                return Ok(Kept::NotYet);
            }
        };
        let keep = move |conn: &mut PgConnection| {
            let card = payments::insert_card(conn, &card)?;
            then(conn, &card)?;
            Ok::<_, AppError>(Kept::Card(card))
        };
        app.db(move |conn| conn.transaction(keep)).await
    };
    in_time(work).await.unwrap_or(Ok(Kept::NotYet))
}

/// What became of the wish to keep a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    Card(SavedCard),
    /// The gateway did not answer in time.
    NotYet,
}

async fn attach(
    app: &App,
    customer: CustomerId,
    gateway_customer: Option<String>,
    method: String,
) -> Result<SavedCard, GatewayError> {
    let (known, card) = ask(app, For::Somebody, move |gateway| {
        let known = match gateway_customer {
            Some(known) => known,
            None => gateway.create_customer(&customer.to_string())?,
        };
        let card = gateway.attach(&method, &known)?;
        Ok((known, card))
    })
    .await?;
    Ok(SavedCard {
        id: Uuid::now_v7(),
        customer_id: customer,
        gateway_method: card.method,
        gateway_customer: known,
        label: card.label,
        expires: card.expires,
        saved_at: app.clock.now(),
        removed_at: None,
    })
}

/// Forgets a card, here and at the gateway. Says whether it was theirs.
///
/// # Errors
/// When the gateway does not answer in time, or the database does not: the card is then still there. What is under
/// way goes on.
pub async fn remove_card(app: &App, customer: CustomerId, id: Uuid) -> Result<bool, AppError> {
    let app = app.clone();
    let gone = in_time(async move { remove(&app, customer, id).await }).await;
    gone.unwrap_or_else(|| Err(words(GatewayError::Unclear("no answer in time".to_owned()))))
}

async fn remove(app: &App, customer: CustomerId, id: Uuid) -> Result<bool, AppError> {
    let Some(card) = app.db(move |conn| payments::saved_card(conn, customer, id)).await? else {
        return Ok(false);
    };
    let gone = ask(app, For::Somebody, move |gateway| gateway.detach(&card.gateway_method)).await;
    match gone {
        // One it does not know, or will not take off once more, is gone.
        Ok(()) | Err(GatewayError::NotFound | GatewayError::Refused { .. }) => {}
        Err(e @ (GatewayError::Unclear(_) | GatewayError::Misconfigured(_))) => return Err(words(e)),
    }
    let now = app.clock.now();
    app.db(move |conn| payments::mark_removed(conn, id, now)).await?;
    Ok(true)
}

fn words(e: GatewayError) -> AppError {
    match e {
        GatewayError::Refused { code, .. } => {
            let (what, then) = payments::failure_words(&code);
            AppError::bad(format!("{what} {then}"))
        }
        GatewayError::NotFound | GatewayError::Unclear(_) | GatewayError::Misconfigured(_) => {
            log::warn!("a card could not be kept or removed: {e}");
            AppError::bad("The payment service could not be reached. Please try again in a moment.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(base: Option<&str>, key: &str) -> CardFields {
        let base = base.map(str::to_owned);
        fields_of(&Payments {
            pages_base: base.clone().unwrap_or_default(),
            api_base: base,
            secret_key: Some("sk".to_owned()),
            publishable_key: key.to_owned(),
            webhook_secret: None,
            ways: Vec::new(),
        })
    }

    #[test]
    fn only_the_sandbox_shows_its_own_frame_wherever_the_gateway_is() {
        let stripe = |key: &str| CardFields::Stripe { key: key.to_owned(), js_url: STRIPE_JS };
        for base in [
            None,
            Some("https://api.stripe.com"),
            Some("https://pay.example.ie"),
            Some("http://10.0.0.7:12111"),
        ] {
            for key in ["pk_live_1", "pk_test_1", "pk_of_another_maker"] {
                assert_eq!(fields(base, key), stripe(key), "{base:?}");
            }
        }
        let sandbox = fields(Some("http://127.0.0.1:9000"), "pk_sandbox_1");
        let CardFields::Sandbox { frame_url, .. } = sandbox else { panic!("{sandbox:?}") };
        assert_eq!(frame_url, "http://127.0.0.1:9000/sandbox/card");
    }
}
