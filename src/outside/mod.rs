//! Every wire that leaves the process.
//!
//! What stands on the other side is outside: a call can fail, hang, or succeed without our
//! hearing of it, and each of these is a value here, never a guess. Nothing is sent while a
//! transaction is open: what is to go out is written down first, and sent once that is committed.
//! Calls block, so they are made in a [`Lane`] of threads of their own, where a silent peer keeps
//! neither pages nor database waiting.

pub mod carrier;
pub mod gateway;
mod lane;
pub mod mail;
mod signature;

pub use lane::{Lane, LaneFull};
pub use signature::{BadSignature, check as check_signature, sign};
