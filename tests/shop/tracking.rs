//! An order on its way to the door, as its customer reads it: the same words on its page, in the list,
//! for programs and in letters; and what they can change by themselves.

use crate::common::placing::{colleague, ordered, page_of, place, rider, shopper_with_basket};
use crate::common::{Listening, Shopper, TestShop};
use crate::lifecycle::assert_holds_add_up;
use actix_web::http::StatusCode;
use chrono::{DateTime, Duration, Utc};
use diesel::connection::SimpleConnection;
use serde_json::Value;
use smartshop::catalog::Storage;
use smartshop::delivery::{self, Failure, Proof};
use smartshop::events::{self, Event};
use smartshop::ids::{Actor, DropId, StaffId};
use smartshop::lifecycle::{self, AtTheDoor, ChooseError, Settled};
use smartshop::orders::{self, Order};
use smartshop::payments::PayBy;
use smartshop::worker;

fn json_of(order: &Order) -> String {
    format!("/api/v1/orders/{}", order.number)
}

/// Picked whole and packed; a rider on shift gets it.
async fn packed(shop: &TestShop, order: &Order) -> DropId {
    let picker = colleague(shop, "Maeve", "warehouse");
    begin(shop, order, picker);
    pick(shop, order, picker);
    pack(shop, order, picker).await
}

fn begin(shop: &TestShop, order: &Order, picker: StaffId) {
    lifecycle::start_picking(&mut shop.conn(), order.id, picker, shop.clock.now()).expect("taken");
}

fn pick(shop: &TestShop, order: &Order, picker: StaffId) {
    let conn = &mut shop.conn();
    for line in orders::lines(conn, order.id).expect("lines") {
        let grams = line.grams.map(|g| g * i64::from(line.quantity));
        let how = Settled::Picked { units: line.quantity, grams };
        lifecycle::settle_line(conn, order.id, line.position, how, picker, shop.clock.now()).expect("picked");
    }
}

async fn pack(shop: &TestShop, order: &Order, picker: StaffId) -> DropId {
    let bags = [(Storage::Ambient, 2)];
    let packed =
        lifecycle::pack(&mut shop.conn(), order.id, &bags, picker, shop.clock.now()).expect("packed");
    work(shop).await;
    packed.drop
}

async fn work(shop: &TestShop) {
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
}

fn leave(shop: &TestShop, drop: DropId, at: DateTime<Utc>) {
    lifecycle::leave_for(&mut shop.conn(), drop, Actor::System, at, shop.clock.now()).expect("left");
}

fn fail(shop: &TestShop, drop: DropId, why: Failure) {
    let now = shop.clock.now();
    lifecycle::fail(&mut shop.conn(), drop, why, Actor::System, now, now).expect("failed");
}

fn deliver(shop: &TestShop, drop: DropId) {
    let (paid_by, now) = (Some(PayBy::CashAtDoor), shop.clock.now());
    let door =
        AtTheDoor { proof: Proof::Code, detail: String::new(), photo: None, age_checked: false, paid_by };
    lifecycle::deliver(&mut shop.conn(), drop, &door, Actor::System, now, now).expect("delivered");
}

async fn facts(shopper: &Shopper<'_>, path: &str) -> Value {
    let answer = shopper.get(path).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
    serde_json::from_str(&answer.text).expect("facts")
}

/// Page, list and JSON say one thing; says which.
async fn agreed(shopper: &Shopper<'_>, order: &Order) -> String {
    let facts = facts(shopper, &json_of(order)).await;
    let word = |name: &str| facts[name].as_str().expect("words").to_owned();
    let page = shopper.get(&page_of(order)).await;
    page.must_say(&word("answer"));
    for event in facts["events"].as_array().expect("events") {
        page.must_say(event["words"].as_str().expect("words"));
    }
    shopper.get("/orders").await.must_say(&word("state_words"));
    word("state")
}

/// The subjects of all letters so far.
async fn subjects(shop: &TestShop) -> Vec<String> {
    work(shop).await;
    while shop.send_mail() > 0 {}
    shop.letters().into_iter().map(|letter| letter.subject).collect()
}

/// The last letter says what the page says.
async fn written(shop: &TestShop, shopper: &Shopper<'_>, order: &Order) {
    subjects(shop).await;
    let letter = shop.letters().remove(0);
    let title = facts(shopper, &json_of(order)).await["answer"].as_str().expect("words").to_owned();
    let first =
        title.split(", ").next().expect("words").trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
    assert!(letter.text.contains(first.trim()), "{first}: {}", letter.text);
}

