//! The drawn map: the places we go to by their coordinates, the bay and the river behind them, and on top what
//! moves. The warehouse is in the middle; every direction is true, and what is far is drawn nearer than it is, so
//! that the middle, where most goes on, has room. Numbers for a picture of [`FRAME`]'s points;
//! whoever does not see it reads the words.

use super::scene::{Known, Scene, Seen, Stage};
use super::words;
use crate::delivery::Place;
use crate::dispatch::chart::{self, Area, Frame, Letters, Projection, Side, Spot};

pub(super) const FRAME: Frame = Frame { width: 640.0, height: 600.0 };
/// From the middle to the place that is farthest away.
const REACH: f64 = 262.0;
/// Where the bay's name stands.
pub(super) const WATER: Spot = Spot { x: 556.8, y: 300.0 };
const NAMES: Letters = Letters { wide: 6.3, above: 11.0, below: 4.0 };
/// Of orders, which are written in capitals and figures, and heavier.
const NUMBERS: Letters = Letters { wide: 7.6, above: 10.0, below: 4.0 };

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

/// A place we go to.
pub(super) struct Town {
    pub(super) spot: Spot,
    pub(super) label: String,
    /// Where its name stands; nothing where it would be covered, which says less than no name.
    pub(super) name: Option<Side>,
    /// Whether something goes there.
    pub(super) is_wanted: bool,
}

pub(super) struct Pin {
    pub(super) spot: Spot,
    pub(super) number: String,
    /// Where that stands, seen from the pin.
    pub(super) beside: Spot,
    pub(super) anchor: &'static str,
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
        let doors: Vec<(f64, f64)> = scene.places.iter().map(|p| (p.latitude, p.longitude)).collect();
        let ground = Projection::nearing(scene.home, &doors, FRAME, REACH);
        let home = ground.spot(scene.home.latitude, scene.home.longitude);
        let bikes = bikes(&ground, home, &scene.riders);
        let mut taken = standing(home, &bikes, &scene.riders);
        let pins = pins(&ground, &scene.orders, &mut taken);
        let to = |rider: &Seen| {
            let index = scene.orders.iter().position(|known| Some(known.order.id) == rider.to)?;
            pins.get(index).map(|pin| pin.spot)
        };
        let ways = scene.riders.iter().zip(&bikes);
        let ways = ways.filter_map(|(rider, bike)| Some(Way { from: bike.spot, to: to(rider)? })).collect();
        Self {
            sea: ground.east_of(&COAST),
            river: ground.line(&RIVER),
            towns: towns(&ground, &scene.places, &scene.orders, taken),
            home,
            ways,
            pins,
            bikes,
            words: picture(scene),
        }
    }
}

/// What is drawn and stays where it is: the warehouse, the bay's name, and riders who wait. Riders on their way pass
/// over names, which do not step aside for them.
fn standing(home: Spot, bikes: &[Bike], riders: &[Seen]) -> Vec<Area> {
    let mut taken = vec![Area::around(home, 24.0, 24.0), NAMES.below(WATER, 0.0, "Dublin Bay").covers];
    for bike in riders.iter().zip(bikes).filter(|(rider, _)| rider.at.is_none()).map(|(_, bike)| bike) {
        taken.push(Area::around(bike.spot, 18.0, 18.0));
        taken.push(NUMBERS.above(bike.spot, 22.0, &bike.name).covers);
    }
    taken
}

/// The places with their names, each at the first side where nothing else stands; those where something goes
/// first.
fn towns(ground: &Projection, places: &[Place], orders: &[Known], mut taken: Vec<Area>) -> Vec<Town> {
    let is_wanted =
        |place: &Place| orders.iter().any(|k| k.order.place_id == place.id && k.stage != Stage::Delivered);
    let mut towns: Vec<Town> = places
        .iter()
        .map(|place| Town {
            spot: ground.spot(place.latitude, place.longitude),
            label: place.short_name.clone(),
            name: None,
            is_wanted: is_wanted(place),
        })
        .collect();
    towns.sort_by_key(|town| !town.is_wanted);
    taken.extend(towns.iter().map(|town| Area::around(town.spot, 5.0, 5.0)));
    for town in &mut towns {
        town.name = chart::place(sides(town.spot, &town.label), &mut taken, FRAME);
    }
    towns
}

