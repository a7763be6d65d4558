//! Every field of every address with everything that does not belong there: words and a
//! 4xx, or the field is left out; never a fault of ours, never markup that came in.

use crate::common::{Answer, Shopper, TestShop, encode};
use actix_web::test::TestRequest;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Every address that is looked at, with all its parameters. `{}` is a part of the path.
const GETS: [(&str, &[&str]); 27] = [
    ("/", &["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]),
    ("/d/{}", LIST),
    ("/d/bakery", LIST),
    ("/d/dairy-eggs/{}", LIST),
    ("/d/{}/milk", LIST),
    ("/offers", LIST),
    ("/p/{}", &["x"]),
    ("/p/whole-milk-de-mil-001", &["x"]),
    ("/search", LIST),
    ("/search/suggestions", &["q", "x"]),
    ("/place", &["place", "latitude", "longitude"]),
    ("/basket", &["x"]),
    ("/delivery", &["x"]),
    ("/privacy", &["choice"]),
    ("/help", &["x"]),
    ("/sources", &["x"]),
    ("/styleguide", &["x"]),
    ("/sitemaps/{}", &["x"]),
    ("/sitemaps/products-{}.xml", &["x"]),
    ("/assets/{}/site.css", &["x"]),
    ("/assets/x/{}", &["x"]),
    ("/orders", &["before"]),
    ("/orders/{}", &["key"]),
    ("/orders/7K3M-9QX2", &["key"]),
    ("/orders/{}/return", &["payment_intent"]),
    ("/track", &["number"]),
    ("/{}", &["x"]),
];
const LIST: &[&str] =
    &["q", "sort", "after", "department", "category", "price", "brand", "offer", "stock", "without", "label"];

/// Every form, with all its fields and a good value for each.
const POSTS: [(&str, &[(&str, &str)]); 10] = [
    ("/place", &[("place", "D06"), ("latitude", "53.32"), ("longitude", "-6.26")]),
    ("/place/wishes", &[("email", "niamh@example.com"), ("place", "Bray")]),
    ("/basket/lines/DE-MIL-001", &[("quantity", "1")]),
    ("/basket/lines/{}", &[("quantity", "1")]),
    ("/basket/acknowledgement", &[("x", "")]),
    ("/wishes/DE-MIL-001", &[("email", "niamh@example.com"), ("out", "1")]),
    ("/wishes/{}", &[("email", "niamh@example.com"), ("out", "1")]),
    ("/track", &[("number", "7K3M-9QX2"), ("contact", "niamh@example.com")]),
    ("/orders/{}/payments", &[("way", "cash_at_door")]),
    ("/privacy", &[("choice", "yes")]),
];

const COOKIES: [&str; 5] = ["basket", "notice", "consent", "visitor", "session"];

/// Ready for an address or a form: already encoded.
fn hostile() -> Vec<String> {
    let plain = [
        "",
        " ",
        "'",
        "' OR 1=1 --",
        "'; DROP TABLE products; --",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "{{7*7}}",
        "%s%n",
        "../../etc/passwd",
        "\0",
        "a\0b",
        "\r\nSet-Cookie: x=y",
        "-1",
        "0",
        "1.5",
        "NaN",
        "inf",
        "-inf",
        "1e400",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999999999",
        "2147483648",
        "true",
        "null",
        "[]",
        "{}",
        "[1,2]",
        "\u{FDD0}step:1\u{FDD1}x\u{FDD0}",
        "\u{202E}drow",
        "\u{1F951}",
        "ａｂｃ",
        "e\u{301}",
        "İ",
        "ß",
        "日本",
        "NO-SUCH-SKU",
        "no-such-slug",
        "00000000-0000-0000-0000-000000000000",
    ];
    let long =
        ["x".repeat(10_000), "é".repeat(3_000), "<b>".repeat(1_000), "9".repeat(400), "a ".repeat(2_000)];
    let broken = ["%00", "%", "%zz", "%ff", "%c3%28", "%ed%a0%80", "%f8%a1%a1%a1%a1", "%E2%82"];
    let encoded = plain.iter().map(|v| encode(v)).chain(long.iter().map(|v| encode(v)));
    encoded.chain(broken.iter().map(ToString::to_string)).collect()
}

/// What must hold for whatever was asked.
fn check(answer: &Answer, asked: &str) -> Result<(), String> {
    let short: String = asked.chars().take(200).collect();
    let status = answer.status;
    if status.is_server_error() || status.is_informational() {
        return Err(format!("{status} for {short}: {}", answer.words()));
    }
    for markup in ["<script>alert", "<img src=x", "<b><b>", "\u{FDD0}", "\u{FDD1}", "\0"] {
        if answer.text.contains(markup) {
            return Err(format!("{markup:?} came through at {short}"));
        }
    }
    if answer.headers.get_all("set-cookie").any(|c| c.to_str().is_ok_and(|c| c.starts_with("x="))) {
        return Err(format!("a cookie came through at {short}"));
    }
    if answer.location.as_ref().is_some_and(|to| !to.starts_with('/') || to.starts_with("//")) {
        return Err(format!("{short} leads away to {:?}", answer.location));
    }
    if status.is_client_error() && answer.words().len() < 60 {
        return Err(format!("{status} without words for {short}: {}", answer.text));
    }
    Ok(())
}

/// Looks where an accepted form leads, too: what was kept is shown there.
async fn post(shopper: &Shopper<'_>, path: &str, body: &str) -> Result<(), String> {
    let request = TestRequest::post()
        .uri(path)
        .insert_header(("content-type", "application/x-www-form-urlencoded"))
        .insert_header(("origin", "http://shop.test"))
        .set_payload(body.to_owned());
    let answer = shopper.send(request).await;
    check(&answer, &format!("POST {path} {body}"))?;
    match &answer.location {
        Some(to) => get(shopper, to).await,
        None => Ok(()),
    }
}

async fn get(shopper: &Shopper<'_>, address: &str) -> Result<(), String> {
    check(&shopper.get(address).await, &format!("GET {address}"))
}

/// A part of a path may be long, but not empty, and no more than one part.
fn in_path(value: &str) -> String {
    if value.is_empty() || value == "%" || value == "%zz" { "%20".to_owned() } else { value.to_owned() }
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[actix_web::test]
async fn no_address_falls_for_what_does_not_belong_in_it() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let mut wrong = Vec::new();
    for (path, parameters) in GETS {
        for value in hostile() {
            let address = path.replace("{}", &in_path(&value));
            if path.contains("{}") {
                wrong.extend(get(&shopper, &address).await.err());
                continue;
            }
            // All at once: what one parameter hides, another does not. No address is longer than 64 kB.
            for some in parameters.chunks(if value.len() > 3_000 { 3 } else { parameters.len() }) {
                let all: Vec<String> = some.iter().map(|name| format!("{name}={value}")).collect();
                wrong.extend(get(&shopper, &format!("{address}?{}", all.join("&"))).await.err());
            }
        }
    }
    assert_none(&wrong);
}

#[actix_web::test]
async fn no_single_parameter_falls_for_what_does_not_belong_in_it() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let mut wrong = Vec::new();
    let few = hostile();
    for (path, parameters) in GETS.iter().filter(|(path, _)| !path.contains("{}")) {
        for (i, name) in parameters.iter().enumerate().filter(|(_, name)| **name != "x") {
            // Each parameter meets each kind of value somewhere: a third of them here.
            for value in few.iter().skip(i % 3).step_by(3) {
                wrong.extend(get(&shopper, &format!("{path}?{name}={value}")).await.err());
            }
            for shape in
                ["{n}", "{n}[]=1", "{n}[a]=1", "{n}=1&{n}=2&{n}=", "&&={n}&=", "{n}%00=1", "%ff=1&{n}=1"]
            {
                wrong.extend(get(&shopper, &format!("{path}?{}", shape.replace("{n}", name))).await.err());
            }
        }
    }
    assert_none(&wrong);
}

#[actix_web::test]
async fn no_form_falls_for_what_does_not_belong_in_it() {
    let shop = TestShop::demo();
    let mut wrong = Vec::new();
    for (path, fields) in POSTS {
        let shopper = shop.shopper();
        for value in hostile() {
            let path = path.replace("{}", &in_path(&value));
            for (bad, _) in fields {
                let body: Vec<String> = fields
                    .iter()
                    .map(|(name, good)| {
                        format!("{name}={}", if name == bad { value.clone() } else { encode(good) })
                    })
                    .collect();
                wrong.extend(post(&shopper, &path, &body.join("&")).await.err());
                wrong.extend(post(&shopper, &path, &format!("{bad}={value}")).await.err());
            }
        }
        for body in [
            "",
            "=",
            "&",
            "a",
            "place[]=1&quantity[]=1",
            "quantity=1&quantity=2",
            "place=D06&place=D15",
            "\u{0}\u{1}",
            "email",
        ] {
            wrong.extend(post(&shopper, &path.replace("{}", "DE-MIL-002"), body).await.err());
        }
    }
    assert_none(&wrong);
    assert_eq!(shop.count("SELECT count(*) FROM products"), 696, "and everything is still there");
    assert_eq!(shop.count("SELECT count(*) FROM basket_lines WHERE quantity NOT BETWEEN 1 AND 99"), 0);
    assert_eq!(shop.count("SELECT count(*) FROM place_wishes WHERE email !~ '^[^@ ]+@[^@ ]+[.][^@ ]+$'"), 0);
}

#[actix_web::test]
async fn broken_foreign_and_altered_cookies_are_taken_for_none() {
    let shop = TestShop::demo();
    let owner = shop.shopper();
    owner.wants("DE-MIL-001", "3").await;
    let token = owner.cookie("basket").expect("a basket");
    let altered: Vec<String> = (0..token.len())
        .step_by(3)
        .map(|i| {
            let other = if token.as_bytes()[i] == b'A' { "B" } else { "A" };
            format!("{}{other}{}", &token[..i], &token[i + 1..])
        })
        .collect();
    // A cookie is a header: what cannot stand in one never comes.
    let values = hostile().into_iter().chain(altered).chain(
        [
            "added:1:1",
            "added:-1:5",
            "added:9223372036854775807:9999",
            "removed:229:99",
            "left:1:0",
            "left:1:9999",
            "changed:0:0",
            "full",
            "quantity",
            "place",
            "wish",
            "choice",
            "yes",
            "no",
            "\"quoted\"",
            "a=b",
            "é",
        ]
        .map(str::to_owned),
    );
    let mut wrong = Vec::new();
    for value in values {
        for name in COOKIES {
            let shopper = shop.shopper();
            shopper.set_cookie(name, &value);
            for address in ["/", "/basket", "/p/whole-milk-de-mil-001", "/delivery"] {
                wrong.extend(get(&shopper, address).await.err());
            }
            let theirs = shopper.get("/basket").await;
            if theirs.says("Whole Milk, 1 l") || theirs.says("3 items") {
                wrong.push(format!("{name}={value} opens somebody's basket"));
            }
        }
    }
    assert_none(&wrong);
    owner.get("/basket").await.must_say("3 items");
}

#[actix_web::test]
async fn a_strange_header_is_no_fault_of_ours() {
    let shop = TestShop::demo();
    let mut wrong = Vec::new();
    let long = "x".repeat(8_000);
    for name in [
        "cookie",
        "referer",
        "accept-encoding",
        "user-agent",
        "x-forwarded-for",
        "origin",
        "accept",
        "if-none-match",
        "range",
        "content-type",
    ] {
        for value in [
            "",
            "\u{e9}",
            "é",
            ";;;===",
            "\"",
            "http://",
            "://",
            "http://shop.test",
            "http://shop.test/\u{e9}",
            "gzip;q=x, br;q=",
            "bytes=-1-",
            long.as_str(),
        ] {
            let shopper = shop.shopper();
            for request in
                [TestRequest::get().uri("/"), TestRequest::post().uri("/place").set_form([("place", "D06")])]
            {
                let request = request.insert_header((
                    name,
                    actix_web::http::header::HeaderValue::from_bytes(value.as_bytes()).expect("a value"),
                ));
                wrong.extend(check(&shopper.send(request).await, &format!("{name}: {value}")).err());
            }
        }
    }
    assert_none(&wrong);
}

/// One request of somebody who tries everything.
#[derive(Debug, Clone)]
struct Try {
    form: bool,
    path: String,
    pairs: Vec<(String, String)>,
    cookie: Option<(usize, String)>,
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(hostile()),
        2 => any::<String>().prop_map(|v| encode(&v)),
        1 => "[0-9.eE+-]{1,30}".prop_map(|v| encode(&v)),
        1 => prop::sample::select(vec!["D06", "milk", "DE-MIL-001", "bakery", "price", "2-5", "1", "99", "Rathmines", "yes"]).prop_map(str::to_owned),
        1 => "(%[0-9a-fA-F]{2}){1,12}",
    ]
}

