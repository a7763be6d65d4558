use crate::clock;
use crate::db::db_enum;
use crate::sign::Signer;
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use std::net::IpAddr;
use uuid::Uuid;

db_enum! {
    /// What may be tried only so often.
    pub enum Limited {
        Pay = "pay",
        AddCard = "add_card",
        HoldWindow = "hold_window",
        SignUp = "sign_up",
        SignIn = "sign_in",
        Reset = "reset",
        OrderLookup = "order_lookup",
        Coupon = "coupon",
        /// Orders that are brought before they are paid.
        AtDoor = "at_door",
        /// Only those look-ups of an order that found nothing.
        OrderNumberGuess = "order_number_guess",
        /// Codes that go to an order's contact.
        OrderCode = "order_code",
        /// A word when something that is sold out is back.
        TellBack = "tell_back",
    }
}

/// Whose tries are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Whose {
    /// One browser, by its cookie.
    Device,
    /// One address, or the network of an IPv6 household.
    Address,
    /// One account, mailbox, basket, card or order, from wherever it is tried.
    Subject,
    /// One of these from one address.
    SubjectHere,
}

/// So many tries from the first on, until the window is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    pub tries: i32,
    pub minutes: i64,
}

const fn tries(tries: i32, minutes: i64) -> Allowance {
    Allowance { tries, minutes }
}

impl Limited {
    /// All limits, in one place.
    ///
    /// What ended well is given back, so that these count what did not: an address that thousands share, as
    /// that of a mobile network, is held off by what goes wrong there alone.
    ///
    /// Three rules set them. A person who errs a few times never meets one (three declined cards, then a
    /// fourth; a password remembered at the sixth try). A browser can throw its cookie away and an address
    /// is shared by a household, an office or a phone network, so the address has room for all of them. And
    /// what somebody else can use up must not lock the owner out: a subject counted from everywhere has the
    /// most room, and the shortest window.
    pub const fn allowance(self, whose: Whose) -> Allowance {
        match (self, whose) {
            // Somebody's own card fails three times, then they fetch another; a stolen list is
            // tried by the hundred.
            (Self::Pay, Whose::Device) => tries(12, 15),
            (Self::Pay, Whose::Address) => tries(600, 15),
            (Self::Pay, Whose::Subject | Whose::SubjectHere) => tries(15, 30),
            // A card that is only kept costs the thief nothing, so fewer.
            (Self::AddCard, Whose::Device) => tries(8, 60),
            (Self::AddCard, Whose::Address) => tries(600, 60),
            (Self::AddCard, Whose::Subject | Whose::SubjectHere) => tries(10, 60),
            // A shopper looks at a few times and changes their mind; nobody keeps the day's windows
            // from all others.
            (Self::HoldWindow, Whose::Device) => tries(30, 60),
            (Self::HoldWindow, Whose::Address) => tries(1_000, 60),
            (Self::HoldWindow, Whose::Subject | Whose::SubjectHere) => tries(30, 60),
            // Stock and a place in a window for a word. A household orders a few times a week; whoever is
            // stopped here can still pay at once. By mail and telephone a stranger's word counts too, so
            // these have more room than a browser.
            (Self::AtDoor, Whose::Device) => tries(10, 60),
            (Self::AtDoor, Whose::Address) => tries(300, 60),
            (Self::AtDoor, Whose::Subject | Whose::SubjectHere) => tries(30, 60),
            // Each sends a letter to somebody, who may not have asked.
            (Self::SignUp, Whose::Device) => tries(6, 60),
            (Self::SignUp, Whose::Address) => tries(20, 60),
            (Self::SignUp, Whose::Subject | Whose::SubjectHere) => tries(4, 60),
            // Successes are given back, so these count wrong passwords. At 10 in 15 minutes a
            // password of a million guesses takes three years.
            (Self::SignIn, Whose::SubjectHere) => tries(10, 15),
            (Self::SignIn, Whose::Device) => tries(20, 15),
            (Self::SignIn, Whose::Address) => tries(50, 15),
            (Self::SignIn, Whose::Subject) => tries(100, 15),
            // As with sign-ups.
            (Self::Reset, Whose::Device) => tries(6, 60),
            (Self::Reset, Whose::Address) => tries(20, 60),
            (Self::Reset, Whose::Subject | Whose::SubjectHere) => tries(4, 60),
            // An order's page is looked at often on its day.
            (Self::OrderLookup, Whose::Device) => tries(60, 15),
            (Self::OrderLookup, Whose::Address) => tries(200, 15),
            (Self::OrderLookup, Whose::Subject | Whose::SubjectHere) => tries(120, 15),
            // Nobody mistypes their order's number ten times.
            (Self::OrderNumberGuess, Whose::Device) => tries(10, 60),
            (Self::OrderNumberGuess, Whose::Address) => tries(20, 60),
            (Self::OrderNumberGuess, Whose::Subject | Whose::SubjectHere) => tries(30, 60),
            // Each is a letter; with five tries a code, a million codes last for years.
            (Self::OrderCode, Whose::Device) => tries(6, 60),
            (Self::OrderCode, Whose::Address) => tries(20, 60),
            (Self::OrderCode, Whose::Subject | Whose::SubjectHere) => tries(8, 60),
            // Each is a letter in the end, to somebody who may not have asked. A list of things for the week
            // may be sold out in many places.
            (Self::TellBack, Whose::Device) => tries(30, 60),
            (Self::TellBack, Whose::Address) => tries(200, 60),
            (Self::TellBack, Whose::Subject | Whose::SubjectHere) => tries(30, 60),
            // Codes are short; people try the ones they have heard of.
            (Self::Coupon, Whose::Device) => tries(15, 15),
            (Self::Coupon, Whose::Address) => tries(45, 15),
            (Self::Coupon, Whose::Subject | Whose::SubjectHere) => tries(15, 15),
        }
    }
}

