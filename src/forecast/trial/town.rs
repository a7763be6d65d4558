//! A town for one window: what really happens there, and what the shop knows of it at each moment.

use super::super::model::{Facts, Picking, Riding, Stage};
use super::super::reach::{Leg, Seen, reached};
use crate::config::Forecast as Pace;
use crate::dispatch::{Point, Stop, way};
use chrono::{DateTime, Duration, Utc};

const HOME: Point = Point { latitude: 53.34, longitude: -6.26 };
const PICKERS: usize = 3;
const RIDERS: usize = 5;
const CAPACITY: usize = 6;
/// Pickers begin so long before the window.
const BEGIN: Duration = Duration::minutes(120);
/// A telephone tells where it is so often.
const POSITIONS: i64 = 30;

/// What really became of one delivery.
pub(in super::super) struct Brought {
    index: usize,
    place: Point,
    lines: i64,
    is_short: bool,
    picked_from: DateTime<Utc>,
    packed_at: DateTime<Utc>,
    assigned_at: DateTime<Utc>,
    run: usize,
    /// Its place in the run.
    at: usize,
    left_at: DateTime<Utc>,
    arrived_at: DateTime<Utc>,
    pub(in super::super) there_at: DateTime<Utc>,
    /// On the way to it the rider stands still, from when on and how long.
    stop: Option<(DateTime<Utc>, Duration)>,
}

struct Run {
    /// When its rider was back from the one before, and is back from this one.
    free_at: DateTime<Utc>,
    back_at: DateTime<Utc>,
    rider: usize,
    /// From then on nothing is heard of them but what they do at doors.
    silent_from: Option<DateTime<Utc>>,
}

pub(in super::super) struct Town {
    pub(in super::super) starts: DateTime<Utc>,
    pub(in super::super) ends: DateTime<Utc>,
    all: Vec<Brought>,
    runs: Vec<Run>,
}

/// Chance that is the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 % n.unsigned_abs().max(1)).unwrap_or(0)
    }

    fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below(most - least + 1)
    }

    /// So many per cent of something.
    fn share(&mut self, of: Duration, least: i64, most: i64) -> Duration {
        Duration::seconds(of.num_seconds() * self.between(least, most) / 100)
    }

    fn place(&mut self) -> Point {
        #[expect(clippy::cast_precision_loss, reason = "thousandths of a degree")]
        let mut off = |most: i64| self.between(-most, most) as f64 / 1_000.0;
        Point { latitude: HOME.latitude + off(45), longitude: HOME.longitude + off(75) }
    }
}

impl Town {
    pub(in super::super) fn of_a_window(deliveries: usize, seed: u64) -> Self {
        let starts = DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default();
        let mut town = Self { starts, ends: starts + Duration::hours(2), all: Vec::new(), runs: Vec::new() };
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        // The first numbers of such dice are alike.
        for _ in 0..20 {
            dice.below(2);
        }
        town.pick(deliveries, &mut dice);
        town.bring(&mut dice);
        town
    }

    pub(in super::super) fn brought(&self) -> &[Brought] {
        &self.all
    }

    /// Each picker takes the next one when the last is packed, at a speed of their own.
    fn pick(&mut self, deliveries: usize, dice: &mut Dice) {
        let begin = self.starts - BEGIN;
        let mut free: Vec<(DateTime<Utc>, i64)> =
            (0..PICKERS).map(|_| (begin, dice.between(75, 135))).collect();
        for index in 0..deliveries {
            let Some(picker) = free.iter_mut().min_by_key(|(at, _)| *at) else { return };
            let (lines, is_short) = (dice.between(4, 24), dice.below(100) < 6);
            let usual = Duration::seconds((180 + 45 * lines) * picker.1 / 100);
            let looking = if is_short { Duration::minutes(dice.between(4, 25)) } else { Duration::zero() };
            let picked_from = picker.0;
            let packed_at = picked_from + dice.share(usual, 80, 130) + looking;
            picker.0 = packed_at;
            let place = dice.place();
            self.all.push(Brought {
                index,
                place,
                lines,
                is_short,
                picked_from,
                packed_at,
                assigned_at: packed_at,
                run: 0,
                at: 0,
                left_at: packed_at,
                arrived_at: packed_at,
                there_at: packed_at,
                stop: None,
            });
        }
    }

