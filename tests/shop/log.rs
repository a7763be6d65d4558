//! The log tells everything: what is built from it alone is what is there, and whatever order the
//! words from outside come in, one end is told.

use crate::common::TestShop;
use crate::common::placing::{STAFF, colleague, intent, rider};
use crate::lifecycle::{assert_holds_add_up, basket_of, placement};
use chrono::Duration;
use diesel::prelude::*;
use smartshop::catalog::{SoldBy, Storage};
use smartshop::delivery::{self, Failure, Proof};
use smartshop::events::{self, Event};
use smartshop::fulfilment::{self, FulfilmentState};
use smartshop::ids::{Actor, BookingId, DropId, OrderId, ProductId, StaffId};
use smartshop::inventory::{self, Moved};
use smartshop::lifecycle::{
    self, AskedBack, AtTheDoor, CarrierName, Promised, RefundOf, Settled, Source, Stage, Status, Story,
};
use smartshop::orders::{self, CancelledWhy, OrderState};
use smartshop::outside::gateway::{IntentStatus, Refunded, RefundedStatus};
use smartshop::payments::{self, CaptureState, PayBy, RefundReason};
use smartshop::rebuild::{Report, rebuild};
use std::collections::BTreeSet;
use std::time::Instant;
use uuid::Uuid;

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn shuffle<T>(&mut self, of: &mut [T]) {
        for i in (1..of.len()).rev() {
            let j = usize::try_from(self.below(i as u64 + 1)).expect("small");
            of.swap(i, j);
        }
    }
}

/// How many, unless somebody wants more: `SMARTSHOP_TEST_ORDERS=10000`.
fn many(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// A shop in which whole lives are lived.
struct Town<'s> {
    shop: &'s TestShop,
    conn: PgConnection,
    picker: StaffId,
    rider: StaffId,
    dice: Dice,
}

impl<'s> Town<'s> {
    fn of(shop: &'s TestShop) -> Self {
        let (picker, rider) = (colleague(shop, "Maeve", "warehouse"), rider(shop, "Conor"));
        let mut conn = shop.conn();
        diesel::sql_query("UPDATE delivery_windows SET capacity = 1000000").execute(&mut conn).expect("room");
        Self { shop, conn, picker, rider, dice: Dice(0x5EED_1234_5678) }
    }

    fn door() -> AtTheDoor {
        let (proof, detail) = (Proof::Name, "Aoife".to_owned());
        AtTheDoor { proof, detail, photo: None, age_checked: true, paid_by: Some(PayBy::CardAtDoor) }
    }

    /// Goods come in by hand, as the warehouse's page brings them.
    fn restock(&mut self) {
        let now = self.shop.clock.now();
        let moved = Moved { order: None, by: Actor::Staff(self.picker), at: now };
        let ids = diesel::dsl::sql::<diesel::sql_types::BigInt>(
            "SELECT s.product_id FROM stock s JOIN products p ON p.id = s.product_id WHERE on_hand - held < 1000 \
             ORDER BY p.sku IN ('DE-MIL-001', 'PP-PAS-001') DESC, 1 LIMIT 40",
        );
        for product in ids.load::<i64>(&mut self.conn).expect("shelves") {
            self.conn
                .transaction::<_, diesel::result::Error, _>(|conn| {
                    inventory::receive(conn, ProductId(product), 5_000, moved).expect("received");
                    let event = Event::StockMoved { product, units: 5_000, reason: "received".into() };
                    events::record(conn, Uuid::now_v7(), &event, moved.by, now)
                })
                .expect("goods");
        }
    }

    fn place(&mut self, by: PayBy) -> OrderId {
        let basket = basket_of(self.shop, &mut self.conn);
        let placement = placement(self.shop, &mut self.conn, basket, by);
        let now = self.shop.clock.now();
        lifecycle::place_order(&mut self.conn, &placement, now).expect("an order").order.id
    }

    fn gateway_says(&mut self, id: OrderId, status: IntentStatus) {
        let tries = payments::attempts_of(&mut self.conn, id).expect("db");
        let Some(newest) = tries.last() else { return };
        let taken = payments::captures_of(&mut self.conn, id).expect("db");
        let asked = taken.iter().find(|c| c.state == CaptureState::Requested).map(|c| c.amount_cents);
        let amount = asked.unwrap_or(newest.amount_cents);
        let said = intent(newest.id, amount, status);
        lifecycle::payment_settled(&mut self.conn, &said, Source::Asked, self.shop.clock.now()).expect("db");
    }

