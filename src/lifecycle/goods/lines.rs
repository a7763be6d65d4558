//! What became of an order's lines, and what its customer was asked about them.

use crate::money::Money;
use chrono::{DateTime, Utc};

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub position: i32,
    /// What stands in for it.
    pub instead: Option<String>,
    pub units: i32,
    pub grams: Option<i64>,
    pub sum: Money,
    /// What stands in for those that were missing.
    pub rest: Option<StandIn>,
}

/// What stands in for a part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    pub name: String,
    pub units: i32,
    pub grams: Option<i64>,
    pub sum: Money,
}

impl Line {
    /// What the line comes to, with what stands in for its rest.
    pub fn total(&self) -> Money {
        self.sum + self.rest.as_ref().map_or(Money::ZERO, |rest| rest.sum)
    }

    /// How many of so many were missing and have nothing in their place: something may still come.
    pub fn missing_of(&self, ordered: i32) -> i32 {
        let is_partly_there = self.units > 0 && self.instead.is_none() && self.rest.is_none();
        if is_partly_there { (ordered - self.units).max(0) } else { 0 }
    }
}

/// Whether something else may come in a line's place, as its customer was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    pub position: i32,
    pub product: i64,
    pub name: String,
    pub units: i32,
    /// The most they pay for it.
    pub sum: Money,
    pub at: DateTime<Utc>,
    /// No answer until then is no.
    pub until: DateTime<Utc>,
    /// What they said first.
    pub yes: Option<bool>,
}

impl Ask {
    /// Whether an answer is still awaited.
    pub fn waits(&self, now: DateTime<Utc>) -> bool {
        self.yes.is_none() && self.until > now
    }
}
