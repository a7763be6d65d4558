//! SQL over staff. No decisions here: each function is one statement.

use super::area::Role;
use super::model::{Access, Member, OnDuty, Request, Secret, Session};
use crate::accounts::Token;
use crate::db::schema::{staff_members, staff_requests, staff_sessions};
use crate::ids::{StaffId, StaffSessionId};
use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use uuid::Uuid;

diesel::define_sql_function!(fn lower(text: Text) -> Text);

/// # Errors
/// `NotFound` when there is nobody of this id.
pub fn by_id(conn: &mut PgConnection, id: StaffId) -> QueryResult<Member> {
    staff_members::table.find(id).select(Member::as_select()).first(conn)
}

/// What some of them are called.
///
/// # Errors
/// When the database does not answer.
pub fn names_of(conn: &mut PgConnection, ids: &[StaffId]) -> QueryResult<Vec<(StaffId, String)>> {
    staff_members::table
        .filter(staff_members::id.eq_any(ids))
        .select((staff_members::id, staff_members::name))
        .load(conn)
}

/// What a sign-in is checked against.
///
/// # Errors
/// When the database does not answer.
pub fn by_email(conn: &mut PgConnection, email: &str) -> QueryResult<Option<Secret>> {
    staff_members::table
        .filter(staff_members::email.eq(email))
        .select(Secret::as_select())
        .first(conn)
        .optional()
}

/// # Errors
/// `NotFound` when there is nobody of this id.
pub fn secret_of(conn: &mut PgConnection, id: StaffId) -> QueryResult<Secret> {
    staff_members::table.find(id).select(Secret::as_select()).first(conn)
}

/// Those who wait for a decision, the longest first.
///
/// # Errors
/// When the database does not answer.
pub fn waiting(conn: &mut PgConnection, most: i64) -> QueryResult<Vec<Member>> {
    staff_members::table
        .filter(staff_members::state.eq(Access::Verified))
        .order((staff_members::made_at, staff_members::id))
        .limit(most)
        .select(Member::as_select())
        .load(conn)
}

/// How many wait for a decision.
///
/// # Errors
/// When the database does not answer.
pub fn waiting_count(conn: &mut PgConnection) -> QueryResult<i64> {
    staff_members::table.filter(staff_members::state.eq(Access::Verified)).count().get_result(conn)
}

/// Those who decide, the first ones first.
///
/// # Errors
/// When the database does not answer.
pub fn active_admins(conn: &mut PgConnection, most: i64) -> QueryResult<Vec<Member>> {
    staff_members::table
        .filter(staff_members::role.eq(Role::Admin).and(staff_members::state.eq(Access::Active)))
        .order(staff_members::id)
        .limit(most)
        .select(Member::as_select())
        .load(conn)
}

/// Those about whom it is decided, by name, from behind somebody on.
///
/// # Errors
/// When the database does not answer.
pub fn members(conn: &mut PgConnection, after: Option<StaffId>, most: i64) -> QueryResult<Vec<Member>> {
    let mut members = staff_members::table
        .filter(staff_members::state.ne(Access::Verified))
        .order((lower(staff_members::name), staff_members::id))
        .limit(most)
        .select(Member::as_select())
        .into_boxed();
    if let Some(after) = after {
        let behind = diesel::dsl::sql::<Bool>(
            "(lower(name), id) > (SELECT lower(name), id FROM staff_members WHERE id = ",
        )
        .bind::<diesel::sql_types::Uuid, _>(after)
        .sql(")");
        members = members.filter(behind);
    }
    members.load(conn)
}

/// Holds somebody's row until the transaction ends, so that what is done to one is done in turn.
pub(super) fn hold(conn: &mut PgConnection, id: StaffId) -> QueryResult<Option<Secret>> {
    staff_members::table.find(id).select(Secret::as_select()).for_no_key_update().first(conn).optional()
}

