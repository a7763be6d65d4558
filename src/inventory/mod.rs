//! Stock: what stands on the shelves, what of it is promised to somebody, and every unit that
//! came or went.
//!
//! Owns `stock_holds` and `stock_movements`; `stock.held` is the sum of the holds, and each change of
//! `stock.on_hand` is a movement with its reason, written in the same transaction.

mod holds;
mod movements;

pub use holds::{HoldError, Short, Wanted, hold, release};
pub use movements::{
    Moved, Movement, Reason, Shelf, StockError, TakeError, count, lock, lock_as_seen, movements_of, put_back,
    put_on_shelf, receive, reopen, shelf, shelves, shelves_along, take_free, take_held,
};
