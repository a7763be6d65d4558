//! What has become of an order's money, as all read it who are told of it: its customer on its page, its
//! receipt and in letters, programs, and the desk.

use crate::common::placing::{
    STAFF, colleague, intent, nobody_of_the_demo_rides, page_of, place, settle, shopper_with_basket,
};
use crate::common::{Answer, Shopper, TestShop};
use actix_web::http::StatusCode;
use chrono::Duration;
use serde_json::Value;
use smartshop::care::{self, Problem, Report};
use smartshop::catalog::{SoldBy, Storage};
use smartshop::demo;
use smartshop::ids::{Actor, CaseId};
use smartshop::lifecycle::{self, Settled, Source};
use smartshop::money::Money;
use smartshop::orders::{self, CancelledWhy, Order};
use smartshop::outside::gateway::{Intent, IntentStatus, Refunded, RefundedStatus};
use smartshop::payments::{self, PayBy};
use smartshop::worker;
use uuid::Uuid;

/// Somebody who ordered three cheeses, which are weighed, beside what is counted.
async fn ordered(shop: &TestShop, by: PayBy) -> (Shopper<'_>, Order) {
    nobody_of_the_demo_rides(shop);
    let shopper = shopper_with_basket(shop).await;
    shopper.wants("DE-CHE-001", "3").await;
    let order = place(shop, &shopper, by, None).order;
    assert!(order.maximum_cents > order.total_cents, "something is weighed");
    (shopper, order)
}

/// Picked, what is weighed at four fifths of its weight, packed and handed over. What it comes to.
fn packed_for_less(shop: &TestShop, order: &Order) -> Money {
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let picker = colleague(shop, "Maeve", "warehouse");
    lifecycle::start_picking(conn, order.id, picker, now).expect("taken");
    for line in orders::lines(conn, order.id).expect("lines") {
        let weighed = (line.sold_by == SoldBy::Weight).then_some(line.grams).flatten();
        let grams = weighed.map(|g| g * i64::from(line.quantity) * 4 / 5);
        let how = Settled::Picked { units: line.quantity, grams };
        lifecycle::settle_line(conn, order.id, line.position, how, picker, now).expect("picked");
    }
    let bags = [(Storage::Chilled, 1)];
    let total = lifecycle::pack(conn, order.id, &bags, picker, now).expect("packed").total;
    lifecycle::hand_over(conn, order.id, STAFF, now).expect("handed over");
    assert!(total < order.total_cents, "{total} of {}", order.total_cents);
    total
}

/// The gateway has taken so much of what was reserved.
fn taken(shop: &TestShop, order: &Order, real: Money) {
    let conn = &mut shop.conn();
    let of = payments::attempts_of(conn, order.id).expect("db").pop().expect("a try");
    let said = Intent { received: real, ..intent(of.id, of.amount_cents, IntentStatus::Succeeded) };
    lifecycle::payment_settled(conn, &said, Source::Webhook, shop.clock.now()).expect("db");
}

/// The gateway has sent it back.
fn sent_back(shop: &TestShop, order: &Order) {
    let conn = &mut shop.conn();
    let back = payments::refunds_of(conn, order.id).expect("db").pop().expect("a refund");
    let said = Refunded {
        id: format!("re_{}", back.id.0.simple()),
        refund: Some(back.id),
        intent: None,
        amount: back.amount_cents,
        status: RefundedStatus::Succeeded,
        failure: None,
    };
    lifecycle::refund_settled(conn, &said, shop.clock.now()).expect("db");
}

async fn sums(shopper: &Shopper<'_>, order: &Order) -> Value {
    let answer = shopper.get(&format!("/api/v1{}", page_of(order))).await;
    assert_eq!(answer.status, StatusCode::OK);
    let mut facts: Value = serde_json::from_str(&answer.text).expect("facts");
    facts["sums"].take()
}

/// What the desk sees beside what a customer has reported.
async fn at_the_desk(shop: &TestShop, order: &Order) -> Answer {
    let id = CaseId(Uuid::now_v7());
    let (words, positions) = ("How much was it?".to_owned(), vec![1]);
    let report = Report { id, order: order.id, kind: Problem::Missing, words, positions };
    care::report(&mut shop.conn(), &report, shop.clock.now()).expect("a case");
    let desk = shop.shopper().at_address("198.51.100.77");
    desk.submit("/staff/sign-in", &[("email", "support@demo.test"), ("password", demo::PASSWORD)]).await;
    desk.get(&format!("/support/cases/{id}")).await
}

/// The letter that speaks of this; letters written in the same moment come in any order.
async fn letter(shop: &TestShop, of: &str) -> String {
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    while shop.send_mail() > 0 {}
    let all: Vec<String> = shop.letters().into_iter().map(|letter| letter.text).collect();
    let found = all.iter().find(|text| text.contains(of)).cloned();
    found.unwrap_or_else(|| panic!("no letter of {of}: {all:?}"))
}

