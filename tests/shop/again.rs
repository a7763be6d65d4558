//! Paying once more after a refusal, with cards as they are typed: the gateway takes each for one try. And paying anew
//! for an order whose reservation has ended.

use crate::common::placing::{STAFF, aoife, nobody_of_the_demo_rides, page_of, place, shopper_with_basket};
use crate::common::{Answer, Bank, Shopper, TestShop};
use actix_web::http::StatusCode;
use chrono::Duration;
use diesel::prelude::*;
use smartshop::app::App;
use smartshop::cashier::{self, Outcome};
use smartshop::ids::AttemptId;
use smartshop::lifecycle::{self, HandedOver, PayError, Paying, Placed, Promised};
use smartshop::orders::Order;
use smartshop::payments::{self, Attempt, AttemptState, PayBy};
use smartshop::rebuild::rebuild;
use smartshop::worker;

/// Asks for approval until it is kept.
const ASKS: &str = "4000002500003155";
const POOR: &str = "4000000000009995";
const BROKEN: &str = "4000000000000119";
const GOOD: &str = "4242424242424242";

fn app(shop: &TestShop) -> App {
    shop.state().shop.app.clone()
}

/// What the gateway's frame makes of a card that is typed.
fn typed(bank: &Bank, number: &str) -> String {
    let card = [
        ("type", "card"),
        ("card[number]", number),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2034"),
        ("card[cvc]", "123"),
    ];
    let (status, made) = bank.post("payment_methods", &card);
    assert_eq!(status, 200, "{made}");
    made["id"].as_str().expect("a name").to_owned()
}

/// An order whose guest has typed this card.
async fn typed_at_checkout<'s>(shop: &'s TestShop, bank: &Bank, number: &str) -> (Shopper<'s>, Placed) {
    let shopper = shopper_with_basket(shop).await;
    let placed = place(shop, &shopper, PayBy::Card, None);
    let sql = "UPDATE payment_attempts SET gateway_method = $1 WHERE id = $2";
    diesel::sql_query(sql)
        .bind::<diesel::sql_types::Text, _>(typed(bank, number))
        .bind::<diesel::sql_types::Uuid, _>(placed.attempt.expect("a try").0)
        .execute(&mut shop.conn())
        .expect("their card");
    diesel::sql_query("UPDATE orders SET customer_id = (SELECT id FROM customers)")
        .execute(&mut shop.conn())
        .expect("they were signed in");
    (shopper, placed)
}

async fn pays(shop: &TestShop, attempt: Option<AttemptId>) -> Outcome {
    cashier::pay(&app(shop), attempt.expect("a try")).await
}

fn newest(shop: &TestShop, order: &Order) -> Attempt {
    payments::attempts_of(&mut shop.conn(), order.id).expect("db").pop().expect("a try")
}

fn intent_of(shop: &TestShop, order: &Order) -> String {
    newest(shop, order).intent.expect("an intent")
}

/// Which way is chosen on the page before anybody touches it.
fn chosen(page: &Answer) -> Vec<String> {
    let radios = page.all_after("<input type=\"radio\" name=\"way\" value=\"");
    let checked = |way: &&String| {
        let mark = format!("name=\"way\" value=\"{way}\"");
        let rest = page.text.split_once(&mark).expect("the radio").1;
        rest.split('>').next().expect("its end").contains(" checked")
    };
    radios.iter().filter(checked).cloned().collect()
}

fn offers(page: &Answer, way: &str) -> bool {
    page.text.contains(&format!("name=\"way\" value=\"{way}\""))
}

fn card(method: &str, last4: &'static str) -> [(&'static str, String); 5] {
    let form =
        [("way", "card"), ("method", method), ("brand", "visa"), ("last4", last4), ("expires", "12/34")];
    form.map(|(name, value)| (name, value.to_owned()))
}

async fn pays_again(shopper: &Shopper<'_>, order: &Order, form: &[(&str, String)]) -> Answer {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    shopper.post(&format!("{}/payments", page_of(order)), &form).await
}

