//! An order's own page: the answer in every state, who may see it, and what can be done there.

use crate::common::placing::{STAFF, aoife, basket_of, page_of, place, settle, shopper_with_basket};
use crate::common::{Answer, Bank, Shopper, TestShop, encode, wait_for};
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use chrono::Duration;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use smartshop::cashier;
use smartshop::db::schema::customers;
use smartshop::ids::{Actor, OrderNumber};
use smartshop::lifecycle;
use smartshop::money::Money;
use smartshop::notifications::{self, Desk};
use smartshop::orders::{self, CancelledWhy, Order};
use smartshop::outside::gateway::{IntentStatus, Refunded, RefundedStatus};
use smartshop::payments::{self, PayBy};
use smartshop::throttle::{self, Key, Limited};
use smartshop::{events, tracker};

/// Somebody who has just ordered, and their order.
async fn ordered(shop: &TestShop, by: PayBy) -> (Shopper<'_>, Order) {
    let shopper = shopper_with_basket(shop).await;
    let order = place(shop, &shopper, by, None).order;
    (shopper, order)
}

fn cancel(shop: &TestShop, order: &Order, why: CancelledWhy) {
    lifecycle::cancel(&mut shop.conn(), order.id, why, Actor::Customer, shop.clock.now()).expect("cancelled");
}

fn link(shop: &TestShop, order: &Order) -> String {
    let key = orders::make_link(&mut shop.conn(), order.id, shop.clock.now()).expect("a link");
    format!("{}?key={key}", page_of(order))
}

// ---------- the answer ----------

#[actix_web::test]
async fn an_order_paid_at_the_door_is_confirmed_with_day_sum_and_way_out() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let page = shopper.get(&page_of(&order)).await;
    assert_eq!(page.status, StatusCode::OK);
    page.must_say("Order confirmed. We come Tue 24 Nov, 18:00–20:00");
    page.must_say(&format!("{} due at the door, in cash", order.total_cents));
    page.must_say("A mail is on its way to aoife@example.com");
    page.must_say("You can cancel for free until");
    page.must_say("14 Leinster Road");
    page.must_say("Swap for something close, never dearer");
    page.must_say("12 × Whole Milk");
    page.must_say("VAT in this total");
    page.must_not_say("4711#");
    assert!(page.text.contains("autocomplete=\"new-password\""), "an account is offered by one field");
    assert!(!page.text.contains("http-equiv=\"refresh\""), "nothing is waited for");
}

#[actix_web::test]
async fn a_page_of_an_order_is_kept_found_and_told_of_nowhere() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor).await;
    for path in ["", "/receipt", "/cancellation", "/return"].map(|rest| format!("{}{rest}", page_of(&order)))
    {
        let page = shopper.get(&path).await;
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        // Not `no-referrer`: browsers then send our own forms with `Origin: null`.
        assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(page.header("x-robots-tag"), "noindex", "{path}");
    }
}

#[actix_web::test]
async fn a_form_of_an_orders_page_works_in_a_browser_that_tells_its_origin_alone() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    shopper.get(&page_of(&order)).await;
    let form = |origin: &str| {
        TestRequest::post()
            .uri(&format!("{}/payments", page_of(&order)))
            .insert_header(("origin", origin))
            .set_form([("way", "cash_at_door")])
    };
    assert_eq!(shopper.send(form("null")).await.status, StatusCode::FORBIDDEN);
    let paid = shopper.send(form("http://shop.test")).await;
    assert_eq!(
        (paid.status, paid.location.as_deref()),
        (StatusCode::SEE_OTHER, Some(page_of(&order).as_str()))
    );
    shopper.get(&page_of(&order)).await.must_say("Order confirmed");
    let moved = shopper.post("/place", &[("place", "D04")]).await;
    assert_eq!(moved.location.as_deref(), Some(page_of(&order).as_str()), "one stays on the order's page");
}

#[actix_web::test]
async fn a_payment_nobody_knows_of_yet_says_so_and_looks_again() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("We are checking your payment");
    page.must_say("You cannot be charged twice. It is safe to reload or close this page.");
    page.must_say("As of 14:20:00, looking again at 14:20:15");
    page.must_say("Your things and your time are kept until 14:50.");
    page.must_say("Total, not yet paid");
    assert!(page.text.contains("<noscript><meta http-equiv=\"refresh\" content=\"8\"></noscript>"));
    shop.clock.advance(Duration::minutes(31));
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("We are checking your payment");
    page.must_say("Your things and your time are still kept, until we know.");
    settle(&shop, &order, IntentStatus::RequiresCapture);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("Order confirmed. We come");
    page.must_say(&format!("{} reserved on Visa ending 4242, charged after packing.", order.total_cents));
}

#[actix_web::test]
async fn weighed_goods_are_reserved_up_to_what_they_can_weigh() {
    let shop = TestShop::demo();
    let shopper = shopper_with_basket(&shop).await;
    shopper.wants("DE-CHE-001", "3").await;
    let order = place(&shop, &shopper, PayBy::Card, None).order;
    assert!(order.maximum_cents > order.total_cents);
    settle(&shop, &order, IntentStatus::RequiresCapture);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say(&format!(
        "Reserved up to {} on Visa ending 4242, charged after packing.",
        order.maximum_cents
    ));
    page.must_say(&format!("You pay for the real weight, {} at most.", order.maximum_cents));
}

#[actix_web::test]
async fn a_refused_card_says_why_that_nothing_was_charged_and_how_to_go_on() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("There is not enough money on this card");
    page.must_say(
        "You have not been charged. Your things, and Tue 24 Nov, 18:00–20:00, are kept for you until 14:50.",
    );
    let held = shop.count("SELECT sum(units) FROM stock_holds");
    let page = shopper.submit(&format!("{}/payments", page_of(&order)), &[("way", "cash_at_door")]).await;
    page.must_say("Order confirmed. We come");
    page.must_say("due at the door, in cash");
    assert_eq!(shop.count("SELECT sum(units) FROM stock_holds"), held, "nothing was lost on the way");
}

