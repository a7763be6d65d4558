//! How far the goods are: the fold over what the warehouse, the riders and the promises left in the log.
//!
//! Words from outside come twice, late and in another order. So this asks which facts there are and
//! never in which order they came: of one try to deliver, what is further on counts.

use crate::delivery::{Failure, Proof};
use crate::events::{Event, Recorded, about_no_order, about_the_customer, about_the_money, about_the_order};
use crate::ids::{DropId, StaffId};
use crate::money::Money;
use chrono::{DateTime, Utc};

/// Where an order's goods are. Customers read fewer words: see `tracker`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nobody has begun to pick it.
    Waiting,
    Picking,
    /// Packed, and nobody brings it yet.
    Packed,
    RiderAssigned,
    OnTheWay,
    /// The last try ended before a door that stayed shut, say.
    NotDelivered,
    Delivered,
}

/// What shows that it was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    pub by: Proof,
    /// The picture's SHA-256, where it is one.
    pub photo: Option<String>,
    at: DateTime<Utc>,
}

/// One try to deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    pub id: DropId,
    pub attempt: i32,
    pub planned_at: DateTime<Utc>,
    pub rider: Option<StaffId>,
    /// The rider's first name, or the carrier's.
    pub by: Option<String>,
    /// The outside carrier that brings it, or was asked to; its number for it, and where to follow it.
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub tracking_url: Option<String>,
    pub assigned_at: Option<DateTime<Utc>>,
    /// Stays where the one who was to bring it is taken off.
    pub first_assigned_at: Option<DateTime<Utc>>,
    pub left_at: Option<DateTime<Utc>>,
    pub arrived_at: Option<DateTime<Utc>>,
    pub delivered_at: Option<DateTime<Utc>>,
    pub proved: Option<Proved>,
    pub failed: Option<(Failure, DateTime<Utc>)>,
}

impl Try {
    fn planned(id: DropId, attempt: i32, planned_at: DateTime<Utc>) -> Self {
        Self {
            id,
            attempt,
            planned_at,
            rider: None,
            by: None,
            carrier: None,
            tracking_number: None,
            tracking_url: None,
            assigned_at: None,
            first_assigned_at: None,
            left_at: None,
            arrived_at: None,
            delivered_at: None,
            proved: None,
            failed: None,
        }
    }

    fn give_to(&mut self, rider: Option<StaffId>, name: &str, at: DateTime<Utc>) {
        self.take_from();
        (self.rider, self.by, self.assigned_at) = (rider, Some(name.to_owned()), Some(at));
        earliest(&mut self.first_assigned_at, at);
    }

    /// Of two words the earlier one counts, whichever came first.
    fn deliver(&mut self, proof: &str, photo: Option<&str>, at: DateTime<Utc>) {
        earliest(&mut self.delivered_at, at);
        let Ok(by) = proof.parse() else { return };
        let told = Proved { by, photo: photo.map(str::to_owned), at };
        let order = |p: &Proved| (p.at, p.by.as_str(), p.photo.clone());
        if self.proved.as_ref().is_none_or(|known| order(&told) < order(known)) {
            self.proved = Some(told);
        }
    }

    fn ask(&mut self, carrier: &str) {
        self.carrier = Some(carrier.to_owned());
    }

    fn book(&mut self, carrier: &str, number: &str, tracking_url: Option<String>, at: DateTime<Utc>) {
        self.give_to(None, carrier, at);
        self.ask(carrier);
        (self.tracking_number, self.tracking_url) = (Some(number.to_owned()), tracking_url);
    }

    fn take_from(&mut self) {
        (self.rider, self.by, self.assigned_at) = (None, None, None);
        (self.carrier, self.tracking_number, self.tracking_url) = (None, None, None);
    }

    pub fn stage(&self) -> Stage {
        if self.delivered_at.is_some() {
            Stage::Delivered
        } else if self.failed.is_some() {
            Stage::NotDelivered
        } else if self.left_at.is_some() {
            Stage::OnTheWay
        } else if self.assigned_at.is_some() {
            Stage::RiderAssigned
        } else {
            Stage::Packed
        }
    }
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub position: i32,
    /// What stands in for it.
    pub instead: Option<String>,
    pub units: i32,
    pub grams: Option<i64>,
    pub sum: Money,
    /// What stands in for those that were missing.
    pub rest: Option<StandIn>,
}

