//! Waiting no longer than a person does, and telling the lifecycle what was heard.

use super::declined;
use crate::app::App;
use crate::error::AppError;
use crate::ids::AttemptId;
use crate::lifecycle::{self, Source};
use crate::outside::gateway::{Gateway, GatewayError, Intent};
use crate::outside::{Lane, LaneFull};
use crate::payments::{self, Attempt, Decision};
use actix_web::rt;
use std::time::Duration;

/// How long somebody is kept waiting for an answer.
const PATIENCE: Duration = Duration::from_secs(9);

/// Who is asking: somebody who waits, or the shop itself, which comes again anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Somebody,
    Upkeep,
}

/// Runs work that goes on when nobody waits for it any more. `None`: not done yet.
pub(super) async fn in_time<T: 'static>(work: impl Future<Output = T> + 'static) -> Option<T> {
    let running = rt::spawn(work);
    rt::time::timeout(PATIENCE, running).await.ok().and_then(Result::ok)
}

/// Makes a call in the lane for it.
pub(super) async fn ask<T: Send + 'static>(
    app: &App,
    who: For,
    call: impl FnOnce(&Gateway) -> Result<T, GatewayError> + Send + 'static,
) -> Result<T, GatewayError> {
    let none = || GatewayError::Misconfigured("no payment gateway is set".to_owned());
    let gateway = app.gateway.clone().ok_or_else(none)?;
    let (lane, gateway): (&Lane, Gateway) = match who {
        For::Somebody => (&app.lane, gateway),
        For::Upkeep => (&app.upkeep, gateway.once()),
    };
    let answer = lane.run(move || call(&gateway)).await;
    answer.unwrap_or_else(|LaneFull| Err(GatewayError::Unclear("too many calls at once".to_owned())))
}

/// What the gateway has answered becomes true here.
pub(super) async fn tell(app: &App, intent: Intent) -> Result<Decision, AppError> {
    let now = app.clock.now();
    let signer = app.signer.clone();
    app.db(move |conn| {
        let decided = lifecycle::payment_settled(conn, &intent, Source::Asked, now)?;
        declined::count(conn, &signer, &intent, decided, now)?;
        Ok::<_, AppError>(decided)
    })
    .await
}

pub(super) async fn attempt(app: &App, id: AttemptId) -> Result<Attempt, AppError> {
    app.db(move |conn| payments::attempt(conn, id)).await
}

/// The database's refusal where only its own errors fit.
pub(super) fn undone(e: AppError) -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(e.to_string().into())
}