    /// Whoever is back first takes what is packed first, up to what they can carry.
    fn bring(&mut self, dice: &mut Dice) {
        let mut waiting: Vec<usize> = (0..self.all.len()).collect();
        waiting.sort_by_key(|i| self.all[*i].packed_at);
        let mut free = [self.starts - BEGIN; RIDERS];
        while !waiting.is_empty() {
            let Some(rider) = (0..RIDERS).min_by_key(|r| free[*r]) else { return };
            let load = waiting.len().min(usize::try_from(dice.between(3, 6)).unwrap_or(CAPACITY));
            let taken: Vec<usize> = waiting.drain(..load).collect();
            let back = self.drive(rider, free[rider], &taken, dice);
            free[rider] = back;
        }
    }

    fn drive(
        &mut self,
        rider: usize,
        free_at: DateTime<Utc>,
        taken: &[usize],
        dice: &mut Dice,
    ) -> DateTime<Utc> {
        let (run, speed) = (self.runs.len(), dice.between(70, 145));
        for i in taken {
            self.all[*i].assigned_at = self.all[*i].packed_at.max(free_at);
            self.all[*i].run = run;
        }
        let loaded = taken.iter().map(|i| self.all[*i].assigned_at).max().unwrap_or(free_at);
        let mut time = loaded + Duration::minutes(dice.between(3, 14));
        let silent_from = (dice.below(100) < 8).then(|| time + Duration::minutes(dice.between(1, 40)));
        let (mut here, mut left) = (HOME, taken.to_vec());
        for at in 0..taken.len() {
            let near = (0..left.len()).min_by_key(|n| way(here, self.all[left[*n]].place)).unwrap_or(0);
            let stop = &mut self.all[left.swap_remove(near)];
            let drive =
                dice.share(way(here, stop.place) * 100 / i32::try_from(speed).unwrap_or(100), 75, 140);
            let stands =
                (dice.below(100) < 3).then(|| (time + drive / 2, Duration::minutes(dice.between(10, 30))));
            (stop.at, stop.left_at, stop.stop) = (at, time, stands);
            stop.arrived_at =
                (time + drive + stands.map_or(Duration::zero(), |(_, long)| long)).max(self.starts);
            stop.there_at = stop.arrived_at + Duration::seconds(dice.between(60, 480));
            (here, time) = (stop.place, stop.there_at);
        }
        let back_at = time + way(here, HOME);
        self.runs.push(Run { free_at, back_at, rider, silent_from });
        back_at
    }

    /// What the shop knows of one delivery at a moment.
    pub(in super::super) fn known_at(&self, of: &Brought, now: DateTime<Utc>, pace: &Pace) -> Facts {
        let stage = if now < of.packed_at {
            Stage::Unpacked(self.picking_at(of, now, pace))
        } else if now < of.assigned_at {
            Stage::Packed { since: of.packed_at, has_riders: self.has_riders(now) }
        } else {
            Stage::Riding(self.riding_at(of, now, pace))
        };
        let (starts, ends) = (self.starts, self.ends);
        Facts { now, starts, ends, closed_until: None, setback: None, way: way(HOME, of.place), stage }
    }

    fn picking_at(&self, of: &Brought, now: DateTime<Utc>, pace: &Pace) -> Picking {
        let is_begun = of.picked_from <= now;
        let work =
            |b: &Brought| Duration::seconds(pace.seconds_an_order + pace.seconds_a_line * b.lines_left(now));
        let before = self.all.iter().filter(|b| b.index < of.index && b.packed_at > now);
        let at_work = self.all.iter().filter(|b| b.picked_from <= now && now < b.packed_at).count();
        Picking {
            ahead: if is_begun {
                Duration::zero()
            } else {
                before.map(work).fold(Duration::zero(), |a, b| a + b)
            },
            pickers: i32::try_from(at_work).unwrap_or(1).max(1),
            lines: i32::try_from(of.lines_left(now)).unwrap_or(0),
            short: i32::from(of.is_short),
            asks: false,
            touched_at: is_begun.then_some(now),
        }
    }

