//! From a confirmed order to the doorstep: what the warehouse and the riders do, and what stock, money
//! and story make of it, whoever comes first.

use crate::common::placing::{
    aoife, colleague, nobody_of_the_demo_rides, place, rider, settle, shopper_with_basket,
};
use crate::common::{Bank, TestShop};
use crate::lifecycle::assert_holds_add_up;
use chrono::Duration;
use diesel::connection::TransactionManager;
use diesel::prelude::*;
use smartshop::catalog::Storage;
use smartshop::delivery::{self, DropState, Failure, Heard, Proof};
use smartshop::dispatch;
use smartshop::events::{self, Event};
use smartshop::fulfilment::{self, FulfilmentState};
use smartshop::ids::{Actor, DropId, OrderId, ProductId, StaffId};
use smartshop::lifecycle::{
    self, AtTheDoor, CancelError, DriveError, HandOverError, HandedOver, PackError, PickError, Promised,
    Settled, Stage, Story,
};
use smartshop::orders::{self, CancelledWhy, Order, OrderState};
use smartshop::outside::gateway::IntentStatus;
use smartshop::payments::{self, PayBy};
use smartshop::worker;

type Transactions = <PgConnection as Connection>::TransactionManager;

const BAGS: [(Storage, i32); 2] = [(Storage::Chilled, 1), (Storage::Ambient, 2)];

fn at_the_door(paid_by: Option<PayBy>) -> AtTheDoor {
    AtTheDoor { proof: Proof::Code, detail: String::new(), photo: None, age_checked: false, paid_by }
}

/// A confirmed order of twelve milk and six spaghetti, to be paid in cash.
async fn confirmed(shop: &TestShop) -> Order {
    let shopper = shopper_with_basket(shop).await;
    let placed = place(shop, &shopper, PayBy::CashAtDoor, None);
    orders::order(&mut shop.conn(), placed.order.id).expect("an order")
}

fn whole(shop: &TestShop, order: OrderId, picker: StaffId) {
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    lifecycle::start_picking(conn, order, picker, now).expect("taken");
    for line in orders::lines(conn, order).expect("lines") {
        let grams = line.grams.map(|g| g * i64::from(line.quantity));
        let how = Settled::Picked { units: line.quantity, grams };
        lifecycle::settle_line(conn, order, line.position, how, picker, now).expect("picked");
    }
}

fn packed(shop: &TestShop, order: OrderId, picker: StaffId) -> DropId {
    whole(shop, order, picker);
    lifecycle::pack(&mut shop.conn(), order, &BAGS, picker, shop.clock.now()).expect("packed").drop
}

fn story(shop: &TestShop, order: OrderId) -> Story {
    let conn = &mut shop.conn();
    let rows = payments::attempts_of(conn, order).expect("db");
    Story::tell(&events::history(conn, order.0).expect("a history"), &rows)
}

fn stock_of(shop: &TestShop, product: ProductId) -> (i64, i64) {
    let one =
        |what: &str| shop.count(&format!("SELECT {what}::bigint FROM stock WHERE product_id = {product}"));
    (one("on_hand"), one("held"))
}

/// Whether each shelf is what its movements say, from where they begin.
fn assert_movements_add_up(shop: &TestShop) {
    let off = "SELECT count(*) FROM (SELECT DISTINCT ON (product_id) product_id, on_hand FROM stock_movements
        ORDER BY product_id, id DESC) m JOIN stock s USING (product_id) WHERE s.on_hand <> m.on_hand";
    assert_eq!(shop.count(off), 0, "the last movement of a shelf says what is on it");
    assert_holds_add_up(shop);
}

