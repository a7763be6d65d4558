//! What may come where something has run out: for the whole order, and for single things of their own.

use crate::common::placing::{colleague, place, shopper_with_basket};
use crate::common::{Answer, Shopper, TestShop};
use actix_web::http::StatusCode;
use chrono::Duration;
use diesel::prelude::*;
use smartshop::autopilot;
use smartshop::demo;
use smartshop::events;
use smartshop::fulfilment::{self, PickState};
use smartshop::ids::OrderId;
use smartshop::lifecycle::{self, ChangeError};
use smartshop::orders::{self, OrderLine, Substitutions};
use smartshop::payments::PayBy;
use smartshop::rebuild::rebuild;
use smartshop::town::{self, Trouble};
use std::collections::BTreeMap;

const MILK: &str = "DE-MIL-001";
const SPAGHETTI: &str = "PP-PAS-001";

const WHO: [(&str, &str); 5] = [
    ("name", "Aoife Byrne"),
    ("email", "aoife.byrne@example.ie"),
    ("phone", "087 555 0142"),
    ("line", "14 Leinster Road"),
    ("eircode", "D06 X4P7"),
];

/// So many of it stand on the shelf that nobody waits for.
fn free(shop: &TestShop, sku: &str, units: i32) {
    shop.change(&format!(
        "UPDATE stock SET on_hand = held + {units} WHERE product_id = (SELECT id FROM products WHERE sku = '{sku}');
         NOTIFY changed, 'catalog'"
    ));
}

fn chosen(page: &Answer, sku: &str) -> String {
    let select = page.text.split(&format!("name=\"swap.{sku}\"")).nth(1).expect("it is asked about");
    let select = select.split("</select>").next().expect("an end");
    let on = select.split("<option ").find(|option| option.contains(" selected")).expect("one is chosen");
    on.split('"').nth(1).expect("a value").to_owned()
}

/// Twelve milk and six spaghetti, of which few are left, as far as the review.
async fn at_review<'s>(shop: &'s TestShop, wishes: &[(&str, &str)]) -> (Shopper<'s>, Answer) {
    free(shop, SPAGHETTI, 8);
    let shopper = shopper_with_basket(shop).await;
    let page = shopper.get("/checkout/delivery").await;
    let window = page.all_after("name=\"window\" value=\"").into_iter().nth(1).expect("a time");
    let mut form = WHO.to_vec();
    form.push(("window", &window));
    form.extend(wishes);
    let next = shopper.post("/checkout/delivery", &form).await;
    assert_eq!(next.location.as_deref(), Some("/checkout/payment"), "{}", next.words());
    shopper.submit("/checkout/payment", &[("way", "cash_at_door")]).await;
    let review = shopper.get("/checkout/review").await;
    (shopper, review)
}

async fn order_now(shop: &TestShop, shopper: &Shopper<'_>, review: &Answer) -> (OrderId, String) {
    let value = |name: &str| review.all_after(&format!("name=\"{name}\" value=\"")).remove(0);
    let form = ["key", "seen", "total", "maximum"].map(|name| (name, value(name)));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let placed = shopper.post("/checkout/order", &form).await;
    let page = placed.location.clone().unwrap_or_else(|| panic!("{}", placed.words()));
    let id = shop.text("SELECT id FROM orders ORDER BY placed_at DESC LIMIT 1").parse().expect("a key");
    (OrderId(id), page)
}

fn line(shop: &TestShop, order: OrderId, sku: &str) -> OrderLine {
    let lines = orders::lines(&mut shop.conn(), order).expect("lines");
    lines.into_iter().find(|l| l.sku == sku).expect("a line")
}

#[actix_web::test]
async fn only_what_may_run_out_is_asked_about_and_the_choice_is_kept() {
    let shop = TestShop::demo();
    free(&shop, MILK, 200);
    free(&shop, SPAGHETTI, 10);
    let shopper = shopper_with_basket(&shop).await;
    let plenty = shopper.get("/checkout/delivery").await;
    assert!(!plenty.text.contains("name=\"swap."), "four are left, and nothing is asked");
    free(&shop, SPAGHETTI, 9);
    let page = shopper.get("/checkout/delivery").await;
    page.must_say("Few are left of these, so they may run out.");
    assert_eq!(chosen(&page, SPAGHETTI), "", "as for the rest");
    assert!(!page.text.contains(&format!("name=\"swap.{MILK}\"")), "there is plenty of milk");
    page.must_say("We write to you; without an answer within ten minutes we leave it out");
    page.must_not_say("We ring");

    let typed = [("swap.PP-PAS-001", "ask"), ("swap.NO-SUCH-1", "nonsense"), ("swap.", "ask")];
    shopper.post("/checkout/draft", &typed).await;
    assert_eq!(chosen(&shopper.get("/checkout/delivery").await, SPAGHETTI), "ask");
    free(&shop, SPAGHETTI, 90);
    let page = shopper.get("/checkout/delivery").await;
    assert_eq!(chosen(&page, SPAGHETTI), "ask", "what was chosen can be changed, however many there are now");
    shopper.post("/checkout/draft", &[("swap.PP-PAS-001", "")]).await;
    let page = shopper.get("/checkout/delivery").await;
    assert!(!page.text.contains("name=\"swap."), "as for the rest, and enough is there");
}

