//! Incidents: what they close, whom they move, and what runs against them.

use crate::common::placing::{basket_of, place, shopper_with_basket, staffer};
use crate::common::{Answer, Shopper, TestShop};
use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::prelude::*;
use smartshop::delivery::{self, Incident, IncidentKind, WindowError};
use smartshop::events::{self, Event};
use smartshop::fulfilment;
use smartshop::ids::{Actor, IncidentId, OrderId, StaffId};
use smartshop::lifecycle::{self, ChooseError};
use smartshop::orders::{self, CancelledWhy, Order};
use smartshop::payments::PayBy;
use smartshop::promises;
use smartshop::worker;
use uuid::Uuid;

type Transactions = <PgConnection as Connection>::TransactionManager;

async fn orla(shop: &TestShop) -> Shopper<'_> {
    staffer(shop, "dispatch@demo.test").await
}

async fn ordered(shop: &TestShop) -> Order {
    let shopper = shopper_with_basket(shop).await;
    let placed = place(shop, &shopper, PayBy::CashAtDoor, None);
    orders::order(&mut shop.conn(), placed.order.id).expect("an order")
}

/// What snows in from before an order's window until after it, in all zones.
fn snow(shop: &TestShop, over: &Order) -> Incident {
    let by = shop.text("SELECT id FROM staff_members WHERE email = 'dispatch@demo.test'");
    Incident {
        id: IncidentId(Uuid::now_v7()),
        kind: IncidentKind::Snow,
        zone_id: None,
        window_id: None,
        starts_at: over.window_starts_at - chrono::Duration::minutes(10),
        ends_at: over.window_ends_at,
        note: String::new(),
        made_by: StaffId(by.parse().expect("an id")),
        made_at: shop.clock.now(),
        ended_by: None,
        ended_at: None,
    }
}

fn declare(shop: &TestShop, incident: &Incident) -> usize {
    lifecycle::declare_incident(&mut shop.conn(), incident, shop.clock.now()).expect("db")
}

async fn move_all(shop: &TestShop) -> usize {
    worker::move_promises(&shop.state().shop.app).await.expect("moved")
}

fn causes(shop: &TestShop, order: OrderId) -> Vec<String> {
    let history = events::history(&mut shop.conn(), order.0).expect("history");
    let cause = |r: events::Recorded| {
        if let Event::DelayForeseen { cause, .. } = r.event { Some(cause) } else { None }
    };
    history.into_iter().filter_map(cause).collect()
}

/// The form of a preview, as its button sends it.
fn button(page: &Answer) -> Vec<(String, String)> {
    ["token", "kind", "zone", "window", "from", "to", "note"]
        .into_iter()
        .map(|name| {
            let value = page.all_after(&format!("type=\"hidden\" name=\"{name}\" value=\""));
            (name.to_owned(), value.first().cloned().unwrap_or_default())
        })
        .collect()
}

#[actix_web::test]
async fn one_click_moves_every_promise_and_tells_every_customer() {
    let shop = TestShop::demo();
    let (one, two) = (ordered(&shop).await, ordered(&shop).await);
    let orla = orla(&shop).await;
    let (day, from) = ("2026-11-24", "14:30");
    let address = format!("/dispatch/incidents/new?kind=snow&from={day}T{from}&to=2026-11-25T12:00");
    let preview = orla.get(&address).await;
    preview.must_say("All zones, today 14:30 to Wed 25 Nov, 12:00. 2 orders move to a later time.");
    preview.must_say("We cannot come as promised: snow and ice close the roads.");
    assert_eq!(causes(&shop, one.id), Vec::<String>::new(), "a preview changes nothing");
    let form = button(&preview);
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    orla.submit("/dispatch/incidents", &form).await.must_say("It is closed. 2 orders are being moved");
    orla.submit("/dispatch/incidents", &form).await.must_say("nothing was done twice");
    assert_eq!(move_all(&shop).await, 2);
    assert_eq!(move_all(&shop).await, 0);
    for order in [&one, &two] {
        let promises = promises::of_order(&mut shop.conn(), order.id).expect("promises");
        assert_eq!(promises.len(), 2, "the first one stands");
        assert!(
            promises[1].starts_at
                >= "2026-11-25T12:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().expect("a time")
        );
        assert_eq!(causes(&shop, order.id), ["closure"]);
        let due = fulfilment::of_order(&mut shop.conn(), order.id).expect("db").expect("a row");
        assert_eq!(due.window_starts_at, promises[1].starts_at, "it is packed for its new time");
    }
    worker::work_outbox(&shop.state().shop.app).await.expect("letters");
    shop.send_mail();
    let late: Vec<_> = shop.letters().into_iter().filter(|l| l.subject.starts_with("Running late")).collect();
    assert_eq!(late.len(), 2, "one letter each");
    assert!(late[0].text.contains("snow and ice close the roads"), "{}", late[0].text);
    assert!(late[0].text.contains("cancel"), "{}", late[0].text);
    let list = orla.get("/dispatch/incidents").await;
    list.must_say("Snow or ice");
    list.must_say("2 orders: 2 moved, 0 without a later time, 0 as they were.");
    assert_eq!(rooms_that_do_not_add_up(&shop), 0);
}

