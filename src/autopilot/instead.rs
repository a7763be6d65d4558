//! What the demonstration's picker does where something is not there: what its customer wants.

use crate::catalog;
use crate::events;
use crate::ids::{ProductId, StaffId};
use crate::lifecycle::{self, Settled, Story};
use crate::orders::{Order, OrderLine, Substitutions};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Looked at of one kind.
const OF_A_KIND: i64 = 40;

/// What becomes of a line that is not there; nothing yet while its customer is being asked.
pub(super) fn instead(
    conn: &mut PgConnection,
    order: &Order,
    line: &OrderLine,
    picker: StaffId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Settled>> {
    match line.wish(order) {
        Substitutions::LeaveOut => Ok(Some(Settled::LeftOut)),
        Substitutions::Similar => {
            Ok(Some(similar(conn, line, now)?.map_or(Settled::LeftOut, |(product, units)| {
                Settled::Substituted { product, units, grams: None }
            })))
        }
        Substitutions::Ask => asked(conn, line, picker, now),
    }
}

/// The nearest in price of the same kind of which enough is free.
fn similar(
    conn: &mut PgConnection,
    line: &OrderLine,
    now: DateTime<Utc>,
) -> QueryResult<Option<(ProductId, i32)>> {
    let Some(ware) = catalog::wares(conn, &[line.product_id])?.pop() else { return Ok(None) };
    let mut items = catalog::best_of_kind(conn, ware.category_id, &ware.kind, OF_A_KIND, now)?;
    items.retain(|item| {
        item.article.id != line.product_id && !item.article.is_weighed() && item.available() >= line.quantity
    });
    let own = line.unit_price_cents.cents();
    let nearest = items.into_iter().min_by_key(|item| (item.unit_price().cents() - own).abs());
    Ok(nearest.map(|item| (item.article.id, line.quantity)))
}

/// By their answer, and without one by what they were told.
fn asked(
    conn: &mut PgConnection,
    line: &OrderLine,
    picker: StaffId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Settled>> {
    let story = Story::tell(&events::history(conn, line.order_id.0)?, &[]);
    if let Some(ask) = story.goods.ask(line.position) {
        let (product, units) = (ProductId(ask.product), ask.units);
        return Ok(match ask.yes {
            Some(true) => Some(Settled::Substituted { product, units, grams: None }),
            None if ask.waits(now) => None,
            Some(false) | None => Some(Settled::LeftOut),
        });
    }
    let Some((product, units)) = similar(conn, line, now)? else { return Ok(Some(Settled::LeftOut)) };
    let wish = (product, units, None);
    let question = lifecycle::ask_substitute(conn, line.order_id, line.position, wish, picker, now);
    Ok(question.is_err().then_some(Settled::LeftOut))
}
