//! The drawn map: the places we go to by their coordinates, the bay and the river behind them, and on top what
//! moves. Numbers for a picture of [`WIDTH`] by [`HEIGHT`] points; whoever does not see it reads the words.

use super::scene::{Known, Scene, Seen, Stage};
use super::words;
use crate::delivery::Place;

pub(super) const WIDTH: f64 = 640.0;
pub(super) const HEIGHT: f64 = 600.0;
/// Left free around the places: at the sides their names need some.
const SIDE: f64 = 48.0;
const EDGE: f64 = 40.0;
/// What stands at one spot is put on a ring around it.
const RING: f64 = 22.0;

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
        let ground = Ground::of(&scene.places);
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
            towns: scene.places.iter().map(|place| town(&ground, place, &scene.orders)).collect(),
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
    north: f64,
    west: f64,
    /// Points of a degree, each way.
    down: f64,
    across: f64,
}

impl Ground {
    fn of(places: &[Place]) -> Self {
        let least = |of: fn(&Place) -> f64| places.iter().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn(&Place) -> f64| places.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        let (south, north) = (least(|p| p.latitude), most(|p| p.latitude));
        let (west, east) = (least(|p| p.longitude), most(|p| p.longitude));
        if places.is_empty() {
            return Self { north: 53.4, west: -6.4, down: 3_600.0, across: 2_150.0 };
        }
        let narrower = f64::midpoint(south, north).to_radians().cos();
        // A town of one place has no width: it is drawn as if it were a kilometre wide.
        let (high, wide) = ((north - south).max(0.01), (east - west).max(0.01));
        let down = ((HEIGHT - 2.0 * EDGE) / high).min((WIDTH - 2.0 * SIDE) / (wide * narrower));
        let across = down * narrower;
        let (free_x, free_y) = (WIDTH - wide * across, HEIGHT - high * down);
        Self { north: north + free_y / 2.0 / down, west: west - free_x / 2.0 / across, down, across }
    }

    fn spot(&self, latitude: f64, longitude: f64) -> Spot {
        let tenth = |n: f64| (n * 10.0).round() / 10.0;
        Spot {
            x: tenth((longitude - self.west) * self.across),
            y: tenth((self.north - latitude) * self.down),
        }
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

fn town(ground: &Ground, place: &Place, orders: &[Known]) -> Town {
    let spot = ground.spot(place.latitude, place.longitude);
    // Names run away from the middle, where there is least room, and never over the edge.
    let (anchor, x) = if spot.x > WIDTH * 0.8 || (spot.x < WIDTH / 2.0 && spot.x > WIDTH * 0.2) {
        ("end", spot.x - 8.0)
    } else {
        ("start", spot.x + 8.0)
    };
    let is_wanted = orders.iter().any(|k| k.order.place_id == place.id && k.stage != Stage::Delivered);
    Town { spot, name: Spot { x, y: spot.y + 4.0 }, label: place.short_name.clone(), anchor, is_wanted }
}

/// One beside the other where several go to one place.
fn pins(ground: &Ground, orders: &[Known]) -> Vec<Pin> {
    let pin = |(n, known): (usize, &Known)| {
        let before = orders[..n].iter().filter(|other| other.door == known.door).count();
        let (tone, icon, _) = words::badge(known.stage);
        let spot = ring(ground.spot(known.door.0, known.door.1), before, RING * 1.6);
        Pin { spot, number: known.order.number.to_string(), tone, icon }
    };
    orders.iter().enumerate().map(pin).collect()
}

fn bikes(ground: &Ground, home: Spot, riders: &[Seen]) -> Vec<Bike> {
    let mut at_home = 0;
    let bike = |rider: &Seen| {
        let spot = match rider.at {
            Some((latitude, longitude)) => ground.spot(latitude, longitude),
            None => {
                at_home += 1;
                ring(home, at_home, RING * 1.5)
            }
        };
        let tone = if rider.on_shift { "good" } else { "warn" };
        Bike { spot, name: rider.name.clone(), tone }
    };
    riders.iter().map(bike).collect()
}

/// The nth of those at one spot: the first stands there, the others around it.
fn ring(spot: Spot, n: usize, radius: f64) -> Spot {
    if n == 0 {
        return spot;
    }
    let turn = f64::from(u32::try_from(n - 1).unwrap_or(0));
    let (sin, cos) = (turn * 1.1 + 0.5).sin_cos();
    let tenth = |n: f64| (n * 10.0).round() / 10.0;
    Spot { x: tenth(spot.x + radius * cos), y: tenth(spot.y + radius * sin) }
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

    #[test]
    fn north_is_up_and_all_places_are_inside() {
        let places = [place(53.40, -6.153), place(53.258, -6.185), place(53.326, -6.399)];
        let ground = Ground::of(&places);
        let spots: Vec<Spot> = places.iter().map(|p| ground.spot(p.latitude, p.longitude)).collect();
        assert!(spots[0].y < spots[2].y && spots[2].y < spots[1].y && spots[2].x < spots[0].x, "{spots:?}");
        let inside = |s: &Spot| {
            (SIDE - 0.1..=WIDTH - SIDE + 0.1).contains(&s.x)
                && (EDGE - 0.1..=HEIGHT - EDGE + 0.1).contains(&s.y)
        };
        assert!(spots.iter().all(inside), "{spots:?}");
    }

    #[test]
    fn a_town_of_one_place_or_none_is_drawn_too() {
        for places in [vec![], vec![place(53.34, -6.26)]] {
            let spot = Ground::of(&places).spot(53.34, -6.26);
            assert!((0.0..=WIDTH).contains(&spot.x) && (0.0..=HEIGHT).contains(&spot.y), "{spot:?}");
        }
    }

    #[test]
    fn what_goes_to_one_place_stands_side_by_side() {
        let middle = Spot { x: 100.0, y: 100.0 };
        let spots: Vec<Spot> = (0..6).map(|n| ring(middle, n, RING)).collect();
        for (n, one) in spots.iter().enumerate() {
            for other in &spots[n + 1..] {
                assert!((one.x - other.x).hypot(one.y - other.y) > 15.0, "{spots:?}");
            }
        }
    }
}
