//! An order is changed until its picking starts: goods, sums, stock and money together or not at all.

use crate::common::placing::{
    STAFF, colleague, nobody_of_the_demo_rides, page_of, place, settle, shopper_with_basket,
};
use crate::common::{Bank, Shopper, TestShop};
use crate::lifecycle::assert_holds_add_up;
use actix_web::http::StatusCode;
use diesel::connection::SimpleConnection;
use smartshop::cashier;
use smartshop::catalog;
use smartshop::ids::{Actor, ProductId, Sku};
use smartshop::inventory::{self, Wanted};
use smartshop::lifecycle::{self, ChangeError, Confirming, PickError, Plan, Seen};
use smartshop::money::Money;
use smartshop::orders::{self, Order};
use smartshop::outside::gateway::IntentStatus;
use smartshop::payments::{self, AttemptState, PayBy};
use smartshop::rebuild::rebuild;
use smartshop::worker;

/// Goods come in, so that there is enough of everything.
fn stock_up(shop: &TestShop) {
    let conn = &mut shop.conn();
    for sku in ["DE-MIL-001", "PP-PAS-001", "DE-CHE-001"] {
        let product = product(shop, sku);
        let version = inventory::shelf(conn, product).expect("db").expect("a shelf").version;
        lifecycle::receive_goods(conn, Seen { product, version }, 300, STAFF, shop.clock.now())
            .expect("room");
    }
    shop.change("NOTIFY changed, 'catalog'");
}

fn product(shop: &TestShop, sku: &str) -> ProductId {
    let sku = Sku::try_from(sku.to_owned()).expect("a number");
    catalog::by_sku(&mut shop.conn(), &sku, shop.clock.now()).expect("a product").article.id
}

async fn ordered<'s>(shop: &'s TestShop, by: PayBy, coupon: Option<&str>) -> (Shopper<'s>, Order) {
    nobody_of_the_demo_rides(shop);
    stock_up(shop);
    let shopper = shopper_with_basket(shop).await;
    let order = place(shop, &shopper, by, coupon).order;
    (shopper, order)
}

/// Two lines take some four and a half minutes, and five are told at a time.
fn starts_about(shop: &TestShop, order: &Order) -> String {
    let at = format!(
        "SELECT to_char(date_bin('5 minutes', due_at - interval '270 seconds', 'epoch') AT TIME ZONE 'Europe/Dublin', \
         'HH24:MI') FROM fulfilments WHERE order_id = '{}'",
        order.id.0
    );
    shop.text(&at)
}

#[actix_web::test]
async fn when_picking_starts_is_said_until_it_may_be_any_moment_and_never_once_it_has() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor, None).await;
    let due = shop.text(&format!("SELECT due_at::text FROM fulfilments WHERE order_id = '{}'", order.id.0));
    let facts = shopper.get(&format!("/api/v1{}", page_of(&order))).await;
    assert!(facts.text.contains("\"picking_starts_at\":\"20"), "{}", facts.text);
    let due = chrono::DateTime::parse_from_str(&due, "%Y-%m-%d %H:%M:%S%#z").expect("a time");
    shop.clock.advance(due.to_utc() - chrono::Duration::minutes(5) - shop.clock.now());
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("until picking starts, which may be at any moment now.");
    page.must_not_say("until about");
    let kasia = colleague(&shop, "Kasia", "warehouse");
    lifecycle::start_picking(&mut shop.conn(), order.id, kasia, shop.clock.now()).expect("taken");
    let page = shopper.get(&page_of(&order)).await;
    page.must_not_say("when picking starts");
    page.must_not_say("until picking starts");
    let facts = shopper.get(&format!("/api/v1{}", page_of(&order))).await;
    assert!(facts.text.contains("\"picking_starts_at\":null"), "{}", facts.text);
}

fn now_is(shop: &TestShop, order: &Order) -> Order {
    orders::order(&mut shop.conn(), order.id).expect("the order")
}

/// What is in it, with some of it set to other numbers.
fn with(shop: &TestShop, order: &Order, changes: &[(&str, i32)]) -> Vec<Wanted> {
    let conn = &mut shop.conn();
    let mut wanted: Vec<Wanted> = orders::lines(conn, order.id)
        .expect("lines")
        .iter()
        .map(|l| {
            let units = changes.iter().find(|(sku, _)| *sku == l.sku).map_or(l.quantity, |(_, units)| *units);
            Wanted { product: l.product_id, units }
        })
        .collect();
    for (sku, units) in changes {
        let product = product(shop, sku);
        if !wanted.iter().any(|w| w.product == product) {
            wanted.push(Wanted { product, units: *units });
        }
    }
    wanted
}

