//! What one line comes to: what leaves which shelf for it, and what it costs.

use super::{PickError, Settled};
use crate::catalog::{self, Item, SoldBy};
use crate::events::Event;
use crate::fulfilment::{self, Pick, PickState};
use crate::ids::ProductId;
use crate::inventory::{self, Moved};
use crate::lifecycle::ask::agreed;
use crate::money::Money;
use crate::orders::{Order, OrderLine, Substitutions};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

pub(in crate::lifecycle) fn is_same(before: &Pick, how: Settled, line: &OrderLine) -> bool {
    let (state, product, units, grams) = match how {
        Settled::Picked { units, grams } => (PickState::Picked, Some(line.product_id), units, grams),
        Settled::Substituted { product, units, grams } => {
            (PickState::Substituted, Some(product), units, grams)
        }
        Settled::LeftOut => (PickState::LeftOut, None, 0, None),
    };
    (before.state, before.product_id, before.units, before.grams) == (state, product, units, grams)
}

pub(super) fn picked(
    conn: &mut PgConnection,
    line: &OrderLine,
    units: i32,
    grams: Option<i64>,
    moved: Moved,
) -> Result<(Pick, Event), PickError> {
    let sum = match (line.sold_by, grams) {
        _ if !(1..=line.quantity).contains(&units) => {
            return Err(PickError::Units { ordered: line.quantity });
        }
        (SoldBy::Weight, None) => return Err(PickError::Weigh),
        (SoldBy::Weight, Some(grams)) if grams <= 0 => return Err(PickError::Weigh),
        (SoldBy::Weight, Some(grams)) => fulfilment::weighed(line, grams),
        (SoldBy::Each, _) => fulfilment::share(line, units),
    };
    let grams = grams.filter(|_| line.sold_by == SoldBy::Weight);
    inventory::take_held(conn, line.order_id, line.product_id, units, moved)?;
    let (position, product) = (line.position, line.product_id);
    let pick = pick_of(line, PickState::Picked, Some(product), units, grams, sum, moved.at);
    Ok((pick, Event::LinePicked { position, product: product.0, units, grams, sum }))
}

pub(super) fn substituted(
    conn: &mut PgConnection,
    order: &Order,
    line: &OrderLine,
    (product, units, grams): (ProductId, i32, Option<i64>),
    moved: Moved,
) -> Result<(Pick, Event), PickError> {
    let most = most(conn, order, line, product, units)?;
    let (item, price) = priced(conn, line, None, (product, units, grams), moved.at)?;
    let grams = grams.filter(|g| item.per_kg().is_some() && *g > 0);
    let sum = price.min(most);
    inventory::lock(conn, &[line.product_id, product])?;
    inventory::take_free(conn, product, units, moved)?;
    inventory::take_held(conn, line.order_id, line.product_id, 0, moved)?;
    let pick = pick_of(line, PickState::Substituted, Some(product), units, grams, sum, moved.at);
    let event = Event::LineSubstituted {
        position: line.position,
        product: product.0,
        name: item.article.name.clone(),
        units,
        grams,
        sum,
    };
    Ok((pick, event))
}

/// The most that what stands in may cost by its customer's wish, who may have to be asked first.
pub(in crate::lifecycle) fn most(
    conn: &mut PgConnection,
    order: &Order,
    line: &OrderLine,
    product: ProductId,
    units: i32,
) -> Result<Money, PickError> {
    match line.wish(order) {
        Substitutions::Similar => Ok(line.maximum_cents),
        Substitutions::Ask => agreed(conn, line, product, units),
        Substitutions::LeaveOut => Err(PickError::NoSubstitutes),
    }
}

/// What stands in, and what so much of it costs: never more than the line's own would have, or than the
/// rest of it beside what is `there`.
pub(in crate::lifecycle) fn priced(
    conn: &mut PgConnection,
    line: &OrderLine,
    there: Option<&Pick>,
    (product, units, grams): (ProductId, i32, Option<i64>),
    now: DateTime<Utc>,
) -> Result<(Item, Money), PickError> {
    if product == line.product_id {
        return Err(PickError::SameProduct);
    }
    let missing = there.map_or(line.quantity, |there| there.missing_of(line));
    if !(1..=missing).contains(&units) {
        return Err(PickError::Units { ordered: missing });
    }
    let item = catalog::by_ids(conn, &[product.0], now)?.into_iter().next();
    let item = item.ok_or(PickError::TooFew { free: 0 })?;
    let own_price = match (item.per_kg(), grams) {
        (Some(_), None) => return Err(PickError::Weigh),
        (Some(per_kg), Some(grams)) => per_kg.times_ratio(grams.max(0), 1_000),
        (None, _) => item.unit_price() * units,
    };
    let price = match there {
        Some(there) => fulfilment::substituted_rest(line, there, units, own_price),
        None => fulfilment::substituted(line, units, own_price),
    };
    Ok((item, price))
}

pub(super) fn left_out(
    conn: &mut PgConnection,
    line: &OrderLine,
    moved: Moved,
) -> Result<(Pick, Event), PickError> {
    inventory::take_held(conn, line.order_id, line.product_id, 0, moved)?;
    let pick = pick_of(line, PickState::LeftOut, None, 0, None, Money::ZERO, moved.at);
    Ok((pick, Event::LineLeftOut { position: line.position }))
}

fn pick_of(
    line: &OrderLine,
    state: PickState,
    product_id: Option<ProductId>,
    units: i32,
    grams: Option<i64>,
    sum_cents: Money,
    at: DateTime<Utc>,
) -> Pick {
    Pick {
        order_id: line.order_id,
        position: line.position,
        state,
        product_id,
        units,
        grams,
        sum_cents,
        at,
        rest_product_id: None,
        rest_units: None,
        rest_grams: None,
        rest_sum_cents: None,
    }
}
