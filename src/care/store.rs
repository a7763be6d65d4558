//! SQL over cases. No decisions here: each function is one statement.

use super::model::{Case, CaseState};
use crate::db::schema::cases;
use crate::ids::{CaseId, OrderId, StaffId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// An order has no more.
pub(super) const MOST_OF_ORDER: i64 = 10;

pub(super) fn insert(conn: &mut PgConnection, case: &Case) -> QueryResult<()> {
    diesel::insert_into(cases::table).values(case).execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn by_id(conn: &mut PgConnection, id: CaseId) -> QueryResult<Option<Case>> {
    Case::query().find(id).first(conn).optional()
}

/// An order's, the first one first.
///
/// # Errors
/// When the database does not answer.
pub fn of_order(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<Case>> {
    Case::query()
        .filter(cases::order_id.eq(order))
        .order((cases::opened_at, cases::id))
        .limit(MOST_OF_ORDER)
        .load(conn)
}

/// A page of what is not closed, what has waited longest at the top, from behind one of them on.
///
/// # Errors
/// When the database does not answer.
pub fn to_do(
    conn: &mut PgConnection,
    behind: Option<(DateTime<Utc>, CaseId)>,
    most: i64,
) -> QueryResult<Vec<Case>> {
    let mut query = Case::query()
        .filter(cases::state.ne(CaseState::Closed))
        .order((cases::opened_at, cases::id))
        .limit(most)
        .into_boxed();
    if let Some((at, id)) = behind {
        query = query.filter(cases::opened_at.gt(at).or(cases::opened_at.eq(at).and(cases::id.gt(id))));
    }
    query.load(conn)
}

/// A page of what is closed, the newest first, from behind one of them on.
///
/// # Errors
/// When the database does not answer.
pub fn done(
    conn: &mut PgConnection,
    behind: Option<(DateTime<Utc>, CaseId)>,
    most: i64,
) -> QueryResult<Vec<Case>> {
    let closed = cases::closed_at.assume_not_null();
    let mut query = Case::query()
        .filter(cases::state.eq(CaseState::Closed))
        .order((cases::closed_at.desc(), cases::id.desc()))
        .limit(most)
        .into_boxed();
    if let Some((at, id)) = behind {
        query = query.filter(closed.lt(at).or(closed.eq(at).and(cases::id.lt(id))));
    }
    query.load(conn)
}

/// How many are not closed.
///
/// # Errors
/// When the database does not answer.
pub fn count(conn: &mut PgConnection) -> QueryResult<i64> {
    cases::table.filter(cases::state.ne(CaseState::Closed)).count().get_result(conn)
}

pub(super) fn set_taken(
    conn: &mut PgConnection,
    id: CaseId,
    staff: StaffId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(cases::table.find(id))
        .set((
            cases::state.eq(CaseState::Taken),
            cases::staff_id.eq(staff),
            cases::taken_at.eq(now),
            cases::version.eq(cases::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

pub(super) fn set_answered(
    conn: &mut PgConnection,
    id: CaseId,
    (staff, taken_at): (StaffId, DateTime<Utc>),
    words: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(cases::table.find(id))
        .set((
            cases::state.eq(CaseState::Answered),
            cases::staff_id.eq(staff),
            cases::taken_at.eq(taken_at),
            cases::answer.eq(words),
            cases::answered_at.eq(now),
            cases::version.eq(cases::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

pub(super) fn set_closed(
    conn: &mut PgConnection,
    id: CaseId,
    (staff, taken_at): (StaffId, DateTime<Utc>),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(cases::table.find(id))
        .set((
            cases::state.eq(CaseState::Closed),
            cases::staff_id.eq(staff),
            cases::taken_at.eq(taken_at),
            cases::closed_at.eq(now),
            cases::version.eq(cases::version + 1),
        ))
        .execute(conn)
        .map(drop)
}
