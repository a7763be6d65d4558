//! What machines read: robots, sitemaps, canonical addresses, structured data.

use crate::common::{Answer, TestShop};
use actix_web::http::StatusCode;
use serde_json::Value;
use std::collections::BTreeSet;

const HERE: &str = "http://127.0.0.1:8080";

fn locations(answer: &Answer) -> Vec<String> {
    answer
        .text
        .split("<loc>")
        .skip(1)
        .map(|rest| rest.split('<').next().expect("an address").to_owned())
        .collect()
}

fn structured(answer: &Answer) -> Vec<Value> {
    let scripts = answer.text.split("<script type=\"application/ld+json\">").skip(1);
    scripts
        .map(|rest| serde_json::from_str(rest.split("</script>").next().expect("an end")).expect("JSON"))
        .collect()
}

#[actix_web::test]
async fn robots_are_kept_out_of_what_is_somebodys_own_and_shown_the_sitemap() {
    let shop = TestShop::demo();
    let answer = shop.shopper().get("/robots.txt").await;
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    for line in [
        "User-agent: *",
        "Disallow: /basket",
        "Disallow: /search",
        "Sitemap: http://127.0.0.1:8080/sitemap.xml",
    ] {
        assert!(answer.text.lines().any(|l| l == line), "{line}");
    }
}

#[actix_web::test]
async fn the_sitemap_leads_to_every_product_and_department_and_all_of_them_answer() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let mut pages = BTreeSet::new();
    for map in locations(&shopper.get("/sitemap.xml").await) {
        let map = shopper.get(map.strip_prefix(HERE).expect("ours")).await;
        assert_eq!((map.status, map.header("content-type")), (StatusCode::OK, "application/xml"));
        pages.extend(locations(&map));
    }
    let products = pages.iter().filter(|page| page.starts_with("http://127.0.0.1:8080/p/")).count();
    assert_eq!(
        i64::try_from(products),
        Ok(shop.count("SELECT count(*) FROM products WHERE withdrawn_at IS NULL"))
    );
    let others: Vec<_> = pages.iter().filter(|page| !page.contains("/p/")).collect();
    let expected =
        shop.count("SELECT (SELECT count(*) FROM departments) + (SELECT count(*) FROM categories)") + 5;
    assert_eq!(i64::try_from(others.len()), Ok(expected));
    for (n, page) in pages.iter().enumerate().filter(|(n, page)| n % 20 == 0 || !page.contains("/p/")) {
        let path = page.strip_prefix(HERE).expect("ours");
        let answer = shopper.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{n}: {page}");
        assert_eq!(answer.all_after("<link rel=\"canonical\" href=\""), [page.as_str()], "{page}");
    }
    for nonsense in ["x.xml", "products-x.xml", "products-99999999999999999999.xml", "%00"] {
        assert_eq!(
            shopper.get(&format!("/sitemaps/{nonsense}")).await.status,
            StatusCode::NOT_FOUND,
            "{nonsense}"
        );
    }
}

#[actix_web::test]
async fn a_page_has_one_address_and_what_is_sorted_or_filtered_has_none() {
    let shop = TestShop::demo();
    for path in [
        "/d/bakery?sort=price",
        "/d/bakery?brand=x",
        "/search?q=milk",
        "/basket",
        "/place?place=Cork",
        "/styleguide",
    ] {
        let answer = shop.shopper().get(path).await;
        assert!(answer.text.contains("<meta name=\"robots\" content=\"noindex\">"), "{path}");
        assert!(answer.all_after("<link rel=\"canonical\" href=\"").is_empty(), "{path}");
    }
    let plain = shop.shopper().get("/d/bakery?x=1&fbclid=2").await;
    assert_eq!(plain.all_after("<link rel=\"canonical\" href=\""), ["http://127.0.0.1:8080/d/bakery"]);
}