#[actix_web::test]
async fn an_order_is_picked_packed_brought_and_paid_at_the_door() {
    let shop = TestShop::demo();
    let order = confirmed(&shop).await;
    let (picker, conor) = (colleague(&shop, "Maeve", "warehouse"), rider(&shop, "Conor"));
    let line = orders::lines(&mut shop.conn(), order.id).expect("lines").remove(0);
    let (on_hand, held) = stock_of(&shop, line.product_id);
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::Waiting);

    whole(&shop, order.id, picker);
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::Picking);
    let n = i64::from(line.quantity);
    assert_eq!(stock_of(&shop, line.product_id), (on_hand - n, held - n));
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let drop = lifecycle::pack(conn, order.id, &BAGS, picker, now).expect("packed");
    assert_eq!((drop.total, drop.bags.len()), (order.total_cents, 3));
    assert_eq!(drop.bags[0].code, format!("{}-01", order.number));
    let again = lifecycle::pack(conn, order.id, &BAGS, picker, now).expect("the same");
    assert_eq!(again, drop);

    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    assert_eq!(story(&shop, order.id).goods.last_try().and_then(|t| t.by.clone()), Some("Conor".into()));
    let by = Actor::Staff(conor);
    assert_eq!(lifecycle::leave_for(conn, drop.drop, by, now, now).expect("left"), Heard::Applied);
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::OnTheWay);
    assert_eq!(lifecycle::arrive(conn, drop.drop, by, now).expect("there"), Heard::Applied);
    let unpaid = lifecycle::deliver(conn, drop.drop, &at_the_door(None), by, now, now);
    assert!(matches!(unpaid, Err(DriveError::PayFirst(due)) if due == order.total_cents), "{unpaid:?}");
    let paid = at_the_door(Some(PayBy::CashAtDoor));
    assert_eq!(lifecycle::deliver(conn, drop.drop, &paid, by, now, now).expect("delivered"), Heard::Applied);
    assert_eq!(lifecycle::deliver(conn, drop.drop, &paid, by, now, now).expect("again"), Heard::AlreadyTrue);

    let told = story(&shop, order.id);
    assert_eq!((told.goods.stage(), told.status), (Stage::Delivered, lifecycle::Status::Completed));
    assert_eq!(payments::balance(conn, order.id).expect("a balance").captured, order.total_cents);
    assert_movements_add_up(&shop);
}

#[actix_web::test]
async fn a_card_is_charged_at_hand_over_for_what_was_packed_and_the_order_completes_at_the_door() {
    let (shop, bank) = Bank::with_shop();
    let shopper = shopper_with_basket(&shop).await;
    let placed = place(&shop, &shopper, PayBy::Card, None);
    let app = shop.state().shop.app.clone();
    smartshop::cashier::pay(&app, placed.attempt.expect("a try")).await;
    let (picker, conor, id) =
        (colleague(&shop, "Maeve", "warehouse"), rider(&shop, "Conor"), placed.order.id);
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    lifecycle::start_picking(conn, id, picker, now).expect("taken");
    let lines = orders::lines(conn, id).expect("lines");
    let some = Settled::Picked { units: lines[0].quantity - 2, grams: None };
    lifecycle::settle_line(conn, id, 1, some, picker, now).expect("ten of twelve");
    let open = lifecycle::pack(conn, id, &BAGS, picker, now);
    assert!(matches!(open, Err(PackError::Open(1))), "{open:?}");
    lifecycle::settle_line(conn, id, 2, Settled::LeftOut, picker, now).expect("none there");
    let packed = lifecycle::pack(conn, id, &BAGS, picker, now).expect("packed");
    let goods = lines[0].sum_cents.times_ratio(10, 12);
    assert_eq!(packed.total, goods + placed.order.fee_cents);

    let handed = lifecycle::hand_over(conn, id, Actor::Staff(picker), now).expect("handed over");
    assert!(matches!(handed, HandedOver::Capturing(_)), "{handed:?}");
    let again = lifecycle::hand_over(conn, id, Actor::Staff(picker), now);
    assert!(matches!(again, Ok(HandedOver::Already)), "{again:?}");
    worker::work_outbox(&app).await.expect("the outbox");
    assert_eq!(bank.totals()[2], packed.total.cents());
    assert_eq!(
        orders::order(conn, id).expect("an order").state,
        OrderState::Confirmed,
        "it is not there yet"
    );
    let by = Actor::Staff(conor);
    lifecycle::deliver(conn, packed.drop, &at_the_door(None), by, now, now).expect("delivered");
    assert_eq!(orders::order(conn, id).expect("an order").state, OrderState::Completed);
    assert_movements_add_up(&shop);
}

