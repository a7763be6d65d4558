//! It is seen that an order comes later than promised: said once, with the new window.

use super::choose::pick_for;
use super::promise::{Promised, promise};
use crate::events::{self, Event};
use crate::ids::{Actor, OrderId};
use crate::orders::Order;
use crate::promises::{self, Cause, Promise, ToldDelay};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// A delay that is foreseen, and the window that is promised instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreseen<'a> {
    pub cause: Cause,
    /// One sentence, as everybody reads it.
    pub sentence: &'a str,
    pub expected: DateTime<Utc>,
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
}

/// Tells an order's customer of a delay, unless they were told the same before (T4): the event, from
/// which letter and page come, and the new promise, of one time. `None`: it is no news, and nothing
/// has changed. What is closed is picked for its new time, and expected no sooner.
///
/// Part of the caller's transaction, who holds the order's row and has looked whether it is open.
///
/// # Errors
/// When the database does not answer.
pub fn foresee_delay(
    conn: &mut PgConnection,
    order: &Order,
    delay: &Foreseen<'_>,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<Option<Promise>> {
    let Some(holds) = promises::of_order(conn, order.id)?.pop() else { return Ok(None) };
    let told = told_last(conn, order.id)?;
    if !promises::is_news(&holds, told.as_ref(), delay.cause, delay.expected, delay.ends) {
        return Ok(None);
    }
    let event = Event::DelayForeseen {
        cause: delay.cause.as_str().to_owned(),
        sentence: delay.sentence.to_owned(),
        expected: delay.expected,
        starts: delay.starts,
        ends: delay.ends,
    };
    events::record(conn, order.id.0, &event, by, now)?;
    if delay.cause == Cause::Closure {
        pick_for(conn, order.id, delay.starts, now)?;
        promises::close_until(conn, order.id, delay.starts, now)?;
    }
    let who = if by == Actor::System { Promise::BY_FORECAST } else { "shop" };
    let promised = Promised { starts: delay.starts, ends: delay.ends, who, why: delay.cause.as_str() };
    promise(conn, order.id, &promised, by, now).map(Some)
}

/// A window that is expected instead of a later one that was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eased {
    pub expected: DateTime<Utc>,
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
}

/// Tells an order's customer that it comes sooner than the delay they were told, so that nobody stands
/// at a closed door: the event, from which the letter comes, and the promise, of one time. `None`: what
/// they know is near enough, or was agreed with them, and nothing has changed.
///
/// Part of the caller's transaction, who holds the order's row and has looked whether it is open.
///
/// # Errors
/// When the database does not answer.
pub fn ease_delay(
    conn: &mut PgConnection,
    order: OrderId,
    eased: Eased,
    now: DateTime<Utc>,
) -> QueryResult<Option<Promise>> {
    let Some(holds) = promises::of_order(conn, order)?.pop() else { return Ok(None) };
    let Eased { expected, starts, ends } = eased;
    // Whoever is early for what was agreed is told so by their page, not by one promise after the other.
    let is_known = (holds.starts_at, holds.ends_at) == (starts, ends);
    if is_known || !promises::is_sooner(&holds, expected) {
        return Ok(None);
    }
    events::record(conn, order.0, &Event::DelayEased { expected, starts, ends }, Actor::System, now)?;
    let promised = Promised { starts, ends, who: Promise::BY_FORECAST, why: "sooner" };
    promise(conn, order, &promised, Actor::System, now).map(Some)
}

pub(super) fn told_last(conn: &mut PgConnection, order: OrderId) -> QueryResult<Option<ToldDelay>> {
    let Some(last) = events::last(conn, order.0, "delay_foreseen")? else { return Ok(None) };
    let Event::DelayForeseen { cause, expected, .. } = last.event else { return Ok(None) };
    Ok(Some(ToldDelay { cause, expected, at: last.happened_at }))
}
