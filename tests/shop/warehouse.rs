//! The warehouse's pages: what pickers take, pick, pack and hand over, and what stands on the shelves.

use crate::common::placing::{basket_of, place, shopper_with_basket, staffer};
use crate::common::{Answer, Shopper, TestShop};
use actix_web::http::StatusCode;
use diesel::connection::TransactionManager;
use diesel::prelude::*;
use smartshop::catalog;
use smartshop::events::{self, Event};
use smartshop::fulfilment::{self, FulfilmentState, PickState};
use smartshop::ids::{Actor, ProductId, Sku, StaffId};
use smartshop::inventory::{self, StockError};
use smartshop::lifecycle::{self, Seen};
use smartshop::orders::{self, Order};
use smartshop::payments::PayBy;

type Transactions = <PgConnection as Connection>::TransactionManager;

const MILK: &str = "DE-MIL-001";
const SPAGHETTI: &str = "PP-PAS-001";
/// Sold by weight.
const CHEDDAR: &str = "DE-CHE-001";

/// Twelve milk, six spaghetti and two cheddar, to be paid in cash.
async fn confirmed(shop: &TestShop) -> Order {
    let shopper = shopper_with_basket(shop).await;
    shopper.wants(CHEDDAR, "2").await;
    shop.state().shop.baskets.forget(basket_of(shop, &shopper));
    let placed = place(shop, &shopper, PayBy::CashAtDoor, None);
    orders::order(&mut shop.conn(), placed.order.id).expect("an order")
}

fn product(shop: &TestShop, sku: &str) -> ProductId {
    let sku = Sku::try_from(sku.to_owned()).expect("a number");
    catalog::id_by_sku(&mut shop.conn(), &sku).expect("db").expect("a product")
}

fn position(shop: &TestShop, order: &Order, sku: &str) -> i32 {
    let lines = orders::lines(&mut shop.conn(), order.id).expect("lines");
    lines.into_iter().find(|l| l.sku == sku).expect("a line").position
}

fn here(order: &Order) -> String {
    format!("/warehouse/orders/{}", order.number)
}

async fn act(who: &Shopper<'_>, order: &Order, sku: &str, verb: &str, form: &[(&str, &str)]) -> Answer {
    let at = position_of(who, order, sku).await;
    who.submit(&format!("{}/lines/{at}/{verb}", here(order)), form).await
}

/// The line's position, as the page's own links name it.
async fn position_of(who: &Shopper<'_>, order: &Order, sku: &str) -> i32 {
    for at in 1..10 {
        let page = who.get(&format!("{}?line={at}", here(order))).await;
        if page.all_after("name=\"line\" value=\"").first().is_some_and(|n| *n == at.to_string())
            && page.says(sku)
        {
            return at;
        }
    }
    panic!("no open line of {sku}");
}

#[actix_web::test]
async fn a_picker_picks_weighs_swaps_packs_and_hands_over() {
    let shop = TestShop::demo();
    let order = confirmed(&shop).await;
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    let queue = kasia.get("/warehouse").await;
    queue.must_say(order.number.as_ref());
    queue.must_say("3 lines, 20 pieces, 1 by weight");
    let page = kasia.submit("/warehouse/next", &[]).await;
    page.must_say(&format!("{} is yours.", order.number));
    page.must_say("0 of 3 lines done");
    let again = kasia.submit("/warehouse/next", &[]).await;
    again.must_say("0 of 3 lines done");

    scans_milk(&shop, &kasia, &order).await;
    weighs_cheddar(&shop, &kasia, &order).await;
    swaps_spaghetti(&shop, &kasia, &order).await;
    packs_and_hands_over(&shop, &kasia, &order).await;
}

/// The wrong thing is scanned first, then the right one, piece by piece.
async fn scans_milk(shop: &TestShop, kasia: &Shopper<'_>, order: &Order) {
    let milk = position(shop, order, MILK).to_string();
    let scan = format!("{}/scan", here(order));
    let wrong = kasia.submit(&scan, &[("line", &milk), ("code", SPAGHETTI)]).await;
    wrong.must_say("of this order too and to come later. Wanted:");
    let wrong = kasia.submit(&scan, &[("line", &milk), ("code", "99999")]).await;
    wrong.must_say("“99999” is none of our codes.");
    let right = kasia.submit(&scan, &[("line", &milk), ("code", "de-mil-001"), ("pieces", "10")]).await;
    assert!(right.text.contains("Scan piece 12 of 12"), "{}", right.text);
    let all = kasia.submit(&scan, &[("line", &milk), ("code", MILK), ("pieces", "11")]).await;
    all.must_say("1 of 3 lines done");
    let undone = kasia.submit(&format!("{}/lines/{milk}/reopening", here(order)), &[]).await;
    undone.must_say("0 of 3 lines done");
    act(kasia, order, MILK, "pick", &[("units", "11")]).await.must_say("11 instead of 12");
}

