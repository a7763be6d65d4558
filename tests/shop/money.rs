//! What becomes of money, whatever the wire, the gateway and the order of things do. The gateway is
//! the sandbox, on an address of its own.

use crate::common::placing::STAFF;
use crate::common::{Bank, Heard, TestShop, wait_for};
use crate::lifecycle::{assert_holds_add_up, basket_of, placement};
use actix_web::http::StatusCode;
use actix_web::rt::System;
use chrono::Duration;
use diesel::connection::TransactionManager;
use diesel::prelude::*;
use serde_json::json;
use smartshop::app::App;
use smartshop::cashier::{self, CardFields, Kept, Outcome};
use smartshop::events::{self, Consumer};
use smartshop::ids::{Actor, AttemptId, CustomerId, OrderId, RefundId};
use smartshop::lifecycle::{
    self, AskedBack, CancelError, Cancelled, HandedOver, PayError, Paying, Placed, RefundError, RefundOf,
    Source, payment_settled, place_order,
};
use smartshop::money::Money;
use smartshop::orders::{self, CancelledWhy, OrderState};
use smartshop::outside::gateway::{How, Intent, IntentStatus, NewIntent, Refunded, RefundedStatus};
use smartshop::payments::{self, AttemptState, Decision, PayBy, RefundReason, RefundState};
use smartshop::worker;
use uuid::Uuid;

type Transactions = <PgConnection as Connection>::TransactionManager;

const VISA: &str = "pm_card_visa";
const POOR: &str = "pm_card_chargeDeclinedInsufficientFunds";

fn till() -> (TestShop, Bank) {
    let (shop, bank) = Bank::with_shop();
    // Enough for as many orders as a test likes to make.
    diesel::sql_query("UPDATE stock SET on_hand = 100000").execute(&mut shop.conn()).expect("stock");
    diesel::sql_query("UPDATE delivery_windows SET capacity = 1000").execute(&mut shop.conn()).expect("room");
    (shop, bank)
}

fn app(shop: &TestShop) -> App {
    shop.state().shop.app.clone()
}

fn paying(by: PayBy, method: &str) -> Paying {
    Paying { by, gateway_method: Some(method.into()), gateway_customer: None, label: "Visa".into() }
}

fn order(shop: &TestShop, by: PayBy, method: &str) -> Placed {
    order_for_window(shop, paying(by, method), None)
}

fn order_for_window(shop: &TestShop, paying: Paying, window: Option<i64>) -> Placed {
    let conn = &mut shop.conn();
    let id = basket_of(shop, conn);
    let mut form = placement(shop, conn, id, paying.by);
    form.paying = paying;
    form.window = window.unwrap_or(form.window);
    place_order(conn, &form, shop.clock.now()).expect("an order")
}

fn state(shop: &TestShop, placed: &Placed) -> OrderState {
    orders::order(&mut shop.conn(), placed.order.id).expect("an order").state
}

fn attempt(shop: &TestShop, placed: &Placed) -> payments::Attempt {
    payments::attempt(&mut shop.conn(), placed.attempt.expect("a try")).expect("a try")
}

fn intent_of(shop: &TestShop, placed: &Placed) -> String {
    attempt(shop, placed).intent.expect("an intent")
}

/// What it came to was taken; it is completed once it is delivered, too.
fn is_taken(shop: &TestShop, placed: &Placed) -> bool {
    let taken = "SELECT count(*) FROM captures c JOIN payment_attempts a ON a.id = attempt_id
        WHERE c.state = 'succeeded' AND order_id";
    state(shop, placed) == OrderState::Confirmed
        && shop.count(&format!("{taken} = '{}'", placed.order.id)) == 1
}

fn balance(shop: &TestShop, order: OrderId) -> payments::Balance {
    payments::balance(&mut shop.conn(), order).expect("a balance")
}

fn events_of(shop: &TestShop, order: OrderId, kind: &str) -> i64 {
    shop.count(&format!("SELECT count(*) FROM events WHERE subject = '{order}' AND kind = '{kind}'"))
}

/// What the worker does, for as long as there is something to do.
async fn upkeep(shop: &TestShop) {
    for _ in 0..4 {
        shop.clock.advance(Duration::seconds(31));
        worker::work_outbox(&app(shop)).await.expect("the outbox");
        cashier::reconcile(&app(shop)).await.expect("the reconciler");
        cashier::settle_waiting(&app(shop)).await.expect("what waits");
    }
}

/// A process that asks for the money and dies before it hears the answer. Gives back the answer.
fn charged_and_died(shop: &TestShop, placed: &Placed, confirm: bool) -> Intent {
    let (id, gateway) = (placed.attempt.expect("a try"), app(shop).gateway.clone().expect("a gateway"));
    let conn = &mut shop.conn();
    let errand = lifecycle::begin_paying(conn, id, shop.clock.now()).expect("db").expect("nobody else");
    let made = gateway
        .create_intent(&NewIntent {
            attempt: id,
            order: placed.order.id,
            number: errand.number.clone(),
            amount: errand.attempt.amount_cents,
            how: How::Card(errand.attempt.gateway_method.clone().expect("a card")),
            customer: None,
            keep_for_later: false,
        })
        .expect("an intent");
    if !confirm {
        return made;
    }
    gateway.confirm(&made.id, id, Some("http://shop.test/return")).expect("an answer")
}

#[actix_web::test]
async fn a_card_is_reserved_captured_for_what_was_packed_and_given_back_to_the_cent() {
    let (shop, bank) = till();
    let app = app(&shop);
    let placed = order(&shop, PayBy::Card, VISA);
    let reserved = placed.order.maximum_cents;
    assert_eq!(cashier::pay(&app, placed.attempt.expect("a try")).await, Outcome::Authorised);
    assert_eq!(attempt(&shop, &placed).label, "Visa ending 4242");
    assert_eq!((state(&shop, &placed), bank.totals()[1]), (OrderState::Confirmed, reserved.cents()));

    let real = reserved - Money(137);
    let conn = &mut shop.conn();
    let ask = |conn: &mut PgConnection, sum| {
        lifecycle::ask_capture(conn, placed.order.id, sum, STAFF, shop.clock.now())
    };
    let above = ask(conn, reserved + Money(1));
    assert!(matches!(above, Err(lifecycle::CaptureError::Above(most)) if most == reserved));
    assert!(matches!(ask(conn, real), Ok(HandedOver::Capturing(_))));
    assert!(matches!(ask(conn, real), Ok(HandedOver::Already)));
    assert!(matches!(ask(conn, reserved), Err(lifecycle::CaptureError::OtherSum(sum)) if sum == real));
    let too_late = cashier::cancel(&app, placed.order.id, CancelledWhy::Customer, Actor::Customer).await;
    assert!(matches!(too_late, Err(CancelError::TooLate)), "it is being handed over");
    worker::work_outbox(&app).await.expect("the outbox");
    assert!(is_taken(&shop, &placed));
    assert_eq!(bank.totals(), [reserved.cents(), 0, real.cents(), 0]);

    // Line by line and the delivery: exactly the charge (P33).
    let lines = orders::lines(conn, placed.order.id).expect("lines");
    let mut parts: Vec<RefundOf> =
        lines.iter().map(|l| RefundOf::Lines { positions: vec![l.position], fee: false }).collect();
    parts.push(RefundOf::Lines { positions: Vec::new(), fee: true });
    for of in parts {
        let asked = AskedBack { order: placed.order.id, of, reason: RefundReason::Returned, by: STAFF };
        lifecycle::ask_refund(conn, &asked, shop.clock.now()).expect("a refund");
    }
    let nothing_left = AskedBack {
        order: placed.order.id,
        of: RefundOf::Amount(Money(1)),
        reason: RefundReason::Goodwill,
        by: STAFF,
    };
    let refused = lifecycle::ask_refund(conn, &nothing_left, shop.clock.now());
    assert!(matches!(refused, Err(RefundError::TooMuch { left: Money::ZERO })), "{refused:?}");
    assert_eq!(balance(&shop, placed.order.id).refunded, Money::ZERO, "the gateway has said nothing yet");
    worker::work_outbox(&app).await.expect("the outbox");
    assert_eq!(balance(&shop, placed.order.id).refunded, real);
    assert_eq!(balance(&shop, placed.order.id).kept(), Money::ZERO);
    assert_eq!(bank.totals()[3], real.cents());
}

