//! What the gateway can be asked to do.

use super::call::{self, Call, Verb};
use super::model::{Card, GatewayError, How, Intent, NewIntent, Refunded};
use super::read;
use crate::config::Payments;
use crate::ids::{AttemptId, CaptureId, RefundId};
use crate::money::Money;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use uuid::Uuid;

const STRIPE: &str = "https://api.stripe.com";
const CURRENCY: &str = "eur";
/// The first try and at most two more.
const TRIES: usize = 3;
const MOST_CARDS: &str = "20";

/// The gateway. Its calls block: make them in a [`Lane`](crate::outside::Lane).
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
    tries: usize,
}

struct Inner {
    agent: ureq::Agent,
    base: String,
    secret: String,
    webhook_secret: String,
    tally: Tally,
}

/// How often the gateway said what.
#[derive(Debug, Default)]
pub struct Tally {
    pub answered: AtomicU64,
    pub refused: AtomicU64,
    pub unclear: AtomicU64,
}

impl fmt::Debug for Gateway {
    /// Without keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("base", &self.inner.base).finish_non_exhaustive()
    }
}

impl Gateway {
    /// The gateway that the settings name, if they name one.
    pub fn new(settings: &Payments) -> Option<Self> {
        let secret = settings.secret_key.clone()?;
        let base = settings.api_base.clone().unwrap_or_else(|| STRIPE.to_owned());
        let inner = Inner {
            agent: call::agent(&base),
            base,
            secret,
            webhook_secret: settings.webhook_secret.clone().unwrap_or_default(),
            tally: Tally::default(),
        };
        Some(Self { inner: Arc::new(inner), tries: TRIES })
    }

