//! The town of the demonstration: what goes by itself, what people take over, and the trouble one makes there,
//! each from the customer's first click to their door, by what stands on the pages.

use crate::common::placing::{orders_by_clicks, staffer};
use crate::common::{Answer, Shopper, TestShop};
use actix_web::http::StatusCode;
use chrono::Duration;
use serde_json::Value;
use smartshop::town::{self, Part};
use smartshop::{autopilot, forecast, worker};

/// A customer, and what they have ordered.
struct Told<'s> {
    shop: &'s TestShop,
    aoife: Shopper<'s>,
    number: String,
}

/// A guest's order into the time "within the hour"; `swaps` is what may come for what has run out.
async fn orders<'s>(shop: &'s TestShop, swaps: &str) -> Told<'s> {
    let aoife = shop.shopper();
    aoife.lives_at("D06").await;
    for (sku, quantity) in [("DE-MIL-001", "12"), ("PP-PAS-001", "6")] {
        aoife.wants(sku, quantity).await;
    }
    let within_the_hour = |offered: &[String]| {
        let window = time_of(shop, "1 hour", "0 hours");
        assert!(offered.contains(&window), "the page offers it");
        window
    };
    let placed = orders_by_clicks(&aoife, within_the_hour, ("substitutions", swaps)).await;
    placed.must_say("Order confirmed. We come");
    let number = shop.text("SELECT number FROM orders ORDER BY id DESC LIMIT 1");
    Told { shop, aoife, number }
}

impl Told<'_> {
    async fn page(&self) -> Answer {
        self.aoife.get(&format!("/orders/{}", self.number)).await
    }

    async fn town(&self) -> Answer {
        let town = self.aoife.get("/sandbox").await;
        assert_eq!(town.status, StatusCode::OK);
        town
    }

    /// Presses a button of the town.
    async fn presses(&self, button: &str) -> Answer {
        let town = self.town().await;
        self.aoife.press(&town, button, &[]).await
    }

    async fn facts(&self) -> Value {
        let answer = self.aoife.get(&format!("/api/v1/orders/{}", self.number)).await;
        serde_json::from_str(&answer.text).expect("facts")
    }

    async fn state(&self) -> String {
        self.facts().await["state"].as_str().expect("a state").to_owned()
    }

    /// What happened so far, in the words of the page.
    async fn so_far(&self) -> Vec<String> {
        let facts = self.facts().await;
        let events = facts["events"].as_array().expect("events");
        events.iter().map(|e| e["words"].as_str().expect("words").to_owned()).collect()
    }

    /// Lets the town go on until the order stands so; says after how long.
    async fn until(&self, state: &str) -> Duration {
        let began = self.shop.clock.now();
        while self.state().await != state {
            let gone = self.shop.clock.now() - began;
            assert!(gone < Duration::minutes(6), "{} instead of {state} after {gone}", self.state().await);
            passes(self.shop, Duration::seconds(2)).await;
        }
        self.shop.clock.now() - began
    }

    /// Lets the town go on until the page tells of something that begins so.
    async fn until_told(&self, words: &str) {
        let began = self.shop.clock.now();
        while !self.so_far().await.iter().any(|told| told.starts_with(words)) {
            assert!(self.shop.clock.now() - began < Duration::minutes(6), "not told: {words}");
            passes(self.shop, Duration::seconds(2)).await;
        }
    }

    /// What was to be paid at the door, and was: the lines as they came and the delivery.
    async fn sums_are_right(&self) {
        let sums = self.facts().await["sums"].clone();
        let (real, paid) = (sums["real_total_cents"].as_i64(), sums["paid_cents"].as_i64());
        let of = format!("JOIN orders o ON o.id = order_id WHERE o.number = '{}'", self.number);
        let lines = self.shop.count(&format!("SELECT sum(sum_cents)::bigint FROM picks {of}"));
        assert_eq!(real, Some(lines + sums["delivery_cents"].as_i64().expect("a fee")), "{sums}");
        assert_eq!((paid, real <= sums["total_cents"].as_i64()), (real, true), "{sums}");
    }
}

