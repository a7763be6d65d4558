//! The payment gateway of a test: the sandbox on an address of its own, on the shop's clock, and
//! a letter box that takes its webhooks so that a test can bring them to the shop when and as
//! often as it likes.

use super::TestShop;
use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use serde_json::Value;
use smartshop::clock::Clock;
use smartshop::sandbox::carrier::{self, Carrier};
use smartshop::sandbox::gateway::{Gateway, Listening, Mood, Settings};
use smartshop::sandbox::listen;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECRET: &str = "sk_sandbox_test";
const SIGNED_WITH: &str = "whsec_test";

pub(crate) struct Bank {
    gateway: Gateway,
    carrier: Carrier,
    listening: Option<Listening>,
    pub(crate) base: String,
    folder: PathBuf,
    agent: ureq::Agent,
    heard: Arc<Mutex<Vec<Heard>>>,
}

/// A webhook as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) signature: String,
    pub(crate) body: String,
    pub(crate) kind: String,
    pub(crate) about: String,
}

impl Bank {
    pub(crate) fn open(clock: &Clock) -> Self {
        let folder = std::env::temp_dir().join(format!("bank-{}", uuid::Uuid::new_v4().simple()));
        super::expect_error("the sandbox was told to lose this answer");
        let (letter_box, heard) = letter_box();
        let settings = Settings {
            data_dir: folder.clone(),
            secret_key: SECRET.to_owned(),
            publishable_key: "pk_sandbox_test".to_owned(),
            webhook_secret: SIGNED_WITH.to_owned(),
            webhook_url: Some(letter_box.clone()),
            public_base: String::new(),
            merchant: "SmartShop".to_owned(),
            mood: Mood::default(),
            authorisation_days: 7,
        };
        let gateway = Gateway::open(settings, clock.clone()).expect("the gateway opens");
        gateway.set_fsync(false);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let carrier = open_carrier(&folder, &base_of(&listener), letter_box, clock);
        let listening = listen(gateway.clone(), carrier.clone(), listener).expect("the gateway listens");
        let base = format!("http://{}", listening.address);
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(10)))
            .build()
            .into();
        Self { gateway, carrier, listening: Some(listening), base, folder, agent, heard }
    }

    /// A shop with the demo's goods whose gateway this is.
    pub(crate) fn with_shop() -> (TestShop, Self) {
        let shop = TestShop::demo();
        let bank = Self::open(&shop.clock);
        let shop = shop
            .with("SMARTSHOP_PAYMENT_API_BASE", &bank.base)
            .with("SMARTSHOP_PAYMENT_SECRET_KEY", SECRET)
            .with("SMARTSHOP_PAYMENT_PUBLISHABLE_KEY", "pk_sandbox_test")
            .with("SMARTSHOP_PAYMENT_WEBHOOK_SECRET", SIGNED_WITH);
        (shop, bank)
    }

    /// Such a shop with the sandbox carrier too, which brings by itself what goes to these zones.
    pub(crate) fn with_carrier(zones: &str) -> (TestShop, Self) {
        let (shop, bank) = Self::with_shop();
        let zones = if zones.is_empty() { String::new() } else { format!(" @ {zones}") };
        let carriers = format!("sandbox (Sandbox carrier) {}/carrier{zones}", bank.base);
        let shop = shop
            .with("SMARTSHOP_CARRIERS", &carriers)
            .with("SMARTSHOP_CARRIER_KEYS", &format!("sandbox={SECRET}"))
            .with("SMARTSHOP_CARRIER_SECRETS", &format!("sandbox={SIGNED_WITH}"));
        (shop, bank)
    }

    /// From now on the carrier behaves like this; what is not named is in good health.
    pub(crate) fn carrier_mood(&self, mood: &str) {
        let request = self.agent.post(format!("{}/sandbox/carrier/control/mood", self.base));
        assert_eq!(request.send(mood).expect("an answer").status(), 200, "{mood}");
    }

    /// What the carrier has in its books.
    pub(crate) fn shipments(&self) -> Vec<Value> {
        let url = format!("{}/sandbox/carrier/control/books", self.base);
        let text = self.agent.get(url).call().expect("books").body_mut().read_to_string().expect("text");
        let books: Value = serde_json::from_str(&text).expect("JSON");
        books["data"].as_array().expect("shipments").clone()
    }

    /// Something happens to a shipment of the carrier's.
    pub(crate) fn carrier_says(&self, id: &str, state: &str) {
        let request = self.agent.post(format!("{}/sandbox/carrier/control/shipments/{id}", self.base));
        let body = serde_json::json!({"state": state, "reason": "nobody_there"}).to_string();
        assert_eq!(request.send(body).expect("an answer").status(), 200, "{state}");
    }

    /// From now on it behaves like this; what is not named is in good health.
    pub(crate) fn mood(&self, mood: &str) {
        let request = self.agent.post(format!("{}/sandbox/control/mood", self.base));
        assert_eq!(request.send(mood).expect("an answer").status(), 200, "{mood}");
    }

    /// It is not there any more.
    pub(crate) fn close(&mut self) {
        if let Some(listening) = self.listening.take() {
            self.gateway.stop();
            self.carrier.stop();
            listening.stop();
        }
    }

    /// What it has in its books about every payment.
    pub(crate) fn books(&self) -> Vec<Value> {
        let url = format!("{}/sandbox/control/books?limit=1000", self.base);
        let text = self.agent.get(url).call().expect("books").body_mut().read_to_string().expect("text");
        let books: Value = serde_json::from_str(&text).expect("JSON");
        books["data"].as_array().expect("payments").clone()
    }

    /// Of all payments: authorised, held now, captured, refunded; in cents.
    pub(crate) fn totals(&self) -> [i64; 4] {
        let books = self.books();
        ["authorised", "held", "captured", "refunded"]
            .map(|of| books.iter().map(|b| b[of].as_i64().expect("cents")).sum())
    }

    /// The shopper's word on the page that asks: `approve`, `approve_slowly`, `refuse`.
    pub(crate) fn says(&self, intent: &str, answer: &str) {
        let request = self.agent.post(format!("{}/sandbox/approve/{intent}", self.base));
        let status = request.send_form([("answer", answer)]).expect("an answer").status();
        assert!(status.is_success() || status.is_redirection(), "{status}");
    }

    pub(crate) fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let request = self.agent.post(format!("{}/v1/{path}", self.base));
        let mut answer = request
            .header("authorization", format!("Bearer {SECRET}"))
            .send_form(form.iter().copied())
            .expect("an answer");
        let status = answer.status().as_u16();
        (status, serde_json::from_str(&answer.body_mut().read_to_string().expect("text")).expect("JSON"))
    }

    /// All it has told so far.
    pub(crate) fn told(&self) -> Vec<Heard> {
        self.heard.lock().expect("the letter box").clone()
    }

    /// Its word of this kind about an intent, once it has come.
    pub(crate) fn word(&self, kind: &str, about: &str) -> Heard {
        let mut found = None;
        super::wait_for(kind, || {
            found = self.told().into_iter().find(|h| h.kind == kind && h.about == about);
            found.is_some()
        });
        found.expect("it came")
    }

    /// Waits until everything it had to say lies in the letter box.
    pub(crate) fn has_said_all(&self) {
        super::wait_for("the gateway to say all", || {
            let url = format!("{}/sandbox/control/books?limit=1", self.base);
            let text = self.agent.get(url).call().expect("books").body_mut().read_to_string().expect("text");
            serde_json::from_str::<Value>(&text).expect("JSON")["webhooks_waiting"] == 0
        });
    }
}

