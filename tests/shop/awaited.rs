//! "Tell me when it is back": asked in place wherever something is sold out, one wish, one letter.

use crate::common::placing::{place, shopper_with_basket};
use crate::common::{Answer, Shopper, TestShop};
use actix_web::http::StatusCode;
use chrono::Duration;
use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::prelude::*;
use smartshop::awaited;
use smartshop::inventory;
use smartshop::payments::PayBy;
use smartshop::worker;

type Transactions = <PgConnection as Connection>::TransactionManager;

const CHEESE: &str = "DE-CHE-001";
const OIL: &str = "PP-OIL-002";
const MILK: &str = "DE-MIL-001";
const AOIFE: &str = "aoife.byrne@example.ie";
const URL: &str = "http://127.0.0.1:8080";

const WHO: [(&str, &str); 5] = [
    ("name", "Aoife Byrne"),
    ("email", AOIFE),
    ("phone", "087 555 0142"),
    ("line", "14 Leinster Road"),
    ("eircode", "D06 X4P7"),
];

/// So many of it are free; nobody else has to hear of it for what is tried here.
fn free(shop: &TestShop, sku: &str, units: i32) {
    shop.change(&format!(
        "UPDATE stock SET on_hand = held + {units} WHERE product_id = (SELECT id FROM products WHERE sku = '{sku}');
         NOTIFY changed, 'catalog'"
    ));
}

/// Milk and spaghetti enough for an order, and what will be gone.
async fn wants_cheese(shop: &TestShop) -> Shopper<'_> {
    let shopper = shopper_with_basket(shop).await;
    shopper.wants(CHEESE, "1").await;
    shopper.wants(OIL, "1").await;
    shopper
}

fn wishes(shop: &TestShop) -> String {
    shop.text(
        "SELECT coalesce(string_agg(sku || ' ' || address, ', ' ORDER BY sku, address), '') FROM awaited
         JOIN products p ON p.id = product_id WHERE told_at IS NULL",
    )
}

fn letters(shop: &TestShop) -> i64 {
    shop.count("SELECT count(*) FROM outgoing_mail WHERE subject LIKE '%is back%'")
}

/// All open wishes are looked at once, as the worker does over several rounds. Says how many were told.
async fn tell(shop: &TestShop) -> usize {
    let (mut told, mut here) = (0, None);
    loop {
        let (some, next) = worker::tell_returned(&shop.state().shop.app, here).await.expect("a round");
        told += some;
        match next {
            Some(next) => here = Some(next),
            None => return told,
        }
    }
}

/// What a form is filled with.
fn value(page: &Answer, name: &str) -> String {
    page.all_after(&format!("name=\"{name}\"")).first().map_or_else(String::new, |_| {
        let tag = page.text.split(&format!("name=\"{name}\"")).nth(1).expect("it is there");
        let tag = tag.split('>').next().expect("an end");
        tag.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    })
}

#[actix_web::test]
async fn on_the_first_step_an_address_is_asked_for_and_nothing_typed_is_lost() {
    let shop = TestShop::demo();
    let shopper = wants_cheese(&shop).await;
    free(&shop, CHEESE, 0);
    let page = shopper.get("/checkout/delivery").await;
    page.must_say("Mature Cheddar is sold out");
    page.must_say("We write once, and use the address for nothing else. It leaves your basket.");
    let field = format!("tell.{CHEESE}");
    let typed = [(field.as_str(), "aoife at example"), ("name", "Aoife Byrne"), ("line", "14 Leinster Road")];
    let again = shopper.press(&page, "Tell me when it is back", &typed).await;
    again.must_say("Nothing was noted yet");
    again.must_say("A mail address has no spaces, for example aoife.byrne@example.ie.");
    assert_eq!(value(&again, &field), "aoife at example");
    assert_eq!(value(&again, "name"), "Aoife Byrne");
    assert_eq!(wishes(&shop), "");
    let done = shopper.press(&again, "Tell me when it is back", &[(&field, "Aoife.Byrne@example.ie")]).await;
    done.must_say(
        "We will write once to aoife.byrne@example.ie when Mature Cheddar is back. It is out of your basket.",
    );
    done.must_say("Step 1 of 3");
    done.must_not_say("Mature Cheddar is sold out");
    assert_eq!(value(&done, "line"), "14 Leinster Road");
    assert_eq!(wishes(&shop), format!("{CHEESE} {AOIFE}"));
    assert_eq!(
        shop.count(&format!(
            "SELECT count(*) FROM basket_lines JOIN products p ON p.id = product_id WHERE sku = '{CHEESE}'"
        )),
        0
    );
}

