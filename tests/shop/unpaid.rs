//! A payment that comes to nothing is told: in the answer to whoever has just pressed, else by letter.

use crate::common::placing::{place, settle, shopper_with_basket};
use crate::common::{Bank, TestShop};
use chrono::Duration;
use diesel::prelude::*;
use smartshop::app::App;
use smartshop::cashier::{self, Outcome};
use smartshop::ids::Actor;
use smartshop::lifecycle::{self, Paying, Placed};
use smartshop::orders::CancelledWhy;
use smartshop::outside::gateway::IntentStatus;
use smartshop::outside::mail::Kept;
use smartshop::payments::{PayBy, failure_words};
use smartshop::worker;

fn app(shop: &TestShop) -> App {
    shop.state().shop.app.clone()
}

async fn ordered(shop: &TestShop, by: PayBy) -> Placed {
    place(shop, &shopper_with_basket(shop).await, by, None)
}

/// Of another card than the one that is always good.
fn pays_with(shop: &TestShop, placed: &Placed, method: &str) {
    let of = placed.order.id;
    let sql = format!("UPDATE payment_attempts SET gateway_method = '{method}' WHERE order_id = '{of}'");
    diesel::sql_query(sql).execute(&mut shop.conn()).expect("another card");
}

/// What the worker and the postman have done by the time that a while has passed.
async fn after(shop: &TestShop, passed: Duration) -> Vec<Kept> {
    shop.clock.advance(passed);
    worker::work_outbox(&app(shop)).await.expect("the outbox");
    while shop.send_mail() > 0 {}
    shop.letters()
}

async fn in_a_minute(shop: &TestShop) -> Vec<Kept> {
    after(shop, Duration::seconds(50)).await
}

#[actix_web::test]
async fn a_payment_that_nobody_was_shown_failing_is_written_about_with_what_its_page_says() {
    let shop = TestShop::demo();
    let placed = ordered(&shop, PayBy::Card).await;
    settle(&shop, &placed.order, IntentStatus::Processing);
    shop.clock.advance(Duration::seconds(40));
    settle(&shop, &placed.order, IntentStatus::RequiresPaymentMethod);
    let letters = in_a_minute(&shop).await;
    assert_eq!(letters.len(), 1, "one letter");
    let (letter, number) = (&letters[0], &placed.order.number);
    assert_eq!(letter.subject, format!("Not paid yet: order {number}, kept until Tue 24 Nov, 14:50"));
    assert_eq!(letter.to, "aoife@example.com");
    let (cause, advice) = failure_words("insufficient_funds");
    assert!(letter.text.starts_with(cause), "the answer first:\n{}", letter.text);
    for (kind, body) in [("text", &letter.text), ("html", &letter.html)] {
        let told = [
            cause.trim_end_matches('.'),
            advice,
            "You have not been charged. Your things, and Tue 24 Nov, 18:00–20:00, are kept for you until Tue 24 Nov, 14:50.",
            &format!("Pay for order {number}"),
            "Without a payment by then the order is cancelled, and you pay nothing.",
        ];
        for words in told {
            assert!(body.contains(words), "{kind} does not say {words}:\n{body}");
        }
        assert!(!body.contains("14 Leinster Road") && !body.contains("123 4567"), "{kind}");
        let key = body.split("?key=").nth(1).expect("a link").split(['"', '\n', ' ']).next().expect("a key");
        let elsewhere = shop.shopper().at_address("198.51.100.40");
        elsewhere.get(&format!("/orders/{number}?key={key}")).await;
        elsewhere.get(&format!("/orders/{number}")).await.must_say(cause.trim_end_matches('.'));
    }
    assert_eq!(in_a_minute(&shop).await.len(), 1, "and once");
    assert_eq!(shop.text("SELECT detail ->> 'about' FROM events WHERE kind = 'letter_written'"), "not_paid");
}

#[actix_web::test]
async fn what_the_answer_to_their_own_press_has_shown_is_not_written_as_well() {
    let (shop, bank) = Bank::with_shop();
    let placed = ordered(&shop, PayBy::Card).await;
    pays_with(&shop, &placed, "pm_card_chargeDeclinedInsufficientFunds");
    let pressed = cashier::pay(&app(&shop), placed.attempt.expect("a try")).await;
    assert_eq!(pressed, Outcome::Failed("insufficient_funds".into()));
    assert!(in_a_minute(&shop).await.is_empty(), "declined on the page");
    let poor = Paying {
        by: PayBy::Card,
        gateway_method: Some("pm_card_authenticationRequired".into()),
        gateway_customer: None,
        label: "Visa".into(),
    };
    let again = cashier::retry(&app(&shop), placed.order.id, poor).await;
    assert!(matches!(again, Ok(Outcome::Approve(_))), "{again:?}");
    let newest = shop.text("SELECT intent FROM payment_attempts ORDER BY made_at DESC LIMIT 1");
    bank.says(&newest, "refuse");
    // Its own word of that may well be here before the shopper is.
    assert_eq!(bank.word("payment_intent.payment_failed", &newest).comes_to(&shop).await, 200);
    let back = cashier::look(&app(&shop), placed.order.id).await;
    assert!(matches!(back, Outcome::Failed(_)), "{back:?}");
    assert!(in_a_minute(&shop).await.is_empty(), "refused, and back at the shop");
}

