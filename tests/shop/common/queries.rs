//! Every statement that a shop sends to its database, heard by diesel's own instrumentation.

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use smartshop::db::SERVING_ROLE;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

static HEARD: LazyLock<Mutex<HashMap<String, Vec<String>>>> = LazyLock::new(Mutex::default);

/// What no page asks for: the listener's heartbeat, and footsteps that are written later.
const UPKEEP: [&str; 2] = ["SELECT 1 ", "INSERT INTO \"journey_events\""];

#[derive(Default)]
struct Ear {
    /// Of a connection of the serving role; the others are the tests' own.
    database: Option<String>,
}

impl Instrumentation for Ear {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartEstablishConnection { url, .. } = event {
            self.database = url.contains(SERVING_ROLE).then(|| {
                url.rsplit('/').next().unwrap_or_default().split('?').next().unwrap_or_default().to_owned()
            });
        } else if let InstrumentationEvent::StartQuery { query, .. } = event
            && let Some(database) = &self.database
        {
            let query = query.to_string();
            if !UPKEEP.iter().any(|upkeep| query.starts_with(upkeep)) {
                let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
                heard.entry(database.clone()).or_default().push(query);
            }
        }
    }
}

pub(super) fn listen() {
    set_default_instrumentation(|| Some(Box::<Ear>::default())).expect("instrumentation");
}

pub(super) fn of(database: &str) -> Vec<String> {
    let heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
    heard.get(database).cloned().unwrap_or_default()
}
