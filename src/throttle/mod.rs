//! How often somebody may try: to sign in, to pay, to look an order up. Kept in the database,
//! so that a limit holds at every instance and after a restart.
//!
//! Owns `throttles`. Beside these limits stands `web::limits`, which is in memory and about
//! the number of requests as such.

mod actions;
mod model;

pub use actions::{first_within, give_all_back, give_back, look, settle, spend, sweep, take_note};
pub use model::{Key, Limited, Wait};
