use crate::accounts::letters;
use crate::accounts::model::{Contact, Customer, Pending, SIGN_UP};
use crate::accounts::store;
use crate::accounts::token::Token;
use crate::ids::CustomerId;
use crate::outside::mail;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// Asks for an account: from the sign-up page with a mail address, or after an order with all
/// that is known of the buyer. Either way a letter goes to the address, and the account begins
/// when it is opened.
///
/// Why not at once? Whoever types somebody else's address would otherwise learn from the answer
/// whether that person shops here, or would hold an account in their name, with a password of
/// their own, before they come. So the answer is the same for every address, and what is true
/// only its owner reads: "one press and it is ready", or "you have one already".
///
/// `device` is the browser that asks: opened there, the letter needs nothing more; opened
/// elsewhere it asks for the password. So nobody makes an account by opening a letter that a
/// stranger's sign-up has sent them.
///
/// # Errors
/// When the database does not answer.
pub fn sign_up_from(
    conn: &mut PgConnection,
    contact: &Contact,
    password_hash: &str,
    device: Uuid,
    public_url: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(|conn| {
        let token = Token::fresh();
        let letter = if store::is_known(conn, &contact.email)? {
            letters::known(&contact.email, public_url)
        } else {
            store::insert_sign_up(conn, &token, contact, password_hash, device, (now, now + SIGN_UP))?;
            letters::sign_up(&contact.email, public_url, &token)
        };
        mail::queue(conn, &letter, &format!("sign-up {}", Uuid::now_v7()), now).map(drop)
    })
}

/// What the letter's link leads to, while it holds.
///
/// # Errors
/// When the database does not answer.
pub fn pending_sign_up(
    conn: &mut PgConnection,
    token: &Token,
    now: DateTime<Utc>,
) -> QueryResult<Option<Pending>> {
    store::sign_up(conn, token, now)
}

/// How opening the letter ended.
#[derive(Debug)]
pub enum Finish {
    Done(Customer),
    /// Used before, or too old.
    Gone,
    /// Another letter was opened first: there is an account of this mail.
    Known,
}

/// Makes the account. The caller has seen that it is the same browser, or checked the password.
///
/// # Errors
/// When the database does not answer.
pub fn finish_sign_up(conn: &mut PgConnection, token: &Token, now: DateTime<Utc>) -> QueryResult<Finish> {
    conn.transaction(|conn| {
        let Some((contact, hash)) = store::take_sign_up(conn, token, now)? else { return Ok(Finish::Gone) };
        let id = CustomerId(Uuid::now_v7());
        let Some(customer) = store::insert(conn, id, &contact, &hash, now)? else { return Ok(Finish::Known) };
        store::delete_sign_ups(conn, &contact.email)?;
        Ok(Finish::Done(customer))
    })
}
