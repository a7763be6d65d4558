//! What riders carry, where they go, and where they are: room by the time of day, zones, positions, and the board
//! that shows it by window.

use crate::common::TestShop;
use crate::common::placing::{colleague, nobody_of_the_demo_rides, rider, shopper_with_basket};
use crate::riders::{assigned, only_rider, packed_for, staffer, upload, word};
use chrono::Duration;
use diesel::Connection;
use diesel::connection::SimpleConnection;
use serde_json::json;
use smartshop::delivery::{self, DropState};
use smartshop::dispatch::{self, Found};
use smartshop::ids::{Actor, DropId, StaffId, ZoneId};
use smartshop::orders::Order;
use smartshop::{events, lifecycle, worker};
use std::collections::BTreeSet;

async fn packed(shop: &TestShop) -> (Order, DropId) {
    packed_for(shop, &shopper_with_basket(shop).await)
}

/// Enough for as many orders as one likes; before anything is asked of the shop.
fn plenty(shop: &TestShop) {
    let sql = "UPDATE stock SET on_hand = 5000 FROM products p WHERE p.id = product_id AND sku IN ('DE-MIL-001', 'PP-PAS-001')";
    shop.conn().batch_execute(sql).expect("deliveries");
}

fn holds(shop: &TestShop, id: StaffId, capacity: i32) {
    let sql = format!("UPDATE riders SET capacity = {capacity} WHERE id = '{id}'");
    shop.conn().batch_execute(&sql).expect("a bag");
}

/// Moves the window of a drop by so many hours.
fn later(shop: &TestShop, drop: DropId, hours: i64) {
    let conn = &mut shop.conn();
    let row = delivery::drop_by_id(conn, drop).expect("db").expect("a drop");
    let by = Duration::hours(hours);
    delivery::set_window(conn, drop, row.starts_at + by, row.ends_at + by).expect("another time");
}

fn whose(shop: &TestShop, drop: DropId) -> Option<StaffId> {
    delivery::drop_by_id(&mut shop.conn(), drop).expect("db").expect("a drop").rider_id
}

/// Sends a rider to the zone of a drop, or to another one.
fn sent_to(shop: &TestShop, id: StaffId, drop: DropId, is_own: bool) {
    let conn = &mut shop.conn();
    let of = delivery::drop_by_id(conn, drop).expect("db").expect("a drop").zone_id;
    let zones = delivery::all_zones(conn).expect("zones");
    let zone = zones.iter().find(|zone| (zone.id == of) == is_own).expect("a zone").id;
    assert!(delivery::set_zone(conn, id, None, Some(zone)).expect("db"));
}

async fn work(shop: &TestShop) {
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
}

#[actix_web::test]
async fn what_is_brought_tomorrow_takes_no_room_from_today() {
    let shop = TestShop::demo();
    plenty(&shop);
    let conor = rider(&shop, "Conor");
    holds(&shop, conor, 1);
    let (_, tomorrow) = packed(&shop).await;
    later(&shop, tomorrow, 24);
    work(&shop).await;
    assert_eq!(whose(&shop, tomorrow), Some(conor));
    let (_, today) = packed(&shop).await;
    work(&shop).await;
    assert_eq!(whose(&shop, today), Some(conor), "their hands are free until tomorrow");
    let (_, too_much) = packed(&shop).await;
    work(&shop).await;
    assert_eq!(whose(&shop, too_much), None, "one at a time is all they carry");
    later(&shop, too_much, 24);
    let full = dispatch::give(&mut shop.conn(), too_much, conor, Actor::System, shop.clock.now());
    assert!(matches!(full, Err(dispatch::GiveError::Full)), "tomorrow they are full too: {full:?}");
    later(&shop, too_much, 24);
    dispatch::give(&mut shop.conn(), too_much, conor, Actor::System, shop.clock.now())
        .expect("the day after");
}

#[actix_web::test]
async fn of_what_waits_that_is_given_for_which_there_is_room_though_something_before_it_finds_nobody() {
    let shop = TestShop::demo();
    plenty(&shop);
    let conor = rider(&shop, "Conor");
    holds(&shop, conor, 1);
    let (_, first) = packed(&shop).await;
    work(&shop).await;
    assert_eq!(whose(&shop, first), Some(conor));
    let ((_, second), (_, tomorrow)) = (packed(&shop).await, packed(&shop).await);
    later(&shop, tomorrow, 24);
    let given = dispatch::offer_waiting(&mut shop.conn(), shop.clock.now()).expect("db");
    assert_eq!((given, whose(&shop, second), whose(&shop, tomorrow)), (1, None, Some(conor)));
}

