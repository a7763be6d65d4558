//! The reconciler: asks the gateway about everything whose end is open, and does not give up while
//! money could have moved. No webhook is needed for an order to be right.

use super::pay::learn;
use super::shut::{Shutting, shut};
use super::wait::{For, ask, attempt, tell};
use crate::app::App;
use crate::error::AppError;
use crate::ids::AttemptId;
use crate::lifecycle;
use crate::outside::gateway::{GatewayError, IntentStatus};
use crate::payments::{self, Attempt, AttemptState, Refund};
use actix_web::rt;
use chrono::{DateTime, Duration, Utc};

/// While one instance asks, no other does.
const CLAIMED_FOR: Duration = Duration::seconds(30);
const AT_ONCE: i64 = 32;
/// A payment that was prepared and not confirmed for so long never will be: the shop died between.
const NEVER_CONFIRMED: Duration = Duration::seconds(30);
const FIRST_MINUTE: Duration = Duration::seconds(5);
const FIRST_HOUR: Duration = Duration::seconds(30);
const AT_MOST: Duration = Duration::minutes(10);

/// Asks about all that is due now. Says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn reconcile(app: &App) -> Result<usize, AppError> {
    if app.gateway.is_none() {
        return Ok(0);
    }
    let now = app.clock.now();
    let (attempts, refunds) = app
        .db(move |conn| {
            let attempts = payments::claim_to_ask(conn, now, now + CLAIMED_FOR, AT_ONCE)?;
            let refunds = payments::claim_refunds_to_ask(conn, now, now + CLAIMED_FOR, AT_ONCE)?;
            Ok::<_, AppError>((attempts, refunds))
        })
        .await?;
    let count = attempts.len() + refunds.len();
    let mut asking = Vec::new();
    for attempt in attempts {
        let app = app.clone();
        asking.push(rt::spawn(async move { ask_about(&app, attempt, now).await }));
    }
    for refund in refunds {
        let app = app.clone();
        asking.push(rt::spawn(async move { ask_about_refund(&app, refund, now).await }));
    }
    for one in asking {
        if let Ok(Err(e)) = one.await {
            log::warn!("the reconciler could not write down what it heard; it will ask again: {e}");
        }
    }
    Ok(count)
}

/// When something is asked about next that has been open since `since`.
fn next_from(since: DateTime<Utc>, claimed: DateTime<Utc>) -> DateTime<Utc> {
    let age = claimed - since;
    let wait = if age < Duration::minutes(1) {
        FIRST_MINUTE
    } else if age < Duration::hours(1) {
        FIRST_HOUR
    } else {
        (age / 60).clamp(FIRST_HOUR, AT_MOST)
    };
    claimed + wait
}

/// The same for who was claimed then, and has been answered, or not, by now: a gateway that hangs is asked no less
/// often for that, nor at once again.
fn next(since: DateTime<Utc>, claimed: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    next_from(since, claimed).max(now + FIRST_MINUTE)
}

async fn ask_about(app: &App, seen: Attempt, claimed: DateTime<Utc>) -> Result<(), AppError> {
    match seen.state {
        AttemptState::Created | AttemptState::Processing if seen.shutting => {
            shut(app, seen.id, For::Upkeep).await?;
            wait_on(app, seen.id, claimed).await
        }
        AttemptState::Created | AttemptState::Processing => ask_about_open(app, seen, claimed).await,
        AttemptState::Failed => {
            // A refused payment could be paid once more at the gateway: not after this (P11).
            let done = shut(app, seen.id, For::Upkeep).await? == Shutting::Settled;
            let now = app.clock.now();
            let at = (!done).then(|| next(seen.made_at, claimed, now));
            app.db(move |conn| payments::ask_again_at(conn, &seen, at)).await
        }
        AttemptState::Authorised | AttemptState::Abandoned => ask_about_ended(app, seen, claimed).await,
    }
}