#[actix_web::test]
async fn something_else_comes_in_its_place_and_is_never_dearer() {
    let shop = TestShop::demo();
    let order = confirmed(&shop).await;
    let picker = colleague(&shop, "Maeve", "warehouse");
    let (conn, now, id) = (&mut shop.conn(), shop.clock.now(), order.id);
    lifecycle::start_picking(conn, id, picker, now).expect("taken");
    let line = orders::lines(conn, id).expect("lines").remove(0);
    let dearer = ProductId(shop.count(
        "SELECT id FROM products JOIN stock ON product_id = id WHERE sold_by = 'each' AND price_cents > 900 AND on_hand - held > 12 ORDER BY id LIMIT 1",
    ));
    let (own, other) = (stock_of(&shop, line.product_id), stock_of(&shop, dearer));
    let how = Settled::Substituted { product: dearer, units: 12, grams: None };
    lifecycle::settle_line(conn, id, 1, how, picker, now).expect("another");
    lifecycle::settle_line(conn, id, 1, how, picker, now).expect("the same again changes nothing");
    let pick = fulfilment::picks_of(conn, id).expect("picks").remove(0);
    assert_eq!(pick.sum_cents, line.sum_cents, "not a cent more than its own");
    assert_eq!(stock_of(&shop, dearer), (other.0 - 12, other.1));
    assert_eq!(stock_of(&shop, line.product_id), (own.0 - 12, own.1 - 12), "what was promised is not there");
    let other_way = lifecycle::settle_line(conn, id, 1, Settled::LeftOut, picker, now);
    assert!(matches!(other_way, Err(PickError::Settled(_))), "{other_way:?}");

    lifecycle::reopen_line(conn, id, 1, picker, now).expect("a slip of the hand");
    assert_eq!((stock_of(&shop, dearer), stock_of(&shop, line.product_id)), (other, own));
    assert_movements_add_up(&shop);
    let many = Settled::Substituted { product: dearer, units: 13, grams: None };
    let refused = lifecycle::settle_line(conn, id, 1, many, picker, now);
    assert!(matches!(refused, Err(PickError::Units { ordered: 12 })), "{refused:?}");
}

#[actix_web::test]
async fn a_cancelled_order_puts_back_what_was_picked_and_nobody_brings_it() {
    let shop = TestShop::demo();
    let order = confirmed(&shop).await;
    let before = shop.text("SELECT string_agg(on_hand || '/' || held, ',' ORDER BY product_id) FROM stock");
    let picker = colleague(&shop, "Maeve", "warehouse");
    packed(&shop, order.id, picker);
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let line = orders::lines(conn, order.id).expect("lines").remove(0);
    lifecycle::cancel(conn, order.id, CancelledWhy::Customer, Actor::Customer, now).expect("not handed over");
    let after = shop.text("SELECT string_agg(on_hand || '/' || held, ',' ORDER BY product_id) FROM stock");
    assert_ne!(before, after, "the holds are gone");
    assert_eq!(stock_of(&shop, line.product_id).1, 0);
    assert_eq!(
        shop.count("SELECT coalesce(sum(units), 0)::bigint FROM stock_movements"),
        0,
        "what went out has come back"
    );
    let last = delivery::last_drop(conn, order.id).expect("db").expect("a drop");
    assert_eq!((last.state, last.failure), (DropState::Failed, Some(Failure::Cancelled)));
    let gone = lifecycle::start_picking(conn, order.id, picker, now);
    assert!(matches!(gone, Err(PickError::NotConfirmed(OrderState::Cancelled))), "{gone:?}");
    assert!(fulfilment::queue(conn, FulfilmentState::Packed, None, 10).expect("db").is_empty());
    assert_movements_add_up(&shop);
}