#[actix_web::test]
async fn an_old_payment_page_says_that_it_is_paid_already() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let page = shopper.submit(&format!("{}/payments", page_of(&order)), &[("way", "card_at_door")]).await;
    page.must_say("This order is paid already. Nothing was charged a second time.");
    page.must_say("in cash");
    assert_eq!(shop.count("SELECT count(*) FROM payment_attempts"), 1);
    shopper.get(&page_of(&order)).await.must_not_say("paid already");
    cancel(&shop, &order, CancelledWhy::Customer);
    let page = shopper.submit(&format!("{}/payments", page_of(&order)), &[("way", "card_at_door")]).await;
    page.must_say("This order is over, so nothing was charged for it.");
}

#[actix_web::test]
async fn a_way_to_pay_that_is_not_offered_is_refused_in_words() {
    let shop = TestShop::demo().with("SMARTSHOP_PAYMENT_WAYS", "cash_at_door <= 1.00, card_at_door @ Z");
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    for way in ["", "cash_at_door", "card_at_door", "card", "redirect:paypal", "same", "<b>"] {
        let page = shopper.submit(&format!("{}/payments", page_of(&order)), &[("way", way)]).await;
        page.must_say("Choose one of the ways to pay below. Nothing was charged.");
        page.must_say("No way to pay is offered for this order just now. Ring 01 555 0100");
        page.must_say("There is not enough money on this card");
    }
    assert_eq!(shop.count("SELECT count(*) FROM payment_attempts"), 1);
}

#[actix_web::test]
async fn a_payment_left_at_the_bank_can_be_approved_or_paid_another_way() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresAction);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("Your payment waits for your approval");
    page.must_say("You have not been charged.");
    page.must_say("Pay another way");
    assert!(page.text.contains("href=\"https://bank.example/approve/1\""));
    assert_eq!(page.header("refresh"), "", "who came back is not sent away again");
}

#[actix_web::test]
async fn a_payment_left_in_a_closed_tab_leads_on_when_it_is_opened_again() {
    let (shop, _bank) = Bank::with_shop();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    let page = shopper.get(&page_of(&order)).await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("form-action 'self' https:"), "the form may lead there: {policy}");
    page.must_say("It opens for you to approve, then you come back here.");
    let led = shopper.post(&format!("{}/payments", page_of(&order)), &[("way", "redirect:paypal")]).await;
    assert_eq!(led.status, StatusCode::SEE_OTHER);
    let to = led.location.expect("an address");
    assert!(to.contains("/approve/"), "{to}");
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("Your payment waits for your approval");
    assert!(page.text.contains(&format!("href=\"{to}\"")), "the button leads there");
}

#[actix_web::test]
async fn a_card_declined_again_and_again_is_held_off_on_the_orders_page_too() {
    let (shop, _bank) = Bank::with_shop();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    let (signer, now) = (shop.state().shop.app.signer.clone(), shop.clock.now());
    let declined = |card: &str, times: usize| {
        for _ in 0..times {
            let keys = [Key::subject(&signer, "card", card)];
            throttle::spend(&mut shop.conn(), Limited::Pay, &keys, now).expect("db").expect("room");
        }
    };
    let pay = async |method: &str, last4: &str| {
        let form =
            [("way", "card"), ("method", method), ("brand", "visa"), ("last4", last4), ("expires", "12/30")];
        shopper.post(&format!("{}/payments", page_of(&order)), &form).await
    };
    let cards = || shop.count("SELECT count(*) FROM throttles WHERE what = 'pay'");
    assert_eq!(pay("pm_card_chargeDeclined", "0002").await.status, StatusCode::SEE_OTHER);
    assert_eq!(cards(), 7, "by device, address, order twice, and the card's name, its figures and its mark");
    declined("visa 0002 12/30", 14);
    let tries = shop.count("SELECT count(*) FROM payment_attempts");
    let held_off = pay("pm_card_chargeDeclinedExpiredCard", "0002").await;
    assert_eq!(held_off.status, StatusCode::TOO_MANY_REQUESTS);
    held_off.must_say("Too many tries. Try again at 14:50. Nothing was charged.");
    assert_eq!(shop.count("SELECT count(*) FROM payment_attempts"), tries);
    declined("pm_card_chargeDeclined", 14);
    let same = pay("pm_card_chargeDeclined", "9999").await;
    assert_eq!(same.status, StatusCode::TOO_MANY_REQUESTS, "the card before, by its name");
    assert_eq!(pay("pm_card_visa", "4242").await.status, StatusCode::SEE_OTHER);
    shopper.get(&page_of(&order)).await.must_say("Order confirmed");
}

/// Aoife has an account and is signed in.
async fn signed_up(shop: &TestShop) -> Shopper<'_> {
    let shopper = shop.shopper();
    shopper.post("/signup", &[("email", "aoife@example.com"), ("password", "three green apples")]).await;
    shop.send_mail();
    let letter = shop.letters().pop().expect("a letter").text;
    let (_, path) = letter.split_once("http://127.0.0.1:8080").expect("a link");
    shopper.submit(path.split_whitespace().next().expect("a path"), &[]).await;
    shopper
}

