//! SQL over the delivery tables. No decisions here.

use super::model::{Place, Quote, Window, WindowTemplate, Zone};
use crate::db::Ready as _;
use crate::db::schema::{
    delivery_windows, place_names, place_wishes, places, quotes, window_templates, zones,
};
use crate::ids::{PlaceId, QuoteId, ZoneId};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// More places than any shop of this kind goes to.
const MOST_PLACES: i64 = 5_000;
/// One every half hour for sixty days, and as many longer ones.
const MOST_WINDOWS: i64 = 6_000;

pub(super) fn zone(conn: &mut PgConnection, id: ZoneId) -> QueryResult<Zone> {
    Zone::query().find(id).first(conn)
}

/// All zones, the nearest (cheapest) first.
///
/// # Errors
/// When the database does not answer.
pub fn all_zones(conn: &mut PgConnection) -> QueryResult<Vec<Zone>> {
    Zone::query().order((zones::fee_cents, zones::code)).limit(200).load(conn)
}

/// The places we go to, by zone.
///
/// # Errors
/// When the database does not answer.
pub fn places_of(conn: &mut PgConnection) -> QueryResult<Vec<Place>> {
    Place::query()
        .filter(places::zone_id.is_not_null())
        .order(places::routing_key)
        .limit(MOST_PLACES)
        .load(conn)
}

/// A place by its key.
///
/// # Errors
/// `NotFound` when there is none.
pub fn place(conn: &mut PgConnection, id: PlaceId) -> QueryResult<Place> {
    Place::query().find(id).first(conn)
}

/// A fee that was promised.
///
/// # Errors
/// `NotFound` when there is none.
pub fn quote(conn: &mut PgConnection, id: QuoteId) -> QueryResult<Quote> {
    Quote::query().find(id).first(conn)
}

pub(super) fn all_places(conn: &mut PgConnection) -> QueryResult<Vec<Place>> {
    Place::query().order(places::routing_key).limit(MOST_PLACES).load(conn)
}

pub(super) fn all_names(conn: &mut PgConnection) -> QueryResult<Vec<(String, PlaceId)>> {
    place_names::table
        .select((place_names::name, place_names::place_id))
        .order(place_names::name)
        .limit(MOST_PLACES)
        .load(conn)
}

pub(super) fn insert_quote(conn: &mut PgConnection, quote: &Quote) -> QueryResult<()> {
    diesel::insert_into(quotes::table).values(quote).ready().execute(conn).map(drop)
}

pub(super) fn insert_wish(
    conn: &mut PgConnection,
    email: &str,
    asked: &str,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(place_wishes::table)
        .values((place_wishes::email.eq(email), place_wishes::asked.eq(asked), place_wishes::made_at.eq(at)))
        .on_conflict_do_nothing()
        .execute(conn)
        .map(drop)
}

pub(super) fn templates(conn: &mut PgConnection) -> QueryResult<Vec<WindowTemplate>> {
    WindowTemplate::query().order(window_templates::id).limit(10_000).load(conn)
}

/// A window to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Insertable)]
#[diesel(table_name = delivery_windows)]
pub(super) struct NewWindow {
    pub(super) zone_id: ZoneId,
    pub(super) starts_at: DateTime<Utc>,
    pub(super) ends_at: DateTime<Utc>,
    pub(super) cutoff_at: DateTime<Utc>,
    pub(super) capacity: i32,
}

/// Opens windows; those that are open already stay as they are. Says how many were new.
pub(super) fn insert_windows(conn: &mut PgConnection, windows: &[NewWindow]) -> QueryResult<usize> {
    diesel::insert_into(delivery_windows::table).values(windows).on_conflict_do_nothing().execute(conn)
}

/// The next windows of a zone in which there is room and for which one may still order; closed ones
/// are none.
pub(super) fn next_free(
    conn: &mut PgConnection,
    zone: ZoneId,
    now: DateTime<Utc>,
    most: i64,
) -> QueryResult<Vec<Window>> {
    Window::query()
        .filter(delivery_windows::zone_id.eq(zone))
        .filter(delivery_windows::cutoff_at.gt(now))
        .filter(delivery_windows::taken.lt(delivery_windows::capacity))
        .filter(delivery_windows::closed_by.is_null())
        .order((delivery_windows::cutoff_at, delivery_windows::ends_at))
        .limit(most)
        .load(conn)
}

/// Windows of a zone for which one may still order, full ones too and closed ones not, in the order of
/// their start.
///
/// # Errors
/// When the database does not answer.
pub fn windows_between(
    conn: &mut PgConnection,
    zone: ZoneId,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> QueryResult<Vec<Window>> {
    Window::query()
        .filter(delivery_windows::zone_id.eq(zone))
        .filter(delivery_windows::cutoff_at.gt(now))
        .filter(delivery_windows::starts_at.lt(until))
        .filter(delivery_windows::closed_by.is_null())
        .order((delivery_windows::starts_at, delivery_windows::ends_at))
        .limit(MOST_WINDOWS)
        .load(conn)
}

/// A window by its key.
///
/// # Errors
/// When the database does not answer.
pub fn window(conn: &mut PgConnection, id: i64) -> QueryResult<Option<Window>> {
    Window::query().find(id).first(conn).optional()
}
