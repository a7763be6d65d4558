//! Something is not right: a customer says so, the desk takes, answers and closes it, and the order's page
//! says how far it is.

use crate::common::placing::{colleague, ordered, page_of};
use crate::common::{Shopper, TestShop};
use actix_web::http::StatusCode;
use smartshop::care::{self, CaseError, CaseState, Problem, Report};
use smartshop::demo;
use smartshop::ids::CaseId;
use smartshop::orders::Order;
use smartshop::worker;
use uuid::Uuid;

async fn signed_in<'s>(shop: &'s TestShop, email: &str) -> Shopper<'s> {
    let someone = shop.shopper().at_address("198.51.100.77");
    someone.submit("/staff/sign-in", &[("email", email), ("password", demo::PASSWORD)]).await;
    someone
}

fn reported(order: &Order) -> Report {
    let (id, words) = (CaseId(Uuid::now_v7()), "Six of twelve were there".to_owned());
    Report { id, order: order.id, kind: Problem::Missing, words, positions: vec![1] }
}

#[actix_web::test]
async fn a_report_is_taken_answered_and_closed_and_its_customer_sees_each_step() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop).await;
    let path = format!("{}/problem", page_of(&order));
    let form = shopper.get(&path).await;
    let key = form.all_after("name=\"key\" value=\"").remove(0);
    let empty = shopper.post(&path, &[("key", &key), ("words", "Milk!")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.must_say("Choose what is not right.");
    assert!(empty.text.contains("Milk!</textarea>"), "what was typed stays");
    let typed = [("key", key.as_str()), ("kind", "missing"), ("line", "1"), ("words", "Six of twelve <b>")];
    for _ in 0..2 {
        shopper.submit(&path, &typed).await.must_say("Received. Somebody of ours reads it soon.");
    }
    assert_eq!(shop.count("SELECT count(*) FROM cases"), 1, "the same form is one case");

    let desk = signed_in(&shop, "support@demo.test").await;
    let list = desk.get("/support").await;
    list.must_say("1 case is open");
    list.must_say("Something is missing");
    let there = format!("/support/cases/{key}");
    let case = desk.get(&there).await;
    case.must_say("Six of twelve <b>");
    case.must_say("12 × ");
    desk.submit(&format!("{there}/taking"), &[("version", "1")]).await.must_say("It is yours.");
    shopper.get(&page_of(&order)).await.must_say("Somebody of ours looks into it");
    let unsaid = desk.post(&format!("{there}/answer"), &[("version", "2"), ("words", " ")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    let answer = [("version", "2"), ("words", "We are sorry: six more come with the rider.")];
    desk.submit(&format!("{there}/answer"), &answer).await.must_say("Answered. The mail is on its way.");
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("We are sorry: six more come with the rider.");
    page.must_say("We answered what you told us.");
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    while shop.send_mail() > 0 {}
    let letter = shop.letters().into_iter().find(|l| l.subject.starts_with("Our answer")).expect("a letter");
    assert!(letter.text.contains("six more come with the rider"), "{}", letter.text);
    desk.submit(&format!("{there}/closing"), &[("version", "3")])
        .await
        .must_say("Nobody waits for an answer");
    shopper.get(&page_of(&order)).await.must_say("Settled ");
    desk.get("/support?show=closed").await.must_say(order.number.as_ref());
    let log = shop.text(
        "SELECT string_agg(kind, ' ' ORDER BY id) FROM events WHERE kind LIKE 'case%' OR kind = 'problem_reported'",
    );
    assert_eq!(log, "problem_reported case_taken case_answered case_closed");
    let words = shop.text("SELECT string_agg(detail::text, ' ') FROM events");
    assert!(!words.contains("Six of twelve") && !words.contains("six more"), "words are kept out of the log");
}

#[actix_web::test]
async fn the_desk_is_open_to_support_alone_and_its_list_is_paged() {
    let shop = TestShop::demo();
    shop.change("UPDATE stock SET on_hand = on_hand + 100; NOTIFY changed, 'catalog'");
    let (_, order) = ordered(&shop).await;
    for email in ["rider@demo.test", "warehouse@demo.test"] {
        let other = signed_in(&shop, email).await;
        assert_eq!(other.get("/support").await.status, StatusCode::FORBIDDEN, "{email}");
    }
    assert_eq!(shop.shopper().get("/support").await.status, StatusCode::SEE_OTHER);
    for _ in 0..10 {
        care::report(&mut shop.conn(), &reported(&order), shop.clock.now()).expect("a case");
    }
    let eleventh = care::report(&mut shop.conn(), &reported(&order), shop.clock.now());
    assert!(matches!(eleventh, Err(CaseError::TooMany)), "{eleventh:?}");
    let (_, other) = ordered(&shop).await;
    let (_, third) = ordered(&shop).await;
    for order in [&other, &third] {
        for _ in 0..7 {
            care::report(&mut shop.conn(), &reported(order), shop.clock.now()).expect("a case");
        }
    }
    let desk = signed_in(&shop, "support@demo.test").await;
    let first = desk.get("/support").await;
    assert_eq!(first.text.matches("href=\"/support/cases/").count(), 20);
    let next = first.all_after("href=\"/support?after=").remove(0);
    let second = desk.get(&format!("/support?after={next}")).await;
    assert_eq!(second.text.matches("href=\"/support/cases/").count(), 4);
}

#[actix_web::test]
async fn of_two_colleagues_who_reach_for_a_case_one_has_it() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop).await;
    let now = shop.clock.now();
    let case = care::report(&mut shop.conn(), &reported(&order), now).expect("a case");
    let two = [colleague(&shop, "Maeve", "support"), colleague(&shop, "Tomasz", "support")];
    let mut holder = shop.conn();
    let done = std::thread::scope(|scope| {
        let mut tries = Vec::new();
        diesel::Connection::transaction(&mut holder, |conn| {
            smartshop::orders::lock_order(conn, order.id)?;
            for who in two {
                let mut own = shop.conn();
                tries.push(scope.spawn(move || care::take(&mut own, case.id, 1, who, now)));
            }
            shop.wait_until_blocked(2);
            diesel::QueryResult::Ok(())
        })
        .expect("let go");
        tries.into_iter().map(|t| t.join().expect("a try")).collect::<Vec<_>>()
    });
    assert_eq!(done.iter().filter(|d| d.is_ok()).count(), 1);
    assert_eq!(done.iter().filter(|d| matches!(d, Err(CaseError::ChangedSince(_)))).count(), 1);
    let kept = care::by_id(&mut shop.conn(), case.id).expect("db").expect("a case");
    assert_eq!((kept.state, kept.version), (CaseState::Taken, 2));
}
