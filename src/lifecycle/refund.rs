//! Money goes back: never more than there is, to the cent, and "refunded" only once it is.

use super::cancel;
use crate::events::{self, Event};
use crate::fulfilment;
use crate::ids::{Actor, OrderId, RefundId};
use crate::money::{Money, split};
use crate::orders::{self, Order};
use crate::outside::gateway::{Refunded, RefundedStatus};
use crate::payments::{
    self, Attempt, Capture, CaptureState, Decision, Refund, RefundBecame, RefundReason, RefundState,
};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// A refund that the gateway has and has not decided is asked about after this long.
const ASK_AFTER: Duration = Duration::seconds(30);

/// What is to go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOf {
    Amount(Money),
    /// These lines, by their positions, and perhaps the delivery.
    Lines {
        positions: Vec<i32>,
        fee: bool,
    },
    /// All that is left.
    Everything,
}

/// A refund that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedBack {
    pub order: OrderId,
    pub of: RefundOf,
    pub reason: RefundReason,
    pub by: Actor,
}

#[derive(Debug)]
pub enum RefundError {
    /// There is less left to give back.
    TooMuch {
        left: Money,
    },
    /// It comes to nothing.
    Nothing,
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for RefundError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Asks for money to go back. One transaction; the gateway is asked by the outbox. Several refunds
/// come of it only where an order's money came in several charges.
///
/// # Errors
/// Nothing has changed then.
pub fn ask_refund(
    conn: &mut PgConnection,
    asked: &AskedBack,
    now: DateTime<Utc>,
) -> Result<Vec<RefundId>, RefundError> {
    conn.transaction(|conn| {
        let order = orders::lock_order(conn, asked.order)?;
        let attempts = payments::attempts_of(conn, order.id)?;
        let captures = payments::captures_of(conn, order.id)?;
        let refunds = payments::refunds_of(conn, order.id)?;
        let mut left: Vec<(&Attempt, Money)> = attempts
            .iter()
            .map(|a| (a, payments::refundable_of(a.id, &captures, &refunds)))
            .filter(|(_, left)| *left > Money::ZERO)
            .collect();
        let all: Money = left.iter().map(|(_, left)| *left).sum();
        let amount = match &asked.of {
            RefundOf::Amount(amount) => *amount,
            RefundOf::Everything => all,
            RefundOf::Lines { positions, fee } => {
                let charge = charge_of(&captures, &refunds);
                share_of(conn, &order, charge, positions, *fee)?
            }
        };
        if amount <= Money::ZERO {
            return Err(RefundError::Nothing);
        }
        if amount > all {
            return Err(RefundError::TooMuch { left: all });
        }
        left.sort_by_key(|(_, left)| std::cmp::Reverse(*left));
        let mut missing = amount;
        let mut ids = Vec::new();
        for (attempt, left) in left {
            let part = missing.min(left);
            if part > Money::ZERO {
                let id = cancel::refund(conn, order.id, attempt.id, part, asked.reason, asked.by, now)?;
                ids.push(id);
                missing = missing - part;
            }
        }
        Ok(ids)
    })
}

/// What the order was charged: what was taken, without what was never owed.
fn charge_of(captures: &[Capture], refunds: &[Refund]) -> Money {
    let taken: Money =
        captures.iter().filter(|c| c.state == CaptureState::Succeeded).map(|c| c.amount_cents).sum();
    let never_owed = |r: &&Refund| {
        r.state != RefundState::Failed
            && matches!(r.reason, RefundReason::PackedForLess | RefundReason::LateMoney)
    };
    taken - refunds.iter().filter(never_owed).map(|r| r.amount_cents).sum()
}

/// The part of the charge that belongs to some lines: by what they came to, once they are packed, else by what was
/// ordered. The parts of all lines and the delivery add up to the charge, to the cent (P33).
fn share_of(
    conn: &mut PgConnection,
    order: &Order,
    charge: Money,
    positions: &[i32],
    fee: bool,
) -> QueryResult<Money> {
    let lines = orders::lines(conn, order.id)?;
    let ordered: Vec<(i32, Money)> = lines.iter().map(|l| (l.position, l.sum_cents)).collect();
    let is_packed = fulfilment::of_order(conn, order.id)?.is_some_and(|row| row.total_cents.is_some());
    let picks = if is_packed { fulfilment::picks_of(conn, order.id)? } else { Vec::new() };
    let packed: Vec<(i32, Money)> = picks.iter().map(|pick| (pick.position, pick.total())).collect();
    let shares = split(charge, &weights(&ordered, is_packed.then_some(&packed), order.fee_cents));
    let of_lines = lines.iter().zip(&shares).filter(|(l, _)| positions.contains(&l.position));
    let of_fee = shares.last().copied().filter(|_| fee).unwrap_or_default();
    Ok(of_lines.map(|(_, share)| *share).sum::<Money>() + of_fee)
}

/// How the charge is shared out: each line's sum by its position, then the delivery's. Of what was not in the bag
/// nothing was charged.
fn weights(ordered: &[(i32, Money)], packed: Option<&Vec<(i32, Money)>>, fee: Money) -> Vec<i64> {
    let real = |(position, sum): &(i32, Money)| match packed {
        Some(picks) => picks.iter().filter(|(of, _)| of == position).map(|(_, sum)| *sum).sum(),
        None => *sum,
    };
    ordered.iter().map(real).chain([fee]).map(Money::cents).collect()
}

/// Asks once more for a refund that failed. `None`: it has not failed, somebody has done so before, or nothing is
/// left.
///
/// # Errors
/// When the database does not answer.
pub fn ask_refund_again(
    conn: &mut PgConnection,
    id: RefundId,
    by: Actor,
    now: DateTime<Utc>,
) -> QueryResult<Option<RefundId>> {
    conn.transaction(|conn| {
        let Some(found) = payments::refund(conn, id)? else { return Ok(None) };
        let attempt = payments::attempt(conn, found.attempt_id)?;
        let order = orders::lock_order(conn, attempt.order_id)?;
        let Some(failed) = payments::refund(conn, id)?.filter(|r| r.state == RefundState::Failed) else {
            return Ok(None);
        };
        let is_asked = payments::refunds_of(conn, order.id)?.iter().any(|r| r.again_of == Some(id));
        let left = super::taken::left_of(conn, &attempt)?;
        let amount = failed.amount_cents.min(left);
        if is_asked || amount <= Money::ZERO {
            return Ok(None);
        }
        let again = Refund {
            id: RefundId(Uuid::now_v7()),
            amount_cents: amount,
            state: RefundState::Requested,
            gateway_refund: None,
            failure: None,
            asked_at: now,
            settled_at: None,
            ask_at: None,
            asks: 0,
            again_of: Some(id),
            ..failed
        };
        cancel::write_refund(conn, order.id, &again, by)?;
        Ok(Some(again.id))
    })
}

/// Makes true here what the gateway says of a refund. The same word twice changes nothing; a
/// failure is the last word, whenever it comes.
///
/// # Errors
/// When the database does not answer.
pub fn refund_settled(conn: &mut PgConnection, said: &Refunded, now: DateTime<Utc>) -> QueryResult<Decision> {
    conn.transaction(|conn| {
        let found = match said.refund {
            Some(id) => payments::refund(conn, id)?,
            None => payments::refund_named(conn, &said.id)?,
        };
        let Some(found) = found else {
            return if said.refund.is_some() {
                Ok(Decision::Waiting)
            } else {
                made_elsewhere(conn, said, now)
            };
        };
        let attempt = payments::attempt(conn, found.attempt_id)?;
        orders::lock_order(conn, attempt.order_id)?;
        let refund = payments::refund(conn, found.id)?.ok_or(diesel::result::Error::NotFound)?;
        if refund.gateway_refund.as_ref().is_some_and(|known| *known != said.id) {
            return Ok(Decision::NotOurs);
        }
        match (refund.state, &said.status) {
            (RefundState::Requested, RefundedStatus::Pending) if refund.gateway_refund.is_none() => {
                let became = RefundBecame {
                    state: RefundState::Requested,
                    gateway_refund: Some(said.id.clone()),
                    failure: None,
                    settled_at: None,
                    ask_at: Some(now + ASK_AFTER),
                };
                payments::set_refund(conn, refund.id, &became)?;
                Ok(Decision::Applied)
            }
            (RefundState::Requested, RefundedStatus::Succeeded) => {
                settle(conn, &attempt, &refund, Some(&said.id), None, (Actor::Gateway, now))
            }
            (RefundState::Requested | RefundState::Succeeded, RefundedStatus::Failed) => {
                let why = said.failure.as_deref().unwrap_or("failed");
                settle(conn, &attempt, &refund, Some(&said.id), Some(why), (Actor::Gateway, now))
            }
            (RefundState::Requested, RefundedStatus::Pending)
            | (RefundState::Succeeded, RefundedStatus::Succeeded)
            | (RefundState::Failed, RefundedStatus::Failed) => Ok(Decision::AlreadyTrue),
            (RefundState::Succeeded, RefundedStatus::Pending)
            | (RefundState::Failed, RefundedStatus::Pending | RefundedStatus::Succeeded) => {
                Ok(Decision::TooLate)
            }
        }
    })
}

/// Somebody has given money back at the gateway itself: it is ours if the payment is, and what is gone is gone.
/// Of two who hear of it at once one writes it down.
fn made_elsewhere(conn: &mut PgConnection, said: &Refunded, now: DateTime<Utc>) -> QueryResult<Decision> {
    let intent = said.intent.as_deref();
    let Some(attempt) = intent.map(|of| payments::attempt_of_intent(conn, of)).transpose()?.flatten() else {
        return Ok(Decision::NotOurs);
    };
    orders::lock_order(conn, attempt.order_id)?;
    if payments::refund_named(conn, &said.id)?.is_some() {
        return refund_settled(conn, said, now);
    }
    if said.status == RefundedStatus::Failed || said.amount <= Money::ZERO {
        return Ok(Decision::TooLate);
    }
    let made = Refund {
        id: RefundId(Uuid::now_v7()),
        attempt_id: attempt.id,
        amount_cents: said.amount,
        reason: RefundReason::Goodwill,
        state: RefundState::Requested,
        gateway_refund: Some(said.id.clone()),
        failure: None,
        asked_at: now,
        settled_at: None,
        ask_at: Some(now + ASK_AFTER),
        asks: 0,
        again_of: None,
    };
    cancel::write_refund(conn, attempt.order_id, &made, Actor::Gateway)?;
    if said.status == RefundedStatus::Succeeded {
        settle(conn, &attempt, &made, Some(&said.id), None, (Actor::Gateway, now))?;
    }
    Ok(Decision::Applied)
}

/// The gateway would not begin the refund: the money is where it was, and it can be asked for again.
///
/// # Errors
/// When the database does not answer.
pub fn refund_failed(
    conn: &mut PgConnection,
    id: RefundId,
    why: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    by_hand(conn, id, Some(why), (Actor::Gateway, now)).map(drop)
}

/// Money that came at the door was handed back by a person. Says whether that is news.
///
/// # Errors
/// When the database does not answer.
pub fn hand_back(conn: &mut PgConnection, id: RefundId, by: Actor, now: DateTime<Utc>) -> QueryResult<bool> {
    by_hand(conn, id, None, (by, now))
}

fn by_hand(
    conn: &mut PgConnection,
    id: RefundId,
    failure: Option<&str>,
    told: (Actor, DateTime<Utc>),
) -> QueryResult<bool> {
    conn.transaction(|conn| {
        let Some(found) = payments::refund(conn, id)? else { return Ok(false) };
        let attempt = payments::attempt(conn, found.attempt_id)?;
        orders::lock_order(conn, attempt.order_id)?;
        let open = payments::refund(conn, id)?.filter(|r| r.state == RefundState::Requested);
        let Some(refund) = open else { return Ok(false) };
        settle(conn, &attempt, &refund, None, failure, told)?;
        Ok(true)
    })
}

fn settle(
    conn: &mut PgConnection,
    attempt: &Attempt,
    refund: &Refund,
    named: Option<&str>,
    failure: Option<&str>,
    (by, now): (Actor, DateTime<Utc>),
) -> QueryResult<Decision> {
    let became = RefundBecame {
        state: if failure.is_some() { RefundState::Failed } else { RefundState::Succeeded },
        gateway_refund: named.map(str::to_owned).or_else(|| refund.gateway_refund.clone()),
        failure: failure.map(str::to_owned),
        settled_at: Some(now),
        ask_at: None,
    };
    payments::set_refund(conn, refund.id, &became)?;
    let event = match failure {
        Some(why) => Event::RefundFailed {
            attempt: attempt.id,
            refund: refund.id,
            amount: refund.amount_cents,
            reason: why.to_owned(),
        },
        None => {
            Event::RefundSucceeded { attempt: attempt.id, refund: refund.id, amount: refund.amount_cents }
        }
    };
    events::record(conn, attempt.order_id.0, &event, by, now)?;
    Ok(Decision::Applied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_position(sums: &[i64]) -> Vec<(i32, Money)> {
        (1..).zip(sums).map(|(position, sum)| (position, Money(*sum))).collect()
    }

    #[test]
    fn of_what_was_missing_nothing_goes_back_and_of_what_came_all() {
        let (ordered, packed) = (by_position(&[1000, 1000]), by_position(&[0, 1000]));
        let shares = split(Money(1000), &weights(&ordered, Some(&packed), Money::ZERO));
        assert_eq!(shares, [Money::ZERO, Money(1000), Money::ZERO]);
        let shares = split(Money(2000), &weights(&ordered, None, Money::ZERO));
        assert_eq!(shares, [Money(1000), Money(1000), Money::ZERO]);
    }

    proptest! {
        #[test]
        fn all_lines_and_the_delivery_are_all_that_was_charged_to_the_cent(
            sums in prop::collection::vec((0i64..20_000, 0i64..20_000), 1..40),
            fee in 0i64..1_000,
            less in 0i64..500,
        ) {
            let (ordered, real): (Vec<i64>, Vec<i64>) = sums.into_iter().unzip();
            let (ordered, packed) = (by_position(&ordered), by_position(&real));
            let total = real.iter().sum::<i64>() + fee;
            prop_assume!(total > 0);
            let weights = weights(&ordered, Some(&packed), Money(fee));
            let exact = split(Money(total), &weights);
            for (share, (_, sum)) in exact.iter().zip(&packed) {
                prop_assert_eq!(share, sum, "each line is what it came to");
            }
            // Of another charge, say less out of goodwill, still everything is everything.
            let charge = Money((total - less).max(0));
            prop_assert_eq!(split(charge, &weights).into_iter().sum::<Money>(), charge);
        }
    }
}
