//! Reading the gateway's objects, without minding what else is in them.

use super::model::{Card, Intent, IntentStatus, Refunded, RefundedStatus, Said, Word};
use crate::ids::{AttemptId, RefundId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

/// What a webhook says, or nothing where it is no event at all.
pub fn word(body: &Value) -> Option<Word> {
    let object = &body["data"]["object"];
    let said = match object["object"].as_str() {
        Some("payment_intent") => intent(object).map(|i| Said::Intent(Box::new(i))),
        Some("refund") => refund(object).map(|r| Said::Refund(Box::new(r))),
        Some(_) | None => None,
    };
    Some(Word { id: text(&body["id"])?, kind: text(&body["type"])?, said: said.unwrap_or(Said::Other) })
}

pub(super) fn intent(value: &Value) -> Option<Intent> {
    let status = status(value["status"].as_str()?);
    let charge = charge(value);
    let amount = cents(&value["amount"]).unwrap_or_default();
    let received = cents(&value["amount_received"]);
    let capturable = cents(&value["amount_capturable"]);
    let all_if = |is: bool| if is { amount } else { Money::ZERO };
    let refused = status == IntentStatus::RequiresPaymentMethod;
    Some(Intent {
        id: id_of(value)?,
        attempt: ours(value, "attempt").map(AttemptId),
        amount,
        currency: text(&value["currency"]),
        capturable: capturable.unwrap_or(all_if(status == IntentStatus::RequiresCapture)),
        received: received.unwrap_or(all_if(status == IntentStatus::Succeeded)),
        failure: failure(&value["last_payment_error"]).filter(|_| refused),
        approve_at: approve_at(&value["next_action"]),
        good_until: charge.and_then(|c| seconds(&c["payment_method_details"]["card"]["capture_before"])),
        label: charge.and_then(|c| label(&c["payment_method_details"])),
        customer: id_of(&value["customer"]),
        payment_method: id_of(&value["payment_method"]),
        fingerprint: fingerprint(value, charge),
        status,
    })
}

/// The intent inside a refusal, with the refusal's own reason where the intent has none.
pub(super) fn refused_intent(error: &Value) -> Option<Intent> {
    let mut intent = intent(&error["payment_intent"])?;
    if intent.status == IntentStatus::RequiresPaymentMethod {
        intent.failure = failure(error).or(intent.failure);
    }
    Some(intent)
}

pub(super) fn refund(value: &Value) -> Option<Refunded> {
    let status = match value["status"].as_str()? {
        "succeeded" => RefundedStatus::Succeeded,
        "failed" | "canceled" => RefundedStatus::Failed,
        // Pending, waiting for the customer, or a word that is new to us: not done.
        _ => RefundedStatus::Pending,
    };
    Some(Refunded {
        id: id_of(value)?,
        refund: ours(value, "refund").map(RefundId),
        intent: id_of(&value["payment_intent"]),
        amount: cents(&value["amount"]).unwrap_or_default(),
        failure: text(&value["failure_reason"]),
        status,
    })
}

pub(super) fn card(value: &Value) -> Option<Card> {
    let card = &value["card"];
    let expires = (card["exp_month"].as_i64()?, card["exp_year"].as_i64()?);
    Some(Card {
        method: id_of(value)?,
        label: card_label(card),
        expires: format!("{:02}/{:02}", expires.0, expires.1 % 100),
    })
}

/// An id, or the id inside an object that stands in its place.
pub(super) fn id_of(value: &Value) -> Option<String> {
    text(value).or_else(|| text(&value["id"]))
}

fn status(word: &str) -> IntentStatus {
    match word {
        "requires_payment_method" => IntentStatus::RequiresPaymentMethod,
        "requires_confirmation" => IntentStatus::RequiresConfirmation,
        "requires_action" => IntentStatus::RequiresAction,
        "processing" => IntentStatus::Processing,
        "requires_capture" => IntentStatus::RequiresCapture,
        "succeeded" => IntentStatus::Succeeded,
        "canceled" => IntentStatus::Canceled,
        other => IntentStatus::Other(other.to_owned()),
    }
}

/// The last charge where it is shown whole; older versions keep a list of them.
fn charge(intent: &Value) -> Option<&Value> {
    let newest = &intent["latest_charge"];
    if newest.is_object() { Some(newest) } else { intent["charges"]["data"].get(0) }
}

/// Of the method where it is shown whole, in the intent or in its refusal, else of its charge.
fn fingerprint(intent: &Value, charge: Option<&Value>) -> Option<String> {
    let refused = &intent["last_payment_error"]["payment_method"];
    let of_charge = charge.map(|c| &c["payment_method_details"]);
    let whole = [Some(&intent["payment_method"]), Some(refused), of_charge];
    whole.into_iter().flatten().find_map(|method| text(&method["card"]["fingerprint"]))
}

/// The bank's reason before the gateway's.
fn failure(error: &Value) -> Option<String> {
    let named = ["decline_code", "code"].into_iter().find_map(|name| text(&error[name]));
    named.or_else(|| error.is_object().then(|| "card_declined".to_owned()))
}

/// `redirect_to_url.url`, or the address of another way to approve.
fn approve_at(action: &Value) -> Option<String> {
    let ways = action.as_object()?.values();
    ways.into_iter().find_map(|way| text(&way["url"])).filter(|url| !url.is_empty())
}

fn label(details: &Value) -> Option<String> {
    let kind = details["type"].as_str()?;
    if kind != "card" {
        return Some(named(kind));
    }
    let card = card_label(&details["card"]);
    let wallet = details["card"]["wallet"]["type"].as_str().map(named);
    Some(wallet.map_or_else(|| card.clone(), |wallet| format!("{wallet}, {card}")))
}

fn card_label(card: &Value) -> String {
    let brand = card["brand"].as_str().map_or_else(|| "Card".to_owned(), named);
    card["last4"].as_str().map_or_else(|| brand.clone(), |last| format!("{brand} ending {last}"))
}

fn named(word: &str) -> String {
    match word {
        "visa" => "Visa".to_owned(),
        "mastercard" => "Mastercard".to_owned(),
        "amex" => "American Express".to_owned(),
        "unionpay" => "UnionPay".to_owned(),
        "jcb" => "JCB".to_owned(),
        "diners" => "Diners Club".to_owned(),
        "apple_pay" => "Apple Pay".to_owned(),
        "google_pay" => "Google Pay".to_owned(),
        "samsung_pay" => "Samsung Pay".to_owned(),
        "paypal" => "PayPal".to_owned(),
        "ideal" => "iDEAL".to_owned(),
        other => {
            let mut letters = other.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).map(|c| if c == '_' { ' ' } else { c }).collect()
        }
    }
}

