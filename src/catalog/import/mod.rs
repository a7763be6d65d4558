//! Products from a file: our own columns or a Shopify export, told apart by the header.
//!
//! Importing the same file twice changes nothing, not even a row's version, so nobody
//! hears of it. Columns a file does not have are left as they are on known products: a
//! list of new prices takes no allergens away. Counted stock is never overwritten.

mod fields;
mod groups;
mod line_ends;
mod load;
mod ours;
mod plain;
mod product;
mod report;
mod shopify;
mod size;
mod source;
mod store;

pub use load::{Options, import_products};
pub use report::{BadRow, Format, ImportError, MOST_SHOWN, Report};
