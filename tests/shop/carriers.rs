//! Outside carriers, spoken to over HTTP with the sandbox's on the other side: what they are asked, what
//! they say, twice and late and in another order, and what is nobody's booking any more.

use crate::common::placing::{colleague, nobody_of_the_demo_rides, place, rider, shopper_with_basket};
use crate::common::{Bank, Heard, Shopper, TestShop};
use actix_web::http::StatusCode;
use chrono::{DateTime, Duration, Utc};
use diesel::connection::{SimpleConnection as _, TransactionManager};
use diesel::prelude::*;
use serde_json::{Value, json};
use smartshop::catalog::Storage;
use smartshop::delivery::{self, CarrierWord, DropState, Failure, WordDecision};
use smartshop::ids::{Actor, DropId, OrderId, ProductId, StaffId};
use smartshop::lifecycle::{self, CarrierError, CarrierName, DriveError, Settled, Stage, Status, Story};
use smartshop::orders::{self, CancelledWhy, Order, OrderState};
use smartshop::payments::{self, PayBy};
use smartshop::rebuild::rebuild;
use smartshop::{carriers, cashier, demo, dispatch, events, worker};

type Transactions = <PgConnection as Connection>::TransactionManager;

const SANDBOX: CarrierName<'_> = CarrierName { name: "sandbox", label: "Sandbox carrier" };

async fn staffer<'s>(shop: &'s TestShop, email: &str) -> Shopper<'s> {
    let shopper = shop.shopper();
    shopper.submit("/staff/sign-in", &[("email", email), ("password", demo::PASSWORD)]).await;
    shopper
}

/// An order that is packed and that nobody brings yet.
async fn packed_by<'s>(shop: &'s TestShop, by: PayBy) -> (Shopper<'s>, Order, DropId) {
    let shopper = shopper_with_basket(shop).await;
    let placed = place(shop, &shopper, by, None);
    if let Some(attempt) = placed.attempt {
        cashier::pay(&shop.state().shop.app, attempt).await;
    }
    let conn = &mut shop.conn();
    let order = orders::order(conn, placed.order.id).expect("an order");
    let (picker, now) = (colleague(shop, &format!("Maeve {}", order.number), "warehouse"), shop.clock.now());
    lifecycle::start_picking(conn, order.id, picker, now).expect("taken");
    for line in orders::lines(conn, order.id).expect("lines") {
        let how = Settled::Picked { units: line.quantity, grams: None };
        lifecycle::settle_line(conn, order.id, line.position, how, picker, now).expect("picked");
    }
    let bags = [(Storage::Chilled, 1), (Storage::Ambient, 2)];
    let drop = lifecycle::pack(conn, order.id, &bags, picker, now).expect("packed").drop;
    nobody_of_the_demo_rides(shop);
    (shopper, order, drop)
}

async fn packed<'s>(shop: &'s TestShop) -> (Shopper<'s>, Order, DropId) {
    packed_by(shop, PayBy::Card).await
}

/// The same, booked at the sandbox carrier under this number.
async fn booked<'s>(shop: &'s TestShop) -> (Shopper<'s>, Order, DropId, String) {
    let (shopper, order, drop) = packed(shop).await;
    ask(shop, drop).expect("asked");
    work(shop).await;
    let reference = row(shop, drop).carrier_ref.expect("booked");
    (shopper, order, drop, reference)
}

fn ask(shop: &TestShop, drop: DropId) -> Result<(), CarrierError> {
    let now = shop.clock.now();
    lifecycle::ask_carrier(&mut shop.conn(), drop, SANDBOX, Actor::System, now).map(|_| ())
}

async fn work(shop: &TestShop) {
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
}

fn row(shop: &TestShop, drop: DropId) -> delivery::Drop {
    delivery::drop_by_id(&mut shop.conn(), drop).expect("db").expect("a drop")
}

fn story(shop: &TestShop, order: OrderId) -> Story {
    let conn = &mut shop.conn();
    let rows = payments::attempts_of(conn, order).expect("db");
    Story::tell(&events::history(conn, order.0).expect("a history"), &rows)
}

fn bookings(shop: &TestShop) -> String {
    shop.text("SELECT coalesce(string_agg(state, ' ' ORDER BY id), '') FROM carrier_bookings")
}

/// What was decided about the word of this state.
fn decision(shop: &TestShop, said: &str) -> String {
    shop.text(&format!(
        "SELECT string_agg(decision, ' ' ORDER BY received_at, id) FROM carrier_words WHERE said = '{said}'"
    ))
}

fn live(shipments: &[Value]) -> usize {
    shipments.iter().filter(|s| s["cancelled"] == false).count()
}

/// A word that the carrier might say.
fn word(shop: &TestShop, id: &str, shipment: &str, state: &str) -> Heard {
    let body = json!({"id": id, "shipment": shipment, "state": state, "reason": "nobody_there",
        "at": shop.clock.now()});
    Heard::signed(shop, body.to_string())
}

async fn says(shop: &TestShop, id: &str, shipment: &str, state: &str) {
    assert_eq!(word(shop, id, shipment, state).comes_from_carrier(shop).await, StatusCode::OK, "{state}");
}

fn assert_rebuilt(shop: &TestShop) {
    let report = rebuild(&mut shop.conn()).expect("a rebuild");
    assert!(report.agrees(), "{report}");
}