/// Where a place's name may stand: right of its dot, left, below, above; or beside a pin that stands on it, which is
/// larger in a small picture.
fn sides(spot: Spot, name: &str) -> [Side; 8] {
    [
        NAMES.right(spot, 8.0, name),
        NAMES.left(spot, 8.0, name),
        NAMES.below(spot, 19.0, name),
        NAMES.above(spot, 9.0, name),
        NAMES.right(spot, 25.0, name),
        NAMES.left(spot, 25.0, name),
        NAMES.above(spot, 27.0, name),
        NAMES.below(spot, 43.0, name),
    ]
}

/// One beside the other where several go to one place, each with its number where no other pin covers it.
fn pins(ground: &Projection, orders: &[Known], taken: &mut Vec<Area>) -> Vec<Pin> {
    let pin = |(n, known): (usize, &Known)| {
        let before = orders[..n].iter().filter(|other| other.door == known.door).count();
        let (tone, icon, _) = words::badge(known.stage);
        let spot = beside(ground.spot(known.door.0, known.door.1), before);
        let (anchor, number) = ("middle", known.order.number.to_string());
        Pin { spot, number, beside: Spot { x: 0.0, y: 27.0 }, anchor, tone, icon, is_crowded: before > 0 }
    };
    let mut pins: Vec<Pin> = orders.iter().enumerate().map(pin).collect();
    taken.extend(pins.iter().map(|pin| Area::around(pin.spot, 15.0, 15.0)));
    for pin in &mut pins {
        let (spot, number) = (pin.spot, &pin.number);
        let sides = [
            NUMBERS.below(spot, 27.0, number),
            NUMBERS.above(spot, 20.0, number),
            NUMBERS.right(spot, 19.0, number),
            NUMBERS.left(spot, 19.0, number),
        ];
        // Where none is free it stands below all the same: it is what one looks for.
        let side = chart::place(sides, taken, FRAME).unwrap_or(sides[0]);
        pin.beside = Spot { x: side.at.x - spot.x, y: side.at.y - spot.y }.tenths();
        pin.anchor = side.anchor;
    }
    pins
}

fn bikes(ground: &Projection, home: Spot, riders: &[Seen]) -> Vec<Bike> {
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
    Spot { x: spot.x + right * wider, y: spot.y + down * wider }.tenths()
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
    use crate::dispatch::Point;
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

    fn ground(places: &[Place]) -> Projection {
        let doors: Vec<(f64, f64)> = places.iter().map(|p| (p.latitude, p.longitude)).collect();
        Projection::nearing(HOME, &doors, FRAME, REACH)
    }

    #[test]
    fn of_names_side_by_side_neither_covers_another_nor_stands_under_a_pin() {
        let mut places = vec![place(53.40, -6.20), place(53.40, -6.195), place(53.399, -6.19)];
        // Doors around the warehouse, where pins stand closest.
        places.extend(
            (0..8_i32).map(|n| place(53.34 + f64::from(n % 3 - 1) * 0.002, -6.27 + f64::from(n) * 0.001)),
        );
        let ground = ground(&places);
        let home = ground.spot(HOME.latitude, HOME.longitude);
        let pins: Vec<Area> = places[3..]
            .iter()
            .map(|p| Area::around(ground.spot(p.latitude, p.longitude), 15.0, 15.0))
            .collect();
        let mut drawn = standing(home, &[], &[]);
        drawn.extend(pins);
        let towns = towns(&ground, &places, &[], drawn.clone());
        let names: Vec<Area> = towns.iter().filter_map(|town| town.name).map(|side| side.covers).collect();
        assert!(names.len() >= 3, "those that are far from all have theirs");
        for (n, one) in names.iter().enumerate() {
            let others = drawn.iter().chain(&names[n + 1..]);
            others.for_each(|other| assert!(!one.overlaps(other), "{one:?} {other:?}"));
        }
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
