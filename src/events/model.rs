use crate::db::db_enum;
use crate::ids::{AttemptId, CaptureId, OrderNumber, RefundId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

db_enum! {
    /// What an event is about.
    pub enum Topic {
        Quote = "quote",
        Order = "order",
        Payment = "payment",
    }
}

db_enum! {
    /// Who has to act on an event, after its transaction and at least once.
    pub enum Consumer {
        /// Asks the payment gateway to move or release money.
        Gateway = "gateway",
        /// Writes to people.
        Notifications = "notifications",
    }
}

/// A line of an order as it was placed. Amounts in cents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    pub product: i64,
    pub sku: String,
    pub quantity: i32,
    pub sum: Money,
    pub maximum: Money,
}

/// A fact, in the past tense, with just enough detail to tell it again.
///
/// The subject of those about an order and its money is the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A delivery fee was promised for a place. Amounts in cents.
    QuoteGiven {
        place: String,
        zone: String,
        fee: i64,
        free_from: i64,
        minimum: i64,
        valid_until: DateTime<Utc>,
    },
    OrderPlaced {
        number: OrderNumber,
        pay_by: String,
        window: i64,
        window_starts: DateTime<Utc>,
        window_ends: DateTime<Utc>,
        lines: Vec<Ordered>,
        goods: Money,
        coupon: Money,
        fee: Money,
        total: Money,
        maximum: Money,
        unpaid_until: DateTime<Utc>,
    },
    /// The order will be picked: its money is reserved, paid, or due at the door.
    OrderConfirmed,
    OrderCancelled {
        why: String,
    },
    /// It was handed over and its money is settled.
    OrderCompleted,
    PaymentStarted {
        attempt: AttemptId,
        method: String,
        label: String,
        amount: Money,
        standby: bool,
    },
    /// The gateway has it and has not decided, or waits for the shopper's approval.
    PaymentProcessing {
        attempt: AttemptId,
        intent: String,
        approve_at: Option<String>,
    },
    PaymentAuthorised {
        attempt: AttemptId,
        intent: Option<String>,
        amount: Money,
        good_until: Option<DateTime<Utc>>,
    },
    PaymentFailed {
        attempt: AttemptId,
        reason: String,
    },
    /// No money can come of this attempt any more.
    PaymentAbandoned {
        attempt: AttemptId,
        why: String,
    },
    /// A renewed authorisation took the place of the one before.
    PaymentReplaced {
        attempt: AttemptId,
        by: AttemptId,
    },
    CaptureAsked {
        attempt: AttemptId,
        capture: CaptureId,
        amount: Money,
    },
    /// Money has come. `capture` is at the gateway, or at the door.
    CaptureSucceeded {
        attempt: AttemptId,
        capture: CaptureId,
        amount: Money,
    },
    CaptureFailed {
        attempt: AttemptId,
        capture: CaptureId,
        reason: String,
    },
    /// The gateway is to let go of what is reserved.
    ReleaseAsked {
        attempt: AttemptId,
    },
    RefundAsked {
        attempt: AttemptId,
        refund: RefundId,
        amount: Money,
        reason: String,
    },
    RefundSucceeded {
        attempt: AttemptId,
        refund: RefundId,
        amount: Money,
    },
    RefundFailed {
        attempt: AttemptId,
        refund: RefundId,
        amount: Money,
        reason: String,
    },
}

impl Event {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::QuoteGiven { .. } => "quote_given",
            Self::OrderPlaced { .. } => "order_placed",
            Self::OrderConfirmed => "order_confirmed",
            Self::OrderCancelled { .. } => "order_cancelled",
            Self::OrderCompleted => "order_completed",
            Self::PaymentStarted { .. } => "payment_started",
            Self::PaymentProcessing { .. } => "payment_processing",
            Self::PaymentAuthorised { .. } => "payment_authorised",
            Self::PaymentFailed { .. } => "payment_failed",
            Self::PaymentAbandoned { .. } => "payment_abandoned",
            Self::PaymentReplaced { .. } => "payment_replaced",
            Self::CaptureAsked { .. } => "capture_asked",
            Self::CaptureSucceeded { .. } => "capture_succeeded",
            Self::CaptureFailed { .. } => "capture_failed",
            Self::ReleaseAsked { .. } => "release_asked",
            Self::RefundAsked { .. } => "refund_asked",
            Self::RefundSucceeded { .. } => "refund_succeeded",
            Self::RefundFailed { .. } => "refund_failed",
        }
    }

    pub(super) const fn topic(&self) -> Topic {
        match self {
            Self::QuoteGiven { .. } => Topic::Quote,
            Self::OrderPlaced { .. }
            | Self::OrderConfirmed
            | Self::OrderCancelled { .. }
            | Self::OrderCompleted => Topic::Order,
            Self::PaymentStarted { .. }
            | Self::PaymentProcessing { .. }
            | Self::PaymentAuthorised { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentAbandoned { .. }
            | Self::PaymentReplaced { .. }
            | Self::CaptureAsked { .. }
            | Self::CaptureSucceeded { .. }
            | Self::CaptureFailed { .. }
            | Self::ReleaseAsked { .. }
            | Self::RefundAsked { .. }
            | Self::RefundSucceeded { .. }
            | Self::RefundFailed { .. } => Topic::Payment,
        }
    }

    /// When this happens, these hear of it. The one list of who does what afterwards.
    pub(super) const fn consumers(&self) -> &'static [Consumer] {
        match self {
            Self::OrderConfirmed | Self::OrderCancelled { .. } | Self::RefundSucceeded { .. } => {
                &[Consumer::Notifications]
            }
            Self::CaptureAsked { .. } | Self::ReleaseAsked { .. } | Self::RefundAsked { .. } => {
                &[Consumer::Gateway]
            }
            Self::QuoteGiven { .. }
            | Self::OrderPlaced { .. }
            | Self::OrderCompleted
            | Self::PaymentStarted { .. }
            | Self::PaymentProcessing { .. }
            | Self::PaymentAuthorised { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentAbandoned { .. }
            | Self::PaymentReplaced { .. }
            | Self::CaptureSucceeded { .. }
            | Self::CaptureFailed { .. }
            | Self::RefundFailed { .. } => &[],
        }
    }
}

/// An event as the log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub id: i64,
    pub subject: uuid::Uuid,
    pub event: Event,
    pub actor: String,
    pub happened_at: DateTime<Utc>,
}
