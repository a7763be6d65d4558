//! Where the demo's shop goes, what that costs, and when.

use super::files::{self, File, FileError, euros, list};
use super::load::DemoError;
use crate::db::schema::{place_names, places, window_templates, zones};
use crate::delivery::fold;
use crate::money::Money;
use diesel::prelude::*;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

#[derive(Deserialize)]
struct Zone {
    zone: String,
    name: String,
    #[serde(deserialize_with = "euros::read")]
    fee: Money,
    #[serde(deserialize_with = "euros::read")]
    free_from: Money,
    #[serde(deserialize_with = "euros::read")]
    minimum: Money,
}

pub(super) fn add_zones(conn: &mut PgConnection) -> Result<usize, DemoError> {
    let known = zone_ids(conn)?;
    let missing: Vec<_> = files::ZONES
        .rows::<Zone>()?
        .into_iter()
        .filter(|zone| !known.contains_key(&zone.zone))
        .map(|zone| {
            (
                zones::code.eq(zone.zone),
                zones::name.eq(zone.name),
                zones::fee_cents.eq(zone.fee.cents()),
                zones::free_from_cents.eq(zone.free_from.cents()),
                zones::minimum_cents.eq(zone.minimum.cents()),
            )
        })
        .collect();
    // Without rows even the statement would tell every instance to read anew.
    if missing.is_empty() {
        return Ok(0);
    }
    Ok(diesel::insert_into(zones::table).values(missing).execute(conn)?)
}

fn zone_ids(conn: &mut PgConnection) -> QueryResult<HashMap<String, i32>> {
    Ok(zones::table.select((zones::code, zones::id)).load(conn)?.into_iter().collect())
}

fn zone_id(ids: &HashMap<String, i32>, code: &str, file: &File) -> Result<i32, FileError> {
    ids.get(code).copied().ok_or_else(|| file.error(format_args!("there is no zone {code}")))
}

#[derive(Deserialize)]
struct Place {
    routing_key: String,
    area: String,
    lat: f64,
    lon: f64,
    /// Without one we know the place and do not go there.
    #[serde(default)]
    zone: String,
    #[serde(default)]
    aliases: String,
    #[serde(default)]
    short: String,
}

impl Place {
    fn short_name(&self) -> &str {
        if self.short.is_empty() { &self.area } else { &self.short }
    }

    /// Everything by which people call it, the most usual first.
    fn names(&self) -> impl Iterator<Item = String> {
        let parts = self.area.split(" and ");
        let names = std::iter::once(self.short_name()).chain(list(&self.aliases)).chain(parts);
        names.chain([self.routing_key.as_str()]).map(fold)
    }
}

/// Adds places and their names. A name that two places would claim is the first one's,
/// and those that we go to come first.
pub(super) fn add_places(conn: &mut PgConnection) -> Result<usize, DemoError> {
    let zones = zone_ids(conn)?;
    let known: HashSet<String> = places::table.select(places::routing_key).load(conn)?.into_iter().collect();
    let mut names: HashSet<String> =
        place_names::table.select(place_names::name).load(conn)?.into_iter().collect();
    let mut all = files::PLACES.rows::<Place>()?;
    all.extend(files::OUTSIDE.rows::<Place>()?);
    let mut added = 0;
    for place in all.into_iter().filter(|place| !known.contains(&place.routing_key)) {
        let zone =
            if place.zone.is_empty() { None } else { Some(zone_id(&zones, &place.zone, &files::PLACES)?) };
        let id = add_place(conn, &place, zone)?;
        let free: Vec<_> = place
            .names()
            .filter(|name| names.insert(name.clone()))
            .map(|name| (place_names::name.eq(name), place_names::place_id.eq(id)))
            .collect();
        diesel::insert_into(place_names::table).values(free).execute(conn)?;
        added += 1;
    }
    Ok(added)
}

fn add_place(conn: &mut PgConnection, place: &Place, zone: Option<i32>) -> QueryResult<i32> {
    diesel::insert_into(places::table)
        .values((
            places::routing_key.eq(&place.routing_key),
            places::area.eq(&place.area),
            places::short_name.eq(place.short_name()),
            places::latitude.eq(place.lat),
            places::longitude.eq(place.lon),
            places::zone_id.eq(zone),
        ))
        .returning(places::id)
        .get_result(conn)
}

#[derive(Deserialize)]
struct Window {
    zone: String,
    weekdays: String,
    /// On the shop's clock, `18:00`.
    start: String,
    minutes: i32,
    capacity: i32,
    cutoff_minutes: i32,
}

impl Window {
    fn start_minute(&self) -> Result<i32, FileError> {
        self.start
            .split_once(':')
            .and_then(|(hour, minute)| Some(hour.parse::<i32>().ok()? * 60 + minute.parse::<i32>().ok()?))
            .ok_or_else(|| files::WINDOWS.error(format_args!("{} is no time", self.start)))
    }
}

pub(super) fn add_windows(conn: &mut PgConnection) -> Result<usize, DemoError> {
    use window_templates as t;
    let zones = zone_ids(conn)?;
    let known: HashSet<(i32, i32, i32)> =
        t::table.select((t::zone_id, t::start_minute, t::minutes)).load(conn)?.into_iter().collect();
    let mut missing = Vec::new();
    for window in files::WINDOWS.rows::<Window>()? {
        let (zone, start) = (zone_id(&zones, &window.zone, &files::WINDOWS)?, window.start_minute()?);
        if !known.contains(&(zone, start, window.minutes)) {
            missing.push((
                t::zone_id.eq(zone),
                t::weekdays.eq(window.weekdays),
                t::start_minute.eq(start),
                t::minutes.eq(window.minutes),
                t::capacity.eq(window.capacity),
                t::cutoff_minutes.eq(window.cutoff_minutes),
            ));
        }
    }
    if missing.is_empty() {
        return Ok(0);
    }
    Ok(diesel::insert_into(t::table).values(missing).execute(conn)?)
}
