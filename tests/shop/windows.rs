//! Delivery windows: opened ahead of time, for ever, by the shop's own clock (P40).

use crate::common::{TestShop, tuesday};
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Europe::Dublin;
use smartshop::delivery::open_windows;

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// A shop with the demo's templates, no window open yet, and its clock at that time.
fn shop_at(now: DateTime<Utc>) -> TestShop {
    let shop = TestShop::demo();
    shop.change("DELETE FROM delivery_windows; SELECT pg_notify('changed', 'delivery')");
    shop.clock.advance(now - tuesday());
    shop
}

/// Starts of the windows of zone A within a span, in the shop's own clock.
fn starts(shop: &TestShop, zone: &str, from: &str, to: &str, minutes: i32) -> Vec<String> {
    let sql = format!(
        "SELECT coalesce(string_agg(to_char(starts_at AT TIME ZONE 'Europe/Dublin', 'HH24:MI'), ' ' ORDER BY starts_at), '')
            FROM delivery_windows w JOIN zones z ON z.id = w.zone_id
            WHERE z.code = '{zone}' AND starts_at >= '{from}' AND starts_at < '{to}'
            AND ends_at - starts_at = interval '{minutes} minutes'"
    );
    shop.text(&sql).split_whitespace().map(str::to_owned).collect()
}

const HOURS: [&str; 7] = ["08:00", "10:00", "12:00", "14:00", "16:00", "18:00", "20:00"];

#[actix_web::test]
async fn windows_are_open_for_the_coming_fourteen_days() {
    let shop = shop_at(tuesday());
    assert!(shop.open_windows().await > 1_000);
    let days = "SELECT count(DISTINCT (starts_at AT TIME ZONE 'Europe/Dublin')::date) FROM delivery_windows";
    assert_eq!(shop.count(days), 15, "today and fourteen more");
    assert_eq!(starts(&shop, "A", "2026-12-08T00:00:00Z", "2026-12-09T00:00:00Z", 120), HOURS);
    // Of today only what one can still order for: the evening, and what begins within the hour.
    assert_eq!(starts(&shop, "A", "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z", 120), ["18:00", "20:00"]);
    assert_eq!(shop.open_windows().await, 0, "doing it again opens nothing more");
}

#[actix_web::test]
async fn two_instances_open_each_window_once() {
    let shop = shop_at(tuesday());
    let opened: usize = std::thread::scope(|scope| {
        let instances: Vec<_> = (0..2)
            .map(|_| {
                let mut conn = shop.conn();
                scope.spawn(move || open_windows(&mut conn, Dublin, 14, tuesday()).expect("windows"))
            })
            .collect();
        instances.into_iter().map(|one| one.join().expect("an instance")).sum()
    });
    assert_eq!(i64::try_from(opened), Ok(shop.count("SELECT count(*) FROM delivery_windows")));
    assert_eq!(shop.open_windows().await, 0);
}

#[actix_web::test]
async fn after_sixty_days_there_are_windows_again() {
    let shop = TestShop::demo();
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    for _ in 0..60 {
        shop.clock.advance(Duration::days(1));
        assert!(shop.open_windows().await > 0);
    }
    shopper.lives_at("D06").await.must_say("Today, Sat 23 Jan, by 15:00");
    assert_eq!(starts(&shop, "A", "2027-02-06T00:00:00Z", "2027-02-07T00:00:00Z", 120), HOURS);
}

#[actix_web::test]
async fn a_shop_that_was_closed_for_sixty_days_has_windows_again() {
    let shop = TestShop::demo();
    shop.clock.advance(Duration::days(60));
    assert!(shop.open_windows().await > 0);
    shop.shopper().lives_at("D06").await.must_say("Today, Sat 23 Jan, by 15:00");
}

#[actix_web::test]
async fn on_the_sunday_that_skips_an_hour_the_windows_keep_to_the_shops_clock() {
    let shop = shop_at(utc("2027-03-27T12:00:00Z")); // Saturday; the clocks go forward at 01:00 UTC on Sunday
    shop.open_windows().await;
    let (from, to) = ("2027-03-28T00:00:00Z", "2027-03-28T23:00:00Z"); // the shop's Sunday has 23 hours
    assert_eq!(starts(&shop, "A", from, to, 120), HOURS);
    let within_the_hour = starts(&shop, "A", from, to, 60);
    assert_eq!(within_the_hour.len(), 46, "no window begins in the hour that is not there");
    assert_eq!(within_the_hour[..4], ["00:00", "00:30", "02:00", "02:30"]);
    let eight = shop.text(
        "SELECT min(starts_at) FROM delivery_windows WHERE (starts_at AT TIME ZONE 'Europe/Dublin')::time = '08:00'
            AND starts_at >= '2027-03-28T00:00:00Z' AND ends_at - starts_at = interval '2 hours'",
    );
    assert_eq!(eight, "2027-03-28 07:00:00+00");
    shop.clock.advance(Duration::hours(24));
    shop.shopper().lives_at("D06").await.must_say("Today, Sun 28 Mar, by 14:00");
}

#[actix_web::test]
async fn on_the_sunday_that_repeats_an_hour_the_windows_keep_to_the_shops_clock() {
    let shop = shop_at(utc("2026-10-24T12:00:00Z"));
    shop.open_windows().await;
    let (from, to) = ("2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z"); // the shop's Sunday has 25 hours
    assert_eq!(starts(&shop, "A", from, to, 120), HOURS);
    let within_the_hour = starts(&shop, "A", from, to, 60);
    assert_eq!(within_the_hour.len(), 50);
    assert_eq!(within_the_hour[..7], ["00:00", "00:30", "01:00", "01:30", "01:00", "01:30", "02:00"]);
}

#[actix_web::test]
async fn today_and_tomorrow_change_at_the_shops_midnight() {
    // 23:59 in Dublin's summer is 22:59 in UTC.
    let shop = shop_at(utc("2026-07-01T22:59:00Z"));
    shop.open_windows().await;
    let shopper = shop.shopper();
    shopper.lives_at("D06").await.must_say("Tonight, by 00:30");
    shopper.get("/delivery").await.must_say("Tomorrow, Thu 2 Jul");
    shop.clock.advance(Duration::minutes(2));
    shopper.get("/").await.must_say("Today, Thu 2 Jul, by 01:00");
    shopper.get("/delivery").await.must_not_say("Tomorrow, Thu 2 Jul");
}

#[actix_web::test]
async fn the_demo_has_a_window_today_within_the_hour_at_every_quarter_of_a_day() {
    let shop = shop_at(utc("2026-11-24T00:00:00Z"));
    shop.open_windows().await;
    let shopper = shop.shopper();
    shopper.lives_at("D06").await;
    for quarter in 0..96 {
        let now = shop.clock.now();
        let page = shopper.get("/delivery").await;
        let (hour, half) = ((quarter / 4 + 1) % 24, if quarter % 4 < 2 { "00" } else { "30" });
        let day = if quarter < 92 { "today" } else { "tonight" };
        page.part("place").must_say(&format!("{day} by {hour:02}:{half}"));
        let open = format!(
            "SELECT count(*) FROM delivery_windows WHERE starts_at <= '{now}' AND cutoff_at > '{now}'
                AND ends_at <= '{now}'::timestamptz + interval '1 hour' AND taken < capacity"
        );
        assert_eq!(shop.count(&open), 3, "one for each zone at {now}");
        shop.clock.advance(Duration::minutes(15));
    }
}
