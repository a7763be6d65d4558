//! An order is packed, and then leaves the warehouse: from there on its real sum is known, and taken.

use super::capture::{CaptureError, HandedOver, capture_sum};
use super::pick::{PickError, in_hand, lock_to_pick};
use super::rest::asked_until;
use crate::catalog::Storage;
use crate::delivery::{self, Drop, DropState};
use crate::events::{self, Event};
use crate::fulfilment::{self, Bag, Fulfilment, FulfilmentState, Pick};
use crate::ids::{Actor, DropId, OrderId, StaffId};
use crate::money::Money;
use crate::orders::{self, Order};
use crate::promises;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// What an order came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    pub total: Money,
    pub bags: Vec<Bag>,
    pub drop: DropId,
}

#[derive(Debug)]
pub enum PackError {
    Pick(PickError),
    /// So many lines are still to be picked.
    Open(usize),
    /// Nothing was there: cancel the order instead.
    Nothing,
    /// At least one bag.
    NoBags,
    /// An answer about what was missing is awaited until then.
    Asked {
        until: DateTime<Utc>,
    },
}

impl From<PickError> for PackError {
    fn from(e: PickError) -> Self {
        Self::Pick(e)
    }
}

impl From<diesel::result::Error> for PackError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Pick(PickError::Db(e))
    }
}

/// More bags than this nobody carries.
const MOST_BAGS: i32 = 40;

/// All lines are settled and lie in bags, so many of each temperature. A drop is planned. One
/// transaction.
///
/// # Errors
/// Says why not; nothing has changed then.
pub fn pack(
    conn: &mut PgConnection,
    id: OrderId,
    bags: &[(Storage, i32)],
    picker: StaffId,
    now: DateTime<Utc>,
) -> Result<Packed, PackError> {
    conn.transaction(|conn| {
        let (order, row) = lock_to_pick(conn, id)?;
        if row.state == FulfilmentState::Packed && row.picker_id == Some(picker) {
            return packed_before(conn, &row);
        }
        in_hand(&row, picker)?;
        let goods = goods_of(conn, id, now)?;
        let bags = bags_of(&order, bags)?;
        // What was ordered and is not there was no part of the promise about the fee.
        let total = goods + order.fee_cents;
        fulfilment::set_packed(conn, id, goods, total, now)?;
        fulfilment::insert_bags(conn, &bags)?;
        let count = i32::try_from(bags.len()).unwrap_or(i32::MAX);
        let event = Event::OrderPacked { bags: count, goods, total };
        events::record(conn, id.0, &event, Actor::Staff(picker), now)?;
        let drop = plan_drop(conn, &order, Actor::System, now)?;
        Ok(Packed { total, bags, drop })
    })
}

fn packed_before(conn: &mut PgConnection, row: &Fulfilment) -> Result<Packed, PackError> {
    let drop = delivery::last_drop(conn, row.order_id)?.ok_or(diesel::result::Error::NotFound)?;
    let bags = fulfilment::bags_of(conn, row.order_id)?;
    Ok(Packed { total: row.total_cents.unwrap_or_default(), bags, drop: drop.id })
}

fn goods_of(conn: &mut PgConnection, id: OrderId, now: DateTime<Utc>) -> Result<Money, PackError> {
    let (lines, picks) = (orders::lines(conn, id)?, fulfilment::picks_of(conn, id)?);
    let open = lines.len() - picks.len().min(lines.len());
    if open > 0 {
        return Err(PackError::Open(open));
    }
    if picks.iter().all(|p| p.units == 0) {
        return Err(PackError::Nothing);
    }
    if let Some(until) = asked_until(conn, id, &picks, now)? {
        return Err(PackError::Asked { until });
    }
    Ok(picks.iter().map(Pick::total).sum())
}

