use crate::accounts::letters;
use crate::accounts::model::RESET;
use crate::accounts::store;
use crate::accounts::token::Token;
use crate::ids::CustomerId;
use crate::outside::mail;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// Sends a letter by which the password can be set anew, within an hour and once. To an address
/// without an account nothing goes, and whoever asks hears the same.
///
/// # Errors
/// When the database does not answer.
pub fn request_reset(
    conn: &mut PgConnection,
    email: &str,
    public_url: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let Some(customer) = store::by_email(conn, email)? else { return Ok(()) };
    conn.transaction(|conn| {
        let token = Token::fresh();
        store::insert_reset(conn, &token, customer.id, now, now + RESET)?;
        let letter = letters::reset(email, public_url, &token);
        mail::queue(conn, &letter, &format!("reset {}", Uuid::now_v7()), now).map(drop)
    })
}

/// Whether the letter's link still holds.
///
/// # Errors
/// When the database does not answer.
pub fn reset_is_open(conn: &mut PgConnection, token: &Token, now: DateTime<Utc>) -> QueryResult<bool> {
    store::reset_is_open(conn, token, now)
}

/// Sets the password and ends every session. `None` when the link was used before or is too old.
///
/// # Errors
/// When the database does not answer.
pub fn reset_password(
    conn: &mut PgConnection,
    token: &Token,
    hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<CustomerId>> {
    conn.transaction(|conn| {
        let Some(id) = store::use_reset(conn, token, now)? else { return Ok(None) };
        super::account::change_password(conn, id, hash, now)?;
        Ok(Some(id))
    })
}
