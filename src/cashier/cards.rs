//! Cards that are kept, and what the payment step shows to take a new one.

use super::wait::{For, ask};
use crate::app::App;
use crate::config::Payments;
use crate::error::AppError;
use crate::ids::CustomerId;
use crate::outside::gateway::GatewayError;
use crate::payments::{self, SavedCard};
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
/// know them yet. Gives back what it knows them as now, for the customer's row.
///
/// # Errors
/// When the gateway refuses or does not answer, or the database does not.
pub async fn keep_card(
    app: &App,
    customer: CustomerId,
    gateway_customer: Option<String>,
    method: String,
) -> Result<(String, SavedCard), AppError> {
    let (known, card) = ask(app, For::Somebody, move |gateway| {
        let known = match gateway_customer {
            Some(known) => known,
            None => gateway.create_customer(&customer.to_string())?,
        };
        let card = gateway.attach(&method, &known)?;
        Ok((known, card))
    })
    .await
    .map_err(words)?;
    let saved = SavedCard {
        id: Uuid::now_v7(),
        customer_id: customer,
        gateway_method: card.method,
        gateway_customer: known.clone(),
        label: card.label,
        expires: card.expires,
        saved_at: app.clock.now(),
        removed_at: None,
    };
    let kept = saved.clone();
    app.db(move |conn| payments::insert_card(conn, &kept)).await?;
    Ok((known, saved))
}

/// Forgets a card, here and at the gateway. Says whether it was theirs.
///
/// # Errors
/// When the gateway or the database does not answer: the card is then still there.
pub async fn remove_card(app: &App, customer: CustomerId, id: Uuid) -> Result<bool, AppError> {
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
