//! Whether a webhook is the gateway's own, or a carrier's: an HMAC over its time and its body.

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use sha2::Sha256;

type HmacSha256 = Hmac<Sha256>;

/// How old, or how far ahead, the time in a signature may be.
const TOLERANCE_SECONDS: i64 = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadSignature {
    Unreadable,
    /// Somebody else's, or the body was changed.
    Wrong,
    /// Right, and too old to be anything but a recording.
    Old,
}

/// Checks `t=…,v1=…`, of which there may be several while a secret is being changed.
///
/// # Errors
/// Says what is wrong with it.
pub fn check(header: &str, body: &[u8], secret: &str, now: DateTime<Utc>) -> Result<(), BadSignature> {
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", value)) => time = value.parse::<i64>().ok(),
            Some(("v1", value)) => signatures.extend(unhex(value)),
            Some(_) | None => {}
        }
    }
    let time = time.ok_or(BadSignature::Unreadable)?;
    let mac = mac(secret, time, body).ok_or(BadSignature::Unreadable)?;
    // The comparison takes as long for a wrong one as for a right one.
    if !signatures.iter().any(|s| mac.clone().verify_slice(s).is_ok()) {
        return Err(BadSignature::Wrong);
    }
    if now.timestamp().abs_diff(time) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(BadSignature::Old);
    }
    Ok(())
}

/// The header of a webhook, for those who try the check.
pub fn sign(body: &[u8], secret: &str, at: DateTime<Utc>) -> String {
    let signed = mac(secret, at.timestamp(), body).map(|m| m.finalize().into_bytes());
    let hex: String = signed.iter().flatten().map(|b| format!("{b:02x}")).collect();
    format!("t={},v1={hex}", at.timestamp())
}

fn mac(secret: &str, time: i64, body: &[u8]) -> Option<HmacSha256> {
    let mut mac = HmacSha256::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(time.to_string().as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..32).map(|i| u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Duration;

    #[test]
    fn only_their_own_words_are_taken_and_only_while_they_are_new() {
        let now: DateTime<Utc> = "2026-11-24T14:20:00Z".parse().expect("a time");
        let (body, secret) = (br#"{"id":"evt_1"}"#.as_slice(), "whsec_test");
        let good = sign(body, secret, now);
        assert_eq!(check(&good, body, secret, now), Ok(()));
        assert_eq!(check(&good, body, secret, now + Duration::seconds(300)), Ok(()));
        assert_eq!(check(&good, body, secret, now + Duration::seconds(301)), Err(BadSignature::Old));
        assert_eq!(check(&good, body, secret, now - Duration::seconds(301)), Err(BadSignature::Old));
        assert_eq!(check(&good, br#"{"id":"evt_2"}"#, secret, now), Err(BadSignature::Wrong));
        assert_eq!(check(&good, body, "whsec_other", now), Err(BadSignature::Wrong));
        let rolled = format!("{},v1={},v0=abc", good, "0".repeat(64));
        assert_eq!(check(&rolled, body, secret, now), Ok(()), "one of several is enough");
        for bad in ["", "t=,v1=", "v1=00", "t=x,v1=00", "=,=", "t=1"] {
            assert!(check(bad, body, secret, now).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_signature_is_the_one_that_stripe_documents() {
        let at = DateTime::from_timestamp(1_492_774_577, 0).expect("a time");
        let header = sign(b"{}", "whsec_x", at);
        assert!(header.starts_with("t=1492774577,v1=") && header.len() == 16 + 64, "{header}");
    }
}