/// Windows whose `taken` is not what is held in them.
fn rooms_that_do_not_add_up(shop: &TestShop) -> i64 {
    shop.count(
        "SELECT count(*) FROM delivery_windows w WHERE taken <>
             (SELECT count(*) FROM window_holds h WHERE h.window_id = w.id)",
    )
}

#[actix_web::test]
async fn what_is_closed_is_offered_to_nobody_until_it_is_over() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let shopper = shopper_with_basket(&shop).await;
    let basket = basket_of(&shop, &shopper);
    let incident = snow(&shop, &order);
    declare(&shop, &incident);
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let zone = delivery::window(conn, order.window_id).expect("db").expect("a window").zone_id;
    let until = now + chrono::Duration::days(3);
    let offered = |conn: &mut PgConnection| {
        let windows = delivery::windows_between(conn, zone, now, until).expect("db");
        windows.iter().any(|w| w.id == order.window_id)
    };
    assert!(!offered(conn));
    let held = delivery::hold_window(conn, basket, order.window_id, now);
    assert!(matches!(held, Err(WindowError::Closed)), "{held:?}");
    shopper.get("/delivery").await.must_not_say("18:00–20:00 Order by");
    lifecycle::end_incident(conn, incident.id, incident.made_by, now).expect("ended");
    assert!(offered(conn), "it is over");
    delivery::hold_window(conn, basket, order.window_id, now).expect("room again");
    lifecycle::end_incident(conn, incident.id, incident.made_by, now).expect("ended before");
}

#[actix_web::test]
async fn a_hold_that_still_runs_is_not_honoured_in_a_closed_window() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let shopper = shopper_with_basket(&shop).await;
    let (basket, now) = (basket_of(&shop, &shopper), shop.clock.now());
    delivery::hold_window(&mut shop.conn(), basket, order.window_id, now).expect("held");
    declare(&shop, &snow(&shop, &order));
    let kept = delivery::keep_for_order(&mut shop.conn(), basket, order.window_id, order.id, now);
    assert!(matches!(kept, Err(WindowError::Closed)), "{kept:?}");
}

#[actix_web::test]
async fn two_incidents_over_one_window_close_it_until_both_are_over() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let (first, second) = (snow(&shop, &order), snow(&shop, &order));
    declare(&shop, &first);
    declare(&shop, &second);
    let conn = &mut shop.conn();
    let is_closed = |conn: &mut PgConnection| {
        delivery::window(conn, order.window_id).expect("db").expect("a window").is_closed()
    };
    lifecycle::end_incident(conn, first.id, first.made_by, shop.clock.now()).expect("ended");
    assert!(is_closed(conn));
    lifecycle::end_incident(conn, second.id, second.made_by, shop.clock.now()).expect("ended");
    assert!(!is_closed(conn));
}

#[actix_web::test]
async fn where_no_later_time_has_room_the_customer_is_told_and_staff_see_whom_to_ring() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    shop.conn()
        .batch_execute(&format!(
            "UPDATE delivery_windows SET capacity = taken WHERE id <> {}",
            order.window_id
        ))
        .expect("no room anywhere");
    let orla = orla(&shop).await;
    let address = format!("/dispatch/incidents/new?kind=fire&window={}", order.window_id);
    let preview = orla.get(&address).await;
    preview.must_say("for 1 no later time has room");
    let form = button(&preview);
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    orla.submit("/dispatch/incidents", &form).await;
    move_all(&shop).await;
    assert_eq!(causes(&shop, order.id), ["closure"]);
    assert_eq!(promises::of_order(&mut shop.conn(), order.id).expect("promises").len(), 1);
    let id = shop.text("SELECT id FROM incidents");
    let page = orla.get(&format!("/dispatch/incidents/{id}")).await;
    page.must_say("No later time has room: ring these");
    page.must_say(order.number.as_ref());
}

