//! SQL over the town. No decisions here: each function is one statement.

use super::model::{Part, Trouble};
use crate::db::schema::{orders, town_parts, town_troubles};
use crate::ids::OrderId;
use crate::orders::OrderState;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Nobody makes more trouble than this.
const MOST: i64 = 1_000;

/// The parts that people have taken over.
///
/// # Errors
/// When the database does not answer.
pub fn by_hand(conn: &mut PgConnection) -> QueryResult<Vec<Part>> {
    town_parts::table.select(town_parts::part).order(town_parts::part).limit(MOST).load(conn)
}

/// # Errors
/// When the database does not answer.
pub fn is_by_hand(conn: &mut PgConnection, part: Part) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(town_parts::table.find(part))).get_result(conn)
}

/// From now on people do it. Again changes nothing.
///
/// # Errors
/// When the database does not answer.
pub fn take_over(conn: &mut PgConnection, part: Part, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::insert_into(town_parts::table)
        .values((town_parts::part.eq(part), town_parts::by_hand_since.eq(now)))
        .on_conflict_do_nothing()
        .execute(conn)
        .map(drop)
}

/// From now on it goes by itself. Again changes nothing.
///
/// # Errors
/// When the database does not answer.
pub fn hand_back(conn: &mut PgConnection, part: Part) -> QueryResult<()> {
    diesel::delete(town_parts::table.find(part)).execute(conn).map(drop)
}

/// Of a demonstration whose hands are switched off, or a shop that is none, no part is anybody's to take over:
/// a dispatcher there is helped as everywhere.
///
/// # Errors
/// When the database does not answer.
pub fn hand_back_all(conn: &mut PgConnection) -> QueryResult<()> {
    diesel::delete(town_parts::table).execute(conn).map(drop)
}

/// What is still to go wrong.
///
/// # Errors
/// When the database does not answer.
pub fn troubles(conn: &mut PgConnection) -> QueryResult<Vec<(OrderId, Trouble)>> {
    town_troubles::table
        .select((town_troubles::order_id, town_troubles::kind))
        .order((town_troubles::made_at, town_troubles::order_id))
        .limit(MOST)
        .load(conn)
}

/// Again changes nothing.
///
/// # Errors
/// When the database does not answer, or there is no such order.
pub fn make_trouble(
    conn: &mut PgConnection,
    order: OrderId,
    kind: Trouble,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(town_troubles::table)
        .values((
            town_troubles::order_id.eq(order),
            town_troubles::kind.eq(kind),
            town_troubles::made_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .map(drop)
}

/// It has gone wrong, or is not to any more.
///
/// # Errors
/// When the database does not answer.
pub fn end_trouble(conn: &mut PgConnection, order: OrderId, kind: Trouble) -> QueryResult<()> {
    diesel::delete(town_troubles::table.find((order, kind))).execute(conn).map(drop)
}

/// Nothing goes wrong any more with what is over.
///
/// # Errors
/// When the database does not answer.
pub fn forget_over(conn: &mut PgConnection) -> QueryResult<()> {
    let over = orders::table
        .filter(orders::state.eq_any([OrderState::Completed, OrderState::Cancelled]))
        .filter(orders::id.eq(town_troubles::order_id));
    diesel::delete(town_troubles::table.filter(diesel::dsl::exists(over))).execute(conn).map(drop)
}
