//! A basket: kept, shared by tabs, never more than there is, and every change told by name.

use crate::common::{Shopper, TestShop};
use actix_web::http::StatusCode;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use smartshop::basket::{self, Wish};
use smartshop::catalog;
use smartshop::db::schema::{basket_lines, baskets};
use smartshop::ids::{BasketId, Sku};

const MILK: &str = "DE-MIL-001";
const SPAGHETTI: &str = "PP-PAS-001";
const TURKEY: &str = "MP-TUR-003";
const TEQUILA: &str = "AB-SPI-011";

fn lines(shop: &TestShop) -> String {
    shop.text(
        "SELECT coalesce(string_agg(sku || ' ' || quantity, ', ' ORDER BY sku), '')
            FROM basket_lines JOIN products ON products.id = product_id",
    )
}

fn id_of(shop: &TestShop, sku: &str) -> i64 {
    shop.count(&format!("SELECT id FROM products WHERE sku = '{sku}'"))
}

/// Without offers, so that sums can be done in the head.
fn plain_shop() -> TestShop {
    let shop = TestShop::demo();
    shop.change("DELETE FROM offer_products");
    shop
}

async fn basket(shopper: &Shopper<'_>) -> String {
    shopper.get("/basket").await.words()
}

#[actix_web::test]
async fn things_are_added_changed_and_removed() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.get("/d/dairy-eggs").await;
    let page = shopper.wants(MILK, "1").await;
    page.part("notice").must_say("Whole Milk added");
    page.part("basket").must_say("1 Basket, 1 item, €2.19");
    assert_eq!(page.stepper(id_of(&shop, MILK)), Some(1), "one is back on the page one came from");
    shopper.wants(MILK, "3").await.part("notice").must_say("Whole Milk: 3 in your basket");
    shopper.wants(SPAGHETTI, "2").await;
    assert_eq!(lines(&shop), "DE-MIL-001 3, PP-PAS-001 2");
    shopper.get("/basket").await.must_say("5 items €13.55");
    shopper.wants(MILK, "0").await.part("notice").must_say("Whole Milk removed");
    assert_eq!(lines(&shop), "PP-PAS-001 2");
    shopper.get("/basket").await.must_say("2 items €6.98");
}

/// A page whose first requests are under way at once has no cookie to send with the second.
#[actix_web::test]
async fn requests_of_one_page_fill_one_basket_before_the_first_is_answered() {
    let shop = plain_shop();
    let page = "5bd1e27a4cf24b0f9c0d7c2e6a1f0b33";
    let (one, two) =
        (shop.shopper().sending("x-first-basket", page), shop.shopper().sending("x-first-basket", page));
    tokio::join!(one.wants(MILK, "2"), two.wants(SPAGHETTI, "1"));
    for at in [&one, &two] {
        at.get("/basket").await.must_say("3 items");
    }
    let key = shop.text("SELECT string_agg(replace(id::text, '-', ''), ' ') FROM baskets");
    assert_ne!(key, page, "a basket is not opened by what is sent");
    let another = shop.shopper().sending("x-first-basket", &page.replace('5', "6"));
    another.wants(MILK, "1").await;
    another.get("/basket").await.must_say("1 item");
    let has_one = shop.shopper();
    has_one.wants(MILK, "4").await;
    let has_one = has_one.sending("x-first-basket", page);
    has_one.wants(SPAGHETTI, "1").await;
    has_one.get("/basket").await.must_say("5 items");
    for broken in ["", "x", "00000000000000000000000000000000"] {
        shop.shopper()
            .sending("x-first-basket", broken)
            .wants(MILK, "1")
            .await
            .part("notice")
            .must_say("added");
    }
    assert_eq!(
        shop.count("SELECT count(*) FROM baskets"),
        6,
        "one of a page, two others, three of broken words"
    );
}

#[actix_web::test]
async fn what_was_removed_comes_back_by_undo() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.wants(MILK, "4").await;
    let page = shopper.wants(MILK, "0").await;
    let notice = page.part("notice");
    assert!(notice.says("Undo") && notice.text.contains(&format!("/basket/lines/{MILK}")), "{}", notice.text);
    assert_eq!(notice.all_after("name=\"quantity\" value=\""), ["4"]);
    shopper.wants(MILK, "4").await;
    assert_eq!(lines(&shop), "DE-MIL-001 4");
}

