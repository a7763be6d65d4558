//! Incidents: what closes a zone, a window or everything for a while, and the orders that have to wait
//! because of it.
//!
//! Owns `incidents` and `incident_orders`.

mod closing;
mod model;
mod moves;
mod store;

pub use closing::{
    affected_orders, close_windows, later_windows, note_affected, on_the_way_in, reopen_windows, soon_windows,
};
pub use model::{Affected, Incident, IncidentKind, Moving, Outcome, Scope};
pub use moves::{
    affected, count_affected, lock_moving, moving, next_to_move, put_off_move, set_outcome, try_moves_again,
};
pub use store::{end_incident, incident, incidents_before, insert_incident, lock_incident, open_incidents};