#[actix_web::test]
async fn a_declined_card_says_why_and_another_one_pays_the_same_order() {
    let (shop, bank) = till();
    let app = app(&shop);
    let placed = order(&shop, PayBy::Card, POOR);
    let declined = cashier::pay(&app, placed.attempt.expect("a try")).await;
    assert_eq!(declined, Outcome::Failed("insufficient_funds".into()));
    assert_eq!(state(&shop, &placed), OrderState::Placed, "nothing is lost");
    let again = cashier::retry(&app, placed.order.id, paying(PayBy::Card, VISA)).await;
    assert!(matches!(again, Ok(Outcome::Authorised)), "{again:?}");
    let paid = cashier::retry(&app, placed.order.id, paying(PayBy::Card, VISA)).await;
    assert!(matches!(paid, Err(PayError::AlreadyPaid)), "P11: {paid:?}");
    assert_eq!(cashier::look(&app, placed.order.id).await, Outcome::Authorised);

    // The refused payment could still be paid at the gateway: it is shut (P11).
    upkeep(&shop).await;
    let refused = intent_of(&shop, &placed);
    let (status, said) =
        bank.post(&format!("payment_intents/{refused}/confirm"), &[("payment_method", VISA)]);
    assert_eq!((status, said["error"]["code"].as_str()), (400, Some("payment_intent_unexpected_state")));
    assert_eq!(shop.count("SELECT count(*) FROM payment_attempts WHERE ask_at IS NOT NULL"), 0);
    assert_eq!(bank.totals()[1], placed.order.maximum_cents.cents());
}

#[actix_web::test]
async fn with_every_webhook_lost_a_paid_order_is_confirmed_within_a_minute() {
    let (shop, bank) = till();
    let placed = order(&shop, PayBy::Card, VISA);
    let answer = charged_and_died(&shop, &placed, true);
    assert_eq!(answer.status, IntentStatus::RequiresCapture);
    assert_eq!(attempt(&shop, &placed).intent, None, "the shop died before it heard");
    let mut waited = 0;
    while state(&shop, &placed) != OrderState::Confirmed {
        shop.clock.advance(Duration::seconds(1));
        waited += 1;
        assert!(waited <= 60, "P1");
        cashier::reconcile(&app(&shop)).await.expect("the reconciler");
    }
    assert_eq!(bank.books().len(), 1, "asking again makes no second payment");
    assert_eq!(bank.totals()[1], placed.order.maximum_cents.cents());
}

#[actix_web::test]
async fn a_shop_that_died_before_asking_for_the_money_gives_the_try_up_and_one_may_pay_again() {
    let (shop, bank) = till();
    for prepared in [true, false] {
        let placed = order(&shop, PayBy::Card, VISA);
        if prepared {
            charged_and_died(&shop, &placed, false);
        }
        for _ in 0..12 {
            shop.clock.advance(Duration::seconds(5));
            cashier::reconcile(&app(&shop)).await.expect("the reconciler");
        }
        assert_eq!(attempt(&shop, &placed).state, AttemptState::Abandoned);
        assert_eq!(state(&shop, &placed), OrderState::Placed);
        let begun_late = cashier::pay(&app(&shop), placed.attempt.expect("a try")).await;
        assert_eq!(begun_late, Outcome::Failed("shop_stopped".into()), "it is over");
        let again = cashier::retry(&app(&shop), placed.order.id, paying(PayBy::Card, VISA)).await;
        assert!(matches!(again, Ok(Outcome::Authorised)), "{again:?}");
    }
    let held = bank.books().iter().filter(|b| b["held"].as_i64() > Some(0)).count();
    assert_eq!(held, 2, "one for each order");
}

