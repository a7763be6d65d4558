use crate::db::db_enum;
use crate::db::schema::{drops, rider_uploads};
use crate::ids::{DropId, OrderId, StaffId, ZoneId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

db_enum! {
    pub enum DropState {
        Planned = "planned",
        RiderAssigned = "rider_assigned",
        OnTheWay = "on_the_way",
        Delivered = "delivered",
        Failed = "failed",
    }
}

/// Metres between two points of a town, along a straight line.
pub fn metres((latitude, longitude): (f64, f64), (to_latitude, to_longitude): (f64, f64)) -> i64 {
    const PER_DEGREE: f64 = 111_200.0;
    let north = (latitude - to_latitude) * PER_DEGREE;
    let east = (longitude - to_longitude) * PER_DEGREE * latitude.to_radians().cos();
    let away = north.hypot(east).clamp(0.0, 1e9).round();
    #[expect(clippy::cast_possible_truncation, reason = "rounded, and far below what the number holds")]
    let metres = away as i64;
    metres
}

impl DropState {
    /// Which state may follow. A word that comes late may skip some; none goes back but a rider
    /// who is taken off before they have left.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Planned, Self::RiderAssigned | Self::OnTheWay | Self::Delivered | Self::Failed)
            | (Self::RiderAssigned, Self::Planned | Self::OnTheWay | Self::Delivered | Self::Failed)
            | (Self::OnTheWay, Self::Delivered | Self::Failed)
            // Of two words about one try, whichever comes first, that it was delivered counts.
            | (Self::Failed, Self::Delivered) => true,
            (
                Self::Planned | Self::RiderAssigned | Self::OnTheWay | Self::Delivered | Self::Failed,
                Self::Planned | Self::RiderAssigned | Self::OnTheWay | Self::Delivered | Self::Failed,
            ) => false,
        }
    }

    pub const fn is_open(self) -> bool {
        match self {
            Self::Planned | Self::RiderAssigned | Self::OnTheWay => true,
            Self::Delivered | Self::Failed => false,
        }
    }
}

db_enum! {
    /// Why an order could not be delivered.
    pub enum Failure {
        NobodyThere = "nobody_there",
        WrongAddress = "wrong_address",
        NoAccess = "no_access",
        Refused = "refused",
        /// Nobody there was old enough for what is in it.
        TooYoung = "too_young",
        NotPaid = "not_paid",
        Damaged = "damaged",
        RiderStopped = "rider_stopped",
        /// An outside carrier does not bring it, and says nothing that we know of why.
        CarrierStopped = "carrier_stopped",
        Cancelled = "cancelled",
    }
}

impl Failure {
    /// Whether somebody has stood at the customer's door.
    pub const fn was_at_the_door(self) -> bool {
        match self {
            Self::NobodyThere | Self::NoAccess | Self::Refused | Self::TooYoung | Self::NotPaid => true,
            Self::WrongAddress
            | Self::Damaged
            | Self::RiderStopped
            | Self::CarrierStopped
            | Self::Cancelled => false,
        }
    }

    /// As the customer reads it, behind "We could not deliver: ".
    pub const fn words(self) -> &'static str {
        match self {
            Self::NobodyThere => "nobody was there",
            Self::WrongAddress => "we could not find the address",
            Self::NoAccess => "we could not get to the door",
            Self::Refused => "it was not accepted",
            Self::TooYoung => "nobody there could show that they are old enough",
            Self::NotPaid => "it was not paid at the door",
            Self::Damaged => "it was damaged on the way",
            Self::RiderStopped => "our rider had to stop",
            Self::CarrierStopped => "the carrier could not bring it",
            Self::Cancelled => "the order was cancelled",
        }
    }
}

db_enum! {
    /// What shows that it was handed to somebody.
    pub enum Proof {
        /// The code that only the customer knows.
        Code = "code",
        /// The name of whoever took it.
        Name = "name",
        /// A picture of where it was left.
        Photo = "photo",
        /// Left where the customer had asked.
        SafePlace = "safe_place",
        /// An outside carrier says so.
        Carrier = "carrier",
    }
}

db_enum! {
    /// What became of a word from a rider's device.
    pub enum Heard {
        Applied = "applied",
        AlreadyTrue = "already_true",
        TooLate = "too_late",
        Refused = "refused",
    }
}

/// One try to deliver an order.
#[derive(Debug, Clone, PartialEq, HasQuery, Insertable)]
#[diesel(table_name = drops)]
pub struct Drop {
    pub id: DropId,
    pub order_id: OrderId,
    /// The first, the second.
    pub attempt: i32,
    pub state: DropState,
    pub zone_id: ZoneId,
    /// When it is to be there.
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub latitude: f64,
    pub longitude: f64,
    pub rider_id: Option<StaffId>,
    /// Its place among the stops of its rider.
    pub stop: i32,
    /// An outside carrier by the name people read, its number for it, and where one can follow it.
    /// Without a number it has been asked and has not answered yet.
    pub carrier: Option<String>,
    pub carrier_ref: Option<String>,
    pub tracking_url: Option<String>,
    pub planned_at: DateTime<Utc>,
    pub assigned_at: Option<DateTime<Utc>>,
    pub left_at: Option<DateTime<Utc>>,
    pub arrived_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub failure: Option<Failure>,
    pub proof: Option<Proof>,
    /// Who took it, or where it was left.
    pub proof_detail: String,
    /// Of the picture, where that is the proof.
    pub photo_sha256: Option<String>,
    pub version: i32,
}

impl Drop {
    /// Whether an outside carrier brings it, or has been asked to.
    pub const fn is_a_carriers(&self) -> bool {
        self.carrier.is_some()
    }
}

/// A word of a rider's device, kept once under the device's own id.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = rider_uploads)]
pub struct Upload {
    pub id: Uuid,
    pub rider_id: StaffId,
    pub drop_id: Option<DropId>,
    pub kind: String,
    pub body: serde_json::Value,
    /// By the device's clock.
    pub happened_at: DateTime<Utc>,
    pub received_at: DateTime<Utc>,
    pub decision: Heard,
    /// What the rider was told.
    pub answer: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drop_never_goes_back_once_its_rider_has_left() {
        for from in [DropState::OnTheWay, DropState::Delivered, DropState::Failed] {
            for to in [DropState::Planned, DropState::RiderAssigned] {
                assert!(!from.may_become(to), "{from} {to}");
            }
        }
        assert!(DropState::ALL.iter().all(|next| !DropState::Delivered.may_become(*next)));
    }

    #[test]
    fn every_failure_reads_as_the_end_of_a_sentence() {
        for failure in Failure::ALL {
            let words = failure.words();
            assert!(
                words.starts_with(|c: char| c.is_ascii_lowercase()) && !words.ends_with('.'),
                "{failure}"
            );
        }
    }
}
