//! Pictures of what was left at a door. Each is its try's alone, and goes after a while.

use crate::darkroom::Photo;
use crate::db::schema::{drop_photos, drops};
use crate::ids::{DropId, OrderId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// What is known of a picture, without what it shows.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = drop_photos)]
pub struct PhotoFacts {
    pub drop_id: DropId,
    pub sha256: String,
    pub width: i32,
    pub height: i32,
    /// By the device's clock.
    pub taken_at: DateTime<Utc>,
    pub stored_at: DateTime<Utc>,
}

/// # Errors
/// `UniqueViolation` when the try has one.
pub fn insert_photo(
    conn: &mut PgConnection,
    drop: DropId,
    photo: &Photo,
    taken_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(drop_photos::table)
        .values((
            drop_photos::drop_id.eq(drop),
            drop_photos::sha256.eq(&photo.sha256),
            drop_photos::width.eq(photo.width),
            drop_photos::height.eq(photo.height),
            drop_photos::jpeg.eq(&photo.jpeg),
            drop_photos::taken_at.eq(taken_at),
            drop_photos::stored_at.eq(now),
        ))
        .execute(conn)
        .map(std::mem::drop)
}

/// What is known of the picture of a try, as long as it is kept.
///
/// # Errors
/// When the database does not answer.
pub fn photo_facts(conn: &mut PgConnection, drop: DropId) -> QueryResult<Option<PhotoFacts>> {
    PhotoFacts::query().find(drop).first(conn).optional()
}

/// The picture itself, a JPEG, of the try that delivered an order.
///
/// # Errors
/// When the database does not answer.
pub fn photo_of_order(conn: &mut PgConnection, order: OrderId) -> QueryResult<Option<Vec<u8>>> {
    drop_photos::table
        .inner_join(drops::table)
        .filter(drops::order_id.eq(order))
        .order(drops::attempt)
        .select(drop_photos::jpeg)
        .first(conn)
        .optional()
}

/// What is known of the newest ones, and whose order each is of; from behind one on.
///
/// # Errors
/// When the database does not answer.
pub fn newest_photos(
    conn: &mut PgConnection,
    behind: Option<(DateTime<Utc>, DropId)>,
    most: i64,
) -> QueryResult<Vec<(PhotoFacts, OrderId)>> {
    let mut query = drop_photos::table
        .inner_join(drops::table)
        .order((drop_photos::stored_at.desc(), drop_photos::drop_id.desc()))
        .limit(most)
        .select((PhotoFacts::as_select(), drops::order_id))
        .into_boxed();
    if let Some((at, id)) = behind {
        let same = drop_photos::stored_at.eq(at).and(drop_photos::drop_id.lt(id));
        query = query.filter(drop_photos::stored_at.lt(at).or(same));
    }
    query.load(conn)
}

/// Deletes pictures that came before a moment, the oldest first. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn forget_photos(conn: &mut PgConnection, before: DateTime<Utc>, most: i64) -> QueryResult<usize> {
    let old: Vec<DropId> = drop_photos::table
        .filter(drop_photos::stored_at.lt(before))
        .order((drop_photos::stored_at, drop_photos::drop_id))
        .limit(most)
        .select(drop_photos::drop_id)
        .load(conn)?;
    diesel::delete(drop_photos::table.filter(drop_photos::drop_id.eq_any(old))).execute(conn)
}