#[actix_web::test]
async fn who_keeps_a_card_at_a_silent_gateway_goes_on_without_and_is_told() {
    let (shop, bank) = Bank::with_shop();
    let shopper = signed_up(&shop).await;
    shopper.lives_at("D06").await;
    shopper.wants("DE-MIL-001", "18").await;
    let delivery = shopper.get("/checkout/delivery").await;
    let typed = [
        ("window", &*delivery.choices("window")[1].clone()),
        ("name", "Aoife Byrne"),
        ("email", "aoife@example.com"),
        ("phone", "087 555 0142"),
        ("line", "14 Leinster Road"),
        ("eircode", "D06 X4P7"),
    ];
    let payment = shopper.press(&delivery, "Continue to payment", &typed).await;
    payment.must_say("Keep this card for the next time");
    bank.mood(r#"{"silent_percent": 100, "silent_seconds": 14}"#);
    let form = [
        ("way", "card"),
        ("method", "pm_card_visa"),
        ("brand", "visa"),
        ("last4", "4242"),
        ("expires", "12/34"),
        ("keep", "1"),
    ];
    let review = shopper.submit("/checkout/payment", &form).await;
    review.must_say("Is everything right?");
    review.must_say("Your card is not kept yet");
    review.must_say("You can pay this order with the card all the same");
    review.must_say("Visa ending 4242");
    assert_eq!(shop.count("SELECT count(*) FROM saved_cards"), 0, "nobody was waited for");
    // Once the gateway has answered the card is theirs, and pays as a kept one.
    bank.mood("{}");
    for _ in 0..600 {
        if shop.count("SELECT count(*) FROM saved_cards") == 1 {
            break;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let kept = shop.text("SELECT 'saved:' || id FROM saved_cards");
    let chosen = shop.text("SELECT typed -> 'typed' -> 'payment' ->> 'way' FROM checkout_drafts");
    assert_eq!(chosen, kept);
}

#[actix_web::test]
async fn whoever_is_signed_in_pays_again_with_a_card_they_have_kept() {
    let (shop, _bank) = Bank::with_shop();
    let shopper = signed_up(&shop).await;
    let customer = customers::table.select(customers::id).first(&mut shop.conn()).expect("Aoife");
    let app = shop.state().shop.app.clone();
    let method = "pm_card_mastercard".to_owned();
    let kept = cashier::keep_card(&app, customer, None, method, |_, _| Ok(())).await.expect("kept");
    let cashier::Kept::Card(kept) = kept else { panic!("{kept:?}") };
    let way = format!("saved:{}", kept.id);
    shopper.lives_at("D06").await;
    shopper.wants("DE-MIL-001", "18").await;
    let order = place(&shop, &shopper, PayBy::Card, None).order;
    let theirs = "UPDATE orders SET customer_id = (SELECT id FROM customers)";
    shop.conn().batch_execute(theirs).expect("they were signed in");
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    let elsewhere = shop.shopper().at_address("198.51.100.9");
    elsewhere.get(&link(&shop, &order)).await;
    assert!(!elsewhere.get(&page_of(&order)).await.text.contains(&way), "not by link");
    let refused = elsewhere.submit(&format!("{}/payments", page_of(&order)), &[("way", &way)]).await;
    refused.must_say("To pay for this order, type the code");
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("Mastercard ending 4444");
    page.must_say("Another card");
    assert!(page.text.contains(&way));
    let paid = shopper.submit(&format!("{}/payments", page_of(&order)), &[("way", &way)]).await;
    paid.must_say(&format!("{} reserved on Mastercard ending 4444", order.total_cents));
}

#[actix_web::test]
async fn each_way_to_pay_again_names_its_own_sum() {
    let shop = TestShop::demo();
    let shopper = shopper_with_basket(&shop).await;
    shopper.wants("DE-CHE-001", "3").await;
    let order = place(&shop, &shopper, PayBy::Card, None).order;
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    let page = shopper.get(&page_of(&order)).await;
    let (total, most) = (order.total_cents, order.maximum_cents);
    page.must_say(&format!("Pay {total} at the door"));
    page.must_say(&format!("At most {most} once it is weighed. Nothing is charged now."));
}

#[actix_web::test]
async fn a_link_alone_does_not_cancel_an_order() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let cancellation = format!("{}/cancellation", page_of(&order));
    let elsewhere = shop.shopper().at_address("198.51.100.9");
    elsewhere.get(&link(&shop, &order)).await;
    elsewhere.get(&page_of(&order)).await.must_say("It can be cancelled for free");
    assert_eq!(elsewhere.get(&cancellation).await.status, StatusCode::SEE_OTHER, "not asked");
    elsewhere.submit(&cancellation, &[]).await.must_say("To cancel this order, type the code");
    assert_eq!(shop.count("SELECT count(*) FROM orders WHERE state = 'confirmed'"), 1);
}

#[actix_web::test]
async fn a_cancelled_order_says_by_whom_and_what_becomes_of_the_money() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresCapture);
    let ask = shopper.get(&format!("{}/cancellation", page_of(&order))).await;
    ask.must_say(&format!("The {} held on Visa ending 4242 is let go.", order.maximum_cents));
    let page = shopper.submit(&format!("{}/cancellation", page_of(&order)), &[]).await;
    page.must_say("You cancelled this order");
    page.must_say(&format!(
        "The {} held on Visa ending 4242 is let go: we have told your bank.",
        order.maximum_cents
    ));
    settle(&shop, &order, IntentStatus::Canceled);
    shopper.get(&page_of(&order)).await.must_say("was let go at 14:20");
    let again = shopper.submit(&format!("{}/cancellation", page_of(&order)), &[]).await;
    again.must_say("You cancelled this order");
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'order_cancelled'"), 1);
}

#[actix_web::test]
async fn an_order_nobody_paid_says_that_nothing_was_charged() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    shop.clock.advance(Duration::minutes(31));
    cancel(&shop, &order, CancelledWhy::Unpaid);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("Order cancelled: it was not paid in time");
    page.must_say("You have not been charged.");
    page.must_say("Put everything back in my basket");
}

#[actix_web::test]
async fn money_that_came_too_late_goes_back_and_each_step_of_it_shows() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Redirect).await;
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    shop.clock.advance(Duration::minutes(31));
    cancel(&shop, &order, CancelledWhy::Unpaid);
    shop.change("UPDATE stock SET on_hand = held");
    shop.clock.advance(Duration::minutes(1));
    settle(&shop, &order, IntentStatus::Succeeded);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("Order cancelled: your payment came too late");
    page.must_say("It reached us after 14:51");
    page.must_say(&format!("{} goes back to PayPal, usually within 3 days.", order.total_cents));
    page.must_not_say("You have not been charged.");
    refund_says(&shop, &order, RefundedStatus::Failed);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("could not be sent back to PayPal yet. We are on it");
    page.must_say("01 555 0100");
    // At the gateway a failure is the last word: it goes back by a refund of its own.
    shop.clock.advance(Duration::minutes(1));
    let conn = &mut shop.conn();
    let failed = payments::refunds_of(conn, order.id).expect("db").pop().expect("a refund").id;
    lifecycle::ask_refund_again(conn, failed, STAFF, shop.clock.now()).expect("db").expect("another");
    refund_says(&shop, &order, RefundedStatus::Succeeded);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("went back to PayPal at 14:53");
    page.must_not_say("could not be sent back");
}

