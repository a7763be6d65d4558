//! Paying: prepare, ask for the money, write down what was answered.

use super::declined;
use super::shut::{Shutting, shut};
use super::wait::{For, ask, attempt, in_time, tell, undone};
use crate::app::App;
use crate::error::AppError;
use crate::events;
use crate::ids::{AttemptId, OrderId};
use crate::lifecycle::{self, Errand, PayError, Paying};
use crate::orders::{self, OrderState};
use crate::outside::gateway::{Gateway, GatewayError, How, Intent, NewIntent};
use crate::payments::{self, Attempt, AttemptState, PayBy};
use actix_web::rt;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

/// A reservation lasts about a week: for a later delivery it has to be renewed on the way.
const RENEWED_AFTER: Duration = Duration::days(6);
/// How long after a renewal that failed the next one is tried.
const RENEW_AGAIN: Duration = Duration::hours(1);
/// An answer that was lost is asked for after this long.
const ASK_SOON: Duration = Duration::seconds(2);
/// Somebody else has just begun it: it is theirs to end.
const JUST_NOW: Duration = Duration::seconds(25);
/// Somebody who is sent to approve does not come back as soon as this.
const PRESSED_TWICE: Duration = Duration::seconds(10);
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_millis(150);
const ROUNDS: usize = 3;
const MOST_RENEWALS: i64 = 20;

/// What became of a try to be paid, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The money is reserved or charged; the order is confirmed.
    Authorised,
    /// A clear no; the code is one for [`payments::failure_words`].
    Failed(String),
    /// The shopper has to approve at this address.
    Approve(String),
    /// Nobody knows yet. It is being asked about; the order's page will say.
    NotKnownYet,
}

/// Makes a try that was begun with the order. Of two calls one goes to the gateway, and the other
/// hears what it says. Answers within nine seconds.
pub async fn pay(app: &App, attempt: AttemptId) -> Outcome {
    let there = app.clone();
    let work = async move { drive(&there, attempt, For::Somebody).await };
    let outcome = in_time(work).await.unwrap_or(Outcome::NotKnownYet);
    let of_what = move |conn: &mut PgConnection| payments::attempt(conn, attempt).map(|found| found.order_id);
    shown(app, outcome, of_what).await
}

/// Pays again, with the same method or another one. A try that is still open is asked about and, if
/// it brought nothing, given up first.
///
/// # Errors
/// `StillOpen` when the gateway does not say what became of the try before.
pub async fn retry(app: &App, order: OrderId, paying: Paying) -> Result<Outcome, PayError> {
    let there = app.clone();
    let work = async move { try_again(&there, order, paying).await };
    let outcome = in_time(work).await.unwrap_or(Ok(Outcome::NotKnownYet))?;
    Ok(shown(app, outcome, move |_| Ok(order)).await)
}

/// Asks the gateway now what became of an order's payment. Answers within nine seconds.
pub async fn look(app: &App, order: OrderId) -> Outcome {
    let there = app.clone();
    let work = async move { look_now(&there, order).await };
    let looked = in_time(work).await.unwrap_or(Ok(Outcome::NotKnownYet));
    let outcome = looked.unwrap_or_else(|e| not_written(&e));
    shown(app, outcome, move |_| Ok(order)).await
}

/// What has failed is in the answer to somebody's own press: it need not be written to them as well.
async fn shown(
    app: &App,
    outcome: Outcome,
    of_what: impl Fn(&mut PgConnection) -> QueryResult<OrderId> + Send + 'static,
) -> Outcome {
    if let Outcome::Failed(_) = outcome {
        let now = app.clock.now();
        let noted = app.db(move |conn| {
            let order = of_what(conn)?;
            events::told(conn, order.0, now)
        });
        if let Err(e) = noted.await {
            log::warn!("what was shown of a payment may be written as well: {e}");
        }
    }
    outcome
}

