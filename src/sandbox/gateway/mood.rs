//! What goes wrong, and how often: the faults a real gateway has now and then, on demand.

use super::model::Delivery;
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The faults that are on. The default is a gateway in good health.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mood {
    /// Where the dice begin; with the same seed the same calls fare the same.
    pub seed: u64,
    /// For how many calls the five faults of calls last; `None`: until they are changed.
    pub next_calls: Option<u32>,
    /// Hangs for some seconds, then does what was asked, whether or not anybody still waits.
    pub silent_percent: u8,
    pub silent_seconds: u64,
    /// Does what was asked and closes the connection without an answer, after hanging a while.
    pub lost_percent: u8,
    pub lost_seconds: u64,
    /// Answers 500 and does nothing.
    pub broken_percent: u8,
    /// Of those about something that is there, so many do what was asked first; and the answer stays under its key.
    pub broken_after_percent: u8,
    /// Answers 429 and does nothing.
    pub too_many_percent: u8,
    /// How many of the coming payments are declined whatever the card.
    pub decline_next: u32,
    pub webhooks_lost_percent: u8,
    pub webhooks_doubled_percent: u8,
    pub webhooks_delayed_percent: u8,
    /// The longest of those delays.
    pub webhooks_delayed_seconds: u64,
    /// Held back for up to two seconds, so that later ones overtake.
    pub webhooks_shuffled_percent: u8,
}

impl Mood {
    /// Of a chaos run: much of everything.
    pub fn chaos(seed: u64) -> Self {
        Self {
            seed,
            silent_percent: 2,
            silent_seconds: 12,
            lost_percent: 5,
            lost_seconds: 0,
            broken_percent: 5,
            broken_after_percent: 50,
            too_many_percent: 1,
            webhooks_lost_percent: 30,
            webhooks_doubled_percent: 30,
            webhooks_delayed_percent: 50,
            webhooks_delayed_seconds: 20,
            webhooks_shuffled_percent: 20,
            ..Self::default()
        }
    }

    /// As the form of a sandbox's page says it. What cannot be read counts as none.
    pub(in crate::sandbox) fn typed(said: &HashMap<String, String>) -> Self {
        let number = |name: &str| said.get(name).and_then(|v| v.trim().parse::<u64>().ok());
        let percent = |name: &str| u8::try_from(number(name).unwrap_or(0).min(100)).unwrap_or(100);
        let count = |name: &str| number(name).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let seed = number("seed").unwrap_or(0);
        match said.get("preset").map(String::as_str) {
            Some("healthy") => Self { seed, ..Self::default() },
            Some("chaos") => Self::chaos(seed),
            _ => Self {
                seed,
                next_calls: count("next_calls"),
                silent_percent: percent("silent_percent"),
                silent_seconds: number("silent_seconds").unwrap_or(0),
                lost_percent: percent("lost_percent"),
                lost_seconds: number("lost_seconds").unwrap_or(0),
                broken_percent: percent("broken_percent"),
                broken_after_percent: percent("broken_after_percent"),
                too_many_percent: percent("too_many_percent"),
                decline_next: count("decline_next").unwrap_or(0),
                webhooks_lost_percent: percent("webhooks_lost_percent"),
                webhooks_doubled_percent: percent("webhooks_doubled_percent"),
                webhooks_delayed_percent: percent("webhooks_delayed_percent"),
                webhooks_delayed_seconds: number("webhooks_delayed_seconds").unwrap_or(0),
                webhooks_shuffled_percent: percent("webhooks_shuffled_percent"),
            },
        }
    }
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Fate {
    Fine,
    Silent {
        seconds: u64,
    },
    Lost {
        seconds: u64,
    },
    Broken,
    /// Does it, says that it could not, and says so again under the same key.
    BrokenAfter,
    TooMany,
}

/// A mood and its dice.
pub(in crate::sandbox) struct Temper {
    inside: Mutex<Inside>,
}

struct Inside {
    mood: Mood,
    dice: Dice,
}

impl Temper {
    pub(in crate::sandbox) fn new(mood: Mood) -> Self {
        Self { inside: Mutex::new(Inside { dice: Dice(mood.seed), mood }) }
    }