/// Whatever the scale says, no more than the most is asked.
async fn weighs_cheddar(shop: &TestShop, kasia: &Shopper<'_>, order: &Order) {
    act(kasia, order, CHEDDAR, "pick", &[("units", "2")]).await.must_say("type its weight in grams");
    let weighed = act(kasia, order, CHEDDAR, "pick", &[("units", "2"), ("grams", "99999")]).await;
    weighed.must_say("2 of 3 lines done");
    let cheddar = position(shop, order, CHEDDAR);
    let lines = orders::lines(&mut shop.conn(), order.id).expect("lines");
    let picks = fulfilment::picks_of(&mut shop.conn(), order.id).expect("picks");
    let line = lines.iter().find(|l| l.position == cheddar).expect("a line");
    let pick = picks.iter().find(|p| p.position == cheddar).expect("a pick");
    assert_eq!((pick.sum_cents, pick.grams), (line.maximum_cents, Some(99_999)), "never above the most");
}

/// No spaghetti: something like it comes instead, and costs no more.
async fn swaps_spaghetti(shop: &TestShop, kasia: &Shopper<'_>, order: &Order) {
    let spaghetti = position(shop, order, SPAGHETTI);
    let short = kasia.get(&format!("{}/lines/{spaghetti}/short", here(order))).await;
    let offered = short.all_after("name=\"product\" value=\"");
    assert!(!offered.is_empty(), "{}", short.words());
    let swap = format!("{}/lines/{spaghetti}/substitution", here(order));
    let none = kasia.submit(&swap, &[("code", "nothing-ours"), ("units", "6")]).await;
    none.must_say("is none of our products");
    let swapped = kasia.submit(&swap, &[("product", &offered[0]), ("units", "1")]).await;
    swapped.must_say("All lines are done.");
    let lines = orders::lines(&mut shop.conn(), order.id).expect("lines");
    let picks = fulfilment::picks_of(&mut shop.conn(), order.id).expect("picks");
    let pick = picks.iter().find(|p| p.position == spaghetti).expect("a pick");
    let line = lines.iter().find(|l| l.position == spaghetti).expect("a line");
    assert_eq!(pick.state, PickState::Substituted);
    assert!(pick.sum_cents <= line.sum_cents, "never dearer");
}

async fn packs_and_hands_over(shop: &TestShop, kasia: &Shopper<'_>, order: &Order) {
    let packing = format!("{}/packing", here(order));
    kasia.submit(&packing, &[("ambient", "0")]).await.must_say("at least one");
    let bags = [("ambient", "1"), ("chilled", "2")];
    kasia.submit(&packing, &bags).await.must_say("is packed in 3 bags and comes to");
    kasia.submit(&packing, &bags).await.must_say("is packed in 3 bags");
    let labels = kasia.get(&format!("{}/labels", here(order))).await;
    labels.must_say(&format!("{}-03", order.number));
    let found = kasia.submit("/warehouse/scan", &[("code", &format!("{}-03", order.number))]).await;
    found.must_say("The rider takes the money at the door.");
    kasia.get("/warehouse?show=packed").await.must_say(order.number.as_ref());
    let out = format!("{}/hand-over", here(order));
    kasia.submit(&out, &[]).await.must_say("is handed over. The rider takes the money at the door.");
    kasia.submit(&out, &[]).await.must_say("It was handed over before; nothing has changed.");
    let row = fulfilment::of_order(&mut shop.conn(), order.id).expect("db").expect("a row");
    assert_eq!(row.state, FulfilmentState::HandedOver);
}