#[actix_web::test]
async fn a_dispatcher_books_a_carrier_and_its_own_words_bring_the_order_to_the_door() {
    let (shop, bank) = Bank::with_carrier("");
    let (shopper, order, drop) = packed(&shop).await;
    let board = staffer(&shop, "dispatch@demo.test").await;
    board.get("/dispatch").await.must_say("Packed, no rider");
    let book = format!("/dispatch/drops/{drop}/carrier");
    board.submit(&book, &[("carrier", "nobody")]).await.must_say("choose a carrier first");
    board.submit(&book, &[("carrier", "sandbox")]).await.must_say("Sandbox carrier is asked to bring it.");
    board.submit(&book, &[("carrier", "sandbox")]).await.must_say("Carrier asked");
    let label = format!("/dispatch/drops/{drop}/label");
    assert!(board.get(&label).await.location.is_some(), "there is none yet");
    board.get("/dispatch").await.must_say("The carrier has not answered yet.");
    work(&shop).await;
    work(&shop).await;
    let shipments = bank.shipments();
    assert_eq!(shipments.len(), 1, "asked twice by hand, and booked once");
    let number = shipments[0]["id"].as_str().expect("a number").to_owned();
    board.get("/dispatch").await.must_say(&format!("Sandbox carrier, {number}"));
    let paper = board.get(&label).await;
    assert!(paper.text.starts_with("%PDF-") && paper.text.contains(&number), "{}", paper.text);
    assert_eq!(paper.header("content-type"), "application/pdf");

    let page = shopper.get(&format!("/orders/{}", order.number)).await;
    for words in ["Sandbox carrier", "Tracking number", &number] {
        page.must_say(words);
    }
    page.must_not_say("Your code for the door");
    assert!(page.text.contains(&format!("{}/sandbox/carrier/track/{number}", bank.base)));
    let told = shopper.get(&format!("/api/v1/orders/{}", order.number)).await;
    let told: Value = serde_json::from_str(&told.text).expect("json");
    assert_eq!(
        (&told["rider"]["tracking_number"], &told["rider"]["is_a_carrier"]),
        (&json!(number), &json!(true))
    );

    for (state, stage) in [
        ("collected", Stage::RiderAssigned),
        ("on_the_way", Stage::OnTheWay),
        ("at_the_door", Stage::OnTheWay),
        ("delivered", Stage::Delivered),
    ] {
        bank.carrier_says(&number, state);
        let heard = bank.word(state, &number);
        assert_eq!(heard.comes_from_carrier(&shop).await, StatusCode::OK);
        assert_eq!(story(&shop, order.id).goods.stage(), stage, "{state}");
    }
    work(&shop).await;
    let told = story(&shop, order.id);
    assert_eq!(told.status, Status::Completed);
    assert_eq!(row(&shop, drop).proof, Some(delivery::Proof::Carrier));
    assert_eq!(bank.totals()[2], order.total_cents.cents(), "charged once it was collected");
    board.get("/dispatch/carriers").await.must_say("Delivered");
    assert_rebuilt(&shop);
}

#[actix_web::test]
async fn what_needs_a_check_or_money_at_the_door_is_given_to_no_carrier() {
    let (shop, bank) = Bank::with_carrier("A");
    let (_, order, drop) = packed_by(&shop, PayBy::CashAtDoor).await;
    work(&shop).await;
    assert!(!row(&shop, drop).is_a_carriers(), "not by itself either, though its zone goes by carrier");
    let board = staffer(&shop, "dispatch@demo.test").await;
    let book = format!("/dispatch/drops/{drop}/carrier");
    let answer = board.submit(&book, &[("carrier", "sandbox")]).await;
    answer.must_say(&format!("Not for a carrier: {} is paid at the door", order.total_cents));
    let (_, old, drop) = packed(&shop).await;
    let wine = format!("UPDATE orders SET minimum_age = 18 WHERE id = '{}'", old.id);
    diesel::sql_query(wine).execute(&mut shop.conn()).expect("there is wine in it");
    let refused = ask(&shop, drop);
    assert!(matches!(refused, Err(CarrierError::Age(18))), "{refused:?}");
    let book = format!("/dispatch/drops/{drop}/carrier");
    board.submit(&book, &[("carrier", "sandbox")]).await.must_say("they are 18 or older");
    assert_eq!((bank.shipments().len(), bookings(&shop).as_str()), (0, ""));
}

#[actix_web::test]
async fn a_zone_goes_by_its_carrier_and_a_refusal_finds_a_rider() {
    let (shop, bank) = Bank::with_carrier("A + B");
    let (_, _, drop) = packed(&shop).await;
    work(&shop).await;
    work(&shop).await;
    assert!(row(&shop, drop).carrier_ref.is_some(), "nobody had to do anything");
    bank.carrier_mood(r#"{"decline_next": 1}"#);
    let (_, order, drop) = packed(&shop).await;
    let conor = rider(&shop, "Conor");
    work(&shop).await;
    work(&shop).await;
    let found = row(&shop, drop);
    assert_eq!((found.rider_id, found.carrier), (Some(conor), None));
    assert_eq!(bookings(&shop), "booked refused");
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::RiderAssigned);
    assert_rebuilt(&shop);
}

#[actix_web::test]
async fn a_carrier_is_asked_by_itself_for_the_windows_of_its_hours_alone() {
    for (reach, is_its_own) in [("* 18:00-18:01", true), ("A 18:01-24:00 + B", false)] {
        let (shop, _bank) = Bank::with_carrier(reach);
        let (_, order, drop) = packed(&shop).await;
        let begins = order.window_starts_at.with_timezone(&chrono_tz::Europe::Dublin).time();
        assert_eq!(begins.to_string(), "18:00:00");
        let conor = rider(&shop, "Conor");
        work(&shop).await;
        work(&shop).await;
        let found = row(&shop, drop);
        assert_eq!(found.rider_id.is_none(), is_its_own, "{reach}");
        assert_eq!(found.carrier_ref.is_some(), is_its_own, "{reach}");
        assert!(is_its_own || found.rider_id == Some(conor));
    }
}