#[actix_web::test]
async fn a_typed_card_that_was_not_approved_is_typed_again_and_pays() {
    let (shop, bank) = Bank::with_shop();
    let (shopper, placed) = typed_at_checkout(&shop, &bank, ASKS).await;
    let asked = pays(&shop, placed.attempt).await;
    assert!(matches!(asked, Outcome::Approve(_)), "{asked:?}");
    let waits = shopper.get(&page_of(&placed.order)).await;
    assert!(!offers(&waits, "same"), "nor while it waits: it is in use");
    bank.says(&intent_of(&shop, &placed.order), "refuse");
    cashier::look(&app(&shop), placed.order.id).await;
    let page = shopper.get(&page_of(&placed.order)).await;
    page.must_say("The payment was not approved with your bank");
    assert!(!offers(&page, "same"), "the gateway would refuse it for ever");
    assert_eq!(chosen(&page), ["card"], "what goes on is chosen");
    page.must_say("Type Visa ending 3155 again and approve it, or take another card.");

    // An old page's button is answered, and no bank is asked.
    let tries = shop.count("SELECT count(*) FROM payment_attempts");
    let old = pays_again(&shopper, &placed.order, &[("way", "same".to_owned())]).await;
    shopper.get(&old.location.expect("the page")).await.must_say("Choose one of the ways to pay below.");
    assert_eq!(shop.count("SELECT count(*) FROM payment_attempts"), tries, "nothing was tried");

    let again = pays_again(&shopper, &placed.order, &card(&typed(&bank, ASKS), "3155")).await;
    assert!(again.location.expect("where to approve").contains("/approve/"));
    bank.says(&intent_of(&shop, &placed.order), "approve");
    cashier::look(&app(&shop), placed.order.id).await;
    shopper.get(&page_of(&placed.order)).await.must_say("Order confirmed");
}

#[actix_web::test]
async fn no_refusal_of_a_typed_card_offers_it_again() {
    let (shop, bank) = Bank::with_shop();
    for (number, last4, hint) in
        [(POOR, "9995", None), (BROKEN, "0119", Some("Type Visa ending 4242 again, or take another card."))]
    {
        let (shopper, placed) = typed_at_checkout(&shop, &bank, number).await;
        let refused = pays(&shop, placed.attempt).await;
        assert!(matches!(refused, Outcome::Failed(_)), "{refused:?}");
        let page = shopper.get(&page_of(&placed.order)).await;
        assert!(!offers(&page, "same"), "{last4}");
        assert_eq!(chosen(&page), ["card"], "{last4}");
        page.must_say(hint.unwrap_or("Another card"));
        let other = pays_again(&shopper, &placed.order, &card(&typed(&bank, GOOD), "4242")).await;
        shopper.get(&other.location.expect("the page")).await.must_say("Order confirmed");
    }
}

#[actix_web::test]
async fn a_typed_card_that_the_gateway_never_saw_pays_at_the_second_press() {
    let (shop, bank) = Bank::with_shop();
    let (shopper, placed) = typed_at_checkout(&shop, &bank, GOOD).await;
    bank.mood(r#"{"broken_percent": 100}"#);
    assert_eq!(pays(&shop, placed.attempt).await, Outcome::Failed("gateway_down".into()));
    bank.mood("{}");
    let page = shopper.get(&page_of(&placed.order)).await;
    assert_eq!(chosen(&page), ["same"]);
    page.must_say("Visa ending 4242 again");
    let same = pays_again(&shopper, &placed.order, &[("way", "same".to_owned())]).await;
    shopper.get(&same.location.expect("the page")).await.must_say("Order confirmed");
    assert_eq!(bank.totals()[1], placed.order.maximum_cents.cents(), "reserved once");
}

#[actix_web::test]
async fn a_kept_card_that_was_refused_is_there_again() {
    let (shop, bank) = Bank::with_shop();
    let shopper = shop.shopper();
    shopper.post("/signup", &[("email", &aoife().email), ("password", "three green apples")]).await;
    shop.send_mail();
    let link = shop.link_in_letter_to(&aoife().email);
    shopper.submit(&link, &[]).await;
    let customer = smartshop::db::schema::customers::table
        .select(smartshop::db::schema::customers::id)
        .first(&mut shop.conn())
        .expect("Aoife");
    let card = typed(&bank, "4000002760003184");
    let kept = cashier::keep_card(&app(&shop), customer, None, card, |_, _| Ok(())).await.expect("kept");
    let cashier::Kept::Card(kept) = kept else { panic!("{kept:?}") };
    shopper.lives_at("D06").await;
    shopper.wants("DE-MIL-001", "18").await;
    let order = place(&shop, &shopper, PayBy::Card, None).order;
    diesel::sql_query("UPDATE orders SET customer_id = (SELECT id FROM customers)")
        .execute(&mut shop.conn())
        .expect("their order");
    diesel::sql_query("UPDATE payment_attempts SET gateway_method = $1, gateway_customer = $2")
        .bind::<diesel::sql_types::Text, _>(&kept.gateway_method)
        .bind::<diesel::sql_types::Text, _>(&kept.gateway_customer)
        .execute(&mut shop.conn())
        .expect("their card");
    pays(&shop, Some(newest(&shop, &order).id)).await;
    bank.says(&intent_of(&shop, &order), "refuse");
    cashier::look(&app(&shop), order.id).await;
    let page = shopper.get(&page_of(&order)).await;
    assert_eq!(chosen(&page), ["same"]);
    let led = pays_again(&shopper, &order, &[("way", "same".to_owned())]).await;
    assert!(led.location.expect("where to approve").contains("/approve/"));
    bank.says(&intent_of(&shop, &order), "approve");
    cashier::look(&app(&shop), order.id).await;
    shopper.get(&page_of(&order)).await.must_say("Order confirmed");
}

/// Moves an order by so much, as an incident would: nobody asks whether its card bears that.
fn moved_by_the_shop(shop: &TestShop, order: &Order, by: Duration) {
    let (starts, ends) = (order.window_starts_at + by, order.window_ends_at + by);
    let promised = Promised { starts, ends, who: "incident", why: "snow" };
    lifecycle::promise(&mut shop.conn(), order.id, &promised, STAFF, shop.clock.now()).expect("moved");
}

/// An order by card for today that was moved by nine days, a day before what is reserved for it ends.
async fn ends_too_soon<'s>(shop: &'s TestShop, bank: &Bank) -> (Shopper<'s>, Placed) {
    let (shopper, placed) = typed_at_checkout(shop, bank, GOOD).await;
    assert_eq!(pays(shop, placed.attempt).await, Outcome::Authorised);
    moved_by_the_shop(shop, &placed.order, Duration::days(9));
    shop.clock.advance(Duration::hours(6 * 24 + 1));
    cashier::renew_ending(&app(shop)).await.expect("db");
    (shopper, placed)
}

