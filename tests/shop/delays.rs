//! Delays: foreseen from what is known, told once, with the right cause.

use crate::common::placing::{nobody_of_the_demo_rides, place, place_for, shopper_with_basket, staffer};
use crate::common::{Bank, Shopper, TestShop};
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use chrono::{Duration, NaiveTime};
use diesel::connection::TransactionManager;
use diesel::prelude::*;
use serde_json::{Value, json};
use smartshop::ids::{Actor, DropId};
use smartshop::lifecycle::{self, Foreseen};
use smartshop::orders::{self, Order};
use smartshop::payments::PayBy;
use smartshop::promises::{self, Cause};
use smartshop::{cashier, delivery, forecast, fulfilment, worker};

type Transactions = <PgConnection as Connection>::TransactionManager;

async fn ordered(shop: &TestShop) -> Order {
    let shopper = shopper_with_basket(shop).await;
    place(shop, &shopper, PayBy::CashAtDoor, None).order
}

/// Tells of a delay of so many minutes behind the window; says whether it was news.
fn foresee(conn: &mut PgConnection, order: &Order, cause: Cause, minutes: i64, shop: &TestShop) -> bool {
    let expected = order.window_ends_at + Duration::minutes(minutes);
    let (starts, ends) = (expected - Duration::minutes(20), expected + Duration::minutes(20));
    let delay = Foreseen { cause, sentence: "It takes longer.", expected, starts, ends };
    let told = conn.transaction(|conn| {
        let order = orders::lock_order(conn, order.id)?;
        lifecycle::foresee_delay(conn, &order, &delay, Actor::System, shop.clock.now())
    });
    told.expect("db").is_some()
}

fn told(shop: &TestShop) -> i64 {
    shop.count("SELECT count(*) FROM events WHERE kind = 'delay_foreseen'")
}

#[actix_web::test]
async fn the_same_delay_is_told_once_and_one_that_has_moved_is_told_again() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let conn = &mut shop.conn();
    assert!(!foresee(conn, &order, Cause::NoRider, -30, &shop), "it is in the window");
    assert!(foresee(conn, &order, Cause::NoRider, 30, &shop));
    assert!(!foresee(conn, &order, Cause::NoRider, 40, &shop), "moved by ten minutes");
    shop.clock.advance(Duration::minutes(1));
    assert!(foresee(conn, &order, Cause::NoRider, 41, &shop), "moved by more");
    assert_eq!(told(&shop), 2);
    let made = promises::of_order(conn, order.id).expect("promises");
    assert_eq!(made.len(), 3, "the first one stays");
    assert_eq!((made[0].starts_at, made[0].ends_at), (order.window_starts_at, order.window_ends_at));
    assert_eq!((made[2].who.as_str(), made[2].why.as_str()), ("forecast", "no_rider"));
    let said = "SELECT count(*) FROM events d JOIN events p ON p.subject = d.subject AND p.happened_at = d.happened_at
        WHERE d.kind = 'delay_foreseen' AND p.kind = 'promise_made'";
    assert_eq!(shop.count(said), 2, "event and promise are of one time");
}

#[actix_web::test]
async fn of_two_who_foresee_the_same_delay_at_once_one_tells_it() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    orders::lock_order(&mut holder, order.id).expect("the row");
    let news: Vec<bool> = std::thread::scope(|scope| {
        let tell = || {
            let mut conn = shop.conn();
            foresee(&mut conn, &order, Cause::RiderSilent, 25, &shop)
        };
        let both = [scope.spawn(tell), scope.spawn(tell)];
        shop.wait_until_blocked(2);
        Transactions::commit_transaction(&mut holder).expect("let go");
        both.into_iter().map(|one| one.join().expect("an end")).collect()
    });
    assert_eq!(news.iter().filter(|n| **n).count(), 1, "{news:?}");
    assert_eq!(told(&shop), 1);
    assert_eq!(promises::of_order(&mut holder, order.id).expect("promises").len(), 2);
}

#[actix_web::test]
async fn what_is_closed_is_picked_for_its_new_time() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let conn = &mut shop.conn();
    assert!(foresee(conn, &order, Cause::NoRider, 30, &shop));
    let due =
        |conn: &mut PgConnection| fulfilment::of_order(conn, order.id).expect("db").expect("a row").due_at;
    let before = due(conn);
    assert!(foresee(conn, &order, Cause::Closure, 120, &shop));
    assert_eq!(due(conn) - before, Duration::minutes(120 + 120 - 20), "half an hour before its window");
    let closed = promises::forecast_of(conn, order.id).expect("db").expect("a row");
    assert_eq!(closed.closed_until, Some(order.window_ends_at + Duration::minutes(100)));
}

