use crate::ids::StaffId;
use crate::outside::mail;
use crate::sign::Signer;
use crate::staff::letters;
use crate::staff::model::{Access, RESET, Secret, is_of_the_demo};
use crate::staff::store;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

const PURPOSE: &str = "staff reset";

/// What a letter's link carries: whose password, until when, and our seal over both and over the
/// password as it is. So nothing of it is kept, and it opens nothing any more once the password has
/// changed, by this link or otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetKey {
    staff: StaffId,
    until: DateTime<Utc>,
    seal: String,
}

impl ResetKey {
    fn new(signer: &Signer, secret: &Secret, until: DateTime<Utc>) -> Self {
        let seal = signer.seal(PURPOSE, &sealed(secret, until));
        Self { staff: secret.id, until, seal }
    }

    /// What has the form of one.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (staff, until, seal) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self {
            staff: StaffId(staff.parse().ok()?),
            until: DateTime::from_timestamp(until.parse().ok()?, 0)?,
            seal: seal.to_owned(),
        })
    }

    /// As it stands in the link.
    pub(in crate::staff) fn write(&self) -> String {
        format!("{}.{}.{}", self.staff.0.simple(), self.until.timestamp(), self.seal)
    }

    fn opens(&self, signer: &Signer, secret: &Secret, now: DateTime<Utc>) -> bool {
        let is_ours = signer.is_sealed(PURPOSE, &sealed(secret, self.until), &self.seal);
        is_ours && self.until > now && secret.state == Access::Active
    }
}

fn sealed(secret: &Secret, until: DateTime<Utc>) -> String {
    format!("{} {} {}", secret.id, until.timestamp(), secret.password_hash)
}

/// Sends a letter by which somebody who works here sets their password anew, within half an hour and
/// once. To all other addresses nothing goes, and whoever asks hears the same. The demonstration's
/// accounts keep the password that everybody knows.
///
/// # Errors
/// When the database does not answer.
pub fn request_reset(
    conn: &mut PgConnection,
    email: &str,
    signer: &Signer,
    public_url: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let secret = store::by_email(conn, email)?.filter(|s| s.state == Access::Active);
    let Some(secret) = secret.filter(|_| !is_of_the_demo(email)) else { return Ok(()) };
    let key = ResetKey::new(signer, &secret, now + RESET);
    let letter = letters::reset(email, public_url, &key.write());
    mail::queue(conn, &letter, &format!("staff reset {}", Uuid::now_v7()), now).map(drop)
}

/// Whether the letter's link still holds.
///
/// # Errors
/// When the database does not answer.
pub fn reset_is_open(
    conn: &mut PgConnection,
    key: &ResetKey,
    signer: &Signer,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let secret = store::secret_of(conn, key.staff).optional()?;
    Ok(secret.is_some_and(|secret| key.opens(signer, &secret, now)))
}

/// Sets the password and ends every session. `false` when the link was used before or is too old: of
/// two that use it at once, the second finds another password under it.
///
/// # Errors
/// When the database does not answer.
pub fn reset_password(
    conn: &mut PgConnection,
    key: &ResetKey,
    hash: &str,
    signer: &Signer,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    conn.transaction(|conn| {
        let held = store::hold(conn, key.staff)?;
        if !held.is_some_and(|secret| key.opens(signer, &secret, now)) {
            return Ok(false);
        }
        store::set_password(conn, key.staff, hash)?;
        store::end_sessions(conn, key.staff, None, now)?;
        Ok(true)
    })
}