#[actix_web::test]
async fn of_what_is_weighed_twice_as_many_are_few() {
    let shop = TestShop::demo();
    let shopper = shopper_with_basket(&shop).await;
    for sku in [MILK, SPAGHETTI] {
        free(&shop, sku, 200);
    }
    shopper.wants("DE-CHE-001", "2").await;
    free(&shop, "DE-CHE-001", 2 + 7);
    let page = shopper.get("/checkout/delivery").await;
    assert!(!page.text.contains("name=\"swap."), "seven are left");
    free(&shop, "DE-CHE-001", 2 + 6);
    assert_eq!(chosen(&shopper.get("/checkout/delivery").await, "DE-CHE-001"), "");
}

#[actix_web::test]
async fn a_line_that_is_to_be_left_out_is_not_swapped_though_the_order_may_be() {
    let shop = TestShop::demo();
    let wishes = [("substitutions", "similar"), ("swap.PP-PAS-001", "leave_out")];
    let (shopper, review) = at_review(&shop, &wishes).await;
    let name = "Spaghetti";
    review.must_say("Swap for something close, never dearer");
    assert!(review.says(&format!("{name}: Leave it out")), "{}", review.words());
    let (id, page) = order_now(&shop, &shopper, &review).await;
    let (milk, spaghetti) = (line(&shop, id, MILK), line(&shop, id, SPAGHETTI));
    assert_eq!((milk.substitutions, spaghetti.substitutions), (None, Some(Substitutions::LeaveOut)));
    let own = format!("Swap for something close, never dearer. {}: Leave it out", spaghetti.name);
    shopper.get(&page).await.must_say(&own);

    let kasia = shop.shopper();
    kasia.submit("/staff/sign-in", &[("email", "warehouse@demo.test"), ("password", demo::PASSWORD)]).await;
    let number = page.trim_start_matches("/orders/");
    kasia.submit(&format!("/warehouse/orders/{number}/picking"), &[]).await;
    let at = |l: &OrderLine| format!("/warehouse/orders/{number}?line={}", l.position);
    kasia.get(&at(&milk)).await.must_say("If short: a similar item, never dearer");
    kasia.get(&at(&spaghetti)).await.must_say("If short: leave it out, nothing else in its place");
    let verb = |l: &OrderLine, verb: &str| format!("/warehouse/orders/{number}/lines/{}/{verb}", l.position);
    let short = kasia.get(&verb(&spaghetti, "short")).await;
    short.must_say("The customer wants nothing else in its place.");
    assert!(!short.text.contains("name=\"product\""), "nothing is suggested");
    let swap = [("code", "PP-PAS-003"), ("units", "1")];
    for refused in ["substitution", "asking"] {
        let answer = kasia.submit(&verb(&spaghetti, refused), &swap).await;
        answer.must_say("The customer wants nothing else in its place");
    }
    kasia.submit(&verb(&spaghetti, "leaving-out"), &[]).await.must_say("1 of 2 lines done");
    let offered = kasia.get(&verb(&milk, "short")).await.all_after("name=\"product\" value=\"").remove(0);
    kasia.submit(&verb(&milk, "substitution"), &[("product", &offered), ("units", "1")]).await;
    let picks = fulfilment::picks_of(&mut shop.conn(), id).expect("picks");
    let states: Vec<PickState> = picks.iter().map(|p| p.state).collect();
    assert!(states.contains(&PickState::Substituted) && states.contains(&PickState::LeftOut), "{states:?}");
}