#[actix_web::test]
async fn an_answer_that_is_lost_never_books_twice() {
    let (shop, bank) = Bank::with_carrier("");
    let (_, order, drop) = packed(&shop).await;
    bank.carrier_mood(r#"{"lost_percent": 100, "next_calls": 3}"#);
    ask(&shop, drop).expect("asked");
    for _ in 0..5 {
        work(&shop).await;
        assert!(bank.shipments().len() <= 1);
        shop.clock.advance(Duration::seconds(21));
    }
    assert_eq!(bookings(&shop), "booked");
    assert_eq!(bank.shipments().len(), 1);
    assert_eq!(row(&shop, drop).state, DropState::RiderAssigned);
    let booked = "SELECT count(*) FROM events WHERE kind = 'carrier_booked'";
    assert_eq!(shop.count(booked), 1);
    // A word of it that came before the answer is not lost either.
    assert_eq!(
        story(&shop, order.id).goods.last_try().and_then(|t| t.by.clone()),
        Some(SANDBOX.label.into())
    );
}

#[actix_web::test]
async fn a_carrier_that_only_fails_is_given_up_and_told_so() {
    let (shop, bank) = Bank::with_carrier("");
    let (_, order, drop) = packed(&shop).await;
    // Each booking is made and its answer lost: nobody knows.
    bank.carrier_mood(r#"{"lost_percent": 100}"#);
    ask(&shop, drop).expect("asked");
    let conor = rider(&shop, "Conor");
    for _ in 0..9 {
        work(&shop).await;
        shop.clock.advance(Duration::seconds(61));
    }
    assert_eq!(row(&shop, drop).rider_id, Some(conor), "somebody else brings it");
    assert_eq!((bookings(&shop).as_str(), bank.shipments().len()), ("ending", 1));
    bank.carrier_mood("{}");
    shop.clock.advance(Duration::hours(1));
    work(&shop).await;
    assert_eq!((bookings(&shop).as_str(), live(&bank.shipments())), ("ended", 0));
    assert_eq!(story(&shop, order.id).goods.last_try().and_then(|t| t.rider), Some(conor));
    assert_rebuilt(&shop);
}

#[actix_web::test]
async fn what_a_carrier_keeps_though_its_answer_was_lost_is_known_and_followed_all_the_same() {
    let (shop, bank) = Bank::with_carrier("");
    let (_, order, drop) = packed(&shop).await;
    bank.carrier_mood(r#"{"lost_percent": 100, "next_calls": 1}"#);
    ask(&shop, drop).expect("asked");
    work(&shop).await;
    // Nobody here knows its number; meanwhile it is collected there, and taken back here.
    let number = bank.shipments()[0]["id"].as_str().expect("a number").to_owned();
    bank.carrier_says(&number, "collected");
    let conor = rider(&shop, "Conor");
    dispatch::give(&mut shop.conn(), drop, conor, Actor::System, shop.clock.now()).expect("by hand");
    says(&shop, "evt_1", &number, "delivered").await;
    assert_eq!(decision(&shop, "delivered"), "waiting");
    shop.clock.advance(Duration::seconds(30));
    work(&shop).await;
    assert_eq!(bookings(&shop), "kept");
    let app = shop.state().shop.app.clone();
    carriers::settle_waiting(&app).await.expect("the words");
    assert_eq!(decision(&shop, "delivered"), "applied", "that it was delivered counts");
    work(&shop).await;
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::Delivered);
    assert_rebuilt(&shop);
}

#[actix_web::test]
async fn only_a_carriers_own_new_words_are_taken_and_each_once() {
    let (shop, bank) = Bank::with_carrier("");
    let (_, order, drop, number) = booked(&shop).await;
    let good = word(&shop, "evt_1", &number, "on_the_way");
    let forged = Heard { signature: good.signature.replace("v1=", "v1=0"), ..good.clone() };
    assert_eq!(forged.comes_from_carrier(&shop).await, StatusCode::BAD_REQUEST);
    let changed = Heard { body: good.body.replace("on_the_way", "delivered"), ..good.clone() };
    assert_eq!(changed.comes_from_carrier(&shop).await, StatusCode::BAD_REQUEST);
    let unsigned = Heard { signature: String::new(), ..good.clone() };
    assert_eq!(unsigned.comes_from_carrier(&shop).await, StatusCode::BAD_REQUEST);
    assert_eq!(row(&shop, drop).state, DropState::RiderAssigned);
    for _ in 0..3 {
        assert_eq!(good.comes_from_carrier(&shop).await, StatusCode::OK);
    }
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::OnTheWay);
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'drop_left'"), 1);
    assert_eq!(shop.count("SELECT count(*) FROM carrier_words WHERE id = 'evt_1'"), 1);
    // Six minutes later it is a recording.
    shop.clock.advance(Duration::minutes(6));
    assert_eq!(good.comes_from_carrier(&shop).await, StatusCode::BAD_REQUEST);
    let huge = Heard::signed(&shop, "x".repeat(70_000));
    assert_eq!(huge.comes_from_carrier(&shop).await, StatusCode::PAYLOAD_TOO_LARGE);
    for odd in ["", "[]", r#"{"id": 7}"#, r#"{"id":"a\u0000b","shipment":"x","state":"y"}"#] {
        let odd = Heard::signed(&shop, odd.to_owned());
        assert_eq!(odd.comes_from_carrier(&shop).await, StatusCode::OK);
        assert_eq!(odd.comes_from_carrier(&shop).await, StatusCode::OK);
    }
    let kept = "SELECT count(*) FROM carrier_words WHERE said = 'unreadable' AND decision = 'unknown_state'";
    assert_eq!(shop.count(kept), 4, "each is kept once");
    let board = staffer(&shop, "dispatch@demo.test").await;
    board.get("/dispatch/carriers").await.must_say("unreadable");
    let unknown = actix_web::test::TestRequest::post()
        .uri("/webhooks/carriers/nobody")
        .insert_header(("carrier-signature", good.signature.as_str()))
        .set_payload(good.body.clone());
    assert_eq!(shop.shopper().send(unknown).await.status, StatusCode::NOT_FOUND);
    drop_it(bank);
}

fn drop_it<T>(_: T) {}

#[actix_web::test]
async fn words_about_nothing_of_ours_hold_up_no_other() {
    let (shop, bank) = Bank::with_carrier("");
    let (_, order, drop) = packed(&shop).await;
    bank.carrier_mood(r#"{"lost_percent": 100, "next_calls": 1}"#);
    ask(&shop, drop).expect("asked");
    work(&shop).await;
    let number = bank.shipments()[0]["id"].as_str().expect("a number").to_owned();
    says(&shop, "evt_1", &number, "on_the_way").await;
    assert_eq!(decision(&shop, "on_the_way"), "waiting");
    // More than are looked at in one go, and all of them older.
    let of_others = "INSERT INTO carrier_words (carrier, id, reference, said, body, received_at, decision)
         SELECT carrier, 'evt_of_another_' || n, 'SB-OF-ANOTHER-' || n, 'collected',
             jsonb_build_object('id', 'evt_of_another_' || n, 'shipment', 'SB-OF-ANOTHER-' || n, 'state', 'collected'),
             received_at - interval '1 hour', 'waiting' FROM carrier_words, generate_series(1, 300) AS n";
    shop.conn().batch_execute(of_others).expect("others' words");
    shop.clock.advance(Duration::minutes(2));
    work(&shop).await;
    let app = shop.state().shop.app.clone();
    carriers::settle_waiting(&app).await.expect("the words");
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::OnTheWay);
    assert_eq!(shop.count("SELECT count(*) FROM carrier_words WHERE decision = 'waiting'"), 300);
    shop.clock.advance(Duration::days(8));
    carriers::settle_waiting(&app).await.expect("the words");
    carriers::settle_waiting(&app).await.expect("the words");
    assert_eq!(shop.count("SELECT count(*) FROM carrier_words WHERE decision = 'not_ours'"), 300);
}

#[actix_web::test]
async fn a_word_about_nothing_we_know_is_kept_shown_and_taken_up_once_we_do() {
    let (shop, bank) = Bank::with_carrier("");
    let (_, order, drop) = packed(&shop).await;
    bank.carrier_mood(r#"{"lost_percent": 100, "next_calls": 1}"#);
    ask(&shop, drop).expect("asked");
    work(&shop).await;
    let number = bank.shipments()[0]["id"].as_str().expect("a number").to_owned();
    says(&shop, "evt_1", &number, "on_the_way").await;
    says(&shop, "evt_2", "SB-OF-ANOTHER", "delivered").await;
    says(&shop, "evt_3", &number, "teleported").await;
    assert_eq!(decision(&shop, "on_the_way"), "waiting");
    let app = shop.state().shop.app.clone();
    carriers::settle_waiting(&app).await.expect("the words");
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::Packed, "not before it is booked");

    shop.clock.advance(Duration::minutes(2));
    let board = staffer(&shop, "dispatch@demo.test").await;
    let page = board.get("/dispatch/carriers").await;
    for words in ["SB-OF-ANOTHER", "on_the_way", "We know nothing by this number yet."] {
        page.must_say(words);
    }
    board.get("/dispatch").await.must_say("3 words of carriers to look at");
    work(&shop).await;
    carriers::settle_waiting(&app).await.expect("the words");
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::OnTheWay, "the order has got there");
    assert_eq!(
        (decision(&shop, "on_the_way"), decision(&shop, "teleported")),
        ("applied".into(), "unknown_state".into())
    );
    assert_eq!(row(&shop, drop).state, DropState::OnTheWay);

    board.get("/dispatch/carriers").await.must_say("A word that is new to us");
    let seen = [("carrier", "sandbox"), ("id", "evt_3")];
    board.submit("/dispatch/carriers/seen", &seen).await.must_not_say("teleported");
    shop.clock.advance(Duration::days(8));
    carriers::settle_waiting(&app).await.expect("the words");
    assert_eq!(decision(&shop, "delivered"), "not_ours");
    let rider = staffer(&shop, "rider@demo.test").await;
    assert_eq!(rider.get("/dispatch/carriers").await.status, StatusCode::FORBIDDEN);
}

