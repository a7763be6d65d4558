//! Whole lives of orders, lived by the verbs as the pages call them: from the basket to whatever end the
//! dice say.

use crate::common::TestShop;
use crate::common::placing::{STAFF, colleague, intent, rider};
use crate::lifecycle::placement;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Uuid as SqlUuid};
use smartshop::basket::{self, Wish};
use smartshop::catalog::{self, SoldBy, Storage};
use smartshop::delivery::{self, Failure, Proof, Query};
use smartshop::events::{self, Event};
use smartshop::ids::{Actor, BasketId, DropId, OrderId, ProductId, Sku, StaffId};
use smartshop::inventory::{self, Moved};
use smartshop::lifecycle::{
    self, AskedBack, AtTheDoor, CarrierName, Paying, Placement, Promised, RefundOf, Settled, Source,
};
use smartshop::money::Money;
use smartshop::orders::{self, CancelledWhy, OrderState};
use smartshop::outside::gateway::{IntentStatus, Refunded, RefundedStatus};
use smartshop::payments::{self, CaptureState, PayBy, RefundReason};
use uuid::Uuid;

/// Baskets that people really filled; all others are like one of them.
const SHAPES: usize = 24;
const PLACES: [&str; 4] = ["D06", "D02", "D03", "D04"];
/// Some are priced by their weight.
const GOODS: &str = "SELECT string_agg(sku, ' ' ORDER BY sku) FROM (
    SELECT p.sku FROM products p JOIN stock s ON s.product_id = p.id
    WHERE p.minimum_age = 0 AND p.withdrawn_at IS NULL AND p.price_cents BETWEEN 200 AND 900
    ORDER BY p.sold_by = 'each', md5(p.sku) LIMIT 40) goods";

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn pick(&mut self, n: usize) -> usize {
        usize::try_from(self.below(n as u64)).expect("small")
    }

    fn is_one_of(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// A basket that was filled by the verbs: others are filled as it is, and ordered with the same words.
struct Shape {
    like: BasketId,
    placement: Placement,
}

/// A shop in which whole lives are lived, by one who picks and one who rides.
pub(crate) struct Town<'s> {
    shop: &'s TestShop,
    pub(crate) conn: PgConnection,
    picker: StaffId,
    rider: StaffId,
    dice: Dice,
    goods: Vec<Sku>,
    /// What can be given instead of something else.
    others: Vec<ProductId>,
    shapes: Vec<Shape>,
    /// Filled baskets, and which shape each is of.
    baskets: Vec<(usize, BasketId)>,
}

impl<'s> Town<'s> {
    /// Of those who live at once each has a number.
    pub(crate) fn of(shop: &'s TestShop, number: usize) -> Self {
        let picker = colleague(shop, ["Maeve", "Nuala", "Sinead"][number], "warehouse");
        let rider = rider(shop, ["Conor", "Declan", "Fergal"][number]);
        let mut conn = shop.conn();
        diesel::sql_query("UPDATE delivery_windows SET capacity = 1000000").execute(&mut conn).expect("room");
        let goods = shop.text(GOODS);
        let goods = goods.split(' ').map(|sku| Sku::try_from(sku.to_owned()).expect("a number")).collect();
        let dice = Dice(0x5EED_1234_5678 + number as u64);
        let (shapes, baskets, others) = (Vec::new(), Vec::new(), Vec::new());
        let mut town = Self { shop, conn, picker, rider, dice, goods, others, shapes, baskets };
        town.restock(500_000, town.goods.len());
        town.shapes = (0..SHAPES).map(|_| town.shape()).collect();
        town
    }

    fn now(&self) -> DateTime<Utc> {
        self.shop.clock.now()
    }

    /// Goods come in by hand, as the warehouse's page brings them.
    fn restock(&mut self, units: i32, kinds: usize) {
        let moved = Moved { order: None, by: Actor::Staff(self.picker), at: self.now() };
        let from = self.dice.pick(self.goods.len());
        for n in from..from + kinds {
            let sku = &self.goods[n % self.goods.len()];
            let item = catalog::by_sku(&mut self.conn, sku, moved.at).expect("an item");
            let product = item.article.id;
            if item.article.sold_by == SoldBy::Each && !self.others.contains(&product) {
                self.others.push(product);
            }
            let received = self.conn.transaction::<_, diesel::result::Error, _>(|conn| {
                inventory::receive(conn, product, units, moved).expect("received");
                let event = Event::StockMoved { product: product.0, units, reason: "received".into() };
                events::record(conn, Uuid::now_v7(), &event, moved.by, moved.at)
            });
            received.expect("goods");
        }
    }

