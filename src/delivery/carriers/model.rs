use crate::db::db_enum;
use crate::db::schema::{carrier_bookings, carrier_words};
use crate::ids::{BookingId, DropId, OrderId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

db_enum! {
    pub enum BookingState {
        /// The carrier is asked, and has not answered for certain.
        Asked = "asked",
        Booked = "booked",
        /// A clear no.
        Refused = "refused",
        /// We do not want it any more, and the carrier is told so until it has answered.
        Ending = "ending",
        /// The carrier does not bring it, for certain.
        Ended = "ended",
        /// We did not want it any more, and it was too late: the carrier has it.
        Kept = "kept",
    }
}

impl BookingState {
    /// Whether this is the booking that its try to deliver counts on.
    pub const fn is_live(self) -> bool {
        match self {
            Self::Asked | Self::Booked => true,
            Self::Refused | Self::Ending | Self::Ended | Self::Kept => false,
        }
    }
}

/// A booking of one try to deliver at an outside carrier.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = carrier_bookings)]
pub struct Booking {
    pub id: BookingId,
    pub order_id: OrderId,
    pub drop_id: DropId,
    /// The carrier's name in the settings.
    pub carrier: String,
    pub state: BookingState,
    /// The carrier's number for it.
    pub reference: Option<String>,
    /// Why it was refused, or is given up.
    pub words: String,
    pub asked_at: DateTime<Utc>,
    /// When it was taken from the warehouse.
    pub collected_at: Option<DateTime<Utc>>,
    /// When the carrier is asked next how far it is; `None`: not any more, or not yet.
    pub ask_at: Option<DateTime<Utc>>,
}

db_enum! {
    /// What became of a carrier's word.
    pub enum WordDecision {
        /// It came before what it is about, or before it makes sense.
        Waiting = "waiting",
        Applied = "applied",
        AlreadyTrue = "already_true",
        /// Things have moved on: somebody here has to look.
        TooLate = "too_late",
        /// A word that is new to us: nothing follows from it.
        UnknownState = "unknown_state",
        /// Nothing of ours is known by this number.
        NotOurs = "not_ours",
    }
}

/// What a carrier has said, word for word.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = carrier_words)]
pub struct CarrierWord {
    /// The carrier's name in the settings, and the carrier's own id of the word.
    pub carrier: String,
    pub id: String,
    pub reference: String,
    pub said: String,
    pub body: Value,
    pub received_at: DateTime<Utc>,
    pub decision: WordDecision,
    pub decided_at: Option<DateTime<Utc>>,
    pub seen_at: Option<DateTime<Utc>>,
    /// When a newer one about the same thing, from which nothing follows either, came to stand for it.
    pub covered_at: Option<DateTime<Utc>>,
}
