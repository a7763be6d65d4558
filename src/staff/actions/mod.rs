//! What can be done about somebody's access. Whatever decides about it holds their row first.

mod access;
mod request;
mod reset;
mod sessions;

pub use access::{Decided, add, end_access, give_role};
pub use request::{Asking, Finish, ask, finish, request_of};
pub use reset::{ResetKey, request_reset, reset_is_open, reset_password};
pub use sessions::{Begun, begin_session, change_password, end_others, end_session, sweep, who_is};
