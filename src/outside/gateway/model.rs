use crate::ids::{AttemptId, OrderId, OrderNumber, RefundId};
use crate::money::Money;
use chrono::{DateTime, Utc};

/// What the gateway knows of one try to be paid (Stripe: a Payment Intent).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    pub id: String,
    /// Ours, from the metadata; `None`: an intent of somebody else's.
    pub attempt: Option<AttemptId>,
    pub status: IntentStatus,
    pub amount: Money,
    /// `eur`
    pub currency: Option<String>,
    /// Reserved and not captured.
    pub capturable: Money,
    /// Captured.
    pub received: Money,
    /// Why it was refused, in the gateway's code: `insufficient_funds`.
    pub failure: Option<String>,
    /// Where the shopper approves.
    pub approve_at: Option<String>,
    /// Until when what is reserved can be captured.
    pub good_until: Option<DateTime<Utc>>,
    /// `Visa ending 4242`
    pub label: Option<String>,
    pub customer: Option<String>,
    pub payment_method: Option<String>,
    /// The gateway's mark of the card's number, the same however often it is typed.
    pub fingerprint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntentStatus {
    /// Refused, or not given yet.
    RequiresPaymentMethod,
    RequiresConfirmation,
    /// The shopper has to approve.
    RequiresAction,
    Processing,
    /// Reserved.
    RequiresCapture,
    Succeeded,
    Canceled,
    /// A word that is new to us: nothing follows from it.
    Other(String),
}

/// What the gateway knows of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refunded {
    pub id: String,
    /// Ours, from the metadata.
    pub refund: Option<RefundId>,
    pub intent: Option<String>,
    pub amount: Money,
    pub status: RefundedStatus,
    pub failure: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundedStatus {
    Pending,
    Succeeded,
    /// Failed or cancelled: the money stays where it is.
    Failed,
}

/// Why a call brought no answer that one can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayError {
    /// A clear no. Nothing moved, but what `intent` says.
    Refused { code: String, message: String, intent: Option<Box<Intent>> },
    /// The gateway knows nothing by this name.
    NotFound,
    /// Nobody knows whether it was done: a time-out, a broken line, a 5xx. Ask again.
    Unclear(String),
    /// Our key or address is wrong: nothing is done until somebody corrects it.
    Misconfigured(String),
}

impl std::fmt::Display for GatewayError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { code, message, .. } => write!(f, "refused ({code}): {message}"),
            Self::NotFound => f.write_str("not known at the gateway"),
            Self::Unclear(why) => write!(f, "no clear answer: {why}"),
            Self::Misconfigured(why) => write!(f, "the gateway's settings are wrong: {why}"),
        }
    }
}

/// A try to be paid, as the gateway is asked to prepare it. Made of our rows alone, so that the
/// same question can be asked again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    pub attempt: AttemptId,
    pub order: OrderId,
    pub number: OrderNumber,
    pub amount: Money,
    pub how: How,
    pub customer: Option<String>,
    /// The method may be used once more while the shopper is away.
    pub keep_for_later: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// By a card's or wallet's payment method: reserved first, captured later.
    Card(String),
    /// By leaving and approving, `paypal`: charged at once.
    Redirect(String),
}

/// A card that the gateway keeps for a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    pub method: String,
    /// `Visa ending 4242`
    pub label: String,
    /// `08/29`
    pub expires: String,
}

/// What the gateway tells us by itself.
#[derive(Debug, Clone)]
pub struct Word {
    pub id: String,
    /// `payment_intent.succeeded`
    pub kind: String,
    pub said: Said,
}

#[derive(Debug, Clone)]
pub enum Said {
    Intent(Box<Intent>),
    Refund(Box<Refunded>),
    /// About something that we do not follow.
    Other,
}