#[actix_web::test]
async fn page_list_programs_and_letters_say_the_same_at_each_step() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop).await;
    let picker = colleague(&shop, "Maeve", "warehouse");
    assert_eq!(agreed(&shopper, &order).await, "confirmed");
    written(&shop, &shopper, &order).await;
    shop.clock.advance(Duration::minutes(5));
    begin(&shop, &order, picker);
    assert_eq!(agreed(&shopper, &order).await, "picking");
    pick(&shop, &order, picker);
    shopper.get(&page_of(&order)).await.must_say("being picked, 2 of 2");
    let drop = pack(&shop, &order, picker).await;
    assert_eq!(agreed(&shopper, &order).await, "packed");
    let conor = rider(&shop, "Conor");
    lifecycle::assign_rider(&mut shop.conn(), drop, conor, Actor::System, shop.clock.now())
        .expect("assigned");
    assert_eq!(agreed(&shopper, &order).await, "rider_assigned");
    shop.clock.advance(Duration::minutes(20));
    leave(&shop, drop, shop.clock.now());
    assert_eq!(agreed(&shopper, &order).await, "on_the_way");
    written(&shop, &shopper, &order).await;
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("Stop 1 of 1. Conor comes to you next.");
    page.must_say("On the way. Conor has set out.");
    assert!(page.text.contains("http-equiv=\"refresh\" content=\"30\""), "it looks again without scripts");
    shop.clock.advance(Duration::minutes(20));
    deliver(&shop, drop);
    assert_eq!(agreed(&shopper, &order).await, "delivered");
    written(&shop, &shopper, &order).await;
    let facts = facts(&shopper, &json_of(&order)).await;
    assert!(
        facts["steps"].as_array().expect("steps").iter().all(|s| s["is_done"] == true && !s["at"].is_null())
    );
    assert_eq!(facts["sums"]["paid_cents"], order.total_cents.cents());
    assert_eq!(subjects(&shop).await.iter().filter(|s| s.starts_with("Delivered:")).count(), 1);
}

#[actix_web::test]
async fn an_account_is_offered_until_the_order_is_delivered() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop).await;
    let (offer, looks_again) = ("Keep this for next time", "http-equiv=\"refresh\"");
    let page = shopper.get(&page_of(&order)).await;
    page.must_say(offer);
    assert!(!page.text.contains(looks_again), "nothing happens yet: who types is left alone");
    let conor = rider(&shop, "Conor");
    let drop = packed(&shop, &order).await;
    let page = shopper.get(&page_of(&order)).await;
    page.must_say(offer);
    page.must_say("Hold this page still while you type");
    assert!(page.text.contains(looks_again));
    let held = shopper.get(&format!("{}?still=1", page_of(&order))).await;
    held.must_say(offer);
    assert!(!held.text.contains(looks_again), "as asked, it is not loaded again");
    lifecycle::assign_rider(&mut shop.conn(), drop, conor, Actor::System, shop.clock.now())
        .expect("assigned");
    leave(&shop, drop, shop.clock.now());
    shopper.get(&page_of(&order)).await.must_say(offer);
    let account = format!("{}/account", page_of(&order));
    let refused = shopper.submit(&account, &[("password", "short")]).await;
    refused.must_say("There is a problem");
    assert!(refused.text.contains("<title>Error: "), "the title says it");
    assert!(!refused.text.contains(looks_again), "what was refused stays to be read");
    shopper.post(&account, &[("password", "short")]).await;
    let open = shopper.moves_to(&shop).sending("x-looks", "yes");
    open.get(&page_of(&order)).await.must_not_say("There is a problem");
    shopper.get(&page_of(&order)).await.must_say("There is a problem");
    shopper.submit(&account, &[("password", "three short words")]).await.must_say("Look into your mail");
    shop.clock.advance(Duration::minutes(20));
    deliver(&shop, drop);
    shopper.get(&page_of(&order)).await.must_not_say(offer);
}

