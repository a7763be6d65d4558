//! Who works here: who they are, what they may open, and where they are signed in.
//!
//! Owns `staff_members`, `staff_requests` and `staff_sessions`.
//!
//! Nobody gives themselves access: who asks proves their mail address by a letter, and an admin
//! says what they may open. As with customers nobody learns from an answer who works here.

mod actions;
mod area;
mod browser;
mod letters;
mod model;
mod store;

pub use actions::{
    Asking, Begun, Decided, Finish, ResetKey, add, ask, begin_session, change_password, end_access,
    end_others, end_session, finish, give_role, request_of, request_reset, reset_is_open, reset_password,
    sweep, who_is,
};
pub use area::{Area, Role};
pub use browser::browser_words;
pub use model::{Access, Member, OnDuty, Secret, Session, is_of_the_demo};
pub use store::{
    active_admins, by_email, by_id, members, names_of, secret_of, sessions_of, waiting, waiting_count,
};
