use crate::db::schema::outgoing_mail;
use crate::ids::{MailId, OrderId};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// What is to be read, and by whom.
#[derive(Debug, Clone)]
pub struct Letter {
    /// `name@host`, already found to look like one.
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// Whether it holds a key to something. Its words are forgotten once it has left.
    pub secret: bool,
}

impl Letter {
    /// From its two templates.
    pub fn of(to: &str, subject: &str, text: &impl Template, html: &impl Template, secret: bool) -> Self {
        Self {
            to: to.to_owned(),
            subject: format!("{subject} · SmartShop"),
            text: words(text),
            html: words(html),
            secret,
        }
    }
}

/// These templates hold a name or an address and cannot fail to render.
fn words(template: &impl Template) -> String {
    template.render().unwrap_or_else(|e| {
        log::error!("a letter could not be rendered: {e}");
        String::new()
    })
}

/// A letter that somebody has taken in hand.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = outgoing_mail)]
pub(super) struct Claimed {
    pub(super) id: MailId,
    pub(super) to_address: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
    pub(super) made_at: DateTime<Utc>,
    /// This one included.
    pub(super) tries: i32,
    pub(super) leased_until: Option<DateTime<Utc>>,
    pub(super) order_id: Option<OrderId>,
}

/// A letter that does not leave, for a person to look at; its words are nobody's here.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = outgoing_mail)]
pub struct GivenUp {
    pub id: MailId,
    pub to_address: String,
    pub subject: String,
    /// Whether it holds a key, which may stand in its subject too.
    pub secret: bool,
    pub made_at: DateTime<Utc>,
    /// Since when it is given up.
    pub due_at: DateTime<Utc>,
    pub tries: i32,
    /// What the last try came to, in the words of whoever refused it.
    pub failed: Option<String>,
    pub order_id: Option<OrderId>,
}

/// A letter that is tried once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = outgoing_mail)]
pub struct OnceMore {
    /// What it is about, if it is about one.
    pub order_id: Option<OrderId>,
}

/// What has become of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Sent,
    GivenUp,
}

/// Notes what has become of a letter about an order, in the transaction in which it became so.
pub type Note = fn(&mut PgConnection, OrderId, MailId, Fate, DateTime<Utc>) -> QueryResult<()>;

/// How long one attempt may take before somebody else may try. A server that answers each of
/// our lines just before its time is out takes a minute and a half.
pub(super) const LEASE: Duration = Duration::minutes(3);

/// Seconds from one attempt to the next: soon at first, since most failures pass in a moment;
/// the last attempt is about a day after the first.
const BACKOFF: [i64; 8] = [10, 60, 300, 1_800, 7_200, 14_400, 28_800, 32_400];

/// When to try again after so many attempts have failed, or never.
pub(super) fn next_try(tries: i32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let wait = BACKOFF.get(usize::try_from(tries).ok()?.checked_sub(1)?)?;
    Some(now + Duration::seconds(*wait))
}

/// How the letters stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Figures {
    pub waiting: i64,
    pub failed: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_is_about_a_day_after_the_first() {
        let begun: DateTime<Utc> = "2026-11-24T14:20:00Z".parse().expect("a time");
        let (mut now, mut tries) = (begun, 1);
        while let Some(next) = next_try(tries, now) {
            assert!(next > now);
            (now, tries) = (next, tries + 1);
        }
        assert_eq!(tries, 9);
        assert!((22..=25).contains(&(now - begun).num_hours()), "{}", now - begun);
    }
}
