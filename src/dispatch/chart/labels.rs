//! Where names stand: each at the first side of its spot where it covers nothing and nothing covers it.

use super::projection::{Frame, Spot};

/// What is covered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Area {
    /// So far to each side, and so far above and below.
    pub(crate) fn around(Spot { x, y }: Spot, wide: f64, high: f64) -> Self {
        Self { left: x - wide, top: y - high, right: x + wide, bottom: y + high }
    }

    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn is_inside(&self, frame: Frame) -> bool {
        const AIR: f64 = 4.0;
        let is_across = self.left > AIR && self.right < frame.width - AIR;
        is_across && self.top > AIR && self.bottom < frame.height - AIR
    }
}

/// How much room letters take, in points: each in width, and above and below the line they stand on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Letters {
    pub(crate) wide: f64,
    pub(crate) above: f64,
    pub(crate) below: f64,
}

/// A name beside its spot; `anchor` is the side of it that stands at `at`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Side {
    pub(crate) anchor: &'static str,
    pub(crate) at: Spot,
    pub(crate) covers: Area,
}

impl Side {
    /// The middle of the name, on the line that it stands on.
    pub(crate) fn middle(&self) -> Spot {
        Spot { x: f64::midpoint(self.covers.left, self.covers.right), y: self.at.y }.tenths()
    }
}

impl Letters {
    fn half(self, name: &str) -> f64 {
        f64::from(u32::try_from(name.chars().count()).unwrap_or(0)) * self.wide / 2.0
    }

    fn side(self, anchor: &'static str, at: Spot, middle: f64, name: &str) -> Side {
        let half = self.half(name);
        let (top, bottom) = (at.y - self.above, at.y + self.below);
        Side {
            anchor,
            at: at.tenths(),
            covers: Area { left: middle - half, top, right: middle + half, bottom },
        }
    }

    /// So far to the right of its spot.
    pub(crate) fn right(self, Spot { x, y }: Spot, far: f64, name: &str) -> Side {
        self.side("start", Spot { x: x + far, y: y + 4.0 }, x + far + self.half(name), name)
    }

    pub(crate) fn left(self, Spot { x, y }: Spot, far: f64, name: &str) -> Side {
        self.side("end", Spot { x: x - far, y: y + 4.0 }, x - far - self.half(name), name)
    }

    /// The line it stands on is so far below.
    pub(crate) fn below(self, Spot { x, y }: Spot, far: f64, name: &str) -> Side {
        self.side("middle", Spot { x, y: y + far }, x, name)
    }

    pub(crate) fn above(self, Spot { x, y }: Spot, far: f64, name: &str) -> Side {
        self.side("middle", Spot { x, y: y - far }, x, name)
    }
}

/// The first side that is inside the picture and free, which is taken from then on. `None`: there is none.
pub(crate) fn place(
    sides: impl IntoIterator<Item = Side>,
    taken: &mut Vec<Area>,
    frame: Frame,
) -> Option<Side> {
    let is_free =
        |side: &Side| side.covers.is_inside(frame) && !taken.iter().any(|other| side.covers.overlaps(other));
    let found = sides.into_iter().find(is_free)?;
    taken.push(found.covers);
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame { width: 640.0, height: 600.0 };
    const LETTERS: Letters = Letters { wide: 6.3, above: 11.0, below: 4.0 };

    fn sides(spot: Spot, name: &str) -> [Side; 4] {
        [
            LETTERS.right(spot, 8.0, name),
            LETTERS.left(spot, 8.0, name),
            LETTERS.below(spot, 19.0, name),
            LETTERS.above(spot, 9.0, name),
        ]
    }

    #[test]
    fn a_name_stands_to_the_right_and_where_something_is_there_elsewhere() {
        let spot = Spot { x: 300.0, y: 300.0 };
        let anchors =
            |taken: &[Area]| place(sides(spot, "Rathmines"), &mut taken.to_vec(), FRAME).map(|s| s.at);
        let right = Area::around(Spot { x: 330.0, y: 300.0 }, 13.0, 6.0);
        let left = Area::around(Spot { x: 270.0, y: 300.0 }, 13.0, 6.0);
        let [first, second, third, _] = sides(spot, "Rathmines").map(|side| side.at);
        assert_eq!(anchors(&[]), Some(first));
        assert_eq!(anchors(&[right]), Some(second));
        assert_eq!(anchors(&[right, left]), Some(third));
        assert_eq!(
            anchors(&[Area::around(spot, 60.0, 60.0)]),
            None,
            "a name of which half is covered says nothing"
        );
        let at_the_edge = Spot { x: 630.0, y: 300.0 };
        let name = place(sides(at_the_edge, "Howth"), &mut Vec::new(), FRAME).expect("a side");
        assert_eq!(name.anchor, "end");
    }

    #[test]
    fn however_many_stand_together_no_name_covers_another_or_what_is_drawn() {
        let mut taken: Vec<Area> = Vec::new();
        let spots: Vec<Spot> = (0..40_u32)
            .map(|n| Spot { x: 300.0 + f64::from(n % 8) * 15.0, y: 280.0 + f64::from(n / 8) * 12.0 })
            .collect();
        taken.extend(spots.iter().map(|spot| Area::around(*spot, 5.0, 5.0)));
        let drawn = taken.len();
        let named = spots
            .iter()
            .filter(|spot| place(sides(**spot, "Somewhere"), &mut taken, FRAME).is_some())
            .count();
        assert!(named > 0 && named == taken.len() - drawn);
        for (n, one) in taken.iter().enumerate().skip(drawn) {
            for other in &taken[..n] {
                assert!(!one.overlaps(other), "{one:?} {other:?}");
            }
        }
    }
}
