//! A basket becomes an order: number, lines, stock, window and the try to be paid, all or nothing.

use super::pay;
use super::promise::{Promised, write_promise};
use super::written::{hold_stock, minimum_age, new_order, placed_event, write_order};
use crate::basket::{self, Basket, Totals};
use crate::delivery::{self, Window, WindowError};
use crate::events::{self, Event};
use crate::fulfilment::{self, Fulfilment};
use crate::ids::{Actor, AttemptId, BasketId, CustomerId, OrderNumber, ProductId};
use crate::money::{Money, split};
use crate::orders::{self, Contact, Coupon, CouponProblem, Order, OrderState, Substitutions};
use crate::payments::{self, Attempt, PayBy};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;

/// How long stock and window wait for the money.
pub(super) const UNPAID_FOR: Duration = Duration::minutes(30);

/// What pays, as the checkout's second step left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paying {
    pub by: PayBy,
    /// The gateway's payment method, or the kind of a redirect.
    pub gateway_method: Option<String>,
    /// Whose saved card it is.
    pub gateway_customer: Option<String>,
    /// `Visa ending 4242`, `Cash at the door`
    pub label: String,
}

/// Everything an order is made of that is not in the basket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    pub basket: BasketId,
    pub customer: Option<CustomerId>,
    /// Of the form that was sent: the same form again is the same order.
    pub submit_key: Uuid,
    pub contact: Contact,
    pub window: i64,
    pub paying: Paying,
    pub substitutions: Substitutions,
    /// The same for single things, by their number, where it is not as for all.
    pub wishes: BTreeMap<String, Substitutions>,
    pub coupon: Option<String>,
    /// What the button said.
    pub expected: Confirming,
    /// The shopper has said that somebody old enough will be at the door.
    pub age_confirmed: bool,
    pub quote_valid_for: Duration,
    pub delivery_vat: i32,
}

/// The sums a shopper agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirming {
    pub total: Money,
    pub maximum: Money,
}

/// An order that is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub order: Order,
    /// The try that is to be made now; `None` where the money comes at the door, where there is
    /// nothing to pay, and where the order was there already.
    pub attempt: Option<AttemptId>,
    /// It was placed before: by the same form, or by another tab.
    pub again: bool,
}

/// Something in the basket that is not there any more, or not so often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    pub product: ProductId,
    pub name: String,
    pub wanted: i32,
    pub left: i32,
}

/// Why there is no order. Nothing was changed.
#[derive(Debug)]
pub enum PlaceError {
    Empty,
    NoPlace,
    Gone(Vec<Gone>),
    /// Prices, offers or terms have changed: the shopper has to see the new sum first.
    Changed {
        agreed: Confirming,
        now: Confirming,
    },
    BelowMinimum {
        missing: Money,
    },
    Coupon(CouponProblem),
    WindowFull,
    WindowClosed,
    /// Somebody has to be so many years old.
    Age(i32),
    /// This form was sent before with other content.
    OtherContent(OrderNumber),
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for PlaceError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

impl From<WindowError> for PlaceError {
    fn from(e: WindowError) -> Self {
        match e {
            WindowError::Full => Self::WindowFull,
            WindowError::Closed => Self::WindowClosed,
            WindowError::Db(e) => Self::Db(e),
        }
    }
}

/// What a basket comes to with a coupon: the one reckoning that every step and the order share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reckoned {
    pub totals: Totals,
    /// What the coupon takes off, or why it does not.
    pub coupon: Option<Result<(Coupon, Money), CouponProblem>>,
    /// After the coupon.
    pub total: Money,
    pub maximum: Money,
    /// Its share of each line, in the order of the lines.
    pub coupon_shares: Vec<Money>,
}

/// Reckons a basket. The fee goes by the goods after offers and before the coupon: a coupon never
/// makes delivery dearer.
pub fn reckon(
    basket: &Basket,
    coupon: Option<Option<Coupon>>,
    delivery_vat: i32,
    now: DateTime<Utc>,
) -> Reckoned {
    let totals = Totals::of(basket, delivery_vat);
    let coupon = coupon.map(|found| {
        let coupon = found.ok_or(CouponProblem::Unknown)?;
        coupon.off(totals.goods, now).map(|off| (coupon, off))
    });
    let off = coupon.as_ref().and_then(|c| c.as_ref().ok()).map_or(Money::ZERO, |(_, off)| *off);
    let weights: Vec<i64> = basket.lines.iter().map(|l| l.sum().cents()).collect();
    Reckoned {
        total: totals.total - off,
        maximum: totals.most - off,
        coupon_shares: split(off, &weights),
        totals,
        coupon,
    }
}

/// Places an order, or finds the one that this form or another tab has placed already.
///
/// # Errors
/// Says what stands in the way; nothing has changed then.
pub fn place_order(
    conn: &mut PgConnection,
    placement: &Placement,
    now: DateTime<Utc>,
) -> Result<Placed, PlaceError> {
    conn.transaction(|conn| {
        basket::lock(conn, placement.basket, now)?;
        let before = orders::order_by_submit_key(conn, placement.submit_key)?;
        let basket =
            basket::load(conn, placement.basket, placement.quote_valid_for, now)?.ok_or(PlaceError::Empty)?;
        place_held(conn, placement, &basket, before, now)
    })
}