    pub(in crate::sandbox) fn mood(&self) -> Mood {
        self.inside().mood.clone()
    }

    pub(in crate::sandbox) fn change(&self, mood: Mood) {
        *self.inside() = Inside { dice: Dice(mood.seed), mood };
    }

    pub(in crate::sandbox) fn fate(&self) -> Fate {
        let mut inside = self.inside();
        match inside.mood.next_calls {
            Some(0) => return Fate::Fine,
            Some(n) => inside.mood.next_calls = Some(n - 1),
            None => {}
        }
        let Inside { mood, dice } = &mut *inside;
        let fates = [
            (mood.too_many_percent, Fate::TooMany),
            (mood.broken_percent, Fate::Broken),
            (mood.silent_percent, Fate::Silent { seconds: mood.silent_seconds }),
            (mood.lost_percent, Fate::Lost { seconds: mood.lost_seconds }),
        ];
        let fate = fates.into_iter().find(|(percent, _)| dice.falls(*percent));
        let fate = fate.map_or(Fate::Fine, |(_, fate)| fate);
        let is_done = fate == Fate::Broken && dice.falls(mood.broken_after_percent);
        if is_done { Fate::BrokenAfter } else { fate }
    }

    /// Whether the payment at hand is one of those to be declined.
    pub(in crate::sandbox) fn declines(&self) -> bool {
        let mut inside = self.inside();
        let declines = inside.mood.decline_next > 0;
        inside.mood.decline_next -= u32::from(declines);
        declines
    }

    /// When an event is to be sent: not at all, once or twice, now or later.
    pub(in crate::sandbox) fn deliveries(&self, now: DateTime<Utc>) -> Vec<Delivery> {
        let mut inside = self.inside();
        let Inside { mood, dice } = &mut *inside;
        if dice.falls(mood.webhooks_lost_percent) {
            return Vec::new();
        }
        let copies = 1 + u8::from(dice.falls(mood.webhooks_doubled_percent));
        let later = |dice: &mut Dice| {
            let mut wait = 0;
            if dice.falls(mood.webhooks_delayed_percent) {
                wait += dice.below(mood.webhooks_delayed_seconds * 1000);
            }
            if dice.falls(mood.webhooks_shuffled_percent) {
                wait += dice.below(2000);
            }
            Duration::milliseconds(i64::try_from(wait).unwrap_or_default())
        };
        (0..copies).map(|copy| Delivery { copy, attempts: 0, due: now + later(dice) }).collect()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 { 0 } else { self.next() % limit }
    }

    fn falls(&mut self, percent: u8) -> bool {
        percent > 0 && self.below(100) < u64::from(percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_in_good_health_does_nothing_odd() {
        let temper = Temper::new(Mood::default());
        for _ in 0..100 {
            assert_eq!(temper.fate(), Fate::Fine);
            assert!(!temper.declines());
            let deliveries = temper.deliveries(DateTime::UNIX_EPOCH);
            assert!(deliveries.len() == 1 && deliveries[0].due == DateTime::UNIX_EPOCH);
        }
    }

    #[test]
    fn the_same_seed_brings_the_same_faults_in_about_the_asked_share() {
        let run = |seed| {
            let temper = Temper::new(Mood::chaos(seed));
            (0..2000)
                .map(|_| (temper.fate(), temper.deliveries(DateTime::UNIX_EPOCH).len()))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        let lost = run(7).iter().filter(|(_, copies)| *copies == 0).count();
        let broken =
            run(7).iter().filter(|(fate, _)| matches!(fate, Fate::Broken | Fate::BrokenAfter)).count();
        assert!((500..700).contains(&lost) && (60..140).contains(&broken), "{lost} {broken}");
    }

    #[test]
    fn faults_end_after_as_many_calls_as_were_asked_for() {
        let temper = Temper::new(Mood {
            next_calls: Some(2),
            broken_percent: 100,
            decline_next: 1,
            ..Mood::default()
        });
        let fates: Vec<_> = (0..3).map(|_| temper.fate()).collect();
        assert_eq!(fates, [Fate::Broken, Fate::Broken, Fate::Fine]);
        assert_eq!((temper.declines(), temper.declines()), (true, false));
    }
}
