//! Words from which nothing follows: pings, and states that are new to us. Carriers may send any number of them, so
//! the newest about each thing stands for the others until somebody has taken note of it.

use super::model::WordDecision;
use crate::db::Ready as _;
use crate::db::schema::carrier_words;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamptz};

/// Of those about one thing that nobody has taken note of, only the newest is shown from now on. Two that come at
/// once do this one after the other.
///
/// # Errors
/// When the database does not answer.
pub fn cover_words_alike(
    conn: &mut PgConnection,
    (carrier, reference): (&str, &str),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind::<Text, _>(format!("words of {carrier} about {reference}"))
        .execute(conn)?;
    diesel::sql_query(
        "UPDATE carrier_words w SET covered_at = $3
         WHERE carrier = $1 AND reference = $2 AND decision = 'unknown_state' AND seen_at IS NULL AND covered_at IS NULL
            AND EXISTS (SELECT FROM carrier_words n WHERE n.carrier = $1 AND n.reference = $2
                AND n.decision = 'unknown_state' AND n.seen_at IS NULL
                AND (n.received_at, n.id) > (w.received_at, w.id))",
    )
    .bind::<Text, _>(carrier)
    .bind::<Text, _>(reference)
    .bind::<Timestamptz, _>(now)
    .ready()
    .execute(conn)
    .map(drop)
}

/// For how many words about one thing the newest stands, counted no further than `most`.
///
/// # Errors
/// When the database does not answer.
pub fn covered_words_count(
    conn: &mut PgConnection,
    (carrier, reference): (&str, &str),
    most: i64,
) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }
    let counted: Count = diesel::sql_query(
        "SELECT count(*) AS count FROM (SELECT FROM carrier_words
         WHERE carrier = $1 AND reference = $2 AND decision = 'unknown_state' AND seen_at IS NULL
            AND covered_at IS NOT NULL LIMIT $3) AS others",
    )
    .bind::<Text, _>(carrier)
    .bind::<Text, _>(reference)
    .bind::<BigInt, _>(most)
    .ready()
    .get_result(conn)?;
    Ok(counted.count)
}

/// Somebody here has taken note of a word, and with it of those for which it stands; what has come since is still
/// to be seen. One transaction.
///
/// # Errors
/// When the database does not answer.
pub fn see_carrier_word(
    conn: &mut PgConnection,
    (carrier, id): (&str, &str),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(|conn| {
        let seen: Option<(WordDecision, String, DateTime<Utc>)> =
            diesel::update(carrier_words::table.find((carrier, id)))
                .set(carrier_words::seen_at.eq(now))
                .returning((carrier_words::decision, carrier_words::reference, carrier_words::received_at))
                .ready()
                .get_result(conn)
                .optional()?;
        let Some((WordDecision::UnknownState, reference, until)) = seen else { return Ok(()) };
        diesel::sql_query(
            "UPDATE carrier_words SET seen_at = $5
             WHERE carrier = $1 AND reference = $2 AND decision = 'unknown_state' AND seen_at IS NULL
                AND (received_at, id) < ($3, $4)",
        )
        .bind::<Text, _>(carrier)
        .bind::<Text, _>(reference)
        .bind::<Timestamptz, _>(until)
        .bind::<Text, _>(id)
        .bind::<Timestamptz, _>(now)
        .ready()
        .execute(conn)
        .map(drop)
    })
}

/// Forgets words from which nothing follows, which came before a moment, and which somebody has taken note of or a
/// newer one stands for; the oldest first. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn forget_words_alike(conn: &mut PgConnection, before: DateTime<Utc>, most: i64) -> QueryResult<usize> {
    diesel::sql_query(
        "DELETE FROM carrier_words WHERE (carrier, id) IN (SELECT carrier, id FROM carrier_words
         WHERE decision = 'unknown_state' AND (seen_at IS NOT NULL OR covered_at IS NOT NULL) AND received_at < $1
         ORDER BY received_at, carrier, id LIMIT $2)",
    )
    .bind::<Timestamptz, _>(before)
    .bind::<BigInt, _>(most)
    .ready()
    .execute(conn)
}
