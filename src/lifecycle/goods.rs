//! How far the goods are: the fold over what the warehouse, the riders and the promises left in the log.
//!
//! Words from outside come twice, late and in another order. So this asks which facts there are and
//! never in which order they came: of one try to deliver, what is further on counts.

mod lines;
mod tries;

pub use lines::{Ask, Line, StandIn};
pub use tries::{Proved, Stage, Try};

use crate::delivery::Failure;
use crate::events::{Event, Recorded, about_no_order, about_the_customer, about_the_money, about_the_order};
use crate::ids::DropId;
use crate::money::Money;
use chrono::{DateTime, Utc};

/// A window somebody was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub version: i32,
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    pub why: String,
    pub at: DateTime<Utc>,
}

/// A delay that was said before it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delay {
    pub cause: String,
    /// One sentence, the same for everybody.
    pub sentence: String,
    pub expected: DateTime<Utc>,
    pub at: DateTime<Utc>,
}

/// The goods' part of an order's story.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goods {
    pub picking_at: Option<DateTime<Utc>>,
    pub packed_at: Option<DateTime<Utc>>,
    pub handed_over_at: Option<DateTime<Utc>>,
    /// What the goods came to after picking, and with the fee.
    pub came_to: Option<(Money, Money)>,
    pub bags: i32,
    pub lines: Vec<Line>,
    /// Of each line the newest, in the order in which they were asked; none of a line that was found.
    pub asks: Vec<Ask>,
    /// The first try first.
    pub tries: Vec<Try>,
    /// The checkout's first.
    pub promises: Vec<Told>,
    pub delay: Option<Delay>,
}

impl Goods {
    /// How far they are. Once delivered, always delivered; else as far as the newest try.
    pub fn stage(&self) -> Stage {
        if self.tries.iter().any(|t| t.delivered_at.is_some()) {
            return Stage::Delivered;
        }
        match self.tries.iter().max_by_key(|t| t.attempt) {
            Some(last) => last.stage(),
            None if self.packed_at.is_some() => Stage::Packed,
            None if self.picking_at.is_some() => Stage::Picking,
            None => Stage::Waiting,
        }
    }

    /// The try that delivered it; else the newest one.
    pub fn last_try(&self) -> Option<&Try> {
        let delivered = self.tries.iter().find(|t| t.delivered_at.is_some());
        delivered.or_else(|| self.tries.iter().max_by_key(|t| t.attempt))
    }

    /// What was promised at the checkout, and what holds now.
    pub fn first_promise(&self) -> Option<&Told> {
        self.promises.iter().min_by_key(|p| p.version)
    }

    /// What was asked last about a line.
    pub fn ask(&self, position: i32) -> Option<&Ask> {
        self.asks.iter().find(|ask| ask.position == position)
    }

    pub fn promise(&self) -> Option<&Told> {
        self.promises.iter().max_by_key(|p| p.version)
    }

    /// Whether it came within the window that was promised at the checkout, whatever was promised
    /// since. Nothing as long as it is not there.
    pub fn was_on_time(&self) -> Option<bool> {
        let there = self.tries.iter().filter_map(|t| t.delivered_at).min()?;
        Some(there <= self.first_promise()?.ends)
    }

    pub(super) fn hear(&mut self, recorded: &Recorded) {
        let at = recorded.happened_at;
        match &recorded.event {
            Event::OrderPlaced { window_starts, window_ends, .. } => {
                self.told(1, *window_starts, *window_ends, "chosen at the checkout", at);
            }
            Event::PickingStarted { .. } => earliest(&mut self.picking_at, at),
            Event::LinePicked { .. }
            | Event::LineSubstituted { .. }
            | Event::RestSubstituted { .. }
            | Event::LineLeftOut { .. } => self.settled(&recorded.event),
            Event::LineReopened { position } => self.lines.retain(|l| l.position != *position),
            Event::SubstituteAsked { .. } | Event::SubstituteAnswered { .. } => self.asked(recorded),
            Event::SubstituteWithdrawn { position } => self.asks.retain(|ask| ask.position != *position),
            Event::OrderPacked { bags, goods, total } => {
                earliest(&mut self.packed_at, at);
                (self.bags, self.came_to) = (*bags, Some((*goods, *total)));
            }
            Event::OrderHandedOver { .. } => earliest(&mut self.handed_over_at, at),
            Event::PromiseMade { version, starts, ends, why, .. } => {
                self.told(*version, *starts, *ends, why, at);
            }
            Event::DelayForeseen { cause, sentence, expected, .. } => {
                self.late(cause, sentence, *expected, at);
            }
            Event::DropPlanned { drop, attempt, .. } => self.planned(*drop, *attempt, at),
            Event::RiderAssigned { drop, rider, name } => {
                self.change(*drop, |t| t.give_to(Some(*rider), name, at));
            }
            Event::CarrierAsked { drop, carrier, .. } => self.change(*drop, |t| t.ask(carrier)),
            Event::CarrierBooked { drop, carrier, reference, tracking_url } => {
                self.change(*drop, |t| t.book(carrier, reference, tracking_url.clone(), at));
            }
            Event::CarrierRefused { drop, .. } | Event::RiderUnassigned { drop, .. } => {
                self.change(*drop, Try::take_from);
            }
            Event::DropLeft { drop } => self.change(*drop, |t| earliest(&mut t.left_at, at)),
            Event::DropArrived { drop } => self.change(*drop, |t| earliest(&mut t.arrived_at, at)),
            Event::DropDelivered { drop, proof, photo } => {
                self.change(*drop, |t| t.deliver(proof, photo.as_deref(), at));
            }
            Event::DropFailed { drop, reason } => {
                let why = reason.parse().unwrap_or(Failure::RiderStopped);
                self.change(*drop, |t| t.failed = t.failed.or(Some((why, at))));
            }
            // What it eases is over with the promise beside it.
            Event::DelayEased { .. }
            | Event::PickingLeft
            | Event::CarrierEndAsked { .. }
            | Event::InstructionsChanged
            | about_the_order!()
            | about_the_customer!()
            | about_the_money!()
            | about_no_order!() => {}
        }
    }