/// Moves the clock to a time of the same day, in Dublin in November.
fn it_is(shop: &TestShop, time: &str) {
    let now = shop.clock.now();
    let time = NaiveTime::parse_from_str(time, "%H:%M").expect("a time");
    shop.clock.advance(now.date_naive().and_time(time).and_utc() - now);
}

/// What every instance does every few seconds; says how many customers were told.
async fn look(shop: &TestShop) -> usize {
    let app = &shop.state().shop.app;
    let told = forecast::round(app).await.expect("a round");
    worker::work_outbox(app).await.expect("the outbox");
    while shop.send_mail() > 0 {}
    told
}

async fn facts(shopper: &Shopper<'_>, order: &Order) -> Value {
    let answer = shopper.get(&format!("/api/v1/orders/{}", order.number)).await;
    assert_eq!(answer.status, StatusCode::OK);
    serde_json::from_str(&answer.text).expect("facts")
}

fn late_letters(shop: &TestShop, order: &Order) -> Vec<String> {
    let late = format!("Running late: order {}", order.number);
    shop.letters().into_iter().filter(|l| l.subject.starts_with(&late)).map(|l| l.text).collect()
}

async fn nothing_is_late(shop: &TestShop, shopper: &Shopper<'_>, order: &Order) {
    look(shop).await;
    assert!(facts(shopper, order).await["delay"].is_null(), "{}", facts(shopper, order).await["delay"]);
    assert!(late_letters(shop, order).is_empty());
}

/// Page, programs, letter and the dispatcher's board name this cause, and the customer is told once.
async fn is_late_for(shop: &TestShop, shopper: &Shopper<'_>, order: &Order, cause: Cause, words: &str) {
    is_told(shop, shopper, order, cause, words).await;
    let board = staffer(shop, "dispatch@demo.test").await.get("/dispatch").await;
    board.part("risks").must_say(order.number.as_ref());
    board.part("risks").must_say(cause.words());
    is_told_no_more(shop, order).await;
}

async fn is_told_no_more(shop: &TestShop, order: &Order) {
    shop.clock.advance(Duration::seconds(20));
    look(shop).await;
    assert_eq!(late_letters(shop, order).len(), 1, "no repeat for the same forecast");
}

async fn is_told(shop: &TestShop, shopper: &Shopper<'_>, order: &Order, cause: Cause, words: &str) {
    look(shop).await;
    let delay = facts(shopper, order).await["delay"].clone();
    assert_eq!(
        (delay["cause"].as_str(), delay["words"].as_str()),
        (Some(cause.as_str()), Some(words)),
        "{delay}"
    );
    let page = shopper.get(&format!("/orders/{}", order.number)).await;
    page.must_say(words);
    page.must_say("Keep it: ");
    let letters = late_letters(shop, order);
    assert_eq!(letters.len(), 1, "{letters:?}");
    for choice in delay["choices"].as_array().expect("choices") {
        assert!(letters[0].contains(choice.as_str().expect("words")), "{choice}: {}", letters[0]);
    }
    assert!(letters[0].contains(words), "{words}: {}", letters[0]);
    let promises = promises::of_order(&mut shop.conn(), order.id).expect("promises");
    let new = promises.last().expect("a promise");
    assert!(promises.len() == 2 && new.ends_at > order.window_ends_at, "{promises:?}");
    assert_eq!((promises[0].starts_at, promises[0].ends_at), (order.window_starts_at, order.window_ends_at));
}

async fn shopper_and_order(shop: &TestShop) -> (Shopper<'_>, Order) {
    let shopper = shopper_with_basket(shop).await;
    let order = place(shop, &shopper, PayBy::CashAtDoor, None).order;
    (shopper, order)
}

fn lines_of(shop: &TestShop, order: &Order) -> Vec<orders::OrderLine> {
    orders::lines(&mut shop.conn(), order.id).expect("lines")
}

fn in_warehouse(order: &Order) -> String {
    format!("/warehouse/orders/{}", order.number)
}

