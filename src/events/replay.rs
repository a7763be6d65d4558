//! The log read from its beginning, a bounded number of facts at a time.

use super::model::{Recorded, Topic};
use super::write::read;
use crate::db::schema::events;
use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Uuid as SqlUuid};
use uuid::Uuid;

type Row = (i64, Uuid, serde_json::Value, String, DateTime<Utc>);

/// What happened to orders: subject by subject, each in order, from behind one fact on.
///
/// # Errors
/// When the database does not answer, or a fact in it is none of ours.
pub fn about_orders(
    conn: &mut PgConnection,
    (subject, id): (Uuid, i64),
    most: i64,
) -> QueryResult<Vec<Recorded>> {
    // As one comparison of rows, so that the index is entered where the last page ended.
    let behind =
        sql::<Bool>("(subject, id) > (").bind::<SqlUuid, _>(subject).sql(", ").bind::<BigInt, _>(id).sql(")");
    let rows: Vec<Row> = events::table
        .filter(behind)
        .filter(events::topic.ne_all([Topic::Quote, Topic::Stock]))
        .order((events::subject, events::id))
        .limit(most)
        .select((events::id, events::subject, events::detail, events::actor, events::happened_at))
        .load(conn)?;
    rows.into_iter().map(read).collect()
}

/// What happened to shelves beside any order, in order, from behind one fact on.
///
/// # Errors
/// As [`about_orders`].
pub fn about_shelves(conn: &mut PgConnection, behind: i64, most: i64) -> QueryResult<Vec<Recorded>> {
    let rows: Vec<Row> = events::table
        .filter(sql::<Bool>("topic = 'stock'"))
        .filter(events::id.gt(behind))
        .order(events::id)
        .limit(most)
        .select((events::id, events::subject, events::detail, events::actor, events::happened_at))
        .load(conn)?;
    rows.into_iter().map(read).collect()
}
