//! Of a line only some were there: what stands in for the rest of it.

use super::ask::questions;
use super::pick::{PickError, Settled, is_same, most, priced};
use crate::catalog::SoldBy;
use crate::events::{self, Event};
use crate::fulfilment::{self, Pick, Rest};
use crate::ids::{OrderId, ProductId};
use crate::inventory::{self, Moved};
use crate::orders::{self, Order, OrderLine};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// A line that was settled before: the same again changes nothing, something for its rest is added, and
/// anything else has to be undone first. Part of the caller's transaction.
pub(super) fn settle_rest(
    conn: &mut PgConnection,
    order: &Order,
    line: &OrderLine,
    there: Pick,
    how: Settled,
    moved: Moved,
) -> Result<(), PickError> {
    match how {
        _ if is_same(&there, how, line) => Ok(()),
        Settled::Substituted { product, units, grams } if there.missing_of(line) > 0 => {
            substitute(conn, order, line, &there, (product, units, grams), moved)
        }
        Settled::Substituted { product, units, grams } if is_its_rest(&there, product, units, grams) => {
            Ok(())
        }
        Settled::Picked { .. } | Settled::Substituted { .. } | Settled::LeftOut => {
            Err(PickError::Settled(there.state))
        }
    }
}

/// What is not weighed has no weight, whatever was typed.
fn is_its_rest(there: &Pick, product: ProductId, units: i32, grams: Option<i64>) -> bool {
    let is_it = |rest: Rest| {
        (rest.product, rest.units) == (product, units) && (rest.grams.is_none() || rest.grams == grams)
    };
    there.rest().is_some_and(is_it)
}

/// Something else lies in the bag beside what was there, for no more than the rest would have cost.
fn substitute(
    conn: &mut PgConnection,
    order: &Order,
    line: &OrderLine,
    there: &Pick,
    (product, units, grams): (ProductId, i32, Option<i64>),
    moved: Moved,
) -> Result<(), PickError> {
    let most = most(conn, order, line, product, units)?;
    let (item, price) = priced(conn, line, Some(there), (product, units, grams), moved.at)?;
    let grams = grams.filter(|_| item.article.sold_by == SoldBy::Weight);
    let sum = price.min(most);
    inventory::lock(conn, &[product])?;
    inventory::take_free(conn, product, units, moved)?;
    let rest = Rest { product, units, grams, sum };
    fulfilment::set_rest(conn, order.id, line.position, rest, moved.at)?;
    fulfilment::touch(conn, order.id, moved.at)?;
    let (position, name) = (line.position, item.article.name.clone());
    let event = Event::RestSubstituted { position, product: product.0, name, units, grams, sum };
    Ok(events::record(conn, order.id.0, &event, moved.by, moved.at)?)
}

/// Until when an answer about the rest of a line is awaited: nobody packs before. The caller holds the
/// order's row.
pub(super) fn asked_until(
    conn: &mut PgConnection,
    id: OrderId,
    picks: &[Pick],
    now: DateTime<Utc>,
) -> QueryResult<Option<DateTime<Utc>>> {
    let lines = orders::lines(conn, id)?;
    let missing = |line: &OrderLine| {
        picks.iter().any(|pick| pick.position == line.position && pick.missing_of(line) > 0)
    };
    let partly: Vec<i32> = lines.iter().filter(|l| missing(l)).map(|l| l.position).collect();
    if partly.is_empty() {
        return Ok(None);
    }
    let asks = questions(conn, id)?;
    let waiting = asks.iter().filter(|ask| partly.contains(&ask.position) && ask.waits(now));
    Ok(waiting.map(|ask| ask.until).max())
}
