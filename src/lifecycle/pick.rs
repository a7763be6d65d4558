//! An order is picked line by line: what lies in the bag leaves the shelf in the same transaction.

mod line;

pub(super) use line::{is_same, most, priced};

use super::ask::ask_about_the_rest;
use super::rest::settle_rest;
use crate::events::{self, Event};
use crate::fulfilment::{self, Fulfilment, FulfilmentState, PickState};
use crate::ids::{Actor, OrderId, ProductId, StaffId};
use crate::inventory::{self, Moved, Reason, TakeError};
use crate::orders::{self, Order, OrderLine, OrderState};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use line::{left_out, picked, substituted};

/// Why a picker cannot do that. Nothing has changed.
#[derive(Debug)]
pub enum PickError {
    /// It was cancelled, or is not to be picked yet.
    NotConfirmed(OrderState),
    /// Somebody else has it in hand.
    InOtherHands(StaffId),
    /// Nobody has it in hand: take it first.
    NotInHand,
    /// It is packed.
    Packed,
    /// There is no such line.
    NoSuchLine,
    /// The line was settled otherwise before.
    Settled(PickState),
    /// More than were ordered, or none.
    Units {
        ordered: i32,
    },
    /// It is priced by its weight: put it on the scale.
    Weigh,
    /// The customer wants nothing else in its place.
    NoSubstitutes,
    /// They want to be asked first, and have not said yes to this.
    AskFirst,
    /// They are being asked, and have until then to answer.
    Asked {
        until: DateTime<Utc>,
    },
    /// Nothing to stand in for itself.
    SameProduct,
    /// Not so many of what was to stand in are free.
    TooFew {
        free: i32,
    },
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for PickError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

impl From<TakeError> for PickError {
    fn from(e: TakeError) -> Self {
        match e {
            TakeError::TooFew { free } => Self::TooFew { free },
            TakeError::Db(e) => Self::Db(e),
        }
    }
}

/// What a picker has done with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// The line's own product. `grams` of all units together, where it is weighed.
    Picked {
        units: i32,
        grams: Option<i64>,
    },
    /// Another one in its place.
    Substituted {
        product: ProductId,
        units: i32,
        grams: Option<i64>,
    },
    LeftOut,
}

/// A picker takes an order in hand. Taking one's own again changes nothing; an order whose picker
/// has gone silent can be taken over. One transaction.
///
/// # Errors
/// `InOtherHands` when another picker was there first.
pub fn start_picking(
    conn: &mut PgConnection,
    id: OrderId,
    picker: StaffId,
    now: DateTime<Utc>,
) -> Result<(), PickError> {
    conn.transaction(|conn| {
        let (_, row) = lock_to_pick(conn, id)?;
        match (row.state, row.picker_id) {
            (FulfilmentState::Packed | FulfilmentState::HandedOver, _) => return Err(PickError::Packed),
            (FulfilmentState::Picking, Some(other)) if other == picker => return Ok(()),
            (FulfilmentState::Picking, Some(other)) if !row.is_abandoned(now) => {
                return Err(PickError::InOtherHands(other));
            }
            (FulfilmentState::Waiting | FulfilmentState::Picking, _) => {}
        }
        fulfilment::set_picking(conn, id, picker, row.started_at.unwrap_or(now), now)?;
        events::record(conn, id.0, &Event::PickingStarted { picker }, Actor::Staff(picker), now)?;
        Ok(())
    })
}

/// Orders looked at for one that nobody else reaches for: more pickers at once there are not.
const AT_ONCE: i64 = 20;

/// A picker takes what is due first and waits for somebody: what they have in hand already, if
/// that is something. Nothing when nothing waits. One transaction for each order reached for, so
/// that of two who reach for one the other gets the next.
///
/// # Errors
/// When the database does not answer.
pub fn take_next(
    conn: &mut PgConnection,
    picker: StaffId,
    now: DateTime<Utc>,
) -> Result<Option<OrderId>, PickError> {
    if let Some(own) = fulfilment::in_hand_of(conn, picker, 1)?.first() {
        return Ok(Some(own.order_id));
    }
    for row in fulfilment::queue(conn, FulfilmentState::Waiting, None, AT_ONCE)? {
        match start_picking(conn, row.order_id, picker, now) {
            Ok(()) => return Ok(Some(row.order_id)),
            Err(PickError::Db(e)) => return Err(PickError::Db(e)),
            // Somebody was there first.
            Err(_) => {}
        }
    }
    Ok(None)
}

/// A picker puts an order down again. What is picked stays picked. One transaction.
///
/// # Errors
/// When they do not have it in hand.
pub fn leave_picking(
    conn: &mut PgConnection,
    id: OrderId,
    picker: StaffId,
    now: DateTime<Utc>,
) -> Result<(), PickError> {
    conn.transaction(|conn| {
        let (_, row) = lock_to_pick(conn, id)?;
        if row.state == FulfilmentState::Waiting {
            return Ok(());
        }
        in_hand(&row, picker)?;
        fulfilment::set_waiting(conn, id)?;
        Ok(events::record(conn, id.0, &Event::PickingLeft, Actor::Staff(picker), now)?)
    })
}