/// The gateway lets go of what nobody has captured in time, and says so.
async fn reservation_ends(shop: &TestShop, bank: &Bank, placed: &Placed) {
    let intent = intent_of_first(shop, placed);
    shop.clock.advance(Duration::hours(25));
    let word = bank.word("payment_intent.canceled", &intent);
    // It is signed by the gateway's clock, which is the shop's.
    assert_eq!(word.comes_to(shop).await, StatusCode::OK);
}

fn intent_of_first(shop: &TestShop, placed: &Placed) -> String {
    let first = payments::attempt(&mut shop.conn(), placed.attempt.expect("a try")).expect("a try");
    first.intent.expect("an intent")
}

/// Subjects of the letters that have left by the time that a while has passed.
async fn letters_after(shop: &TestShop, passed: Duration) -> Vec<String> {
    shop.clock.advance(passed);
    worker::work_outbox(&app(shop)).await.expect("the outbox");
    while shop.send_mail() > 0 {}
    shop.letters().into_iter().map(|letter| letter.subject).collect()
}

fn about(subjects: &[String], words: &str) -> usize {
    subjects.iter().filter(|subject| subject.contains(words)).count()
}

fn holds(shop: &TestShop) -> (i64, i64, String) {
    (
        shop.count("SELECT coalesce(sum(units), 0)::bigint FROM stock_holds"),
        shop.count("SELECT count(*) FROM window_holds WHERE order_id IS NOT NULL"),
        shop.text("SELECT state FROM orders"),
    )
}

fn proved_by_the_log(shop: &TestShop) {
    let report = rebuild(&mut shop.conn()).expect("a rebuild");
    assert!(report.agrees(), "{report}");
}

