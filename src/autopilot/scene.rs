//! What there is to see in the town: the orders with where each stands and what comes next, the riders, the map's
//! ground. Some fifteen queries, however much goes on.

use super::crew::{self, Autopilot};
use super::papers::Papers;
use super::plan::{self, Bench, Pick, Ride};
use super::riding::with_facts;
use crate::delivery::{self, Drop, DropState, Failure, Place, Rider};
use crate::dispatch::{self, Point};
use crate::fulfilment::{self, Fulfilment, FulfilmentState};
use crate::ids::{DropId, OrderId};
use crate::orders::{self, Order, OrderState, Substitutions};
use crate::town::{self, Part, Trouble};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// Orders shown at once: open ones, and of those that are delivered.
const MOST_OPEN: i64 = 20;
const MOST_DELIVERED: i64 = 6;
const DELIVERED_WITHIN: Duration = Duration::hours(12);
/// Riders shown at once.
const MOST_RIDERS: usize = 8;
/// Where somebody was longer ago says nothing of where they are.
const SEEN_LATELY: Duration = Duration::minutes(5);

pub(super) struct Scene {
    pub(super) now: DateTime<Utc>,
    /// Whether anything goes by itself at all.
    pub(super) is_on: bool,
    pub(super) by_hand: Vec<Part>,
    pub(super) orders: Vec<Known>,
    pub(super) riders: Vec<Seen>,
    pub(super) places: Vec<Place>,
    pub(super) home: Point,
}

/// Where an order stands, finer than its customer reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Unpaid,
    Waiting,
    Picking,
    Packed,
    WithRider,
    OnTheWay,
    AtTheDoor,
    Failed(Option<Failure>),
    Delivered,
}

/// An order, and all that is to be said of it.
pub(super) struct Known {
    pub(super) order: Order,
    pub(super) stage: Stage,
    pub(super) bench: Option<Bench>,
    /// The newest try to deliver it.
    pub(super) drop: Option<Drop>,
    /// Who brings it: the rider's first name, or the carrier.
    pub(super) by: Option<String>,
    pub(super) pick: Option<(Pick, DateTime<Utc>)>,
    pub(super) ride: Option<(Ride, DateTime<Utc>)>,
    /// What may come for the line that is picked next.
    pub(super) wish: Substitutions,
    pub(super) area: String,
    /// Where it goes: latitude and longitude.
    pub(super) door: (f64, f64),
    pub(super) troubles: Vec<Trouble>,
}

impl Known {
    pub(super) fn is_a_carriers(&self) -> bool {
        self.drop.as_ref().is_some_and(Drop::is_a_carriers)
    }
}

/// A rider, and where they are.
pub(super) struct Seen {
    pub(super) name: String,
    pub(super) on_shift: bool,
    /// Nothing: at the warehouse.
    pub(super) at: Option<(f64, f64)>,
    /// The order whose door they are under way to.
    pub(super) to: Option<OrderId>,
    pub(super) stops: usize,
}

impl Scene {
    /// Whether people do this part.
    pub(super) fn is_by_hand(&self, part: Part) -> bool {
        !self.is_on || self.by_hand.contains(&part)
    }
}

/// # Errors
/// When the database does not answer.
pub(super) fn read(conn: &mut PgConnection, autopilot: &Autopilot, now: DateTime<Utc>) -> QueryResult<Scene> {
    let all = delivery::all_riders(conn)?;
    let ids: Vec<_> = all.iter().map(|rider| rider.id).collect();
    let stops = delivery::stops_of_riders(conn, &ids)?;
    let delivered = delivery::delivered_by(conn, &ids, now - DELIVERED_WITHIN, MOST_DELIVERED)?;
    let mut orders: Vec<OrderId> =
        orders::newest_open(conn, MOST_OPEN)?.into_iter().map(|order| order.id).collect();
    orders.extend(delivered.iter().map(|drop| drop.order_id));
    // What is at its door and not charged yet is in both.
    let mut seen = HashSet::new();
    orders.retain(|id| seen.insert(*id));
    let places = delivery::places_of(conn)?;
    let troubles = town::troubles(conn)?;
    let rides = rides(&all, &stops, autopilot, &troubles);
    let known = Around { riders: &all, places: &places, rides, troubles };
    Ok(Scene {
        now,
        is_on: autopilot.is_on(),
        by_hand: town::by_hand(conn)?,
        orders: known.read(conn, &orders, autopilot)?,
        riders: all.iter().filter_map(|rider| sight(rider, &stops, now)).take(MOST_RIDERS).collect(),
        home: dispatch::home(conn)?,
        places,
    })
}