#[actix_web::test]
async fn a_refund_that_failed_says_so_and_who_is_on_it() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Redirect).await;
    settle(&shop, &order, IntentStatus::Succeeded);
    cancel(&shop, &order, CancelledWhy::Customer);
    refund_says(&shop, &order, RefundedStatus::Failed);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say(
        "could not be sent back to PayPal yet. We are on it and write to you; or ring 01 555 0100.",
    );
    page.must_not_say("went back");
}

fn refund_says(shop: &TestShop, order: &Order, status: RefundedStatus) {
    let mut conn = shop.conn();
    let refund = payments::refunds_of(&mut conn, order.id).expect("db").pop().expect("a refund");
    let failure = (status == RefundedStatus::Failed).then(|| "expired_or_canceled_card".to_owned());
    let said = Refunded {
        id: format!("re_{}", refund.id.0.simple()),
        refund: Some(refund.id),
        intent: None,
        amount: refund.amount_cents,
        status,
        failure,
    };
    lifecycle::refund_settled(&mut conn, &said, shop.clock.now()).expect("db");
}

// ---------- who may see it ----------

/// Every address below an order, with how it is asked.
const DOORS: [(&str, &str); 23] = [
    ("GET", "/lines"),
    ("POST", "/lines"),
    ("POST", "/lines/rest"),
    ("GET", ""),
    ("GET", "/live"),
    ("GET", "/cancellation"),
    ("GET", "/receipt"),
    ("GET", "/basket"),
    ("POST", "/payments"),
    ("POST", "/cancellation"),
    ("POST", "/basket"),
    ("POST", "/account"),
    ("GET", "/window"),
    ("POST", "/window"),
    ("GET", "/instructions"),
    ("POST", "/instructions"),
    ("GET", "/problem"),
    ("POST", "/problem"),
    ("GET", "/code"),
    ("POST", "/code"),
    ("POST", "/code/check"),
    ("GET", "/links"),
    ("POST", "/links/revocation"),
];

async fn knock(shopper: &Shopper<'_>, method: &str, path: &str) -> Answer {
    if method == "GET" {
        shopper.get(path).await
    } else {
        shopper.post(path, &[("way", "cash_at_door"), ("password", "three short words")]).await
    }
}

/// What a refusal says, without the number of the request.
fn refusal(answer: &Answer) -> (StatusCode, String) {
    let words = answer.words();
    (answer.status, words.split("Number of this request").next().unwrap_or_default().to_owned())
}

#[actix_web::test]
async fn to_everybody_else_there_is_no_such_order() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let unknown = OrderNumber::random();
    let expired = {
        let made = shop.clock.now() - Duration::days(orders::LINK_DAYS + 1);
        orders::make_link(&mut shop.conn(), order.id, made).expect("a link")
    };
    let revoked = orders::make_link(&mut shop.conn(), order.id, shop.clock.now()).expect("a link");
    lifecycle::revoke_links(&mut shop.conn(), order.id, shop.clock.now()).expect("revoked");
    let key = orders::make_link(&mut shop.conn(), order.id, shop.clock.now()).expect("a link");
    let (_, other) = ordered(&shop, PayBy::CashAtDoor).await;
    let others_key = orders::make_link(&mut shop.conn(), other.id, shop.clock.now()).expect("a link");
    let mut altered = key.clone();
    altered.replace_range(3..4, if &key[3..4] == "A" { "B" } else { "A" });
    let keys =
        [None, Some(altered), Some(expired), Some(revoked), Some(others_key), Some("' OR 1=1".to_owned())];
    let mut house = 0;
    for (method, rest) in DOORS {
        for key in &keys {
            house += 1;
            let stranger = || shop.shopper().at_address(&format!("198.51.{}.{}", house / 200, house % 200));
            let (known, missing) = (stranger(), stranger());
            if let Some(key) = key {
                known.set_cookie("order_key", key);
            }
            let there = knock(&known, method, &format!("{}{rest}", page_of(&order))).await;
            let nowhere = knock(&missing, method, &format!("/orders/{unknown}{rest}")).await;
            assert_eq!(there.status, StatusCode::NOT_FOUND, "{method} {rest} {key:?}");
            assert_eq!(refusal(&there), refusal(&nowhere), "{method} {rest} {key:?}");
            assert!(!there.text.contains("Aoife") && !there.text.contains("Rathmines"));
        }
    }
    assert_eq!(shop.count("SELECT count(*) FROM orders WHERE state = 'confirmed'"), 2, "nothing was done");
}

