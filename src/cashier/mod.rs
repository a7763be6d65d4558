//! The cashier: asks the gateway for money, waits for its answers, and tells
//! [`lifecycle`](crate::lifecycle) what they were.
//!
//! Each call is written down before it is made, and made so that making it again is not doing it
//! again. Whoever waits here waits a few seconds at most; the work goes on behind them, and what a
//! crash leaves undone the reconciler finds.

mod ask;
mod cards;
mod declined;
mod hooks;
mod jobs;
mod pay;
mod reserve;
mod shut;
mod wait;

pub use ask::reconcile;
pub use cards::{CardFields, Kept, card_fields, keep_card, remove_card};
pub use hooks::{LONGEST_WORD, hear, settle_waiting};
pub use jobs::act;
pub use pay::{Outcome, look, pay, renew_ending, retry};
pub use reserve::{NotReserved, reserve_more};
pub use shut::{cancel, cancel_unpaid};

// As the checkout lists them.
pub use crate::payments::{SavedCard, saved_cards};
