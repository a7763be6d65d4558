//! Which tables are rebuilt, and what of them is laid beside the live ones.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::Value;
use std::collections::BTreeMap;

/// Where it is built, and where the live tables are.
pub(super) const REBUILT: &str = "rebuilt";
pub(super) const LIVE: &str = "public";

/// Rows of all tables together that wait to be written.
const BATCH: usize = 10_000;

/// The tables that are built from events, and the columns that are.
const BUILT: [(&str, &str); 9] = [
    (
        "orders",
        "id, state, placed_at, confirmed_at, completed_at, cancelled_why, fee_cents, total_cents, maximum_cents",
    ),
    ("payment_attempts", "id, order_id, method, state, standby, amount_cents"),
    ("captures", "id, attempt_id, state, amount_cents"),
    ("refunds", "id, attempt_id, state, amount_cents"),
    (
        "fulfilments",
        "order_id, state, picker_id, started_at, packed_at, handed_over_at, goods_cents, total_cents, stopped_at",
    ),
    (
        "drops",
        "id, order_id, attempt, state, rider_id, planned_at, assigned_at, left_at, arrived_at, ended_at, failure, \
         proof, photo_sha256, carrier, carrier_ref, tracking_url",
    ),
    ("promises", "order_id, version, starts_at, ends_at, who, why, made_at"),
    ("stock", "product_id, on_hand, held"),
    ("events", "id, subject, topic, kind, actor, happened_at"),
];

/// What is laid side by side: a name, what names a row, and one text that is read over both schemas.
pub(super) const TOLD: [(&str, &str, &str); 10] = [
    (
        "orders",
        "id",
        "SELECT id, state, placed_at, confirmed_at, completed_at, cancelled_why, fee_cents, total_cents, \
         maximum_cents FROM orders",
    ),
    (
        "payment_attempts",
        "id",
        "SELECT id, order_id, method, state, standby, amount_cents FROM payment_attempts",
    ),
    ("captures", "id", "SELECT id, attempt_id, state, amount_cents FROM captures"),
    ("refunds", "id", "SELECT id, attempt_id, state, amount_cents FROM refunds"),
    (
        "balances",
        "order_id",
        "SELECT a.order_id, \
         sum(a.amount_cents) FILTER (WHERE a.state = 'authorised' AND a.method NOT LIKE '%at_door' \
             AND c.taken IS NULL) AS authorised, \
         sum(c.taken) AS captured, sum(r.gone) AS refunded \
         FROM payment_attempts a \
         LEFT JOIN (SELECT attempt_id, sum(amount_cents) AS taken FROM captures WHERE state = 'succeeded' \
                    GROUP BY attempt_id) c ON c.attempt_id = a.id \
         LEFT JOIN (SELECT attempt_id, sum(amount_cents) AS gone FROM refunds WHERE state = 'succeeded' \
                    GROUP BY attempt_id) r ON r.attempt_id = a.id \
         GROUP BY a.order_id",
    ),
    (
        "fulfilments",
        "order_id",
        "SELECT order_id, state, picker_id, started_at, packed_at, handed_over_at, goods_cents, total_cents, \
         stopped_at FROM fulfilments",
    ),
    (
        "drops",
        "id",
        "SELECT id, order_id, attempt, state, rider_id, planned_at, assigned_at, left_at, arrived_at, ended_at, \
         failure, proof, photo_sha256, carrier, carrier_ref, tracking_url FROM drops",
    ),
    (
        "promises",
        "(order_id, version)",
        "SELECT order_id, version, starts_at, ends_at, who, why, made_at FROM promises",
    ),
    ("stock", "product_id", "SELECT product_id, on_hand, held FROM stock"),
    (
        "timelines",
        "(subject, id)",
        "SELECT subject, id, happened_at, topic, kind, actor FROM events WHERE topic NOT IN ('quote', 'stock')",
    ),
];

/// Makes the empty tables: columns as the live ones have them, and nothing of what is in those.
pub(super) fn make(conn: &mut PgConnection) -> QueryResult<()> {
    let tables: Vec<String> = BUILT
        .iter()
        .map(|(name, columns)| {
            format!("CREATE TABLE {REBUILT}.{name} AS SELECT {columns} FROM {LIVE}.{name} WITH NO DATA;")
        })
        .collect();
    let schema = format!("DROP SCHEMA IF EXISTS {REBUILT} CASCADE; CREATE SCHEMA {REBUILT};");
    // Whoever else drops a schema of this name answers with a notice that nobody needs.
    conn.batch_execute(&format!("SET LOCAL client_min_messages = warning; {schema} {}", tables.concat()))
}

/// Rows on their way into the tables, a bounded number at a time.
#[derive(Default)]
pub(super) struct Rows {
    waiting: BTreeMap<&'static str, Vec<Value>>,
    count: usize,
}

impl Rows {
    pub(super) fn add(&mut self, table: &'static str, row: Value) {
        self.waiting.entry(table).or_default().push(row);
        self.count += 1;
    }

    pub(super) fn write_if_many(&mut self, conn: &mut PgConnection) -> QueryResult<()> {
        if self.count < BATCH { Ok(()) } else { self.write(conn) }
    }

    pub(super) fn write(&mut self, conn: &mut PgConnection) -> QueryResult<()> {
        for (table, rows) in std::mem::take(&mut self.waiting) {
            diesel::sql_query(format!(
                "INSERT INTO {REBUILT}.{table} SELECT * FROM json_populate_recordset(NULL::{REBUILT}.{table}, $1::json)"
            ))
            .bind::<Text, _>(Value::Array(rows).to_string())
            .execute(conn)?;
        }
        self.count = 0;
        Ok(())
    }
}
