//! What the outbox asks of the gateway: to take, to let go, to give back.

use super::wait::{For, ask, attempt, tell};
use crate::app::App;
use crate::error::AppError;
use crate::events::{Acted, Event, Job, about_the_customer, about_the_goods};
use crate::ids::{AttemptId, CaptureId, RefundId};
use crate::lifecycle;
use crate::money::Money;
use crate::outside::gateway::{Gateway, GatewayError, IntentStatus, Refunded};
use crate::payments::{self, CaptureState, RefundState};

/// Does a job of the consumer "gateway". Doing it again does nothing again.
///
/// # Errors
/// When the database does not answer.
pub async fn act(app: &App, job: &Job) -> Result<Acted, AppError> {
    match &job.event.event {
        Event::CaptureAsked { attempt, capture, amount } => {
            take(app, (*attempt, *capture), *amount, job.tries > 0).await
        }
        Event::ReleaseAsked { attempt } => let_go(app, *attempt).await,
        Event::RefundAsked { attempt, refund, amount, .. } => {
            give_back(app, *attempt, *refund, *amount, job.tries > 0).await
        }
        Event::QuoteGiven { .. }
        | Event::OrderPlaced { .. }
        | Event::OrderConfirmed
        | Event::OrderCancelled { .. }
        | Event::OrderCompleted
        | Event::PaymentStarted { .. }
        | Event::PaymentProcessing { .. }
        | Event::PaymentAuthorised { .. }
        | Event::PaymentFailed { .. }
        | Event::PaymentAbandoned { .. }
        | Event::PaymentReplaced { .. }
        | Event::CaptureSucceeded { .. }
        | Event::CaptureFailed { .. }
        | Event::DoorMethodChosen { .. }
        | Event::RefundSucceeded { .. }
        | Event::RefundFailed { .. }
        | Event::StockSet { .. }
        | Event::StockMoved { .. }
        | Event::OrderChanged { .. }
        | about_the_customer!()
        | about_the_goods!() => Ok(Acted::Done),
    }
}

fn not_yet(e: &GatewayError) -> Acted {
    Acted::NotYet(e.to_string())
}

/// `again`: it was asked for before. What came of that is looked at first: a gateway says what it has answered under a
/// key once more, a failure too, whatever it had done by then.
async fn take(
    app: &App,
    (id, capture): (AttemptId, CaptureId),
    amount: Money,
    again: bool,
) -> Result<Acted, AppError> {
    let row = app.db(move |conn| payments::capture(conn, capture)).await?;
    let Some(intent) = attempt(app, id).await?.intent.filter(|_| row.state == CaptureState::Requested) else {
        return Ok(Acted::Done);
    };
    let named = intent.clone();
    let call = move |gateway: &Gateway| match again.then(|| gateway.intent(&named)).transpose()? {
        Some(known) if known.status != IntentStatus::RequiresCapture => Ok(known),
        Some(_) | None => gateway.capture(&named, amount, capture),
    };
    let answer = ask(app, For::Upkeep, call).await;
    let (said, code) = match answer {
        Ok(said) => (said, "capture_not_done".to_owned()),
        Err(GatewayError::Refused { code, intent: Some(said), .. }) => (*said, code),
        Err(GatewayError::Refused { code, intent: None, .. }) => {
            match ask(app, For::Upkeep, move |gateway| gateway.intent(&intent)).await {
                Ok(said) => (said, code),
                Err(e) => return Ok(not_yet(&e)),
            }
        }
        Err(GatewayError::NotFound) => return capture_failed(app, capture, "not_found".to_owned()).await,
        Err(e @ (GatewayError::Unclear(_) | GatewayError::Misconfigured(_))) => return Ok(not_yet(&e)),
    };
    let status = said.status.clone();
    tell(app, said).await?;
    match status {
        IntentStatus::Succeeded => Ok(Acted::Done),
        IntentStatus::Processing | IntentStatus::Other(_) => {
            Ok(Acted::NotYet("the capture is being processed".to_owned()))
        }
        IntentStatus::RequiresPaymentMethod
        | IntentStatus::RequiresConfirmation
        | IntentStatus::RequiresAction
        | IntentStatus::RequiresCapture
        | IntentStatus::Canceled => capture_failed(app, capture, code).await,
    }
}

async fn capture_failed(app: &App, capture: CaptureId, code: String) -> Result<Acted, AppError> {
    let now = app.clock.now();
    log::warn!("a capture was refused: {code}");
    app.db(move |conn| lifecycle::capture_failed(conn, capture, &code, now)).await?;
    Ok(Acted::Done)
}

async fn let_go(app: &App, id: AttemptId) -> Result<Acted, AppError> {
    let Some(intent) = attempt(app, id).await?.intent else { return Ok(Acted::Done) };
    let named = intent.clone();
    let said = match ask(app, For::Upkeep, move |gateway| gateway.cancel(&named)).await {
        Ok(said) => said,
        Err(GatewayError::Refused { intent: Some(said), .. }) => *said,
        Err(GatewayError::Refused { intent: None, .. }) => {
            match ask(app, For::Upkeep, move |gateway| gateway.intent(&intent)).await {
                Ok(said) => said,
                Err(e) => return Ok(not_yet(&e)),
            }
        }
        Err(GatewayError::NotFound) => return Ok(Acted::Done),
        Err(e @ (GatewayError::Unclear(_) | GatewayError::Misconfigured(_))) => return Ok(not_yet(&e)),
    };
    let over = matches!(said.status, IntentStatus::Canceled | IntentStatus::Succeeded);
    // Where it was charged all the same, that is known from here on, and goes back.
    tell(app, said).await?;
    Ok(if over { Acted::Done } else { Acted::NotYet("it cannot be let go yet".to_owned()) })
}

/// `again`: it was asked for before, and what was answered may have been lost.
async fn give_back(
    app: &App,
    id: AttemptId,
    refund: RefundId,
    amount: Money,
    again: bool,
) -> Result<Acted, AppError> {
    let row = app.db(move |conn| payments::refund(conn, refund)).await?;
    let open = row.is_some_and(|r| r.state == RefundState::Requested && r.gateway_refund.is_none());
    // What came at the door goes back by hand.
    let Some(intent) = attempt(app, id).await?.intent.filter(|_| open) else { return Ok(Acted::Done) };
    let now = app.clock.now();
    let call =
        move |gateway: &Gateway| match again.then(|| gateway.refund_made(&intent, refund)).transpose()? {
            Some(Some(made)) => Ok(made),
            Some(None) | None => gateway.refund(&intent, amount, refund),
        };
    match ask(app, For::Upkeep, call).await {
        Ok(said) => {
            let said = Refunded { refund: Some(refund), ..said };
            app.db(move |conn| lifecycle::refund_settled(conn, &said, now)).await?;
            Ok(Acted::Done)
        }
        Err(GatewayError::Refused { code, .. }) => refund_failed(app, refund, code).await,
        Err(GatewayError::NotFound) => refund_failed(app, refund, "not_found".to_owned()).await,
        Err(e @ (GatewayError::Unclear(_) | GatewayError::Misconfigured(_))) => Ok(not_yet(&e)),
    }
}

async fn refund_failed(app: &App, refund: RefundId, code: String) -> Result<Acted, AppError> {
    let now = app.clock.now();
    log::warn!("a refund was refused: {code}");
    app.db(move |conn| lifecycle::refund_failed(conn, refund, &code, now)).await?;
    Ok(Acted::Done)
}
