//! Care: a customer says that something is not right with an order, and somebody of the shop looks into it.
//!
//! Owns `cases`. What was written is personal and stands there alone; that it was written, taken,
//! answered and closed stands in the log.

mod actions;
mod model;
mod store;

pub use actions::{CaseError, answer, close, report, take};
pub use model::{Case, CaseState, Problem, Report};
pub use store::{by_id, count, done, of_order, to_do};