fn plan(shop: &TestShop, order: &Order, changes: &[(&str, i32)]) -> Plan {
    let wanted = with(shop, order, changes);
    lifecycle::plan_change(&mut shop.conn(), order.id, &wanted, shop.clock.now()).expect("a plan")
}

fn change(shop: &TestShop, order: &Order, changes: &[(&str, i32)]) -> Result<Plan, ChangeError> {
    let (wanted, agreed) = (with(shop, order, changes), plan(shop, order, changes).sums());
    lifecycle::change_order(&mut shop.conn(), order.id, &wanted, agreed, shop.clock.now())
}

fn assert_agrees(shop: &TestShop) {
    let report = rebuild(&mut shop.conn()).expect("a rebuild");
    assert!(report.agrees(), "{report}");
    assert_holds_add_up(shop);
}

#[actix_web::test]
async fn an_order_that_stays_as_it_is_comes_to_what_it_came_to() {
    let shop = TestShop::demo();
    for coupon in [None, Some("HARVEST5")] {
        stock_up(&shop);
        let shopper = shopper_with_basket(&shop).await;
        for (sku, units) in [("DE-CHE-001", "3"), ("PP-PAS-001", "7")] {
            shopper.wants(sku, units).await;
        }
        let order = place(&shop, &shopper, PayBy::CashAtDoor, coupon).order;
        // Prices have moved since, and it does not matter to what was ordered.
        shop.change("UPDATE products SET price_cents = price_cents + 50; NOTIFY changed, 'catalog'");
        let same = plan(&shop, &order, &[]);
        assert!(same.changes.is_empty() && same.coupon_gone.is_none());
        assert_eq!(same.order, order, "{coupon:?}");
        let lines = orders::lines(&mut shop.conn(), order.id).expect("lines");
        let sums = |of: &[orders::OrderLine]| {
            of.iter().map(|l| (l.position, l.sum_cents, l.maximum_cents)).collect::<Vec<_>>()
        };
        assert_eq!(sums(&same.lines), sums(&lines), "{coupon:?}");
    }
}

#[actix_web::test]
async fn from_its_page_things_are_added_taken_out_and_set_and_all_of_it_follows() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor, None).await;
    let starts = starts_about(&shop, &order);
    let until = format!("You can change what is in it until about {starts}, when picking starts.");
    shopper.get(&page_of(&order)).await.must_say(&until);
    shopper.get(&format!("{}/lines", page_of(&order))).await.must_say(&until);
    let path = format!("{}/lines", page_of(&order));
    let found = shopper.get(&format!("{path}?q=cheddar")).await;
    assert!(found.text.contains("name=\"n.DE-CHE-"), "{}", found.words());
    let asked = format!("{path}?n.DE-MIL-001=20&n.PP-PAS-001=0&n.DE-CHE-001=2");
    let preview = shopper.get(&asked).await;
    preview.must_say("20 instead of 12");
    preview.must_say("taken out");
    preview.must_say("2 added");
    let hidden = |name: &str| preview.all_after(&format!("name=\"{name}\" value=\"")).remove(0);
    let (total, maximum) = (hidden("total"), hidden("maximum"));
    let form = [
        ("n.DE-MIL-001", "20"),
        ("n.PP-PAS-001", "0"),
        ("n.DE-CHE-001", "2"),
        ("total", total.as_str()),
        ("maximum", maximum.as_str()),
    ];
    for _ in 0..2 {
        shopper.submit(&path, &form).await.must_say("Your order is changed.");
    }
    assert_eq!(shop.count("SELECT count(*) FROM events WHERE kind = 'order_changed'"), 1, "twice is once");
    let new = now_is(&shop, &order);
    assert_eq!(
        (new.total_cents.cents().to_string(), new.maximum_cents.cents().to_string()),
        (total, maximum)
    );
    let lines = orders::lines(&mut shop.conn(), order.id).expect("lines");
    let sums: Money = lines.iter().map(|l| l.sum_cents).sum();
    assert_eq!(sums + new.fee_cents, new.total_cents);
    let held = "SELECT sum(units) FROM stock_holds h JOIN products p ON p.id = h.product_id WHERE sku = 'DE-MIL-001'";
    assert_eq!(shop.count(held), 20);
    assert_eq!(shop.count("SELECT count(*) FROM stock_holds"), 2);
    let due = payments::standing_attempt(&mut shop.conn(), order.id).expect("db").expect("a try");
    assert_eq!((due.amount_cents, due.method), (new.maximum_cents, PayBy::CashAtDoor));
    assert_agrees(&shop);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say("You changed your order:");
    page.must_say(&new.total_cents.to_string());
    worker::work_outbox(&shop.state().shop.app).await.expect("the outbox");
    while shop.send_mail() > 0 {}
    let letter = shop.letters().into_iter().find(|l| l.subject.contains("changed: now")).expect("a letter");
    assert!(letter.text.contains("20 instead of 12") && letter.text.contains("taken out"), "{}", letter.text);
    assert!(letter.subject.contains(&new.total_cents.to_string()), "{}", letter.subject);
}