/// Holds the rows of all active admins, and somebody's, in the order of their keys.
pub(super) fn hold_admins_and(conn: &mut PgConnection, id: StaffId) -> QueryResult<Vec<Member>> {
    let admins = staff_members::role.eq(Role::Admin).and(staff_members::state.eq(Access::Active));
    staff_members::table
        .filter(staff_members::id.eq(id).or(admins.assume_not_null()))
        .order(staff_members::id)
        .select(Member::as_select())
        .for_no_key_update()
        .load(conn)
}

pub(super) fn is_known(conn: &mut PgConnection, email: &str) -> QueryResult<bool> {
    diesel::select(exists(staff_members::table.filter(staff_members::email.eq(email)))).get_result(conn)
}

/// `None` when somebody has this mail already.
pub(super) fn insert(
    conn: &mut PgConnection,
    (email, name, password_hash): (&str, &str, &str),
    role: Option<Role>,
    now: DateTime<Utc>,
) -> QueryResult<Option<Member>> {
    diesel::insert_into(staff_members::table)
        .values((
            staff_members::id.eq(StaffId(Uuid::now_v7())),
            staff_members::email.eq(email),
            staff_members::name.eq(name),
            staff_members::password_hash.eq(password_hash),
            staff_members::state.eq(if role.is_some() { Access::Active } else { Access::Verified }),
            staff_members::role.eq(role),
            staff_members::made_at.eq(now),
            staff_members::decided_at.eq(role.map(|_| now)),
        ))
        .on_conflict(staff_members::email)
        .do_nothing()
        .returning(Member::as_returning())
        .get_result(conn)
        .optional()
}

pub(super) fn set_access(
    conn: &mut PgConnection,
    id: StaffId,
    state: Access,
    role: Option<Role>,
    (by, now): (StaffId, DateTime<Utc>),
) -> QueryResult<Member> {
    diesel::update(staff_members::table.find(id))
        .set((
            staff_members::state.eq(state),
            staff_members::role.eq(role),
            staff_members::version.eq(staff_members::version + 1),
            staff_members::decided_at.eq(now),
            staff_members::decided_by.eq(by),
        ))
        .returning(Member::as_returning())
        .get_result(conn)
}

pub(super) fn delete(conn: &mut PgConnection, id: StaffId) -> QueryResult<()> {
    diesel::delete(staff_members::table.find(id)).execute(conn).map(drop)
}

pub(super) fn set_password(conn: &mut PgConnection, id: StaffId, hash: &str) -> QueryResult<()> {
    diesel::update(staff_members::table.find(id))
        .set(staff_members::password_hash.eq(hash))
        .execute(conn)
        .map(drop)
}

