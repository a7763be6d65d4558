//! Products from a file, and the demo, against a real database.

use crate::common::TestShop;
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Europe::Dublin;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use smartshop::catalog::import::{Format, ImportError, Options, Report, import_products};
use smartshop::db::schema::{categories, departments, offer_products, offers, place_names, products, stock};
use smartshop::demo;
use std::fmt::Write as _;

const HEADER: &str = "sku,name,price,department,category,description,allergens,stock";

fn now() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().expect("a time")
}

fn options() -> Options {
    Options { partial: false, demo: false, zone: Dublin, now: now() }
}

fn load(conn: &mut PgConnection, file: &str) -> Report {
    import_products(conn, file.as_bytes(), &options()).unwrap_or_else(|e| panic!("{e}"))
}

fn refused(conn: &mut PgConnection, file: &str) -> Report {
    match import_products(conn, file.as_bytes(), &options()) {
        Err(ImportError::Refused(report)) => *report,
        other => panic!("not refused: {other:?}"),
    }
}

fn counts(report: &Report) -> [usize; 4] {
    [report.added, report.changed, report.unchanged, report.bad]
}

fn price_of(conn: &mut PgConnection, sku: &str) -> Option<i64> {
    products::table
        .filter(products::sku.eq(sku))
        .select(products::price_cents)
        .first(conn)
        .optional()
        .expect("price")
}

fn stock_of(conn: &mut PgConnection, sku: &str) -> i32 {
    let joined = products::table.inner_join(stock::table).filter(products::sku.eq(sku));
    joined.select(stock::on_hand).first(conn).expect("stock")
}

/// What others were told since the last time.
fn heard(listener: &mut PgConnection) -> Vec<String> {
    // The server hands over what it has with the answer to the next question.
    listener.batch_execute("SELECT 1").expect("an answer");
    listener.notifications_iter().map(|n| n.expect("a notification").payload).collect()
}

fn listener(shop: &TestShop) -> PgConnection {
    let mut conn = shop.conn();
    conn.batch_execute("LISTEN changed").expect("listen");
    conn
}

fn big_file(rows: usize) -> String {
    let mut file = format!("{HEADER}\n");
    for i in 0..rows {
        let (department, category) = (i % 12, i % 120);
        let text = "Crisp, bright and just sweet enough, picked in the morning and here by noon.";
        writeln!(file, "N-{i},Product number {i},{}.{:02},Department {department},Category {category},\"{text}\",milk;nuts,{}", 1 + i % 30, i % 100, i % 200)
            .expect("a row");
    }
    file
}

#[test]
fn the_same_file_twice_changes_nothing_and_tells_nobody() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let file = format!("{HEADER}\nA,Milk,1.20,Dairy,Milk,Fresh,milk,7\nB,Bread,2.50,Bakery,Bread,Warm,,\n");
    let first = load(&mut conn, &file);
    assert_eq!((first.format, first.rows, counts(&first)), (Format::Ours, 2, [2, 0, 0, 0]));
    let mut listener = listener(&shop);
    assert_eq!(counts(&load(&mut conn, &file)), [0, 0, 2, 0]);
    assert!(heard(&mut listener).is_empty());

    assert_eq!(counts(&load(&mut conn, &file.replace("1.20", "1.30"))), [0, 1, 1, 0]);
    let milk: i64 =
        products::table.filter(products::sku.eq("A")).select(products::id).first(&mut conn).expect("milk");
    assert_eq!(heard(&mut listener), [format!("product:{milk}")]);
    assert_eq!(price_of(&mut conn, "A"), Some(130));
}

#[test]
fn nothing_is_loaded_when_one_row_is_bad() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let file = big_file(4_100) + "X,Bad,free,More,More,,,\nN-7,Twice,1,More,More,,,\n";
    let report = refused(&mut conn, &file);
    assert_eq!((report.rows, report.bad), (4_102, 2));
    let told: Vec<_> = report.bad_rows.iter().map(|row| (row.line, row.reason.as_str())).collect();
    assert_eq!(
        told,
        [
            (4_102, "price: “free” is not a price; write it like 12.40"),
            (4_103, "N-7 is in line 9 already; keep one of the two"),
        ]
    );
    assert_eq!(products::table.count().get_result(&mut conn), Ok(0));
    assert_eq!(departments::table.count().get_result(&mut conn), Ok(0));
}

#[test]
fn the_good_rows_are_loaded_when_that_is_wished() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let file = format!("{HEADER}\nX,Bad,free,Only here,Only here,,,\nA,Milk,1.20,Dairy,Milk,,,\n");
    let options = Options { partial: true, ..options() };
    let report = import_products(&mut conn, file.as_bytes(), &options).expect("a report");
    assert_eq!(counts(&report), [1, 0, 0, 1]);
    let names: Vec<String> =
        departments::table.select(departments::name).load(&mut conn).expect("departments");
    assert_eq!(names, ["Dairy"]);
}

