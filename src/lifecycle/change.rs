//! An order is changed until somebody begins to pick it: what is in it, what it comes to, the stock that
//! waits for it and the money behind it, together or not at all.

use super::pay;
use super::place::{Confirming, Gone, Paying, reckon};
use super::written::order_lines;
use crate::basket::{Basket, MAX_QUANTITY, Spot};
use crate::catalog::{self, Item};
use crate::delivery;
use crate::events::{self, Event, LineChange, Ordered};
use crate::fulfilment::{self, Fulfilment, FulfilmentState};
use crate::ids::{Actor, OrderId, ProductId};
use crate::inventory::{self, HoldError, Wanted};
use crate::money::Money;
use crate::orders::{self, Coupon, Order, OrderLine, OrderState};
use crate::payments::{self, Attempt, AttemptState, PayBy};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// An order has no more lines: as a basket.
const MOST_LINES: usize = 200;

/// Why an order stays as it is. Nothing has changed.
#[derive(Debug)]
pub enum ChangeError {
    /// Somebody picks it, or it is over or not paid yet.
    TooLate,
    /// Nothing would be left in it: it can be cancelled instead.
    Empty,
    /// More lines, or more of one thing, than an order has.
    TooMuch,
    /// Something that is not sold any more.
    NotSold,
    Gone(Vec<Gone>),
    BelowMinimum {
        missing: Money,
    },
    /// What was added is for people of this age, and nobody has said that one will be at the door.
    Age(i32),
    /// The sums are others than those that were agreed to.
    Changed {
        now: Confirming,
    },
    /// More has to be reserved on the card first.
    More {
        reserved: Money,
        needed: Money,
    },
    /// It was paid when it was ordered, and can only come to less.
    OnlyLess {
        paid: Money,
        label: String,
    },
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for ChangeError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// What an order would become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// With its new sums.
    pub order: Order,
    pub lines: Vec<OrderLine>,
    /// What is more, less, new or gone; nothing where all stays as it is.
    pub changes: Vec<LineChange>,
    /// Its coupon takes nothing off any more.
    pub coupon_gone: Option<String>,
    /// What is missing for the smallest order we bring; zero where it is reached.
    pub minimum_missing: Money,
}

impl Plan {
    pub fn sums(&self) -> Confirming {
        Confirming { total: self.order.total_cents, maximum: self.order.maximum_cents }
    }
}

/// Until when an order can be changed: until its picking starts.
pub fn may_be_changed(order: &Order, warehouse: Option<&Fulfilment>) -> bool {
    order.state == OrderState::Confirmed
        && warehouse.is_some_and(|row| {
            row.state == FulfilmentState::Waiting && row.started_at.is_none() && row.stopped_at.is_none()
        })
}

/// What an order would become, and whether anything but its money stands in the way. Changes nothing.
///
/// # Errors
/// As [`change_order`], but for money, stock and what was agreed.
pub fn plan_change(
    conn: &mut PgConnection,
    id: OrderId,
    wanted: &[Wanted],
    now: DateTime<Utc>,
) -> Result<Plan, ChangeError> {
    let order = orders::order(conn, id)?;
    if !may_be_changed(&order, fulfilment::of_order(conn, id)?.as_ref()) {
        return Err(ChangeError::TooLate);
    }
    plan(conn, &order, wanted, now)
}

/// Changes what is in an order. The same again changes nothing. One transaction; of a picker who takes
/// it at this moment one of the two comes too late.
///
/// # Errors
/// Says why not; nothing has changed then.
pub fn change_order(
    conn: &mut PgConnection,
    id: OrderId,
    wanted: &[Wanted],
    expected: Confirming,
    now: DateTime<Utc>,
) -> Result<Plan, ChangeError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, id)?;
        if !may_be_changed(&order, fulfilment::lock(conn, id)?.as_ref()) {
            return Err(ChangeError::TooLate);
        }
        let plan = plan(conn, &order, wanted, now)?;
        if plan.sums() != expected {
            return Err(ChangeError::Changed { now: plan.sums() });
        }
        if plan.changes.is_empty() {
            return Ok(plan);
        }
        if plan.minimum_missing > Money::ZERO {
            return Err(ChangeError::BelowMinimum { missing: plan.minimum_missing });
        }
        if let Some(code) = &plan.coupon_gone {
            orders::give_back_coupon(conn, code)?;
        }
        hold_instead(conn, &plan)?;
        cover(conn, &plan.order, now)?;
        orders::replace_lines(conn, id, &plan.lines)?;
        orders::set_sums(conn, &plan.order)?;
        events::record(conn, id.0, &changed_event(&plan), Actor::Customer, now)?;
        Ok(plan)
    })
}