#[actix_web::test]
async fn another_shopper_and_another_customer_see_nothing() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let other = shopper_with_basket(&shop).await;
    assert_eq!(other.get(&page_of(&order)).await.status, StatusCode::NOT_FOUND);
    shop.change(
        "INSERT INTO customers (id, email, password_hash, made_at) VALUES
        ('00000000-0000-0000-0000-00000000000a', 'a@example.com', 'x', now());
        UPDATE orders SET customer_id = '00000000-0000-0000-0000-00000000000a'; NOTIFY changed, 'catalog'",
    );
    assert_eq!(other.get(&page_of(&order)).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_link_opens_the_order_anywhere_and_shows_less() {
    let shop = TestShop::demo();
    let (owner, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let elsewhere = shop.shopper().at_address("198.51.100.9");
    let page = elsewhere.get(&link(&shop, &order)).await;
    assert_eq!(
        (page.status, page.location.as_deref()),
        (StatusCode::SEE_OTHER, Some(page_of(&order).as_str()))
    );
    let cookie = page.header("set-cookie");
    assert!(cookie.contains(&format!("Path={}", page_of(&order))) && cookie.contains("HttpOnly"), "{cookie}");
    let page = elsewhere.get(&page_of(&order)).await;
    page.must_say("Order confirmed. We come");
    page.must_say("Rathmines, D06");
    let receipt = elsewhere.get(&format!("{}/receipt", page_of(&order))).await;
    let contact = aoife();
    for secret in
        [&contact.name, &contact.email, &contact.phone, &contact.line, &contact.note, &contact.gate_code]
    {
        for shown in [&page, &receipt] {
            assert!(!shown.text.contains(secret.as_str()), "{secret} is shown by link");
        }
    }
    assert!(!page.text.contains("new-password"), "an account is offered to the owner alone");
    assert_eq!(
        elsewhere
            .post(&format!("{}/account", page_of(&order)), &[("password", "three words here")])
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    owner.get(&format!("{}/receipt", page_of(&order))).await.must_say(&contact.line);
}

#[actix_web::test]
async fn a_revoked_link_closes_what_it_had_opened() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let elsewhere = shop.shopper().at_address("198.51.100.9");
    elsewhere.get(&link(&shop, &order)).await;
    assert_eq!(elsewhere.get(&page_of(&order)).await.status, StatusCode::OK);
    orders::revoke_links(&mut shop.conn(), order.id, shop.clock.now()).expect("revoked");
    assert_eq!(elsewhere.get(&page_of(&order)).await.status, StatusCode::NOT_FOUND);
    let elsewhere = shop.shopper().at_address("198.51.100.10");
    elsewhere.get(&link(&shop, &order)).await;
    shop.clock.advance(Duration::days(orders::LINK_DAYS));
    assert_eq!(elsewhere.get(&page_of(&order)).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn a_number_as_people_write_it_leads_to_the_one_address() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let small = order.number.to_string().to_lowercase().replace('-', "%20");
    let answer = shopper.get(&format!("/orders/{small}")).await;
    assert_eq!(answer.location.as_deref(), Some(page_of(&order).as_str()));
    assert_eq!(shopper.get("/orders/7K3M-9QX").await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn guessing_numbers_is_limited_and_the_owner_is_not() {
    let shop = TestShop::demo();
    let (owner, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let stranger = shop.shopper().at_address("192.0.2.7");
    let mut last = StatusCode::OK;
    for _ in 0..25 {
        last = stranger.get(&format!("/orders/{}", OrderNumber::random())).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let refused = stranger.get(&page_of(&order)).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(owner.get(&page_of(&order)).await.status, StatusCode::OK, "from the same address");
}

#[actix_web::test]
async fn a_browser_that_is_refused_is_known_the_next_time() {
    let shop = TestShop::demo();
    let (owner, order) = ordered(&shop, PayBy::CashAtDoor).await;
    assert_eq!(owner.get(&page_of(&order)).await.status, StatusCode::OK);
    assert_eq!(owner.cookie("device"), None, "who is not refused has no need of it");
    for (house, (method, rest)) in (1..).zip(DOORS) {
        let stranger = shop.shopper().at_address(&format!("203.0.113.{house}"));
        let refused = knock(&stranger, method, &format!("{}{rest}", page_of(&order))).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND);
        assert!(stranger.cookie("device").is_some(), "{method} {rest}");
    }
    shop.conn().batch_execute("DELETE FROM throttles").expect("forgotten");
    // One browser, from ever other addresses: only its cookie tells that it is one.
    let (mut device, mut last) = (None::<String>, StatusCode::OK);
    for i in 0..11 {
        let moving = shop.shopper().at_address(&format!("198.51.100.{i}"));
        if let Some(device) = &device {
            moving.set_cookie("device", device);
        }
        last = moving.post("/track", &[("number", "7K3M-9QX2"), ("contact", "123456")]).await.status;
        assert!(moving.cookie("device").is_some());
        device = device.or_else(|| moving.cookie("device"));
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    let new = shop.shopper().at_address("198.51.100.1");
    let tries = async || new.post("/track", &[("number", "7K3M-9QX2"), ("contact", "123456")]).await.status;
    assert_eq!(tries().await, StatusCode::UNPROCESSABLE_ENTITY, "another browser is another one");
}

// ---------- found by its number ----------

#[actix_web::test]
async fn an_order_is_found_by_its_number_and_mail_or_phone() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let number = order.number.to_string().to_lowercase();
    for (i, contact) in [" AOIFE@example.com", "086 123 4567", "00353861234567"].iter().enumerate() {
        let shopper = shop.shopper().at_address(&format!("198.51.100.{i}"));
        assert_eq!(shopper.get("/track").await.status, StatusCode::OK);
        let page = shopper.submit("/track", &[("number", &number), ("contact", contact)]).await;
        page.must_say("Order confirmed. We come");
        page.must_not_say("14 Leinster Road");
    }
}

#[actix_web::test]
async fn a_wrong_number_and_a_wrong_contact_are_answered_alike_and_limited() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let (number, unknown) = (order.number.to_string(), OrderNumber::random().to_string());
    let stranger = shop.shopper().at_address("198.51.100.20");
    let ask = |number: String, contact: &'static str| {
        let stranger = &stranger;
        async move { stranger.post("/track", &[("number", &number), ("contact", contact)]).await }
    };
    let wrong_contact = ask(number.clone(), "else@example.com").await;
    let wrong_number = ask(unknown.clone(), "else@example.com").await;
    assert_eq!(wrong_contact.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong_contact.text.replace(&number, "N"), wrong_number.text.replace(&unknown, "N"));
    wrong_contact.must_say("We found no order with this number and this mail address or phone number.");
    let mut last = wrong_number.status;
    for _ in 0..25 {
        last = ask(number.clone(), "123").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(number, "aoife@example.com").await.status, StatusCode::TOO_MANY_REQUESTS);
}

// ---------- coming back from the gateway ----------

#[actix_web::test]
async fn who_comes_back_from_the_bank_is_led_to_the_order() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Redirect).await;
    let back = format!("{}/return?payment_intent=pi_1&redirect_status=succeeded", page_of(&order));
    let answer = shopper.get(&back).await;
    assert_eq!(
        (answer.status, answer.location.as_deref()),
        (StatusCode::SEE_OTHER, Some(page_of(&order).as_str()))
    );
    shop.change(&format!(
        "DELETE FROM basket_lines WHERE basket_id = '{}'; NOTIFY changed, 'catalog'",
        basket_of(&shop, &shopper)
    ));
    assert_eq!(
        shopper.get(&back).await.location.as_deref(),
        Some(page_of(&order).as_str()),
        "with the basket gone"
    );
}

#[actix_web::test]
async fn in_another_browser_the_way_back_says_the_same_of_every_number() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop, PayBy::Redirect).await;
    let elsewhere = shop.shopper().at_address("198.51.100.30");
    let known = elsewhere.get(&format!("{}/return", page_of(&order))).await;
    let unknown = elsewhere.get(&format!("/orders/{}/return", OrderNumber::random())).await;
    assert_eq!(known.status, StatusCode::NOT_FOUND);
    known.must_say("Your payment is being looked at");
    known.must_say("Open the link in your mail");
    assert_eq!(known.text, unknown.text);
    for _ in 0..25 {
        elsewhere.get(&format!("/orders/{}/return", OrderNumber::random())).await;
    }
    let known = elsewhere.get(&format!("{}/return", page_of(&order))).await;
    assert_eq!((known.status, known.text), (StatusCode::NOT_FOUND, unknown.text), "however often");
}

