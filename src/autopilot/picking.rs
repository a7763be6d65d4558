//! The demonstration's picker.

use super::crew::{MOST, Round};
use super::papers::Papers;
use super::plan::{self, Pick};
use crate::catalog::{self, Item, SoldBy, Storage};
use crate::events;
use crate::fulfilment::{self, Fulfilment, FulfilmentState};
use crate::ids::{Actor, OrderId, ProductId, StaffId};
use crate::lifecycle::{self, Ask, CancelError, Goods, PackError, PickError, Settled, Story};
use crate::orders::{CancelledWhy, Order, OrderLine, Substitutions};
use crate::payments;
use crate::town::{self, Trouble};
use diesel::prelude::*;

/// Of one kind, so many are looked at for one that can stand in.
const OF_A_KIND: i64 = 40;

/// Takes the next step with each order that is due.
///
/// # Errors
/// When the database does not answer.
pub(super) fn go_on(conn: &mut PgConnection, picker: StaffId, round: &Round) -> QueryResult<()> {
    let mut rows = fulfilment::queue(conn, FulfilmentState::Waiting, None, MOST)?;
    rows.extend(fulfilment::in_hand_of(conn, picker, MOST)?);
    let ids: Vec<OrderId> = rows.iter().map(|row| row.order_id).collect();
    let papers = Papers::read(conn, &ids)?;
    for row in &rows {
        let next = papers.bench(row, Some(picker)).and_then(|bench| plan::pick(&bench, round.pace));
        let Some((step, _)) = next.filter(|(_, when)| *when <= round.now) else { continue };
        match take_step(conn, row, step, &papers, picker, round) {
            Err(PickError::Db(e)) => return Err(e),
            Err(e) => log::info!("the autopilot could not go on with an order: {e:?}"),
            Ok(()) => {}
        }
    }
    Ok(())
}

fn take_step(
    conn: &mut PgConnection,
    row: &Fulfilment,
    step: Pick,
    papers: &Papers,
    picker: StaffId,
    round: &Round,
) -> Result<(), PickError> {
    let (id, now) = (row.order_id, round.now);
    match step {
        Pick::Start => lifecycle::start_picking(conn, id, picker, now),
        Pick::Line => {
            let Some(order) = papers.orders.get(&id) else { return Ok(()) };
            reach_for(conn, order, &papers.open(id), picker, round)
        }
        Pick::Pack => {
            let bags = [(Storage::Ambient, 1), (Storage::Chilled, 1)];
            match lifecycle::pack(conn, id, &bags, picker, now) {
                Err(PackError::Pick(e)) => Err(e),
                Err(PackError::Nothing) => Ok(give_up(conn, id, picker, round)?),
                Ok(_) | Err(PackError::Open(_) | PackError::Asked { .. } | PackError::NoBags) => Ok(()),
            }
        }
    }
}

