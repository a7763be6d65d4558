//! The objects in Stripe's shapes.

use super::books::Books;
use super::model::{Charge, Customer, Intent, Method, Refund, RefundStatus, Status};
use super::refusal::Refusal;
use crate::money::Money;
use serde_json::{Value, json};

/// What of an answer is to be shown whole instead of by its id.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Expand {
    latest_charge: bool,
    payment_method: bool,
    customer: bool,
    payment_intent: bool,
    charge: bool,
}

impl Expand {
    /// Reads `expand[]`; in lists the names begin with `data.`
    pub(super) fn read(names: &[String]) -> Result<Self, Refusal> {
        let mut expand = Self::default();
        for name in names {
            match name.strip_prefix("data.").unwrap_or(name) {
                "latest_charge" => expand.latest_charge = true,
                "payment_method" => expand.payment_method = true,
                "customer" => expand.customer = true,
                "payment_intent" => expand.payment_intent = true,
                "charge" => expand.charge = true,
                // Always shown whole, or not kept here.
                "latest_charge.balance_transaction" | "invoice" => {}
                _ => {
                    let words = format!("This property cannot be expanded ({name}).");
                    return Err(Refusal::invalid(None, "expand", words));
                }
            }
        }
        Ok(expand)
    }
}

pub(super) fn intent(intent: &Intent, public_base: &str) -> Value {
    json!({
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": intent.capturable(),
        "amount_received": intent.captured(),
        "canceled_at": intent.canceled_at.map(|t| t.timestamp()),
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": intent.capture.word(),
        "client_secret": intent.secret,
        "confirmation_method": "automatic",
        "created": intent.created.timestamp(),
        "currency": intent.currency,
        "customer": intent.customer,
        "description": intent.description,
        "last_payment_error": intent.last_error,
        "latest_charge": intent.charge.as_ref().map(|c| c.id.as_str()),
        "livemode": false,
        "metadata": intent.metadata,
        "next_action": next_action(intent, public_base),
        "payment_method": intent.method,
        "payment_method_types": intent.method_types,
        "processing": null,
        "receipt_email": intent.receipt_email,
        "setup_future_usage": intent.setup_future_usage,
        "status": intent.status.word(),
    })
}

fn next_action(intent: &Intent, public_base: &str) -> Value {
    if intent.status != Status::RequiresAction {
        return Value::Null;
    }
    json!({
        "type": "redirect_to_url",
        "redirect_to_url": {
            "url": format!("{public_base}/sandbox/approve/{}", intent.id),
            "return_url": intent.return_url,
        },
    })
}

pub(super) fn expanded(found: &Intent, expand: Expand, books: &Books, public_base: &str) -> Value {
    let mut value = intent(found, public_base);
    if let Some(whole) = found.charge.as_ref().filter(|_| expand.latest_charge) {
        value["latest_charge"] = charge(whole, found);
    }
    let used = found.method.as_ref().and_then(|id| books.method(id));
    if let Some(whole) = used.filter(|_| expand.payment_method) {
        value["payment_method"] = method(whole);
    }
    let known = found.customer.as_ref().and_then(|id| books.customer(id));
    if let Some(whole) = known.filter(|_| expand.customer) {
        value["customer"] = customer(whole);
    }
    value
}

pub(super) fn charge(charge: &Charge, intent: &Intent) -> Value {
    let status = if charge.paid { "succeeded" } else { "failed" };
    let refused = charge.failure;
    json!({
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.captured,
        "amount_refunded": charge.refunded,
        "billing_details": billing(&charge.method),
        "captured": charge.captured > Money::ZERO,
        "created": charge.created.timestamp(),
        "currency": intent.currency,
        "customer": intent.customer,
        "description": intent.description,
        "failure_code": refused.map(|d| d.code()),
        "failure_message": refused.map(|d| d.message()),
        "livemode": false,
        "metadata": intent.metadata,
        "outcome": {
            "network_status": if charge.paid { "approved_by_network" } else { "declined_by_network" },
            "reason": refused.and_then(|d| d.decline_code()),
            "type": if charge.paid { "authorized" } else { "issuer_declined" },
        },
        "paid": charge.paid,
        "payment_intent": intent.id,
        "payment_method": charge.method.id,
        "payment_method_details": details(charge),
        "receipt_email": intent.receipt_email,
        "refunded": charge.captured > Money::ZERO && charge.refunded == charge.captured,
        "status": status,
    })
}

fn details(charge: &Charge) -> Value {
    let kind = charge.method.kind.as_str();
    let mut inside = card_of(&charge.method);
    if let (Some(before), true) = (charge.capture_before, inside.is_object()) {
        inside["capture_before"] = json!(before.timestamp());
    }
    let mut details = json!({ "type": kind });
    details[kind] = if inside.is_null() { json!({}) } else { inside };
    details
}

fn card_of(method: &Method) -> Value {
    let Some(card) = &method.card else { return Value::Null };
    json!({
        "brand": card.brand,
        "country": "IE",
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "fingerprint": card.fingerprint,
        "funding": "credit",
        "last4": card.last4,
        "wallet": card.wallet.as_ref().map(|kind| json!({ "type": kind, "dynamic_last4": card.last4 })),
    })
}

fn billing(method: &Method) -> Value {
    let billing = &method.billing;
    json!({
        "address": { "postal_code": billing.postal_code, "country": billing.country },
        "email": billing.email,
        "name": billing.name,
        "phone": billing.phone,
    })
}

pub(super) fn method(method: &Method) -> Value {
    let mut value = json!({
        "id": method.id,
        "object": "payment_method",
        "billing_details": billing(method),
        "created": method.created.timestamp(),
        "customer": method.customer,
        "livemode": false,
        "metadata": {},
        "type": method.kind,
    });
    let inside = card_of(method);
    value[method.kind.as_str()] = if inside.is_null() { json!({}) } else { inside };
    value
}

pub(super) fn customer(customer: &Customer) -> Value {
    json!({
        "id": customer.id,
        "object": "customer",
        "created": customer.created.timestamp(),
        "description": customer.description,
        "email": customer.email,
        "livemode": false,
        "metadata": customer.metadata,
        "name": customer.name,
        "phone": customer.phone,
    })
}

pub(super) fn refund(refund: &Refund) -> Value {
    let failed = (refund.status == RefundStatus::Failed).then_some("expired_or_canceled_card");
    json!({
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "charge": refund.charge,
        "created": refund.created.timestamp(),
        "currency": refund.currency,
        "failure_reason": failed,
        "metadata": refund.metadata,
        "payment_intent": refund.intent,
        "reason": refund.reason,
        "status": refund.status.word(),
    })
}

pub(super) fn list(address: &str, data: Vec<Value>, has_more: bool) -> Value {
    json!({ "object": "list", "url": address, "has_more": has_more, "data": data })
}
