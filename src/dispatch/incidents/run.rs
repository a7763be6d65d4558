//! Moving the promises of an incident, a bounded number at a time.

use crate::delivery;
use crate::lifecycle;
use chrono::{DateTime, Duration, Utc};
use diesel::PgConnection;
use diesel::result::QueryResult;

/// Waits between tries.
const AGAIN_AFTER: Duration = Duration::seconds(5);
/// Then somebody has to look: the incident's page lists it.
const MOST_TRIES: i32 = 10;

/// Moves up to so many orders that wait for it, each in a transaction of its own. Says how many it
/// looked at; none when nothing waits. Two who do it at once share the work.
///
/// # Errors
/// When the database does not answer at all. An order that fails is put off, and the rest goes on.
pub fn move_some(conn: &mut PgConnection, most: usize, now: DateTime<Utc>) -> QueryResult<usize> {
    for done in 0..most {
        match lifecycle::move_next(conn, now) {
            Ok(Some(_)) => {}
            Ok(None) => return Ok(done),
            Err((None, e)) => return Err(e),
            Err((Some(moving), e)) => {
                log::warn!("an order's promise could not be moved, it is tried again: {e}");
                let given_up = moving.tries + 1 >= MOST_TRIES;
                delivery::put_off_move(conn, &moving, now + AGAIN_AFTER, given_up)?;
            }
        }
    }
    Ok(most)
}

/// Notes who has come into a closed window at the very moment at which it was closed: they are moved like
/// all others. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn note_newcomers(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    let open = delivery::open_incidents(conn)?.into_iter().filter(|incident| incident.ends_at > now);
    open.map(|incident| delivery::note_affected(conn, &incident, now)).sum()
}