fn not_written(e: &AppError) -> Outcome {
    log::warn!("what became of a payment could not be written down; it will be asked about: {e}");
    Outcome::NotKnownYet
}

/// Begins reservations anew that are about to end.
///
/// # Errors
/// When the database does not answer.
pub async fn renew_ending(app: &App) -> Result<usize, AppError> {
    if app.gateway.is_none() {
        return Ok(0);
    }
    let now = app.clock.now();
    let find = move |conn: &mut diesel::PgConnection| {
        payments::ending_authorisations(conn, now + lifecycle::RENEW_BEFORE, now - RENEW_AGAIN, MOST_RENEWALS)
    };
    let ending = app.db(find).await?;
    let count = ending.len();
    for id in ending {
        if let Some(standby) = app.db(move |conn| lifecycle::renew(conn, id, now)).await? {
            drive(app, standby, For::Upkeep).await;
        }
    }
    Ok(count)
}

pub(super) async fn drive(app: &App, id: AttemptId, who: For) -> Outcome {
    let now = app.clock.now();
    let begun = match app.db(move |conn| lifecycle::begin_paying(conn, id, now)).await {
        Ok(Some(errand)) => charge(app, errand, who).await,
        Ok(None) => join(app, id).await,
        Err(e) => Err(e),
    };
    begun.unwrap_or_else(|e| not_written(&e))
}

/// Somebody else is at it: what do they hear?
async fn join(app: &App, id: AttemptId) -> Result<Outcome, AppError> {
    loop {
        let attempt = attempt(app, id).await?;
        let young = app.clock.now() - attempt.made_at < JUST_NOW;
        if attempt.state != AttemptState::Created || !young {
            return Ok(outcome_of(&attempt));
        }
        rt::time::sleep(LOOK_EVERY).await;
    }
}

async fn charge(app: &App, errand: Errand, who: For) -> Result<Outcome, AppError> {
    let id = errand.attempt.id;
    let made = {
        let errand = errand.clone();
        ask(app, who, move |gateway| prepare(gateway, &errand)).await
    };
    let prepared = match made {
        Ok(intent) => intent,
        Err(e) => return not_begun(app, id, e).await,
    };
    let intent = prepared.id.clone();
    if !may_be_asked(app, &errand.attempt, prepared).await? {
        // It was given up meanwhile, or is held off; nothing has been asked for and nothing will be.
        return Ok(outcome_of(&attempt(app, id).await?));
    }
    let back = (!errand.attempt.standby).then(|| return_url(app, &errand));
    let named = intent.clone();
    let answer = ask(app, who, move |gateway| gateway.confirm(&named, id, back.as_deref())).await;
    answered(app, id, intent, answer, who).await
}

/// Notes what was prepared. Of a card that banks have declined too often, whoever tries it, no bank is asked.
async fn may_be_asked(app: &App, of: &Attempt, prepared: Intent) -> Result<bool, AppError> {
    let (id, standby, now, signer) = (of.id, of.standby, app.clock.now(), app.signer.clone());
    app.db(move |conn| {
        if !payments::note_intent_if_open(conn, id, &prepared.id)? {
            return Ok(false);
        }
        if standby || !declined::is_held_off(conn, &signer, &prepared, now)? {
            return Ok::<_, AppError>(true);
        }
        lifecycle::refused(conn, id, declined::HELD_OFF, true, now)?;
        Ok(false)
    })
    .await
}

/// Tells the gateway of a try. Run again for the same attempt it brings the same intent.
pub(super) fn prepare(gateway: &Gateway, errand: &Errand) -> Result<Intent, GatewayError> {
    let attempt = &errand.attempt;
    let method = attempt.gateway_method.clone().unwrap_or_default();
    let card = attempt.method == PayBy::Card;
    let far = errand.window_ends > attempt.made_at + RENEWED_AFTER;
    let keep_for_later = card && far && !attempt.standby;
    let customer = match &attempt.gateway_customer {
        None if keep_for_later => Some(gateway.create_customer(&attempt.id.to_string())?),
        known => known.clone(),
    };
    gateway.create_intent(&NewIntent {
        attempt: attempt.id,
        order: attempt.order_id,
        number: errand.number.clone(),
        amount: attempt.amount_cents,
        how: if card { How::Card(method) } else { How::Redirect(method) },
        customer,
        keep_for_later,
    })
}

