//! Acts by link: whoever comes by one sees less, shows by a code that the order is theirs, and is shut
//! out when its owner says so.

use crate::common::placing::{ordered, page_of, place, settle, shopper_with_basket};
use crate::common::{Bank, Shopper, TestShop};
use actix_web::http::StatusCode;
use chrono::Duration;
use smartshop::lifecycle;
use smartshop::orders::{self, Order, Typed};
use smartshop::outside::gateway::IntentStatus;
use smartshop::payments::PayBy;

/// Somebody who has come by a link.
async fn guest<'s>(shop: &'s TestShop, order: &Order, address: &str) -> Shopper<'s> {
    let key = orders::make_link(&mut shop.conn(), order.id, shop.clock.now()).expect("a link");
    let guest = shop.shopper().at_address(address);
    guest.get(&format!("{}?key={key}", page_of(order))).await;
    guest
}

/// The six figures of the newest letter.
fn code_of(shop: &TestShop) -> String {
    while shop.send_mail() > 0 {}
    let letter = shop.letters().remove(0);
    let code: String = letter.subject.chars().take_while(char::is_ascii_digit).collect();
    assert!(code.len() == 6 && letter.text.contains(&code), "{}", letter.subject);
    code
}

fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().expect("figures") + 1) % 1_000_000)
}

#[actix_web::test]
async fn a_code_from_the_orders_own_mail_lets_a_link_act_for_a_while() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop).await;
    let guest = guest(&shop, &order, "198.51.100.9").await;
    let instructions = format!("{}/instructions", page_of(&order));
    let asked = guest.get(&instructions).await;
    assert_eq!(asked.location.as_deref(), Some(&*format!("{}/code?then=instructions", page_of(&order))));
    let code_page = format!("{}/code", page_of(&order));
    guest.submit(&code_page, &[("then", "instructions")]).await.must_say("Code from the mail");
    let code = code_of(&shop);
    assert_eq!(shop.letters()[0].to, "aoife@example.com");
    let kept = shop.text("SELECT hash FROM order_codes");
    assert!(!kept.contains(&code), "no code is kept");
    let check = format!("{code_page}/check");
    let wrong = guest.post(&check, &[("then", "instructions"), ("code", &another(&code))]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.must_say("That is not the code. You can try 4 times more.");
    let form = guest.submit(&check, &[("then", "instructions"), ("code", &format!(" {code} "))]).await;
    form.must_say("For your rider");
    for kept in ["123 4567", "Blue door", "4711#", "Leinster"] {
        assert!(!form.text.contains(kept), "{kept} is not shown by link, code or not");
    }
    let told = guest.submit(&instructions, &[("leave_at", "safe"), ("note", "Ring twice")]).await;
    told.must_say("Your rider reads this from now on.");
    assert!(!told.text.contains("Leinster") && !told.text.contains("123 4567"));
    let contact = orders::contact(&mut shop.conn(), order.id).expect("a contact");
    assert_eq!((contact.phone.as_str(), contact.note.as_str()), ("+353 86 123 4567", "Ring twice"));
    shop.clock.advance(Duration::hours(orders::TRUST_HOURS));
    let later = guest.submit(&instructions, &[("note", "Ring thrice")]).await;
    later.must_say("Show that it is yours");
    assert_eq!(orders::contact(&mut shop.conn(), order.id).expect("a contact").note, "Ring twice");
}

#[actix_web::test]
async fn every_act_by_link_asks_for_the_code_and_none_of_the_owner() {
    let shop = TestShop::demo();
    let (owner, order) = ordered(&shop).await;
    let guest = guest(&shop, &order, "198.51.100.9").await;
    for part in ["window", "instructions", "cancellation", "problem", "lines"] {
        let path = format!("{}/{part}", page_of(&order));
        let there = format!("{}/code?then={part}", page_of(&order));
        assert_eq!(guest.get(&path).await.location.as_deref(), Some(there.as_str()), "{part}");
        let sent = guest.post(&path, &[("window", "1"), ("kind", "late")]).await;
        assert_eq!(sent.location.as_deref(), Some(there.as_str()), "{part}");
        assert_eq!(owner.get(&path).await.status, StatusCode::OK, "{part}");
    }
    assert_eq!(shop.count("SELECT count(*) FROM orders WHERE state = 'confirmed'"), 1);
    assert_eq!(shop.count("SELECT count(*) FROM cases"), 0);
}

