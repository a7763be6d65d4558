//! A row for each window: what is to be brought in it, how far that is, and what room it has left.

use super::store::{self, Load, Packing};
use super::views::hours;
use crate::delivery::Window;
use crate::staffroom::moment;
use crate::storefront::Shop;
use chrono::{DateTime, Duration, Utc};
use diesel::PgConnection;
use diesel::result::QueryResult;

/// Windows that began longer ago are no longer a window's matter but single late drops.
const SINCE: Duration = Duration::hours(24);
/// What is packed the evening before is for the next morning.
const UNTIL: Duration = Duration::hours(24);
const MOST: i64 = 30;

/// A window in finished words.
pub(super) struct Row {
    pub(super) id: i64,
    /// `16:00–18:00, Inner suburbs`
    pub(super) name: String,
    /// `12 orders: 4 to pack, 2 without a rider, 6 delivered`
    pub(super) words: String,
    /// `room for 12 more`
    pub(super) room: String,
    pub(super) late: i64,
    pub(super) without: i64,
    /// The list below shows this one alone.
    pub(super) is_here: bool,
}

/// Orders of one window that are shown while they are still to be packed.
pub(super) const MOST_PACKING: usize = 50;

/// What of a window is still in the warehouse, what is due first at the top, and one more than is shown: the same
/// orders that its row counts as to pack.
///
/// # Errors
/// When the database does not answer.
pub(super) fn packing(conn: &mut PgConnection, window: Option<&Window>) -> QueryResult<Vec<Packing>> {
    let Some(window) = window else { return Ok(Vec::new()) };
    store::packing(conn, window.id, i64::try_from(MOST_PACKING + 1).unwrap_or(i64::MAX))
}

/// `It waits for a picker, to be packed by 15:30.`
pub(super) fn step(shop: &Shop, one: &Packing) -> String {
    let what = if one.is_picked { "It is being picked" } else { "It waits for a picker" };
    match one.due_at {
        Some(due) => format!("{what}, to be packed by {}.", moment(shop, due)),
        None => format!("{what}."),
    }
}

/// # Errors
/// When the database does not answer.
pub(super) fn read(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<Load>> {
    store::loads(conn, (now - SINCE, now + UNTIL), now, MOST)
}

pub(super) fn row(shop: &Shop, load: &Load, here: Option<i64>) -> Row {
    let is_over = load.ends_at <= shop.app.clock.now();
    Row {
        id: load.id,
        name: format!("{}, {}", hours(shop, load.starts_at, load.ends_at), load.zone),
        words: words(load),
        room: room(load, is_over, &moment(shop, load.ends_at)),
        late: if is_over { load.orders - load.delivered } else { 0 },
        without: load.without_rider,
        is_here: here == Some(load.id),
    }
}

fn words(load: &Load) -> String {
    let parts = [
        (load.to_pack, "to pack"),
        (load.without_rider, "without a rider"),
        (load.with_rider, "with a rider"),
        (load.on_the_way, "on the way"),
        (load.delivered, "delivered"),
        (load.undecided, "not delivered, to decide"),
    ];
    let told: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let orders = if load.orders == 1 { "1 order".to_owned() } else { format!("{} orders", load.orders) };
    format!("{orders}: {}", told.join(", "))
}

fn room(load: &Load, is_over: bool, ended: &str) -> String {
    match (is_over, load.is_closed, load.room) {
        (true, ..) => format!("ended {ended}"),
        (false, true, _) => "closed by an incident".to_owned(),
        (false, false, room) if room <= 0 => "no room left".to_owned(),
        (false, false, room) => format!("room for {room} more"),
    }
}
