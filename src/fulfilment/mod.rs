//! The warehouse's side of an order: who picks it, what became of each line, how it is packed.
//!
//! Owns `fulfilments`, `picks` and `bags`. The verbs in which these change together with stock,
//! money and drop are in `lifecycle`.

mod model;
mod picks;
mod queue;
mod store;

pub use model::{
    Bag, Fulfilment, FulfilmentState, Pick, PickState, Rest, Wanted, packed_by, share, substituted,
    substituted_rest, weighed,
};
pub use picks::*;
pub use queue::*;
pub use store::*;