#[actix_web::test]
async fn a_product_tells_machines_its_price_and_stock() {
    let shop = TestShop::demo();
    let answer = shop.shopper().get("/p/whole-milk-de-mil-001").await;
    let all = structured(&answer);
    let product = &all[0][0];
    assert_eq!(product["@type"], "Product");
    assert_eq!(product["sku"], "DE-MIL-001");
    assert_eq!(product["offers"]["price"], "2.19");
    assert_eq!(product["offers"]["priceCurrency"], "EUR");
    assert_eq!(product["offers"]["availability"], "https://schema.org/InStock");
    let crumbs = &all[0][1];
    assert_eq!(crumbs["@type"], "BreadcrumbList");
    assert_eq!(crumbs["itemListElement"][1]["item"], "http://127.0.0.1:8080/d/dairy-eggs");
    assert_eq!(answer.all_after("property=\"og:title\" content=\""), ["Whole Milk, 1 l · SmartShop"]);
    assert!(
        answer.all_after("property=\"og:image\" content=\"")[0].starts_with("http://127.0.0.1:8080/assets/")
    );

    let reduced =
        shop.shopper().get(&shop.text("SELECT '/p/' || slug FROM products WHERE sku = 'FP-FRU-007'")).await;
    assert_eq!(structured(&reduced)[0][0]["offers"]["price"], "1.99", "the price with the offer");
    let gone =
        shop.shopper().get(&shop.text("SELECT '/p/' || slug FROM products WHERE sku = 'AB-SPI-011'")).await;
    assert_eq!(structured(&gone)[0][0]["offers"]["availability"], "https://schema.org/OutOfStock");
}

#[actix_web::test]
async fn structured_data_stays_json_whatever_a_product_is_called() {
    let shop = TestShop::demo();
    shop.change(
        "UPDATE products SET name = '</script><script>\"\\ &amp; é\u{2028}' WHERE sku = 'DE-MIL-001'",
    );
    let answer = shop.shopper().get("/p/whole-milk-de-mil-001").await;
    assert_eq!(structured(&answer)[0][0]["name"], "</script><script>\"\\ &amp; é\u{2028}");
}

#[actix_web::test]
async fn every_page_has_a_language_a_title_a_description_and_one_heading() {
    let shop = TestShop::demo();
    let mut titles = BTreeSet::new();
    let paths = [
        "/",
        "/d/bakery",
        "/d/dairy-eggs/milk",
        "/offers",
        "/p/whole-milk-de-mil-001",
        "/search?q=milk",
        "/search?q=qqxx",
        "/basket",
        "/delivery",
        "/help",
        "/privacy",
        "/sources",
        "/place",
        "/styleguide",
    ];
    for path in paths {
        let answer = shop.shopper().get(path).await;
        assert!(answer.text.starts_with("<!doctype html>\n<html lang=\"en-IE\">"), "{path}");
        let title =
            answer.text.split_once("<title>").and_then(|(_, t)| t.split_once("</title>")).expect("a title").0;
        assert!(titles.insert(title.to_owned()), "{path} has the title of another page: {title}");
        assert!(!answer.all_after("<meta name=\"description\" content=\"")[0].is_empty(), "{path}");
        assert_eq!(answer.text.matches("<h1").count(), 1, "{path}");
        assert_eq!(answer.text.matches("id=\"main\"").count(), 1, "{path}");
        let ids = answer.all_after(" id=\"");
        let once: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), once.len(), "{path} has an id twice: {ids:?}");
    }
}

#[actix_web::test]
async fn every_link_on_the_main_pages_leads_somewhere() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let mut links = BTreeSet::new();
    for path in [
        "/",
        "/d/bakery",
        "/p/whole-milk-de-mil-001",
        "/search?q=milk",
        "/delivery",
        "/help",
        "/privacy",
        "/sources",
        "/styleguide",
        "/basket",
    ] {
        let page = shop.shopper().get(path).await;
        for mark in [" href=\"", " src=\""] {
            links.extend(page.all_after(mark).into_iter().map(|link| link.replace("&#38;", "&")));
        }
    }
    let ours: Vec<_> = links.iter().filter(|link| link.starts_with('/')).collect();
    assert!(ours.len() > 100);
    for link in ours {
        let path = link.split('#').next().expect("a path");
        assert_eq!(shopper.get(path).await.status, StatusCode::OK, "{link}");
    }
    let manifest: Value = serde_json::from_str(&shopper.get("/site.webmanifest").await.text).expect("JSON");
    assert_eq!(
        shopper.get(manifest["icons"][0]["src"].as_str().expect("an icon")).await.status,
        StatusCode::OK
    );
}
