//! What was said about when an order comes, for ever.
//!
//! Owns `promises`. Version 1 is the window chosen at the checkout; each later one stands beside
//! it, with who, why and when. Whether we were on time is measured against the first.

mod model;
mod store;

pub use model::Promise;
pub use store::{insert, of_order, of_orders};