    fn state(&mut self, id: OrderId) -> OrderState {
        orders::order(&mut self.conn, id).expect("an order").state
    }

    /// From the basket to whatever end the dice say.
    fn live(&mut self) {
        let by = [PayBy::Card, PayBy::Card, PayBy::Redirect, PayBy::CashAtDoor][self.pick(4)];
        let id = self.place(by);
        if !by.is_at_door() && !self.pay(id, by) {
            return;
        }
        if self.dice.below(10) == 0 {
            self.cancel(id);
            return;
        }
        let Some(drop) = self.warehouse(id) else { return };
        self.drive(id, drop);
        self.afterwards(id);
    }

    fn pick(&mut self, n: u64) -> usize {
        usize::try_from(self.dice.below(n)).expect("small")
    }

    fn pay(&mut self, id: OrderId, by: PayBy) -> bool {
        let paid = if by == PayBy::Card { IntentStatus::RequiresCapture } else { IntentStatus::Succeeded };
        match self.dice.below(12) {
            0 => return false,
            1 => {
                self.gateway_says(id, IntentStatus::RequiresPaymentMethod);
                lifecycle::cancel(
                    &mut self.conn,
                    id,
                    CancelledWhy::Unpaid,
                    Actor::System,
                    self.shop.clock.now(),
                )
                .expect("unpaid");
                if self.dice.below(2) == 0 {
                    return false;
                }
            }
            2 => self.gateway_says(id, IntentStatus::Processing),
            3 => {
                self.gateway_says(id, IntentStatus::RequiresPaymentMethod);
                self.cancel(id);
            }
            _ => {}
        }
        self.gateway_says(id, paid);
        self.state(id) == OrderState::Confirmed
    }

    fn cancel(&mut self, id: OrderId) {
        let now = self.shop.clock.now();
        let _ = lifecycle::cancel(&mut self.conn, id, CancelledWhy::Shop, STAFF, now);
        if self.dice.below(2) == 0 {
            self.gateway_says(id, IntentStatus::Canceled);
        }
    }

    fn warehouse(&mut self, id: OrderId) -> Option<DropId> {
        let (picker, now) = (self.picker, self.shop.clock.now());
        lifecycle::start_picking(&mut self.conn, id, picker, now).expect("taken");
        if self.dice.below(8) == 0 {
            lifecycle::leave_picking(&mut self.conn, id, picker, now).expect("put down");
            lifecycle::start_picking(&mut self.conn, id, picker, now).expect("taken again");
        }
        let lines = orders::lines(&mut self.conn, id).expect("lines");
        for line in &lines {
            loop {
                self.settle(line);
                if self.dice.below(6) != 0 {
                    break;
                }
                lifecycle::reopen_line(&mut self.conn, id, line.position, picker, now).expect("reopened");
            }
        }
        if self.dice.below(12) == 0 {
            self.cancel(id);
            return None;
        }
        let bags = [(Storage::Chilled, 1), (Storage::Ambient, 1)];
        let packed = lifecycle::pack(&mut self.conn, id, &bags, picker, now);
        if packed.is_err() {
            // Nothing of it was there.
            self.cancel(id);
        }
        packed.ok().map(|p| p.drop)
    }