#[actix_web::test]
async fn a_stranger_learns_nothing_and_a_link_shows_less() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop).await;
    rider(&shop, "Conor");
    packed(&shop, &order).await;
    let code = orders::delivery_code(&shop.state().shop.app.signer, order.id);
    let own = shopper.get(&page_of(&order)).await;
    own.must_say(&format!("Your code for the door {code}"));
    let stranger = shop.shopper();
    for path in [page_of(&order), format!("{}/live", page_of(&order)), json_of(&order)] {
        let refused = stranger.get(&path).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
        refused.must_not_say("Conor");
    }
    for rest in ["window", "instructions"] {
        let refused = stranger.post(&format!("{}/{rest}", page_of(&order)), &[("window", "1")]).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{rest}");
    }
    let key = orders::make_link(&mut shop.conn(), order.id, shop.clock.now()).expect("a link");
    let guest = shop.shopper();
    let seen = guest.get(&format!("{}?key={key}", json_of(&order))).await;
    assert_eq!(seen.status, StatusCode::OK);
    for kept in ["14 Leinster Road", "123 4567", "4711#", "aoife@"] {
        assert!(!seen.text.contains(kept), "{kept}");
    }
    guest.get(&format!("{}?key={key}", page_of(&order))).await;
    let page = guest.get(&page_of(&order)).await;
    page.must_say("Conor brings your order");
    page.must_not_say("Your code for the door");
    let refused = guest.submit(&format!("{}/instructions", page_of(&order)), &[("note", "hello")]).await;
    refused.must_say("To tell the rider something, type the code that we send to the mail address");
}

/// Reads on until that is said; one change may be told in several words.
async fn heard(stream: &mut Listening, is_said: impl Fn(&str) -> bool) {
    for _ in 0..10 {
        if is_said(&stream.next().await) {
            return;
        }
    }
    panic!("it was never said");
}

#[actix_web::test]
async fn while_the_rider_comes_open_pages_hear_how_far_and_afterwards_nothing() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop).await;
    let conor = rider(&shop, "Conor");
    let drop = packed(&shop, &order).await;
    let door = delivery::drop_by_id(&mut shop.conn(), drop).expect("db").expect("a drop");
    let at = |north: f64| (door.latitude + north, door.longitude);
    let goes = |north: f64| {
        shop.clock.advance(Duration::seconds(20));
        delivery::set_position(&mut shop.conn(), conor, at(north), shop.clock.now()).expect("a position")
    };
    let mut stream = shopper.listen(&format!("{}/live", page_of(&order))).await;
    assert!(!stream.next().await.contains("event: rider"), "they have not left");
    leave(&shop, drop, shop.clock.now());
    heard(&mut stream, |news| news.contains("event: rider") && news.contains("Conor comes to you next"))
        .await;
    assert!(goes(0.02));
    heard(&mut stream, |news| news.contains("event: rider") && news.contains("some 2.2 km away")).await;
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("Conor was some 2.2 km away, last seen just now.");
    assert!(page.text.contains("role=\"img\" aria-label=\"You are the next stop\""));
    assert_eq!(facts(&shopper, &json_of(&order)).await["rider"]["metres"], 2_224);
    assert!(goes(0.005));
    heard(&mut stream, |news| news.contains("some 550 m away")).await;
    deliver(&shop, drop);
    heard(&mut stream, |news| news.contains("event: order") && !news.contains("event: rider")).await;
    shopper.get(&page_of(&order)).await.must_not_say("km away");
}

#[actix_web::test]
async fn after_a_try_that_failed_another_time_is_chosen_and_the_next_try_is_numbered() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop).await;
    rider(&shop, "Conor");
    let drop = packed(&shop, &order).await;
    leave(&shop, drop, shop.clock.now());
    let moved = shopper.submit(&format!("{}/window", page_of(&order)), &[("window", "1")]).await;
    moved.must_say("It is too late to change that");
    fail(&shop, drop, Failure::NobodyThere);
    assert_eq!(agreed(&shopper, &order).await, "not_delivered");
    written(&shop, &shopper, &order).await;
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("We could not deliver: nobody was there");
    page.must_say("Choose another time and we come again");
    let times = shopper.get(&format!("{}/window", page_of(&order))).await;
    let window = times.all_after("<option value=\"").remove(0);
    let chosen = shopper.submit(&format!("{}/window", page_of(&order)), &[("window", &window)]).await;
    chosen.must_say("Your new time is kept for you.");
    chosen.must_say("Second attempt");
    chosen.must_say("First promised Tue 24 Nov, 18:00–20:00");
    chosen.must_say("Could not be delivered: nobody was there.");
    let facts = facts(&shopper, &json_of(&order)).await;
    assert_eq!((facts["attempt"].as_i64(), facts["promises"].as_array().map(Vec::len)), (Some(2), Some(2)));
    assert_holds_add_up(&shop);
    work(&shop).await;
    assert_eq!(agreed(&shopper, &order).await, "rider_assigned");
    // A word that comes late about the first try tells its history and moves nothing.
    let next = delivery::last_drop(&mut shop.conn(), order.id).expect("db").expect("a drop");
    leave(&shop, next.id, shop.clock.now());
    deliver(&shop, next.id);
    assert_eq!(agreed(&shopper, &order).await, "delivered");
}

