//! Footsteps through the shop: what is recorded, of whom, and of whom nothing.

use crate::common::{Shopper, TestShop};
use actix_web::test::TestRequest;
use chrono::Duration;

fn steps(shop: &TestShop) -> Vec<String> {
    shop.flush();
    let all = shop.text(
        "SELECT coalesce(string_agg(kind || ' ' || detail, E'\\n' ORDER BY id), '') FROM journey_events",
    );
    all.lines().map(str::to_owned).collect()
}

/// The steps of each session, in the order in which the sessions began.
fn sessions(shop: &TestShop) -> Vec<String> {
    shop.flush();
    let all = shop.text(
        "SELECT coalesce(string_agg(kinds, E'\\n' ORDER BY first), '')
         FROM (SELECT string_agg(kind, ' ' ORDER BY id) AS kinds, min(id) AS first
               FROM journey_events GROUP BY session) AS sessions",
    );
    all.lines().map(str::to_owned).collect()
}

/// Nobody is told by their session, nor is one session two people's.
fn each_session_is_one_visitors_and_says_nothing(shop: &TestShop) {
    shop.flush();
    let wrong = "SELECT count(*) FROM journey_events WHERE session = visitor";
    assert_eq!(shop.count(wrong), 0);
    let shared = "SELECT count(*) FROM (SELECT session FROM journey_events GROUP BY session
                  HAVING count(DISTINCT visitor) > 1) AS shared";
    assert_eq!(shop.count(shared), 0);
}

fn visitors(shop: &TestShop) -> i64 {
    shop.flush();
    shop.count("SELECT count(DISTINCT visitor) FROM journey_events")
}

async fn walk(shopper: &Shopper<'_>) {
    shopper.get("/?utm_source=letter&utm_campaign=autumn&email=a%40b.ie").await;
    shopper.lives_at("D06 X4P7").await;
    shopper.lives_at("Atlantis").await;
    shopper.get("/search?q=milk").await;
    shopper.get("/p/whole-milk-de-mil-001").await;
    for quantity in ["2", "0"] {
        shopper.post("/basket/lines/DE-MIL-001", &[("quantity", quantity)]).await;
    }
}

