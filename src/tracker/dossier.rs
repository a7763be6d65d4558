//! Everything that is told about one order, read together.

use super::store::{self, About};
use crate::care::{self, Case};
use crate::delivery::{self, DropState, PhotoFacts, Place, Proof};
use crate::events::{self, Event, Recorded};
use crate::ids::{DropId, StaffId};
use crate::lifecycle::{DeliveryTry, Line, Stage, Status, Story};
use crate::money::Money;
use crate::orders::{self, Contact, Order, OrderLine};
use crate::payments::{self, Attempt};
use crate::promises::Forecast;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Where an order stands among the stops its rider has still to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// From 1 on.
    pub stop: usize,
    pub of: usize,
    /// When the rider was last seen; known only while they are on the way to it.
    pub seen_at: Option<DateTime<Utc>>,
    /// How far that was from this door, in a straight line.
    pub metres: Option<i64>,
}

pub struct Dossier {
    pub order: Order,
    pub contact: Contact,
    pub lines: Vec<OrderLine>,
    pub story: Story,
    pub attempts: Vec<Attempt>,
    pub place: Place,
    /// The code of the zone it lies in.
    pub zone: Option<String>,
    pub history: Vec<Recorded>,
    pub run: Option<Run>,
    /// Of what was left at the door, as long as it is kept.
    pub photo: Option<PhotoFacts>,
    /// By when it is to be packed, as long as nobody has begun to pick it.
    pub pack_by: Option<DateTime<Utc>>,
    /// When a rider takes it, as far as one can know: as soon as it is to be packed. Nothing once one has.
    pub leaves_at: Option<DateTime<Utc>>,
    /// What its voucher is called.
    voucher: Option<String>,
    /// When it is expected, as it was reckoned last.
    pub forecast: Option<Forecast>,
    /// What its customer has told us is not right.
    pub cases: Vec<Case>,
}

impl Dossier {
    /// # Errors
    /// When the database does not answer.
    pub fn read(conn: &mut PgConnection, order: Order) -> QueryResult<Self> {
        let history = events::history(conn, order.id.0)?;
        let attempts = payments::attempts_of(conn, order.id)?;
        let About { contact, place, zone, due_at, forecast, voucher } = store::about(conn, &order)?;
        let story = Story::tell(&history, &attempts);
        Ok(Self {
            contact,
            lines: orders::lines(conn, order.id)?,
            zone,
            place,
            run: run(conn, &story)?,
            photo: photo(conn, &story)?,
            pack_by: due_at.filter(|_| waits_to_be_picked(&story)),
            leaves_at: due_at.filter(|_| story.goods.handed_over_at.is_none()),
            voucher,
            forecast,
            cases: cases(conn, &order, &history)?,
            story,
            history,
            attempts,
            order,
        })
    }

    /// What showed that it was handed over, once it was.
    pub fn proof(&self) -> Option<Proof> {
        self.story.goods.last_try().and_then(|t| t.proved.as_ref()).map(|proved| proved.by)
    }

    /// Pieces.
    pub fn count(&self) -> i32 {
        self.lines.iter().map(|l| l.quantity).sum()
    }

    /// What its voucher takes off, by name: `Voucher HARVEST5, 5% off everything`.
    pub fn voucher(&self) -> Option<(String, String)> {
        let code = self.order.coupon_code.as_ref()?;
        let label = self.voucher.as_ref().map(|label| format!(", {label}")).unwrap_or_default();
        Some((format!("Voucher {code}{label}"), (-self.order.coupon_cents).to_string()))
    }

    /// Whether its customer may cancel it now: until it is handed to the rider.
    pub fn can_be_cancelled(&self) -> bool {
        self.order.can_be_cancelled() && self.story.goods.handed_over_at.is_none()
    }

    /// Whether its customer may choose another time: until it is on the way, and again when it could
    /// not be delivered.
    pub fn can_be_moved(&self) -> bool {
        self.story.status == Status::Confirmed
            && !matches!(self.story.goods.stage(), Stage::OnTheWay | Stage::Delivered)
    }

