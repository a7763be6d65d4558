//! A plain map: the places we go to, how much is still to be brought to each, and where riders were seen on their
//! way. Drawn from what we know ourselves; the same stands in words beside it.

use super::chart::{self, Area, Frame, Letters, Projection, Spot};
use super::positions::{Town, seen_since, under_way};
use crate::delivery::{Drop, Place, Rider, metres};
use crate::ids::PlaceId;
use chrono::{DateTime, Utc};

/// The picture; what is drawn lies a little inside.
const FRAME: Frame = Frame { width: 640.0, height: 360.0 };
const EDGE: f64 = 28.0;
const KEYS: Letters = Letters { wide: 6.4, above: 9.0, below: 3.0 };

/// A place, and what is still to be brought there.
pub(super) struct Mark {
    pub(super) spot: Spot,
    pub(super) name: String,
    /// The middle of its name, on the line that it stands on.
    pub(super) key: Spot,
    pub(super) stops: usize,
    pub(super) is_late: bool,
}

pub(super) struct Map {
    pub(super) places: Vec<Mark>,
    pub(super) home: Spot,
    /// By the first letter of their name.
    pub(super) riders: Vec<(Spot, String)>,
    /// What it shows, for those who do not see it.
    pub(super) words: String,
}

impl Map {
    /// `None`: there is nothing to draw on.
    pub(super) fn of(riders: &[Rider], open: &[Drop], town: Town<'_>, now: DateTime<Utc>) -> Option<Self> {
        if town.places.is_empty() {
            return None;
        }
        let doors: Vec<(f64, f64)> = town.places.iter().map(|p| (p.latitude, p.longitude)).collect();
        let ground = Projection::even(town.home, &doors, FRAME, EDGE);
        let home = ground.spot(town.home.latitude, town.home.longitude);
        let seen: Vec<(Spot, String)> = riders
            .iter()
            .filter_map(|rider| {
                let (here, _) = seen_since(rider, under_way(rider, open)?.left_at)?;
                Some((ground.spot(here.0, here.1), rider.first_name.chars().take(1).collect()))
            })
            .collect();
        let stops: Vec<(PlaceId, &Drop)> =
            open.iter().filter_map(|drop| Some((nearest(drop, town)?, drop))).collect();
        Some(Self {
            places: marks(&ground, home, town.places, &stops, now),
            home,
            words: words(open.len(), seen.len()),
            riders: seen,
        })
    }
}

/// Each with its name below its circle, or elsewhere where another one stands there. Riders pass over names.
fn marks(
    ground: &Projection,
    home: Spot,
    places: &[Place],
    stops: &[(PlaceId, &Drop)],
    now: DateTime<Utc>,
) -> Vec<Mark> {
    let mut marks: Vec<Mark> = places.iter().map(|place| mark(ground, place, stops, now)).collect();
    marks.sort_by_key(|mark| mark.stops == 0);
    let mut taken = vec![Area::around(home, 6.0, 6.0)];
    taken.extend(marks.iter().map(|mark| Area::around(mark.spot, mark.radius(), mark.radius())));
    for mark in &mut marks {
        let (spot, name, far) = (mark.spot, &mark.name, mark.radius());
        let below = KEYS.below(spot, far + if mark.stops > 0 { 12.0 } else { 11.0 }, name);
        let sides = [
            below,
            KEYS.above(spot, far + 4.0, name),
            KEYS.right(spot, far + 3.0, name),
            KEYS.left(spot, far + 3.0, name),
        ];
        mark.key = chart::place(sides, &mut taken, FRAME).unwrap_or(below).middle();
    }
    marks
}

fn mark(ground: &Projection, place: &Place, stops: &[(PlaceId, &Drop)], now: DateTime<Utc>) -> Mark {
    let here = || stops.iter().filter(|(at, _)| *at == place.id);
    let spot = ground.spot(place.latitude, place.longitude);
    Mark {
        spot,
        name: place.routing_key.clone(),
        key: spot,
        stops: here().count(),
        is_late: here().any(|(_, drop)| drop.ends_at < now),
    }
}

impl Mark {
    /// Of its circle.
    pub(super) fn radius(&self) -> f64 {
        if self.stops > 0 { 11.0 } else { 3.0 }
    }
}

fn nearest(drop: &Drop, town: Town<'_>) -> Option<PlaceId> {
    let from = |place: &Place| metres((drop.latitude, drop.longitude), (place.latitude, place.longitude));
    town.places.iter().min_by_key(|place| (from(place), place.id)).map(|place| place.id)
}

fn words(stops: usize, riders: usize) -> String {
    let stops = if stops == 1 { "1 open stop".to_owned() } else { format!("{stops} open stops") };
    let riders = match riders {
        0 => "no rider seen on the way".to_owned(),
        1 => "1 rider seen on the way".to_owned(),
        n => format!("{n} riders seen on the way"),
    };
    format!("Map of our places: {stops}, {riders}. Where each rider is stands in words below.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dispatch::route::Point;

    fn place(id: i32, latitude: f64, longitude: f64) -> Place {
        let text = |name: &str| name.to_owned();
        Place {
            id: PlaceId(id),
            routing_key: format!("D{id:02}"),
            area: text("Area"),
            short_name: text("Area"),
            latitude,
            longitude,
            zone_id: None,
        }
    }

    #[test]
    fn every_place_has_its_name_and_where_two_are_near_one_steps_aside() {
        let places = [place(1, 53.40, -6.30), place(2, 53.30, -6.20), place(3, 53.398, -6.30)];
        let town = Town { places: &places, home: Point { latitude: 53.35, longitude: -6.25 } };
        let map = Map::of(&[], &[], town, DateTime::UNIX_EPOCH).expect("a map");
        let [upper, far, lower] = [0, 1, 2].map(|n: usize| &map.places[n]);
        let step = |mark: &Mark| Spot { x: mark.key.x - mark.spot.x, y: mark.key.y - mark.spot.y };
        let below = Spot { x: 0.0, y: 14.0 };
        assert_eq!([far, lower].map(step), [below, below]);
        assert_eq!(step(upper), Spot { x: 0.0, y: -7.0 }, "below it another one stands");
        let nowhere = Town { places: &[], home: town.home };
        assert!(Map::of(&[], &[], nowhere, DateTime::UNIX_EPOCH).is_none());
    }
}
