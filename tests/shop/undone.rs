//! What the shop has tried for the last time: staff are led to it, read why, and have it tried once more.

use crate::common::placing::{colleague, place, shopper_with_basket, staffer};
use crate::common::{TestShop, expect_error};
use actix_web::http::StatusCode;
use diesel::Connection;
use diesel::connection::SimpleConnection;
use smartshop::events::{self, Consumer};
use smartshop::ids::{Actor, MailId};
use smartshop::orders::Order;
use smartshop::payments::PayBy;
use smartshop::{notifications, worker};

const PAGE: &str = "/staff/undone";
const REFUSED: &str = "550 5.1.1 <aoife@example.com>: no such mailbox, token sk_test_51Hx9aQ2eZvKYlo2C";

async fn ordered(shop: &TestShop) -> Order {
    let shopper = shopper_with_basket(shop).await;
    place(shop, &shopper, PayBy::CashAtDoor, None).order
}

/// Lets the letter about an order's confirmation fail until it is given up, and says which job that is.
fn job_given_up(shop: &TestShop, order: &Order) -> i64 {
    let conn = &mut shop.conn();
    loop {
        let jobs = events::claim(conn, Consumer::Notifications, 16, shop.clock.now()).expect("jobs");
        for job in &jobs {
            events::put_off(conn, job, REFUSED, shop.clock.now()).expect("put off");
        }
        let given_up = format!(
            "SELECT coalesce(max(o.id), 0) FROM outbox o JOIN events e ON e.id = o.event_id
             WHERE o.failed IS NOT NULL AND e.subject = '{}'",
            order.id
        );
        let id = shop.count(&given_up);
        if id > 0 {
            return id;
        }
        shop.clock.advance(chrono::Duration::hours(2));
    }
}

/// Queues the order's letter and lets it be given up.
async fn letter_given_up(shop: &TestShop, order: &Order) -> MailId {
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    let of = format!("order_id = '{}'", order.id);
    shop.conn()
        .batch_execute(&format!(
            "UPDATE outgoing_mail SET failed = '{REFUSED}', tries = 9, due_at = made_at WHERE {of}"
        ))
        .expect("given up");
    MailId(shop.text(&format!("SELECT id FROM outgoing_mail WHERE {of}")).parse().expect("an id"))
}

fn tries_of_letter(shop: &TestShop, id: MailId) -> i64 {
    shop.count(&format!("SELECT tries::bigint FROM outgoing_mail WHERE id = '{id}'"))
}

#[actix_web::test]
async fn a_job_that_failed_for_good_is_seen_with_its_reason_and_tried_once_more() {
    expect_error("is given up");
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let job = job_given_up(&shop, &order);
    for (who, page) in [
        ("dispatch@demo.test", "/dispatch"),
        ("support@demo.test", "/support"),
        ("admin@demo.test", "/staff"),
    ] {
        staffer(&shop, who).await.get(page).await.must_say("1 thing was given up");
    }
    let desk = staffer(&shop, "support@demo.test").await;
    let page = desk.get(PAGE).await;
    for words in [
        "A letter was not written",
        order.number.as_ref(),
        "order confirmed",
        "after 13 tries",
        "no such mailbox",
    ] {
        page.must_say(words);
    }
    for secret in ["aoife@", "sk_test", "Aoife"] {
        page.must_not_say(secret);
    }
    let again = format!("{PAGE}/jobs/{job}");
    desk.submit(&again, &[("tries", "12"), ("show", "jobs")]).await.must_say("Nothing was changed");
    desk.submit(&again, &[("tries", "13"), ("show", "jobs")]).await.must_say("It is tried once more, now.");
    desk.submit(&again, &[("tries", "13"), ("show", "jobs")]).await.must_say("Nothing was changed");
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    assert_eq!(shop.count(&format!("SELECT count(*) FROM outgoing_mail WHERE order_id = '{}'", order.id)), 1);
    assert_eq!(
        shop.count(&format!("SELECT count(*) FROM outbox WHERE id = {job} AND done_at IS NOT NULL")),
        1
    );
    desk.submit(&again, &[("tries", "14")]).await.must_say("Nothing was changed");
    desk.get(PAGE).await.must_say("Nothing was given up");
    staffer(&shop, "dispatch@demo.test").await.get("/dispatch").await.must_not_say("given up");
}

