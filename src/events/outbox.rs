//! The outbox: jobs that events leave behind, claimed by lease, so that a worker that dies
//! loses nothing and two never do the same at once.

use super::model::{Consumer, Recorded};
use super::write;
use crate::db::Ready as _;
use crate::db::schema::{events, outbox};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

/// A claimed job is another's after this long.
const LEASE: Duration = Duration::seconds(60);
/// Waits between tries, in seconds.
const WAITS: [i64; 12] = [1, 2, 5, 10, 20, 40, 60, 120, 300, 900, 3_600, 7_200];
/// The gateway is asked for ever, this often in the end: money is not given up.
const HOURLY: i64 = 3_600;
/// A rider is looked for until there is one.
const EVERY_MINUTE: i64 = 60;
/// A job that was tried more often than this is one to look at.
const MANY_TRIES: i32 = 10;

/// An event somebody has to act on.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: i64,
    pub consumer: Consumer,
    /// How often it was tried before.
    pub tries: i32,
    pub event: Recorded,
}

/// What became of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acted {
    /// Its effect is there, or cannot come and that is written down.
    Done,
    /// It is to be tried again later.
    NotYet(String),
}

#[derive(QueryableByName)]
struct Claimed {
    #[diesel(sql_type = BigInt)]
    job: i64,
    #[diesel(sql_type = Integer)]
    tries: i32,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = SqlUuid)]
    subject: Uuid,
    #[diesel(sql_type = Jsonb)]
    detail: serde_json::Value,
    #[diesel(sql_type = Text)]
    actor: String,
    #[diesel(sql_type = Timestamptz)]
    happened_at: DateTime<Utc>,
}

/// Takes a consumer's jobs that are due, oldest first, and holds them for a minute.
///
/// # Errors
/// When the database does not answer.
pub fn claim(
    conn: &mut PgConnection,
    consumer: Consumer,
    most: i64,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Job>> {
    // LATERAL: each event is looked up by its number, however many a plan made once expects.
    let claimed: Vec<Claimed> = diesel::sql_query(
        "WITH mine AS (
             UPDATE outbox SET leased_until = $1, tries = tries + 1 WHERE id IN (
                 SELECT id FROM outbox WHERE consumer = $4 AND done_at IS NULL AND failed IS NULL AND due_at <= $2
                    AND (leased_until IS NULL OR leased_until <= $2)
                 ORDER BY due_at, id LIMIT $3 FOR UPDATE SKIP LOCKED)
             RETURNING id, tries, event_id)
         SELECT mine.id AS job, mine.tries, e.* FROM mine, LATERAL (
             SELECT id, subject, detail, actor, happened_at FROM events WHERE id = mine.event_id LIMIT 1) e
         ORDER BY mine.id",
    )
    .bind::<Timestamptz, _>(now + LEASE)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(most)
    .bind::<Text, _>(consumer)
    .ready()
    .load(conn)?;
    claimed
        .into_iter()
        .map(|c| {
            let event = write::read((c.id, c.subject, c.detail, c.actor, c.happened_at))?;
            Ok(Job { id: c.job, consumer, tries: c.tries - 1, event })
        })
        .collect()
}