#[actix_web::test]
async fn a_reservation_that_has_ended_is_told_paid_anew_and_captured() {
    let (shop, bank) = Bank::with_shop();
    nobody_of_the_demo_rides(&shop);
    let (shopper, placed) = ends_too_soon(&shop, &bank).await;
    let (page, number) = (page_of(&placed.order), &placed.order.number);
    let before = holds(&shop);
    reservation_ends(&shop, &bank, &placed).await;
    let letters = letters_after(&shop, Duration::minutes(1)).await;
    assert_eq!(about(&letters, &format!("Pay anew: order {number}")), 1, "{letters:?}");
    let seen = shopper.get(&page).await;
    seen.must_say("The reservation on your card has ended");
    seen.must_say("Pay anew: nothing has been charged.");
    seen.must_say("Your order stays confirmed");
    seen.must_not_say("Order confirmed. We come");
    assert!(!offers(&seen, "same") && offers(&seen, "card") && offers(&seen, "cash_at_door"));
    shopper.get("/orders").await.must_say("To be paid anew");
    assert_eq!(holds(&shop), before, "nothing is given away");

    let declined = pays_again(&shopper, &placed.order, &card(&typed(&bank, POOR), "9995")).await;
    let seen = shopper.get(&declined.location.expect("the page")).await;
    seen.must_say("There is not enough money on this card");
    seen.must_say("Your order stays confirmed");
    let led = pays_again(&shopper, &placed.order, &card(&typed(&bank, ASKS), "3155")).await;
    assert!(led.location.expect("where to approve").contains("/approve/"));
    shopper.get(&page).await.must_say("Your payment waits for your approval");
    bank.says(&intent_of(&shop, &placed.order), "approve");
    cashier::look(&app(&shop), placed.order.id).await;
    shopper.get(&page).await.must_say("Order confirmed");
    let twice = pays_again(&shopper, &placed.order, &card(&typed(&bank, GOOD), "4242")).await;
    shopper.get(&twice.location.expect("the page")).await.must_say("This order is paid already.");
    assert_eq!(holds(&shop), before);
    assert_eq!(bank.totals()[1], placed.order.maximum_cents.cents(), "reserved once");
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    lifecycle::ask_capture(conn, placed.order.id, placed.order.total_cents, STAFF, now).expect("asked");
    worker::work_outbox(&app(&shop)).await.expect("the outbox");
    assert_eq!(bank.totals()[2], placed.order.total_cents.cents());
    proved_by_the_log(&shop);
}

#[actix_web::test]
async fn a_reservation_that_ends_before_it_is_brought_is_told_once_and_replaced() {
    let (shop, bank) = Bank::with_shop();
    nobody_of_the_demo_rides(&shop);
    let (shopper, placed) = ends_too_soon(&shop, &bank).await;
    let (page, number) = (page_of(&placed.order), &placed.order.number);
    for _ in 0..3 {
        let letters = letters_after(&shop, Duration::minutes(61)).await;
        assert_eq!(about(&letters, &format!("Pay anew: order {number}")), 1, "{letters:?}");
        assert_eq!(cashier::renew_ending(&app(&shop)).await.expect("db"), 0, "no renewal can help");
    }
    let seen = shopper.get(&page).await;
    seen.must_say("The reservation on your card ends before we come");
    seen.must_say("Nothing has been charged.");
    let paid = pays_again(&shopper, &placed.order, &card(&typed(&bank, GOOD), "4242")).await;
    let seen = shopper.get(&paid.location.expect("the page")).await;
    seen.must_not_say("ends before we come");
    worker::work_outbox(&app(&shop)).await.expect("the outbox");
    assert_eq!(bank.totals()[1], placed.order.maximum_cents.cents(), "the old one was let go");
    let stands = payments::standing_attempt(&mut shop.conn(), placed.order.id).expect("db").expect("a try");
    assert!(Some(stands.id) != placed.attempt && stands.state == AttemptState::Authorised);
    let letters = letters_after(&shop, Duration::minutes(1)).await;
    assert_eq!(about(&letters, "Pay anew"), 1, "no second one about it");
    proved_by_the_log(&shop);
}

#[actix_web::test]
async fn what_is_paid_anew_for_a_later_day_is_kept_for_its_renewal() {
    let (shop, bank) = Bank::with_shop();
    let (shopper, placed) = ends_too_soon(&shop, &bank).await;
    moved_by_the_shop(&shop, &placed.order, Duration::days(15));
    let paid = pays_again(&shopper, &placed.order, &card(&typed(&bank, GOOD), "4242")).await;
    assert_eq!(paid.status, StatusCode::SEE_OTHER);
    let first = newest(&shop, &placed.order);
    assert!(first.state == AttemptState::Authorised && first.gateway_customer.is_some(), "{first:?}");
    shop.clock.advance(Duration::hours(6 * 24 + 1));
    assert_eq!(cashier::renew_ending(&app(&shop)).await.expect("db"), 1);
    let stands = payments::standing_attempt(&mut shop.conn(), placed.order.id).expect("db").expect("a try");
    assert!(stands.id != first.id && stands.state == AttemptState::Authorised, "{stands:?}");
}

