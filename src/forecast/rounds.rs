//! The newest forecast of every open order, and word to those whose window cannot be kept.

use super::facts::{self, Known};
use super::model::{Outlook, foresee};
use super::words::sentence;
use crate::app::App;
use crate::config::Forecast as Pace;
use crate::error::AppError;
use crate::ids::{Actor, OrderId};
use crate::lifecycle::{self, Foreseen};
use crate::orders;
use crate::promises::{self, Cause, Reckoned};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// Open orders taken in at once; the rest is there a moment later.
const ENROLLED_AT_ONCE: i64 = 1_000;
/// Batches of one round, so that it ends.
const MOST_BATCHES: usize = 50;
/// Who has claimed a batch and died leaves it to others after so long.
const LEASE: Duration = Duration::seconds(30);

/// Reckons the forecast of all orders for which it is time, on whichever instance comes first, and
/// tells those who have to be told. Says how many were told.
///
/// # Errors
/// When the database does not answer.
pub async fn round(app: &App) -> Result<usize, AppError> {
    let (now, pace) = (app.clock.now(), app.config.forecast);
    app.db(move |conn| promises::enrol(conn, ENROLLED_AT_ONCE, now)).await?;
    let mut told = 0;
    for _ in 0..MOST_BATCHES {
        let Some(late) = app.db(move |conn| reckon_some(conn, &pace, now)).await? else { break };
        for order in late {
            told += usize::from(app.db(move |conn| tell(conn, order, &pace, now)).await?);
        }
    }
    Ok(told)
}

/// One batch; says which orders pass the promise that holds. `None`: there was nothing to do.
fn reckon_some(
    conn: &mut PgConnection,
    pace: &Pace,
    now: DateTime<Utc>,
) -> QueryResult<Option<Vec<OrderId>>> {
    let claimed = promises::claim(conn, pace.batch, now, now + LEASE)?;
    if claimed.is_empty() {
        return Ok(None);
    }
    let known = facts::read(conn, &claimed, pace, now)?;
    let over: Vec<OrderId> = known.iter().filter(|k| k.facts.is_none()).map(|k| k.order).collect();
    if !over.is_empty() {
        promises::forget(conn, &over)?;
    }
    let seen: Vec<(Known, Option<Outlook>)> =
        known.into_iter().filter_map(|k| k.facts.clone().map(|facts| (k, foresee(&facts, pace)))).collect();
    let rows: Vec<Reckoned> = seen.iter().map(|(k, outlook)| reckoned(k, *outlook, pace, now)).collect();
    promises::set(conn, &rows, now)?;
    Ok(Some(seen.iter().filter(|(k, o)| late(k, *o).is_some()).map(|(k, _)| k.order).collect()))
}

fn reckoned(of: &Known, outlook: Option<Outlook>, pace: &Pace, now: DateTime<Utc>) -> Reckoned {
    let wait = if of.is_far { pace.far_seconds } else { pace.every_seconds };
    Reckoned {
        order: of.order,
        expected: outlook.map(|o| o.expected),
        from: outlook.map(|o| o.from),
        to: outlook.map(|o| o.to),
        cause: outlook.and_then(|o| o.cause),
        due: now + Duration::seconds(wait),
    }
}

/// What passes the promise that holds, and why.
fn late(of: &Known, outlook: Option<Outlook>) -> Option<(Outlook, Cause)> {
    let outlook = outlook.filter(|o| o.expected > of.promised_until)?;
    Some((outlook, outlook.cause?))
}

/// Tells one customer, if it is still so once their order's row is held. One transaction. Says
/// whether it was news.
fn tell(conn: &mut PgConnection, id: OrderId, pace: &Pace, now: DateTime<Utc>) -> QueryResult<bool> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, id)?;
        let Some(of) = facts::read(conn, &[id], pace, now)?.pop() else { return Ok(false) };
        let Some(facts) = &of.facts else { return Ok(false) };
        let Some((outlook, cause)) = late(&of, foresee(facts, pace)) else { return Ok(false) };
        let words = sentence(cause, facts, of.rider.as_deref());
        let ends = outlook.to.max(outlook.from + Duration::minutes(pace.window_minutes));
        let Outlook { expected, from: starts, .. } = outlook;
        let delay = Foreseen { cause, sentence: &words, expected, starts, ends };
        Ok(lifecycle::foresee_delay(conn, &order, &delay, Actor::System, now)?.is_some())
    })
}
