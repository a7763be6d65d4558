//! The drawn map: the places we go to by their coordinates, the bay and the river behind them, and on top what
//! moves. The warehouse is in the middle; every direction is true, and what is far is drawn nearer than it is, so
//! that the middle, where most goes on, has room. Numbers for a picture of [`WIDTH`] by [`HEIGHT`] points;
//! whoever does not see it reads the words.

use super::scene::{Known, Scene, Seen, Stage};
use super::words;
use crate::delivery::Place;
use crate::dispatch::Point;

pub(super) const WIDTH: f64 = 640.0;
pub(super) const HEIGHT: f64 = 600.0;
/// From the middle to the place that is farthest away, and how much nearer the far ones are drawn: the distance
/// counts by this power.
const REACH: f64 = 262.0;
const POWER: f64 = 0.6;

/// The coast of Dublin Bay from north to south, and the Liffey from west to east: latitude, longitude.
const COAST: [(f64, f64); 18] = [
    (53.425, -6.122),
    (53.398, -6.128),
    (53.386, -6.138),
    (53.377, -6.160),
    (53.366, -6.182),
    (53.361, -6.204),
    (53.356, -6.222),
    (53.350, -6.212),
    (53.346, -6.196),
    (53.340, -6.192),
    (53.334, -6.208),
    (53.324, -6.208),
    (53.313, -6.192),
    (53.303, -6.172),
    (53.296, -6.150),
    (53.288, -6.120),
    (53.275, -6.098),
    (53.225, -6.090),
];
const RIVER: [(f64, f64); 11] = [
    (53.352, -6.450),
    (53.357, -6.400),
    (53.359, -6.375),
    (53.350, -6.350),
    (53.347, -6.320),
    (53.347, -6.292),
    (53.346, -6.272),
    (53.347, -6.258),
    (53.348, -6.248),
    (53.346, -6.226),
    (53.346, -6.196),
];

/// Where something stands in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A place we go to; `anchor` is the side of its name that stands at its point.
pub(super) struct Town {
    pub(super) spot: Spot,
    pub(super) name: Spot,
    pub(super) label: String,
    pub(super) anchor: &'static str,
    /// Whether something goes there.
    pub(super) is_wanted: bool,
}

pub(super) struct Pin {
    pub(super) spot: Spot,
    pub(super) number: String,
    pub(super) tone: &'static str,
    pub(super) icon: &'static str,
    /// Whether it stands beside another one, where a small picture has no room for its number.
    pub(super) is_crowded: bool,
}

pub(super) struct Bike {
    pub(super) spot: Spot,
    pub(super) name: String,
    pub(super) tone: &'static str,
}

/// From a rider to the door they are under way to.
pub(super) struct Way {
    pub(super) from: Spot,
    pub(super) to: Spot,
}

pub(super) struct Map {
    pub(super) sea: String,
    pub(super) river: String,
    pub(super) towns: Vec<Town>,
    pub(super) home: Spot,
    pub(super) ways: Vec<Way>,
    pub(super) pins: Vec<Pin>,
    pub(super) bikes: Vec<Bike>,
    /// The whole picture, in sentences.
    pub(super) words: String,
}

impl Map {
    pub(super) fn of(scene: &Scene) -> Self {
        let ground = Ground::of(&scene.places, scene.home);
        let home = ground.spot(scene.home.latitude, scene.home.longitude);
        let pins = pins(&ground, &scene.orders);
        let bikes = bikes(&ground, home, &scene.riders);
        let to = |rider: &Seen| {
            let index = scene.orders.iter().position(|known| Some(known.order.id) == rider.to)?;
            pins.get(index).map(|pin| pin.spot)
        };
        let ways = scene.riders.iter().zip(&bikes);
        let ways = ways.filter_map(|(rider, bike)| Some(Way { from: bike.spot, to: to(rider)? })).collect();
        Self {
            sea: ground.sea(),
            river: ground.line(&RIVER),
            towns: towns(&ground, &scene.places, &scene.orders),
            home,
            ways,
            pins,
            bikes,
            words: picture(scene),
        }
    }
}

/// How coordinates become points.
struct Ground {
    home: Point,
    /// How far the farthest place is, in degrees of latitude.
    farthest: f64,
}

impl Ground {
    fn of(places: &[Place], home: Point) -> Self {
        let far = |place: &Place| {
            let (east, north) = away(home, place.latitude, place.longitude);
            east.hypot(north)
        };
        // A town of one place has no width: it is drawn as if it were a kilometre wide.
        Self { home, farthest: places.iter().map(far).fold(0.01, f64::max) }
    }

    fn spot(&self, latitude: f64, longitude: f64) -> Spot {
        let (east, north) = away(self.home, latitude, longitude);
        let far = east.hypot(north);
        let stretch = if far > 0.0 { REACH * (far / self.farthest).powf(POWER) / far } else { 0.0 };
        Spot { x: tenth(WIDTH / 2.0 + east * stretch), y: tenth(HEIGHT / 2.0 - north * stretch) }
    }

