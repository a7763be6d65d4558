//! The proof that the log tells everything: states, stock, balances, promises and timelines are
//! built from events alone, into empty tables of a schema of their own, and laid beside the live ones.
//!
//! Owns the schema `rebuilt`, which is made anew each time.

mod actions;
mod compare;
mod order;
mod shelves;
mod tables;

pub use actions::{Report, rebuild};
pub use compare::{Compared, Differing};