/// What stands in for a part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandIn {
    pub name: String,
    pub units: i32,
    pub grams: Option<i64>,
    pub sum: Money,
}

impl Line {
    /// What the line comes to, with what stands in for its rest.
    pub fn total(&self) -> Money {
        self.sum + self.rest.as_ref().map_or(Money::ZERO, |rest| rest.sum)
    }

    /// How many of so many were missing and have nothing in their place: something may still come.
    pub fn missing_of(&self, ordered: i32) -> i32 {
        let is_partly_there = self.units > 0 && self.instead.is_none() && self.rest.is_none();
        if is_partly_there { (ordered - self.units).max(0) } else { 0 }
    }
}

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

/// Whether something else may come in a line's place, as its customer was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    pub position: i32,
    pub product: i64,
    pub name: String,
    pub units: i32,
    /// The most they pay for it.
    pub sum: Money,
    pub at: DateTime<Utc>,
    /// No answer until then is no.
    pub until: DateTime<Utc>,
    /// What they said first.
    pub yes: Option<bool>,
}

impl Ask {
    /// Whether an answer is still awaited.
    pub fn waits(&self, now: DateTime<Utc>) -> bool {
        self.yes.is_none() && self.until > now
    }
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
mod tests {
    use super::*;
    use crate::ids::BookingId;
    use proptest::prelude::*;
    use uuid::Uuid;

