//! Every wire that leaves the process. Each is an enum of the real one and a stand-in.
//!
//! Nothing is sent while a transaction is open: what is to go out is written down first, and
//! sent once that is committed.

pub mod mail;
