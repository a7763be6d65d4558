//! One try to bring the goods: who has it, and how far they are.

use super::earliest;
use crate::delivery::{Failure, Proof};
use crate::ids::{DropId, StaffId};
use chrono::{DateTime, Utc};

/// Where an order's goods are. Customers read fewer words: see `tracker`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nobody has begun to pick it.
    Waiting,
    Picking,
    /// Packed, and nobody brings it yet.
    Packed,
    RiderAssigned,
    OnTheWay,
    /// The last try ended before a door that stayed shut, say.
    NotDelivered,
    Delivered,
}

/// What shows that it was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    pub by: Proof,
    /// The picture's SHA-256, where it is one.
    pub photo: Option<String>,
    at: DateTime<Utc>,
}

/// One try to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    pub id: DropId,
    pub attempt: i32,
    pub planned_at: DateTime<Utc>,
    pub rider: Option<StaffId>,
    /// The rider's first name, or the carrier's.
    pub by: Option<String>,
    /// The outside carrier that brings it, or was asked to; its number for it, and where to follow it.
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub tracking_url: Option<String>,
    pub assigned_at: Option<DateTime<Utc>>,
    /// Stays where the one who was to bring it is taken off.
    pub first_assigned_at: Option<DateTime<Utc>>,
    pub left_at: Option<DateTime<Utc>>,
    pub arrived_at: Option<DateTime<Utc>>,
    pub delivered_at: Option<DateTime<Utc>>,
    pub proved: Option<Proved>,
    pub failed: Option<(Failure, DateTime<Utc>)>,
}

impl Try {
    pub(super) fn planned(id: DropId, attempt: i32, planned_at: DateTime<Utc>) -> Self {
        Self {
            id,
            attempt,
            planned_at,
            rider: None,
            by: None,
            carrier: None,
            tracking_number: None,
            tracking_url: None,
            assigned_at: None,
            first_assigned_at: None,
            left_at: None,
            arrived_at: None,
            delivered_at: None,
            proved: None,
            failed: None,
        }
    }

    pub(super) fn give_to(&mut self, rider: Option<StaffId>, name: &str, at: DateTime<Utc>) {
        self.take_from();
        (self.rider, self.by, self.assigned_at) = (rider, Some(name.to_owned()), Some(at));
        earliest(&mut self.first_assigned_at, at);
    }

    /// Of two words the earlier one counts, whichever came first.
    pub(super) fn deliver(&mut self, proof: &str, photo: Option<&str>, at: DateTime<Utc>) {
        earliest(&mut self.delivered_at, at);
        let Ok(by) = proof.parse() else { return };
        let told = Proved { by, photo: photo.map(str::to_owned), at };
        let order = |p: &Proved| (p.at, p.by.as_str(), p.photo.clone());
        if self.proved.as_ref().is_none_or(|known| order(&told) < order(known)) {
            self.proved = Some(told);
        }
    }

    pub(super) fn ask(&mut self, carrier: &str) {
        self.carrier = Some(carrier.to_owned());
    }

    pub(super) fn book(
        &mut self,
        carrier: &str,
        number: &str,
        tracking_url: Option<String>,
        at: DateTime<Utc>,
    ) {
        self.give_to(None, carrier, at);
        self.ask(carrier);
        (self.tracking_number, self.tracking_url) = (Some(number.to_owned()), tracking_url);
    }

    pub(super) fn take_from(&mut self) {
        (self.rider, self.by, self.assigned_at) = (None, None, None);
        (self.carrier, self.tracking_number, self.tracking_url) = (None, None, None);
    }

    pub fn stage(&self) -> Stage {
        if self.delivered_at.is_some() {
            Stage::Delivered
        } else if self.failed.is_some() {
            Stage::NotDelivered
        } else if self.left_at.is_some() {
            Stage::OnTheWay
        } else if self.assigned_at.is_some() {
            Stage::RiderAssigned
        } else {
            Stage::Packed
        }
    }
}
