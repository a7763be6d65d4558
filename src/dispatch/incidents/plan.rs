//! What an incident would do, reckoned beforehand as it will be done: by window, then by who ordered
//! first, each into the first later window that still has room.

use crate::delivery::{Affected, Scope, Window};
use crate::ids::ZoneId;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};

pub(super) type Span = (DateTime<Utc>, DateTime<Utc>);

/// Orders of one window that go to one other; to none where no later one has room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) zone: ZoneId,
    pub(super) from: Span,
    pub(super) to: Option<Span>,
    pub(super) orders: usize,
}

/// `later`: each zone's windows with room, the soonest first; those that the incident closes are
/// passed over.
pub(super) fn plan(
    affected: &[Affected],
    scope: &Scope,
    mut later: HashMap<ZoneId, Vec<Window>>,
) -> Vec<Group> {
    let mut groups: BTreeMap<(Span, ZoneId, Option<Span>), usize> = BTreeMap::new();
    for order in affected {
        let windows = later.entry(order.zone).or_default();
        let to = windows.iter_mut().find(|w| w.starts_at > order.starts && !w.is_full() && !scope.closes(w));
        let to = to.map(|window| {
            window.taken += 1;
            (window.starts_at, window.ends_at)
        });
        *groups.entry(((order.starts, order.ends), order.zone, to)).or_default() += 1;
    }
    groups.into_iter().map(|((from, zone, to), orders)| Group { zone, from, to, orders }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OrderId;
    use uuid::Uuid;

    fn at(hour: u32) -> DateTime<Utc> {
        format!("2026-11-24T{hour:02}:00:00Z").parse().expect("a time")
    }

    fn window(id: i64, starts: u32, room: i32) -> Window {
        Window {
            id,
            zone_id: ZoneId(1),
            starts_at: at(starts),
            ends_at: at(starts + 2),
            cutoff_at: at(starts),
            capacity: room,
            taken: 0,
            closed_by: None,
        }
    }

    fn order(starts: u32) -> Affected {
        Affected { order: OrderId(Uuid::nil()), zone: ZoneId(1), starts: at(starts), ends: at(starts + 2) }
    }

    #[test]
    fn each_goes_into_the_first_later_window_that_has_room_and_is_not_closed_too() {
        let scope = Scope { zone: None, window: None, starts: at(14), ends: at(17) };
        let later = HashMap::from([(ZoneId(1), vec![window(2, 16, 9), window(3, 17, 1), window(4, 19, 1)])]);
        let groups = plan(&[order(14), order(14), order(16)], &scope, later);
        let told: Vec<_> = groups.iter().map(|g| (g.from.0, g.to.map(|to| to.0), g.orders)).collect();
        assert_eq!(told, [(at(14), Some(at(17)), 1), (at(14), Some(at(19)), 1), (at(16), None, 1)]);
    }
}
