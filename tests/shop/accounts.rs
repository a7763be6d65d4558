//! Accounts: asked for by mail, proved by a password, and one basket on every device.

use crate::common::placing::{goes_on_to_order, orders_by_clicks, place, shopper_with_basket};
use crate::common::{Answer, Shopper, TestShop, requests_logged, tuesday};
use actix_web::http::StatusCode;
use chrono::Duration;
use diesel::prelude::*;
use smartshop::accounts;
use smartshop::db::schema::{baskets, customer_sessions, customers, throttles};
use smartshop::ids::{BasketId, CustomerId};
use smartshop::payments::PayBy;
use smartshop::worker;

const NORA: &str = "nora@example.com";
const PASSWORD: &str = "three green apples";
const MILK: &str = "DE-MIL-001";
const SPAGHETTI: &str = "PP-PAS-001";
const TURKEY: &str = "MP-TUR-003";

fn plain_shop() -> TestShop {
    let shop = TestShop::demo();
    shop.change("DELETE FROM offer_products");
    shop
}

/// The path in the newest letter to somebody.
fn link(shop: &TestShop, to: &str) -> String {
    shop.send_mail();
    let letter = shop.letters().into_iter().find(|l| l.to == to).expect("a letter");
    let (_, rest) = letter.text.split_once("http://127.0.0.1:8080").expect("a link");
    assert!(letter.html.contains(rest.split_whitespace().next().expect("a path")), "both forms have it");
    rest.split_whitespace().next().expect("a path").to_owned()
}

async fn ask_for_account(shopper: &Shopper<'_>, email: &str, password: &str) -> Answer {
    shopper.post("/signup", &[("email", email), ("password", password)]).await
}

async fn sign_up(shop: &TestShop, shopper: &Shopper<'_>) -> Answer {
    ask_for_account(shopper, NORA, PASSWORD).await.must_say("We have sent a letter to nora@example.com");
    shopper.submit(&link(shop, NORA), &[]).await
}

async fn try_in(shopper: &Shopper<'_>, password: &str) -> Answer {
    shopper.post("/signin", &[("email", NORA), ("password", password)]).await
}

async fn sign_in(shopper: &Shopper<'_>) -> Answer {
    shopper.submit("/signin", &[("email", NORA), ("password", PASSWORD), ("return", "/basket")]).await
}

fn lines_of(shop: &TestShop) -> String {
    shop.text(
        "SELECT coalesce(string_agg(sku || ' ' || quantity, ', ' ORDER BY sku), '') FROM basket_lines
            JOIN products ON products.id = product_id JOIN baskets b ON b.id = basket_id WHERE b.customer_id IS NOT NULL",
    )
}

fn nora(shop: &TestShop) -> CustomerId {
    customers::table.select(customers::id).first(&mut shop.conn()).expect("Nora")
}

#[actix_web::test]
async fn somebody_signs_up_by_a_letter_signs_out_and_in_again() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.get("/").await.part("account").must_say("Sign in");
    let page = sign_up(&shop, &shopper).await;
    page.must_say("Your account is ready. You are signed in.");
    page.must_say("Mail address: nora@example.com");
    shopper.get("/").await.part("account").must_say("Your account");
    let page = shopper.submit("/signout", &[]).await;
    page.must_say("You are signed out.");
    page.part("account").must_say("Sign in");
    assert_eq!(shop.count("SELECT count(*) FROM customer_sessions"), 0);
    sign_in(&shopper).await.must_say("You are signed in.");
    shopper.get("/account").await.must_say("Mail address: nora@example.com");
}

#[actix_web::test]
async fn an_account_begins_only_when_its_letter_is_opened_and_only_once() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    ask_for_account(&shopper, " Nora@Example.COM ", PASSWORD).await.must_say("nora@example.com");
    assert_eq!(shop.count("SELECT count(*) FROM customers"), 0);
    let link = link(&shop, NORA);
    shopper.get(&link).await.must_say("One press, and the account of nora@example.com is ready.");
    assert_eq!(shop.count("SELECT count(*) FROM customers"), 0, "looking makes nothing");
    shopper.submit(&link, &[]).await.must_say("Your account is ready.");
    shopper.submit(&link, &[]).await.must_say("Your account");
    assert_eq!(shop.count("SELECT count(*) FROM customers"), 1);
    let stranger = shop.shopper().get(&link).await;
    assert_eq!(stranger.status, StatusCode::GONE);
    stranger.must_say("This link has ended");
}

