//! SQL over the wishes. No decisions here: each function is one statement.

use super::model::{Here, Open};
use crate::db::Ready as _;
use crate::db::schema::{awaited, products, stock};
use crate::ids::{AwaitedId, ProductId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use uuid::Uuid;

/// Who asks again has one wish, whose time begins anew.
pub(super) fn upsert(
    conn: &mut PgConnection,
    product: ProductId,
    address: &str,
    now: DateTime<Utc>,
) -> QueryResult<AwaitedId> {
    diesel::insert_into(awaited::table)
        .values((
            awaited::id.eq(AwaitedId(Uuid::new_v4())),
            awaited::product_id.eq(product),
            awaited::address.eq(address),
            awaited::asked_at.eq(now),
        ))
        .on_conflict((awaited::product_id, awaited::address))
        .filter_target(awaited::told_at.is_null())
        .do_update()
        .set(awaited::asked_at.eq(now))
        .returning(awaited::id)
        .ready()
        .get_result(conn)
}

/// Whom a wish is for, whether it is open or told.
///
/// # Errors
/// When the database does not answer.
pub fn address_of(conn: &mut PgConnection, id: AwaitedId) -> QueryResult<Option<String>> {
    awaited::table.find(id).select(awaited::address).first(conn).optional()
}

/// Whether anybody can still have one.
pub(super) fn is_there(conn: &mut PgConnection, product: ProductId) -> QueryResult<bool> {
    let found = stock::table
        .inner_join(products::table.on(products::id.eq(stock::product_id)))
        .filter(stock::product_id.eq(product))
        .filter(products::withdrawn_at.is_null())
        .select(stock::on_hand.gt(stock::held))
        .first(conn)
        .optional()?;
    Ok(found.unwrap_or(false))
}

/// The next open wishes, in the order of `awaited_once`.
pub(super) fn open_after(conn: &mut PgConnection, after: Option<&Here>, most: i64) -> QueryResult<Vec<Open>> {
    let mut query = awaited::table
        .inner_join(products::table)
        .inner_join(stock::table.on(stock::product_id.eq(awaited::product_id)))
        .filter(awaited::told_at.is_null())
        .order((awaited::product_id, awaited::address))
        .limit(most)
        .select(Open::as_select())
        .into_boxed();
    if let Some(Here { product, address }) = after {
        let further = awaited::product_id.eq(product).and(awaited::address.gt(address));
        // The first half alone is what the index can begin at.
        query = query.filter(awaited::product_id.ge(product));
        query = query.filter(awaited::product_id.gt(product).or(further));
    }
    query.load(conn)
}

/// Of several who want to tell it, one does. Says whether that is the caller.
pub(super) fn mark_told(conn: &mut PgConnection, id: AwaitedId, now: DateTime<Utc>) -> QueryResult<bool> {
    diesel::update(awaited::table.find(id))
        .filter(awaited::told_at.is_null())
        .set(awaited::told_at.eq(now))
        .ready()
        .execute(conn)
        .map(|rows| rows == 1)
}

/// Forgets wishes that were told or asked before these times, so many at most.
pub(super) fn delete_old(
    conn: &mut PgConnection,
    (told, asked): (DateTime<Utc>, DateTime<Utc>),
    most: i64,
) -> QueryResult<usize> {
    diesel::sql_query(
        "DELETE FROM awaited WHERE id IN (
             (SELECT id FROM awaited WHERE told_at < $1 LIMIT $3) UNION
             (SELECT id FROM awaited WHERE asked_at < $2 LIMIT $3))",
    )
    .bind::<Timestamptz, _>(told)
    .bind::<Timestamptz, _>(asked)
    .bind::<BigInt, _>(most)
    .ready()
    .execute(conn)
}
