//! The windows of each zone, kept for a second: every page shows the next free ones, the checkout all.

use super::model::Window;
use super::store;
use crate::db::Changes;
use crate::ids::ZoneId;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

const KEPT: Duration = Duration::milliseconds(900);
const MOST: i64 = 8;

/// When they were read, and what they were.
type Known = (DateTime<Utc>, Arc<Vec<Window>>);

pub struct Upcoming {
    changes: Changes,
    zones: Mutex<HashMap<ZoneId, Known>>,
    /// With the number of the state they belong to: that one is full is heard of at once.
    calendars: Mutex<HashMap<ZoneId, (u64, Known)>>,
}

impl Upcoming {
    pub fn new(changes: Changes) -> Self {
        Self { changes, zones: Mutex::default(), calendars: Mutex::default() }
    }

    /// All windows of the days ahead for which one may still order, full ones too.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn calendar(
        &self,
        conn: &mut PgConnection,
        zone: ZoneId,
        now: DateTime<Utc>,
        days: i64,
    ) -> QueryResult<Arc<Vec<Window>>> {
        let present = self.changes.epoch();
        if let Some(windows) = self.known_calendar(zone, present, now) {
            return Ok(windows);
        }
        let windows = Arc::new(store::windows_between(conn, zone, now, now + Duration::days(days))?);
        if let Some(epoch) = present {
            let mut calendars = self.calendars.lock().unwrap_or_else(PoisonError::into_inner);
            calendars.insert(zone, (epoch, (now, Arc::clone(&windows))));
        }
        Ok(windows)
    }

    /// One window, which may be among those that are known.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn one(&self, conn: &mut PgConnection, id: i64, now: DateTime<Utc>) -> QueryResult<Option<Window>> {
        match self.known_one(id, now) {
            Some(window) => Ok(Some(window)),
            None => store::window(conn, id),
        }
    }

    fn known_one(&self, id: i64, now: DateTime<Utc>) -> Option<Window> {
        let present = self.changes.epoch();
        let calendars = self.calendars.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = calendars
            .values()
            .filter(|(epoch, known)| Some(*epoch) == present && still_true(known, now).is_some());
        fresh.flat_map(|(_, (_, windows))| windows.iter()).find(|w| w.id == id).cloned()
    }

    /// Reads a zone's windows anew the next time.
    pub fn forget(&self, zone: ZoneId) {
        self.calendars.lock().unwrap_or_else(PoisonError::into_inner).remove(&zone);
    }

    fn known_calendar(
        &self,
        zone: ZoneId,
        present: Option<u64>,
        now: DateTime<Utc>,
    ) -> Option<Arc<Vec<Window>>> {
        let calendars = self.calendars.lock().unwrap_or_else(PoisonError::into_inner);
        let (epoch, known) = calendars.get(&zone)?;
        if Some(*epoch) == present { still_true(known, now) } else { None }
    }

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
        still_true(zones.get(&zone)?, now)
    }
}

/// Within a second, and not in a past that a test's clock has come back to.
fn still_true((at, windows): &Known, now: DateTime<Utc>) -> Option<Arc<Vec<Window>>> {
    let age = now - *at;
    let fresh = age >= Duration::zero() && age < KEPT && windows.iter().all(|w| w.cutoff_at > now);
    fresh.then(|| Arc::clone(windows))
}