    fn planned(&mut self, id: DropId, attempt: i32, at: DateTime<Utc>) {
        if !self.tries.iter().any(|t| t.id == id) {
            self.tries.push(Try::planned(id, attempt, at));
        }
    }

    /// Of two delays the later word counts.
    fn late(&mut self, cause: &str, sentence: &str, expected: DateTime<Utc>, at: DateTime<Utc>) {
        if self.delay.as_ref().is_none_or(|known| known.at <= at) {
            let (cause, sentence) = (cause.to_owned(), sentence.to_owned());
            self.delay = Some(Delay { cause, sentence, expected, at });
        }
    }

    /// A question about a line, or what was said to it: the first answer counts.
    fn asked(&mut self, Recorded { event, happened_at: at, .. }: &Recorded) {
        let at = *at;
        if let Event::SubstituteAsked { position, product, name, units, sum, until } = event {
            let (position, product, units, sum) = (*position, *product, *units, *sum);
            let (name, until, yes) = (name.clone(), *until, None);
            self.asks.retain(|known| known.position != position);
            self.asks.push(Ask { position, product, name, units, sum, at, until, yes });
        }
        if let Event::SubstituteAnswered { position, product, yes } = event {
            let asked = self.asks.iter_mut().find(|a| (a.position, a.product) == (*position, *product));
            if let Some(asked) = asked {
                asked.yes.get_or_insert(*yes);
            }
        }
    }

    /// What became of a line.
    fn settled(&mut self, event: &Event) {
        let line =
            |position, instead, units, grams, sum| Line { position, instead, units, grams, sum, rest: None };
        if let Event::LinePicked { position, units, grams, sum, .. } = event {
            self.line(line(*position, None, *units, *grams, *sum));
        } else if let Event::LineSubstituted { position, name, units, grams, sum, .. } = event {
            self.line(line(*position, Some(name.clone()), *units, *grams, *sum));
        } else if let Event::LineLeftOut { position } = event {
            self.line(line(*position, None, 0, None, Money::ZERO));
        } else if let Event::RestSubstituted { position, name, units, grams, sum, .. } = event
            && let Some(known) = self.lines.iter_mut().find(|line| line.position == *position)
        {
            known.rest = Some(StandIn { name: name.clone(), units: *units, grams: *grams, sum: *sum });
        }
    }

    fn line(&mut self, line: Line) {
        self.lines.retain(|known| known.position != line.position);
        self.lines.push(line);
        self.lines.sort_by_key(|l| l.position);
    }

    fn told(
        &mut self,
        version: i32,
        starts: DateTime<Utc>,
        ends: DateTime<Utc>,
        why: &str,
        at: DateTime<Utc>,
    ) {
        if !self.promises.iter().any(|p| p.version == version) {
            self.promises.push(Told { version, starts, ends, why: why.to_owned(), at });
            self.promises.sort_by_key(|p| p.version);
        }
    }

    fn change(&mut self, id: DropId, change: impl FnOnce(&mut Try)) {
        if let Some(known) = self.tries.iter_mut().find(|t| t.id == id) {
            change(known);
        }
    }
}

/// Of two words about one fact, the earlier time counts, whichever came first.
pub(super) fn earliest(known: &mut Option<DateTime<Utc>>, at: DateTime<Utc>) {
    *known = Some(known.map_or(at, |before| before.min(at)));
}

#[cfg(test)]
mod tests;