    fn line(&self, points: &[(f64, f64)]) -> String {
        let spots = points.iter().map(|(latitude, longitude)| self.spot(*latitude, *longitude));
        let steps: Vec<String> = spots.map(|spot| format!("{} {}", spot.x, spot.y)).collect();
        format!("M{}", steps.join("L"))
    }

    /// From the coast to beyond the right edge.
    fn sea(&self) -> String {
        let far = WIDTH * 2.0;
        format!("{}L{far} {}L{far} {}Z", self.line(&COAST), HEIGHT * 2.0, -HEIGHT)
    }
}

/// How far east and north of home, in degrees of latitude.
fn away(home: Point, latitude: f64, longitude: f64) -> (f64, f64) {
    let narrower = home.latitude.to_radians().cos();
    ((longitude - home.longitude) * narrower, latitude - home.latitude)
}

fn tenth(n: f64) -> f64 {
    (n * 10.0).round() / 10.0
}

/// What is covered: left, top, right, bottom.
type Box = (f64, f64, f64, f64);

/// The places with their names, each on the first side where nothing else stands.
fn towns(ground: &Ground, places: &[Place], orders: &[Known]) -> Vec<Town> {
    let spots: Vec<Spot> = places.iter().map(|place| ground.spot(place.latitude, place.longitude)).collect();
    let dot = |spot: &Spot| (spot.x - 5.0, spot.y - 5.0, spot.x + 5.0, spot.y + 5.0);
    let mut taken: Vec<Box> =
        vec![(WIDTH / 2.0 - 24.0, HEIGHT / 2.0 - 24.0, WIDTH / 2.0 + 24.0, HEIGHT / 2.0 + 24.0)];
    taken.extend(spots.iter().map(dot));
    let mut towns = Vec::new();
    for (place, spot) in places.iter().zip(spots) {
        let sides = sides(spot, &place.short_name);
        let is_free = |(_, _, label): &&(&'static str, Spot, Box)| {
            let is_inside = label.0 > 4.0 && label.2 < WIDTH - 4.0;
            is_inside && taken.iter().all(|other| *other == dot(&spot) || !overlap(*label, *other))
        };
        let (anchor, name, label) = *sides.iter().find(is_free).unwrap_or(&sides[0]);
        taken.push(label);
        let is_wanted = orders.iter().any(|k| k.order.place_id == place.id && k.stage != Stage::Delivered);
        towns.push(Town { spot, name, label: place.short_name.clone(), anchor, is_wanted });
    }
    towns
}