#[actix_web::test]
async fn of_two_pickers_who_reach_for_one_order_one_gets_it() {
    let shop = TestShop::demo();
    let order = confirmed(&shop).await;
    let pickers = [colleague(&shop, "Maeve", "warehouse"), colleague(&shop, "Finn", "warehouse")];
    let taken = race(
        &shop,
        order.id,
        pickers.map(|picker| {
            move |conn: &mut PgConnection, now| lifecycle::start_picking(conn, order.id, picker, now).is_ok()
        }),
    );
    assert_eq!(taken.iter().filter(|ok| **ok).count(), 1);
    let now = shop.clock.now();
    let row = fulfilment::of_order(&mut shop.conn(), order.id).expect("db").expect("a row");
    let winner = row.picker_id.expect("somebody");
    let other = pickers.into_iter().find(|p| *p != winner).expect("another");
    let refused = lifecycle::start_picking(&mut shop.conn(), order.id, other, now);
    assert!(matches!(refused, Err(PickError::InOtherHands(p)) if p == winner), "{refused:?}");
    let later = now + Duration::minutes(11);
    lifecycle::start_picking(&mut shop.conn(), order.id, other, later).expect("the first has gone silent");
}

#[actix_web::test]
async fn of_a_cancel_and_a_hand_over_one_wins_and_the_money_follows_it() {
    for _ in 0..4 {
        let shop = TestShop::demo();
        let shopper = shopper_with_basket(&shop).await;
        let placed = place(&shop, &shopper, PayBy::Card, None);
        settle(&shop, &placed.order, IntentStatus::RequiresCapture);
        let (id, picker) = (placed.order.id, colleague(&shop, "Maeve", "warehouse"));
        packed(&shop, id, picker);
        type Doing = Box<dyn FnOnce(&mut PgConnection, chrono::DateTime<chrono::Utc>) -> bool + Send>;
        let cancel: Doing = Box::new(move |conn, now| {
            match lifecycle::cancel(conn, id, CancelledWhy::Customer, Actor::Customer, now) {
                Ok(_) => true,
                Err(CancelError::TooLate) => false,
                Err(other) => panic!("{other:?}"),
            }
        });
        let hand_over: Doing =
            Box::new(move |conn, now| match lifecycle::hand_over(conn, id, Actor::Staff(picker), now) {
                Ok(_) => true,
                Err(HandOverError::Money(lifecycle::CaptureError::NotConfirmed(OrderState::Cancelled))) => {
                    false
                }
                Err(other) => panic!("{other:?}"),
            });
        let done = race(&shop, id, [cancel, hand_over]);
        assert_ne!(done[0], done[1], "one of the two");
        let asked = |kind: &str| shop.count(&format!("SELECT count(*) FROM events WHERE kind = '{kind}'"));
        assert_eq!((asked("release_asked"), asked("capture_asked")), if done[0] { (1, 0) } else { (0, 1) });
        assert_movements_add_up(&shop);
    }
}

#[actix_web::test]
async fn of_a_rider_who_leaves_and_a_dispatcher_who_gives_it_to_another_one_wins() {
    let shop = TestShop::demo();
    let order = confirmed(&shop).await;
    let picker = colleague(&shop, "Maeve", "warehouse");
    let drop = packed(&shop, order.id, picker);
    let (conor, nuala) = (rider(&shop, "Conor"), rider(&shop, "Nuala"));
    lifecycle::assign_rider(&mut shop.conn(), drop, conor, Actor::System, shop.clock.now())
        .expect("assigned");
    type Doing = Box<dyn FnOnce(&mut PgConnection, chrono::DateTime<chrono::Utc>) -> bool + Send>;
    let leave: Doing = Box::new(move |conn, now| {
        lifecycle::leave_for(conn, drop, Actor::Staff(conor), now, now).is_ok_and(|h| h == Heard::Applied)
    });
    let give: Doing =
        Box::new(move |conn, now| lifecycle::assign_rider(conn, drop, nuala, Actor::System, now).is_ok());
    let done = race(&shop, order.id, [leave, give]);
    let row = delivery::drop_by_id(&mut shop.conn(), drop).expect("db").expect("a drop");
    if done[0] {
        assert!(!done[1] && row.rider_id == Some(conor) && row.state == DropState::OnTheWay);
    } else {
        assert!(done[1] && row.rider_id == Some(nuala) && row.state == DropState::RiderAssigned);
    }
}

