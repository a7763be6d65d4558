//! Riders and dispatchers over HTTP: a delivery by its rider alone, words that come late and twice, and
//! what is nobody else's business.

use crate::common::placing::{colleague, place, shopper_with_basket, staffer};
use crate::common::{Answer, Shopper, TestShop};
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use chrono::{DateTime, Duration, Utc};
use diesel::connection::TransactionManager;
use diesel::prelude::*;
use serde_json::{Value, json};
use smartshop::catalog::Storage;
use smartshop::delivery::DropState;
use smartshop::ids::{Actor, DropId, OrderId, StaffId};
use smartshop::lifecycle::{self, Settled, Stage, Story};
use smartshop::orders::{self, Order};
use smartshop::payments::{self, PayBy};
use smartshop::{delivery, events, worker};
use uuid::Uuid;

type Transactions = <PgConnection as Connection>::TransactionManager;

fn staff_id(shop: &TestShop, email: &str) -> StaffId {
    let id = shop.text(&format!("SELECT id FROM staff_members WHERE email = '{email}'"));
    StaffId(id.parse().expect("an id"))
}

/// Whoever of the demo's riders is not meant goes home.
pub(crate) fn only_rider(shop: &TestShop, email: &str) -> StaffId {
    let (id, conn) = (staff_id(shop, email), &mut shop.conn());
    for rider in delivery::riders_on_shift(conn).expect("riders") {
        delivery::set_on_shift(conn, rider.id, rider.id == id, shop.clock.now()).expect("a shift");
    }
    id
}

/// An order to be paid in cash that is packed and waits for a rider.
async fn packed(shop: &TestShop) -> (Order, DropId) {
    packed_for(shop, &shopper_with_basket(shop).await)
}

pub(crate) fn packed_for(shop: &TestShop, shopper: &Shopper<'_>) -> (Order, DropId) {
    let placed = place(shop, shopper, PayBy::CashAtDoor, None);
    let conn = &mut shop.conn();
    let order = orders::order(conn, placed.order.id).expect("an order");
    let (picker, now) = (colleague(shop, &format!("Maeve {}", order.number), "warehouse"), shop.clock.now());
    lifecycle::start_picking(conn, order.id, picker, now).expect("taken");
    for line in orders::lines(conn, order.id).expect("lines") {
        let grams = line.grams.map(|g| g * i64::from(line.quantity));
        let how = Settled::Picked { units: line.quantity, grams };
        lifecycle::settle_line(conn, order.id, line.position, how, picker, now).expect("picked");
    }
    let bags = [(Storage::Chilled, 1), (Storage::Ambient, 2)];
    let drop = lifecycle::pack(conn, order.id, &bags, picker, now).expect("packed").drop;
    (order, drop)
}

pub(crate) async fn assigned(shop: &TestShop) -> (Order, DropId) {
    let packed = packed(shop).await;
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    packed
}

pub(crate) fn story(shop: &TestShop, order: OrderId) -> Story {
    let conn = &mut shop.conn();
    let rows = payments::attempts_of(conn, order).expect("db");
    Story::tell(&events::history(conn, order.0).expect("a history"), &rows)
}

fn code_of(shop: &TestShop, order: OrderId) -> String {
    orders::delivery_code(&shop.state().shop.app.signer, order)
}

/// A code that is not the order's.
fn wrong_code(shop: &TestShop, order: OrderId) -> String {
    let right: u32 = code_of(shop, order).parse().expect("figures");
    format!("{:04}", (right + 1) % 10_000)
}

pub(crate) fn word(drop: DropId, kind: &str, at: DateTime<Utc>, details: Value) -> Value {
    json!({"id": Uuid::new_v4(), "drop": drop, "kind": kind, "happened_at": at, "details": details})
}

pub(crate) async fn upload(rider: &Shopper<'_>, actions: &[Value]) -> Vec<(String, String)> {
    let answer = send(rider, actions).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let told: Value = serde_json::from_str(&answer.text).expect("json");
    let text = |v: &Value| v.as_str().expect("text").to_owned();
    let answers = told["answers"].as_array().expect("answers").iter();
    answers.map(|a| (text(&a["decision"]), text(&a["words"]))).collect()
}

