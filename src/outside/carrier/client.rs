//! What a carrier can be asked.

use super::model::{CarrierError, Label, NewShipment, Shipment};
use super::read;
use crate::config::{CarrierSettings, Deliverers};
use crate::ids::BookingId;
use chrono::{DateTime, Timelike, Utc};
use chrono_tz::Tz;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

const CONNECT: Duration = Duration::from_secs(3);
/// The longest a call may take: whoever asks comes again.
const CALL: Duration = Duration::from_secs(12);
const LARGEST_ANSWER: u64 = 1 << 20;

/// A carrier. Its calls block: make them in a [`Lane`](crate::outside::Lane). None is tried twice here:
/// the outbox asks again, later and later.
#[derive(Clone)]
pub struct Carrier(Arc<Inner>);

struct Inner {
    agent: ureq::Agent,
    settings: CarrierSettings,
}

/// All carriers that the settings name.
#[derive(Debug, Clone)]
pub struct Carriers {
    all: Vec<Carrier>,
    pub poll_seconds: i64,
    /// By whose clock windows begin.
    zone: Tz,
}

impl Carriers {
    pub fn new(settings: &Deliverers, zone: Tz) -> Self {
        let all = settings.carriers.iter().cloned().map(Carrier::new).collect();
        Self { all, poll_seconds: settings.poll_seconds, zone }
    }

    pub fn all(&self) -> &[Carrier] {
        &self.all
    }

    pub fn by_name(&self, name: &str) -> Option<&Carrier> {
        self.all.iter().find(|carrier| carrier.name() == name)
    }

    /// The carrier that is asked by itself for what goes to a zone in a window that begins then, if one is:
    /// of several the first in the settings.
    pub fn that_brings(&self, zone: &str, begins: DateTime<Utc>) -> Option<&Carrier> {
        let begins = begins.with_timezone(&self.zone);
        let minute = begins.hour() * 60 + begins.minute();
        self.all
            .iter()
            .find(|carrier| carrier.0.settings.reach.iter().any(|reach| reach.covers(zone, minute)))
    }
}

impl fmt::Debug for Carrier {
    /// Without keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carrier").field("settings", &self.0.settings).finish()
    }
}

impl Carrier {
    fn new(settings: CarrierSettings) -> Self {
        let base = &settings.base;
        let config = ureq::Agent::config_builder();
        // What is on this machine is not reached by way of another one.
        let here =
            ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|h| base.starts_with(h));
        let config = if here { config.proxy(None) } else { config };
        let config = config
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(CALL))
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent("SmartShop");
        Self(Arc::new(Inner { agent: config.build().new_agent(), settings }))
    }

    /// As the settings name it.
    pub fn name(&self) -> &str {
        &self.0.settings.name
    }

    /// As people read it.
    pub fn label(&self) -> &str {
        &self.0.settings.label
    }

    /// What its webhooks are signed with.
    pub fn webhook_secret(&self) -> &str {
        &self.0.settings.secret
    }

    /// Has a drop brought. The same key again finds the same booking.
    ///
    /// # Errors
    /// See [`CarrierError`].
    pub fn book(&self, new: &NewShipment) -> Result<Shipment, CarrierError> {
        let body = serde_json::to_string(new).map_err(|e| CarrierError::Misconfigured(e.to_string()))?;
        let value = self.send("/v1/shipments", Some(&new.key.to_string()), &body)?;
        shipment(&value)
    }

    /// What was booked under a key of ours, if the answer was lost.
    ///
    /// # Errors
    /// See [`CarrierError`].
    pub fn booked_under(&self, key: BookingId) -> Result<Option<Shipment>, CarrierError> {
        let value = self.get(&format!("/v1/shipments?key={key}"))?;
        let found = value["shipments"].as_array().ok_or_else(unreadable)?;
        found.first().map(shipment).transpose()
    }

    /// How far it is.
    ///
    /// # Errors
    /// See [`CarrierError`].
    pub fn shipment(&self, id: &str) -> Result<Shipment, CarrierError> {
        shipment(&self.get(&format!("/v1/shipments/{}", plain(id)))?)
    }

    /// It is not to be brought any more; again, it is the same.
    ///
    /// # Errors
    /// `Refused` where it is too late.
    pub fn cancel(&self, id: &str) -> Result<Shipment, CarrierError> {
        shipment(&self.send(&format!("/v1/shipments/{}/cancellation", plain(id)), None, "{}")?)
    }

    /// # Errors
    /// See [`CarrierError`].
    pub fn label_of(&self, id: &str) -> Result<Label, CarrierError> {
        let (mut response, kind) = self.label_response(id)?;
        let body = response.body_mut().with_config().limit(LARGEST_ANSWER);
        let bytes = body.read_to_vec().map_err(|e| CarrierError::Unclear(e.to_string()))?;
        Ok(Label { kind, bytes })
    }

    fn label_response(
        &self,
        id: &str,
    ) -> Result<(ureq::http::Response<ureq::Body>, &'static str), CarrierError> {
        let url = self.url(&format!("/v1/shipments/{}/label", plain(id)));
        let request = self.0.agent.get(url).header("authorization", self.bearer());
        let mut response = request.call().map_err(broken)?;
        if !response.status().is_success() {
            let status = response.status().as_u16();
            return Err(judge(status, text(&mut response)?).err().unwrap_or_else(unreadable));
        }
        let kind = response.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        // Nothing that a browser would run.
        let kind = ["application/pdf", "image/png"].into_iter().find(|known| kind.starts_with(known));
        kind.map(|kind| (response, kind))
            .ok_or_else(|| CarrierError::Unclear("a label of no known kind".into()))
    }

    fn get(&self, path: &str) -> Result<Value, CarrierError> {
        let request = self.0.agent.get(self.url(path)).header("authorization", self.bearer());
        let mut response = request.call().map_err(broken)?;
        judge(response.status().as_u16(), text(&mut response)?)
    }

    fn send(&self, path: &str, key: Option<&str>, body: &str) -> Result<Value, CarrierError> {
        let mut request = self
            .0
            .agent
            .post(self.url(path))
            .header("authorization", self.bearer())
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let mut response = request.send(body).map_err(broken)?;
        judge(response.status().as_u16(), text(&mut response)?)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0.settings.base)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.0.settings.key)
    }
}

