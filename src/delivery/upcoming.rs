//! The next free windows of each zone, kept for a second: every page shows them.

use super::model::Window;
use super::store;
use crate::ids::ZoneId;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

const KEPT: Duration = Duration::milliseconds(900);
const MOST: i64 = 8;

/// When they were read, and what they were.
type Known = (DateTime<Utc>, Arc<Vec<Window>>);

#[derive(Default)]
pub struct Upcoming {
    zones: Mutex<HashMap<ZoneId, Known>>,
}

impl Upcoming {
    /// The next windows with room for which one may still order, the soonest to close first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn of(
        &self,
        conn: &mut PgConnection,
        zone: ZoneId,
        now: DateTime<Utc>,
    ) -> QueryResult<Arc<Vec<Window>>> {
        if let Some(known) = self.known(zone, now) {
            return Ok(known);
        }
        let mut windows = store::next_free(conn, zone, now, MOST)?;
        windows.sort_by_key(|w| (w.starts_at, w.ends_at));
        let windows = Arc::new(windows);
        let mut zones = self.zones.lock().unwrap_or_else(PoisonError::into_inner);
        zones.insert(zone, (now, Arc::clone(&windows)));
        Ok(windows)
    }

    /// The same, if it is known without asking.
    pub fn known(&self, zone: ZoneId, now: DateTime<Utc>) -> Option<Arc<Vec<Window>>> {
        let zones = self.zones.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, windows) = zones.get(&zone)?;
        // Within a second, and not in a past that a test's clock has come back to.
        let age = now - *at;
        let fresh = age >= Duration::zero() && age < KEPT && windows.iter().all(|w| w.cutoff_at > now);
        fresh.then(|| Arc::clone(windows))
    }
}