#[actix_web::test]
async fn the_fee_follows_its_promise_and_below_the_minimum_nothing_changes() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor, None).await;
    let terms = smartshop::delivery::quote(&mut shop.conn(), order.quote_id).expect("a quote").terms();
    let dear = change(&shop, &order, &[("DE-MIL-001", 80)]).expect("changed").order;
    assert!(dear.goods_cents >= terms.free_from && dear.fee_cents.is_zero(), "{dear:?}");
    let less = change(&shop, &order, &[("DE-MIL-001", 12)]).expect("changed").order;
    assert_eq!((less.goods_cents, less.fee_cents), (order.goods_cents, order.fee_cents), "and back again");
    let before = (now_is(&shop, &order), shop.count("SELECT sum(units) FROM stock_holds"));
    let refused = change(&shop, &order, &[("DE-MIL-001", 1), ("PP-PAS-001", 0)]);
    assert!(matches!(refused, Err(ChangeError::BelowMinimum { .. })), "{refused:?}");
    assert_eq!((now_is(&shop, &order), shop.count("SELECT sum(units) FROM stock_holds")), before);
    let path = format!("{}/lines", page_of(&order));
    let nothing = shopper.get(&format!("{path}?n.DE-MIL-001=0&n.PP-PAS-001=0")).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    nothing.must_say("Nothing would be left. You can cancel the order instead.");
    shop.change("UPDATE stock SET on_hand = held + 1");
    let gone = change(&shop, &order, &[("DE-MIL-001", 14)]);
    assert!(matches!(&gone, Err(ChangeError::Gone(gone)) if gone[0].left == 13), "{gone:?}");
    change(&shop, &order, &[("DE-MIL-001", 13)]).expect("the last one is theirs");
    assert_holds_add_up(&shop);
}

#[actix_web::test]
async fn a_coupon_that_needs_more_goods_goes_back_and_is_said_to() {
    let shop = TestShop::demo();
    stock_up(&shop);
    let shopper = shopper_with_basket(&shop).await;
    shopper.wants("DE-MIL-001", "60").await;
    let order = place(&shop, &shopper, PayBy::CashAtDoor, Some("FIVER")).order;
    assert_eq!(order.coupon_cents, Money(500));
    let path = format!("{}/lines?n.DE-MIL-001=14", page_of(&order));
    shopper.get(&path).await.must_say("Voucher FIVER needs more goods");
    let changed = change(&shop, &order, &[("DE-MIL-001", 14)]).expect("changed").order;
    assert_eq!((changed.coupon_code, changed.coupon_cents), (None, Money::ZERO));
    assert_eq!(shop.count("SELECT used::bigint FROM coupons WHERE code = 'FIVER'"), 0);
    assert_agrees(&shop);
}

#[actix_web::test]
async fn what_somebody_picks_is_not_changed_any_more() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::CashAtDoor, None).await;
    let (wanted, agreed) =
        (with(&shop, &order, &[("DE-MIL-001", 13)]), plan(&shop, &order, &[("DE-MIL-001", 13)]).sums());
    let picker = colleague(&shop, "Maeve", "warehouse");
    lifecycle::start_picking(&mut shop.conn(), order.id, picker, shop.clock.now()).expect("taken");
    lifecycle::leave_picking(&mut shop.conn(), order.id, picker, shop.clock.now()).expect("left");
    let late = lifecycle::change_order(&mut shop.conn(), order.id, &wanted, agreed, shop.clock.now());
    assert!(matches!(late, Err(ChangeError::TooLate)), "{late:?}");
    let page = shopper.submit(&format!("{}/lines", page_of(&order)), &[("n.DE-MIL-001", "13")]).await;
    page.must_say("It is too late to change what is in it");
    assert!(!page.text.contains("/lines\""), "and no button is shown");
}