impl Allowance {
    pub(super) fn window(self) -> Duration {
        Duration::minutes(self.minutes)
    }
}

/// Under what a try is counted: a keyed hash, since addresses and mails are nobody's to keep.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub(super) whose: Whose,
    pub(super) hash: String,
}

impl Key {
    pub fn device(signer: &Signer, device: Uuid) -> Self {
        Self::new(signer, Whose::Device, &device.to_string())
    }

    pub fn address(signer: &Signer, address: IpAddr) -> Self {
        Self::new(signer, Whose::Address, &household(address))
    }

    /// An account, mailbox, basket, card or order. `kind` keeps two of them apart that look alike.
    pub fn subject(signer: &Signer, kind: &str, subject: &str) -> Self {
        Self::new(signer, Whose::Subject, &format!("{kind} {subject}"))
    }

    /// The same, as tried from one address: a stranger elsewhere uses up nothing of it.
    pub fn subject_here(signer: &Signer, kind: &str, subject: &str, address: IpAddr) -> Self {
        Self::new(signer, Whose::SubjectHere, &format!("{kind} {subject} {}", household(address)))
    }

    fn new(signer: &Signer, whose: Whose, text: &str) -> Self {
        Self { whose, hash: signer.pseudonym("throttle", &format!("{whose:?} {text}")) }
    }
}

/// An IPv4 address, or the 64 bits that an IPv6 household cannot change.
fn household(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("{:x}/64", u128::from(v6) >> 64),
    }
}

/// Refused for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    pub until: DateTime<Utc>,
}

impl Wait {
    /// `Too many tries. Try again at 14:32.`
    pub fn words(self, zone: Tz, now: DateTime<Utc>) -> String {
        format!("Too many tries. Try again {}.", self.when(zone, now))
    }

    /// `at 14:32`, `tomorrow at 00:00`: the first minute at which it truly works.
    pub fn when(self, zone: Tz, now: DateTime<Utc>) -> String {
        let at = self.until + Duration::seconds(59);
        let day = if clock::local_day(zone, at) == clock::local_day(zone, now) { "" } else { "tomorrow " };
        format!("{day}at {}", clock::time_label(zone, at))
    }

