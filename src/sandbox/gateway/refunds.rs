//! Money that goes back.

use super::cards::Behaviour;
use super::draft::Draft;
use super::form::Fields;
use super::model::{Metadata, Refund, RefundStatus, new_id};
use super::refusal::Refusal;
use super::view;
use crate::money::Money;
use chrono::Duration;
use serde_json::Value;

const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];
/// How long a refund is pending with the cards whose refunds wait.
const REFUND_SECONDS: i64 = 2;

/// What a new refund is to be.
#[derive(Debug)]
pub(super) struct NewRefund {
    intent: Option<String>,
    charge: Option<String>,
    amount: Option<i64>,
    reason: Option<String>,
    metadata: Metadata,
}

impl NewRefund {
    pub(super) fn read(mut fields: Fields) -> Result<Self, Refusal> {
        let new = Self {
            intent: fields.text("payment_intent")?,
            charge: fields.text("charge")?,
            amount: fields.integer("amount")?,
            reason: fields.one_of("reason", &REASONS)?,
            metadata: fields.metadata()?,
        };
        fields.finish()?;
        if new.intent.is_none() && new.charge.is_none() {
            let words =
                "One of the following params should be provided for this request: payment_intent or charge.";
            return Err(Refusal::invalid(Some("parameter_missing"), "payment_intent", words));
        }
        if new.amount.is_some_and(|a| a < 1) {
            let words = "This value must be greater than or equal to 1.";
            return Err(Refusal::invalid(Some("parameter_invalid_integer"), "amount", words));
        }
        Ok(new)
    }
}

impl Draft<'_> {
    pub(super) fn refund(&mut self, new: NewRefund) -> Result<Value, Refusal> {
        let mut intent = match (&new.intent, &new.charge) {
            (Some(id), _) => self.intent(id)?,
            (None, charge) => {
                let id = charge.as_deref().unwrap_or_default();
                let found = self.books.intent_of_charge(id).cloned();
                found.ok_or_else(|| Refusal::unknown_id("charge", id, "charge"))?
            }
        };
        let Some(charge) = intent.charge.as_mut().filter(|c| c.captured > Money::ZERO) else {
            let words =
                format!("This PaymentIntent ({}) does not have a successful charge to refund.", intent.id);
            return Err(Refusal::unexpected_state(words, self.view(&intent)));
        };
        let left = charge.captured - charge.refunded;
        let amount = check_amount(new.amount, left, &charge.id)?;
        charge.refunded = charge.refunded + amount;
        let waits = matches!(charge.method.behaviour, Behaviour::RefundFails | Behaviour::RefundWaits);
        let refund = Refund {
            n: self.books.next_number(),
            id: new_id("re"),
            created: self.now,
            amount,
            currency: intent.currency.clone(),
            intent: intent.id.clone(),
            charge: charge.id.clone(),
            status: if waits { RefundStatus::Pending } else { RefundStatus::Succeeded },
            reason: new.reason,
            metadata: new.metadata,
            settles: waits.then(|| self.now + Duration::seconds(REFUND_SECONDS)),
            fails: charge.method.behaviour == Behaviour::RefundFails,
        };
        let charge = charge.clone();
        let seen = view::charge(&charge, &intent);
        self.put_intent(&intent);
        let value = view::refund(&refund);
        self.line.refunds.push(refund);
        self.tell("charge.refunded", &seen);
        self.tell("refund.created", &value);
        Ok(value)
    }

    /// A refund that was pending is decided.
    pub(super) fn settle_refund(&mut self, id: &str) {
        let Some(mut refund) = self.books.refund(id).cloned() else { return };
        refund.settles = None;
        refund.status = if refund.fails { RefundStatus::Failed } else { RefundStatus::Succeeded };
        let value = view::refund(&refund);
        if refund.fails
            && let Ok(mut intent) = self.intent(&refund.intent)
            && let Some(charge) = &mut intent.charge
        {
            charge.refunded = charge.refunded - refund.amount;
            self.put_intent(&intent);
        }
        self.tell("refund.updated", &value);
        if refund.fails {
            self.tell("refund.failed", &value);
        }
        self.line.refunds.push(refund);
    }

    pub(super) fn show_refund(&self, id: &str) -> Result<Value, Refusal> {
        let found = self.books.refund(id).map(view::refund);
        found.ok_or_else(|| Refusal::unknown_id("refund", id, "id"))
    }
}

fn check_amount(asked: Option<i64>, left: Money, charge: &str) -> Result<Money, Refusal> {
    if left.is_zero() {
        let words = format!("Charge {charge} has already been refunded.");
        return Err(Refusal::invalid(Some("charge_already_refunded"), "", words));
    }
    let amount = asked.map_or(left, Money);
    if amount > left {
        let words = format!(
            "Refund amount ({}) is greater than unrefunded amount on charge ({})",
            amount.plain(),
            left.plain()
        );
        return Err(Refusal::invalid(Some("amount_too_large"), "amount", words));
    }
    Ok(amount)
}
