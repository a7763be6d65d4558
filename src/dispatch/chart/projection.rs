//! Coordinates become points: north is above, east to the right, and directions from the warehouse are true.

use crate::dispatch::route::Point;

/// Kilometres from one degree of latitude to the next.
const KM_PER_DEGREE: f64 = 111.2;

/// Where something stands in a picture, from the left and from the top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spot {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// A picture's width and height, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    pub(crate) width: f64,
    pub(crate) height: f64,
}

pub(crate) struct Projection {
    home: Point,
    frame: Frame,
    scale: Scale,
}

enum Scale {
    /// Everything to one scale: the middle of what is shown, east and north of home in degrees of latitude, and how
    /// many points one of these takes. What lies outside stands at the edge.
    Even { middle: (f64, f64), points: f64, edge: f64 },
    /// What is far is drawn nearer than it is: the distance of the farthest, in the same degrees, and in points.
    Nearing { farthest: f64, reach: f64 },
}

/// How much nearer the far ones are drawn: the distance counts by this power.
const POWER: f64 = 0.6;

impl Projection {
    /// All of these and home inside, as large as they can be with so much room around; a town of less than a
    /// kilometre is drawn as one of a kilometre.
    pub(crate) fn even(home: Point, all: &[(f64, f64)], frame: Frame, edge: f64) -> Self {
        let spots =
            || all.iter().map(|(latitude, longitude)| away(home, *latitude, *longitude)).chain([(0.0, 0.0)]);
        let ends = |of: fn((f64, f64)) -> f64| {
            let least = spots().map(of).fold(f64::INFINITY, f64::min);
            (least, spots().map(of).fold(f64::NEG_INFINITY, f64::max))
        };
        let ((west, east), (south, north)) = (ends(|p| p.0), ends(|p| p.1));
        let a_km = 1.0 / KM_PER_DEGREE;
        let across = (frame.width - 2.0 * edge) / (east - west).max(a_km);
        let points = across.min((frame.height - 2.0 * edge) / (north - south).max(a_km));
        let middle = (f64::midpoint(west, east), f64::midpoint(south, north));
        Self { home, frame, scale: Scale::Even { middle, points, edge } }
    }

    /// Home in the middle, and the farthest of these so many points away from it.
    pub(crate) fn nearing(home: Point, all: &[(f64, f64)], frame: Frame, reach: f64) -> Self {
        let far = |(latitude, longitude): &(f64, f64)| {
            let (east, north) = away(home, *latitude, *longitude);
            east.hypot(north)
        };
        // A town of one place has no width: it is drawn as if it were a kilometre wide.
        let farthest = all.iter().map(far).fold(0.01, f64::max);
        Self { home, frame, scale: Scale::Nearing { farthest, reach } }
    }

    pub(crate) fn spot(&self, latitude: f64, longitude: f64) -> Spot {
        let (east, north) = away(self.home, latitude, longitude);
        let Frame { width, height } = self.frame;
        match self.scale {
            Scale::Even { middle, points, edge } => {
                let x = (width / 2.0 + (east - middle.0) * points).clamp(edge / 2.0, width - edge / 2.0);
                let y = (height / 2.0 - (north - middle.1) * points).clamp(edge / 2.0, height - edge / 2.0);
                Spot { x: x.round(), y: y.round() }
            }
            Scale::Nearing { farthest, reach } => {
                let far = east.hypot(north);
                let stretch = if far > 0.0 { reach * (far / farthest).powf(POWER) / far } else { 0.0 };
                Spot { x: width / 2.0 + east * stretch, y: height / 2.0 - north * stretch }.tenths()
            }
        }
    }

    /// A line through all of these, as a path has it.
    pub(crate) fn line(&self, points: &[(f64, f64)]) -> String {
        let spots = points.iter().map(|(latitude, longitude)| self.spot(*latitude, *longitude));
        let steps: Vec<String> = spots.map(|spot| format!("{} {}", spot.x, spot.y)).collect();
        format!("M{}", steps.join("L"))
    }

    /// What lies between this line and far beyond the right edge.
    pub(crate) fn east_of(&self, points: &[(f64, f64)]) -> String {
        let Frame { width, height } = self.frame;
        let far = width * 2.0;
        format!("{}L{far} {}L{far} {}Z", self.line(points), height * 2.0, -height)
    }
}

impl Spot {
    /// As written in a page: no finer than anybody sees.
    #[must_use]
    pub(crate) fn tenths(self) -> Self {
        let tenth = |n: f64| (n * 10.0).round() / 10.0;
        Self { x: tenth(self.x), y: tenth(self.y) }
    }
}

/// How far east and north of home, in degrees of latitude.
fn away(home: Point, latitude: f64, longitude: f64) -> (f64, f64) {
    let narrower = home.latitude.to_radians().cos();
    ((longitude - home.longitude) * narrower, latitude - home.latitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Point = Point { latitude: 53.34, longitude: -6.27 };
    const FRAME: Frame = Frame { width: 640.0, height: 600.0 };

    #[test]
    fn north_is_up_directions_are_true_and_all_places_are_inside() {
        let places = [(53.40, -6.153), (53.258, -6.185), (53.326, -6.399), (53.35, -6.27)];
        let ground = Projection::nearing(HOME, &places, FRAME, 262.0);
        let spots: Vec<Spot> = places.iter().map(|p| ground.spot(p.0, p.1)).collect();
        assert!(spots[0].y < spots[2].y && spots[2].y < spots[1].y && spots[2].x < spots[0].x, "{spots:?}");
        let middle = Spot { x: 320.0, y: 300.0 };
        assert_eq!(ground.spot(HOME.latitude, HOME.longitude), middle);
        assert!(spots[3].x.to_bits() == middle.x.to_bits() && spots[3].y < middle.y, "due north: {spots:?}");
        let far = |s: &Spot| (s.x - middle.x).hypot(s.y - middle.y);
        assert!(spots.iter().all(|s| far(s) < 263.0), "{spots:?}");
    }

    #[test]
    fn a_town_of_one_place_or_none_is_drawn_too() {
        for places in [vec![], vec![(53.34, -6.26)]] {
            for ground in [
                Projection::nearing(HOME, &places, FRAME, 262.0),
                Projection::even(HOME, &places, FRAME, 28.0),
            ] {
                let spot = ground.spot(53.34, -6.26);
                assert!((0.0..=640.0).contains(&spot.x) && (0.0..=600.0).contains(&spot.y), "{spot:?}");
            }
        }
    }

    #[test]
    fn to_one_scale_everything_stands_inside_and_what_is_outside_at_the_edge() {
        let places = [(53.40, -6.30), (53.30, -6.20), (53.35, -6.25)];
        let home = Point { latitude: 53.35, longitude: -6.25 };
        let ground = Projection::even(home, &places, Frame { width: 640.0, height: 360.0 }, 28.0);
        let [north_west, south_east, middle] =
            places.map(|(latitude, longitude)| ground.spot(latitude, longitude));
        assert!(north_west.x < middle.x && middle.x < south_east.x, "east is right");
        assert!(north_west.y < middle.y && middle.y < south_east.y, "north is above");
        assert_eq!(middle, Spot { x: 320.0, y: 180.0 });
        for far in [(60.0, -6.25), (53.35, 20.0), (-90.0, -180.0)] {
            let Spot { x, y } = ground.spot(far.0, far.1);
            assert!((14.0..=626.0).contains(&x) && (14.0..=346.0).contains(&y), "{far:?} {x} {y}");
        }
    }
}
