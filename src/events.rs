//! The append-only log: what happened, written once, in the transaction that made it true.
//!
//! Owns `events`. Everything later reads from here: history, projections, messages.

use crate::db::db_enum;
use crate::db::schema::events;
use crate::ids::Actor;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

db_enum! {
    /// What an event is about.
    pub enum Topic {
        Quote = "quote",
    }
}

/// A fact, in the past tense, with just enough detail to tell it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A delivery fee was promised for a place. Amounts in cents.
    QuoteGiven {
        place: String,
        zone: String,
        fee: i64,
        free_from: i64,
        minimum: i64,
        valid_until: DateTime<Utc>,
    },
}

impl Event {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::QuoteGiven { .. } => "quote_given",
        }
    }

    const fn topic(&self) -> Topic {
        match self {
            Self::QuoteGiven { .. } => Topic::Quote,
        }
    }
}

/// Writes down an event. Call it in the transaction that made the event true.
///
/// `happened_at` is the time of the fact; the database adds when it was recorded.
pub fn record(
    conn: &mut PgConnection,
    subject: Uuid,
    event: &Event,
    by: Actor,
    happened_at: DateTime<Utc>,
) -> QueryResult<()> {
    let detail =
        serde_json::to_value(event).map_err(|e| diesel::result::Error::SerializationError(Box::new(e)))?;
    diesel::insert_into(events::table)
        .values((
            events::topic.eq(event.topic()),
            events::subject.eq(subject),
            events::kind.eq(event.kind()),
            events::detail.eq(detail),
            events::actor.eq(by.to_string()),
            events::happened_at.eq(happened_at),
        ))
        .execute(conn)?;
    Ok(())
}
