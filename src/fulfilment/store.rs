//! SQL over fulfilments. No decisions here: each function is one statement.

use super::model::{Fulfilment, FulfilmentState};
use crate::db::Ready as _;
use crate::db::schema::fulfilments;
use crate::ids::{OrderId, StaffId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// An order's, made anew where it was stopped before.
///
/// # Errors
/// When the database does not answer.
pub fn put(conn: &mut PgConnection, row: &Fulfilment) -> QueryResult<()> {
    diesel::insert_into(fulfilments::table)
        .values(row)
        .on_conflict(fulfilments::order_id)
        .do_update()
        .set((fulfilments::stopped_at.eq(None::<DateTime<Utc>>), fulfilments::due_at.eq(row.due_at)))
        .ready()
        .execute(conn)
        .map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn of_order(conn: &mut PgConnection, order: OrderId) -> QueryResult<Option<Fulfilment>> {
    Fulfilment::query().find(order).first(conn).optional()
}

/// Those of several orders.
///
/// # Errors
/// When the database does not answer.
pub fn of_orders(conn: &mut PgConnection, of: &[OrderId]) -> QueryResult<Vec<Fulfilment>> {
    Fulfilment::query().filter(fulfilments::order_id.eq_any(of)).load(conn)
}

/// Holds the row until the transaction ends. After the order's own row, always.
///
/// # Errors
/// When the database does not answer.
pub fn lock(conn: &mut PgConnection, order: OrderId) -> QueryResult<Option<Fulfilment>> {
    Fulfilment::query().find(order).for_no_key_update().first(conn).optional()
}

/// Holds a picker's hands until the transaction ends: what they take at once in two tabs they take in turn.
///
/// # Errors
/// When the database does not answer.
pub fn hold_hands(conn: &mut PgConnection, picker: StaffId) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind::<diesel::sql_types::Text, _>(format!("picker {picker}"))
        .execute(conn)
        .map(drop)
}

/// Into which crate it is picked. The caller holds the row.
///
/// # Errors
/// When the database does not answer.
pub fn set_crate(conn: &mut PgConnection, order: OrderId, number: i32) -> QueryResult<()> {
    diesel::update(fulfilments::table.find(order))
        .set(fulfilments::crate_no.eq(number))
        .ready()
        .execute(conn)
        .map(drop)
}

/// The caller holds the row and has checked that it may be.
///
/// # Errors
/// When the database does not answer.
pub fn set_picking(
    conn: &mut PgConnection,
    order: OrderId,
    picker: StaffId,
    started: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(fulfilments::table.find(order))
        .set((
            fulfilments::state.eq(FulfilmentState::Picking),
            fulfilments::picker_id.eq(picker),
            fulfilments::touched_at.eq(now),
            fulfilments::started_at.eq(started),
            fulfilments::crate_no.eq(None::<i32>),
            fulfilments::version.eq(fulfilments::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// The caller holds the row and has checked that it may be.
///
/// # Errors
/// When the database does not answer.
pub fn set_waiting(conn: &mut PgConnection, order: OrderId) -> QueryResult<()> {
    diesel::update(fulfilments::table.find(order))
        .set((
            fulfilments::state.eq(FulfilmentState::Waiting),
            fulfilments::picker_id.eq(None::<StaffId>),
            fulfilments::touched_at.eq(None::<DateTime<Utc>>),
            fulfilments::crate_no.eq(None::<i32>),
            fulfilments::version.eq(fulfilments::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn touch(conn: &mut PgConnection, order: OrderId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(fulfilments::table.find(order))
        .set((fulfilments::touched_at.eq(now), fulfilments::version.eq(fulfilments::version + 1)))
        .ready()
        .execute(conn)
        .map(drop)
}

/// The caller holds the row and has checked that it may be.
///
/// # Errors
/// When the database does not answer.
pub fn set_packed(
    conn: &mut PgConnection,
    order: OrderId,
    goods: Money,
    total: Money,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(fulfilments::table.find(order))
        .set((
            fulfilments::state.eq(FulfilmentState::Packed),
            fulfilments::packed_at.eq(now),
            fulfilments::crate_no.eq(None::<i32>),
            fulfilments::goods_cents.eq(goods),
            fulfilments::total_cents.eq(total),
            fulfilments::version.eq(fulfilments::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// The caller holds the row and has checked that it may be.
///
/// # Errors
/// When the database does not answer.
pub fn set_handed_over(conn: &mut PgConnection, order: OrderId, at: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(fulfilments::table.find(order))
        .set((
            fulfilments::state.eq(FulfilmentState::HandedOver),
            fulfilments::handed_over_at.eq(at),
            fulfilments::version.eq(fulfilments::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// It is wanted for another time. The caller holds the row.
///
/// # Errors
/// When the database does not answer.
pub fn set_due(
    conn: &mut PgConnection,
    order: OrderId,
    due_at: DateTime<Utc>,
    window_starts_at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(fulfilments::table.find(order))
        .set((
            fulfilments::due_at.eq(due_at),
            fulfilments::window_starts_at.eq(window_starts_at),
            fulfilments::version.eq(fulfilments::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn set_stopped(conn: &mut PgConnection, order: OrderId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(fulfilments::table.find(order))
        .set((fulfilments::stopped_at.eq(now), fulfilments::version.eq(fulfilments::version + 1)))
        .ready()
        .execute(conn)
        .map(drop)
}
