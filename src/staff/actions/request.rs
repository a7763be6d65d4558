use crate::accounts::Token;
use crate::outside::mail;
use crate::staff::letters;
use crate::staff::model::{Member, REQUEST, Request, is_of_the_demo};
use crate::staff::store;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// More admins than need to hear of one who asks.
const MOST_ADMINS: i64 = 20;

/// Who asks for access, and in which browser.
pub type Asking = Request;

/// Asks for access. Whoever asks hears the same; what is true is in a letter to the owner of the
/// address: "is it you?", or "you have access already". So nobody learns who works here, and nobody
/// asks in somebody else's name.
///
/// # Errors
/// When the database does not answer.
pub fn ask(
    conn: &mut PgConnection,
    asking: &Asking,
    public_url: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    conn.transaction(|conn| {
        let token = Token::fresh();
        let letter = if store::is_known(conn, &asking.email)? {
            letters::known(&asking.email, public_url)
        } else {
            store::insert_request(conn, &token, asking, (now, now + REQUEST))?;
            letters::is_it_you(&asking.email, public_url, &token)
        };
        mail::queue(conn, &letter, &format!("staff asks {}", Uuid::now_v7()), now).map(drop)
    })
}

/// What the letter's link leads to, while it holds.
///
/// # Errors
/// When the database does not answer.
pub fn request_of(conn: &mut PgConnection, token: &Token, now: DateTime<Utc>) -> QueryResult<Option<Asking>> {
    store::request(conn, token, now)
}

/// How opening the letter ended.
#[derive(Debug)]
pub enum Finish {
    /// An admin can decide now.
    Waits(Member),
    /// Used before, or too old, or somebody of this mail is there already.
    Gone,
}

/// Puts the request before the admins, who get a letter about it. The caller has seen that it is the
/// same browser, or checked the password. `demo`: whether the demonstration's admins are somebody.
///
/// # Errors
/// When the database does not answer.
pub fn finish(
    conn: &mut PgConnection,
    token: &Token,
    demo: bool,
    public_url: &str,
    now: DateTime<Utc>,
) -> QueryResult<Finish> {
    conn.transaction(|conn| {
        let Some(request) = store::take_request(conn, token, now)? else { return Ok(Finish::Gone) };
        let Request { email, name, password_hash, .. } = &request;
        let member = store::insert(conn, (email, name, password_hash), None, now)?;
        store::delete_requests(conn, email)?;
        let Some(member) = member else { return Ok(Finish::Gone) };
        for admin in store::active_admins(conn, MOST_ADMINS)? {
            if demo || !is_of_the_demo(&admin.email) {
                let name = format!("staff asks {} {}", member.id, admin.id);
                mail::queue(conn, &letters::asks(&admin, &member, public_url), &name, now)?;
            }
        }
        Ok(Finish::Waits(member))
    })
}
