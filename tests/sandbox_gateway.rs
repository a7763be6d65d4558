//! The sandbox payment gateway through its own door: protocol, pages, webhooks, faults, restarts.

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use smartshop::clock::Clock;
use smartshop::sandbox::gateway::{Gateway, Listening, Mood, Settings, listen};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use ureq::Agent;

const SECRET: &str = "sk_sandbox_test";
const PUBLISHABLE: &str = "pk_sandbox_test";
const SIGNED_WITH: &str = "whsec_sandbox_test";

struct Sandbox {
    gateway: Gateway,
    listening: Option<Listening>,
    base: String,
    folder: PathBuf,
    agent: Agent,
}

impl Sandbox {
    fn open(mood: Mood) -> Self {
        let folder = std::env::temp_dir().join(format!("sandbox-{}", uuid::Uuid::new_v4().simple()));
        Self::open_in(folder, mood, None)
    }

    fn open_in(folder: PathBuf, mood: Mood, webhook_url: Option<String>) -> Self {
        let settings = Settings {
            data_dir: folder.clone(),
            secret_key: SECRET.to_owned(),
            publishable_key: PUBLISHABLE.to_owned(),
            webhook_secret: SIGNED_WITH.to_owned(),
            webhook_url,
            public_base: String::new(),
            merchant: "SmartShop, Dublin".to_owned(),
            mood,
            authorisation_days: 7,
        };
        let gateway = Gateway::open(settings, Clock::Real).expect("the gateway opens");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let listening = listen(gateway.clone(), listener).expect("the gateway listens");
        let base = format!("http://{}", listening.address);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(5)))
            .build()
            .into();
        Self { gateway, listening: Some(listening), base, folder, agent }
    }

    fn close(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.stop();
            self.gateway.stop();
        }
    }

    fn try_post(&self, path: &str, form: &str, key: Option<&str>) -> Result<(u16, Value), ureq::Error> {
        let mut request = self
            .agent
            .post(format!("{}/v1/{path}", self.base))
            .header("authorization", format!("Bearer {SECRET}"))
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let mut answer = request.send(form)?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string()?;
        Ok((status, serde_json::from_str(&text).expect(&text)))
    }

    fn post(&self, path: &str, form: &str) -> (u16, Value) {
        self.try_post(path, form, None).expect("an answer")
    }

    fn made(&self, path: &str, form: &str) -> Value {
        let (status, value) = self.post(path, form);
        assert_eq!(status, 200, "{value}");
        value
    }

    fn get(&self, path: &str) -> Value {
        let request = self.agent.get(format!("{}/v1/{path}", self.base));
        let mut answer =
            request.header("authorization", format!("Bearer {SECRET}")).call().expect("an answer");
        serde_json::from_str(&answer.body_mut().read_to_string().expect("text")).expect("JSON")
    }

    fn page(&self, path: &str) -> (u16, ureq::http::HeaderMap, String) {
        let mut answer = self.agent.get(format!("{}{path}", self.base)).call().expect("a page");
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.body_mut().read_to_vec().expect("a body");
        (status, headers, String::from_utf8_lossy(&body).into_owned())
    }

    /// Presses a button on the page that asks; comes back with where the browser is sent.
    fn say(&self, intent: &str, answer: &str) -> String {
        let request = self.agent.post(format!("{}/sandbox/approve/{intent}", self.base));
        let response = request.send_form([("answer", answer)]).expect("an answer");
        let location = response.headers().get("location").map(|l| l.to_str().expect("plain").to_owned());
        location.unwrap_or_default()
    }

    fn set_mood(&self, mood: &Value) {
        let request = self.agent.post(format!("{}/sandbox/control/mood", self.base));
        let answer = request.send(mood.to_string().as_str()).expect("an answer");
        assert_eq!(answer.status(), 200);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.close();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

fn pay(method: &str, more: &str) -> String {
    format!("amount=4293&currency=eur&confirm=true&payment_method={method}&{more}")
}

const HELD: &str = "capture_method=manual&metadata[order]=SM-1";

#[test]
fn a_payment_is_held_captured_for_less_and_refunded() {
    let sandbox = Sandbox::open(Mood::default());
    let held = sandbox.made("payment_intents", &pay("pm_card_visa", HELD));
    assert_eq!(held["status"], "requires_capture");
    let captured = sandbox.made(
        &format!("payment_intents/{}/capture", id(&held)),
        "amount_to_capture=4100&expand[]=latest_charge",
    );
    assert_eq!((&captured["amount_received"], &captured["amount_capturable"]), (&json!(4100), &json!(0)));
    assert_eq!(captured["latest_charge"]["payment_method_details"]["card"]["brand"], "visa");
    let refund = sandbox
        .made("refunds", &format!("payment_intent={}&amount=100&reason=requested_by_customer", id(&held)));
    assert_eq!((&refund["status"], &refund["amount"]), (&json!("succeeded"), &json!(100)));
    let (_, _, books) = sandbox.page("/sandbox/control/books");
    let books: Value = serde_json::from_str(&books).expect("JSON");
    let row = &books["data"][0];
    assert_eq!(
        (&row["metadata"]["order"], &row["captured"], &row["refunded"]),
        (&json!("SM-1"), &json!(4100), &json!(100))
    );
    assert_eq!((&books["totals"]["count"], &books["totals"]["held"]), (&json!(1), &json!(0)));
}

#[test]
fn each_test_card_does_what_stripe_says_of_it() {
    let sandbox = Sandbox::open(Mood::default());
    for (number, code, decline_code) in [
        ("4000000000000002", "card_declined", json!("generic_decline")),
        ("4000000000009995", "card_declined", json!("insufficient_funds")),
        ("4000000000009987", "card_declined", json!("lost_card")),
        ("4000000000000069", "expired_card", Value::Null),
        ("4000000000000127", "incorrect_cvc", Value::Null),
        ("4000000000000119", "processing_error", Value::Null),
    ] {
        let (status, answer) = sandbox.post("payment_intents", &pay(&card(&sandbox, number), HELD));
        let error = &answer["error"];
        assert_eq!(
            (status, &error["type"], &error["code"]),
            (402, &json!("card_error"), &json!(code)),
            "{number}"
        );
        assert_eq!(error["decline_code"], decline_code, "{number}");
        let intent = sandbox.get(&format!("payment_intents/{}", id(&error["payment_intent"])));
        assert_eq!(intent["status"], "requires_payment_method");
        assert_eq!(intent["last_payment_error"]["code"], code);
    }
    for (number, brand) in
        [("4242424242424242", "visa"), ("5555555555554444", "mastercard"), ("378282246310005", "amex")]
    {
        let form = pay(&card(&sandbox, number), "expand[]=latest_charge");
        let paid = sandbox.made("payment_intents", &form);
        assert_eq!(paid["status"], "succeeded");
        assert_eq!(paid["latest_charge"]["payment_method_details"]["card"]["brand"], brand);
    }
}

/// What the card frame does: a method made with the page's key.
fn card(sandbox: &Sandbox, number: &str) -> String {
    let form =
        format!("type=card&card[number]={number}&card[exp_month]=12&card[exp_year]=2033&card[cvc]=1234");
    let form = if number.len() == 15 { form } else { form.replace("=1234", "=123") };
    let request = sandbox.agent.post(format!("{}/sandbox/tokens", sandbox.base));
    let request = request.header("authorization", format!("Bearer {PUBLISHABLE}"));
    let mut answer = request.send(form.as_str()).expect("an answer");
    let text = answer.body_mut().read_to_string().expect("text");
    id(&serde_json::from_str(&text).expect("JSON")).to_owned()
}

#[test]
fn three_d_secure_is_asked_on_a_page_and_ends_as_the_payer_says() {
    let sandbox = Sandbox::open(Mood::default());
    let back = "return_url=https://shop.test/pay/return?order=1&capture_method=manual";
    for (method, said, status, went) in [
        ("pm_card_threeDSecure2Required", "approve", "requires_capture", "succeeded"),
        ("pm_card_threeDSecure2Required", "refuse", "requires_payment_method", "failed"),
        ("pm_card_threeDSecureRequiredChargeDeclined", "approve", "requires_payment_method", "failed"),
    ] {
        let asked = sandbox.made("payment_intents", &pay(method, back));
        assert_eq!(asked["status"], "requires_action");
        let url = asked["next_action"]["redirect_to_url"]["url"].as_str().expect("a page").to_owned();
        let (code, headers, page) = sandbox.page(&url);
        assert!(code == 200 && page.contains("€42.93") && page.contains("SmartShop, Dublin"));
        let policy = headers["content-security-policy"].to_str().expect("plain");
        assert!(policy.contains("form-action 'self' https://shop.test;"), "{policy}");
        let location = sandbox.say(id(&asked), said);
        assert_eq!(
            location,
            format!(
                "https://shop.test/pay/return?order=1&payment_intent={}&redirect_status={went}",
                id(&asked)
            )
        );
        assert_eq!(sandbox.say(id(&asked), "approve"), location, "a second answer changes nothing");
        assert_eq!(sandbox.get(&format!("payment_intents/{}", id(&asked)))["status"], status);
    }
    let (status, answer) =
        sandbox.post("payment_intents", &pay("pm_card_threeDSecure2Required", "off_session=true"));
    assert_eq!((status, &answer["error"]["code"]), (402, &json!("authentication_required")));
}

#[test]
fn a_way_to_pay_with_a_page_of_its_own_charges_at_once() {
    let sandbox = Sandbox::open(Mood::default());
    let form =
        "amount=999&currency=eur&confirm=true&payment_method_data[type]=ideal&return_url=/checkout/return";
    let asked = sandbox.made("payment_intents", form);
    assert_eq!(asked["status"], "requires_action");
    assert!(sandbox.say(id(&asked), "approve").starts_with("/checkout/return?payment_intent=pi_"));
    assert_eq!(sandbox.get(&format!("payment_intents/{}", id(&asked)))["amount_received"], 999);

    let slow = sandbox.made("payment_intents", form);
    sandbox.say(id(&slow), "approve_slowly");
    assert_eq!(sandbox.get(&format!("payment_intents/{}", id(&slow)))["status"], "processing");
}

#[test]
fn a_repeated_call_is_answered_once_more_and_a_changed_one_refused() {
    let sandbox = Sandbox::open(Mood::default());
    let form = pay("pm_card_visa", HELD);
    let first = sandbox.try_post("payment_intents", &form, Some("k1")).expect("an answer");
    assert_eq!(sandbox.try_post("payment_intents", &form, Some("k1")).expect("an answer"), first);
    let (status, answer) =
        sandbox.try_post("payment_intents", &pay("pm_card_amex", HELD), Some("k1")).expect("an answer");
    assert_eq!((status, &answer["error"]["type"]), (400, &json!("idempotency_error")));
    let found = sandbox.get("payment_intents?limit=100");
    assert_eq!(found["data"].as_array().map(Vec::len), Some(1));
}

#[test]
fn who_has_no_key_or_the_wrong_one_gets_nothing() {
    let sandbox = Sandbox::open(Mood::default());
    for (key, expected) in
        [(None, 401), (Some("sk_live_x"), 401), (Some(PUBLISHABLE), 401), (Some(SECRET), 200)]
    {
        let mut request = sandbox.agent.get(format!("{}/v1/payment_intents", sandbox.base));
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let mut answer = request.call().expect("an answer");
        assert_eq!(answer.status(), expected, "{key:?}");
        let text = answer.body_mut().read_to_string().expect("text");
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
    }
}

#[test]
fn frames_may_be_held_by_our_own_pages_and_everything_says_sandbox() {
    let sandbox = Sandbox::open(Mood::default());
    sandbox.gateway.allow_parent("https://shop.test");
    for path in ["/sandbox/card", "/sandbox/wallets"] {
        let (status, headers, page) = sandbox.page(&format!("{path}?key={PUBLISHABLE}&scheme=dark"));
        assert!(status == 200 && page.contains("Sandbox") && page.contains("data-scheme=\"dark\""));
        let policy = headers["content-security-policy"].to_str().expect("plain");
        assert!(policy.contains("frame-ancestors 'self' https://shop.test"), "{policy}");
        assert_eq!(headers["x-frame-options"], "SAMEORIGIN");
        for file in
            page.split("\"/assets/").skip(1).map(|rest| rest.split(['"', '#']).next().expect("an address"))
        {
            assert_eq!(sandbox.page(&format!("/assets/{file}")).0, 200, "{file}");
        }
        assert_eq!(sandbox.page(&format!("{path}?key=pk_other")).0, 400);
    }
    sandbox.made("payment_intents", &pay("pm_card_mastercard", HELD));
    let (status, headers, page) = sandbox.page("/sandbox/payments");
    assert!(status == 200 && page.contains("Mastercard ending 4444") && page.contains("Sandbox"));
    assert_eq!(headers["x-frame-options"], "DENY");
    assert_eq!(sandbox.page("/sandbox/approve/pi_none").0, 404);
}

/// A shop's end of the webhooks: keeps what comes, and answers with the statuses it is given, then 200.
struct Hook {
    url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

#[derive(Clone)]
struct Seen {
    event: Value,
    valid: bool,
    at: Instant,
}

impl Hook {
    fn open(statuses: Vec<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (shared, statuses) = (Arc::clone(&seen), Arc::new(Mutex::new(statuses.into_iter())));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, statuses) = (Arc::clone(&shared), Arc::clone(&statuses));
                std::thread::spawn(move || while take_one(&stream, &shared, &statuses).is_some() {});
            }
        });
        Self { url, seen }
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("seen").clone()
    }

    fn wait_for(&self, count: usize) -> Vec<Seen> {
        let end = Instant::now() + Duration::from_secs(10);
        while self.seen().len() < count && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.seen()
    }
}

