use crate::accounts::Token;
use crate::ids::{StaffId, StaffSessionId};
use crate::staff::model::{Access, OnDuty, REMEMBERED, SEEN_EVERY, Secret, is_of_the_demo, session_ends};
use crate::staff::store::{self, Seen};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// How signing in ended for somebody who knows their password.
#[derive(Debug)]
pub enum Begun {
    /// The key is for the browser's cookie, and nowhere else.
    In(Token),
    /// They asked for access, and nobody has decided yet.
    Waits,
    /// Their access has ended.
    Ended,
    /// The password was changed since it was looked at.
    Changed,
}

/// Begins a session. `proved` is what the password was checked against.
///
/// # Errors
/// When the database does not answer.
pub fn begin_session(
    conn: &mut PgConnection,
    proved: &Secret,
    (browser, network): (&str, &str),
    now: DateTime<Utc>,
) -> QueryResult<Begun> {
    conn.transaction(|conn| {
        // Held, so that nobody comes in while an admin shows them out.
        let Some(secret) = store::hold(conn, proved.id)? else { return Ok(Begun::Changed) };
        if secret.password_hash != proved.password_hash {
            return Ok(Begun::Changed);
        }
        match secret.state {
            Access::Verified => Ok(Begun::Waits),
            Access::Ended => Ok(Begun::Ended),
            Access::Active => {
                let token = Token::fresh();
                let times = (now, session_ends(now, now));
                store::insert_session(conn, &token, secret.id, (browser, network), times)?;
                Ok(Begun::In(token))
            }
        }
    })
}

/// Who holds this key, if the session is open and they may work. Moves its end on, at most every
/// five minutes. `demo`: whether this is a demonstration; elsewhere its accounts open nothing, even
/// with a session of before.
///
/// # Errors
/// When the database does not answer.
pub fn who_is(
    conn: &mut PgConnection,
    token: &Token,
    demo: bool,
    now: DateTime<Utc>,
) -> QueryResult<Option<OnDuty>> {
    let Some(Seen { who, made_at, seen_at }) = store::session(conn, token, now)? else { return Ok(None) };
    if !demo && is_of_the_demo(&who.email) {
        return Ok(None);
    }
    if seen_at + SEEN_EVERY <= now {
        store::see_session(conn, who.session, now, session_ends(made_at, now))?;
    }
    Ok(Some(who))
}

/// Ends one of somebody's sessions; doing it again changes nothing.
///
/// # Errors
/// When the database does not answer.
pub fn end_session(
    conn: &mut PgConnection,
    staff: StaffId,
    id: StaffSessionId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    store::end_session(conn, staff, id, now)
}

/// Ends all sessions of somebody, but perhaps the one they look from.
///
/// # Errors
/// When the database does not answer.
pub fn end_others(
    conn: &mut PgConnection,
    staff: StaffId,
    but: Option<StaffSessionId>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    store::end_sessions(conn, staff, but, now)
}

/// Whoever else may have known the old password is out.
///
/// # Errors
/// `NotFound` when there is nobody of this id.
pub fn change_password(
    conn: &mut PgConnection,
    staff: StaffId,
    hash: &str,
    here: StaffSessionId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(|conn| {
        store::hold(conn, staff)?.ok_or(diesel::result::Error::NotFound)?;
        store::set_password(conn, staff, hash)?;
        store::end_sessions(conn, staff, Some(here), now)
    })
}

/// Forgets sessions that ended long ago and requests that nobody has finished. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn sweep(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    store::delete_ended(conn, now, now - REMEMBERED)
}