#[actix_web::test]
async fn a_walk_through_the_shop_is_written_down_without_saying_whose() {
    let shop = TestShop::demo();
    walk(&shop.shopper()).await;
    let milk = shop.count("SELECT id FROM products WHERE sku = 'DE-MIL-001'");
    shop.flush();
    let found = shop.text("SELECT detail ->> 'results' FROM journey_events WHERE kind = 'search'");
    assert!(found.parse::<i64>().is_ok_and(|n| n > 10), "{found}");
    let expected = [
        r#"visit {"page": "/", "utm_source": "letter", "utm_campaign": "autumn"}"#.to_owned(),
        r#"place_set {"place": "D06"}"#.to_owned(),
        r#"place_unknown {"routing_key": null}"#.to_owned(),
        format!(r#"search {{"words": "milk", "results": {found}}}"#),
        r#"product_seen {"product": "whole-milk-de-mil-001"}"#.to_owned(),
        format!(r#"basket_changed {{"to": 2, "from": 0, "product": {milk}}}"#),
        format!(r#"basket_changed {{"to": 0, "from": 2, "product": {milk}}}"#),
    ];
    assert_eq!(steps(&shop), expected);
    assert_eq!(visitors(&shop), 1);
    let all = shop.text("SELECT string_agg(journey_events::text, ' ') FROM journey_events");
    for private in ["192.0.2.7", "X4P7", "a@b.ie", "a%40b", "Mozilla"] {
        assert!(!all.contains(private), "{private} is in {all}");
    }
}

#[actix_web::test]
async fn the_site_that_led_here_is_known_by_its_name_only() {
    let shop = TestShop::demo();
    let request =
        TestRequest::get().uri("/d/bakery").insert_header(("referer", "https://search.test/q?words=secret"));
    shop.shopper().send(request).await;
    assert_eq!(steps(&shop), [r#"visit {"page": "/d/bakery", "referrer": "search.test"}"#]);
}

#[actix_web::test]
async fn a_session_has_one_visit_with_its_first_touch_whatever_follows() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let first = TestRequest::get()
        .uri("/d/bakery?utm_source=caf%C3%A9%0Anews&utm_campaign=autumn&email=a%40b.ie")
        .insert_header(("referer", "https://search.test/q?words=secret"));
    shopper.send(first).await;
    for page in ["/", "/d/bakery", "/offers", "/help", "/basket"] {
        shopper.get(page).await;
        shop.clock.advance(Duration::minutes(29));
    }
    // Typed anew, and from another site's letter: neither has a page of ours before it.
    for page in ["/help", "/help", "/?utm_source=other"] {
        shop.shopper().send(TestRequest::get().uri(page)).await;
    }
    let expected = r#"visit {"page": "/d/bakery", "referrer": "search.test", "utm_source": "café news", "utm_campaign": "autumn"}"#;
    assert_eq!(steps(&shop), [expected]);
    each_session_is_one_visitors_and_says_nothing(&shop);
}

#[actix_web::test]
async fn half_an_hour_without_a_step_ends_a_session() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.get("/search?q=milk").await;
    shop.clock.advance(Duration::minutes(29));
    shopper.get("/help").await;
    shop.clock.advance(Duration::minutes(29));
    shopper.get("/search?q=bread").await;
    shop.clock.advance(Duration::minutes(30));
    shopper.get("/search?q=tea").await;
    shop.clock.advance(Duration::minutes(31));
    shopper.post("/basket/lines/DE-MIL-001", &[("quantity", "1")]).await;
    assert_eq!(sessions(&shop), ["visit search search", "visit search", "visit basket_changed"]);
    let pages = shop.text(
        "SELECT string_agg(detail ->> 'page', ' ' ORDER BY id) FROM journey_events WHERE kind = 'visit'",
    );
    assert_eq!(pages, "/search /search /search");
    assert_eq!(visitors(&shop), 1);
    each_session_is_one_visitors_and_says_nothing(&shop);
}

#[actix_web::test]
async fn what_is_no_page_begins_no_session() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    for address in ["/nothing", "/p/no-such-thing", "/d/no-such-aisle", "/d/bakery/nothing"] {
        assert_eq!(shopper.get(address).await.status.as_u16(), 404, "{address}");
    }
    for address in ["/search/suggestions?q=mil", "/healthz", "/sitemap.xml", "/robots.txt"] {
        assert_eq!(shopper.get(address).await.status.as_u16(), 200, "{address}");
    }
    shopper.post("/basket/lines/NO-SUCH-1", &[("quantity", "1")]).await;
    shopper.send(TestRequest::default().method(actix_web::http::Method::HEAD).uri("/help")).await;
    assert_eq!(steps(&shop), [""; 0]);
    shopper.get("/p/whole-milk-de-mil-001").await;
    assert_eq!(sessions(&shop), ["visit product_seen"]);
}

#[actix_web::test]
async fn of_programs_that_say_so_nothing_is_written() {
    let shop = TestShop::demo();
    for agent in ["Mozilla/5.0 (compatible; Googlebot/2.1)", "curl/8.5.0", "Python-Requests/2.31"] {
        walk(&shop.shopper().sending("user-agent", agent)).await;
    }
    assert_eq!(steps(&shop), [""; 0]);
    walk(&shop.shopper().sending("user-agent", "Mozilla/5.0 HeadlessChrome/130.0")).await;
    assert_eq!(sessions(&shop).len(), 1);
}

#[actix_web::test]
async fn everybody_walks_in_a_session_of_their_own() {
    let shop = TestShop::demo();
    for address in ["192.0.2.7", "192.0.2.8", "192.0.2.9"] {
        shop.shopper().at_address(address).get("/search?q=milk").await;
    }
    assert_eq!(sessions(&shop), ["visit search"; 3]);
    assert_eq!(visitors(&shop), 3);
    each_session_is_one_visitors_and_says_nothing(&shop);
}

#[actix_web::test]
async fn of_those_who_asked_not_to_be_followed_nothing_is_written() {
    let shop = TestShop::demo();
    walk(&shop.shopper().sending("dnt", "1")).await;
    walk(&shop.shopper().sending("sec-gpc", "1")).await;
    let declined = shop.shopper();
    declined.set_cookie("consent", "no");
    walk(&declined).await;
    assert_eq!(steps(&shop), [""; 0]);
}

#[actix_web::test]
async fn a_no_takes_the_cookies_of_an_earlier_yes_away() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.submit("/privacy", &[("choice", "yes")]).await.must_say("Your choice is kept.");
    shopper.get("/").await;
    assert!(shopper.cookie("visitor").is_some() && shopper.cookie("session").is_some());
    shopper.submit("/privacy", &[("choice", "no")]).await;
    assert_eq!((shopper.cookie("visitor"), shopper.cookie("session")), (None, None));
    let before = steps(&shop).len();
    walk(&shopper).await;
    assert_eq!(steps(&shop).len(), before);
    assert_eq!((shopper.cookie("visitor"), shopper.cookie("session")), (None, None));
}

#[actix_web::test]
async fn who_said_nothing_gets_no_cookie_and_is_somebody_else_tomorrow() {
    let shop = TestShop::demo();
    for expected in [1, 2, 3] {
        let shopper = shop.shopper();
        shopper.get("/").await.must_say("May we remember this browser");
        shopper.get("/search?q=milk").await;
        assert_eq!((shopper.cookie("visitor"), shopper.cookie("session")), (None, None));
        assert_eq!(visitors(&shop), expected);
        shop.clock.advance(Duration::days(1));
    }
}

#[actix_web::test]
async fn who_said_yes_is_known_over_the_days_and_walks_in_many_sessions() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.get("/?utm_source=letter").await;
    shopper.submit("/privacy", &[("choice", "yes")]).await.must_not_say("May we remember this browser");
    let known = shopper.cookie("visitor").expect("a visitor");
    let mut seen = Vec::new();
    for _ in 0..3 {
        shopper.get("/search?q=milk").await;
        shopper.get("/p/whole-milk-de-mil-001").await;
        seen.push(shopper.cookie("session").expect("a session"));
        shop.clock.advance(Duration::days(1));
    }
    let expected =
        ["visit", "visit search product_seen", "visit search product_seen", "visit search product_seen"];
    assert_eq!(sessions(&shop), expected);
    let of = |what: &str| {
        shop.text(&format!(
            "SELECT string_agg({what}, ' ' ORDER BY id) FROM journey_events WHERE kind = 'search'"
        ))
    };
    assert_eq!(of("visitor"), [known.as_str(); 3].join(" "));
    assert_eq!(of("session"), seen.join(" "));
    let touches = shop.text(
        "SELECT string_agg(coalesce(detail ->> 'utm_source', '-'), ' ' ORDER BY id)
         FROM journey_events WHERE kind = 'visit'",
    );
    assert_eq!(touches, "letter letter - -", "the first touch goes along with a yes");
    each_session_is_one_visitors_and_says_nothing(&shop);
}

