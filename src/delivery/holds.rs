//! Room in a window, held for a shopper on the way through the checkout and then for the order.

use super::model::Window;
use crate::db::Ready as _;
use crate::db::schema::{delivery_windows, window_holds};
use crate::ids::{BasketId, OrderId, ZoneId};
use chrono::{DateTime, Duration, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz};
use uuid::Uuid;

/// How long a window is held for somebody who is still in the checkout.
pub const HOLD_FOR: Duration = Duration::minutes(15);

/// A shopper's hold on a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub window: Window,
    pub until: DateTime<Utc>,
}

#[derive(Debug)]
pub enum WindowError {
    /// Somebody else has taken the last room.
    Full,
    /// One cannot order for it any more, or there is no such window.
    Closed,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for WindowError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Holds a window for a basket, in place of the one it held before; holding the same one again
/// keeps it longer. Part of the caller's transaction, which holds the basket's row.
///
/// # Errors
/// `Full` or `Closed`; the window held before is then still held.
pub fn hold_window(
    conn: &mut PgConnection,
    basket: BasketId,
    window: i64,
    now: DateTime<Utc>,
) -> Result<Held, WindowError> {
    let before = held_row(conn, basket)?;
    hold_instead(conn, basket, before, window, now)
}

/// As [`hold_window`], where the caller has read what the basket holds, with the basket's row held.
///
/// # Errors
/// `Full` or `Closed`; the window held before is then still held.
pub fn hold_instead(
    conn: &mut PgConnection,
    basket: BasketId,
    before: Option<(i64, DateTime<Utc>)>,
    window: i64,
    now: DateTime<Utc>,
) -> Result<Held, WindowError> {
    let until = now + HOLD_FOR;
    if before.is_none()
        && let Some(window) = take_open(conn, window, now)?
    {
        hold_for(conn, basket, window.id, until)?;
        return Ok(Held { window, until });
    }
    let locked = lock_windows(conn, before.map(|(w, _)| w), window)?;
    let before = still_held(conn, basket, before)?;
    let wanted = open_one(locked, window)?;
    if wanted.cutoff_at <= now {
        return Err(WindowError::Closed);
    }
    if before.map(|(w, _)| w) == Some(window) {
        diesel::update(window_holds::table.filter(window_holds::basket_id.eq(basket)))
            .set(window_holds::held_until.eq(until))
            .ready()
            .execute(conn)?;
        return Ok(Held { window: wanted, until });
    }
    // The new room first: where there is none, the old is not given up.
    take_room(conn, window, now)?;
    if let Some((old, _)) = before {
        drop_hold(conn, basket, old)?;
    }
    hold_for(conn, basket, window, until)?;
    Ok(Held { window: wanted, until })
}

fn hold_for(conn: &mut PgConnection, basket: BasketId, window: i64, until: DateTime<Utc>) -> QueryResult<()> {
    diesel::insert_into(window_holds::table)
        .values((
            window_holds::id.eq(Uuid::now_v7()),
            window_holds::window_id.eq(window),
            window_holds::basket_id.eq(basket),
            window_holds::held_until.eq(until),
        ))
        .execute(conn)
        .map(drop)
}

/// The basket's hold becomes the order's; where there is none, room is taken now. Part of the
/// caller's transaction. A hold that is still running is honoured past the window's cut-off; in a window
/// that an incident has closed meanwhile it is not.
///
/// # Errors
/// `Full` or `Closed`.
pub fn keep_for_order(
    conn: &mut PgConnection,
    basket: BasketId,
    window: i64,
    order: OrderId,
    now: DateTime<Utc>,
) -> Result<(), WindowError> {
    // The room is taken already and only changes hands: the window's row is let alone.
    if hand_over(conn, basket, window, order, now)? {
        return Ok(());
    }
    let before = held_row(conn, basket)?;
    let found = lock_windows(conn, before.map(|(w, _)| w), window)?;
    let before = still_held(conn, basket, before)?;
    let row = open_one(found, window)?;
    if row.cutoff_at <= now {
        return Err(WindowError::Closed);
    }
    if let Some((old, _)) = before {
        drop_hold(conn, basket, old)?;
    }
    take_for_order(conn, window, order, now)
}

/// Whether the basket's hold on the window was still running and is the order's now; in a closed window
/// it is not. An incident that closes it at this very moment finds the order a little later. Who sweeps up
/// holds whose time is over and meets this one waits, and then finds that it has no end.
fn hand_over(
    conn: &mut PgConnection,
    basket: BasketId,
    window: i64,
    order: OrderId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let own = window_holds::basket_id.eq(basket).and(window_holds::window_id.eq(window));
    let is_open = exists(delivery_windows::table.find(window).filter(delivery_windows::closed_by.is_null()));
    let kept =
        diesel::update(window_holds::table.filter(own.and(window_holds::held_until.gt(now)).and(is_open)))
            .set((
                window_holds::basket_id.eq(None::<BasketId>),
                window_holds::order_id.eq(order),
                window_holds::held_until.eq(None::<DateTime<Utc>>),
            ))
            .ready()
            .execute(conn)?;
    Ok(kept == 1)
}

/// Takes room for an order whose hold was let go: money that came late. Part of the caller's
/// transaction.
///
/// # Errors
/// `Full` or `Closed` (its end has passed).
pub fn take_again(
    conn: &mut PgConnection,
    window: i64,
    order: OrderId,
    now: DateTime<Utc>,
) -> Result<(), WindowError> {
    let found = open_one(lock_windows(conn, None, window)?, window)?;
    if found.cutoff_at <= now {
        return Err(WindowError::Closed);
    }
    take_for_order(conn, window, order, now)
}

/// An order moves from the window it holds to another; what it held is anybody's. Part of the
/// caller's transaction, which holds the order's row.
///
/// # Errors
/// `Full` or `Closed`: it then holds what it held.
pub fn move_to(
    conn: &mut PgConnection,
    order: OrderId,
    window: i64,
    now: DateTime<Utc>,
) -> Result<Window, WindowError> {
    let before: Option<i64> = window_holds::table
        .filter(window_holds::order_id.eq(order))
        .select(window_holds::window_id)
        .first(conn)
        .optional()?;
    let locked = lock_windows(conn, before, window)?;
    let wanted = open_one(locked, window)?;
    if before == Some(window) {
        return Ok(wanted);
    }
    if wanted.cutoff_at <= now {
        return Err(WindowError::Closed);
    }
    take_room(conn, window, now)?;
    release_window(conn, order)?;
    insert_hold(conn, window, order)?;
    Ok(wanted)
}

/// A basket that goes to another zone lets go of the time it held in the one before. Part of the
/// caller's transaction, which holds the basket's row.
///
/// # Errors
/// When the database does not answer.
pub fn release_elsewhere(conn: &mut PgConnection, basket: BasketId, zone: ZoneId) -> QueryResult<()> {
    let Some((held, _)) = held_row(conn, basket)? else { return Ok(()) };
    let locked = lock_windows(conn, None, held)?;
    if locked.iter().all(|window| window.zone_id == zone) {
        return Ok(());
    }
    drop_hold(conn, basket, held)
}

/// The order needs its window no more. Doing it again frees nothing.
///
/// # Errors
/// When the database does not answer.
pub fn release_window(conn: &mut PgConnection, order: OrderId) -> QueryResult<()> {
    let freed: Vec<i64> = diesel::delete(window_holds::table.filter(window_holds::order_id.eq(order)))
        .returning(window_holds::window_id)
        .get_results(conn)?;
    freed.into_iter().try_for_each(|window| give_room(conn, window, 1))
}

/// Frees the windows of those who have left the checkout. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn release_expired(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    conn.transaction(|conn| {
        // Windows before holds, as everywhere else, so that nobody waits in a circle.
        diesel::sql_query(
            "WITH locked AS (
                 SELECT w.id FROM delivery_windows w
                 WHERE w.id IN (SELECT window_id FROM window_holds WHERE held_until <= $1)
                 ORDER BY w.id LIMIT 500 FOR NO KEY UPDATE),
             gone AS (
                 DELETE FROM window_holds h USING locked WHERE h.window_id = locked.id AND h.held_until <= $1
                 RETURNING h.window_id)
             UPDATE delivery_windows SET taken = taken - freed.n
             FROM (SELECT window_id, count(*)::int AS n FROM gone GROUP BY window_id) freed
             WHERE delivery_windows.id = freed.window_id",
        )
        .bind::<Timestamptz, _>(now)
        .ready()
        .execute(conn)
    })
}