#[test]
fn counted_stock_is_the_warehouses() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let file = format!("{HEADER}\nA,Milk,1.20,Dairy,Milk,,,7\nB,Bread,2.50,Bakery,Bread,,,\n");
    load(&mut conn, &file);
    assert_eq!((stock_of(&mut conn, "A"), stock_of(&mut conn, "B")), (7, 0));
    conn.batch_execute("UPDATE stock SET on_hand = 3, held = 2").expect("two sold");
    let again = load(&mut conn, &file);
    assert_eq!((again.stock_left_alone, stock_of(&mut conn, "A")), (1, 3));
    assert!(again.to_string().contains("Stock given for 1 known product was not taken over"), "{again}");
    conn.batch_execute("DELETE FROM stock").expect("no rows");
    assert_eq!(load(&mut conn, &file).stock_left_alone, 0);
    assert_eq!(stock_of(&mut conn, "A"), 7);
}

#[test]
fn a_list_of_prices_takes_nothing_else_away() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    load(&mut conn, &format!("{HEADER}\nA,Milk,1.20,Dairy,Milk,Fresh,milk,7\n"));
    let report = load(&mut conn, "sku,name,price,department,category\nA,Whole Milk,1.40,dairy,MILK\n");
    assert_eq!(counts(&report), [0, 1, 0, 0]);
    let told: (String, String, String, String, i64) = products::table
        .select((
            products::name,
            products::slug,
            products::description,
            products::allergens,
            products::price_cents,
        ))
        .first(&mut conn)
        .expect("milk");
    assert_eq!(told, ("Whole Milk".into(), "milk-a".into(), "Fresh".into(), "milk".into(), 140));
    assert_eq!(categories::table.count().get_result(&mut conn), Ok(1));
}

#[test]
fn a_price_alone_does_not_reprice_what_is_weighed() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let weighed = "sku,name,price,department,category,sold_by,price_per_kg,size,size_value,size_unit";
    load(&mut conn, &format!("{weighed}\nA,Beef,12.99,Meat,Beef,weight,32.48,400g,400,g\n"));
    let prices = "sku,name,price,department,category\nA,Beef,12.99,Meat,Beef\n";
    assert_eq!(counts(&load(&mut conn, prices)), [0, 0, 1, 0]);
    let report = refused(&mut conn, &prices.replace("12.99", "13.99"));
    assert!(report.bad_rows[0].reason.starts_with("is sold by weight"), "{report}");
    assert_eq!(price_of(&mut conn, "A"), Some(1299));
}

#[test]
fn two_products_that_would_share_an_address_get_two() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    load(&mut conn, &format!("{HEADER}\nA-1,Milk,1,D,C,,,\na-1,Milk,1,D,C,,,\n"));
    load(&mut conn, &format!("{HEADER}\nA.1,Milk,1,D,C,,,\n"));
    let slugs: Vec<String> =
        products::table.select(products::slug).order(products::id).load(&mut conn).expect("slugs");
    assert_eq!(slugs[0], "milk-a-1");
    assert!(slugs[1].starts_with("milk-a-1-") && slugs[2].starts_with("milk-a-1-"), "{slugs:?}");
}

#[test]
fn the_serving_role_may_import_too() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    conn.batch_execute("SET ROLE smartshop_app").expect("the lesser role");
    assert_eq!(counts(&load(&mut conn, &big_file(10))), [10, 0, 0, 0]);
}

#[test]
fn a_shopify_export_becomes_products() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let file = "Handle,Title,Body (HTML),Vendor,Product Category,Type,Published,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Image Src,Status\n\
        tea,Tea,<p>Black &amp; strong</p>,Hill,Food > Drinks > Tea,Leaf,true,100 g,T-100,100,5,3.20,https://cdn.example.com/tea.jpg,active\n\
        tea,,,,,,,500 g,,500,0,14.00,https://cdn.example.com/tea2.jpg,\n\
        tea,,,,,,,,,,,,https://cdn.example.com/tea3.jpg,\n\
        mug,Mug,,Hill,,,false,Default Title,MUG,0,1,9.00,,draft\n";
    let report = load(&mut conn, file);
    assert_eq!((report.format, report.rows, counts(&report)), (Format::Shopify, 3, [3, 0, 0, 0]));
    let told: Vec<(String, String, bool)> = products::table
        .select((products::sku, products::name, products::withdrawn_at.is_null()))
        .order(products::id)
        .load(&mut conn)
        .expect("products");
    let expected = [("T-100", "Tea 100 g", true), ("tea-2", "Tea 500 g", true), ("MUG", "Mug", false)];
    assert_eq!(told, expected.map(|(sku, name, sold)| (sku.to_owned(), name.to_owned(), sold)));

    let later = Options { now: now() + Duration::days(3), ..options() };
    let again = import_products(&mut conn, file.as_bytes(), &later).expect("again");
    assert_eq!(counts(&again), [0, 0, 3, 0]);
    assert_eq!(
        counts(&load(&mut conn, &file.replace("false", "true").replace("draft", "active"))),
        [0, 1, 2, 0]
    );
    let shown: i64 =
        products::table.filter(products::withdrawn_at.is_null()).count().get_result(&mut conn).expect("n");
    assert_eq!(shown, 3);
}