#[actix_web::test]
async fn whoever_looks_again_and_again_lets_the_gateway_have_its_peace() {
    let (shop, bank) = Bank::with_shop();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    let look = format!("{}/return", page_of(&order));
    let led = shopper.post(&format!("{}/payments", page_of(&order)), &[("way", "redirect:paypal")]).await;
    let intent = led.location.as_deref().and_then(|to| to.rsplit('/').next()).expect("an intent").to_owned();
    assert_eq!(shopper.get(&look).await.location.as_deref(), Some(page_of(&order).as_str()));
    bank.says(&intent, "approve");
    shop.clock.advance(Duration::milliseconds(2_900));
    assert_eq!(shopper.get(&look).await.location.as_deref(), Some(page_of(&order).as_str()));
    shopper.get(&page_of(&order)).await.must_say("Your payment waits for your approval");
    shop.clock.advance(Duration::milliseconds(100));
    assert_eq!(shopper.get(&look).await.location.as_deref(), Some(page_of(&order).as_str()));
    shopper.get(&page_of(&order)).await.must_say("Order confirmed");
}

// ---------- what can be done ----------

#[actix_web::test]
async fn everything_that_is_there_goes_back_into_the_basket_and_the_rest_is_named() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    shop.clock.advance(Duration::minutes(31));
    cancel(&shop, &order, CancelledWhy::Unpaid);
    shopper.wants("DE-MIL-001", "2").await;
    shop.change("UPDATE stock SET on_hand = held + 4 WHERE product_id = (SELECT id FROM products WHERE sku = 'PP-PAS-001')");
    let page = shopper.submit(&format!("{}/basket", page_of(&order)), &[]).await;
    page.must_say("16 of 18 items are in your basket");
    page.must_say("4 of 6 in your basket: there are no more");
    let in_basket = "SELECT sum(quantity) FROM basket_lines";
    assert_eq!(shop.count(in_basket), 16, "twelve of milk, not fourteen");
    shopper.submit(&format!("{}/basket", page_of(&order)), &[]).await;
    assert_eq!(shop.count(in_basket), 16, "a second time adds nothing");
}

#[actix_web::test]
async fn a_receipt_adds_up_by_line_and_by_rate() {
    let shop = TestShop::demo();
    shop.change(
        "INSERT INTO coupons (code, label, percent, starts_at, ends_at) VALUES
        ('TENTH', 'A tenth', 10, '2026-01-01', '2027-01-01'); NOTIFY changed, 'catalog'",
    );
    let shopper = shopper_with_basket(&shop).await;
    for (sku, quantity) in [("DE-CHE-001", "3"), ("AB-BEE-004", "2")] {
        shopper.wants(sku, quantity).await;
    }
    let order = place(&shop, &shopper, PayBy::CashAtDoor, Some("TENTH")).order;
    let lines = orders::lines(&mut shop.conn(), order.id).expect("lines");
    let rows = tracker::tax_rows(&order, &lines);
    assert!(rows.len() >= 2, "more than one rate: {rows:?}");
    let sum = |of: fn(&tracker::TaxRow) -> Money| rows.iter().map(of).sum::<Money>();
    assert_eq!(sum(|r| r.gross), order.total_cents);
    assert_eq!(sum(|r| r.net) + sum(|r| r.tax), order.total_cents);
    let goods: Money = lines.iter().map(|l| l.sum_cents).sum();
    assert_eq!(goods + order.fee_cents, order.total_cents);
    let receipt = shopper.get(&format!("{}/receipt", page_of(&order))).await;
    receipt.must_say("Voucher TENTH, A tenth");
    receipt.must_say(&format!("All {} {} {}", sum(|r| r.net), sum(|r| r.tax), order.total_cents));
    receipt.must_say("SmartShop, Dublin, Ireland");
}

