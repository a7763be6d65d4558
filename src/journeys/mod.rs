//! Footsteps: visits, places, searches, products seen, basket changes, for the
//! managers' funnel.
//!
//! Owns `journey_events`, append-only. No page waits for it: steps go into a queue
//! that one thread empties in batches; when it is full, steps are dropped and counted.
//! Nothing is recorded for whoever asked not to be tracked or said no. Who said yes is
//! known by a random cookie; who said nothing yet only by a pseudonym that changes each
//! day and cannot be traced back (a keyed hash of day, address and browser), so nothing
//! is stored on their device.

mod recorder;
mod who;

pub use recorder::{Kind, Recorder, Step};
pub use who::{CONSENT_COOKIE, Choice, SESSION_COOKIE, VISITOR_COOKIE, Walker, first_touch};
