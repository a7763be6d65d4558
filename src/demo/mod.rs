//! A town's supermarket to try the shop with: departments, products, offers, places and
//! windows, from files inside the binary, and one staff account of each role.
//!
//! Loading it again changes nothing: known rows stay as they are (products follow their
//! file, unless the shop has loaded them itself), counted stock is left alone, and only
//! an offer whose time is over gets new dates, so that there is always one running.

mod coupons;
mod delivery;
mod files;
mod load;
mod offers;
mod shelves;
mod staff;

pub use files::FileError;
pub use load::{DemoError, Report, load};
pub use staff::{ACCOUNTS, PASSWORD};

/// Nobody's: what the receipts of a demonstration show.
pub const VAT_NUMBER: &str = "IE1234567T";