#[actix_web::test]
async fn two_pickers_never_hold_the_same_order() {
    let shop = TestShop::demo();
    let orders = [confirmed(&shop).await, confirmed(&shop).await];
    let (kasia, ivan) =
        (staffer(&shop, "warehouse@demo.test").await, staffer(&shop, "manager@demo.test").await);
    kasia.submit("/warehouse/next", &[]).await.must_say("is yours.");
    ivan.submit("/warehouse/next", &[]).await.must_say("is yours.");
    let holders = "SELECT count(DISTINCT picker_id) FROM fulfilments WHERE state = 'picking'";
    assert_eq!(shop.count(holders), 2);
    let hers = orders.iter().find(|o| {
        let row = fulfilment::of_order(&mut shop.conn(), o.id).expect("db").expect("a row");
        row.started_at.is_some() && row.picker_id == Some(id_of(&shop, "warehouse@demo.test"))
    });
    let hers = hers.expect("one is hers");
    let refused = ivan.submit(&format!("{}/picking", here(hers)), &[]).await;
    refused.must_say("has this order in hand. Take the next one.");
    ivan.get(&here(hers)).await.must_say("has it in hand");
    shop.clock.advance(chrono::Duration::minutes(11));
    ivan.get("/warehouse?show=picking").await.must_say("silent for ten minutes");
    ivan.submit(&format!("{}/picking", here(hers)), &[]).await.must_say("is yours.");
    let late = kasia.submit(&format!("{}/lines/1/pick", here(hers)), &[("units", "1")]).await;
    late.must_say("has this order in hand");
    ivan.submit(&format!("{}/leaving", here(hers)), &[]).await.must_say("waits for the next picker");
    let row = fulfilment::of_order(&mut shop.conn(), hers.id).expect("db").expect("a row");
    assert_eq!(row.state, FulfilmentState::Waiting);
}

fn id_of(shop: &TestShop, email: &str) -> StaffId {
    let id = shop.text(&format!("SELECT id FROM staff_members WHERE email = '{email}'"));
    StaffId(id.parse().expect("an id"))
}

#[actix_web::test]
async fn two_who_reach_for_the_next_order_at_once_get_one_each() {
    let shop = TestShop::demo();
    let orders = [confirmed(&shop).await, confirmed(&shop).await];
    let pickers = [id_of(&shop, "warehouse@demo.test"), id_of(&shop, "manager@demo.test")];
    let now = shop.clock.now();
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    for order in &orders {
        orders::lock_order(&mut holder, order.id).expect("the row");
    }
    let taken: Vec<_> = std::thread::scope(|scope| {
        let all = pickers.map(|picker| {
            let mut conn = shop.conn();
            scope.spawn(move || lifecycle::take_next(&mut conn, picker, now).expect("db").expect("an order"))
        });
        shop.wait_until_blocked(2);
        Transactions::commit_transaction(&mut holder).expect("let go");
        all.into_iter().map(|one| one.join().expect("an end")).collect()
    });
    assert_ne!(taken[0], taken[1]);
}

#[actix_web::test]
async fn who_is_no_picker_sees_and_changes_nothing() {
    let shop = TestShop::demo();
    let order = confirmed(&shop).await;
    let (stranger, rider) = (shop.shopper(), staffer(&shop, "rider@demo.test").await);
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    let pages = [
        "/warehouse".to_owned(),
        "/warehouse/stock".to_owned(),
        here(&order),
        format!("{}/labels", here(&order)),
    ];
    for page in &pages {
        assert_eq!(stranger.get(page).await.status, StatusCode::SEE_OTHER, "{page}");
        assert_eq!(rider.get(page).await.status, StatusCode::FORBIDDEN, "{page}");
    }
    for verb in ["picking", "leaving", "scan", "packing", "hand-over", "lines/1/pick", "lines/1/leaving-out"]
    {
        let path = format!("{}/{verb}", here(&order));
        let form = [("line", "1"), ("units", "1")];
        assert_eq!(rider.post(&path, &form).await.status, StatusCode::FORBIDDEN, "{path}");
        let led = stranger.post(&path, &form).await;
        assert_eq!(led.status, StatusCode::SEE_OTHER, "{path}");
        assert!(led.location.is_some_and(|to| to.starts_with("/staff/sign-in")), "{path}");
    }
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE topic = 'fulfilment'"), 0);
    assert_eq!(kasia.get("/warehouse/orders/7K3M-9QX3").await.status, StatusCode::NOT_FOUND);
    let late = kasia.submit(&format!("{}/lines/1/pick", here(&order)), &[("units", "1")]).await;
    late.must_say("take the order in hand first");
}

