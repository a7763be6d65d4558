//! The newest forecast of every open order, and word to those whose window cannot be kept, or can after all.

use super::facts::{self, Known, Town};
use super::model::{Outlook, foresee};
use super::words::sentence;
use crate::app::App;
use crate::config::Forecast as Pace;
use crate::error::AppError;
use crate::ids::{Actor, OrderId};
use crate::lifecycle::{self, Eased, Foreseen};
use crate::orders;
use crate::promises::{self, Cause, Reckoned};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use std::sync::Arc;

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
        let Some((town, to_tell)) = app.db(move |conn| reckon_some(conn, &pace, now)).await? else { break };
        let town = Arc::new(town);
        for seen in to_tell {
            let town = Arc::clone(&town);
            told += usize::from(app.db(move |conn| tell(conn, &seen, &town, &pace, now)).await?);
        }
    }
    Ok(told)
}

/// One batch; says of which orders there is news. `None`: there was nothing to do.
fn reckon_some(
    conn: &mut PgConnection,
    pace: &Pace,
    now: DateTime<Utc>,
) -> QueryResult<Option<(Town, Vec<Known>)>> {
    let claimed = promises::claim(conn, pace.batch, now, now + LEASE)?;
    if claimed.is_empty() {
        return Ok(None);
    }
    let town = facts::town(conn, pace, now)?;
    let known = facts::read(conn, &claimed, &town, now)?;
    let over: Vec<OrderId> = known.iter().filter(|k| k.facts.is_none()).map(|k| k.order).collect();
    if !over.is_empty() {
        promises::forget(conn, &over)?;
    }
    let seen: Vec<(Known, Option<Outlook>)> =
        known.into_iter().filter_map(|k| k.facts.clone().map(|facts| (k, foresee(&facts, pace)))).collect();
    let rows: Vec<Reckoned> = seen.iter().map(|(k, outlook)| reckoned(k, *outlook, pace, now)).collect();
    promises::set(conn, &rows, now)?;
    let to_tell = seen.into_iter().filter(|(k, o)| news(k, *o).is_some()).map(|(k, _)| k).collect();
    Ok(Some((town, to_tell)))
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

/// What a customer has to be told.
#[derive(Clone, Copy)]
enum News {
    /// The promise that holds is passed, and why.
    Late(Cause),
    /// It lies well before what was told.
    Sooner,
}

fn news(of: &Known, outlook: Option<Outlook>) -> Option<(Outlook, News)> {
    let outlook = outlook?;
    if outlook.expected > of.holds.ends_at {
        return Some((outlook, News::Late(outlook.cause?)));
    }
    promises::is_sooner(&of.holds, outlook.expected).then_some((outlook, News::Sooner))
}

/// Tells one customer, if nothing about their order has changed once its row is held: what has is
/// reckoned anew in the next round. One transaction. Says whether it was news.
fn tell(
    conn: &mut PgConnection,
    seen: &Known,
    town: &Town,
    pace: &Pace,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, seen.order)?;
        let of = facts::read(conn, &[seen.order], town, now)?.pop().filter(|of| of == seen);
        let Some((of, facts)) = of.as_ref().and_then(|of| Some((of, of.facts.as_ref()?))) else {
            return Ok(false);
        };
        let Some((outlook, news)) = news(of, foresee(facts, pace)) else { return Ok(false) };
        let ends = outlook.to.max(outlook.from + Duration::minutes(pace.window_minutes));
        let Outlook { expected, from: starts, .. } = outlook;
        let told = match news {
            News::Late(cause) => {
                let sentence = &sentence(cause, facts, of.rider.as_deref());
                let delay = Foreseen { cause, sentence, expected, starts, ends };
                lifecycle::foresee_delay(conn, &order, &delay, Actor::System, now)?
            }
            // What can be kept after all is what was agreed, not a part of it.
            News::Sooner if expected <= facts.ends => {
                let eased = Eased { expected, starts: facts.starts, ends: facts.ends };
                lifecycle::ease_delay(conn, order.id, eased, now)?
            }
            News::Sooner => lifecycle::ease_delay(conn, order.id, Eased { expected, starts, ends }, now)?,
        };
        Ok(told.is_some())
    })
}