fn return_url(app: &App, errand: &Errand) -> String {
    format!("{}/orders/{}/return", app.config.server.public_url, errand.number)
}

/// The payment could not even be prepared. Nothing was confirmed, so nothing can move.
async fn not_begun(app: &App, id: AttemptId, e: GatewayError) -> Result<Outcome, AppError> {
    let (code, may_exist) = match e {
        GatewayError::Refused { code, message, .. } => {
            log::warn!("the payment gateway does not prepare a payment: {code}: {message}");
            (code, false)
        }
        GatewayError::Unclear(why) => {
            log::warn!("the payment gateway does not answer: {why}");
            ("gateway_down".to_owned(), true)
        }
        GatewayError::NotFound | GatewayError::Misconfigured(_) => {
            log::warn!("no payment can be made: {e}");
            ("gateway_down".to_owned(), false)
        }
    };
    let (now, said) = (app.clock.now(), code.clone());
    app.db(move |conn| lifecycle::refused(conn, id, &said, may_exist, now)).await?;
    Ok(Outcome::Failed(code))
}

async fn answered(
    app: &App,
    id: AttemptId,
    intent: String,
    answer: Result<Intent, GatewayError>,
    who: For,
) -> Result<Outcome, AppError> {
    match answer {
        Ok(intent) => tell(app, intent).await.map(drop)?,
        Err(GatewayError::Refused { intent: Some(intent), .. }) => tell(app, *intent).await.map(drop)?,
        Err(GatewayError::Refused { code, intent: None, .. }) => {
            // A no without a word of the intent itself: is it as it was?
            match ask(app, who, move |gateway| gateway.intent(&intent)).await {
                Ok(intent) => tell(app, intent).await.map(drop)?,
                Err(_) => ask_soon(app, id).await?,
            }
            let now = app.clock.now();
            let open = attempt(app, id).await?;
            if open.state == AttemptState::Created {
                app.db(move |conn| lifecycle::refused(conn, id, &code, true, now)).await?;
            }
        }
        Err(e @ (GatewayError::NotFound | GatewayError::Unclear(_) | GatewayError::Misconfigured(_))) => {
            log::warn!("whether a payment was made is not known yet: {e}");
            ask_soon(app, id).await?;
        }
    }
    Ok(outcome_of(&attempt(app, id).await?))
}

async fn ask_soon(app: &App, id: AttemptId) -> Result<(), AppError> {
    let at = app.clock.now() + ASK_SOON;
    app.db(move |conn| {
        let open = payments::attempt(conn, id)?;
        if open.state.is_open() { payments::ask_again_at(conn, &open, Some(at)) } else { Ok(()) }
    })
    .await
}

pub(super) fn outcome_of(attempt: &Attempt) -> Outcome {
    match attempt.state {
        AttemptState::Authorised => Outcome::Authorised,
        AttemptState::Failed => Outcome::Failed(attempt.failure.clone().unwrap_or_default()),
        AttemptState::Abandoned => Outcome::Failed("shop_stopped".to_owned()),
        AttemptState::Created | AttemptState::Processing => {
            attempt.approve_at.clone().map_or(Outcome::NotKnownYet, Outcome::Approve)
        }
    }
}

