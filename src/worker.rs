//! What the shop does by itself as time goes on: opening delivery windows ahead, noticing that an
//! offer has begun or ended, doing the outbox's work, and asking after money.
//!
//! Each has a loop of its own, so that a gateway that hangs holds up nothing else.

use crate::accounts;
use crate::app::App;
use crate::carriers;
use crate::cashier;
use crate::delivery;
use crate::dispatch;
use crate::error::AppError;
use crate::events::{self, Acted, Consumer, Job};
use crate::forecast;
use crate::notifications::{self, Desk};
use crate::outside::mail;
use crate::payments;
use crate::staff;
use crate::storefront::Shop;
use crate::throttle;
use crate::web::Metrics;
use actix_web::rt;
use actix_web::rt::task::JoinHandle;
use actix_web::web::Data;
use chrono::Duration as Span;
use diesel::Connection;
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
/// Authorisations end in days; once in so many rounds is often enough.
const RENEW_EVERY: u32 = 20;
const JOBS_AT_ONCE: i64 = 16;
/// Promises moved with one connection in hand.
const MOVED_AT_ONCE: usize = 25;
/// Pictures deleted with one connection in hand, and rounds until the next hour's.
const PHOTOS_AT_ONCE: i64 = 200;
const PHOTO_ROUNDS: usize = 500;
/// No phone keeps what it was told for longer; a word that it sent is known again until then.
const UPLOADS_KEPT: Span = Span::days(30);
const UPLOADS_AT_ONCE: i64 = 1_000;
const UPLOAD_ROUNDS: usize = 500;
/// What was typed in a checkout that nobody came back to.
const DRAFTS_KEPT: Span = Span::days(7);
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

/// Forgets sessions, counts of tries and letters that are of no use any more.
///
/// # Errors
/// When the database does not answer.
pub async fn forget(shop: &Shop) -> Result<usize, AppError> {
    let now = shop.app.clock.now();
    let forget = move |conn: &mut diesel::PgConnection| {
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
    let before = app.clock.now() - Span::days(app.config.shop.photo_days);
    let mut gone = 0;
    for _ in 0..PHOTO_ROUNDS {
        let some = app.db(move |conn| delivery::forget_photos(conn, before, PHOTOS_AT_ONCE)).await?;
        gone += some;
        if some == 0 {
            break;
        }
    }
    Ok(gone)
}

/// Deletes what devices of riders told long ago, some at a time. Says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn forget_uploads(app: &App) -> Result<usize, AppError> {
    let before = app.clock.now() - UPLOADS_KEPT;
    let mut gone = 0;
    for _ in 0..UPLOAD_ROUNDS {
        let some = app.db(move |conn| delivery::forget_uploads(conn, before, UPLOADS_AT_ONCE)).await?;
        gone += some;
        if some == 0 {
            break;
        }
    }
    Ok(gone)
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

/// Does all jobs that are due, of every consumer. Says how many were done.
///
/// # Errors
/// When the database does not answer.
pub async fn work_outbox(app: &App) -> Result<usize, AppError> {
    let mut done = 0;
    for consumer in Consumer::ALL {
        done += work_for(app, *consumer).await?;
    }
    Ok(done)
}

/// Does all jobs of a consumer that are due, some at once. Says how many were done.
///
/// # Errors
/// When the database does not answer.
pub async fn work_for(app: &App, consumer: Consumer) -> Result<usize, AppError> {
    let mut done = 0;
    loop {
        let now = app.clock.now();
        let jobs = app.db(move |conn| events::claim(conn, consumer, JOBS_AT_ONCE, now)).await?;
        if jobs.is_empty() {
            return Ok(done);
        }
        let working: Vec<_> = jobs
            .into_iter()
            .map(|job| {
                let app = app.clone();
                rt::spawn(async move { work(&app, job).await })
            })
            .collect();
        for one in working {
            match one.await {
                Ok(Ok(was_done)) => done += usize::from(was_done),
                // Its lease ends, and it is taken up again.
                Ok(Err(e)) => log::warn!("a job of the outbox broke off: {e}"),
                Err(e) => log::error!("a job of the outbox broke off: {e}"),
            }
        }
    }
}

async fn work(app: &App, job: Job) -> Result<bool, AppError> {
    let acted = match job.consumer {
        Consumer::Gateway => cashier::act(app, &job).await?,
        Consumer::Carriers => carriers::act(app, &job).await?,
        Consumer::Notifications => return write_letter(app, job).await,
        Consumer::Dispatch => return find_rider(app, job).await,
    };
    let now = app.clock.now();
    app.db(move |conn| match acted {
        Acted::Done => events::done(conn, job.id, now).map(|()| true),
        Acted::NotYet(why) => events::put_off(conn, &job, &why, now).map(|()| false),
    })
    .await
}

/// Gives a planned drop to a rider or a carrier, and notes that it is done, or neither.
async fn find_rider(app: &App, job: Job) -> Result<bool, AppError> {
    let (now, carriers) = (app.clock.now(), app.carriers.clone());
    app.db(move |conn| {
        conn.transaction(|conn| match dispatch::act(conn, &carriers, &job.event, now)? {
            dispatch::Found::Done => events::done(conn, job.id, now).map(|()| true),
            dispatch::Found::Nobody => {
                events::put_off(conn, &job, "no rider on shift has room", now).map(|()| false)
            }
        })
    })
    .await
}

/// Queues what is to be written, and notes that it is done, or neither.
async fn write_letter(app: &App, job: Job) -> Result<bool, AppError> {
    let (now, desk) = (app.clock.now(), Desk::new(&app.config));
    app.db(move |conn| {
        let written = conn.transaction(|conn| {
            notifications::deliver(conn, &desk, &job.event, now)?;
            events::done(conn, job.id, now)
        });
        match written {
            Ok(()) => Ok(true),
            Err(e) => events::put_off(conn, &job, &e.to_string(), now).map(|()| false),
        }
    })
    .await
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

fn delete_drafts(
    conn: &mut diesel::PgConnection,
    before: chrono::DateTime<chrono::Utc>,
) -> diesel::QueryResult<()> {
    use crate::db::schema::checkout_drafts;
    use diesel::prelude::*;
    diesel::delete(checkout_drafts::table.filter(checkout_drafts::touched_at.lt(before)))
        .execute(conn)
        .map(drop)
}

async fn measure(app: &App, metrics: &Metrics) -> Result<(), AppError> {
    let now = app.clock.now();
    let (overdue, given_up, stuck) = app
        .db(move |conn| {
            let overdue = payments::overdue(conn, now - OVERDUE)?;
            Ok::<_, AppError>((overdue, events::give_up_count(conn)?, events::stuck_count(conn)?))
        })
        .await?;
    metrics.payments_overdue.set(overdue);
    metrics.outbox_given_up.set(given_up);
    metrics.outbox_stuck.set(stuck);
    if let Some(gateway) = &app.gateway {
        let tally = gateway.tally();
        let read = |n: &std::sync::atomic::AtomicU64| i64::try_from(n.load(Ordering::Relaxed)).unwrap_or(0);
        metrics.gateway_answered.set(read(&tally.answered));
        metrics.gateway_refused.set(read(&tally.refused));
        metrics.gateway_unclear.set(read(&tally.unclear));
    }
    Ok(())
}
