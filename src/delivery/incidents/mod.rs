//! Incidents: what closes a zone, a window or everything for a while, and the orders that have to wait
//! because of it.
//!
//! Owns `incidents` and `incident_orders`.

mod model;
mod store;

pub use model::{Affected, Incident, IncidentKind, Moving, Outcome, Scope};
pub use store::{
    affected, affected_orders, close_windows, count_affected, end_incident, incident, incidents_before,
    insert_incident, later_windows, lock_incident, lock_moving, moving, next_to_move, note_affected,
    on_the_way_in, open_incidents, put_off_move, reopen_windows, set_outcome, soon_windows, try_moves_again,
};
