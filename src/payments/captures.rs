//! SQL over what was taken and what went back. No decisions here: each function is one statement.

use super::model::{AttemptState, Balance, Capture, CaptureState, PayBy, Refund, RefundState};
use super::store::{MOST_ATTEMPTS, attempts_of};
use crate::db::Ready as _;
use crate::db::schema::{captures, payment_attempts, refunds};
use crate::ids::{CaptureId, OrderId, RefundId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// # Errors
/// `NotFound` when there is none.
pub fn capture(conn: &mut PgConnection, id: CaptureId) -> QueryResult<Capture> {
    Capture::query().find(id).first(conn)
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
        .ready()
        .execute(conn)
        .map(drop)
}

/// # Errors
/// `UniqueViolation` of `captures_one_an_attempt` when there is one already.
pub fn insert_capture(conn: &mut PgConnection, capture: &Capture) -> QueryResult<()> {
    diesel::insert_into(captures::table).values(capture).ready().execute(conn).map(drop)
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
    diesel::insert_into(refunds::table).values(refund).ready().execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn refund(conn: &mut PgConnection, id: RefundId) -> QueryResult<Option<Refund>> {
    Refund::query().find(id).first(conn).optional()
}

/// By the gateway's name for it.
///
/// # Errors
/// When the database does not answer.
pub fn refund_named(conn: &mut PgConnection, name: &str) -> QueryResult<Option<Refund>> {
    Refund::query().filter(refunds::gateway_refund.eq(name)).first(conn).optional()
}

/// What a refund has become. The caller holds its order's row.
#[derive(AsChangeset)]
#[diesel(table_name = refunds, treat_none_as_null = true)]
pub struct RefundBecame {
    pub state: RefundState,
    pub gateway_refund: Option<String>,
    pub failure: Option<String>,
    pub settled_at: Option<DateTime<Utc>>,
    pub ask_at: Option<DateTime<Utc>>,
}

/// # Errors
/// When the database does not answer.
pub fn set_refund(conn: &mut PgConnection, id: RefundId, became: &RefundBecame) -> QueryResult<()> {
    diesel::update(refunds::table.find(id)).set(became).ready().execute(conn).map(drop)
}

/// Takes refunds that are due to be asked about and keeps others off them until `again_at`.
///
/// # Errors
/// When the database does not answer.
pub fn claim_refunds_to_ask(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    again_at: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<Refund>> {
    conn.transaction(|conn| {
        let due = refunds::table
            .filter(refunds::ask_at.le(now))
            .order(refunds::ask_at)
            .limit(most)
            .select(refunds::id)
            .for_no_key_update()
            .skip_locked()
            .load::<RefundId>(conn)?;
        diesel::update(refunds::table.filter(refunds::id.eq_any(due)))
            .set((refunds::ask_at.eq(again_at), refunds::asks.eq(refunds::asks + 1)))
            .returning(Refund::as_select())
            .ready()
            .load(conn)
    })
}

/// When a refund is asked about next, while nobody knows of it.
///
/// # Errors
/// When the database does not answer.
pub fn ask_refund_again_at(conn: &mut PgConnection, id: RefundId, at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(refunds::table.find(id))
        .filter(refunds::state.eq(RefundState::Requested))
        .set(refunds::ask_at.eq(at))
        .ready()
        .execute(conn)
        .map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn refunds_of(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<Refund>> {
    Refund::query()
        .inner_join(payment_attempts::table)
        .filter(payment_attempts::order_id.eq(order))
        .order((refunds::asked_at, refunds::id))
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
