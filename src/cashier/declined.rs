//! Cards that banks have declined, by the gateway's own mark of a card's number: the same however often it
//! is typed anew, and whatever a browser says that stands on it.

use crate::outside::gateway::{Intent, IntentStatus};
use crate::payments::Decision;
use crate::sign::Signer;
use crate::throttle::{self, Key, Limited};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// Why a try is not made: in the place of the bank's own code.
pub(super) const HELD_OFF: &str = "card_held_off";

/// Whether the card of a payment that is prepared has been declined too often. Where the gateway marks no
/// cards, none is held off here.
///
/// # Errors
/// When the database does not answer.
pub(super) fn is_held_off(
    conn: &mut PgConnection,
    signer: &Signer,
    prepared: &Intent,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let Some(key) = key_of(signer, prepared) else { return Ok(false) };
    Ok(throttle::look(conn, &[(Limited::Pay, &[key])], now)?.is_err())
}

/// Counts what a bank has declined, when it is first heard of.
///
/// # Errors
/// When the database does not answer.
pub(super) fn count(
    conn: &mut PgConnection,
    signer: &Signer,
    said: &Intent,
    decided: Decision,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let is_declined = said.status == IntentStatus::RequiresPaymentMethod && said.failure.is_some();
    if decided != Decision::Applied || !is_declined {
        return Ok(());
    }
    let Some(key) = key_of(signer, said) else { return Ok(()) };
    // One more than enough is as good as enough.
    throttle::spend(conn, Limited::Pay, &[key], now).map(drop)
}

fn key_of(signer: &Signer, intent: &Intent) -> Option<Key> {
    intent.fingerprint.as_ref().map(|mark| Key::subject(signer, "fingerprint", mark))
}
