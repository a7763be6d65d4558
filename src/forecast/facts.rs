//! What is known of many orders at once: some ten queries, however many they are. Nothing is held.

use super::model::{Facts, Picking, Riding, Stage};
use super::reach::{Leg, Seen, reached};
use super::store::{self, InQueue, OpenLines};
use crate::config::Forecast as Pace;
use crate::delivery::{self, Drop, DropState, Failure, Place, Rider};
use crate::dispatch::{self, Point, Stop, way};
use crate::fulfilment::{self, Fulfilment, FulfilmentState};
use crate::ids::{DropId, OrderId, PlaceId, StaffId};
use crate::orders::{self, Order, OrderState};
use crate::promises::{self, Cause, Forecast, Promise};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use std::collections::HashMap;

/// Of the picking queue, so many orders are looked at.
const MOST_IN_QUEUE: i64 = 2_000;
/// Who has picked something within this time is at work.
const AT_WORK: Duration = Duration::minutes(20);
/// Where a rider was within this time is where their next way begins.
const DOORS_SINCE: Duration = Duration::hours(6);

/// What is known of one order, and who brings it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Known {
    pub(super) order: OrderId,
    /// None: it is over.
    pub(super) facts: Option<Facts>,
    /// By the first name; or the carrier.
    pub(super) rider: Option<String>,
    /// The promise that holds.
    pub(super) holds: Promise,
    /// Whether its picking is far off, so that little can change.
    pub(super) is_far: bool,
}

/// What goes on in the house and on the road, for all orders.
pub(super) struct Town {
    queue: Vec<InQueue>,
    pickers: i32,
    /// When each stop is reached.
    reached: HashMap<DropId, DateTime<Utc>>,
    riders: HashMap<StaffId, Rider>,
    /// Those who are under way.
    away: HashMap<StaffId, Away>,
    /// What each rider still has to bring.
    stops: HashMap<StaffId, Vec<Drop>>,
    places: HashMap<PlaceId, Place>,
    home: Point,
    pace: Pace,
}

/// Under way to a door since, or at it.
#[derive(Clone, Copy)]
struct Away {
    since: DateTime<Utc>,
    is_at_a_door: bool,
}

impl Town {
    /// Whether somebody on shift goes there and has room for it then.
    fn has_room_for(&self, drop: &Drop, now: DateTime<Utc>) -> bool {
        let own = |id| self.stops.get(&id).map_or(&[][..], Vec::as_slice);
        let on_shift = self.riders.values().filter(|rider| rider.on_shift && dispatch::goes_to(rider, drop));
        on_shift.into_iter().any(|rider| dispatch::has_room(rider, own(rider.id), drop, now))
    }

    /// What is left to do of an order.
    fn work(&self, of: &InQueue) -> Duration {
        self.pace.picking(of.lines)
    }
}

/// What is known of some orders.
struct Papers {
    promises: HashMap<OrderId, Vec<Promise>>,
    fulfilments: HashMap<OrderId, Fulfilment>,
    open: HashMap<OrderId, OpenLines>,
    drops: HashMap<OrderId, Vec<Drop>>,
    forecasts: HashMap<OrderId, Forecast>,
}