#[actix_web::test]
async fn a_job_that_fails_once_more_is_there_again_with_its_newest_reason() {
    expect_error("is given up");
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let job = job_given_up(&shop, &order);
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    assert!(events::try_again(conn, job, 13, now).expect("db"));
    let jobs = events::claim(conn, Consumer::Notifications, 16, now).expect("jobs");
    assert_eq!(jobs.len(), 1);
    events::put_off(conn, &jobs[0], "the disk is full", now).expect("put off");
    let page = staffer(&shop, "manager@demo.test").await.get(PAGE).await;
    for words in ["after 14 tries", "the disk is full", "1 thing was given up"] {
        page.must_say(words);
    }
}

#[actix_web::test]
async fn a_job_that_is_tried_on_in_vain_is_seen_before_it_is_given_up() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let due = (shop.clock.now() + chrono::Duration::hours(1)).to_rfc3339();
    shop.conn()
        .batch_execute(&format!(
            "UPDATE outbox SET tries = 11, due_at = '{due}', last_error = 'the gateway is silent' WHERE done_at IS NULL"
        ))
        .expect("tried often");
    let desk = staffer(&shop, "support@demo.test").await;
    desk.get(PAGE).await.must_not_say(order.number.as_ref());
    let page = desk.get(&format!("{PAGE}?show=waiting")).await;
    for words in [order.number.as_ref(), "11 tries so far, the next one today 15:20", "the gateway is silent"]
    {
        page.must_say(words);
    }
    let id = shop.count("SELECT max(id) FROM outbox");
    let again = format!("{PAGE}/jobs/{id}");
    desk.submit(&again, &[("tries", "11"), ("show", "waiting")])
        .await
        .must_say("It is tried once more, now.");
    assert_eq!(worker::work_outbox(&shop.state().shop.app).await.expect("the outbox"), 1);
}

#[actix_web::test]
async fn a_letter_that_was_given_up_is_tried_once_more_and_its_log_says_who_wanted_that() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let letter = letter_given_up(&shop, &order).await;
    let desk = staffer(&shop, "support@demo.test").await;
    let page = desk.get(&format!("{PAGE}?show=letters")).await;
    for words in [order.number.as_ref(), "after 9 tries", "no such mailbox"] {
        page.must_say(words);
    }
    page.must_not_say("aoife@");
    let again = format!("{PAGE}/letters/{letter}");
    desk.submit(&again, &[("tries", "8")]).await.must_say("Nothing was changed");
    desk.submit(&again, &[("tries", "9")]).await.must_say("It is tried once more, now.");
    desk.submit(&again, &[("tries", "9")]).await.must_say("Nothing was changed");
    assert_eq!(shop.send_mail(), 1);
    let log = events::messages(&mut shop.conn(), order.id.0).expect("messages");
    let kinds: Vec<&str> = log.iter().map(|recorded| recorded.event.kind()).collect();
    assert_eq!(kinds, ["letter_written", "letter_tried_again", "letter_sent"]);
    assert!(log[1].actor.starts_with("staff"), "{}", log[1].actor);
    assert_eq!(tries_of_letter(&shop, letter), 10);
}

