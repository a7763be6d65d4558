//! Those who want to be asked are asked: may this come in its place?

use super::goods::{Ask, Goods};
use super::pick::{PickError, line_of, lock_in_hand, priced};
use super::story::Story;
use crate::events::{self, Event};
use crate::fulfilment::{self, Pick, PickState};
use crate::ids::{Actor, OrderId, ProductId, StaffId};
use crate::inventory::{self, Moved};
use crate::money::Money;
use crate::orders::{self, Order, OrderLine, OrderState, Substitutions};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// A picker does not stand before a shelf for longer; they go on with the other lines meanwhile.
const ANSWER_WITHIN: Duration = Duration::minutes(10);

/// A picker's wish goes to the customer: so many of this in the line's place, for no more than the line
/// would have cost. They have ten minutes; no answer is no. The same question while it is open changes
/// nothing. One transaction.
///
/// # Errors
/// Says why not; nobody is asked then.
pub fn ask_substitute(
    conn: &mut PgConnection,
    id: OrderId,
    position: i32,
    (product, units, grams): (ProductId, i32, Option<i64>),
    picker: StaffId,
    now: DateTime<Utc>,
) -> Result<Ask, PickError> {
    conn.transaction(|conn| {
        let order = lock_in_hand(conn, id, picker)?;
        let line = line_of(conn, id, position)?;
        if line.wish(&order) != Substitutions::Ask {
            return Err(PickError::NoSubstitutes);
        }
        let there = fulfilment::picks_of(conn, id)?.into_iter().find(|p| p.position == position);
        if let Some(before) = there.as_ref().filter(|pick| pick.missing_of(&line) == 0) {
            return Err(PickError::Settled(before.state));
        }
        if let Some(open) = goods(conn, id)?.ask(position).filter(|ask| ask.waits(now)) {
            let is_same = (open.product, open.units) == (product.0, units);
            return if is_same { Ok(open.clone()) } else { Err(PickError::Asked { until: open.until }) };
        }
        let (item, sum) = priced(conn, &line, there.as_ref(), (product, units, grams), now)?;
        let shelf = inventory::shelves(conn, &[product])?.pop();
        let free = shelf.map_or(0, |s| (s.on_hand - s.held).max(0));
        if free < units {
            return Err(PickError::TooFew { free });
        }
        let (product, name, until) = (product.0, item.article.name.clone(), now + ANSWER_WITHIN);
        let event = Event::SubstituteAsked { position, product, name: name.clone(), units, sum, until };
        events::record(conn, id.0, &event, Actor::Staff(picker), now)?;
        fulfilment::touch(conn, id, now)?;
        Ok(Ask { position, product, name, units, sum, at: now, until, yes: None })
    })
}

/// Why an answer does not count. Nothing has changed.
#[derive(Debug)]
pub enum AnswerError {
    /// Nobody has asked, or its time is over, or the line is settled.
    TooLate,
    /// They have said otherwise before.
    Answered(bool),
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for AnswerError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// The customer says yes or no. The same answer again changes nothing. One transaction.
///
/// # Errors
/// `TooLate` when what was stated for no answer holds already.
pub fn answer_substitute(
    conn: &mut PgConnection,
    id: OrderId,
    position: i32,
    product: i64,
    yes: bool,
    now: DateTime<Utc>,
) -> Result<(), AnswerError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, id)?;
        let goods = goods(conn, id)?;
        let asked = goods.ask(position).filter(|ask| ask.product == product).ok_or(AnswerError::TooLate)?;
        match asked.yes {
            Some(said) if said == yes => return Ok(()),
            Some(said) => return Err(AnswerError::Answered(said)),
            None => {}
        }
        let ordered = orders::lines(conn, id)?.into_iter().find(|line| line.position == position);
        let ordered = ordered.map_or(0, |line| line.quantity);
        let is_settled =
            goods.lines.iter().any(|line| line.position == position && line.missing_of(ordered) == 0);
        let is_packed = goods.packed_at.is_some();
        if order.state != OrderState::Confirmed || is_packed || is_settled || !asked.waits(now) {
            return Err(AnswerError::TooLate);
        }
        let event = Event::SubstituteAnswered { position, product, yes };
        Ok(events::record(conn, id.0, &event, Actor::Customer, now)?)
    })
}

/// What was asked about a line of which something was found: nothing more where all of it was; else the question
/// that waits is about the rest, and ends when it would have. Part of the caller's transaction.
pub(super) fn ask_about_the_rest(
    conn: &mut PgConnection,
    order: &Order,
    line: &OrderLine,
    there: &Pick,
    Moved { by, at, .. }: Moved,
) -> QueryResult<()> {
    if line.wish(order) != Substitutions::Ask || there.state != PickState::Picked {
        return Ok(());
    }
    let goods = goods(conn, order.id)?;
    let Some(ask) = goods.ask(line.position) else { return Ok(()) };
    let missing = there.missing_of(line);
    if missing == 0 {
        let event = Event::SubstituteWithdrawn { position: line.position };
        return events::record(conn, order.id.0, &event, by, at);
    }
    if !ask.waits(at) {
        return Ok(());
    }
    let units = ask.units.min(missing);
    let part = ask.sum.times_ratio(i64::from(units), i64::from(ask.units));
    let sum = fulfilment::substituted_rest(line, there, units, part);
    let (position, product, name, until) = (ask.position, ask.product, ask.name.clone(), ask.until);
    let event = Event::SubstituteAsked { position, product, name, units, sum, until };
    events::record(conn, order.id.0, &event, by, at)
}

/// The most somebody who wants to be asked pays for what they said yes to. The caller holds the order's
/// row.
pub(super) fn agreed(
    conn: &mut PgConnection,
    line: &OrderLine,
    product: ProductId,
    units: i32,
) -> Result<Money, PickError> {
    let goods = goods(conn, line.order_id)?;
    let agreed = goods.ask(line.position).filter(|ask| ask.yes == Some(true) && ask.product == product.0);
    let agreed = agreed.filter(|ask| units <= ask.units).ok_or(PickError::AskFirst)?;
    Ok(agreed.sum)
}

/// What an order's customer was asked.
pub(super) fn questions(conn: &mut PgConnection, id: OrderId) -> QueryResult<Vec<Ask>> {
    Ok(goods(conn, id)?.asks)
}

fn goods(conn: &mut PgConnection, id: OrderId) -> QueryResult<Goods> {
    Ok(Story::tell(&events::history(conn, id.0)?, &[]).goods)
}