/// Page, receipt, desk and letters have each sum that programs are told, by the same name.
async fn agreed(shop: &TestShop, shopper: &Shopper<'_>, order: &Order) -> Vec<(String, i64)> {
    let told = sums(shopper, order).await;
    let (page, receipt) =
        (shopper.get(&page_of(order)).await, shopper.get(&format!("{}/receipt", page_of(order))).await);
    let desk = at_the_desk(shop, order).await;
    for read in [&page, &desk] {
        read.must_say(told["words"].as_str().expect("words"));
    }
    let mut rows = Vec::new();
    for row in told["moved"].as_array().expect("rows") {
        let (words, cents) =
            (row["words"].as_str().expect("words"), row["sum_cents"].as_i64().expect("cents"));
        let sum = Money(cents).to_string();
        for read in [&page, &receipt, &desk] {
            let text = read.words();
            let line = text.split(words).nth(1).unwrap_or_else(|| panic!("no “{words}”: {text}"));
            let line = line.chars().take(40).collect::<String>();
            assert!(line.contains(&sum), "{words} {sum}: {line}");
            assert!(row["at"].is_null() || line.contains(':'), "{words} has its time: {line}");
        }
        rows.push((row["what"].as_str().expect("a word").to_owned(), cents));
    }
    rows
}

#[actix_web::test]
async fn a_card_shows_what_was_reserved_what_was_charged_and_that_the_rest_was_let_go() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    assert_eq!(sums(&shopper, &order).await["reserved_cents"], 0, "the bank has said nothing yet");
    settle(&shop, &order, IntentStatus::RequiresCapture);
    let reserved = order.maximum_cents;
    assert_eq!(agreed(&shop, &shopper, &order).await, [("reserved".to_owned(), reserved.cents())]);
    shop.clock.advance(Duration::minutes(40));
    let real = packed_for_less(&shop, &order);
    assert_eq!(agreed(&shop, &shopper, &order).await, [("reserved".to_owned(), reserved.cents())]);
    shop.clock.advance(Duration::minutes(1));
    taken(&shop, &order, real);
    let rest = reserved - real;
    let rows = [("reserved", reserved), ("charged", real), ("let_go", rest)];
    let rows = rows.map(|(what, sum)| (what.to_owned(), sum.cents()));
    assert_eq!(agreed(&shop, &shopper, &order).await, rows);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say(&format!(
        "{real} charged to Visa ending 4242 at 15:01. The other {rest} of the {reserved} reserved was let go."
    ));
    page.must_say(&format!("Reserved on Visa ending 4242 14:20 {reserved}"));
    page.must_say(&format!("Charged to Visa ending 4242 15:01 {real}"));
    page.must_say(&format!("Let go, never charged 15:01 {rest}"));
    let sums = sums(&shopper, &order).await;
    let cents = |name: &str| sums[name].as_i64().expect("cents");
    assert_eq!(
        (cents("reserved_cents"), cents("paid_cents"), cents("let_go_cents"), cents("given_back_cents")),
        (reserved.cents(), real.cents(), rest.cents(), 0)
    );
}

#[actix_web::test]
async fn what_was_charged_at_once_shows_what_goes_back_and_when_it_has() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Redirect).await;
    settle(&shop, &order, IntentStatus::Succeeded);
    let charged = order.maximum_cents;
    assert_eq!(agreed(&shop, &shopper, &order).await, [("charged".to_owned(), charged.cents())]);
    shopper.get(&page_of(&order)).await.must_say("What it weighs less goes back to you.");
    shop.clock.advance(Duration::minutes(40));
    let back = charged - packed_for_less(&shop, &order);
    let rows =
        |what: &str| [("charged", charged), (what, back)].map(|(what, sum)| (what.to_owned(), sum.cents()));
    assert_eq!(agreed(&shop, &shopper, &order).await, rows("on_its_way_back"));
    shopper
        .get(&page_of(&order))
        .await
        .must_say(&format!("{back} goes back to PayPal, usually within 3 days."));
    shop.clock.advance(Duration::minutes(3));
    sent_back(&shop, &order);
    assert_eq!(agreed(&shop, &shopper, &order).await, rows("given_back"));
    let page = shopper.get(&page_of(&order)).await;
    page.must_say(&format!("Paid with PayPal 14:20 {charged}"));
    page.must_say(&format!("Given back to PayPal 15:03 {back}"));
    assert_eq!(sums(&shopper, &order).await["given_back_cents"], back.cents());
    letter(&shop, &format!("{back} has gone back to PayPal")).await;
}

#[actix_web::test]
async fn at_the_door_it_is_due_and_then_paid() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor).await;
    assert_eq!(agreed(&shop, &shopper, &order).await, [("due".to_owned(), order.total_cents.cents())]);
    let real = packed_for_less(&shop, &order);
    assert_eq!(agreed(&shop, &shopper, &order).await, [("due".to_owned(), real.cents())]);
    shop.clock.advance(Duration::minutes(30));
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    lifecycle::settle_at_door(conn, order.id, real, PayBy::CardAtDoor, STAFF, now).expect("paid");
    assert_eq!(agreed(&shop, &shopper, &order).await, [("charged".to_owned(), real.cents())]);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say(&format!("{real} paid at the door at 14:50."));
    page.must_say(&format!("Paid at the door 14:50 {real}"));
}

#[actix_web::test]
async fn of_a_cancelled_order_the_card_shows_that_all_was_let_go() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresCapture);
    let why = CancelledWhy::Customer;
    lifecycle::cancel(&mut shop.conn(), order.id, why, Actor::Customer, shop.clock.now()).expect("cancelled");
    let page = shopper.get(&page_of(&order)).await;
    let all = order.maximum_cents;
    page.must_say(&format!("Reserved on Visa ending 4242 14:20 {all}"));
    page.must_say(&format!("Being let go, never charged {all}"));
    let told = sums(&shopper, &order).await;
    assert_eq!((told["let_go_cents"].as_i64(), told["paid_cents"].as_i64()), (Some(all.cents()), Some(0)));
}
