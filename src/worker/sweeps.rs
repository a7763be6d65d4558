//! What is of no use any more is let go.

use crate::accounts;
use crate::app::App;
use crate::awaited;
use crate::db::schema::checkout_drafts;
use crate::delivery;
use crate::error::AppError;
use crate::outside::mail;
use crate::payments;
use crate::staff;
use crate::storefront::Shop;
use crate::throttle;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// Of what is deleted some at a time, until the next hour's.
const ROUNDS: usize = 500;
/// Pictures deleted with one connection in hand.
const PHOTOS_AT_ONCE: i64 = 200;
/// No phone keeps what it was told for longer; a word that it sent is known again until then.
const UPLOADS_KEPT: Duration = Duration::days(30);
const UPLOADS_AT_ONCE: i64 = 1_000;
/// What a carrier said and nothing followed from is known again for as long.
const WORDS_KEPT: Duration = Duration::days(30);
const WORDS_AT_ONCE: i64 = 1_000;
/// A gateway sends a word again for some days.
const PAID_WORDS_KEPT: Duration = Duration::days(30);
/// What was typed in a checkout that nobody came back to.
const DRAFTS_KEPT: Duration = Duration::days(7);

/// Forgets sessions, counts of tries and letters that are of no use any more.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(shop: &Shop) -> Result<usize, AppError> {
    let now = shop.app.clock.now();
    let forget = move |conn: &mut PgConnection| {
        let people = accounts::sweep(conn, now)? + staff::sweep(conn, now)?;
        Ok::<_, AppError>(people + throttle::sweep(conn, now)? + mail::sweep(conn, now)?)
    };
    shop.app.db(forget).await
}

/// Deletes the pictures of doors that are older than the settings say, some at a time. Says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_photos(app: &App) -> Result<usize, AppError> {
    let before = app.clock.now() - Duration::days(app.config.shop.photo_days);
    some_at_a_time(app, move |conn| delivery::forget_photos(conn, before, PHOTOS_AT_ONCE)).await
}

/// Deletes what devices of riders told long ago, some at a time. Says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_uploads(app: &App) -> Result<usize, AppError> {
    let before = app.clock.now() - UPLOADS_KEPT;
    some_at_a_time(app, move |conn| delivery::forget_uploads(conn, before, UPLOADS_AT_ONCE)).await
}

/// Deletes carriers' words from which nothing followed and which nobody has to see any more, some at a time. Says
/// how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_carrier_words(app: &App) -> Result<usize, AppError> {
    let before = app.clock.now() - WORDS_KEPT;
    some_at_a_time(app, move |conn| delivery::forget_words_alike(conn, before, WORDS_AT_ONCE)).await
}

/// Deletes wishes to hear of something that were told or are too old, some at a time. Says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_awaited(app: &App) -> Result<usize, AppError> {
    let now = app.clock.now();
    some_at_a_time(app, move |conn| awaited::sweep(conn, now)).await
}

/// Deletes what the gateway said and was decided long ago, some at a time. Says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_gateway_words(app: &App) -> Result<usize, AppError> {
    let before = app.clock.now() - PAID_WORDS_KEPT;
    some_at_a_time(app, move |conn| payments::forget_words(conn, before, WORDS_AT_ONCE)).await
}

/// Gives the connection back between one lot and the next, and ends with one of none. Says how many there were.
async fn some_at_a_time(
    app: &App,
    forget: impl Fn(&mut PgConnection) -> QueryResult<usize> + Copy + Send + 'static,
) -> Result<usize, AppError> {
    let mut gone = 0;
    for _ in 0..ROUNDS {
        let some = app.db(move |conn| Ok::<_, AppError>(forget(conn)?)).await?;
        gone += some;
        if some == 0 {
            break;
        }
    }
    Ok(gone)
}

/// Frees the windows of those who have left the checkout, and forgets what nobody came back for.
///
/// # Errors
/// When the database does not answer.
pub async fn sweep(app: &App) -> Result<(), AppError> {
    let now = app.clock.now();
    app.db(move |conn| {
        delivery::release_expired(conn, now)?;
        delete_drafts(conn, now - DRAFTS_KEPT)
    })
    .await
}

fn delete_drafts(conn: &mut PgConnection, before: DateTime<Utc>) -> QueryResult<()> {
    diesel::delete(checkout_drafts::table.filter(checkout_drafts::touched_at.lt(before)))
        .execute(conn)
        .map(drop)
}