#[actix_web::test]
async fn words_from_which_nothing_follows_stand_as_one_until_they_are_seen_and_are_forgotten_then() {
    let (shop, bank) = Bank::with_carrier("");
    let (_, _, _, number) = booked(&shop).await;
    for n in 1..=5 {
        says(&shop, &format!("evt_{n}"), &number, "teleported").await;
        shop.clock.advance(Duration::seconds(20));
    }
    says(&shop, "evt_of_another", "SB-OF-ANOTHER", "delivered").await;
    for odd in ["[]", "[1]"] {
        let ping = Heard::signed(&shop, odd.to_owned());
        assert_eq!(ping.comes_from_carrier(&shop).await, StatusCode::OK);
        shop.clock.advance(Duration::seconds(40));
    }
    let board = staffer(&shop, "dispatch@demo.test").await;
    board.get("/dispatch").await.must_say("3 words of carriers to look at");
    let page = board.get("/dispatch/carriers").await;
    page.must_say("4 earlier ones came to nothing too.");
    page.must_say("An earlier one came to nothing too.");
    page.must_say("SB-OF-ANOTHER");
    assert_eq!(page.text.matches("teleported").count(), 2, "one word, and the button's name");
    assert_eq!(shop.count("SELECT count(*) FROM carrier_words WHERE said = 'teleported'"), 5, "all are kept");

    says(&shop, "evt_6", &number, "teleported").await;
    let see =
        async |id: &str| board.submit("/dispatch/carriers/seen", &[("carrier", "sandbox"), ("id", id)]).await;
    let after = see("evt_5").await;
    after.must_say("teleported");
    after.must_not_say("4 earlier ones");
    assert_eq!(
        shop.count("SELECT count(*) FROM carrier_words WHERE said = 'teleported' AND seen_at IS NULL"),
        1
    );
    let app = &shop.state().shop.app;
    shop.clock.advance(Duration::days(29));
    assert_eq!(worker::forget_carrier_words(app).await.expect("a sweep"), 0, "it may be said again");
    shop.clock.advance(Duration::days(2));
    assert_eq!(worker::forget_carrier_words(app).await.expect("a sweep"), 6, "five of them, and a ping");
    assert_eq!(worker::forget_carrier_words(app).await.expect("a sweep"), 0);
    let board = staffer(&shop, "dispatch@demo.test").await;
    let page = board.get("/dispatch/carriers").await;
    page.must_say("teleported");
    page.must_say("unreadable");
    page.must_not_say("came to nothing too");
    drop_it(bank);
}