#[test]
fn ten_thousand_products_go_in_within_seconds() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let file = big_file(10_000);
    let first = load(&mut conn, &file);
    println!("{first}");
    assert_eq!(counts(&first), [10_000, 0, 0, 0]);
    let second = load(&mut conn, &file);
    println!("{second}");
    assert_eq!(counts(&second), [0, 0, 10_000, 0]);
    // Ten times what it takes here, so that a slow day fails nothing.
    assert!(first.took.as_secs() < 20 && second.took.as_secs() < 20);
}

#[test]
#[ignore = "a minute of work, for measuring"]
fn half_a_million_products_go_in() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let file = big_file(500_000);
    println!("{}\n{}", load(&mut conn, &file), load(&mut conn, &file));
}

#[test]
fn the_demo_loads_once_and_then_stands_still() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    let first = demo::load(&mut conn, Dublin, now()).unwrap_or_else(|e| panic!("{e}"));
    println!("{first}");
    assert_eq!((first.products.bad, first.products.added), (0, first.products.rows));
    assert!(first.departments_added > 10 && first.offers_added > 20 && first.places_added > 20);
    let neutral: i64 = departments::table
        .filter(departments::picture.eq("icons/shopping-bags.webp"))
        .count()
        .get_result(&mut conn)
        .expect("n");
    assert_eq!(neutral, 0, "every department of the products has its row");
    let rathmines: i64 = place_names::table
        .filter(place_names::name.eq("rathmines"))
        .count()
        .get_result(&mut conn)
        .expect("n");
    assert_eq!(rathmines, 1);

    conn.batch_execute("UPDATE stock SET on_hand = 1; UPDATE offers SET label = label")
        .expect("a day's work");
    let mut listener = listener(&shop);
    let second = demo::load(&mut conn, Dublin, now() + Duration::days(1)).unwrap_or_else(|e| panic!("{e}"));
    assert!(second.changed_nothing() && heard(&mut listener).is_empty(), "{second:?}");
    assert_eq!(stock::table.filter(stock::on_hand.ne(1)).count().get_result(&mut conn), Ok(0));
}

#[test]
fn the_demo_leaves_alone_what_the_shop_has_loaded() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    demo::load(&mut conn, Dublin, now()).unwrap_or_else(|e| panic!("{e}"));
    let sku: String =
        products::table.select(products::sku).order(products::id).first(&mut conn).expect("a sku");
    load(&mut conn, &format!("sku,name,price,department,category\n{sku},Our own,7.77,Ours,Ours\n"));
    let again = demo::load(&mut conn, Dublin, now()).unwrap_or_else(|e| panic!("{e}"));
    assert!(again.changed_nothing(), "{again}");
    assert_eq!(price_of(&mut conn, &sku), Some(777));
}

#[test]
fn an_old_demo_still_has_offers() {
    let shop = TestShop::open();
    let mut conn = shop.conn();
    demo::load(&mut conn, Dublin, now()).unwrap_or_else(|e| panic!("{e}"));
    let running = |conn: &mut PgConnection, at: DateTime<Utc>| -> i64 {
        let running = offers::table.filter(offers::starts_at.le(at)).filter(offers::ends_at.gt(at));
        running.count().get_result(conn).expect("n")
    };
    let at_first = running(&mut conn, now());
    let over: i64 = offers::table.filter(offers::ends_at.le(now())).count().get_result(&mut conn).expect("n");
    for days in [4, 8, 16, 60, 365] {
        let later = now() + Duration::days(days);
        let report = demo::load(&mut conn, Dublin, later).unwrap_or_else(|e| panic!("{e}"));
        assert!(
            report.offers_added == 0 && running(&mut conn, later) >= at_first,
            "after {days} days: {report:?}"
        );
    }
    let still_over: i64 =
        offers::table.filter(offers::ends_at.le(now())).count().get_result(&mut conn).expect("n");
    assert_eq!(still_over, over, "offers that are there to be over stay over");
    let strays: i64 = offer_products::table
        .inner_join(offers::table)
        .filter(offers::ends_at.ne(offer_products::ends_at))
        .count()
        .get_result(&mut conn)
        .expect("n");
    assert_eq!(strays, 0);
}