#[actix_web::test]
async fn a_message_is_told_once() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.wants(MILK, "1").await.must_say("Whole Milk added");
    shopper.get("/").await.must_not_say("Whole Milk added");
}

#[actix_web::test]
async fn the_same_click_twice_changes_nothing() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.wants(MILK, "2").await;
    let before = shop.text("SELECT string_agg(basket_lines::text, ';') FROM basket_lines");
    let page = shopper.wants(MILK, "2").await;
    assert_eq!(shop.text("SELECT string_agg(basket_lines::text, ';') FROM basket_lines"), before);
    assert!(!page.text.contains("data-say="), "nothing happened, so nothing is said");
}

#[actix_web::test]
async fn a_basket_survives_a_restart_and_a_new_release() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shopper.wants(MILK, "3").await;
    let after = shop.another();
    let shopper = shopper.moves_to(&after);
    let page = shopper.get("/basket").await;
    page.must_say("Whole Milk");
    page.must_say("3 items €6.57");
    page.part("place").must_say("Rathmines, D06");
}

#[actix_web::test]
async fn a_basket_is_kept_for_ninety_days() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    let answer = shopper.post(&format!("/basket/lines/{MILK}"), &[("quantity", "1")]).await;
    let set = answer.headers.get_all("set-cookie").map(|v| v.to_str().expect("ascii").to_owned());
    let basket = set.into_iter().find(|c| c.starts_with("basket=")).expect("a basket cookie");
    for attribute in ["Max-Age=7776000", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(basket.contains(attribute), "{basket}");
    }
}

#[actix_web::test]
async fn two_tabs_share_one_basket() {
    let shop = plain_shop();
    let tab = shop.shopper();
    tab.wants(MILK, "1").await;
    let other = tab.moves_to(&shop);
    other.wants(SPAGHETTI, "1").await;
    tab.wants(MILK, "2").await;
    assert_eq!(basket(&tab).await, basket(&other).await);
    assert_eq!(lines(&shop), "DE-MIL-001 2, PP-PAS-001 1");
    assert_eq!(shop.count("SELECT count(*) FROM baskets"), 1);
}

#[actix_web::test]
async fn two_shoppers_have_two_baskets() {
    let shop = plain_shop();
    let (niamh, sean) = (shop.shopper(), shop.shopper());
    niamh.wants(MILK, "1").await;
    sean.wants(SPAGHETTI, "1").await;
    niamh.get("/basket").await.must_not_say("Organic Spaghetti");
    sean.get("/basket").await.must_not_say("Whole Milk");
}

#[actix_web::test]
async fn two_tabs_that_meet_at_one_line_take_turns_and_the_last_wins() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.wants(MILK, "1").await;
    let mut holder = shop.conn();
    let id: BasketId = baskets::table.select(baskets::id).first(&mut holder).expect("the basket");
    let sku: Sku = MILK.to_owned().try_into().expect("a number");
    let now = shop.clock.now();
    let mut befores = std::thread::scope(|scope| {
        let mut tabs = Vec::new();
        // Hold the basket until both tabs wait for it, so that they truly meet.
        holder
            .transaction(|conn| {
                baskets::table.select(baskets::id).for_update().load::<BasketId>(conn)?;
                for quantity in [5, 7] {
                    let (mut conn, sku) = (shop.conn(), &sku);
                    tabs.push(scope.spawn(move || {
                        let item = catalog::by_sku(&mut conn, sku, now).expect("milk");
                        basket::set_quantity(&mut conn, id, &item, Wish::exactly(quantity), now)
                            .expect("set")
                            .before
                    }));
                    shop.wait_until_blocked(i64::try_from(tabs.len()).expect("few"));
                }
                QueryResult::Ok(())
            })
            .expect("let go");
        tabs.into_iter().map(|tab| tab.join().expect("a tab")).collect::<Vec<i32>>()
    });
    let left: Vec<i32> =
        basket_lines::table.select(basket_lines::quantity).load(&mut shop.conn()).expect("lines");
    assert_eq!(left.len(), 1, "one line, not two");
    // Each saw what the other had left: 1 → a → b.
    befores.sort_unstable();
    let expected = if left == [7] { vec![1, 5] } else { vec![1, 7] };
    assert_eq!(befores, expected);
}

