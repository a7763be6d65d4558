use crate::accounts::model::{Customer, SEEN_EVERY, SESSION};
use crate::accounts::store;
use crate::accounts::token::Token;
use crate::basket::{self, Joined};
use crate::delivery::{self, Answer, Query};
use crate::ids::{BasketId, CustomerId};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// Somebody who has just proved who they are.
#[derive(Debug)]
pub struct SignedIn {
    pub customer: Customer,
    /// For the browser's cookie, and nowhere else.
    pub token: Token,
    /// The account's basket, and what the browser brought into it.
    pub joined: Joined,
}

/// Begins a session and brings the browser's basket along, in one transaction: ten sign-ins at
/// once take turns, and each finds what the one before has left. `claim` takes what is theirs of what
/// was ordered from that basket, and says whether there is more that is not; see [`basket::join`].
///
/// # Errors
/// `NotFound` when there is nobody of this id.
pub fn sign_in(
    conn: &mut PgConnection,
    id: CustomerId,
    guest: Option<BasketId>,
    claim: impl FnOnce(&mut PgConnection, BasketId, &Customer) -> QueryResult<bool>,
    quote_valid_for: Duration,
    now: DateTime<Utc>,
) -> QueryResult<SignedIn> {
    conn.transaction(|conn| {
        let customer = store::hold(conn, id)?;
        let is_tied = |conn: &mut PgConnection, guest| claim(conn, guest, &customer);
        let joined = basket::join(conn, guest, id, is_tied, now)?;
        fill_place(conn, &customer, joined.basket, quote_valid_for, now)?;
        let token = Token::fresh();
        store::insert_session(conn, &token, id, now, now + SESSION)?;
        Ok(SignedIn { customer, token, joined })
    })
}

/// Who has told us where they live need not say it again to see the fee.
fn fill_place(
    conn: &mut PgConnection,
    customer: &Customer,
    id: BasketId,
    valid_for: Duration,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let Some(eircode) = &customer.details.eircode else { return Ok(()) };
    if basket::has_place(conn, id)? {
        return Ok(());
    }
    if let Answer::Here { place, eircode } = delivery::find(conn, &Query::Text(eircode.clone()))? {
        let quote = delivery::give_quote(conn, &place, eircode, valid_for, now)?;
        basket::change_place(conn, id, &quote, now)?;
    }
    Ok(())
}

/// Whose session it is, if it has not ended. Moves its end on, at most once an hour.
///
/// # Errors
/// When the database does not answer.
pub fn customer_of(
    conn: &mut PgConnection,
    token: &Token,
    now: DateTime<Utc>,
) -> QueryResult<Option<CustomerId>> {
    let Some((customer, seen_at)) = store::session(conn, token, now)? else { return Ok(None) };
    if seen_at + SEEN_EVERY <= now {
        store::see_session(conn, token, now, now + SESSION)?;
    }
    Ok(Some(customer))
}

/// The same for a page that only stays open: its end stays where it is.
///
/// # Errors
/// When the database does not answer.
pub fn whose_session(
    conn: &mut PgConnection,
    token: &Token,
    now: DateTime<Utc>,
) -> QueryResult<Option<CustomerId>> {
    Ok(store::session(conn, token, now)?.map(|(customer, _)| customer))
}

/// # Errors
/// When the database does not answer.
pub fn end_session(conn: &mut PgConnection, token: &Token) -> QueryResult<()> {
    store::delete_session(conn, token)
}

/// Signs out everywhere. The account's basket goes on under a name that no browser knows, so
/// that none that was signed in can look into it.
///
/// # Errors
/// When the database does not answer.
pub fn end_all(conn: &mut PgConnection, id: CustomerId, now: DateTime<Utc>) -> QueryResult<()> {
    conn.transaction(|conn| {
        store::hold(conn, id)?;
        store::delete_sessions(conn, id)?;
        basket::move_on(conn, id, now)
    })
}

/// Forgets what has ended: sessions, letters that nobody followed. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn sweep(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    store::delete_ended(conn, now)
}