fn attempt() -> impl Strategy<Value = Try> {
    let gets = GETS.iter().map(|(path, names)| (false, *path, names.to_vec()));
    let posts =
        POSTS.iter().map(|(path, fields)| (true, *path, fields.iter().map(|(name, _)| *name).collect()));
    let routes: Vec<(bool, &str, Vec<&str>)> = gets.chain(posts).collect();
    prop::sample::select(routes).prop_flat_map(|(form, path, names)| {
        let name = prop_oneof![6 => prop::sample::select(names).prop_map(str::to_owned), 1 => value()];
        let cookie = prop::option::weighted(0.3, (0..COOKIES.len(), "[!-:<-~]{0,80}"));
        (prop::collection::vec((name, value()), 0..6), value(), cookie).prop_map(
            move |(pairs, part, cookie)| Try {
                form,
                path: path.replace("{}", &in_path(&part)),
                pairs,
                cookie,
            },
        )
    })
}

#[actix_web::test]
async fn nobody_who_tries_everything_breaks_the_shop() {
    let shop = TestShop::demo();
    let config = Config { cases: 600, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let cases = runner.config().cases;
    let strategy = attempt();
    let mut wrong = Vec::new();
    for _ in 0..cases {
        let tried = strategy.new_tree(&mut runner).expect("a try").current();
        let shopper = shop.shopper();
        if let Some((n, value)) = &tried.cookie {
            shopper.set_cookie(COOKIES[*n], value);
        }
        let pairs: Vec<String> = tried.pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let outcome = if tried.form {
            post(&shopper, &tried.path, &pairs.join("&")).await
        } else {
            get(&shopper, &format!("{}?{}", tried.path, pairs.join("&"))).await
        };
        wrong.extend(outcome.err());
    }
    assert_none(&wrong);
    shop.shopper().wants("DE-MIL-001", "1").await.must_say("Whole Milk added");
}
