//! Whole histories of orders, as the dice will have them: in whatever order the words from outside are
//! recorded, and however often, one story is told, and every screen and letter has the same words for it.

use crate::common::TestShop;
use crate::common::placing::{place, shopper_with_basket};
use crate::orderings::words;
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use smartshop::events::{Event, Ordered, Recorded};
use smartshop::ids::{AttemptId, CaptureId, DropId, OrderNumber, RefundId, StaffId};
use smartshop::lifecycle::Story;
use smartshop::money::Money;
use smartshop::orders;
use smartshop::payments::PayBy;
use smartshop::tracker::Dossier;
use std::cell::{Cell, RefCell};
use std::time::Instant;
use uuid::Uuid;

const HISTORIES: u32 = 10_000;
/// Lines of the order that all of this happens to.
const LINES: usize = 2;

/// Tries to deliver, the lines and what became of each, whether a card was refused first.
#[derive(Debug, Clone)]
struct Life {
    lines: Vec<u8>,
    refused_first: bool,
    at_door: bool,
    /// Of each try to deliver: left, arrived, failed, delivered.
    tries: Vec<[bool; 4]>,
    refund: Option<bool>,
}

fn lives() -> impl Strategy<Value = Life> {
    let lines = prop::collection::vec(0..4_u8, LINES);
    let tries = prop::collection::vec(any::<[bool; 4]>(), 1..4);
    (lines, any::<bool>(), any::<bool>(), tries, any::<Option<bool>>()).prop_map(
        |(lines, refused_first, at_door, tries, refund)| Life {
            lines,
            refused_first,
            at_door,
            tries,
            refund,
        },
    )
}

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).expect("a time")
}

const TRY: AttemptId = AttemptId(Uuid::from_u128(2));

fn drop_no(n: usize) -> DropId {
    DropId(Uuid::from_u128(100 + n as u128))
}

impl Life {
    /// What we ourselves decide, in its order.
    fn inside(&self) -> Vec<Event> {
        let mut events = self.before();
        events.push(Event::PickingStarted { picker: StaffId(Uuid::from_u128(9)) });
        for (position, how) in (1..).zip(&self.lines) {
            events.extend(settled(position, *how));
        }
        events.push(Event::OrderPacked { bags: 2, goods: Money(900), total: Money(1_290) });
        for (n, _) in self.tries.iter().enumerate() {
            let (drop, attempt) = (drop_no(n), i32::try_from(n + 1).expect("few"));
            events.push(Event::DropPlanned { drop, attempt, starts: at(200), ends: at(320) });
            let rider = StaffId(Uuid::from_u128(7));
            events.push(Event::RiderAssigned { drop, rider, name: "Conor".into() });
        }
        events.extend(self.after());
        events
    }

    fn before(&self) -> Vec<Event> {
        let line = Ordered {
            product: 1,
            sku: "DE-MIL-001".into(),
            quantity: 3,
            sum: Money(300),
            maximum: Money(300),
        };
        let mut events = vec![Event::OrderPlaced {
            number: OrderNumber::random(),
            pay_by: "card".into(),
            window: 1,
            window_starts: at(200),
            window_ends: at(320),
            lines: vec![line; self.lines.len()],
            goods: Money(900),
            coupon: Money::ZERO,
            fee: Money(390),
            total: Money(1_290),
            maximum: Money(1_290),
            unpaid_until: at(30),
        }];
        if self.refused_first {
            let attempt = AttemptId(Uuid::from_u128(1));
            events.push(started(attempt, "card"));
            events.push(Event::PaymentFailed { attempt, reason: "insufficient_funds".into() });
        }
        events.push(started(TRY, if self.at_door { "cash_at_door" } else { "card" }));
        if !self.at_door {
            let amount = Money(1_290);
            events.push(Event::PaymentAuthorised { attempt: TRY, intent: None, amount, good_until: None });
        }
        events.push(Event::OrderConfirmed);
        events
    }

    fn after(&self) -> Vec<Event> {
        let (attempt, capture, amount) = (TRY, CaptureId(Uuid::from_u128(3)), Money(1_290));
        let mut events = vec![Event::CaptureSucceeded { attempt, capture, amount }];
        if self.tries.iter().any(|t| t[3]) {
            events.push(Event::OrderCompleted);
        }
        let (refund, reason) = (RefundId(Uuid::from_u128(4)), String::from("goodwill"));
        if let Some(succeeds) = self.refund {
            events.push(Event::RefundAsked { attempt, refund, amount, reason: reason.clone() });
            events.push(if succeeds {
                Event::RefundSucceeded { attempt, refund, amount }
            } else {
                Event::RefundFailed { attempt, refund, amount, reason }
            });
        }
        events
    }