#[actix_web::test]
async fn a_customer_who_chooses_another_time_at_once_keeps_what_they_chose() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let now = shop.clock.now();
    let conn = &mut shop.conn();
    let zone = delivery::window(conn, order.window_id).expect("db").expect("a window").zone_id;
    let later = delivery::later_windows(conn, zone, order.window_ends_at, now, 20).expect("db");
    let chosen = later.iter().find(|w| w.starts_at >= order.window_ends_at).expect("a later one").id;
    declare(&shop, &snow(&shop, &order));
    let (moved, chose) = against(&shop, &order, |conn| lifecycle::choose_window(conn, order.id, chosen, now));
    chose.expect("there is room");
    assert!(matches!(moved, Ok(Some(_))), "{moved:?}");
    let held = delivery::window_of_order(conn, order.id).expect("db").expect("a window");
    assert_eq!(held.id, chosen, "whoever was first, the customer's word stands");
    let last = promises::of_order(conn, order.id).expect("promises").pop().expect("one");
    assert_eq!((last.starts_at, last.who.as_str()), (held.starts_at, "customer"));
    assert_eq!(rooms_that_do_not_add_up(&shop), 0);
}

#[actix_web::test]
async fn an_order_that_is_cancelled_at_once_is_cancelled_and_holds_no_room() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let now = shop.clock.now();
    declare(&shop, &snow(&shop, &order));
    let cancel = |conn: &mut PgConnection| {
        lifecycle::cancel(conn, order.id, CancelledWhy::Customer, Actor::Customer, now)
            .map_err(|e| panic!("{e:?}"))
            .map(|_: lifecycle::Cancelled| ())
    };
    let (moved, cancelled) = against::<(), ChooseError>(&shop, &order, cancel);
    cancelled.expect("it can be cancelled");
    moved.expect("moved or left as it was");
    assert!(delivery::window_of_order(&mut shop.conn(), order.id).expect("db").is_none());
    assert_eq!(rooms_that_do_not_add_up(&shop), 0);
}

type Moved = Result<Option<delivery::Outcome>, String>;

/// Lets the incident's mover and somebody else reach for one order at the same time.
fn against<T: Send, E: Send>(
    shop: &TestShop,
    order: &Order,
    other: impl FnOnce(&mut PgConnection) -> Result<T, E> + Send,
) -> (Moved, Result<T, E>) {
    let now = shop.clock.now();
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    orders::lock_order(&mut holder, order.id).expect("the row");
    std::thread::scope(|scope| {
        let (mut mover, mut theirs) = (shop.conn(), shop.conn());
        let moving =
            scope.spawn(move || lifecycle::move_next(&mut mover, now).map_err(|(_, e)| e.to_string()));
        let others = scope.spawn(move || other(&mut theirs));
        shop.wait_until_blocked(2);
        Transactions::commit_transaction(&mut holder).expect("let go");
        (moving.join().expect("an end"), others.join().expect("an end"))
    })
}

#[actix_web::test]
async fn an_order_placed_just_before_the_click_is_moved_too() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let shopper = shopper_with_basket(&shop).await;
    let (basket, now) = (basket_of(&shop, &shopper), shop.clock.now());
    let incident = snow(&shop, &order);
    // Somebody is just taking room in the window.
    let mut taking = shop.conn();
    Transactions::begin_transaction(&mut taking).expect("a transaction");
    delivery::hold_window(&mut taking, basket, order.window_id, now).expect("room");
    let waiting = std::thread::scope(|scope| {
        let (mut conn, incident) = (shop.conn(), &incident);
        let closing = scope.spawn(move || lifecycle::declare_incident(&mut conn, incident, now).expect("db"));
        shop.wait_until_blocked(1);
        Transactions::commit_transaction(&mut taking).expect("taken");
        closing.join().expect("an end")
    });
    assert_eq!(waiting, 1, "the order; a basket's hold is none yet");
    let held = delivery::hold_window(&mut shop.conn(), basket, order.window_id, now);
    assert!(matches!(held, Err(WindowError::Closed)), "{held:?}");
}