/// What each rider does next, by the drop it is about.
fn rides(
    riders: &[Rider],
    stops: &[Drop],
    autopilot: &Autopilot,
    troubles: &[(OrderId, Trouble)],
) -> HashMap<DropId, (Ride, DateTime<Utc>)> {
    let mut next = HashMap::new();
    for rider in riders {
        let own: Vec<Drop> = stops.iter().filter(|stop| stop.rider_id == Some(rider.id)).cloned().collect();
        let is_stuck = |drop: &Drop| troubles.contains(&(drop.order_id, Trouble::Stuck));
        for (drop, stop) in with_facts(&own, rider, is_stuck) {
            next.extend(plan::ride(&stop, autopilot.pace).map(|ride| (drop.id, ride)));
        }
    }
    next
}

fn sight(rider: &Rider, stops: &[Drop], now: DateTime<Utc>) -> Option<Seen> {
    let own: Vec<&Drop> = stops.iter().filter(|stop| stop.rider_id == Some(rider.id)).collect();
    let away = own.iter().find(|stop| stop.state == DropState::OnTheWay);
    let lately = rider.position_at.filter(|at| *at + SEEN_LATELY > now);
    // Who waits for the next order does so at the warehouse; who had to stop is where they stopped.
    let is_out = away.is_some_and(|drop| drop.left_at <= rider.position_at) || !rider.on_shift;
    let at = lately.filter(|_| is_out).and(rider.latitude.zip(rider.longitude));
    let is_here = rider.on_shift || at.is_some() || !own.is_empty();
    is_here.then(|| Seen {
        name: rider.first_name.clone(),
        on_shift: rider.on_shift,
        at,
        to: away.map(|drop| drop.order_id),
        stops: own.len(),
    })
}

/// What goes on around the orders.
struct Around<'a> {
    riders: &'a [Rider],
    places: &'a [Place],
    rides: HashMap<DropId, (Ride, DateTime<Utc>)>,
    troubles: Vec<(OrderId, Trouble)>,
}

impl Around<'_> {
    fn read(
        &self,
        conn: &mut PgConnection,
        ids: &[OrderId],
        autopilot: &Autopilot,
    ) -> QueryResult<Vec<Known>> {
        let mut papers = Papers::read(conn, ids)?;
        let picker = crew::member(conn, crew::PICKER)?;
        let rows: HashMap<OrderId, Fulfilment> =
            fulfilment::of_orders(conn, ids)?.into_iter().map(|row| (row.order_id, row)).collect();
        // Of several tries of an order the newest comes last.
        let mut drops: HashMap<OrderId, Drop> =
            delivery::drops_of_orders(conn, ids)?.into_iter().map(|drop| (drop.order_id, drop)).collect();
        let mut known = Vec::new();
        for id in ids {
            let row = rows.get(id);
            let bench = row.and_then(|row| papers.bench(row, picker));
            let Some(order) = papers.orders.remove(id) else { continue };
            let wish = papers.open(*id).first().map_or(order.substitutions, |line| line.wish(&order));
            let pick = bench.and_then(|bench| plan::pick(&bench, autopilot.pace));
            known.push(Known { bench, pick, wish, ..self.known(order, row, drops.remove(id)) });
        }
        Ok(known)
    }

    fn known(&self, order: Order, row: Option<&Fulfilment>, drop: Option<Drop>) -> Known {
        let place = self.places.iter().find(|place| place.id == order.place_id);
        let name = |id| self.riders.iter().find(|rider| Some(rider.id) == id).map(|r| r.first_name.clone());
        Known {
            stage: stage(&order, row, drop.as_ref()),
            bench: None,
            wish: order.substitutions,
            by: drop.as_ref().and_then(|drop| drop.carrier.clone().or_else(|| name(drop.rider_id))),
            pick: None,
            ride: drop.as_ref().and_then(|drop| self.rides.get(&drop.id).copied()),
            area: place.map(|place| place.short_name.clone()).unwrap_or_default(),
            door: place.map(|place| (place.latitude, place.longitude)).unwrap_or_default(),
            troubles: self.troubles.iter().filter(|(id, _)| *id == order.id).map(|(_, kind)| *kind).collect(),
            order,
            drop,
        }
    }
}

fn stage(order: &Order, row: Option<&Fulfilment>, drop: Option<&Drop>) -> Stage {
    if order.state == OrderState::Placed {
        return Stage::Unpaid;
    }
    match (drop.map(|drop| (drop.state, drop)), row.map(|row| row.state)) {
        (Some((DropState::Delivered, _)), _) => Stage::Delivered,
        (Some((DropState::Failed, drop)), _) => Stage::Failed(drop.failure),
        (Some((DropState::OnTheWay, drop)), _) if drop.arrived_at.is_some() => Stage::AtTheDoor,
        (Some((DropState::OnTheWay, _)), _) => Stage::OnTheWay,
        (Some((DropState::RiderAssigned, _)), _) => Stage::WithRider,
        (Some((DropState::Planned, _)), _)
        | (None, Some(FulfilmentState::Packed | FulfilmentState::HandedOver)) => Stage::Packed,
        (None, Some(FulfilmentState::Picking)) => Stage::Picking,
        (None, Some(FulfilmentState::Waiting) | None) => Stage::Waiting,
    }
}