fn take_one(
    mut stream: &TcpStream,
    seen: &Mutex<Vec<Seen>>,
    statuses: &Mutex<std::vec::IntoIter<u16>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut length, mut signature) = (0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim().split_once(": ") else {
            if line.trim().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "stripe-signature" => signature = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let valid = is_signed(&signature, &body);
    let event = serde_json::from_slice(&body).ok()?;
    let status = statuses.lock().ok()?.next().unwrap_or(200);
    seen.lock().ok()?.push(Seen { event, valid, at: Instant::now() });
    write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok").ok()
}

fn is_signed(signature: &str, body: &[u8]) -> bool {
    let Some((at, given)) = signature.strip_prefix("t=").and_then(|s| s.split_once(",v1=")) else {
        return false;
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(SIGNED_WITH.as_bytes()).expect("a key");
    mac.update(at.as_bytes());
    mac.update(b".");
    mac.update(body);
    let expected: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    expected == given
}

fn kinds(seen: &[Seen]) -> Vec<&str> {
    let mut kinds: Vec<&str> = seen.iter().filter_map(|s| s.event["type"].as_str()).collect();
    kinds.sort_unstable();
    kinds
}

#[test]
fn every_event_is_signed_and_can_be_asked_for() {
    let (sandbox, hook) = (Sandbox::open(Mood::default()), Hook::open(Vec::new()));
    sandbox.gateway.set_webhook_url(hook.url.clone());
    let held = sandbox.made("payment_intents", &pay("pm_card_visa", HELD));
    sandbox.made(&format!("payment_intents/{}/capture", id(&held)), "");
    sandbox.made("refunds", &format!("payment_intent={}", id(&held)));
    sandbox.post("payment_intents", &pay("pm_card_chargeDeclined", ""));
    let seen = hook.wait_for(6);
    assert_eq!(
        kinds(&seen),
        [
            "charge.captured",
            "charge.refunded",
            "payment_intent.amount_capturable_updated",
            "payment_intent.payment_failed",
            "payment_intent.succeeded",
            "refund.created",
        ]
    );
    assert!(seen.iter().all(|s| s.valid));
    let event = &seen[0].event;
    assert_eq!(sandbox.get(&format!("events/{}", id(event))), *event);
    assert_eq!(event["data"]["object"]["metadata"]["order"], "SM-1");
}

#[test]
fn an_event_that_is_not_taken_comes_again_under_its_id() {
    let hook = Hook::open(vec![500, 503]);
    let sandbox = Sandbox::open(Mood::default());
    sandbox.gateway.set_webhook_url(hook.url.clone());
    sandbox.made("payment_intents", &pay("pm_card_visa", ""));
    let seen = hook.wait_for(3);
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|s| s.valid && s.event == seen[0].event));
    assert!(seen[1].at - seen[0].at >= Duration::from_millis(900));
    assert!(seen[2].at - seen[1].at >= Duration::from_millis(4500));
}