#[actix_web::test]
async fn nobody_writes_over_a_number_they_have_not_seen() {
    let shop = TestShop::demo();
    let (kasia, ivan) =
        (staffer(&shop, "warehouse@demo.test").await, staffer(&shop, "manager@demo.test").await);
    let page = kasia.get("/warehouse/stock?q=de-mil-001").await;
    let at = page.location.expect("it leads to the product");
    assert_eq!(at, format!("/warehouse/stock/{MILK}"));
    let version = kasia.get(&at).await.all_after("name=\"version\" value=\"").remove(0);
    let count = format!("{at}/count");
    ivan.submit(&count, &[("units", "46"), ("version", &version)]).await.must_say("Saved: 46 on hand");
    let refused = kasia.post(&count, &[("units", "44"), ("version", &version)]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.must_say("46 on hand now");
    refused.must_say("while you counted 44");
    assert!(refused.text.contains("value=\"44\""), "what was typed is kept");
    let version = refused.all_after("name=\"version\" value=\"").remove(0);
    kasia.submit(&count, &[("units", "44"), ("version", &version)]).await.must_say("2 fewer than we thought");
    kasia.submit(&count, &[("units", "many"), ("version", &version)]).await.must_say("type a whole number");

    let receipt = format!("{at}/receipt");
    let version = kasia.get(&at).await.all_after("name=\"version\" value=\"").remove(0);
    let form = [("units", "48"), ("version", version.as_str())];
    kasia.submit(&receipt, &form).await.must_say("Saved: 48 received.");
    assert_eq!(kasia.post(&receipt, &form).await.status, StatusCode::CONFLICT, "twice is once");
    let version = kasia.get(&at).await.all_after("name=\"version\" value=\"").remove(0);
    let spoilage = format!("{at}/spoilage");
    kasia.submit(&spoilage, &[("units", "3"), ("version", &version)]).await.must_say("−3 to 89, spoiled");
    let id = product(&shop, MILK);
    let history = events::history(&mut shop.conn(), id.subject()).expect("a history");
    let moved = |e: &Event| if let Event::StockMoved { units, .. } = e { Some(*units) } else { None };
    let units: Vec<i32> = history.iter().filter_map(|r| moved(&r.event)).collect();
    assert_eq!(units[1..], [-2, 48, -3]);
    assert!(history.iter().all(|r| r.actor.starts_with("staff:")));

    let shelf = kasia.get(&at).await.all_after("name=\"seen\" value=\"").remove(0);
    let put = format!("{at}/shelf");
    ivan.submit(&put, &[("shelf", "z09-01"), ("seen", &shelf)]).await.must_say("It stands at Z09-01");
    let late = kasia.submit(&put, &[("shelf", "Q01-01"), ("seen", &shelf)]).await;
    late.must_say("somebody has put it at Z09-01 meanwhile");
}

#[actix_web::test]
async fn what_is_promised_cannot_be_counted_away() {
    let shop = TestShop::demo();
    confirmed(&shop).await;
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    let at = format!("/warehouse/stock/{MILK}");
    let version = kasia.get(&at).await.all_after("name=\"version\" value=\"").remove(0);
    let refused = kasia.post(&format!("{at}/count"), &[("units", "11"), ("version", &version)]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.must_say("12 are promised to orders");
}

#[actix_web::test]
async fn of_two_who_count_one_shelf_at_once_the_second_is_told() {
    let shop = TestShop::demo();
    let id = product(&shop, MILK);
    let pickers = [id_of(&shop, "warehouse@demo.test"), id_of(&shop, "manager@demo.test")];
    let (now, row) =
        (shop.clock.now(), inventory::shelf(&mut shop.conn(), id).expect("db").expect("a shelf"));
    let seen = Seen { product: id, version: row.version };
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    inventory::lock(&mut holder, &[id]).expect("the row");
    let counted: Vec<_> = std::thread::scope(|scope| {
        let all = [(pickers[0], row.on_hand + 5), (pickers[1], row.on_hand + 7)].map(|(who, n)| {
            let mut conn = shop.conn();
            scope.spawn(move || lifecycle::count_shelf(&mut conn, seen, n, Actor::Staff(who), now))
        });
        shop.wait_until_blocked(2);
        Transactions::commit_transaction(&mut holder).expect("let go");
        all.into_iter().map(|one| one.join().expect("an end")).collect()
    });
    assert_eq!(counted.iter().filter(|c| c.is_ok()).count(), 1);
    assert!(counted.iter().any(|c| matches!(c, Err(StockError::ChangedSince(_)))), "{counted:?}");
    assert_eq!(shop.count("SELECT count(*) FROM stock_movements"), 1);
}

#[actix_web::test]
async fn the_stock_is_listed_along_the_shelves_page_by_page() {
    let shop = TestShop::demo();
    assert_eq!(shop.count("SELECT count(*) FROM stock WHERE shelf !~ '^[A-Z][0-9]{2}-[0-9]{2,}$'"), 0);
    let kasia = staffer(&shop, "warehouse@demo.test").await;
    let (mut at, mut seen) = ("/warehouse/stock".to_owned(), 0);
    loop {
        let page = kasia.get(&at).await;
        seen += page.all_after("class=\"nm\" href=\"").len();
        let Some(next) = page.all_after("href=\"").into_iter().find(|to| to.contains("after=")) else {
            break;
        };
        at = next.replace("&#38;", "&");
    }
    assert_eq!(i64::try_from(seen).expect("few"), shop.count("SELECT count(*) FROM stock"));
    kasia.get("/warehouse/stock?q=spaghetti").await.must_say("Spaghetti");
}
