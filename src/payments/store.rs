//! SQL over the money's tables. No decisions here: each function is one statement.

use super::model::{Attempt, AttemptState, Balance, Capture, CaptureState, PayBy, Refund};
use crate::db::schema::{captures, payment_attempts, refunds};
use crate::ids::{AttemptId, CaptureId, OrderId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// More tries than this no order gets.
const MOST_ATTEMPTS: i64 = 100;

/// # Errors
/// `UniqueViolation` of `payment_attempts_one_standing` when another one can still bring money.
pub fn insert_attempt(conn: &mut PgConnection, attempt: &Attempt) -> QueryResult<()> {
    diesel::insert_into(payment_attempts::table).values(attempt).execute(conn).map(drop)
}

/// # Errors
/// `NotFound` when there is none.
pub fn attempt(conn: &mut PgConnection, id: AttemptId) -> QueryResult<Attempt> {
    Attempt::query().find(id).first(conn)
}

/// Holds the attempt's row until the transaction ends.
///
/// # Errors
/// `NotFound` when there is none.
pub fn lock_attempt(conn: &mut PgConnection, id: AttemptId) -> QueryResult<Attempt> {
    Attempt::query().find(id).for_update().first(conn)
}

/// All tries to pay an order, the first one first.
///
/// # Errors
/// When the database does not answer.
pub fn attempts_of(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<Attempt>> {
    Attempt::query()
        .filter(payment_attempts::order_id.eq(order))
        .order((payment_attempts::made_at, payment_attempts::id))
        .limit(MOST_ATTEMPTS)
        .load(conn)
}

/// The one that can still bring money, or has.
///
/// # Errors
/// When the database does not answer.
pub fn standing_attempt(conn: &mut PgConnection, order: OrderId) -> QueryResult<Option<Attempt>> {
    Attempt::query()
        .filter(payment_attempts::order_id.eq(order))
        .filter(payment_attempts::state.eq_any([
            AttemptState::Created,
            AttemptState::Processing,
            AttemptState::Authorised,
        ]))
        .filter(payment_attempts::standby.eq(false))
        .first(conn)
        .optional()
}

/// Those the gateway is to be asked about, the longest waiting first.
///
/// # Errors
/// When the database does not answer.
pub fn attempts_to_ask(conn: &mut PgConnection, now: DateTime<Utc>, most: i64) -> QueryResult<Vec<Attempt>> {
    Attempt::query()
        .filter(payment_attempts::ask_at.le(now))
        .order(payment_attempts::ask_at)
        .limit(most)
        .load(conn)
}

/// When an attempt is asked about next.
///
/// # Errors
/// When the database does not answer.
pub fn set_ask_at(conn: &mut PgConnection, id: AttemptId, at: Option<DateTime<Utc>>) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id))
        .set((payment_attempts::ask_at.eq(at), payment_attempts::asks.eq(payment_attempts::asks + 1)))
        .execute(conn)
        .map(drop)
}

/// What an attempt has become. The caller holds its row.
#[derive(AsChangeset)]
#[diesel(table_name = payment_attempts, treat_none_as_null = true)]
pub struct Became {
    pub state: AttemptState,
    pub intent: Option<String>,
    pub failure: Option<String>,
    pub approve_at: Option<String>,
    pub settled_at: Option<DateTime<Utc>>,
    pub good_until: Option<DateTime<Utc>>,
    pub ask_at: Option<DateTime<Utc>>,
    pub label: String,
    pub gateway_customer: Option<String>,
    pub gateway_method: Option<String>,
}

/// # Errors
/// When the database does not answer.
pub fn set_attempt(conn: &mut PgConnection, id: AttemptId, became: &Became) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id)).set(became).execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn set_intent(conn: &mut PgConnection, id: AttemptId, intent: &str) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id))
        .set(payment_attempts::intent.eq(intent))
        .execute(conn)
        .map(drop)
}

/// No money can come of it any more. The caller holds its order's row.
///
/// # Errors
/// When the database does not answer.
pub fn abandon(conn: &mut PgConnection, id: AttemptId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id))
        .set((
            payment_attempts::state.eq(AttemptState::Abandoned),
            payment_attempts::settled_at.eq(now),
            payment_attempts::ask_at.eq(None::<DateTime<Utc>>),
            payment_attempts::approve_at.eq(None::<String>),
        ))
        .execute(conn)
        .map(drop)
}

/// What came of a capture; the amount where it was another than asked.
///
/// # Errors
/// When the database does not answer.
pub fn settle_capture(
    conn: &mut PgConnection,
    id: CaptureId,
    state: CaptureState,
    amount: Option<Money>,
    failure: Option<&str>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let amount = amount.map(|a| captures::amount_cents.eq(a));
    diesel::update(captures::table.find(id))
        .set((
            captures::state.eq(state),
            captures::failure.eq(failure),
            captures::settled_at.eq((state != CaptureState::Requested).then_some(now)),
            amount,
        ))
        .execute(conn)
        .map(drop)
}

/// # Errors
/// `UniqueViolation` of `captures_one_an_attempt` when there is one already.
pub fn insert_capture(conn: &mut PgConnection, capture: &Capture) -> QueryResult<()> {
    diesel::insert_into(captures::table).values(capture).execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn captures_of(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<Capture>> {
    Capture::query()
        .inner_join(payment_attempts::table)
        .filter(payment_attempts::order_id.eq(order))
        .order(captures::asked_at)
        .limit(MOST_ATTEMPTS)
        .load(conn)
}

/// # Errors
/// When the database does not answer.
pub fn insert_refund(conn: &mut PgConnection, refund: &Refund) -> QueryResult<()> {
    diesel::insert_into(refunds::table).values(refund).execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn refunds_of(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<Refund>> {
    Refund::query()
        .inner_join(payment_attempts::table)
        .filter(payment_attempts::order_id.eq(order))
        .order(refunds::asked_at)
        .limit(1_000)
        .load(conn)
}

/// What an order's money comes to.
///
/// # Errors
/// When the database does not answer.
pub fn balance(conn: &mut PgConnection, order: OrderId) -> QueryResult<Balance> {
    let attempts = attempts_of(conn, order)?;
    if attempts.iter().all(|a| a.method == PayBy::CashAtDoor && a.state == AttemptState::Created) {
        return Ok(Balance::default());
    }
    let captures = captures_of(conn, order)?;
    let refunds = refunds_of(conn, order)?;
    Ok(Balance::of(&attempts, &captures, &refunds))
}