#[actix_web::test]
async fn many_tabs_adding_different_things_lose_none() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.wants(MILK, "1").await;
    let mut holder = shop.conn();
    let id: BasketId = baskets::table.select(baskets::id).first(&mut holder).expect("the basket");
    let now = shop.clock.now();
    std::thread::scope(|scope| {
        holder
            .transaction(|conn| {
                baskets::table.select(baskets::id).for_update().load::<BasketId>(conn)?;
                for n in 1..=8 {
                    let mut conn = shop.conn();
                    let sku: Sku = format!("PP-PAS-{n:03}").try_into().expect("a number");
                    scope.spawn(move || {
                        let item = catalog::by_sku(&mut conn, &sku, now).expect("pasta");
                        basket::set_quantity(&mut conn, id, &item, Wish::exactly(1), now).expect("set")
                    });
                }
                shop.wait_until_blocked(8);
                QueryResult::Ok(())
            })
            .expect("let go");
    });
    assert_eq!(shop.count("SELECT count(*) FROM basket_lines"), 9);
}

#[actix_web::test]
async fn more_than_there_is_is_refused_with_what_is_possible() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    let page = shopper.wants(TURKEY, "4").await;
    page.part("notice").must_say("Only 3 of Whole Free-Range Turkey left. Nothing was added.");
    assert_eq!(lines(&shop), "");
    shopper.wants(TURKEY, "3").await;
    let page = shopper.wants(TURKEY, "5").await;
    page.must_say("Only 3 of Whole Free-Range Turkey left. You still have 3 in your basket.");
    assert_eq!(lines(&shop), "MP-TUR-003 3");
    shopper.wants(TEQUILA, "1").await.must_say("Premium Tequila is sold out just now");
    assert_eq!(lines(&shop), "MP-TUR-003 3");
}

#[actix_web::test]
async fn units_promised_to_others_cannot_be_had() {
    let shop = plain_shop();
    shop.change(
        "UPDATE stock SET held = 2 WHERE product_id = (SELECT id FROM products WHERE sku = 'MP-TUR-003')",
    );
    shop.shopper().wants(TURKEY, "2").await.must_say("Only 1 of Whole Free-Range Turkey left");
}

#[actix_web::test]
async fn fewer_is_possible_even_when_less_is_left_than_one_has() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.wants(TURKEY, "3").await;
    shop.change(
        "UPDATE stock SET on_hand = 1 WHERE product_id = (SELECT id FROM products WHERE sku = 'MP-TUR-003')",
    );
    shopper.wants(TURKEY, "2").await;
    assert_eq!(lines(&shop), "MP-TUR-003 2");
    shopper.wants(TURKEY, "3").await.must_say("Only 1 of Whole Free-Range Turkey left");
}

#[actix_web::test]
async fn a_price_that_rose_is_told_by_name_with_old_and_new_and_acknowledged() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shopper.wants(MILK, "2").await;
    shop.change("UPDATE products SET price_cents = 249 WHERE sku = 'DE-MIL-001'");
    let page = shopper.get("/basket").await;
    page.must_say("Changed since you added it");
    page.must_say("Whole Milk : The price was €2.19 when you added it. It is €2.49 now.");
    page.must_say("Total: before €7.28 €7.88");
    let page = shopper.submit("/basket/acknowledgement", &[]).await;
    page.must_not_say("Changed since");
    page.must_say("Total €7.88");
    page.must_not_say("€7.28");
}

#[actix_web::test]
async fn an_offer_that_ended_is_told_by_name_with_the_old_total_and_the_new() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shopper.wants(MILK, "2").await;
    shopper.get("/basket").await.must_say("Total €6.80");
    shop.change("UPDATE offers SET ends_at = '2026-11-24T14:00:00Z' WHERE label = '2 for €3.90'");
    let page = shopper.get("/basket").await;
    page.must_say("Whole Milk : The offer “2 for €3.90” has ended since you added it.");
    page.must_say("Total: before €6.80 €7.28");
    let page = shopper.submit("/basket/acknowledgement", &[]).await;
    page.must_not_say("Changed since");
    page.must_say("Total €7.28");
}

