use super::mailer::{Mailer, Refusal};
use super::model::{Claimed, Fate, Letter, Note, next_try};
use super::store;
use crate::ids::{MailId, OrderId};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// At most so many in one go, so that whoever sends can look up in between.
const AT_ONCE: usize = 100;
/// Letters that have left are kept this long, for those who ask whether one did.
const KEPT: Duration = Duration::days(30);

/// Writes a letter down, to be sent once the transaction is committed. `dedupe` names its cause
/// and reader: the same once more is the same letter. Says whether it is new.
///
/// # Errors
/// When the database does not answer.
pub fn queue(
    conn: &mut PgConnection,
    letter: &Letter,
    dedupe: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    store::insert(conn, (MailId(Uuid::now_v7()), None), letter, dedupe, now)
}

/// As [`queue`], for a letter about an order: what becomes of it is noted there. `None`: it was written before.
///
/// # Errors
/// When the database does not answer.
pub fn queue_about(
    conn: &mut PgConnection,
    order: OrderId,
    letter: &Letter,
    dedupe: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<MailId>> {
    let id = MailId(Uuid::now_v7());
    Ok(store::insert(conn, (id, Some(order)), letter, dedupe, now)?.then_some(id))
}

/// Sends what is due, one letter after the other, and says how many have left. Several may do
/// it at once: each letter is taken in hand by one of them.
///
/// A letter is claimed and the claim committed before it is sent: no transaction waits for a
/// mail server. Who dies between sending and noting it lets the letter go twice, under the same
/// Message-ID; the other way round it would be lost.
///
/// # Errors
/// When the database does not answer. A letter that cannot be sent is no error: it waits.
pub fn send_due(
    conn: &mut PgConnection,
    mailer: &Mailer,
    note: Note,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    if matches!(mailer, Mailer::Nowhere) {
        return Ok(0);
    }
    let mut sent = 0;
    for _ in 0..AT_ONCE {
        let Some(letter) = store::claim(conn, now)? else { break };
        match mailer.send(&letter) {
            Ok(()) => {
                end(conn, &letter, (Fate::Sent, note), |conn| store::mark_sent(conn, letter.id, now), now)?;
                sent += 1;
            }
            Err(refusal) => note_refusal(conn, &letter, &refusal, note, now)?,
        }
    }
    Ok(sent)
}

/// What ends a letter and the note of it come true together.
fn end(
    conn: &mut PgConnection,
    letter: &Claimed,
    (fate, note): (Fate, Note),
    by: impl FnOnce(&mut PgConnection) -> QueryResult<bool>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(|conn| {
        let is_news = by(conn)?;
        match letter.order_id.filter(|_| is_news) {
            Some(order) => note(conn, order, letter.id, fate, now),
            None => Ok(()),
        }
    })
}

fn note_refusal(
    conn: &mut PgConnection,
    letter: &Claimed,
    refusal: &Refusal,
    note: Note,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let again = match refusal {
        Refusal::ForNow(_) => next_try(letter.tries, now),
        Refusal::ForGood(_) => None,
    };
    match again {
        Some(at) => {
            log::warn!("letter {} was not sent, attempt {}: {refusal}", letter.id, letter.tries);
            store::put_off(conn, letter, at)
        }
        None => {
            log::error!("letter {} was given up at attempt {}: {refusal}", letter.id, letter.tries);
            let why = refusal.to_string();
            end(conn, letter, (Fate::GivenUp, note), |conn| store::give_up(conn, letter, &why, now), now)
        }
    }
}

/// Forgets letters that left long ago. Those that failed stay, for somebody to look at.
///
/// # Errors
/// When the database does not answer.
pub fn sweep(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    store::delete_sent(conn, now - KEPT)
}
