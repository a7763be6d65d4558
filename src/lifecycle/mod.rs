//! The few verbs in which order, stock, money and window change together.
//!
//! Each is one transaction that takes its rows in one order, always: basket, coupon, stock by
//! key, windows by key; or order, attempts. Nothing here waits for anybody outside: what is to be
//! asked of the gateway is asked before or after, and its answer comes in by [`payment_settled`].

mod cancel;
mod capture;
mod claim;
mod pay;
mod place;
mod refund;
mod renew;
mod settle;
mod status;

pub use cancel::{CancelError, Cancelled, cancel};
pub use capture::{CaptureError, HandedOver, ask_capture, capture_failed, settle_at_door};
pub use claim::{Errand, Shut, begin_paying, begin_shutting, errand, given_up, refused};
pub use pay::{PayError, start_attempt};
pub use place::{
    Confirming, Gone, Paying, PlaceError, Placed, Placement, Reckoned, place_held, place_order, reckon,
};
pub use refund::{
    AskedBack, RefundError, RefundOf, ask_refund, ask_refund_again, hand_back, refund_failed, refund_settled,
};
pub use renew::renew;
pub use settle::{Source, payment_settled};
pub use status::{Back, Release, Status, Story, Try};