#[actix_web::test]
async fn stock_that_went_is_told_by_name_with_old_and_new_and_acknowledged() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shopper.wants(MILK, "5").await;
    shopper.wants(SPAGHETTI, "1").await;
    shop.change(
        "UPDATE stock SET on_hand = 2 WHERE product_id = (SELECT id FROM products WHERE sku = 'DE-MIL-001')",
    );
    let page = shopper.get("/basket").await;
    page.must_say("Whole Milk : Only 2 left. You wanted 5; the total counts 2.");
    page.must_say("Total: before €17.34 €10.77");
    assert_eq!(lines(&shop), "DE-MIL-001 5, PP-PAS-001 1", "what was wished stays until they have read it");
    let page = shopper.submit("/basket/acknowledgement", &[]).await;
    page.must_not_say("Changed since");
    assert_eq!(lines(&shop), "DE-MIL-001 2, PP-PAS-001 1");

    shop.change(
        "UPDATE stock SET on_hand = 0 WHERE product_id = (SELECT id FROM products WHERE sku = 'DE-MIL-001')",
    );
    let page = shopper.get("/basket").await;
    page.must_say("Whole Milk : Sold out since you added it. It does not count in the total.");
    page.must_say("before €10.77 €6.39");
    shopper.submit("/basket/acknowledgement", &[]).await;
    assert_eq!(lines(&shop), "PP-PAS-001 1");
}

#[actix_web::test]
async fn the_old_total_is_the_one_they_saw_when_stock_takes_an_offer_or_free_delivery_away() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let left = |n: i32| {
        format!(
            "UPDATE stock SET on_hand = {n} WHERE product_id = (SELECT id FROM products WHERE sku = 'DE-MIL-001')"
        )
    };
    shopper.wants(MILK, "2").await;
    shopper.get("/basket").await.must_say("Total €3.90");
    shop.change(&left(1));
    shopper.get("/basket").await.must_say("Total before €3.90 €2.19");

    shop.change(
        "DELETE FROM offer_products; UPDATE products SET price_cents = 1000 WHERE sku = 'DE-MIL-001'",
    );
    shop.change(&left(9));
    shopper.lives_at("D06").await;
    shopper.wants(MILK, "7").await;
    shopper.submit("/basket/acknowledgement", &[]).await;
    shopper.get("/basket").await.must_say("Delivery to Rathmines, D06 Free Total €70.00");
    shop.change(&left(5));
    shopper.get("/basket").await.must_say("Delivery to Rathmines, D06 €2.90 Total before €70.00 €52.90");
}

#[actix_web::test]
async fn a_product_that_was_withdrawn_is_told_by_name_and_can_be_removed() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shopper.wants(MILK, "2").await;
    shopper.wants(SPAGHETTI, "1").await;
    shop.change("UPDATE products SET withdrawn_at = '2026-11-24T14:00:00Z' WHERE sku = 'DE-MIL-001'");
    let page = shopper.get("/basket").await;
    page.must_say("Whole Milk");
    page.must_say("It does not count in the total.");
    page.must_say("before €10.77 €6.39");
    shopper.wants(MILK, "0").await;
    assert_eq!(lines(&shop), "PP-PAS-001 1");
}

#[actix_web::test]
async fn stock_that_comes_back_counts_again() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.wants(MILK, "5").await;
    let set = |n: i32| {
        format!(
            "UPDATE stock SET on_hand = {n} WHERE product_id = (SELECT id FROM products WHERE sku = 'DE-MIL-001')"
        )
    };
    shop.change(&set(2));
    shopper.get("/basket").await.must_say("2 items €4.38");
    shop.change(&set(50));
    let page = shopper.get("/basket").await;
    page.must_say("5 items €10.95");
    page.must_not_say("Changed since");
}

#[actix_web::test]
async fn offers_are_counted_as_their_page_says() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let milk = shop.text("SELECT '/p/' || slug FROM products WHERE sku = 'DE-MIL-001'");
    shopper.get(&milk).await.must_say("2 for €3.90, until Fri 4 Dec");
    shopper.wants(MILK, "1").await;
    shopper.get("/basket").await.must_say("1 item €2.19 Delivery once we know where Total €2.19");
    shopper.wants(MILK, "2").await;
    let page = shopper.get("/basket").await;
    page.must_say("2 items €4.38 Whole Milk, 2 for €3.90 −€0.48");
    page.must_say("Total €3.90");
    // The third costs what one costs; the dearer two go into the offer.
    shopper.wants("DE-MIL-002", "1").await;
    shopper.get("/basket").await.must_say("Total €5.99");

    shopper.wants(MILK, "0").await;
    shopper.wants("DE-MIL-002", "0").await;
    shopper.wants("SC-CHO-001", "1").await;
    shopper.wants("SC-CHO-003", "1").await;
    shopper.get("/basket").await.must_say("2 items €11.28 Dark Chocolate 70%, Buy 2, save €2.00 −€2.00");
    shopper.wants("SC-CHO-001", "0").await;
    shopper.wants("SC-CHO-003", "0").await;

    let berries = shop.text("SELECT '/p/' || slug FROM products WHERE sku = 'FP-FRU-007'");
    shopper.get(&berries).await.must_say("Save €0.50");
    shopper.wants("FP-FRU-007", "3").await;
    shopper.get("/basket").await.must_say("3 items €7.47 Organic Strawberries, 20% off −€1.50");
}

