//! The sandbox payment gateway: Stripe's protocol for a machine without an account there.
//!
//! It keeps its own books in a journal, has its own card frame, asks payers on its own pages,
//! tells the shop by signed webhooks, and can be put into any mood. It shares no code with
//! the part of the shop that talks to it, and everything it shows says that it is a sandbox.

mod api;
mod books;
mod calls;
mod cards;
mod control;
mod draft;
mod faults;
mod form;
mod house;
mod intents;
mod journal;
mod listen;
mod methods;
mod model;
mod mood;
mod pages;
mod refunds;
mod refusal;
mod terms;
mod view;
mod webhooks;

#[cfg(test)]
mod tests;

pub use api::api;
pub(in crate::sandbox) use api::no_answer;
pub use house::{Gateway, Settings, Sorry};
pub(in crate::sandbox) use listen::serve;
pub use listen::{Listening, listen};
pub(in crate::sandbox) use model::Delivery;
pub use mood::Mood;
pub(in crate::sandbox) use mood::{Fate, Temper};
pub use pages::pages;
pub(in crate::sandbox) use webhooks::{caller, signature, wait_after};
