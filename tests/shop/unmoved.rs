//! Money that the gateway would not move, or moved without being asked by us: people see it, and it ends well.

use crate::common::placing::{
    STAFF, colleague, nobody_of_the_demo_rides, place, shopper_with_basket, staffer,
};
use crate::common::{Bank, TestShop};
use actix_web::http::StatusCode;
use chrono::Duration;
use diesel::prelude::*;
use smartshop::app::App;
use smartshop::cashier::{self, Outcome};
use smartshop::catalog::Storage;
use smartshop::ids::{CaptureId, OrderId, RefundId};
use smartshop::lifecycle::{self, AskedBack, RefundOf, Settled};
use smartshop::money::Money;
use smartshop::orders::{self, Order};
use smartshop::outside::gateway::{Refunded, RefundedStatus};
use smartshop::payments::{self, CaptureState, Decision, PayBy, RefundReason, RefundState};
use smartshop::rebuild::rebuild;
use smartshop::worker;

const PAGE: &str = "/staff/undone?show=money";

fn app(shop: &TestShop) -> App {
    shop.state().shop.app.clone()
}

/// An order that is reserved on this card.
async fn reserved(shop: &TestShop, card: &str) -> Order {
    nobody_of_the_demo_rides(shop);
    let placed = place(shop, &shopper_with_basket(shop).await, PayBy::Card, None);
    diesel::sql_query(format!("UPDATE payment_attempts SET gateway_method = '{card}'"))
        .execute(&mut shop.conn())
        .expect("their card");
    assert_eq!(cashier::pay(&app(shop), placed.attempt.expect("a try")).await, Outcome::Authorised);
    placed.order
}

fn asked(shop: &TestShop, order: &Order) -> CaptureId {
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    lifecycle::ask_capture(conn, order.id, order.total_cents, STAFF, now).expect("asked");
    payments::captures_of(conn, order.id).expect("db").pop().expect("a capture").id
}

/// What the worker does, for as long as there is something to do.
async fn work(shop: &TestShop) {
    for _ in 0..4 {
        shop.clock.advance(Duration::minutes(61));
        worker::work_outbox(&app(shop)).await.expect("the outbox");
        cashier::reconcile(&app(shop)).await.expect("the reconciler");
    }
}

fn captured(shop: &TestShop, order: OrderId) -> Vec<CaptureState> {
    let all = payments::captures_of(&mut shop.conn(), order).expect("db");
    all.into_iter().map(|c| c.state).collect()
}

fn refunds(shop: &TestShop, order: OrderId) -> Vec<(RefundState, Money)> {
    let all = payments::refunds_of(&mut shop.conn(), order).expect("db");
    all.into_iter().map(|r| (r.state, r.amount_cents)).collect()
}

fn unmoved(shop: &TestShop) -> i64 {
    payments::unmoved_count(&mut shop.conn()).expect("db")
}

fn proved_by_the_log(shop: &TestShop) {
    let report = rebuild(&mut shop.conn()).expect("a rebuild");
    assert!(report.agrees(), "{report}");
}

#[actix_web::test]
async fn a_capture_that_was_refused_is_seen_by_staff_and_asked_for_once_more() {
    let (shop, bank) = Bank::with_shop();
    let order = reserved(&shop, "pm_card_visa").await;
    let capture = asked(&shop, &order);
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    lifecycle::capture_failed(conn, capture, "processing_error", now).expect("refused");
    work(&shop).await;
    assert_eq!(bank.totals()[2], 0, "nothing was taken");
    let desk = staffer(&shop, "support@demo.test").await;
    desk.get("/support").await.must_say("1 thing was given up");
    let page = desk.get(PAGE).await;
    for words in
        [&format!("{} was not charged", order.total_cents), order.number.as_ref(), "processing error"]
    {
        page.must_say(words);
    }
    let again = format!("/staff/undone/captures/{capture}");
    let form = [("tries", "0"), ("show", "money")];
    desk.submit(&again, &form).await.must_say("It is tried once more, now.");
    assert_eq!(unmoved(&shop), 0, "it is under way");
    desk.submit(&again, &form).await.must_say("Nothing was changed");
    work(&shop).await;
    assert_eq!(bank.totals()[2], order.total_cents.cents());
    assert_eq!(captured(&shop, order.id), [CaptureState::Failed, CaptureState::Succeeded]);
    desk.get(PAGE).await.must_say("Nothing was given up");
    let warehouse = staffer(&shop, "warehouse@demo.test").await;
    assert_eq!(warehouse.post(&again, &form).await.status, StatusCode::FORBIDDEN);
    proved_by_the_log(&shop);
}