    /// Somebody fills a basket with enough to be brought, and goes as far as the last button.
    fn shape(&mut self) -> Shape {
        let (like, now) = (BasketId(Uuid::new_v4()), self.now());
        let place = Query::Text(PLACES[self.dice.pick(PLACES.len())].into());
        let found = delivery::find(&mut self.conn, &place).expect("an answer");
        let delivery::Answer::Here { place, .. } = found else { panic!("{place:?} is a place of ours") };
        let valid = Duration::minutes(30);
        let quote = delivery::give_quote(&mut self.conn, &place, None, valid, now).expect("a quote");
        basket::change_place(&mut self.conn, like, &quote, now).expect("a place");
        let lines = 1 + self.dice.pick(3);
        for _ in 0..lines {
            let sku = &self.goods[self.dice.pick(self.goods.len())];
            let item = catalog::by_sku(&mut self.conn, sku, now).expect("an item");
            let quantity = 15 + i32::try_from(self.dice.below(9)).expect("small");
            basket::set_quantity(&mut self.conn, like, &item, Wish::exactly(quantity), now).expect("room");
        }
        let window = self.window(quote.zone_id.0);
        let placement = Placement { window, ..placement(self.shop, &mut self.conn, like, PayBy::Card) };
        Shape { like, placement }
    }

    /// Not the next ones: they close while others still order.
    fn window(&mut self, zone: i32) -> i64 {
        diesel::dsl::sql::<BigInt>(&format!(
            "SELECT id FROM delivery_windows WHERE zone_id = {zone} AND cutoff_at > '{}' ORDER BY starts_at OFFSET {} LIMIT 1",
            (self.now() + Duration::hours(3)).to_rfc3339(),
            self.dice.below(6)
        ))
        .get_result(&mut self.conn)
        .expect("a window")
    }

    /// So many baskets filled as those of the shapes are, a shape at a time.
    pub(crate) fn fill_baskets(&mut self, count: usize) {
        let mut of_shape = vec![Vec::new(); self.shapes.len()];
        for n in 0..count {
            of_shape[n % self.shapes.len()].push(Uuid::new_v4());
        }
        for (shape, ids) in self.shapes.iter().zip(&of_shape) {
            for copy in [
                "INSERT INTO baskets SELECT r.* FROM unnest($1) AS n (id), baskets b,
                     jsonb_populate_record(b, jsonb_build_object('id', n.id)) r WHERE b.id = $2",
                "INSERT INTO basket_lines SELECT r.* FROM unnest($1) AS n (id), basket_lines b,
                     jsonb_populate_record(b, jsonb_build_object('basket_id', n.id)) r WHERE b.basket_id = $2",
            ] {
                diesel::sql_query(copy)
                    .bind::<Array<SqlUuid>, _>(ids)
                    .bind::<SqlUuid, _>(shape.like)
                    .execute(&mut self.conn)
                    .expect("baskets");
            }
        }
        let numbered = |(n, ids): (usize, Vec<Uuid>)| ids.into_iter().map(move |id| (n, BasketId(id)));
        self.baskets = of_shape.into_iter().enumerate().flat_map(numbered).collect();
    }

    /// The next filled basket is ordered.
    pub(crate) fn place(&mut self, by: PayBy) -> OrderId {
        let (shape, basket) = self.baskets.pop().expect("filled baskets");
        let shape = &self.shapes[shape].placement;
        let paying = Paying { by, ..shape.paying.clone() };
        let placement = Placement { basket, submit_key: Uuid::new_v4(), paying, ..shape.clone() };
        let now = self.now();
        lifecycle::place_order(&mut self.conn, &placement, now).expect("an order").order.id
    }

    /// So many lives, one after the other; goods come in meanwhile.
    pub(crate) fn live_many(&mut self, lives: usize) {
        self.fill_baskets(lives);
        for n in 0..lives {
            if n % 50 == 0 {
                self.restock(500, 3);
            }
            // As the house's own upkeep does: what was planned for empty tables is planned anew.
            if [100, 500, 2_000].contains(&n) {
                diesel::sql_query("ANALYZE").execute(&mut self.conn).expect("figures for the planner");
            }
            self.live();
            self.shop.clock.advance(Duration::milliseconds(97));
        }
    }

    fn gateway_says(&mut self, id: OrderId, status: IntentStatus) {
        let tries = payments::attempts_of(&mut self.conn, id).expect("db");
        // Of what is paid at the door the gateway knows nothing.
        let Some(newest) = tries.last().filter(|t| !t.method.is_at_door()) else { return };
        let taken = payments::captures_of(&mut self.conn, id).expect("db");
        let asked = taken.iter().find(|c| c.state == CaptureState::Requested).map(|c| c.amount_cents);
        let amount = asked.unwrap_or(newest.amount_cents);
        let (said, now) = (intent(newest.id, amount, status), self.now());
        lifecycle::payment_settled(&mut self.conn, &said, Source::Asked, now).expect("db");
    }

    fn state(&mut self, id: OrderId) -> OrderState {
        orders::order(&mut self.conn, id).expect("an order").state
    }