#[actix_web::test]
async fn a_line_about_which_they_want_to_be_asked_is_asked_about_alone() {
    let shop = TestShop::demo();
    let wishes = [("substitutions", "leave_out"), ("swap.PP-PAS-001", "ask")];
    let (shopper, review) = at_review(&shop, &wishes).await;
    let (id, page) = order_now(&shop, &shopper, &review).await;
    let (milk, spaghetti) = (line(&shop, id, MILK), line(&shop, id, SPAGHETTI));
    let kasia = shop.shopper();
    kasia.submit("/staff/sign-in", &[("email", "warehouse@demo.test"), ("password", demo::PASSWORD)]).await;
    let number = page.trim_start_matches("/orders/");
    kasia.submit(&format!("/warehouse/orders/{number}/picking"), &[]).await;
    let verb = |l: &OrderLine, verb: &str| format!("/warehouse/orders/{number}/lines/{}/{verb}", l.position);
    let offered =
        kasia.get(&verb(&spaghetti, "short")).await.all_after("name=\"product\" value=\"").remove(0);
    let wish = [("product", offered.as_str()), ("units", "2")];
    kasia.submit(&verb(&spaghetti, "substitution"), &wish).await.must_say("has not said yes to this");
    kasia.submit(&verb(&spaghetti, "asking"), &wish).await.must_say("Go on with the other lines.");
    kasia.submit(&verb(&milk, "asking"), &wish).await.must_say("wants nothing else in its place");
    let asked = shopper.get(&page).await;
    asked.must_say("Yes, take it");
    let product = asked.all_after("name=\"product\" value=\"").remove(0);
    let to = format!("{page}/substitutes/{}", spaghetti.position);
    shopper.submit(&to, &[("product", &product), ("answer", "yes")]).await;
    kasia.submit(&verb(&spaghetti, "substitution"), &wish).await.must_say("1 of 2 lines done");
    let pick = fulfilment::picks_of(&mut shop.conn(), id).expect("picks").remove(0);
    assert!(pick.state == PickState::Substituted && pick.sum_cents <= spaghetti.sum_cents);
}

#[actix_web::test]
async fn another_choice_for_one_thing_makes_the_review_that_was_open_stale() {
    let shop = TestShop::demo();
    let (shopper, review) = at_review(&shop, &[("swap.PP-PAS-001", "leave_out")]).await;
    shopper.post("/checkout/draft", &[("swap.PP-PAS-001", "ask")]).await;
    let value = |name: &str| review.all_after(&format!("name=\"{name}\" value=\"")).remove(0);
    let form = ["key", "seen", "total", "maximum"].map(|name| (name, value(name)));
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = shopper.post("/checkout/order", &form).await;
    assert!(refused.location.is_none(), "nothing is ordered that was not seen");
    refused.must_say("Ask me first");
    let (id, _) = order_now(&shop, &shopper, &shopper.get("/checkout/review").await).await;
    assert_eq!(line(&shop, id, SPAGHETTI).substitutions, Some(Substitutions::Ask));
    let again = orders::order(&mut shop.conn(), id).expect("an order");
    assert_eq!(again.substitutions, Substitutions::Similar, "the whole order stays as it was");
}

#[actix_web::test]
async fn the_choice_can_be_changed_on_the_orders_page_until_it_is_picked() {
    let shop = TestShop::demo();
    let (shopper, review) = at_review(&shop, &[("swap.PP-PAS-001", "leave_out")]).await;
    let (id, page) = order_now(&shop, &shopper, &review).await;
    let (milk, spaghetti) = (line(&shop, id, MILK), line(&shop, id, SPAGHETTI));
    let lines = shopper.get(&format!("{page}/lines")).await;
    lines.must_say("If something runs out");
    let field = format!("line.{}", spaghetti.position);
    assert!(lines.text.contains(&format!("name=\"{field}\"")), "{}", lines.words());
    let to = format!("{page}/lines/wishes");
    let changed = [("all", "ask"), (field.as_str(), "similar"), ("line.99", "ask"), ("line.x", "ask")];
    for _ in 0..2 {
        shopper.submit(&to, &changed).await.must_say("Your picker keeps to what you chose");
    }
    assert_eq!(
        shop.count("SELECT count(*) FROM events WHERE kind = 'wishes_changed'"),
        1,
        "the same again is none"
    );
    let order = orders::order(&mut shop.conn(), id).expect("an order");
    assert_eq!(order.substitutions, Substitutions::Ask);
    assert_eq!(
        line(&shop, id, SPAGHETTI),
        OrderLine { substitutions: Some(Substitutions::Similar), ..spaghetti }
    );
    assert_eq!(line(&shop, id, MILK), milk, "what is not named stays as it is");
    shopper.get(&page).await.must_say("You chose anew what may come where something has run out.");
    let report = rebuild(&mut shop.conn()).expect("a rebuild");
    // What stands on the shelf was set beside the log, for this test alone.
    let differ: Vec<_> = report.tables.iter().filter(|t| t.differ > 0 && t.table != "stock").collect();
    assert!(differ.is_empty(), "{report}");

    let key = orders::make_link(&mut shop.conn(), id, shop.clock.now()).expect("a link");
    let by_link = shop.shopper();
    by_link.get(&format!("{page}?key={key}")).await;
    let led = by_link.post(&to, &[("all", "similar")]).await;
    assert!(
        led.location.is_some_and(|there| there.contains("/code?then=lines")),
        "a link alone changes nothing"
    );
    let stranger = shop.shopper().post(&to, &[("all", "similar")]).await;
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    let kasia = colleague(&shop, "Kasia", "warehouse");
    lifecycle::start_picking(&mut shop.conn(), id, kasia, shop.clock.now()).expect("taken");
    shopper.submit(&to, &[("all", "similar")]).await.must_say("somebody picks it already");
    let order = orders::order(&mut shop.conn(), id).expect("an order");
    assert_eq!(order.substitutions, Substitutions::Ask);
}

