//! SQL over the money's tables. No decisions here: each function is one statement.

use super::model::{Attempt, AttemptState, PayBy};
use crate::db::Ready as _;
use crate::db::schema::payment_attempts;
use crate::ids::{AttemptId, OrderId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

/// More tries than this no order gets.
pub(super) const MOST_ATTEMPTS: i64 = 100;

/// # Errors
/// `UniqueViolation` of `payment_attempts_one_standing` when another one can still bring money.
pub fn insert_attempt(conn: &mut PgConnection, attempt: &Attempt) -> QueryResult<()> {
    diesel::insert_into(payment_attempts::table).values(attempt).ready().execute(conn).map(drop)
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
    Attempt::query().find(id).for_no_key_update().first(conn)
}

/// The one that the gateway knows by this name.
///
/// # Errors
/// When the database does not answer.
pub fn attempt_of_intent(conn: &mut PgConnection, intent: &str) -> QueryResult<Option<Attempt>> {
    Attempt::query().filter(payment_attempts::intent.eq(intent)).first(conn).optional()
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

/// When an attempt is asked about next.
///
/// # Errors
/// When the database does not answer.
pub fn set_ask_at(conn: &mut PgConnection, id: AttemptId, at: Option<DateTime<Utc>>) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id))
        .set((payment_attempts::ask_at.eq(at), payment_attempts::asks.eq(payment_attempts::asks + 1)))
        .ready()
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
    pub shutting: bool,
    pub label: String,
    pub gateway_customer: Option<String>,
    pub gateway_method: Option<String>,
}

/// # Errors
/// When the database does not answer.
pub fn set_attempt(conn: &mut PgConnection, id: AttemptId, became: &Became) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id)).set(became).ready().execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn set_intent(conn: &mut PgConnection, id: AttemptId, intent: &str) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id))
        .set(payment_attempts::intent.eq(intent))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Notes the intent of an attempt that is still to be made. Says whether it is.
///
/// # Errors
/// When the database does not answer.
pub fn note_intent_if_open(conn: &mut PgConnection, id: AttemptId, intent: &str) -> QueryResult<bool> {
    diesel::update(payment_attempts::table.find(id))
        .filter(payment_attempts::state.eq(AttemptState::Created))
        .filter(payment_attempts::shutting.eq(false))
        .set(payment_attempts::intent.eq(intent))
        .ready()
        .execute(conn)
        .map(|rows| rows == 1)
}

/// From now on what it reserves is not counted on. The caller holds its row.
///
/// # Errors
/// When the database does not answer.
pub fn set_shutting(conn: &mut PgConnection, id: AttemptId) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id))
        .set(payment_attempts::shutting.eq(true))
        .ready()
        .execute(conn)
        .map(drop)
}

/// A try that nobody had begun is begun by the caller. The caller holds its row.
///
/// # Errors
/// When the database does not answer.
pub fn set_begun(conn: &mut PgConnection, id: AttemptId, ask_at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id))
        .set((payment_attempts::asks.eq(1), payment_attempts::ask_at.eq(ask_at)))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Takes attempts that are due to be asked about, the longest waiting first, and keeps others off
/// them until `again_at`.
///
/// # Errors
/// When the database does not answer.
pub fn claim_to_ask(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    again_at: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<Attempt>> {
    conn.transaction(|conn| {
        let due = payment_attempts::table
            .filter(payment_attempts::ask_at.le(now))
            .order(payment_attempts::ask_at)
            .limit(most)
            .select(payment_attempts::id)
            .for_no_key_update()
            .skip_locked()
            .load::<AttemptId>(conn)?;
        diesel::update(payment_attempts::table.filter(payment_attempts::id.eq_any(due)))
            .set((
                payment_attempts::ask_at.eq(again_at),
                payment_attempts::asks.eq(payment_attempts::asks + 1),
            ))
            .returning(Attempt::as_select())
            .ready()
            .load(conn)
    })
}

/// When an attempt is asked about next, if nothing has become of it meanwhile.
///
/// # Errors
/// When the database does not answer.
pub fn ask_again_at(conn: &mut PgConnection, seen: &Attempt, at: Option<DateTime<Utc>>) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(seen.id))
        .filter(payment_attempts::state.eq(seen.state))
        .set(payment_attempts::ask_at.eq(at))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Where the shopper approves, while that is waited for.
///
/// # Errors
/// When the database does not answer.
pub fn set_approve_at(conn: &mut PgConnection, id: AttemptId, at: Option<&str>) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id))
        .set(payment_attempts::approve_at.eq(at))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Until when an authorisation can be captured, once that is known exactly.
///
/// # Errors
/// When the database does not answer.
pub fn set_good_until(conn: &mut PgConnection, id: AttemptId, until: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id))
        .set(payment_attempts::good_until.eq(until))
        .ready()
        .execute(conn)
        .map(drop)
}

/// A standby becomes the standing attempt. The one before has been abandoned.
///
/// # Errors
/// When the database does not answer.
pub fn stand_in(conn: &mut PgConnection, id: AttemptId) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id))
        .set(payment_attempts::standby.eq(false))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Money has come at the door. The caller holds the order's row.
///
/// # Errors
/// When the database does not answer.
pub fn settle_at_door(
    conn: &mut PgConnection,
    id: AttemptId,
    method: PayBy,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(payment_attempts::table.find(id))
        .set((
            payment_attempts::method.eq(method),
            payment_attempts::state.eq(AttemptState::Authorised),
            payment_attempts::settled_at.eq(now),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Authorisations that end before `before`, of orders that are still to be handed over, for which
/// no renewal was tried since `tried_after`. What no renewal can help is not tried twice.
///
/// # Errors
/// When the database does not answer.
pub fn ending_authorisations(
    conn: &mut PgConnection,
    before: DateTime<Utc>,
    tried_after: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<AttemptId>> {
    diesel::sql_query(
        "SELECT a.id FROM payment_attempts a JOIN orders o ON o.id = a.order_id
         WHERE a.state = 'authorised' AND a.method = 'card' AND NOT a.standby AND a.good_until <= $1
           AND o.state = 'confirmed'
           AND NOT EXISTS (SELECT FROM captures c WHERE c.attempt_id = a.id AND c.state <> 'failed')
           AND NOT EXISTS (SELECT FROM payment_attempts s WHERE s.order_id = a.order_id AND s.standby
                           AND (s.settled_at IS NULL OR s.made_at > $2
                                OR (s.failure = 'card_not_kept' AND s.made_at > a.made_at)))
         ORDER BY a.good_until LIMIT $3",
    )
    .bind::<Timestamptz, _>(before)
    .bind::<Timestamptz, _>(tried_after)
    .bind::<BigInt, _>(most)
    .ready()
    .load::<Named>(conn)
    .map(|rows| rows.into_iter().map(|row| AttemptId(row.id)).collect())
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// How many attempts should have been asked about before a time and were not.
///
/// # Errors
/// When the database does not answer.
pub fn overdue(conn: &mut PgConnection, before: DateTime<Utc>) -> QueryResult<i64> {
    payment_attempts::table.filter(payment_attempts::ask_at.lt(before)).count().get_result(conn)
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
            payment_attempts::shutting.eq(false),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}