    /// Whether somebody is there to take it. (Room for more while they load is not played.)
    fn has_riders(&self, now: DateTime<Utc>) -> bool {
        let away =
            |rider| self.runs.iter().any(|run| run.rider == rider && run.free_at <= now && now < run.back_at);
        (0..RIDERS).any(|rider| !away(rider))
    }

    fn riding_at(&self, of: &Brought, now: DateTime<Utc>, pace: &Pace) -> Riding {
        let mut run: Vec<&Brought> =
            self.all.iter().filter(|b| b.run == of.run && b.assigned_at <= now).collect();
        run.sort_by_key(|b| b.at);
        let done: Vec<&Brought> = run.iter().copied().filter(|b| b.there_at <= now).collect();
        let open: Vec<&Brought> = run.iter().copied().filter(|b| b.there_at > now).collect();
        let legs: Vec<Leg> = open.iter().map(|b| self.leg(b, now)).collect();
        let position = open.first().and_then(|b| self.position(b, done.last().copied(), now));
        let door: Option<Seen> = done.last().map(|b| (b.place, b.there_at));
        let seen: Vec<Seen> = position.into_iter().chain(door).collect();
        let times = reached(&legs, &seen, HOME, pace, now);
        let place = open.iter().position(|b| b.index == of.index);
        let given = open.first().map(|b| if b.left_at <= now { b.left_at } else { b.assigned_at });
        let heard = seen.iter().map(|(_, at)| *at).chain(given).max();
        let is_away = open.first().is_some_and(|b| b.left_at <= now);
        let stands = open.first().and_then(|b| b.stands_at(now));
        Riding {
            reached: place.and_then(|n| times.get(n).copied()).unwrap_or(self.ends).max(now),
            is_away,
            has_left: of.left_at <= now,
            is_there: of.arrived_at <= now,
            heard_at: heard.unwrap_or(now),
            stands_since: stands.filter(|_| is_away),
        }
    }

    fn leg(&self, of: &Brought, now: DateTime<Utc>) -> Leg {
        let known = |at: DateTime<Utc>| (at <= now).then_some(at);
        Leg {
            stop: Stop { at: of.place, starts: self.starts, ends: self.ends },
            assigned_at: known(of.assigned_at),
            left_at: known(of.left_at),
            arrived_at: known(of.arrived_at),
        }
    }

    /// Where the rider was last seen on the way to a stop, from the one before it.
    fn position(&self, to: &Brought, before: Option<&Brought>, now: DateTime<Utc>) -> Option<Seen> {
        let last = now - Duration::seconds(now.timestamp() % POSITIONS);
        let seen = self.runs[to.run].silent_from.map_or(last, |silent| last.min(silent));
        if seen <= to.left_at || seen >= to.arrived_at {
            return None;
        }
        let stood =
            to.stop.map_or(Duration::zero(), |(from, long)| (seen - from).clamp(Duration::zero(), long));
        let whole = to.arrived_at - to.left_at - to.stop.map_or(Duration::zero(), |(_, long)| long);
        #[expect(clippy::cast_precision_loss, reason = "seconds of a way")]
        let share = (seen - to.left_at - stood).num_seconds() as f64 / whole.num_seconds().max(1) as f64;
        let from = before.map_or(HOME, |b| b.place);
        let between = |a: f64, b: f64| a + (b - a) * share.clamp(0.0, 1.0);
        let latitude = between(from.latitude, to.place.latitude);
        let longitude = between(from.longitude, to.place.longitude);
        Some((Point { latitude, longitude }, seen))
    }
}

impl Brought {
    /// As its pages would say: lines are picked one after the other.
    fn lines_left(&self, now: DateTime<Utc>) -> i64 {
        let whole = (self.packed_at - self.picked_from).num_seconds().max(1);
        let done = (now - self.picked_from).num_seconds().clamp(0, whole);
        self.lines - self.lines * done / whole
    }

    fn stands_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.stop.filter(|(from, long)| *from <= now && now < *from + *long).map(|(from, _)| from)
    }
}
