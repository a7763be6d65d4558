//! Links that open an order in any browser: unguessable, expiring, revocable.

use crate::db::Ready as _;
use crate::db::schema::order_links;
use crate::ids::OrderId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How long a link opens its order.
pub const LINK_DAYS: i64 = 60;

/// Makes a new link's secret for an order. Only its digest is kept.
///
/// # Errors
/// When the database does not answer.
pub fn make_link(conn: &mut PgConnection, order: OrderId, now: DateTime<Utc>) -> QueryResult<String> {
    let secret: Vec<u8> = (0..2).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
    let token = URL_SAFE_NO_PAD.encode(secret);
    diesel::insert_into(order_links::table)
        .values((
            order_links::digest.eq(digest(&token)),
            order_links::order_id.eq(order),
            order_links::made_at.eq(now),
            order_links::ends_at.eq(now + Duration::days(LINK_DAYS)),
        ))
        .execute(conn)?;
    Ok(token)
}

/// The order that a link opens, or `None` for one that is altered, revoked or over.
///
/// # Errors
/// When the database does not answer.
pub fn open_link(conn: &mut PgConnection, token: &str, now: DateTime<Utc>) -> QueryResult<Option<OrderId>> {
    order_links::table
        .find(digest(token))
        .filter(order_links::ends_at.gt(now))
        .filter(order_links::revoked_at.is_null())
        .select(order_links::order_id)
        .first(conn)
        .optional()
}

/// A link that nobody was given.
///
/// # Errors
/// When the database does not answer.
pub fn forget_link(conn: &mut PgConnection, token: &str) -> QueryResult<()> {
    diesel::delete(order_links::table.find(digest(token))).execute(conn).map(drop)
}

/// No link made so far opens the order any more.
///
/// # Errors
/// When the database does not answer.
pub fn revoke_links(conn: &mut PgConnection, order: OrderId, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::update(order_links::table.filter(order_links::order_id.eq(order)))
        .filter(order_links::revoked_at.is_null())
        .set(order_links::revoked_at.eq(now))
        .ready()
        .execute(conn)
}

fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
