//! One account of each role, to look at the staff's pages with.

use super::load::DemoError;
use crate::accounts;
use crate::db::schema::{riders, staff_members};
use crate::delivery;
use crate::ids::StaffId;
use crate::staff::{self, Role};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

pub const PASSWORD: &str = "demo-password";

/// Mail address, name and role. Sign-in knows none of them outside a demonstration.
pub const ACCOUNTS: [(&str, &str, Role); 7] = [
    ("admin@demo.test", "Siobhán Keane", Role::Admin),
    ("support@demo.test", "Niamh Doyle", Role::Support),
    ("warehouse@demo.test", "Kasia Nowak", Role::Warehouse),
    ("dispatch@demo.test", "Conor Walsh", Role::Dispatch),
    ("rider@demo.test", "Tomasz Zieliński", Role::Rider),
    ("rider2@demo.test", "Aisling Burke", Role::Rider),
    ("manager@demo.test", "Orla Fitzgerald", Role::Manager),
];

/// Adds those that are not there yet. Says how many.
pub(super) fn add(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<usize, DemoError> {
    let known: Vec<String> = staff_members::table.select(staff_members::email).load(conn)?;
    let missing: Vec<_> = ACCOUNTS.iter().filter(|(email, ..)| !known.iter().any(|k| k == email)).collect();
    if missing.is_empty() {
        return Ok(0);
    }
    // One hash for all: everybody knows the password.
    let hash = accounts::hash_here(PASSWORD).ok_or(DemoError::Password)?;
    for (email, name, role) in &missing {
        staff::add(conn, email, name, &hash, *role, now)?;
    }
    Ok(missing.len())
}

/// The riders among them are on shift, until they say otherwise.
pub(super) fn begin_shifts(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<(), DemoError> {
    let emails = ACCOUNTS.iter().filter(|(.., role)| *role == Role::Rider).map(|(email, ..)| *email);
    let new: Vec<(StaffId, String)> = staff_members::table
        .filter(staff_members::email.eq_any(emails.collect::<Vec<_>>()))
        .filter(staff_members::id.ne_all(riders::table.select(riders::id)))
        .select((staff_members::id, staff_members::name))
        .load(conn)?;
    for (id, name) in new {
        let first_name = name.split_whitespace().next().unwrap_or_default();
        delivery::put_rider(conn, id, first_name, "")?;
        delivery::set_on_shift(conn, id, true, now)?;
    }
    Ok(())
}
