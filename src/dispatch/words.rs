//! Why something could not be done, for those who drive and those who send them.

use super::assign::GiveError;
use super::views::hours;
use crate::delivery::Drop;
use crate::lifecycle::{CarrierError, DriveError};
use crate::promises::Promise;
use crate::storefront::Shop;

/// What its customer was told instead of the window they chose: `told 18:30–19:00`. `None`: that their
/// window holds after all.
pub(crate) fn told(shop: &Shop, drop: &Drop, foreseen: &Promise) -> Option<String> {
    let (starts, ends) = (foreseen.starts_at, foreseen.ends_at);
    let differs = (starts, ends) != (drop.starts_at, drop.ends_at);
    differs.then(|| format!("told {}", hours(shop, starts, ends)))
}

/// A sentence, and where one can do something, what.
pub(crate) fn refusal(e: &DriveError) -> String {
    match e {
        DriveError::Unknown => "There is no such drop or rider.".to_owned(),
        DriveError::NotYours => "Another rider brings this one.".to_owned(),
        DriveError::OnTheWay => {
            "The rider has left with it: it is theirs until they have been there.".to_owned()
        }
        DriveError::Collected => {
            "The carrier has collected it: it is theirs until they say what became of it.".to_owned()
        }
        DriveError::Over(_) => "This drop has ended already.".to_owned(),
        DriveError::NotPacked => "The order is over, or it is not packed.".to_owned(),
        DriveError::CheckAge(years) => {
            format!("Check first that whoever takes it is {years} or older, and say so here.")
        }
        DriveError::NotAlone(years) => {
            format!(
                "Not left alone: somebody has to show that they are {years} or older. Take the code or a name."
            )
        }
        DriveError::NoPicture => "The picture did not come with it. Take it again.".to_owned(),
        DriveError::PayFirst(due) => format!("{due} is to be paid first. Say how it was paid."),
        DriveError::Money(_) => "The money for it is not reserved any more. Call dispatch.".to_owned(),
        DriveError::StillOpen => "Another try has not ended yet.".to_owned(),
        DriveError::Db(_) => "The shop could not be reached. Try again.".to_owned(),
    }
}

pub(super) fn not_given(e: &GiveError) -> String {
    match e {
        GiveError::Full => "This rider carries as many as they can at that time.".to_owned(),
        GiveError::OtherZone => "This rider is sent to another zone.".to_owned(),
        GiveError::OffShift => "This rider is not on shift.".to_owned(),
        GiveError::Drive(e) => refusal(e),
    }
}

/// What a carrier may not be given, and why.
pub(super) fn not_for_carriers(e: &CarrierError) -> String {
    match e {
        CarrierError::Age(years) => format!(
            "Not for a carrier: somebody has to show that they are {years} or older, and carriers check nobody. \
             Give it to a rider."
        ),
        CarrierError::PaysAtDoor(due) => {
            format!(
                "Not for a carrier: {due} is paid at the door, and carriers take no money for us. Give it to a rider."
            )
        }
        CarrierError::Already => "A carrier has it already. Cancel that booking first.".to_owned(),
        CarrierError::Drive(e) => refusal(e),
    }
}
