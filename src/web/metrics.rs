//! Figures for the people who run the shop, in Prometheus' text format.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Status {
    class: &'static str,
}

/// Things that happen in the shop and are worth a number.
#[derive(Debug, Clone, Copy)]
pub enum Counted {
    SearchWithoutResult,
    QuoteGiven,
    PlaceUnknown,
    BasketChanged,
    JourneyDropped,
}

pub struct Metrics {
    registry: Registry,
    /// By the first digit of the status.
    answers: [Counter; 6],
    seconds: Histogram,
    limited: Counter,
    searches_without_result: Counter,
    quotes: Counter,
    places_unknown: Counter,
    basket_changes: Counter,
    journeys_dropped: Counter,
    pub products: Gauge,
    pub cached_pages: Gauge,
    pub mail_waiting: Gauge,
    pub mail_failed: Gauge,
    pub payments_overdue: Gauge,
    pub outbox_given_up: Gauge,
    pub outbox_stuck: Gauge,
    pub money_refused: Gauge,
    pub gateway_answered: Gauge,
    pub gateway_refused: Gauge,
    pub gateway_unclear: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("smartshop");
        let family = Family::<Status, Counter>::default();
        registry.register("http_answers", "Requests answered, by class of status", family.clone());
        let answers = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"]
            .map(|class| family.get_or_create_owned(&Status { class }));
        let seconds = Histogram::new([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]);
        registry.register("http_seconds", "Time to answer, in seconds", seconds.clone());
        let mut counter = |name, help| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let limited = counter("limited", "Requests refused since one address asked too much");
        let searches_without_result = counter("searches_without_result", "Searches that found nothing");
        let quotes = counter("quotes", "Delivery quotes given");
        let places_unknown = counter("places_unknown", "Places asked for that we do not deliver to or know");
        let basket_changes = counter("basket_changes", "Changes to baskets");
        let journeys_dropped = counter("journeys_dropped", "Footsteps lost since the queue was full");
        let mut gauge = |name, help| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let products = gauge("products", "Products on sale");
        let cached_pages = gauge("cached_pages", "Finished pages in memory");
        let mail_waiting = gauge("mail_waiting", "Letters that have not left yet");
        let mail_failed = gauge("mail_failed", "Letters that were given up: somebody must look");
        let payments_overdue = gauge("payments_overdue", "Payments whose end should have been asked for");
        let outbox_given_up = gauge("outbox_given_up", "Jobs that were given up and wait for a person");
        let outbox_stuck =
            gauge("outbox_stuck", "Jobs tried many times and still not done: somebody must look");
        let money_refused =
            gauge("money_refused", "Captures and refunds that were refused: somebody must look");
        let gateway_answered =
            gauge("gateway_answered", "Calls the payment gateway answered, since the start");
        let gateway_refused = gauge("gateway_refused", "Calls the payment gateway refused, since the start");
        let gateway_unclear = gauge("gateway_unclear", "Calls without a clear answer, since the start");
        Self {
            registry,
            answers,
            seconds,
            limited,
            searches_without_result,
            quotes,
            places_unknown,
            basket_changes,
            journeys_dropped,
            products,
            cached_pages,
            mail_waiting,
            mail_failed,
            payments_overdue,
            outbox_given_up,
            outbox_stuck,
            money_refused,
            gateway_answered,
            gateway_refused,
            gateway_unclear,
        }
    }

    pub fn count(&self, what: Counted) {
        match what {
            Counted::SearchWithoutResult => self.searches_without_result.inc(),
            Counted::QuoteGiven => self.quotes.inc(),
            Counted::PlaceUnknown => self.places_unknown.inc(),
            Counted::BasketChanged => self.basket_changes.inc(),
            Counted::JourneyDropped => self.journeys_dropped.inc(),
        };
    }

    pub(super) fn answered(&self, status: u16, took: Duration) {
        let class = usize::from(status / 100);
        self.answers[if class < 6 { class } else { 0 }].inc();
        if status == 429 {
            self.limited.inc();
        }
        self.seconds.observe(took.as_secs_f64());
    }

    /// The page at `/metrics`.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
