//! Giving up: an order, or a try to be paid of which nobody knows the end.

use super::pay::{prepare, refresh};
use super::wait::{For, ask, attempt, in_time, tell, undone};
use crate::app::App;
use crate::error::AppError;
use crate::ids::{Actor, AttemptId, OrderId};
use crate::lifecycle::{self, CancelError, Cancelled, Errand, Shut};
use crate::orders::{self, CancelledWhy};
use crate::outside::gateway::{GatewayError, Intent, IntentStatus};
use actix_web::rt;

const ROUNDS: usize = 3;
const MOST_UNPAID: i64 = 50;

/// Cancels an order. A try to be paid whose end is open is asked about and given up first.
/// Answers within nine seconds; what is not known by then is gone on with.
///
/// # Errors
/// `AskFirst` when the gateway does not say what became of the money: the order stays as it is.
pub async fn cancel(
    app: &App,
    order: OrderId,
    why: CancelledWhy,
    by: Actor,
) -> Result<Cancelled, CancelError> {
    let work = {
        let app = app.clone();
        async move { cancel_now(&app, order, why, by, For::Somebody).await }
    };
    if let Some(done) = in_time(work).await {
        return done;
    }
    let now = app.clock.now();
    attempted(app, order, why, by, now).await
}

/// Cancels orders whose money has not come in time. The gateway is asked before each; where it
/// cannot be reached the order stays (P1), and those behind it have their turn all the same.
///
/// # Errors
/// When the database does not answer.
pub async fn cancel_unpaid(app: &App) -> Result<usize, AppError> {
    let now = app.clock.now();
    let (mut behind, mut cancelled) = (None, 0);
    loop {
        let late = app.db(move |conn| orders::unpaid_since(conn, now, behind, MOST_UNPAID)).await?;
        let Some(last) = late.last().copied() else { return Ok(cancelled) };
        behind = Some(last);
        cancelled += cancel_these(app, late.into_iter().map(|(_, order)| order)).await;
    }
}

async fn cancel_these(app: &App, late: impl Iterator<Item = OrderId>) -> usize {
    let cancelling: Vec<_> = late
        .map(|order| {
            let app = app.clone();
            rt::spawn(async move {
                let done = cancel_now(&app, order, CancelledWhy::Unpaid, Actor::System, For::Upkeep).await;
                match done {
                    Ok(_) => true,
                    Err(CancelError::Db(e)) => {
                        log::warn!("an unpaid order could not be cancelled yet: {e}");
                        false
                    }
                    Err(CancelError::Paid | CancelError::TooLate | CancelError::AskFirst(_)) => false,
                }
            })
        })
        .collect();
    let mut cancelled = 0;
    for one in cancelling {
        cancelled += usize::from(one.await.unwrap_or(false));
    }
    cancelled
}

async fn cancel_now(
    app: &App,
    order: OrderId,
    why: CancelledWhy,
    by: Actor,
    who: For,
) -> Result<Cancelled, CancelError> {
    let mut last = CancelError::TooLate;
    for _ in 0..ROUNDS {
        let now = app.clock.now();
        let open = match attempted(app, order, why, by, now).await {
            Err(CancelError::AskFirst(open)) => open,
            done => return done,
        };
        last = CancelError::AskFirst(open);
        let asked = ask_then_shut(app, open, who).await.map_err(|e| CancelError::Db(undone(e)))?;
        if asked == Shutting::NotKnown {
            break;
        }
    }
    Err(last)
}

async fn attempted(
    app: &App,
    order: OrderId,
    why: CancelledWhy,
    by: Actor,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Cancelled, CancelError> {
    app.db(move |conn| Ok::<_, AppError>(lifecycle::cancel(conn, order, why, by, now)))
        .await
        .map_err(|e| CancelError::Db(undone(e)))?
}

/// Money that is there already is money that is there: it is asked about before it is given up.
async fn ask_then_shut(app: &App, open: AttemptId, who: For) -> Result<Shutting, AppError> {
    let before = attempt(app, open).await?;
    if !before.shutting && !refresh(app, &before, who).await? {
        return Ok(Shutting::NotKnown);
    }
    if !attempt(app, open).await?.state.is_open() {
        return Ok(Shutting::Settled);
    }
    shut(app, open, who).await
}

/// Whether the end of a try is known now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shutting {
    Settled,
    NotKnown,
}

/// Gives a try up: here first, so that nothing it reserves from now on is counted on, then at the
/// gateway, and then what that has answered becomes true.
pub(super) async fn shut(app: &App, id: AttemptId, who: For) -> Result<Shutting, AppError> {
    let now = app.clock.now();
    let errand = match app.db(move |conn| lifecycle::begin_shutting(conn, id, now)).await? {
        Shut::Done => return Ok(Shutting::Settled),
        Shut::AtGateway(errand) => *errand,
    };
    let is_over = |status: &IntentStatus| matches!(status, IntentStatus::Canceled | IntentStatus::Succeeded);
    match ask(app, who, move |gateway| give_up(gateway, &errand)).await {
        Ok(intent) => {
            let over = is_over(&intent.status);
            tell(app, intent).await?;
            Ok(if over { Shutting::Settled } else { Shutting::NotKnown })
        }
        Err(GatewayError::NotFound) => {
            let why = "not known at the gateway";
            app.db(move |conn| lifecycle::given_up(conn, id, why, now)).await?;
            Ok(Shutting::Settled)
        }
        Err(e) => {
            log::warn!("a payment could not be given up yet: {e}");
            Ok(Shutting::NotKnown)
        }
    }
}

/// The intent as it is after the gateway was told to give it up: over, or why it is not.
fn give_up(gateway: &crate::outside::gateway::Gateway, errand: &Errand) -> Result<Intent, GatewayError> {
    let id = match &errand.attempt.intent {
        Some(id) => id.clone(),
        // Its name was lost with an answer: the same errand brings it again.
        None => match prepare(gateway, errand) {
            Ok(intent) => intent.id,
            // What the gateway would not prepare is not there.
            Err(GatewayError::Refused { .. }) => return Err(GatewayError::NotFound),
            Err(e) => return Err(e),
        },
    };
    match gateway.cancel(&id) {
        Err(GatewayError::Refused { intent: Some(intent), .. }) => Ok(*intent),
        Err(GatewayError::Refused { intent: None, .. }) => gateway.intent(&id),
        answer => answer,
    }
}
