//! What the gateway keeps: payments, methods, customers, refunds, events.

use super::cards::Behaviour;
use crate::money::Money;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

pub(super) type Metadata = BTreeMap<String, String>;

/// An id as Stripe's look: what it is, and 24 characters nobody can guess.
pub(super) fn new_id(prefix: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{prefix}_{}", &random[..24])
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl Status {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// Whether an authorisation is charged at once or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Capture {
    Automatic,
    Manual,
}

impl Capture {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Intent {
    /// Payments are numbered in the order they were made; lists go by it.
    pub(super) n: u64,
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) created: DateTime<Utc>,
    pub(super) amount: Money,
    pub(super) currency: String,
    pub(super) capture: Capture,
    pub(super) status: Status,
    pub(super) method: Option<String>,
    pub(super) method_types: Vec<String>,
    pub(super) customer: Option<String>,
    pub(super) setup_future_usage: Option<String>,
    pub(super) off_session: bool,
    pub(super) return_url: Option<String>,
    pub(super) metadata: Metadata,
    pub(super) description: Option<String>,
    pub(super) receipt_email: Option<String>,
    pub(super) charge: Option<Charge>,
    /// Stripe's error object of the last attempt that was refused.
    pub(super) last_error: Option<Value>,
    pub(super) canceled_at: Option<DateTime<Utc>>,
    pub(super) cancellation_reason: Option<String>,
    /// When what is processing will have been paid.
    pub(super) settles: Option<DateTime<Utc>>,
}

impl Intent {
    pub(super) fn capturable(&self) -> Money {
        match (self.status, &self.charge) {
            (Status::RequiresCapture, Some(charge)) => charge.amount,
            _ => Money::ZERO,
        }
    }

    pub(super) fn authorised(&self) -> Money {
        self.charge.as_ref().filter(|c| c.paid).map_or(Money::ZERO, |c| c.amount)
    }

    pub(super) fn captured(&self) -> Money {
        self.charge.as_ref().map_or(Money::ZERO, |c| c.captured)
    }

    pub(super) fn refunded(&self) -> Money {
        self.charge.as_ref().map_or(Money::ZERO, |c| c.refunded)
    }
}

/// One attempt to have the money.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Charge {
    pub(super) id: String,
    pub(super) created: DateTime<Utc>,
    pub(super) amount: Money,
    pub(super) captured: Money,
    /// Refunds that came or are on their way.
    pub(super) refunded: Money,
    pub(super) paid: bool,
    pub(super) failure: Option<super::cards::Decline>,
    /// Until when an authorisation can be captured.
    pub(super) capture_before: Option<DateTime<Utc>>,
    pub(super) method: Method,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Method {
    pub(super) id: String,
    pub(super) created: DateTime<Utc>,
    /// `card`, or a way to pay on another page.
    pub(super) kind: String,
    pub(super) card: Option<Card>,
    pub(super) behaviour: Behaviour,
    pub(super) billing: Billing,
    pub(super) customer: Option<String>,
    /// The payment it was used for, while it belongs to nobody.
    pub(super) used_by: Option<String>,
    /// It was taken from its customer and may not be used again.
    pub(super) detached: bool,
    /// The bank agreed to later payments with it.
    pub(super) set_up: bool,
}

/// What is kept of a card: never its number or security code.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Card {
    pub(super) brand: String,
    pub(super) last4: String,
    pub(super) exp_month: i64,
    pub(super) exp_year: i64,
    pub(super) fingerprint: String,
    pub(super) wallet: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Billing {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) postal_code: Option<String>,
    pub(super) country: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) n: u64,
    pub(super) created: DateTime<Utc>,
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) description: Option<String>,
    pub(super) metadata: Metadata,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

impl RefundStatus {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Refund {
    pub(super) n: u64,
    pub(super) id: String,
    pub(super) created: DateTime<Utc>,
    pub(super) amount: Money,
    pub(super) currency: String,
    pub(super) intent: String,
    pub(super) charge: String,
    pub(super) status: RefundStatus,
    pub(super) reason: Option<String>,
    pub(super) metadata: Metadata,
    /// When what is pending is decided.
    pub(super) settles: Option<DateTime<Utc>>,
    pub(super) fails: bool,
}

/// Something that happened, in the words that go to the shop: the same at each attempt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) created: DateTime<Utc>,
    pub(super) body: String,
    /// None where the sandbox was told to lose it, two where it was told to double it.
    pub(super) deliveries: Vec<Delivery>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::sandbox) struct Delivery {
    pub(in crate::sandbox) copy: u8,
    pub(in crate::sandbox) attempts: u32,
    pub(in crate::sandbox) due: DateTime<Utc>,
}

/// A delivery was tried: it is over, or due again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Tried {
    pub(super) event: String,
    pub(super) delivery: Delivery,
    pub(super) over: bool,
}

/// The answer that an idempotency key brings again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) key: String,
    /// Of the request's address and parameters.
    pub(super) digest: String,
    pub(super) at: DateTime<Utc>,
    pub(super) status: u16,
    pub(super) body: String,
}

/// One line of the journal: everything one call changed, all of it or nothing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) customers: Vec<Customer>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) methods: Vec<Method>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) intents: Vec<Intent>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) refunds: Vec<Refund>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) events: Vec<Event>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) tried: Vec<Tried>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Kept>,
}

impl Line {
    pub(super) fn is_empty(&self) -> bool {
        self.customers.is_empty()
            && self.methods.is_empty()
            && self.intents.is_empty()
            && self.refunds.is_empty()
            && self.events.is_empty()
            && self.tried.is_empty()
            && self.answer.is_none()
    }
}
