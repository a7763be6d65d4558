//! What is said about when an order comes. Each word stands for ever; a later one stands beside it.

use crate::delivery;
use crate::events::{self, Event};
use crate::ids::{Actor, OrderId};
use crate::orders;
use crate::promises::{self, Promise};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// A window, who gives it and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promised<'a> {
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    pub who: &'a str,
    pub why: &'a str,
}

/// Promises an order anew; its open drop follows what was chosen, never what was only foreseen, so that
/// what is late stays late for those who bring it. The same window again is no new promise, unless what
/// was only foreseen is now chosen. One transaction; says the promise that holds.
///
/// # Errors
/// When the database does not answer.
pub fn promise(
    conn: &mut PgConnection,
    id: OrderId,
    promised: &Promised<'_>,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<Promise> {
    conn.transaction(|conn| {
        orders::lock_order(conn, id)?;
        let last = promises::of_order(conn, id)?.pop();
        if let Some(last) = &last
            && (last.starts_at, last.ends_at) == (promised.starts, promised.ends)
            && (!last.is_foreseen() || promised.who == Promise::BY_FORECAST)
        {
            return Ok(last.clone());
        }
        let new = write_promise(conn, id, last.map_or(1, |p| p.version + 1), promised, by, now)?;
        if !new.is_foreseen() {
            follow(conn, &new)?;
        }
        Ok(new)
    })
}

fn follow(conn: &mut PgConnection, agreed: &Promise) -> QueryResult<()> {
    match delivery::last_drop(conn, agreed.order_id)?.filter(|drop| drop.state.is_open()) {
        Some(drop) => delivery::set_window(conn, drop.id, agreed.starts_at, agreed.ends_at),
        None => Ok(()),
    }
}

/// Writes a promise and its event. The caller holds the order's row.
pub(super) fn write_promise(
    conn: &mut PgConnection,
    id: OrderId,
    version: i32,
    promised: &Promised<'_>,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<Promise> {
    let new = Promise {
        order_id: id,
        version,
        starts_at: promised.starts,
        ends_at: promised.ends,
        who: promised.who.to_owned(),
        why: promised.why.to_owned(),
        made_at: now,
    };
    promises::insert(conn, &new)?;
    // The first is a part of the order's own event.
    if version > 1 {
        promises::hurry(conn, id, now)?;
        let event = Event::PromiseMade {
            version,
            starts: promised.starts,
            ends: promised.ends,
            who: promised.who.to_owned(),
            why: promised.why.to_owned(),
        };
        events::record(conn, id.0, &event, by, now)?;
    }
    Ok(new)
}
