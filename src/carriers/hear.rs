//! What becomes of a carrier's word: kept, decided once, and kept with its decision. Words come twice,
//! late and in another order; each has one effect of its own, so that all orders come to one end.

use crate::app::App;
use crate::delivery::{self, Booking, BookingState, CarrierWord, Drop, Failure, Heard, Proof, WordDecision};
use crate::error::AppError;
use crate::ids::Actor;
use crate::lifecycle::{self, AtTheDoor, DriveError};
use crate::orders;
use crate::outside::carrier::{Said, Stage, said};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Of what cannot be read so many characters are kept.
const LONGEST_UNREAD: usize = 4_000;
const AT_ONCE: i64 = 200;
/// A word about something we have not heard of for so long is somebody else's.
const NOT_OURS_AFTER: Duration = Duration::days(7);

/// Keeps a word and acts on it, in one transaction.
pub(super) fn take_in(
    conn: &mut PgConnection,
    carrier: &str,
    said: &Said,
    body: &Value,
    now: DateTime<Utc>,
) -> QueryResult<WordDecision> {
    let word = CarrierWord {
        carrier: carrier.to_owned(),
        id: said.id.clone(),
        reference: said.shipment.clone(),
        said: said.word.clone(),
        body: body.clone(),
        received_at: now,
        decision: WordDecision::Waiting,
        decided_at: None,
        seen_at: None,
        covered_at: None,
    };
    conn.transaction(|conn| {
        if delivery::keep_carrier_word(conn, &word)? != WordDecision::Waiting {
            return Ok(WordDecision::AlreadyTrue);
        }
        let decision = decide(conn, carrier, said, now)?;
        note(conn, &word, decision, now)?;
        Ok(decision)
    })
}

/// Keeps what a carrier has signed and nobody here can read, for staff to see; the same again once.
pub(super) fn keep_unread(
    conn: &mut PgConnection,
    carrier: &str,
    raw: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let name: String = Sha256::digest(raw).iter().take(16).map(|b| format!("{b:02x}")).collect();
    let text: String =
        String::from_utf8_lossy(raw).chars().filter(|c| *c != '\0').take(LONGEST_UNREAD).collect();
    let word = CarrierWord {
        carrier: carrier.to_owned(),
        id: format!("unread-{name}"),
        reference: "an unknown number".to_owned(),
        said: "unreadable".to_owned(),
        body: Value::String(text),
        received_at: now,
        decision: WordDecision::UnknownState,
        decided_at: Some(now),
        seen_at: None,
        covered_at: None,
    };
    conn.transaction(|conn| {
        delivery::keep_carrier_word(conn, &word)?;
        delivery::cover_words_alike(conn, (carrier, &word.reference), now)
    })
}

/// Writes down what was decided about a word; one from which nothing follows stands for those before it.
fn note(
    conn: &mut PgConnection,
    word: &CarrierWord,
    decision: WordDecision,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    delivery::decide_carrier_word(conn, (&word.carrier, &word.id), decision, now)?;
    if decision == WordDecision::UnknownState {
        delivery::cover_words_alike(conn, (&word.carrier, &word.reference), now)?;
    }
    Ok(())
}

/// Acts on words that came before they made sense. Says how many do now.
///
/// # Errors
/// When the database does not answer.
pub async fn settle_waiting(app: &App) -> Result<usize, AppError> {
    let now = app.clock.now();
    app.db(move |conn| {
        let mut settled = 0;
        for (carrier, id) in delivery::waiting_carrier_words(conn, now - NOT_OURS_AFTER, AT_ONCE)? {
            settled += usize::from(settle(conn, (&carrier, &id), now)?);
        }
        Ok::<_, AppError>(settled)
    })
    .await
}

fn settle(conn: &mut PgConnection, id: (&str, &str), now: DateTime<Utc>) -> QueryResult<bool> {
    conn.transaction(|conn| {
        let Some(word) = delivery::lock_waiting_carrier_word(conn, id)? else { return Ok(false) };
        let decided = match said(&word.body) {
            Some(said) => decide(conn, &word.carrier, &said, now)?,
            None => WordDecision::UnknownState,
        };
        let old = now - word.received_at > NOT_OURS_AFTER;
        let decided = if decided == WordDecision::Waiting && old { WordDecision::NotOurs } else { decided };
        if decided == WordDecision::Waiting {
            return Ok(false);
        }
        note(conn, &word, decided, now)?;
        log::info!("a carrier's word {}, which had waited: {decided}", word.id);
        Ok(true)
    })
}

