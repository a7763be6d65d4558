//! Ten thousand orders built again from the log alone. Some hundreds of lives are lived by the verbs; each
//! is then had many times over, under keys and numbers of its own: rows, facts, holds and stock.

use crate::common::TestShop;
use crate::lifecycle::assert_holds_add_up;
use crate::log::Town;
use chrono::Duration;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Text};
use smartshop::events::{self, Event};
use smartshop::ids::{Actor, OrderNumber};
use smartshop::rebuild::rebuild;
use std::time::Instant;
use uuid::Uuid;

const LIVES: usize = 250;
/// Of each life, beside the one that was lived.
const COPIES: i32 = 39;
/// Every table that tells of an order, parents first.
const TABLES: [&str; 11] = [
    "order_contacts",
    "order_lines",
    "stock_holds",
    "window_holds",
    "payment_attempts",
    "captures",
    "refunds",
    "fulfilments",
    "picks",
    "drops",
    "promises",
];

#[test]
fn ten_thousand_orders_are_built_again_byte_for_byte() {
    let shop = TestShop::demo();
    let mut town = Town::of(&shop);
    let begun = Instant::now();
    shelves_before(&mut town.conn);
    for n in 0..LIVES {
        if n % 50 == 0 {
            town.restock();
        }
        town.live();
        shop.clock.advance(Duration::milliseconds(137));
    }
    let lived = begun.elapsed();
    live_them_again(&mut town);
    assert_holds_add_up(&shop);
    let copied = begun.elapsed();
    let report = rebuild(&mut town.conn).expect("a rebuild");
    assert!(report.agrees(), "{report}");
    println!(
        "lived in {:.1} s, copied in {:.1} s: {report}",
        lived.as_secs_f64(),
        (copied - lived).as_secs_f64()
    );
    let agreed = |table: &str| report.tables.iter().find(|t| t.table == table).expect("a table").agree;
    assert_eq!(agreed("orders"), 10_000);
    for table in ["captures", "refunds", "balances", "fulfilments", "drops", "promises"] {
        assert!(agreed(table) > 1_000, "{table} is a proof of nothing");
    }
}

/// What is on the shelves before anybody orders, to know afterwards what one round of lives takes from them.
fn shelves_before(conn: &mut PgConnection) {
    conn.batch_execute("CREATE TEMP TABLE before AS SELECT product_id, on_hand, held FROM stock")
        .expect("the shelves");
}

fn live_them_again(town: &mut Town<'_>) {
    let staff = [town.picker, town.rider].map(|id| id.to_string());
    let now = town.shop.clock.now();
    let conn = &mut town.conn;
    give_numbers(conn);
    name_again(conn, &staff);
    // Nobody listens, and hundreds of thousands of words would only be told to nobody.
    conn.batch_execute("ALTER TABLE events DISABLE TRIGGER events_tell").expect("silence");
    copy(
        conn,
        "orders",
        "|| jsonb_build_object('number', n.number, 'submit_key', gen_random_uuid(), 'quote_id', t.quote_id)",
        "t.id",
    );
    for table in TABLES {
        let order = match table {
            "captures" | "refunds" => "(SELECT order_id FROM payment_attempts a WHERE a.id = t.attempt_id)",
            _ => "t.order_id",
        };
        copy(conn, table, "", order);
    }
    copy_facts(conn);
    conn.batch_execute("UPDATE delivery_windows w SET taken = (SELECT count(*) FROM window_holds h WHERE h.window_id = w.id)")
        .expect("windows");
    fill_shelves(conn, Actor::Staff(town.picker), now);
}

/// A number for each order that is to be.
fn give_numbers(conn: &mut PgConnection) {
    let count = LIVES * usize::try_from(COPIES).expect("few");
    let numbers: Vec<String> = (0..count).map(|_| OrderNumber::random().to_string()).collect();
    conn.batch_execute(
        "CREATE TEMP TABLE numbers (order_id uuid, copy int, number text, PRIMARY KEY (order_id, copy))",
    )
    .expect("a table");
    diesel::sql_query(
        "INSERT INTO numbers SELECT o.id, o.copy, n.number
         FROM (SELECT id, copy, row_number() OVER () AS n FROM orders, generate_series(1, $1) AS copy) o
         JOIN unnest($2) WITH ORDINALITY AS n (number, n) USING (n)",
    )
    .bind::<Integer, _>(COPIES)
    .bind::<Array<Text>, _>(numbers)
    .execute(conn)
    .expect("numbers");
}