#[actix_web::test]
async fn of_two_such_words_at_once_one_stands_for_both() {
    let shop = TestShop::demo();
    let now = shop.clock.now();
    let said = |conn: &mut PgConnection, id: &str| {
        let word = CarrierWord {
            carrier: "sandbox".into(),
            id: id.into(),
            reference: "SB-1".into(),
            said: "ping".into(),
            body: json!({}),
            received_at: now,
            decision: WordDecision::UnknownState,
            decided_at: Some(now),
            seen_at: None,
            covered_at: None,
        };
        delivery::keep_carrier_word(conn, &word).expect("kept");
        delivery::cover_words_alike(conn, ("sandbox", "SB-1"), now).expect("covered");
    };
    let mut one = shop.conn();
    Transactions::begin_transaction(&mut one).expect("a transaction");
    said(&mut one, "evt_2");
    std::thread::scope(|scope| {
        let mut other = shop.conn();
        let second = scope.spawn(move || {
            other.transaction(|conn| {
                said(conn, "evt_1");
                QueryResult::Ok(())
            })
        });
        shop.wait_until_blocked(1);
        Transactions::commit_transaction(&mut one).expect("let go");
        second.join().expect("an end").expect("a transaction");
    });
    let standing = "SELECT string_agg(id, ' ') FROM carrier_words WHERE covered_at IS NULL";
    assert_eq!(shop.text(standing), "evt_2", "the newest, whoever came last");
}

