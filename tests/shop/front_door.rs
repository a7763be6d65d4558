//! What happens to every request: who may send forms, how often, how much, and what an answer carries.

use crate::common::{Answer, TestShop, encode, expect_error, requests_logged};
use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use diesel::connection::SimpleConnection;

const ADD: &str = "/basket/lines/DE-MIL-001";

async fn form_with(shop: &TestShop, headers: &[(&str, &str)]) -> Answer {
    let request = TestRequest::post().uri(ADD).set_form([("quantity", "1")]);
    let request = headers.iter().fold(request, |request, header| request.insert_header(*header));
    shop.shopper().send(request).await
}

#[actix_web::test]
async fn a_form_of_another_site_is_refused_and_changes_nothing() {
    let shop = TestShop::demo();
    for foreign in [
        [("origin", "https://evil.test")],
        [("origin", "http://shop.test.evil.test")],
        [("origin", "null")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
    ] {
        let answer = form_with(&shop, &foreign).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{foreign:?}");
        answer.must_say("This came from another site");
        answer.must_say("Go back to the shop and try it there.");
    }
    assert_eq!(shop.count("SELECT count(*) FROM basket_lines"), 0);
}

#[actix_web::test]
async fn a_form_of_our_own_pages_is_taken() {
    let shop = TestShop::demo();
    for own in
        [[("origin", "http://shop.test")], [("sec-fetch-site", "same-origin")], [("sec-fetch-site", "none")]]
    {
        assert_eq!(form_with(&shop, &own).await.status, StatusCode::SEE_OTHER, "{own:?}");
    }
    assert_eq!(shop.count("SELECT count(*) FROM basket_lines"), 3);
}

#[actix_web::test]
async fn every_address_that_takes_forms_refuses_another_sites() {
    let shop = TestShop::demo();
    for path in ["/place", "/place/wishes", ADD, "/basket/acknowledgement", "/privacy", "/nowhere"] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let request = TestRequest::with_uri(path)
                .method(method.clone())
                .insert_header(("origin", "https://evil.test"));
            let answer = shop.shopper().send(request).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn looking_changes_nothing() {
    let shop = TestShop::demo();
    for path in [
        "/place",
        "/place/wishes",
        "/wishes/DE-MIL-001",
        ADD,
        "/basket/acknowledgement",
        "/privacy?choice=yes",
        "/basket/lines/DE-MIL-001?quantity=3",
    ] {
        let answer = shop.shopper().get(path).await;
        assert!(matches!(answer.status.as_u16(), 200 | 404 | 405), "{path}: {}", answer.status);
    }
    for table in ["baskets", "quotes", "place_wishes", "awaited"] {
        assert_eq!(shop.count(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
}

#[actix_web::test]
async fn one_address_that_asks_too_often_is_told_in_words_and_others_are_not_bothered() {
    let shop = TestShop::demo()
        .with("SMARTSHOP_REQUESTS_PER_SECOND", "1")
        .with("SMARTSHOP_REQUESTS_AT_ONCE", "5")
        .with("SMARTSHOP_WRITES_PER_MINUTE", "1")
        .with("SMARTSHOP_WRITES_AT_ONCE", "2");
    let greedy = shop.shopper();
    for _ in 0..5 {
        assert_eq!(greedy.get("/help").await.status, StatusCode::OK);
    }
    let answer = greedy.get("/help").await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    answer.must_say("Too many requests at once");
    answer.must_say("Please wait a few seconds and load the page again. Your basket is safe.");
    assert_eq!(answer.header("retry-after"), "3");
    // Pictures, styles and scripts are not counted.
    let css = answer.all_after("rel=\"stylesheet\" href=\"").pop().expect("a style sheet");
    assert_eq!(greedy.get(&css).await.status, StatusCode::OK);

    let neighbour = shop.shopper().at_address("192.0.2.8");
    assert_eq!(neighbour.get("/help").await.status, StatusCode::OK);
    for expected in [303, 303, 429] {
        let answer = neighbour.post(ADD, &[("quantity", "1")]).await;
        assert_eq!(answer.status.as_u16(), expected);
    }
    neighbour.get("/basket").await.must_say("Whole Milk");
}

#[actix_web::test]
async fn behind_a_proxy_of_ours_the_limit_is_the_clients_and_nobody_can_pretend_to_be_another() {
    let limited = || {
        TestShop::demo().with("SMARTSHOP_REQUESTS_PER_SECOND", "1").with("SMARTSHOP_REQUESTS_AT_ONCE", "1")
    };
    let statuses = async |shop: &TestShop, forwarded: [&str; 2]| {
        let mut all = Vec::new();
        for address in forwarded {
            let request = TestRequest::get().uri("/help").insert_header(("x-forwarded-for", address));
            all.push(shop.shopper().send(request).await.status.as_u16());
        }
        all
    };
    // 192.0.2.7 is who connects.
    let trusting = limited().with("SMARTSHOP_TRUSTED_PROXIES", "192.0.2.0/24, 10.0.0.1");
    assert_eq!(statuses(&trusting, ["203.0.113.1", "203.0.113.2"]).await, [200, 200]);
    assert_eq!(
        statuses(&trusting, ["1.1.1.1, 203.0.113.9", "2.2.2.2, 203.0.113.9, 10.0.0.1"]).await,
        [200, 429]
    );
    let plain = limited();
    assert_eq!(
        statuses(&plain, ["203.0.113.1", "203.0.113.2"]).await,
        [200, 429],
        "a header of anybody proves nothing"
    );
}

#[actix_web::test]
async fn a_form_that_is_too_large_is_refused_in_words() {
    let shop = TestShop::demo();
    let large = "x".repeat(40_000);
    for path in ["/place", "/place/wishes", ADD, "/privacy"] {
        let fields = [("place", large.as_str()), ("email", "a@b.ie"), ("quantity", "1"), ("choice", "yes")];
        let answer = shop.shopper().post(path, &fields).await;
        assert!(matches!(answer.status.as_u16(), 400 | 413), "{path}: {}", answer.status);
        answer.must_say("larger than this form takes. Shorten it and send it again.");
    }
}

#[actix_web::test]
async fn a_body_that_is_no_form_is_refused_in_words() {
    let shop = TestShop::demo();
    for (kind, body) in [
        ("application/json", "{\"place\": \"D06\"}"),
        ("text/plain", "place=D06"),
        ("multipart/form-data; boundary=x", "--x\r\n\r\n--x--"),
    ] {
        let request =
            TestRequest::post().uri("/place").insert_header(("content-type", kind)).set_payload(body);
        let answer = shop.shopper().send(request).await;
        assert!(answer.status.is_client_error(), "{kind}: {}", answer.status);
        answer.must_say("send it again");
    }
    assert_eq!(shop.count("SELECT count(*) FROM quotes"), 0);
}

#[actix_web::test]
async fn every_kind_of_answer_carries_the_security_headers() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let css = shopper.get("/").await.all_after("rel=\"stylesheet\" href=\"").pop().expect("a style sheet");
    let answers = [
        ("a page", shopper.get("/").await),
        ("a file", shopper.get(&css).await),
        ("a redirection", shopper.post("/place", &[("place", "D06")]).await),
        ("a page of one's own", shopper.get("/basket").await),
        ("suggestions", shopper.get("/search/suggestions?q=mil").await),
        ("not found", shopper.get("/nowhere").await),
        ("a bad address", shopper.get("/search/suggestions").await),
        ("refused", form_with(&shop, &[("origin", "https://evil.test")]).await),
        ("bad form", shopper.post("/place", &[("place", "")]).await),
        ("a wrong mail", shopper.post("/place/wishes", &[("email", "x")]).await),
        ("health", shopper.get("/healthz").await),
        ("robots", shopper.get("/robots.txt").await),
        ("metrics", shopper.get("/metrics").await),
    ];
    for (kind, answer) in &answers {
        let csp = answer.header("content-security-policy");
        assert!(csp.starts_with("default-src 'none'"), "{kind}: {csp}");
        for wide in ["unsafe-inline", "unsafe-eval", "*", "data:", "http:"] {
            assert!(!csp.contains(wide), "{kind}: {csp}");
        }
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{kind}: {name}");
        }
    }
}

#[actix_web::test]
async fn under_https_cookies_are_secure_and_browsers_are_told_to_stay_there() {
    let shop = TestShop::demo().with("SMARTSHOP_PUBLIC_URL", "https://shop.test");
    let answer = shop.shopper().post("/place", &[("place", "D06")]).await;
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").map(|c| c.to_str().expect("ascii")).collect();
    assert!(cookies.len() == 2 && cookies.iter().all(|c| c.ends_with("; Secure")), "{cookies:?}");
}

#[actix_web::test]
async fn an_error_page_says_what_to_do_and_shows_the_number_that_the_log_has() {
    let shop = TestShop::demo();
    let answer = shop.shopper().get("/p/no-such-product-4711").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    answer.must_say("There is nothing at this address");
    let words = answer.words();
    let number =
        words.split_once("Number of this request: ").expect("a number").1.split(' ').next().expect("it");
    let logged = requests_logged("/p/no-such-product-4711");
    assert_eq!(logged.len(), 1);
    assert!(logged[0].starts_with(number) && logged[0].contains(" 404 "), "{number}: {logged:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[actix_web::test]
async fn the_log_holds_neither_what_was_typed_nor_whole_addresses() {
    let shop = TestShop::demo();
    shop.shopper().get("/search?q=verysecretword").await;
    shop.shopper().get("/help?from=verysecretword").await;
    assert!(requests_logged("verysecretword").is_empty());
    assert!(requests_logged("192.0.2.7").is_empty());
    assert!(!requests_logged("192.0.2.0/24").is_empty());
}

#[actix_web::test]
async fn a_fault_of_ours_is_an_apology_with_a_number_and_no_inner_workings() {
    expect_error("place_names");
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.wants("DE-MIL-001", "1").await;
    shop.conn().batch_execute("ALTER TABLE place_names RENAME TO lost").expect("a fault");
    let answer = shopper.post("/place", &[("place", "Rathmines")]).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    answer.must_say("Something went wrong on our side");
    answer.must_say("Number of this request:");
    answer.must_not_say("place_names");
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    shop.conn().batch_execute("ALTER TABLE lost RENAME TO place_names").expect("mended");
    shopper.lives_at("Rathmines").await.must_say("Delivery to Rathmines, D06 is €2.90");
    shopper.get("/basket").await.must_say("Whole Milk");
}

#[actix_web::test]
async fn a_head_request_is_answered_as_a_get_would_be() {
    let shop = TestShop::demo();
    for path in ["/", "/d/bakery", "/search?q=milk", "/robots.txt", "/sitemap.xml", "/healthz"] {
        let answer = shop.shopper().send(TestRequest::default().method(Method::HEAD).uri(path)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    let answer = shop.shopper().send(TestRequest::default().method(Method::HEAD).uri("/nowhere")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[actix_web::test]
async fn after_a_form_one_goes_back_to_our_own_pages_only() {
    let shop = TestShop::demo();
    for (referer, back) in [
        ("http://shop.test/d/bakery?sort=name", "/d/bakery?sort=name"),
        ("https://evil.test/d/bakery", "/basket"),
        ("http://shop.test//evil.test/", "/basket"),
        ("http://shop.test.evil.test/", "/basket"),
        ("nonsense", "/basket"),
    ] {
        let request = TestRequest::post().uri(ADD).set_form([("quantity", "1")]);
        let request =
            request.insert_header(("referer", referer)).insert_header(("origin", "http://shop.test"));
        let answer = shop.shopper().send(request).await;
        assert_eq!(answer.location.as_deref(), Some(back), "{referer}");
    }
}

#[actix_web::test]
async fn pages_are_compressed_for_those_who_take_it_and_kept_by_nobody_else() {
    let shop = TestShop::demo();
    let squeezed = shop.shopper().sending("accept-encoding", "gzip, br").get("/").await;
    assert_eq!(squeezed.header("content-encoding"), "gzip");
    let plain = shop.shopper().sending("accept-encoding", "gzip;q=0").get("/").await;
    assert_eq!(plain.header("content-encoding"), "");
    for answer in [&squeezed, &plain] {
        assert_eq!(answer.header("cache-control"), "private, no-cache");
        assert!(
            answer.header("vary").contains("Cookie") && answer.header("vary").contains("Accept-Encoding")
        );
    }
    let css = plain.all_after("rel=\"stylesheet\" href=\"").pop().expect("a style sheet");
    let file = shop.shopper().sending("accept-encoding", "br").get(&css).await;
    assert_eq!(file.header("content-encoding"), "br");
    assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
    for missing in [
        "/assets/000000000000/site.css",
        "/assets/x/../../Cargo.toml",
        &format!("/assets/{}/site.css", encode("<x>")),
    ] {
        assert_eq!(shop.shopper().get(missing).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
}
