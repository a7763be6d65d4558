//! Who waits for something that is sold out, and the one letter that says it is back.
//!
//! Owns `awaited`. However stock comes back (an import, a count, a hold that ends), it is seen by looking: a
//! worker walks along the open wishes, a page of them at a time, and tells those whose product has free units.

mod actions;
mod letters;
mod model;
mod store;

pub use actions::{ask, sweep, tell_some};
pub use model::{Asked, Here};
pub use store::address_of;
