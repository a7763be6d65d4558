//! Several orders in one walk, the queue narrowed, labels that can be scanned, and boards that follow.

use crate::common::TestShop;
use crate::common::placing::{basket_of, colleague, place, shopper_with_basket, staffer};
use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::prelude::*;
use smartshop::fulfilment::{self, FulfilmentState};
use smartshop::ids::{OrderId, StaffId};
use smartshop::lifecycle::{self, CRATES};
use smartshop::orders::{self, Order};
use smartshop::payments::PayBy;
use std::collections::BTreeSet;

type Transactions = <PgConnection as Connection>::TransactionManager;

fn id_of(shop: &TestShop, email: &str) -> StaffId {
    let id = shop.text(&format!("SELECT id FROM staff_members WHERE email = '{email}'"));
    StaffId(id.parse().expect("an id"))
}

/// More on the shelves than any of these tests takes.
fn plenty(shop: &TestShop) {
    let more = "UPDATE stock SET on_hand = 5000 FROM products p
        WHERE p.id = product_id AND sku IN ('DE-MIL-001', 'PP-PAS-001')";
    shop.conn().batch_execute(more).expect("a delivery");
}

/// Twelve milk and a spaghetti: small enough for a crate.
async fn small(shop: &TestShop) -> Order {
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    for (sku, quantity) in [("DE-MIL-001", "12"), ("PP-PAS-001", "1")] {
        shopper.wants(sku, quantity).await;
    }
    shop.state().shop.baskets.forget(basket_of(shop, &shopper));
    let placed = place(shop, &shopper, PayBy::CashAtDoor, None);
    orders::order(&mut shop.conn(), placed.order.id).expect("an order")
}

fn row(shop: &TestShop, order: OrderId) -> fulfilment::Fulfilment {
    fulfilment::of_order(&mut shop.conn(), order).expect("db").expect("a row")
}

#[actix_web::test]
async fn small_orders_are_picked_in_one_walk_each_into_its_crate() {
    let shop = TestShop::demo();
    let (one, two) = (small(&shop).await, small(&shop).await);
    shop.conn()
        .batch_execute(
            "UPDATE stock SET shelf = 'A01' FROM products p WHERE p.id = product_id AND sku = 'PP-PAS-001';
             UPDATE stock SET shelf = 'B01' FROM products p WHERE p.id = product_id AND sku = 'DE-MIL-001'",
        )
        .expect("shelves");
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    let page = kasia.submit("/warehouse/batch", &[]).await;
    page.must_say("2 orders are in your trolley.");
    page.must_say("0 of 4 lines done, 2 crates");
    kasia.submit("/warehouse/batch", &[]).await.must_say("2 orders are in your trolley.");
    let crates = [row(&shop, one.id).crate_no, row(&shop, two.id).crate_no];
    assert_eq!(
        BTreeSet::from(crates),
        BTreeSet::from([Some(1), Some(2)]),
        "no crate twice, again changes nothing"
    );

    // Aisle A before aisle B, whoever's it is; each says where it goes.
    let mut seen = Vec::new();
    for _ in 0..4 {
        let page = kasia.get("/warehouse/batch").await;
        let action = page.all_after("id=\"picked\" action=\"").first().cloned().expect("a line");
        let shelf = if page.says("A01 1×") { "A" } else { "B" };
        let number =
            if action.contains(one.number.as_ref()) { crates[0] } else { crates[1] }.expect("a crate");
        page.must_say(&format!("Into crate {number}"));
        seen.push((shelf, number));
        let units = if shelf == "A" { "1" } else { "12" };
        kasia.submit(&action, &[("units", units)]).await;
    }
    assert_eq!(seen, [("A", 1), ("A", 2), ("B", 1), ("B", 2)]);
    kasia.get("/warehouse/batch").await.must_say("The walk is done. Pack crate after crate.");
    let packing = format!("/warehouse/orders/{}/packing", one.number);
    kasia.submit(&packing, &[("ambient", "1")]).await.must_say("is packed in 1 bag");
    assert_eq!(row(&shop, one.id).crate_no, None, "its crate is free");
    kasia.get("/warehouse/batch").await.must_say("1 crate");
    let leaving = format!("/warehouse/orders/{}/leaving", two.number);
    kasia.submit(&leaving, &[]).await.must_say("waits for the next picker");
    assert_eq!((row(&shop, two.id).state, row(&shop, two.id).crate_no), (FulfilmentState::Waiting, None));
    kasia.get("/warehouse/batch").await.location.expect("back to the queue");
}

