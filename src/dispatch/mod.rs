//! Who brings what: riders are found for what is packed.

mod assign;

pub use assign::{Found, act};