/// What goes on in the town while so much time passes: the hands, and the shop's own clockwork.
async fn passes(shop: &TestShop, time: Duration) {
    let (app, autopilot) = (&shop.state().shop.app, shop.state().autopilot.expect("a demonstration's"));
    autopilot::round(app, &autopilot).await.expect("a round");
    worker::work_outbox(app).await.expect("the outbox");
    forecast::round(app).await.expect("a forecast");
    while shop.send_mail() > 0 {}
    shop.clock.advance(time);
}

#[actix_web::test]
async fn a_newcomers_order_is_at_its_door_in_about_three_minutes_and_the_town_tells_it() {
    let shop = TestShop::demo();
    shop.shopper().get("/sandbox").await.must_say("Nobody has ordered yet.");
    let told = orders(&shop, "similar").await;
    let town = told.town().await;
    town.must_say("Waits for the picker");
    town.must_say("The picker reaches for it in about 15 s");
    let mut seen = vec![told.state().await];
    let began = shop.clock.now();
    while seen.last().is_some_and(|state| state != "delivered") {
        passes(&shop, Duration::seconds(1)).await;
        let state = told.state().await;
        if seen.last() != Some(&state) {
            seen.push(state);
        }
        assert!(shop.clock.now() - began < Duration::minutes(5), "{seen:?}");
    }
    let steps = ["confirmed", "picking", "rider_assigned", "on_the_way", "delivered"];
    seen.retain(|state| state != "packed");
    assert_eq!(seen, steps, "each step once, in its order");
    let took = shop.clock.now() - began;
    assert!((150..=200).contains(&took.num_seconds()), "{took}");
    told.town().await.must_say("Delivered");
    told.sums_are_right().await;
}

#[actix_web::test]
async fn what_is_ordered_for_later_is_left_lying_and_nobody_is_at_its_door_before() {
    let shop = TestShop::demo();
    let told = orders(&shop, "similar").await;
    told.aoife.get(&format!("/orders/{}/window", told.number)).await.must_say("Choose another time");
    let times = told.aoife.get(&format!("/orders/{}/window", told.number)).await;
    told.aoife.press(&times, "Take this time", &[("window", &later(&shop))]).await;
    passes(&shop, Duration::minutes(5)).await;
    passes(&shop, Duration::seconds(1)).await;
    assert_eq!(told.state().await, "confirmed", "it is not due for long");
    let starts = shop.text("SELECT to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM promises ORDER BY version DESC LIMIT 1");
    let starts: chrono::DateTime<chrono::Utc> = starts.parse().expect("a time");
    shop.clock.advance(starts - Duration::minutes(40) - shop.clock.now());
    told.until("rider_assigned").await;
    for _ in 0..10 {
        passes(&shop, Duration::seconds(30)).await;
    }
    assert_eq!(told.state().await, "rider_assigned", "they wait for the window to begin");
    shop.clock.advance(starts - Duration::minutes(1) - shop.clock.now());
    told.until("delivered").await;
    assert!(shop.clock.now() >= starts, "not before");
}

/// The first window of that length with room that begins at least so long from now; those of an hour have begun.
fn time_of(shop: &TestShop, length: &str, ahead: &str) -> String {
    let now = shop.clock.now().to_rfc3339();
    shop.text(&format!(
        "SELECT w.id FROM delivery_windows w JOIN places p ON p.zone_id = w.zone_id WHERE p.routing_key = 'D06'
         AND w.cutoff_at > '{now}'::timestamptz + interval '{ahead}' AND w.taken < w.capacity
         AND w.ends_at - w.starts_at = interval '{length}' ORDER BY w.starts_at LIMIT 1"
    ))
}

fn later(shop: &TestShop) -> String {
    time_of(shop, "2 hours", "3 hours")
}