#[actix_web::test]
async fn a_try_that_died_with_the_shop_and_one_that_failed_behind_their_back_are_written_about() {
    let (shop, bank) = Bank::with_shop();
    let died = ordered(&shop, PayBy::Card).await;
    let begun = lifecycle::begin_paying(&mut shop.conn(), died.attempt.expect("a try"), shop.clock.now());
    assert!(begun.expect("db").is_some(), "and nothing more is heard of it");
    for _ in 0..12 {
        shop.clock.advance(Duration::seconds(5));
        cashier::reconcile(&app(&shop)).await.expect("the reconciler");
    }
    let letters = after(&shop, Duration::seconds(20)).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].text.starts_with("This order is not paid yet."), "{}", letters[0].text);
    let left = ordered(&shop, PayBy::Card).await;
    pays_with(&shop, &left, "pm_card_authenticationRequired");
    let sent_away = cashier::pay(&app(&shop), left.attempt.expect("a try")).await;
    assert!(matches!(sent_away, Outcome::Approve(_)), "{sent_away:?}");
    let intent = shop.text("SELECT intent FROM payment_attempts ORDER BY made_at DESC LIMIT 1");
    bank.says(&intent, "refuse");
    assert_eq!(bank.word("payment_intent.payment_failed", &intent).comes_to(&shop).await, 200);
    let letters = after(&shop, Duration::seconds(20)).await;
    let subject = format!("Not paid yet: order {}", left.order.number);
    assert!(letters.iter().any(|l| l.subject.starts_with(&subject)), "{letters:?}");
}

#[actix_web::test]
async fn who_leaves_an_approval_open_is_reminded_while_there_is_time() {
    let shop = TestShop::demo();
    let placed = ordered(&shop, PayBy::Redirect).await;
    settle(&shop, &placed.order, IntentStatus::RequiresAction);
    assert!(after(&shop, Duration::minutes(9)).await.is_empty(), "they may still be at it");
    let letters = after(&shop, Duration::minutes(2)).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let number = &placed.order.number;
    assert_eq!(
        letters[0].subject,
        format!("Waits for your approval: order {number}, kept until Tue 24 Nov, 14:50")
    );
    assert!(letters[0].text.starts_with("Your payment waits for your approval."), "{}", letters[0].text);
    assert!(letters[0].text.contains("You have not been charged."), "{}", letters[0].text);
}

#[actix_web::test]
async fn what_is_overtaken_by_another_try_a_payment_or_the_end_is_not_written() {
    let shop = TestShop::demo();
    shop.change("UPDATE stock SET on_hand = 1000; NOTIFY changed, 'catalog'");
    let fails = async || {
        let placed = ordered(&shop, PayBy::Redirect).await;
        settle(&shop, &placed.order, IntentStatus::RequiresAction);
        settle(&shop, &placed.order, IntentStatus::RequiresPaymentMethod);
        placed
    };
    let at_door = Paying {
        by: PayBy::CashAtDoor,
        gateway_method: None,
        gateway_customer: None,
        label: "Cash at the door".into(),
    };
    let paid = fails().await;
    lifecycle::start_attempt(&mut shop.conn(), paid.order.id, &at_door, shop.clock.now()).expect("confirmed");
    let tried = fails().await;
    let card = Paying { by: PayBy::Card, gateway_method: Some("pm_card_visa".into()), ..at_door };
    lifecycle::start_attempt(&mut shop.conn(), tried.order.id, &card, shop.clock.now()).expect("a try");
    let over = fails().await;
    let why = CancelledWhy::Customer;
    lifecycle::cancel(&mut shop.conn(), over.order.id, why, Actor::Customer, shop.clock.now()).expect("over");
    let letters = after(&shop, Duration::minutes(12)).await;
    let unpaid = |l: &&Kept| l.subject.starts_with("Not paid") || l.subject.starts_with("Waits");
    assert!(!letters.iter().any(|l| unpaid(&l)), "{letters:?}");
    assert_eq!(letters.len(), 2, "one confirmed, one cancelled");
}
