//! Where an order is, in one word: for lists, for programs, and for the steps.

use super::{Line, Tone};
use crate::lifecycle::{Stage, Status, Story};

/// Where a confirmed order is, in the words of its customer. Finer than the four steps, and of one
/// try to deliver it never goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Confirmed,
    Picking,
    Packed,
    /// The one who was to bring it cannot.
    AnotherRider,
    RiderAssigned,
    OnTheWay,
    NotDelivered,
    Delivered,
}

impl Reading {
    pub(super) fn of(story: &Story) -> Self {
        let goods = &story.goods;
        if story.status == Status::Completed {
            return Self::Delivered;
        }
        let had_a_rider = goods.last_try().is_some_and(|t| t.first_assigned_at.is_some());
        match goods.stage() {
            Stage::Waiting => Self::Confirmed,
            Stage::Picking => Self::Picking,
            Stage::Packed if had_a_rider => Self::AnotherRider,
            Stage::Packed => Self::Packed,
            Stage::RiderAssigned => Self::RiderAssigned,
            Stage::OnTheWay => Self::OnTheWay,
            Stage::NotDelivered => Self::NotDelivered,
            Stage::Delivered => Self::Delivered,
        }
    }

    /// Which of the four steps that is.
    pub(super) const fn step(self) -> usize {
        match self {
            Self::Confirmed | Self::Picking | Self::Packed => 0,
            Self::AnotherRider | Self::RiderAssigned => 1,
            Self::OnTheWay => 2,
            Self::NotDelivered | Self::Delivered => 3,
        }
    }

    pub(super) const fn badge(self) -> (Tone, &'static str, &'static str) {
        match self {
            Self::Confirmed => (Tone::Good, "circle-check", "Confirmed"),
            Self::Picking => (Tone::Good, "shopping-basket", "Being picked"),
            Self::Packed => (Tone::Good, "shopping-basket", "Packed"),
            Self::AnotherRider => (Tone::Info, "bike", "Finding another rider"),
            Self::RiderAssigned => (Tone::Good, "bike", "Rider assigned"),
            Self::OnTheWay => (Tone::Good, "bike", "On the way"),
            Self::NotDelivered => (Tone::Warn, "triangle-alert", "Not delivered yet"),
            Self::Delivered => (Tone::Plain, "check", "Delivered"),
        }
    }

    /// For programs.
    const fn code(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Picking => "picking",
            Self::Packed => "packed",
            Self::AnotherRider => "finding_rider",
            Self::RiderAssigned => "rider_assigned",
            Self::OnTheWay => "on_the_way",
            Self::NotDelivered => "not_delivered",
            Self::Delivered => "delivered",
        }
    }
}

/// The state in a word or three, for lists.
pub fn badge(story: &Story) -> Line {
    let (tone, icon, words) = match &story.money() {
        Status::Checking => (Tone::Info, "clock", "Checking your payment"),
        Status::ToApprove { .. } => (Tone::Warn, "triangle-alert", "Waits for your approval"),
        Status::NotPaid { .. } if story.status == Status::Confirmed => {
            (Tone::Bad, "circle-alert", "To be paid anew")
        }
        Status::NotPaid { .. } => (Tone::Bad, "circle-alert", "Not paid yet"),
        Status::Confirmed | Status::Completed => Reading::of(story).badge(),
        Status::Cancelled(_) => (Tone::Plain, "circle-x", "Cancelled"),
    };
    Line { tone, icon, point: "", words: words.to_owned() }
}

/// The state for programs, one word.
pub(in crate::tracker) fn code(story: &Story) -> &'static str {
    match &story.money() {
        Status::Checking => "checking",
        Status::ToApprove { .. } => "to_approve",
        Status::NotPaid { .. } => "not_paid",
        Status::Confirmed | Status::Completed => Reading::of(story).code(),
        Status::Cancelled(_) => "cancelled",
    }
}