#[actix_web::test]
async fn a_rider_gets_stuck_and_the_customer_reads_it_and_another_one_brings_it() {
    let shop = TestShop::demo();
    let told = orders(&shop, "similar").await;
    told.presses("The rider gets stuck").await.must_say("The rider goes on");
    told.until("on_the_way").await;
    let first = told.facts().await["rider"]["name"].as_str().expect("a rider").to_owned();
    told.town().await.must_say(&format!("{first} is stuck, and says so"));
    told.until_told("Planned once more for").await;
    passes(&shop, Duration::seconds(2)).await;
    let so_far = told.so_far().await;
    assert!(so_far.iter().any(|w| w == "Could not be delivered: our rider had to stop."), "{so_far:?}");
    let second = told.facts().await["rider"]["name"].as_str().expect("another rider").to_owned();
    assert_ne!(first, second, "who is stuck cannot bring it");
    told.page().await.must_say(&format!("Second attempt. {second} brings your order"));
    told.town().await.must_say(&format!("{first} has had to stop, or is off shift."));
    told.until("delivered").await;
    told.sums_are_right().await;
    passes(&shop, Duration::seconds(90)).await;
    passes(&shop, Duration::seconds(1)).await;
    told.town().await.must_say(&format!("{first} waits at the warehouse."));
}

#[actix_web::test]
async fn while_dispatch_is_by_hand_the_second_try_waits_and_its_delay_has_the_stuck_rider_for_a_cause() {
    let shop = TestShop::demo();
    let told = orders(&shop, "similar").await;
    told.until("on_the_way").await;
    told.presses("Dispatch by hand").await.must_say("Let the autopilot dispatch");
    told.presses("The rider gets stuck").await;
    told.until("packed").await;
    told.town().await.must_say("It waits for you: give it to a rider on the board.");
    for _ in 0..40 {
        passes(&shop, Duration::minutes(1)).await;
    }
    assert_eq!(told.state().await, "packed", "nobody but the dispatcher finds a rider");
    let delay = told.facts().await["delay"].clone();
    assert_eq!(delay["cause"], "rider_stopped", "{delay}");
    let words = "The rider who had your order had to stop, and another one takes over.";
    told.page().await.must_say(words);
    let late =
        |l: &smartshop::outside::mail::Kept| l.subject.starts_with("Running late") && l.text.contains(words);
    assert!(shop.letters().iter().any(late), "a letter says the same");
    told.presses("Let the autopilot dispatch").await.must_say("Dispatch by hand");
    told.until("delivered").await;
    told.sums_are_right().await;
}

#[actix_web::test]
async fn what_is_packed_while_dispatch_is_by_hand_waits_for_the_dispatchers_click() {
    let shop = TestShop::demo();
    let other = shop.another();
    let told = orders(&shop, "similar").await;
    told.presses("Dispatch by hand").await;
    told.until("packed").await;
    for _ in 0..3 {
        passes(&shop, Duration::seconds(30)).await;
        // The switch is for all instances: another one finds nobody either.
        worker::work_outbox(&other.state().shop.app).await.expect("the outbox");
    }
    assert_eq!(told.state().await, "packed");
    let conor = staffer(&shop, "dispatch@demo.test").await;
    let board = conor.get("/dispatch").await;
    board.must_say("what is packed waits for you to give it to a rider");
    board.must_say("Waits for you to give it to a rider");
    let rider = board.choices("rider").into_iter().find(|id| !id.is_empty()).expect("somebody is on shift");
    conor.press(&board, &format!("Give {} to this rider", told.number), &[("rider", &rider)]).await;
    assert_eq!(told.state().await, "rider_assigned");
    let board = conor.get("/dispatch").await;
    let off = conor.press(&board, &format!("Take {} off its rider", told.number), &[]).await;
    off.must_say("It is taken off. It waits for you to give it to a rider.");
    off.must_not_say("A rider is looked for");
    conor.press(&off, &format!("Give {} to this rider", told.number), &[("rider", &rider)]).await;
    told.until("delivered").await;
    assert!(
        town::is_by_hand(&mut shop.conn(), Part::Dispatch).expect("db"),
        "it stays so until it is handed back"
    );
    told.presses("Let the autopilot dispatch").await;
    conor.get("/dispatch").await.must_not_say("waits for you to give it to a rider");
}