#[actix_web::test]
async fn by_a_link_alone_nobody_pays_with_the_owners_card_or_promises_to_pay_at_the_door() {
    let (shop, _bank) = Bank::with_shop();
    let shopper = shopper_with_basket(&shop).await;
    let order = place(&shop, &shopper, PayBy::Card, None).order;
    let tries = || shop.text("SELECT string_agg(method || ' ' || state, ', ') FROM payment_attempts");
    settle(&shop, &order, IntentStatus::RequiresPaymentMethod);
    let before = tries();
    let guest = guest(&shop, &order, "198.51.100.9").await;
    let (page, pay) = (page_of(&order), format!("{}/payments", page_of(&order)));
    let seen = guest.get(&page).await;
    seen.must_say("Pay, with a code we send you");
    assert!(!seen.text.contains("name=\"way\""), "nothing to choose");
    let asks = format!("{page}/code?then=payment");
    for way in ["same", "cash_at_door", "card_at_door", "card", "redirect:paypal"] {
        let form = [("way", way), ("method", "pm_card_visa"), ("brand", "visa"), ("last4", "4242")];
        assert_eq!(guest.post(&pay, &form).await.location.as_deref(), Some(asks.as_str()), "{way}");
    }
    assert_eq!(tries(), before, "nothing was tried");
    shopper.get(&page).await.must_say("Cash at the door");
    guest.submit(&format!("{page}/code"), &[("then", "payment")]).await.must_say("Code from the mail");
    let code = code_of(&shop);
    let led = guest.submit(&format!("{page}/code/check"), &[("then", "payment"), ("code", &code)]).await;
    led.must_say("Cash at the door");
    guest.submit(&pay, &[("way", "cash_at_door")]).await.must_say("confirmed");
}

#[actix_web::test]
async fn a_code_is_tried_five_times_lives_ten_minutes_and_works_once() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop).await;
    let (signer, conn) = (shop.state().shop.app.signer.clone(), &mut shop.conn());
    let link = orders::make_link(conn, order.id, shop.clock.now()).expect("a link");
    let code = orders::new_code(conn, &signer, &link, shop.clock.now()).expect("a code");
    let wrong = another(&code);
    let type_it = |conn: &mut _, typed: &str| {
        orders::type_code(conn, &signer, order.id, &link, typed, shop.clock.now()).expect("db")
    };
    for left in [4, 3, 2, 1] {
        assert_eq!(type_it(conn, &wrong), Typed::Wrong { left });
    }
    assert_eq!(type_it(conn, &wrong), Typed::Over);
    assert_eq!(type_it(conn, &code), Typed::Over, "the right one comes too late");
    let code = orders::new_code(conn, &signer, &link, shop.clock.now()).expect("a code");
    shop.clock.advance(Duration::minutes(orders::CODE_MINUTES));
    assert_eq!(type_it(conn, &code), Typed::Over);
    let code = orders::new_code(conn, &signer, &link, shop.clock.now()).expect("a code");
    let other = orders::make_link(conn, order.id, shop.clock.now()).expect("a link");
    let by_other = orders::type_code(conn, &signer, order.id, &other, &code, shop.clock.now()).expect("db");
    assert_eq!(by_other, Typed::Over, "a code is its link's own");
    let Typed::Right(key) = type_it(conn, &code) else { panic!("it is right") };
    assert!(orders::open_link(conn, &key, shop.clock.now()).expect("db").is_some_and(|link| link.may_act));
    assert!(orders::open_link(conn, &link, shop.clock.now()).expect("db").is_some_and(|l| !l.may_act));
    assert_eq!(type_it(conn, &code), Typed::Over, "it works once");
}

/// Six browsers type at the same moment; five tries are five tries.
#[actix_web::test]
async fn tries_at_once_are_counted_one_by_one() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop).await;
    let (signer, now) = (shop.state().shop.app.signer.clone(), shop.clock.now());
    let mut holder = shop.conn();
    let link = orders::make_link(&mut holder, order.id, now).expect("a link");
    let wrong = another(&orders::new_code(&mut holder, &signer, &link, now).expect("a code"));
    let outcomes: Vec<Typed> = std::thread::scope(|scope| {
        let mut tries = Vec::new();
        diesel::Connection::transaction(&mut holder, |conn| {
            diesel::RunQueryDsl::execute(diesel::sql_query("SELECT 1 FROM order_codes FOR UPDATE"), conn)?;
            for _ in 0..7 {
                let (mut own, signer, link, wrong) =
                    (shop.conn(), signer.clone(), link.clone(), wrong.clone());
                tries.push(scope.spawn(move || {
                    orders::type_code(&mut own, &signer, order.id, &link, &wrong, now).expect("db")
                }));
            }
            shop.wait_until_blocked(7);
            diesel::QueryResult::Ok(())
        })
        .expect("let go");
        tries.into_iter().map(|t| t.join().expect("a try")).collect()
    });
    assert_eq!(outcomes.iter().filter(|o| matches!(o, Typed::Wrong { .. })).count(), 4);
    assert_eq!(outcomes.iter().filter(|o| **o == Typed::Over).count(), 3);
    assert_eq!(shop.count("SELECT count(*) FROM order_codes WHERE tries = 5"), 1);
}

