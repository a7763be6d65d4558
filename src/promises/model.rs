use crate::db::db_enum;
use crate::db::schema::{forecasts, promises};
use crate::ids::OrderId;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

db_enum! {
    /// Why an order comes later than promised.
    pub enum Cause {
        PaymentWaiting = "payment_waiting",
        /// Something of it was not on its shelf.
        StockShort = "stock_short",
        /// There is more to pick, or to bring, before it than was planned.
        QueueTooLong = "queue_too_long",
        NoRider = "no_rider",
        RiderSilent = "rider_silent",
        RiderStopped = "rider_stopped",
        WrongAddress = "wrong_address",
        /// The shop, or the way to a zone, is closed for a while.
        Closure = "closure",
    }
}

impl Cause {
    /// In a word or three, for staff.
    pub const fn words(self) -> &'static str {
        match self {
            Self::PaymentWaiting => "payment waiting",
            Self::StockShort => "stock short",
            Self::QueueTooLong => "queue too long",
            Self::NoRider => "no rider",
            Self::RiderSilent => "rider silent",
            Self::RiderStopped => "rider stopped",
            Self::WrongAddress => "wrong address",
            Self::Closure => "closure",
        }
    }
}

/// A window somebody was told.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = promises)]
pub struct Promise {
    pub order_id: OrderId,
    pub version: i32,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub who: String,
    pub why: String,
    pub made_at: DateTime<Utc>,
}

impl Promise {
    /// Who gives a promise that nobody chose: it was seen that the one before cannot be kept.
    pub const BY_FORECAST: &str = "forecast";

    /// Whether it only tells what was foreseen. What was agreed on stays the measure: of what is late,
    /// of the way a rider takes, of what is foreseen next.
    pub fn is_foreseen(&self) -> bool {
        self.who == Self::BY_FORECAST
    }
}

/// The newest window of an order that somebody chose: at the checkout, later, or for what had happened.
pub fn agreed(of: &[Promise]) -> Option<&Promise> {
    of.iter().rfind(|promise| !promise.is_foreseen())
}

/// When an order is expected at its door, as it was reckoned last.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = forecasts)]
pub struct Forecast {
    pub order_id: OrderId,
    pub expected_at: Option<DateTime<Utc>>,
    /// "About 18:20–18:40".
    pub from_at: Option<DateTime<Utc>>,
    pub to_at: Option<DateTime<Utc>>,
    /// What makes it late, where it passes the promised window.
    pub cause: Option<Cause>,
    pub reckoned_at: Option<DateTime<Utc>>,
    /// Nobody goes there before.
    pub closed_until: Option<DateTime<Utc>>,
}

/// What was reckoned of one order. Nothing where nothing can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reckoned {
    pub order: OrderId,
    pub expected: Option<DateTime<Utc>>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    pub cause: Option<Cause>,
    /// When it is to be reckoned anew.
    pub due: DateTime<Utc>,
}

/// What a customer was told last about a delay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldDelay {
    /// As the log has it, in a word.
    pub cause: String,
    pub expected: DateTime<Utc>,
    pub at: DateTime<Utc>,
}

/// A forecast that has moved by no more than this is the same one (T4).
const SAME_WITHIN: Duration = Duration::minutes(10);

/// Whether a customer is told of a delay: what is expected now ends behind the promise that holds,
/// and they have not been told the same since that promise was made (T4). The same is: of the same
/// cause, and not moved by more than ten minutes.
pub fn is_news(
    holds: &Promise,
    told: Option<&ToldDelay>,
    cause: Cause,
    expected: DateTime<Utc>,
    ends: DateTime<Utc>,
) -> bool {
    let known = told.filter(|t| t.at >= holds.made_at && t.cause == cause.as_str());
    ends > holds.ends_at && known.is_none_or(|t| (expected - t.expected).abs() > SAME_WITHIN)
}

/// Whether a customer is told that it comes sooner than they were told: what is expected now lies before
/// a window that was only foreseen, by more than what counts as the same.
pub fn is_sooner(holds: &Promise, expected: DateTime<Utc>) -> bool {
    holds.is_foreseen() && expected + SAME_WITHIN < holds.starts_at
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + minute * 60, 0).expect("a time")
    }

    fn promise(made: i64, ends: i64) -> Promise {
        let (who, why) = ("customer".to_owned(), "chosen".to_owned());
        let (starts_at, ends_at, made_at) = (at(ends - 120), at(ends), at(made));
        Promise { order_id: OrderId(Uuid::nil()), version: 1, starts_at, ends_at, who, why, made_at }
    }

    fn told(cause: Cause, expected: i64, said: i64) -> ToldDelay {
        ToldDelay { cause: cause.as_str().to_owned(), expected: at(expected), at: at(said) }
    }

    #[test]
    fn a_delay_is_told_once_and_again_when_it_has_moved_by_more_than_ten_minutes() {
        let holds = promise(0, 120);
        let news = |last: Option<&ToldDelay>, expected| {
            is_news(&holds, last, Cause::NoRider, at(expected), at(expected + 15))
        };
        assert!(!news(None, 100), "it is in the window");
        assert!(news(None, 130));
        let last = told(Cause::NoRider, 130, 90);
        for (expected, wanted) in [(130, false), (140, false), (120, false), (141, true), (160, true)] {
            assert_eq!(news(Some(&last), expected), wanted, "{expected}");
        }
        assert!(is_news(&holds, Some(&last), Cause::Closure, at(135), at(150)), "another cause is news");
    }

    #[test]
    fn what_was_foreseen_dissolves_by_more_than_ten_minutes_and_what_was_agreed_never_does() {
        let agreed = promise(95, 300);
        let foreseen = Promise { who: Promise::BY_FORECAST.to_owned(), ..agreed.clone() };
        for (expected, is_told) in [(200, false), (180, false), (170, false), (169, true), (100, true)] {
            assert_eq!(is_sooner(&foreseen, at(expected)), is_told, "{expected}");
            assert!(!is_sooner(&agreed, at(expected)), "{expected}");
        }
        assert_eq!(super::agreed(&[agreed.clone(), foreseen.clone(), foreseen]), Some(&agreed));
    }

    #[test]
    fn a_promise_that_was_made_since_is_measured_by_itself() {
        let chosen = promise(95, 300);
        let last = told(Cause::NoRider, 305, 90);
        assert!(is_news(&chosen, Some(&last), Cause::NoRider, at(305), at(320)));
        let same = promise(90, 160);
        assert!(!is_news(&same, Some(&told(Cause::NoRider, 155, 90)), Cause::NoRider, at(161), at(180)));
    }
}
