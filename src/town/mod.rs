//! The town of a demonstration: which of its parts people have taken over, and what somebody has asked to go
//! wrong. One for all instances: a switch that one process alone knew of would hold only its own hands.
//!
//! Owns `town_parts` and `town_troubles`. No other shop has a row in them.

mod model;
mod store;

pub use model::{Part, Trouble};
pub use store::*;
