//! A change in the making: reads the books, collects what is to be written, and tells events.

use super::books::Books;
use super::model::{Customer, Event, Intent, Line, Method, new_id};
use super::mood::Temper;
use super::refusal::Refusal;
use super::view;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// The version of Stripe's protocol that the objects follow.
pub(super) const API_VERSION: &str = "2024-06-20";

/// What the verbs need to know of the house.
pub(super) struct House<'a> {
    pub(super) public_base: &'a str,
    pub(super) authorisation_days: i64,
    pub(super) temper: &'a Temper,
}

pub(super) struct Draft<'a> {
    pub(super) books: &'a Books,
    pub(super) house: House<'a>,
    pub(super) now: DateTime<Utc>,
    pub(super) key: Option<String>,
    /// What stays, whether the call succeeds or is refused.
    pub(super) line: Line,
}

impl Draft<'_> {
    pub(super) fn intent(&self, id: &str) -> Result<Intent, Refusal> {
        let found = self.books.intent(id).cloned();
        found.ok_or_else(|| Refusal::unknown_id("payment_intent", id, "intent"))
    }

    pub(super) fn customer(&self, id: &str) -> Result<&Customer, Refusal> {
        self.books.customer(id).ok_or_else(|| Refusal::unknown_id("customer", id, "customer"))
    }

    pub(super) fn view(&self, intent: &Intent) -> Value {
        view::intent(intent, self.house.public_base)
    }

    /// The latest state of an intent takes the place of an earlier one of the same call.
    pub(super) fn put_intent(&mut self, intent: &Intent) {
        self.line.intents.retain(|i| i.id != intent.id);
        self.line.intents.push(intent.clone());
    }

    pub(super) fn put_method(&mut self, method: &Method) {
        self.line.methods.retain(|m| m.id != method.id);
        self.line.methods.push(method.clone());
    }

    pub(super) fn tell_of_intent(&mut self, what: &str, intent: &Intent) {
        let object = self.view(intent);
        self.tell(&format!("payment_intent.{what}"), &object);
    }

    pub(super) fn tell(&mut self, what: &str, object: &Value) {
        let id = new_id("evt");
        let body = json!({
            "id": id,
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now.timestamp(),
            "data": { "object": object },
            "livemode": false,
            "pending_webhooks": 1,
            "request": { "id": null, "idempotency_key": self.key },
            "type": what,
        });
        let deliveries = self.house.temper.deliveries(self.now);
        self.line.events.push(Event { id, created: self.now, body: body.to_string(), deliveries });
    }
}
