//! A case is opened by a customer, and taken, answered and closed at the desk. Each is one transaction
//! that holds the order's row, so that a case has one colleague and an order a bounded number of cases.

use super::model::{Case, CaseState, Report};
use super::store;
use crate::events::{self, Event};
use crate::ids::{Actor, CaseId, StaffId};
use crate::orders;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// All that is answered to one case. The table says the same.
const LONGEST_ANSWERS: usize = 8_000;

/// Why that cannot be. Nothing has changed.
#[derive(Debug)]
pub enum CaseError {
    /// The order has as many as one may have; ring us.
    TooMany,
    /// Somebody else has done something with it since it was looked at.
    ChangedSince(Box<Case>),
    Closed,
    /// So much has been said that it is better to ring.
    Full,
    Unknown,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for CaseError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// A customer says that something is not right. The same report again is the same case.
///
/// # Errors
/// `TooMany`, or `Unknown` where the id is another order's.
pub fn report(conn: &mut PgConnection, report: &Report, now: DateTime<Utc>) -> Result<Case, CaseError> {
    conn.transaction(|conn| {
        orders::lock_order(conn, report.order)?;
        if let Some(known) = store::by_id(conn, report.id)? {
            return if known.order_id == report.order { Ok(known) } else { Err(CaseError::Unknown) };
        }
        let before = store::of_order(conn, report.order)?.len();
        if i64::try_from(before).unwrap_or(i64::MAX) >= store::MOST_OF_ORDER {
            return Err(CaseError::TooMany);
        }
        let case = Case {
            id: report.id,
            order_id: report.order,
            kind: report.kind,
            words: report.words.clone(),
            positions: report.positions.clone().into(),
            state: CaseState::Open,
            staff_id: None,
            answer: String::new(),
            opened_at: now,
            taken_at: None,
            answered_at: None,
            closed_at: None,
            version: 1,
        };
        store::insert(conn, &case)?;
        let event = Event::ProblemReported { case: case.id, what: case.kind.as_str().to_owned() };
        events::record(conn, case.order_id.0, &event, Actor::Customer, now)?;
        Ok(case)
    })
}

/// A colleague takes a case, or takes it over. One's own again changes nothing.
///
/// # Errors
/// `ChangedSince` when somebody else was there first.
pub fn take(
    conn: &mut PgConnection,
    id: CaseId,
    seen: i32,
    staff: StaffId,
    now: DateTime<Utc>,
) -> Result<(), CaseError> {
    conn.transaction(|conn| {
        let case = lock(conn, id)?;
        if case.state == CaseState::Taken && case.staff_id == Some(staff) {
            return Ok(());
        }
        as_seen(&case, seen, CaseState::Taken)?;
        store::set_taken(conn, id, staff, now)?;
        told(conn, &case, &Event::CaseTaken { case: id }, staff, now)
    })
}

/// The customer is answered; the words go out by mail and stand on the order's page.
///
/// # Errors
/// `ChangedSince` when somebody else was there first.
pub fn answer(
    conn: &mut PgConnection,
    id: CaseId,
    seen: i32,
    words: &str,
    staff: StaffId,
    now: DateTime<Utc>,
) -> Result<(), CaseError> {
    conn.transaction(|conn| {
        let case = lock(conn, id)?;
        if case.state == CaseState::Answered && case.staff_id == Some(staff) && case.answer.ends_with(words) {
            return Ok(());
        }
        as_seen(&case, seen, CaseState::Answered)?;
        // What was said before stays said.
        let all =
            if case.answer.is_empty() { words.to_owned() } else { format!("{}\n\n{words}", case.answer) };
        if all.chars().count() > LONGEST_ANSWERS {
            return Err(CaseError::Full);
        }
        store::set_answered(conn, id, (staff, case.taken_at.unwrap_or(now)), &all, now)?;
        told(conn, &case, &Event::CaseAnswered { case: id }, staff, now)
    })
}

/// There is nothing left to do. Doing it again changes nothing.
///
/// # Errors
/// `ChangedSince` when somebody else has written since.
pub fn close(
    conn: &mut PgConnection,
    id: CaseId,
    seen: i32,
    staff: StaffId,
    now: DateTime<Utc>,
) -> Result<(), CaseError> {
    conn.transaction(|conn| {
        let case = lock(conn, id)?;
        if case.state == CaseState::Closed {
            return Ok(());
        }
        as_seen(&case, seen, CaseState::Closed)?;
        let held = (case.staff_id.unwrap_or(staff), case.taken_at.unwrap_or(now));
        store::set_closed(conn, id, held, now)?;
        told(conn, &case, &Event::CaseClosed { case: id }, staff, now)
    })
}

/// The order's row guards its cases.
fn lock(conn: &mut PgConnection, id: CaseId) -> Result<Case, CaseError> {
    let found = store::by_id(conn, id)?.ok_or(CaseError::Unknown)?;
    orders::lock_order(conn, found.order_id)?;
    store::by_id(conn, id)?.ok_or(CaseError::Unknown)
}

fn as_seen(case: &Case, seen: i32, next: CaseState) -> Result<(), CaseError> {
    if case.state == CaseState::Closed {
        return Err(CaseError::Closed);
    }
    if case.version != seen || !case.state.may_become(next) {
        return Err(CaseError::ChangedSince(Box::new(case.clone())));
    }
    Ok(())
}

fn told(
    conn: &mut PgConnection,
    case: &Case,
    event: &Event,
    staff: StaffId,
    now: DateTime<Utc>,
) -> Result<(), CaseError> {
    Ok(events::record(conn, case.order_id.0, event, Actor::Staff(staff), now)?)
}
