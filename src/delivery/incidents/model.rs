use crate::db::db_enum;
use crate::db::schema::{incident_orders, incidents};
use crate::delivery::Window;
use crate::ids::{IncidentId, OrderId, StaffId, ZoneId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

db_enum! {
    pub enum IncidentKind {
        Fire = "fire",
        Snow = "snow",
        VanBroken = "van_broken",
        Other = "other",
    }
}

impl IncidentKind {
    /// For colleagues.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fire => "Fire",
            Self::Snow => "Snow or ice",
            Self::VanBroken => "Van broken",
            Self::Other => "Something else",
        }
    }

    /// Why we cannot come, as every customer reads it.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Fire => "We cannot come as promised: there was a fire.",
            Self::Snow => "We cannot come as promised: snow and ice close the roads.",
            Self::VanBroken => "We cannot come as promised: a van has broken down.",
            Self::Other => "We cannot come as promised: we have to close for a while.",
        }
    }
}

/// What an incident closes: windows that reach into its time, of one zone or of all; or one window alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    pub zone: Option<ZoneId>,
    pub window: Option<i64>,
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
}

impl Scope {
    pub fn closes(&self, window: &Window) -> bool {
        let is_named = self.window.is_none_or(|id| id == window.id);
        let is_there = self.zone.is_none_or(|zone| zone == window.zone_id);
        is_named && is_there && window.starts_at < self.ends && window.ends_at > self.starts
    }
}

#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = incidents)]
pub struct Incident {
    /// Made with its preview, so that it happens once however often it is sent.
    pub id: IncidentId,
    pub kind: IncidentKind,
    pub zone_id: Option<ZoneId>,
    pub window_id: Option<i64>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    /// For colleagues.
    pub note: String,
    pub made_by: StaffId,
    pub made_at: DateTime<Utc>,
    pub ended_by: Option<StaffId>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl Incident {
    pub const fn scope(&self) -> Scope {
        Scope { zone: self.zone_id, window: self.window_id, starts: self.starts_at, ends: self.ends_at }
    }
}

db_enum! {
    /// What an incident came to for an order.
    pub enum Outcome {
        /// It has a later window, and its customer is told.
        Moved = "moved",
        /// No later window has room; its customer is told and can choose or cancel.
        NoLater = "no_later",
        /// Nothing was to be done: it is over, on its way, or its customer has chosen another time.
        Stays = "stays",
        /// It was tried many times: somebody has to look.
        Failed = "failed",
    }
}

/// An order that an incident moves.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = incident_orders)]
pub struct Moving {
    pub incident_id: IncidentId,
    pub order_id: OrderId,
    pub place: i32,
    /// The window it had.
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub tries: i32,
    /// None: still to be done.
    pub outcome: Option<Outcome>,
    /// The window it has instead.
    pub new_starts_at: Option<DateTime<Utc>>,
    pub new_ends_at: Option<DateTime<Utc>>,
}

/// An order that an incident would move, and the window it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    pub order: OrderId,
    pub zone: ZoneId,
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
}
