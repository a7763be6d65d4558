//! Carriers' words, each once, with what was decided about it.

use super::model::{CarrierWord, WordDecision};
use crate::db::Ready as _;
use crate::db::schema::{carrier_bookings, carrier_words};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// What somebody here ought to look at.
const STRANGE: [WordDecision; 4] =
    [WordDecision::Waiting, WordDecision::TooLate, WordDecision::UnknownState, WordDecision::NotOurs];

/// Keeps a word before it is acted on, or finds it. Holds its row until the transaction ends and
/// says what was decided about it so far.
///
/// # Errors
/// When the database does not answer.
pub fn keep_carrier_word(conn: &mut PgConnection, word: &CarrierWord) -> QueryResult<WordDecision> {
    let kept =
        diesel::insert_into(carrier_words::table).values(word).on_conflict_do_nothing().execute(conn)?;
    if kept == 1 {
        return Ok(WordDecision::Waiting);
    }
    carrier_words::table
        .find((&word.carrier, &word.id))
        .select(carrier_words::decision)
        .for_update()
        .first(conn)
}

/// # Errors
/// When the database does not answer.
pub fn decide_carrier_word(
    conn: &mut PgConnection,
    (carrier, id): (&str, &str),
    decision: WordDecision,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(carrier_words::table.find((carrier, id)))
        .set((
            carrier_words::decision.eq(decision),
            carrier_words::decided_at.eq((decision != WordDecision::Waiting).then_some(now)),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Words that wait and can be decided now: what they are about is known by now, or they came before
/// `given_up` and it never will be. The oldest first; those about nothing of ours hold up no other.
///
/// # Errors
/// When the database does not answer.
pub fn waiting_carrier_words(
    conn: &mut PgConnection,
    given_up: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<(String, String)>> {
    let about = carrier_bookings::table.filter(
        carrier_bookings::carrier
            .eq(carrier_words::carrier)
            .and(carrier_bookings::reference.eq(carrier_words::reference.nullable())),
    );
    carrier_words::table
        .filter(carrier_words::decision.eq(WordDecision::Waiting))
        .filter(diesel::dsl::exists(about).or(carrier_words::received_at.lt(given_up)))
        .order(carrier_words::received_at)
        .select((carrier_words::carrier, carrier_words::id))
        .limit(most)
        .load(conn)
}

/// One that still waits and that nobody else is looking at.
///
/// # Errors
/// When the database does not answer.
pub fn lock_waiting_carrier_word(
    conn: &mut PgConnection,
    (carrier, id): (&str, &str),
) -> QueryResult<Option<CarrierWord>> {
    CarrierWord::query()
        .find((carrier, id))
        .filter(carrier_words::decision.eq(WordDecision::Waiting))
        .for_update()
        .skip_locked()
        .first(conn)
        .optional()
}

/// Words that came to nothing and that nobody here has taken note of, newest first; what waits only
/// once it does so since before `waits_since`, and of those from which nothing follows the newest about each thing.
///
/// # Errors
/// When the database does not answer.
pub fn strange_words(
    conn: &mut PgConnection,
    waits_since: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<CarrierWord>> {
    CarrierWord::query()
        .filter(carrier_words::seen_at.is_null().and(carrier_words::covered_at.is_null()))
        .filter(carrier_words::decision.eq_any(STRANGE))
        .filter(
            carrier_words::decision.ne(WordDecision::Waiting).or(carrier_words::received_at.lt(waits_since)),
        )
        .order((carrier_words::received_at.desc(), carrier_words::carrier, carrier_words::id))
        .limit(most)
        .load(conn)
}

/// How many of those there are, counted no further than `most`.
///
/// # Errors
/// When the database does not answer.
pub fn strange_words_count(
    conn: &mut PgConnection,
    waits_since: DateTime<Utc>,
    most: i64,
) -> QueryResult<usize> {
    strange_words(conn, waits_since, most).map(|words| words.len())
}
