//! Work that events leave behind, with two instances of the shop at it.

use crate::common::{TestShop, wait_for};
use crate::lifecycle::{basket_of, placement};
use diesel::prelude::*;
use smartshop::lifecycle;
use smartshop::payments::PayBy;
use smartshop::worker;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const ORDERS: usize = 100;
/// Twenty a second.
const EVERY: Duration = Duration::from_millis(50);

/// Places orders at an even pace; says when each was committed.
fn place_them(shop: &TestShop) -> Vec<(uuid::Uuid, Instant)> {
    let mut conn = shop.conn();
    diesel::sql_query("UPDATE delivery_windows SET capacity = 1000").execute(&mut conn).expect("room");
    let now = shop.clock.now();
    let ready: Vec<_> = (0..ORDERS)
        .map(|_| {
            let basket = basket_of(shop, &mut conn);
            placement(shop, &mut conn, basket, PayBy::CashAtDoor)
        })
        .collect();
    let begun = Instant::now();
    (0..)
        .zip(ready)
        .map(|(n, placement)| {
            std::thread::sleep((EVERY * n).saturating_sub(begun.elapsed()));
            let placed = lifecycle::place_order(&mut conn, &placement, now).expect("an order");
            (placed.order.id.0, Instant::now())
        })
        .collect()
}

/// Watches work being done until all is; says when each was seen first.
fn watch(conn: &mut PgConnection) -> HashMap<uuid::Uuid, Instant> {
    let mut seen = HashMap::new();
    wait_for("all work to be done", || {
        let done = diesel::dsl::sql::<diesel::sql_types::Uuid>(
            "SELECT e.subject FROM outbox o JOIN events e ON e.id = o.event_id WHERE o.done_at IS NOT NULL",
        );
        for order in done.load::<uuid::Uuid>(conn).expect("db") {
            seen.entry(order).or_insert_with(Instant::now);
        }
        seen.len() == ORDERS
    });
    seen
}

#[test]
fn two_instances_do_each_work_once_and_soon() {
    let shop = TestShop::demo();
    let other = shop.another();
    let instances = [shop.state().shop.clone(), other.state().shop.clone()];
    let (over, mut conn) = (AtomicBool::new(false), shop.conn());
    let (placed, seen) = std::thread::scope(|scope| {
        let over = &over;
        scope.spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let loops: Vec<_> = instances.iter().flat_map(worker::start).collect();
                while !over.load(Ordering::Relaxed) {
                    actix_web::rt::time::sleep(Duration::from_millis(20)).await;
                }
                loops.iter().for_each(|l| l.abort());
            });
        });
        let watching = scope.spawn(move || watch(&mut conn));
        let placed = place_them(&shop);
        let seen = watching.join();
        over.store(true, Ordering::Relaxed);
        (placed, seen.expect("an end"))
    });
    let mut took: Vec<Duration> =
        placed.iter().map(|(order, at)| seen[order].saturating_duration_since(*at)).collect();
    took.sort();
    let (median, p99) = (took[ORDERS / 2], took[ORDERS * 99 / 100]);
    println!("from commit to effect: median {median:?}, p99 {p99:?}");
    let letters = "SELECT count(*) FROM outgoing_mail";
    let tries = "SELECT sum(tries)::bigint FROM outbox";
    let orders = i64::try_from(ORDERS).expect("few");
    assert_eq!((shop.count(letters), shop.count(tries)), (orders, orders), "each once");
    // A busy machine has its own ideas; on a quiet one these are some tens of milliseconds.
    assert!(median < Duration::from_secs(1), "median {median:?}, p99 {p99:?}");
}