#[actix_web::test]
async fn a_letter_opened_in_another_browser_asks_for_the_password_that_was_chosen() {
    let shop = plain_shop();
    let (stranger, owner) = (shop.shopper(), shop.shopper().at_address("198.51.100.4"));
    ask_for_account(&stranger, NORA, "a stranger's own").await;
    let link = link(&shop, NORA);
    owner.get(&link).await.must_say("Enter the password you chose for nora@example.com");
    for wrong in ["", PASSWORD] {
        let page = owner.post(&link, &[("password", wrong)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        page.must_say("There is a problem");
    }
    assert_eq!(shop.count("SELECT count(*) FROM customers"), 0);
    owner.submit(&link, &[("password", "a stranger's own")]).await.must_say("Your account is ready.");
}

#[actix_web::test]
async fn a_letter_is_worth_nothing_after_a_day() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    ask_for_account(&shopper, NORA, PASSWORD).await;
    let link = link(&shop, NORA);
    shop.clock.advance(Duration::hours(24));
    assert_eq!(shopper.get(&link).await.status, StatusCode::GONE);
    assert_eq!(shopper.post(&link, &[]).await.status, StatusCode::GONE);
    worker::forget(&shop.state().shop).await.expect("swept");
    assert_eq!(shop.count("SELECT count(*) FROM sign_ups"), 0);
}

#[actix_web::test]
async fn nobody_learns_who_has_an_account() {
    let shop = plain_shop();
    sign_up(&shop, &shop.shopper()).await;
    let stranger = shop.shopper().at_address("203.0.113.9");
    let known = ask_for_account(&stranger, NORA, "something else").await;
    let unknown = ask_for_account(&stranger, "sean@example.com", "something else").await;
    assert_eq!(known.words().replace(NORA, ""), unknown.words().replace("sean@example.com", ""));
    shop.send_mail();
    let to = |who: &str| shop.letters().into_iter().find(|l| l.to == who).expect("a letter").subject;
    assert_eq!(to(NORA), "You have an account already · SmartShop");
    assert_eq!(to("sean@example.com"), "Your account is one press away · SmartShop");
    assert_eq!(shop.count("SELECT count(*) FROM sign_ups"), 1);

    let reset = async |email: &str| stranger.post("/reset", &[("email", email)]).await;
    let (known, unknown) = (reset(NORA).await, reset("nobody@example.com").await);
    assert_eq!(known.words().replace(NORA, ""), unknown.words().replace("nobody@example.com", ""));
    shop.send_mail();
    assert!(shop.letters().iter().all(|l| l.to != "nobody@example.com"));

    let wrong = async |email: &str| {
        let page = stranger.post("/signin", &[("email", email), ("password", "something else")]).await;
        (page.status, page.words())
    };
    assert_eq!(wrong(NORA).await, wrong("nobody@example.com").await);
}

#[actix_web::test]
async fn a_form_that_is_refused_says_what_is_wrong_and_keeps_what_was_typed_but_no_password() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    let page = ask_for_account(&shopper, "nora", "short").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.text.contains("<title>Error: Make an account"));
    page.must_say("There is a problem Enter a mail address such as name@example.com. This password is too short. Use 8 characters or more");
    assert!(page.text.contains("href=\"#email\"") && page.text.contains("href=\"#password\""));
    assert_eq!(page.all_after("aria-invalid=\"").iter().filter(|v| *v == "true").count(), 2);
    assert!(page.text.contains("value=\"nora\"") && !page.text.contains("short\""), "{}", page.text);

    sign_up(&shop, &shopper).await;
    shopper.submit("/signout", &[]).await;
    let page = try_in(&shopper, "a wrong one").await;
    page.must_say("This mail address and password do not go together. Check both, or choose a new password.");
    assert!(page.text.contains(&format!("value=\"{NORA}\"")) && !page.text.contains("a wrong one"));
    try_in(&shopper, "").await.must_say("Enter your password.");
    shopper.post("/signin", &[]).await.must_say("Enter a mail address");
    shopper.post("/reset", &[("email", "x")]).await.must_say("Enter a mail address");
}

#[actix_web::test]
async fn a_password_is_judged_by_its_length_and_may_be_any_letters() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    for (password, passes) in [
        ("1234567", false),
        (&*"x".repeat(201), false),
        ("日本語日本語日本", true),
        (&*"y".repeat(200), true),
    ] {
        let status = ask_for_account(&shopper, NORA, password).await.status;
        assert_eq!(status == StatusCode::OK, passes, "{password}");
    }
    let form = shopper.get("/signup").await.text;
    assert!(form.contains("autocomplete=\"new-password\"") && !form.contains("onpaste"));
}