#[actix_web::test]
async fn the_enter_key_in_the_field_asks_and_the_address_of_the_form_is_enough() {
    let shop = TestShop::demo();
    let shopper = wants_cheese(&shop).await;
    free(&shop, CHEESE, 0);
    free(&shop, OIL, 0);
    shopper.get("/checkout/delivery").await;
    let typed = [("email", ""), ("tell.PP-OIL-002", ""), ("tell.DE-CHE-001", "nora@example.com")];
    let page = shopper.submit("/checkout/delivery", &typed).await;
    page.must_say("We will write once to nora@example.com when Mature Cheddar is back.");
    // What has just been typed as the order's own is known, too.
    let page = shopper.press(&page, "Tell me when it is back", &[("email", AOIFE)]).await;
    page.must_say(
        "We will write once to aoife.byrne@example.ie when Premium Cold-Pressed Olive Oil is back.",
    );
    assert_eq!(wishes(&shop), format!("{CHEESE} nora@example.com, {OIL} {AOIFE}"));
}

#[actix_web::test]
async fn on_the_later_steps_one_press_is_enough() {
    let shop = TestShop::demo();
    let shopper = wants_cheese(&shop).await;
    let page = shopper.get("/checkout/delivery").await;
    let window = page.all_after("name=\"window\" value=\"").into_iter().nth(1).expect("a time");
    let form: Vec<_> = WHO.into_iter().chain([("window", window.as_str())]).collect();
    shopper.submit("/checkout/delivery", &form).await;
    free(&shop, CHEESE, 0);
    let payment = shopper.get("/checkout/payment").await;
    payment.must_say("We write once to aoife.byrne@example.ie, and use the address for nothing else.");
    let typed = [("way", "cash_at_door"), ("gift_note", "Happy birthday")];
    let payment = shopper.press(&payment, "Tell me when it is back", &typed).await;
    payment.must_say("We will write once to aoife.byrne@example.ie when Mature Cheddar is back.");
    payment.must_say("Step 2 of 3");
    payment.must_say("Happy birthday");
    let review = shopper.press(&payment, "Continue to review", &[]).await;
    review.must_say("Is everything right?");
    free(&shop, OIL, 0);
    let total = |page: &Answer| value(page, "total");
    let review = shopper.get("/checkout/review").await;
    review.must_say("Premium Cold-Pressed Olive Oil is sold out");
    let counted = total(&review);
    let done = shopper.submit("/checkout/wishes", &[("do", "tell.PP-OIL-002"), ("age", "1")]).await;
    done.must_say("Step 3 of 3");
    done.must_say("when Premium Cold-Pressed Olive Oil is back. It is out of your basket.");
    done.must_not_say("is sold out");
    assert_eq!(total(&done), counted, "it did not count before");
    assert_eq!(wishes(&shop), format!("{CHEESE} {AOIFE}, {OIL} {AOIFE}"));
    let placed = shopper.press(&done, "Order", &[]).await;
    assert_eq!(shop.count("SELECT count(*) FROM orders"), 1, "{}", placed.words());
}

#[actix_web::test]
async fn the_last_thing_in_a_basket_leaves_it_and_is_answered_all_the_same() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shopper.wants(CHEESE, "20").await;
    free(&shop, CHEESE, 0);
    shopper.get("/checkout/delivery").await;
    let page = shopper.submit("/checkout/delivery", &[("do", "tell.DE-CHE-001"), ("email", AOIFE)]).await;
    page.must_say("when Mature Cheddar is back. It is out of your basket.");
    page.must_say("Your basket is empty");
    // And where what is left is too little to be brought.
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shopper.wants(OIL, "20").await;
    shopper.wants(MILK, "1").await;
    free(&shop, OIL, 0);
    let page = shopper.get("/checkout/delivery").await;
    let answer = shopper.post("/checkout/delivery", &[("do", "tell.PP-OIL-002"), ("email", AOIFE)]).await;
    assert_eq!(answer.location.as_deref(), Some("/checkout/delivery"), "{}", page.words());
    let on = shopper.get("/checkout/delivery").await;
    assert_eq!(on.location.as_deref(), Some("/basket"));
    shopper
        .get("/basket")
        .await
        .must_say("when Premium Cold-Pressed Olive Oil is back. It is out of your basket.");
}

