//! Delays: foreseen from what is known, told once, with the right cause.

use crate::common::TestShop;
use crate::common::placing::{place, shopper_with_basket};
use chrono::Duration;
use diesel::connection::TransactionManager;
use diesel::prelude::*;
use smartshop::fulfilment;
use smartshop::ids::Actor;
use smartshop::lifecycle::{self, Foreseen};
use smartshop::orders::{self, Order};
use smartshop::payments::PayBy;
use smartshop::promises::{self, Cause};

type Transactions = <PgConnection as Connection>::TransactionManager;

async fn ordered(shop: &TestShop) -> Order {
    let shopper = shopper_with_basket(shop).await;
    place(shop, &shopper, PayBy::CashAtDoor, None).order
}

/// Tells of a delay of so many minutes behind the window; says whether it was news.
fn foresee(conn: &mut PgConnection, order: &Order, cause: Cause, minutes: i64, shop: &TestShop) -> bool {
    let expected = order.window_ends_at + Duration::minutes(minutes);
    let (starts, ends) = (expected - Duration::minutes(20), expected + Duration::minutes(20));
    let delay = Foreseen { cause, sentence: "It takes longer.", expected, starts, ends };
    let told = conn.transaction(|conn| {
        let order = orders::lock_order(conn, order.id)?;
        lifecycle::foresee_delay(conn, &order, &delay, Actor::System, shop.clock.now())
    });
    told.expect("db").is_some()
}

fn told(shop: &TestShop) -> i64 {
    shop.count("SELECT count(*) FROM events WHERE kind = 'delay_foreseen'")
}

#[actix_web::test]
async fn the_same_delay_is_told_once_and_one_that_has_moved_is_told_again() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let conn = &mut shop.conn();
    assert!(!foresee(conn, &order, Cause::NoRider, -30, &shop), "it is in the window");
    assert!(foresee(conn, &order, Cause::NoRider, 30, &shop));
    assert!(!foresee(conn, &order, Cause::NoRider, 40, &shop), "moved by ten minutes");
    shop.clock.advance(Duration::minutes(1));
    assert!(foresee(conn, &order, Cause::NoRider, 41, &shop), "moved by more");
    assert_eq!(told(&shop), 2);
    let made = promises::of_order(conn, order.id).expect("promises");
    assert_eq!(made.len(), 3, "the first one stays");
    assert_eq!((made[0].starts_at, made[0].ends_at), (order.window_starts_at, order.window_ends_at));
    assert_eq!((made[2].who.as_str(), made[2].why.as_str()), ("forecast", "no_rider"));
    let said = "SELECT count(*) FROM events d JOIN events p ON p.subject = d.subject AND p.happened_at = d.happened_at
        WHERE d.kind = 'delay_foreseen' AND p.kind = 'promise_made'";
    assert_eq!(shop.count(said), 2, "event and promise are of one time");
}

#[actix_web::test]
async fn of_two_who_foresee_the_same_delay_at_once_one_tells_it() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let mut holder = shop.conn();
    Transactions::begin_transaction(&mut holder).expect("a transaction");
    orders::lock_order(&mut holder, order.id).expect("the row");
    let news: Vec<bool> = std::thread::scope(|scope| {
        let tell = || {
            let mut conn = shop.conn();
            foresee(&mut conn, &order, Cause::RiderSilent, 25, &shop)
        };
        let both = [scope.spawn(tell), scope.spawn(tell)];
        shop.wait_until_blocked(2);
        Transactions::commit_transaction(&mut holder).expect("let go");
        both.into_iter().map(|one| one.join().expect("an end")).collect()
    });
    assert_eq!(news.iter().filter(|n| **n).count(), 1, "{news:?}");
    assert_eq!(told(&shop), 1);
    assert_eq!(promises::of_order(&mut holder, order.id).expect("promises").len(), 2);
}

#[actix_web::test]
async fn what_is_closed_is_picked_for_its_new_time() {
    let shop = TestShop::demo();
    let order = ordered(&shop).await;
    let conn = &mut shop.conn();
    assert!(foresee(conn, &order, Cause::NoRider, 30, &shop));
    let due =
        |conn: &mut PgConnection| fulfilment::of_order(conn, order.id).expect("db").expect("a row").due_at;
    let before = due(conn);
    assert!(foresee(conn, &order, Cause::Closure, 120, &shop));
    assert_eq!(due(conn) - before, Duration::minutes(120 + 120 - 20), "half an hour before its window");
    let closed = promises::forecast_of(conn, order.id).expect("db").expect("a row");
    assert_eq!(closed.closed_until, Some(order.window_ends_at + Duration::minutes(100)));
}
