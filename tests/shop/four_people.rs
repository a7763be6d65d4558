//! An order's whole life by the clicks of four people alone: each presses only what stands on the page
//! in front of them, and the shop's own clockwork goes on beside them.

use crate::common::placing::orders_by_clicks;
use crate::common::{Answer, Shopper, TestShop};
use chrono::Duration;
use smartshop::{demo, worker};

/// What the demonstration's hands would do is not done.
async fn sixty_days_on() -> TestShop {
    let shop = TestShop::demo().with("SMARTSHOP_AUTOPILOT", "false");
    assert!(!shop.state().autopilot.expect("a demonstration's").is_on(), "people alone");
    shop.clock.advance(Duration::days(60));
    assert!(shop.open_windows().await > 0, "the windows of these days");
    shop
}

/// What the shop's own threads do between two clicks.
async fn clockwork(shop: &TestShop) {
    shop.clock.advance(Duration::minutes(1));
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    while shop.send_mail() > 0 {}
}

async fn signs_in<'s>(shop: &'s TestShop, email: &str) -> (Shopper<'s>, Answer) {
    let who = shop.shopper();
    let page = who.get("/staff/sign-in").await;
    let landed = who.press(&page, "Sign in", &[("email", email), ("password", demo::PASSWORD)]).await;
    (who, landed)
}

/// Presses "one more" until there are so many.
async fn takes(aoife: &Shopper<'_>, product: Answer, name: &str, quantity: usize) {
    let mut page = aoife.press(&product, "Add", &[]).await;
    for _ in 1..quantity {
        page = aoife.press(&page, &format!("One more {name}"), &[]).await;
    }
}

/// From the shop's door to an order, as a guest. Gives the order's page.
async fn shops(aoife: &Shopper<'_>) -> Answer {
    let home = aoife.get("/").await;
    let home = aoife.press(&home, "Show delivery", &[("place", "D06")]).await;
    let dairy = aoife.follow(&home, "Dairy").await;
    let milk = aoife.follow(&dairy, "Whole Milk").await;
    takes(aoife, milk, "Whole Milk", 12).await;
    let cheddar = aoife.get("/p/mature-cheddar-de-che-001").await;
    takes(aoife, cheddar, "Mature Cheddar", 4).await;
    let soonest = |offered: &[String]| offered.first().expect("a free time").clone();
    orders_by_clicks(aoife, soonest, ("gate_code", "4711#")).await
}

/// From the queue to the door of the warehouse. Gives the order's number.
async fn picks(shop: &TestShop, kasia: &Shopper<'_>, queue: &Answer) -> String {
    let mut page = kasia.press(queue, "Take next", &[]).await;
    page.must_say("0 of 2 lines done");
    for _ in 0..2 {
        page = if page.text.contains("name=\"grams\"") {
            kasia.press(&page, "Take this weight", &[("grams", "790")]).await
        } else {
            kasia.press(&page, "Picked", &[]).await
        };
    }
    page.must_say("All lines are done.");
    let packed = kasia.press(&page, "Packed", &[]).await;
    packed.must_say("that is what the customer pays");
    clockwork(shop).await;
    packed.all_after("/warehouse/orders/").remove(0).split('/').next().expect("a number").to_owned()
}

/// Whoever has it gives it up, and Tomasz gets it by hand.
async fn gives_to_tomasz(nuala: &Shopper<'_>, number: &str) {
    let board = nuala.get("/dispatch").await;
    board.must_say(number);
    let board = nuala.press(&board, &format!("Take {number} off its rider"), &[]).await;
    let tomasz = board
        .text
        .split("<option value=\"")
        .skip(1)
        .find(|option| option.split("</option>").next().is_some_and(|own| own.contains(">Tomasz")))
        .and_then(|option| option.split('"').next())
        .expect("Tomasz is on shift");
    let give = format!("Give {number} to this rider");
    let given = nuala.press(&board, &give, &[("rider", tomasz)]).await;
    given.must_say("Tomasz, stop 1");
}

/// From the run to the door.
async fn rides(shop: &TestShop, tomasz: &Shopper<'_>, run: &Answer, code: &str) {
    let drop = tomasz.follow(run, "14 Leinster Road").await;
    drop.must_say("4711#");
    let drop = tomasz.press(&drop, "On the way", &[]).await;
    clockwork(shop).await;
    let drop = tomasz.press(&drop, "I’m here", &[]).await;
    let paid = [("proof", "code"), ("code", code), ("paid_by", "cash_at_door")];
    tomasz.press(&drop, "Delivered", &paid).await.must_say("Delivered. Thank you.");
    clockwork(shop).await;
}

#[actix_web::test]
async fn the_clicks_of_four_people_alone_deliver_an_order_sixty_days_on() {
    let shop = sixty_days_on().await;
    let aoife = shop.shopper();
    let placed = shops(&aoife).await;
    placed.must_say("Order confirmed. We come");
    clockwork(&shop).await;

    let (kasia, queue) = signs_in(&shop, "warehouse@demo.test").await;
    let number = picks(&shop, &kasia, &queue).await;
    let page = format!("/orders/{number}");
    let packed = aoife.get(&page).await;
    packed.must_say("Your code for the door");
    let (nuala, board) = signs_in(&shop, "dispatch@demo.test").await;
    board.must_say(&number);
    gives_to_tomasz(&nuala, &number).await;
    aoife.get(&page).await.must_say("Tomasz brings your order");

    let packed = kasia.get(&format!("/warehouse/orders/{number}")).await;
    kasia.press(&packed, "Hand over", &[]).await.must_say("is handed over");
    let (tomasz, run) = signs_in(&shop, "rider@demo.test").await;
    let code = code_on(&aoife.get(&page).await);
    rides(&shop, &tomasz, &run, &code).await;

    aoife.get(&page).await.must_say("Delivered");
    nuala.get("/dispatch").await.must_not_say(&number);
    kasia.get("/warehouse?show=packed").await.must_not_say(&number);
    let (order, paid) = (
        shop.text(&format!("SELECT state FROM orders WHERE number = '{number}'")),
        shop.count("SELECT count(*) FROM captures WHERE state = 'succeeded'"),
    );
    assert_eq!((order.as_str(), paid), ("completed", 1));
    let hands = "SELECT count(DISTINCT actor) FROM events WHERE actor LIKE 'staff:%' AND topic <> 'stock'";
    assert_eq!(shop.count(hands), 3, "a picker, a dispatcher and a rider");
    let subjects: Vec<String> = shop.letters().into_iter().map(|l| l.subject).collect();
    assert!(subjects[0].starts_with("Delivered"), "{subjects:?}");
}

/// The four figures that the customer reads out to the rider.
fn code_on(page: &Answer) -> String {
    let words = page.words();
    let (_, rest) = words.split_once("Your code for the door").expect("a code");
    rest.chars().filter(char::is_ascii_digit).take(4).collect()
}