/// Nothing of it was there: nothing is brought, and nothing is paid.
fn give_up(conn: &mut PgConnection, id: OrderId, picker: StaffId, round: &Round) -> QueryResult<()> {
    match lifecycle::cancel(conn, id, CancelledWhy::Shop, Actor::Staff(picker), round.now) {
        Err(CancelError::Db(e)) => Err(e),
        Err(e) => {
            log::info!("the autopilot could not cancel an order of which nothing was there: {e:?}");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// The next line that does not wait for its customer's answer.
fn reach_for(
    conn: &mut PgConnection,
    order: &Order,
    open: &[&OrderLine],
    picker: StaffId,
    round: &Round,
) -> Result<(), PickError> {
    let may_ask = open.iter().any(|line| line.wish(order) == Substitutions::Ask);
    let goods = if may_ask { Some(goods(conn, order.id)?) } else { None };
    let ask = |line: &OrderLine| goods.as_ref().and_then(|goods| goods.ask(line.position));
    let Some(line) = open.iter().find(|line| ask(line).is_none_or(|ask| !ask.waits(round.now))) else {
        return Ok(());
    };
    if let Some(ask) = ask(line) {
        let settle = |conn: &mut PgConnection, how| {
            lifecycle::settle_line(conn, order.id, line.position, how, picker, round.now)
        };
        return match settle(conn, answered(ask)) {
            // What they said yes to is gone meanwhile.
            Err(PickError::TooFew { .. }) => settle(conn, Settled::LeftOut),
            settled => settled,
        };
    }
    let is_missing = round.has(order.id, Trouble::Missing);
    let whole =
        if is_missing { Err(PickError::TooFew { free: 0 }) } else { take_whole(conn, line, picker, round) };
    if let Err(PickError::TooFew { .. }) = whole {
        go_short(conn, order, line, picker, round)?;
        // Not before it is done: a step that was refused is taken again.
        return Ok(town::end_trouble(conn, order.id, Trouble::Missing)?);
    }
    whole
}

fn goods(conn: &mut PgConnection, id: OrderId) -> QueryResult<Goods> {
    let (history, attempts) = (events::history(conn, id.0)?, payments::attempts_of(conn, id)?);
    Ok(Story::tell(&history, &attempts).goods)
}

/// A yes is done as it was asked; a no, or no answer in time, leaves it out.
fn answered(ask: &Ask) -> Settled {
    if ask.yes == Some(true) {
        return Settled::Substituted { product: ProductId(ask.product), units: ask.units, grams: None };
    }
    Settled::LeftOut
}

fn take_whole(
    conn: &mut PgConnection,
    line: &OrderLine,
    picker: StaffId,
    round: &Round,
) -> Result<(), PickError> {
    // Scales never show the estimate: three in a hundred less.
    let grams = line.grams.filter(|_| line.sold_by == SoldBy::Weight);
    let grams = grams.map(|g| (g * i64::from(line.quantity) * 97 / 100).max(1));
    let how = Settled::Picked { units: line.quantity, grams };
    lifecycle::settle_line(conn, line.order_id, line.position, how, picker, round.now)
}

/// It is not there: what its customer has chosen for that is done.
fn go_short(
    conn: &mut PgConnection,
    order: &Order,
    line: &OrderLine,
    picker: StaffId,
    round: &Round,
) -> Result<(), PickError> {
    let (id, position, now) = (order.id, line.position, round.now);
    let standin = match line.wish(order) {
        Substitutions::LeaveOut => None,
        Substitutions::Similar | Substitutions::Ask => stand_in(conn, order, line, round)?,
    };
    let Some(product) = standin else {
        return lifecycle::settle_line(conn, id, position, Settled::LeftOut, picker, now);
    };
    if line.wish(order) == Substitutions::Ask {
        let asked =
            lifecycle::ask_substitute(conn, id, position, (product, line.quantity, None), picker, now);
        return asked.map(drop);
    }
    let how = Settled::Substituted { product, units: line.quantity, grams: None };
    lifecycle::settle_line(conn, id, position, how, picker, now)
}

/// Of the same kind, free and not to be weighed, the nearest in price.
fn stand_in(
    conn: &mut PgConnection,
    order: &Order,
    line: &OrderLine,
    round: &Round,
) -> QueryResult<Option<ProductId>> {
    let Some(ware) = catalog::wares(conn, &[line.product_id])?.pop() else { return Ok(None) };
    let items = catalog::best_of_kind(conn, ware.category_id, &ware.kind, OF_A_KIND, round.now)?;
    let own = line.unit_price_cents.cents();
    let fits = |item: &&Item| {
        let article = &item.article;
        article.id != line.product_id
            && !article.is_weighed()
            && article.minimum_age <= order.minimum_age
            && item.available() >= line.quantity
    };
    let near = |item: &&Item| (item.unit_price().cents() - own).abs();
    Ok(items.iter().filter(fits).min_by_key(near).map(|item| item.article.id))
}
