//! SQL over the orders that an incident moves. No decisions here: each function is one statement.

use super::model::{Moving, Outcome};
use crate::db::Ready as _;
use crate::db::schema::incident_orders;
use crate::ids::{IncidentId, OrderId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// The next order that is to be moved, held until the transaction ends; one that somebody else holds
/// is theirs.
///
/// # Errors
/// When the database does not answer.
pub fn next_to_move(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Option<Moving>> {
    Moving::query()
        .filter(incident_orders::outcome.is_null().and(incident_orders::due_at.le(now)))
        .order((incident_orders::due_at, incident_orders::incident_id, incident_orders::place))
        .for_no_key_update()
        .skip_locked()
        .first(conn)
        .optional()
}

/// An order of an incident.
///
/// # Errors
/// When the database does not answer.
pub fn moving(conn: &mut PgConnection, id: IncidentId, order: OrderId) -> QueryResult<Option<Moving>> {
    Moving::query().find((id, order)).first(conn).optional()
}

/// An order of an incident, held until the transaction ends. Before the order's own row, always.
///
/// # Errors
/// When the database does not answer.
pub fn lock_moving(conn: &mut PgConnection, id: IncidentId, order: OrderId) -> QueryResult<Option<Moving>> {
    Moving::query().find((id, order)).for_no_key_update().first(conn).optional()
}

/// All that came to this outcome are still to be done, from now on. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn try_moves_again(
    conn: &mut PgConnection,
    id: IncidentId,
    outcome: Outcome,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(incident_orders::table)
        .filter(incident_orders::incident_id.eq(id).and(incident_orders::outcome.eq(outcome)))
        .set((
            incident_orders::outcome.eq(None::<Outcome>),
            incident_orders::tries.eq(0),
            incident_orders::due_at.eq(now),
        ))
        .execute(conn)
}

/// What it came to. The caller holds the row.
///
/// # Errors
/// When the database does not answer.
pub fn set_outcome(
    conn: &mut PgConnection,
    moving: &Moving,
    outcome: Outcome,
    to: Option<(DateTime<Utc>, DateTime<Utc>)>,
) -> QueryResult<()> {
    diesel::update(incident_orders::table.find((moving.incident_id, moving.order_id)))
        .set((
            incident_orders::outcome.eq(outcome),
            incident_orders::new_starts_at.eq(to.map(|(starts, _)| starts)),
            incident_orders::new_ends_at.eq(to.map(|(_, ends)| ends)),
        ))
        .execute(conn)
        .map(drop)
}

/// It did not work this time.
///
/// # Errors
/// When the database does not answer.
pub fn put_off_move(
    conn: &mut PgConnection,
    moving: &Moving,
    due_at: DateTime<Utc>,
    given_up: bool,
) -> QueryResult<()> {
    diesel::update(incident_orders::table.find((moving.incident_id, moving.order_id)))
        .filter(incident_orders::outcome.is_null())
        .set((
            incident_orders::tries.eq(incident_orders::tries + 1),
            incident_orders::due_at.eq(due_at),
            incident_orders::outcome.eq(given_up.then_some(Outcome::Failed)),
        ))
        .execute(conn)
        .map(drop)
}

/// A page of an incident's orders with one outcome, from behind a place on.
///
/// # Errors
/// When the database does not answer.
pub fn affected(
    conn: &mut PgConnection,
    id: IncidentId,
    outcome: Outcome,
    behind: i32,
    most: i64,
) -> QueryResult<Vec<Moving>> {
    Moving::query()
        .filter(incident_orders::incident_id.eq(id).and(incident_orders::outcome.eq(outcome)))
        .filter(incident_orders::place.gt(behind))
        .order(incident_orders::place)
        .limit(most)
        .load(conn)
}

/// How many orders of each incident came to what; those still to be done under none.
///
/// # Errors
/// When the database does not answer.
pub fn count_affected(
    conn: &mut PgConnection,
    ids: &[IncidentId],
) -> QueryResult<Vec<(IncidentId, Option<Outcome>, i64)>> {
    incident_orders::table
        .filter(incident_orders::incident_id.eq_any(ids))
        .group_by((incident_orders::incident_id, incident_orders::outcome))
        .select((incident_orders::incident_id, incident_orders::outcome, diesel::dsl::count_star()))
        .ready()
        .load(conn)
}