#[actix_web::test]
async fn a_capture_of_what_is_gone_says_so_and_stays_where_it_is_seen() {
    let (shop, bank) = Bank::with_shop();
    let order = reserved(&shop, "pm_card_visa").await;
    let capture = asked(&shop, &order);
    let intent = shop.text("SELECT intent FROM payment_attempts");
    assert_eq!(bank.post(&format!("payment_intents/{intent}/cancel"), &[]).0, 200);
    work(&shop).await;
    let desk = staffer(&shop, "manager@demo.test").await;
    desk.get(PAGE).await.must_say("was not charged");
    let again = desk.submit(&format!("/staff/undone/captures/{capture}"), &[("tries", "0")]).await;
    again.must_say("what was reserved is gone");
    assert_eq!(unmoved(&shop), 1);
}

#[actix_web::test]
async fn a_refund_that_failed_is_asked_for_once_more_and_never_twice() {
    let (shop, bank) = Bank::with_shop();
    let order = reserved(&shop, "pm_card_refundFail").await;
    asked(&shop, &order);
    work(&shop).await;
    let back = Money(500);
    let ask =
        AskedBack { order: order.id, of: RefundOf::Amount(back), reason: RefundReason::Goodwill, by: STAFF };
    let failed = lifecycle::ask_refund(&mut shop.conn(), &ask, shop.clock.now()).expect("asked")[0];
    work(&shop).await;
    assert_eq!(refunds(&shop, order.id), [(RefundState::Failed, back)]);
    let desk = staffer(&shop, "support@demo.test").await;
    desk.get(PAGE).await.must_say(&format!("{back} did not go back"));

    // Two press at once: there is more left than that, and still it goes back once.
    let now = shop.clock.now();
    let press = |conn: &mut PgConnection| lifecycle::ask_refund_again(conn, failed, STAFF, now);
    let (one, other) = shop.at_once(order.id, press, press);
    let again: Vec<RefundId> = [one, other].into_iter().filter_map(|r| r.expect("db")).collect();
    assert_eq!(again.len(), 1, "{again:?}");
    desk.submit(&format!("/staff/undone/refunds/{failed}"), &[("tries", "0")])
        .await
        .must_say("Nothing was changed");
    work(&shop).await;
    assert_eq!(refunds(&shop, order.id), [(RefundState::Failed, back), (RefundState::Failed, back)]);
    assert_eq!(unmoved(&shop), 1, "the newest of them stands there");
    let page = desk.get(PAGE).await;
    assert_eq!(page.all_after("action=\"/staff/undone/refunds/"), [again[0].to_string()]);
    assert_eq!(bank.totals()[3], 0, "the gateway gave nothing back");
    proved_by_the_log(&shop);
}

#[actix_web::test]
async fn of_two_who_ask_once_more_for_a_capture_one_does() {
    let (shop, bank) = Bank::with_shop();
    let order = reserved(&shop, "pm_card_visa").await;
    let capture = asked(&shop, &order);
    let now = shop.clock.now();
    lifecycle::capture_failed(&mut shop.conn(), capture, "processing_error", now).expect("refused");
    let press = |conn: &mut PgConnection| lifecycle::capture_again(conn, capture, STAFF, now);
    let (one, other) = shop.at_once(order.id, press, press);
    let asked = [one, other].into_iter().filter(|r| matches!(r, Ok(Some(_)))).count();
    assert_eq!((asked, captured(&shop, order.id).len()), (1, 2));
    work(&shop).await;
    assert_eq!(bank.totals()[2], order.total_cents.cents(), "taken once");
}

