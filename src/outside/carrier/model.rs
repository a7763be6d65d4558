use crate::ids::{BookingId, OrderNumber};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::fmt;

/// A drop as a carrier is asked to bring it. Made of our rows alone, so that the same can be asked again.
/// A gate's code is not in it: that is for our own riders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewShipment {
    #[serde(skip)]
    pub key: BookingId,
    pub reference: OrderNumber,
    pub to: Address,
    pub from_time: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub bags: usize,
}

/// Whom it is brought to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Address {
    pub name: String,
    pub phone: String,
    pub line: String,
    pub company: String,
    pub town: String,
    pub eircode: String,
    pub leave_at: String,
    pub note: String,
}

/// What a carrier knows of what it was asked to bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipment {
    /// The carrier's number, by which people ask for it.
    pub id: String,
    pub tracking_url: Option<String>,
    pub is_cancelled: bool,
    /// Everything that happened to it so far.
    pub said: Vec<Said>,
}

/// Something that a carrier says has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The carrier's own id of this word: sent again it is the same one.
    pub id: String,
    /// The carrier's number for what it is about.
    pub shipment: String,
    /// The carrier's word for what has happened, as it was said.
    pub word: String,
    pub stage: Stage,
    pub at: Option<DateTime<Utc>>,
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It will be brought. Nothing has happened to it yet.
    Booked,
    /// It was taken from the warehouse.
    Collected,
    OnTheWay,
    AtTheDoor,
    Delivered,
    /// Not delivered; why, in the carrier's word.
    Failed(String),
    /// It will not be brought.
    Cancelled,
    /// A word that is new to us.
    Unknown,
}

/// What is stuck on the bags, as the carrier made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// `application/pdf` or `image/png`.
    pub kind: &'static str,
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CarrierError {
    /// A clear no, in the carrier's words.
    Refused(String),
    /// The carrier knows nothing by this name.
    NotFound,
    /// Nobody knows whether it was done: a time-out, a broken line, a 5xx. Ask again.
    Unclear(String),
    /// Our key or address is wrong: nothing is done until somebody corrects it.
    Misconfigured(String),
}

impl fmt::Display for CarrierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::NotFound => f.write_str("not known at the carrier"),
            Self::Unclear(why) => write!(f, "no clear answer: {why}"),
            Self::Misconfigured(why) => write!(f, "the carrier's settings are wrong: {why}"),
        }
    }
}
