//! Everything the gateway knows, in memory; changed by lines of the journal alone, so that
//! reading them again brings the same.

use super::journal::Spot;
use super::model::{Customer, Delivery, Event, Intent, Line, Method, Refund, Status, Tried};
use chrono::{DateTime, Duration, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

/// How long an idempotency key brings its answer again.
const KEY_HOURS: i64 = 24;
/// How many events can still be asked for after they were delivered.
const EVENTS_KEPT: usize = 100_000;

/// What the clock brings about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Coming {
    /// An authorisation runs out.
    Expiry(String),
    /// What is processing is paid.
    Payment(String),
    /// What is pending is decided.
    Refund(String),
}

/// An answer kept under an idempotency key.
#[derive(Debug, Clone)]
pub(super) struct KeptAt {
    pub(super) digest: String,
    pub(super) spot: Spot,
    at: DateTime<Utc>,
}

/// An event on its way to the shop.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) event: String,
    pub(super) created: DateTime<Utc>,
    pub(super) spot: Spot,
    pub(super) delivery: Delivery,
}

type DeliveryKey = (String, u8);

#[derive(Default)]
pub(super) struct Books {
    intents: BTreeMap<u64, Intent>,
    intent_numbers: HashMap<String, u64>,
    charge_numbers: HashMap<String, u64>,
    methods: HashMap<String, Method>,
    methods_of: HashMap<String, Vec<String>>,
    customers: BTreeMap<u64, Customer>,
    customer_numbers: HashMap<String, u64>,
    refunds: BTreeMap<u64, Refund>,
    refund_numbers: HashMap<String, u64>,
    refunds_of: HashMap<String, Vec<u64>>,
    events: HashMap<String, Spot>,
    events_in_order: VecDeque<String>,
    keys: HashMap<String, KeptAt>,
    keys_in_order: VecDeque<String>,
    coming: BTreeSet<(DateTime<Utc>, Coming)>,
    waiting: HashMap<DeliveryKey, Waiting>,
    queue: BTreeSet<(DateTime<Utc>, DeliveryKey)>,
    last_number: u64,
}

impl Books {
    pub(super) fn next_number(&self) -> u64 {
        self.last_number + 1
    }

    pub(super) fn intent(&self, id: &str) -> Option<&Intent> {
        self.intents.get(self.intent_numbers.get(id)?)
    }

    pub(super) fn intent_of_charge(&self, charge: &str) -> Option<&Intent> {
        self.intents.get(self.charge_numbers.get(charge)?)
    }

    /// Payments, newest first, from before this number.
    pub(super) fn intents_before(&self, before: u64) -> impl Iterator<Item = &Intent> {
        self.intents.range(..before).rev().map(|(_, intent)| intent)
    }

    /// Payments in the order they were made, from after this number.
    pub(super) fn intents_after(&self, after: u64) -> impl Iterator<Item = &Intent> {
        self.intents.range(after.saturating_add(1)..).map(|(_, intent)| intent)
    }

    pub(super) fn method(&self, id: &str) -> Option<&Method> {
        self.methods.get(id)
    }

    /// Newest first.
    pub(super) fn methods_of(&self, customer: &str) -> impl Iterator<Item = &Method> {
        self.methods_of.get(customer).into_iter().flatten().rev().filter_map(|id| self.methods.get(id))
    }

    pub(super) fn customer(&self, id: &str) -> Option<&Customer> {
        self.customers.get(self.customer_numbers.get(id)?)
    }

    pub(super) fn customers_before(&self, before: u64) -> impl Iterator<Item = &Customer> {
        self.customers.range(..before).rev().map(|(_, customer)| customer)
    }

    pub(super) fn refund(&self, id: &str) -> Option<&Refund> {
        self.refunds.get(self.refund_numbers.get(id)?)
    }

    pub(super) fn refunds_before(&self, before: u64) -> impl Iterator<Item = &Refund> {
        self.refunds.range(..before).rev().map(|(_, refund)| refund)
    }

    /// Newest first.
    pub(super) fn refunds_of(&self, intent: &str) -> impl Iterator<Item = &Refund> {
        self.refunds_of.get(intent).into_iter().flatten().rev().filter_map(|n| self.refunds.get(n))
    }