    fn settle(&mut self, line: &orders::OrderLine) {
        let other = diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!(
            "SELECT s.product_id FROM stock s JOIN products p ON p.id = s.product_id WHERE p.sold_by = 'each' \
             AND p.withdrawn_at IS NULL AND s.product_id <> {} AND on_hand - held > 99 ORDER BY 1 OFFSET {} LIMIT 1",
            line.product_id,
            self.dice.below(20)
        ));
        let grams = (line.sold_by == SoldBy::Weight).then_some(1_000);
        let how = match self.dice.below(8) {
            0 => Settled::LeftOut,
            1 => Settled::Substituted {
                product: ProductId(other.get_result(&mut self.conn).expect("another")),
                units: 1,
                grams: None,
            },
            2 => Settled::Picked { units: 1, grams },
            _ => Settled::Picked { units: line.quantity, grams },
        };
        let (picker, now) = (self.picker, self.shop.clock.now());
        lifecycle::settle_line(&mut self.conn, line.order_id, line.position, how, picker, now)
            .expect("settled");
    }

    /// Given to a carrier, who may refuse it, or lose it to a rider, or bring it. Says whether the order's
    /// way has ended with it.
    fn carry(&mut self, id: OrderId, drop: DropId) -> bool {
        let (now, name) = (self.shop.clock.now(), CarrierName { name: "swift", label: "Swift" });
        let Ok(booking) = lifecycle::ask_carrier(&mut self.conn, drop, name, STAFF, now) else {
            return false;
        };
        let dice = self.dice.below(6);
        let conn = &mut self.conn;
        if dice == 0 {
            lifecycle::carrier_refused(conn, booking, "no van", now).expect("refused");
            return false;
        }
        let reference = format!("SW-{}", booking.0.simple());
        lifecycle::carrier_booked(conn, booking, &reference, Some("https://swift.example"), now, now)
            .expect("booked");
        if dice == 1 {
            // A rider gets it after all.
            return false;
        }
        if dice == 2 {
            self.cancel(id);
            return true;
        }
        lifecycle::carrier_collected(conn, booking, now, now).expect("collected");
        lifecycle::leave_for(conn, drop, Actor::Carrier, now, now).expect("left");
        self.gateway_says(id, IntentStatus::Succeeded);
        let conn = &mut self.conn;
        if dice == 3 {
            lifecycle::fail(conn, drop, Failure::CarrierStopped, Actor::Carrier, now, now).expect("failed");
        }
        let (proof, detail) = (Proof::Carrier, String::new());
        let door = AtTheDoor { proof, detail, photo: None, age_checked: false, paid_by: None };
        lifecycle::deliver(conn, drop, &door, Actor::Carrier, now, now).expect("delivered");
        true
    }

    fn drive(&mut self, id: OrderId, mut drop: DropId) {
        let (rider, now) = (self.rider, self.shop.clock.now());
        let by = Actor::Staff(rider);
        for _ in 0..3 {
            if self.dice.below(4) == 0 && self.carry(id, drop) {
                return;
            }
            lifecycle::assign_rider(&mut self.conn, drop, rider, Actor::System, now).expect("assigned");
            if self.dice.below(8) == 0 {
                lifecycle::unassign(&mut self.conn, drop, "van", Actor::System, now).expect("unassigned");
                lifecycle::assign_rider(&mut self.conn, drop, rider, STAFF, now).expect("assigned");
            }
            if self.dice.below(20) == 0 {
                self.cancel(id);
                return;
            }
            let conn = &mut self.conn;
            lifecycle::leave_for(conn, drop, by, now, now).expect("left");
            self.gateway_says(id, IntentStatus::Succeeded);
            if self.dice.below(2) == 0 {
                lifecycle::arrive(&mut self.conn, drop, by, now).expect("there");
            }
            if self.dice.below(4) != 0 {
                lifecycle::deliver(&mut self.conn, drop, &Self::door(), by, now, now).expect("delivered");
                return;
            }
            lifecycle::fail(&mut self.conn, drop, Failure::NobodyThere, by, now, now).expect("failed");
            let (starts, ends) = (now + Duration::hours(20), now + Duration::hours(22));
            let promised = Promised { starts, ends, who: "customer", why: "another try" };
            lifecycle::promise(&mut self.conn, id, &promised, Actor::Customer, now).expect("promised");
            drop = lifecycle::plan_again(&mut self.conn, id, Actor::System, now).expect("planned");
        }
    }

    /// Money that goes back, and what the gateway says of it.
    fn afterwards(&mut self, id: OrderId) {
        let now = self.shop.clock.now();
        if self.dice.below(3) == 0 {
            let of = RefundOf::Amount(smartshop::money::Money(150));
            let asked = AskedBack { order: id, of, reason: RefundReason::Goodwill, by: STAFF };
            let _ = lifecycle::ask_refund(&mut self.conn, &asked, now);
        }
        for refund in payments::refunds_of(&mut self.conn, id).expect("refunds") {
            let status = match self.dice.below(4) {
                0 => RefundedStatus::Pending,
                1 => RefundedStatus::Failed,
                _ => RefundedStatus::Succeeded,
            };
            let said = Refunded {
                id: format!("re_{}", refund.id.0.simple()),
                refund: Some(refund.id),
                intent: None,
                amount: refund.amount_cents,
                status,
                failure: None,
            };
            lifecycle::refund_settled(&mut self.conn, &said, now).expect("db");
        }
    }
}