#[actix_web::test]
async fn an_answer_that_is_lost_after_charging_is_asked_for() {
    let (shop, bank) = till();
    let placed = order(&shop, PayBy::Card, VISA);
    // The preparing call hangs for a second: time to make all later ones lose their answers.
    bank.mood(r#"{"silent_percent": 100, "silent_seconds": 1}"#);
    let for_work = app(&shop);
    let id = placed.attempt.expect("a try");
    let pay = actix_web::rt::spawn(async move { cashier::pay(&for_work, id).await });
    actix_web::rt::time::sleep(std::time::Duration::from_millis(400)).await;
    bank.mood(r#"{"lost_percent": 100}"#);
    assert_eq!(pay.await.expect("no panic"), Outcome::NotKnownYet);
    assert_eq!(state(&shop, &placed), OrderState::Placed);
    assert_eq!(bank.totals()[1], placed.order.maximum_cents.cents(), "the money is reserved");
    bank.mood("{}");
    assert_eq!(cashier::look(&app(&shop), placed.order.id).await, Outcome::Authorised);
    assert_eq!(state(&shop, &placed), OrderState::Confirmed);
    assert_eq!(bank.books().len(), 1);
}

#[actix_web::test]
async fn a_gateway_that_is_not_there_is_a_clear_no_as_nothing_was_asked_for() {
    let (shop, mut bank) = till();
    let placed = order(&shop, PayBy::Card, VISA);
    bank.close();
    let outcome = cashier::pay(&app(&shop), placed.attempt.expect("a try")).await;
    assert_eq!(outcome, Outcome::Failed("gateway_down".into()));
    let at_door = paying(PayBy::CashAtDoor, "");
    let again = cashier::retry(&app(&shop), placed.order.id, at_door).await;
    assert!(matches!(again, Ok(Outcome::Authorised)), "cash needs no gateway: {again:?}");
    assert_eq!(state(&shop, &placed), OrderState::Confirmed);
}

#[actix_web::test]
async fn two_buttons_pressed_at_once_make_one_payment_and_hear_the_same() {
    let (shop, bank) = till();
    let placed = order(&shop, PayBy::Card, VISA);
    bank.mood(r#"{"silent_percent": 100, "silent_seconds": 1}"#);
    let id = placed.attempt.expect("a try");
    let press = || {
        let app = app(&shop);
        actix_web::rt::spawn(async move { cashier::pay(&app, id).await })
    };
    let (one, other) = (press(), press());
    assert_eq!(one.await.expect("no panic"), Outcome::Authorised);
    assert_eq!(other.await.expect("no panic"), Outcome::Authorised);
    let gateway = app(&shop).gateway.clone().expect("a gateway");
    let answered = &gateway.tally().answered;
    assert_eq!(answered.load(std::sync::atomic::Ordering::Relaxed), 2, "P10: prepared once, confirmed once");
    assert_eq!(bank.books().len(), 1);
}

#[test]
fn the_database_keeps_a_second_try_from_standing_beside_the_first() {
    let shop = TestShop::demo();
    let placed = order(&shop, PayBy::Card, VISA);
    let conn = &mut shop.conn();
    let first = payments::attempt(conn, placed.attempt.expect("a try")).expect("a try");
    let second = payments::Attempt { id: AttemptId(Uuid::now_v7()), ..first };
    let refused = payments::insert_attempt(conn, &second).expect_err("P13").to_string();
    assert!(refused.contains("payment_attempts_one_standing"), "{refused}");
}

/// The four that may settle a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Answer,
    Webhook,
    Reconciler,
    Cancel,
}

fn orders_of_four() -> Vec<[Who; 4]> {
    let all = [Who::Answer, Who::Webhook, Who::Reconciler, Who::Cancel];
    let mut found = Vec::new();
    for a in all {
        for b in all.into_iter().filter(|x| *x != a) {
            for c in all.into_iter().filter(|x| *x != a && *x != b) {
                found.extend(all.into_iter().filter(|x| ![a, b, c].contains(x)).map(|d| [a, b, c, d]));
            }
        }
    }
    found
}

/// Answer, webhook, reconciler and cancel meet at the order's row, each time in another order (P2).
#[test]
fn whoever_comes_first_an_order_ends_paid_and_confirmed_or_cancelled_with_the_money_back() {
    let (shop, bank) = till();
    shop.state();
    let mut ends = [0, 0];
    for why in [CancelledWhy::Customer, CancelledWhy::Unpaid] {
        for turn in orders_of_four() {
            let placed = order(&shop, PayBy::Card, VISA);
            let answer = charged_and_died(&shop, &placed, true);
            let word = bank.word("payment_intent.amount_capturable_updated", &answer.id);
            shop.clock.advance(Duration::seconds(16));
            race(&shop, &placed, &answer, &word, turn, why);
            System::new().block_on(upkeep(&shop));
            let label = format!("{why:?} {turn:?}");
            let money = bank.books().into_iter().find(|b| b["id"] == answer.id.as_str()).expect("a payment");
            let held = money["held"].as_i64().expect("cents");
            match state(&shop, &placed) {
                OrderState::Confirmed => {
                    ends[0] += 1;
                    assert_eq!(held, placed.order.maximum_cents.cents(), "{label}: confirmed and paid");
                    assert_eq!(attempt(&shop, &placed).state, AttemptState::Authorised, "{label}");
                }
                OrderState::Cancelled => {
                    ends[1] += 1;
                    assert_eq!(held, 0, "{label}: cancelled and the money free");
                    assert_eq!(attempt(&shop, &placed).state, AttemptState::Abandoned, "{label}");
                    assert_eq!(why, CancelledWhy::Customer, "{label}: what is paid is not unpaid (P1)");
                }
                other @ (OrderState::Placed | OrderState::Completed) => panic!("{label}: {other:?}"),
            }
        }
    }
    assert_eq!(ends, [24, 24], "the customer's word counts, and so does money that came in time");
    assert_holds_add_up(&shop);
}

fn race(shop: &TestShop, placed: &Placed, answer: &Intent, word: &Heard, turn: [Who; 4], why: CancelledWhy) {
    let now = shop.clock.now();
    std::thread::scope(|scope| {
        shop.conn()
            .transaction(|conn| {
                orders::lock_order(conn, placed.order.id)?;
                for (n, who) in turn.into_iter().enumerate() {
                    let id = placed.order.id;
                    scope.spawn(move || match who {
                        Who::Answer => {
                            payment_settled(&mut shop.conn(), answer, Source::Asked, now)
                                .map(drop)
                                .expect("db");
                        }
                        Who::Webhook => assert_eq!(System::new().block_on(word.comes_to(shop)), 200),
                        Who::Reconciler => {
                            System::new().block_on(cashier::reconcile(&app(shop))).map(drop).expect("db");
                        }
                        Who::Cancel => System::new().block_on(async {
                            // Paid already, or done: both are ends.
                            let _ = cashier::cancel(&app(shop), id, why, Actor::Customer).await;
                        }),
                    });
                    shop.wait_until_blocked(i64::try_from(n + 1).expect("few"));
                }
                QueryResult::Ok(())
            })
            .expect("let go");
    });
}

#[actix_web::test]
async fn a_cancel_that_meets_the_money_on_its_way_keeps_neither_order_nor_money() {
    let (shop, bank) = till();
    let placed = order(&shop, PayBy::Card, VISA);
    bank.mood(r#"{"silent_percent": 100, "silent_seconds": 1}"#);
    let (paying, id) = (app(&shop), placed.attempt.expect("a try"));
    let pay = actix_web::rt::spawn(async move { cashier::pay(&paying, id).await });
    wait_until(|| attempt(&shop, &placed).intent.is_some()).await;
    // The money is being asked for at this moment.
    bank.mood("{}");
    let cancelled =
        cashier::cancel(&app(&shop), placed.order.id, CancelledWhy::Customer, Actor::Customer).await;
    let outcome = pay.await.expect("no panic");
    upkeep(&shop).await;
    cashier::cancel(&app(&shop), placed.order.id, CancelledWhy::Customer, Actor::Customer)
        .await
        .expect("over");
    upkeep(&shop).await;
    assert_eq!(state(&shop, &placed), OrderState::Cancelled, "{cancelled:?} {outcome:?}");
    assert_eq!(bank.totals()[1], 0, "{cancelled:?} {outcome:?}");
    assert_holds_add_up(&shop);
}

#[actix_web::test]
async fn what_is_reserved_while_it_is_being_given_up_is_not_counted_on() {
    let (shop, bank) = till();
    let placed = order(&shop, PayBy::Card, VISA);
    let answer = charged_and_died(&shop, &placed, true);
    let (conn, now, id) = (&mut shop.conn(), shop.clock.now(), placed.attempt.expect("a try"));
    // Another instance is about to tell the gateway to give it up.
    assert!(matches!(lifecycle::begin_shutting(conn, id, now), Ok(lifecycle::Shut::AtGateway(_))));
    let word = bank.word("payment_intent.amount_capturable_updated", &answer.id);
    assert_eq!(word.comes_to(&shop).await, 200);
    assert_eq!(payment_settled(conn, &answer, Source::Asked, now), Ok(Decision::TooLate));
    assert_eq!(state(&shop, &placed), OrderState::Placed, "it may be free in a moment");
    upkeep(&shop).await;
    assert_eq!((attempt(&shop, &placed).state, bank.totals()[1]), (AttemptState::Abandoned, 0));
    let again = cashier::retry(&app(&shop), placed.order.id, paying(PayBy::Card, VISA)).await;
    assert!(matches!(again, Ok(Outcome::Authorised)), "{again:?}");
}

#[actix_web::test]
async fn the_button_to_pay_by_leaving_pressed_twice_leads_to_one_page() {
    let (shop, bank) = till();
    let placed = order(&shop, PayBy::Card, POOR);
    cashier::pay(&app(&shop), placed.attempt.expect("a try")).await;
    let (app_one, app_other) = (app(&shop), app(&shop));
    let id = placed.order.id;
    let one =
        actix_web::rt::spawn(
            async move { cashier::retry(&app_one, id, paying(PayBy::Redirect, "paypal")).await },
        );
    let other = actix_web::rt::spawn(async move {
        cashier::retry(&app_other, id, paying(PayBy::Redirect, "paypal")).await
    });
    let (one, other) = (one.await.expect("no panic"), other.await.expect("no panic"));
    let (Ok(Outcome::Approve(one)), Ok(Outcome::Approve(other))) = (one, other) else {
        panic!("both are sent to approve")
    };
    assert_eq!(one, other);
    let third = cashier::retry(&app(&shop), placed.order.id, paying(PayBy::Redirect, "paypal")).await;
    assert!(matches!(third, Ok(Outcome::Approve(url)) if url == one));
    assert_eq!(bank.books().len(), 2, "the refused card, and this");
}

async fn wait_until(mut is_there: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if is_there() {
            return;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("waited in vain");
}

#[actix_web::test]
async fn a_word_that_comes_before_its_order_waits_for_it() {
    let (shop, bank) = till();
    let mut placing = shop.conn();
    let basket = basket_of(&shop, &mut placing);
    let form = placement(&shop, &mut placing, basket, PayBy::Card);
    let now = shop.clock.now();
    Transactions::begin_transaction(&mut placing).expect("a transaction");
    let placed = place_order(&mut placing, &form, now).expect("an order");
    let gateway = app(&shop).gateway.clone().expect("a gateway");
    let new = NewIntent {
        attempt: placed.attempt.expect("a try"),
        order: placed.order.id,
        number: placed.order.number.clone(),
        amount: placed.order.maximum_cents,
        how: How::Card(VISA.into()),
        customer: None,
        keep_for_later: false,
    };
    let made = gateway.create_intent(&new).expect("an intent");
    gateway.confirm(&made.id, new.attempt, Some("http://shop.test/return")).expect("reserved");
    let word = bank.word("payment_intent.amount_capturable_updated", &made.id);
    assert_eq!(word.comes_to(&shop).await, 200, "taken, and kept");
    assert_eq!(shop.text("SELECT decision FROM gateway_events"), "waiting");
    assert_eq!(cashier::settle_waiting(&app(&shop)).await.expect("db"), 0, "it is not there yet");
    Transactions::commit_transaction(&mut placing).expect("committed");
    assert_eq!(cashier::settle_waiting(&app(&shop)).await.expect("db"), 1, "P4");
    assert_eq!(shop.text("SELECT decision FROM gateway_events"), "applied");
    assert_eq!(state(&shop, &placed), OrderState::Confirmed);
}

#[actix_web::test]
async fn what_the_gateway_tells_twice_or_late_is_taken_and_changes_nothing() {
    let (shop, bank) = till();
    let app = app(&shop);
    let placed = order(&shop, PayBy::Card, VISA);
    cashier::pay(&app, placed.attempt.expect("a try")).await;
    bank.has_said_all();
    for word in bank.told() {
        assert_eq!(
            (word.comes_to(&shop).await, word.comes_to(&shop).await),
            (StatusCode::OK, StatusCode::OK)
        );
    }
    let real = placed.order.total_cents;
    lifecycle::ask_capture(&mut shop.conn(), placed.order.id, real, STAFF, shop.clock.now()).expect("asked");
    for word in bank.told() {
        assert_eq!(word.comes_to(&shop).await, 200);
    }
    worker::work_outbox(&app).await.expect("the outbox");
    bank.has_said_all();
    for word in bank.told().into_iter().rev().chain(bank.told()) {
        assert_eq!(word.comes_to(&shop).await, 200, "P5, P27: {}", word.kind);
    }
    assert!(is_taken(&shop, &placed));
    assert_eq!(events_of(&shop, placed.order.id, "order_confirmed"), 1);
    assert_eq!(events_of(&shop, placed.order.id, "capture_succeeded"), 1);
    assert_eq!(bank.totals()[2], real.cents());
    assert_eq!(shop.count("SELECT count(*) FROM gateway_events WHERE decision = 'waiting'"), 0);
}

#[actix_web::test]
async fn only_the_gateways_own_words_are_taken_and_unknown_ones_are_put_by() {
    let (shop, _bank) = till();
    let unknown = json!({"object": "balance", "id": "x", "available": []});
    let good = Heard::made_up(&shop, "evt_unknown", "balance.available", &unknown);
    assert_eq!(good.comes_to(&shop).await, 200);
    assert_eq!(shop.text("SELECT decision FROM gateway_events WHERE id = 'evt_unknown'"), "not_ours");
    let not_ours = json!({"object": "payment_intent", "id": "pi_other", "status": "succeeded", "amount": 5});
    let other = Heard::made_up(&shop, "evt_other", "payment_intent.succeeded", &not_ours);
    assert_eq!(other.comes_to(&shop).await, 200);
    assert_eq!(shop.text("SELECT decision FROM gateway_events WHERE id = 'evt_other'"), "not_ours");
    assert_eq!(Heard::signed(&shop, "no JSON at all".into()).comes_to(&shop).await, 200);
    let forged = Heard { body: good.body.replace("evt_unknown", "evt_forged"), ..good.clone() };
    assert_eq!(forged.comes_to(&shop).await, 400);
    assert_eq!(Heard { signature: String::new(), ..good.clone() }.comes_to(&shop).await, 400);
    let huge = Heard::signed(&shop, " ".repeat(cashier::LONGEST_WORD + 1));
    assert_eq!(huge.comes_to(&shop).await, 413);
    shop.clock.advance(Duration::seconds(301));
    assert_eq!(good.comes_to(&shop).await, 400, "a recording of it");
    assert_eq!(shop.count("SELECT count(*) FROM gateway_events"), 2);
}

#[actix_web::test]
async fn of_the_gateways_words_is_kept_what_is_needed_and_nothing_for_ever() {
    let (shop, _bank) = till();
    let app = app(&shop);
    let bodies =
        || shop.text("SELECT coalesce(string_agg(body::text, ' ' ORDER BY id), '') FROM gateway_events");
    let who =
        json!({"name": "Aoife Byrne", "email": "aoife@example.ie", "address": {"line1": "14 Leinster Road"}});
    let charge = json!({"object": "charge", "id": "ch_1", "billing_details": who, "receipt_email": "aoife@example.ie"});
    assert_eq!(Heard::made_up(&shop, "evt_charge", "charge.succeeded", &charge).comes_to(&shop).await, 200);
    assert_eq!(bodies(), "{}", "what is not followed is not kept");
    // One that waits for its order keeps what it will be read by.
    let attempt = Uuid::now_v7();
    let early = json!({"object": "payment_intent", "id": "pi_early", "status": "succeeded", "amount": 5,
        "client_secret": "pi_early_secret_1", "metadata": {"attempt": attempt}, "latest_charge": charge});
    let word = Heard::made_up(&shop, "evt_early", "payment_intent.succeeded", &early);
    assert_eq!(word.comes_to(&shop).await, 200);
    assert_eq!(shop.text("SELECT decision FROM gateway_events WHERE id = 'evt_early'"), "waiting");
    assert!(bodies().contains(&attempt.to_string()), "{}", bodies());
    for private in ["secret", "Aoife", "aoife", "Leinster"] {
        assert!(!bodies().contains(private), "{private}: {}", bodies());
    }
    shop.clock.advance(Duration::days(8));
    assert_eq!(cashier::settle_waiting(&app).await.expect("db"), 1, "nobody's");
    assert_eq!(bodies(), "{} {}", "decided, it is needed no more");
    assert_eq!(worker::forget_gateway_words(&app).await.expect("db"), 0);
    shop.clock.advance(Duration::days(23));
    assert_eq!(worker::forget_gateway_words(&app).await.expect("db"), 1, "the one of a month ago");
    shop.clock.advance(Duration::days(8));
    assert_eq!(worker::forget_gateway_words(&app).await.expect("db"), 1);
    assert_eq!(shop.count("SELECT count(*) FROM gateway_events"), 0);
}

#[actix_web::test]
async fn shuffled_and_doubled_words_bring_the_same_state_and_the_same_facts() {
    let (shop, bank) = till();
    let mut seen = Vec::new();
    for seed in 0..12 {
        let placed = order(&shop, PayBy::Redirect, "paypal");
        let outcome = cashier::pay(&app(&shop), placed.attempt.expect("a try")).await;
        assert!(matches!(outcome, Outcome::Approve(_)), "{outcome:?}");
        let intent = intent_of(&shop, &placed);
        bank.says(&intent, "approve_slowly");
        shop.clock.advance(Duration::seconds(6));
        bank.word("payment_intent.succeeded", &intent);
        let mut words: Vec<Heard> = bank.told().into_iter().filter(|w| w.about == intent).collect();
        words.extend(words.clone());
        shuffle(&mut words, seed);
        for word in &words {
            assert_eq!(word.comes_to(&shop).await, 200);
        }
        upkeep(&shop).await;
        let kinds = format!(
            "SELECT string_agg(kind, ' ' ORDER BY kind) FROM events WHERE subject = '{}' AND kind <> 'payment_processing'",
            placed.order.id
        );
        let kept = balance(&shop, placed.order.id);
        seen.push((
            state(&shop, &placed),
            kept.captured == placed.order.maximum_cents,
            kept.refunded,
            shop.text(&kinds),
        ));
    }
    assert!(seen.iter().all(|s| *s == seen[0]), "P28: {seen:#?}");
    assert_eq!((seen[0].0, seen[0].1), (OrderState::Confirmed, true));
}

/// Another order for each seed (Fisher and Yates, with Knuth's multiplier for dice).
fn shuffle<T>(all: &mut [T], seed: u64) {
    let mut dice = seed;
    for i in (1..all.len()).rev() {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all.swap(i, usize::try_from(dice >> 33).expect("fits") % (i + 1));
    }
}

#[actix_web::test]
async fn a_redirect_is_charged_at_once_and_the_difference_goes_back() {
    let (shop, bank) = till();
    let app = app(&shop);
    let placed = order(&shop, PayBy::Redirect, "paypal");
    let Outcome::Approve(url) = cashier::pay(&app, placed.attempt.expect("a try")).await else {
        panic!("it asks for approval")
    };
    let intent = intent_of(&shop, &placed);
    assert!(url.ends_with(&intent), "{url}");
    assert!(matches!(cashier::look(&app, placed.order.id).await, Outcome::Approve(_)), "not yet");
    bank.says(&intent, "approve");
    assert_eq!(cashier::look(&app, placed.order.id).await, Outcome::Authorised, "as the return page asks");
    let charged = placed.order.maximum_cents;
    assert_eq!(bank.totals()[2], charged.cents());
    let real = charged - Money(250);
    let handed = lifecycle::ask_capture(&mut shop.conn(), placed.order.id, real, STAFF, shop.clock.now());
    assert!(matches!(handed, Ok(HandedOver::GivingBack(Money(250)))), "{handed:?}");
    worker::work_outbox(&app).await.expect("the outbox");
    let kept = balance(&shop, placed.order.id);
    assert_eq!((kept.kept(), kept.refunded, bank.totals()[3]), (real, Money(250), 250));
    assert!(is_taken(&shop, &placed));
}

#[actix_web::test]
async fn one_who_leaves_the_approval_pays_another_way_and_one_who_refuses_hears_it() {
    let (shop, bank) = till();
    let app = app(&shop);
    let left = order(&shop, PayBy::Redirect, "paypal");
    cashier::pay(&app, left.attempt.expect("a try")).await;
    let abandoned = intent_of(&shop, &left);
    let again = cashier::retry(&app, left.order.id, paying(PayBy::Card, VISA)).await;
    assert!(matches!(again, Ok(Outcome::Authorised)), "{again:?}");
    bank.says(&abandoned, "approve");
    upkeep(&shop).await;
    assert_eq!(bank.totals()[2], 0, "the old page pays nothing any more (P11)");

    let refused = order(&shop, PayBy::Card, "pm_card_authenticationRequired");
    let asked = cashier::pay(&app, refused.attempt.expect("a try")).await;
    assert!(matches!(asked, Outcome::Approve(_)), "{asked:?}");
    bank.says(&intent_of(&shop, &refused), "refuse");
    let looked = cashier::look(&app, refused.order.id).await;
    assert_eq!(looked, Outcome::Failed("payment_intent_authentication_failure".into()));
}

#[actix_web::test]
async fn who_refused_to_approve_may_pay_the_same_way_again() {
    let (shop, bank) = till();
    let app = app(&shop);
    let placed = order(&shop, PayBy::Redirect, "paypal");
    cashier::pay(&app, placed.attempt.expect("a try")).await;
    bank.says(&intent_of(&shop, &placed), "refuse");
    let Outcome::Failed(code) = cashier::look(&app, placed.order.id).await else { panic!("it was refused") };
    assert!(!payments::failure_words(&code).0.contains("card"), "{code}");
    let before = attempt(&shop, &placed);
    assert_eq!(before.gateway_method.as_deref(), Some("paypal"));
    let same = Paying { gateway_method: before.gateway_method, ..paying(PayBy::Redirect, "") };
    let again = cashier::retry(&app, placed.order.id, same).await;
    assert!(matches!(again, Ok(Outcome::Approve(_))), "{again:?}");
    let newest = payments::standing_attempt(&mut shop.conn(), placed.order.id).expect("db").expect("a try");
    bank.says(&newest.intent.expect("an intent"), "approve");
    assert_eq!(cashier::look(&app, placed.order.id).await, Outcome::Authorised);
    assert_eq!(bank.totals()[2], placed.order.maximum_cents.cents());
}

/// What a gateway says that got only a part from the bank, or other money.
#[test]
fn less_than_was_asked_for_confirms_nothing_and_goes_back() {
    let shop = TestShop::demo();
    diesel::sql_query("UPDATE stock SET on_hand = 100000").execute(&mut shop.conn()).expect("stock");
    let now = shop.clock.now();
    for (by, status) in
        [(PayBy::Card, IntentStatus::RequiresCapture), (PayBy::Redirect, IntentStatus::Succeeded)]
    {
        for (less, currency) in [(Money(1), "eur"), (Money::ZERO, "huf")] {
            let placed = order(&shop, by, "x");
            let id = placed.attempt.expect("a try");
            let there = placed.order.maximum_cents - less;
            let whole = crate::common::placing::intent(id, there, status.clone());
            let part = Intent { currency: Some(currency.into()), ..whole };
            let conn = &mut shop.conn();
            assert_eq!(payment_settled(conn, &part, Source::Asked, now), Ok(Decision::Applied));
            payment_settled(conn, &part, Source::Webhook, now).expect("db");
            payment_settled(conn, &part, Source::Asked, now).expect("db");
            let failed = attempt(&shop, &placed);
            assert_eq!((failed.state, state(&shop, &placed)), (AttemptState::Failed, OrderState::Placed));
            assert_eq!(failed.failure.as_deref(), Some("partial_authorisation"));
            assert_eq!(events_of(&shop, placed.order.id, "payment_failed"), 1);
            let taken = status == IntentStatus::Succeeded;
            assert_eq!(events_of(&shop, placed.order.id, "release_asked"), i64::from(!taken));
            assert_eq!(balance(&shop, placed.order.id).refunding, if taken { there } else { Money::ZERO });
            let again = lifecycle::start_attempt(conn, placed.order.id, &paying(PayBy::Card, VISA), now);
            assert!(matches!(again, Ok(Some(_))), "{again:?}");
        }
    }
}

#[actix_web::test]
async fn letters_do_not_wait_for_the_gateways_work() {
    let (shop, bank) = till();
    let app = app(&shop);
    let placed = order(&shop, PayBy::Card, VISA);
    cashier::pay(&app, placed.attempt.expect("a try")).await;
    lifecycle::ask_capture(
        &mut shop.conn(),
        placed.order.id,
        placed.order.total_cents,
        STAFF,
        shop.clock.now(),
    )
    .expect("asked");
    bank.mood(r#"{"broken_percent": 100}"#);
    let open = |of: &str| {
        shop.count(&format!("SELECT count(*) FROM outbox WHERE consumer = '{of}' AND done_at IS NULL"))
    };
    assert!(worker::work_for(&app, Consumer::Notifications).await.expect("the outbox") > 0);
    assert_eq!((open("notifications"), open("gateway")), (0, 1));
    for _ in 0..40 {
        shop.clock.advance(Duration::minutes(61));
        worker::work_for(&app, Consumer::Gateway).await.expect("the outbox");
    }
    assert_eq!(shop.count("SELECT count(*) FROM outbox WHERE failed IS NOT NULL"), 0, "it is not given up");
    assert_eq!(events::stuck_count(&mut shop.conn()).expect("db"), 1, "and one can see that it hangs");
    bank.mood("{}");
    shop.clock.advance(Duration::minutes(61));
    worker::work_for(&app, Consumer::Gateway).await.expect("the outbox");
    assert!(is_taken(&shop, &placed));
}

#[actix_web::test]
async fn unpaid_orders_of_which_nobody_knows_the_end_do_not_keep_the_others() {
    let (shop, mut bank) = till();
    let app = app(&shop);
    let stuck: Vec<Placed> = (0..51).map(|_| order(&shop, PayBy::Redirect, "paypal")).collect();
    for one in &stuck {
        // Begun, and then the gateway is gone.
        lifecycle::begin_paying(&mut shop.conn(), one.attempt.expect("a try"), shop.clock.now()).expect("db");
    }
    shop.clock.advance(Duration::seconds(1));
    let free = order(&shop, PayBy::Card, VISA);
    bank.close();
    let outcome = cashier::pay(&app, free.attempt.expect("a try")).await;
    assert_eq!(outcome, Outcome::Failed("gateway_down".into()));
    shop.clock.advance(Duration::hours(2));
    assert_eq!(cashier::cancel_unpaid(&app).await.expect("db"), 1);
    assert_eq!(state(&shop, &free), OrderState::Cancelled);
    assert_eq!(state(&shop, &stuck[0]), OrderState::Placed);
}

#[actix_web::test]
async fn an_unpaid_order_is_cancelled_only_when_the_gateway_says_that_it_is_unpaid() {
    let (shop, mut bank) = till();
    let app = app(&shop);
    let forgotten = order(&shop, PayBy::Redirect, "paypal");
    let paid = order(&shop, PayBy::Redirect, "paypal");
    let unheard = order(&shop, PayBy::Redirect, "paypal");
    for placed in [&forgotten, &paid, &unheard] {
        cashier::pay(&app, placed.attempt.expect("a try")).await;
    }
    bank.says(&intent_of(&shop, &paid), "approve");
    assert_eq!(cashier::cancel_unpaid(&app).await.expect("db"), 0, "their time is not over");
    shop.clock.advance(Duration::minutes(31));
    diesel::sql_query("UPDATE orders SET unpaid_until = unpaid_until + interval '1 hour' WHERE id = $1")
        .bind::<diesel::sql_types::Uuid, _>(unheard.order.id)
        .execute(&mut shop.conn())
        .expect("more time");
    bank.mood(r#"{"broken_percent": 100, "next_calls": 2}"#);
    assert_eq!(cashier::cancel_unpaid(&app).await.expect("db"), 0, "it was asked and gave no answer");
    assert_eq!(state(&shop, &paid), OrderState::Placed);
    assert_eq!(cashier::cancel_unpaid(&app).await.expect("db"), 1);
    assert_eq!(state(&shop, &forgotten), OrderState::Cancelled);
    assert_eq!(state(&shop, &paid), OrderState::Confirmed, "P1: it was paid all the time");
    bank.close();
    shop.clock.advance(Duration::hours(2));
    assert_eq!(cashier::cancel_unpaid(&app).await.expect("db"), 0);
    assert_eq!(state(&shop, &unheard), OrderState::Placed, "nobody knows, so it stays");
    assert_holds_add_up(&shop);
}

#[actix_web::test]
async fn late_money_is_given_back_once_however_often_it_is_heard_of() {
    let (shop, bank) = till();
    let app = app(&shop);
    let placed = order(&shop, PayBy::Redirect, "paypal");
    cashier::pay(&app, placed.attempt.expect("a try")).await;
    let intent = intent_of(&shop, &placed);
    bank.says(&intent, "approve");
    // The shop has cancelled without asking, as no code of ours does: the money is there and late.
    let conn = &mut shop.conn();
    let now = shop.clock.now();
    payments::abandon(conn, placed.attempt.expect("a try"), now).expect("db");
    lifecycle::cancel(conn, placed.order.id, CancelledWhy::Unpaid, Actor::System, now).expect("cancelled");
    diesel::sql_query("UPDATE stock SET on_hand = held").execute(conn).expect("sold out");
    let word = bank.word("payment_intent.succeeded", &intent);
    for _ in 0..3 {
        assert_eq!(word.comes_to(&shop).await, 200);
        let again =
            Heard::signed(&shop, word.body.replace("\"evt_", &format!("\"evt_{}", Uuid::new_v4().simple())));
        assert_eq!(again.comes_to(&shop).await, 200);
        upkeep(&shop).await;
    }
    let order = orders::order(conn, placed.order.id).expect("an order");
    assert_eq!((order.state, order.cancelled_why), (OrderState::Cancelled, Some(CancelledWhy::LateMoney)));
    let money = balance(&shop, placed.order.id);
    assert_eq!((money.captured, money.refunded), (placed.order.maximum_cents, placed.order.maximum_cents));
    assert_eq!(bank.totals()[3], placed.order.maximum_cents.cents(), "P16");
    assert_eq!(events_of(&shop, placed.order.id, "refund_asked"), 1);
}

#[actix_web::test]
async fn the_loser_of_a_race_gives_back_its_own_money_and_never_the_winners() {
    let (shop, bank) = till();
    let app = app(&shop);
    let placed = order(&shop, PayBy::Card, POOR);
    cashier::pay(&app, placed.attempt.expect("a try")).await;
    let won = cashier::retry(&app, placed.order.id, paying(PayBy::Card, VISA)).await;
    assert!(matches!(won, Ok(Outcome::Authorised)));
    let lost = attempt(&shop, &placed);
    let late = Intent {
        id: lost.intent.clone().expect("an intent"),
        attempt: Some(lost.id),
        status: IntentStatus::Succeeded,
        amount: lost.amount_cents,
        currency: None,
        capturable: Money::ZERO,
        received: lost.amount_cents,
        failure: None,
        approve_at: None,
        good_until: None,
        label: None,
        customer: None,
        payment_method: None,
        fingerprint: None,
    };
    let conn = &mut shop.conn();
    for _ in 0..2 {
        payment_settled(conn, &late, Source::Asked, shop.clock.now()).expect("db");
    }
    assert_eq!(state(&shop, &placed), OrderState::Confirmed, "P14");
    let refunds = payments::refunds_of(conn, placed.order.id).expect("refunds");
    assert_eq!(refunds.len(), 1);
    assert_eq!((refunds[0].attempt_id, refunds[0].reason), (lost.id, RefundReason::LateMoney));
    let standing = payments::standing_attempt(conn, placed.order.id).expect("db").expect("the winner");
    assert_eq!(standing.state, AttemptState::Authorised);
    assert_eq!(bank.totals()[1], placed.order.maximum_cents.cents());
}

#[actix_web::test]
async fn a_refund_that_fails_is_seen_to_have_failed_and_can_be_asked_again() {
    let (shop, bank) = till();
    let app = app(&shop);
    let placed = order(&shop, PayBy::Card, "pm_card_refundFail");
    cashier::pay(&app, placed.attempt.expect("a try")).await;
    let conn = &mut shop.conn();
    let real = placed.order.total_cents;
    lifecycle::ask_capture(conn, placed.order.id, real, STAFF, shop.clock.now()).expect("asked");
    worker::work_outbox(&app).await.expect("the outbox");
    let asked = AskedBack {
        order: placed.order.id,
        of: RefundOf::Amount(Money(500)),
        reason: RefundReason::Goodwill,
        by: STAFF,
    };
    let id = lifecycle::ask_refund(conn, &asked, shop.clock.now()).expect("a refund")[0];
    worker::work_outbox(&app).await.expect("the outbox");
    let row =
        |conn: &mut PgConnection, id: RefundId| payments::refund(conn, id).expect("db").expect("a refund");
    assert_eq!(row(conn, id).state, RefundState::Requested, "pending is not done");
    assert_eq!(balance(&shop, placed.order.id).refunding, Money(500));
    for _ in 0..3 {
        shop.clock.advance(Duration::seconds(31));
        cashier::reconcile(&app).await.expect("the reconciler");
    }
    assert_eq!((row(conn, id).state, row(conn, id).ask_at), (RefundState::Failed, None));
    assert_eq!(row(conn, id).failure.as_deref(), Some("expired_or_canceled_card"));
    assert_eq!(events_of(&shop, placed.order.id, "refund_succeeded"), 0, "P34");
    assert_eq!(balance(&shop, placed.order.id).refundable(), real);
    bank.has_said_all();
    for word in bank.told().into_iter().rev() {
        let fresh = Heard::signed(&shop, word.body);
        assert_eq!(fresh.comes_to(&shop).await, 200);
    }
    assert_eq!(row(conn, id).state, RefundState::Failed, "an older word does not undo it");
    let again = lifecycle::ask_refund_again(conn, id, STAFF, shop.clock.now()).expect("db").expect("another");
    assert!(again != id && row(conn, again).amount_cents == Money(500));
    assert!(lifecycle::ask_refund_again(conn, again, STAFF, shop.clock.now()).expect("db").is_none());
}

#[actix_web::test]
async fn a_refund_whose_answer_was_lost_is_not_made_twice_when_its_key_is_forgotten() {
    let (shop, bank) = till();
    let app = app(&shop);
    let placed = order(&shop, PayBy::Card, "pm_card_visa");
    cashier::pay(&app, placed.attempt.expect("a try")).await;
    let conn = &mut shop.conn();
    lifecycle::ask_capture(conn, placed.order.id, placed.order.total_cents, STAFF, shop.clock.now())
        .expect("asked");
    worker::work_outbox(&app).await.expect("the outbox");
    let asked = AskedBack {
        order: placed.order.id,
        of: RefundOf::Amount(Money(500)),
        reason: RefundReason::Goodwill,
        by: STAFF,
    };
    let id = lifecycle::ask_refund(conn, &asked, shop.clock.now()).expect("a refund")[0];
    bank.mood(r#"{"lost_percent": 100}"#);
    worker::work_outbox(&app).await.expect("the outbox");
    assert_eq!(bank.totals()[3], 500, "it was made, and nobody heard of it");
    let row = payments::refund(conn, id).expect("db").expect("a refund");
    assert_eq!((row.state, row.gateway_refund), (RefundState::Requested, None));
    bank.mood("{}");
    shop.clock.advance(Duration::hours(25));
    worker::work_outbox(&app).await.expect("the outbox");
    assert_eq!(bank.totals()[3], 500, "once");
    let row = payments::refund(conn, id).expect("db").expect("a refund");
    assert_eq!(row.state, RefundState::Succeeded);
}

/// Any sequence of partial refunds, some of which fail, and a cancel (P35).
#[test]
fn whatever_goes_back_what_is_kept_is_what_was_taken_less_what_was_given() {
    let shop = TestShop::demo();
    diesel::sql_query("UPDATE stock SET on_hand = 100000").execute(&mut shop.conn()).expect("stock");
    diesel::sql_query("UPDATE delivery_windows SET capacity = 1000").execute(&mut shop.conn()).expect("room");
    let mut dice = 7_u64;
    let mut roll = move |below: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % below
    };
    for round in 0..30 {
        let placed = order(&shop, PayBy::Redirect, "paypal");
        let (conn, now) = (&mut shop.conn(), shop.clock.now());
        settle_charged(conn, &placed, now);
        let (mut given, mut pending) = (Money::ZERO, Vec::<RefundId>::new());
        for step in 0..8 {
            match roll(4) {
                0 | 1 => {
                    let amount = Money(i64::try_from(roll(2_000)).expect("small"));
                    let asked = AskedBack {
                        order: placed.order.id,
                        of: RefundOf::Amount(amount),
                        reason: RefundReason::Goodwill,
                        by: STAFF,
                    };
                    let left = balance(&shop, placed.order.id).refundable();
                    match lifecycle::ask_refund(conn, &asked, now) {
                        Ok(ids) => pending.extend(ids),
                        Err(RefundError::TooMuch { left: said }) => assert!(amount > left && said == left),
                        Err(RefundError::Nothing) => assert!(amount.is_zero()),
                        Err(RefundError::Db(e)) => panic!("{e}"),
                    }
                }
                2 if step > 4 => {
                    // Once the gateway has it, it goes on by itself.
                    let done = lifecycle::cancel(conn, placed.order.id, CancelledWhy::Shop, STAFF, now);
                    assert!(matches!(done, Ok(Cancelled::Refunding(_) | Cancelled::Already)), "{done:?}");
                    let open = payments::refunds_of(conn, placed.order.id).expect("refunds");
                    pending =
                        open.iter().filter(|r| r.state == RefundState::Requested).map(|r| r.id).collect();
                }
                _ => {
                    if let Some(id) = pending.pop() {
                        let fails = roll(3) == 0;
                        let row = payments::refund(conn, id).expect("db").expect("a refund");
                        lifecycle::refund_settled(conn, &said(&row, fails), now).expect("db");
                        if !fails {
                            given = given + row.amount_cents;
                        }
                    }
                }
            }
            let money = balance(&shop, placed.order.id);
            assert_eq!(money.refunded, given, "{round}/{step}");
            assert_eq!(money.captured, placed.order.maximum_cents);
            assert!(money.refundable() >= Money::ZERO, "{round}/{step}: never more than there is");
            assert_eq!(money.kept(), money.captured - given);
        }
    }
}

fn settle_charged(conn: &mut PgConnection, placed: &Placed, now: chrono::DateTime<chrono::Utc>) {
    let charged = Intent {
        id: format!("pi_{}", placed.order.number),
        attempt: placed.attempt,
        status: IntentStatus::Succeeded,
        amount: placed.order.maximum_cents,
        currency: None,
        capturable: Money::ZERO,
        received: placed.order.maximum_cents,
        failure: None,
        approve_at: None,
        good_until: None,
        label: None,
        customer: None,
        payment_method: None,
        fingerprint: None,
    };
    assert_eq!(payment_settled(conn, &charged, Source::Asked, now), Ok(Decision::Applied));
}

fn said(row: &payments::Refund, fails: bool) -> Refunded {
    Refunded {
        id: format!("re_{}", row.id),
        refund: Some(row.id),
        intent: None,
        amount: row.amount_cents,
        status: if fails { RefundedStatus::Failed } else { RefundedStatus::Succeeded },
        failure: fails.then(|| "lost_or_stolen_card".to_owned()),
    }
}

#[actix_web::test]
async fn a_cancelled_order_lets_go_of_what_was_reserved_and_gives_back_what_was_charged() {
    let (shop, bank) = till();
    let app = app(&shop);
    let reserved = order(&shop, PayBy::Card, VISA);
    cashier::pay(&app, reserved.attempt.expect("a try")).await;
    let cancelled = cashier::cancel(&app, reserved.order.id, CancelledWhy::Customer, Actor::Customer).await;
    assert!(matches!(cancelled, Ok(Cancelled::Released(sum)) if sum == reserved.order.maximum_cents));
    let charged = order(&shop, PayBy::Redirect, "paypal");
    cashier::pay(&app, charged.attempt.expect("a try")).await;
    bank.says(&intent_of(&shop, &charged), "approve");
    let cancelled = cashier::cancel(&app, charged.order.id, CancelledWhy::Customer, Actor::Customer).await;
    assert!(
        matches!(cancelled, Ok(Cancelled::Refunding(sum)) if sum == charged.order.maximum_cents),
        "{cancelled:?}"
    );
    worker::work_outbox(&app).await.expect("the outbox");
    assert_eq!(attempt(&shop, &reserved).state, AttemptState::Abandoned);
    assert_eq!(
        bank.totals()[1..],
        [0, charged.order.maximum_cents.cents(), charged.order.maximum_cents.cents()]
    );
    assert_eq!(balance(&shop, charged.order.id).kept(), Money::ZERO);
    let twice = cashier::cancel(&app, charged.order.id, CancelledWhy::Customer, Actor::Customer).await;
    assert!(matches!(twice, Ok(Cancelled::Already)));
    assert_holds_add_up(&shop);
}

#[actix_web::test]
async fn what_the_gateway_did_not_hear_it_is_asked_again_and_does_once() {
    let (shop, bank) = till();
    let app = app(&shop);
    let placed = order(&shop, PayBy::Card, VISA);
    cashier::pay(&app, placed.attempt.expect("a try")).await;
    let (conn, real) = (&mut shop.conn(), placed.order.total_cents);
    lifecycle::ask_capture(conn, placed.order.id, real, STAFF, shop.clock.now()).expect("asked");
    bank.mood(r#"{"lost_percent": 100}"#);
    worker::work_outbox(&app).await.expect("the outbox");
    assert_eq!(state(&shop, &placed), OrderState::Confirmed, "no answer came");
    bank.mood(r#"{"broken_percent": 100}"#);
    shop.clock.advance(Duration::seconds(5));
    worker::work_outbox(&app).await.expect("the outbox");
    bank.mood("{}");
    shop.clock.advance(Duration::seconds(30));
    worker::work_outbox(&app).await.expect("the outbox");
    assert!(is_taken(&shop, &placed));
    assert_eq!(bank.totals()[2], real.cents());
    assert_eq!(shop.count("SELECT count(*) FROM outbox WHERE consumer = 'gateway' AND done_at IS NULL"), 0);
}

#[actix_web::test]
async fn an_authorisation_that_is_about_to_end_is_renewed_before_the_old_one_is_let_go() {
    let (shop, bank) = till();
    let app = app(&shop);
    let far = far_window(&shop);
    let placed = order_for_window(&shop, paying(PayBy::Card, VISA), Some(far));
    assert_eq!(cashier::pay(&app, placed.attempt.expect("a try")).await, Outcome::Authorised);
    let first = attempt(&shop, &placed);
    assert!(first.gateway_customer.is_some() && first.good_until.is_some(), "it was kept for this");
    assert_eq!(cashier::renew_ending(&app).await.expect("db"), 0, "there is time");
    shop.clock.advance(Duration::hours(6 * 24 + 1));

    bank.mood(r#"{"decline_next": 1}"#);
    assert_eq!(cashier::renew_ending(&app).await.expect("db"), 1);
    assert_eq!(state(&shop, &placed), OrderState::Confirmed, "the old one is still good");
    assert_eq!(events_of(&shop, placed.order.id, "payment_failed"), 1, "and the problem can be seen");
    assert_eq!(attempt(&shop, &placed).state, AttemptState::Authorised);
    assert_eq!(cashier::renew_ending(&app).await.expect("db"), 0, "not at once again");

    shop.clock.advance(Duration::minutes(61));
    assert_eq!(cashier::renew_ending(&app).await.expect("db"), 1);
    let renewed = payments::standing_attempt(&mut shop.conn(), placed.order.id).expect("db").expect("one");
    assert!(renewed.id != first.id && renewed.state == AttemptState::Authorised && !renewed.standby);
    assert!(renewed.good_until > first.good_until);
    assert_eq!(events_of(&shop, placed.order.id, "payment_replaced"), 1);
    worker::work_outbox(&app).await.expect("the outbox");
    assert_eq!(bank.totals()[1], placed.order.maximum_cents.cents(), "reserved once");
    upkeep(&shop).await;
    let real = placed.order.total_cents;
    lifecycle::ask_capture(&mut shop.conn(), placed.order.id, real, STAFF, shop.clock.now()).expect("asked");
    worker::work_outbox(&app).await.expect("the outbox");
    assert_eq!(bank.totals()[1..3], [0, real.cents()]);
    assert!(is_taken(&shop, &placed));
}

/// The last window one can order for.
fn far_window(shop: &TestShop) -> i64 {
    let conn = &mut shop.conn();
    let basket = basket_of(shop, conn);
    let form = placement(shop, conn, basket, PayBy::Card);
    shop.count(&format!(
        "SELECT w.id FROM delivery_windows w WHERE w.zone_id = (SELECT zone_id FROM delivery_windows WHERE id = {})
         ORDER BY w.starts_at DESC LIMIT 1",
        form.window
    ))
}

#[test]
fn money_at_the_door_is_settled_there_and_handed_back_by_a_person() {
    let shop = TestShop::demo();
    let placed = order(&shop, PayBy::CashAtDoor, "");
    let (conn, now, id) = (&mut shop.conn(), shop.clock.now(), placed.order.id);
    let real = placed.order.total_cents;
    let door = |conn: &mut PgConnection, sum, by| lifecycle::settle_at_door(conn, id, sum, by, STAFF, now);
    assert!(matches!(lifecycle::ask_capture(conn, id, real, STAFF, now), Ok(HandedOver::AtDoor)));
    assert!(matches!(door(conn, real, PayBy::Card), Err(lifecycle::CaptureError::NotAtDoor)));
    assert!(matches!(door(conn, real, PayBy::CardAtDoor), Ok(HandedOver::Settled)));
    assert!(matches!(door(conn, real, PayBy::CardAtDoor), Ok(HandedOver::Already)));
    assert_eq!(balance(&shop, id).captured, real);
    let asked = AskedBack { order: id, of: RefundOf::Everything, reason: RefundReason::Returned, by: STAFF };
    let refund = lifecycle::ask_refund(conn, &asked, now).expect("a refund")[0];
    assert_eq!(balance(&shop, id).refunding, real);
    assert!(lifecycle::hand_back(conn, refund, STAFF, now).expect("db"));
    assert!(!lifecycle::hand_back(conn, refund, STAFF, now).expect("db"), "once");
    assert_eq!(balance(&shop, id).kept(), Money::ZERO);
}

fn a_customer(shop: &TestShop) -> CustomerId {
    let customer = CustomerId(Uuid::now_v7());
    diesel::sql_query(
        "INSERT INTO customers (id, email, password_hash, made_at) VALUES ($1, 'a@example.ie', 'x', now())",
    )
    .bind::<diesel::sql_types::Uuid, _>(customer)
    .execute(&mut shop.conn())
    .expect("a customer");
    customer
}

#[test]
fn a_card_that_two_forms_keep_at_once_is_kept_once_and_both_are_given_that_one() {
    let shop = TestShop::demo();
    let customer_id = a_customer(&shop);
    let card = || payments::SavedCard {
        id: Uuid::now_v7(),
        customer_id,
        gateway_method: VISA.to_owned(),
        gateway_customer: "cus_1".to_owned(),
        label: "Visa ending 4242".to_owned(),
        expires: "12/34".to_owned(),
        saved_at: shop.clock.now(),
        removed_at: None,
    };
    let (one, other) = (card(), card());
    let (mut first, mut second) = (shop.conn(), shop.conn());
    std::thread::scope(|scope| {
        let late = first.transaction(|conn| {
            let kept = payments::insert_card(conn, &one)?;
            assert_eq!(kept, one);
            let late = scope.spawn(|| payments::insert_card(&mut second, &other).expect("kept"));
            shop.wait_until_blocked(1);
            QueryResult::Ok(late)
        });
        let late = late.expect("kept").join().expect("the second");
        assert_eq!(late, one, "the one that is there");
    });
    let listed = payments::saved_cards(&mut shop.conn(), customer_id).expect("cards");
    assert_eq!(listed, [one]);
}

#[actix_web::test]
async fn a_card_that_is_kept_pays_again_and_is_forgotten_when_asked_to() {
    let (shop, bank) = till();
    let app = app(&shop);
    assert!(
        matches!(cashier::card_fields(&app), CardFields::Sandbox { key, .. } if key == "pk_sandbox_test")
    );
    let customer = a_customer(&shop);
    let kept = cashier::keep_card(&app, customer, None, VISA.into(), |_, _| Ok(())).await.expect("kept");
    let Kept::Card(card) = kept else { panic!("{kept:?}") };
    let known = card.gateway_customer.clone();
    assert_eq!(card.label, "Visa ending 4242");
    let listed = cashier::saved_cards(&mut shop.conn(), customer).expect("cards");
    assert_eq!(listed, std::slice::from_ref(&card));
    for _ in 0..2 {
        let with =
            Paying { gateway_customer: Some(known.clone()), ..paying(PayBy::Card, &card.gateway_method) };
        let placed = order_for_window(&shop, with, None);
        assert_eq!(cashier::pay(&app, placed.attempt.expect("a try")).await, Outcome::Authorised);
    }
    let stranger = CustomerId(Uuid::now_v7());
    assert!(!cashier::remove_card(&app, stranger, card.id).await.expect("db"), "it is not theirs");
    assert!(cashier::remove_card(&app, customer, card.id).await.expect("db"));
    assert!(cashier::saved_cards(&mut shop.conn(), customer).expect("cards").is_empty());
    let again = Paying { gateway_customer: Some(known), ..paying(PayBy::Card, &card.gateway_method) };
    let placed = order_for_window(&shop, again, None);
    let refused = cashier::pay(&app, placed.attempt.expect("a try")).await;
    assert!(matches!(refused, Outcome::Failed(_)), "{refused:?}");
    assert_eq!(bank.books().iter().filter(|b| b["held"].as_i64() > Some(0)).count(), 2);
}

#[actix_web::test]
async fn a_silent_gateway_keeps_neither_pages_nor_other_payments_waiting() {
    let (shop, bank) = till();
    let placed: Vec<Placed> = (0..6).map(|_| order(&shop, PayBy::Card, VISA)).collect();
    bank.mood(r#"{"silent_percent": 100, "silent_seconds": 2}"#);
    let paying: Vec<_> = placed
        .iter()
        .map(|p| {
            let (app, id) = (app(&shop), p.attempt.expect("a try"));
            actix_web::rt::spawn(async move { cashier::pay(&app, id).await })
        })
        .collect();
    actix_web::rt::time::sleep(std::time::Duration::from_millis(300)).await;
    let begun = std::time::Instant::now();
    shop.shopper().get("/").await.must_say("SmartShop");
    assert!(begun.elapsed() < std::time::Duration::from_millis(1500), "{:?}", begun.elapsed());
    for one in paying {
        assert_eq!(one.await.expect("no panic"), Outcome::Authorised);
    }
    wait_for("all of it", || bank.totals()[1] > 0);
}