#[actix_web::test]
async fn two_who_load_one_rider_at_once_never_load_more_than_they_carry() {
    let shop = TestShop::demo();
    let conor = rider(&shop, "Conor");
    holds(&shop, conor, 1);
    let drops = [packed(&shop).await.1, packed(&shop).await.1];
    let now = shop.clock.now();
    let mut holder = shop.conn();
    let given: Vec<bool> = std::thread::scope(|scope| {
        let mut tries = Vec::new();
        holder
            .transaction(|conn| {
                delivery::lock_rider(conn, conor)?;
                for drop in drops {
                    let mut own = shop.conn();
                    tries
                        .push(scope.spawn(move || {
                            dispatch::give(&mut own, drop, conor, Actor::System, now).is_ok()
                        }));
                }
                shop.wait_until_blocked(2);
                diesel::QueryResult::Ok(())
            })
            .expect("let go");
        tries.into_iter().map(|t| t.join().expect("a try")).collect()
    });
    assert_eq!(given.iter().filter(|g| **g).count(), 1, "{given:?}");
    assert_eq!(delivery::stops_of(&mut holder, conor).expect("stops").len(), 1);
}

#[actix_web::test]
async fn a_rider_who_is_sent_to_a_zone_is_found_for_it_alone_and_by_hand_for_any() {
    let shop = TestShop::demo();
    nobody_of_the_demo_rides(&shop);
    let conor = rider(&shop, "Conor");
    let (_, drop) = packed(&shop).await;
    sent_to(&shop, conor, drop, false);
    work(&shop).await;
    assert_eq!(whose(&shop, drop), None, "they go elsewhere");
    let board = staffer(&shop, "dispatch@demo.test").await;
    board.get("/dispatch").await.must_say("Packed, no rider");
    let give = format!("/dispatch/drops/{drop}/rider");
    board.submit(&give, &[("rider", &conor.to_string())]).await.must_say("Conor, stop 1");
    board.submit(&format!("{give}/ending"), &[]).await.must_say("It is taken off.");
    work(&shop).await;
    assert_eq!(whose(&shop, drop), None);

    let seen = shop.text(&format!("SELECT zone_id FROM riders WHERE id = '{conor}'"));
    let zone = shop.text(&format!("SELECT zone_id FROM drops WHERE id = '{drop}'"));
    let send = format!("/dispatch/riders/{conor}/zone");
    board.submit(&send, &[("zone", &zone), ("seen", "")]).await.must_say("Nothing was changed");
    let sent = board.submit(&send, &[("zone", &zone), ("seen", &seen)]).await;
    sent.must_say("They are sent to City centre alone.");
    sent.must_say("Conor, stop 1");
    assert_eq!(whose(&shop, drop), Some(conor), "what waited there is theirs");
    board.submit(&send, &[("zone", ""), ("seen", &zone)]).await.must_say("They are sent to all zones.");
    let strange = board.post(&send, &[("zone", "9999"), ("seen", "")]).await;
    assert_eq!(strange.status, actix_web::http::StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn who_is_sent_elsewhere_at_this_very_moment_is_given_nothing_by_itself() {
    let shop = TestShop::demo();
    let conor = rider(&shop, "Conor");
    let (_, drop) = packed(&shop).await;
    let now = shop.clock.now();
    let job =
        events::last(&mut shop.conn(), orders_of(&shop, drop), "drop_planned").expect("db").expect("a job");
    let carriers = shop.state().shop.app.carriers.clone();
    let mut sending = shop.conn();
    let found = std::thread::scope(|scope| {
        let mut found = None;
        sending
            .transaction(|conn| {
                let of = delivery::drop_by_id(conn, drop)?.expect("a drop").zone_id;
                let other =
                    delivery::all_zones(conn)?.into_iter().find(|zone| zone.id != of).expect("a zone");
                assert!(delivery::set_zone(conn, conor, None, Some(other.id))?);
                let mut own = shop.conn();
                let (carriers, job) = (&carriers, &job);
                found = Some(scope.spawn(move || dispatch::act(&mut own, carriers, job, now)));
                shop.wait_until_blocked(1);
                diesel::QueryResult::Ok(())
            })
            .expect("sent");
        found.expect("somebody looks").join().expect("an end").expect("db")
    });
    assert_eq!(found, Found::Nobody);
    assert_eq!(whose(&shop, drop), None);
}

fn orders_of(shop: &TestShop, drop: DropId) -> uuid::Uuid {
    delivery::drop_by_id(&mut shop.conn(), drop).expect("db").expect("a drop").order_id.0
}

#[test]
fn of_two_who_send_a_rider_elsewhere_at_once_one_does() {
    let shop = TestShop::demo();
    let conor = rider(&shop, "Conor");
    let zones: Vec<ZoneId> =
        delivery::all_zones(&mut shop.conn()).expect("zones").into_iter().map(|zone| zone.id).collect();
    let mut holder = shop.conn();
    let sent: Vec<bool> =
        std::thread::scope(|scope| {
            let mut tries = Vec::new();
            holder
                .transaction(|conn| {
                    delivery::lock_rider(conn, conor)?;
                    for zone in &zones[..2] {
                        let mut own = shop.conn();
                        tries.push(scope.spawn(move || {
                            delivery::set_zone(&mut own, conor, None, Some(*zone)).expect("db")
                        }));
                    }
                    shop.wait_until_blocked(2);
                    diesel::QueryResult::Ok(())
                })
                .expect("let go");
            tries.into_iter().map(|t| t.join().expect("a try")).collect()
        });
    assert_eq!(sent.iter().filter(|s| **s).count(), 1, "{sent:?}");
}

#[actix_web::test]
async fn a_device_that_tells_ten_times_a_second_changes_a_row_once_in_some_seconds() {
    let shop = TestShop::demo();
    let id = only_rider(&shop, "rider@demo.test");
    let (_, drop) = assigned(&shop).await;
    let device = staffer(&shop, "rider@demo.test").await;
    let begun = shop.clock.now();
    upload(&device, &[word(drop, "left", begun, json!({}))]).await;
    let row = || shop.text(&format!("SELECT ctid::text || xmin::text FROM riders WHERE id = '{id}'"));
    let mut rows = BTreeSet::from([row()]);
    let before = shop.count("SELECT count(*) FROM rider_uploads");
    for tenth in 1..=120 {
        shop.clock.advance(Duration::milliseconds(100));
        let here = json!({"latitude": 53.33 + f64::from(tenth) * 1e-5, "longitude": -6.26});
        let answers = upload(&device, &[word(drop, "position", shop.clock.now(), here)]).await;
        assert_ne!(answers[0].0, "refused");
        rows.insert(row());
    }
    // At 0.1, 4.1 and 8.1 seconds; a sign of life may come between, once in as many seconds.
    assert!((3..=7).contains(&(rows.len() - 1)), "{} changes in twelve seconds", rows.len() - 1);
    let kept = shop.count("SELECT count(*) FROM rider_uploads") - before;
    assert_eq!(kept, 3, "what changed nothing is not kept either");
    let known = delivery::rider(&mut shop.conn(), id).expect("db").expect("a rider");
    assert_eq!(known.position_at, Some(begun + Duration::milliseconds(8_100)));
}

#[actix_web::test]
async fn words_of_devices_are_forgotten_after_a_month_and_what_they_made_true_stays() {
    let shop = TestShop::demo();
    only_rider(&shop, "rider@demo.test");
    let (order, drop) = assigned(&shop).await;
    let device = staffer(&shop, "rider@demo.test").await;
    upload(&device, &[word(drop, "left", shop.clock.now(), json!({}))]).await;
    shop.clock.advance(Duration::days(29));
    let app = &shop.state().shop.app;
    assert_eq!(worker::forget_uploads(app).await.expect("a sweep"), 0, "a phone may still send it again");
    let other = staffer(&shop, "rider@demo.test").await;
    upload(&other, &[word(drop, "arrived", shop.clock.now(), json!({}))]).await;
    shop.clock.advance(Duration::days(2));
    assert_eq!(worker::forget_uploads(app).await.expect("a sweep"), 1);
    assert_eq!(worker::forget_uploads(app).await.expect("a sweep"), 0);
    assert_eq!(shop.text("SELECT string_agg(kind, ' ') FROM rider_uploads"), "arrived");
    let left = events::last(&mut shop.conn(), order.id.0, "drop_left").expect("db");
    assert!(left.is_some(), "the log has it");
    let row = delivery::drop_by_id(&mut shop.conn(), drop).expect("db").expect("a drop");
    assert_eq!(row.state, DropState::OnTheWay);
}

#[actix_web::test]
async fn the_board_says_where_a_rider_is_only_while_they_are_on_the_way() {
    let shop = TestShop::demo();
    only_rider(&shop, "rider@demo.test");
    let (_, drop) = assigned(&shop).await;
    let (board, device) =
        (staffer(&shop, "dispatch@demo.test").await, staffer(&shop, "rider@demo.test").await);
    let page = board.get("/dispatch").await;
    page.must_not_say("from the warehouse");
    assert!(page.text.contains("1 open stop, no rider seen on the way."));
    upload(&device, &[word(drop, "left", shop.clock.now(), json!({}))]).await;
    board.get("/dispatch").await.must_say("On the way, and not seen since they left");
    shop.clock.advance(Duration::seconds(10));
    let door = delivery::drop_by_id(&mut shop.conn(), drop).expect("db").expect("a drop");
    let here = json!({"latitude": door.latitude + 0.005, "longitude": door.longitude});
    upload(&device, &[word(drop, "position", shop.clock.now(), here)]).await;
    shop.clock.advance(Duration::seconds(40));
    let page = board.get("/dispatch").await;
    page.must_say("Near Rathmines, D06, 550 m from stop 1,");
    page.must_say("from the warehouse, seen 40 s ago");
    assert!(page.text.contains("1 open stop, 1 rider seen on the way."));
    upload(&device, &[word(drop, "failed", shop.clock.now(), json!({"reason": "no_access"}))]).await;
    let page = board.get("/dispatch").await;
    page.must_not_say("from the warehouse");
    assert!(page.text.contains("0 open stops, no rider seen on the way."));
}

#[actix_web::test]
async fn a_row_for_each_window_says_how_far_its_orders_are_and_leads_to_them() {
    let shop = TestShop::demo();
    only_rider(&shop, "rider@demo.test");
    let (first, drop) = assigned(&shop).await;
    let shopper = shopper_with_basket(&shop).await;
    let waiting =
        crate::common::placing::place(&shop, &shopper, smartshop::payments::PayBy::CashAtDoor, None).order;
    assert_eq!(first.window_id, waiting.window_id);
    let window = first.window_id;
    let left =
        shop.count(&format!("SELECT (capacity - taken)::bigint FROM delivery_windows WHERE id = {window}"));
    let board = staffer(&shop, "dispatch@demo.test").await;
    let page = board.get("/dispatch").await.part("windows");
    page.must_say("City centre");
    page.must_say("2 orders: 1 to pack, 1 with a rider");
    page.must_say(&format!("room for {left} more"));
    assert!(page.text.contains(&format!("href=\"/dispatch?window={window}#open\"")));

    let device = staffer(&shop, "rider@demo.test").await;
    upload(&device, &[word(drop, "left", shop.clock.now(), json!({}))]).await;
    board.get("/dispatch").await.part("windows").must_say("2 orders: 1 to pack, 1 on the way");
    let one = board.get(&format!("/dispatch?window={window}")).await;
    one.part("drops").must_say(first.number.as_ref());
    one.part("drops").must_say("All windows");
    one.part("drops").must_not_say(waiting.number.as_ref());
    let packing = one.part("packing");
    packing.must_say("Still to pack in this window 1");
    packing.must_say(waiting.number.as_ref());
    packing.must_say("It waits for a picker, to be packed by");
    packing.must_not_say(first.number.as_ref());
    board.get("/dispatch").await.part("packing").must_not_say(waiting.number.as_ref());
    let kasia = colleague(&shop, "Kasia", "warehouse");
    lifecycle::start_picking(&mut shop.conn(), waiting.id, kasia, shop.clock.now()).expect("taken");
    let one = board.get(&format!("/dispatch?window={window}")).await;
    one.part("packing").must_say("It is being picked, to be packed by");
    one.must_say("City centre");
    let none = shop.count(&format!(
        "SELECT min(id) FROM delivery_windows WHERE id NOT IN (SELECT window_id FROM window_holds) AND id <> {window}"
    ));
    let other = board.get(&format!("/dispatch?window={none}")).await.part("drops");
    other.must_not_say(first.number.as_ref());
    other.must_say("Nothing waits in this window");
    board.get(&format!("/dispatch?window={none}")).await.part("packing").must_not_say("Still to pack");
    board.get("/dispatch?window=999999999").await.part("drops").must_say("By promised window");

    shop.clock.advance(first.window_ends_at - shop.clock.now() + Duration::minutes(1));
    let board = staffer(&shop, "dispatch@demo.test").await;
    let over = board.get("/dispatch").await.part("windows");
    over.must_say("2 late");
    over.must_say("ended today");
}
