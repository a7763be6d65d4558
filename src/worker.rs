//! What the shop does by itself as time goes on: opening delivery windows ahead, and
//! noticing that an offer has begun or ended.

use crate::accounts;
use crate::delivery;
use crate::error::AppError;
use crate::outside::mail;
use crate::storefront::Shop;
use crate::throttle;
use actix_web::web::Data;
use std::time::Duration;

const TICK: Duration = Duration::from_millis(500);
/// Windows are opened days ahead; once a minute is often enough.
const WINDOWS_EVERY: u32 = 120;
/// What has ended lies about for an hour at most.
const SWEEP_EVERY: u32 = 7_200;

/// Runs until the process ends. A tick that fails is logged and tried again at the next.
pub async fn run(shop: Data<Shop>) {
    let mut ticks: u32 = 0;
    loop {
        if ticks.is_multiple_of(WINDOWS_EVERY)
            && let Err(e) = open_windows(&shop).await
        {
            log::error!("delivery windows could not be opened: {e}");
        }
        if let Err(e) = follow_offers(&shop).await {
            log::error!("offers could not be read: {e}");
        }
        if ticks.is_multiple_of(SWEEP_EVERY)
            && let Err(e) = sweep(&shop).await
        {
            log::error!("what has ended could not be swept up: {e}");
        }
        ticks = ticks.wrapping_add(1);
        actix_web::rt::time::sleep(TICK).await;
    }
}

/// Opens all windows of the coming days that are not open yet.
///
/// # Errors
/// When the database does not answer.
pub async fn open_windows(shop: &Shop) -> Result<usize, AppError> {
    let settings = &shop.app.config.shop;
    let (zone, days, now) = (settings.zone, settings.window_days, shop.app.clock.now());
    let opened = shop.app.db(move |conn| delivery::open_windows(conn, zone, days, now)).await?;
    if opened > 0 {
        log::info!("{opened} delivery windows opened");
    }
    Ok(opened)
}

/// Forgets sessions, counts of tries and letters that are of no use any more.
///
/// # Errors
/// When the database does not answer.
pub async fn sweep(shop: &Shop) -> Result<usize, AppError> {
    let now = shop.app.clock.now();
    let sweep = move |conn: &mut diesel::PgConnection| {
        Ok::<_, AppError>(accounts::sweep(conn, now)? + throttle::sweep(conn, now)? + mail::sweep(conn, now)?)
    };
    shop.app.db(sweep).await
}

/// Makes pages and index follow when an offer begins or ends.
///
/// # Errors
/// When the database does not answer.
pub async fn follow_offers(shop: &Data<Shop>) -> Result<(), AppError> {
    let now = shop.app.clock.now();
    if !shop.shelf.offers_are_due(now) {
        return Ok(());
    }
    let for_work = shop.clone();
    shop.app.db(move |conn| for_work.shelf.refresh_offers(conn, now)).await?;
    shop.app.changes.advance();
    Ok(())
}
