//! The payment gateway, spoken to in Stripe's protocol.

mod model;

pub use model::{GatewayError, Intent, IntentStatus, Refunded, RefundedStatus};