/// The labels' codes begin with the order's number, so that one reads whose bag it is.
fn bags_of(order: &Order, wanted: &[(Storage, i32)]) -> Result<Vec<Bag>, PackError> {
    let each = wanted.iter().flat_map(|(storage, n)| (0..(*n).clamp(0, MOST_BAGS)).map(|_| *storage));
    let bags: Vec<Bag> = (1..)
        .zip(each)
        .map(|(number, storage)| Bag {
            code: format!("{}-{number:02}", order.number),
            order_id: order.id,
            number,
            storage,
        })
        .collect();
    if bags.is_empty() { Err(PackError::NoBags) } else { Ok(bags) }
}

/// Plans the next try to deliver an order, by the newest promise. The caller holds the order's row.
pub(super) fn plan_drop(
    conn: &mut PgConnection,
    order: &Order,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<DropId> {
    let place = delivery::place(conn, order.place_id)?;
    let zone = delivery::window(conn, order.window_id)?.map(|w| w.zone_id).or(place.zone_id);
    let promises = promises::of_order(conn, order.id)?;
    let (starts_at, ends_at) = promises::agreed(&promises)
        .map_or((order.window_starts_at, order.window_ends_at), |p| (p.starts_at, p.ends_at));
    let attempt = delivery::last_drop(conn, order.id)?.map_or(1, |before| before.attempt + 1);
    let id = DropId(Uuid::now_v7());
    delivery::insert_drop(
        conn,
        &Drop {
            id,
            order_id: order.id,
            attempt,
            state: DropState::Planned,
            zone_id: zone.ok_or(diesel::result::Error::NotFound)?,
            starts_at,
            ends_at,
            latitude: place.latitude,
            longitude: place.longitude,
            rider_id: None,
            stop: 0,
            carrier: None,
            carrier_ref: None,
            tracking_url: None,
            planned_at: now,
            assigned_at: None,
            left_at: None,
            arrived_at: None,
            ended_at: None,
            failure: None,
            proof: None,
            proof_detail: String::new(),
            photo_sha256: None,
            version: 1,
        },
    )?;
    let event = Event::DropPlanned { drop: id, attempt, starts: starts_at, ends: ends_at };
    events::record(conn, order.id.0, &event, by, now)?;
    Ok(id)
}

#[derive(Debug)]
pub enum HandOverError {
    /// It is not packed.
    NotPacked,
    /// Its money cannot be taken any more: it has to be paid anew first.
    Money(CaptureError),
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for HandOverError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

impl From<CaptureError> for HandOverError {
    fn from(e: CaptureError) -> Self {
        e.apart().map_or_else(Self::Db, Self::Money)
    }
}

/// A packed order leaves the warehouse, and what it came to is taken where it was reserved before.
/// Again, it changes nothing. One transaction.
///
/// # Errors
/// Says why not; nothing has changed then.
pub fn hand_over(
    conn: &mut PgConnection,
    id: OrderId,
    by: Actor,
    now: DateTime<Utc>,
) -> Result<HandedOver, HandOverError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, id)?;
        let row = fulfilment::lock(conn, id)?.ok_or(HandOverError::NotPacked)?;
        let drop = delivery::last_drop(conn, id)?.ok_or(HandOverError::NotPacked)?;
        hand_over_locked(conn, &order, &row, drop.id, by, (now, now))
    })
}

/// The same for who holds the order's row and its fulfilment's already. `at`: when it left, as far as
/// one knows; it is asked for its money now.
pub(super) fn hand_over_locked(
    conn: &mut PgConnection,
    order: &Order,
    row: &Fulfilment,
    drop: DropId,
    by: Actor,
    (at, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<HandedOver, HandOverError> {
    match row.state {
        FulfilmentState::HandedOver => return Ok(HandedOver::Already),
        FulfilmentState::Packed => {}
        FulfilmentState::Waiting | FulfilmentState::Picking => return Err(HandOverError::NotPacked),
    }
    let total = row.total_cents.ok_or(HandOverError::NotPacked)?;
    fulfilment::set_handed_over(conn, order.id, at)?;
    events::record(conn, order.id.0, &Event::OrderHandedOver { drop }, by, at)?;
    Ok(capture_sum(conn, order, total, by, now)?)
}
