//! SQL over what several modules own, for the board. No decisions here: each function is one statement.

use crate::db::Ready as _;
use crate::ids::PlaceId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Integer, Nullable, Text, Timestamptz};

/// A window, and how far its orders are. Each of them is counted once, by its newest try.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(super) struct Load {
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = Text)]
    pub(super) zone: String,
    #[diesel(sql_type = Timestamptz)]
    pub(super) starts_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub(super) ends_at: DateTime<Utc>,
    /// What it has room for, also for those who have not paid yet.
    #[diesel(sql_type = Integer)]
    pub(super) room: i32,
    #[diesel(sql_type = Bool)]
    pub(super) is_closed: bool,
    #[diesel(sql_type = BigInt)]
    pub(super) orders: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) to_pack: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) without_rider: i64,
    /// With a rider or a carrier who has not left with it.
    #[diesel(sql_type = BigInt)]
    pub(super) with_rider: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) on_the_way: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) delivered: i64,
    /// The newest try came to nothing, and nobody has decided what comes next.
    #[diesel(sql_type = BigInt)]
    pub(super) undecided: i64,
}

/// Windows that begin within some time and have orders: those that are not over, and those that are and still
/// have something to be brought. What ends first at the top.
///
/// # Errors
/// When the database does not answer.
pub(super) fn loads(
    conn: &mut PgConnection,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<Load>> {
    diesel::sql_query(
        "SELECT w.id, z.name AS zone, w.starts_at, w.ends_at, w.capacity - w.taken AS room,
             w.closed_by IS NOT NULL AS is_closed, count(*) AS orders,
             count(*) FILTER (WHERE d.state IS NULL) AS to_pack,
             count(*) FILTER (WHERE d.state = 'planned' AND d.carrier IS NULL) AS without_rider,
             count(*) FILTER (WHERE d.state = 'rider_assigned' OR (d.state = 'planned' AND d.carrier IS NOT NULL)) AS with_rider,
             count(*) FILTER (WHERE d.state = 'on_the_way') AS on_the_way,
             count(*) FILTER (WHERE d.state = 'delivered') AS delivered,
             count(*) FILTER (WHERE d.state = 'failed') AS undecided
         FROM delivery_windows w JOIN zones z ON z.id = w.zone_id
         JOIN window_holds h ON h.window_id = w.id
         JOIN orders o ON o.id = h.order_id AND o.state IN ('confirmed', 'completed')
         LEFT JOIN LATERAL (SELECT state, carrier FROM drops WHERE order_id = o.id ORDER BY attempt DESC LIMIT 1) d ON true
         WHERE w.starts_at >= $1 AND w.starts_at < $2
         GROUP BY w.id, z.name
         HAVING w.ends_at > $3 OR count(*) FILTER (WHERE d.state IS DISTINCT FROM 'delivered') > 0
         ORDER BY w.ends_at, w.starts_at, w.id LIMIT $4",
    )
    .bind::<Timestamptz, _>(since)
    .bind::<Timestamptz, _>(until)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(most)
    .ready()
    .load(conn)
}

/// An order that is still in the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub(super) struct Packing {
    #[diesel(sql_type = Text)]
    pub(super) number: String,
    #[diesel(sql_type = Integer)]
    place_id: i32,
    /// A picker has it in hand.
    #[diesel(sql_type = Bool)]
    pub(super) is_picked: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub(super) due_at: Option<DateTime<Utc>>,
}

impl Packing {
    pub(super) const fn place(&self) -> PlaceId {
        PlaceId(self.place_id)
    }
}

/// Orders of a window that no drop was ever planned for, which [`loads`] counts as to pack; what is due first at
/// the top.
///
/// # Errors
/// When the database does not answer.
pub(super) fn packing(conn: &mut PgConnection, window: i64, most: i64) -> QueryResult<Vec<Packing>> {
    diesel::sql_query(
        "SELECT o.number, o.place_id, COALESCE(f.state = 'picking', false) AS is_picked, f.due_at
         FROM window_holds h JOIN orders o ON o.id = h.order_id AND o.state IN ('confirmed', 'completed')
         LEFT JOIN fulfilments f ON f.order_id = o.id
         WHERE h.window_id = $1 AND NOT EXISTS (SELECT FROM drops d WHERE d.order_id = o.id)
         ORDER BY f.due_at, o.id LIMIT $2",
    )
    .bind::<BigInt, _>(window)
    .bind::<BigInt, _>(most)
    .ready()
    .load(conn)
}