    /// For `Retry-After`.
    pub fn seconds(self, now: DateTime<Utc>) -> u32 {
        u32::try_from((self.until - now).num_seconds() + 1).unwrap_or(1)
    }
}

/// What stands in the database for one key once this try is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    /// How many are allowed.
    pub(super) most: i32,
    /// When the window is over.
    pub(super) ends_at: DateTime<Utc>,
    pub(super) hits: i32,
}

/// The longest wait that any of the counts asks for.
pub(super) fn judge(counts: &[Count]) -> Result<(), Wait> {
    let over = counts.iter().filter(|c| c.hits > c.most);
    over.map(|c| c.ends_at).max().map_or(Ok(()), |until| Err(Wait { until }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe::Dublin;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-24T{text}Z").parse().expect("a time")
    }

    fn count(most: i32, ends: &str, hits: i32) -> Count {
        Count { most, ends_at: at(ends), hits }
    }

    const WHOSE: [Whose; 4] = [Whose::Device, Whose::Address, Whose::Subject, Whose::SubjectHere];

    #[test]
    fn the_last_try_allowed_passes_and_the_next_waits_for_the_windows_end() {
        assert_eq!(judge(&[count(3, "14:15:00", 3)]), Ok(()));
        assert_eq!(judge(&[count(3, "14:15:00", 4)]), Err(Wait { until: at("14:15:00") }));
    }

    #[test]
    fn of_several_limits_the_longest_wait_counts() {
        let counts = [
            count(3, "14:15:00", 4),
            count(9, "14:30:00", 10),
            count(1, "15:10:00", 1),
            count(1, "14:06:00", 7),
        ];
        assert_eq!(judge(&counts), Err(Wait { until: at("14:30:00") }));
    }

    #[test]
    fn the_words_name_a_minute_at_which_it_works() {
        let words = |until, now| Wait { until: at(until) }.words(Dublin, at(now));
        assert_eq!(words("14:31:20", "14:20:00"), "Too many tries. Try again at 14:32.");
        assert_eq!(words("14:32:00", "14:20:00"), "Too many tries. Try again at 14:32.");
        assert_eq!(words("23:59:30", "23:20:00"), "Too many tries. Try again tomorrow at 00:00.");
        assert_eq!(Wait { until: at("14:31:20") }.seconds(at("14:31:00")), 21);
    }

    #[test]
    fn every_limit_leaves_room_for_mistakes_and_an_address_for_several_browsers() {
        for limited in Limited::ALL {
            for whose in WHOSE {
                let Allowance { tries, minutes } = limited.allowance(whose);
                assert!(tries >= 4 && minutes <= 60, "{limited} {whose:?}");
            }
            let (device, address) = (limited.allowance(Whose::Device), limited.allowance(Whose::Address));
            assert!(address.tries >= 2 * device.tries, "{limited}");
        }
        let (here, anywhere) =
            (Limited::SignIn.allowance(Whose::SubjectHere), Limited::SignIn.allowance(Whose::Subject));
        assert!(anywhere.tries >= 5 * here.tries, "a stranger cannot lock the owner out from one place");
    }

    #[test]
    fn a_key_tells_nothing_and_two_never_meet() {
        let signer = Signer::new(b"a key");
        let (one, other) = ("192.0.2.1".parse().expect("ip"), "192.0.2.2".parse().expect("ip"));
        let keys = [
            Key::address(&signer, one),
            Key::address(&signer, other),
            Key::subject(&signer, "mail", "a@b.ie"),
            Key::subject(&signer, "card", "a@b.ie"),
            Key::subject_here(&signer, "mail", "a@b.ie", one),
            Key::device(&signer, Uuid::nil()),
        ];
        for (i, key) in keys.iter().enumerate() {
            assert!(!key.hash.contains("192") && !key.hash.contains('@'));
            assert!(!keys[..i].contains(key));
        }
        let household = |text: &str| Key::address(&signer, text.parse().expect("ip"));
        assert_eq!(household("2001:db8::1"), household("2001:db8::2"));
    }
}
