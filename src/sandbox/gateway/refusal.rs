//! How a call is refused: Stripe's error object, its status, and Stripe's words.

use super::cards::Decline;
use serde_json::{Value, json};

#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    decline_code: Option<&'static str>,
    message: String,
    param: Option<String>,
    about: Option<Box<About>>,
}

/// The intent as the refusal left it, and the charge that failed.
#[derive(Debug, Clone)]
struct About {
    intent: Value,
    charge: Option<String>,
}

impl Refusal {
    /// The request itself is wrong.
    pub(super) fn invalid(code: Option<&'static str>, param: &str, message: impl Into<String>) -> Self {
        let param = (!param.is_empty()).then(|| param.to_owned());
        Self { param, ..Self::plain(400, "invalid_request_error", code, message) }
    }

    pub(super) fn missing(param: &str) -> Self {
        Self::invalid(Some("parameter_missing"), param, format!("Missing required param: {param}."))
    }

    pub(super) fn unknown_id(what: &str, id: &str, param: &str) -> Self {
        Self {
            status: 404,
            ..Self::invalid(Some("resource_missing"), param, format!("No such {what}: '{id}'"))
        }
    }

    pub(super) fn no_such_address(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}). This is the sandbox gateway.");
        Self::plain(404, "invalid_request_error", None, message)
    }

    /// The intent is in a state in which this cannot be done.
    pub(super) fn unexpected_state(message: impl Into<String>, intent: Value) -> Self {
        let code = Some("payment_intent_unexpected_state");
        let about = Some(Box::new(About { intent, charge: None }));
        Self { about, ..Self::plain(400, "invalid_request_error", code, message) }
    }

    pub(super) fn unauthorised(message: impl Into<String>) -> Self {
        Self::plain(401, "invalid_request_error", None, message)
    }

    pub(super) fn secret_key_required() -> Self {
        let message = "This API call cannot be made with a publishable API key. Please use a secret API key.";
        Self::plain(401, "invalid_request_error", Some("secret_key_required"), message)
    }

    /// The bank, or the form of a card, said no.
    pub(super) fn declined(decline: Decline, intent: Value, charge: Option<String>) -> Self {
        Self {
            decline_code: decline.decline_code(),
            about: Some(Box::new(About { intent, charge })),
            ..Self::plain(402, "card_error", Some(decline.code()), decline.message())
        }
    }

    pub(super) fn card(code: &'static str, param: &str, message: &str) -> Self {
        Self { param: Some(param.to_owned()), ..Self::plain(402, "card_error", Some(code), message) }
    }

    pub(super) fn not_a_test_card() -> Self {
        let message = "Your card was declined. The sandbox takes test cards only; no real card belongs here.";
        Self {
            decline_code: Some("test_mode_live_card"),
            ..Self::plain(402, "card_error", Some("card_declined"), message)
        }
    }

    pub(super) fn key_with_other_parameters(key: &str) -> Self {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '{key}' if you meant to execute a different request."
        );
        Self::plain(400, "idempotency_error", None, message)
    }

    pub(super) fn key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotency Key: {key}. Please try again later."
        );
        Self::plain(409, "idempotency_error", Some("idempotency_key_in_use"), message)
    }

    pub(super) fn locked() -> Self {
        let message = "This object cannot be accessed right now because another request is currently accessing it. Please try again later.";
        Self::plain(409, "invalid_request_error", Some("lock_timeout"), message)
    }

    pub(super) fn too_many() -> Self {
        let message = "Request rate limit exceeded. The sandbox was told to say so.";
        Self::plain(429, "invalid_request_error", Some("rate_limit"), message)
    }

    pub(super) fn told_to_fail() -> Self {
        Self::broken("Something went wrong. The sandbox was told to fail.")
    }

    pub(super) fn broken(message: impl Into<String>) -> Self {
        Self::plain(500, "api_error", None, message)
    }

    fn plain(
        status: u16,
        kind: &'static str,
        code: Option<&'static str>,
        message: impl Into<String>,
    ) -> Self {
        Self { status, kind, code, decline_code: None, message: message.into(), param: None, about: None }
    }

    /// Stripe's error object, without what does not apply.
    pub(super) fn body(&self) -> Value {
        let mut error = serde_json::Map::new();
        error.insert("type".to_owned(), json!(self.kind));
        error.insert("message".to_owned(), json!(self.message));
        let optional = [
            ("code", self.code.map(|c| json!(c))),
            ("decline_code", self.decline_code.map(|c| json!(c))),
            ("param", self.param.as_ref().map(|p| json!(p))),
            ("charge", self.about.as_ref().and_then(|a| a.charge.as_ref()).map(|c| json!(c))),
            ("payment_intent", self.about.as_ref().map(|a| a.intent.clone())),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                error.insert(name.to_owned(), value);
            }
        }
        json!({ "error": error })
    }
}
