use super::area::Role;
use crate::db::db_enum;
use crate::db::schema::{staff_members, staff_requests, staff_sessions};
use crate::ids::{StaffId, StaffSessionId};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// From the last page looked at. Longer than any break, and than a tunnel on a rider's run;
/// shorter than the night between two shifts.
const IDLE: Duration = Duration::hours(12);
/// From signing in, whatever is done meanwhile. No shift is longer, so a key that was stolen, or a
/// phone left in a van, is worth nothing the next day, and everybody signs in once a shift.
const LONGEST: Duration = Duration::hours(18);
/// A session's end is moved on at most this often, so that looking at pages writes little.
pub(super) const SEEN_EVERY: Duration = Duration::minutes(5);
pub(super) const REQUEST: Duration = Duration::hours(24);
/// Long enough to fetch a letter, and short for one that somebody else finds.
pub(super) const RESET: Duration = Duration::minutes(30);
/// How long one can still look up where one was signed in.
pub(super) const REMEMBERED: Duration = Duration::days(30);

/// When a session ends if nobody ends it.
pub(super) fn session_ends(made_at: DateTime<Utc>, seen_at: DateTime<Utc>) -> DateTime<Utc> {
    (seen_at + IDLE).min(made_at + LONGEST)
}

db_enum! {
    /// How far somebody's access has come.
    pub enum Access {
        /// The mail address is theirs; an admin has not decided yet.
        Verified = "verified",
        Active = "active",
        Ended = "ended",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = staff_members)]
pub struct Member {
    pub id: StaffId,
    pub email: String,
    pub name: String,
    pub state: Access,
    /// None until somebody has decided; what they had, once it has ended.
    pub role: Option<Role>,
    /// Grows with each change.
    pub version: i32,
    pub made_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    pub decided_by: Option<StaffId>,
}

impl Member {
    pub(super) fn is_active_admin(&self) -> bool {
        self.state == Access::Active && self.role == Some(Role::Admin)
    }
}

/// What a password is checked against.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = staff_members)]
pub struct Secret {
    pub id: StaffId,
    pub state: Access,
    pub password_hash: String,
}

/// Somebody signed in who may work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDuty {
    pub id: StaffId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub session: StaffSessionId,
}

/// A request whose letter has not been opened.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = staff_requests)]
pub struct Request {
    pub email: String,
    pub name: String,
    pub password_hash: String,
    /// The browser that asked.
    pub device: Uuid,
}

/// One place somebody is, or lately was, signed in at.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = staff_sessions)]
pub struct Session {
    pub id: StaffSessionId,
    pub browser: String,
    pub network: String,
    pub made_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl Session {
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.ended_at.is_none() && self.ends_at > now
    }
}

/// Whether an address is one of the demonstration's, whose password everybody knows. `.test` is
/// nobody's (RFC 2606), so nobody else can have one.
pub fn is_of_the_demo(email: &str) -> bool {
    email.ends_with("@demo.test")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_outlasts_a_break_but_neither_the_night_nor_a_day_of_use() {
        let made: DateTime<Utc> = "2026-11-24T08:00:00Z".parse().expect("a time");
        let ends = |hours| (session_ends(made, made + Duration::hours(hours)) - made).num_hours();
        assert_eq!([ends(0), ends(4), ends(6), ends(17)], [12, 16, 18, 18]);
    }

    #[test]
    fn only_addresses_of_the_demo_are_of_the_demo() {
        assert!(is_of_the_demo("admin@demo.test"));
        for other in ["admin@demo.test.ie", "admin@shop-demo.test", "demo.test@example.com"] {
            assert!(!is_of_the_demo(other), "{other}");
        }
    }
}
