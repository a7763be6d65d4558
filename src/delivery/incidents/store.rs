//! SQL over incidents. No decisions here: each function is one statement.

use super::model::Incident;
use crate::db::schema::incidents;
use crate::ids::{IncidentId, StaffId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// At once there are a few.
const MOST_OPEN: i64 = 200;

/// `false`: it is there already.
///
/// # Errors
/// When the database does not answer.
pub fn insert_incident(conn: &mut PgConnection, incident: &Incident) -> QueryResult<bool> {
    let inserted =
        diesel::insert_into(incidents::table).values(incident).on_conflict_do_nothing().execute(conn)?;
    Ok(inserted == 1)
}

/// # Errors
/// When the database does not answer.
pub fn incident(conn: &mut PgConnection, id: IncidentId) -> QueryResult<Option<Incident>> {
    Incident::query().find(id).first(conn).optional()
}

/// Holds its row until the transaction ends.
///
/// # Errors
/// `NotFound` when there is none.
pub fn lock_incident(conn: &mut PgConnection, id: IncidentId) -> QueryResult<Incident> {
    Incident::query().find(id).for_no_key_update().first(conn)
}

/// The newest first, from before one on.
///
/// # Errors
/// When the database does not answer.
pub fn incidents_before(
    conn: &mut PgConnection,
    before: Option<(DateTime<Utc>, IncidentId)>,
    most: i64,
) -> QueryResult<Vec<Incident>> {
    let mut query =
        Incident::query().order((incidents::made_at.desc(), incidents::id.desc())).limit(most).into_boxed();
    if let Some((at, id)) = before {
        let earlier = incidents::made_at.lt(at);
        query = query.filter(earlier.or(incidents::made_at.eq(at).and(incidents::id.lt(id))));
    }
    query.load(conn)
}

/// Those that last.
///
/// # Errors
/// When the database does not answer.
pub fn open_incidents(conn: &mut PgConnection) -> QueryResult<Vec<Incident>> {
    Incident::query()
        .filter(incidents::ended_at.is_null())
        .order(incidents::ends_at)
        .limit(MOST_OPEN)
        .load(conn)
}

/// # Errors
/// When the database does not answer.
pub fn end_incident(
    conn: &mut PgConnection,
    id: IncidentId,
    by: StaffId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(incidents::table.find(id))
        .set((incidents::ended_at.eq(now), incidents::ended_by.eq(by)))
        .execute(conn)
        .map(drop)
}
