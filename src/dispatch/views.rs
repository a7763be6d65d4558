//! The board in finished words.

use super::assign;
use super::route::Point;
use crate::clock;
use crate::delivery::{Drop, DropState, Rider};
use crate::ids::{DropId, StaffId, ZoneId};
use crate::storefront::Shop;
use chrono::{DateTime, Duration, Utc};
use std::collections::HashMap;

/// Packed and without a rider for longer: somebody has to look.
const RIDER_WITHIN: Duration = Duration::minutes(5);
/// Whose rider has not left by then will hardly be in time.
const LEAVES_BEFORE: Duration = Duration::minutes(20);

/// What is wrong with a drop, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trouble {
    Late,
    NoRider,
    /// On the way, and nothing is heard of the rider.
    Silent,
    AtRisk,
    Fine,
}

impl Trouble {
    pub(super) fn of(
        drop: &Drop,
        reached: Option<DateTime<Utc>>,
        is_silent: bool,
        now: DateTime<Utc>,
    ) -> Self {
        if drop.ends_at < now {
            Self::Late
        } else if drop.state == DropState::Planned && drop.planned_at + RIDER_WITHIN <= now {
            Self::NoRider
        } else if is_silent {
            Self::Silent
        } else if reached.is_some_and(|at| at > drop.ends_at)
            || (drop.left_at.is_none() && drop.ends_at - LEAVES_BEFORE <= now)
        {
            Self::AtRisk
        } else {
            Self::Fine
        }
    }

    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Late => "Late: window over",
            Self::NoRider => "No rider in time",
            Self::Silent => "Rider silent",
            Self::AtRisk => "At risk",
            Self::Fine => "",
        }
    }

    pub(super) const fn tone(self) -> &'static str {
        match self {
            Self::Late | Self::NoRider => "bad",
            Self::Silent | Self::AtRisk => "warn",
            Self::Fine => "idle",
        }
    }

    pub(super) const fn icon(self) -> &'static str {
        match self {
            Self::Late => "circle-alert",
            Self::NoRider => "bike",
            Self::Silent => "phone",
            Self::AtRisk => "triangle-alert",
            Self::Fine => "check",
        }
    }
}

/// A drop that is still to be delivered.
pub(super) struct Line {
    pub(super) id: DropId,
    pub(super) number: String,
    pub(super) place: String,
    pub(super) window: String,
    /// What the customer was told instead of it.
    pub(super) told: Option<String>,
    pub(super) state: &'static str,
    pub(super) state_icon: &'static str,
    pub(super) state_tone: &'static str,
    pub(super) trouble: Trouble,
    /// Why it is in trouble, and what to do.
    pub(super) reason: String,
    /// `Tomasz, stop 2, there about 18:12`
    pub(super) rider: String,
    /// What stands there where nobody has it.
    pub(super) nobody: &'static str,
    pub(super) rider_id: Option<StaffId>,
    pub(super) can_change: bool,
    pub(super) attempt: i32,
    pub(super) carriers: Carried,
}

/// Whether a carrier brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried {
    No,
    /// Asked, and not answered yet.
    Asked,
    Booked,
}

impl Carried {
    pub(super) const fn of(drop: &Drop) -> Self {
        match (&drop.carrier, &drop.carrier_ref) {
            (None, _) => Self::No,
            (Some(_), None) => Self::Asked,
            (Some(_), Some(_)) => Self::Booked,
        }
    }
}

impl Line {
    pub(super) fn has_trouble(&self) -> bool {
        self.trouble != Trouble::Fine
    }

    pub(super) fn has_rider(&self) -> bool {
        !self.rider.is_empty()
    }

    pub(super) fn is_carried(&self) -> bool {
        self.carriers != Carried::No
    }

    pub(super) fn has_label(&self) -> bool {
        self.carriers == Carried::Booked
    }

    pub(super) fn is_with(&self, rider: &StaffId) -> bool {
        self.rider_id == Some(*rider)
    }
}

/// A rider on shift, and what they carry.
pub(super) struct Driver {
    pub(super) id: StaffId,
    pub(super) name: String,
    /// What is in their hands now, and all they still have to bring.
    pub(super) load: usize,
    pub(super) stops: usize,
    pub(super) capacity: i32,
    pub(super) heard: String,
    /// Only while they are on the way.
    pub(super) whereabouts: Option<String>,
    /// The one zone they are sent to.
    pub(super) zone: Option<ZoneId>,
}

impl Driver {
    pub(super) fn is_sent_to(&self, zone: &ZoneId) -> bool {
        self.zone == Some(*zone)
    }

    /// As the form has it.
    pub(super) fn zone_word(&self) -> String {
        self.zone.map(|zone| zone.to_string()).unwrap_or_default()
    }
}

/// A try that came to nothing, and has no next one yet.
pub(super) struct Failed {
    pub(super) id: DropId,
    pub(super) number: String,
    pub(super) why: &'static str,
    pub(super) at: String,
}

/// An order that is still in the warehouse though it was to be packed by now.
pub(super) struct Unpacked {
    pub(super) number: String,
    pub(super) reason: String,
}

/// When each drop is reached, by the runs as they stand.
pub(super) fn forecasts(
    riders: &[Rider],
    open: &[Drop],
    home: Point,
    now: DateTime<Utc>,
) -> HashMap<DropId, DateTime<Utc>> {
    riders.iter().flat_map(|rider| assign::forecast(rider, &run_of(open, rider.id), home, now)).collect()
}

fn run_of(open: &[Drop], rider: StaffId) -> Vec<Drop> {
    let mut stops: Vec<Drop> = open.iter().filter(|d| d.rider_id == Some(rider)).cloned().collect();
    stops.sort_by_key(|d| (d.stop, d.ends_at, d.id));
    stops
}

pub(super) fn window(shop: &Shop, drop: &Drop) -> String {
    hours(shop, drop.starts_at, drop.ends_at)
}

/// `16:00–18:00`, `tomorrow, 08:00–10:00`
pub(super) fn hours(shop: &Shop, starts: DateTime<Utc>, ends: DateTime<Utc>) -> String {
    let (zone, now) = (shop.app.config.shop.zone, shop.app.clock.now());
    let times = format!("{}–{}", clock::time_label(zone, starts), clock::time_label(zone, ends));
    match clock::near_day(zone, now, starts) {
        Some("today") => times,
        Some(day) => format!("{day}, {times}"),
        None => clock::window_label(zone, starts, ends),
    }
}

pub(super) fn state(drop: &Drop) -> (&'static str, &'static str, &'static str) {
    match drop.state {
        DropState::Planned if drop.is_a_carriers() => ("Carrier asked", "send", "idle"),
        DropState::Planned => ("Packed, no rider", "bike", "idle"),
        DropState::RiderAssigned if drop.is_a_carriers() => ("Carrier booked", "package", "idle"),
        DropState::RiderAssigned => ("Rider assigned", "clock", "idle"),
        DropState::OnTheWay if drop.arrived_at.is_some() => ("At the door", "map-pin", "info"),
        DropState::OnTheWay => ("On the way", "truck", "info"),
        DropState::Delivered => ("Delivered", "check", "ok"),
        DropState::Failed => ("Not delivered", "house", "bad"),
    }
}

/// `20 s ago`
pub(super) fn ago(now: DateTime<Utc>, at: Option<DateTime<Utc>>) -> String {
    let Some(at) = at else { return "never".to_owned() };
    let seconds = (now - at).num_seconds().max(0);
    match seconds {
        0..=59 => format!("{seconds} s ago"),
        60..=3_599 => format!("{} min ago", seconds / 60),
        3_600..=86_399 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