#[actix_web::test]
async fn delivery_is_free_from_its_threshold_on_and_the_way_there_is_told() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shop.change("UPDATE products SET price_cents = 1000 WHERE sku = 'PP-PAS-001'");
    shopper.wants(SPAGHETTI, "2").await;
    let page = shopper.get("/basket").await;
    page.must_say("€40.00 more for free delivery");
    page.must_say("We bring orders from €25.00. €5.00 more and you are there.");
    page.must_say("Delivery to Rathmines, D06 €2.90 Total €22.90");
    shopper.wants(SPAGHETTI, "5").await;
    let page = shopper.get("/basket").await;
    page.must_say("€10.00 more for free delivery");
    page.must_not_say("We bring orders from");
    shopper.wants(SPAGHETTI, "6").await;
    let page = shopper.get("/basket").await;
    page.must_say("Delivery is free from €60.00");
    page.must_say("Delivery to Rathmines, D06 Free Total €60.00");
}

#[actix_web::test]
async fn what_is_weighed_shows_estimate_and_most() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    let steak = shop.text("SELECT '/p/' || slug FROM products WHERE sku = 'MP-FBE-001'");
    let page = shopper.get(&steak).await;
    page.must_say("€37.48/kg");
    page.must_say("Never more than €16.49");
    shopper.wants("MP-FBE-001", "2").await;
    let page = shopper.get("/basket").await;
    page.must_say("€29.98 at most €32.98");
    page.must_say("At most, once it is weighed €32.98");
}

#[actix_web::test]
async fn an_empty_basket_says_where_to_begin() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    let page = shopper.get("/basket").await;
    assert_eq!(page.status, StatusCode::OK);
    page.must_say("Your basket is empty");
    shopper.lives_at("D06").await;
    shopper
        .get("/basket")
        .await
        .must_say("Delivery to Rathmines is €2.90. Next free time: Today, Tue 24 Nov, by 15:00.");
}

/// Many different things, beside the milk that is in it and the spaghetti that are not.
fn fill(shop: &TestShop, lines: i64) {
    diesel::sql_query(
        "INSERT INTO basket_lines (basket_id, product_id, quantity, seen_price_cents, seen_quantity, added_at)
         SELECT b.id, p.id, 1, p.price_cents, 1, now() FROM baskets b, products p
         JOIN stock s ON s.product_id = p.id
         WHERE p.sku NOT IN ('DE-MIL-001', 'PP-PAS-001', 'PP-PAS-002') AND s.on_hand > 0 LIMIT $1",
    )
    .bind::<BigInt, _>(lines)
    .execute(&mut shop.conn())
    .expect("many lines");
}

#[actix_web::test]
async fn two_that_meet_at_the_last_line_of_a_basket_do_not_both_get_it() {
    let shop = plain_shop();
    shop.shopper().wants(MILK, "1").await;
    fill(&shop, 198);
    let mut holder = shop.conn();
    let id: BasketId = baskets::table.select(baskets::id).first(&mut holder).expect("the basket");
    let now = shop.clock.now();
    let add = |conn: &mut PgConnection, sku: &str| {
        let item = catalog::by_sku(conn, &sku.to_owned().try_into().expect("a number"), now).expect("pasta");
        basket::set_quantity(conn, id, &item, Wish::exactly(1), now)
    };
    let second = std::thread::scope(|scope| {
        let waiting = holder
            .transaction(|conn| {
                add(conn, SPAGHETTI).expect("the last line");
                // The other has counted 199 by now, and waits for the basket.
                let waiting = scope.spawn(|| add(&mut shop.conn(), "PP-PAS-002"));
                shop.wait_until_blocked(1);
                QueryResult::Ok(waiting)
            })
            .expect("committed");
        waiting.join().expect("the other")
    });
    assert!(matches!(second, Err(basket::SetError::Full)), "{second:?}");
    assert_eq!(shop.count("SELECT count(*) FROM basket_lines"), 200);
}