#[actix_web::test]
async fn a_product_that_is_sold_out_and_a_line_of_the_basket_have_the_same_way() {
    let shop = TestShop::demo();
    let shopper = wants_cheese(&shop).await;
    let page = shop.text(&format!("SELECT '/p/' || slug FROM products WHERE sku = '{CHEESE}'"));
    shopper.get(&page).await.must_not_say("Tell me when it is back");
    free(&shop, CHEESE, 0);
    let product = shopper.get(&page).await;
    let wrong = shopper.post("/wishes/DE-CHE-001", &[("email", "a@b")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.must_say("Nothing was noted yet What stands after the @ is not complete");
    assert_eq!(value(&wrong, "email"), "a@b");
    let done = shopper.press(&product, "Tell me when it is back", &[("email", "a@b.ie")]).await;
    done.must_say("We will write once to a@b.ie when Mature Cheddar is back.");
    done.must_not_say("out of your basket");
    let basket = shopper.get("/basket").await;
    let done = shopper.press(&basket, "Tell me when it is back", &[("email", "a@b.ie")]).await;
    done.must_say("We will write once to a@b.ie when Mature Cheddar is back. It is out of your basket.");
    assert_eq!(wishes(&shop), format!("{CHEESE} a@b.ie"), "twice pressed, one wish");
    // Somebody else's press with the same address is answered alike.
    let other = shop.shopper();
    let product = other.get(&page).await;
    let same = other.press(&product, "Tell me when it is back", &[("email", "A@b.ie")]).await;
    same.must_say("We will write once to a@b.ie when Mature Cheddar is back.");
    assert_eq!(wishes(&shop), format!("{CHEESE} a@b.ie"));
    assert_eq!(other.post("/wishes/NO-SUCH-001", &[("email", "a@b.ie")]).await.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn who_is_signed_in_presses_once_and_a_key_that_was_guessed_names_nobody() {
    let shop = TestShop::demo();
    let nora = shop.shopper();
    nora.post("/signup", &[("email", "nora@example.com"), ("password", "three green apples")]).await;
    nora.submit(&shop.link_in_letter_to("nora@example.com"), &[]).await;
    free(&shop, CHEESE, 0);
    let page = shop.text(&format!("SELECT '/p/' || slug FROM products WHERE sku = '{CHEESE}'"));
    let product = nora.get(&page).await;
    product.must_say("We write once to your account’s address, and use the address for nothing else.");
    let done = nora.press(&product, "Tell me when it is back", &[]).await;
    done.must_say("We will write once to nora@example.com when Mature Cheddar is back.");
    assert_eq!(wishes(&shop), format!("{CHEESE} nora@example.com"));
    let stranger = shop.shopper();
    let product = shop.count(&format!("SELECT id FROM products WHERE sku = '{CHEESE}'"));
    stranger.set_cookie("notice", &format!("awaited:{product}:{}:0", uuid::Uuid::from_u128(7).simple()));
    let told = stranger.get("/").await;
    told.must_say("We will write once to you when Mature Cheddar is back.");
    told.must_not_say("nora@example.com");
}

#[actix_web::test]
async fn what_is_there_is_no_wish() {
    let shop = TestShop::demo();
    let shopper = wants_cheese(&shop).await;
    shopper.get("/basket").await;
    let there = shopper.submit(&format!("/wishes/{CHEESE}"), &[("email", "a@b.ie"), ("out", "1")]).await;
    there.must_say("Mature Cheddar is in stock again and counts in your basket, so nothing was noted.");
    shopper.wants(CHEESE, "0").await;
    let there = shopper.submit(&format!("/wishes/{CHEESE}"), &[("email", "a@b.ie")]).await;
    there.must_say("Mature Cheddar is in stock: put it in the basket.");
    assert_eq!(shop.count("SELECT count(*) FROM awaited"), 0);
}

#[actix_web::test]
async fn one_is_told_once_when_it_is_back_and_not_while_others_have_all_of_it() {
    let shop = TestShop::demo();
    let buyer = shopper_with_basket(&shop).await;
    free(&shop, MILK, 12);
    let order = place(&shop, &buyer, PayBy::CashAtDoor, None).order;
    let shopper = shop.shopper();
    for address in ["a@b.ie", "c@d.ie"] {
        shopper.post(&format!("/wishes/{MILK}"), &[("email", address)]).await;
    }
    assert_eq!(wishes(&shop), format!("{MILK} a@b.ie, {MILK} c@d.ie"));
    assert_eq!((tell(&shop).await, letters(&shop)), (0, 0), "twelve stand there, and all are promised");
    inventory::release(&mut shop.conn(), order.id).expect("let go");
    assert_eq!((tell(&shop).await, letters(&shop)), (2, 2));
    assert_eq!((tell(&shop).await, letters(&shop)), (0, 2), "once");
    shop.send_mail();
    let letter = shop.letters().into_iter().find(|l| l.to == "a@b.ie").expect("a letter");
    let link = shop.text(&format!("SELECT '{URL}/p/' || slug FROM products WHERE sku = '{MILK}'"));
    assert_eq!(letter.subject, "Whole Milk is back · SmartShop");
    assert!(letter.text.contains(&link) && letter.html.contains(&link), "{}", letter.text);
    assert!(letter.text.contains("You get this letter because"), "{}", letter.text);
    // Gone once more: who wants to hear of it again asks again.
    free(&shop, MILK, 0);
    free(&shop, MILK, 5);
    assert_eq!(tell(&shop).await, 0);
    free(&shop, MILK, 0);
    shopper.post(&format!("/wishes/{MILK}"), &[("email", "a@b.ie")]).await;
    free(&shop, MILK, 1);
    assert_eq!((tell(&shop).await, letters(&shop)), (1, 3));
}

#[actix_web::test]
async fn an_address_is_forgotten_a_week_after_the_letter_or_ninety_days_after_none() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    for sku in [CHEESE, OIL] {
        free(&shop, sku, 0);
        shopper.post(&format!("/wishes/{sku}"), &[("email", "a@b.ie")]).await;
    }
    free(&shop, OIL, 3);
    assert_eq!(tell(&shop).await, 1);
    let app = &shop.state().shop.app;
    shop.clock.advance(Duration::days(6));
    assert_eq!(worker::forget_awaited(app).await.expect("swept"), 0);
    shop.clock.advance(Duration::days(2));
    assert_eq!(worker::forget_awaited(app).await.expect("swept"), 1);
    assert_eq!(wishes(&shop), format!("{CHEESE} a@b.ie"), "still open");
    shop.clock.advance(Duration::days(83));
    assert_eq!(worker::forget_awaited(app).await.expect("swept"), 1);
    assert_eq!(shop.count("SELECT count(*) FROM awaited"), 0);
}

#[actix_web::test]
async fn who_asks_without_end_is_held_off_and_keeps_what_was_typed() {
    let shop = TestShop::demo();
    let shopper = wants_cheese(&shop).await;
    free(&shop, CHEESE, 0);
    let product = shop.text(&format!("SELECT '/p/' || slug FROM products WHERE sku = '{CHEESE}'"));
    shopper.get(&product).await;
    let ask = |n: usize| {
        let (shopper, address) = (&shopper, format!("a{n}@b.ie"));
        async move { shopper.post(&format!("/wishes/{CHEESE}"), &[("email", &address)]).await }
    };
    for n in 0..30 {
        assert_eq!(ask(n).await.status, StatusCode::SEE_OTHER, "{n}");
    }
    let refused = ask(30).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    refused.must_say("That was asked very often from here or for this address. Ask again at 15:20.");
    assert_eq!((value(&refused, "email").as_str(), refused.header("retry-after")), ("a30@b.ie", "3601"));
    shopper.get("/checkout/delivery").await;
    let step = [("do", "tell.DE-CHE-001"), ("tell.DE-CHE-001", "z@b.ie"), ("name", "Aoife Byrne")];
    let step = shopper.submit("/checkout/delivery", &step).await;
    step.must_say("That was asked very often");
    assert_eq!(
        (value(&step, "tell.DE-CHE-001").as_str(), value(&step, "name").as_str()),
        ("z@b.ie", "Aoife Byrne")
    );
    assert_eq!(shop.count("SELECT count(*) FROM awaited"), 30);
    // A mailbox is spared, from wherever it is asked for.
    let product = shop.text(&format!("SELECT '/p/' || slug FROM products WHERE sku = '{CHEESE}'"));
    let mut statuses = Vec::new();
    for n in 0..31 {
        let other = shop.shopper().at_address(&format!("198.51.100.{n}"));
        other.get(&product).await;
        statuses
            .push(other.post(&format!("/wishes/{CHEESE}"), &[("email", "nora@example.com")]).await.status);
    }
    assert_eq!(statuses.pop(), Some(StatusCode::TOO_MANY_REQUESTS));
    assert!(statuses.iter().all(|status| *status == StatusCode::SEE_OTHER));
}

/// An open wish of something that is there again.
async fn returned(shop: &TestShop) {
    free(shop, CHEESE, 0);
    shop.shopper().post(&format!("/wishes/{CHEESE}"), &[("email", "a@b.ie")]).await;
    free(shop, CHEESE, 4);
}

#[actix_web::test]
async fn of_two_workers_that_meet_at_a_wish_one_writes() {
    let shop = TestShop::demo();
    returned(&shop).await;
    let (now, mut holder) = (shop.clock.now(), shop.conn());
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    holder.batch_execute("SELECT 1 FROM awaited FOR UPDATE").expect("the row");
    let told: usize = std::thread::scope(|scope| {
        let worker = || awaited::tell_some(&mut shop.conn(), URL, None, now).expect("a round").0;
        let two = [scope.spawn(worker), scope.spawn(worker)];
        shop.wait_until_blocked(2);
        Transactions::commit_transaction(&mut holder).expect("let go");
        two.into_iter().map(|one| one.join().expect("an end")).sum()
    });
    assert_eq!((told, letters(&shop)), (1, 1));
}

#[actix_web::test]
async fn a_wish_is_told_with_its_letter_or_not_at_all() {
    let shop = TestShop::demo();
    returned(&shop).await;
    let mut conn = shop.conn();
    conn.batch_execute("ALTER TABLE outgoing_mail ADD CONSTRAINT no_letters CHECK (false) NOT VALID")
        .expect("refused");
    assert!(awaited::tell_some(&mut conn, URL, None, shop.clock.now()).is_err());
    assert_eq!((wishes(&shop), letters(&shop)), (format!("{CHEESE} a@b.ie"), 0));
    conn.batch_execute("ALTER TABLE outgoing_mail DROP CONSTRAINT no_letters").expect("allowed");
    assert_eq!((tell(&shop).await, letters(&shop)), (1, 1));
}

#[actix_web::test]
async fn more_wishes_than_are_looked_at_at_once_are_all_told_and_each_round_asks_once() {
    let shop = TestShop::demo();
    for sku in [CHEESE, OIL] {
        free(&shop, sku, 0);
    }
    shop.conn()
        .batch_execute(&format!(
            "INSERT INTO awaited (id, product_id, address, asked_at)
             SELECT gen_random_uuid(), p.id, 'a' || n || '@b.ie', now() FROM products p, generate_series(1, 600) AS n
             WHERE sku IN ('{CHEESE}', '{OIL}')"
        ))
        .expect("wishes");
    let app = &shop.state().shop.app;
    let asked = shop.queries_of(worker::tell_returned(app, None)).await;
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert_eq!(tell(&shop).await, 0);
    free(&shop, OIL, 9);
    assert_eq!((tell(&shop).await, letters(&shop)), (600, 600));
    assert_eq!(shop.count("SELECT count(*) FROM awaited WHERE told_at IS NULL"), 600);
}