#[actix_web::test]
async fn codes_are_sent_only_so_often() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop).await;
    let guest = guest(&shop, &order, "198.51.100.9").await;
    let path = format!("{}/code", page_of(&order));
    let mut last = StatusCode::OK;
    for _ in 0..10 {
        last = guest.post(&path, &[("then", "window")]).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert!(shop.count("SELECT count(*) FROM outgoing_mail WHERE subject LIKE '%is your code%'") <= 8);
}

#[actix_web::test]
async fn the_owner_shuts_all_links_and_pages_streams_and_facts_are_gone() {
    let shop = TestShop::demo();
    let (owner, order) = ordered(&shop).await;
    let key = orders::make_link(&mut shop.conn(), order.id, shop.clock.now()).expect("a link");
    let guest = guest(&shop, &order, "198.51.100.9").await;
    guest.post(&format!("{}/code", page_of(&order)), &[("then", "window")]).await;
    let code = code_of(&shop);
    guest.submit(&format!("{}/code/check", page_of(&order)), &[("then", "window"), ("code", &code)]).await;
    let live = format!("{}/live", page_of(&order));
    let mut stream = guest.listen(&live).await;
    assert!(stream.next().await.contains("event: order"));
    let links = owner.get(&format!("{}/links", page_of(&order))).await;
    links.must_say("3 links open it");
    guest
        .submit(&format!("{}/links/revocation", page_of(&order)), &[])
        .await
        .must_say("Links are shut in the browser");
    let shut = owner.submit(&format!("{}/links/revocation", page_of(&order)), &[]).await;
    shut.must_say("No link made before opens this order any more.");
    shut.must_say("Links to this order were shut.");
    assert_eq!(stream.next().await, "", "the open stream ends");
    let json = format!("/api/v1/orders/{}?key={key}", order.number);
    let page = format!("{}?key={key}", page_of(&order));
    for path in [page_of(&order), live, json, page, format!("{}/window", page_of(&order))] {
        let refused = guest.get(&path).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
        refused.must_not_say("Rathmines");
    }
    assert_eq!(owner.get(&page_of(&order)).await.status, StatusCode::OK);
    lifecycle::revoke_links(&mut shop.conn(), order.id, shop.clock.now()).expect("again");
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'links_revoked'"), 1, "once");
}

/// Pages are asked in `orders`; here it is the stream and the facts for programs.
#[actix_web::test]
async fn strangers_others_and_bad_links_learn_nothing_from_streams_and_facts() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop).await;
    let conn = &mut shop.conn();
    let old = shop.clock.now() - Duration::days(orders::LINK_DAYS + 1);
    let expired = orders::make_link(conn, order.id, old).expect("a link");
    let revoked = orders::make_link(conn, order.id, shop.clock.now()).expect("a link");
    lifecycle::revoke_links(conn, order.id, shop.clock.now()).expect("revoked");
    let good = orders::make_link(conn, order.id, shop.clock.now()).expect("a link");
    let mut altered = good.clone();
    altered.replace_range(5..6, if &good[5..6] == "A" { "B" } else { "A" });
    let (other, _) = ordered(&shop).await;
    for path in [format!("/api/v1/orders/{}", order.number), format!("{}/live", page_of(&order))] {
        assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND, "another shopper: {path}");
        for (i, key) in ["", &expired, &revoked, &altered].into_iter().enumerate() {
            let stranger = shop.shopper().at_address(&format!("203.0.113.{i}"));
            if !key.is_empty() {
                stranger.set_cookie("order_key", key);
            }
            let refused = stranger.get(&path).await;
            assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path} {i}");
            assert!(!refused.text.contains("Rathmines") && !refused.text.contains("confirmed"), "{path} {i}");
        }
    }
    let guest = shop.shopper().at_address("203.0.113.9");
    let seen = guest.get(&format!("/api/v1/orders/{}?key={good}", order.number)).await;
    assert_eq!(seen.status, StatusCode::OK, "the good one opens it");
}