#[actix_web::test]
async fn it_is_a_summary_until_the_money_is_settled_and_then_a_receipt() {
    let shop = TestShop::demo().with("SMARTSHOP_SHOP_VAT_NUMBER", "IE1234567T");
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let paper = format!("{}/receipt", page_of(&order));
    shopper.get(&page_of(&order)).await.must_say("Order summary");
    let summary = shopper.get(&paper).await;
    summary.must_say(&format!("Order summary for order {} · SmartShop", order.number));
    summary.must_say("Placed Tue 24 Nov 2026, 14:20 Delivery Tue 24 Nov 2026, 18:00–20:00");
    summary.must_say("VAT number IE1234567T");
    assert!(!summary.text.contains("Receipt"), "nothing has been paid");
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let paid = lifecycle::settle_at_door(conn, order.id, order.total_cents, PayBy::CashAtDoor, STAFF, now);
    paid.expect("paid at the door");
    shopper.get(&page_of(&order)).await.must_not_say("Order summary");
    let receipt = shopper.get(&paper).await;
    receipt.must_say(&format!("Receipt for order {} · SmartShop", order.number));
    receipt.must_say(&format!("{} paid at the door on Tue 24 Nov 2026, 14:20.", order.total_cents));
}

#[actix_web::test]
async fn what_is_charged_at_once_has_its_receipt_at_once_unless_the_scales_decide() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Redirect).await;
    settle(&shop, &order, IntentStatus::Succeeded);
    shopper.get(&format!("{}/receipt", page_of(&order))).await.must_say("Receipt for order");
    let shopper = shopper_with_basket(&shop).await;
    shopper.wants("DE-CHE-001", "3").await;
    let weighed = place(&shop, &shopper, PayBy::Redirect, None).order;
    settle(&shop, &weighed, IntentStatus::Succeeded);
    shopper.get(&format!("{}/receipt", page_of(&weighed))).await.must_say("Order summary for order");
}

#[actix_web::test]
async fn the_list_shows_each_order_of_this_browser_with_its_state() {
    let shop = TestShop::demo();
    let shopper = shopper_with_basket(&shop).await;
    shopper.get("/orders").await.must_say("No orders in this browser yet");
    let mut placed = Vec::new();
    for i in 0..12 {
        if i > 0 {
            shopper.wants("BB-FBR-008", "15").await;
            shop.clock.advance(Duration::seconds(2));
        }
        let by = if i % 2 == 0 { PayBy::CashAtDoor } else { PayBy::Card };
        placed.push(place(&shop, &shopper, by, None).order);
    }
    settle(&shop, &placed[9], IntentStatus::RequiresPaymentMethod);
    cancel(&shop, &placed[10], CancelledWhy::Customer);
    let page = shopper.get("/orders").await;
    assert_eq!(page.text.matches("<article").count(), 10);
    page.must_say("Checking your payment");
    page.must_say("Not paid yet");
    page.must_say("Cancelled");
    page.must_say("Confirmed");
    let older = page.all_after("href=\"/orders?before=").pop().expect("a way on");
    let rest = shopper.get(&format!("/orders?before={older}")).await;
    assert_eq!(rest.text.matches("<article").count(), 2);
    rest.must_say(placed[0].number.as_ref());
    shop.shopper().get("/orders").await.must_say("No orders in this browser yet");
}

#[actix_web::test]
async fn an_account_needs_a_password_alone() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let account = format!("{}/account", page_of(&order));
    let page = shopper.submit(&account, &[("password", "short")]).await;
    page.must_say("This password is too short.");
    assert_eq!(shop.count("SELECT count(*) FROM sign_ups"), 0);
    let page = shopper.submit(&account, &[("password", "three short words")]).await;
    page.must_say("Look into your mail: one press in the letter we sent you");
    assert_eq!(
        shop.text("SELECT email || ' ' || line || ' ' || eircode FROM sign_ups"),
        "aoife@example.com 14 Leinster Road D06 X4P7"
    );
}

// ---------- letters ----------

fn recorded(shop: &TestShop, order: &Order, kind: &str) -> events::Recorded {
    let history = events::history(&mut shop.conn(), order.id.0).expect("a history");
    history.into_iter().rfind(|r| r.event.kind() == kind).unwrap_or_else(|| panic!("no {kind}"))
}

fn deliver(shop: &TestShop, recorded: &events::Recorded) -> bool {
    let desk = Desk::new(&shop.state().shop.app.config);
    notifications::deliver(&mut shop.conn(), &desk, recorded, shop.clock.now()).expect("delivered")
}

#[actix_web::test]
async fn a_confirmed_order_is_written_about_once_however_often_it_is_told() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop, PayBy::CashAtDoor).await;
    let event = recorded(&shop, &order, "order_confirmed");
    assert!(deliver(&shop, &event));
    for _ in 0..3 {
        assert!(!deliver(&shop, &event), "a replay sends nothing");
    }
    assert_eq!(shop.count("SELECT count(*) FROM order_links"), 1, "and leaves no link that nobody has");
    shop.send_mail();
    let letters = shop.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].subject, format!("Order {} confirmed: Tue 24 Nov, 18:00–20:00", order.number));
    assert_eq!(letters[0].to, "aoife@example.com");
    for (kind, body) in [("text", &letters[0].text), ("html", &letters[0].html)] {
        let body = body.replace("&#38;", "&");
        for words in [
            "Order confirmed. We come",
            "Tue 24 Nov, 18:00–20:00",
            "due at the door, in cash",
            "Whole Milk",
            "VAT 0 %",
            "Rathmines, D06",
        ] {
            assert!(body.contains(words), "{kind} does not say {words}:\n{body}");
        }
        assert!(!body.contains("14 Leinster Road") && !body.contains("123 4567"), "{kind}");
        let key = body.split("?key=").nth(1).expect("a link").split(['"', '\n', ' ']).next().expect("a key");
        let elsewhere = shop.shopper().at_address("198.51.100.40");
        let opened = elsewhere.get(&format!("{}?key={key}", page_of(&order))).await;
        assert_eq!(opened.status, StatusCode::SEE_OTHER, "{kind}: {key}");
    }
    for body in [&letters[0].text, &letters[0].html] {
        for words in [
            "It can be cancelled for free until it is handed to the rider, about Tue 24 Nov, 17:30, on its page.",
            "You can change what is in it until about Tue 24 Nov, 17:",
            "Its page shows when your rider sets out.",
        ] {
            assert!(body.contains(words), "as it is true tomorrow, too, not {words}:\n{body}");
        }
        assert!(!body.contains("You see here"), "a letter is not the page:\n{body}");
    }
    assert!(
        letters[0].text.starts_with("Order confirmed. We come Tue 24 Nov, 18:00–20:00."),
        "the first line is the answer:\n{}",
        letters[0].text
    );
}

