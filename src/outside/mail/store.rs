//! SQL over the letters. No decisions here: each function is one statement.

use super::model::{Claimed, Figures, GivenUp, LEASE, Letter, OnceMore};
use crate::db::Ready as _;
use crate::db::schema::outgoing_mail::{self, dsl};
use crate::ids::{MailId, OrderId};
use chrono::{DateTime, Utc};
use diesel::dsl::{case_when, count_star};
use diesel::prelude::*;
use diesel::sql_types::Text;

/// Says whether it is new: the same cause gives one letter.
pub(super) fn insert(
    conn: &mut PgConnection,
    (id, about): (MailId, Option<OrderId>),
    letter: &Letter,
    dedupe: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    diesel::insert_into(outgoing_mail::table)
        .values((
            dsl::id.eq(id),
            dsl::dedupe.eq(dedupe),
            dsl::to_address.eq(&letter.to),
            dsl::subject.eq(&letter.subject),
            dsl::text.eq(&letter.text),
            dsl::html.eq(&letter.html),
            dsl::secret.eq(letter.secret),
            dsl::made_at.eq(now),
            dsl::due_at.eq(now),
            dsl::order_id.eq(about),
        ))
        .on_conflict(dsl::dedupe)
        .do_nothing()
        .execute(conn)
        .map(|rows| rows == 1)
}

/// Takes the letter that has been due longest and that nobody has in hand.
pub(super) fn claim(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Option<Claimed>> {
    conn.transaction(|conn| {
        let next: Option<MailId> = outgoing_mail::table
            .filter(dsl::sent_at.is_null().and(dsl::failed.is_null()).and(dsl::due_at.le(now)))
            .filter(dsl::leased_until.is_null().or(dsl::leased_until.le(now)))
            .order((dsl::due_at, dsl::id))
            .select(dsl::id)
            .for_update()
            .skip_locked()
            .first(conn)
            .optional()?;
        let Some(id) = next else { return Ok(None) };
        diesel::update(outgoing_mail::table.find(id))
            .set((dsl::leased_until.eq(now + LEASE), dsl::tries.eq(dsl::tries + 1)))
            .returning(Claimed::as_select())
            .ready()
            .get_result(conn)
            .map(Some)
    })
}

/// It has left. Whoever sent it says so, even if their lease was over: it did leave. Says whether that is news.
pub(super) fn mark_sent(conn: &mut PgConnection, id: MailId, now: DateTime<Utc>) -> QueryResult<bool> {
    diesel::update(outgoing_mail::table.find(id))
        .filter(dsl::sent_at.is_null())
        .set((
            dsl::sent_at.eq(now),
            dsl::failed.eq(None::<String>),
            dsl::leased_until.eq(None::<DateTime<Utc>>),
            dsl::text.eq(case_when(dsl::secret, "".into_sql::<Text>()).otherwise(dsl::text)),
            dsl::html.eq(case_when(dsl::secret, "".into_sql::<Text>()).otherwise(dsl::html)),
        ))
        .ready()
        .execute(conn)
        .map(|rows| rows == 1)
}

/// To be tried again, unless somebody else has taken it in hand meanwhile.
pub(super) fn put_off(conn: &mut PgConnection, letter: &Claimed, due_at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(outgoing_mail::table.find(letter.id))
        .filter(dsl::leased_until.is_not_distinct_from(letter.leased_until))
        .set((dsl::due_at.eq(due_at), dsl::leased_until.eq(None::<DateTime<Utc>>)))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Unless somebody else has taken it in hand meanwhile. Says whether it was given up.
pub(super) fn give_up(
    conn: &mut PgConnection,
    letter: &Claimed,
    why: &str,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    diesel::update(outgoing_mail::table.find(letter.id))
        .filter(dsl::leased_until.is_not_distinct_from(letter.leased_until))
        .set((dsl::failed.eq(why), dsl::due_at.eq(now), dsl::leased_until.eq(None::<DateTime<Utc>>)))
        .ready()
        .execute(conn)
        .map(|rows| rows == 1)
}

/// Letters that were given up, the oldest first, from behind one on.
///
/// # Errors
/// When the database does not answer.
pub fn given_up(
    conn: &mut PgConnection,
    behind: Option<(DateTime<Utc>, MailId)>,
    most: i64,
) -> QueryResult<Vec<GivenUp>> {
    let mut query = outgoing_mail::table
        .filter(dsl::failed.is_not_null())
        .order((dsl::made_at, dsl::id))
        .limit(most)
        .select(GivenUp::as_select())
        .into_boxed();
    if let Some((at, id)) = behind {
        query = query.filter(dsl::made_at.gt(at).or(dsl::made_at.eq(at).and(dsl::id.gt(id))));
    }
    query.load(conn)
}

/// Lets a letter be tried once more, now; where that fails too, it is given up as it was. Who has not seen its
/// newest try changes nothing, nor does a second press: then there is no answer.
///
/// # Errors
/// When the database does not answer.
pub fn try_again(
    conn: &mut PgConnection,
    id: MailId,
    tries: i32,
    now: DateTime<Utc>,
) -> QueryResult<Option<OnceMore>> {
    diesel::update(outgoing_mail::table.find(id))
        .filter(dsl::failed.is_not_null().and(dsl::tries.eq(tries)))
        .set((dsl::failed.eq(None::<String>), dsl::due_at.eq(now)))
        .returning(OnceMore::as_returning())
        .ready()
        .get_result(conn)
        .optional()
}

/// How many were given up.
///
/// # Errors
/// When the database does not answer.
pub fn given_up_count(conn: &mut PgConnection) -> QueryResult<i64> {
    outgoing_mail::table.filter(dsl::failed.is_not_null()).select(count_star()).first(conn)
}

/// How many wait, and how many were given up.
///
/// # Errors
/// When the database does not answer.
pub fn figures(conn: &mut PgConnection) -> QueryResult<Figures> {
    let waiting = outgoing_mail::table
        .filter(dsl::sent_at.is_null().and(dsl::failed.is_null()))
        .select(count_star())
        .first(conn)?;
    Ok(Figures { waiting, failed: given_up_count(conn)? })
}

pub(super) fn delete_sent(conn: &mut PgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(outgoing_mail::table.filter(dsl::sent_at.lt(before))).execute(conn)
}