fn plan(
    conn: &mut PgConnection,
    order: &Order,
    wanted: &[Wanted],
    now: DateTime<Utc>,
) -> Result<Plan, ChangeError> {
    let wanted: Vec<Wanted> = wanted.iter().copied().filter(|w| w.units > 0).collect();
    if wanted.is_empty() {
        return Err(ChangeError::Empty);
    }
    if wanted.len() > MOST_LINES || wanted.iter().any(|w| w.units > MAX_QUANTITY) {
        return Err(ChangeError::TooMuch);
    }
    let before = orders::lines(conn, order.id)?;
    let things = things(conn, order, &before, &wanted, now)?;
    let age = things.iter().map(|(item, _)| item.article.minimum_age).max().unwrap_or(0);
    if age > order.minimum_age {
        return Err(ChangeError::Age(age));
    }
    let quote = delivery::quote(conn, order.quote_id)?;
    let place = delivery::place(conn, order.place_id)?;
    let zone = String::new();
    let basket = Basket::as_wanted(Spot { quote, place, zone }, things);
    let coupon = match &order.coupon_code {
        Some(code) => orders::coupon(conn, code)?.map(unused),
        None => None,
    };
    // As on the day it was ordered: an offer or a coupon that has ended since still holds for it.
    let reckoned = reckon(&basket, coupon.map(Some), order.fee_vat_percent, order.placed_at);
    let (coupon_code, coupon_cents) = match &reckoned.coupon {
        Some(Ok((coupon, off))) => (Some(coupon.code.clone()), *off),
        Some(Err(_)) | None => (None, Money::ZERO),
    };
    let lines = in_their_places(&before, order_lines(order.id, &basket, &reckoned));
    Ok(Plan {
        changes: changes(&before, &lines),
        coupon_gone: order.coupon_code.clone().filter(|_| coupon_code.is_none()),
        minimum_missing: reckoned.totals.until_minimum.unwrap_or_default(),
        order: Order {
            coupon_code,
            coupon_cents,
            goods_cents: reckoned.totals.goods,
            fee_cents: reckoned.totals.delivery.unwrap_or_default(),
            total_cents: reckoned.total,
            maximum_cents: reckoned.maximum,
            minimum_age: age,
            ..order.clone()
        },
        lines,
    })
}

/// The order itself has used it once.
fn unused(coupon: Coupon) -> Coupon {
    Coupon { used: (coupon.used - 1).max(0), ..coupon }
}

/// What is wanted, with its prices: of what was ordered those of then, of what is new those of now.
fn things(
    conn: &mut PgConnection,
    order: &Order,
    before: &[OrderLine],
    wanted: &[Wanted],
    now: DateTime<Utc>,
) -> Result<Vec<(Item, i32)>, ChangeError> {
    let ids: Vec<i64> = wanted.iter().map(|w| w.product.0).collect();
    let then = catalog::by_ids_sold_or_not(conn, &ids, order.placed_at)?;
    let now = catalog::by_ids(conn, &ids, now)?;
    let of = |all: &[Item], id: ProductId| all.iter().find(|item| item.article.id == id).cloned();
    let thing = |w: &Wanted| {
        let line = before.iter().find(|line| line.product_id == w.product);
        let item = match line {
            Some(line) => as_ordered(line, of(&then, w.product), of(&now, w.product)),
            None => of(&now, w.product),
        };
        item.map(|item| (item, w.units)).ok_or(ChangeError::NotSold)
    };
    wanted.iter().map(thing).collect()
}

/// A line's product at the price and with the offer it was ordered at.
fn as_ordered(line: &OrderLine, then: Option<Item>, now: Option<Item>) -> Option<Item> {
    let mut item = then?;
    item.offer = item.offer.or_else(|| now.and_then(|item| item.offer));
    let today = item.article.price_cents.cents().max(1);
    let each = line.full_cents.cents() / i64::from(line.quantity.max(1));
    if let Some(per_kg) = item.article.per_kg_cents.filter(|_| today != each) {
        item.article.per_kg_cents = Some(per_kg.times_ratio(each, today));
    }
    item.article.price_cents = Money(each);
    Some(item)
}

/// A line that stays keeps its position and how it is called; what is new comes behind all that ever was.
fn in_their_places(before: &[OrderLine], after: Vec<OrderLine>) -> Vec<OrderLine> {
    let mut last = before.iter().map(|l| l.position).max().unwrap_or(0);
    let mut placed: Vec<OrderLine> = after
        .into_iter()
        .map(|new| match before.iter().find(|l| l.product_id == new.product_id) {
            Some(old) => OrderLine {
                quantity: new.quantity,
                unit_price_cents: new.unit_price_cents,
                offer_label: new.offer_label,
                shared_offer_id: new.shared_offer_id,
                full_cents: new.full_cents,
                off_cents: new.off_cents,
                coupon_cents: new.coupon_cents,
                sum_cents: new.sum_cents,
                maximum_cents: new.maximum_cents,
                ..old.clone()
            },
            None => {
                last += 1;
                OrderLine { position: last, ..new }
            }
        })
        .collect();
    placed.sort_by_key(|l| l.position);
    placed
}