#[actix_web::test]
async fn a_full_time_is_not_overbooked_and_the_old_one_stays() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop).await;
    let now = shop.clock.now();
    let full = shop.count(&format!(
        "SELECT id FROM delivery_windows w WHERE cutoff_at > '{}' AND id <> {} AND zone_id =
            (SELECT zone_id FROM delivery_windows WHERE id = {}) ORDER BY starts_at LIMIT 1",
        now.to_rfc3339(),
        order.window_id,
        order.window_id
    ));
    shop.conn()
        .batch_execute(&format!("UPDATE delivery_windows SET capacity = 1, taken = 1 WHERE id = {full}"))
        .expect("changed");
    let refused = lifecycle::choose_window(&mut shop.conn(), order.id, full, now);
    assert!(matches!(refused, Err(ChooseError::Full)), "{refused:?}");
    let held = format!("SELECT window_id FROM window_holds WHERE order_id = '{}'", order.id);
    assert_eq!(shop.count(&held), order.window_id);
    shop.conn()
        .batch_execute(&format!("UPDATE delivery_windows SET capacity = 2, taken = 0 WHERE id = {full}"))
        .expect("changed");
    lifecycle::choose_window(&mut shop.conn(), order.id, full, now).expect("room");
    assert_eq!(shop.count(&held), full);
    assert_holds_add_up(&shop);
    let last = events::history(&mut shop.conn(), order.id.0).expect("a history").pop().expect("an event");
    assert!(
        matches!(last.event, Event::PromiseMade { version: 2, ref who, .. } if who == "customer"),
        "{last:?}"
    );
}

#[actix_web::test]
async fn instructions_change_until_it_is_there_and_the_log_keeps_none_of_them() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop).await;
    rider(&shop, "Conor");
    let drop = packed(&shop, &order).await;
    leave(&shop, drop, shop.clock.now());
    let path = format!("{}/instructions", page_of(&order));
    shopper.get(&path).await.must_say("You can change this until it is delivered.");
    let form = [
        ("phone", "087 555 0142"),
        ("leave_at", "neighbour"),
        ("note", "The bell is broken"),
        ("gate_code", ""),
    ];
    let told = shopper.submit(&path, &form).await;
    told.must_say("Your rider reads this from now on.");
    told.must_say("The bell is broken");
    told.must_say("Instructions for the rider changed.");
    let contact = orders::contact(&mut shop.conn(), order.id).expect("a contact");
    assert_eq!((contact.leave_at.as_str(), contact.gate_code.as_str()), ("With a neighbour", "4711#"));
    let kept =
        shop.text("SELECT string_agg(detail::text, ' ') FROM events WHERE kind = 'instructions_changed'");
    assert!(
        kept.contains("instructions_changed") && !kept.contains("bell") && !kept.contains("555"),
        "{kept}"
    );
    let long = "x".repeat(301);
    let wrong = [("phone", "nobody"), ("leave_at", "safe"), ("note", long.as_str()), ("gate_code", "77#")];
    let refused = shopper.post(&path, &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.must_say("There is a problem");
    refused.must_say("cannot stand in a telephone number");
    refused.must_say("This is 1 letters too long. 300 fit.");
    for kept in ["value=\"nobody\"", "value=\"safe\" selected", long.as_str(), "value=\"77#\""] {
        assert!(refused.text.contains(kept), "{kept} is not lost");
    }
    assert!(refused.text.contains("aria-describedby=\"phone-hint phone-wrong\" aria-invalid=\"true\""));
    assert_eq!(orders::contact(&mut shop.conn(), order.id).expect("a contact").leave_at, "With a neighbour");
    deliver(&shop, drop);
    shopper.submit(&path, &form).await.must_say("It is too late to change that");
}