fn assert_agrees(report: &Report) {
    assert!(report.agrees(), "{report}");
}

#[test]
fn whole_lives_are_built_again_from_the_log_alone_byte_for_byte() {
    let shop = TestShop::demo();
    let mut town = Town::of(&shop);
    let orders = many("SMARTSHOP_TEST_ORDERS", 250);
    let begun = Instant::now();
    for n in 0..orders {
        if n % 50 == 0 {
            town.restock();
        }
        town.live();
        shop.clock.advance(Duration::milliseconds(137));
    }
    let lived = begun.elapsed();
    assert_holds_add_up(&shop);
    let report = rebuild(&mut town.conn).expect("a rebuild");
    assert_agrees(&report);
    println!("{orders} orders in {:.1} s: {report}", lived.as_secs_f64());
    let agreed = |table: &str| report.tables.iter().find(|t| t.table == table).expect("a table").agree;
    assert_eq!(agreed("orders"), orders as u64);
    for table in ["captures", "refunds", "balances", "fulfilments", "drops", "stock", "timelines"] {
        assert!(agreed(table) > 10, "{table} is a proof of nothing");
    }
    let ends = shop.text("SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM orders");
    assert_eq!(ends, "cancelled completed confirmed placed");
}

#[test]
fn what_the_log_does_not_tell_is_found_by_building_it_again() {
    let shop = TestShop::demo();
    let mut town = Town::of(&shop);
    let id = town.place(PayBy::CashAtDoor);
    assert_agrees(&rebuild(&mut town.conn).expect("a rebuild"));
    let by_hand = format!("UPDATE fulfilments SET stopped_at = now() WHERE order_id = '{id}'");
    diesel::sql_query(by_hand).execute(&mut town.conn).expect("a slip");
    diesel::sql_query(
        "UPDATE stock SET on_hand = on_hand + 1 WHERE product_id = (SELECT min(product_id) FROM stock)",
    )
    .execute(&mut town.conn)
    .expect("another");
    let report = rebuild(&mut town.conn).expect("a rebuild");
    let differ: Vec<&str> = report.tables.iter().filter(|t| t.differ == 1).map(|t| t.table).collect();
    assert_eq!(differ, ["fulfilments", "stock"]);
    assert!(report.to_string().contains("1 differ"), "{report}");
}

/// A word from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    Processing,
    Authorised,
    Captured,
    Left,
    Arrived,
    Delivered,
    Failed,
}

const WORDS: [Word; 7] = [
    Word::Processing,
    Word::Authorised,
    Word::Captured,
    Word::Left,
    Word::Arrived,
    Word::Delivered,
    Word::Failed,
];

#[test]
fn whatever_order_words_from_outside_come_in_one_end_is_told() {
    let shop = TestShop::demo();
    let mut town = Town::of(&shop);
    let id = town.place(PayBy::Card);
    town.gateway_says(id, IntentStatus::RequiresCapture);
    let (picker, conor, now) = (town.picker, town.rider, shop.clock.now());
    lifecycle::start_picking(&mut town.conn, id, picker, now).expect("taken");
    for line in orders::lines(&mut town.conn, id).expect("lines") {
        let how = Settled::Picked { units: line.quantity, grams: None };
        lifecycle::settle_line(&mut town.conn, id, line.position, how, picker, now).expect("picked");
    }
    let bags = [(Storage::Chilled, 1)];
    let drop = lifecycle::pack(&mut town.conn, id, &bags, picker, now).expect("packed").drop;
    lifecycle::assign_rider(&mut town.conn, drop, conor, Actor::System, now).expect("assigned");
    one_end_is_told(&mut town, id, drop, None);
    // The same words of a carrier, which has it instead.
    let swift = CarrierName { name: "swift", label: "Swift" };
    let booking = lifecycle::ask_carrier(&mut town.conn, drop, swift, STAFF, now).expect("asked");
    lifecycle::carrier_booked(&mut town.conn, booking, "SW-1", None, now, now).expect("booked");
    one_end_is_told(&mut town, id, drop, Some(booking));
}