#[actix_web::test]
async fn an_order_that_takes_over_its_hold_while_the_window_closes_is_moved_a_little_later() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let incident = snow(&shop, &order);
    // Its transaction is still open while everything is closed: the click cannot see it.
    let mut placing = shop.conn();
    Transactions::begin_transaction(&mut placing).expect("a transaction");
    shop.conn()
        .batch_execute(&format!("DELETE FROM window_holds WHERE order_id = '{}'", order.id))
        .expect("gone");
    let hold = format!(
        "INSERT INTO window_holds (id, window_id, order_id) VALUES (gen_random_uuid(), {}, '{}')",
        order.window_id, order.id
    );
    placing.batch_execute(&hold).expect("taken over");
    assert_eq!(declare(&shop, &incident), 0, "nobody sees it yet");
    Transactions::commit_transaction(&mut placing).expect("placed");
    assert_eq!(move_all(&shop).await, 1);
    assert_eq!(causes(&shop, order.id), ["closure"]);
}

#[actix_web::test]
async fn a_form_that_cannot_be_meant_says_what_is_wrong() {
    let shop = TestShop::demo();
    let orla = orla(&shop).await;
    let page = orla.get("/dispatch/incidents/new").await;
    page.must_not_say("What it would do");
    for (asked, said) in [
        ("kind=snow&from=2026-11-24T18:00&to=2026-11-24T17:00", "The end comes before the beginning."),
        ("kind=snow&from=2026-11-24T10:00&to=2026-11-24T12:00", "That time is over."),
        ("kind=snow&from=2026-11-24T18:00&to=2027-11-24T17:00", "two weeks at most"),
        ("kind=snow&from=soon&to=later", "Say from when"),
        ("kind=snow&window=99999999", "That window is over, or closed already."),
    ] {
        let page = orla.get(&format!("/dispatch/incidents/new?{asked}")).await;
        page.must_say(said);
        page.must_not_say("Close it");
    }
}

#[actix_web::test]
async fn what_could_not_be_moved_is_tried_again_or_moved_by_hand() {
    let shop = TestShop::demo();
    let (one, two) = (ordered(&shop).await, ordered(&shop).await);
    let no_room = format!("UPDATE delivery_windows SET capacity = taken WHERE id <> {}", one.window_id);
    shop.conn().batch_execute(&no_room).expect("no room anywhere");
    let incident = snow(&shop, &one);
    declare(&shop, &incident);
    assert_eq!(move_all(&shop).await, 2);
    let orla = orla(&shop).await;
    let address = format!("/dispatch/incidents/{}", incident.id);
    // Nothing has room yet: they are tried, and wait for a hand again. Nobody is written to twice.
    let page = orla.get(&address).await;
    orla.press(&page, "Try these again", &[]).await.must_say("2 orders are being tried again.");
    assert_eq!(move_all(&shop).await, 2);
    assert_eq!(causes(&shop, one.id), ["closure"]);
    let page = orla.get(&address).await;
    page.must_say("No later time has room: ring these");
    let order_page = orla.follow(&page, &format!("Choose a time for {}", one.number)).await;
    order_page.must_say("No later time has room just now.");
    // A van comes back: there is room once, and somebody chooses it by telephone.
    let zone = delivery::window(&mut shop.conn(), one.window_id).expect("db").expect("a window").zone_id;
    let room = format!(
        "UPDATE delivery_windows SET capacity = taken + 1 WHERE id IN (SELECT id FROM delivery_windows
             WHERE zone_id = {zone} AND starts_at > '{}' AND closed_by IS NULL ORDER BY starts_at LIMIT 2)",
        one.window_ends_at.to_rfc3339()
    );
    shop.conn().batch_execute(&room).expect("room");
    let order_page = orla.follow(&page, &format!("Choose a time for {}", one.number)).await;
    order_page.must_say("+353 86 123 4567");
    let choices = order_page.choices("window");
    assert_eq!(choices.len(), 2, "what has room");
    let later = choices[1].as_str();
    let moved = orla.press(&order_page, "Move it and tell the customer", &[("window", later)]).await;
    moved.must_say("It is moved, and its customer told.");
    let held = delivery::window_of_order(&mut shop.conn(), one.id).expect("db").expect("a window");
    assert_eq!(held.id.to_string(), later);
    let told = promises::of_order(&mut shop.conn(), one.id).expect("promises").pop().expect("one");
    assert_eq!((told.starts_at, told.who.as_str()), (held.starts_at, "shop"));
    assert_eq!(causes(&shop, one.id), ["closure", "closure"], "they are told of the new time");
    // The same form from another tab finds that it is done; the room that was chosen is gone.
    let again = format!("{address}/orders/{}/window", one.number);
    orla.submit(&again, &[("window", later)]).await.must_say("it does not wait for a hand any more");
    let full = format!("{address}/orders/{}/window", two.number);
    orla.submit(&full, &[("window", later)]).await.must_say("that time has no room any more");
    // The other one goes where there still is room.
    let page = orla.get(&address).await;
    orla.press(&page, "Try these again", &[]).await.must_say("1 order is being tried again.");
    assert_eq!(move_all(&shop).await, 1);
    assert_eq!(causes(&shop, two.id), ["closure", "closure"]);
    orla.get(&address).await.must_not_say("ring these");
    assert_eq!(rooms_that_do_not_add_up(&shop), 0);
}