#[actix_web::test]
async fn what_was_reserved_may_be_paid_at_the_door_instead() {
    let (shop, bank) = Bank::with_shop();
    nobody_of_the_demo_rides(&shop);
    let (shopper, placed) = ends_too_soon(&shop, &bank).await;
    reservation_ends(&shop, &bank, &placed).await;
    let cash = pays_again(&shopper, &placed.order, &[("way", "cash_at_door".to_owned())]).await;
    let seen = shopper.get(&cash.location.expect("the page")).await;
    seen.must_say("Order confirmed");
    seen.must_say("due at the door, in cash");
    assert_eq!(
        shop.count("SELECT count(*) FROM events WHERE kind = 'order_confirmed'"),
        1,
        "it was all along"
    );
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let asked = lifecycle::ask_capture(conn, placed.order.id, placed.order.total_cents, STAFF, now);
    assert!(matches!(asked, Ok(HandedOver::AtDoor)), "{asked:?}");
    proved_by_the_log(&shop);
}

#[actix_web::test]
async fn of_two_who_pay_anew_at_once_one_does() {
    let (shop, bank) = Bank::with_shop();
    let (_, placed) = ends_too_soon(&shop, &bank).await;
    let now = shop.clock.now();
    let paying = |method: &str| Paying {
        by: PayBy::Card,
        gateway_method: Some(method.to_owned()),
        gateway_customer: None,
        label: "Visa".into(),
    };
    let (one, other) = (paying("pm_card_visa"), paying("pm_card_mastercard"));
    let id = placed.order.id;
    let (first, second) = shop.at_once(
        id,
        |conn| lifecycle::start_attempt(conn, id, &one, now),
        |conn| lifecycle::start_attempt(conn, id, &other, now),
    );
    let begun = first.expect("the first one begins").expect("a try");
    assert!(matches!(second, Err(PayError::StillOpen(open)) if open == begun), "{second:?}");
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'payment_replaced'"), 1);
}

fn window(shop: &TestShop, order: &Order, from_days: i64, to_days: i64) -> i64 {
    let at = |days| (shop.clock.now() + Duration::days(days)).to_rfc3339();
    shop.count(&format!(
        "SELECT id FROM delivery_windows WHERE zone_id = (SELECT zone_id FROM delivery_windows WHERE id = {})
             AND starts_at > '{}' AND ends_at < '{}' AND taken < capacity ORDER BY starts_at LIMIT 1",
        order.window_id,
        at(from_days),
        at(to_days)
    ))
}

#[actix_web::test]
async fn an_order_is_not_moved_beyond_what_is_reserved_for_it() {
    let (shop, bank) = Bank::with_shop();
    let (shopper, placed) = typed_at_checkout(&shop, &bank, GOOD).await;
    assert_eq!(pays(&shop, placed.attempt).await, Outcome::Authorised);
    let choose = format!("{}/window", page_of(&placed.order));
    let (near, beyond) = (window(&shop, &placed.order, 5, 6), window(&shop, &placed.order, 6, 7));
    let full = (shop.clock.now() + Duration::days(5)).to_rfc3339();
    diesel::sql_query(format!("UPDATE delivery_windows SET taken = capacity WHERE starts_at < '{full}'"))
        .execute(&mut shop.conn())
        .expect("full");
    let seen = shopper.get(&choose).await;
    seen.must_say("it can come until Mon 30 Nov, 14:20.");
    let offered = seen.all_after("<option value=\"");
    assert!(offered.contains(&near.to_string()) && !offered.contains(&beyond.to_string()), "{offered:?}");
    let id = |window: i64| window.to_string();
    let refused = shopper.submit(&choose, &[("window", &id(beyond))]).await;
    refused.must_say("What is reserved on your card does not last until then");
    shopper.submit(&choose, &[("window", &id(near))]).await.must_say("Your new time is kept for you.");

    // Nothing of the kind binds what is paid at the door; only how far ahead one may choose.
    let other = shopper_with_basket(&shop).await;
    let order = place(&shop, &other, PayBy::CashAtDoor, None).order;
    let choose = format!("{}/window", page_of(&order));
    other.get(&choose).await.must_not_say("did not keep it");
    let far = window(&shop, &order, 8, 13);
    other.submit(&choose, &[("window", &id(far))]).await.must_say("That time cannot be chosen any more.");
    other.submit(&choose, &[("window", &id(beyond))]).await.must_say("Your new time is kept for you.");
}
