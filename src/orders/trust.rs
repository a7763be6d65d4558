//! Whoever comes by a link shows that they are the order's own: a code goes to its contact, and the
//! browser in which it is typed may act for a while.

use super::links::{digest, new_token};
use crate::db::schema::{order_codes, order_links};
use crate::ids::OrderId;
use crate::sign::Signer;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// How long a code can be typed.
pub const CODE_MINUTES: i64 = 10;
/// How long the browser may act afterwards.
pub const TRUST_HOURS: i64 = 2;
/// Wrong ones and the right one together. The table says the same.
const MOST_TRIES: i32 = 5;
/// As long as the cookie that keeps it.
const BROWSER_KEEPS: Duration = Duration::days(1);

/// What became of a code that was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// The secret of a link that may act, for this browser alone.
    Right(String),
    Wrong {
        left: i32,
    },
    /// There is none: too old, typed too often, or used.
    Over,
}

/// Makes a new code of six figures for a link, in the place of the one before. Only a keyed hash of it
/// is kept.
///
/// # Errors
/// When the database does not answer.
pub fn new_code(
    conn: &mut PgConnection,
    signer: &Signer,
    link: &str,
    now: DateTime<Utc>,
) -> QueryResult<String> {
    let [a, b, c, d, ..] = Uuid::new_v4().into_bytes();
    let code = format!("{:06}", u32::from_be_bytes([a, b, c, d]) % 1_000_000);
    let row = (
        order_codes::hash.eq(hash(signer, link, &code)),
        order_codes::made_at.eq(now),
        order_codes::ends_at.eq(now + Duration::minutes(CODE_MINUTES)),
        order_codes::tries.eq(0),
    );
    diesel::delete(order_codes::table.filter(order_codes::ends_at.lt(now))).execute(conn)?;
    diesel::insert_into(order_codes::table)
        .values((order_codes::link.eq(digest(link)), row.clone()))
        .on_conflict(order_codes::link)
        .do_update()
        .set(row)
        .execute(conn)?;
    Ok(code)
}

/// Whether a code was sent for a link that can still be typed.
///
/// # Errors
/// When the database does not answer.
pub fn has_code(conn: &mut PgConnection, link: &str, now: DateTime<Utc>) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(
        order_codes::table
            .find(digest(link))
            .filter(order_codes::ends_at.gt(now).and(order_codes::tries.lt(MOST_TRIES))),
    ))
    .get_result(conn)
}

/// Somebody types the code of a link: the try is counted first, so that no number of browsers at once
/// has more of them. One transaction.
///
/// # Errors
/// When the database does not answer.
pub fn type_code(
    conn: &mut PgConnection,
    signer: &Signer,
    order: OrderId,
    link: &str,
    typed: &str,
    now: DateTime<Utc>,
) -> QueryResult<Typed> {
    conn.transaction(|conn| {
        let open = order_codes::table
            .find(digest(link))
            .filter(order_codes::ends_at.gt(now).and(order_codes::tries.lt(MOST_TRIES)));
        let counted: Option<(String, i32)> = diesel::update(open)
            .set(order_codes::tries.eq(order_codes::tries + 1))
            .returning((order_codes::hash, order_codes::tries))
            .get_result(conn)
            .optional()?;
        let Some((expected, tries)) = counted else { return Ok(Typed::Over) };
        let figures: String = typed.chars().filter(char::is_ascii_digit).collect();
        if hash(signer, link, &figures) != expected {
            let left = MOST_TRIES - tries;
            return Ok(if left > 0 { Typed::Wrong { left } } else { Typed::Over });
        }
        diesel::delete(order_codes::table.find(digest(link))).execute(conn)?;
        trust(conn, order, link, now).map(Typed::Right)
    })
}

/// A link of the browser's own, no longer good than the one it came by.
fn trust(conn: &mut PgConnection, order: OrderId, link: &str, now: DateTime<Utc>) -> QueryResult<String> {
    let ends_at: DateTime<Utc> =
        order_links::table.find(digest(link)).select(order_links::ends_at).first(conn)?;
    let token = new_token();
    diesel::insert_into(order_links::table)
        .values((
            order_links::digest.eq(digest(&token)),
            order_links::order_id.eq(order),
            order_links::made_at.eq(now),
            order_links::ends_at.eq(ends_at.min(now + BROWSER_KEEPS)),
            order_links::may_act_until.eq(now + Duration::hours(TRUST_HOURS)),
        ))
        .execute(conn)?;
    Ok(token)
}

fn hash(signer: &Signer, link: &str, code: &str) -> String {
    signer.pseudonym("order code", &format!("{link} {code}"))
}
