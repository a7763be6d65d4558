//! Finding things: what is meant comes first, slips are forgiven, and nothing found is not the end (P38).

use crate::common::{Answer, TestShop, encode};
use actix_web::http::StatusCode;
use diesel::connection::SimpleConnection;

async fn search(shop: &TestShop, words: &str) -> Answer {
    let answer = shop.shopper().get(&format!("/search?q={}", encode(words))).await;
    assert_eq!(answer.status, StatusCode::OK, "{words}");
    answer
}

/// The names on the cards, in order.
fn names(answer: &Answer) -> Vec<String> {
    let links = answer.text.split("class=\"name\"><a href=\"").skip(1);
    links
        .map(|rest| {
            let name = rest.split_once("\">").and_then(|(_, rest)| rest.split_once('<')).expect("a name").0;
            name.replace("&#38;", "&").replace("&#39;", "'")
        })
        .collect()
}

#[actix_web::test]
async fn the_number_on_the_shelf_edge_finds_its_product_first() {
    let shop = TestShop::demo();
    for number in ["DE-MIL-001", "de-mil-001", " DE-MIL-001 "] {
        assert_eq!(
            names(&search(&shop, number).await).first().map(String::as_str),
            Some("Whole Milk"),
            "{number}"
        );
    }
    // A number may be written small, and may have no digit in it.
    shop.change("UPDATE products SET sku = 'mug-blue' WHERE sku = 'DE-MIL-002'");
    assert_eq!(
        names(&search(&shop, "mug-blue").await).first().map(String::as_str),
        Some("Semi-Skimmed Milk")
    );
    shop.change("UPDATE products SET withdrawn_at = now() WHERE sku = 'DE-MIL-001'");
    let answer = search(&shop, "DE-MIL-001").await;
    assert!(!answer.text.contains("/p/whole-milk-de-mil-001"), "what is not sold any more is not found");
}

#[actix_web::test]
async fn the_whole_name_comes_first() {
    let shop = TestShop::demo();
    for name in ["Whole Milk", "Organic Spaghetti", "Butter Croissant", "Craft Lager", "Dill"] {
        assert_eq!(names(&search(&shop, &name.to_lowercase()).await).first().map(String::as_str), Some(name));
    }
}

#[actix_web::test]
async fn every_product_is_found_first_or_nearly_so_by_its_own_name() {
    let shop = TestShop::demo();
    let all = shop.text("SELECT string_agg(DISTINCT name, '|') FROM products WHERE id % 7 = 0");
    let mut hidden = Vec::new();
    for name in all.split('|') {
        let found = names(&search(&shop, name).await);
        if !found.iter().take(3).any(|first| first == name) {
            hidden.push((name.to_owned(), found.into_iter().take(3).collect::<Vec<_>>()));
        }
    }
    assert!(hidden.is_empty(), "{hidden:#?}");
}

#[actix_web::test]
async fn a_slip_in_a_long_word_is_forgiven_and_said() {
    let shop = TestShop::demo();
    for (typed, meant) in [("spagheti", "spaghetti"), ("choclate", "chocolate"), ("brocoli", "broccoli")] {
        let answer = search(&shop, typed).await;
        answer.must_say(&format!("We looked for “{meant}” for “{typed}”."));
        let found = names(&answer);
        assert!(
            found.first().is_some_and(|first| first.to_lowercase().contains(meant)),
            "{typed}: {found:?}"
        );
    }
}

#[actix_web::test]
async fn a_short_word_is_taken_as_it_is() {
    let shop = TestShop::demo();
    for typed in ["mlik", "brid", "xtea"] {
        search(&shop, typed).await.must_say(&format!("Nothing found for “{typed}”"));
    }
}

#[actix_web::test]
async fn other_words_for_a_thing_find_it() {
    let shop = TestShop::demo();
    for (word, thing) in
        [("spuds", "potato"), ("courgette", "zucchini"), ("rashers", "bacon"), ("porridge", "oats")]
    {
        let found = names(&search(&shop, word).await);
        assert!(found.iter().take(5).any(|name| name.to_lowercase().contains(thing)), "{word}: {found:?}");
    }
    shop.change("INSERT INTO synonyms VALUES ('moo juice', 'whole milk')");
    assert_eq!(names(&search(&shop, "moo juice").await).first().map(String::as_str), Some("Whole Milk"));
}

#[actix_web::test]
async fn nothing_found_shows_ways_on_and_is_recorded() {
    let shop = TestShop::demo();
    let answer = search(&shop, "qqxxyyzz").await;
    answer.must_say("Nothing found for “qqxxyyzz”");
    answer.must_say("Try one word, or the kind of thing it is.");
    answer.must_say("See all departments");
    assert_eq!(names(&answer).len(), 6, "what is bought most");
    assert!(answer.text.contains("value=\"qqxxyyzz\""), "what was typed stays in the field");
    shop.flush();
    assert_eq!(
        shop.text("SELECT detail FROM journey_events WHERE kind = 'search'"),
        "{\"words\": \"qqxxyyzz\", \"results\": 0}"
    );
}