#[actix_web::test]
async fn with_a_yes_a_session_goes_on_at_another_instance() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.submit("/privacy", &[("choice", "yes")]).await;
    shopper.get("/search?q=milk").await;
    let other = shop.another();
    let there = shopper.moves_to(&other);
    there.get("/search?q=bread").await;
    assert_eq!(there.cookie("session"), shopper.cookie("session"));
    other.flush();
    let noted = |kind: &str| {
        shop.flush();
        shop.count(&format!(
            "SELECT count(*) FROM journey_events WHERE kind = '{kind}' AND visitor = '{}'",
            shopper.cookie("visitor").expect("a visitor")
        ))
    };
    assert_eq!((noted("visit"), noted("search")), (1, 2));
    each_session_is_one_visitors_and_says_nothing(&shop);
}

#[actix_web::test]
async fn a_choice_that_is_none_is_asked_for_again() {
    let shop = TestShop::demo();
    for choice in ["", "maybe", "YES"] {
        let answer = shop.shopper().post("/privacy", &[("choice", choice)]).await;
        assert_eq!(answer.status.as_u16(), 400);
        answer.must_say("Choose yes or no.");
    }
}

#[actix_web::test]
async fn a_shop_may_do_without_footsteps_altogether() {
    let shop = TestShop::demo().with("SMARTSHOP_JOURNEYS", "false");
    walk(&shop.shopper()).await;
    assert_eq!(steps(&shop), [""; 0]);
}

#[actix_web::test]
async fn no_page_waits_for_footsteps_to_be_written() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.get("/help").await;
    shop.flush();
    let mut holder = shop.conn();
    diesel::connection::SimpleConnection::batch_execute(
        &mut holder,
        "BEGIN; LOCK TABLE journey_events IN ACCESS EXCLUSIVE MODE",
    )
    .expect("held");
    let begun = std::time::Instant::now();
    for n in 0..20 {
        assert_eq!(shopper.get(&format!("/search?q=milk{n}")).await.status.as_u16(), 200);
    }
    let took = begun.elapsed();
    shop.wait_until_blocked(1);
    diesel::connection::SimpleConnection::batch_execute(&mut holder, "COMMIT").expect("let go");
    assert!(took.as_secs() < 4, "twenty pages took {took:?} while nothing could be written");
    assert_eq!(steps(&shop).iter().filter(|step| step.starts_with("search ")).count(), 20);
}
