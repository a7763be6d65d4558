//! A plain map: the places we go to, how much is still to be brought to each, and where riders were seen on their
//! way. Drawn from what we know ourselves; the same stands in words beside it.

use super::positions::{Town, seen_since, under_way};
use crate::delivery::{Drop, Place, Rider, metres};
use crate::ids::PlaceId;
use chrono::{DateTime, Utc};

/// The picture is so wide and so high; what is drawn lies a little inside.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const EDGE: f64 = 28.0;
const KM_PER_DEGREE: f64 = 111.2;

/// Where something stands in it, from the left and from the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) x: i64,
    pub(super) y: i64,
}

/// A place, and what is still to be brought there.
pub(super) struct Mark {
    pub(super) spot: Spot,
    pub(super) name: String,
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
        let scale = Scale::of(town)?;
        let seen: Vec<(Spot, String)> = riders
            .iter()
            .filter_map(|rider| {
                let (here, _) = seen_since(rider, under_way(rider, open)?.left_at)?;
                Some((scale.spot(here), rider.first_name.chars().take(1).collect()))
            })
            .collect();
        let stops: Vec<(PlaceId, &Drop)> =
            open.iter().filter_map(|drop| Some((nearest(drop, town)?, drop))).collect();
        Some(Self {
            places: town.places.iter().map(|place| mark(&scale, place, &stops, now)).collect(),
            home: scale.spot((town.home.latitude, town.home.longitude)),
            words: words(open.len(), seen.len()),
            riders: seen,
        })
    }
}

fn mark(scale: &Scale, place: &Place, stops: &[(PlaceId, &Drop)], now: DateTime<Utc>) -> Mark {
    let here = || stops.iter().filter(|(at, _)| *at == place.id);
    Mark {
        spot: scale.spot((place.latitude, place.longitude)),
        name: place.routing_key.clone(),
        stops: here().count(),
        is_late: here().any(|(_, drop)| drop.ends_at < now),
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

/// Degrees to points of the picture, alike in both directions.
struct Scale {
    west: f64,
    north: f64,
    /// Points for a degree to the east, and to the south.
    east_points: f64,
    south_points: f64,
}

impl Scale {
    fn of(town: Town<'_>) -> Option<Self> {
        let here = [(town.home.latitude, town.home.longitude)];
        let all = || town.places.iter().map(|p| (p.latitude, p.longitude)).chain(here);
        if town.places.is_empty() {
            return None;
        }
        let least = |of: fn((f64, f64)) -> f64| all().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn((f64, f64)) -> f64| all().map(of).fold(f64::NEG_INFINITY, f64::max);
        let (south, north) = (least(|p| p.0), most(|p| p.0));
        let (west, east) = (least(|p| p.1), most(|p| p.1));
        let narrowed = town.home.latitude.to_radians().cos();
        let (wide, high) = ((east - west) * KM_PER_DEGREE * narrowed, (north - south) * KM_PER_DEGREE);
        let per_km = ((WIDTH - 2.0 * EDGE) / wide.max(1.0)).min((HEIGHT - 2.0 * EDGE) / high.max(1.0));
        // What is less wide or high than the picture stands in its middle.
        let left = (WIDTH - wide * per_km) / 2.0 / (per_km * KM_PER_DEGREE * narrowed);
        let above = (HEIGHT - high * per_km) / 2.0 / (per_km * KM_PER_DEGREE);
        Some(Self {
            west: west - left,
            north: north + above,
            east_points: per_km * KM_PER_DEGREE * narrowed,
            south_points: per_km * KM_PER_DEGREE,
        })
    }

    /// What lies outside of it stands at its edge.
    fn spot(&self, (latitude, longitude): (f64, f64)) -> Spot {
        let x = ((longitude - self.west) * self.east_points).clamp(EDGE / 2.0, WIDTH - EDGE / 2.0);
        let y = ((self.north - latitude) * self.south_points).clamp(EDGE / 2.0, HEIGHT - EDGE / 2.0);
        #[expect(clippy::cast_possible_truncation, reason = "within the picture")]
        let spot = Spot { x: x.round() as i64, y: y.round() as i64 };
        spot
    }
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
    fn the_map_keeps_north_above_and_east_to_the_right_and_everything_inside() {
        let places = [place(1, 53.40, -6.30), place(2, 53.30, -6.20), place(3, 53.35, -6.25)];
        let town = Town { places: &places, home: Point { latitude: 53.35, longitude: -6.25 } };
        let map = Map::of(&[], &[], town, DateTime::UNIX_EPOCH).expect("a map");
        let [north_west, south_east, middle] = [0, 1, 2].map(|n: usize| map.places[n].spot);
        assert!(north_west.x < middle.x && middle.x < south_east.x, "east is right");
        assert!(north_west.y < middle.y && middle.y < south_east.y, "north is above");
        assert_eq!(middle, map.home);
        let scale = Scale::of(town).expect("a scale");
        for far in [(60.0, -6.25), (53.35, 20.0), (-90.0, -180.0)] {
            let Spot { x, y } = scale.spot(far);
            assert!((14..=626).contains(&x) && (14..=346).contains(&y), "{far:?} {x} {y}");
        }
        let nowhere = Town { places: &[], home: town.home };
        assert!(Map::of(&[], &[], nowhere, DateTime::UNIX_EPOCH).is_none());
    }
}
