//! Outside carriers: asked over HTTP to bring a drop, how far it is, and for its label.
//!
//! The protocol is small and plain (JSON, a bearer key): see [`Carrier`]. A booking is asked for under
//! our own key for it, so that asking again is never booking twice. What a carrier says is read
//! leniently: unknown fields and words are passed over.

mod client;
mod model;
mod read;

pub use client::{Carrier, Carriers};
pub use model::{Address, CarrierError, Label, NewShipment, Said, Shipment, Stage};
pub use read::said;
