//! Where we go, in memory: the places and zones are settings of the shop, read on every step of the
//! way to an order and changed by the week.

use super::find::{Answer, Query, find_among};
use super::model::{Place, Zone};
use super::store;
use crate::db::Changes;
use crate::ids::ZoneId;
use diesel::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// All places we know of, and all zones, as they were at one moment.
#[derive(Debug)]
pub struct Area {
    places: Vec<Place>,
    zones: Vec<Zone>,
}

impl Area {
    /// # Errors
    /// When the database does not answer.
    pub fn find(&self, conn: &mut PgConnection, query: &Query) -> QueryResult<Answer> {
        find_among(conn, &self.places, query)
    }

    pub fn zone(&self, id: ZoneId) -> Option<&Zone> {
        self.zones.iter().find(|z| z.id == id)
    }
}

/// Keeps the area as long as nothing about delivery has changed.
pub struct Atlas {
    changes: Changes,
    kept: Mutex<Option<(u64, Arc<Area>)>>,
}

impl Atlas {
    pub fn new(changes: Changes) -> Self {
        Self { changes, kept: Mutex::default() }
    }

    /// # Errors
    /// When the database does not answer.
    pub fn area(&self, conn: &mut PgConnection) -> QueryResult<Arc<Area>> {
        // Asked for before the reading: what changes meanwhile makes this one old.
        let present = self.changes.epoch();
        if let Some(area) = self.known(present) {
            return Ok(area);
        }
        let area = Arc::new(Area { places: store::all_places(conn)?, zones: store::all_zones(conn)? });
        if let Some(epoch) = present {
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((epoch, Arc::clone(&area)));
        }
        Ok(area)
    }

    fn known(&self, present: Option<u64>) -> Option<Arc<Area>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (epoch, area) = kept.as_ref()?;
        (Some(*epoch) == present).then(|| Arc::clone(area))
    }
}