    /// Whether its customer may change what is in it: until picking starts.
    pub fn can_be_changed(&self) -> bool {
        waits_to_be_picked(&self.story)
    }

    /// Whether its customer may say anew how to find them: until it is there.
    pub fn can_be_instructed(&self) -> bool {
        self.order.can_be_cancelled() && self.story.goods.stage() != Stage::Delivered
    }

    /// Whether its customer may say that something is not right: from when it is certain that it is
    /// brought.
    pub fn can_be_reported(&self) -> bool {
        matches!(self.story.status, Status::Confirmed | Status::Completed)
    }

    /// The lines with what each really came to, once that is known.
    pub fn real_lines(&self) -> Vec<OrderLine> {
        let goods = &self.story.goods;
        let real = |line: &OrderLine| {
            let picked = goods.lines.iter().find(|l| l.position == line.position);
            let sum = picked.map_or(Money::ZERO, Line::total);
            OrderLine { sum_cents: sum, ..line.clone() }
        };
        match goods.came_to {
            Some(_) => self.lines.iter().map(real).collect(),
            None => self.lines.clone(),
        }
    }

    /// Whether what it comes to is final and has been paid: until then there is no receipt.
    pub fn is_settled(&self) -> bool {
        match self.story.status {
            Status::Completed => true,
            Status::Confirmed => !self.has_weighed() && self.story.captured() == self.order.total_cents,
            Status::Checking | Status::ToApprove { .. } | Status::NotPaid { .. } | Status::Cancelled(_) => {
                false
            }
        }
    }

    /// What the paper with lines, sums and tax is called.
    pub fn paper(&self) -> &'static str {
        if self.is_settled() { "Receipt" } else { "Order summary" }
    }

    pub fn has_weighed(&self) -> bool {
        self.order.maximum_cents > self.order.total_cents
    }
}

impl Run {
    /// Where an order is while a rider has it; their position only while they are on the way to it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn of(conn: &mut PgConnection, drop: DropId, rider: StaffId) -> QueryResult<Option<Self>> {
        let stops = delivery::stops_of(conn, rider)?;
        let Some(before) = stops.iter().position(|stop| stop.id == drop) else { return Ok(None) };
        let stop = &stops[before];
        let seen = match stop.state {
            DropState::OnTheWay => delivery::rider(conn, rider)?,
            DropState::Planned | DropState::RiderAssigned | DropState::Delivered | DropState::Failed => None,
        };
        let here = seen.as_ref().and_then(|r| r.latitude.zip(r.longitude));
        Ok(Some(Self {
            stop: before + 1,
            of: stops.len(),
            seen_at: seen.and_then(|r| r.position_at),
            metres: here.map(|here| delivery::metres(here, (stop.latitude, stop.longitude))),
        }))
    }
}

fn run(conn: &mut PgConnection, story: &Story) -> QueryResult<Option<Run>> {
    let stage = story.goods.stage();
    let with_rider =
        story.status == Status::Confirmed && matches!(stage, Stage::RiderAssigned | Stage::OnTheWay);
    match story.goods.last_try().filter(|_| with_rider).and_then(|t| Some((t.id, t.rider?))) {
        Some((drop, rider)) => Run::of(conn, drop, rider),
        None => Ok(None),
    }
}

fn waits_to_be_picked(story: &Story) -> bool {
    story.status == Status::Confirmed && story.goods.stage() == Stage::Waiting
}

fn cases(conn: &mut PgConnection, order: &Order, history: &[Recorded]) -> QueryResult<Vec<Case>> {
    let is_told_of = history.iter().any(|r| matches!(r.event, Event::ProblemReported { .. }));
    if is_told_of { care::of_order(conn, order.id) } else { Ok(Vec::new()) }
}

fn photo(conn: &mut PgConnection, story: &Story) -> QueryResult<Option<PhotoFacts>> {
    let pictured = |t: &&DeliveryTry| t.proved.as_ref().is_some_and(|proved| proved.by == Proof::Photo);
    match story.goods.last_try().filter(pictured) {
        Some(of) => delivery::photo_facts(conn, of.id),
        None => Ok(None),
    }
}