async fn send(rider: &Shopper<'_>, actions: &[Value]) -> Answer {
    let request = TestRequest::post().uri("/rider/uploads").set_json(json!({"actions": actions}));
    let origin = ("origin", "http://shop.test");
    rider.send(request.insert_header(origin).insert_header(("accept", "application/json"))).await
}

async fn decisions(rider: &Shopper<'_>, actions: &[Value]) -> Vec<String> {
    upload(rider, actions).await.into_iter().map(|(decision, _)| decision).collect()
}

async fn says<'a>(rider: &Shopper<'_>, drop: DropId, kind: &'a str, more: &[(&'a str, &'a str)]) -> Answer {
    let id = Uuid::new_v4().to_string();
    let mut form = vec![("id", id.as_str()), ("kind", kind)];
    form.extend_from_slice(more);
    rider.submit(&format!("/rider/drops/{drop}/words"), &form).await
}

#[actix_web::test]
async fn a_rider_brings_an_order_with_forms_alone_and_takes_code_and_cash() {
    let shop = TestShop::demo();
    only_rider(&shop, "rider@demo.test");
    let (order, drop) = assigned(&shop).await;
    let rider = staffer(&shop, "rider@demo.test").await;
    let run = rider.get("/rider").await;
    run.must_say("14 Leinster Road");
    run.must_say(&format!("{} to be paid", order.total_cents));
    let page = rider.get(&format!("/rider/drops/{drop}")).await;
    for words in ["4711#", "Blue door, bell on the left", "3 bags, 1 cold", "Aoife Byrne"] {
        page.must_say(words);
    }
    page.must_not_say(&code_of(&shop, order.id));

    says(&rider, drop, "left", &[]).await.must_say("You are on the way.");
    assert_eq!(story(&shop, order.id).goods.stage(), Stage::OnTheWay);
    says(&rider, drop, "arrived", &[]).await.must_say("You are at the door.");
    let wrong = wrong_code(&shop, order.id);
    let answer = says(&rider, drop, "delivered", &[("proof", "code"), ("code", &wrong)]).await;
    answer.must_say("This is not the customer's code.");
    let code = code_of(&shop, order.id);
    let answer = says(&rider, drop, "delivered", &[("proof", "code"), ("code", &code)]).await;
    answer.must_say("is to be paid first");
    let paid = [("proof", "code"), ("code", code.as_str()), ("paid_by", "cash_at_door")];
    says(&rider, drop, "delivered", &paid).await.must_say("Delivered. Thank you.");

    let told = story(&shop, order.id);
    assert_eq!((told.goods.stage(), told.status), (Stage::Delivered, lifecycle::Status::Completed));
    let balance = payments::balance(&mut shop.conn(), order.id).expect("a balance");
    assert_eq!(balance.captured, order.total_cents);
    let ended = rider.get(&format!("/rider/drops/{drop}")).await;
    for words in ["4711#", "14 Leinster Road", "Aoife Byrne"] {
        ended.must_not_say(words);
    }
}

#[actix_web::test]
async fn a_code_is_not_found_by_trying_them_all() {
    let shop = TestShop::demo();
    only_rider(&shop, "rider@demo.test");
    let (order, drop) = assigned(&shop).await;
    let (rider, now) = (staffer(&shop, "rider@demo.test").await, shop.clock.now());
    let try_code = |code: &str| {
        word(drop, "delivered", now, json!({"proof": "code", "code": code, "paid_by": "cash_at_door"}))
    };
    let wrong: Vec<Value> = (0..6).map(|_| try_code(&wrong_code(&shop, order.id))).collect();
    let answers = upload(&rider, &wrong).await;
    assert!(answers.iter().all(|(decision, _)| decision == "refused"), "{answers:?}");
    assert!(answers[5].1.contains("Too many wrong codes"), "{answers:?}");
    let right = upload(&rider, &[try_code(&code_of(&shop, order.id))]).await;
    assert!(right[0].1.contains("Take the name"), "{right:?}");
    let named = json!({"proof": "name", "name": "Aoife", "paid_by": "card_at_door"});
    assert_eq!(decisions(&rider, &[word(drop, "delivered", now, named)]).await, ["applied"]);
    assert_eq!(shop.count("SELECT count(*) FROM rider_uploads WHERE body::text LIKE '%Aoife%'"), 0);
}

