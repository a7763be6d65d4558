//! Where somebody lives: what it costs, when we come, and for how long that holds.

use crate::common::{TestShop, tuesday};
use actix_web::http::StatusCode;
use chrono::Duration;
use std::time::Instant;

#[actix_web::test]
async fn whatever_names_a_place_finds_it_at_once_with_an_empty_basket() {
    let shop = TestShop::demo();
    shop.shopper().get("/").await;
    for named in ["D06 X4P7", "d06x4p7", "D06", "d6", "Dublin 6", "Rathmines", "  rathgar ", "Harold’s Cross"]
    {
        let shopper = shop.shopper();
        let begun = Instant::now();
        let page = shopper.lives_at(named).await;
        let took = begun.elapsed();
        page.must_say("Delivery to Rathmines, D06 is €2.90");
        page.must_say("Today, Tue 24 Nov, by 15:00");
        assert!(page.says("Free from €60.00") && page.says("Order from €25.00"), "{named}: {}", page.words());
        assert!(took.as_millis() < 300, "{named} took {took:?}");
    }
}

#[actix_web::test]
async fn a_phone_finds_the_nearest_place() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let near_rathmines = [("place", ""), ("latitude", "53.3211"), ("longitude", "-6.2650")];
    shopper.submit("/place", &near_rathmines).await.must_say("Delivery to Rathmines, D06 is €2.90");

    let in_cork = [("place", ""), ("latitude", "51.8970"), ("longitude", "-8.4700")];
    let page = shopper.submit("/place", &in_cork).await;
    page.must_say("We do not come to your location yet");
    page.must_say("Rathmines, D06"); // the header keeps what held before
}

#[actix_web::test]
async fn every_page_shows_place_fee_and_next_time_from_then_on() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.lives_at("D15").await;
    let product = format!("/p/{}", shop.text("SELECT slug FROM products WHERE sku = 'DE-MIL-001'"));
    for path in [
        "/",
        "/d/bakery",
        "/d/dairy-eggs/milk",
        "/offers",
        "/search?q=milk",
        "/search?q=xyzzyq",
        &product,
        "/basket",
        "/delivery",
        "/help",
        "/privacy",
        "/sources",
        "/styleguide",
        "/place?place=Cork",
    ] {
        let page = shopper.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let header = page.part("place");
        header.must_say("Blanchardstown, D15");
        header.must_say("€4.90, today by 15:00");
        assert_eq!(page.header("cache-control"), "no-store", "{path} is one person's");
    }
}

#[actix_web::test]
async fn changing_the_place_changes_everything_on_the_page() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.wants("DE-MIL-001", "1").await;
    shopper.lives_at("D06").await;
    shopper.get("/basket").await.must_say("Delivery to Rathmines, D06 €2.90 Total €5.09");
    shopper.lives_at("D15").await;
    let basket = shopper.get("/basket").await;
    basket.must_say("Delivery to Blanchardstown, D15 €4.90 Total €7.09");
    basket.must_say("We bring orders from €30.00");
    basket.must_not_say("Rathmines");
}

#[actix_web::test]
async fn a_place_outside_the_area_is_told_what_is_near() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let page = shopper.lives_at("Bray").await;
    assert_eq!(page.status, StatusCode::OK);
    page.must_say("We do not come to Bray yet");
    page.must_say("The nearest place we deliver to is Foxrock, D18");
    page.must_say("Tell me when you come here");
    // One press takes the place that is near.
    assert_eq!(page.all_after("name=\"place\" value=\""), ["D18", "Bray", "Bray"]);
    shopper.lives_at("D18").await.must_say("Delivery to Foxrock, D18 is €4.90");
}

#[actix_web::test]
async fn an_unknown_place_is_asked_about_and_the_words_stay() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let page = shopper.lives_at("Rathmnies").await;
    page.must_say("We do not know “Rathmnies”");
    page.must_say("Did you mean one of these?");
    page.must_say("Rathmines, D06");
    let page = shopper.lives_at("Atlantis").await;
    page.must_say("We do not know “Atlantis”");
    assert!(page.text.contains("value=\"Atlantis\""), "what was typed stays in the field");
    assert_eq!(shop.count("SELECT count(*) FROM quotes"), 0);
}

#[actix_web::test]
async fn a_wish_to_be_told_is_noted_once() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.lives_at("Bray").await;
    for _ in 0..2 {
        let page =
            shopper.submit("/place/wishes", &[("email", "Niamh@example.com "), ("place", "Bray")]).await;
        page.must_say("Noted. We write to you when we come to your place.");
    }
    assert_eq!(
        shop.text("SELECT string_agg(email || ' ' || asked, ';') FROM place_wishes"),
        "Niamh@example.com Bray"
    );
}

#[actix_web::test]
async fn a_mail_address_that_is_none_is_named_and_kept() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    let page = shopper.post("/place/wishes", &[("email", "niamh at home"), ("place", "Bray")]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    page.must_say("Enter a mail address such as name@example.com.");
    assert!(page.text.contains("<title>Error: "));
    assert!(
        page.text.contains("value=\"niamh at home\"") && page.text.contains("name=\"place\" value=\"Bray\"")
    );
    assert!(page.text.contains("aria-invalid=\"true\""));
    assert_eq!(shop.count("SELECT count(*) FROM place_wishes"), 0);
}