/// Functions that write a row's keys anew: all of ours are UUIDs, in which three figures of chance are
/// the copy's number then. Who picks and who rides stays who they are.
fn name_again(conn: &mut PgConnection, [picker, rider]: &[String; 2]) {
    conn.batch_execute(&format!(
        "CREATE FUNCTION pg_temp.other(line text, copy int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
           SELECT regexp_replace(regexp_replace(line, '-[47][0-9a-f]{{3}}(-[89ab])', '-8' || lpad(to_hex(copy), 3, '0') || '\\1', 'g'),
                                 '((pi|re|SW)[_-][0-9a-f]{{32}})', '\\1_' || copy, 'g') $$;
         CREATE FUNCTION pg_temp.again(line text, copy int) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
           SELECT replace(replace(pg_temp.other(line, copy), pg_temp.other('{picker}', copy), '{picker}'),
                          pg_temp.other('{rider}', copy), '{rider}')::jsonb $$;"
    ))
    .expect("functions");
}

/// All rows of a table once for each copy of their order.
fn copy(conn: &mut PgConnection, table: &str, but: &str, order: &str) {
    let count = diesel::sql_query(format!(
        "INSERT INTO {table} SELECT r.* FROM {table} t JOIN numbers n ON n.order_id = {order},
              LATERAL jsonb_populate_record(NULL::{table}, pg_temp.again(to_jsonb(t)::text, n.copy) {but}) r"
    ))
    .execute(conn)
    .unwrap_or_else(|e| panic!("{table}: {e}"));
    assert!(count > 0, "{table} is empty");
}

fn copy_facts(conn: &mut PgConnection) {
    diesel::sql_query(
        "INSERT INTO events (topic, subject, kind, detail, actor, happened_at, recorded_at)
         SELECT t.topic, pg_temp.other(t.subject::text, n.copy)::uuid, t.kind,
                CASE WHEN t.detail ? 'number' THEN d.detail || jsonb_build_object('number', n.number) ELSE d.detail END,
                t.actor, t.happened_at, t.recorded_at
         FROM events t JOIN numbers n ON n.order_id = t.subject,
              LATERAL (SELECT pg_temp.again(t.detail::text, n.copy) AS detail) d
         ORDER BY n.copy, t.id",
    )
    .execute(conn)
    .expect("facts");
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = BigInt)]
    product: i64,
    /// What the copies took from the shelf and hold on it: as much comes in.
    #[diesel(sql_type = Integer)]
    units: i32,
}

/// The copies took what the lived ones took, and hold what those hold; as much came in by hand for them.
fn fill_shelves(conn: &mut PgConnection, by: Actor, now: chrono::DateTime<chrono::Utc>) {
    let taken: Vec<Taken> = diesel::sql_query(
        "WITH came AS (SELECT (detail->>'product')::bigint AS product_id, sum((detail->>'units')::int) AS units
                       FROM events WHERE kind = 'stock_moved' GROUP BY 1),
              round AS (SELECT s.product_id, s.held - b.held AS held,
                               s.on_hand - b.on_hand - coalesce(c.units, 0) AS on_hand
                        FROM stock s JOIN before b USING (product_id) LEFT JOIN came c USING (product_id)),
              changed AS (UPDATE stock s SET on_hand = s.on_hand + $1 * r.held, held = s.held + $1 * r.held
                          FROM round r WHERE r.product_id = s.product_id AND (r.held <> 0 OR r.on_hand <> 0))
         SELECT product_id AS product, ($1 * (held - on_hand))::int AS units FROM round WHERE held <> on_hand",
    )
    .bind::<Integer, _>(COPIES)
    .load(conn)
    .expect("shelves");
    for Taken { product, units } in taken {
        let event = Event::StockMoved { product, units, reason: "received".into() };
        events::record(conn, Uuid::now_v7(), &event, by, now).expect("recorded");
    }
}
