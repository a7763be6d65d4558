//! What can be done with an account. Whatever changes one holds the customer's row first.

mod account;
mod reset;
mod sessions;
mod sign_up;

pub use account::{change_password, remember, set_details};
pub use reset::{request_reset, reset_is_open, reset_password};
pub use sessions::{SignedIn, customer_of, end_all, end_session, sign_in, sweep, whose_session};
pub use sign_up::{Finish, finish_sign_up, pending_sign_up, sign_up_from};