fn held_row(conn: &mut PgConnection, basket: BasketId) -> QueryResult<Option<(i64, DateTime<Utc>)>> {
    let row: Option<(i64, Option<DateTime<Utc>>)> = window_holds::table
        .filter(window_holds::basket_id.eq(basket))
        .select((window_holds::window_id, window_holds::held_until))
        .first(conn)
        .optional()?;
    Ok(row.and_then(|(window, until)| Some((window, until?))))
}

/// What was held is read again: only with the window's row nobody can sweep it away under us. Where
/// nothing was, nothing has come: who holds a window for a basket holds the basket's row.
fn still_held(
    conn: &mut PgConnection,
    basket: BasketId,
    before: Option<(i64, DateTime<Utc>)>,
) -> QueryResult<Option<(i64, DateTime<Utc>)>> {
    if before.is_some() { held_row(conn, basket) } else { Ok(None) }
}

/// In the order of their keys. Not `FOR UPDATE`: that would wait for every order just being written
/// for the window (its row refers to it), and such an order may wait for stock we hold.
fn lock_windows(conn: &mut PgConnection, one: Option<i64>, other: i64) -> QueryResult<Vec<Window>> {
    match one.filter(|one| *one != other) {
        None => Window::query().filter(delivery_windows::id.eq(other)).for_no_key_update().load(conn),
        Some(one) => Window::query()
            .filter(delivery_windows::id.eq(one).or(delivery_windows::id.eq(other)))
            .order(delivery_windows::id)
            .for_no_key_update()
            .load(conn),
    }
}

