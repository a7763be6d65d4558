//! Footsteps: visits, places, searches, products seen, basket changes, for the
//! managers' funnel.
//!
//! Owns `journey_events`, append-only. No page waits for it: steps go into a queue
//! that one thread empties in batches; when it is full, steps are dropped and counted.
//! Nothing is recorded for whoever asked not to be tracked or said no, nor for programs
//! that say what they are. Who said yes is known by a random cookie; who said nothing yet
//! only by a pseudonym that changes each day and cannot be traced back (a keyed hash of
//! day, address and browser), so nothing is stored on their device.
//!
//! A session is a run of steps of one visitor with less than 30 minutes between them. Its
//! number is random, its first step is its one `visit`, and that carries the first touch:
//! the page it began with, the other site that led there, the campaign. It begins when a
//! page has been answered or a form has done something; a missing page, a picture or a
//! list of suggestions begins none. Somebody who says yes begins a session of their own:
//! it takes over the first touch, and nothing else joins it to what went before.
//!
//! Which sessions are running is known to one process, in memory. Without a cookie a
//! visitor who comes to another instance, or comes back after a restart, after midnight
//! (UTC) or once 8,000 others have come, begins another session; with one it goes on.

mod arrival;
mod recorder;
mod sessions;
mod who;

pub use recorder::{Kind, Recorder};
pub use who::{CONSENT_COOKIE, Choice, SESSION_COOKIE, VISITOR_COOKIE, Walker};