#[actix_web::test]
async fn an_item_is_missing_and_something_similar_comes_in_its_place() {
    let shop = TestShop::demo();
    let told = orders(&shop, "similar").await;
    told.presses("The next item is missing").await.must_say("It is there after all");
    told.until("delivered").await;
    let facts = told.facts().await;
    let became: Vec<&str> =
        facts["items"].as_array().expect("items").iter().filter_map(|i| i["became"].as_str()).collect();
    assert!(became.len() == 1 && became[0].starts_with("Instead: 12 × "), "{became:?}");
    told.page().await.must_say(became[0]);
    told.sums_are_right().await;
}

#[actix_web::test]
async fn an_item_is_missing_and_is_left_out_for_whoever_wants_it_so() {
    let shop = TestShop::demo();
    let told = orders(&shop, "leave_out").await;
    told.presses("The next item is missing").await;
    told.until("delivered").await;
    told.page().await.must_say("Left out: there was none. You pay nothing for it.");
    told.sums_are_right().await;
    assert_eq!(shop.count("SELECT count(*) FROM picks WHERE state = 'left_out'"), 1, "once, and never again");
}

#[actix_web::test]
async fn an_item_is_missing_and_whoever_wants_to_be_asked_is_asked_and_gets_what_they_said() {
    for (answer, became) in
        [("Yes, take it", "Instead: 12 × "), ("No, leave it out", "Left out: there was none.")]
    {
        let shop = TestShop::demo();
        let told = orders(&shop, "ask").await;
        told.presses("The next item is missing").await;
        told.until_told("We asked:").await;
        for _ in 0..30 {
            passes(&shop, Duration::seconds(2)).await;
        }
        assert_eq!(told.state().await, "picking", "the picker waits for the answer");
        told.town().await.must_say("The customer is asked what may come instead");
        told.aoife.press(&told.page().await, answer, &[]).await;
        told.until("delivered").await;
        told.page().await.must_say(became);
        told.sums_are_right().await;
    }
}

#[actix_web::test]
async fn the_address_is_wrong_and_the_customer_corrects_it_and_a_second_attempt_delivers() {
    let shop = TestShop::demo();
    let told = orders(&shop, "similar").await;
    told.presses("The address is wrong").await;
    told.until("not_delivered").await;
    let page = told.page().await;
    page.must_say("We could not deliver: we could not find the address");
    told.town().await.must_say("It waits for its customer");
    for _ in 0..5 {
        passes(&shop, Duration::seconds(30)).await;
    }
    assert_eq!(told.state().await, "not_delivered", "nobody drives again to where nobody was found");
    let form = told.aoife.follow(&page, "Tell the rider something").await;
    told.aoife.press(&form, "Tell my rider", &[("note", "Through the archway, second door")]).await;
    told.until("on_the_way").await;
    told.page().await.must_say("Second attempt.");
    told.page().await.must_say("On the way, with you");
    told.until("delivered").await;
    told.sums_are_right().await;
}

#[actix_web::test]
async fn the_address_is_wrong_and_the_customer_chooses_another_time_at_which_it_is_delivered() {
    let shop = TestShop::demo();
    let told = orders(&shop, "similar").await;
    told.presses("The address is wrong").await;
    told.until("not_delivered").await;
    let times = told.aoife.follow(&told.page().await, "Choose another time").await;
    let window = later(&shop);
    told.aoife.press(&times, "Take this time", &[("window", &window)]).await;
    told.until("rider_assigned").await;
    let starts =
        format!("SELECT extract(epoch FROM starts_at)::bigint FROM delivery_windows WHERE id = {window}");
    let starts = chrono::DateTime::from_timestamp(shop.count(&starts), 0).expect("a time");
    shop.clock.advance(starts - Duration::minutes(2) - shop.clock.now());
    told.until("delivered").await;
    assert!(shop.clock.now() >= starts);
    let so_far = told.so_far().await;
    assert!(so_far.iter().any(|w| w.starts_with("Planned once more for")), "{so_far:?}");
    told.sums_are_right().await;
}