#[actix_web::test]
async fn twenty_minutes_in_a_tunnel_make_the_right_history_whatever_comes_first() {
    let shop = TestShop::demo();
    only_rider(&shop, "rider@demo.test");
    let (order, drop) = assigned(&shop).await;
    let rider = staffer(&shop, "rider@demo.test").await;
    let start = shop.clock.now();
    let at = |minutes| start + Duration::minutes(minutes);
    shop.clock.advance(Duration::minutes(20));
    let code = code_of(&shop, order.id);
    let left = word(drop, "left", at(2), json!({}));
    let arrived = word(drop, "arrived", at(12), json!({}));
    // A clock that runs ahead is not believed.
    let ahead = json!({"proof": "code", "code": code, "paid_by": "cash_at_door"});
    let delivered = word(drop, "delivered", at(14), ahead);

    assert_eq!(decisions(&rider, std::slice::from_ref(&delivered)).await, ["applied"]);
    assert_eq!(decisions(&rider, &[arrived.clone(), left.clone()]).await, ["applied", "applied"]);
    let again = [delivered.clone(), left, arrived, delivered];
    let twice = decisions(&rider, &again).await;
    assert!(twice.iter().all(|d| d == "applied"), "the same id is answered the same: {twice:?}");
    let news =
        [word(drop, "left", at(19), json!({})), word(drop, "failed", at(18), json!({"reason": "no_access"}))];
    assert_eq!(decisions(&rider, &news).await, ["too_late", "already_true"]);

    let told = story(&shop, order.id);
    let brought = told.goods.last_try().expect("a try");
    assert_eq!(told.goods.stage(), Stage::Delivered);
    let times = (brought.left_at, brought.arrived_at, brought.delivered_at);
    assert_eq!(times, (Some(at(2)), Some(at(12)), Some(at(14))));
    assert_eq!(shop.count("SELECT count(*) FROM rider_uploads"), 5);
    let kinds = "SELECT count(*) FROM events WHERE kind IN ('drop_left', 'drop_arrived', 'drop_delivered')";
    assert_eq!(shop.count(kinds), 3, "each once");
}

#[actix_web::test]
async fn a_position_is_taken_only_while_its_drop_is_on_the_way() {
    let shop = TestShop::demo();
    let id = only_rider(&shop, "rider@demo.test");
    let (_, drop) = assigned(&shop).await;
    let (rider, now) = (staffer(&shop, "rider@demo.test").await, shop.clock.now());
    let here = || word(drop, "position", now, json!({"latitude": 53.33, "longitude": -6.26}));
    assert_eq!(decisions(&rider, &[here()]).await, ["refused"], "not left yet");
    assert_eq!(decisions(&rider, &[word(drop, "left", now, json!({}))]).await, ["applied"]);
    assert_eq!(decisions(&rider, &[here()]).await, ["applied"]);
    let why = json!({"reason": "nobody_there"});
    assert_eq!(decisions(&rider, &[word(drop, "failed", now, why)]).await, ["applied"]);
    assert_eq!(decisions(&rider, &[here()]).await, ["refused"], "it is over");
    let known = delivery::rider(&mut shop.conn(), id).expect("db").expect("a rider");
    assert_eq!((known.latitude, known.position_at), (Some(53.33), Some(now)));
    let kept = "SELECT count(*) FROM rider_uploads WHERE body::text LIKE '%53.33%'";
    assert_eq!(shop.count(kept), 0, "no trail is kept");
}