async fn look_now(app: &App, order: OrderId) -> Result<Outcome, AppError> {
    let (order, newest) = app
        .db(move |conn| {
            let order = orders::order(conn, order)?;
            let tries = payments::attempts_of(conn, order.id)?;
            Ok::<_, AppError>((order, tries.into_iter().rfind(|a| !a.standby)))
        })
        .await?;
    let Some(newest) = newest else { return Ok(Outcome::Authorised) };
    let is_asked = newest.state.is_open() && !newest.method.is_at_door();
    if matches!(order.state, OrderState::Confirmed | OrderState::Completed) && !is_asked {
        return Ok(Outcome::Authorised);
    }
    if is_asked {
        refresh(app, &newest, For::Somebody).await?;
    }
    Ok(outcome_of(&attempt(app, newest.id).await?))
}

/// Asks about an attempt, if it was begun. Says whether there was an answer; none changes nothing.
pub(super) async fn refresh(app: &App, seen: &Attempt, who: For) -> Result<bool, AppError> {
    if seen.asks == 0 {
        return Ok(true);
    }
    match learn(app, seen, who).await {
        Ok(intent) => tell(app, intent).await.map(|_| true),
        // It knows of none: that is an answer too.
        Err(GatewayError::NotFound | GatewayError::Refused { .. }) => Ok(true),
        Err(e @ (GatewayError::Unclear(_) | GatewayError::Misconfigured(_))) => {
            log::warn!("what became of a payment is not known yet: {e}");
            Ok(false)
        }
    }
}

/// The intent as it is. Where its name was lost, the same errand brings it again first.
pub(super) async fn learn(app: &App, seen: &Attempt, who: For) -> Result<Intent, GatewayError> {
    if let Some(known) = seen.intent.clone() {
        return ask(app, who, move |gateway| gateway.intent(&known)).await;
    }
    let id = seen.id;
    let errand = app.db(move |conn| lifecycle::errand(conn, id)).await;
    let errand = errand.map_err(|e| GatewayError::Unclear(e.to_string()))?;
    ask(app, who, move |gateway| {
        let made = prepare(gateway, &errand)?;
        // What comes back may be the answer of then: how is it now?
        gateway.intent(&made.id)
    })
    .await
}

async fn try_again(app: &App, order: OrderId, paying: Paying) -> Result<Outcome, PayError> {
    let began = app.clock.now();
    let by = paying.by;
    let mut still_open = None;
    for _ in 0..ROUNDS {
        let (now, paying) = (app.clock.now(), paying.clone());
        let started = app
            .db(move |conn| Ok::<_, AppError>(lifecycle::start_attempt(conn, order, &paying, now)))
            .await
            .map_err(|e| PayError::Db(undone(e)))?;
        let open = match started {
            Ok(Some(attempt)) => return Ok(drive(app, attempt, For::Somebody).await),
            Ok(None) => return Ok(Outcome::Authorised),
            Err(PayError::StillOpen(open)) => open,
            Err(e) => return Err(e),
        };
        still_open = Some(open);
        match settle_before(app, open, by, began).await.map_err(|e| PayError::Db(undone(e)))? {
            Some(outcome) => return Ok(outcome),
            None => continue,
        }
    }
    Err(still_open.map_or(PayError::Over, PayError::StillOpen))
}

/// What to do about a try before this one: `Some` where its outcome is this one's too.
async fn settle_before(
    app: &App,
    open: AttemptId,
    by: PayBy,
    began: DateTime<Utc>,
) -> Result<Option<Outcome>, AppError> {
    let before = attempt(app, open).await?;
    let age = began - before.made_at;
    if age < JUST_NOW && before.state == AttemptState::Created && !before.shutting {
        // The same button, pressed twice: one goes to the gateway, both hear what it says.
        return join(app, open).await.map(Some);
    }
    if age < PRESSED_TWICE && before.method == by && before.approve_at.is_some() {
        return Ok(Some(outcome_of(&before)));
    }
    if !before.shutting && !refresh(app, &before, For::Somebody).await? {
        return Ok(Some(Outcome::NotKnownYet));
    }
    match shut(app, open, For::Somebody).await? {
        Shutting::Settled => Ok(None),
        Shutting::NotKnown => Ok(Some(Outcome::NotKnownYet)),
    }
}
