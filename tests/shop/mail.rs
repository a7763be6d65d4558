//! Letters: written down with their cause, sent once, tried for a day, and readable in a demonstration.

use crate::common::placing::{place, shopper_with_basket};
use crate::common::{TestShop, expect_error, tuesday, wait_for};
use actix_web::http::StatusCode;
use chrono::Duration;
use diesel::prelude::*;
use smartshop::db::schema::outgoing_mail;
use smartshop::events::{self, Event};
use smartshop::outside::mail::{self, Letter, Mailer};
use smartshop::payments::PayBy;
use smartshop::{notifications, worker};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;

fn letter(to: &str, subject: &str) -> Letter {
    Letter {
        to: to.into(),
        subject: subject.into(),
        text: "Hello".into(),
        html: "<p>Hello <b>Nora</b></p><script>alert(1)</script>".into(),
        secret: false,
    }
}

fn queue(shop: &TestShop, letter: &Letter, dedupe: &str) -> bool {
    mail::queue(&mut shop.conn(), letter, dedupe, shop.clock.now()).expect("queued")
}

#[test]
fn a_letter_is_sent_once_whatever_asks_for_it_again() {
    let shop = TestShop::demo();
    assert!(queue(&shop, &letter("nora@example.com", "One"), "one"));
    assert!(!queue(&shop, &letter("nora@example.com", "One"), "one"));
    assert_eq!((shop.send_mail(), shop.send_mail()), (1, 0));
    let letters = shop.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].to.as_str(), letters[0].subject.as_str()), ("nora@example.com", "One"));
    assert_eq!(shop.count("SELECT count(*) FROM outgoing_mail WHERE sent_at IS NOT NULL AND tries = 1"), 1);
}

#[test]
fn a_letter_goes_only_if_its_cause_is_committed() {
    let shop = TestShop::demo();
    let undone = shop.conn().transaction(|conn| {
        mail::queue(conn, &letter("nora@example.com", "One"), "one", tuesday())?;
        Err::<(), _>(diesel::result::Error::RollbackTransaction)
    });
    assert!(undone.is_err());
    assert_eq!(shop.send_mail(), 0);
}

#[test]
fn the_words_of_a_letter_with_a_key_are_forgotten_once_it_has_left() {
    let shop = TestShop::demo();
    queue(&shop, &Letter { secret: true, ..letter("nora@example.com", "Key") }, "key");
    queue(&shop, &letter("nora@example.com", "News"), "news");
    assert_eq!(shop.send_mail(), 2);
    assert_eq!(
        shop.text("SELECT string_agg(text || html, '' ORDER BY subject) FROM outgoing_mail WHERE secret"),
        ""
    );
    assert_eq!(shop.count("SELECT count(*) FROM outgoing_mail WHERE text = 'Hello' AND NOT secret"), 1);
}

#[test]
fn two_postmen_never_take_the_same_letter() {
    let shop = TestShop::demo();
    for i in 0..6 {
        queue(&shop, &letter("nora@example.com", &format!("Letter {i}")), &i.to_string());
    }
    let other = shop.another();
    let mut holder = shop.conn();
    let sent = holder
        .transaction(|conn| {
            // One letter is being claimed by somebody: the others go past it and do not wait.
            outgoing_mail::table
                .select(outgoing_mail::id)
                .limit(1)
                .for_update()
                .load::<smartshop::ids::MailId>(conn)?;
            QueryResult::Ok(std::thread::scope(|scope| {
                let (a, b) = (scope.spawn(|| shop.send_mail()), scope.spawn(|| other.send_mail()));
                a.join().expect("one") + b.join().expect("other")
            }))
        })
        .expect("let go");
    assert_eq!(sent, 5);
    assert_eq!(shop.send_mail(), 1);
    assert_eq!(shop.count("SELECT count(*) FROM outgoing_mail WHERE tries = 1 AND sent_at IS NOT NULL"), 6);
    assert_eq!(shop.letters().len(), 6);
}

#[test]
fn a_letter_that_somebody_died_with_is_taken_up_when_the_lease_is_over() {
    let shop = TestShop::demo();
    queue(&shop, &letter("nora@example.com", "One"), "one");
    shop.conn()
        .transaction(|conn| {
            diesel::update(outgoing_mail::table)
                .set((
                    outgoing_mail::leased_until.eq(tuesday() + Duration::minutes(3)),
                    outgoing_mail::tries.eq(1),
                ))
                .execute(conn)
        })
        .expect("in hand");
    assert_eq!(shop.send_mail(), 0);
    shop.clock.advance(Duration::minutes(3));
    assert_eq!(shop.send_mail(), 1);
}

