//! Money that has come: the order goes on with it, or it goes back.

use super::cancel::{let_go, refund};
use super::pay::confirm;
use super::renew;
use super::taken::{has_captured, left_of};
use crate::delivery::{self, WindowError};
use crate::events::{self, Event};
use crate::ids::Actor;
use crate::inventory::{self, HoldError, Wanted};
use crate::orders::{self, CancelledWhy, Order, OrderState};
use crate::payments::{Attempt, RefundReason};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Money that was not there before: the order goes on, or the money goes back.
pub(super) fn money_is_there(
    conn: &mut PgConnection,
    order: &Order,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    match order.state {
        OrderState::Placed => confirm(conn, order, Actor::Gateway, now).map(drop),
        OrderState::Confirmed if attempt.standby => renew::take_over(conn, order, attempt, now),
        OrderState::Completed if attempt.standby => give_money_back(conn, order, attempt, now),
        OrderState::Confirmed | OrderState::Completed => Ok(()),
        OrderState::Cancelled if order.cancelled_why == Some(CancelledWhy::Unpaid) => {
            if take_again(conn, order, now)? {
                confirm(conn, order, Actor::Gateway, now).map(drop)
            } else {
                give_money_back(conn, order, attempt, now)
            }
        }
        OrderState::Cancelled => give_money_back(conn, order, attempt, now),
    }
}

/// Stock, window and coupon once more, if all of them are still to be had. All or none.
fn take_again(conn: &mut PgConnection, order: &Order, now: DateTime<Utc>) -> QueryResult<bool> {
    let lines = orders::lines(conn, order.id)?;
    let wanted: Vec<Wanted> =
        lines.iter().map(|l| Wanted { product: l.product_id, units: l.quantity }).collect();
    let taken = conn.transaction(|conn| {
        if let Some(code) = &order.coupon_code
            && !orders::spend_coupon(conn, code)?
        {
            return Err(NotAgain::Gone);
        }
        inventory::hold(conn, order.id, &wanted)?;
        delivery::take_again(conn, order.window_id, order.id, now)?;
        Ok(())
    });
    match taken {
        Ok(()) => Ok(true),
        Err(NotAgain::Gone) => Ok(false),
        Err(NotAgain::Db(e)) => Err(e),
    }
}

enum NotAgain {
    Gone,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for NotAgain {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

impl From<HoldError> for NotAgain {
    fn from(e: HoldError) -> Self {
        match e {
            HoldError::Short(_) => Self::Gone,
            HoldError::Db(e) => Self::Db(e),
        }
    }
}

impl From<WindowError> for NotAgain {
    fn from(e: WindowError) -> Self {
        match e {
            WindowError::Full | WindowError::Closed => Self::Gone,
            WindowError::Db(e) => Self::Db(e),
        }
    }
}

pub(super) fn give_money_back(
    conn: &mut PgConnection,
    order: &Order,
    attempt: &Attempt,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    if order.state == OrderState::Cancelled && order.cancelled_why == Some(CancelledWhy::Unpaid) {
        orders::set_cancelled(conn, order.id, CancelledWhy::LateMoney, now)?;
        let event = Event::OrderCancelled { why: CancelledWhy::LateMoney.as_str().to_owned() };
        events::record(conn, order.id.0, &event, Actor::System, now)?;
    }
    if !has_captured(conn, attempt)? {
        return let_go(conn, order.id, attempt.id, now);
    }
    // What is on its way back already is not sent twice.
    let back = left_of(conn, attempt)?;
    if back.is_zero() {
        return Ok(());
    }
    let why = match order.state {
        OrderState::Cancelled if order.cancelled_why != Some(CancelledWhy::Unpaid) => RefundReason::Cancelled,
        OrderState::Placed | OrderState::Confirmed | OrderState::Completed | OrderState::Cancelled => {
            RefundReason::LateMoney
        }
    };
    refund(conn, order.id, attempt.id, back, why, Actor::System, now).map(drop)
}