/// The picker takes it, picks it whole, and packs it.
async fn is_packed(shop: &TestShop, order: &Order) -> DropId {
    let kasia = staffer(shop, "warehouse@demo.test").await;
    kasia.submit(&format!("{}/picking", in_warehouse(order)), &[]).await.must_say("is yours.");
    for line in lines_of(shop, order) {
        let pick = format!("{}/lines/{}/pick", in_warehouse(order), line.position);
        kasia.submit(&pick, &[("units", &line.quantity.to_string())]).await;
    }
    let packed = kasia.submit(&format!("{}/packing", in_warehouse(order)), &[("ambient", "2")]).await;
    packed.must_say("is packed in 2 bags");
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    delivery::last_drop(&mut shop.conn(), order.id).expect("db").expect("a drop").id
}

/// One of the demo's riders comes on shift, and nobody else is.
async fn tomasz(shop: &TestShop) -> Shopper<'_> {
    nobody_of_the_demo_rides(shop);
    let rider = staffer(shop, "rider@demo.test").await;
    rider.submit("/rider/shift", &[]).await.must_say("You are on shift.");
    rider
}

async fn uploads(shop: &TestShop, rider: &Shopper<'_>, drop: DropId, kind: &str, details: Value) {
    let (id, at) = (uuid::Uuid::new_v4(), shop.clock.now());
    let action = json!({"id": id, "drop": drop, "kind": kind, "happened_at": at, "details": details});
    let request = TestRequest::post().uri("/rider/uploads").set_json(json!({"actions": [action]}));
    let request =
        request.insert_header(("origin", "http://shop.test")).insert_header(("accept", "application/json"));
    let answer = rider.send(request).await;
    assert!(answer.text.contains("\"applied\""), "{kind}: {}", answer.text);
}

#[actix_web::test]
async fn a_webhook_is_lost_and_the_payment_that_waits_is_named() {
    let (shop, bank) = Bank::with_shop();
    it_is(&shop, "14:25");
    let shopper = shopper_with_basket(&shop).await;
    let placed = place_for(&shop, &shopper, PayBy::Redirect, None, "1 hours");
    let app = shop.state().shop.app.clone();
    cashier::pay(&app, placed.attempt.expect("a try")).await;
    let intent = bank.books()[0]["id"].as_str().expect("an id").to_owned();
    nothing_is_late(&shop, &shopper, &placed.order).await;
    // They approve, and the gateway's word of it never comes.
    bank.says(&intent, "approve");
    it_is(&shop, "14:30");
    nothing_is_late(&shop, &shopper, &placed.order).await;
    it_is(&shop, "14:50");
    let words = "Your payment has not come through yet, and we begin to pick as soon as it has.";
    is_late_for(&shop, &shopper, &placed.order, Cause::PaymentWaiting, words).await;
}

#[actix_web::test]
async fn a_shelf_is_found_empty_and_the_next_order_of_it_is_late_for_that() {
    let shop = TestShop::demo();
    tomasz(&shop).await;
    let (_, first) = shopper_and_order(&shop).await;
    let (shopper, order) = shopper_and_order(&shop).await;
    it_is(&shop, "19:28");
    nothing_is_late(&shop, &shopper, &order).await;
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    kasia.submit(&format!("{}/picking", in_warehouse(&first)), &[]).await.must_say("is yours.");
    let milk = &lines_of(&shop, &first)[0];
    let none = format!("{}/lines/{}/leaving-out", in_warehouse(&first), milk.position);
    kasia.submit(&none, &[]).await.must_say("1 of 2 lines done");
    let spaghetti = format!("{}/lines/2/pick", in_warehouse(&first));
    kasia.submit(&spaghetti, &[("units", "6")]).await.must_say("All lines are done.");
    kasia
        .submit(&format!("{}/packing", in_warehouse(&first)), &[("ambient", "1")])
        .await
        .must_say("is packed");
    it_is(&shop, "19:36");
    let words = "Something you ordered was not on its shelf, and finding it takes us longer.";
    is_late_for(&shop, &shopper, &order, Cause::StockShort, words).await;
}