#[test]
fn a_letter_that_cannot_leave_is_tried_for_a_day_and_then_seen_by_somebody() {
    expect_error("was given up at attempt 9");
    let shop = TestShop::demo();
    queue(&shop, &letter("nora@example.com", "One"), "one");
    // A folder that is a file takes no letters.
    let blocked: PathBuf = std::env::temp_dir().join(format!("smartshop-no-folder-{}", std::process::id()));
    std::fs::write(&blocked, "").expect("a file");
    let mailer = Mailer::Folder(blocked.clone());
    let begun = shop.clock.now();
    let mut conn = shop.conn();
    let mut rounds = 0;
    while shop.count("SELECT count(*) FROM outgoing_mail WHERE failed IS NULL") > 0 {
        assert_eq!(
            mail::send_due(&mut conn, &mailer, notifications::note, shop.clock.now()).expect("a round"),
            0
        );
        assert_eq!(
            mail::send_due(&mut conn, &mailer, notifications::note, shop.clock.now()).expect("a round"),
            0
        );
        rounds += 1;
        assert_eq!(
            shop.count("SELECT tries::bigint FROM outgoing_mail"),
            rounds,
            "not before it is due again"
        );
        let due: chrono::DateTime<chrono::Utc> =
            outgoing_mail::table.select(outgoing_mail::due_at).first(&mut conn).expect("when");
        shop.clock.advance(due - shop.clock.now());
    }
    std::fs::remove_file(blocked).expect("removed");
    assert_eq!(rounds, 9);
    assert!((22..=25).contains(&(shop.clock.now() - begun).num_hours()));
    assert_eq!(mail::figures(&mut conn).expect("figures").failed, 1);
}

/// The kinds of what was written about an order, in order, and whether all speak of one letter.
fn in_the_log(shop: &TestShop, order: smartshop::ids::OrderId) -> (Vec<&'static str>, bool) {
    let messages = events::messages(&mut shop.conn(), order.0).expect("messages");
    let of = |recorded: &events::Recorded| {
        if let Event::LetterWritten { letter, about } = &recorded.event {
            assert_eq!(about, "confirmed");
            return letter.to_string();
        }
        let (Event::LetterSent { letter } | Event::LetterGivenUp { letter }) = &recorded.event else {
            panic!("no message: {recorded:?}")
        };
        letter.to_string()
    };
    let letters: std::collections::BTreeSet<String> = messages.iter().map(of).collect();
    (messages.iter().map(|recorded| recorded.event.kind()).collect(), letters.len() == 1)
}

#[actix_web::test]
async fn what_is_written_about_an_order_and_what_becomes_of_it_is_in_its_log() {
    let shop = TestShop::demo();
    let shopper = shopper_with_basket(&shop).await;
    let order = place(&shop, &shopper, PayBy::CashAtDoor, None).order.id;
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    assert_eq!(in_the_log(&shop, order), (vec!["letter_written"], true));
    let seen = events::version(&mut shop.conn(), order.0).expect("a version");
    assert_eq!(shop.send_mail(), 1);
    assert_eq!(shop.send_mail(), 0);
    assert_eq!(in_the_log(&shop, order), (vec!["letter_written", "letter_sent"], true));
    // No page that follows the order is drawn anew for it, and its story is as it was.
    assert_eq!(events::version(&mut shop.conn(), order.0).expect("a version"), seen);
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE detail::text LIKE '%@%'"), 0);
}

#[actix_web::test]
async fn a_letter_about_an_order_that_nobody_takes_is_given_up_in_its_log() {
    expect_error("was given up at attempt 9");
    let shop = TestShop::demo();
    let shopper = shopper_with_basket(&shop).await;
    let order = place(&shop, &shopper, PayBy::CashAtDoor, None).order.id;
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    let blocked: PathBuf = std::env::temp_dir().join(format!("smartshop-no-box-{}", std::process::id()));
    std::fs::write(&blocked, "").expect("a file");
    let mailer = Mailer::Folder(blocked.clone());
    let mut conn = shop.conn();
    for _ in 0..9 {
        mail::send_due(&mut conn, &mailer, notifications::note, shop.clock.now()).expect("a round");
        shop.clock.advance(Duration::hours(10));
    }
    std::fs::remove_file(&blocked).expect("ours");
    assert_eq!(in_the_log(&shop, order), (vec!["letter_written", "letter_given_up"], true));
}