fn text(response: &mut ureq::http::Response<ureq::Body>) -> Result<String, CarrierError> {
    response.body_mut().with_config().limit(LARGEST_ANSWER).read_to_string().map_err(broken)
}

/// No answer came: nobody knows what was done.
fn broken(e: ureq::Error) -> CarrierError {
    if let ureq::Error::BadUri(_) = e {
        return CarrierError::Misconfigured(e.to_string());
    }
    CarrierError::Unclear(e.to_string())
}

fn judge(status: u16, text: String) -> Result<Value, CarrierError> {
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let words = body["error"]["message"].as_str().map_or_else(|| format!("status {status}"), str::to_owned);
    let words: String = words.chars().take(300).collect();
    match status {
        200..=299 if body.is_object() => Ok(body),
        401 | 403 => Err(CarrierError::Misconfigured(words)),
        404 => Err(CarrierError::NotFound),
        400..=499 if !matches!(status, 408 | 425 | 429) => Err(CarrierError::Refused(words)),
        // A success that cannot be read, a limit, a fault of theirs.
        _ => Err(CarrierError::Unclear(words)),
    }
}

fn shipment(value: &Value) -> Result<Shipment, CarrierError> {
    read::shipment(value).ok_or_else(unreadable)
}

fn unreadable() -> CarrierError {
    CarrierError::Unclear("an answer of no known form".to_owned())
}

/// A number fit for an address: nothing but letters, digits, `_` and `-` goes out.
fn plain(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_clear_no_is_unclear_and_may_be_asked_again() {
        for status in [200, 302, 408, 425, 429, 500, 503] {
            assert!(matches!(judge(status, String::new()), Err(CarrierError::Unclear(_))), "{status}");
        }
        assert_eq!(judge(404, String::new()), Err(CarrierError::NotFound));
        assert!(matches!(judge(401, String::new()), Err(CarrierError::Misconfigured(_))));
        let no = r#"{"error": {"message": "We do not go there."}}"#;
        assert_eq!(judge(422, no.to_owned()), Err(CarrierError::Refused("We do not go there.".to_owned())));
    }

    #[test]
    fn a_key_never_shows_and_a_number_leads_nowhere_else() {
        let settings = CarrierSettings {
            name: "swift".into(),
            label: "Swift".into(),
            base: "http://127.0.0.1:9".into(),
            reach: Vec::new(),
            key: "hunter2".into(),
            secret: "hunter2".into(),
        };
        let carrier = Carrier::new(settings);
        assert!(!format!("{carrier:?}").contains("hunter2"));
        assert_eq!(plain("SB-1/../../x?y"), "SB-1xy");
        assert!(matches!(carrier.shipment("SB-1"), Err(CarrierError::Unclear(_))), "nobody is there");
    }
}
