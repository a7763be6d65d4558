use super::model::{Event, Recorded, Topic};
use crate::db::Ready as _;
use crate::db::schema::{events, outbox};
use crate::ids::Actor;
use chrono::{DateTime, Utc};
use diesel::dsl::max;
use diesel::prelude::*;
use uuid::Uuid;

/// More than any order lives through.
const MOST_EVENTS: i64 = 2_000;

/// Writes down an event, and for whom it is. Call it in the transaction that made the event true.
///
/// `happened_at` is the time of the fact; the database adds when it was recorded.
///
/// # Errors
/// When the database does not answer.
pub fn record(
    conn: &mut PgConnection,
    subject: Uuid,
    event: &Event,
    by: Actor,
    happened_at: DateTime<Utc>,
) -> QueryResult<()> {
    record_all(conn, subject, std::slice::from_ref(event), by, happened_at)
}

/// As [`record`], for what became true together: in this order.
///
/// # Errors
/// When the database does not answer.
pub fn record_all(
    conn: &mut PgConnection,
    subject: Uuid,
    all: &[Event],
    by: Actor,
    happened_at: DateTime<Utc>,
) -> QueryResult<()> {
    let row = |event: &Event| {
        Ok((
            events::topic.eq(event.topic()),
            events::subject.eq(subject),
            events::kind.eq(event.kind()),
            events::detail.eq(serde_json::to_value(event).map_err(unwritable)?),
            events::actor.eq(by.to_string()),
            events::happened_at.eq(happened_at),
        ))
    };
    let rows = all.iter().map(row).collect::<QueryResult<Vec<_>>>()?;
    let mut ids: Vec<i64> =
        diesel::insert_into(events::table).values(rows).returning(events::id).ready().get_results(conn)?;
    // They are numbered in the order they were given in.
    ids.sort_unstable();
    let jobs_of = |(event, id): (&Event, i64)| {
        let due = outbox::due_at.eq(happened_at + event.rests());
        let consumers = event.consumers().iter();
        consumers.map(|c| (outbox::event_id.eq(id), outbox::consumer.eq(*c), due)).collect::<Vec<_>>()
    };
    let jobs: Vec<_> = all.iter().zip(ids).flat_map(jobs_of).collect();
    if jobs.is_empty() {
        return Ok(());
    }
    diesel::insert_into(outbox::table).values(jobs).ready().execute(conn).map(drop)
}

/// Everything that happened to a subject, in order. What was written about it is in [`messages`].
///
/// # Errors
/// When the database does not answer, or a fact in it is none of ours.
pub fn history(conn: &mut PgConnection, subject: Uuid) -> QueryResult<Vec<Recorded>> {
    type Row = (i64, Uuid, serde_json::Value, String, DateTime<Utc>);
    let rows: Vec<Row> = events::table
        .filter(events::subject.eq(subject).and(events::topic.ne(Topic::Message)))
        .order(events::id)
        .limit(MOST_EVENTS)
        .select((events::id, events::subject, events::detail, events::actor, events::happened_at))
        .load(conn)?;
    rows.into_iter().map(read).collect()
}

/// The histories of several subjects, each in order.
///
/// # Errors
/// As [`history`].
pub fn histories(conn: &mut PgConnection, subjects: &[Uuid]) -> QueryResult<Vec<Recorded>> {
    type Row = (i64, Uuid, serde_json::Value, String, DateTime<Utc>);
    let rows: Vec<Row> = events::table
        .filter(events::subject.eq_any(subjects).and(events::topic.ne(Topic::Message)))
        .order(events::id)
        .limit(MOST_EVENTS * 10)
        .select((events::id, events::subject, events::detail, events::actor, events::happened_at))
        .load(conn)?;
    rows.into_iter().map(read).collect()
}

/// The last event of one kind about a subject.
///
/// # Errors
/// As [`history`].
pub fn last(conn: &mut PgConnection, subject: Uuid, kind: &str) -> QueryResult<Option<Recorded>> {
    type Row = (i64, Uuid, serde_json::Value, String, DateTime<Utc>);
    let row: Option<Row> = events::table
        .filter(events::subject.eq(subject).and(events::kind.eq(kind)))
        .order(events::id.desc())
        .select((events::id, events::subject, events::detail, events::actor, events::happened_at))
        .first(conn)
        .optional()?;
    row.map(read).transpose()
}

/// What was written to an order's customer and what became of it, in order.
///
/// # Errors
/// As [`history`].
pub fn messages(conn: &mut PgConnection, subject: Uuid) -> QueryResult<Vec<Recorded>> {
    type Row = (i64, Uuid, serde_json::Value, String, DateTime<Utc>);
    let rows: Vec<Row> = events::table
        .filter(events::subject.eq(subject).and(events::topic.eq(Topic::Message)))
        .order(events::id)
        .limit(MOST_EVENTS)
        .select((events::id, events::subject, events::detail, events::actor, events::happened_at))
        .load(conn)?;
    rows.into_iter().map(read).collect()
}

/// The number of the last event about a subject that is to be seen; 0 where there is none.
///
/// # Errors
/// When the database does not answer.
pub fn version(conn: &mut PgConnection, subject: Uuid) -> QueryResult<i64> {
    let last: Option<i64> = events::table
        .filter(events::subject.eq(subject).and(events::topic.ne(Topic::Message)))
        .order(events::id.desc())
        .select(events::id)
        .first(conn)
        .optional()?;
    Ok(last.unwrap_or(0))
}

/// The number of the last event about any of some subjects that is to be seen; 0 where there is none.
///
/// # Errors
/// When the database does not answer.
pub fn newest(conn: &mut PgConnection, subjects: &[Uuid]) -> QueryResult<i64> {
    let last: Option<i64> = events::table
        .filter(events::subject.eq_any(subjects).and(events::topic.ne(Topic::Message)))
        .select(max(events::id))
        .first(conn)?;
    Ok(last.unwrap_or(0))
}

pub(super) fn read(
    (id, subject, detail, actor, happened_at): (i64, Uuid, serde_json::Value, String, DateTime<Utc>),
) -> QueryResult<Recorded> {
    let event = serde_json::from_value(detail).map_err(unreadable)?;
    Ok(Recorded { id, subject, event, actor, happened_at })
}

fn unwritable(e: serde_json::Error) -> diesel::result::Error {
    diesel::result::Error::SerializationError(Box::new(e))
}

fn unreadable(e: serde_json::Error) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(Box::new(e))
}
