//! What was said about when an order comes, for ever; and when it is expected now.
//!
//! Owns `promises` and `forecasts`. Promise 1 is the window chosen at the checkout; each later one
//! stands beside it, with who, why and when. Whether we were on time is measured against the first.
//! Of forecasts only the newest is kept: `forecast` reckons it, all others read it here.

mod forecasts;
mod model;
mod store;

pub use forecasts::{at_risk, claim, close_until, enrol, forecast_of, forecasts_of, forget, hurry, set};
pub use model::{Cause, Forecast, Promise, Reckoned, ToldDelay, agreed, is_news, is_sooner};
pub use store::{foreseen_of, insert, of_order, of_orders};
