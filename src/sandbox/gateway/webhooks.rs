//! Telling the shop: each event signed, sent until it is taken, under one id.

use super::house::{Gateway, Inner, Sorry, held};
use super::model::Event;
use chrono::Duration;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread::JoinHandle;
use std::time;

const SENDERS: usize = 4;
const ANSWER_WITHIN: time::Duration = time::Duration::from_secs(10);
/// How often the clock is looked at where nothing rings.
const GLANCE: time::Duration = time::Duration::from_millis(100);
/// Seconds until the next attempt; the last one is repeated.
const PATIENCE: [i64; 6] = [1, 5, 30, 120, 600, 3600];
const GIVE_UP_DAYS: i64 = 3;

/// Starts the threads that send, and the one that does what the clock brings.
pub(super) fn start(gateway: &Gateway) -> Result<Vec<JoinHandle<()>>, Sorry> {
    let agent = caller();
    let mut threads = Vec::new();
    for n in 0..SENDERS {
        let (inner, bell, agent) = (Arc::downgrade(&gateway.0), Arc::clone(&gateway.0.bell), agent.clone());
        let sender = std::thread::Builder::new().name(format!("sandbox-send-{n}"));
        threads.push(sender.spawn(move || keep_on(&inner, &bell, |gateway| send_one(gateway, &agent)))?);
    }
    let (inner, bell) = (Arc::downgrade(&gateway.0), Arc::clone(&gateway.0.bell));
    let clockwork = std::thread::Builder::new().name("sandbox-clock".to_owned());
    threads.push(clockwork.spawn(move || {
        keep_on(&inner, &bell, |gateway| {
            if let Err(e) = gateway.tick() {
                log::error!("the sandbox gateway cannot follow its clock: {e}");
            }
            false
        });
    })?);
    Ok(threads)
}

/// Rung when there is something to send, or when it is time to stop.
#[derive(Default)]
pub(super) struct Bell {
    held: Mutex<()>,
    rung: Condvar,
}

impl Bell {
    pub(super) fn ring(&self) {
        self.rung.notify_all();
    }

    fn wait(&self) {
        drop(self.rung.wait_timeout(held(&self.held), GLANCE));
    }
}

/// Works until the gateway is stopped or gone, resting when there is nothing to do. The
/// gateway is not held while resting, so that it can go.
fn keep_on(gateway: &Weak<Inner>, bell: &Bell, work: impl Fn(&Inner) -> bool) {
    while let Some(gateway) = gateway.upgrade() {
        if gateway.stopping.load(Ordering::Acquire) {
            return;
        }
        let worked = work(&gateway);
        drop(gateway);
        if !worked {
            bell.wait();
        }
    }
}

/// Sends what is due; `false` when nothing is.
fn send_one(gateway: &Inner, agent: &ureq::Agent) -> bool {
    let Some(url) = gateway.webhook_url() else { return false };
    let (waiting, event) = match gateway.take_delivery() {
        Ok(Some(found)) => found,
        Ok(None) => return false,
        Err(e) => {
            log::error!("the sandbox gateway cannot read an event: {e}");
            return false;
        }
    };
    let now = gateway.clock.now();
    let taken = send(agent, &url, &gateway.settings.webhook_secret, &event, now.timestamp());
    let too_late = now - waiting.created > Duration::days(GIVE_UP_DAYS);
    let again = (!taken && !too_late).then(|| wait_after(waiting.delivery.attempts));
    if let Err(e) = gateway.note_delivery(waiting, again) {
        log::error!("the sandbox gateway cannot note a delivery: {e}");
    }
    true
}

/// Calls the shop and nobody else: no way leads on from there.
pub(in crate::sandbox) fn caller() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(ANSWER_WITHIN))
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .build()
        .into()
}

pub(in crate::sandbox) fn wait_after(attempts: u32) -> Duration {
    let step = usize::try_from(attempts).unwrap_or(usize::MAX).min(PATIENCE.len() - 1);
    Duration::seconds(PATIENCE[step])
}

fn send(agent: &ureq::Agent, url: &str, secret: &str, event: &Event, at: i64) -> bool {
    let request = agent
        .post(url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "SmartShop sandbox gateway")
        .header("stripe-signature", signature(secret, at, &event.body));
    match request.send(event.body.as_str()) {
        Ok(mut response) => {
            // Read to its end, so that the connection can be used again.
            let _ = response.body_mut().read_to_vec();
            response.status().is_success()
        }
        Err(e) => {
            log::debug!("the shop did not take {}: {e}", event.id);
            false
        }
    }
}

/// `t=…,v1=…`: the HMAC of the time and the text.
pub(in crate::sandbox) fn signature(secret: &str, at: i64, body: &str) -> String {
    let key: Hmac<Sha256> = match Hmac::new_from_slice(secret.as_bytes()) {
        Ok(key) => key,
        Err(e) => unreachable!("an HMAC takes a key of any length: {e}"),
    };
    let mac = key.chain_update(format!("{at}.{body}")).finalize().into_bytes();
    let hex: String = mac.iter().map(|b| format!("{b:02x}")).collect();
    format!("t={at},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_that_is_computed_elsewhere() {
        // printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let expected = "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925";
        assert_eq!(signature("whsec_test", 1_700_000_000, r#"{"id":"evt_1"}"#), expected);
    }

    #[test]
    fn patience_grows_and_then_stays() {
        let waits: Vec<i64> = (0..8).map(|n| wait_after(n).num_seconds()).collect();
        assert_eq!(waits, [1, 5, 30, 120, 600, 3600, 3600, 3600]);
    }
}
