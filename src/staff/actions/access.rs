use crate::ids::StaffId;
use crate::outside::mail;
use crate::staff::area::Role;
use crate::staff::letters;
use crate::staff::model::{Access, Member, is_of_the_demo};
use crate::staff::store;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// Makes a member without asking anybody: for the command line, and the demo. `None` when there
/// is somebody of this mail already.
///
/// # Errors
/// When the database does not answer.
pub fn add(
    conn: &mut PgConnection,
    email: &str,
    name: &str,
    password_hash: &str,
    role: Role,
    now: DateTime<Utc>,
) -> QueryResult<Option<Member>> {
    store::insert(conn, (email, name, password_hash), Some(role), now)
}

/// How a decision about somebody's access ended.
#[derive(Debug)]
pub enum Decided {
    Done(Member),
    /// They were refused: nothing is kept of them.
    Gone,
    /// Somebody else has decided meanwhile, or who decides is no admin any more.
    Outdated,
    /// Without this one nobody could decide about anything.
    LastAdmin,
}

/// Gives somebody a role: whose request waits, whose access has ended, or who had another. Where
/// it lets them in, a letter says so.
///
/// `version` is the one that the admin saw.
///
/// # Errors
/// When the database does not answer.
pub fn give_role(
    conn: &mut PgConnection,
    (id, version): (StaffId, i32),
    role: Role,
    by: StaffId,
    public_url: &str,
    now: DateTime<Utc>,
) -> QueryResult<Decided> {
    conn.transaction(|conn| {
        let held = store::hold_admins_and(conn, id)?;
        let Some(member) = seen(&held, id, version, by) else { return Ok(Decided::Outdated) };
        if role != Role::Admin && is_last_admin(&held, member) {
            return Ok(Decided::LastAdmin);
        }
        if member.state != Access::Active {
            let letter = letters::let_in(member, role, public_url);
            mail::queue(conn, &letter, &format!("staff let in {}", Uuid::now_v7()), now)?;
        }
        store::set_access(conn, id, Access::Active, Some(role), (by, now)).map(Decided::Done)
    })
}

/// Takes somebody's access away, and ends their sessions at once. Of a request that waits nothing
/// is kept.
///
/// # Errors
/// When the database does not answer.
pub fn end_access(
    conn: &mut PgConnection,
    (id, version): (StaffId, i32),
    by: StaffId,
    now: DateTime<Utc>,
) -> QueryResult<Decided> {
    conn.transaction(|conn| {
        let held = store::hold_admins_and(conn, id)?;
        let Some(member) = seen(&held, id, version, by) else { return Ok(Decided::Outdated) };
        if is_last_admin(&held, member) {
            return Ok(Decided::LastAdmin);
        }
        match member.state {
            Access::Verified => store::delete(conn, id).map(|()| Decided::Gone),
            Access::Active => {
                store::end_sessions(conn, id, None, now)?;
                store::set_access(conn, id, Access::Ended, member.role, (by, now)).map(Decided::Done)
            }
            Access::Ended => Ok(Decided::Done(member.clone())),
        }
    })
}

/// The member as the admin saw them, while that is still so and the admin still is one.
fn seen(held: &[Member], id: StaffId, version: i32, by: StaffId) -> Option<&Member> {
    let is_admin = held.iter().any(|m| m.id == by && m.is_active_admin());
    held.iter().find(|m| is_admin && m.id == id && m.version == version)
}

/// An admin of the demo that was left behind signs in nowhere, so only another of the demo may go
/// because of one.
fn is_last_admin(held: &[Member], member: &Member) -> bool {
    let counts = |m: &Member| !is_of_the_demo(&m.email) || is_of_the_demo(&member.email);
    member.is_active_admin() && !held.iter().any(|m| m.id != member.id && m.is_active_admin() && counts(m))
}
