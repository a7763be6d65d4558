//! SQL over fulfilments. No decisions here: each function is one statement.

use super::model::{Bag, Fulfilment, FulfilmentState, Pick, Rest, Wanted};
use crate::db::Ready as _;
use crate::db::schema::{bags, fulfilments, orders, picks, places};
use crate::ids::{OrderId, StaffId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

const MOST_LINES: i64 = 200;

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

/// What waits in one state, what is due first at the top, from behind one row on.
///
/// # Errors
/// When the database does not answer.
pub fn queue(
    conn: &mut PgConnection,
    state: FulfilmentState,
    behind: Option<(DateTime<Utc>, OrderId)>,
    most: i64,
) -> QueryResult<Vec<Fulfilment>> {
    let mut query = Fulfilment::query()
        .filter(fulfilments::state.eq(state).and(fulfilments::stopped_at.is_null()))
        .order((fulfilments::due_at, fulfilments::order_id))
        .limit(most)
        .into_boxed();
    if let Some((at, id)) = behind {
        let later = fulfilments::due_at.gt(at);
        query = query.filter(later.or(fulfilments::due_at.eq(at).and(fulfilments::order_id.gt(id))));
    }
    query.load(conn)
}

/// The same, of one window or one zone alone.
///
/// # Errors
/// When the database does not answer.
pub fn queue_of(
    conn: &mut PgConnection,
    state: FulfilmentState,
    wanted: Wanted,
    behind: Option<(DateTime<Utc>, OrderId)>,
    most: i64,
) -> QueryResult<Vec<Fulfilment>> {
    let mut query = Fulfilment::query()
        .filter(fulfilments::state.eq(state).and(fulfilments::stopped_at.is_null()))
        .order((fulfilments::due_at, fulfilments::order_id))
        .limit(most)
        .into_boxed();
    if let Some((at, id)) = behind {
        let later = fulfilments::due_at.gt(at);
        query = query.filter(later.or(fulfilments::due_at.eq(at).and(fulfilments::order_id.gt(id))));
    }
    if let Some(starts) = wanted.window_starts_at {
        query = query.filter(fulfilments::window_starts_at.eq(starts));
    }
    if let Some(zone) = wanted.zone {
        let there = orders::table
            .inner_join(places::table.on(places::id.eq(orders::place_id)))
            .filter(orders::id.eq(fulfilments::order_id).and(places::zone_id.eq(zone).assume_not_null()))
            .select(orders::id);
        query = query.filter(diesel::dsl::exists(there));
    }
    query.load(conn)
}

/// The beginnings of the windows that wait in a state, the soonest first.
///
/// # Errors
/// When the database does not answer.
pub fn windows_in(
    conn: &mut PgConnection,
    state: FulfilmentState,
    most: i64,
) -> QueryResult<Vec<DateTime<Utc>>> {
    fulfilments::table
        .filter(fulfilments::state.eq(state).and(fulfilments::stopped_at.is_null()))
        .select(fulfilments::window_starts_at)
        .distinct()
        .order(fulfilments::window_starts_at)
        .limit(most)
        .load(conn)
}

/// Small orders that wait, what is due first at the top: of no more pieces and no more lines than so many.
///
/// # Errors
/// When the database does not answer.
pub fn small_ones(
    conn: &mut PgConnection,
    most_pieces: i64,
    most_lines: i64,
    most: i64,
) -> QueryResult<Vec<OrderId>> {
    diesel::sql_query(
        "SELECT f.order_id AS id FROM fulfilments f
         CROSS JOIN LATERAL (SELECT sum(quantity) AS pieces, count(*) AS lines FROM order_lines l
                             WHERE l.order_id = f.order_id) of_it
         WHERE f.state = 'waiting' AND f.stopped_at IS NULL AND pieces <= $1 AND lines <= $2
         ORDER BY f.due_at, f.order_id LIMIT $3",
    )
    .bind::<BigInt, _>(most_pieces)
    .bind::<BigInt, _>(most_lines)
    .bind::<BigInt, _>(most)
    .ready()
    .load::<Found>(conn)
    .map(|found| found.into_iter().map(|row| OrderId(row.id)).collect())
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    id: uuid::Uuid,
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

/// How many orders are in a state, of those that were due before a time where one is given.
///
/// # Errors
/// When the database does not answer.
pub fn count(
    conn: &mut PgConnection,
    state: FulfilmentState,
    due_before: Option<DateTime<Utc>>,
) -> QueryResult<i64> {
    let mut query = fulfilments::table
        .filter(fulfilments::state.eq(state).and(fulfilments::stopped_at.is_null()))
        .count()
        .into_boxed();
    if let Some(before) = due_before {
        query = query.filter(fulfilments::due_at.lt(before));
    }
    query.get_result(conn)
}

/// What a picker has in hand.
///
/// # Errors
/// When the database does not answer.
pub fn in_hand_of(conn: &mut PgConnection, picker: StaffId, most: i64) -> QueryResult<Vec<Fulfilment>> {
    Fulfilment::query()
        .filter(fulfilments::picker_id.eq(picker).and(fulfilments::state.eq(FulfilmentState::Picking)))
        .filter(fulfilments::stopped_at.is_null())
        .order((fulfilments::due_at, fulfilments::order_id))
        .limit(most)
        .load(conn)
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

/// What became of an order's lines so far, in their order.
///
/// # Errors
/// When the database does not answer.
pub fn picks_of(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<Pick>> {
    Pick::query().filter(picks::order_id.eq(order)).order(picks::position).limit(MOST_LINES).load(conn)
}

/// The same of several orders.
///
/// # Errors
/// When the database does not answer.
pub fn picks_of_orders(conn: &mut PgConnection, of: &[OrderId]) -> QueryResult<Vec<Pick>> {
    Pick::query()
        .filter(picks::order_id.eq_any(of))
        .order((picks::order_id, picks::position))
        .limit(MOST_LINES * 50)
        .load(conn)
}

/// # Errors
/// `UniqueViolation` when the line has been settled before.
pub fn insert_pick(conn: &mut PgConnection, pick: &Pick) -> QueryResult<()> {
    diesel::insert_into(picks::table).values(pick).ready().execute(conn).map(drop)
}

/// Something stands in for what was missing of a line. The caller has checked that it may.
///
/// # Errors
/// When the database does not answer.
pub fn set_rest(
    conn: &mut PgConnection,
    order: OrderId,
    position: i32,
    rest: Rest,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(picks::table.find((order, position)))
        .set((
            picks::rest_product_id.eq(rest.product),
            picks::rest_units.eq(rest.units),
            picks::rest_grams.eq(rest.grams),
            picks::rest_sum_cents.eq(rest.sum),
            picks::at.eq(at),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn delete_pick(conn: &mut PgConnection, order: OrderId, position: i32) -> QueryResult<()> {
    diesel::delete(picks::table.find((order, position))).execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn insert_bags(conn: &mut PgConnection, rows: &[Bag]) -> QueryResult<()> {
    diesel::insert_into(bags::table).values(rows).execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn bags_of(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<Bag>> {
    Bag::query().filter(bags::order_id.eq(order)).order(bags::number).limit(MOST_LINES).load(conn)
}

/// The order that a label's code is of.
///
/// # Errors
/// When the database does not answer.
pub fn order_of_bag(conn: &mut PgConnection, code: &str) -> QueryResult<Option<OrderId>> {
    bags::table.find(code).select(bags::order_id).first(conn).optional()
}
