//! The gateway's words, each once, with what was decided about it.

use super::model::Decision;
use crate::db::Ready as _;
use crate::db::schema::gateway_events;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

/// Keeps a word before it is acted on, or finds it. Holds its row until the transaction ends and
/// says what was decided about it so far.
///
/// # Errors
/// When the database does not answer.
pub fn keep_word(
    conn: &mut PgConnection,
    (id, kind, intent): (&str, &str, Option<&str>),
    body: &Value,
    now: DateTime<Utc>,
) -> QueryResult<Decision> {
    let kept = diesel::insert_into(gateway_events::table)
        .values((
            gateway_events::id.eq(id),
            gateway_events::kind.eq(kind),
            gateway_events::intent.eq(intent),
            gateway_events::body.eq(body),
            gateway_events::received_at.eq(now),
            gateway_events::decision.eq(Decision::Waiting),
        ))
        .on_conflict_do_nothing()
        .execute(conn)?;
    if kept == 1 {
        return Ok(Decision::Waiting);
    }
    gateway_events::table.find(id).select(gateway_events::decision).for_update().first(conn)
}

/// # Errors
/// When the database does not answer.
pub fn decide_word(
    conn: &mut PgConnection,
    id: &str,
    decision: Decision,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(gateway_events::table.find(id))
        .set((
            gateway_events::decision.eq(decision),
            gateway_events::decided_at.eq((decision != Decision::Waiting).then_some(now)),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Words that came before what they are about, the oldest first.
///
/// # Errors
/// When the database does not answer.
pub fn waiting_words(conn: &mut PgConnection, most: i64) -> QueryResult<Vec<String>> {
    gateway_events::table
        .filter(gateway_events::decision.eq(Decision::Waiting))
        .order(gateway_events::received_at)
        .select(gateway_events::id)
        .limit(most)
        .load(conn)
}

/// One that still waits and that nobody else is looking at, and when it came.
///
/// # Errors
/// When the database does not answer.
pub fn lock_waiting_word(conn: &mut PgConnection, id: &str) -> QueryResult<Option<(Value, DateTime<Utc>)>> {
    gateway_events::table
        .find(id)
        .filter(gateway_events::decision.eq(Decision::Waiting))
        .select((gateway_events::body, gateway_events::received_at))
        .for_update()
        .skip_locked()
        .first(conn)
        .optional()
}
