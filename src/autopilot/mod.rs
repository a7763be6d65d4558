//! The demonstration's hands: a picker and riders who work by themselves, so that one can watch an
//! order's whole life without being four people. Each part can be switched off and done by hand.
//!
//! It does nothing that people cannot do: it calls the same verbs, as the demonstration's own staff.

mod crew;
mod instead;
mod pages;
mod plan;

pub use crew::{Autopilot, fly, round};
pub use pages::routes;
