//! Staff who have forgotten their password, and admins who hear of those who ask.

use crate::common::placing::{colleague, staffer};
use crate::common::{Answer, Shopper, TestShop};
use actix_web::http::StatusCode;
use chrono::Duration;
use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::prelude::*;
use smartshop::demo;
use smartshop::staff::{self, ResetKey};

type Transactions = <PgConnection as Connection>::TransactionManager;

const NIAMH: &str = "niamh@example.ie";
const OLD: &str = "three green apples";
const NEW: &str = "four yellow pears";

async fn sign_in(who: &Shopper<'_>, password: &str) -> Answer {
    who.post("/staff/sign-in", &[("email", NIAMH), ("password", password)]).await
}

/// Niamh of the warehouse, who is no account of the demo.
async fn niamh(shop: &TestShop) {
    colleague(shop, "niamh", "warehouse");
    let hash = shop.state().shop.passwords.hash(OLD.into()).await.expect("a hash");
    shop.conn()
        .batch_execute(&format!("UPDATE staff_members SET password_hash = '{hash}' WHERE email = '{NIAMH}'"))
        .expect("a password");
}

#[actix_web::test]
async fn a_new_password_comes_by_mail_once_and_ends_every_session() {
    let shop = TestShop::demo();
    niamh(&shop).await;
    let (desk, phone) = (shop.shopper(), shop.shopper());
    assert_eq!(sign_in(&desk, OLD).await.location.as_deref(), Some("/warehouse"));
    phone.get("/staff/sign-in").await.must_say("Choose a new password");
    let asked = phone.post("/staff/reset", &[("email", " Niamh@example.ie ")]).await;
    asked.must_say("a letter is on its way. Its link works for 30 minutes, once.");
    let link = shop.link_in_letter_to(NIAMH);
    phone.get(&link).await.must_say("You are then signed out everywhere");
    let short = phone.post(&link, &[("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(desk.get("/warehouse").await.status, StatusCode::OK, "looking and erring change nothing");

    let set = phone.submit(&link, &[("password", NEW)]).await;
    set.must_say("Your password is changed. Sign in with it.");
    assert_eq!(desk.get("/warehouse").await.status, StatusCode::SEE_OTHER, "signed out everywhere");
    sign_in(&phone, OLD).await.must_say("do not go together");
    assert_eq!(sign_in(&phone, NEW).await.location.as_deref(), Some("/warehouse"));
    assert_eq!(phone.get(&link).await.status, StatusCode::GONE, "once");
    assert_eq!(phone.post(&link, &[("password", OLD)]).await.status, StatusCode::GONE);
}

#[actix_web::test]
async fn a_link_ends_after_half_an_hour_with_the_access_and_when_it_is_altered() {
    let shop = TestShop::demo();
    niamh(&shop).await;
    let phone = shop.shopper();
    phone.post("/staff/reset", &[("email", NIAMH)]).await;
    let link = shop.link_in_letter_to(NIAMH);
    let [whose, until, seal] = link.split('.').collect::<Vec<_>>()[..] else { panic!("{link}") };
    let later = until.parse::<i64>().expect("seconds") + 3_600;
    for altered in [
        format!("{whose}.{later}.{seal}"),
        format!("{whose}.{until}.AAAAAAAAAAAAAAAAAAAAAA"),
        "/staff/reset/x.y.z".to_owned(),
    ] {
        assert_eq!(phone.get(&altered).await.status, StatusCode::GONE, "{altered}");
    }
    assert_eq!(phone.get(&link).await.status, StatusCode::OK);
    shop.conn()
        .batch_execute(&format!("UPDATE staff_members SET state = 'ended' WHERE email = '{NIAMH}'"))
        .expect("their access ends");
    assert_eq!(phone.get(&link).await.status, StatusCode::GONE);
    shop.conn()
        .batch_execute(&format!("UPDATE staff_members SET state = 'active' WHERE email = '{NIAMH}'"))
        .expect("and is given back");
    shop.clock.advance(Duration::minutes(30));
    assert_eq!(phone.get(&link).await.status, StatusCode::GONE);
}

#[actix_web::test]
async fn nobody_learns_who_works_here_and_the_demos_accounts_keep_their_password() {
    let shop = TestShop::demo();
    niamh(&shop).await;
    let stranger = shop.shopper();
    let said = |answer: Answer, of: &str| answer.words().replace(of, "somebody");
    let known = said(stranger.post("/staff/reset", &[("email", NIAMH)]).await, NIAMH);
    for email in ["nobody@example.ie", "admin@demo.test"] {
        assert_eq!(said(stranger.post("/staff/reset", &[("email", email)]).await, email), known);
    }
    shop.send_mail();
    assert_eq!(shop.letters().len(), 1, "one letter, to the one who works here");
}

#[actix_web::test]
async fn of_two_who_use_a_link_at_once_one_sets_the_password() {
    let shop = TestShop::demo();
    niamh(&shop).await;
    shop.shopper().post("/staff/reset", &[("email", NIAMH)]).await;
    let link = shop.link_in_letter_to(NIAMH);
    let key = ResetKey::read(link.rsplit('/').next().expect("a key")).expect("its form");
    let (signer, now) = (&shop.state().shop.app.signer, shop.clock.now());
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    let hold = format!("SELECT FROM staff_members WHERE email = '{NIAMH}' FOR UPDATE");
    holder.batch_execute(&hold).expect("the row");
    let mut set: Vec<bool> = std::thread::scope(|scope| {
        let both = ["one", "two"].map(|hash| {
            let (mut conn, key) = (shop.conn(), &key);
            scope.spawn(move || staff::reset_password(&mut conn, key, hash, signer, now).expect("db"))
        });
        shop.wait_until_blocked(2);
        Transactions::commit_transaction(&mut holder).expect("let go");
        both.into_iter().map(|one| one.join().expect("an end")).collect()
    });
    set.sort_unstable();
    assert_eq!(set, [false, true]);
}

#[actix_web::test]
async fn admins_hear_of_those_who_ask_by_letter_and_on_their_page() {
    let shop = TestShop::demo();
    let (mary, admin) = (shop.shopper(), shop.shopper());
    admin.submit("/staff/sign-in", &[("email", "admin@demo.test"), ("password", demo::PASSWORD)]).await;
    admin.get("/staff").await.must_not_say("for access");
    let form = [("name", "Mary Ryan"), ("email", "mary@example.com"), ("password", OLD)];
    mary.post("/staff/ask", &form).await;
    let link = shop.link_in_letter_to("mary@example.com");
    mary.post(&link, &[]).await.must_say("An admin decides now");
    shop.send_mail();
    let letters = shop.letters();
    let told: Vec<_> =
        letters.iter().filter(|l| l.subject.contains("Mary Ryan asks for staff access")).collect();
    assert_eq!(told.len(), 1, "one admin, one letter");
    assert!(told[0].to == "admin@demo.test" && told[0].text.contains("/staff/people"));
    admin.get("/staff").await.must_say("1 asks for access and waits for your decision.");
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    kasia.get("/staff").await.must_not_say("asks for access");
}