#[actix_web::test]
async fn what_webhooks_lose_is_asked_for() {
    let (shop, bank) = Bank::with_carrier("");
    bank.carrier_mood(r#"{"webhooks_lost_percent": 100}"#);
    let (_, order, _, number) = booked(&shop).await;
    let app = shop.state().shop.app.clone();
    for state in ["collected", "on_the_way", "delivered"] {
        bank.carrier_says(&number, state);
    }
    assert_eq!(carriers::poll(&app).await.expect("asked"), 0, "not yet");
    shop.clock.advance(Duration::seconds(120));
    assert_eq!(carriers::poll(&app).await.expect("asked"), 1);
    assert_eq!(carriers::poll(&app).await.expect("asked"), 0, "once in two minutes");
    work(&shop).await;
    assert_eq!(story(&shop, order.id).status, Status::Completed);
    shop.clock.advance(Duration::seconds(120));
    assert_eq!(carriers::poll(&app).await.expect("asked"), 0, "it is there: nobody has to ask");
}

#[actix_web::test]
async fn a_booking_that_is_not_wanted_any_more_is_cancelled_at_the_carrier() {
    let (shop, bank) = Bank::with_carrier("");
    let board = staffer(&shop, "dispatch@demo.test").await;
    let (_, order, drop, _) = booked(&shop).await;
    let off = format!("/dispatch/drops/{drop}/rider/ending");
    board.submit(&off, &[]).await.must_say("A rider is looked for.");
    work(&shop).await;
    assert_eq!((bookings(&shop).as_str(), live(&bank.shipments())), ("ended", 0));
    ask(&shop, drop).expect("asked again");
    work(&shop).await;
    let conor = rider(&shop, "Conor");
    dispatch::give(&mut shop.conn(), drop, conor, Actor::System, shop.clock.now()).expect("by hand");
    work(&shop).await;
    assert_eq!((bookings(&shop).as_str(), live(&bank.shipments())), ("ended ended", 0));
    assert_eq!((row(&shop, drop).carrier, row(&shop, drop).rider_id), (None, Some(conor)));

    ask(&shop, drop).expect("and back to the carrier, before he leaves");
    work(&shop).await;
    let by = Actor::Staff(conor);
    let left = lifecycle::leave_for(&mut shop.conn(), drop, by, shop.clock.now(), shop.clock.now());
    assert!(matches!(left, Err(DriveError::NotYours)), "a carrier's drop is no rider's: {left:?}");
    lifecycle::cancel(&mut shop.conn(), order.id, CancelledWhy::Customer, Actor::Customer, shop.clock.now())
        .expect("not collected");
    work(&shop).await;
    assert_eq!((bookings(&shop).as_str(), live(&bank.shipments())), ("ended ended ended", 0));
    assert_eq!(row(&shop, drop).failure, Some(Failure::Cancelled));
    assert_rebuilt(&shop);
}

#[actix_web::test]
async fn what_a_rider_has_brought_a_carrier_does_not_bring_once_more() {
    let (shop, bank) = Bank::with_carrier("");
    let (_, order, drop, number) = booked(&shop).await;
    for state in ["collected", "on_the_way", "failed"] {
        says(&shop, &format!("evt_{state}"), &number, state).await;
    }
    let (conor, now) = (rider(&shop, "Conor"), shop.clock.now());
    let conn = &mut shop.conn();
    let again = lifecycle::plan_again(conn, order.id, Actor::System, now).expect("another try");
    dispatch::give(conn, again, conor, Actor::System, now).expect("by hand");
    let (proof, detail) = (delivery::Proof::Name, "Aoife".to_owned());
    let door = lifecycle::AtTheDoor { proof, detail, photo: None, age_checked: false, paid_by: None };
    lifecycle::deliver(conn, again, &door, Actor::Staff(conor), now, now).expect("delivered");
    work(&shop).await;
    says(&shop, "evt_after_all", &number, "delivered").await;
    work(&shop).await;
    assert_eq!(decision(&shop, "delivered"), "too_late", "kept");
    assert_eq!((row(&shop, drop).state, row(&shop, again).state), (DropState::Failed, DropState::Delivered));
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'drop_delivered'"), 1);
    while shop.send_mail() > 0 {}
    let letters = shop.letters();
    assert_eq!(letters.iter().filter(|letter| letter.subject.starts_with("Delivered")).count(), 1);
    let board = staffer(&shop, "dispatch@demo.test").await;
    board.get("/dispatch/carriers").await.must_say("Things have moved on since.");
    assert_rebuilt(&shop);
    drop_it(bank);
}

#[actix_web::test]
async fn what_a_carrier_has_collected_is_not_given_to_a_rider_and_a_late_no_is_shown() {
    let (shop, bank) = Bank::with_carrier("");
    let (_, order, drop, number) = booked(&shop).await;
    says(&shop, "evt_1", &number, "collected").await;
    let conor = rider(&shop, "Conor");
    let given = dispatch::give(&mut shop.conn(), drop, conor, Actor::System, shop.clock.now());
    assert!(matches!(given, Err(dispatch::GiveError::Drive(DriveError::Collected))), "{given:?}");
    let board = staffer(&shop, "dispatch@demo.test").await;
    let off = format!("/dispatch/drops/{drop}/rider/ending");
    board.submit(&off, &[]).await.must_say("The carrier has collected it");
    // The shop cancels all the same, while the carrier has it: that is for a person to see.
    bank.carrier_says(&number, "collected");
    let app = shop.state().shop.app.clone();
    let attempt = payments::standing_attempt(&mut shop.conn(), order.id).expect("db").expect("a try");
    work(&shop).await;
    assert_eq!(attempt.order_id, order.id);
    lifecycle::cancel(&mut shop.conn(), order.id, CancelledWhy::Shop, Actor::System, shop.clock.now())
        .expect("its money is captured and goes back");
    worker::work_outbox(&app).await.expect("the outbox");
    assert_eq!(bookings(&shop), "kept");
    board.get("/dispatch/carriers").await.must_say("Too late to cancel");
    says(&shop, "evt_9", &number, "on_the_way").await;
    assert_eq!(decision(&shop, "on_the_way"), "too_late");
    assert_eq!(orders::order(&mut shop.conn(), order.id).expect("an order").state, OrderState::Cancelled);
    board.get("/dispatch/carriers").await.must_say("Things have moved on since.");
    assert_eq!(carriers::poll(&app).await.expect("asked"), 1, "it may yet deliver it");
}

/// Room and goods for as many orders as one likes.
fn plenty(shop: &TestShop) {
    let conn = &mut shop.conn();
    diesel::sql_query("UPDATE delivery_windows SET capacity = 100000").execute(conn).expect("room");
    for sku in ["DE-MIL-001", "PP-PAS-001"] {
        let one = |what: &str| {
            shop.count(&format!(
                "SELECT {what}::bigint FROM stock JOIN products p ON p.id = product_id WHERE p.sku = '{sku}'"
            ))
        };
        let version = i32::try_from(one("stock.version")).expect("small");
        let seen = lifecycle::Seen { product: ProductId(one("product_id")), version };
        lifecycle::receive_goods(conn, seen, 5_000, Actor::System, shop.clock.now()).expect("goods");
    }
}

/// Every word a carrier has, and one that it has not.
const STATES: [&str; 7] =
    ["collected", "on_the_way", "at_the_door", "delivered", "failed", "cancelled", "teleported"];

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).expect("small")
    }
}

