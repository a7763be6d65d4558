//! SQL over what waits to be picked or brought. No decisions here: each function is one statement.

use super::model::{Fulfilment, FulfilmentState, Wanted};
use crate::db::Ready as _;
use crate::db::schema::{fulfilments, orders, places};
use crate::ids::{OrderId, StaffId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

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