async fn ask_about_open(app: &App, seen: Attempt, claimed: DateTime<Utc>) -> Result<(), AppError> {
    match learn(app, &seen, For::Upkeep).await {
        Ok(intent) => {
            let status = intent.status.clone();
            tell(app, intent).await?;
            let prepared = match status {
                IntentStatus::RequiresConfirmation | IntentStatus::RequiresPaymentMethod => true,
                IntentStatus::RequiresAction
                | IntentStatus::Processing
                | IntentStatus::RequiresCapture
                | IntentStatus::Succeeded
                | IntentStatus::Canceled
                | IntentStatus::Other(_) => false,
            };
            if prepared
                && app.clock.now() - seen.made_at >= NEVER_CONFIRMED
                && attempt(app, seen.id).await?.state.is_open()
            {
                shut(app, seen.id, For::Upkeep).await?;
            }
        }
        Err(GatewayError::Refused { code, .. }) => {
            // The gateway will not even prepare it, so nothing was and nothing can be.
            let (id, now) = (seen.id, app.clock.now());
            if seen.intent.is_none() {
                app.db(move |conn| lifecycle::refused(conn, id, &code, false, now)).await?;
            }
        }
        Err(e @ (GatewayError::NotFound | GatewayError::Unclear(_) | GatewayError::Misconfigured(_))) => {
            log::warn!("what became of a payment is not known yet: {e}");
        }
    }
    wait_on(app, seen.id, claimed).await
}

async fn wait_on(app: &App, id: AttemptId, claimed: DateTime<Utc>) -> Result<(), AppError> {
    let now = app.clock.now();
    app.db(move |conn| {
        let open = payments::attempt(conn, id)?;
        if !open.state.is_open() {
            return Ok(());
        }
        payments::ask_again_at(conn, &open, Some(next(open.made_at, claimed, now)))
    })
    .await
}

/// A late word made us ask about a try that had ended.
async fn ask_about_ended(app: &App, seen: Attempt, claimed: DateTime<Utc>) -> Result<(), AppError> {
    let again = match learn(app, &seen, For::Upkeep).await {
        Ok(intent) => {
            tell(app, intent).await?;
            None
        }
        Err(GatewayError::NotFound | GatewayError::Refused { .. }) => None,
        Err(GatewayError::Unclear(_) | GatewayError::Misconfigured(_)) => {
            Some(next(seen.made_at, claimed, app.clock.now()))
        }
    };
    app.db(move |conn| payments::ask_again_at(conn, &seen, again)).await
}

async fn ask_about_refund(app: &App, seen: Refund, claimed: DateTime<Utc>) -> Result<(), AppError> {
    let Some(named) = seen.gateway_refund.clone() else { return Ok(()) };
    let now = app.clock.now();
    match ask(app, For::Upkeep, move |gateway| gateway.refund_state(&named)).await {
        Ok(mut said) => {
            said.refund = Some(seen.id);
            app.db(move |conn| lifecycle::refund_settled(conn, &said, now)).await?;
        }
        Err(e) => log::warn!("what became of a refund is not known yet: {e}"),
    }
    let again = next(seen.asked_at, claimed, app.clock.now());
    app.db(move |conn| payments::ask_refund_again_at(conn, seen.id, again)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_asks_often_at_first_and_never_stops() {
        let since: DateTime<Utc> = "2026-11-24T14:20:00Z".parse().expect("a time");
        let (mut now, mut asked) = (since, 0);
        while now < since + Duration::hours(1) {
            let then = next(since, now, now);
            assert!(then - now <= FIRST_HOUR, "at most half a minute apart in the first hour");
            // A call is given up after twenty seconds.
            for hung in 1..=20 {
                let answered = now + Duration::seconds(hung);
                let then = next(since, now, answered);
                assert!(then - now <= FIRST_HOUR && then > answered, "{hung} s without an answer: {then}");
            }
            (now, asked) = (then, asked + 1);
        }
        assert!(asked < 150, "{asked} times in an hour");
        for days in [1, 30, 365] {
            let now = since + Duration::days(days);
            assert!(next(since, now, now) - now <= AT_MOST && next(since, now, now) > now);
        }
    }
}
