//! Who works in the demonstration, and their rounds.

use super::plan::Pace;
use super::{dispatching, picking, riding};
use crate::app::App;
use crate::config::Config;
use crate::error::AppError;
use crate::ids::{OrderId, StaffId};
use crate::staff;
use crate::town::{self, Part, Trouble};
use actix_web::rt;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::HashSet;

/// Orders looked at in one round.
pub(super) const MOST: i64 = 40;
pub(super) const PICKER: &str = "warehouse@demo.test";
const DISPATCHER: &str = "dispatch@demo.test";
const RIDERS: [&str; 2] = ["rider@demo.test", "rider2@demo.test"];

/// The hands of a demonstration, as its settings have them. What people have taken over, and the trouble
/// somebody has made, is in the database: it holds for every instance.
#[derive(Debug, Clone, Copy)]
pub struct Autopilot {
    is_on: bool,
    pub(super) pace: Pace,
}

impl Autopilot {
    pub const fn of(config: &Config) -> Self {
        Self { is_on: config.shop.autopilot, pace: Pace(config.shop.autopilot_speed) }
    }

    /// Whether anything goes by itself at all.
    pub const fn is_on(&self) -> bool {
        self.is_on
    }
}

/// What holds for one round.
pub(super) struct Round {
    pub(super) pace: Pace,
    pub(super) now: DateTime<Utc>,
    troubles: HashSet<(OrderId, Trouble)>,
    /// A dispatcher of flesh and blood decides who is on shift.
    pub(super) sends_home: bool,
}

impl Round {
    pub(super) fn has(&self, order: OrderId, trouble: Trouble) -> bool {
        self.troubles.contains(&(order, trouble))
    }
}

/// Works until the process ends. A round that fails is logged and tried again.
pub async fn fly(app: App, autopilot: Autopilot) {
    loop {
        if let Err(e) = round(&app, &autopilot).await {
            log::warn!("the autopilot stumbled: {e}");
        }
        rt::time::sleep(autopilot.pace.rest()).await;
    }
}

/// One look at everything that is to be done, and the next step of each. What people have taken over is left
/// alone.
///
/// # Errors
/// When the database does not answer.
pub async fn round(app: &App, autopilot: &Autopilot) -> Result<(), AppError> {
    let (now, pace) = (app.clock.now(), autopilot.pace);
    app.db(move |conn| {
        let by_hand = town::by_hand(conn)?;
        let goes = |part| !by_hand.contains(&part);
        let sends_home = by_hand.contains(&Part::Dispatch);
        let round = Round { pace, now, troubles: troubles(conn)?, sends_home };
        if goes(Part::Picking)
            && let Some(picker) = member(conn, PICKER)?
        {
            picking::go_on(conn, picker, &round)?;
        }
        if goes(Part::Dispatch)
            && let Some(dispatcher) = member(conn, DISPATCHER)?
        {
            dispatching::go_on(conn, dispatcher, &round)?;
        }
        if goes(Part::Riding) {
            let riders = members(conn, &RIDERS)?;
            riding::go_on(conn, &riders, &round)?;
        }
        Ok::<_, AppError>(())
    })
    .await
}

fn troubles(conn: &mut PgConnection) -> QueryResult<HashSet<(OrderId, Trouble)>> {
    let troubles = town::troubles(conn)?;
    if !troubles.is_empty() {
        town::forget_over(conn)?;
    }
    Ok(troubles.into_iter().collect())
}

pub(super) fn member(conn: &mut PgConnection, email: &str) -> QueryResult<Option<StaffId>> {
    Ok(staff::by_email(conn, email)?.map(|found| found.id))
}

fn members(conn: &mut PgConnection, emails: &[&str]) -> QueryResult<Vec<StaffId>> {
    let mut found = Vec::new();
    for email in emails {
        found.extend(member(conn, email)?);
    }
    Ok(found)
}
