//! Baskets: what someone means to buy, where they live, and what it comes to.
//!
//! Owns `baskets` and `basket_lines`. A basket belongs to whoever holds its signed
//! token; it keeps the quote of the place, so place and fee survive with it.

mod actions;
mod join;
mod kept;
mod model;
mod owned;
mod store;
mod totals;

pub use actions::{Changed, SetError, Wish, acknowledge, change_place, empty, load, set_quantity};
pub use join::{Joined, has_place, join, move_on};
pub use kept::{Before, Kept};
pub use model::{Basket, Line, MAX_QUANTITY, Spot};
pub use store::{hold, lock, version};
pub use totals::{TaxLine, Totals};
