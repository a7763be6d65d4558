//! What the shop does by itself as time goes on: opening delivery windows ahead, noticing that an
//! offer has begun or ended, doing the outbox's work, and asking after money.
//!
//! Each has a loop of its own, so that a gateway that hangs holds up nothing else.

mod jobs;
mod sweeps;

pub use jobs::{work_for, work_outbox};
pub use sweeps::{
    forget, forget_awaited, forget_carrier_words, forget_gateway_words, forget_photos, forget_uploads, sweep,
};

use crate::app::App;
use crate::awaited::{self, Here};
use crate::carriers;
use crate::cashier;
use crate::delivery;
use crate::dispatch;
use crate::error::AppError;
use crate::events::{self, Consumer};
use crate::forecast;
use crate::payments;
use crate::storefront::Shop;
use crate::web::Metrics;
use actix_web::rt;
use actix_web::rt::task::JoinHandle;
use actix_web::web::Data;
use chrono::Duration as Span;
use std::sync::atomic::Ordering;
use std::time::Duration;

const TICK: Duration = Duration::from_millis(500);
/// Windows are opened days ahead; once a minute is often enough.
const WINDOWS_EVERY: u32 = 120;
/// What has ended lies about for an hour at most.
const FORGET_EVERY: u32 = 7_200;
const ASK_EVERY: Duration = Duration::from_secs(1);
/// What is due is taken; how often each order is, the settings say.
const FORESEE_EVERY: Duration = Duration::from_secs(3);
const SWEEP_EVERY: Duration = Duration::from_secs(3);
/// Whoever waits for days waits a few seconds more.
const TELL_EVERY: Duration = Duration::from_secs(3);
/// Authorisations end in days; once in so many rounds is often enough.
const RENEW_EVERY: u32 = 20;
/// Promises moved with one connection in hand.
const MOVED_AT_ONCE: usize = 25;
/// An attempt that nobody has asked about for so long after its time.
const OVERDUE: Span = Span::seconds(60);

/// Starts all of it. The loops end when they are aborted.
pub fn start(shop: &Data<Shop>) -> Vec<JoinHandle<()>> {
    vec![
        rt::spawn(run(shop.clone())),
        rt::spawn(follow_outbox(shop.app.clone(), Consumer::Gateway)),
        rt::spawn(follow_outbox(shop.app.clone(), Consumer::Notifications)),
        rt::spawn(follow_outbox(shop.app.clone(), Consumer::Dispatch)),
        rt::spawn(follow_incidents(shop.app.clone())),
        rt::spawn(follow_outbox(shop.app.clone(), Consumer::Carriers)),
        rt::spawn(ask_carriers(shop.app.clone())),
        rt::spawn(ask_after_money(shop.app.clone())),
        rt::spawn(end_unpaid(shop.app.clone())),
        rt::spawn(foresee(shop.app.clone())),
        rt::spawn(sweep_up(shop.clone())),
        rt::spawn(tell_of_returns(shop.app.clone())),
    ]
}

/// Runs until the process ends. A tick that fails is logged and tried again at the next.
async fn run(shop: Data<Shop>) {
    let mut ticks: u32 = 0;
    loop {
        if ticks.is_multiple_of(WINDOWS_EVERY) {
            note("delivery windows could not be opened", open_windows(&shop).await);
        }
        if ticks.is_multiple_of(FORGET_EVERY) {
            note("what has ended could not be forgotten", forget(&shop).await);
            note("old pictures could not be deleted", forget_photos(&shop.app).await);
            note("old words of devices could not be deleted", forget_uploads(&shop.app).await);
            note("old words of carriers could not be deleted", forget_carrier_words(&shop.app).await);
            note("old words of the gateway could not be deleted", forget_gateway_words(&shop.app).await);
            note("old wishes could not be deleted", forget_awaited(&shop.app).await);
        }
        note("offers could not be read", follow_offers(&shop).await);
        ticks = ticks.wrapping_add(1);
        rt::time::sleep(TICK).await;
    }
}

/// Each consumer has its own: letters leave while the gateway is silent.
async fn follow_outbox(app: App, consumer: Consumer) {
    let mut bell = app.outbox.subscribe();
    loop {
        note("the outbox could not be read", work_for(&app, consumer).await);
        // Word of new work comes by the bell; work that was put off comes due by itself.
        drop(rt::time::timeout(TICK, bell.changed()).await);
    }
}

