use super::*;
use crate::ids::{BookingId, StaffId};
use proptest::prelude::*;
use uuid::Uuid;

const DROP: DropId = DropId(Uuid::from_u128(7));

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).expect("a time")
}

fn goods(events: &[(i64, Event)]) -> Goods {
    let mut goods = Goods::default();
    for (id, (minute, event)) in (1..).zip(events.iter().cloned()) {
        let (subject, actor) = (Uuid::nil(), "system".into());
        goods.hear(&Recorded { id, subject, event, actor, happened_at: at(minute) });
    }
    goods
}

fn inside() -> Vec<(i64, Event)> {
    let rider = StaffId(Uuid::from_u128(1));
    vec![
        (0, Event::PickingStarted { picker: rider }),
        (5, Event::OrderPacked { bags: 2, goods: Money(3_000), total: Money(3_390) }),
        (5, Event::DropPlanned { drop: DROP, attempt: 1, starts: at(60), ends: at(120) }),
        (6, Event::RiderAssigned { drop: DROP, rider, name: "Conor".into() }),
    ]
}

fn outside() -> Vec<(i64, Event)> {
    vec![
        (10, Event::DropLeft { drop: DROP }),
        (30, Event::DropArrived { drop: DROP }),
        (31, Event::DropFailed { drop: DROP, reason: "nobody_there".into() }),
        (32, Event::DropDelivered { drop: DROP, proof: "code".into(), photo: None }),
    ]
}

/// Given to a carrier, taken from it, and given to another one.
fn by_carrier() -> Vec<(i64, Event)> {
    let booking = BookingId(Uuid::from_u128(3));
    let asked = |carrier: &str| Event::CarrierAsked { drop: DROP, booking, carrier: carrier.into() };
    vec![
        (7, Event::RiderUnassigned { drop: DROP, why: "given to Slow".into() }),
        (7, asked("Slow")),
        (8, Event::CarrierRefused { drop: DROP, booking, reason: "no".into() }),
        (9, asked("Swift")),
        (
            9,
            Event::CarrierBooked {
                drop: DROP,
                carrier: "Swift".into(),
                reference: "SW-1".into(),
                tracking_url: Some("https://swift.example/SW-1".into()),
            },
        ),
    ]
}

#[test]
fn a_carrier_that_is_asked_is_nobody_who_brings_it_until_it_has_booked() {
    let mut events = inside();
    events.extend(by_carrier());
    events.push((
        10,
        Event::RiderAssigned { drop: DROP, rider: StaffId(Uuid::from_u128(1)), name: "Conor".into() },
    ));
    let upto = |n: usize| goods(&events[..4 + n]);
    let stages: Vec<Stage> = (1..=5).map(|n| upto(n).stage()).collect();
    use Stage::{Packed, RiderAssigned};
    assert_eq!(stages, [Packed, Packed, Packed, Packed, RiderAssigned]);
    assert_eq!((upto(2).tries[0].carrier.as_deref(), &upto(3).tries[0].carrier), (Some("Slow"), &None));
    let last = upto(5).tries[0].clone();
    assert_eq!((last.by.as_deref(), last.rider), (Some("Swift"), None));
    assert_eq!(last.tracking_number.as_deref(), Some("SW-1"));
    let last = upto(6).tries[0].clone();
    assert_eq!((last.by.as_deref(), &last.carrier, &last.tracking_url), (Some("Conor"), &None, &None));
}

#[test]
fn goods_go_on_step_by_step() {
    let mut events = inside();
    let stages: Vec<Stage> = (0..=events.len()).map(|n| goods(&events[..n]).stage()).collect();
    use Stage::{Packed, Picking, RiderAssigned, Waiting};
    assert_eq!(stages, [Waiting, Picking, Packed, Packed, RiderAssigned]);
    events.push((10, Event::DropLeft { drop: DROP }));
    assert_eq!(goods(&events).stage(), Stage::OnTheWay);
    events.push((31, Event::DropFailed { drop: DROP, reason: "nobody_there".into() }));
    assert_eq!(goods(&events).stage(), Stage::NotDelivered);
    let next = DropId(Uuid::from_u128(8));
    events.push((40, Event::DropPlanned { drop: next, attempt: 2, starts: at(200), ends: at(260) }));
    assert_eq!(goods(&events).stage(), Stage::Packed);
    events.push((50, Event::DropDelivered { drop: DROP, proof: "code".into(), photo: None }));
    assert_eq!(goods(&events).stage(), Stage::Delivered);
}

#[test]
fn a_second_word_about_the_same_line_counts() {
    let told = goods(&[
        (1, Event::LineLeftOut { position: 2 }),
        (2, Event::LineReopened { position: 2 }),
        (3, Event::LinePicked { position: 2, product: 9, units: 3, grams: None, sum: Money(600) }),
    ]);
    assert_eq!(told.lines.len(), 1);
    assert_eq!((told.lines[0].units, told.lines[0].sum), (3, Money(600)));
}

#[test]
fn what_stands_in_for_the_rest_of_a_line_is_told_with_it_and_goes_with_it() {
    let picked = Event::LinePicked { position: 2, product: 9, units: 2, grams: None, sum: Money(400) };
    let (product, name, units, grams, sum) = (8, "Oat milk".to_owned(), 1, None, Money(150));
    let rest = Event::RestSubstituted { position: 2, product, name, units, grams, sum };
    let partly = goods(&[(1, picked.clone())]);
    assert_eq!((partly.lines[0].missing_of(3), partly.lines[0].total()), (1, Money(400)));
    let whole = goods(&[(1, picked.clone()), (2, rest.clone()), (2, rest.clone())]);
    assert_eq!((whole.lines[0].missing_of(3), whole.lines[0].total()), (0, Money(550)));
    let again =
        goods(&[(1, picked.clone()), (2, rest), (3, Event::LineReopened { position: 2 }), (4, picked)]);
    assert_eq!((again.lines[0].missing_of(3), &again.lines[0].rest), (1, &None));
}

proptest! {
    #[test]
    fn whatever_order_the_words_from_outside_come_in_one_story_is_told(
        order in Just(outside()).prop_shuffle(), doubled in prop::collection::vec(0..4_usize, 0..4),
        carried in any::<bool>()
    ) {
        let before = || inside().into_iter().chain(by_carrier().into_iter().filter(|_| carried));
        let mut events: Vec<(i64, Event)> = before().collect();
        events.extend(order.clone());
        events.extend(doubled.iter().map(|i| order[*i].clone()));
        let mut in_order: Vec<(i64, Event)> = before().collect();
        in_order.extend(outside());
        prop_assert_eq!(goods(&events), goods(&in_order));
    }
}