#[actix_web::test]
async fn an_answer_is_a_quote_that_is_stored_with_its_event() {
    let shop = TestShop::demo();
    shop.shopper().lives_at("D06 X4P7").await;
    let quote = shop.text(
        "SELECT concat_ws(' ', p.routing_key, z.code, q.eircode, q.fee_cents, q.free_from_cents, q.minimum_cents,
                q.valid_until - q.given_at, b.id IS NOT NULL)
            FROM quotes q JOIN places p ON p.id = q.place_id JOIN zones z ON z.id = q.zone_id
            LEFT JOIN baskets b ON b.quote_id = q.id",
    );
    assert_eq!(quote, "D06 A D06 X4P7 290 6000 2500 00:30:00 t");
    let event = shop.text(
        "SELECT concat_ws(' ', topic, kind, actor, detail ->> 'place', detail ->> 'fee',
                happened_at = given_at, (detail ->> 'valid_until')::timestamptz = valid_until)
            FROM events JOIN quotes ON quotes.id = events.subject",
    );
    assert_eq!(event, "quote quote_given customer D06 290 t t");
}

#[actix_web::test]
async fn a_fee_holds_for_its_half_hour_whatever_the_zone_costs_meanwhile() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.wants("DE-MIL-001", "1").await;
    shopper.lives_at("D06").await.must_say("This fee is the most you pay until 14:50");
    shop.change("UPDATE zones SET fee_cents = 590");

    shop.clock.advance(Duration::minutes(29));
    shopper.get("/").await.part("place").must_say("€2.90");
    shopper.get("/basket").await.must_say("Delivery to Rathmines, D06 €2.90 Total €5.09");
    assert_eq!(shop.count("SELECT count(*) FROM quotes"), 1);

    shop.clock.advance(Duration::minutes(2));
    let page = shopper.get("/").await;
    page.part("place").must_say("€5.90");
    page.must_say("This fee is the most you pay until 15:21");
    let basket = shopper.get("/basket").await;
    basket.must_say("Delivery to Rathmines, D06 : The fee was €2.90. It is €5.90 now.");
    basket.must_say("Delivery to Rathmines, D06 €5.90 Total before €5.09 €8.09");
    let basket = shopper.submit("/basket/acknowledgement", &[]).await;
    basket.must_say("Delivery to Rathmines, D06 €5.90 Total €8.09");
    // Renewed once, not for each page; the old one stands as it was.
    let all = "SELECT string_agg(fee_cents::text, ' ' ORDER BY given_at) FROM quotes";
    assert_eq!(shop.text(all), "290 590");
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'quote_given'"), 2);
}

#[actix_web::test]
async fn a_place_we_no_longer_go_to_is_asked_for_anew_when_its_quote_ends() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    shop.change("UPDATE places SET zone_id = NULL WHERE routing_key = 'D06'");
    shopper.get("/").await.part("place").must_say("Rathmines, D06");
    shop.clock.advance(Duration::minutes(31));
    let page = shopper.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    page.part("place").must_say("Where do you live?");
}

#[actix_web::test]
async fn the_fees_of_all_places_are_told_without_saying_where_one_lives() {
    let shop = TestShop::demo();
    let page = shop.shopper().get("/delivery").await;
    for (zone, fee) in [("City centre", "€2.90"), ("Inner suburbs", "€3.90"), ("Outer suburbs", "€4.90")]
    {
        page.must_say(&format!("{zone} Delivery {fee}"));
    }
    page.must_say("Rathmines, D06");
}

#[actix_web::test]
async fn all_times_of_two_weeks_are_told_by_day_date_and_window() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    let page = shopper.get("/delivery").await;
    page.must_say("Times for Rathmines, D06");
    page.must_say("Today, Tue 24 Nov");
    page.must_say("14:00–15:00 order by 14:30");
    page.must_say("Tomorrow, Wed 25 Nov");
    page.must_say("Mon 7 Dec");
    // 8 in the morning closes the evening before.
    page.must_say("08:00–10:00 order by Tue 22:00");
    assert_eq!(shop.clock.now(), tuesday());
}

#[actix_web::test]
async fn a_full_window_is_not_the_next_free_one() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shop.change(
        "UPDATE delivery_windows SET taken = capacity WHERE starts_at < '2026-11-24T16:00:00Z';
         SELECT pg_notify('changed', 'delivery')",
    );
    shopper.lives_at("D06").await.must_say("Today, Tue 24 Nov, 16:00–17:00");
    shopper.get("/delivery").await.must_say("14:00–15:00 full");
    shop.change("UPDATE delivery_windows SET taken = capacity; SELECT pg_notify('changed', 'delivery')");
    shop.clock.advance(Duration::seconds(1));
    let page = shopper.get("/").await;
    page.part("place").must_say("no free time");
    page.must_say("No free time at the moment");
}

#[actix_web::test]
async fn what_people_write_around_a_place_does_not_hide_it() {
    let shop = TestShop::demo();
    for (typed, label) in [
        ("Rathmines, D06", "Rathmines, D06"),
        ("Ballsbridge, Dublin 4", "D04"),
        ("12 Rathmines Road, D06 X4P7", "Rathmines, D06"),
        ("D15 Ashtown", "D15"),
        ("dunlaoghaire", "A96"),
        ("Do6 x4p7", "Rathmines, D06"),
    ] {
        shop.shopper().lives_at(typed).await.part("place").must_say(label);
    }
}

#[actix_web::test]
async fn a_form_sent_empty_says_what_to_type_at_the_field() {
    let shop = TestShop::demo();
    let page = shop.shopper().lives_at("  ").await;
    page.must_say("There is a problem");
    page.must_say("Type your Eircode, district or area, for example D06, D06 X4P7 or Rathmines.");
    assert!(page.text.contains("<title>Error:"), "the title says so too");
}
