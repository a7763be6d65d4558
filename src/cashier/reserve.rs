//! More is reserved on the card of an order that is to become dearer.

use super::pay::{Outcome, drive};
use super::shut::shut;
use super::wait::{For, in_time};
use crate::app::App;
use crate::error::AppError;
use crate::ids::OrderId;
use crate::lifecycle::{self, ReserveError};
use crate::money::Money;
use crate::payments;

/// Why there is no more on it. What was reserved before still is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotReserved {
    /// The card was not kept.
    NotKept,
    /// The bank said no; the code is one for [`payments::failure_words`].
    Refused(String),
    /// The bank wants its owner to approve, or nobody knows yet.
    NotKnown,
    /// Another try is under way, or the order is over.
    NotNow,
}

impl NotReserved {
    /// What to say, in plain words.
    pub fn words(&self) -> String {
        match self {
            Self::NotKept => "We did not keep your card, so we cannot reserve more on it. Place a second order for what is more; delivery may cost again. Nothing has changed.".to_owned(),
            Self::Refused(code) => {
                let (cause, _) = payments::failure_words(code);
                format!("{cause} What was reserved before still is, and your order is as it was.")
            }
            Self::NotKnown => "Your bank has not agreed to reserve more. Your order is as it was; try again in a minute.".to_owned(),
            Self::NotNow => "More cannot be reserved just now. Your order is as it was; try again in a minute.".to_owned(),
        }
    }
}

/// Reserves a sum in the place of what is reserved for an order. Answers within nine seconds; where the
/// bank says anything but yes nothing has changed.
///
/// # Errors
/// Says why not.
pub async fn reserve_more(app: &App, order: OrderId, amount: Money) -> Result<(), NotReserved> {
    let app = app.clone();
    in_time(async move { reserve(&app, order, amount).await }).await.unwrap_or(Err(NotReserved::NotKnown))
}

async fn reserve(app: &App, order: OrderId, amount: Money) -> Result<(), NotReserved> {
    let now = app.clock.now();
    let begun = app
        .db(move |conn| Ok::<_, AppError>(lifecycle::reserve_more(conn, order, amount, now)))
        .await
        .map_err(|_| NotReserved::NotNow)?;
    let standby = match begun {
        Ok(standby) => standby,
        Err(ReserveError::NotKept) => return Err(NotReserved::NotKept),
        Err(ReserveError::NotNow | ReserveError::Db(_)) => return Err(NotReserved::NotNow),
    };
    match drive(app, standby, For::Somebody).await {
        Outcome::Authorised => Ok(()),
        Outcome::Failed(code) => Err(NotReserved::Refused(code)),
        Outcome::Approve(_) | Outcome::NotKnownYet => {
            // What nobody waits for any more is given up; the reconciler ends what this does not.
            if let Err(e) = shut(app, standby, For::Upkeep).await {
                log::warn!("a reservation that nobody waits for could not be given up yet: {e}");
            }
            Err(NotReserved::NotKnown)
        }
    }
}