#[actix_web::test]
async fn orders_that_failed_too_often_are_tried_again_at_a_click_and_none_once_it_is_over() {
    let shop = TestShop::demo();
    let (one, two) = (ordered(&shop).await, ordered(&shop).await);
    let incident = snow(&shop, &one);
    declare(&shop, &incident);
    let failed = "UPDATE incident_orders SET outcome = 'failed', tries = 10";
    shop.conn().batch_execute(failed).expect("they failed ten times");
    assert_eq!(move_all(&shop).await, 0, "somebody has to look");
    let orla = orla(&shop).await;
    let page = orla.get(&format!("/dispatch/incidents/{}", incident.id)).await;
    page.must_say("Could not be done: move them by hand");
    let page = orla.press(&page, "Try these again", &[]).await;
    page.must_say("2 orders are being tried again.");
    page.must_say("2 of 2 still to do.");
    assert_eq!(move_all(&shop).await, 2);
    assert_eq!(causes(&shop, one.id), ["closure"]);
    shop.conn()
        .batch_execute(
            "UPDATE incident_orders SET outcome = 'failed', new_starts_at = NULL, new_ends_at = NULL",
        )
        .expect("again");
    lifecycle::end_incident(&mut shop.conn(), incident.id, incident.made_by, shop.clock.now()).expect("over");
    let over = orla.get(&format!("/dispatch/incidents/{}", incident.id)).await;
    over.must_not_say("Try these again");
    let tries = format!("/dispatch/incidents/{}/tries", incident.id);
    orla.submit(&tries, &[("outcome", "failed")]).await.must_say("none of them waits any more");
    assert_eq!(move_all(&shop).await, 0);
    assert_eq!(causes(&shop, two.id), ["closure"]);
}

#[actix_web::test]
async fn whoever_is_killed_while_moving_leaves_the_order_to_the_next() {
    let shop = TestShop::demo();
    let (one, two) = (ordered(&shop).await, ordered(&shop).await);
    declare(&shop, &snow(&shop, &one));
    // One is taken in hand; its process is killed before it has come to anything.
    let (mut killed, now) = (shop.conn(), shop.clock.now());
    Transactions::begin_transaction(&mut killed).expect("a transaction");
    let in_hand = delivery::next_to_move(&mut killed, now).expect("db").expect("an order").order_id;
    assert_eq!(move_all(&shop).await, 1, "meanwhile the other one is moved");
    assert_eq!(causes(&shop, in_hand), Vec::<String>::new());
    drop(killed);
    crate::common::wait_for("the database to see that it is gone", || {
        lifecycle::move_next(&mut shop.conn(), now).expect("db").is_some()
    });
    for order in [&one, &two] {
        assert_eq!(causes(&shop, order.id), ["closure"]);
    }
    assert_eq!(rooms_that_do_not_add_up(&shop), 0);
}