#[actix_web::test]
async fn of_a_change_and_a_picker_at_once_one_comes_too_late_and_the_picker_keeps_to_what_is_written() {
    for is_changed_first in [true, false] {
        let shop = TestShop::demo();
        let order = place(&shop, &shopper_with_basket(&shop).await, PayBy::CashAtDoor, None).order;
        let (id, kasia, now) = (order.id, colleague(&shop, "Kasia", "warehouse"), shop.clock.now());
        let own = BTreeMap::from([(1, Some(Substitutions::Ask))]);
        let change =
            |conn: &mut PgConnection| lifecycle::change_wishes(conn, id, Substitutions::LeaveOut, &own, now);
        let take = |conn: &mut PgConnection| lifecycle::start_picking(conn, id, kasia, now);
        let (changed, taken) = if is_changed_first {
            shop.at_once(id, change, take)
        } else {
            let (taken, changed) = shop.at_once(id, take, change);
            (changed, taken)
        };
        taken.expect("it waits for a picker");
        let kinds = "SELECT string_agg(kind, ' ' ORDER BY id) FROM events
             WHERE kind IN ('wishes_changed', 'picking_started')";
        let after = orders::order(&mut shop.conn(), id).expect("an order").substitutions;
        let line = orders::lines(&mut shop.conn(), id).expect("lines").remove(0).substitutions;
        match changed {
            Ok(()) => {
                assert_eq!(shop.text(kinds), "wishes_changed picking_started");
                assert_eq!((after, line), (Substitutions::LeaveOut, Some(Substitutions::Ask)));
            }
            Err(ChangeError::TooLate) => {
                assert_eq!(shop.text(kinds), "picking_started");
                assert_eq!((after, line), (order.substitutions, None));
            }
            Err(other) => panic!("{other:?}"),
        }
        let report = rebuild(&mut shop.conn()).expect("a rebuild");
        assert!(report.agrees(), "{report}");
    }
}

/// What the demonstration's picker makes of a first line that is not there; a question is answered with yes.
async fn missed(wish: &str) -> (Option<PickState>, i64) {
    let shop = TestShop::demo();
    let shopper = shopper_with_basket(&shop).await;
    let order = place(&shop, &shopper, PayBy::CashAtDoor, None).order;
    let sql = format!("UPDATE order_lines SET substitutions = '{wish}' WHERE position = 1");
    diesel::sql_query(sql).execute(&mut shop.conn()).expect("their wish");
    let (app, autopilot) =
        (shop.state().shop.app.clone(), shop.state().autopilot.expect("a demonstration's"));
    town::make_trouble(&mut shop.conn(), order.id, Trouble::Missing, shop.clock.now()).expect("trouble");
    shop.clock.advance(order.window_starts_at - Duration::minutes(45) - shop.clock.now());
    for _ in 0..100 {
        autopilot::round(&app, &autopilot).await.expect("a round");
        shop.clock.advance(Duration::milliseconds(1_500));
        let (conn, now) = (&mut shop.conn(), shop.clock.now());
        if let Some(ask) = story(&shop, order.id).goods.ask(1).filter(|ask| ask.waits(now)) {
            lifecycle::answer_substitute(conn, order.id, 1, ask.product, true, now).expect("a yes");
        }
        let picks = fulfilment::picks_of(conn, order.id).expect("picks");
        if let Some(pick) = picks.iter().find(|p| p.position == 1) {
            let asked = shop.count("SELECT count(*) FROM events WHERE kind = 'substitute_asked'");
            return (Some(pick.state), asked);
        }
    }
    (None, 0)
}

#[actix_web::test]
async fn the_demonstrations_picker_keeps_to_what_is_wanted_for_a_line() {
    assert_eq!(missed("similar").await, (Some(PickState::Substituted), 0));
    assert_eq!(missed("leave_out").await, (Some(PickState::LeftOut), 0));
    assert_eq!(missed("ask").await, (Some(PickState::Substituted), 1));
}

fn story(shop: &TestShop, order: OrderId) -> lifecycle::Story {
    lifecycle::Story::tell(&events::history(&mut shop.conn(), order.0).expect("a history"), &[])
}
