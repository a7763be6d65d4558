//! What the carrier keeps: shipments, and what happened to them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// What a shop may ask to have brought.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Wanted {
    /// The shop's own name for it.
    pub(super) reference: String,
    pub(super) to: To,
    pub(super) from_time: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    pub(super) bags: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct To {
    pub(super) name: String,
    pub(super) line: String,
    #[serde(default)]
    pub(super) town: String,
    #[serde(default)]
    pub(super) eircode: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Shipment {
    /// In the order they were booked.
    pub(super) n: u64,
    pub(super) id: String,
    /// Under which the shop has asked: the same again is the same booking.
    pub(super) key: String,
    pub(super) wanted: Wanted,
    pub(super) made: DateTime<Utc>,
    pub(super) events: Vec<Event>,
}

/// Something that happened, in the words that go to the shop: the same at each attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) state: String,
    #[serde(default)]
    pub(super) reason: String,
    pub(super) at: DateTime<Utc>,
    /// The shop has taken it, or the sandbox was told to lose it.
    pub(super) over: bool,
}

impl Shipment {
    pub(super) fn new(n: u64, key: &str, wanted: Wanted, now: DateTime<Utc>) -> Self {
        let mut shipment = Self {
            n,
            id: format!("SB-{}", &Uuid::new_v4().simple().to_string()[..10].to_uppercase()),
            key: key.to_owned(),
            wanted,
            made: now,
            events: Vec::new(),
        };
        shipment.happen("booked", "", now);
        shipment
    }

    pub(super) fn happen(&mut self, state: &str, reason: &str, now: DateTime<Utc>) -> &Event {
        let (state, reason) = (state.to_owned(), reason.to_owned());
        let id = format!("evt_{}", Uuid::new_v4().simple());
        self.events.push(Event { id, state, reason, at: now, over: false });
        &self.events[self.events.len() - 1]
    }

    fn has(&self, state: &str) -> bool {
        self.events.iter().any(|event| event.state == state)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.has("cancelled")
    }

    /// Once somebody has it, it is too late to cancel.
    pub(super) fn is_under_way(&self) -> bool {
        ["collected", "on_the_way", "at_the_door", "delivered"].iter().any(|state| self.has(state))
    }

    pub(super) fn is_over(&self) -> bool {
        ["delivered", "failed", "cancelled"].iter().any(|state| self.has(state))
    }

    pub(super) fn last(&self) -> &str {
        self.events.last().map_or("booked", |event| event.state.as_str())
    }

    /// As the shop reads it.
    pub(super) fn view(&self, public_base: &str) -> Value {
        let events: Vec<Value> = self.events.iter().map(|event| self.word(event)).collect();
        json!({
            "sandbox": true,
            "id": self.id,
            "reference": self.wanted.reference,
            "state": self.last(),
            "cancelled": self.is_cancelled(),
            "tracking_url": format!("{public_base}/sandbox/carrier/track/{}", self.id),
            "events": events,
        })
    }

    /// What a webhook says.
    pub(super) fn word(&self, event: &Event) -> Value {
        json!({
            "sandbox": true,
            "id": event.id,
            "shipment": self.id,
            "reference": self.wanted.reference,
            "state": event.state,
            "reason": event.reason,
            "at": event.at,
        })
    }
}