#[actix_web::test]
async fn a_new_password_comes_by_mail_once_and_ends_every_session() {
    let shop = plain_shop();
    let (desk, phone) = (shop.shopper(), shop.shopper());
    sign_up(&shop, &desk).await;
    desk.wants(MILK, "2").await;
    phone.post("/reset", &[("email", NORA)]).await.must_say("a letter is on its way");
    let link = link(&shop, NORA);
    assert!(link.starts_with("/reset/"));
    assert_eq!(
        shop.text("SELECT text || html FROM outgoing_mail WHERE subject LIKE 'Choose%'"),
        "",
        "the key is forgotten"
    );
    phone.get(&link).await.must_say("Choose a new password");
    phone.post(&link, &[("password", "short")]).await.must_say("This password is too short.");
    let page = phone.submit(&link, &[("password", "four yellow pears")]).await;
    page.must_say("Your password is changed");
    phone.get("/basket").await.must_say("Whole Milk");

    assert_eq!(desk.get("/account").await.location.as_deref(), Some("/signin?return=/account"));
    desk.get("/basket").await.must_not_say("Whole Milk");
    assert_eq!(try_in(&desk, PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(try_in(&desk, "four yellow pears").await.status, StatusCode::SEE_OTHER);
    assert_eq!(phone.post(&link, &[("password", "five purple plums")]).await.status, StatusCode::GONE);
}

#[actix_web::test]
async fn a_link_to_a_new_password_ends_after_an_hour_and_with_a_change_of_password() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    sign_up(&shop, &shopper).await;
    shopper.post("/reset", &[("email", NORA)]).await;
    let first = link(&shop, NORA);
    shop.clock.advance(Duration::minutes(60));
    assert_eq!(shopper.get(&first).await.status, StatusCode::GONE);
    assert_eq!(shopper.post(&first, &[("password", "four yellow pears")]).await.status, StatusCode::GONE);
    shopper.post("/reset", &[("email", NORA)]).await;
    let second = link(&shop, NORA);
    let form = [("password", PASSWORD), ("new-password", "four yellow pears")];
    shopper.submit("/account/password", &form).await.must_say("Your password is changed");
    assert_eq!(shopper.get(&second).await.status, StatusCode::GONE);
}

#[actix_web::test]
async fn two_who_use_one_link_at_once_set_one_password() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    sign_up(&shop, &shopper).await;
    shopper.post("/reset", &[("email", NORA)]).await;
    let link = link(&shop, NORA);
    let token = accounts::Token::read(link.strip_prefix("/reset/").expect("a token")).expect("a token");
    let mut holder = shop.conn();
    let done = std::thread::scope(|scope| {
        let mut tries = Vec::new();
        holder
            .transaction(|conn| {
                customers::table.select(customers::id).for_update().load::<CustomerId>(conn)?;
                for n in 0..4 {
                    let (mut conn, token) = (shop.conn(), &token);
                    tries.push(scope.spawn(move || {
                        accounts::reset_password(&mut conn, token, &format!("hash {n}"), tuesday())
                            .expect("a try")
                    }));
                }
                shop.wait_until_blocked(4);
                QueryResult::Ok(())
            })
            .expect("let go");
        tries.into_iter().filter_map(|t| t.join().expect("a try")).count()
    });
    assert_eq!(done, 1);
}