#[actix_web::test]
async fn letters_that_wait_and_that_failed_are_figures() {
    let shop = TestShop::demo();
    queue(&shop, &letter("nora@example.com", "One"), "one");
    queue(&shop, &letter("nora@example.com", "Two"), "two");
    shop.conn()
        .transaction(|conn| {
            diesel::update(outgoing_mail::table.filter(outgoing_mail::dedupe.eq("two")))
                .set(outgoing_mail::failed.eq("no such mailbox"))
                .execute(conn)
        })
        .expect("failed");
    shop.send_mail();
    let figures = shop.shopper().get("/metrics").await;
    figures.must_say("smartshop_mail_waiting 1");
    figures.must_say("smartshop_mail_failed 1");
}

#[test]
fn without_a_server_letters_wait() {
    let shop = TestShop::demo().in_earnest();
    queue(&shop, &letter("nora@example.com", "One"), "one");
    assert_eq!(shop.send_mail(), 0);
    assert_eq!(shop.count("SELECT tries::bigint FROM outgoing_mail"), 0);
}

/// A mail server that takes one letter. Gives what it was told.
fn mail_server() -> (u16, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("a client");
        let mut answers = stream.try_clone().expect("the same stream");
        let mut answer = |text: &str| answers.write_all(text.as_bytes()).expect("an answer");
        answer("220 test\r\n");
        let (mut told, mut in_data) = (String::new(), false);
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            told += &line;
            told.push('\n');
            match (in_data, line.as_str()) {
                (true, ".") => {
                    in_data = false;
                    answer("250 taken\r\n");
                }
                (true, _) => {}
                (false, "DATA") => {
                    in_data = true;
                    answer("354 go on\r\n");
                }
                (false, "QUIT") => break,
                (false, _) => answer("250 fine\r\n"),
            }
            if !in_data && told.ends_with("\n.\n") {
                break;
            }
        }
        told
    });
    (port, server)
}

#[test]
fn a_letter_goes_to_a_mail_server_with_its_number_and_both_its_forms() {
    let (port, server) = mail_server();
    let shop = TestShop::demo()
        .with("SMARTSHOP_MAIL_SMTP_URL", &format!("smtp://127.0.0.1:{port}"))
        .with("SMARTSHOP_MAIL_FROM", "SmartShop <shop@example.com>");
    queue(&shop, &letter("nora@example.com", "Crème fraîche"), "one");
    assert_eq!(shop.send_mail(), 1);
    wait_for("the server to hang up", || server.is_finished());
    let told = server.join().expect("a server");
    let id = shop.text("SELECT id FROM outgoing_mail");
    assert!(told.contains(&format!("Message-ID: <{id}@example.com>")), "{told}");
    assert!(
        told.contains("RCPT TO:<nora@example.com>")
            && told.contains("text/plain")
            && told.contains("text/html")
    );
}

#[actix_web::test]
async fn the_sandbox_mailbox_shows_letters_newest_first_and_runs_nothing_in_them() {
    let shop = TestShop::demo();
    for i in 0..23 {
        queue(
            &shop,
            &letter(if i == 4 { "sean@example.com" } else { "nora@example.com" }, &format!("Letter {i:02}")),
            &i.to_string(),
        );
    }
    assert_eq!(shop.send_mail(), 23);
    let shopper = shop.shopper();
    let page = shopper.get("/sandbox/mail").await;
    page.must_say("Sandbox");
    page.must_say("Letter 22");
    page.must_not_say("Letter 02");
    let older = page.all_after("class=\"btn\" href=\"").pop().expect("older letters");
    shopper.get(&older.replace("&#38;", "&")).await.must_say("Letter 02");
    let page = shopper.get("/sandbox/mail?to=Sean").await;
    page.must_say("Letter 04");
    page.must_not_say("Letter 05");
    shopper.get("/sandbox/mail?to=nobody").await.must_say("There is no letter to “nobody”.");

    let letter = shopper.get("/sandbox/mail").await.all_after("href=\"/sandbox/mail/").remove(0);
    let page = shopper.get(&format!("/sandbox/mail/{letter}")).await;
    assert!(page.text.contains("sandbox title") && !page.text.contains("<script>alert"), "{}", page.text);
    let frame = shopper.get(&format!("/sandbox/mail/{letter}/html")).await;
    let policy = frame.header("content-security-policy");
    assert!(policy.contains("; sandbox;") && !policy.contains("script-src"), "{policy}");
    for strange in [
        "/sandbox/mail/x",
        "/sandbox/mail/..%2f..%2fetc",
        "/sandbox/mail/00000000-0000-0000-0000-000000000000",
    ] {
        assert_eq!(shopper.get(strange).await.status, StatusCode::NOT_FOUND, "{strange}");
    }
    assert_eq!(shopper.get("/sandbox/mail?before=x").await.status, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn a_shop_in_earnest_has_no_sandbox() {
    let shop = TestShop::demo().in_earnest();
    assert_eq!(shop.shopper().get("/sandbox/mail").await.status, StatusCode::NOT_FOUND);
}