pub(super) fn insert_session(
    conn: &mut PgConnection,
    token: &Token,
    staff: StaffId,
    (browser, network): (&str, &str),
    (now, ends_at): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<()> {
    diesel::insert_into(staff_sessions::table)
        .values((
            staff_sessions::id.eq(StaffSessionId(Uuid::now_v7())),
            staff_sessions::digest.eq(token.hash()),
            staff_sessions::staff_id.eq(staff),
            staff_sessions::browser.eq(browser),
            staff_sessions::network.eq(network),
            staff_sessions::made_at.eq(now),
            staff_sessions::seen_at.eq(now),
            staff_sessions::ends_at.eq(ends_at),
        ))
        .execute(conn)
        .map(drop)
}

type Found = (StaffId, String, String, Option<Role>, StaffSessionId, DateTime<Utc>, DateTime<Utc>);

/// Somebody signed in, since when, and when they were last seen.
pub(super) struct Seen {
    pub(super) who: OnDuty,
    pub(super) made_at: DateTime<Utc>,
    pub(super) seen_at: DateTime<Utc>,
}

/// Whose open session a key belongs to, if they may work.
pub(super) fn session(
    conn: &mut PgConnection,
    token: &Token,
    now: DateTime<Utc>,
) -> QueryResult<Option<Seen>> {
    let found: Option<Found> = staff_sessions::table
        .inner_join(staff_members::table)
        .filter(staff_sessions::digest.eq(token.hash()))
        .filter(staff_sessions::ended_at.is_null().and(staff_sessions::ends_at.gt(now)))
        .filter(staff_members::state.eq(Access::Active))
        .select((
            staff_members::id,
            staff_members::name,
            staff_members::email,
            staff_members::role,
            staff_sessions::id,
            staff_sessions::made_at,
            staff_sessions::seen_at,
        ))
        .first(conn)
        .optional()?;
    Ok(found.and_then(|(id, name, email, role, session, made_at, seen_at)| {
        let who = OnDuty { id, name, email, role: role?, session };
        Some(Seen { who, made_at, seen_at })
    }))
}

pub(super) fn see_session(
    conn: &mut PgConnection,
    id: StaffSessionId,
    now: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(staff_sessions::table.find(id))
        .set((staff_sessions::seen_at.eq(now), staff_sessions::ends_at.eq(ends_at)))
        .execute(conn)
        .map(drop)
}

/// Where somebody is signed in, or was lately; the newest first.
///
/// # Errors
/// When the database does not answer.
pub fn sessions_of(conn: &mut PgConnection, staff: StaffId, most: i64) -> QueryResult<Vec<Session>> {
    staff_sessions::table
        .filter(staff_sessions::staff_id.eq(staff))
        .order((staff_sessions::made_at.desc(), staff_sessions::id))
        .limit(most)
        .select(Session::as_select())
        .load(conn)
}

pub(super) fn end_session(
    conn: &mut PgConnection,
    staff: StaffId,
    id: StaffSessionId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(staff_sessions::table.find(id))
        .filter(staff_sessions::staff_id.eq(staff).and(staff_sessions::ended_at.is_null()))
        .set(staff_sessions::ended_at.eq(now))
        .execute(conn)
        .map(drop)
}

pub(super) fn end_sessions(
    conn: &mut PgConnection,
    staff: StaffId,
    but: Option<StaffSessionId>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let open = staff_sessions::staff_id.eq(staff).and(staff_sessions::ended_at.is_null());
    let none = StaffSessionId(Uuid::nil());
    diesel::update(staff_sessions::table.filter(open).filter(staff_sessions::id.ne(but.unwrap_or(none))))
        .set(staff_sessions::ended_at.eq(now))
        .execute(conn)
        .map(drop)
}

pub(super) fn insert_request(
    conn: &mut PgConnection,
    token: &Token,
    request: &Request,
    (now, ends_at): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<()> {
    diesel::insert_into(staff_requests::table)
        .values((
            staff_requests::token_hash.eq(token.hash()),
            staff_requests::email.eq(&request.email),
            staff_requests::name.eq(&request.name),
            staff_requests::password_hash.eq(&request.password_hash),
            staff_requests::device.eq(request.device),
            staff_requests::made_at.eq(now),
            staff_requests::ends_at.eq(ends_at),
        ))
        .execute(conn)
        .map(drop)
}

pub(super) fn request(
    conn: &mut PgConnection,
    token: &Token,
    now: DateTime<Utc>,
) -> QueryResult<Option<Request>> {
    staff_requests::table
        .find(token.hash())
        .filter(staff_requests::ends_at.gt(now))
        .select(Request::as_select())
        .first(conn)
        .optional()
}

/// Takes a request off the table: of two that open its letter at once, one gets nothing.
pub(super) fn take_request(
    conn: &mut PgConnection,
    token: &Token,
    now: DateTime<Utc>,
) -> QueryResult<Option<Request>> {
    diesel::delete(staff_requests::table.find(token.hash()).filter(staff_requests::ends_at.gt(now)))
        .returning(Request::as_returning())
        .get_result(conn)
        .optional()
}

pub(super) fn delete_requests(conn: &mut PgConnection, email: &str) -> QueryResult<()> {
    diesel::delete(staff_requests::table.filter(staff_requests::email.eq(email))).execute(conn).map(drop)
}

pub(super) fn delete_ended(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    forgotten: DateTime<Utc>,
) -> QueryResult<usize> {
    let sessions = diesel::delete(staff_sessions::table.filter(staff_sessions::ends_at.le(forgotten)));
    let requests = diesel::delete(staff_requests::table.filter(staff_requests::ends_at.le(now)));
    Ok(sessions.execute(conn)? + requests.execute(conn)?)
}
