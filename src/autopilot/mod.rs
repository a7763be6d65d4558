//! The demonstration's hands: a picker, a dispatcher and riders who work by themselves, so that one can watch an
//! order's whole life without being four people. Each part can be taken over by hand on `/sandbox`, which shows
//! the town, and made to go wrong.
//!
//! They do nothing that people cannot do: they call the same verbs, as the demonstration's own staff.

mod acts;
mod crew;
mod dispatching;
mod map;
mod pages;
mod papers;
mod picking;
mod plan;
mod riding;
mod scene;
mod words;

pub use crew::{Autopilot, fly, round};
pub use pages::routes;
