//! Telling the shop: each word signed, sent until it is taken, under one id. And going on with what is
//! booked, where it does so by itself.

use super::house::{Carrier, Inner};
use super::model::Shipment;
use crate::sandbox::gateway::{Sorry, caller, signature, wait_after};
use chrono::Duration;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::thread::JoinHandle;
use std::time;

const SENDERS: usize = 3;
const GLANCE: time::Duration = time::Duration::from_millis(50);
/// After so many attempts in vain it is given up; the shop can ask.
const MOST_ATTEMPTS: u32 = 20;
/// Each step, and how many seconds after the one before it is taken.
const WAY: [(&str, i64); 4] = [("collected", 15), ("on_the_way", 10), ("at_the_door", 60), ("delivered", 12)];

/// Starts the threads that send, and the one that goes on by itself.
pub(super) fn start(carrier: &Carrier) -> Result<Vec<JoinHandle<()>>, Sorry> {
    let agent = caller();
    let mut threads = Vec::new();
    for n in 0..SENDERS {
        let (inner, agent) = (Arc::downgrade(&carrier.0), agent.clone());
        let thread = std::thread::Builder::new().name(format!("carrier-send-{n}"));
        threads.push(thread.spawn(move || keep_on(&inner, |carrier| send_one(carrier, &agent)))?);
    }
    let inner = Arc::downgrade(&carrier.0);
    let thread = std::thread::Builder::new().name("carrier-clock".to_owned());
    threads.push(thread.spawn(move || keep_on(&inner, go_on))?);
    Ok(threads)
}

/// Works until the carrier is stopped or gone, resting when there is nothing to do. It is not held
/// while resting, so that it can go.
fn keep_on(carrier: &Weak<Inner>, work: impl Fn(&Inner) -> bool) {
    while let Some(carrier) = carrier.upgrade() {
        if carrier.stopping.load(Ordering::Acquire) {
            return;
        }
        let worked = work(&carrier);
        drop(carrier);
        if !worked {
            std::thread::sleep(GLANCE);
        }
    }
}

/// Sends what is due; `false` when nothing is.
fn send_one(carrier: &Inner, agent: &ureq::Agent) -> bool {
    let Some(url) = &carrier.settings.webhook_url else { return false };
    let Some((waiting, body)) = carrier.take_due() else { return false };
    let signed = signature(&carrier.settings.secret, carrier.clock.now().timestamp(), &body);
    let sent = agent
        .post(url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "SmartShop sandbox carrier")
        .header("carrier-signature", signed)
        .send(body.as_str());
    let taken = sent.is_ok_and(|mut response| {
        // Read to its end, so that the connection can be used again.
        let _ = response.body_mut().read_to_vec();
        response.status().is_success()
    });
    let again = !taken && waiting.delivery.attempts < MOST_ATTEMPTS;
    let wait = again.then(|| wait_after(waiting.delivery.attempts));
    let _ = carrier.note(waiting, wait);
    true
}

/// Takes the next step of each shipment that is due for one; `false` when none is.
fn go_on(carrier: &Inner) -> bool {
    if !carrier.goes_on.load(Ordering::Relaxed) {
        return false;
    }
    let now = carrier.clock.now();
    let mut went = false;
    for shipment in carrier.newest(u64::MAX, 200) {
        let Some(state) = next(&shipment).filter(|(_, wait)| last_at(&shipment) + *wait <= now) else {
            continue;
        };
        went |= carrier.happen(&shipment.id, state.0, "").is_ok();
    }
    went
}

fn last_at(shipment: &Shipment) -> chrono::DateTime<chrono::Utc> {
    shipment.events.last().map_or(shipment.made, |event| event.at)
}

fn next(shipment: &Shipment) -> Option<(&'static str, Duration)> {
    if shipment.is_over() {
        return None;
    }
    let done = WAY.iter().rposition(|(state, _)| shipment.events.iter().any(|e| e.state == *state));
    let (state, wait) = WAY.get(done.map_or(0, |index| index + 1))?;
    Some((state, Duration::seconds(*wait)))
}
