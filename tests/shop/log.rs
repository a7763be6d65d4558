//! The log tells everything: what is built from it alone is what is there.

use crate::common::TestShop;
use crate::lifecycle::assert_holds_add_up;
use crate::town::Town;
use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use smartshop::rebuild::{Report, rebuild};
use std::time::Instant;

/// Who lives at once: their lives lie in each other in the log, and they meet at shelves and windows.
const TOWNS: usize = 2;
/// How many live, unless somebody wants more or fewer: `SMARTSHOP_TEST_ORDERS=10000`.
const ORDERS: usize = 400;

fn orders() -> usize {
    std::env::var("SMARTSHOP_TEST_ORDERS").ok().and_then(|n| n.parse().ok()).unwrap_or(ORDERS)
}

fn assert_agrees(report: &Report) {
    assert!(report.agrees(), "{report}");
}

fn agreed(report: &Report, table: &str) -> u64 {
    report.tables.iter().find(|t| t.table == table).expect("a table").agree
}

#[test]
fn whole_lives_are_built_again_from_the_log_alone_byte_for_byte() {
    let shop = TestShop::demo();
    let (each, begun) = (orders() / TOWNS, Instant::now());
    std::thread::scope(|scope| {
        let shop = &shop;
        let lived = (0..TOWNS).map(|n| scope.spawn(move || Town::of(shop, n).live_many(each)));
        lived.collect::<Vec<_>>().into_iter().for_each(|town| town.join().expect("lives"));
    });
    let lived = begun.elapsed();
    assert_holds_add_up(&shop);
    let report = rebuild(&mut shop.conn()).expect("a rebuild");
    println!("{} orders lived in {:.1} s; {report}", each * TOWNS, lived.as_secs_f64());
    assert_agrees(&report);
    assert_eq!(agreed(&report, "orders"), (each * TOWNS) as u64);
    for table in ["captures", "refunds", "balances", "fulfilments", "drops", "promises", "timelines"] {
        assert!(agreed(&report, table) as usize > each / 4, "{table} is a proof of nothing: {report}");
    }
    let ends = shop.text("SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM orders");
    assert_eq!(ends, "cancelled completed confirmed placed");
}

/// A slip, and which tables it is told of.
struct Slip {
    table: &'static str,
    key: &'static str,
    /// Of these rows the first one.
    of: &'static str,
    /// `%` is 1; and -1 when it is taken back.
    set: &'static str,
    told: &'static [&'static str],
}

impl Slip {
    fn make(&self, conn: &mut PgConnection, by: &str) {
        let Self { table, key, of, .. } = self;
        let set = self.set.replace('%', by);
        conn.batch_execute(&format!(
            "ALTER TABLE {table} DISABLE TRIGGER USER;
             UPDATE {table} SET {set} WHERE {of} AND {key} = (SELECT {key} FROM {table} WHERE {of} ORDER BY 1 LIMIT 1);
             ALTER TABLE {table} ENABLE TRIGGER USER"
        ))
        .unwrap_or_else(|e| panic!("{table}: {e}"));
    }
}

const SLIPS: [Slip; 10] = [
    Slip {
        table: "orders",
        key: "id",
        of: "confirmed_at IS NOT NULL",
        set: "confirmed_at = confirmed_at + % * interval '1 microsecond'",
        told: &["orders"],
    },
    Slip {
        table: "payment_attempts",
        key: "id",
        of: "state = 'failed'",
        set: "amount_cents = amount_cents + %",
        told: &["payment_attempts"],
    },
    Slip {
        table: "payment_attempts",
        key: "id",
        // What is paid at a door is paid by card there, whatever was said before.
        of: "method LIKE '%at_door' AND state = 'authorised'",
        set: "method = CASE % WHEN 1 THEN 'cash_at_door' ELSE 'card_at_door' END",
        told: &["payment_attempts"],
    },
    Slip {
        table: "captures",
        key: "id",
        of: "state = 'succeeded'",
        set: "amount_cents = amount_cents + %",
        told: &["captures", "balances"],
    },
    Slip {
        table: "refunds",
        key: "id",
        of: "state = 'succeeded'",
        set: "amount_cents = amount_cents + %",
        told: &["refunds", "balances"],
    },
    Slip {
        table: "fulfilments",
        key: "order_id",
        of: "total_cents IS NOT NULL",
        set: "total_cents = total_cents + %",
        told: &["fulfilments"],
    },
    Slip {
        table: "drops",
        key: "id",
        of: "true",
        set: "planned_at = planned_at - % * interval '1 microsecond'",
        told: &["drops"],
    },
    Slip {
        table: "promises",
        key: "order_id",
        of: "version = 1",
        set: "ends_at = ends_at + % * interval '1 microsecond'",
        told: &["promises"],
    },
    Slip { table: "stock", key: "product_id", of: "true", set: "on_hand = on_hand + %", told: &["stock"] },
    Slip {
        table: "events",
        key: "id",
        of: "kind IN ('order_confirmed', 'order_completed')",
        set: "kind = CASE % WHEN 1 THEN 'order_completed' ELSE 'order_confirmed' END",
        told: &["timelines"],
    },
];

#[test]
fn one_byte_that_the_log_does_not_tell_is_found_in_whichever_table_it_is() {
    let shop = TestShop::demo();
    let (mut town, mut conn) = (Town::of(&shop, 2), shop.conn());
    town.live_many(60);
    for slip in &SLIPS {
        slip.make(&mut conn, "1");
        let report = rebuild(&mut conn).expect("a rebuild");
        let differ: Vec<_> = report.tables.iter().filter(|t| t.differ == 1).map(|t| t.table).collect();
        assert_eq!(differ, slip.told, "{report}");
        assert!(!report.agrees() && report.to_string().contains("1 differ"), "{report}");
        slip.make(&mut conn, "-1");
    }
    assert_agrees(&rebuild(&mut conn).expect("a rebuild"));
}

#[test]
fn how_doors_were_paid_before_the_log_told_of_it_is_stated_once() {
    let shop = TestShop::demo();
    let (mut town, mut conn) = (Town::of(&shop, 2), shop.conn());
    town.live_many(40);
    let chosen = "SELECT count(*) FROM events WHERE kind = 'door_method_chosen'";
    let told = shop.count(chosen);
    assert!(told > 0, "nobody has paid in another way than was said");
    conn.batch_execute(include_str!("../../migrations/0027_ways_paid_at_doors/down.sql")).expect("forgotten");
    assert_eq!(shop.count(chosen), 0);
    let report = rebuild(&mut conn).expect("a rebuild");
    let differ = report.tables.iter().find(|t| t.differ > 0).map(|t| (t.table, t.differ));
    assert_eq!(differ, Some(("payment_attempts", told as u64)), "{report}");
    conn.batch_execute(include_str!("../../migrations/0027_ways_paid_at_doors/up.sql")).expect("stated");
    assert_eq!(shop.count(chosen), told);
    assert_agrees(&rebuild(&mut conn).expect("a rebuild"));
}
