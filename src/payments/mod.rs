//! Payments: each try to be paid, what was captured of it, and what went back.
//!
//! Owns `payment_attempts`, `captures`, `refunds`, `gateway_events` and `saved_cards`. Whether an
//! order is paid is never stored: it is reckoned from the money ([`Balance`]).

mod captures;
mod cards;
mod model;
mod store;
mod undone;
mod words;

pub use captures::*;
pub use cards::{SavedCard, insert_card, mark_removed, saved_card, saved_cards};
pub use model::{
    Attempt, AttemptState, Balance, Capture, CaptureState, Decision, PayBy, Refund, RefundReason,
    RefundState, failure_words, put_down_to, refundable_of,
};
pub use store::*;
pub use undone::{Unmoved, unmoved, unmoved_count};
pub use words::{decide_word, forget_words, keep_word, lock_waiting_word, waiting_words};