#[actix_web::test]
async fn a_wrong_scan_on_a_walk_stays_on_the_walk() {
    let shop = TestShop::demo();
    let order = small(&shop).await;
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    kasia.submit("/warehouse/batch", &[]).await;
    let scan = format!("/warehouse/orders/{}/scan", order.number);
    let page = kasia.submit(&scan, &[("line", "1"), ("code", "nothing")]).await;
    page.must_say("is none of our codes");
    page.must_say("Your walk");
    let page = kasia.submit(&scan, &[("line", "1"), ("code", "DE-MIL-001")]).await;
    page.must_say("Your walk");
}

#[actix_web::test]
async fn two_pickers_who_take_several_at_once_never_hold_the_same_order() {
    let shop = TestShop::demo();
    plenty(&shop);
    let mut all = Vec::new();
    for _ in 0..8 {
        all.push(small(&shop).await.id);
    }
    let pickers = [id_of(&shop, "warehouse@demo.test"), colleague(&shop, "ivan", "warehouse")];
    let now = shop.clock.now();
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    for order in &all {
        orders::lock_order(&mut holder, *order).expect("the row");
    }
    let taken: Vec<Vec<OrderId>> = std::thread::scope(|scope| {
        let both = pickers.map(|picker| {
            let mut conn = shop.conn();
            scope.spawn(move || lifecycle::take_batch(&mut conn, picker, now).expect("taken"))
        });
        shop.wait_until_blocked(2);
        Transactions::commit_transaction(&mut holder).expect("let go");
        both.into_iter().map(|one| one.join().expect("an end")).collect()
    });
    let mut sizes: Vec<usize> = taken.iter().map(Vec::len).collect();
    sizes.sort_unstable();
    let full = usize::try_from(CRATES).expect("a number");
    assert_eq!(sizes, [8 - full, full], "one fills its trolley, the other gets the rest");
    let different: BTreeSet<OrderId> = taken.concat().into_iter().collect();
    assert_eq!(different.len(), 8, "nobody holds what another holds");
}

#[actix_web::test]
async fn one_picker_in_two_tabs_fills_one_trolley() {
    let shop = TestShop::demo();
    plenty(&shop);
    for _ in 0..7 {
        small(&shop).await;
    }
    let (picker, now) = (id_of(&shop, "warehouse@demo.test"), shop.clock.now());
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    fulfilment::hold_hands(&mut holder, picker).expect("held");
    let taken: Vec<BTreeSet<OrderId>> = std::thread::scope(|scope| {
        let both = [1, 2].map(|_| {
            let mut conn = shop.conn();
            scope.spawn(move || lifecycle::take_batch(&mut conn, picker, now).expect("taken"))
        });
        shop.wait_until_blocked(2);
        Transactions::commit_transaction(&mut holder).expect("let go");
        both.into_iter().map(|one| one.join().expect("an end").into_iter().collect()).collect()
    });
    assert_eq!(taken[0], taken[1]);
    assert_eq!(shop.count("SELECT count(*) FROM fulfilments WHERE state = 'picking'"), i64::from(CRATES));
}

#[actix_web::test]
async fn the_queue_is_narrowed_by_window_and_zone() {
    let shop = TestShop::demo();
    plenty(&shop);
    let near = small(&shop).await;
    let far = shop.shopper();
    far.lives_at("D15").await;
    for (sku, quantity) in [("DE-MIL-001", "36"), ("PP-PAS-001", "9")] {
        far.wants(sku, quantity).await;
    }
    shop.state().shop.baskets.forget(basket_of(&shop, &far));
    let far = place(&shop, &far, PayBy::CashAtDoor, None).order;
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    let zone = |order: &Order| {
        shop.text(&format!("SELECT zone_id FROM delivery_windows WHERE id = {}", order.window_id))
    };
    assert_ne!(zone(&near), zone(&far), "two zones");
    let page = kasia.get(&format!("/warehouse?zone={}", zone(&far))).await;
    page.must_say(far.number.as_ref());
    page.must_not_say(near.number.as_ref());
    let page = kasia.get(&format!("/warehouse?window={}", near.window_starts_at.timestamp())).await;
    page.must_say(near.number.as_ref());
    let none = kasia.get("/warehouse?window=7").await;
    none.must_say("Nothing waits to be picked");
    kasia.get("/warehouse?show=picking&zone=x&window=y").await.must_say("Nobody has an order in hand");
}

