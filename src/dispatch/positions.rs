//! Where riders are, in words: only while they are on the way, and with how old it is.

use super::route::Point;
use super::views::ago;
use crate::delivery::{Drop, DropState, Place, Rider, metres};
use chrono::{DateTime, Utc};

/// Whoever is nearer to a place than this is there, for a town.
const NEAR: i64 = 1_500;

/// What is known of the places of this town.
#[derive(Clone, Copy)]
pub(super) struct Town<'a> {
    pub(super) places: &'a [Place],
    pub(super) home: Point,
}

/// Where a rider was seen since they set out to where they are on the way to; `None`: they are not on the way.
pub(super) fn whereabouts(
    rider: &Rider,
    open: &[Drop],
    town: Town<'_>,
    now: DateTime<Utc>,
) -> Option<String> {
    let next = under_way(rider, open)?;
    let Some((here, at)) = seen_since(rider, next.left_at) else {
        return Some("On the way, and not seen since they left".to_owned());
    };
    let to_stop = metres(here, (next.latitude, next.longitude));
    let to_home = metres(here, (town.home.latitude, town.home.longitude));
    let door = if next.arrived_at.is_some() { "at the door of" } else { "from" };
    let stop = match next.arrived_at {
        Some(_) => format!("{door} stop {}", next.stop),
        None => format!("{} {door} stop {}", far(to_stop), next.stop),
    };
    let place = nearest(here, town.places).map(|words| format!("{words}, ")).unwrap_or_default();
    let words = format!("{place}{stop}, {} from the warehouse, seen {}", far(to_home), ago(now, Some(at)));
    Some(capitalised(&words))
}

/// The door that a rider is under way to.
pub(super) fn under_way<'a>(rider: &Rider, open: &'a [Drop]) -> Option<&'a Drop> {
    open.iter()
        .filter(|drop| drop.rider_id == Some(rider.id) && drop.state == DropState::OnTheWay)
        .min_by_key(|drop| (drop.stop, drop.left_at, drop.id))
}

/// Where they were, where that is from this way and not from one before.
pub(super) fn seen_since(rider: &Rider, since: Option<DateTime<Utc>>) -> Option<((f64, f64), DateTime<Utc>)> {
    let (here, at) = rider.latitude.zip(rider.longitude).zip(rider.position_at)?;
    (since? <= at).then_some((here, at))
}

fn nearest(here: (f64, f64), places: &[Place]) -> Option<String> {
    let from = |place: &Place| metres(here, (place.latitude, place.longitude));
    let place = places.iter().min_by_key(|place| (from(place), place.id))?;
    let name = place.label();
    let away = from(place);
    Some(if away <= NEAR { format!("near {name}") } else { format!("{} from {name}", far(away)) })
}

/// `550 m`, `2.2 km`
fn far(metres: i64) -> String {
    if metres < 950 {
        return format!("{} m", (metres + 25) / 50 * 50);
    }
    let tenths = (metres + 50) / 100;
    format!("{}.{} km", tenths / 10, tenths % 10)
}

fn capitalised(words: &str) -> String {
    let mut rest = words.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

#[cfg(test)]
mod tests {
    use super::far;

    #[test]
    fn a_distance_is_told_as_near_as_it_is_known() {
        assert_eq!(
            [0, 130, 549, 949, 950, 2_224, 12_040].map(far),
            ["0 m", "150 m", "550 m", "950 m", "1.0 km", "2.2 km", "12.0 km"]
        );
    }
}