#[actix_web::test]
async fn a_capture_whose_failure_is_kept_under_its_key_is_found_by_looking() {
    let (shop, bank) = Bank::with_shop();
    let order = reserved(&shop, "pm_card_visa").await;
    asked(&shop, &order);
    bank.mood(r#"{"broken_percent": 100, "broken_after_percent": 100, "next_calls": 1}"#);
    worker::work_outbox(&app(&shop)).await.expect("the outbox");
    assert_eq!(captured(&shop, order.id), [CaptureState::Requested], "it said that it could not");
    assert_eq!(bank.totals()[2], order.total_cents.cents(), "and did it");
    // No webhook is brought.
    shop.clock.advance(Duration::minutes(61));
    worker::work_outbox(&app(&shop)).await.expect("the outbox");
    assert_eq!(captured(&shop, order.id), [CaptureState::Succeeded]);
}

#[actix_web::test]
async fn what_was_given_back_at_the_gateway_itself_is_known_here_once() {
    let (shop, bank) = Bank::with_shop();
    let order = reserved(&shop, "pm_card_visa").await;
    asked(&shop, &order);
    work(&shop).await;
    let intent = shop.text("SELECT intent FROM payment_attempts");
    let (status, made) = bank.post("refunds", &[("payment_intent", &intent), ("amount", "300")]);
    assert_eq!(status, 200, "{made}");
    let word = bank.word("refund.created", &intent);
    for _ in 0..2 {
        assert_eq!(word.comes_to(&shop).await, StatusCode::OK);
    }
    assert_eq!(refunds(&shop, order.id), [(RefundState::Succeeded, Money(300))]);

    // Another one, of which two hear at once.
    let (_, made) = bank.post("refunds", &[("payment_intent", &intent), ("amount", "200")]);
    let said = Refunded {
        id: made["id"].as_str().expect("a name").to_owned(),
        refund: None,
        intent: Some(intent.clone()),
        amount: Money(200),
        status: RefundedStatus::Succeeded,
        failure: None,
    };
    let now = shop.clock.now();
    let hear = |conn: &mut PgConnection| lifecycle::refund_settled(conn, &said, now);
    let (one, other) = shop.at_once(order.id, hear, hear);
    assert_eq!((one, other), (Ok(Decision::Applied), Ok(Decision::AlreadyTrue)));
    let rest = order.total_cents - Money(500);
    let ask =
        AskedBack { order: order.id, of: RefundOf::Everything, reason: RefundReason::Goodwill, by: STAFF };
    lifecycle::ask_refund(&mut shop.conn(), &ask, now).expect("the rest");
    work(&shop).await;
    assert_eq!(refunds(&shop, order.id)[2], (RefundState::Succeeded, rest), "and no cent more");
    assert_eq!(bank.totals()[3], order.total_cents.cents());
    let stranger = Refunded { id: "re_other".into(), intent: Some("pi_other".into()), ..said };
    assert_eq!(lifecycle::refund_settled(&mut shop.conn(), &stranger, now), Ok(Decision::NotOurs));
    proved_by_the_log(&shop);
}

#[actix_web::test]
async fn of_an_order_with_something_missing_each_line_gives_back_what_it_was_charged() {
    let (shop, bank) = Bank::with_shop();
    let order = reserved(&shop, "pm_card_visa").await;
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let picker = colleague(&shop, "Maeve", "warehouse");
    lifecycle::start_picking(conn, order.id, picker, now).expect("taken");
    let lines = orders::lines(conn, order.id).expect("lines");
    let (missing, there) = (&lines[0], &lines[1]);
    lifecycle::settle_line(conn, order.id, missing.position, Settled::LeftOut, picker, now)
        .expect("left out");
    let all = Settled::Picked { units: there.quantity, grams: None };
    lifecycle::settle_line(conn, order.id, there.position, all, picker, now).expect("picked");
    let total = lifecycle::pack(conn, order.id, &[(Storage::Ambient, 1)], picker, now).expect("packed").total;
    assert_eq!(total, there.sum_cents + order.fee_cents, "of what is missing nothing is charged");
    lifecycle::hand_over(conn, order.id, STAFF, now).expect("handed over");
    work(&shop).await;
    assert_eq!(bank.totals()[2], total.cents());
    let back = |positions: Vec<i32>, fee| AskedBack {
        order: order.id,
        of: RefundOf::Lines { positions, fee },
        reason: RefundReason::Returned,
        by: STAFF,
    };
    let nothing = lifecycle::ask_refund(conn, &back(vec![missing.position], false), shop.clock.now());
    assert!(matches!(nothing, Err(lifecycle::RefundError::Nothing)), "{nothing:?}");
    lifecycle::ask_refund(conn, &back(vec![there.position], false), shop.clock.now()).expect("the line");
    assert_eq!(refunds(&shop, order.id), [(RefundState::Requested, there.sum_cents)]);
    if !order.fee_cents.is_zero() {
        lifecycle::ask_refund(conn, &back(Vec::new(), true), shop.clock.now()).expect("the delivery");
    }
    work(&shop).await;
    assert_eq!(bank.totals()[3], total.cents(), "line and delivery are all that was charged");
}