#[actix_web::test]
async fn an_order_is_cancelled_until_it_is_handed_to_the_rider() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop).await;
    let drop = packed(&shop, &order).await;
    let cancellation = format!("{}/cancellation", page_of(&order));
    let asked = shopper.get(&cancellation).await;
    asked.must_say("What is picked goes back to its shelf.");
    let about = shop.text(&format!(
        "SELECT to_char(date_bin('5 minutes', due_at, 'epoch') AT TIME ZONE 'Europe/Dublin', 'HH24:MI') FROM fulfilments WHERE order_id = '{}'",
        order.id.0
    ));
    asked.must_say(&format!("You can cancel for free until it is handed to the rider, about {about}."));
    leave(&shop, drop, shop.clock.now());
    let page = shopper.get(&page_of(&order)).await;
    assert!(!page.text.contains(&cancellation), "no button is shown");
    page.must_say("It can no longer be cancelled, because it has been handed to the rider.");
    let refused = shopper.submit(&cancellation, &[]).await;
    refused.must_say(
        "It is too late to cancel this order: it has been handed to the rider. Nothing has changed.",
    );
}

#[actix_web::test]
async fn what_is_told_late_stands_where_it_happened_and_is_not_written_about() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop).await;
    rider(&shop, "Conor");
    let drop = packed(&shop, &order).await;
    subjects(&shop).await;
    let left = shop.clock.now() + Duration::minutes(10);
    shop.clock.advance(Duration::minutes(40));
    deliver(&shop, drop);
    leave(&shop, drop, left);
    assert_eq!(agreed(&shopper, &order).await, "delivered");
    let facts = facts(&shopper, &json_of(&order)).await;
    let words: Vec<&str> =
        facts["events"].as_array().expect("events").iter().filter_map(|e| e["words"].as_str()).collect();
    let place_of = |word: &str| words.iter().position(|w| w.starts_with(word)).expect("it is told");
    assert!(place_of("Delivered.") < place_of("On the way."), "{words:?}");
    assert!(place_of("On the way.") < place_of("Handed to the rider."), "{words:?}");
    let written = subjects(&shop).await;
    assert!(!written.iter().any(|s| s.starts_with("On the way")), "{written:?}");
}

#[actix_web::test]
async fn a_delay_is_said_in_one_sentence_with_the_new_time_and_the_choices() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop).await;
    let now = shop.clock.now();
    let (starts, ends) = (order.window_ends_at, order.window_ends_at + Duration::minutes(30));
    let sentence = "Harold’s Cross Road is closed, and your rider goes round by Kimmage.".to_owned();
    let cause = "closure".to_owned();
    let foreseen = Event::DelayForeseen { cause, sentence: sentence.clone(), expected: ends, starts, ends };
    events::record(&mut shop.conn(), order.id.0, &foreseen, Actor::System, now).expect("recorded");
    let promised = lifecycle::Promised { starts, ends, who: "forecast", why: "closure" };
    lifecycle::promise(&mut shop.conn(), order.id, &promised, Actor::System, now).expect("promised");
    agreed(&shopper, &order).await;
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("Running late.");
    page.must_say(&sentence);
    page.must_say("Tue 24 Nov, 20:00–20:30");
    page.must_say("First promised Tue 24 Nov, 18:00–20:00");
    assert!(page.text.contains("/window\""), "another time can be chosen");
    assert!(
        subjects(&shop).await.iter().any(|s| s.starts_with("Running late:") && s.contains("20:00–20:30"))
    );
    let letter =
        shop.letters().into_iter().find(|l| l.subject.starts_with("Running late")).expect("a letter");
    for words in [sentence.as_str(), "Keep it: ", "Choose another time", "It can be cancelled for free"] {
        assert!(letter.text.contains(words), "{words}: {}", letter.text);
    }
}

// ---------- the list of orders ----------

/// The version that a stream says next; nothing where it has ended. What only says that it goes on is passed
/// over.
async fn next_version(stream: &mut Listening) -> Option<String> {
    for _ in 0..10 {
        let news = stream.next().await;
        if news.is_empty() {
            return None;
        }
        if let Some((_, version)) = news.split_once("event: order\ndata: ") {
            return Some(version.trim().to_owned());
        }
    }
    panic!("nothing was said");
}

