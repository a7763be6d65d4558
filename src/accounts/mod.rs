//! Customers: who they are, how they prove it, and for how long that is believed.
//!
//! Owns `customers`, `customer_sessions`, `sign_ups` and `password_resets`.
//!
//! Nobody learns here whether somebody has an account: a wrong password reads the same for a
//! mail that is unknown and takes as long; who signs up or asks for a new password is answered
//! the same either way, and the rest is in a letter to the owner of the address.

mod actions;
mod letters;
mod model;
mod passwords;
mod store;
mod token;

pub use actions::{
    Finish, SignedIn, change_password, customer_of, end_all, end_session, finish_sign_up, pending_sign_up,
    remember, request_reset, reset_is_open, reset_password, set_details, sign_in, sign_up_from, sweep,
    whose_session,
};
pub use model::{Contact, Customer, Details, Pending, Secret, email, given_password, password_problem};
pub use passwords::{Crowded, Passwords, fresh_password, hash_here};
pub use store::{by_email, by_id, secret_of};
pub use token::Token;