#[actix_web::test]
async fn a_picker_stops_and_the_queue_is_named() {
    let shop = TestShop::demo();
    tomasz(&shop).await;
    let (shopper, order) = shopper_and_order(&shop).await;
    it_is(&shop, "19:15");
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    kasia.submit("/warehouse/next", &[]).await.must_say("is yours.");
    kasia
        .submit(&format!("{}/lines/1/pick", in_warehouse(&order)), &[("units", "12")])
        .await
        .must_say("1 of 2");
    it_is(&shop, "19:20");
    nothing_is_late(&shop, &shopper, &order).await;
    it_is(&shop, "19:36");
    let words = "Picking takes longer than we had planned.";
    is_late_for(&shop, &shopper, &order, Cause::QueueTooLong, words).await;
}

#[actix_web::test]
async fn many_orders_ahead_are_a_queue_too_long() {
    let shop = TestShop::demo();
    tomasz(&shop).await;
    let dear = "SELECT string_agg(sku, ' ') FROM (SELECT sku FROM products JOIN stock ON product_id = id
        WHERE sold_by = 'each' AND minimum_age = 0 AND price_cents > 500 AND on_hand > 20 ORDER BY sku LIMIT 8) p";
    for sku in shop.text(dear).split(' ') {
        let other = shop.shopper();
        other.lives_at("D06").await;
        other.wants(sku, "10").await;
        place(&shop, &other, PayBy::CashAtDoor, None);
    }
    let (shopper, order) = shopper_and_order(&shop).await;
    it_is(&shop, "18:30");
    nothing_is_late(&shop, &shopper, &order).await;
    it_is(&shop, "19:12");
    let words = "Picking takes longer than we had planned.";
    is_late_for(&shop, &shopper, &order, Cause::QueueTooLong, words).await;
}

#[actix_web::test]
async fn nobody_is_on_shift_and_that_is_named() {
    let shop = TestShop::demo();
    let rider = tomasz(&shop).await;
    let (shopper, order) = shopper_and_order(&shop).await;
    it_is(&shop, "19:00");
    rider.submit("/rider/shift/ending", &[]).await.must_say("You are off shift.");
    is_packed(&shop, &order).await;
    nothing_is_late(&shop, &shopper, &order).await;
    it_is(&shop, "19:40");
    let words = "We have not found a rider for your order yet.";
    is_late_for(&shop, &shopper, &order, Cause::NoRider, words).await;
}

#[actix_web::test]
async fn all_who_are_on_shift_are_sent_elsewhere_and_that_nobody_comes_is_named() {
    let shop = TestShop::demo();
    tomasz(&shop).await;
    let (shopper, order) = shopper_and_order(&shop).await;
    it_is(&shop, "19:00");
    let board = staffer(&shop, "dispatch@demo.test").await;
    let rider = shop.text("SELECT id FROM riders WHERE on_shift");
    let zone = shop.text("SELECT id FROM zones WHERE code = 'C'");
    let sent =
        board.submit(&format!("/dispatch/riders/{rider}/zone"), &[("zone", &zone), ("seen", "")]).await;
    sent.must_say("They are sent to Outer suburbs alone.");
    is_packed(&shop, &order).await;
    nothing_is_late(&shop, &shopper, &order).await;
    it_is(&shop, "19:40");
    let words = "We have not found a rider for your order yet.";
    is_late_for(&shop, &shopper, &order, Cause::NoRider, words).await;
}

/// An order that is packed at 19:10, and whose rider sets out with it at 19:25.
async fn under_way(shop: &TestShop) -> (Shopper<'_>, Shopper<'_>, Order, DropId) {
    let rider = tomasz(shop).await;
    let (shopper, order) = shopper_and_order(shop).await;
    it_is(shop, "19:10");
    let drop = is_packed(shop, &order).await;
    it_is(shop, "19:25");
    uploads(shop, &rider, drop, "left", json!({})).await;
    (rider, shopper, order, drop)
}

#[actix_web::test]
async fn a_rider_goes_silent_and_is_named() {
    let shop = TestShop::demo();
    let (_, shopper, order, _) = under_way(&shop).await;
    it_is(&shop, "19:33");
    nothing_is_late(&shop, &shopper, &order).await;
    it_is(&shop, "19:50");
    let words = "Tomasz has your order, and we cannot reach them just now.";
    is_late_for(&shop, &shopper, &order, Cause::RiderSilent, words).await;
}

fn letters_about(shop: &TestShop, subject: &str) -> usize {
    shop.letters().iter().filter(|letter| letter.subject.starts_with(subject)).count()
}