#[actix_web::test]
async fn a_run_is_numbered_anew_without_waiting_for_a_stop_whose_rider_is_just_telling_of_it() {
    let shop = TestShop::demo();
    let picker = colleague(&shop, "Maeve", "warehouse");
    let (first, second) = (confirmed(&shop).await, confirmed(&shop).await);
    let (there, new) = (packed(&shop, first.id, picker), packed(&shop, second.id, picker));
    let (conor, now) = (rider(&shop, "Conor"), shop.clock.now());
    lifecycle::assign_rider(&mut shop.conn(), there, conor, Actor::System, now).expect("assigned");
    delivery::set_stop(&mut shop.conn(), there, 7).expect("a number to be changed");
    // Whoever tells of a stop holds it, and takes the rider's row last.
    let mut telling = shop.conn();
    Transactions::begin_transaction(&mut telling).expect("a transaction");
    orders::lock_order(&mut telling, first.id).expect("the order");
    delivery::lock_drop(&mut telling, there).expect("the drop");
    let mut giving = shop.conn();
    diesel::sql_query("SET lock_timeout = '2s'").execute(&mut giving).expect("no patience");
    dispatch::give(&mut giving, new, conor, Actor::System, now).expect("given at once");
    delivery::heard_of(&mut telling, conor, now).expect("the rider's row");
    Transactions::commit_transaction(&mut telling).expect("told");
    assert_eq!(delivery::stops_of(&mut shop.conn(), conor).expect("stops").len(), 2);
}

#[actix_web::test]
async fn words_from_a_tunnel_come_late_and_tell_the_history_without_moving_it_back() {
    let shop = TestShop::demo();
    let order = confirmed(&shop).await;
    let (picker, conor) = (colleague(&shop, "Maeve", "warehouse"), rider(&shop, "Conor"));
    let drop = packed(&shop, order.id, picker);
    let (conn, start) = (&mut shop.conn(), shop.clock.now());
    lifecycle::assign_rider(conn, drop, conor, Actor::System, start).expect("assigned");
    shop.clock.advance(Duration::minutes(20));
    let (now, by) = (shop.clock.now(), Actor::Staff(conor));
    let at = |minutes| start + Duration::minutes(minutes);
    let paid = at_the_door(Some(PayBy::CashAtDoor));
    assert_eq!(lifecycle::deliver(conn, drop, &paid, by, at(15), now).expect("delivered"), Heard::Applied);
    assert_eq!(lifecycle::arrive(conn, drop, by, at(14)).expect("there"), Heard::Applied);
    assert_eq!(lifecycle::leave_for(conn, drop, by, at(2), now).expect("left"), Heard::Applied);
    assert_eq!(lifecycle::leave_for(conn, drop, by, at(2), now).expect("again"), Heard::AlreadyTrue);
    let failed = lifecycle::fail(conn, drop, Failure::NobodyThere, by, at(16), now).expect("late");
    assert_eq!(failed, Heard::TooLate);
    let goods = story(&shop, order.id).goods;
    let told = goods.last_try().expect("a try");
    assert_eq!(goods.stage(), Stage::Delivered);
    assert_eq!((told.left_at, told.arrived_at, told.delivered_at), (Some(at(2)), Some(at(14)), Some(at(15))));
    let other = lifecycle::arrive(conn, drop, Actor::Staff(rider(&shop, "Nuala")), now);
    assert!(matches!(other, Err(DriveError::NotYours)), "{other:?}");
}

