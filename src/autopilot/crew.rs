//! The picker and the riders of the demonstration, and what they do each second.

use super::instead::instead;
use super::plan::{self, Bench, Pick, Ride, Stop};
use crate::app::App;
use crate::catalog::{SoldBy, Storage};
use crate::delivery::{self, Drop, DropState, Failure, Proof};
use crate::error::AppError;
use crate::fulfilment::{self, Fulfilment, FulfilmentState};
use crate::ids::{Actor, OrderId, StaffId};
use crate::lifecycle::{self, AtTheDoor, Settled};
use crate::orders::{self, OrderLine};
use crate::payments::PayBy;
use crate::staff;
use actix_web::rt;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(500);
/// Orders looked at in one round.
const MOST: i64 = 40;
const PICKER: &str = "warehouse@demo.test";
const RIDERS: [&str; 2] = ["rider@demo.test", "rider2@demo.test"];
/// Where the warehouse stands: in the middle of the town of the demonstration.
const WAREHOUSE: (f64, f64) = (53.3406, -6.2880);

/// What the autopilot may do, and the trouble somebody has made.
#[derive(Clone, Default)]
pub struct Autopilot(Arc<Inner>);

#[derive(Default)]
struct Inner {
    hands_off_picking: AtomicBool,
    hands_off_riding: AtomicBool,
    trouble: Mutex<Trouble>,
}

/// What goes wrong on purpose.
#[derive(Debug, Clone, Default)]
pub(super) struct Trouble {
    /// Their rider does not move.
    pub(super) stuck: HashSet<OrderId>,
    /// The next thing to be picked is not there.
    pub(super) missing: HashSet<OrderId>,
    /// The rider will not find the door.
    pub(super) wrong_address: HashSet<OrderId>,
}

impl Autopilot {
    pub(super) fn picks(&self) -> bool {
        !self.0.hands_off_picking.load(Ordering::Relaxed)
    }

    pub(super) fn rides(&self) -> bool {
        !self.0.hands_off_riding.load(Ordering::Relaxed)
    }

    pub(super) fn let_pick(&self, on: bool) {
        self.0.hands_off_picking.store(!on, Ordering::Relaxed);
    }

    pub(super) fn let_ride(&self, on: bool) {
        self.0.hands_off_riding.store(!on, Ordering::Relaxed);
    }

    /// The next thing of this order that is to be picked is not there.
    pub fn miss(&self, order: OrderId) {
        self.make(|trouble| {
            trouble.missing.insert(order);
        });
    }