    pub(super) fn event(&self, id: &str) -> Option<Spot> {
        self.events.get(id).copied()
    }

    pub(super) fn kept(&self, key: &str, now: DateTime<Utc>) -> Option<&KeptAt> {
        self.keys.get(key).filter(|kept| kept.is_fresh(now))
    }

    /// What is due by the clock, the earliest first.
    pub(super) fn due(&self, now: DateTime<Utc>) -> Option<&Coming> {
        self.coming.first().filter(|(at, _)| *at <= now).map(|(_, coming)| coming)
    }

    /// Takes a delivery that is due out of the queue; `apply` of its `Tried` puts it back or ends it.
    pub(super) fn take_delivery(&mut self, now: DateTime<Utc>) -> Option<Waiting> {
        while self.queue.first().is_some_and(|(due, _)| *due <= now) {
            let (_, key) = self.queue.pop_first()?;
            if let Some(waiting) = self.waiting.get(&key) {
                return Some(waiting.clone());
            }
        }
        None
    }

    pub(super) fn deliveries_waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn apply(&mut self, line: Line, spot: Spot) {
        for customer in line.customers {
            self.put_customer(customer);
        }
        for method in line.methods {
            self.put_method(method);
        }
        for intent in line.intents {
            self.put_intent(intent);
        }
        for refund in line.refunds {
            self.put_refund(refund);
        }
        for event in line.events {
            self.put_event(event, spot);
        }
        for tried in line.tried {
            self.put_tried(tried);
        }
        if let Some(kept) = line.answer {
            self.forget_old_keys(kept.at);
            self.keys_in_order.push_back(kept.key.clone());
            self.keys.insert(kept.key, KeptAt { digest: kept.digest, spot, at: kept.at });
        }
    }

    fn put_customer(&mut self, customer: Customer) {
        self.last_number = self.last_number.max(customer.n);
        self.customer_numbers.insert(customer.id.clone(), customer.n);
        self.customers.insert(customer.n, customer);
    }

    fn put_method(&mut self, method: Method) {
        let before = self.methods.get(&method.id).and_then(|m| m.customer.clone());
        if before != method.customer {
            if let Some(list) = before.as_ref().and_then(|owner| self.methods_of.get_mut(owner)) {
                list.retain(|id| *id != method.id);
            }
            if let Some(owner) = &method.customer {
                self.methods_of.entry(owner.clone()).or_default().push(method.id.clone());
            }
        }
        self.methods.insert(method.id.clone(), method);
    }

    fn put_intent(&mut self, intent: Intent) {
        self.last_number = self.last_number.max(intent.n);
        if let Some(before) = self.intents.get(&intent.n)
            && let Some(entry) = coming_of(before)
        {
            self.coming.remove(&entry);
        }
        self.coming.extend(coming_of(&intent));
        if let Some(charge) = &intent.charge {
            self.charge_numbers.insert(charge.id.clone(), intent.n);
        }
        self.intent_numbers.insert(intent.id.clone(), intent.n);
        self.intents.insert(intent.n, intent);
    }

    fn put_refund(&mut self, refund: Refund) {
        self.last_number = self.last_number.max(refund.n);
        let coming = |refund: &Refund| refund.settles.map(|at| (at, Coming::Refund(refund.id.clone())));
        if let Some(entry) = self.refunds.get(&refund.n).and_then(coming) {
            self.coming.remove(&entry);
        }
        self.coming.extend(coming(&refund));
        if self.refund_numbers.insert(refund.id.clone(), refund.n).is_none() {
            self.refunds_of.entry(refund.intent.clone()).or_default().push(refund.n);
        }
        self.refunds.insert(refund.n, refund);
    }

    fn put_event(&mut self, event: Event, spot: Spot) {
        for delivery in event.deliveries {
            let key = (event.id.clone(), delivery.copy);
            self.queue.insert((delivery.due, key.clone()));
            let waiting = Waiting { event: event.id.clone(), created: event.created, spot, delivery };
            self.waiting.insert(key, waiting);
        }
        if self.events.insert(event.id.clone(), spot).is_none() {
            self.events_in_order.push_back(event.id);
        }
        while self.events_in_order.len() > EVENTS_KEPT {
            if let Some(oldest) = self.events_in_order.pop_front() {
                self.events.remove(&oldest);
            }
        }
    }