#[actix_web::test]
async fn a_delay_dissolves_once_the_rider_is_heard_of_again() {
    let shop = TestShop::demo();
    let (rider, shopper, order, drop) = under_way(&shop).await;
    it_is(&shop, "19:50");
    let words = "Tomasz has your order, and we cannot reach them just now.";
    is_late_for(&shop, &shopper, &order, Cause::RiderSilent, words).await;
    let subject = format!("Sooner than we said: order {}", order.number);
    assert_eq!(letters_about(&shop, &subject), 0);
    it_is(&shop, "19:52");
    uploads(&shop, &rider, drop, "position", json!({"latitude": 53.335, "longitude": -6.27})).await;
    for _ in 0..3 {
        look(&shop).await;
        shop.clock.advance(Duration::seconds(20));
    }
    assert_eq!(letters_about(&shop, &subject), 1, "said once");
    let told = facts(&shopper, &order).await;
    assert!(told["delay"].is_null(), "{}", told["delay"]);
    let page = shopper.get(&format!("/orders/{}", order.number)).await;
    page.must_say("18:00–20:00");
    page.must_say("It comes sooner than we thought.");
    assert!(!page.text.contains("Running late"));
    let made = promises::of_order(&mut shop.conn(), order.id).expect("promises");
    assert_eq!(made.len(), 3, "{made:?}");
    assert_eq!((made[2].starts_at, made[2].ends_at), (order.window_starts_at, order.window_ends_at));
    assert_eq!((made[2].who.as_str(), made[2].why.as_str()), ("forecast", "sooner"));
}

#[actix_web::test]
async fn who_is_early_after_a_delay_is_told_once_however_often_it_is_looked() {
    let shop = TestShop::demo();
    let (rider, shopper, order, drop) = under_way(&shop).await;
    it_is(&shop, "19:50");
    let words = "Tomasz has your order, and we cannot reach them just now.";
    is_late_for(&shop, &shopper, &order, Cause::RiderSilent, words).await;
    // Tomorrow is agreed on, told to be later still, and then they stand at the door long before.
    let (starts, ends) =
        (order.window_starts_at + Duration::days(1), order.window_ends_at + Duration::days(1));
    let conn = &mut shop.conn();
    let chosen = lifecycle::Promised { starts, ends, who: "shop", why: "agreed" };
    lifecycle::promise(conn, order.id, &chosen, Actor::System, shop.clock.now()).expect("agreed");
    let later = lifecycle::Promised {
        starts: ends,
        ends: ends + Duration::hours(1),
        who: "forecast",
        why: "no_rider",
    };
    lifecycle::promise(conn, order.id, &later, Actor::System, shop.clock.now()).expect("foreseen");
    uploads(&shop, &rider, drop, "arrived", json!({})).await;
    for _ in 0..4 {
        shop.clock.advance(Duration::seconds(20));
        look(&shop).await;
    }
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'delay_eased'"), 1);
    let made = promises::of_order(conn, order.id).expect("promises");
    assert_eq!(made.last().map(|p| (p.starts_at, p.ends_at)), Some((starts, ends)));
}

#[actix_web::test]
async fn what_was_only_foreseen_can_be_agreed_on() {
    let shop = TestShop::demo();
    let (_, _, order, drop) = under_way(&shop).await;
    let conn = &mut shop.conn();
    assert!(foresee(conn, &order, Cause::RiderSilent, 30, &shop));
    let told = promises::of_order(conn, order.id).expect("promises").pop().expect("one");
    let window = |conn: &mut PgConnection| {
        let row = delivery::drop_by_id(conn, drop).expect("db").expect("a drop");
        (row.starts_at, row.ends_at)
    };
    assert_eq!(window(conn), (order.window_starts_at, order.window_ends_at));
    let same = lifecycle::Promised { starts: told.starts_at, ends: told.ends_at, who: "shop", why: "agreed" };
    for _ in 0..2 {
        lifecycle::promise(conn, order.id, &same, Actor::System, shop.clock.now()).expect("agreed");
    }
    assert_eq!(window(conn), (told.starts_at, told.ends_at), "the drop follows");
    assert_eq!(promises::of_order(conn, order.id).expect("promises").len(), 3, "once");
}

