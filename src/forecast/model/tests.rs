use super::*;
use crate::config::Config;
use proptest::prelude::*;

fn pace() -> Pace {
    Config::load(None, std::iter::empty()).expect("the defaults").forecast
}

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).expect("a time")
}

/// A window from the first hour to the third, seen at some minute.
fn facts(minute: i64, stage: Stage) -> Facts {
    let (starts, ends, way) = (at(60), at(180), Duration::minutes(12));
    Facts { now: at(minute), starts, ends, closed_until: None, setback: None, way, stage }
}

fn picking(ahead: i64, lines: i32) -> Picking {
    let ahead = Duration::minutes(ahead);
    Picking { ahead, pickers: 1, lines, short: 0, asks: false, touched_at: None }
}

fn riding(reached: i64, heard: i64) -> Riding {
    let (reached, heard_at) = (at(reached), at(heard));
    Riding { reached, is_away: true, has_left: true, is_there: false, heard_at, stands_since: None }
}

fn cause(facts: &Facts) -> Option<Cause> {
    foresee(facts, &pace()).expect("something").cause
}

#[test]
fn while_all_goes_well_it_is_expected_within_its_window() {
    for stage in [
        Stage::Unpaid { since: at(-1), picking: picking(10, 4) },
        Stage::Unpacked(picking(20, 10)),
        Stage::Packed { since: at(-3), has_riders: true },
        Stage::Riding(riding(80, -2)),
    ] {
        let facts = facts(0, stage);
        let seen = foresee(&facts, &pace()).expect("something");
        assert!(seen.cause.is_none() && seen.expected <= facts.ends, "{facts:?} {seen:?}");
        assert!(seen.from <= seen.expected && seen.expected <= seen.to, "{seen:?}");
    }
    assert!(foresee(&facts(0, Stage::Undecided), &pace()).is_none());
}

#[test]
fn each_cause_is_named_where_it_is_the_one() {
    let unpaid = Stage::Unpaid { since: at(130), picking: picking(0, 2) };
    assert_eq!(cause(&facts(165, unpaid)), Some(Cause::PaymentWaiting));
    let short = Picking { short: 3, ..picking(5, 3) };
    assert_eq!(cause(&facts(130, Stage::Unpacked(short))), Some(Cause::StockShort));
    assert_eq!(cause(&facts(130, Stage::Unpacked(picking(45, 3)))), Some(Cause::QueueTooLong));
    let stopped = Picking { touched_at: Some(at(120)), ..picking(0, 3) };
    assert_eq!(cause(&facts(150, Stage::Unpacked(stopped))), Some(Cause::QueueTooLong));
    let nobody = Stage::Packed { since: at(140), has_riders: false };
    assert_eq!(cause(&facts(150, nobody.clone())), Some(Cause::NoRider));
    let again = Facts { setback: Some(Cause::RiderStopped), ..facts(150, nobody) };
    assert_eq!(cause(&again), Some(Cause::RiderStopped));
    assert_eq!(cause(&facts(172, Stage::Riding(riding(175, 150)))), Some(Cause::RiderSilent));
    let stands = Riding { stands_since: Some(at(150)), ..riding(170, 169) };
    assert_eq!(cause(&facts(170, Stage::Riding(stands))), Some(Cause::RiderStopped));
    assert_eq!(cause(&facts(170, Stage::Riding(riding(190, 169)))), Some(Cause::QueueTooLong));
    assert_eq!(cause(&facts(150, Stage::NotFound { since: at(149) })), Some(Cause::WrongAddress));
    let closed = Facts { closed_until: Some(at(240)), ..facts(100, Stage::Unpacked(picking(0, 3))) };
    assert_eq!(cause(&closed), Some(Cause::Closure));
}

#[test]
fn who_was_packed_late_is_late_for_the_queue_and_not_for_want_of_a_rider() {
    let packed = Stage::Packed { since: at(169), has_riders: true };
    assert_eq!(cause(&facts(170, packed)), Some(Cause::QueueTooLong));
}

#[test]
fn a_rider_who_waits_for_the_window_is_not_silent() {
    let waits = Riding { is_away: false, has_left: false, ..riding(70, -100) };
    let seen = |minute| foresee(&facts(minute, Stage::Riding(waits)), &pace()).expect("something");
    assert_eq!(seen(50).expected, at(70));
    assert!(seen(90).expected > at(90 + 30), "an hour and a half into it they ought to have said something");
}

#[test]
fn what_hangs_is_expected_to_hang_as_long_again() {
    let expected = |minute| {
        let silent = Stage::Riding(riding(150, 150));
        foresee(&facts(minute, silent), &pace()).expect("something").expected - at(minute)
    };
    assert!(expected(180) < expected(200) && expected(200) < expected(240));
}

proptest! {
    #[test]
    fn a_cause_is_named_exactly_where_the_window_is_passed(
        minute in -120_i64..300, ahead in 0_i64..300, lines in 0..60, short in 0..5, reached in -60_i64..400, heard in 0_i64..120, which in 0..4
    ) {
        let stage = match which {
            0 => Stage::Unpaid { since: at(minute - heard), picking: Picking { short, ..picking(ahead, lines) } },
            1 => Stage::Unpacked(Picking { short, ..picking(ahead, lines) }),
            2 => Stage::Packed { since: at(minute - heard), has_riders: short > 1 },
            _ => Stage::Riding(riding(reached, minute - heard)),
        };
        let facts = facts(minute, stage);
        let seen = foresee(&facts, &pace()).expect("something");
        prop_assert_eq!(seen.cause.is_some(), seen.expected > facts.ends);
        prop_assert!(seen.expected >= facts.now && seen.from <= seen.expected && seen.expected <= seen.to);
        prop_assert!(seen.from < seen.to);
    }
}