#[actix_web::test]
async fn when_no_product_has_all_words_the_closest_are_shown_and_that_is_said() {
    let shop = TestShop::demo();
    let answer = search(&shop, "spaghetti qqxxyyzz").await;
    answer.must_say("Nothing has all the words of “spaghetti qqxxyyzz”. This comes closest.");
    assert!(names(&answer).iter().any(|name| name.contains("Spaghetti")));
}

#[actix_web::test]
async fn a_filter_leaves_exactly_what_it_says() {
    let shop = TestShop::demo();
    let of = "FROM products p JOIN categories c ON c.id = p.category_id JOIN departments d ON d.id = c.department_id
        LEFT JOIN stock s ON s.product_id = p.id WHERE withdrawn_at IS NULL AND d.slug = 'dairy-eggs'";
    for (filter, condition) in [
        ("", "true"),
        ("?price=to-2", "price_cents <= 200"),
        ("?price=2-5", "price_cents BETWEEN 201 AND 500"),
        ("?price=to-2&price=10-up", "(price_cents <= 200 OR price_cents > 1000)"),
        ("?without=milk", "allergens !~ '(^|;) *milk'"),
        ("?without=milk&without=egg", "allergens !~ '(^|;) *(milk|egg)'"),
        ("?stock=1", "s.on_hand > s.held"),
        ("?label=organic", "labels ~ 'organic'"),
        ("?brand=OrchardGold", "brand = 'OrchardGold'"),
        ("?category=dairy-eggs%2Fmilk", "c.slug = 'milk'"),
        (
            "?offer=1",
            "p.id IN (SELECT product_id FROM offer_products WHERE starts_at <= '2026-11-24T14:20Z' AND ends_at > '2026-11-24T14:20Z')",
        ),
        (
            "?brand=OrchardGold&price=2-5&stock=1",
            "brand = 'OrchardGold' AND price_cents BETWEEN 201 AND 500 AND s.on_hand > s.held",
        ),
        ("?brand=No+such+brand", "false"),
    ] {
        let expected = shop.count(&format!("SELECT count(*) {of} AND {condition}"));
        let answer = shop.shopper().get(&format!("/d/dairy-eggs{filter}")).await;
        let words = if expected == 1 { "1 product ".to_owned() } else { format!(" {expected} products ") };
        assert!(answer.words().contains(&words), "{filter} leaves not {expected}: {}", answer.words());
    }
}

#[actix_web::test]
async fn a_list_can_be_sorted_by_price_by_unit_price_and_by_name() {
    let shop = TestShop::demo();
    let answer = shop.shopper().get("/d/dairy-eggs/milk?sort=name").await;
    let by_name = names(&answer);
    let mut sorted = by_name.clone();
    sorted.sort_by_key(|name| name.to_lowercase());
    assert_eq!(by_name, sorted);
    for (sort, order) in [("price", "price_cents"), ("unit", "price_cents * 1000 / size_amount")] {
        let answer = shop.shopper().get(&format!("/d/dairy-eggs/milk?sort={sort}")).await;
        let cheapest = shop.text(&format!(
            "SELECT p.name FROM products p JOIN categories c ON c.id = p.category_id WHERE c.slug = 'milk' ORDER BY {order} LIMIT 1"
        ));
        assert_eq!(names(&answer).first(), Some(&cheapest), "{sort}");
    }
}

#[actix_web::test]
async fn suggestions_come_while_typing() {
    let shop = TestShop::demo();
    let answer = shop.shopper().get("/search/suggestions?q=mil").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer.text.contains("role=\"option\"") && answer.text.contains("<mark>Mil</mark>k"),
        "{}",
        answer.text
    );
    answer.must_say("See everything for “mil”");
    let hostile =
        shop.shopper().get(&format!("/search/suggestions?q={}", encode("<script>alert(1)</script>"))).await;
    assert!(!hostile.text.contains("<script"));
    assert_eq!(shop.shopper().get("/search/suggestions?q=").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_name_from_a_file_cannot_bring_markup_onto_any_page() {
    let shop = TestShop::demo();
    shop.conn()
        .batch_execute(
            "UPDATE products SET name = 'Milk</script><script>alert(1)</script>\" onx=\"y', brand = '<b>&B', description = '<img src=x onerror=alert(1)>', popularity = 1000
                WHERE sku = 'DE-MIL-001'; SELECT pg_notify('changed', 'catalog')",
        )
        .expect("a hostile name");
    shop.change("SELECT pg_notify('changed', 'catalog')");
    let shopper = shop.shopper();
    shopper.wants("DE-MIL-001", "1").await;
    for path in [
        "/",
        "/d/dairy-eggs",
        "/p/whole-milk-de-mil-001",
        "/search?q=milk",
        "/search/suggestions?q=milk",
        "/basket",
        "/offers",
    ] {
        let answer = shopper.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        for hostile in ["<script>alert", "<b>&B", "<img src=x", "\" onx=\""] {
            assert!(!answer.text.contains(hostile), "{path} has {hostile}");
        }
    }
}