/// As [`place_order`], for a caller who has locked the basket and then read it, and the order that was
/// placed under the submit key before. Part of that transaction, which an error has to end.
///
/// # Errors
/// As [`place_order`].
pub fn place_held(
    conn: &mut PgConnection,
    placement: &Placement,
    basket: &Basket,
    before: Option<Order>,
    now: DateTime<Utc>,
) -> Result<Placed, PlaceError> {
    if let Some(order) = before {
        return placed_before(order, placement);
    }
    if basket.is_empty() {
        // Another tab has ordered what was in it.
        let order = orders::newest_of_basket(conn, placement.basket)?.ok_or(PlaceError::Empty)?;
        return Ok(Placed { order, attempt: None, again: true });
    }
    place(conn, placement, basket, now)
}

fn placed_before(order: Order, placement: &Placement) -> Result<Placed, PlaceError> {
    if order.fingerprint != fingerprint(placement) || order.basket_id != placement.basket {
        return Err(PlaceError::OtherContent(order.number));
    }
    Ok(Placed { order, attempt: None, again: true })
}

fn place(
    conn: &mut PgConnection,
    placement: &Placement,
    basket: &Basket,
    now: DateTime<Utc>,
) -> Result<Placed, PlaceError> {
    let coupon = match &placement.coupon {
        Some(code) => Some(orders::coupon(conn, code)?),
        None => None,
    };
    let reckoned = reckon(basket, coupon, placement.delivery_vat, now);
    check(placement, basket, &reckoned)?;
    let order = new_order(placement, basket, &reckoned, now)?;
    if let Some(code) = &order.coupon_code
        && !orders::spend_coupon(conn, code)?
    {
        return Err(PlaceError::Coupon(CouponProblem::UsedUp));
    }
    // The order's row first: the holds name it.
    let window = delivery::window(conn, placement.window)?.ok_or(PlaceError::WindowClosed)?;
    if Some(window.zone_id) != basket.spot.as_ref().map(|s| s.quote.zone_id) {
        return Err(PlaceError::WindowClosed);
    }
    let order = Order { window_starts_at: window.starts_at, window_ends_at: window.ends_at, ..order };
    let order = write_order(conn, &order, placement, basket, &reckoned)?;
    hold_stock(conn, basket, order.id)?;
    delivery::keep_for_order(conn, placement.basket, placement.window, order.id, now)?;
    let first = Promised {
        starts: window.starts_at,
        ends: window.ends_at,
        who: "customer",
        why: "chosen at the checkout",
    };
    write_promise(conn, order.id, 1, &first, Actor::Customer, now)?;
    let attempt = begin_payment(conn, &order, placement, now)?;
    if order.state == OrderState::Confirmed {
        fulfilment::put(conn, &Fulfilment::waiting(order.id, order.window_starts_at, now))?;
    }
    let said = said_of(&order, &window, basket, &reckoned, attempt.as_ref());
    events::record_all(conn, order.id.0, &said, Actor::Customer, now)?;
    basket::empty(conn, placement.basket)?;
    let to_pay = attempt.filter(|_| order.state == OrderState::Placed).map(|a| a.id);
    Ok(Placed { order, attempt: to_pay, again: false })
}

/// Everything that became true of an order with its placing.
fn said_of(
    order: &Order,
    window: &Window,
    basket: &Basket,
    reckoned: &Reckoned,
    attempt: Option<&Attempt>,
) -> Vec<Event> {
    let placed = placed_event(order, window, basket, reckoned);
    let confirmed = (order.state == OrderState::Confirmed).then_some(Event::OrderConfirmed);
    std::iter::once(placed).chain(attempt.map(pay::started)).chain(confirmed).collect()
}

fn check(placement: &Placement, basket: &Basket, reckoned: &Reckoned) -> Result<(), PlaceError> {
    if basket.spot.is_none() {
        return Err(PlaceError::NoPlace);
    }
    let gone: Vec<Gone> = basket
        .lines
        .iter()
        .filter(|l| l.counted < l.quantity())
        .map(|l| Gone {
            product: l.item.article.id,
            name: l.item.article.name.clone(),
            wanted: l.quantity(),
            left: l.counted,
        })
        .collect();
    if !gone.is_empty() {
        return Err(PlaceError::Gone(gone));
    }
    if let Some(Err(problem)) = &reckoned.coupon {
        return Err(PlaceError::Coupon(problem.clone()));
    }
    let now = Confirming { total: reckoned.total, maximum: reckoned.maximum };
    if now != placement.expected {
        return Err(PlaceError::Changed { agreed: placement.expected, now });
    }
    if let Some(missing) = reckoned.totals.until_minimum.filter(|m| !m.is_zero()) {
        return Err(PlaceError::BelowMinimum { missing });
    }
    let age = minimum_age(basket);
    if age > 0 && !placement.age_confirmed {
        return Err(PlaceError::Age(age));
    }
    Ok(())
}

/// The try to be paid, unless there is nothing to pay.
fn begin_payment(
    conn: &mut PgConnection,
    order: &Order,
    placement: &Placement,
    now: DateTime<Utc>,
) -> QueryResult<Option<Attempt>> {
    if order.maximum_cents.is_zero() {
        return Ok(None);
    }
    let attempt = pay::new_attempt(order, &placement.paying, now);
    payments::insert_attempt(conn, &attempt)?;
    Ok(Some(attempt))
}

/// What was in the form, as one word: everything but the key itself.
pub(super) fn fingerprint(p: &Placement) -> String {
    let swaps = (p.substitutions, &p.wishes);
    let content = (&p.contact, p.window, &p.paying, swaps, &p.coupon, p.expected, p.age_confirmed);
    let digest = Sha256::digest(format!("{content:?}").as_bytes());
    digest.iter().take(16).map(|b| format!("{b:02x}")).collect()
}
