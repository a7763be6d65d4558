//! What those who run the shop rely on: health, figures, fresh pages, and a bounded number of queries.

use crate::common::{TestShop, wait_for};
use actix_web::http::StatusCode;
use diesel::connection::SimpleConnection;
use std::fmt::Write as _;
use std::time::Duration;

#[actix_web::test]
async fn a_shop_that_runs_says_so() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    assert_eq!(shopper.get("/healthz").await.text, "ok\n");
    let ready = shopper.get("/readyz").await;
    assert_eq!((ready.status, ready.text.as_str()), (StatusCode::OK, "ready\n"));
}

#[actix_web::test]
async fn a_shop_whose_database_lacks_a_migration_is_not_ready_and_says_what_to_do() {
    let shop = TestShop::demo();
    shop.state();
    shop.conn()
        .batch_execute("DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)")
        .expect("one migration fewer");
    let answer = shop.shopper().get("/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.text, "not ready\n- the database lacks migrations: run `smartshop migrate`\n");
    assert_eq!(shop.shopper().get("/healthz").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn figures_count_what_happens() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shopper.lives_at("Atlantis").await;
    shopper.wants("DE-MIL-001", "1").await;
    shopper.get("/search?q=qqxxyyzz").await;
    shopper.get("/nowhere").await;
    let answer = shopper.get("/metrics").await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    for line in [
        "smartshop_quotes_total 1",
        "smartshop_places_unknown_total 1",
        "smartshop_basket_changes_total 1",
        "smartshop_searches_without_result_total 1",
        "smartshop_http_answers_total{class=\"4xx\"} 1",
        "smartshop_http_answers_total{class=\"3xx\"} 3",
        "smartshop_products 696",
    ] {
        assert!(answer.text.lines().any(|l| l == line), "{line} is not in\n{}", answer.text);
    }
    assert!(answer.text.trim_end().ends_with("# EOF"));
}

#[actix_web::test]
async fn a_price_changed_elsewhere_is_on_every_page_within_a_second() {
    let shop = TestShop::demo();
    let other = shop.another();
    let page = shop.text("SELECT '/p/' || slug FROM products WHERE sku = 'PP-PAS-001'");
    let pages = [page.as_str(), "/d/rice-pasta-noodles/pasta?sort=price", "/search?q=organic+spaghetti"];
    for instance in [&shop, &other] {
        for path in pages {
            instance.shopper().get(path).await.must_say("€3.49");
        }
        assert!(instance.state().shop.pages.get(&page).is_some(), "the page is kept");
    }
    let before = other.state().shop.app.changes.epoch();
    let took = shop.change("UPDATE products SET price_cents = 777 WHERE sku = 'PP-PAS-001'");
    wait_for("the other instance", || other.state().shop.app.changes.epoch() > before);
    assert!(took < Duration::from_secs(1), "{took:?}");
    for instance in [&shop, &other] {
        for path in pages {
            let answer = instance.shopper().get(path).await;
            answer.must_say("€7.77");
        }
    }
}

#[actix_web::test]
async fn a_change_that_is_taken_back_tells_nobody() {
    let shop = TestShop::demo();
    let before = shop.state().shop.app.changes.epoch();
    shop.conn().batch_execute("BEGIN; UPDATE products SET price_cents = 777; ROLLBACK").expect("nothing");
    std::thread::sleep(Duration::from_millis(150));
    assert_eq!(shop.state().shop.app.changes.epoch(), before);
}

#[actix_web::test]
async fn stock_that_runs_out_takes_the_stepper_away_within_a_second() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let id = shop.count("SELECT id FROM products WHERE sku = 'PP-PAS-001'");
    let page = shop.text("SELECT '/p/' || slug FROM products WHERE sku = 'PP-PAS-001'");
    let list = "/d/rice-pasta-noodles/pasta";
    for path in [page.as_str(), list] {
        assert_eq!(shopper.get(path).await.stepper(id), Some(0), "{path}");
    }
    let took =
        shop.change(&format!("UPDATE stock SET on_hand = 0, back_on = '2026-11-26' WHERE product_id = {id}"));
    assert!(took < Duration::from_secs(1), "{took:?}");
    for path in [page.as_str(), list] {
        let answer = shopper.get(path).await;
        assert_eq!(answer.stepper(id), None, "{path}");
        answer.must_say("Back Thu 26 Nov");
    }
    shop.change(&format!("UPDATE stock SET on_hand = 3, back_on = NULL WHERE product_id = {id}"));
    shopper.get(&page).await.must_say("In stock, only 3 left");
    shopper.get(list).await.must_say("Only 3 left");
}

#[actix_web::test]
async fn a_new_department_is_in_the_menu_within_a_second() {
    let shop = TestShop::demo();
    shop.shopper().get("/").await.must_not_say("Garden & Balcony");
    shop.change("INSERT INTO departments (slug, name, short_name, picture, position) VALUES ('garden', 'Garden & Balcony', 'Garden', 'icons/avocado.webp', 99)");
    shop.shopper().get("/").await.must_say("Garden & Balcony");
    assert_eq!(shop.shopper().get("/d/garden").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn an_offer_begins_and_ends_on_the_page_with_its_time() {
    let shop = TestShop::demo();
    let page = shop.text("SELECT '/p/' || slug FROM products WHERE sku = 'DE-EGG-001'");
    let follow = async || smartshop::worker::follow_offers(&shop.state().shop).await.expect("followed");
    shop.shopper().get(&page).await.must_not_say("10% off");
    // It begins in five days at the shop's midnight and ends nineteen days from now.
    shop.clock.advance(chrono::Duration::days(5));
    follow().await;
    shop.shopper().get(&page).await.must_say("10% off, until Sat 12 Dec");
    shop.shopper().get("/offers?brand=x&q=").await;
    assert!(listed(&shop, "/offers").await.contains(&page));
    shop.clock.advance(chrono::Duration::days(14));
    follow().await;
    shop.shopper().get(&page).await.must_not_say("10% off");
    assert!(!listed(&shop, "/offers").await.contains(&page));
}

async fn listed(shop: &TestShop, path: &str) -> Vec<String> {
    let (mut all, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let answer = shop.shopper().get(&path).await;
        all.extend(answer.all_after("class=\"name\"><a href=\""));
        next = next_page(&answer.text);
    }
    all
}

fn next_page(text: &str) -> Option<String> {
    let (before, _) = text.split_once("\" rel=\"next\"")?;
    Some(before.rsplit('"').next()?.replace("&#38;", "&"))
}

/// A catalogue of so many products, all in one department.
fn catalogue(products: usize) -> TestShop {
    let shop = TestShop::open();
    let mut file = String::from("sku,name,price,department,category,description,stock\n");
    for n in 0..products {
        writeln!(
            file,
            "T-{n:04},Tea number {n},{}.{:02},Drinks,Tea,A tea,{}",
            1 + n % 9,
            n % 100,
            10 + n % 50
        )
        .expect("a row");
    }
    let options = smartshop::catalog::import::Options {
        partial: false,
        demo: false,
        zone: chrono_tz::Europe::Dublin,
        now: shop.clock.now(),
    };
    smartshop::catalog::import::import_products(&mut shop.conn(), file.as_bytes(), &options)
        .expect("products");
    shop.conn()
        .batch_execute(
            "INSERT INTO offers (code, kind, percent, label, starts_at, ends_at)
                VALUES ('X', 'percent', 10, '10% off', '2026-11-01', '2026-12-31');
             INSERT INTO offer_products SELECT o.id, p.id, o.starts_at, o.ends_at FROM offers o, products p WHERE p.id % 3 = 0",
        )
        .expect("an offer");
    shop
}

#[actix_web::test]
async fn the_number_of_queries_does_not_grow_with_the_catalogue() {
    let (small, large) = (catalogue(10), catalogue(700));
    let paths = [
        "/",
        "/d/drinks",
        "/d/drinks/tea",
        "/offers",
        "/d/drinks?sort=price",
        "/p/tea-number-7-t-0007",
        "/search?q=tea",
        "/search?q=tea+number+7",
        "/search?q=T-0007",
        "/search?q=qqxxyyzz",
        "/search/suggestions?q=te",
        "/basket",
        "/delivery",
        "/sitemap.xml",
    ];
    for path in paths {
        let mut counts = Vec::new();
        for shop in [&small, &large] {
            let shopper = shop.shopper();
            let queries = shop
                .queries_of(async {
                    let answer = shopper.get(path).await;
                    assert_eq!(answer.status, StatusCode::OK, "{path}");
                })
                .await;
            assert!(queries.len() <= 4, "{path} asks {} times: {queries:#?}", queries.len());
            counts.push(queries.len());
        }
        assert_eq!(counts[0], counts[1], "{path}");
    }
}

#[actix_web::test]
async fn a_finished_page_asks_the_database_nothing() {
    let shop = TestShop::demo();
    for path in ["/", "/d/bakery", "/offers", "/p/whole-milk-de-mil-001", "/help"] {
        let first = shop.queries_of(shop.shopper().get(path)).await;
        let again = shop.queries_of(shop.shopper().get(path)).await;
        assert!(again.is_empty(), "{path} asks {again:#?} after {first:#?}");
    }
}

#[actix_web::test]
async fn a_page_of_ones_own_asks_the_same_for_one_line_and_for_many() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shopper.wants("PP-PAS-001", "1").await;
    let anew = "UPDATE products SET popularity = popularity WHERE sku = 'PP-PAS-001'";
    shop.change(anew);
    shopper.get("/help").await;
    shop.change(anew);
    let one = shop.queries_of(shopper.get("/help")).await;
    for n in 2..=12 {
        shopper.wants(&format!("PP-PAS-{n:03}"), "1").await;
    }
    shop.change(anew);
    let many = shop.queries_of(shopper.get("/help")).await;
    let again = shop.queries_of(shopper.get("/help")).await;
    assert!(again.is_empty(), "{again:#?}");
    assert!(!one.is_empty() && one.len() <= 3, "{one:#?}");
    assert_eq!(one.len(), many.len());
}

#[actix_web::test]
async fn paging_visits_each_product_once() {
    let shop = catalogue(700);
    for path in
        ["/d/drinks", "/d/drinks?sort=price", "/d/drinks?sort=unit", "/d/drinks?sort=name", "/search?q=tea"]
    {
        let all = listed(&shop, path).await;
        let once: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!((all.len(), once.len()), (700, 700), "{path}");
    }
    assert_eq!(listed(&shop, "/offers").await.len(), 233);
}

#[actix_web::test]
async fn paging_goes_on_where_it_was_when_products_come_and_go_meanwhile() {
    let shop = catalogue(100);
    let first = shop.shopper().get("/d/drinks?sort=name").await;
    let seen = first.all_after("class=\"name\"><a href=\"");
    shop.change("UPDATE products SET withdrawn_at = now() WHERE sku IN ('T-0000', 'T-0001')");
    let next = next_page(&first.text).expect("more");
    let second = shop.shopper().get(&next).await.all_after("class=\"name\"><a href=\"");
    assert_eq!((seen.len(), second.len()), (24, 24));
    assert!(second.iter().all(|product| !seen.contains(product)), "none twice");
}

#[actix_web::test]
async fn the_style_guide_is_for_the_demonstration_only() {
    let demo = TestShop::demo();
    let page = demo.shopper().get("/styleguide").await;
    assert_eq!(page.status, StatusCode::OK);
    page.must_say("leaf-soft");
    demo.shopper().get("/").await.must_say("A demonstration shop");
    let earnest = TestShop::demo().in_earnest();
    assert_eq!(earnest.shopper().get("/styleguide").await.status, StatusCode::NOT_FOUND);
    earnest.shopper().get("/").await.must_not_say("A demonstration shop");
}

#[actix_web::test]
async fn a_shop_without_goods_or_places_still_opens() {
    let shop = TestShop::open();
    let shopper = shop.shopper();
    for path in [
        "/",
        "/offers",
        "/search?q=milk",
        "/search",
        "/basket",
        "/delivery",
        "/place?place=D06",
        "/sitemap.xml",
        "/sitemaps/departments.xml",
        "/readyz",
    ] {
        assert_eq!(shopper.get(path).await.status, StatusCode::OK, "{path}");
    }
    shopper.lives_at("D06").await.must_say("We do not come to D06 yet");
}