#[test]
fn webhooks_are_doubled_or_lost_as_the_mood_says() {
    let (sandbox, hook) = (Sandbox::open(Mood::default()), Hook::open(Vec::new()));
    sandbox.gateway.set_webhook_url(hook.url.clone());
    sandbox.set_mood(&json!({ "webhooks_doubled_percent": 100 }));
    sandbox.made("payment_intents", &pay("pm_card_visa", ""));
    let seen = hook.wait_for(2);
    assert!(seen.len() == 2 && seen[0].event == seen[1].event);
    sandbox.set_mood(&json!({ "webhooks_lost_percent": 100 }));
    sandbox.made("payment_intents", &pay("pm_card_visa", ""));
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(hook.seen().len(), 2);
}

#[test]
fn a_restart_keeps_payments_answers_and_webhooks_that_wait() {
    let mut sandbox = Sandbox::open(Mood::default());
    let form = pay("pm_card_visa", HELD);
    let first = sandbox.try_post("payment_intents", &form, Some("before")).expect("an answer");
    let copy = sandbox.folder.with_extension("copy");
    // A killed process leaves what is in the file and nothing else.
    std::fs::create_dir_all(&copy).expect("a folder");
    std::fs::copy(sandbox.folder.join("journal.jsonl"), copy.join("journal.jsonl")).expect("a copy");
    sandbox.close();
    let hook = Hook::open(Vec::new());
    let again = Sandbox::open_in(copy, Mood::default(), Some(hook.url.clone()));
    assert_eq!(again.try_post("payment_intents", &form, Some("before")).expect("an answer"), first);
    let seen = hook.wait_for(1);
    assert_eq!(kinds(&seen), ["payment_intent.amount_capturable_updated"]);
    assert_eq!(seen[0].event["data"]["object"]["id"], first.1["id"]);
    again.made(&format!("payment_intents/{}/capture", id(&first.1)), "");
    assert_eq!(hook.wait_for(3).len(), 3);
}