async fn version_of_list(shopper: &Shopper<'_>) -> String {
    shopper.get("/orders").await.all_after("data-version=\"").remove(0)
}

/// Orders again, from the same browser.
async fn another(shop: &TestShop, shopper: &Shopper<'_>) -> Order {
    shopper.wants("BB-FBR-008", "15").await;
    shop.clock.advance(Duration::seconds(2));
    place(shop, shopper, PayBy::CashAtDoor, None).order
}

#[actix_web::test]
async fn an_open_list_hears_of_each_of_its_orders_at_every_instance_and_of_nobody_elses() {
    let shop = TestShop::demo();
    shop.change("UPDATE stock SET on_hand = 500; NOTIFY changed, 'catalog'");
    let (shopper, first) = ordered(&shop).await;
    let second = another(&shop, &shopper).await;
    let elsewhere = shop.another();
    let there = shopper.moves_to(&elsewhere);
    let (mut here, mut beyond) = (shopper.listen("/orders/live").await, there.listen("/orders/live").await);
    let begun = version_of_list(&shopper).await;
    assert_eq!(next_version(&mut here).await.as_ref(), Some(&begun));
    assert_eq!(next_version(&mut beyond).await, Some(begun));
    let picker = colleague(&shop, "Maeve", "warehouse");
    for order in [&second, &first] {
        let stranger = shopper_with_basket(&shop).await;
        begin(&shop, &place(&shop, &stranger, PayBy::CashAtDoor, None).order, picker);
        begin(&shop, order, picker);
        let (one, other) = (next_version(&mut here).await, next_version(&mut beyond).await);
        let now = version_of_list(&there).await;
        assert_eq!((one.as_ref(), other.as_ref()), (Some(&now), Some(&now)), "and no word of the stranger's");
        let list = shopper.get("/orders").await;
        list.part(&format!("order:{}", order.number)).must_say("Being picked");
    }
    // What comes to it is on it too, once it is looked at again.
    let third = another(&shop, &shopper).await;
    lifecycle::leave_picking(&mut shop.conn(), second.id, picker, shop.clock.now()).expect("left");
    let version = next_version(&mut here).await.expect("word");
    assert!(version.starts_with("3-"), "{version} with {}", third.number);
}

#[actix_web::test]
async fn of_a_list_strangers_hear_nothing_and_it_ends_with_the_session_that_opened_it() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop).await;
    assert_eq!(shop.shopper().get("/orders/live").await.status, StatusCode::NOT_FOUND);
    let empty = shopper_with_basket(&shop).await;
    assert_eq!(empty.get("/orders/live").await.status, StatusCode::NOT_FOUND, "a basket, and no orders");
    assert_eq!(empty.get("/orders/live?before=1").await.status, StatusCode::NOT_FOUND);
    // Theirs by an account: at another device nothing but the session shows it.
    let phone = signed_up(&shop, "aoife@example.com").await;
    shop.conn()
        .batch_execute("UPDATE orders SET customer_id = (SELECT id FROM customers)")
        .expect("it is theirs");
    let mut list = phone.listen("/orders/live").await;
    let mut page = phone.listen(&format!("{}/live", page_of(&order))).await;
    assert!(next_version(&mut list).await.is_some() && next_version(&mut page).await.is_some());
    shop.conn().batch_execute("DELETE FROM customer_sessions").expect("signed out everywhere");
    begin(&shop, &order, colleague(&shop, "Maeve", "warehouse"));
    assert_eq!(next_version(&mut list).await, None, "it is over");
    assert_eq!(next_version(&mut page).await, None, "so is the order's own");
    assert_eq!(phone.get("/orders/live").await.status, StatusCode::NOT_FOUND);
}

/// Somebody with an account, signed in at a device that has ordered nothing.
async fn signed_up<'s>(shop: &'s TestShop, email: &str) -> Shopper<'s> {
    let phone = shop.shopper().at_address("198.51.100.12");
    phone.post("/signup", &[("email", email), ("password", "three green apples")]).await;
    while shop.send_mail() > 0 {}
    let letter = shop.letters().into_iter().find(|l| l.to == email).expect("a letter").text;
    let (_, path) = letter.split_once("http://127.0.0.1:8080").expect("a link");
    phone.submit(path.split_whitespace().next().expect("a path"), &[]).await;
    phone
}