/// The job's effect is there.
///
/// # Errors
/// When the database does not answer.
pub fn done(conn: &mut PgConnection, job: i64, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(outbox::table.find(job))
        .set((outbox::done_at.eq(now), outbox::leased_until.eq(None::<DateTime<Utc>>)))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Whoever a letter about a payment that came to nothing would tell has just seen it: none is written.
///
/// # Errors
/// When the database does not answer.
pub fn told(conn: &mut PgConnection, subject: Uuid, now: DateTime<Utc>) -> QueryResult<()> {
    let of_payments = events::table
        .filter(events::subject.eq(subject))
        .filter(events::kind.eq_any(["payment_failed", "payment_abandoned"]))
        .select(events::id);
    diesel::update(outbox::table)
        .filter(outbox::event_id.eq_any(of_payments).and(outbox::consumer.eq(Consumer::Notifications)))
        .filter(outbox::done_at.is_null().and(outbox::failed.is_null()))
        .set(outbox::done_at.eq(now))
        .execute(conn)
        .map(drop)
}

/// How long to wait after so many tries; `None`: it is given up.
fn wait(consumer: Consumer, tries: i32) -> Option<i64> {
    let planned = usize::try_from(tries).ok().and_then(|n| WAITS.get(n)).copied();
    match consumer {
        // What was not clearly refused may still move money, or be brought by somebody: only an
        // answer ends it. Whoever asks may have had enough before that, and then says so.
        Consumer::Gateway | Consumer::Carriers => Some(planned.map_or(HOURLY, |wait| wait.min(HOURLY))),
        Consumer::Notifications => planned,
        // Somebody may come on shift at any time.
        Consumer::Dispatch => Some(planned.map_or(EVERY_MINUTE, |wait| wait.min(EVERY_MINUTE))),
    }
}

/// It did not work this time: it is tried again later. A letter is left to staff after the last
/// time; the gateway is asked until it answers.
///
/// # Errors
/// When the database does not answer.
pub fn put_off(conn: &mut PgConnection, job: &Job, why: &str, now: DateTime<Utc>) -> QueryResult<()> {
    let wait = wait(job.consumer, job.tries);
    let failed = wait.is_none().then_some(why);
    if failed.is_some() {
        log::error!("the {} job for {} is given up: {why}", job.consumer, job.event.event.kind());
    } else if job.tries >= MANY_TRIES {
        log::warn!("the {} job for {} still fails: {why}", job.consumer, job.event.event.kind());
    }
    let due = now + Duration::seconds(wait.unwrap_or(0));
    diesel::update(outbox::table.find(job.id))
        .set((
            outbox::due_at.eq(due),
            outbox::leased_until.eq(None::<DateTime<Utc>>),
            outbox::failed.eq(failed),
            outbox::last_error.eq(why),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// A job for a person to look at.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Stuck {
    pub id: i64,
    pub consumer: Consumer,
    /// How often it was tried.
    pub tries: i32,
    /// When it is tried again; of one that was given up: since when.
    pub due_at: DateTime<Utc>,
    /// What the last try came to, in the words of whoever refused it.
    pub last_error: Option<String>,
    /// Of the event: its kind, what it is about, and when that was.
    pub kind: String,
    pub subject: Uuid,
    pub happened_at: DateTime<Utc>,
}

/// Jobs that were tried for the last time, the oldest first, from behind one on.
///
/// # Errors
/// When the database does not answer.
pub fn given_up(conn: &mut PgConnection, behind: Option<i64>, most: i64) -> QueryResult<Vec<Stuck>> {
    looked_at()
        .filter(outbox::failed.is_not_null().and(outbox::id.gt(behind.unwrap_or(0))))
        .limit(most)
        .load(conn)
}

/// Jobs that were tried many times and are tried on, the oldest first, from behind one on.
///
/// # Errors
/// When the database does not answer.
pub fn stuck(conn: &mut PgConnection, behind: Option<i64>, most: i64) -> QueryResult<Vec<Stuck>> {
    looked_at()
        .filter(outbox::done_at.is_null().and(outbox::failed.is_null()))
        .filter(outbox::tries.gt(MANY_TRIES).and(outbox::id.gt(behind.unwrap_or(0))))
        .limit(most)
        .load(conn)
}

#[diesel::dsl::auto_type(no_type_alias)]
fn looked_at() -> _ {
    outbox::table.inner_join(events::table).order(outbox::id).select((
        outbox::id,
        outbox::consumer,
        outbox::tries,
        outbox::due_at,
        outbox::last_error,
        events::kind,
        events::subject,
        events::happened_at,
    ))
}

/// Lets a job be tried once more, now; where that fails too, it is as it was. Who has not seen its newest
/// try changes nothing, nor does a second press. Says whether it is tried.
///
/// # Errors
/// When the database does not answer.
pub fn try_again(conn: &mut PgConnection, job: i64, tries: i32, now: DateTime<Utc>) -> QueryResult<bool> {
    let waits = outbox::failed.is_not_null().or(outbox::due_at.gt(now).and(outbox::leased_until.is_null()));
    diesel::update(outbox::table.find(job))
        .filter(outbox::done_at.is_null().and(outbox::tries.eq(tries)).and(waits))
        .set((outbox::failed.eq(None::<String>), outbox::due_at.eq(now)))
        .ready()
        .execute(conn)
        .map(|rows| rows == 1)
}

/// Jobs that were given up and wait for a person.
///
/// # Errors
/// When the database does not answer.
pub fn give_up_count(conn: &mut PgConnection) -> QueryResult<i64> {
    outbox::table.filter(outbox::failed.is_not_null()).count().get_result(conn)
}

/// Jobs that were tried many times and are tried on: somebody should look.
///
/// # Errors
/// When the database does not answer.
pub fn stuck_count(conn: &mut PgConnection) -> QueryResult<i64> {
    outbox::table
        .filter(outbox::done_at.is_null().and(outbox::failed.is_null()))
        .filter(outbox::tries.gt(MANY_TRIES))
        .count()
        .get_result(conn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_given_up_in_the_end_and_money_never_is() {
        assert_eq!(wait(Consumer::Notifications, 11), Some(7_200));
        assert_eq!(wait(Consumer::Notifications, 12), None);
        for tries in [10, 11, 12, 1_000, i32::MAX] {
            assert_eq!(wait(Consumer::Gateway, tries), Some(HOURLY), "{tries}");
        }
        assert_eq!(wait(Consumer::Gateway, 0), Some(1));
    }
}