#[test]
fn an_answer_that_is_lost_was_done_and_the_key_finds_it() {
    let sandbox = Sandbox::open(Mood::default());
    sandbox.set_mood(&json!({ "next_calls": 1, "lost_percent": 100 }));
    let form = pay("pm_card_visa", HELD);
    assert!(sandbox.try_post("payment_intents", &form, Some("lost")).is_err(), "no answer comes");
    let (status, found) = sandbox.try_post("payment_intents", &form, Some("lost")).expect("an answer");
    assert_eq!((status, &found["status"]), (200, &json!("requires_capture")));
    assert_eq!(sandbox.get("payment_intents")["data"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_silent_gateway_holds_the_key_and_does_it_although_nobody_waits() {
    let sandbox = Sandbox::open(Mood::default());
    sandbox.set_mood(&json!({ "next_calls": 1, "silent_percent": 100, "silent_seconds": 2 }));
    let form = pay("pm_card_visa", HELD);
    let impatient: Agent =
        Agent::config_builder().timeout_global(Some(Duration::from_millis(500))).build().into();
    let call = impatient
        .post(format!("{}/v1/payment_intents", sandbox.base))
        .header("authorization", format!("Bearer {SECRET}"))
        .header("idempotency-key", "silent")
        .send(form.as_str());
    assert!(call.is_err(), "the caller gives up");
    let (status, answer) = sandbox.try_post("payment_intents", &form, Some("silent")).expect("an answer");
    assert_eq!((status, &answer["error"]["code"]), (409, &json!("idempotency_key_in_use")));
    std::thread::sleep(Duration::from_millis(2200));
    let (status, _) = sandbox.try_post("payment_intents", &form, Some("silent")).expect("an answer");
    assert_eq!(status, 200);
    assert_eq!(sandbox.get("payment_intents")["data"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_broken_gateway_does_nothing_and_keeps_no_answer() {
    let sandbox = Sandbox::open(Mood::default());
    let form = pay("pm_card_visa", HELD);
    for (fault, status) in [("broken_percent", 500), ("too_many_percent", 429)] {
        sandbox.set_mood(&json!({ "next_calls": 1, fault: 100 }));
        let refused = sandbox.try_post("payment_intents", &form, Some(fault)).expect("an answer");
        assert_eq!(refused.0, status);
        assert_eq!(sandbox.try_post("payment_intents", &form, Some(fault)).expect("an answer").0, 200);
    }
    sandbox.set_mood(&json!({ "decline_next": 1 }));
    assert_eq!(sandbox.post("payment_intents", &form).0, 402);
    assert_eq!(sandbox.post("payment_intents", &form).0, 200);
}

#[test]
fn many_callers_at_once_are_served_fast_and_nothing_is_lost() {
    const CALLERS: usize = 4;
    const EACH: usize = 250;
    let sandbox = Sandbox::open(Mood::default());
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    sandbox.made("payment_intents", &pay("pm_card_visa", HELD));
                }
            });
        }
    });
    println!("{:.0} payments a second", (CALLERS * EACH) as f64 / began.elapsed().as_secs_f64());
    let (_, _, books) = sandbox.page("/sandbox/control/books?limit=1");
    let books: Value = serde_json::from_str(&books).expect("JSON");
    assert_eq!(books["totals"]["count"], CALLERS * EACH);
    assert_eq!(books["totals"]["held"], CALLERS * EACH * 4293);
}