impl Heard {
    /// Brings it to the shop, as the gateway would.
    pub(crate) async fn comes_to(&self, shop: &TestShop) -> StatusCode {
        let request = TestRequest::post()
            .uri("/webhooks/payments")
            .insert_header(("stripe-signature", self.signature.as_str()))
            .insert_header(("content-type", "application/json; charset=utf-8"))
            .set_payload(self.body.clone());
        shop.shopper().send(request).await.status
    }

    /// Brings it to the shop, as the carrier would.
    pub(crate) async fn comes_from_carrier(&self, shop: &TestShop) -> StatusCode {
        let request = TestRequest::post()
            .uri("/webhooks/carriers/sandbox")
            .insert_header(("carrier-signature", self.signature.as_str()))
            .insert_header(("content-type", "application/json; charset=utf-8"))
            .set_payload(self.body.clone());
        shop.shopper().send(request).await.status
    }

    /// A word of the gateway's that it never said.
    pub(crate) fn made_up(shop: &TestShop, id: &str, kind: &str, object: &Value) -> Self {
        let body = serde_json::json!({"id": id, "type": kind, "data": {"object": object}}).to_string();
        Self::signed(shop, body)
    }

    pub(crate) fn signed(shop: &TestShop, body: String) -> Self {
        use smartshop::outside::sign;
        let signature = sign(body.as_bytes(), SIGNED_WITH, shop.clock.now());
        Self { signature, body, kind: String::new(), about: String::new() }
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        self.close();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn base_of(listener: &TcpListener) -> String {
    format!("http://{}", listener.local_addr().expect("an address"))
}

fn open_carrier(folder: &std::path::Path, base: &str, letter_box: String, clock: &Clock) -> Carrier {
    let settings = carrier::Settings {
        data_dir: folder.join("carrier"),
        key: SECRET.to_owned(),
        secret: SIGNED_WITH.to_owned(),
        webhook_url: Some(letter_box),
        public_base: base.to_owned(),
        mood: Mood::default(),
        goes_on: false,
    };
    Carrier::open(settings, clock.clone()).expect("the carrier opens")
}

/// Takes what is posted and keeps it. Its thread ends with the process.
fn letter_box() -> (String, Arc<Mutex<Vec<Heard>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let heard = Arc::<Mutex<Vec<Heard>>>::default();
    let keep = Arc::clone(&heard);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let keep = Arc::clone(&keep);
            std::thread::spawn(move || {
                if let Some(one) = read_letter(stream) {
                    keep.lock().expect("the letter box").push(one);
                }
            });
        }
    });
    (format!("http://{address}/"), heard)
}

fn read_letter(stream: TcpStream) -> Option<Heard> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut length, mut signature) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "stripe-signature" | "carrier-signature" => signature = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    let event: Value = serde_json::from_str(&body).ok()?;
    let object = &event["data"]["object"];
    let about = object["payment_intent"].as_str().or(object["id"].as_str()).or(event["shipment"].as_str());
    let about = about.unwrap_or_default().to_owned();
    let kind = event["type"].as_str().or(event["state"].as_str())?.to_owned();
    let mut stream = stream;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
    Some(Heard { signature, body, kind, about })
}
