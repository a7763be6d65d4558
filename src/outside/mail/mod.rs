//! Letters: queued in the transaction that gives cause for them, sent soon after by whoever
//! comes first, tried again for a day.
//!
//! Owns `outgoing_mail`.

mod actions;
mod folder;
mod mailer;
mod model;
mod postman;
mod store;

pub use actions::{queue, queue_about, send_due, sweep};
pub use folder::{Kept, Mailbox};
pub use mailer::Mailer;
pub use model::{Fate, Figures, GivenUp, Letter, Note, OnceMore};
pub use postman::Postman;
pub use store::{figures, given_up, given_up_count, try_again};
