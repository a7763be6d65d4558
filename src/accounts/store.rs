//! SQL over customers. No decisions here: each function is one statement.

use super::model::{Contact, Customer, Details, Pending, Secret};
use super::token::Token;
use crate::db::schema::{customer_sessions, customers, password_resets, sign_ups};
use crate::ids::CustomerId;
use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

/// # Errors
/// `NotFound` when there is nobody of this id.
pub fn by_id(conn: &mut PgConnection, id: CustomerId) -> QueryResult<Customer> {
    customers::table.find(id).select(Customer::as_select()).first(conn)
}

/// What a sign-in is checked against.
///
/// # Errors
/// When the database does not answer.
pub fn by_email(conn: &mut PgConnection, email: &str) -> QueryResult<Option<Secret>> {
    customers::table.filter(customers::email.eq(email)).select(Secret::as_select()).first(conn).optional()
}

/// # Errors
/// `NotFound` when there is nobody of this id.
pub fn secret_of(conn: &mut PgConnection, id: CustomerId) -> QueryResult<Secret> {
    customers::table.find(id).select(Secret::as_select()).first(conn)
}

/// Holds the customer's row until the transaction ends, so that what is done to one account
/// is done in turn. Rows that only refer to it need not wait.
pub(super) fn hold(conn: &mut PgConnection, id: CustomerId) -> QueryResult<Customer> {
    customers::table.find(id).select(Customer::as_select()).for_no_key_update().first(conn)
}

pub(super) fn is_known(conn: &mut PgConnection, email: &str) -> QueryResult<bool> {
    diesel::select(exists(customers::table.filter(customers::email.eq(email)))).get_result(conn)
}

/// `None` when there is an account of this mail already.
pub(super) fn insert(
    conn: &mut PgConnection,
    id: CustomerId,
    contact: &Contact,
    password_hash: &str,
    now: DateTime<Utc>,
) -> QueryResult<Option<Customer>> {
    diesel::insert_into(customers::table)
        .values((
            customers::id.eq(id),
            customers::email.eq(&contact.email),
            &contact.details,
            customers::password_hash.eq(password_hash),
            customers::made_at.eq(now),
        ))
        .on_conflict(customers::email)
        .do_nothing()
        .returning(Customer::as_returning())
        .get_result(conn)
        .optional()
}

pub(super) fn set_details(conn: &mut PgConnection, id: CustomerId, details: &Details) -> QueryResult<()> {
    diesel::update(customers::table.find(id)).set(details).execute(conn).map(drop)
}

pub(super) fn set_password(conn: &mut PgConnection, id: CustomerId, hash: &str) -> QueryResult<()> {
    diesel::update(customers::table.find(id)).set(customers::password_hash.eq(hash)).execute(conn).map(drop)
}

pub(super) fn insert_session(
    conn: &mut PgConnection,
    token: &Token,
    customer: CustomerId,
    now: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(customer_sessions::table)
        .values((
            customer_sessions::token_hash.eq(token.hash()),
            customer_sessions::customer_id.eq(customer),
            customer_sessions::made_at.eq(now),
            customer_sessions::seen_at.eq(now),
            customer_sessions::ends_at.eq(ends_at),
        ))
        .execute(conn)
        .map(drop)
}

/// Whose a session is, and when it was last seen.
pub(super) fn session(
    conn: &mut PgConnection,
    token: &Token,
    now: DateTime<Utc>,
) -> QueryResult<Option<(CustomerId, DateTime<Utc>)>> {
    customer_sessions::table
        .find(token.hash())
        .filter(customer_sessions::ends_at.gt(now))
        .select((customer_sessions::customer_id, customer_sessions::seen_at))
        .first(conn)
        .optional()
}

pub(super) fn see_session(
    conn: &mut PgConnection,
    token: &Token,
    now: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(customer_sessions::table.find(token.hash()))
        .set((customer_sessions::seen_at.eq(now), customer_sessions::ends_at.eq(ends_at)))
        .execute(conn)
        .map(drop)
}

pub(super) fn delete_session(conn: &mut PgConnection, token: &Token) -> QueryResult<()> {
    diesel::delete(customer_sessions::table.find(token.hash())).execute(conn).map(drop)
}

pub(super) fn delete_sessions(conn: &mut PgConnection, customer: CustomerId) -> QueryResult<()> {
    diesel::delete(customer_sessions::table.filter(customer_sessions::customer_id.eq(customer)))
        .execute(conn)
        .map(drop)
}

