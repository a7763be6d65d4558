//! When picking starts: until then what is in an order can be changed.

use super::{Dossier, Voice};
use crate::clock;
use crate::config::Forecast as Pace;
use chrono::{DateTime, Utc};

impl Voice {
    /// When picking starts as far as one can know: counted back from when the order is to be packed, by
    /// how long its lines usually take. Nothing once somebody has begun, and where nobody is to.
    pub fn picking_starts(&self, dossier: &Dossier, pace: &Pace) -> Option<DateTime<Utc>> {
        let lines = i32::try_from(dossier.lines.len()).unwrap_or(i32::MAX);
        Some(clock::about(dossier.pack_by? - pace.picking(lines)))
    }

    /// Until when its customer may change it. A picker takes what is due first and does not wait for the
    /// time, so it is never said to be certain.
    pub fn until_picking(&self, dossier: &Dossier, pace: &Pace) -> Option<String> {
        let at = self.picking_starts(dossier, pace)?;
        Some(if at > self.now {
            format!(
                "You can change what is in it until about {}, when picking starts. It may start sooner where nothing else is to be picked.",
                self.time(at)
            )
        } else {
            "You can change what is in it until picking starts, which may be at any moment now.".to_owned()
        })
    }
}