#[actix_web::test]
async fn a_drop_is_its_riders_alone() {
    let shop = TestShop::demo();
    only_rider(&shop, "rider@demo.test");
    let (_, drop) = assigned(&shop).await;
    let (other, now) = (staffer(&shop, "rider2@demo.test").await, shop.clock.now());
    assert_eq!(other.get(&format!("/rider/drops/{drop}")).await.status, StatusCode::NOT_FOUND);
    other.get("/rider").await.must_not_say("Leinster Road");
    let id = Uuid::new_v4().to_string();
    let form = [("id", id.as_str()), ("kind", "left")];
    let answer = other.post(&format!("/rider/drops/{drop}/words"), &form).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(decisions(&other, &[word(drop, "left", now, json!({}))]).await, ["refused"]);
    assert_eq!(shop.text(&format!("SELECT state FROM drops WHERE id = '{drop}'")), "rider_assigned");
    assert_eq!(send(&shop.shopper(), &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn a_dispatcher_gives_takes_and_plans_again_by_hand() {
    let shop = TestShop::demo();
    let first = only_rider(&shop, "rider@demo.test");
    let (order, drop) = assigned(&shop).await;
    let second = staff_id(&shop, "rider2@demo.test");
    let board = staffer(&shop, "dispatch@demo.test").await;
    let page = board.get("/dispatch").await;
    page.must_say(order.number.as_ref());
    page.must_say("Tomasz, stop 1");
    let give = format!("/dispatch/drops/{drop}/rider");
    let rider = second.to_string();
    board.submit(&give, &[("rider", &rider)]).await.must_say("This rider is not on shift.");
    let other = staffer(&shop, "rider2@demo.test").await;
    other.submit("/rider/shift", &[]).await.must_say("You are on shift.");
    board.submit(&give, &[("rider", &rider)]).await.must_say("Aisling, stop 1");
    board
        .submit(&format!("/dispatch/riders/{first}/shift/ending"), &[])
        .await
        .must_say("They are off shift.");
    other.submit("/rider/shift/ending", &[]).await.must_say("You are off shift.");
    board.get("/dispatch").await.must_say("Packed, no rider");
    shop.clock.advance(Duration::minutes(6));
    board.get("/dispatch").await.must_say("1 without a rider in time: give them to somebody");

    other.submit("/rider/shift", &[]).await.must_say("14 Leinster Road");
    says(&other, drop, "left", &[]).await.must_say("You are on the way.");
    let late = board.submit(&give, &[("rider", &rider)]).await;
    late.must_say("The rider has it.");
    board.submit(&format!("{give}/ending"), &[]).await.must_say("The rider has left with it");
    says(&other, drop, "failed", &[("reason", "nobody_there")]).await.must_say("Dispatch decides");
    board.get("/dispatch").await.must_say("1 not delivered: decide about another try.");
    let next = board.submit(&format!("/dispatch/drops/{drop}/next"), &[]).await;
    next.must_say("Another try is planned.");
    next.must_say("try 2");
    next.must_say("Nothing to decide");
}

#[actix_web::test]
async fn a_drop_given_to_another_while_its_rider_was_in_a_tunnel_comes_back_to_whoever_had_left_with_it() {
    let shop = TestShop::demo();
    let tomasz_id = only_rider(&shop, "rider@demo.test");
    let (order, drop) = assigned(&shop).await;
    let (tomasz, aisling) =
        (staffer(&shop, "rider@demo.test").await, staffer(&shop, "rider2@demo.test").await);
    let start = shop.clock.now();
    let at = |minutes| start + Duration::minutes(minutes);
    shop.clock.advance(Duration::minutes(5));
    aisling.submit("/rider/shift", &[]).await.must_say("You are on shift.");
    let board = staffer(&shop, "dispatch@demo.test").await;
    let to = [("rider", staff_id(&shop, "rider2@demo.test").to_string())];
    let to: Vec<(&str, &str)> = to.iter().map(|(name, value)| (*name, value.as_str())).collect();
    board.submit(&format!("/dispatch/drops/{drop}/rider"), &to).await.must_say("Aisling, stop 1");
    shop.clock.advance(Duration::minutes(7));

    let since = word(drop, "left", at(6), json!({}));
    assert_eq!(decisions(&tomasz, &[since]).await, ["refused"], "it was not his any more by then");
    let wrong = json!({"proof": "code", "code": wrong_code(&shop, order.id), "paid_by": "cash_at_door"});
    assert_eq!(decisions(&tomasz, &[word(drop, "delivered", at(4), wrong)]).await, ["refused"]);
    tomasz.get("/rider").await.must_not_say("14 Leinster Road");

    let paid = json!({"proof": "code", "code": code_of(&shop, order.id), "paid_by": "cash_at_door"});
    let queued = [word(drop, "left", at(2), json!({})), word(drop, "delivered", at(9), paid.clone())];
    assert_eq!(decisions(&tomasz, &queued).await, ["applied", "applied"]);
    let told = story(&shop, order.id);
    let brought = told.goods.last_try().expect("a try");
    assert_eq!((brought.rider, brought.by.as_deref()), (Some(tomasz_id), Some("Tomasz")));
    assert_eq!((brought.left_at, brought.delivered_at), (Some(at(2)), Some(at(9))));
    aisling.get("/rider").await.must_not_say("14 Leinster Road");
    assert_eq!(decisions(&aisling, &[word(drop, "delivered", at(12), paid)]).await, ["refused"]);
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'drop_delivered'"), 1);
    let report = smartshop::rebuild::rebuild(&mut shop.conn()).expect("a rebuild");
    assert!(report.agrees(), "{report}");
}

#[actix_web::test]
async fn of_two_riders_who_say_at_once_that_they_have_left_whoever_left_first_has_it() {
    for tunnel_first in [true, false] {
        let shop = TestShop::demo();
        let tomasz = only_rider(&shop, "rider@demo.test");
        let (order, drop) = assigned(&shop).await;
        let (aisling, before) =
            (staff_id(&shop, "rider2@demo.test"), shop.clock.now() + Duration::minutes(2));
        shop.clock.advance(Duration::minutes(5));
        let now = shop.clock.now();
        let mut holder = shop.conn();
        delivery::put_rider(&mut holder, aisling, "Aisling", "").expect("a rider");
        lifecycle::assign_rider(&mut holder, drop, aisling, Actor::System, now).expect("given to another");
        let later = now + Duration::minutes(1);
        Transactions::begin_transaction(&mut holder).expect("a transaction");
        orders::lock_order(&mut holder, order.id).expect("the row");
        let regains = || lifecycle::regain(&mut shop.conn(), drop, tomasz, before, later).is_ok();
        let leaves =
            || lifecycle::leave_for(&mut shop.conn(), drop, Actor::Staff(aisling), later, later).is_ok();
        let (regained, left) = std::thread::scope(|scope| {
            let (regained, left);
            if tunnel_first {
                regained = scope.spawn(regains);
                shop.wait_until_blocked(1);
                left = scope.spawn(leaves);
            } else {
                left = scope.spawn(leaves);
                shop.wait_until_blocked(1);
                regained = scope.spawn(regains);
            }
            shop.wait_until_blocked(2);
            Transactions::commit_transaction(&mut holder).expect("let go");
            (regained.join().expect("an end"), left.join().expect("an end"))
        });
        assert_eq!((regained, left), (true, !tunnel_first), "hers is refused once it is his again");
        let row = delivery::drop_by_id(&mut holder, drop).expect("db").expect("a drop");
        assert_eq!(row.rider_id, Some(tomasz));
        let wanted = if tunnel_first { DropState::RiderAssigned } else { DropState::OnTheWay };
        assert_eq!(row.state, wanted, "no state goes back");
        let report = smartshop::rebuild::rebuild(&mut holder).expect("a rebuild");
        assert!(report.agrees(), "{report}");
    }
}

#[actix_web::test]
async fn a_word_that_meets_the_reassignment_of_its_drop_is_not_lost() {
    let shop = TestShop::demo();
    let tomasz_id = only_rider(&shop, "rider@demo.test");
    let (order, drop) = assigned(&shop).await;
    let tomasz = staffer(&shop, "rider@demo.test").await;
    let (aisling, left_at) = (staff_id(&shop, "rider2@demo.test"), shop.clock.now());
    shop.clock.advance(Duration::minutes(1));
    let now = shop.clock.now();
    let mut holder = shop.conn();
    delivery::put_rider(&mut holder, aisling, "Aisling", "").expect("a rider");
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    orders::lock_order(&mut holder, order.id).expect("the row");
    let left = [word(drop, "left", left_at, json!({}))];
    let reassign = async {
        let begun = std::time::Instant::now();
        while !shop.is_blocked(1) {
            assert!(begun.elapsed().as_secs() < 20, "the word never reached the lock");
            actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        lifecycle::assign_rider(&mut holder, drop, aisling, Actor::System, now).expect("given to another");
        Transactions::commit_transaction(&mut holder).expect("let go");
    };
    let (heard, ()) = tokio::join!(decisions(&tomasz, &left), reassign);
    assert_eq!(heard, ["applied"]);
    let row = delivery::drop_by_id(&mut shop.conn(), drop).expect("db").expect("a drop");
    assert_eq!((row.rider_id, row.state), (Some(tomasz_id), DropState::OnTheWay));
}
