//! When each open order will be at its door, and why it will be late.
//!
//! `facts` reads what is known of many orders at once, [`foresee`] reckons from that alone, and `rounds`
//! keeps the newest forecast of each order and tells a customer once whose window cannot be kept.
//! `trial` plays deliveries through the same function, to see how far off it is.

mod facts;
mod model;
mod reach;
mod rounds;
mod store;
mod trial;
mod words;

pub use model::{Facts, Outlook, Picking, Riding, Stage, foresee};
pub use rounds::round;
pub use trial::{Trial, play};