    fn put_tried(&mut self, tried: Tried) {
        let key = (tried.event, tried.delivery.copy);
        if let Some(before) = self.waiting.get(&key) {
            self.queue.remove(&(before.delivery.due, key.clone()));
        }
        if tried.over {
            self.waiting.remove(&key);
        } else if let Some(waiting) = self.waiting.get_mut(&key) {
            waiting.delivery = tried.delivery;
            self.queue.insert((waiting.delivery.due, key));
        }
    }

    fn forget_old_keys(&mut self, now: DateTime<Utc>) {
        while let Some(key) = self.keys_in_order.front() {
            if self.keys.get(key).is_some_and(|kept| kept.is_fresh(now)) {
                return;
            }
            let old = self.keys_in_order.pop_front();
            old.and_then(|key| self.keys.remove(&key));
        }
    }

    /// Drops what time has made useless.
    pub(super) fn forget(&mut self, now: DateTime<Utc>) {
        self.forget_old_keys(now);
    }

    /// The objects as lines of a new journal, in the order that `apply` needs.
    pub(super) fn objects(&self) -> impl Iterator<Item = Line> {
        let customers =
            self.customers.values().map(|c| Line { customers: vec![c.clone()], ..Line::default() });
        let attached = self.methods_of.values().flatten().filter_map(|id| self.methods.get(id));
        let free = self.methods.values().filter(|m| m.customer.is_none());
        let methods = attached.chain(free).map(|m| Line { methods: vec![m.clone()], ..Line::default() });
        let intents = self.intents.values().map(|i| Line { intents: vec![i.clone()], ..Line::default() });
        let refunds = self.refunds.values().map(|r| Line { refunds: vec![r.clone()], ..Line::default() });
        customers.chain(methods).chain(intents).chain(refunds)
    }

    /// Where the old journal holds answers and events that are still needed, in their order.
    pub(super) fn spots(&self) -> Vec<Spot> {
        let keys = self.keys.values().map(|kept| kept.spot);
        let events = self.events.values().copied();
        let waiting = self.waiting.values().map(|w| w.spot);
        let spots: HashMap<u64, Spot> = keys.chain(events).chain(waiting).map(|s| (s.end(), s)).collect();
        let mut spots: Vec<Spot> = spots.into_values().collect();
        spots.sort_unstable_by_key(|spot| spot.end());
        spots
    }

    /// What of an old line goes into the new journal: its answer, and its events with the
    /// deliveries that are not over.
    pub(super) fn still_needed(&self, line: Line) -> Line {
        let mut copies: HashMap<&str, Vec<Delivery>> = HashMap::new();
        let ids: HashSet<&str> = line.events.iter().map(|e| e.id.as_str()).collect();
        for id in ids {
            let open = (0..=1).filter_map(|copy| self.waiting.get(&(id.to_owned(), copy)));
            copies.insert(id, open.map(|w| w.delivery.clone()).collect());
        }
        let events = line.events.iter().map(|event| Event {
            deliveries: copies.get(event.id.as_str()).cloned().unwrap_or_default(),
            ..event.clone()
        });
        let events = events.filter(|e| self.events.contains_key(&e.id) || !e.deliveries.is_empty()).collect();
        let answer = line.answer.clone().filter(|kept| self.keys.contains_key(&kept.key));
        Line { events, answer, ..Line::default() }
    }
}

impl KeptAt {
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        now - self.at < Duration::hours(KEY_HOURS)
    }
}

fn coming_of(intent: &Intent) -> Option<(DateTime<Utc>, Coming)> {
    match intent.status {
        Status::RequiresCapture => {
            let before = intent.charge.as_ref()?.capture_before?;
            Some((before, Coming::Expiry(intent.id.clone())))
        }
        Status::Processing => Some((intent.settles?, Coming::Payment(intent.id.clone()))),
        Status::RequiresPaymentMethod
        | Status::RequiresConfirmation
        | Status::RequiresAction
        | Status::Succeeded
        | Status::Canceled => None,
    }
}