#[actix_web::test]
async fn a_try_that_fails_is_followed_by_a_numbered_one_and_the_first_promise_stays() {
    let shop = TestShop::demo();
    let order = confirmed(&shop).await;
    let (picker, conor) = (colleague(&shop, "Maeve", "warehouse"), rider(&shop, "Conor"));
    let drop = packed(&shop, order.id, picker);
    let (conn, now, by) = (&mut shop.conn(), shop.clock.now(), Actor::Staff(conor));
    lifecycle::assign_rider(conn, drop, conor, Actor::System, now).expect("assigned");
    lifecycle::leave_for(conn, drop, by, now, now).expect("left");
    lifecycle::fail(conn, drop, Failure::NobodyThere, by, now, now).expect("nobody there");
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::NotDelivered);
    let (starts, ends) = (now + Duration::hours(20), now + Duration::hours(22));
    let promised = Promised { starts, ends, who: "customer", why: "another try" };
    lifecycle::promise(conn, order.id, &promised, Actor::Customer, now).expect("promised");
    lifecycle::promise(conn, order.id, &promised, Actor::Customer, now).expect("the same");
    let next = lifecycle::plan_again(conn, order.id, Actor::System, now).expect("planned");
    let again = lifecycle::plan_again(conn, order.id, Actor::System, now);
    assert!(matches!(again, Err(DriveError::StillOpen)), "{again:?}");
    let second = delivery::drop_by_id(conn, next).expect("db").expect("a drop");
    assert_eq!((second.attempt, second.starts_at), (2, starts));
    let goods = story(&shop, order.id).goods;
    assert_eq!(goods.promises.len(), 2);
    assert_eq!(goods.first_promise().map(|p| p.starts), Some(order.window_starts_at));
    // The first rider's phone had no net: it was delivered after all.
    let paid = at_the_door(Some(PayBy::CardAtDoor));
    assert_eq!(lifecycle::deliver(conn, drop, &paid, by, now, now).expect("after all"), Heard::Applied);
    let second = delivery::drop_by_id(conn, next).expect("db").expect("a drop");
    assert_eq!((second.state, second.failure), (DropState::Failed, Some(Failure::Cancelled)));
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::Delivered);
    assert_eq!(aoife().name, orders::contact(conn, order.id).expect("a contact").name);
}

#[actix_web::test]
async fn nobody_on_shift_is_looked_for_again_until_somebody_is() {
    let shop = TestShop::demo();
    nobody_of_the_demo_rides(&shop);
    let order = confirmed(&shop).await;
    let drop = packed(&shop, order.id, colleague(&shop, "Maeve", "warehouse"));
    let planned =
        Event::DropPlanned { drop, attempt: 1, starts: order.window_starts_at, ends: order.window_ends_at };
    let app = shop.state().shop.app.clone();
    worker::work_outbox(&app).await.expect("the outbox");
    let state =
        |shop: &TestShop| delivery::drop_by_id(&mut shop.conn(), drop).expect("db").expect("a drop").state;
    assert_eq!((state(&shop), planned.kind()), (DropState::Planned, "drop_planned"));
    rider(&shop, "Conor");
    shop.clock.advance(Duration::minutes(1));
    worker::work_outbox(&app).await.expect("the outbox");
    assert_eq!(state(&shop), DropState::RiderAssigned);
    let recorded = events::history(&mut shop.conn(), order.id.0).expect("a history");
    let said = recorded.iter().find(|r| r.event == planned).expect("it was planned");
    let found = dispatch::act(&mut shop.conn(), &app.carriers, said, shop.clock.now()).expect("db");
    assert_eq!(found, dispatch::Found::Done, "told again, nothing happens");
}

/// All at once: each waits for the order's row until every one of them does.
fn race<F, const N: usize>(shop: &TestShop, order: OrderId, doing: [F; N]) -> Vec<bool>
where
    F: FnOnce(&mut PgConnection, chrono::DateTime<chrono::Utc>) -> bool + Send,
{
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    orders::lock_order(&mut holder, order).expect("the row");
    let now = shop.clock.now();
    std::thread::scope(|scope| {
        let all: Vec<_> = doing
            .into_iter()
            .map(|one| {
                let mut conn = shop.conn();
                scope.spawn(move || one(&mut conn, now))
            })
            .collect();
        shop.wait_until_blocked(i64::try_from(N).expect("few"));
        Transactions::commit_transaction(&mut holder).expect("let go");
        all.into_iter().map(|one| one.join().expect("an end")).collect()
    })
}
