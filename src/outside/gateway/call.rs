//! One call over the wire, and what its answer means.

use super::model::GatewayError;
use super::read;
use serde_json::Value;
use std::time::{Duration, Instant};

/// The version of the protocol whose shapes we read.
const VERSION: &str = "2024-06-20";
const CONNECT: Duration = Duration::from_secs(3);
/// The longest one try may take.
const TRY: Duration = Duration::from_secs(20);
/// The longest a call may take with all its tries.
const CALL: Duration = Duration::from_secs(25);
/// A try with less time than this is not worth beginning.
const LEAST: Duration = Duration::from_secs(2);
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(700)];
const LARGEST_ANSWER: u64 = 1 << 20;

pub(super) enum Verb {
    Get,
    Post,
}

pub(super) struct Call<'a> {
    pub(super) verb: Verb,
    pub(super) url: String,
    pub(super) form: &'a [(&'a str, String)],
    /// Under this name doing it twice is doing it once.
    pub(super) key: Option<String>,
}

/// A call that did not bring what was asked for.
struct Failed {
    error: GatewayError,
    /// Whether the same call may be made again at once.
    again: bool,
}

pub(super) fn agent(base: &str) -> ureq::Agent {
    let config = ureq::Agent::config_builder();
    // What is on this machine is not reached by way of another one.
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|h| base.starts_with(h));
    let config = if here { config.proxy(None) } else { config };
    config
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(TRY))
        .http_status_as_error(false)
        .max_redirects(0)
        .user_agent("SmartShop")
        .build()
        .new_agent()
}

/// Makes the call, at most `tries` times: each carries the same key.
pub(super) fn make(
    agent: &ureq::Agent,
    secret: &str,
    call: &Call<'_>,
    tries: usize,
) -> Result<Value, GatewayError> {
    let began = Instant::now();
    let mut tried = 1;
    loop {
        let left = CALL.saturating_sub(began.elapsed()).min(TRY);
        let failed = match once(agent, secret, call, left) {
            Ok(value) => return Ok(value),
            Err(failed) => failed,
        };
        let pause = PAUSES.get(tried - 1).copied().unwrap_or_default();
        let left = CALL.saturating_sub(began.elapsed() + pause);
        if !failed.again || tried >= tries.min(PAUSES.len() + 1) || left < LEAST {
            return Err(failed.error);
        }
        std::thread::sleep(pause);
        tried += 1;
    }
}

fn once(agent: &ureq::Agent, secret: &str, call: &Call<'_>, time: Duration) -> Result<Value, Failed> {
    let bearer = format!("Bearer {secret}");
    let sent = match call.verb {
        Verb::Get => agent
            .get(&call.url)
            .header("authorization", &bearer)
            .header("stripe-version", VERSION)
            .config()
            .timeout_global(Some(time))
            .build()
            .call(),
        Verb::Post => {
            let mut request = agent
                .post(&call.url)
                .header("authorization", &bearer)
                .header("stripe-version", VERSION)
                .header("content-type", "application/x-www-form-urlencoded");
            if let Some(key) = &call.key {
                request = request.header("idempotency-key", key);
            }
            request.config().timeout_global(Some(time)).build().send(body_of(call.form))
        }
    };
    let mut response = sent.map_err(broken)?;
    let status = response.status().as_u16();
    let text = response.body_mut().with_config().limit(LARGEST_ANSWER).read_to_string().map_err(broken)?;
    judge(status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

fn body_of(form: &[(&str, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

/// No answer came: nobody knows what was done.
fn broken(e: ureq::Error) -> Failed {
    if let ureq::Error::BadUri(_) = e {
        return Failed { error: GatewayError::Misconfigured(e.to_string()), again: false };
    }
    Failed { error: GatewayError::Unclear(e.to_string()), again: true }
}

fn judge(status: u16, body: Value) -> Result<Value, Failed> {
    let error = &body["error"];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    let message = if error["message"].is_string() { text("message") } else { format!("status {status}") };
    match status {
        200..=299 if body.is_object() => Ok(body),
        401 | 403 => Err(Failed { error: GatewayError::Misconfigured(message), again: false }),
        404 if !matches!(error["param"].as_str(), Some("payment_method" | "customer")) => {
            Err(Failed { error: GatewayError::NotFound, again: false })
        }
        400..=499 if !matches!(status, 408 | 409 | 429) => {
            let code = ["decline_code", "code", "type"].map(text).into_iter().find(|c| !c.is_empty());
            let code = code.unwrap_or_else(|| "refused".to_owned());
            let intent = read::refused_intent(error).map(Box::new);
            Err(Failed { error: GatewayError::Refused { code, message, intent }, again: false })
        }
        // A success that cannot be read, a lock, a limit, a fault of theirs.
        _ => Err(Failed { error: GatewayError::Unclear(message), again: true }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(status: u16, body: Value) -> (GatewayError, bool) {
        match judge(status, body) {
            Ok(answer) => panic!("an answer: {answer}"),
            Err(failed) => (failed.error, failed.again),
        }
    }

    #[test]
    fn what_is_not_a_clear_no_is_unclear_and_may_be_asked_again() {
        for status in [200, 302, 408, 409, 429, 500, 503] {
            let (error, again) = said(status, Value::Null);
            assert!(matches!(error, GatewayError::Unclear(_)) && again, "{status}: {error}");
        }
        assert_eq!(said(404, Value::Null), (GatewayError::NotFound, false));
        assert!(matches!(said(401, Value::Null), (GatewayError::Misconfigured(_), false)));
    }

    #[test]
    fn a_refusal_brings_the_banks_reason_before_the_gateways_and_the_intent_with_it() {
        let error = json!({"error": {"code": "card_declined", "decline_code": "insufficient_funds", "message": "No.",
            "payment_intent": {"id": "pi_1", "status": "requires_payment_method", "amount": 500}}});
        let (GatewayError::Refused { code, intent, .. }, false) = said(402, error) else {
            panic!("a refusal");
        };
        assert_eq!(code, "insufficient_funds");
        assert_eq!(intent.expect("the intent").failure.as_deref(), Some("insufficient_funds"));
        let (error, _) = said(404, json!({"error": {"code": "resource_missing", "param": "payment_method"}}));
        assert!(matches!(error, GatewayError::Refused { .. }), "an unknown card is a refusal: {error}");
    }

    #[test]
    fn a_form_is_written_as_browsers_write_them() {
        let form = [("metadata[order]", "a b&c".to_owned()), ("expand[]", "latest_charge".to_owned())];
        assert_eq!(body_of(&form), "metadata%5Border%5D=a+b%26c&expand%5B%5D=latest_charge");
    }
}