#[actix_web::test]
async fn the_queue_goes_on_by_pages_within_what_it_is_narrowed_to() {
    let shop = TestShop::demo();
    plenty(&shop);
    let first = small(&shop).await;
    for _ in 0..21 {
        small(&shop).await;
    }
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    let narrow = format!("window={}", row(&shop, first.id).window_starts_at.timestamp());
    let page = kasia.get(&format!("/warehouse?{narrow}")).await;
    let next =
        page.all_after("class=\"btn s\" href=\"").into_iter().find(|a| a.contains("after=")).expect("more");
    assert!(next.contains(&narrow), "{next}");
    kasia.get(&next.replace("&#38;", "&")).await.must_say("From the beginning");
}

#[actix_web::test]
async fn a_label_has_a_code_that_scanners_read_and_that_opens_its_order() {
    let shop = TestShop::demo();
    let (order, other) = (small(&shop).await, small(&shop).await);
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    let here = format!("/warehouse/orders/{}", order.number);
    kasia.submit(&format!("{here}/picking"), &[]).await;
    for line in orders::lines(&mut shop.conn(), order.id).expect("lines") {
        let units = line.quantity.to_string();
        kasia.submit(&format!("{here}/lines/{}/pick", line.position), &[("units", &units)]).await;
    }
    let packing = kasia.get(&here).await;
    packing.must_say("Scan a label or another order");
    kasia.submit(&format!("{here}/packing"), &[("ambient", "1"), ("chilled", "1")]).await;
    let labels = kasia.get(&format!("{here}/labels")).await;
    let code = format!("{}-02", order.number);
    assert!(labels.text.contains(&format!("aria-label=\"Barcode {code}\"")), "{}", labels.text);
    assert_eq!(read_bars(&labels.all_after("<path d=\"")[1]), code);
    // A keyboard wedge types it and presses Enter, on whichever page one stands.
    let elsewhere = format!("/warehouse/orders/{}", other.number);
    kasia.get(&elsewhere).await;
    let opened = kasia.post("/warehouse/scan", &[("code", &code)]).await;
    assert_eq!(opened.location.as_deref(), Some(here.as_str()));
    kasia.get(&here).await.must_say("Hand over");
    kasia.submit(&format!("{here}/hand-over"), &[]).await;
    assert_eq!(row(&shop, order.id).state, FulfilmentState::HandedOver);
}

/// Reads a path of bars as a scanner does: widths of bars and gaps, six of them a sign. Signs are told
/// by what the standard says of their bars, from a table of its own.
fn read_bars(path: &str) -> String {
    let edges: Vec<(u32, u32)> = path
        .split('M')
        .skip(1)
        .map(|bar| {
            let (at, rest) = bar.split_once(" 0h").expect("a bar");
            let width = rest.split_once('v').expect("a width").0;
            (at.parse().expect("a place"), width.parse().expect("a width"))
        })
        .collect();
    let mut widths = Vec::new();
    for (i, (at, width)) in edges.iter().enumerate() {
        widths.push(*width);
        if let Some((next, _)) = edges.get(i + 1) {
            widths.push(next - at - width);
        }
    }
    let signs: Vec<String> = widths.chunks(6).map(|six| six.iter().map(u32::to_string).collect()).collect();
    let inner = &signs[1..signs.len() - 3];
    inner.iter().map(|widths| SIGNS.iter().find(|(w, _)| w == widths).expect("a sign").1).collect()
}