async fn follow_incidents(app: App) {
    loop {
        note("promises could not be moved", move_promises(&app).await);
        rt::time::sleep(ASK_EVERY).await;
    }
}

/// Moves all promises that an incident has moved and that wait for it, some at a time. Says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn move_promises(app: &App) -> Result<usize, AppError> {
    let (mut moved, now) = (0, app.clock.now());
    app.db(move |conn| dispatch::note_newcomers(conn, now)).await?;
    loop {
        let now = app.clock.now();
        let some = app.db(move |conn| dispatch::move_some(conn, MOVED_AT_ONCE, now)).await?;
        moved += some;
        if some < MOVED_AT_ONCE {
            return Ok(moved);
        }
    }
}

async fn ask_after_money(app: App) {
    loop {
        note("payments could not be asked about", cashier::reconcile(&app).await);
        note("words that wait could not be read", cashier::settle_waiting(&app).await);
        rt::time::sleep(ASK_EVERY).await;
    }
}

async fn ask_carriers(app: App) {
    loop {
        note("carriers could not be asked", carriers::poll(&app).await);
        note("carriers' words that wait could not be read", carriers::settle_waiting(&app).await);
        rt::time::sleep(ASK_EVERY).await;
    }
}

/// Asks the gateway before each, and may wait for it.
async fn end_unpaid(app: App) {
    let mut rounds: u32 = 0;
    loop {
        note("unpaid orders could not be read", cashier::cancel_unpaid(&app).await);
        if rounds.is_multiple_of(RENEW_EVERY) {
            note("authorisations could not be renewed", cashier::renew_ending(&app).await);
        }
        rounds = rounds.wrapping_add(1);
        rt::time::sleep(SWEEP_EVERY).await;
    }
}

/// When each order will be there, and word to those whose window cannot be kept.
async fn foresee(app: App) {
    loop {
        note("forecasts could not be made", forecast::round(&app).await);
        rt::time::sleep(FORESEE_EVERY).await;
    }
}

/// Asks nobody but the database: windows come free in time whatever the gateway does.
async fn sweep_up(shop: Data<Shop>) {
    loop {
        note("what is over could not be let go", sweep(&shop.app).await);
        note("figures could not be taken", measure(&shop.app, &shop.metrics).await);
        rt::time::sleep(SWEEP_EVERY).await;
    }
}

/// A page of the open wishes each time, then the next: the work of a round does not grow with their number.
async fn tell_of_returns(app: App) {
    let mut here = None;
    loop {
        let done = tell_returned(&app, here.take()).await;
        if let Ok((_, next)) = &done {
            here.clone_from(next);
        }
        note("what is back could not be told", done);
        rt::time::sleep(TELL_EVERY).await;
    }
}

/// Writes to those of the next open wishes whose product is there again. Says how many, and where to go on.
///
/// # Errors
/// When the database does not answer.
pub async fn tell_returned(app: &App, after: Option<Here>) -> Result<(usize, Option<Here>), AppError> {
    let (now, url) = (app.clock.now(), app.config.server.public_url.clone());
    app.db(move |conn| awaited::tell_some(conn, &url, after.as_ref(), now)).await
}

/// A tick that fails is logged and tried again at the next.
fn note<T>(what: &str, done: Result<T, AppError>) {
    if let Err(e) = done {
        log::error!("{what}: {e}");
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

async fn measure(app: &App, metrics: &Metrics) -> Result<(), AppError> {
    let now = app.clock.now();
    let (overdue, refused, given_up, stuck) = app
        .db(move |conn| {
            let overdue = payments::overdue(conn, now - OVERDUE)?;
            let refused = payments::unmoved_count(conn)?;
            Ok::<_, AppError>((overdue, refused, events::give_up_count(conn)?, events::stuck_count(conn)?))
        })
        .await?;
    metrics.payments_overdue.set(overdue);
    metrics.outbox_given_up.set(given_up);
    metrics.outbox_stuck.set(stuck);
    metrics.money_refused.set(refused);
    if let Some(gateway) = &app.gateway {
        let tally = gateway.tally();
        let read = |n: &std::sync::atomic::AtomicU64| i64::try_from(n.load(Ordering::Relaxed)).unwrap_or(0);
        metrics.gateway_answered.set(read(&tally.answered));
        metrics.gateway_refused.set(read(&tally.refused));
        metrics.gateway_unclear.set(read(&tally.unclear));
    }
    Ok(())
}