#[actix_web::test]
async fn picking_and_riding_wait_for_people_who_take_them_over_and_go_on_when_they_are_handed_back() {
    let shop = TestShop::demo();
    let told = orders(&shop, "similar").await;
    told.presses("Pick by hand").await.must_say("sign in as warehouse@demo.test");
    for _ in 0..4 {
        passes(&shop, Duration::seconds(30)).await;
    }
    assert_eq!(told.state().await, "confirmed");
    told.town().await.must_say("It waits for you: pick it on the picker’s page.");
    told.presses("Ride by hand").await;
    told.presses("Let the autopilot pick").await;
    told.until("rider_assigned").await;
    for _ in 0..4 {
        passes(&shop, Duration::seconds(30)).await;
    }
    assert_eq!(told.state().await, "rider_assigned");
    told.town().await.must_not_say("The rider gets stuck");
    told.presses("Let the autopilot ride").await;
    told.until("delivered").await;
}

#[actix_web::test]
async fn a_trouble_that_is_undone_does_not_come_and_none_comes_to_what_is_over() {
    let shop = TestShop::demo();
    let told = orders(&shop, "leave_out").await;
    told.presses("The next item is missing").await;
    told.presses("It is there after all").await.must_say("The next item is missing");
    told.until("delivered").await;
    told.page().await.must_not_say("Left out");
    let order = shop.text("SELECT id FROM orders");
    let refused = told.aoife.post("/sandbox/town", &[("what", "rider_stuck"), ("order", &order)]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    refused.must_say("This order is over");
    assert_eq!(shop.count("SELECT count(*) FROM town_troubles"), 0);
}

#[actix_web::test]
async fn with_the_autopilot_off_the_town_is_there_and_says_how_to_switch_it_on() {
    let shop = TestShop::demo().with("SMARTSHOP_AUTOPILOT", "false");
    let told = orders(&shop, "similar").await;
    let town = told.town().await;
    town.must_say("SMARTSHOP_AUTOPILOT=true");
    town.must_say(&told.number);
    assert!(
        !town.buttons().iter().any(|b| b.contains("by hand") || b.contains("stuck")),
        "{:?}",
        town.buttons()
    );
    let refused = told.aoife.post("/sandbox/town", &[("what", "pick")]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[actix_web::test]
async fn a_shop_in_earnest_has_no_town() {
    let shop = TestShop::demo().in_earnest();
    assert_eq!(shop.shopper().get("/sandbox").await.status, StatusCode::NOT_FOUND);
}

#[test]
fn a_demonstration_does_not_open_beside_live_keys_and_says_what_to_do() {
    for command in [&["serve", "--demo"][..], &["demo"]] {
        let run = std::process::Command::new(env!("CARGO_BIN_EXE_smartshop"))
            .args(command)
            .env("SMARTSHOP_PAYMENT_SECRET_KEY", "sk_live_1")
            .env("SMARTSHOP_PAYMENT_PUBLISHABLE_KEY", "pk_live_1")
            .env("SMARTSHOP_PAYMENT_WEBHOOK_SECRET", "whsec_1")
            .env("SMARTSHOP_LISTEN", "127.0.0.1:0")
            // Whoever goes on finds nobody there.
            .env("SMARTSHOP_DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(!run.status.success(), "{said}");
        assert!(said.contains("payment keys are set that are not the sandbox's"), "{said}");
        assert!(said.contains("leave --demo out to open it in earnest"), "{said}");
    }
}