    /// From the basket to whatever end the dice say.
    pub(crate) fn live(&mut self) {
        let by = [PayBy::Card, PayBy::Card, PayBy::Redirect, PayBy::CashAtDoor][self.dice.pick(4)];
        let id = self.place(by);
        if !by.is_at_door() && !self.pay(id, by) {
            return;
        }
        if self.dice.is_one_of(10) {
            self.cancel(id);
            return;
        }
        let Some(drop) = self.warehouse(id) else { return };
        self.drive(id, drop);
        self.afterwards(id);
    }

    fn pay(&mut self, id: OrderId, by: PayBy) -> bool {
        let paid = if by == PayBy::Card { IntentStatus::RequiresCapture } else { IntentStatus::Succeeded };
        match self.dice.below(12) {
            0 => return false,
            1 => {
                self.gateway_says(id, IntentStatus::RequiresPaymentMethod);
                let (why, now) = (CancelledWhy::Unpaid, self.now());
                lifecycle::cancel(&mut self.conn, id, why, Actor::System, now).expect("unpaid");
                if self.dice.is_one_of(2) {
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
        let now = self.now();
        let _ = lifecycle::cancel(&mut self.conn, id, CancelledWhy::Shop, STAFF, now);
        if self.dice.is_one_of(2) {
            self.gateway_says(id, IntentStatus::Canceled);
        }
    }

    fn warehouse(&mut self, id: OrderId) -> Option<DropId> {
        let (picker, now) = (self.picker, self.now());
        lifecycle::start_picking(&mut self.conn, id, picker, now).expect("taken");
        if self.dice.is_one_of(8) {
            lifecycle::leave_picking(&mut self.conn, id, picker, now).expect("put down");
            lifecycle::start_picking(&mut self.conn, id, picker, now).expect("taken again");
        }
        let lines = orders::lines(&mut self.conn, id).expect("lines");
        for line in &lines {
            loop {
                self.settle(line);
                if !self.dice.is_one_of(6) {
                    break;
                }
                lifecycle::reopen_line(&mut self.conn, id, line.position, picker, now).expect("reopened");
            }
        }
        if self.dice.is_one_of(12) {
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
        let grams = (line.sold_by == SoldBy::Weight).then_some(1_000);
        let how = match self.dice.below(8) {
            0 => Settled::LeftOut,
            1 => Settled::Substituted { product: self.other_than(line.product_id), units: 1, grams: None },
            2 => Settled::Picked { units: 1, grams },
            _ => Settled::Picked { units: line.quantity, grams },
        };
        let (picker, now) = (self.picker, self.now());
        lifecycle::settle_line(&mut self.conn, line.order_id, line.position, how, picker, now)
            .expect("settled");
        if matches!(how, Settled::Picked { units: 1, .. }) && self.dice.is_one_of(2) {
            let rest =
                Settled::Substituted { product: self.other_than(line.product_id), units: 2, grams: None };
            lifecycle::settle_line(&mut self.conn, line.order_id, line.position, rest, picker, now)
                .expect("something for the rest");
        }
    }

    fn other_than(&mut self, product: ProductId) -> ProductId {
        let other = self.others[self.dice.pick(self.others.len())];
        if other == product { self.other_than(product) } else { other }
    }

    /// Given to a carrier, who may refuse it, or lose it to a rider, or bring it. Says whether the order's
    /// way has ended with it.
    fn carry(&mut self, id: OrderId, drop: DropId) -> bool {
        let (now, name) = (self.now(), CarrierName { name: "swift", label: "Swift" });
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
        let (rider, now) = (self.rider, self.now());
        let by = Actor::Staff(rider);
        for _ in 0..3 {
            if self.dice.is_one_of(4) && self.carry(id, drop) {
                return;
            }
            lifecycle::assign_rider(&mut self.conn, drop, rider, Actor::System, now).expect("assigned");
            if self.dice.is_one_of(8) {
                lifecycle::unassign(&mut self.conn, drop, "van", Actor::System, now).expect("unassigned");
                lifecycle::assign_rider(&mut self.conn, drop, rider, STAFF, now).expect("assigned");
            }
            if self.dice.is_one_of(20) {
                self.cancel(id);
                return;
            }
            let conn = &mut self.conn;
            lifecycle::leave_for(conn, drop, by, now, now).expect("left");
            self.gateway_says(id, IntentStatus::Succeeded);
            if self.dice.is_one_of(2) {
                lifecycle::arrive(&mut self.conn, drop, by, now).expect("there");
            }
            if !self.dice.is_one_of(4) {
                lifecycle::deliver(&mut self.conn, drop, &door(), by, now, now).expect("delivered");
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
        let now = self.now();
        if self.dice.is_one_of(3) {
            let of = RefundOf::Amount(Money(150));
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

fn door() -> AtTheDoor {
    let (proof, detail) = (Proof::Name, "Aoife".to_owned());
    AtTheDoor { proof, detail, photo: None, age_checked: true, paid_by: Some(PayBy::CardAtDoor) }
}
