//! Outside carriers: asks them, outside any transaction, and tells `lifecycle` what they said. What they
//! say by themselves comes by a signed webhook; what is lost of that is asked for.

mod hear;
mod hooks;
mod jobs;
mod label;
mod poll;

pub use hear::settle_waiting;
pub use hooks::{LONGEST_WORD, hear};
pub use jobs::act;
pub use label::{NoLabel, label};
pub use poll::poll;