#[actix_web::test]
async fn whatever_order_a_carriers_words_come_in_one_end_is_told() {
    let (shop, bank) = Bank::with_carrier("");
    plenty(&shop);
    let mut dice = Dice(0x5EED_CA44_1E45);
    let mut ends = std::collections::BTreeMap::<Vec<&str>, String>::new();
    // Which words are said; then each set in several orders and with some of them twice.
    for set in 0..40_usize {
        let mut said: Vec<&str> = STATES.into_iter().filter(|_| dice.below(3) > 0).collect();
        if set == 0 {
            said = STATES.to_vec();
        }
        for _ in 0..2 {
            let mut words = said.clone();
            for _ in 0..dice.below(4) {
                words.extend(said.get(dice.below(said.len().max(1))));
            }
            for i in (1..words.len()).rev() {
                words.swap(i, dice.below(i + 1));
            }
            let end = end_of(&shop, &words).await;
            let known = ends.entry(said.clone()).or_insert_with(|| end.clone());
            assert_eq!(*known, end, "{words:?}");
        }
    }
    assert!(ends.values().any(|end| end.contains("Delivered")), "{ends:?}");
    assert!(ends.values().any(|end| end.contains("NotDelivered")), "{ends:?}");
    assert_rebuilt(&shop);
    drop_it(bank);
}

/// What all say once these words have come, in this order.
async fn end_of(shop: &TestShop, words: &[&str]) -> String {
    let (shopper, order, drop, number) = booked(shop).await;
    let mut furthest = DropState::RiderAssigned;
    for state in words {
        // The same word again is the same word: its id says so.
        says(shop, &format!("{number}-{state}"), &number, state).await;
        let now = row(shop, drop).state;
        assert!(now == furthest || furthest.may_become(now), "{words:?}: {furthest} {now}");
        furthest = now;
    }
    work(shop).await;
    let (told, row) = (story(shop, order.id), row(shop, drop));
    let state = orders::order(&mut shop.conn(), order.id).expect("an order").state;
    assert_eq!(told.goods.stage() == Stage::Delivered, row.state == DropState::Delivered);
    let page = shopper.get(&format!("/api/v1/orders/{}", order.number)).await;
    let page: Value = serde_json::from_str(&page.text).expect("json");
    let balance = payments::balance(&mut shop.conn(), order.id).expect("a balance");
    format!(
        "{state} {} {:?} {:?} {} {}",
        row.state,
        told.status,
        told.goods.stage(),
        page["state"],
        balance.captured
    )
}

/// Lets both wait for the order's row, the one that is named first in front, and then go.
async fn meet(shop: &TestShop, order: OrderId, webhook: Heard, webhook_first: bool, other: Other) -> bool {
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    orders::lock_order(&mut holder, order).expect("the row");
    let now = shop.clock.now();
    let mut conn = shop.conn();
    let (first, second) = (if webhook_first { 1 } else { 2 }, if webhook_first { 2 } else { 1 });
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        wait.recv().expect("its turn");
        other(&mut conn, now)
    });
    let hook = async {
        blocked(shop, first - 1).await;
        webhook.comes_from_carrier(shop).await
    };
    let give = async {
        blocked(shop, second - 1).await;
        go.send(()).expect("somebody waits");
        blocked(shop, 2).await;
        Transactions::commit_transaction(&mut holder).expect("let go");
    };
    let (status, ()) = tokio::join!(hook, give);
    assert_eq!(status, StatusCode::OK);
    thread.join().expect("an end")
}

type Other = Box<dyn FnOnce(&mut PgConnection, DateTime<Utc>) -> bool + Send>;