/// The one that is wanted, unless an incident has closed it.
fn open_one(locked: Vec<Window>, wanted: i64) -> Result<Window, WindowError> {
    locked.into_iter().find(|w| w.id == wanted && !w.is_closed()).ok_or(WindowError::Closed)
}

/// The window that an order holds.
///
/// # Errors
/// When the database does not answer.
pub fn window_of_order(conn: &mut PgConnection, order: OrderId) -> QueryResult<Option<Window>> {
    delivery_windows::table
        .inner_join(window_holds::table)
        .filter(window_holds::order_id.eq(order))
        .select(Window::as_select())
        .first(conn)
        .optional()
}

fn drop_hold(conn: &mut PgConnection, basket: BasketId, window: i64) -> QueryResult<()> {
    let gone =
        diesel::delete(window_holds::table.filter(window_holds::basket_id.eq(basket))).execute(conn)?;
    give_room(conn, window, i32::try_from(gone).unwrap_or(0))
}

fn take_for_order(
    conn: &mut PgConnection,
    window: i64,
    order: OrderId,
    now: DateTime<Utc>,
) -> Result<(), WindowError> {
    take_room(conn, window, now)?;
    Ok(insert_hold(conn, window, order)?)
}

fn insert_hold(conn: &mut PgConnection, window: i64, order: OrderId) -> QueryResult<()> {
    diesel::insert_into(window_holds::table)
        .values((
            window_holds::id.eq(Uuid::now_v7()),
            window_holds::window_id.eq(window),
            window_holds::order_id.eq(order),
        ))
        .execute(conn)
        .map(drop)
}

/// What others hold whose time is over is looked at only where there is no other room. The caller
/// holds the window's row.
fn take_room(conn: &mut PgConnection, window: i64, now: DateTime<Utc>) -> Result<(), WindowError> {
    if take_free_room(conn, window)? {
        return Ok(());
    }
    release_expired_of(conn, window, now)?;
    if take_free_room(conn, window)? { Ok(()) } else { Err(WindowError::Full) }
}

/// Takes room in a window that one can order for and that has some, at one go: where nothing else has to be let
/// go of. Why there is none is found out by who asks for it.
fn take_open(conn: &mut PgConnection, window: i64, now: DateTime<Utc>) -> QueryResult<Option<Window>> {
    diesel::update(delivery_windows::table.find(window))
        .filter(delivery_windows::taken.lt(delivery_windows::capacity))
        .filter(delivery_windows::cutoff_at.gt(now).and(delivery_windows::closed_by.is_null()))
        .set(delivery_windows::taken.eq(delivery_windows::taken + 1))
        .returning(Window::as_select())
        .ready()
        .get_result(conn)
        .optional()
}

/// The counter changes in SQL, guarded: never read, add, write.
fn take_free_room(conn: &mut PgConnection, window: i64) -> QueryResult<bool> {
    let taken = diesel::update(delivery_windows::table.find(window))
        .filter(delivery_windows::taken.lt(delivery_windows::capacity))
        .set(delivery_windows::taken.eq(delivery_windows::taken + 1))
        .ready()
        .execute(conn)?;
    Ok(taken == 1)
}

fn give_room(conn: &mut PgConnection, window: i64, room: i32) -> QueryResult<()> {
    diesel::update(delivery_windows::table.find(window))
        .set(delivery_windows::taken.eq(delivery_windows::taken - room))
        .ready()
        .execute(conn)
        .map(drop)
}

/// The caller holds the window's row.
fn release_expired_of(conn: &mut PgConnection, window: i64, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::sql_query(
        "WITH gone AS (DELETE FROM window_holds WHERE window_id = $1 AND held_until <= $2 RETURNING 1)
         UPDATE delivery_windows SET taken = taken - (SELECT count(*)::int FROM gone)
         WHERE id = $1 AND EXISTS (SELECT FROM gone)",
    )
    .bind::<BigInt, _>(window)
    .bind::<Timestamptz, _>(now)
    .ready()
    .execute(conn)
    .map(drop)
}