fn ours(value: &Value, name: &str) -> Option<Uuid> {
    value["metadata"][name].as_str()?.parse().ok()
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|t| !t.is_empty()).map(str::to_owned)
}

/// A number, or a number in quotes.
fn cents(value: &Value) -> Option<Money> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).map(Money)
}

fn seconds(value: &Value) -> Option<DateTime<Utc>> {
    value.as_i64().and_then(|s| DateTime::from_timestamp(s, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_intent_is_read_whole_or_by_ids_and_with_anything_around_it() {
        let attempt = Uuid::from_u128(7);
        let plain = json!({"id": "pi_1", "status": "requires_capture", "amount": 4293,
            "metadata": {"attempt": attempt.to_string()}, "latest_charge": "ch_1", "customer": "cus_1",
            "payment_method": "pm_1", "new_field": [1, 2]});
        let read = intent(&plain).expect("an intent");
        assert_eq!((read.attempt, read.capturable), (Some(AttemptId(attempt)), Money(4293)));
        assert_eq!((read.label, read.good_until), (None, None), "a charge by its id says nothing");
        let whole = json!({"id": "pi_1", "status": "requires_capture", "amount": "4293", "customer": {"id": "cus_1"},
            "payment_method": {"id": "pm_1"}, "latest_charge": {"id": "ch_1", "payment_method_details":
                {"type": "card", "card": {"brand": "visa", "last4": "4242", "capture_before": 1_790_000_000,
                    "wallet": {"type": "apple_pay"}}}}});
        let read = intent(&whole).expect("an intent");
        assert_eq!(read.label.as_deref(), Some("Apple Pay, Visa ending 4242"));
        assert_eq!((read.customer.as_deref(), read.payment_method.as_deref()), (Some("cus_1"), Some("pm_1")));
        assert_eq!(read.good_until.map(|t| t.timestamp()), Some(1_790_000_000));
        assert_eq!(read.attempt, None);
    }

    #[test]
    fn a_card_is_known_by_the_gateways_mark_wherever_that_stands_and_by_none_where_there_is_none() {
        let card = json!({"card": {"fingerprint": "Xt5EWLLDS7FJjR1c"}});
        let of = |more: Value| {
            let mut said =
                json!({"id": "pi_1", "status": "requires_payment_method", "payment_method": "pm_1"});
            said.as_object_mut().expect("an object").extend(more.as_object().expect("fields").clone());
            intent(&said).expect("an intent").fingerprint
        };
        for more in [
            json!({"payment_method": card}),
            json!({"payment_method": null, "last_payment_error": {"code": "card_declined", "payment_method": card}}),
            json!({"latest_charge": {"id": "ch_1", "payment_method_details": card}}),
        ] {
            assert_eq!(of(more.clone()).as_deref(), Some("Xt5EWLLDS7FJjR1c"), "{more}");
        }
        for more in [
            json!({}),
            json!({"latest_charge": "ch_1"}),
            json!({"payment_method": {"card": {"fingerprint": null}}}),
        ] {
            assert_eq!(of(more.clone()), None, "{more}");
        }
    }

    #[test]
    fn a_word_that_is_new_to_us_decides_nothing() {
        let strange = intent(&json!({"id": "pi_1", "status": "requires_blessing"})).expect("an intent");
        assert_eq!(strange.status, IntentStatus::Other("requires_blessing".into()));
        let pending = refund(&json!({"id": "re_1", "status": "on_its_way"})).expect("a refund");
        assert_eq!(pending.status, RefundedStatus::Pending);
        for no_intent in
            [json!(null), json!({}), json!({"id": "pi_1"}), json!({"status": "succeeded"}), json!([1])]
        {
            assert_eq!(intent(&no_intent), None);
        }
    }

    #[test]
    fn a_refused_card_says_why_only_while_it_is_refused() {
        let error = json!({"code": "card_declined", "decline_code": "lost_card"});
        let of = |status: &str| {
            intent(&json!({"id": "pi_1", "status": status, "last_payment_error": error}))
                .and_then(|i| i.failure)
        };
        assert_eq!(of("requires_payment_method").as_deref(), Some("lost_card"));
        assert_eq!(of("requires_capture"), None);
        let unnamed = json!({"id": "pi_1", "status": "requires_payment_method", "last_payment_error": {}});
        assert_eq!(intent(&unnamed).and_then(|i| i.failure).as_deref(), Some("card_declined"));
        let fresh = json!({"id": "pi_1", "status": "requires_payment_method", "last_payment_error": null});
        assert_eq!(intent(&fresh).and_then(|i| i.failure), None);
    }

    #[test]
    fn a_word_is_about_an_intent_a_refund_or_nothing_of_ours() {
        let of = |object: Value| word(&json!({"id": "evt_1", "type": "x.y", "data": {"object": object}}));
        let about =
            of(json!({"object": "refund", "id": "re_1", "status": "failed", "failure_reason": "lost"}));
        let Some(Word { said: Said::Refund(refund), .. }) = about else { panic!("a refund") };
        assert_eq!(
            (refund.status.clone(), refund.failure.as_deref()),
            (RefundedStatus::Failed, Some("lost"))
        );
        assert!(matches!(
            of(json!({"object": "charge", "id": "ch_1"})),
            Some(Word { said: Said::Other, .. })
        ));
        assert!(word(&json!({"id": "evt_1"})).is_none());
    }

    #[test]
    fn a_way_to_approve_is_found_whatever_it_is_called() {
        let direct =
            json!({"type": "redirect_to_url", "redirect_to_url": {"url": "https://a", "return_url": "x"}});
        assert_eq!(approve_at(&direct).as_deref(), Some("https://a"));
        let other = json!({"type": "swish_handle", "swish_handle": {"url": "https://b"}});
        assert_eq!(approve_at(&other).as_deref(), Some("https://b"));
        assert_eq!(approve_at(&Value::Null), None);
    }
}