#[actix_web::test]
async fn who_errs_three_times_still_gets_in_and_nothing_is_held_against_them() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    sign_up(&shop, &shopper).await;
    shopper.submit("/signout", &[]).await;
    for _ in 0..5 {
        for wrong in ["one", "two", "three"] {
            assert_eq!(try_in(&shopper, wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(try_in(&shopper, PASSWORD).await.status, StatusCode::SEE_OTHER);
        shop.clock.advance(Duration::minutes(15));
        shopper.submit("/signout", &[]).await;
    }
    // Signing in often is no guessing.
    for _ in 0..30 {
        assert_eq!(try_in(&shopper, PASSWORD).await.status, StatusCode::SEE_OTHER);
    }
}

#[actix_web::test]
async fn who_guesses_is_told_when_to_go_on_and_the_owner_elsewhere_gets_in() {
    let shop = plain_shop();
    sign_up(&shop, &shop.shopper()).await;
    let thief = shop.shopper().at_address("203.0.113.9");
    for _ in 0..10 {
        assert_eq!(try_in(&thief, "a guess of mine").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    for password in ["a guess of mine", PASSWORD] {
        let page = try_in(&thief, password).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "even the right one tells nothing now");
        page.must_say("There is a problem Too many tries. Try again at 14:35.");
        assert_eq!(page.header("retry-after"), "901");
        assert!(page.text.contains("<title>Error: Sign in"));
    }
    // No cookie, another instance: the same.
    let another = shop.another();
    assert_eq!(
        try_in(&another.shopper().at_address("203.0.113.9"), PASSWORD).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(
        try_in(&shop.shopper().at_address("198.51.100.4"), PASSWORD).await.status,
        StatusCode::SEE_OTHER
    );
    shop.clock.advance(Duration::minutes(15));
    assert_eq!(try_in(&thief, PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn strangers_everywhere_cannot_lock_the_owner_out_of_their_own_browser() {
    let shop = plain_shop();
    let owner = shop.shopper();
    sign_up(&shop, &owner).await;
    owner.submit("/signout", &[]).await;
    for host in 1..=10 {
        let thief = shop.shopper().at_address(&format!("203.0.113.{host}"));
        for _ in 0..10 {
            try_in(&thief, "a guess of mine").await;
        }
    }
    let new_browser = shop.shopper().at_address("198.51.100.4");
    assert_eq!(try_in(&new_browser, PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(try_in(&owner, PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[actix_web::test]
async fn letters_to_one_address_are_few_whoever_asks() {
    let shop = plain_shop();
    for host in 1..=6 {
        let shopper = shop.shopper().at_address(&format!("203.0.113.{host}"));
        let (up, reset) = (
            ask_for_account(&shopper, NORA, PASSWORD).await,
            shopper.post("/reset", &[("email", NORA)]).await,
        );
        let expected = if host <= 4 { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!((up.status, reset.status), (expected, expected), "{host}");
        if host > 4 {
            up.must_say("Too many tries. Try again at 15:20.");
            reset.must_say("Too many tries. Try again at 15:20.");
        }
    }
}

#[actix_web::test]
async fn one_browser_asks_only_so_often_whatever_the_address() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    for n in 0..8 {
        let status = ask_for_account(&shopper, &format!("n{n}@example.com"), PASSWORD).await.status;
        assert_eq!(status == StatusCode::OK, n < 6, "{n}");
    }
}

#[actix_web::test]
async fn the_basket_one_had_before_is_there_after_signing_in_and_what_came_along_is_named() {
    let shop = plain_shop();
    let desk = shop.shopper();
    desk.wants(MILK, "1").await;
    sign_up(&shop, &desk).await;
    assert_eq!(lines_of(&shop), "DE-MIL-001 1", "the first basket becomes the account's");
    desk.wants(TURKEY, "2").await;

    let phone = shop.shopper();
    phone.lives_at("D06").await;
    phone.wants(SPAGHETTI, "3").await;
    shop.clock.advance(Duration::seconds(1));
    phone.wants(MILK, "2").await;
    phone.wants(TURKEY, "1").await;
    let page = sign_in(&phone).await;
    page.must_say("You are signed in. Added to your basket: Organic Spaghetti and Whole Milk.");
    page.part("place").must_say("Rathmines, D06");
    assert_eq!(
        lines_of(&shop),
        "DE-MIL-001 2, MP-TUR-003 2, PP-PAS-001 3",
        "of what is in both, the larger number"
    );
    assert_eq!(phone.cookie("basket"), desk.cookie("basket"));
    desk.get("/basket").await.must_say("Organic Spaghetti");

    // What has been brought is not brought again.
    assert_eq!(shop.count("SELECT count(*) FROM basket_lines"), 3);
    phone.submit("/signout", &[]).await.part("basket").must_say("empty");
    sign_in(&phone).await.must_not_say("Added to your basket");
    assert_eq!(lines_of(&shop), "DE-MIL-001 2, MP-TUR-003 2, PP-PAS-001 3");
}

#[actix_web::test]
async fn who_signs_in_from_their_guest_order_goes_on_seeing_it_and_their_account_elsewhere_does_not() {
    let shop = plain_shop();
    let home = shop.shopper();
    home.wants(TURKEY, "1").await;
    sign_up(&shop, &home).await;
    let guest = shopper_with_basket(&shop).await;
    let order = place(&shop, &guest, PayBy::CashAtDoor, None).order;
    let page = format!("/orders/{}", order.number);
    let form = [("email", NORA), ("password", PASSWORD), ("return", &page)];
    assert_eq!(guest.post("/signin", &form).await.location.as_deref(), Some(&*page));
    let seen = guest.get(&page).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.words());
    seen.must_say("Leinster Road");
    guest.get("/orders").await.must_say(order.number.as_ref());
    let whose = shop.text("SELECT coalesce(customer_id::text, 'nobody') FROM orders");
    assert_eq!(whose, "nobody", "it was ordered under another mail");
    assert_eq!(home.get(&page).await.status, StatusCode::NOT_FOUND);
    home.get("/orders").await.must_not_say(order.number.as_ref());
    let stranger = shop.shopper();
    stranger.set_cookie("before", &guest.cookie("basket").expect("a basket"));
    assert_eq!(stranger.get(&page).await.status, StatusCode::NOT_FOUND, "another signature is none");
    guest.submit("/signout", &[]).await;
    assert_eq!(guest.get(&page).await.status, StatusCode::NOT_FOUND, "nor who sits down there next");
}

#[actix_web::test]
async fn more_than_three_things_that_came_along_are_counted() {
    let shop = plain_shop();
    sign_up(&shop, &shop.shopper()).await;
    let phone = shop.shopper();
    for n in 1..=5 {
        phone.wants(&format!("PP-PAS-{n:03}"), "1").await;
    }
    sign_in(&phone).await.must_say("and 2 more.");
}

#[actix_web::test]
async fn a_basket_is_the_same_after_signing_out_and_in_on_another_device_and_after_a_restart() {
    let shop = plain_shop();
    let desk = shop.shopper();
    sign_up(&shop, &desk).await;
    desk.lives_at("D06").await;
    desk.wants(MILK, "3").await;
    desk.wants(SPAGHETTI, "1").await;
    let main = |page: &Answer| page.text.split("<main").nth(1).expect("a page").to_owned();
    let before = main(&desk.get("/basket").await);
    desk.submit("/signout", &[]).await;
    desk.get("/basket").await.must_say("Your basket is empty");
    sign_in(&desk).await;
    assert_eq!(main(&desk.get("/basket").await), before);
    let phone = shop.shopper().at_address("198.51.100.4");
    sign_in(&phone).await;
    assert_eq!(main(&phone.get("/basket").await), before);
    let after = shop.another();
    let phone = phone.moves_to(&after);
    assert_eq!(main(&phone.get("/basket").await), before);
    phone.get("/account").await.must_say(NORA);
    phone.wants(MILK, "4").await;
    desk.get("/basket").await.must_say("5 items");
}

#[actix_web::test]
async fn a_basket_of_one_account_does_not_go_over_to_another() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    sign_up(&shop, &shopper).await;
    shopper.wants(MILK, "2").await;
    ask_for_account(&shopper, "sean@example.com", PASSWORD).await;
    // Nora's session has ended; her basket's cookie is still there.
    shop.clock.advance(Duration::days(31));
    ask_for_account(&shopper, "sean@example.com", PASSWORD).await;
    let page = shopper.submit(&link(&shop, "sean@example.com"), &[]).await;
    page.must_say("Mail address: sean@example.com");
    shopper.get("/basket").await.must_say("Your basket is empty");
    assert_eq!(lines_of(&shop), "DE-MIL-001 2");
}

/// Holds Nora's row until all sign-ins wait for it, then lets them go.
fn sign_in_at_once(shop: &TestShop, guests: &[BasketId]) -> Vec<BasketId> {
    let id = nora(shop);
    let mut holder = shop.conn();
    std::thread::scope(|scope| {
        let mut logins = Vec::new();
        holder
            .transaction(|conn| {
                customers::table.find(id).select(customers::id).for_update().first::<CustomerId>(conn)?;
                for guest in guests {
                    let mut conn = shop.conn();
                    logins.push(scope.spawn(move || {
                        let nothing_ordered = |_: &mut PgConnection, _, _: &accounts::Customer| Ok(false);
                        let valid = Duration::minutes(30);
                        accounts::sign_in(&mut conn, id, Some(*guest), nothing_ordered, valid, tuesday())
                            .expect("signed in")
                            .joined
                            .basket
                    }));
                }
                shop.wait_until_blocked(i64::try_from(guests.len()).expect("few"));
                QueryResult::Ok(())
            })
            .expect("let go");
        logins.into_iter().map(|login| login.join().expect("a login")).collect()
    })
}

fn basket_of(shop: &TestShop, sku: &str) -> BasketId {
    let id = shop.text(&format!(
        "SELECT basket_id FROM basket_lines JOIN products p ON p.id = product_id WHERE sku = '{sku}'"
    ));
    BasketId(id.parse().expect("an id"))
}

#[actix_web::test]
async fn ten_sign_ins_at_once_with_one_guest_basket_add_it_once_and_lose_nothing() {
    let shop = plain_shop();
    let desk = shop.shopper();
    sign_up(&shop, &desk).await;
    desk.wants(MILK, "1").await;
    desk.wants(TURKEY, "3").await;
    let guest = shop.shopper();
    guest.wants(SPAGHETTI, "2").await;
    let id = basket_of(&shop, SPAGHETTI);
    guest.wants(MILK, "4").await;
    let own = basket_of(&shop, TURKEY);
    assert!(sign_in_at_once(&shop, &[id; 10]).iter().all(|basket| *basket == own));
    assert_eq!(lines_of(&shop), "DE-MIL-001 4, MP-TUR-003 3, PP-PAS-001 2");
    assert_eq!(shop.count("SELECT count(*) FROM basket_lines"), 3);
    assert_eq!(shop.count("SELECT count(*) FROM customer_sessions"), 11);
}

#[actix_web::test]
async fn ten_devices_that_sign_in_at_once_bring_ten_baskets_together() {
    let shop = plain_shop();
    sign_up(&shop, &shop.shopper()).await;
    let mut guests = Vec::new();
    for n in 1..=10 {
        let sku = format!("PP-PAS-{n:03}");
        let device = shop.shopper();
        device.wants(&sku, "1").await;
        guests.push(basket_of(&shop, &sku));
    }
    sign_in_at_once(&shop, &guests);
    assert_eq!(shop.count("SELECT count(*) FROM basket_lines l JOIN baskets b ON b.id = basket_id WHERE customer_id IS NOT NULL"), 10);
    // The same with an account that has no basket yet.
    let shop = plain_shop();
    sign_up(&shop, &shop.shopper()).await;
    shop.conn().transaction(|conn| diesel::delete(baskets::table).execute(conn)).expect("no baskets");
    let guests: Vec<BasketId> = (0..10).map(|_| BasketId(uuid::Uuid::now_v7())).collect();
    let baskets = sign_in_at_once(&shop, &guests);
    assert!(baskets.iter().all(|b| *b == baskets[0]), "one account, one basket");
}

#[actix_web::test]
async fn a_session_slides_for_thirty_days_and_then_ends() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    sign_up(&shop, &shopper).await;
    for _ in 0..3 {
        shop.clock.advance(Duration::days(29));
        let page = shopper.get("/account").await;
        page.must_say(NORA);
        let set =
            page.headers.get_all("set-cookie").any(|c| c.to_str().expect("ascii").starts_with("customer="));
        assert!(set, "the browser keeps it as long");
    }
    let seen = shop.text("SELECT seen_at FROM customer_sessions");
    shop.clock.advance(Duration::minutes(59));
    shopper.get("/account").await;
    assert_eq!(shop.text("SELECT seen_at FROM customer_sessions"), seen, "written at most once an hour");
    shop.clock.advance(Duration::days(30));
    let answer = shopper.get("/account").await;
    assert_eq!(answer.location.as_deref(), Some("/signin?return=/account"));
    shopper.get("/").await.part("account").must_say("Sign in");
    worker::forget(&shop.state().shop).await.expect("swept");
    assert_eq!(shop.count("SELECT count(*) FROM customer_sessions"), 0);
}

#[actix_web::test]
async fn signing_out_everywhere_ends_every_session_and_no_browser_sees_the_basket_any_more() {
    let shop = plain_shop();
    let (desk, phone) = (shop.shopper(), shop.shopper());
    sign_up(&shop, &desk).await;
    desk.wants(MILK, "2").await;
    sign_in(&phone).await;
    let page = desk.submit("/signout", &[("everywhere", "yes")]).await;
    page.must_say("You are signed out everywhere.");
    assert_eq!(phone.get("/account").await.status, StatusCode::SEE_OTHER);
    phone.get("/basket").await.must_not_say("Whole Milk");
    sign_in(&phone).await.must_say("Whole Milk");
    assert_eq!(lines_of(&shop), "DE-MIL-001 2");
}

/// Orders as whoever is signed in there. Gives the order's number.
async fn orders_signed_in(shop: &TestShop, shopper: &Shopper<'_>) -> String {
    shopper.lives_at("D06").await;
    shopper.wants(MILK, "12").await;
    shopper.wants(SPAGHETTI, "6").await;
    let delivery = shopper.get("/checkout/delivery").await;
    let placed =
        goes_on_to_order(shopper, &delivery, |windows| windows[1].clone(), ("note", "Ring twice")).await;
    placed.must_say("Leinster Road");
    shop.text("SELECT number FROM orders ORDER BY placed_at DESC LIMIT 1")
}

/// Page, list, facts and an order's own pages, for somebody to whom there is no such order.
async fn sees_nothing_of(shop: &TestShop, shopper: &Shopper<'_>, number: &str) {
    // As many guesses as this are held off.
    diesel::delete(throttles::table).execute(&mut shop.conn()).expect("forgotten");
    let page = format!("/orders/{number}");
    for path in [&*page, &format!("{page}/live"), &format!("/api/v1{page}"), &format!("{page}/cancellation")]
    {
        assert_eq!(shopper.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for act in ["cancellation", "basket", "links/revocation"] {
        let answer = shopper.post(&format!("{page}/{act}"), &[]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}");
    }
    shopper.get("/orders").await.must_not_say(number);
    assert_eq!(shopper.get("/orders/live").await.status, StatusCode::NOT_FOUND, "a list of nothing");
}

async fn sees_all_of(shopper: &Shopper<'_>, number: &str) {
    shopper.get(&format!("/orders/{number}")).await.must_say("Leinster Road");
    shopper.get("/orders").await.must_say(number);
}

#[actix_web::test]
async fn signing_out_everywhere_and_a_new_password_close_orders_on_every_device() {
    for by_password in [false, true] {
        let shop = plain_shop();
        let (desk, phone) = (shop.shopper(), shop.shopper().at_address("198.51.100.4"));
        sign_up(&shop, &desk).await;
        sign_in(&phone).await;
        let number = orders_signed_in(&shop, &desk).await;
        sees_all_of(&desk, &number).await;
        sees_all_of(&phone, &number).await;
        let of_order = shop.text("SELECT basket_id FROM orders");
        if by_password {
            let elsewhere = shop.shopper().at_address("198.51.100.5");
            elsewhere.post("/reset", &[("email", NORA)]).await;
            elsewhere.submit(&link(&shop, NORA), &[("password", "four red apples")]).await;
            sees_nothing_of(&shop, &desk, &number).await;
        } else {
            desk.submit("/signout", &[("everywhere", "yes")]).await;
        }
        let known = shop.state().shop.app.signer.open("basket", &phone.cookie("basket").expect("a cookie"));
        assert_eq!(known.expect("ours").to_string(), of_order, "the phone still knows that basket");
        sees_nothing_of(&shop, &phone, &number).await;
        let password = if by_password { "four red apples" } else { PASSWORD };
        try_in(&phone, password).await;
        sees_all_of(&phone, &number).await;
    }
}

fn all_sessions_end(shop: &TestShop) {
    diesel::delete(customer_sessions::table).execute(&mut shop.conn()).expect("they are over");
}

#[actix_web::test]
async fn a_new_account_takes_no_order_of_somebody_else_to_its_other_devices() {
    let shop = plain_shop();
    let family = shopper_with_basket(&shop).await;
    let placed = orders_by_clicks(&family, |windows| windows[1].clone(), ("note", "Ring twice")).await;
    placed.must_say("Leinster Road");
    let number = shop.text("SELECT number FROM orders");
    family.wants(TURKEY, "2").await;
    sign_up(&shop, &family).await;
    assert_eq!(lines_of(&shop), "MP-TUR-003 2", "the goods went along");
    family.get("/basket").await.must_say("Turkey");
    let typed = family.get("/checkout/delivery").await;
    assert!(typed.text.contains("value=\"14 Leinster Road\""), "what was typed, too");
    sees_all_of(&family, &number).await;
    let phone = shop.shopper().at_address("198.51.100.4");
    sign_in(&phone).await.must_say("Turkey");
    sees_nothing_of(&shop, &phone, &number).await;
    // Nor once the session is over and its basket's cookie is left.
    all_sessions_end(&shop);
    sees_nothing_of(&shop, &phone, &number).await;
}

#[actix_web::test]
async fn what_a_guest_orders_where_a_session_was_over_is_not_the_accounts() {
    let shop = plain_shop();
    let (family, phone) = (shop.shopper(), shop.shopper().at_address("198.51.100.4"));
    sign_up(&shop, &family).await;
    family.lives_at("D06").await;
    family.wants(MILK, "12").await;
    family.wants(SPAGHETTI, "6").await;
    all_sessions_end(&shop);
    sign_in(&phone).await;
    place(&shop, &family, PayBy::CashAtDoor, None);
    let number = shop.text("SELECT number FROM orders");
    sees_all_of(&family, &number).await;
    sees_nothing_of(&shop, &phone, &number).await;
    // The account's next basket is another one; the buyer's browser still shows the order.
    family.wants(TURKEY, "2").await;
    sign_in(&family).await.must_say("Turkey");
    sees_all_of(&family, &number).await;
    let tablet = shop.shopper().at_address("198.51.100.5");
    sign_in(&tablet).await.must_say("Turkey");
    assert_eq!(tablet.cookie("basket"), family.cookie("basket"));
    all_sessions_end(&shop);
    sees_nothing_of(&shop, &tablet, &number).await;
}

#[actix_web::test]
async fn signing_out_in_one_browser_leaves_the_other_signed_in() {
    let shop = plain_shop();
    let (desk, phone) = (shop.shopper(), shop.shopper());
    sign_up(&shop, &desk).await;
    sign_in(&phone).await;
    desk.submit("/signout", &[]).await;
    phone.get("/account").await.must_say(NORA);
}

#[actix_web::test]
async fn who_is_nobody_signs_out_and_keeps_their_basket() {
    let shop = plain_shop();
    let guest = shop.shopper();
    guest.wants(MILK, "1").await;
    guest.submit("/signout", &[("everywhere", "yes")]).await;
    guest.get("/basket").await.must_say("Whole Milk");
}

#[actix_web::test]
async fn a_sessions_cookie_is_for_our_pages_alone() {
    for (url, name, secure) in
        [("http://shop.test", "customer=", false), ("https://shop.test", "__Host-customer=", true)]
    {
        let shop = TestShop::demo().with("SMARTSHOP_PUBLIC_URL", url);
        let shopper = shop.shopper();
        ask_for_account(&shopper, NORA, PASSWORD).await;
        shop.send_mail();
        let text = shop.letters().remove(0).text;
        let path = text.split(url).nth(1).expect("a link").split_whitespace().next().expect("a path");
        let answer = shopper.post(path, &[]).await;
        let mut set = answer.headers.get_all("set-cookie").map(|c| c.to_str().expect("ascii").to_owned());
        let cookie = set.find(|c| c.starts_with(name)).expect("a session");
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert_eq!(cookie.contains("Secure"), secure);
        let token = cookie.split(['=', ';']).nth(1).expect("a token").to_owned();
        let kept = shop.text("SELECT encode(token_hash, 'escape') FROM customer_sessions");
        assert!(!kept.contains(&token), "only a hash is kept");
        shopper.get("/account").await.must_say(NORA);
    }
}

#[actix_web::test]
async fn strangers_and_forged_sessions_see_no_account() {
    let shop = plain_shop();
    sign_up(&shop, &shop.shopper()).await;
    let hash = shop.text("SELECT encode(token_hash, 'hex') FROM customer_sessions");
    for forged in
        ["", "x", &"A".repeat(43), &hash, &hash[..43], "../../etc", &shop.text("SELECT id FROM customers")]
    {
        let thief = shop.shopper();
        thief.set_cookie("customer", forged);
        assert_eq!(thief.get("/").await.status, StatusCode::OK);
        assert_eq!(
            thief.get("/account").await.location.as_deref(),
            Some("/signin?return=/account"),
            "{forged}"
        );
        for (path, form) in
            [("/account", [("name", "Thief")]), ("/account/password", [("new-password", "my own password")])]
        {
            thief.set_cookie("customer", forged);
            assert_eq!(thief.post(path, &form).await.location.as_deref(), Some("/signin?return=/account"));
        }
    }
    assert_eq!(shop.text("SELECT coalesce(max(name), '-') FROM customers"), "-");
}

#[actix_web::test]
async fn the_account_keeps_details_and_says_which_of_them_is_wrong() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    sign_up(&shop, &shopper).await;
    let form = |phone, eircode| {
        [
            ("name", " Nora  Byrne "),
            ("phone", phone),
            ("line", "14 Leinster Road"),
            ("town", "Dublin"),
            ("eircode", eircode),
        ]
    };
    let page = shopper.post("/account", &form("call me", "Mars")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say(
        "There is a problem Enter a phone number such as 085 123 4567. Enter an Eircode such as D06 X4P7.",
    );
    assert_eq!(
        page.all_after("name=\"phone\" type=\"tel\" autocomplete=\"tel\" inputmode=\"tel\" value=\""),
        ["call me"]
    );
    shopper.submit("/account", &form("085 123-4567", "d06x4p7")).await.must_say("Your details are kept.");
    assert_eq!(
        shop.text("SELECT concat_ws('|', name, phone, line, town, eircode) FROM customers"),
        "Nora Byrne|0851234567|14 Leinster Road|Dublin|D06 X4P7"
    );
    // On another device the place is known at once.
    let phone = shop.shopper();
    let page = sign_in(&phone).await;
    page.part("place").must_say("Rathmines, D06");
    // And all can be taken back.
    shopper.submit("/account", &[]).await;
    assert_eq!(shop.text("SELECT concat_ws('|', name, phone, line, town, eircode) FROM customers"), "");
}

#[actix_web::test]
async fn the_password_is_changed_by_whoever_knows_it() {
    let shop = plain_shop();
    let (desk, phone) = (shop.shopper(), shop.shopper());
    sign_up(&shop, &desk).await;
    sign_in(&phone).await;
    let change = async |old: &'static str, new: &'static str| {
        desk.post("/account/password", &[("password", old), ("new-password", new)]).await
    };
    change("", "short").await.must_say("There is a problem Enter your password. This password is too short.");
    change("not mine", "four yellow pears").await.must_say("This is not your password.");
    assert_eq!(change(PASSWORD, "four yellow pears").await.status, StatusCode::SEE_OTHER);
    desk.get("/account").await.must_say(NORA);
    assert_eq!(phone.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(try_in(&phone, PASSWORD).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..12 {
        change("not mine", "four yellow pears").await;
    }
    assert_eq!(change("not mine", "four yellow pears").await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[actix_web::test]
async fn an_order_tells_the_account_what_it_did_not_know() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    sign_up(&shop, &shopper).await;
    shopper.submit("/account", &[("name", "Nora Byrne")]).await;
    let told = accounts::Details {
        name: Some("N. B.".into()),
        phone: Some("0851234567".into()),
        line: Some("14 Leinster Road".into()),
        town: Some("Dublin".into()),
        eircode: Some("D06 X4P7".into()),
    };
    let (mut conn, id) = (shop.conn(), nora(&shop));
    accounts::remember(&mut conn, id, &told).expect("remembered");
    let elsewhere = accounts::Details { line: Some("1 Other Street".into()), eircode: None, ..told.clone() };
    accounts::remember(&mut conn, id, &elsewhere).expect("remembered");
    let known = accounts::by_id(&mut conn, id).expect("Nora").details;
    assert_eq!(known, accounts::Details { name: Some("Nora Byrne".into()), ..told });
}

#[actix_web::test]
async fn after_signing_in_one_is_where_one_was_going_and_guests_go_first() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    sign_up(&shop, &shopper).await;
    shopper.submit("/signout", &[]).await;
    let page = shopper.get("/signin?return=/checkout/delivery").await;
    page.must_say("Continue as guest");
    let (guest, button) = (page.text.find("Continue as guest"), page.text.find("name=\"password\""));
    assert!(guest < button, "before the form");
    assert_eq!(page.all_after("name=\"return\" value=\""), ["/checkout/delivery"]);
    shopper.get("/d/dairy-eggs").await;
    let page = shopper.get("/signin").await;
    page.must_not_say("Continue as guest");
    assert_eq!(page.all_after("name=\"return\" value=\""), ["/d/dairy-eggs"]);
    for (asked, gone_to) in [
        ("/checkout/delivery", "/checkout/delivery"),
        ("//evil.test", "/account"),
        ("https://evil.test/", "/account"),
    ] {
        let form = [("email", NORA), ("password", PASSWORD), ("return", asked)];
        assert_eq!(shopper.post("/signin", &form).await.location.as_deref(), Some(gone_to));
    }
    assert_eq!(
        shopper.get("/signin?return=/basket").await.location.as_deref(),
        Some("/basket"),
        "signed in already"
    );
}

#[actix_web::test]
async fn a_key_in_an_address_is_neither_logged_nor_noted_as_a_footstep() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    sign_up(&shop, &shopper).await;
    shopper.post("/reset", &[("email", NORA)]).await;
    let link = link(&shop, NORA);
    let somebody = shop.shopper();
    somebody.get(&link).await;
    somebody.post(&link, &[("password", "short")]).await;
    shop.flush();
    assert_eq!(requests_logged(&link), Vec::<String>::new());
    let key = link.strip_prefix("/reset/").expect("a key");
    assert_eq!(
        shop.count(&format!("SELECT count(*) FROM journey_events WHERE detail::text LIKE '%{key}%'")),
        0
    );
}

#[actix_web::test]
async fn a_page_for_all_asks_nothing_about_sessions() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    sign_up(&shop, &shopper).await;
    shopper.get("/d/dairy-eggs").await;
    let asked = shop.queries_of(shopper.get("/d/dairy-eggs")).await;
    assert!(asked.iter().all(|sql| !sql.contains("customer")), "{asked:#?}");
    let stranger = shop.shopper().get("/d/dairy-eggs").await;
    stranger.part("account").must_say("Sign in");
    assert_eq!(stranger.header("cache-control"), "private, no-cache");
}

#[actix_web::test]
async fn whatever_is_sent_the_shop_stands() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    sign_up(&shop, &shopper).await;
    let long = "x".repeat(20_000);
    let strange = [
        "",
        " ",
        "\0",
        "a\0b@c.ie",
        "'; DROP TABLE customers; --",
        "<script>alert(1)</script>",
        "\u{FDD0}",
        "é@é.é",
        "\u{202E}",
        &long,
    ];
    for (count, value) in strange.iter().enumerate() {
        let nobody = shop.shopper().at_address(&format!("203.0.113.{}", count + 1));
        for path in ["/signin", "/signup", "/reset", "/signup/x", "/reset/x"] {
            for form in [[("email", *value), ("password", PASSWORD)], [("email", NORA), ("password", *value)]]
            {
                let answer = nobody.post(path, &form).await;
                assert!(
                    answer.status.is_client_error() || answer.status.is_success(),
                    "{path} {value:?}: {}",
                    answer.status
                );
                assert!(!answer.text.contains("<script>alert"), "{path}");
            }
        }
        let form =
            [("name", *value), ("phone", *value), ("line", *value), ("town", *value), ("eircode", *value)];
        assert!(!shopper.post("/account", &form).await.status.is_server_error(), "{value:?}");
        assert!(
            !shopper.post("/signout", &[("everywhere", *value), ("x", "y")]).await.status.is_server_error()
        );
        sign_in(&shopper).await;
    }
    for path in ["/signin?return=%00", "/signin?return=%FF", "/reset/%00", "/signup/%2e%2e", "/reset/a/b"] {
        assert!(!shopper.get(path).await.status.is_server_error(), "{path}");
    }
}
