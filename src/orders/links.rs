//! Links that open an order in any browser: unguessable, expiring, revocable.

use crate::db::Ready as _;
use crate::db::schema::order_links;
use crate::ids::OrderId;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use diesel::dsl::{count_star, max};
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
    let token = new_token();
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

/// What a link opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    pub order: OrderId,
    /// Whoever holds it has typed a code that went to the order's own contact, not long ago.
    pub may_act: bool,
}

/// What a link opens, or `None` for one that is altered, revoked or over.
///
/// # Errors
/// When the database does not answer.
pub fn open_link(conn: &mut PgConnection, token: &str, now: DateTime<Utc>) -> QueryResult<Option<Opened>> {
    let found: Option<(OrderId, Option<DateTime<Utc>>)> = order_links::table
        .find(digest(token))
        .filter(order_links::ends_at.gt(now))
        .filter(order_links::revoked_at.is_null())
        .select((order_links::order_id, order_links::may_act_until))
        .first(conn)
        .optional()?;
    Ok(found.map(|(order, until)| Opened { order, may_act: until.is_some_and(|until| until > now) }))
}

/// How many links open an order at this moment, and until when the last of them does.
///
/// # Errors
/// When the database does not answer.
pub fn open_links_of(
    conn: &mut PgConnection,
    order: OrderId,
    now: DateTime<Utc>,
) -> QueryResult<(i64, Option<DateTime<Utc>>)> {
    order_links::table
        .filter(order_links::order_id.eq(order))
        .filter(order_links::ends_at.gt(now).and(order_links::revoked_at.is_null()))
        .select((count_star(), max(order_links::ends_at)))
        .first(conn)
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

/// A secret beyond guessing, fit for an address or a cookie.
pub(super) fn new_token() -> String {
    let secret: Vec<u8> = (0..2).flat_map(|_| Uuid::new_v4().into_bytes()).collect();
    URL_SAFE_NO_PAD.encode(secret)
}

pub(super) fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