fn changes(before: &[OrderLine], after: &[OrderLine]) -> Vec<LineChange> {
    let units = |lines: &[OrderLine], id| lines.iter().find(|l| l.product_id == id).map_or(0, |l| l.quantity);
    let new = after.iter().filter(|l| units(before, l.product_id) == 0);
    before
        .iter()
        .chain(new)
        .map(|l| LineChange {
            name: l.name.clone(),
            before: units(before, l.product_id),
            after: units(after, l.product_id),
        })
        .filter(|change| change.before != change.after)
        .collect()
}

/// The stock of all old and new lines is taken in the order of its keys, and then waits for the new ones.
fn hold_instead(conn: &mut PgConnection, plan: &Plan) -> Result<(), ChangeError> {
    let before = orders::lines(conn, plan.order.id)?;
    let all: Vec<ProductId> = before.iter().chain(&plan.lines).map(|l| l.product_id).collect();
    inventory::lock(conn, &all)?;
    inventory::release(conn, plan.order.id)?;
    let wanted: Vec<Wanted> =
        plan.lines.iter().map(|l| Wanted { product: l.product_id, units: l.quantity }).collect();
    inventory::hold(conn, plan.order.id, &wanted).map_err(|e| match e {
        HoldError::Db(e) => ChangeError::Db(e),
        HoldError::Short(short) => {
            let name = |id| plan.lines.iter().find(|l| l.product_id == id).map_or("", |l| l.name.as_str());
            let gone = |s: inventory::Short| Gone {
                product: s.product,
                name: name(s.product).to_owned(),
                wanted: s.wanted,
                left: s.left,
            };
            ChangeError::Gone(short.into_iter().map(gone).collect())
        }
    })
}

/// The money behind it covers the most it can become: a card what is reserved, another way what was paid;
/// at the door there is nothing to cover, and what is due is written down anew.
fn cover(conn: &mut PgConnection, order: &Order, now: DateTime<Utc>) -> Result<(), ChangeError> {
    let needed = order.maximum_cents;
    let Some(attempt) = payments::standing_attempt(conn, order.id)? else {
        let (paid, label) = (Money::ZERO, "a coupon".to_owned());
        return if needed.is_zero() { Ok(()) } else { Err(ChangeError::OnlyLess { paid, label }) };
    };
    let has = attempt.amount_cents;
    match attempt.method {
        PayBy::CashAtDoor | PayBy::CardAtDoor if has == needed => Ok(()),
        PayBy::CashAtDoor | PayBy::CardAtDoor => due_anew(conn, order, &attempt, now),
        PayBy::Card | PayBy::Redirect if attempt.state == AttemptState::Authorised && has >= needed => Ok(()),
        PayBy::Card => Err(ChangeError::More { reserved: has, needed }),
        PayBy::Redirect => Err(ChangeError::OnlyLess { paid: has, label: attempt.label }),
    }
}

fn due_anew(
    conn: &mut PgConnection,
    order: &Order,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> Result<(), ChangeError> {
    payments::abandon(conn, attempt.id, now)?;
    let why = "the order was changed".to_owned();
    let event = Event::PaymentAbandoned { attempt: attempt.id, why };
    events::record(conn, order.id.0, &event, Actor::Customer, now)?;
    if order.maximum_cents.is_zero() {
        return Ok(());
    }
    let paying = Paying {
        by: attempt.method,
        gateway_method: None,
        gateway_customer: None,
        label: attempt.label.clone(),
    };
    pay::begin(conn, order, &paying, now)?;
    Ok(())
}

fn changed_event(plan: &Plan) -> Event {
    let ordered = |l: &OrderLine| {
        let (product, sku, quantity) = (l.product_id.0, l.sku.clone(), l.quantity);
        (l.position, Ordered { product, sku, quantity, sum: l.sum_cents, maximum: l.maximum_cents })
    };
    let order = &plan.order;
    Event::OrderChanged {
        lines: plan.lines.iter().map(ordered).collect(),
        changes: plan.changes.clone(),
        goods: order.goods_cents,
        coupon: order.coupon_cents,
        fee: order.fee_cents,
        total: order.total_cents,
        maximum: order.maximum_cents,
    }
}