/// Both wait for the order's row; whoever comes second finds what the first has made of it.
#[actix_web::test]
async fn of_a_change_and_a_picker_at_once_one_is_first_and_nothing_is_torn() {
    let shop = TestShop::demo();
    let picker = colleague(&shop, "Maeve", "warehouse");
    for picker_first in [false, true] {
        let (_, order) = ordered(&shop, PayBy::CashAtDoor, None).await;
        let wanted = with(&shop, &order, &[("DE-MIL-001", 15)]);
        let (agreed, now) = (plan(&shop, &order, &[("DE-MIL-001", 15)]).sums(), shop.clock.now());
        let (changed, taken) = race(
            &shop,
            &order,
            picker_first,
            || {
                let mut conn = shop.conn();
                lifecycle::change_order(&mut conn, order.id, &wanted, agreed, now).map(drop)
            },
            || {
                let mut conn = shop.conn();
                lifecycle::start_picking(&mut conn, order.id, picker, now)
            },
        );
        assert!(taken.is_ok(), "{taken:?}");
        let milk = orders::lines(&mut shop.conn(), order.id).expect("lines").remove(0).quantity;
        if picker_first {
            assert!(matches!(changed, Err(ChangeError::TooLate)), "{changed:?}");
            assert_eq!(milk, 12);
        } else {
            assert!(changed.is_ok(), "{changed:?}");
            assert_eq!(milk, 15);
        }
        assert_agrees(&shop);
    }
}

fn race(
    shop: &TestShop,
    order: &Order,
    picker_first: bool,
    change: impl Fn() -> Result<(), ChangeError> + Send + Sync,
    pick: impl Fn() -> Result<(), PickError> + Send + Sync,
) -> (Result<(), ChangeError>, Result<(), PickError>) {
    let mut holder = shop.conn();
    let (change, pick) = (&change, &pick);
    std::thread::scope(|scope| {
        let (mut changing, mut picking) = (None, None);
        diesel::Connection::transaction(&mut holder, |conn| {
            orders::lock_order(conn, order.id)?;
            // The lock is given in the order it was asked for.
            for (i, is_picker) in [picker_first, !picker_first].into_iter().enumerate() {
                if is_picker {
                    picking = Some(scope.spawn(pick));
                } else {
                    changing = Some(scope.spawn(change));
                }
                shop.wait_until_blocked(i64::try_from(i + 1).expect("few"));
            }
            diesel::QueryResult::Ok(())
        })
        .expect("let go");
        let joined = (changing.expect("a change").join(), picking.expect("a picker").join());
        (joined.0.expect("done"), joined.1.expect("done"))
    })
}