#[actix_web::test]
async fn of_two_who_see_a_delay_dissolve_at_once_one_tells_it() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let mut holder = shop.conn();
    assert!(foresee(&mut holder, &order, Cause::NoRider, 90, &shop));
    shop.clock.advance(Duration::minutes(1));
    let expected = order.window_ends_at;
    let eased = lifecycle::Eased { expected, starts: order.window_starts_at, ends: order.window_ends_at };
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    orders::lock_order(&mut holder, order.id).expect("the row");
    let news: Vec<bool> = std::thread::scope(|scope| {
        let tell = || {
            let mut conn = shop.conn();
            let told = conn.transaction(|conn| {
                orders::lock_order(conn, order.id)?;
                lifecycle::ease_delay(conn, order.id, eased, shop.clock.now())
            });
            told.expect("db").is_some()
        };
        let both = [scope.spawn(tell), scope.spawn(tell)];
        shop.wait_until_blocked(2);
        Transactions::commit_transaction(&mut holder).expect("let go");
        both.into_iter().map(|one| one.join().expect("an end")).collect()
    });
    assert_eq!(news.iter().filter(|n| **n).count(), 1, "{news:?}");
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'delay_eased'"), 1);
    assert_eq!(promises::of_order(&mut holder, order.id).expect("promises").len(), 3);
}

#[actix_web::test]
async fn what_is_late_stays_late_for_those_who_bring_it_whatever_the_customer_was_told() {
    let shop = TestShop::demo();
    let (rider, shopper, order, drop) = under_way(&shop).await;
    it_is(&shop, "19:50");
    let words = "Tomasz has your order, and we cannot reach them just now.";
    is_late_for(&shop, &shopper, &order, Cause::RiderSilent, words).await;
    let told = promises::of_order(&mut shop.conn(), order.id).expect("promises").pop().expect("one");
    let time = |at: chrono::DateTime<chrono::Utc>| at.format("%H:%M").to_string();
    let words = format!("told {}–{}", time(told.starts_at), time(told.ends_at));
    it_is(&shop, "20:05");
    let board = staffer(&shop, "dispatch@demo.test").await.get("/dispatch").await;
    board.must_say("Late: window over");
    board.must_say("Its window ended 20:00, 5 minutes ago");
    board.must_say(&words);
    assert!(board.text.contains(&format!("Late-{drop}")), "it calls for a hand");
    let run = rider.get("/rider").await;
    run.must_say("18:00–20:00");
    run.must_say(&words);
    run.must_say("late");
    rider.get(&format!("/rider/drops/{drop}")).await.must_say(&words);
    shopper.get(&format!("/orders/{}", order.number)).await.must_say("First promised");
}

#[actix_web::test]
async fn a_rider_stands_still_and_has_stopped() {
    let shop = TestShop::demo();
    let (rider, shopper, order, drop) = under_way(&shop).await;
    for minute in 26..48 {
        it_is(&shop, &format!("19:{minute}"));
        // A telephone that lies still wanders about.
        let here = json!({"latitude": 53.335 + f64::from(minute % 3) * 0.0001, "longitude": -6.27});
        uploads(&shop, &rider, drop, "position", here).await;
        if minute == 32 {
            nothing_is_late(&shop, &shopper, &order).await;
        }
    }
    let words = "Tomasz had to stop on the way to you.";
    is_late_for(&shop, &shopper, &order, Cause::RiderStopped, words).await;
}

#[actix_web::test]
async fn a_rider_who_says_they_have_to_stop_is_named_while_another_is_looked_for() {
    let shop = TestShop::demo();
    let rider = tomasz(&shop).await;
    let (shopper, order) = shopper_and_order(&shop).await;
    it_is(&shop, "19:10");
    let drop = is_packed(&shop, &order).await;
    uploads(&shop, &rider, drop, "left", json!({})).await;
    it_is(&shop, "19:20");
    uploads(&shop, &rider, drop, "failed", json!({"reason": "rider_stopped"})).await;
    rider.submit("/rider/shift/ending", &[]).await.must_say("You are off shift.");
    look(&shop).await;
    it_is(&shop, "19:50");
    let words = "The rider who had your order had to stop, and another one takes over.";
    is_late_for(&shop, &shopper, &order, Cause::RiderStopped, words).await;
}

