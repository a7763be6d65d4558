use super::*;

const USUAL: Pace = Pace(1);

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
}

fn bench(due: i64, lines: usize) -> Bench {
    Bench {
        state: FulfilmentState::Waiting,
        due_at: at(due),
        confirmed_at: at(0),
        touched_at: None,
        ours: true,
        lines,
        open: lines,
    }
}

fn stop() -> Stop {
    Stop {
        state: DropState::Planned,
        is_next: true,
        is_stuck: false,
        starts_at: at(-600),
        assigned_at: None,
        left_at: None,
        arrived_at: None,
        shared_at: None,
        stands_since: None,
    }
}

fn is_time<T>(next: Option<(T, DateTime<Utc>)>, now: DateTime<Utc>) -> Option<T> {
    next.filter(|(_, when)| *when <= now).map(|(step, _)| step)
}

/// Lives an order second by second; says after how many it was at its door, or its rider gave up.
fn lived(lines: usize, pace: Pace, is_stuck: bool) -> (Option<i64>, Vec<Here>) {
    let (mut bench, mut stop, mut heres) = (bench(900, lines), Stop { is_stuck, ..stop() }, Vec::new());
    let over = (0..600).find(|second| {
        let now = at(*second);
        match is_time(pick(&bench, pace), now) {
            Some(Pick::Start) => (bench.state, bench.touched_at) = (FulfilmentState::Picking, Some(now)),
            Some(Pick::Line) => (bench.open, bench.touched_at) = (bench.open - 1, Some(now)),
            Some(Pick::Pack) => {
                bench.state = FulfilmentState::Packed;
                (stop.state, stop.assigned_at) = (DropState::RiderAssigned, Some(now));
            }
            None => {}
        }
        if let Some(here) = share(&stop, pace, now) {
            heres.push(here);
            stop.shared_at = Some(now);
            if matches!(here, Here::On(_)) {
                stop.stands_since = Some(now);
            }
        }
        match is_time(ride(&stop, pace), now) {
            Some(Ride::Leave) => (stop.state, stop.left_at) = (DropState::OnTheWay, Some(now)),
            Some(Ride::Arrive) => stop.arrived_at = Some(now),
            Some(Ride::Deliver | Ride::GiveUp) => return true,
            None => {}
        }
        false
    });
    (over, heres)
}

#[test]
fn what_is_not_due_for_long_is_left_lying() {
    let when = |due| pick(&bench(due, 5), USUAL);
    assert_eq!(when(900), Some((Pick::Start, at(15))), "a moment to look at it");
    assert_eq!(when(7_200), Some((Pick::Start, at(6_000))));
}

#[test]
fn an_order_is_delivered_in_about_three_minutes_whether_it_is_small_or_large() {
    for lines in [2, 8, 30, 60] {
        let (done, heres) = lived(lines, USUAL, false);
        assert!(done.is_some_and(|seconds| (150..=200).contains(&seconds)), "{lines} lines: {done:?}");
        let ways: Vec<f64> = heres.iter().map(|h| if let Here::On(way) = h { *way } else { -1.0 }).collect();
        assert!(ways.len() > 20 && ways.windows(2).all(|pair| pair[0] <= pair[1]), "{ways:?}");
    }
}

#[test]
fn six_times_as_fast_takes_a_sixth() {
    let (done, _) = lived(2, Pace(6), false);
    assert!(done.is_some_and(|seconds| (25..=40).contains(&seconds)), "{done:?}");
}

#[test]
fn who_is_stuck_stays_where_they_are_and_says_so_after_a_while() {
    let (over, heres) = lived(2, USUAL, true);
    assert!(over.is_some_and(|seconds| (140..=190).contains(&seconds)), "{over:?}");
    let stands = heres.iter().position(|here| *here == Here::Still).expect("they stand");
    assert_eq!(heres[stands - 1], Here::On(STUCK_AT));
    assert!(heres[stands..].iter().all(|here| *here == Here::Still), "{heres:?}");
}

#[test]
fn nobody_is_at_a_door_before_its_window_begins() {
    let given = Stop { state: DropState::RiderAssigned, assigned_at: Some(at(0)), ..stop() };
    assert_eq!(ride(&given, USUAL), Some((Ride::Leave, at(24))));
    let later = Stop { starts_at: at(3_600), ..given };
    assert_eq!(ride(&later, USUAL), Some((Ride::Leave, at(3_530))));
    assert_eq!(ride(&Stop { is_next: false, ..given }, USUAL), None);
}

#[test]
fn nobody_gives_up_who_has_arrived() {
    let there = Stop {
        state: DropState::OnTheWay,
        is_stuck: true,
        left_at: Some(at(0)),
        arrived_at: Some(at(70)),
        ..stop()
    };
    assert_eq!(ride(&there, USUAL), Some((Ride::Deliver, at(88))));
    assert_eq!(share(&there, USUAL, at(80)), None);
}
