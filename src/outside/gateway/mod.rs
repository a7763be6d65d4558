//! The payment gateway, spoken to in Stripe's protocol: a thin client of our own.
//!
//! Everything it is asked to do carries an idempotency key made of our own row's id, so that
//! asking again is never doing again. What it says is read leniently: unknown fields and words
//! are passed over, and an object may stand where an id is usual.

mod call;
mod client;
mod model;
mod read;

pub use client::{Gateway, Tally};
pub use model::{
    Card, GatewayError, How, Intent, IntentStatus, NewIntent, Refunded, RefundedStatus, Said, Word,
};
pub use read::word;