    const DROP: DropId = DropId(Uuid::from_u128(7));

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).expect("a time")
    }

    fn goods(events: &[(i64, Event)]) -> Goods {
        let mut goods = Goods::default();
        for (id, (minute, event)) in (1..).zip(events.iter().cloned()) {
            let (subject, actor) = (Uuid::nil(), "system".into());
            goods.hear(&Recorded { id, subject, event, actor, happened_at: at(minute) });
        }
        goods
    }

    fn inside() -> Vec<(i64, Event)> {
        let rider = StaffId(Uuid::from_u128(1));
        vec![
            (0, Event::PickingStarted { picker: rider }),
            (5, Event::OrderPacked { bags: 2, goods: Money(3_000), total: Money(3_390) }),
            (5, Event::DropPlanned { drop: DROP, attempt: 1, starts: at(60), ends: at(120) }),
            (6, Event::RiderAssigned { drop: DROP, rider, name: "Conor".into() }),
        ]
    }

    fn outside() -> Vec<(i64, Event)> {
        vec![
            (10, Event::DropLeft { drop: DROP }),
            (30, Event::DropArrived { drop: DROP }),
            (31, Event::DropFailed { drop: DROP, reason: "nobody_there".into() }),
            (32, Event::DropDelivered { drop: DROP, proof: "code".into(), photo: None }),
        ]
    }

    /// Given to a carrier, taken from it, and given to another one.
    fn by_carrier() -> Vec<(i64, Event)> {
        let booking = BookingId(Uuid::from_u128(3));
        let asked = |carrier: &str| Event::CarrierAsked { drop: DROP, booking, carrier: carrier.into() };
        vec![
            (7, Event::RiderUnassigned { drop: DROP, why: "given to Slow".into() }),
            (7, asked("Slow")),
            (8, Event::CarrierRefused { drop: DROP, booking, reason: "no".into() }),
            (9, asked("Swift")),
            (
                9,
                Event::CarrierBooked {
                    drop: DROP,
                    carrier: "Swift".into(),
                    reference: "SW-1".into(),
                    tracking_url: Some("https://swift.example/SW-1".into()),
                },
            ),
        ]
    }

    #[test]
    fn a_carrier_that_is_asked_is_nobody_who_brings_it_until_it_has_booked() {
        let mut events = inside();
        events.extend(by_carrier());
        events.push((
            10,
            Event::RiderAssigned { drop: DROP, rider: StaffId(Uuid::from_u128(1)), name: "Conor".into() },
        ));
        let upto = |n: usize| goods(&events[..4 + n]);
        let stages: Vec<Stage> = (1..=5).map(|n| upto(n).stage()).collect();
        use Stage::{Packed, RiderAssigned};
        assert_eq!(stages, [Packed, Packed, Packed, Packed, RiderAssigned]);
        assert_eq!((upto(2).tries[0].carrier.as_deref(), &upto(3).tries[0].carrier), (Some("Slow"), &None));
        let last = upto(5).tries[0].clone();
        assert_eq!((last.by.as_deref(), last.rider), (Some("Swift"), None));
        assert_eq!(last.tracking_number.as_deref(), Some("SW-1"));
        let last = upto(6).tries[0].clone();
        assert_eq!((last.by.as_deref(), &last.carrier, &last.tracking_url), (Some("Conor"), &None, &None));
    }

    #[test]
    fn goods_go_on_step_by_step() {
        let mut events = inside();
        let stages: Vec<Stage> = (0..=events.len()).map(|n| goods(&events[..n]).stage()).collect();
        use Stage::{Packed, Picking, RiderAssigned, Waiting};
        assert_eq!(stages, [Waiting, Picking, Packed, Packed, RiderAssigned]);
        events.push((10, Event::DropLeft { drop: DROP }));
        assert_eq!(goods(&events).stage(), Stage::OnTheWay);
        events.push((31, Event::DropFailed { drop: DROP, reason: "nobody_there".into() }));
        assert_eq!(goods(&events).stage(), Stage::NotDelivered);
        let next = DropId(Uuid::from_u128(8));
        events.push((40, Event::DropPlanned { drop: next, attempt: 2, starts: at(200), ends: at(260) }));
        assert_eq!(goods(&events).stage(), Stage::Packed);
        events.push((50, Event::DropDelivered { drop: DROP, proof: "code".into(), photo: None }));
        assert_eq!(goods(&events).stage(), Stage::Delivered);
    }

    #[test]
    fn a_second_word_about_the_same_line_counts() {
        let told = goods(&[
            (1, Event::LineLeftOut { position: 2 }),
            (2, Event::LineReopened { position: 2 }),
            (3, Event::LinePicked { position: 2, product: 9, units: 3, grams: None, sum: Money(600) }),
        ]);
        assert_eq!(told.lines.len(), 1);
        assert_eq!((told.lines[0].units, told.lines[0].sum), (3, Money(600)));
    }

    #[test]
    fn what_stands_in_for_the_rest_of_a_line_is_told_with_it_and_goes_with_it() {
        let picked = Event::LinePicked { position: 2, product: 9, units: 2, grams: None, sum: Money(400) };
        let (product, name, units, grams, sum) = (8, "Oat milk".to_owned(), 1, None, Money(150));
        let rest = Event::RestSubstituted { position: 2, product, name, units, grams, sum };
        let partly = goods(&[(1, picked.clone())]);
        assert_eq!((partly.lines[0].missing_of(3), partly.lines[0].total()), (1, Money(400)));
        let whole = goods(&[(1, picked.clone()), (2, rest.clone()), (2, rest.clone())]);
        assert_eq!((whole.lines[0].missing_of(3), whole.lines[0].total()), (0, Money(550)));
        let again =
            goods(&[(1, picked.clone()), (2, rest), (3, Event::LineReopened { position: 2 }), (4, picked)]);
        assert_eq!((again.lines[0].missing_of(3), &again.lines[0].rest), (1, &None));
    }

    proptest! {
        #[test]
        fn whatever_order_the_words_from_outside_come_in_one_story_is_told(
            order in Just(outside()).prop_shuffle(), doubled in prop::collection::vec(0..4_usize, 0..4),
            carried in any::<bool>()
        ) {
            let before = || inside().into_iter().chain(by_carrier().into_iter().filter(|_| carried));
            let mut events: Vec<(i64, Event)> = before().collect();
            events.extend(order.clone());
            events.extend(doubled.iter().map(|i| order[*i].clone()));
            let mut in_order: Vec<(i64, Event)> = before().collect();
            in_order.extend(outside());
            prop_assert_eq!(goods(&events), goods(&in_order));
        }
    }
}