/// Of ISO/IEC 15417: digits, capitals that order numbers use, and the hyphen.
const SIGNS: [(&str, char); 37] = [
    ("123122", '0'),
    ("123221", '1'),
    ("223211", '2'),
    ("221132", '3'),
    ("221231", '4'),
    ("213212", '5'),
    ("223112", '6'),
    ("312131", '7'),
    ("311222", '8'),
    ("321122", '9'),
    ("122132", '-'),
    ("111323", 'A'),
    ("131123", 'B'),
    ("131321", 'C'),
    ("112313", 'D'),
    ("132113", 'E'),
    ("132311", 'F'),
    ("211313", 'G'),
    ("231113", 'H'),
    ("231311", 'I'),
    ("112133", 'J'),
    ("112331", 'K'),
    ("132131", 'L'),
    ("113123", 'M'),
    ("113321", 'N'),
    ("133121", 'O'),
    ("313121", 'P'),
    ("211331", 'Q'),
    ("231131", 'R'),
    ("213113", 'S'),
    ("213311", 'T'),
    ("213131", 'U'),
    ("311123", 'V'),
    ("311321", 'W'),
    ("331121", 'X'),
    ("312113", 'Y'),
    ("312311", 'Z'),
];

#[actix_web::test]
async fn a_board_hears_at_once_that_something_has_happened() {
    let shop = TestShop::demo();
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    let mut board = kasia.listen("/staff/live").await;
    assert!(board.next().await.contains("data: begun"));
    small(&shop).await;
    let begun = std::time::Instant::now();
    assert!(board.next().await.contains("data: news"));
    assert!(begun.elapsed() < std::time::Duration::from_secs(2), "T3");
    let stranger = shop.shopper().sending("accept", "text/event-stream");
    assert_eq!(stranger.get("/staff/live").await.status, actix_web::http::StatusCode::UNAUTHORIZED);
}

#[actix_web::test]
async fn what_is_late_stands_first_on_the_board_with_its_reason_and_raises_an_alarm() {
    let shop = TestShop::demo();
    crate::common::placing::nobody_of_the_demo_rides(&shop);
    let shopper = shopper_with_basket(&shop).await;
    let late = place(&shop, &shopper, PayBy::CashAtDoor, None).order;
    let orla = staffer(&shop, "dispatch@demo.test").await;
    orla.get("/dispatch").await.must_say("All in time");
    pack(&shop, late.id);
    orla.get("/dispatch").await.part("drops").must_say(late.number.as_ref());
    shop.clock.advance(chrono::Duration::minutes(6));
    let page = orla.get("/dispatch").await;
    let first = page.part("first");
    first.must_say(late.number.as_ref());
    first.must_say("Packed 6 minutes ago and nobody has it. Give it to a rider, or bring somebody on shift.");
    page.must_say("1 without a rider in time: give them to somebody, or bring a rider on shift.");
    let calls = page.all_after("data-alarm=\"");
    assert!(calls[0].starts_with("NoRider-"), "{calls:?}");
    page.part("drops").must_not_say(late.number.as_ref());
    shop.clock.advance(late.window_ends_at - shop.clock.now() + chrono::Duration::minutes(12));
    let page = orla.get("/dispatch").await;
    page.part("first").must_say("12 minutes ago, and nobody has it. Give it to a rider now.");
    assert_ne!(page.all_after("data-alarm=\""), calls, "it calls once more");
}

#[actix_web::test]
async fn what_is_not_packed_in_time_is_on_the_dispatchers_board() {
    let shop = TestShop::demo();
    let order = small(&shop).await;
    let orla = staffer(&shop, "dispatch@demo.test").await;
    orla.get("/dispatch").await.must_not_say("Not packed in time");
    shop.clock.advance(row(&shop, order.id).due_at - shop.clock.now() + chrono::Duration::minutes(1));
    let page = orla.get("/dispatch").await;
    page.must_say("Not packed in time");
    page.part("unpacked").must_say("It waits for a picker, was to be packed by");
    page.must_say("1 not packed in time: ask the warehouse.");
}

fn pack(shop: &TestShop, order: OrderId) {
    use smartshop::catalog::Storage;
    use smartshop::lifecycle::Settled;
    let (conn, now) = (&mut shop.conn(), shop.clock.now());
    let picker = id_of(shop, "warehouse@demo.test");
    lifecycle::start_picking(conn, order, picker, now).expect("taken");
    for line in orders::lines(conn, order).expect("lines") {
        let how = Settled::Picked { units: line.quantity, grams: None };
        lifecycle::settle_line(conn, order, line.position, how, picker, now).expect("picked");
    }
    lifecycle::pack(conn, order, &[(Storage::Ambient, 1)], picker, now).expect("packed");
}