/// Where a name may stand: right, left, below, above; with what it covers there.
fn sides(spot: Spot, name: &str) -> [(&'static str, Spot, Box); 4] {
    let letters = f64::from(u32::try_from(name.chars().count()).unwrap_or(0));
    let (Spot { x, y }, wide) = (spot, letters * 6.3);
    let half = wide / 2.0;
    let at = |x, y| Spot { x: tenth(x), y: tenth(y) };
    [
        ("start", at(x + 8.0, y + 4.0), (x + 8.0, y - 7.0, x + 8.0 + wide, y + 8.0)),
        ("end", at(x - 8.0, y + 4.0), (x - 8.0 - wide, y - 7.0, x - 8.0, y + 8.0)),
        ("middle", at(x, y + 19.0), (x - half, y + 8.0, x + half, y + 23.0)),
        ("middle", at(x, y - 9.0), (x - half, y - 20.0, x + half, y - 7.0)),
    ]
}

fn overlap(one: Box, other: Box) -> bool {
    one.0 <= other.2 && other.0 <= one.2 && one.1 <= other.3 && other.1 <= one.3
}

/// One beside the other where several go to one place.
fn pins(ground: &Ground, orders: &[Known]) -> Vec<Pin> {
    let pin = |(n, known): (usize, &Known)| {
        let before = orders[..n].iter().filter(|other| other.door == known.door).count();
        let (tone, icon, _) = words::badge(known.stage);
        let spot = beside(ground.spot(known.door.0, known.door.1), before);
        Pin { spot, number: known.order.number.to_string(), tone, icon, is_crowded: before > 0 }
    };
    orders.iter().enumerate().map(pin).collect()
}

fn bikes(ground: &Ground, home: Spot, riders: &[Seen]) -> Vec<Bike> {
    let mut at_home: i32 = 0;
    let bike = |rider: &Seen| {
        let spot = match rider.at {
            Some((latitude, longitude)) => ground.spot(latitude, longitude),
            None => {
                at_home += 1;
                // To the left and to the right of it, then farther off.
                let side = if at_home % 2 == 1 { -46.0 } else { 46.0 };
                let below = f64::from((at_home - 1) / 2) * 52.0;
                Spot { x: home.x + side, y: home.y + below }
            }
        };
        let tone = if rider.on_shift { "good" } else { "warn" };
        Bike { spot, name: rider.name.clone(), tone }
    };
    riders.iter().map(bike).collect()
}

/// The nth of those at one spot: the first stands there, the others around it, with room for their numbers.
fn beside(spot: Spot, n: usize) -> Spot {
    const AROUND: [(f64, f64); 6] =
        [(0.0, 62.0), (-56.0, 31.0), (56.0, 31.0), (-56.0, -31.0), (56.0, -31.0), (0.0, -62.0)];
    let Some(n) = n.checked_sub(1) else { return spot };
    let (right, down) = AROUND[n % AROUND.len()];
    // More than these stand on a wider ring.
    let wider = 1.0 + f64::from(u32::try_from(n / AROUND.len()).unwrap_or(0)) * 0.5;
    Spot { x: tenth(spot.x + right * wider), y: tenth(spot.y + down * wider) }
}

fn picture(scene: &Scene) -> String {
    let open = scene.orders.iter().filter(|known| known.stage != Stage::Delivered).count();
    let count = match open {
        0 => "No order is open.".to_owned(),
        1 => "One order is open.".to_owned(),
        n => format!("{n} orders are open."),
    };
    let said = scene.riders.iter().map(|rider| told(rider, scene));
    std::iter::once(count).chain(said).collect::<Vec<_>>().join(" ")
}

fn told(rider: &Seen, scene: &Scene) -> String {
    let name = &rider.name;
    if let Some(known) = scene.orders.iter().find(|known| Some(known.order.id) == rider.to) {
        let (number, area) = (&known.order.number, &known.area);
        let how = if known.stage == Stage::AtTheDoor { "is at the door of" } else { "is on the way with" };
        return format!("{name} {how} {number}, {area}.");
    }
    match (rider.on_shift, rider.stops) {
        (false, _) => format!("{name} has had to stop, or is off shift."),
        (true, 0) => format!("{name} waits at the warehouse."),
        (true, 1) => format!("{name} loads an order at the warehouse."),
        (true, n) => format!("{name} loads {n} orders at the warehouse."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PlaceId;

    fn place(latitude: f64, longitude: f64) -> Place {
        let name = "Somewhere".to_owned();
        Place {
            id: PlaceId(1),
            routing_key: "D00".into(),
            area: name.clone(),
            short_name: name,
            latitude,
            longitude,
            zone_id: None,
        }
    }

    const HOME: Point = Point { latitude: 53.34, longitude: -6.27 };

    #[test]
    fn north_is_up_directions_are_true_and_all_places_are_inside() {
        let places =
            [place(53.40, -6.153), place(53.258, -6.185), place(53.326, -6.399), place(53.35, -6.27)];
        let ground = Ground::of(&places, HOME);
        let spots: Vec<Spot> = places.iter().map(|p| ground.spot(p.latitude, p.longitude)).collect();
        assert!(spots[0].y < spots[2].y && spots[2].y < spots[1].y && spots[2].x < spots[0].x, "{spots:?}");
        let middle = Spot { x: WIDTH / 2.0, y: HEIGHT / 2.0 };
        assert_eq!(ground.spot(HOME.latitude, HOME.longitude), middle);
        assert!(spots[3].x.to_bits() == middle.x.to_bits() && spots[3].y < middle.y, "due north: {spots:?}");
        let far = |s: &Spot| (s.x - middle.x).hypot(s.y - middle.y);
        assert!(spots.iter().all(|s| far(s) < REACH + 1.0), "{spots:?}");
    }

    #[test]
    fn a_town_of_one_place_or_none_is_drawn_too() {
        for places in [vec![], vec![place(53.34, -6.26)]] {
            let spot = Ground::of(&places, HOME).spot(53.34, -6.26);
            assert!((0.0..=WIDTH).contains(&spot.x) && (0.0..=HEIGHT).contains(&spot.y), "{spot:?}");
        }
    }

    #[test]
    fn of_two_names_side_by_side_neither_covers_the_other() {
        let places = [place(53.40, -6.20), place(53.40, -6.195), place(53.399, -6.19)];
        let towns = towns(&Ground::of(&places, HOME), &places, &[]);
        let boxes: Vec<Box> = towns
            .iter()
            .map(|t| {
                sides(t.spot, &t.label).into_iter().find(|(_, name, _)| *name == t.name).expect("a side").2
            })
            .collect();
        assert!(!overlap(boxes[0], boxes[1]) && !overlap(boxes[1], boxes[2]), "{boxes:?}");
    }

    #[test]
    fn what_goes_to_one_place_stands_side_by_side() {
        let middle = Spot { x: 100.0, y: 100.0 };
        let spots: Vec<Spot> = (0..9).map(|n| beside(middle, n)).collect();
        for (n, one) in spots.iter().enumerate() {
            for other in &spots[n + 1..] {
                assert!((one.x - other.x).hypot(one.y - other.y) > 15.0, "{spots:?}");
            }
        }
    }
}