/// A line is settled: picked, replaced or left out. Saying the same again changes nothing. One
/// transaction.
///
/// # Errors
/// Says why not; nothing has changed then.
pub fn settle_line(
    conn: &mut PgConnection,
    id: OrderId,
    position: i32,
    how: Settled,
    picker: StaffId,
    now: DateTime<Utc>,
) -> Result<(), PickError> {
    conn.transaction(|conn| {
        let order = lock_in_hand(conn, id, picker)?;
        let line = line_of(conn, id, position)?;
        let moved = Moved { order: Some(id), by: Actor::Staff(picker), at: now };
        if let Some(before) = fulfilment::picks_of(conn, id)?.into_iter().find(|p| p.position == position) {
            return settle_rest(conn, &order, &line, before, how, moved);
        }
        let (pick, event) = match how {
            Settled::Picked { units, grams } => picked(conn, &line, units, grams, moved)?,
            Settled::Substituted { product, units, grams } => {
                substituted(conn, &order, &line, (product, units, grams), moved)?
            }
            Settled::LeftOut => left_out(conn, &line, moved)?,
        };
        fulfilment::insert_pick(conn, &pick)?;
        fulfilment::touch(conn, id, now)?;
        events::record(conn, id.0, &event, Actor::Staff(picker), now)?;
        Ok(ask_about_the_rest(conn, &order, &line, &pick, moved)?)
    })
}

/// A slip of the hand: the line is open again, and what was in the bag is back on its shelf. One
/// transaction.
///
/// # Errors
/// When the picker does not have the order in hand.
pub fn reopen_line(
    conn: &mut PgConnection,
    id: OrderId,
    position: i32,
    picker: StaffId,
    now: DateTime<Utc>,
) -> Result<(), PickError> {
    conn.transaction(|conn| {
        lock_in_hand(conn, id, picker)?;
        let line = line_of(conn, id, position)?;
        let found = fulfilment::picks_of(conn, id)?.into_iter().find(|p| p.position == position);
        let Some(pick) = found else { return Ok(()) };
        let moved = Moved { order: Some(id), by: Actor::Staff(picker), at: now };
        let bag: Vec<(ProductId, i32)> = pick.in_bag().collect();
        let all: Vec<ProductId> = bag.iter().map(|(product, _)| *product).chain([line.product_id]).collect();
        inventory::lock(conn, &all)?;
        for (other, units) in bag.into_iter().filter(|(product, _)| *product != line.product_id) {
            inventory::put_back(conn, other, units, Reason::PutBack, moved)?;
        }
        inventory::reopen(conn, id, line.product_id, line.quantity, moved)?;
        fulfilment::delete_pick(conn, id, position)?;
        fulfilment::touch(conn, id, now)?;
        Ok(events::record(conn, id.0, &Event::LineReopened { position }, Actor::Staff(picker), now)?)
    })
}

/// The order's row, then its fulfilment's: in this order always.
pub(super) fn lock_to_pick(conn: &mut PgConnection, id: OrderId) -> Result<(Order, Fulfilment), PickError> {
    let order = orders::lock_order(conn, id)?;
    match order.state {
        OrderState::Confirmed => {}
        OrderState::Placed | OrderState::Completed | OrderState::Cancelled => {
            return Err(PickError::NotConfirmed(order.state));
        }
    }
    let row = fulfilment::lock(conn, id)?.ok_or(PickError::NotConfirmed(order.state))?;
    Ok((order, row))
}

/// The same, of an order that a picker has in hand.
pub(super) fn lock_in_hand(
    conn: &mut PgConnection,
    id: OrderId,
    picker: StaffId,
) -> Result<Order, PickError> {
    let (order, row) = lock_to_pick(conn, id)?;
    in_hand(&row, picker)?;
    Ok(order)
}

pub(super) fn in_hand(row: &Fulfilment, picker: StaffId) -> Result<(), PickError> {
    match (row.state, row.picker_id) {
        (FulfilmentState::Picking, Some(own)) if own == picker => Ok(()),
        (FulfilmentState::Picking, Some(other)) => Err(PickError::InOtherHands(other)),
        (FulfilmentState::Waiting | FulfilmentState::Picking, _) => Err(PickError::NotInHand),
        (FulfilmentState::Packed | FulfilmentState::HandedOver, _) => Err(PickError::Packed),
    }
}

pub(super) fn line_of(conn: &mut PgConnection, id: OrderId, position: i32) -> Result<OrderLine, PickError> {
    orders::lines(conn, id)?.into_iter().find(|l| l.position == position).ok_or(PickError::NoSuchLine)
}