    pub(super) fn trouble(&self) -> Trouble {
        self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn make(&self, trouble: impl FnOnce(&mut Trouble)) {
        trouble(&mut self.0.trouble.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Works until the process ends. A round that fails is logged and tried again.
pub async fn fly(app: App, autopilot: Autopilot) {
    loop {
        if let Err(e) = round(&app, &autopilot).await {
            log::warn!("the autopilot stumbled: {e}");
        }
        rt::time::sleep(EVERY).await;
    }
}

/// One look at everything that is to be done, and the next step of each.
///
/// # Errors
/// When the database does not answer.
pub async fn round(app: &App, autopilot: &Autopilot) -> Result<(), AppError> {
    let (now, autopilot) = (app.clock.now(), autopilot.clone());
    app.db(move |conn| {
        let trouble = autopilot.trouble();
        if autopilot.picks()
            && let Some(picker) = member(conn, PICKER)?
        {
            pick_all(conn, picker, &trouble, &autopilot, now)?;
        }
        if autopilot.rides() {
            for rider in crew(conn, now)? {
                ride_on(conn, rider, &trouble, now)?;
            }
        }
        Ok::<_, AppError>(())
    })
    .await
}

fn member(conn: &mut PgConnection, email: &str) -> QueryResult<Option<StaffId>> {
    Ok(staff::by_email(conn, email)?.map(|found| found.id))
}

/// The riders of the demonstration, on shift from the first time on.
fn crew(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<StaffId>> {
    let mut riders = Vec::new();
    for email in RIDERS {
        let Some(found) = staff::by_email(conn, email)? else { continue };
        if delivery::rider(conn, found.id)?.is_none() {
            let name = staff::by_id(conn, found.id)?.name;
            delivery::put_rider(conn, found.id, name.split(' ').next().unwrap_or(&name), "")?;
            delivery::set_on_shift(conn, found.id, true, now)?;
        }
        riders.push(found.id);
    }
    Ok(riders)
}

fn pick_all(
    conn: &mut PgConnection,
    picker: StaffId,
    trouble: &Trouble,
    autopilot: &Autopilot,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let waiting = fulfilment::queue(conn, FulfilmentState::Waiting, None, MOST)?;
    let in_hand = fulfilment::in_hand_of(conn, picker, MOST)?;
    let mine: Vec<&Fulfilment> =
        waiting.iter().filter(|f| f.due_at <= now + plan::AHEAD).chain(&in_hand).collect();
    for row in mine {
        let id = row.order_id;
        let order = orders::order(conn, id)?;
        let lines = orders::lines(conn, id)?;
        let settled: HashSet<i32> = fulfilment::picks_of(conn, id)?.into_iter().map(|p| p.position).collect();
        let open: Vec<&OrderLine> = lines.iter().filter(|l| !settled.contains(&l.position)).collect();
        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let bench = Bench {
            state: row.state,
            due_at: row.due_at,
            confirmed_at: order.confirmed_at.unwrap_or(now),
            touched_at: row.touched_at,
            ours: row.picker_id == Some(picker),
            lines: count(lines.len()),
            open: count(open.len()),
        };
        let done = match plan::pick(&bench, now) {
            None => continue,
            Some(Pick::Start) => {
                lifecycle::start_picking(conn, id, picker, now).map_err(|e| format!("{e:?}"))
            }
            Some(Pick::Line) => {
                let is_missing = trouble.missing.contains(&id);
                let how = if is_missing {
                    instead(conn, &order, open[0], picker, now)?
                } else {
                    Some(whole(open[0]))
                };
                let Some(how) = how else { continue };
                autopilot.make(|t| t.missing.retain(|order| *order != id));
                let position = open[0].position;
                lifecycle::settle_line(conn, id, position, how, picker, now).map_err(|e| format!("{e:?}"))
            }
            Some(Pick::Pack) => {
                let bags = [(Storage::Ambient, 1), (Storage::Chilled, 1)];
                lifecycle::pack(conn, id, &bags, picker, now).map(drop).map_err(|e| format!("{e:?}"))
            }
        };
        if let Err(e) = done {
            log::info!("the autopilot could not go on with an order: {e}");
        }
    }
    Ok(())
}

fn whole(line: &OrderLine) -> Settled {
    // Scales never show the estimate: three in a hundred less.
    let grams = line.grams.filter(|_| line.sold_by == SoldBy::Weight);
    let grams = grams.map(|g| (g * i64::from(line.quantity) * 97 / 100).max(1));
    Settled::Picked { units: line.quantity, grams }
}

fn ride_on(
    conn: &mut PgConnection,
    rider: StaffId,
    trouble: &Trouble,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let stops = delivery::stops_of(conn, rider)?;
    let under_way = stops.iter().any(|s| s.state == DropState::OnTheWay);
    let shared_at = delivery::rider(conn, rider)?.and_then(|r| r.position_at);
    for (n, drop) in stops.iter().enumerate() {
        if trouble.stuck.contains(&drop.order_id) {
            continue;
        }
        let stop = Stop {
            state: drop.state,
            is_next: n == 0 && !under_way,
            assigned_at: drop.assigned_at,
            left_at: drop.left_at,
            arrived_at: drop.arrived_at,
            shared_at,
        };
        let Some(step) = plan::ride(&stop, now) else { continue };
        let lost = trouble.wrong_address.contains(&drop.order_id);
        if let Err(e) = take_step(conn, rider, drop, step, lost, now) {
            log::info!("the autopilot could not go on with a drop: {e}");
        }
    }
    Ok(())
}

fn take_step(
    conn: &mut PgConnection,
    rider: StaffId,
    drop: &Drop,
    step: Ride,
    lost: bool,
    now: DateTime<Utc>,
) -> Result<(), String> {
    let (by, id) = (Actor::Staff(rider), drop.id);
    let said = match step {
        Ride::Leave => lifecycle::leave_for(conn, id, by, now, now),
        Ride::Share(way) => {
            let between = |from: f64, to: f64| from + (to - from) * way;
            let here = (between(WAREHOUSE.0, drop.latitude), between(WAREHOUSE.1, drop.longitude));
            return delivery::set_position(conn, rider, here, now)
                .map(std::mem::drop)
                .map_err(|e| e.to_string());
        }
        Ride::Arrive => lifecycle::arrive(conn, id, by, now),
        Ride::Deliver if lost => lifecycle::fail(conn, id, Failure::WrongAddress, by, now, now),
        Ride::Deliver => {
            let door = AtTheDoor {
                proof: Proof::Name,
                detail: "the autopilot".to_owned(),
                photo: None,
                age_checked: true,
                paid_by: Some(PayBy::CashAtDoor),
            };
            lifecycle::deliver(conn, id, &door, by, now, now)
        }
    };
    said.map(std::mem::drop).map_err(|e| format!("{e:?}"))
}