/// Until so many stand in line for a lock, while requests go on in this thread.
async fn blocked(shop: &TestShop, count: i64) {
    let begun = std::time::Instant::now();
    while !shop.is_blocked(count) {
        assert!(begun.elapsed().as_secs() < 20, "waited in vain for {count} at the lock");
        actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[actix_web::test]
async fn a_carriers_word_and_a_rider_who_is_given_the_drop_at_once_do_not_both_have_it() {
    let (shop, bank) = Bank::with_carrier("");
    plenty(&shop);
    for (webhook_first, state) in
        [(true, "on_the_way"), (false, "on_the_way"), (true, "collected"), (false, "collected")]
    {
        let (_, order, drop, number) = booked(&shop).await;
        let conor = rider(&shop, &format!("Conor {number}"));
        let webhook = word(&shop, &format!("evt-{number}"), &number, state);
        let give: Other =
            Box::new(move |conn, now| dispatch::give(conn, drop, conor, Actor::System, now).is_ok());
        let given = meet(&shop, order.id, webhook, webhook_first, give).await;
        work(&shop).await;
        let row = row(&shop, drop);
        let booking = shop.text(&format!("SELECT state FROM carrier_bookings WHERE drop_id = '{drop}'"));
        let decided = shop.text(&format!("SELECT decision FROM carrier_words WHERE id = 'evt-{number}'"));
        assert_eq!(given, !webhook_first, "whoever comes first");
        if given {
            assert_eq!((row.state, row.rider_id, row.carrier), (DropState::RiderAssigned, Some(conor), None));
            assert_eq!((booking.as_str(), decided.as_str()), ("ended", "too_late"), "staff are shown it");
        } else {
            assert_eq!((row.rider_id, row.carrier.as_deref()), (None, Some(SANDBOX.label)));
            assert_eq!((booking.as_str(), decided.as_str()), ("booked", "applied"));
            let state = if state == "collected" { DropState::RiderAssigned } else { DropState::OnTheWay };
            assert_eq!(row.state, state);
        }
    }
    assert_rebuilt(&shop);
    drop_it(bank);
}

#[actix_web::test]
async fn a_riders_own_act_and_a_carriers_word_about_the_same_drop_at_once_tell_one_story() {
    let (shop, bank) = Bank::with_carrier("");
    plenty(&shop);
    let acts = [
        ("left", "on_the_way"),
        ("delivered", "delivered"),
        ("delivered", "failed"),
        ("failed", "delivered"),
    ];
    for (n, (act, state)) in acts.into_iter().enumerate() {
        for webhook_first in [true, false] {
            let (_, order, drop, number) = booked(&shop).await;
            let conor = rider(&shop, &format!("Conor {number}"));
            dispatch::give(&mut shop.conn(), drop, conor, Actor::System, shop.clock.now()).expect("by hand");
            work(&shop).await;
            let webhook = word(&shop, &format!("evt-{number}"), &number, state);
            let does: Other = Box::new(move |conn, now| own_act(conn, act, drop, conor, now));
            let heard = meet(&shop, order.id, webhook, webhook_first, does).await;
            work(&shop).await;
            let decided = shop.text(&format!("SELECT decision FROM carrier_words WHERE id = 'evt-{number}'"));
            let (row, told) = (row(&shop, drop), story(&shop, order.id));
            let case = format!("{n}: {act} and {state}, webhook first: {webhook_first}: {decided}, {heard}");
            assert_eq!(row.rider_id, Some(conor), "{case}");
            let wanted = match (act, state) {
                ("left", _) => (Stage::OnTheWay, "too_late", true),
                ("delivered", "delivered") if webhook_first => (Stage::Delivered, "applied", true),
                ("delivered", "delivered") => (Stage::Delivered, "already_true", true),
                ("delivered", _) => (Stage::Delivered, "too_late", true),
                // That it was delivered is true, whoever failed.
                _ => (Stage::Delivered, "applied", !webhook_first),
            };
            assert_eq!((told.goods.stage(), decided.as_str(), heard), wanted, "{case}");
            let delivered = format!(
                "SELECT count(*) FROM events WHERE kind = 'drop_delivered' AND subject = '{}'",
                order.id
            );
            assert_eq!(shop.count(&delivered), i64::from(wanted.0 == Stage::Delivered), "{case}");
        }
    }
    assert_rebuilt(&shop);
    drop_it(bank);
}

/// What a rider says of a drop; whether it was heard as news or as known.
fn own_act(conn: &mut PgConnection, act: &str, drop: DropId, rider: StaffId, now: DateTime<Utc>) -> bool {
    let by = Actor::Staff(rider);
    let heard = match act {
        "left" => lifecycle::leave_for(conn, drop, by, now, now),
        "failed" => lifecycle::fail(conn, drop, Failure::NobodyThere, by, now, now),
        _ => {
            let (proof, detail) = (delivery::Proof::Name, "Aoife".to_owned());
            let door = lifecycle::AtTheDoor { proof, detail, photo: None, age_checked: false, paid_by: None };
            lifecycle::deliver(conn, drop, &door, by, now, now)
        }
    };
    matches!(heard.expect("an answer"), delivery::Heard::Applied | delivery::Heard::AlreadyTrue)
}

#[actix_web::test]
async fn an_order_cancelled_while_its_booking_is_under_way_leaves_no_booking_behind() {
    let (shop, bank) = Bank::with_carrier("");
    for cancel_first in [true, false] {
        let (_, order, drop) = packed(&shop).await;
        ask(&shop, drop).expect("asked");
        // The carrier has answered, and its answer meets the cancellation at the order's row.
        let mut holder = shop.conn();
        Transactions::begin_transaction(&mut holder).expect("a transaction");
        orders::lock_order(&mut holder, order.id).expect("the row");
        let (now, mut conn, (go, wait)) = (shop.clock.now(), shop.conn(), std::sync::mpsc::channel::<()>());
        let id = order.id;
        let thread = std::thread::spawn(move || {
            wait.recv().expect("its turn");
            lifecycle::cancel(&mut conn, id, CancelledWhy::Customer, Actor::Customer, now).is_ok()
        });
        let booking = async {
            blocked(&shop, i64::from(cancel_first)).await;
            work(&shop).await;
        };
        let cancelling = async {
            blocked(&shop, i64::from(!cancel_first)).await;
            go.send(()).expect("somebody waits");
            blocked(&shop, 2).await;
            assert_eq!(live(&bank.shipments()), 1, "the carrier has it by now");
            Transactions::commit_transaction(&mut holder).expect("let go");
        };
        tokio::join!(booking, cancelling);
        assert!(thread.join().expect("an end"), "the customer has their way");
        work(&shop).await;
        assert_eq!(live(&bank.shipments()), 0, "cancelled first: {cancel_first}");
        assert_eq!(row(&shop, drop).failure, Some(Failure::Cancelled));
        assert_eq!(orders::order(&mut shop.conn(), id).expect("an order").state, OrderState::Cancelled);
        let state = shop.text(&format!("SELECT state FROM carrier_bookings WHERE drop_id = '{drop}'"));
        assert_eq!(state, "ended");
    }
    // Nobody knows of a booking that was never made: the carrier is asked for it in vain, and that is all.
    bank.carrier_mood(r#"{"broken_percent": 100}"#);
    let (_, order, drop) = packed(&shop).await;
    ask(&shop, drop).expect("asked");
    work(&shop).await;
    lifecycle::cancel(&mut shop.conn(), order.id, CancelledWhy::Customer, Actor::Customer, shop.clock.now())
        .expect("cancelled");
    bank.carrier_mood("{}");
    work(&shop).await;
    let state = || shop.text(&format!("SELECT state FROM carrier_bookings WHERE drop_id = '{drop}'"));
    assert_eq!(state(), "ending", "our question might still be on its way");
    shop.clock.advance(Duration::minutes(3));
    work(&shop).await;
    assert_eq!((state().as_str(), live(&bank.shipments())), ("ended", 0));
    assert_rebuilt(&shop);
}