/// Reads what is known of these orders in this town.
///
/// # Errors
/// When the database does not answer.
pub(super) fn read(
    conn: &mut PgConnection,
    of: &[OrderId],
    town: &Town,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Known>> {
    let orders = orders::orders_by_ids(conn, of)?;
    let papers = papers(conn, of)?;
    Ok(orders.iter().filter_map(|order| known(order, &papers, town, now)).collect())
}

/// Reads what goes on.
///
/// # Errors
/// When the database does not answer.
pub(super) fn town(conn: &mut PgConnection, pace: &Pace, now: DateTime<Utc>) -> QueryResult<Town> {
    let until = now + Duration::hours(pace.ahead_hours);
    let queue = store::work_until(conn, until, MOST_IN_QUEUE)?;
    let home = dispatch::home(conn)?;
    let riders = delivery::riders_at_work(conn)?;
    let ids: Vec<StaffId> = riders.iter().map(|rider| rider.id).collect();
    let stops = delivery::stops_of_riders(conn, &ids)?;
    let doors = delivery::last_doors(conn, &ids, now - DOORS_SINCE)?;
    let reached =
        riders.iter().flat_map(|rider| reached_by(rider, &stops, &doors, home, pace, now)).collect();
    Ok(Town {
        pickers: at_work(&queue, now),
        queue,
        reached,
        away: stops.iter().filter_map(away).collect(),
        stops: by_rider(stops),
        riders: riders.into_iter().map(|rider| (rider.id, rider)).collect(),
        places: delivery::places_of(conn)?.into_iter().map(|place| (place.id, place)).collect(),
        home,
        pace: *pace,
    })
}

fn by_rider(stops: Vec<Drop>) -> HashMap<StaffId, Vec<Drop>> {
    let mut own: HashMap<StaffId, Vec<Drop>> = HashMap::new();
    for stop in stops {
        if let Some(rider) = stop.rider_id {
            own.entry(rider).or_default().push(stop);
        }
    }
    own
}

fn at_work(queue: &[InQueue], now: DateTime<Utc>) -> i32 {
    let mut pickers: Vec<StaffId> = queue
        .iter()
        .filter(|row| row.touched_at.is_some_and(|at| at + AT_WORK > now))
        .filter_map(|row| row.picker_id)
        .collect();
    pickers.sort();
    pickers.dedup();
    i32::try_from(pickers.len()).unwrap_or(i32::MAX).max(1)
}

fn reached_by(
    rider: &Rider,
    stops: &[Drop],
    doors: &[Drop],
    home: Point,
    pace: &Pace,
    now: DateTime<Utc>,
) -> Vec<(DropId, DateTime<Utc>)> {
    let own: Vec<&Drop> = stops.iter().filter(|stop| stop.rider_id == Some(rider.id)).collect();
    let legs: Vec<Leg> = own.iter().map(|stop| leg(stop)).collect();
    let here = rider.latitude.zip(rider.longitude).zip(rider.position_at);
    let seen = here.map(|((latitude, longitude), at)| (Point { latitude, longitude }, at));
    let door = doors.iter().find(|door| door.rider_id == Some(rider.id));
    let door = door.and_then(|door| Some((point(door), door.ended_at?)));
    let seen: Vec<Seen> = seen.into_iter().chain(door).collect();
    own.iter().map(|stop| stop.id).zip(reached(&legs, &seen, home, pace, now)).collect()
}

fn away(stop: &Drop) -> Option<(StaffId, Away)> {
    let since = stop.left_at.filter(|_| stop.state == DropState::OnTheWay)?;
    Some((stop.rider_id?, Away { since, is_at_a_door: stop.arrived_at.is_some() }))
}

fn leg(drop: &Drop) -> Leg {
    Leg {
        stop: Stop { at: point(drop), starts: drop.starts_at, ends: drop.ends_at },
        assigned_at: drop.assigned_at,
        left_at: drop.left_at,
        arrived_at: drop.arrived_at,
    }
}

fn point(drop: &Drop) -> Point {
    Point { latitude: drop.latitude, longitude: drop.longitude }
}

fn papers(conn: &mut PgConnection, of: &[OrderId]) -> QueryResult<Papers> {
    let mut promises: HashMap<OrderId, Vec<Promise>> = HashMap::new();
    for promise in promises::of_orders(conn, of)? {
        promises.entry(promise.order_id).or_default().push(promise);
    }
    let mut drops: HashMap<OrderId, Vec<Drop>> = HashMap::new();
    for drop in delivery::drops_of_orders(conn, of)? {
        drops.entry(drop.order_id).or_default().push(drop);
    }
    Ok(Papers {
        promises,
        drops,
        fulfilments: fulfilment::of_orders(conn, of)?.into_iter().map(|row| (row.order_id, row)).collect(),
        open: store::open_lines(conn, of)?.into_iter().map(|row| (row.order_id, row)).collect(),
        forecasts: promises::forecasts_of(conn, of)?.into_iter().map(|row| (row.order_id, row)).collect(),
    })
}

fn known(order: &Order, papers: &Papers, town: &Town, now: DateTime<Utc>) -> Option<Known> {
    let promises = papers.promises.get(&order.id)?;
    let holds = promises.last()?;
    let wanted = promises::agreed(promises).unwrap_or(holds);
    let drops = papers.drops.get(&order.id).map_or(&[][..], Vec::as_slice);
    let place = town.places.get(&order.place_id);
    let to = place.map_or(town.home, |p| Point { latitude: p.latitude, longitude: p.longitude });
    let forecast = papers.forecasts.get(&order.id);
    let is_over = !matches!(order.state, OrderState::Placed | OrderState::Confirmed)
        || drops.iter().any(|drop| drop.state == DropState::Delivered);
    let row = papers.fulfilments.get(&order.id);
    let facts = Facts {
        now,
        starts: wanted.starts_at,
        ends: wanted.ends_at,
        closed_until: forecast.and_then(|f| f.closed_until),
        setback: setback(drops),
        way: way(town.home, to),
        stage: stage(order, row, (drops, holds), papers, town, now),
    };
    let until = now + Duration::hours(town.pace.ahead_hours);
    Some(Known {
        order: order.id,
        facts: (!is_over).then_some(facts),
        rider: rider(drops, town),
        holds: holds.clone(),
        is_far: row.is_some_and(|row| row.packed_at.is_none() && row.due_at > until),
    })
}

/// What ended the try before the one that is open.
fn setback(drops: &[Drop]) -> Option<Cause> {
    let (last, before) = drops.split_last()?;
    let failed = before.last().filter(|_| last.state.is_open())?;
    match failed.failure? {
        Failure::RiderStopped | Failure::CarrierStopped => Some(Cause::RiderStopped),
        Failure::WrongAddress => Some(Cause::WrongAddress),
        Failure::NobodyThere
        | Failure::NoAccess
        | Failure::Refused
        | Failure::TooYoung
        | Failure::NotPaid
        | Failure::Damaged
        | Failure::Cancelled => None,
    }
}

fn stage(
    order: &Order,
    row: Option<&Fulfilment>,
    (drops, holds): (&[Drop], &Promise),
    papers: &Papers,
    town: &Town,
    now: DateTime<Utc>,
) -> Stage {
    if let Some(drop) = drops.last() {
        return of_the_drop(drop, holds, town, now);
    }
    let picking = picking(order, row, papers, town);
    match order.state {
        OrderState::Placed => Stage::Unpaid { since: order.placed_at, picking },
        OrderState::Confirmed | OrderState::Completed | OrderState::Cancelled => Stage::Unpacked(picking),
    }
}

fn of_the_drop(drop: &Drop, holds: &Promise, town: &Town, now: DateTime<Utc>) -> Stage {
    match drop.state {
        DropState::Planned => {
            Stage::Packed { since: drop.planned_at, has_riders: town.has_room_for(drop, now) }
        }
        DropState::RiderAssigned | DropState::OnTheWay => Stage::Riding(riding(drop, holds, town, now)),
        DropState::Failed if drop.failure == Some(Failure::WrongAddress) => {
            Stage::NotFound { since: drop.ended_at.unwrap_or(drop.planned_at) }
        }
        DropState::Failed | DropState::Delivered => Stage::Undecided,
    }
}

fn riding(drop: &Drop, holds: &Promise, town: &Town, now: DateTime<Utc>) -> Riding {
    let Some(rider) = drop.rider_id.and_then(|id| town.riders.get(&id)) else {
        return carried(drop, holds.ends_at, now);
    };
    let away = town.away.get(&rider.id);
    let given = away.map(|away| away.since).or(drop.assigned_at).unwrap_or(drop.planned_at);
    let stands = away.filter(|away| !away.is_at_a_door).and(rider.stands_since);
    Riding {
        reached: town.reached.get(&drop.id).copied().unwrap_or(drop.ends_at).max(now),
        is_away: away.is_some(),
        has_left: drop.left_at.is_some(),
        is_there: drop.arrived_at.is_some(),
        heard_at: rider.heard_at.map_or(given, |at| at.max(given)),
        stands_since: stands.map(|since| since.max(given)),
    }
}

/// A carrier's rider nobody here sees: by the end of what was told last, and silent only after that.
fn carried(drop: &Drop, told_until: DateTime<Utc>, now: DateTime<Utc>) -> Riding {
    Riding {
        reached: told_until.max(now),
        is_away: true,
        has_left: drop.left_at.is_some(),
        is_there: drop.arrived_at.is_some(),
        heard_at: told_until.min(now),
        stands_since: None,
    }
}

fn rider(drops: &[Drop], town: &Town) -> Option<String> {
    let drop = drops.last()?;
    let rider = drop.rider_id.and_then(|id| town.riders.get(&id)).map(|rider| rider.first_name.clone());
    rider.or_else(|| drop.carrier.clone())
}

fn picking(order: &Order, row: Option<&Fulfilment>, papers: &Papers, town: &Town) -> Picking {
    let open = papers.open.get(&order.id);
    let own = town.queue.iter().find(|other| other.order_id == order.id);
    let is_begun = row.is_some_and(|row| row.state == FulfilmentState::Picking);
    let is_before = |other: &&InQueue| match own {
        Some(own) => (other.due_at, other.order_id) < (own.due_at, own.order_id),
        // Not confirmed yet: by its window it would come here.
        None => other.window_starts_at <= order.window_starts_at,
    };
    let ahead = if is_begun || row.is_some_and(|row| own.is_none() && row.packed_at.is_none()) {
        Duration::zero()
    } else {
        town.queue
            .iter()
            .filter(is_before)
            .map(|other| town.work(other))
            .fold(Duration::zero(), |all, one| all + one)
    };
    Picking {
        ahead,
        pickers: town.pickers,
        lines: open.map_or(0, |open| open.lines),
        short: open.map_or(0, |open| open.short),
        asks: open.is_some_and(|open| open.asks),
        touched_at: row.filter(|_| is_begun).and_then(|row| row.touched_at),
    }
}
