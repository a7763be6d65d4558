//! Payments: each try to be paid, what was captured of it, and what went back.
//!
//! Owns `payment_attempts`, `captures`, `refunds`, `gateway_events` and `saved_cards`. Whether an
//! order is paid is never stored: it is reckoned from the money ([`Balance`]).

mod model;
mod store;

pub use model::{
    Attempt, AttemptState, Balance, Capture, CaptureState, Decision, PayBy, Refund, RefundReason,
    RefundState, failure_words,
};
pub use store::*;
