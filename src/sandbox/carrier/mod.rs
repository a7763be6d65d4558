//! The sandbox carrier: an outside carrier for a machine that has none. It takes bookings, prints labels
//! and tells by signed webhooks what somebody says on its page has happened to them; nothing is brought.
//!
//! It keeps its books in a file, can be put into any mood, and shares no code with the part of the shop
//! that talks to it. Everything it shows says that it is a sandbox.

mod api;
mod house;
mod label;
mod model;
mod pages;
mod sender;

#[cfg(test)]
mod tests;

pub use api::api;
pub use house::{Carrier, Settings};
pub use pages::pages;
