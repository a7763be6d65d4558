//! The append-only log: what happened, written once, in the transaction that made it true.
//!
//! Owns `events` and `outbox`. Everything else reads from here: history, projections, and,
//! by the outbox, whoever has to act on an event (see [`Event::consumers`]).

mod consumers;
mod kinds;
mod lines;
mod model;
mod outbox;
mod patterns;
mod replay;
mod write;

pub use lines::{LineChange, Ordered};
pub use model::{Consumer, Event, Recorded, Topic};
pub use outbox::{
    Acted, Job, Stuck, claim, done, give_up_count, given_up, put_off, stuck, stuck_count, told, try_again,
};
pub(crate) use patterns::{
    about_a_question, about_no_order, about_the_customer, about_the_goods, about_the_money, about_the_order,
    about_the_way,
};
pub use replay::{about_orders, about_shelves};
pub use write::{histories, history, last, messages, newest, record, record_all, version};