#[actix_web::test]
async fn what_is_overtaken_is_not_written() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop, PayBy::CashAtDoor).await;
    cancel(&shop, &order, CancelledWhy::Customer);
    assert!(!deliver(&shop, &recorded(&shop, &order, "order_confirmed")));
    assert!(deliver(&shop, &recorded(&shop, &order, "order_cancelled")));
    shop.send_mail();
    let letter = shop.letters().pop().expect("a letter");
    assert_eq!(letter.subject, format!("Order {} cancelled: you cancelled this order", order.number));
    assert!(letter.text.contains("On Tue 24 Nov, 14:20. Nothing of it will be brought."), "{}", letter.text);
}

#[actix_web::test]
async fn a_refund_that_is_done_has_its_own_letter() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop, PayBy::Redirect).await;
    settle(&shop, &order, IntentStatus::Succeeded);
    cancel(&shop, &order, CancelledWhy::Customer);
    refund_says(&shop, &order, RefundedStatus::Succeeded);
    assert!(deliver(&shop, &recorded(&shop, &order, "refund_succeeded")));
    shop.send_mail();
    let letter = shop.letters().pop().expect("a letter");
    assert_eq!(letter.subject, format!("Order {}: {} has gone back to you", order.number, order.total_cents));
    assert!(
        letter.text.starts_with(&format!("{} has gone back to PayPal.", order.total_cents)),
        "{}",
        letter.text
    );
    assert!(letter.text.contains("It left us on Tue 24 Nov, 14:20."), "{}", letter.text);
}

// ---------- live ----------

#[actix_web::test]
async fn an_open_page_hears_within_two_seconds_what_another_instance_did() {
    let shop = TestShop::demo();
    let other = shop.another();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    other.state();
    let there = shopper.moves_to(&other);
    let mut stream = there.listen(&format!("{}/live", page_of(&order))).await;
    let version = |shop: &TestShop| events::version(&mut shop.conn(), order.id.0).expect("a version");
    let first = stream.next().await;
    assert!(first.contains(&format!("event: order\ndata: {}\n\n", version(&shop))), "{first}");
    assert_eq!(other.state().shop.app.changes.watched(), 1);
    let begun = std::time::Instant::now();
    settle(&shop, &order, IntentStatus::RequiresCapture);
    let news = stream.next().await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(news.contains("event: order"), "{news}");
    drop(stream);
    wait_for("the stream to be forgotten", || other.state().shop.app.changes.watched() == 0);
    assert_eq!(other.state().streams.count(), 0);
}

#[actix_web::test]
async fn an_address_has_only_so_many_streams_and_none_outlives_the_shop() {
    let shop = TestShop::demo().with("SMARTSHOP_STREAMS_AT_ONCE", "2");
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    let path = format!("{}/live", page_of(&order));
    let (mut one, _two) = (shopper.listen(&path).await, shopper.listen(&path).await);
    one.next().await;
    assert_eq!(shopper.get(&path).await.status, StatusCode::TOO_MANY_REQUESTS);
    shop.state().shop.app.changes.stop_watching();
    // Word of how the order began may still be on its way.
    let mut last = one.next().await;
    if last.starts_with("event: order") {
        last = one.next().await;
    }
    assert_eq!(last, "", "it ends");
}

// ---------- hostile input ----------

#[actix_web::test]
async fn whatever_is_sent_is_answered_in_words() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Card).await;
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    let page = page_of(&order);
    let long = "9".repeat(5_000);
    let hostile = [
        "",
        " ",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "\0",
        "\r\nSet-Cookie: x=y",
        "../..",
        "-1",
        "\u{202E}x",
        "日本",
        "redirect:",
        "redirect:../",
        &long,
    ];
    for value in hostile {
        let v = encode(value);
        let mut answers = Vec::new();
        for path in [
            format!("/orders/{v}"),
            format!("{page}?key={v}"),
            format!("/orders?before={v}"),
            format!("/orders/{v}/live"),
            format!("/orders/{v}/return"),
        ] {
            answers.push((path.clone(), shop.shopper().at_address("203.0.113.1").get(&path).await));
        }
        let forms: [(&str, &[(&str, &str)]); 4] = [
            ("/payments", &[("way", value), ("method", value), ("brand", value), ("last4", value)]),
            ("/payments", &[("way", "card"), ("method", value), ("brand", value), ("last4", value)]),
            ("/account", &[("password", value)]),
            ("/basket", &[("x", value)]),
        ];
        for (rest, form) in forms {
            answers.push((rest.to_owned(), shopper.post(&format!("{page}{rest}"), form).await));
        }
        answers
            .push(("/track".into(), shopper.post("/track", &[("number", value), ("contact", value)]).await));
        shopper.set_cookie("order_said", &v);
        answers.push(("said".into(), shopper.get(&page).await));
        for (path, answer) in answers {
            assert!(!answer.status.is_server_error(), "{path} {value:?}: {}", answer.status);
            assert!(!answer.text.contains("<script>alert"), "{path} {value:?}");
        }
    }
}

#[actix_web::test]
async fn forms_of_other_sites_are_refused() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor).await;
    for (_, rest) in DOORS.iter().filter(|(method, _)| *method == "POST") {
        let request = TestRequest::post()
            .uri(&format!("{}{rest}", page_of(&order)))
            .insert_header(("sec-fetch-site", "cross-site"))
            .set_form([("way", "cash_at_door")]);
        assert_eq!(shopper.send(request).await.status, StatusCode::FORBIDDEN, "{rest}");
    }
}
