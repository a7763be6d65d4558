//! What becomes of a word of a rider's device: decided once, kept with its decision, and answered
//! the same ever after.

use super::proof::proof;
use super::word::{Details, Kind, Word};
use crate::delivery::{self, Drop, DropState, Failure, Heard, Upload};
use crate::dispatch;
use crate::ids::{Actor, DropId, StaffId};
use crate::lifecycle::{self, DriveError};
use crate::orders;
use crate::sign::Signer;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use serde::Serialize;
use uuid::Uuid;

const NOT_YOURS: &str = "This drop is not yours, or not any more. Call dispatch.";

/// Who tells it, and when we hear of it.
#[derive(Clone, Copy)]
pub(super) struct Teller<'a> {
    pub(super) rider: StaffId,
    pub(super) signer: &'a Signer,
    pub(super) now: DateTime<Utc>,
}

/// What the device is told.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Decided {
    pub(super) id: Uuid,
    pub(super) decision: &'static str,
    pub(super) words: String,
    #[serde(skip)]
    pub(super) heard: Heard,
}

impl Decided {
    pub(super) fn new(id: Uuid, heard: Heard, words: impl Into<String>) -> Self {
        Self { id, decision: heard.as_str(), words: words.into(), heard }
    }

    /// As it was decided before; to nobody else.
    fn kept(kept: Upload, rider: StaffId) -> Self {
        if kept.rider_id == rider {
            Self::new(kept.id, kept.decision, kept.answer)
        } else {
            Self::new(kept.id, Heard::Refused, NOT_YOURS)
        }
    }
}

/// Hears one word. One transaction: what it changes and that it was heard, or neither.
///
/// # Errors
/// When the database does not answer.
pub(super) fn hear(conn: &mut PgConnection, teller: Teller<'_>, word: &Word) -> QueryResult<Decided> {
    if let Some(kept) = delivery::upload(conn, word.id)? {
        return Ok(Decided::kept(kept, teller.rider));
    }
    match conn.transaction(|conn| decide_and_keep(conn, teller, word)) {
        // The same word came twice at once, and the other one was first.
        Err(e @ Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            let kept = delivery::upload(conn, word.id)?.ok_or(e)?;
            Ok(Decided::kept(kept, teller.rider))
        }
        other => other,
    }
}

fn decide_and_keep(conn: &mut PgConnection, teller: Teller<'_>, word: &Word) -> QueryResult<Decided> {
    let drop = found(conn, word)?;
    let at = device_time(word, drop.as_ref(), teller.now);
    let mine = drop.as_ref().filter(|drop| drop.rider_id == Some(teller.rider));
    let (heard, words) = match (mine, &drop) {
        (Some(drop), _) => decide(conn, teller, drop, word, at)?,
        (None, Some(drop)) if matches!(word.kind, Kind::Left | Kind::Delivered) => {
            decide_of_anothers(conn, teller, drop.id, word, at)?
        }
        (None, _) => (Heard::Refused, NOT_YOURS.to_owned()),
    };
    delivery::heard_of(conn, teller.rider, at)?;
    let upload = Upload {
        id: word.id,
        rider_id: teller.rider,
        drop_id: drop.map(|drop| drop.id),
        kind: word.kind.as_str().to_owned(),
        body: word.details.to_keep(),
        happened_at: at,
        received_at: teller.now,
        decision: heard,
        answer: words.clone(),
    };
    delivery::insert_upload(conn, &upload)?;
    Ok(Decided::new(word.id, heard, words))
}

/// The drop of a word. Whose it is stays so until the word is decided; positions change nothing of it.
fn found(conn: &mut PgConnection, word: &Word) -> QueryResult<Option<Drop>> {
    let drop = delivery::drop_by_id(conn, word.drop)?;
    match drop {
        Some(drop) if word.kind != Kind::Position => {
            orders::lock_order(conn, drop.order_id)?;
            delivery::drop_by_id(conn, drop.id)
        }
        drop => Ok(drop),
    }
}

/// No clock of a device is ahead of ours, and nothing happened before there was a drop.
fn device_time(word: &Word, drop: Option<&Drop>, now: DateTime<Utc>) -> DateTime<Utc> {
    let at = word.happened_at.unwrap_or(now);
    drop.map_or(at, |drop| at.max(drop.planned_at)).min(now)
}

