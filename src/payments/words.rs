//! The gateway's words, each once, with what was decided about it.

use super::model::Decision;
use crate::db::Ready as _;
use crate::db::schema::gateway_events;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use serde_json::{Value, json};

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

/// What was said is needed no more once it is decided: that it was, and what became of it, is kept.
///
/// # Errors
/// When the database does not answer.
pub fn decide_word(
    conn: &mut PgConnection,
    id: &str,
    decision: Decision,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let word = gateway_events::table.find(id);
    if decision == Decision::Waiting {
        return diesel::update(word)
            .set(gateway_events::decision.eq(decision))
            .ready()
            .execute(conn)
            .map(drop);
    }
    diesel::update(word)
        .set((
            gateway_events::decision.eq(decision),
            gateway_events::decided_at.eq(now),
            gateway_events::body.eq(json!({})),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Deletes words that were decided before a time, the oldest first. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn forget_words(conn: &mut PgConnection, before: DateTime<Utc>, most: i64) -> QueryResult<usize> {
    diesel::sql_query(
        "DELETE FROM gateway_events WHERE id IN (SELECT id FROM gateway_events
         WHERE decided_at IS NOT NULL AND decided_at < $1 ORDER BY decided_at LIMIT $2)",
    )
    .bind::<Timestamptz, _>(before)
    .bind::<BigInt, _>(most)
    .ready()
    .execute(conn)
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