fn one_end_is_told(town: &mut Town<'_>, id: OrderId, drop: DropId, carrier: Option<BookingId>) {
    let mut ends = std::collections::BTreeMap::new();
    for _ in 0..many("SMARTSHOP_TEST_ORDERINGS", 600) {
        let mut words: Vec<Word> = WORDS.into_iter().filter(|_| town.dice.below(6) != 0).collect();
        let heard: BTreeSet<Word> = words.iter().copied().collect();
        for _ in 0..town.dice.below(4) {
            words.extend(WORDS.into_iter().filter(|w| heard.contains(w)).nth(town.pick(7)));
        }
        town.dice.shuffle(&mut words);
        let end = end_of(town, id, drop, carrier, &words);
        let known = ends.entry(heard).or_insert_with(|| end.clone());
        assert_eq!(*known, end, "{words:?}");
    }
    assert!(ends.values().any(|end| end.contains("Completed")), "{ends:?}");
}

/// What all say once these words have come, in this order; afterwards none of them has been said.
fn end_of(
    town: &mut Town<'_>,
    id: OrderId,
    drop: DropId,
    carrier: Option<BookingId>,
    words: &[Word],
) -> String {
    let now = town.shop.clock.now();
    let by = if carrier.is_some() { Actor::Carrier } else { Actor::Staff(town.rider) };
    let mut end = String::new();
    let undone = town.conn.transaction::<(), _, _>(|conn| {
        for (minute, word) in (1..).zip(words) {
            let at = now + Duration::minutes(minute);
            match word {
                Word::Processing => says(conn, id, IntentStatus::Processing, now),
                Word::Authorised => says(conn, id, IntentStatus::RequiresCapture, now),
                Word::Captured => says(conn, id, IntentStatus::Succeeded, now),
                Word::Left => {
                    if let Some(booking) = carrier {
                        drop_heard(lifecycle::carrier_collected(conn, booking, at, now));
                    }
                    drop_heard(lifecycle::leave_for(conn, drop, by, at, now));
                }
                Word::Arrived => drop_heard(lifecycle::arrive(conn, drop, by, at)),
                Word::Delivered => {
                    drop_heard(lifecycle::deliver(conn, drop, &Town::door(), by, at, now));
                }
                Word::Failed => {
                    drop_heard(lifecycle::fail(conn, drop, Failure::NobodyThere, by, at, now));
                }
            }
        }
        let rows = payments::attempts_of(conn, id)?;
        let story = Story::tell(&events::history(conn, id.0)?, &rows);
        let (order, drop) = (orders::order(conn, id)?, delivery::drop_by_id(conn, drop)?.expect("a drop"));
        let balance = payments::balance(conn, id)?;
        assert_eq!(story.status == Status::Completed, order.state == OrderState::Completed);
        assert_eq!(story.goods.stage() == Stage::Delivered, drop.state == delivery::DropState::Delivered);
        let picked = fulfilment::of_order(conn, id)?.expect("a row");
        assert_eq!(story.goods.handed_over_at.is_some(), picked.state == FulfilmentState::HandedOver);
        end = format!(
            "{:?} {:?} {:?} {:?} {:?} {}",
            order.state,
            picked.state,
            drop.state,
            story.status,
            story.goods.stage(),
            balance.captured
        );
        Err(diesel::result::Error::RollbackTransaction)
    });
    assert_eq!(undone, Err(diesel::result::Error::RollbackTransaction));
    end
}

fn says(conn: &mut PgConnection, id: OrderId, status: IntentStatus, now: chrono::DateTime<chrono::Utc>) {
    let tries = payments::attempts_of(conn, id).expect("db");
    let order = orders::order(conn, id).expect("an order");
    let amount = if status == IntentStatus::Succeeded { order.total_cents } else { order.maximum_cents };
    lifecycle::payment_settled(conn, &intent(tries[0].id, amount, status), Source::Webhook, now).expect("db");
}

fn drop_heard(heard: Result<delivery::Heard, lifecycle::DriveError>) {
    heard.expect("news or none, and never a mistake");
}