#[actix_web::test]
async fn an_address_is_not_found_and_that_is_named() {
    let shop = TestShop::demo();
    let rider = tomasz(&shop).await;
    let (shopper, order) = shopper_and_order(&shop).await;
    it_is(&shop, "19:00");
    let drop = is_packed(&shop, &order).await;
    uploads(&shop, &rider, drop, "left", json!({})).await;
    it_is(&shop, "19:30");
    uploads(&shop, &rider, drop, "failed", json!({"reason": "wrong_address"})).await;
    let words = "We could not find your address: tell your rider how, and we come again.";
    is_late_for(&shop, &shopper, &order, Cause::WrongAddress, words).await;
    let board = staffer(&shop, "dispatch@demo.test").await;
    board.submit(&format!("/dispatch/drops/{drop}/next"), &[]).await.must_say("Another try is planned.");
    look(&shop).await;
    shopper.get(&format!("/orders/{}", order.number)).await.must_say("Second attempt");
}

#[actix_web::test]
async fn a_town_under_snow_is_closed_by_the_dispatcher_and_that_is_named() {
    let shop = TestShop::demo();
    let (shopper, order) = shopper_and_order(&shop).await;
    nothing_is_late(&shop, &shopper, &order).await;
    let orla = staffer(&shop, "dispatch@demo.test").await;
    let of = "kind=snow&from=2026-11-24T14:30&to=2026-11-25T12:00";
    let preview = orla.get(&format!("/dispatch/incidents/new?{of}")).await;
    let hidden = |name: &str| {
        preview
            .all_after(&format!("type=\"hidden\" name=\"{name}\" value=\""))
            .into_iter()
            .next()
            .unwrap_or_default()
    };
    let names = ["token", "kind", "zone", "window", "from", "to", "note"];
    let form: Vec<(&str, String)> = names.into_iter().map(|name| (name, hidden(name))).collect();
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    orla.submit("/dispatch/incidents", &form).await.must_say("It is closed.");
    assert_eq!(worker::move_promises(&shop.state().shop.app).await.expect("moved"), 1);
    let words =
        "We cannot come as promised: snow and ice close the roads. Here is the next time we can come.";
    is_told(&shop, &shopper, &order, Cause::Closure, words).await;
    is_told_no_more(&shop, &order).await;
}

#[actix_web::test]
async fn window_and_forecast_stand_side_by_side_and_on_time_is_measured_by_the_first_promise() {
    let shop = TestShop::demo();
    let rider = tomasz(&shop).await;
    let (shopper, order) = shopper_and_order(&shop).await;
    look(&shop).await;
    let page = format!("/orders/{}", order.number);
    shopper.get(&page).await.must_say("We expect to be with you in that time.");
    it_is(&shop, "18:30");
    let drop = is_packed(&shop, &order).await;
    uploads(&shop, &rider, drop, "left", json!({})).await;
    it_is(&shop, "18:32");
    look(&shop).await;
    let told = facts(&shopper, &order).await;
    let forecast = &told["forecast"];
    let words = forecast["words"].as_str().expect("words");
    assert!(words.starts_with("We expect to be with you about 18:"), "{words}");
    assert!(forecast["from"].as_str() < forecast["to"].as_str() && told["on_time"].is_null(), "{forecast}");
    shopper.get(&page).await.must_say(words);
    shopper.get(&page).await.must_say("18:00–20:00");
    it_is(&shop, "20:05");
    look(&shop).await;
    let paid = json!({"proof": "name", "name": "Aoife", "paid_by": "cash_at_door"});
    uploads(&shop, &rider, drop, "delivered", paid).await;
    assert_eq!(facts(&shopper, &order).await["on_time"], false, "whatever was promised since");
    shop.clock.advance(Duration::seconds(40));
    look(&shop).await;
    assert_eq!(shop.count("SELECT count(*) FROM forecasts"), 0, "what is over is expected no more");
}

#[actix_web::test]
async fn of_two_instances_each_order_is_reckoned_by_one() {
    let shop = TestShop::demo();
    let other = shop.another();
    let (_, order) = shopper_and_order(&shop).await;
    it_is(&shop, "19:55");
    it_is(&other, "19:55");
    let (here, there) = (shop.state().shop.app.clone(), other.state().shop.app.clone());
    let (here, there) = tokio::join!(forecast::round(&here), forecast::round(&there));
    assert_eq!(here.expect("a round") + there.expect("a round"), 1, "one of them tells it");
    assert_eq!(told(&shop), 1);
    let due =
        shop.text(&format!("SELECT due_at - reckoned_at FROM forecasts WHERE order_id = '{}'", order.id));
    assert_eq!(due, "00:00:15");
}
