//! Why it is late, in one sentence that everybody reads.

use super::model::{Facts, Stage};
use crate::promises::Cause;

/// `rider`: the first name of who brings it, where somebody does.
pub(super) fn sentence(cause: Cause, facts: &Facts, rider: Option<&str>) -> String {
    let who = rider.unwrap_or("Your rider");
    match cause {
        Cause::PaymentWaiting => {
            "Your payment has not come through yet, and we begin to pick as soon as it has.".to_owned()
        }
        Cause::StockShort => {
            "Something you ordered was not on its shelf, and finding it takes us longer.".to_owned()
        }
        Cause::QueueTooLong => match facts.stage {
            Stage::Riding(riding) if riding.has_left => {
                format!("The stops before yours take {who} longer than we had planned.")
            }
            Stage::Riding(_) => format!("{who} has more to bring before yours than we had planned."),
            Stage::Unpaid { .. }
            | Stage::Unpacked(_)
            | Stage::Packed { .. }
            | Stage::NotFound { .. }
            | Stage::Undecided => "Picking takes longer than we had planned.".to_owned(),
        },
        Cause::NoRider => "We have not found a rider for your order yet.".to_owned(),
        Cause::RiderSilent => format!("{who} has your order, and we cannot reach them just now."),
        Cause::RiderStopped => match facts.stage {
            Stage::Riding(riding) if riding.has_left => format!("{who} had to stop on the way to you."),
            Stage::Riding(riding) if riding.is_away => {
                format!("{who} had to stop on the way to a door before yours.")
            }
            Stage::Unpaid { .. }
            | Stage::Unpacked(_)
            | Stage::Packed { .. }
            | Stage::Riding(_)
            | Stage::NotFound { .. }
            | Stage::Undecided => {
                "The rider who had your order had to stop, and another one takes over.".to_owned()
            }
        },
        Cause::WrongAddress => {
            "We could not find your address: tell your rider how, and we come again.".to_owned()
        }
        Cause::Closure => "We cannot drive to you for a while.".to_owned(),
    }
}