pub(super) fn insert_sign_up(
    conn: &mut PgConnection,
    token: &Token,
    contact: &Contact,
    password_hash: &str,
    device: Uuid,
    (now, ends_at): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<()> {
    let Details { name, phone, line, town, eircode } = &contact.details;
    diesel::insert_into(sign_ups::table)
        .values((
            sign_ups::token_hash.eq(token.hash()),
            sign_ups::email.eq(&contact.email),
            (sign_ups::name.eq(name), sign_ups::phone.eq(phone)),
            (sign_ups::line.eq(line), sign_ups::town.eq(town), sign_ups::eircode.eq(eircode)),
            sign_ups::password_hash.eq(password_hash),
            sign_ups::device.eq(device),
            sign_ups::made_at.eq(now),
            sign_ups::ends_at.eq(ends_at),
        ))
        .execute(conn)
        .map(drop)
}

pub(super) fn sign_up(
    conn: &mut PgConnection,
    token: &Token,
    now: DateTime<Utc>,
) -> QueryResult<Option<Pending>> {
    sign_ups::table
        .find(token.hash())
        .filter(sign_ups::ends_at.gt(now))
        .select(Pending::as_select())
        .first(conn)
        .optional()
}

type Taken = (String, String, Option<String>, Option<String>, Option<String>, Option<String>, Option<String>);

/// Takes a sign-up off the table: who holds what it gives is the one who may make the account.
pub(super) fn take_sign_up(
    conn: &mut PgConnection,
    token: &Token,
    now: DateTime<Utc>,
) -> QueryResult<Option<(Contact, String)>> {
    let taken: Option<Taken> =
        diesel::delete(sign_ups::table.find(token.hash()).filter(sign_ups::ends_at.gt(now)))
            .returning((
                sign_ups::email,
                sign_ups::password_hash,
                sign_ups::name,
                sign_ups::phone,
                sign_ups::line,
                sign_ups::town,
                sign_ups::eircode,
            ))
            .get_result(conn)
            .optional()?;
    Ok(taken.map(|(email, hash, name, phone, line, town, eircode)| {
        (Contact { email, details: Details { name, phone, line, town, eircode } }, hash)
    }))
}

pub(super) fn delete_sign_ups(conn: &mut PgConnection, email: &str) -> QueryResult<()> {
    diesel::delete(sign_ups::table.filter(sign_ups::email.eq(email))).execute(conn).map(drop)
}

pub(super) fn insert_reset(
    conn: &mut PgConnection,
    token: &Token,
    customer: CustomerId,
    now: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(password_resets::table)
        .values((
            password_resets::token_hash.eq(token.hash()),
            password_resets::customer_id.eq(customer),
            password_resets::made_at.eq(now),
            password_resets::ends_at.eq(ends_at),
        ))
        .execute(conn)
        .map(drop)
}

pub(super) fn reset_is_open(conn: &mut PgConnection, token: &Token, now: DateTime<Utc>) -> QueryResult<bool> {
    let open = password_resets::table
        .find(token.hash())
        .filter(password_resets::used_at.is_null().and(password_resets::ends_at.gt(now)));
    diesel::select(exists(open)).get_result(conn)
}

/// Uses a reset up. Of two that come at once, one gets nothing.
pub(super) fn use_reset(
    conn: &mut PgConnection,
    token: &Token,
    now: DateTime<Utc>,
) -> QueryResult<Option<CustomerId>> {
    diesel::update(
        password_resets::table
            .find(token.hash())
            .filter(password_resets::used_at.is_null().and(password_resets::ends_at.gt(now))),
    )
    .set(password_resets::used_at.eq(now))
    .returning(password_resets::customer_id)
    .get_result(conn)
    .optional()
}

/// The other letters on their way are worth nothing any more.
pub(super) fn close_resets(conn: &mut PgConnection, id: CustomerId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(
        password_resets::table
            .filter(password_resets::customer_id.eq(id).and(password_resets::used_at.is_null())),
    )
    .set(password_resets::used_at.eq(now))
    .execute(conn)
    .map(drop)
}

pub(super) fn delete_ended(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    let sessions = diesel::delete(customer_sessions::table.filter(customer_sessions::ends_at.le(now)));
    let resets = diesel::delete(password_resets::table.filter(password_resets::ends_at.le(now)));
    let sign_ups = diesel::delete(sign_ups::table.filter(sign_ups::ends_at.le(now)));
    Ok(sessions.execute(conn)? + resets.execute(conn)? + sign_ups.execute(conn)?)
}