    /// What riders and carriers say, each with its own time.
    fn outside(&self) -> Vec<(i64, Event)> {
        let of_try = |(n, said): (usize, &[bool; 4])| {
            let drop = drop_no(n);
            let words = [
                Event::DropLeft { drop },
                Event::DropArrived { drop },
                Event::DropFailed { drop, reason: "nobody_there".into() },
                Event::DropDelivered { drop, proof: "code".into(), photo: None },
            ];
            let said = *said;
            let from = 1_000 * i64::try_from(n).expect("few");
            (from..).zip(words).zip(said).filter(|(_, said)| *said).map(|(word, _)| word).collect::<Vec<_>>()
        };
        self.tries.iter().enumerate().flat_map(of_try).collect()
    }
}

fn started(attempt: AttemptId, method: &str) -> Event {
    let (method, label) = (method.to_owned(), method.to_owned());
    Event::PaymentStarted { attempt, method, label, amount: Money(1_290), standby: false }
}

fn settled(position: i32, how: u8) -> Vec<Event> {
    let (units, grams, sum) = (2, None, Money(200));
    let picked = Event::LinePicked { position, product: 1, units, grams, sum };
    match how {
        0 => vec![picked],
        1 => vec![Event::LineLeftOut { position }, Event::LineReopened { position }, picked],
        2 => {
            let name = "Another milk".into();
            vec![Event::LineSubstituted { position, product: 5, name, units, grams, sum }]
        }
        _ => vec![Event::LineLeftOut { position }],
    }
}

/// The history as it was recorded: a word may come anywhere after its try was planned.
fn recorded(inside: &[Event], words: &[(i64, Event)], places: &[Index]) -> Vec<Recorded> {
    let planned = inside.iter().rposition(|e| matches!(e, Event::DropPlanned { .. })).expect("a try") + 1;
    let mut all: Vec<(i64, Event)> = (0..).zip(inside.iter().cloned()).collect();
    let mut from = planned;
    for (i, word) in words.iter().enumerate() {
        if let Some(place) = places.get(i) {
            from += place.index(all.len() - from + 1);
        }
        all.insert(from, (10_000 + word.0, word.1.clone()));
        from += 1;
    }
    let recorded = |(id, (minute, event)): (i64, (i64, Event))| {
        let (subject, actor) = (Uuid::nil(), "system".to_owned());
        Recorded { id, subject, event, actor, happened_at: at(minute) }
    };
    (1..).zip(all).map(recorded).collect()
}

/// One way in which a life may have come to be known.
#[derive(Debug, Clone)]
struct Way {
    order: Vec<Index>,
    places: Vec<Index>,
    doubled: Vec<Index>,
}

fn ways() -> impl Strategy<Value = Way> {
    let some = |n| prop::collection::vec(any::<Index>(), n);
    (some(24..25), some(24..25), some(0..5)).prop_map(|(order, places, doubled)| Way {
        order,
        places,
        doubled,
    })
}

impl Way {
    /// The words from outside in another order, some of them twice.
    fn shuffle(&self, words: &[(i64, Event)]) -> Vec<(i64, Event)> {
        let mut shuffled = words.to_vec();
        if !words.is_empty() {
            shuffled.extend(self.doubled.iter().map(|i| words[i.index(words.len())].clone()));
        }
        for (i, with) in self.order.iter().enumerate().take(shuffled.len()) {
            let j = with.index(shuffled.len());
            shuffled.swap(i, j);
        }
        shuffled
    }
}

/// The story of a history, and what all who are told of it read.
fn read(dossier: &mut Dossier, history: Vec<Recorded>) -> (Story, String) {
    // The version counts what was recorded, doubles too: all else is what is told.
    dossier.story = Story { version: 0, ..Story::tell(&history, &[]) };
    dossier.history = history;
    (dossier.story.clone(), words(dossier, at(20_000)))
}

#[actix_web::test]
async fn of_ten_thousand_histories_each_is_told_in_one_way() {
    let shop = TestShop::demo();
    let shopper = shopper_with_basket(&shop).await;
    let id = place(&shop, &shopper, PayBy::Card, None).order.id;
    let order = orders::order(&mut shop.conn(), id).expect("an order");
    let dossier = Dossier::read(&mut shop.conn(), order).expect("a dossier");
    assert_eq!(dossier.lines.len(), LINES);
    let (dossier, told, begun) = (RefCell::new(dossier), Cell::new(0), Instant::now());
    let config = ProptestConfig { cases: HISTORIES, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&(lives(), ways()), |(life, way)| {
            let (inside, outside) = (life.inside(), life.outside());
            let as_it_was = recorded(&inside, &outside, &[]);
            let as_it_came = recorded(&inside, &way.shuffle(&outside), &way.places);
            let dossier = &mut dossier.borrow_mut();
            let (one, other) = (read(dossier, as_it_was), read(dossier, as_it_came));
            told.set(told.get() + u32::from(one.0.goods.last_try().is_some()));
            prop_assert_eq!(one, other);
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
    println!("{} histories in {:.1} s", told.get(), begun.elapsed().as_secs_f64());
    assert_eq!(told.get(), HISTORIES);
}
