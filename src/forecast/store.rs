//! What others keep, as the forecast reads it. Each function is one statement.

use crate::db::Ready as _;
use crate::ids::{OrderId, StaffId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Timestamptz, Uuid as SqlUuid};

/// An order that is still to be packed, as the queue has it.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub(super) struct InQueue {
    #[diesel(sql_type = SqlUuid)]
    pub(super) order_id: OrderId,
    #[diesel(sql_type = Timestamptz)]
    pub(super) due_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub(super) window_starts_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub(super) picker_id: Option<StaffId>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub(super) touched_at: Option<DateTime<Utc>>,
    /// Still to be picked.
    #[diesel(sql_type = Integer)]
    pub(super) lines: i32,
}

/// An order's lines that are still to be picked.
#[derive(Debug, Clone, Copy, QueryableByName)]
pub(super) struct OpenLines {
    #[diesel(sql_type = SqlUuid)]
    pub(super) order_id: OrderId,
    #[diesel(sql_type = Integer)]
    pub(super) lines: i32,
    /// Whose shelf was found empty, and where nothing was found or brought since.
    #[diesel(sql_type = Integer)]
    pub(super) short: i32,
    /// Whether the customer is asked before anything stands in for one of those.
    #[diesel(sql_type = Bool)]
    pub(super) asks: bool,
}

/// What is to be packed until a time, what is due first at the top.
///
/// # Errors
/// When the database does not answer.
pub(super) fn work_until(
    conn: &mut PgConnection,
    until: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<InQueue>> {
    diesel::sql_query(
        "SELECT f.order_id, f.due_at, f.window_starts_at, f.picker_id, f.touched_at,
             ((SELECT count(*) FROM order_lines l WHERE l.order_id = f.order_id)
              - (SELECT count(*) FROM picks p WHERE p.order_id = f.order_id))::int AS lines
         FROM fulfilments f
         WHERE f.state IN ('waiting', 'picking') AND f.stopped_at IS NULL AND f.due_at < $1
         ORDER BY f.due_at, f.order_id LIMIT $2",
    )
    .bind::<Timestamptz, _>(until)
    .bind::<BigInt, _>(most)
    .ready()
    .load(conn)
}

/// What is still to be picked of these orders; nothing of those that are packed.
///
/// # Errors
/// When the database does not answer.
pub(super) fn open_lines(conn: &mut PgConnection, of: &[OrderId]) -> QueryResult<Vec<OpenLines>> {
    diesel::sql_query(
        "SELECT l.order_id, count(*)::int AS lines, (count(*) FILTER (WHERE shelf.is_empty))::int AS short,
             coalesce(bool_or(coalesce(l.substitutions, o.substitutions) = 'ask') FILTER (WHERE shelf.is_empty), false)
                 AS asks
         FROM order_lines l JOIN orders o ON o.id = l.order_id
         CROSS JOIN LATERAL (SELECT (SELECT m.reason FROM stock_movements m
             WHERE m.product_id = l.product_id ORDER BY m.id DESC LIMIT 1) = 'missing' AS is_empty) shelf
         WHERE l.order_id = ANY ($1) AND NOT EXISTS
             (SELECT FROM picks p WHERE p.order_id = l.order_id AND p.position = l.position)
         GROUP BY l.order_id",
    )
    .bind::<Array<SqlUuid>, _>(of)
    .ready()
    .load(conn)
}