    /// The same gateway, asked once only: by those who will come again anyway.
    #[must_use]
    pub fn once(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), tries: 1 }
    }

    /// What webhooks are signed with.
    pub fn webhook_secret(&self) -> &str {
        &self.inner.webhook_secret
    }

    pub fn tally(&self) -> &Tally {
        &self.inner.tally
    }

    /// Prepares a payment. No money moves; the same attempt again finds the same intent.
    ///
    /// # Errors
    /// See [`GatewayError`].
    pub fn create_intent(&self, new: &NewIntent) -> Result<Intent, GatewayError> {
        let mut form = vec![
            ("amount", new.amount.cents().to_string()),
            ("currency", CURRENCY.to_owned()),
            ("metadata[attempt]", new.attempt.to_string()),
            ("metadata[order]", new.order.to_string()),
            ("metadata[number]", new.number.to_string()),
            ("description", format!("Order {}", new.number)),
        ];
        match &new.how {
            How::Card(method) => form.extend([
                ("capture_method", "manual".to_owned()),
                ("payment_method_types[]", "card".to_owned()),
                ("payment_method", method.clone()),
            ]),
            How::Redirect(kind) => form.extend([
                ("capture_method", "automatic".to_owned()),
                ("payment_method_types[]", kind.clone()),
                ("payment_method_data[type]", kind.clone()),
            ]),
        }
        form.extend(new.customer.iter().map(|c| ("customer", c.clone())));
        if new.keep_for_later {
            form.push(("setup_future_usage", "off_session".to_owned()));
        }
        self.intent_by("/v1/payment_intents", form, format!("intent-{}", new.attempt))
    }

    /// Asks for the money. Once for an attempt, however often it is asked.
    ///
    /// # Errors
    /// See [`GatewayError`]; a refused card is `Refused` and brings the intent.
    pub fn confirm(
        &self,
        intent: &str,
        attempt: AttemptId,
        return_url: Option<&str>,
    ) -> Result<Intent, GatewayError> {
        // Nobody to send back: nobody is there.
        let form = return_url.map_or_else(
            || vec![("off_session", "true".to_owned())],
            |url| vec![("return_url", url.to_owned())],
        );
        self.intent_by(&verb(intent, "confirm"), form, format!("confirm-{attempt}"))
    }

    /// # Errors
    /// See [`GatewayError`].
    pub fn intent(&self, id: &str) -> Result<Intent, GatewayError> {
        let value = self.get(&format!(
            "/v1/payment_intents/{}?expand[]=latest_charge&expand[]=payment_method",
            plain(id)
        ))?;
        self.read(&value, read::intent)
    }

    /// Gives a payment up: what it has reserved is free again.
    ///
    /// # Errors
    /// See [`GatewayError`]; one that is over is `Refused` and brings the intent.
    pub fn cancel(&self, intent: &str) -> Result<Intent, GatewayError> {
        // A key of its own each time: a no of before is not to be said again when it may be a yes.
        self.intent_by(&verb(intent, "cancel"), Vec::new(), format!("cancel-{}", Uuid::new_v4()))
    }

    /// Takes what was reserved, or a part of it; the rest is free again.
    ///
    /// # Errors
    /// See [`GatewayError`].
    pub fn capture(&self, intent: &str, amount: Money, id: CaptureId) -> Result<Intent, GatewayError> {
        let form = vec![("amount_to_capture", amount.cents().to_string())];
        self.intent_by(&verb(intent, "capture"), form, format!("capture-{id}"))
    }

    /// Gives back what was taken, or a part of it.
    ///
    /// # Errors
    /// See [`GatewayError`].
    pub fn refund(&self, intent: &str, amount: Money, id: RefundId) -> Result<Refunded, GatewayError> {
        let form = [
            ("payment_intent", intent.to_owned()),
            ("amount", amount.cents().to_string()),
            ("reason", "requested_by_customer".to_owned()),
            ("metadata[refund]", id.to_string()),
        ];
        let value = self.post("/v1/refunds", &form, Some(format!("refund-{id}")))?;
        self.read(&value, read::refund)
    }

    /// A refund that was asked for before, if the gateway made it: its answer may have been lost, and
    /// idempotency keys are forgotten after a day.
    ///
    /// # Errors
    /// See [`GatewayError`].
    pub fn refund_made(&self, intent: &str, id: RefundId) -> Result<Option<Refunded>, GatewayError> {
        let value = self.get(&format!("/v1/refunds?payment_intent={}&limit=100", plain(intent)))?;
        let made = value["data"].as_array().into_iter().flatten().filter_map(read::refund);
        Ok(made.into_iter().find(|refund| refund.refund == Some(id)))
    }

    /// # Errors
    /// See [`GatewayError`].
    pub fn refund_state(&self, id: &str) -> Result<Refunded, GatewayError> {
        let value = self.get(&format!("/v1/refunds/{}", plain(id)))?;
        self.read(&value, read::refund)
    }

    /// Somebody whose cards are kept. `key` says for what, so that asking again makes no second one.
    ///
    /// # Errors
    /// See [`GatewayError`].
    pub fn create_customer(&self, key: &str) -> Result<String, GatewayError> {
        let form = [("metadata[for]", key.to_owned())];
        let value = self.post("/v1/customers", &form, Some(format!("customer-{key}")))?;
        self.read(&value, read::id_of)
    }

    /// Keeps a card for a customer.
    ///
    /// # Errors
    /// See [`GatewayError`].
    pub fn attach(&self, method: &str, customer: &str) -> Result<Card, GatewayError> {
        let form = [("customer", customer.to_owned())];
        let path = format!("/v1/payment_methods/{}/attach", plain(method));
        let value = self.post(&path, &form, Some(format!("attach-{method}-{customer}")))?;
        self.read(&value, read::card)
    }

    /// Forgets a card.
    ///
    /// # Errors
    /// See [`GatewayError`].
    pub fn detach(&self, method: &str) -> Result<(), GatewayError> {
        let path = format!("/v1/payment_methods/{}/detach", plain(method));
        self.post(&path, &[], None).map(drop)
    }

    /// # Errors
    /// See [`GatewayError`].
    pub fn cards(&self, customer: &str) -> Result<Vec<Card>, GatewayError> {
        let customer = plain(customer);
        let value =
            self.get(&format!("/v1/payment_methods?customer={customer}&type=card&limit={MOST_CARDS}"))?;
        let cards = value["data"].as_array();
        Ok(cards.into_iter().flatten().filter_map(read::card).collect())
    }

    fn intent_by(
        &self,
        path: &str,
        mut form: Vec<(&str, String)>,
        key: String,
    ) -> Result<Intent, GatewayError> {
        form.push(("expand[]", "latest_charge".to_owned()));
        form.push(("expand[]", "payment_method".to_owned()));
        let value = self.post(path, &form, Some(key))?;
        self.read(&value, read::intent)
    }

    fn read<T>(&self, value: &Value, read: impl Fn(&Value) -> Option<T>) -> Result<T, GatewayError> {
        read(value).ok_or_else(|| GatewayError::Unclear("an answer of no known form".to_owned()))
    }

    fn get(&self, path: &str) -> Result<Value, GatewayError> {
        self.call(Call { verb: Verb::Get, url: self.url(path), form: &[], key: None })
    }

    fn post(&self, path: &str, form: &[(&str, String)], key: Option<String>) -> Result<Value, GatewayError> {
        self.call(Call { verb: Verb::Post, url: self.url(path), form, key })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.inner.base)
    }

    fn call(&self, call: Call<'_>) -> Result<Value, GatewayError> {
        let answer = call::make(&self.inner.agent, &self.inner.secret, &call, self.tries);
        let tally = self.tally();
        let counter = match &answer {
            Ok(_) => &tally.answered,
            Err(GatewayError::Refused { .. } | GatewayError::NotFound) => &tally.refused,
            Err(GatewayError::Unclear(_) | GatewayError::Misconfigured(_)) => &tally.unclear,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        answer
    }
}

fn verb(intent: &str, verb: &str) -> String {
    format!("/v1/payment_intents/{}/{verb}", plain(intent))
}

/// An id fit for an address: theirs are letters, digits and `_`, and nothing else goes out.
fn plain(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_never_shows_and_an_id_leads_nowhere_else() {
        let settings = Payments {
            api_base: Some("http://127.0.0.1:1".to_owned()),
            pages_base: String::new(),
            secret_key: Some("sk_live_hunter2".to_owned()),
            publishable_key: String::new(),
            webhook_secret: Some("whsec_hunter2".to_owned()),
            ways: Vec::new(),
        };
        let gateway = Gateway::new(&settings).expect("a gateway");
        assert!(!format!("{gateway:?}").contains("hunter2"));
        assert!(Gateway::new(&Payments { secret_key: None, ..settings }).is_none());
        assert_eq!(verb("pi_1/../../refunds?x", "cancel"), "/v1/payment_intents/pi_1refundsx/cancel");
    }

    #[test]
    fn a_gateway_that_is_not_there_is_unclear_and_not_a_no() {
        let settings = Payments {
            api_base: Some("http://127.0.0.1:9".to_owned()),
            pages_base: String::new(),
            secret_key: Some("sk".to_owned()),
            publishable_key: String::new(),
            webhook_secret: None,
            ways: Vec::new(),
        };
        let gateway = Gateway::new(&settings).expect("a gateway").once();
        assert!(matches!(gateway.intent("pi_1"), Err(GatewayError::Unclear(_))));
        assert_eq!(gateway.tally().unclear.load(Ordering::Relaxed), 1);
    }
}