#[actix_web::test]
async fn a_basket_holds_two_hundred_different_things_and_says_so() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.wants(MILK, "1").await;
    fill(&shop, 199);
    shopper.wants(SPAGHETTI, "1").await.must_say("Your basket holds 200 different things.");
    assert_eq!(shop.count("SELECT count(*) FROM basket_lines"), 200);
    shopper.wants(MILK, "2").await.must_say("Whole Milk: 2 in your basket");
    shopper.wants(MILK, "0").await;
    shopper.wants(SPAGHETTI, "1").await.must_say("Organic Spaghetti added");
}

#[actix_web::test]
async fn a_quantity_that_is_none_is_asked_for_again_and_nothing_is_lost() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.wants(MILK, "2").await;
    for wrong in ["", "-1", "100", "1.5", "two", "99999999999999999999", "NaN", "1e3", "0x10"] {
        let page = shopper.wants(MILK, wrong).await;
        page.part("notice").must_say("How many? Enter a number from 0 to 99.");
    }
    assert_eq!(lines(&shop), "DE-MIL-001 2");
}

#[actix_web::test]
async fn an_article_that_is_not_there_is_not_found() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    for sku in ["NO-SUCH-001", "%00", "a%20b", "x%27--", &"9".repeat(41)] {
        let answer = shopper.post(&format!("/basket/lines/{sku}"), &[("quantity", "1")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{sku}");
        answer.must_say("There is nothing at this address");
    }
    assert_eq!(lines(&shop), "");
}

#[actix_web::test]
async fn a_basket_of_somebody_else_cannot_be_guessed_or_forged() {
    let shop = plain_shop();
    let niamh = shop.shopper();
    niamh.wants(MILK, "1").await;
    let token = niamh.cookie("basket").expect("a basket");
    let (id, signature) = token.split_once('.').expect("id and signature");
    let other = "AAAAAAAAAAAAAAAAAAAAAA";
    for forged in [
        id.to_owned(),
        format!("{id}."),
        format!("{other}.{signature}"),
        format!("{id}.{other}"),
        token.to_lowercase(),
        format!("{token}A"),
        shop.text("SELECT id FROM baskets"),
    ] {
        let thief = shop.shopper();
        thief.set_cookie("basket", &forged);
        let page = thief.get("/basket").await;
        assert_eq!(page.status, StatusCode::OK, "{forged}");
        page.must_say("Your basket is empty");
        thief.wants(SPAGHETTI, "1").await;
    }
    niamh.get("/basket").await.must_not_say("Organic Spaghetti");
}

#[actix_web::test]
async fn a_step_in_a_tab_that_is_out_of_date_is_made_from_where_things_are() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.wants(MILK, "4").await;
    let line = format!("/basket/lines/{MILK}");
    // The other tab showed one, and presses plus.
    shopper.submit(&line, &[("quantity", "2"), ("seen", "1")]).await;
    assert_eq!(lines(&shop), "DE-MIL-001 5");
    // The same click again is no other step.
    shopper.submit(&line, &[("quantity", "5"), ("seen", "4")]).await;
    assert_eq!(lines(&shop), "DE-MIL-001 5");
    shopper.submit(&line, &[("quantity", "0"), ("seen", "1")]).await;
    assert_eq!(lines(&shop), "");
}

#[actix_web::test]
async fn a_change_that_was_not_read_is_still_told_after_the_next_press() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shopper.wants(MILK, "1").await;
    shop.change("UPDATE products SET price_cents = 259 WHERE sku = 'DE-MIL-001'");
    let page = shopper.wants(MILK, "2").await;
    page.must_say("changed");
    shopper
        .get("/basket")
        .await
        .must_say("Whole Milk : The price was €2.19 when you added it. It is €2.59 now.");
    shopper.submit("/basket/acknowledgement", &[]).await.must_not_say("Changed since");
}

#[actix_web::test]
async fn terms_that_changed_with_a_new_quote_are_told_one_by_one() {
    let shop = plain_shop();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shopper.wants(MILK, "1").await;
    shop.change("UPDATE zones SET free_from_cents = 7500, minimum_cents = 2600 WHERE code = 'A'");
    shop.clock.advance(chrono::Duration::minutes(31));
    let page = shopper.get("/basket").await;
    page.must_say("It was free from €60.00. It is €75.00 now.");
    page.must_say("We brought orders from €25.00. It is €26.00 now.");
    page.must_not_say("The fee was");
}
