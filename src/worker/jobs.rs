//! The outbox's work: every consumer's jobs, each handed to whom it is for.

use crate::app::App;
use crate::carriers;
use crate::cashier;
use crate::dispatch;
use crate::error::AppError;
use crate::events::{self, Acted, Consumer, Job};
use crate::notifications::{self, Desk};
use actix_web::rt;
use diesel::Connection;

const JOBS_AT_ONCE: i64 = 16;

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
