use crate::clock;
use crate::db::schema::{delivery_windows, places, quotes, window_templates, zones};
use crate::ids::{IncidentId, PlaceId, QuoteId, ZoneId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;

/// Places with the same fee and the same windows.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = zones)]
pub struct Zone {
    pub id: ZoneId,
    pub code: String,
    pub name: String,
    pub fee_cents: Money,
    pub free_from_cents: Money,
    pub minimum_cents: Money,
}

/// A routing key we know of: the first three characters of its Eircodes.
#[derive(Debug, Clone, PartialEq, HasQuery)]
#[diesel(table_name = places)]
pub struct Place {
    pub id: PlaceId,
    pub routing_key: String,
    pub area: String,
    pub short_name: String,
    pub latitude: f64,
    pub longitude: f64,
    /// `None`: we know where it is, and do not go there.
    pub zone_id: Option<ZoneId>,
}

impl Place {
    /// `Rathmines, D06`
    pub fn label(&self) -> String {
        format!("{}, {}", self.short_name, self.routing_key)
    }

    /// Kilometres to a point, near enough for a town.
    pub fn distance_km(&self, latitude: f64, longitude: f64) -> f64 {
        const KM_PER_DEGREE: f64 = 111.2;
        let north = (self.latitude - latitude) * KM_PER_DEGREE;
        let east = (self.longitude - longitude) * KM_PER_DEGREE * latitude.to_radians().cos();
        north.hypot(east)
    }
}

/// A fee promised to somebody, and the terms that go with it. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = quotes, treat_none_as_default_value = false)]
pub struct Quote {
    pub id: QuoteId,
    pub place_id: PlaceId,
    pub zone_id: ZoneId,
    pub eircode: Option<String>,
    pub fee_cents: Money,
    pub free_from_cents: Money,
    pub minimum_cents: Money,
    pub given_at: DateTime<Utc>,
    pub valid_until: DateTime<Utc>,
}

impl Quote {
    pub const fn terms(&self) -> Terms {
        Terms { fee: self.fee_cents, free_from: self.free_from_cents, minimum: self.minimum_cents }
    }
}

/// What delivery costs, given what is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub fee: Money,
    pub free_from: Money,
    pub minimum: Money,
}

impl Terms {
    /// The fee for goods of this value (after discounts).
    pub fn fee_for(&self, goods: Money) -> Money {
        if goods >= self.free_from { Money::ZERO } else { self.fee }
    }
}

/// A time in which we come, and how much room it has.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = delivery_windows)]
pub struct Window {
    pub id: i64,
    pub zone_id: ZoneId,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub cutoff_at: DateTime<Utc>,
    pub capacity: i32,
    pub taken: i32,
    /// The incident that closes it.
    pub closed_by: Option<IncidentId>,
}

impl Window {
    pub const fn is_full(&self) -> bool {
        self.taken >= self.capacity
    }

    /// Whether nobody comes in it, whatever room it has.
    pub const fn is_closed(&self) -> bool {
        self.closed_by.is_some()
    }

    /// `Tue 24 Nov, 18:00–20:00`
    pub fn label(&self, zone: Tz) -> String {
        clock::window_label(zone, self.starts_at, self.ends_at)
    }

    /// `18:00–20:00`
    pub fn hours(&self, zone: Tz) -> String {
        format!("{}–{}", clock::time_label(zone, self.starts_at), clock::time_label(zone, self.ends_at))
    }
}

/// One window of every week. Minutes are of the shop's own clock.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = window_templates)]
pub struct WindowTemplate {
    pub zone_id: ZoneId,
    /// `12345` for Monday to Friday.
    pub weekdays: String,
    pub start_minute: i32,
    pub minutes: i32,
    pub capacity: i32,
    /// Before the start; less than 0 for after it.
    pub cutoff_minutes: i32,
}