#[actix_web::test]
async fn a_card_that_was_kept_is_reserved_for_more_before_the_order_becomes_dearer() {
    let (shop, bank) = Bank::with_shop();
    let app = shop.state().shop.app.clone();
    let (shopper, other) = by_card(&shop, false).await;
    let path = format!("{}/lines", page_of(&other));
    let seen = shopper.get(&format!("{path}?n.DE-MIL-001=30")).await;
    seen.must_say("The card was not kept, so no more can be reserved on it.");
    seen.must_not_say("Change my order");
    let sums = plan(&shop, &other, &[("DE-MIL-001", 30)]).sums();
    let (total, maximum) = (sums.total.cents().to_string(), sums.maximum.cents().to_string());
    let form = [("n.DE-MIL-001", "30"), ("total", total.as_str()), ("maximum", maximum.as_str())];
    let refused = shopper.post(&path, &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.must_say("We did not keep your card, so we cannot reserve more on it.");
    assert!(refused.text.contains("value=\"30\""), "what was typed stays");
    assert_eq!(now_is(&shop, &other), other, "nothing has changed");
    // What is more is ordered for itself: 18 and no more, however often it is pressed.
    for _ in 0..2 {
        let basket = shopper.press(&seen, "Put what is more into my basket", &[]).await;
        basket.must_say("18 items");
    }
    assert_eq!(now_is(&shop, &other), other);

    let (shopper, order) = by_card(&shop, true).await;
    let path = format!("{}/lines", page_of(&order));
    bank.mood(r#"{"decline_next": 1}"#);
    let refused = shopper.post(&path, &form).await;
    refused.must_say("What was reserved before still is, and your order is as it was.");
    assert_eq!(now_is(&shop, &order), order, "nothing has changed");
    let stands = payments::standing_attempt(&mut shop.conn(), order.id).expect("db").expect("a try");
    assert_eq!((stands.amount_cents, stands.state), (order.maximum_cents, AttemptState::Authorised));

    shopper.submit(&path, &form).await.must_say("Your order is changed.");
    worker::work_outbox(&app).await.expect("the outbox");
    let stands = payments::standing_attempt(&mut shop.conn(), order.id).expect("db").expect("a try");
    assert_eq!((stands.amount_cents, stands.state), (sums.maximum, AttemptState::Authorised));
    let held = (sums.maximum + other.maximum_cents).cents();
    assert_eq!(bank.totals()[1], held, "reserved once");
    let less = change(&shop, &order, &[("DE-MIL-001", 13)]).expect("changed").order;
    assert!(less.maximum_cents < sums.maximum);
    let page = shopper.get(&page_of(&order)).await;
    page.must_say(&format!(
        "{} reserved on Visa ending 4242. You are charged what it comes to",
        sums.maximum
    ));
    assert_eq!(bank.totals()[1], held, "less needs no bank");
    assert_agrees(&shop);
}

/// An order that a card is reserved for. That of one for a later day is kept by the gateway.
async fn by_card(shop: &TestShop, is_kept: bool) -> (Shopper<'_>, Order) {
    stock_up(shop);
    let shopper = shopper_with_basket(shop).await;
    let placed = place(shop, &shopper, PayBy::Card, None);
    if is_kept {
        let later = "UPDATE orders SET window_ends_at = window_ends_at + interval '9 days'";
        let this = format!("{later} WHERE id = '{}'", placed.order.id);
        shop.conn().batch_execute(&this).expect("a later day");
    }
    let app = shop.state().shop.app.clone();
    assert_eq!(cashier::pay(&app, placed.attempt.expect("a try")).await, cashier::Outcome::Authorised);
    let order = now_is(shop, &placed.order);
    (shopper, order)
}

#[actix_web::test]
async fn what_was_paid_at_once_can_only_come_to_less() {
    let shop = TestShop::demo();
    let (shopper, order) = ordered(&shop, PayBy::Redirect, None).await;
    settle(&shop, &order, IntentStatus::Succeeded);
    let more = change(&shop, &order, &[("DE-MIL-001", 15)]);
    assert!(
        matches!(&more, Err(ChangeError::OnlyLess { paid, .. }) if *paid == order.maximum_cents),
        "{more:?}"
    );
    let seen = shopper.get(&format!("{}/lines?n.DE-MIL-001=15", page_of(&order))).await;
    seen.must_say("so this order can only come to less. Order what is more for itself: where Tue 24 Nov, 18:00–20:00 is still free");
    shopper.press(&seen, "Put what is more into my basket", &[]).await.must_say("3 items");
    shopper
        .get(&format!("{}/lines?n.DE-MIL-001=11", page_of(&order)))
        .await
        .must_say("What it comes to less goes back to you once it is packed.");
    let less = change(&shop, &order, &[("DE-MIL-001", 11)]).expect("changed").order;
    shopper.get(&page_of(&order)).await.must_say("What it comes to less goes back to you.");
    let conn = &mut shop.conn();
    let back = lifecycle::ask_capture(conn, order.id, less.total_cents, Actor::System, shop.clock.now());
    let difference = order.maximum_cents - less.total_cents;
    assert!(matches!(back, Ok(lifecycle::HandedOver::GivingBack(sum)) if sum == difference), "{back:?}");
    assert_agrees(&shop);
}

#[actix_web::test]
async fn sums_that_are_not_those_agreed_to_change_nothing() {
    let shop = TestShop::demo();
    let (_, order) = ordered(&shop, PayBy::CashAtDoor, None).await;
    let wanted = with(&shop, &order, &[("DE-MIL-001", 15)]);
    let agreed = Confirming { total: Money(1), maximum: Money(1) };
    let refused = lifecycle::change_order(&mut shop.conn(), order.id, &wanted, agreed, shop.clock.now());
    assert!(matches!(refused, Err(ChangeError::Changed { .. })), "{refused:?}");
    assert_eq!(now_is(&shop, &order), order);
}