#[actix_web::test]
async fn of_two_who_press_at_once_one_has_it_tried() {
    expect_error("is given up");
    let shop = TestShop::demo();
    let (first, second) = (ordered(&shop).await, ordered(&shop).await);
    let letter = letter_given_up(&shop, &first).await;
    let job = {
        // The second order's letter waits as a job again.
        shop.conn()
            .batch_execute("UPDATE outbox SET done_at = NULL, tries = 0, leased_until = NULL")
            .expect("as before");
        job_given_up(&shop, &second)
    };
    let now = shop.clock.now();
    let who = [colleague(&shop, "Maeve", "support"), colleague(&shop, "Tomasz", "dispatch")];
    let tried = both(&shop, &format!("SELECT 1 FROM outgoing_mail WHERE id = '{letter}' FOR UPDATE"), |n| {
        notifications::try_again(&mut shop.conn(), letter, 9, Actor::Staff(who[n]), now).expect("db")
    });
    assert_eq!(tried.iter().filter(|t| **t).count(), 1, "{tried:?}");
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'letter_tried_again'"), 1);
    let tried = both(&shop, &format!("SELECT 1 FROM outbox WHERE id = {job} FOR UPDATE"), |_| {
        events::try_again(&mut shop.conn(), job, 13, now).expect("db")
    });
    assert_eq!(tried.iter().filter(|t| **t).count(), 1, "{tried:?}");
}

/// Two do it at once: both wait for the row until each of them does.
fn both(shop: &TestShop, holding: &str, doing: impl Fn(usize) -> bool + Sync) -> Vec<bool> {
    let mut holder = shop.conn();
    std::thread::scope(|scope| {
        let mut tries = Vec::new();
        holder
            .transaction(|conn| {
                conn.batch_execute(holding)?;
                for n in 0..2 {
                    let doing = &doing;
                    tries.push(scope.spawn(move || doing(n)));
                }
                shop.wait_until_blocked(2);
                diesel::QueryResult::Ok(())
            })
            .expect("let go");
        tries.into_iter().map(|t| t.join().expect("a try")).collect()
    })
}

#[actix_web::test]
async fn the_lists_go_on_by_key_and_are_for_those_who_see_to_it() {
    let shop = TestShop::demo();
    shop.conn()
        .batch_execute(
            "INSERT INTO outgoing_mail (id, dedupe, to_address, subject, text, html, secret, made_at, due_at, tries, failed)
             SELECT gen_random_uuid(), 'n' || n, 'x@example.com', '123456 is your code', '', '', n % 2 = 0,
                 '2026-11-20T10:00:00Z', '2026-11-21T10:00:00Z', 9, 'no' FROM generate_series(1, 65) n;
             INSERT INTO events (topic, subject, kind, detail, actor, happened_at)
             SELECT 'order', gen_random_uuid(), 'order_confirmed', '{\"kind\": \"order_confirmed\"}', 'system', now()
             FROM generate_series(1, 31);
             INSERT INTO outbox (event_id, consumer, due_at, tries, failed, last_error)
             SELECT id, 'notifications', now(), 13, 'no', 'no' FROM events WHERE kind = 'order_confirmed'",
        )
        .expect("what was given up");
    let admin = staffer(&shop, "admin@demo.test").await;
    for (list, of) in [("letters", 65), ("jobs", 31)] {
        let (mut seen, mut next) = (std::collections::BTreeSet::new(), format!("{PAGE}?show={list}"));
        loop {
            let page = admin.get(&next).await;
            assert_eq!(page.status, StatusCode::OK);
            page.must_not_say("123456");
            let rows = page.all_after(&format!("action=\"{PAGE}/{list}/"));
            assert!(rows.len() <= 30 && rows.iter().all(|row| seen.insert(row.clone())), "none twice");
            let on = page.all_after(&format!("href=\"{PAGE}?show={list}&#38;after="));
            let Some(on) = on.into_iter().next() else { break };
            next = format!("{PAGE}?show={list}&after={on}");
        }
        assert_eq!(seen.len(), of, "{list}");
    }
    for who in ["warehouse@demo.test", "rider@demo.test"] {
        let other = staffer(&shop, who).await;
        assert_eq!(other.get(PAGE).await.status, StatusCode::FORBIDDEN, "{who}");
        let tried = other.post(&format!("{PAGE}/jobs/1"), &[("tries", "13")]).await;
        assert_eq!(tried.status, StatusCode::FORBIDDEN, "{who}");
        other.get("/staff").await.must_not_say("given up");
    }
}