fn decide(
    conn: &mut PgConnection,
    carrier: &str,
    said: &Said,
    now: DateTime<Utc>,
) -> QueryResult<WordDecision> {
    let Some(known) = delivery::booking_named(conn, carrier, &said.shipment)? else {
        return Ok(WordDecision::Waiting);
    };
    // Before anything is read of it that others may be changing.
    orders::lock_order(conn, known.order_id)?;
    let Some((booking, drop)) =
        delivery::booking(conn, known.id)?.zip(delivery::drop_by_id(conn, known.drop_id)?)
    else {
        return Ok(WordDecision::NotOurs);
    };
    if let Some(decided) = not_wanted(conn, &booking, &said.stage, now)? {
        return Ok(decided);
    }
    // No clock of a carrier is ahead of ours, and nothing happened before there was a drop.
    let at = said.at.unwrap_or(now).max(drop.planned_at).min(now);
    let heard = match apply(conn, &booking, &drop, &said.stage, at, now) {
        Some(heard) => heard,
        None => return Ok(WordDecision::UnknownState),
    };
    if said.stage == Stage::Delivered && heard.is_ok() {
        delivery::stop_asking(conn, booking.id)?;
    }
    outcome(heard)
}

/// Of a booking that does not count any more: that it was delivered is true all the same, all else is
/// for somebody here to look at.
fn not_wanted(
    conn: &mut PgConnection,
    booking: &Booking,
    stage: &Stage,
    now: DateTime<Utc>,
) -> QueryResult<Option<WordDecision>> {
    if booking.state.is_live() {
        return Ok(None);
    }
    Ok(match stage {
        Stage::Delivered | Stage::Unknown => None,
        Stage::Booked => Some(WordDecision::AlreadyTrue),
        Stage::Cancelled => match lifecycle::booking_ended(conn, booking.id, BookingState::Ended, "", now) {
            Err(DriveError::Db(e)) => return Err(e),
            Ok(()) | Err(_) => Some(WordDecision::AlreadyTrue),
        },
        Stage::Collected | Stage::OnTheWay | Stage::AtTheDoor | Stage::Failed(_) => {
            Some(WordDecision::TooLate)
        }
    })
}

/// `None`: a word that is new to us.
fn apply(
    conn: &mut PgConnection,
    booking: &Booking,
    drop: &Drop,
    stage: &Stage,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Result<Heard, DriveError>> {
    let by = Actor::Carrier;
    Some(match stage {
        Stage::Unknown => return None,
        Stage::Booked => Ok(Heard::AlreadyTrue),
        Stage::Collected => lifecycle::carrier_collected(conn, booking.id, at, now),
        // Whoever is on the way has it.
        Stage::OnTheWay => lifecycle::carrier_collected(conn, booking.id, at, now)
            .and_then(|_| lifecycle::leave_for(conn, drop.id, by, at, now)),
        Stage::AtTheDoor => lifecycle::arrive(conn, drop.id, by, at),
        Stage::Delivered => {
            let (proof, detail) = (Proof::Carrier, String::new());
            let door = AtTheDoor { proof, detail, photo: None, age_checked: false, paid_by: None };
            lifecycle::deliver(conn, drop.id, &door, by, at, now)
        }
        Stage::Failed(reason) => lifecycle::fail(conn, drop.id, failure(reason), by, at, now),
        Stage::Cancelled => lifecycle::fail(conn, drop.id, Failure::CarrierStopped, by, at, now),
    })
}

/// Of our own reasons a carrier may give those that it can know.
fn failure(reason: &str) -> Failure {
    match reason {
        "nobody_there" => Failure::NobodyThere,
        "wrong_address" => Failure::WrongAddress,
        "no_access" => Failure::NoAccess,
        "refused" => Failure::Refused,
        "damaged" => Failure::Damaged,
        _ => Failure::CarrierStopped,
    }
}

fn outcome(heard: Result<Heard, DriveError>) -> QueryResult<WordDecision> {
    Ok(match heard {
        Ok(Heard::Applied) => WordDecision::Applied,
        Ok(Heard::AlreadyTrue) => WordDecision::AlreadyTrue,
        Ok(Heard::TooLate | Heard::Refused) => WordDecision::TooLate,
        Err(DriveError::Db(e)) => return Err(e),
        Err(DriveError::Unknown) => WordDecision::NotOurs,
        // It may become possible: once the order is packed, or paid anew.
        Err(
            DriveError::NotPacked
            | DriveError::CheckAge(_)
            | DriveError::NotAlone(_)
            | DriveError::NoPicture
            | DriveError::PayFirst(_)
            | DriveError::Money(_),
        ) => WordDecision::Waiting,
        Err(
            DriveError::NotYours
            | DriveError::OnTheWay
            | DriveError::Collected
            | DriveError::Over(_)
            | DriveError::StillOpen,
        ) => WordDecision::TooLate,
    })
}