fn decide(
    conn: &mut PgConnection,
    teller: Teller<'_>,
    drop: &Drop,
    word: &Word,
    at: DateTime<Utc>,
) -> QueryResult<(Heard, String)> {
    let (by, now) = (Actor::Staff(teller.rider), teller.now);
    let done = match word.kind {
        Kind::Left => lifecycle::leave_for(conn, drop.id, by, at, now),
        Kind::Arrived => lifecycle::arrive(conn, drop.id, by, at),
        Kind::Failed => match failure(&word.details) {
            Some(why) => lifecycle::fail(conn, drop.id, why, by, at, now),
            None => return refused("Say why it could not be delivered."),
        },
        Kind::Delivered => match proof(conn, teller.signer, drop, word)? {
            Ok(door) => lifecycle::deliver(conn, drop.id, &door, by, at, now),
            Err(words) => return refused(words),
        },
        Kind::Position => return position(conn, teller.rider, drop, &word.details, at),
    };
    match done {
        Ok(heard) => Ok((heard, words(word.kind, heard).to_owned())),
        Err(DriveError::Db(e)) => Err(e),
        Err(e) => refused(dispatch::refusal(&e)),
    }
}

/// Why a word about another rider's drop was not taken; nothing of it holds then.
enum Untaken {
    Refused(String),
    Db(Error),
}

impl From<Error> for Untaken {
    fn from(e: Error) -> Self {
        Self::Db(e)
    }
}

/// Of a drop that was given to another while this rider, whose it was then, could not be heard.
fn decide_of_anothers(
    conn: &mut PgConnection,
    teller: Teller<'_>,
    id: DropId,
    word: &Word,
    at: DateTime<Utc>,
) -> QueryResult<(Heard, String)> {
    let heard = conn.transaction(|conn| {
        lifecycle::regain(conn, id, teller.rider, at, teller.now).map_err(|e| {
            if let DriveError::Db(e) = e { Untaken::Db(e) } else { Untaken::Refused(NOT_YOURS.to_owned()) }
        })?;
        let drop = delivery::drop_by_id(conn, id)?.ok_or(Error::NotFound)?;
        match decide(conn, teller, &drop, word, at)? {
            (Heard::Refused, words) => Err(Untaken::Refused(words)),
            heard => Ok(heard),
        }
    });
    match heard {
        Ok(heard) => Ok(heard),
        Err(Untaken::Refused(words)) => refused(words),
        Err(Untaken::Db(e)) => Err(e),
    }
}

fn refused(words: impl Into<String>) -> QueryResult<(Heard, String)> {
    Ok((Heard::Refused, words.into()))
}

fn failure(details: &Details) -> Option<Failure> {
    // That an order was cancelled is never a rider's word.
    details.reason.parse().ok().filter(|why| *why != Failure::Cancelled)
}

/// Where a rider is, only while they are under way to this door.
fn position(
    conn: &mut PgConnection,
    rider: StaffId,
    drop: &Drop,
    details: &Details,
    at: DateTime<Utc>,
) -> QueryResult<(Heard, String)> {
    if drop.state != DropState::OnTheWay {
        return refused("Positions are taken only while this drop is on the way.");
    }
    let Some(here) = details.latitude.zip(details.longitude).filter(|here| is_on_earth(*here)) else {
        return refused("This is no position.");
    };
    let is_news = delivery::set_position(conn, rider, here, at)?;
    Ok((if is_news { Heard::Applied } else { Heard::TooLate }, String::new()))
}

fn is_on_earth((latitude, longitude): (f64, f64)) -> bool {
    (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)
}

const fn words(kind: Kind, heard: Heard) -> &'static str {
    match (heard, kind) {
        (Heard::AlreadyTrue, _) => "That was known already.",
        (Heard::TooLate, _) => "It was noted. Things have moved on since.",
        (_, Kind::Left) => "You are on the way.",
        (_, Kind::Arrived) => "You are at the door.",
        (_, Kind::Delivered) => "Delivered. Thank you.",
        (_, Kind::Failed) => "Noted. Dispatch decides what comes next.",
        (_, Kind::Position) => "",
    }
}
