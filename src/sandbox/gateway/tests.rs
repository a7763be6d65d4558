//! The gateway without its server: rules, keys, and what a restart finds.

use super::calls::Call;
use super::form::Fields;
use super::house::{Gateway, Settings};
use super::mood::Mood;
use crate::clock::Clock;
use chrono::{DateTime, Duration};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("sandbox-gateway-{}", uuid::Uuid::new_v4().simple());
        Self(std::env::temp_dir().join(name))
    }

    fn journal(&self) -> PathBuf {
        self.0.join("journal.jsonl")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn clock() -> Clock {
    Clock::held(DateTime::from_timestamp(1_790_000_000, 0).expect("a time"))
}

fn open(folder: &Path, clock: &Clock) -> Gateway {
    let settings = Settings {
        data_dir: folder.to_owned(),
        secret_key: "sk_sandbox_test".to_owned(),
        publishable_key: "pk_sandbox_test".to_owned(),
        webhook_secret: "whsec_test".to_owned(),
        webhook_url: None,
        public_base: String::new(),
        merchant: "SmartShop".to_owned(),
        mood: Mood::default(),
        authorisation_days: 7,
    };
    Gateway::open(settings, clock.clone()).expect("the gateway opens")
}

fn keyed(gateway: &Gateway, method: &str, path: &str, form: &str, key: Option<&str>) -> (u16, Value) {
    let call = Call {
        method: method.to_owned(),
        path: path.to_owned(),
        fields: Fields::read(form.as_bytes()),
        key: key.map(str::to_owned),
    };
    let answer = gateway.0.answer(&call);
    (answer.status, serde_json::from_str(&answer.body).expect("JSON"))
}

fn post(gateway: &Gateway, path: &str, form: &str) -> (u16, Value) {
    keyed(gateway, "POST", path, form, None)
}

fn get(gateway: &Gateway, path: &str) -> Value {
    let (status, value) = keyed(gateway, "GET", path, "", None);
    assert_eq!(status, 200, "{value}");
    value
}

fn made(gateway: &Gateway, path: &str, form: &str) -> Value {
    let (status, value) = post(gateway, path, form);
    assert_eq!(status, 200, "{value}");
    value
}

fn refused(gateway: &Gateway, path: &str, form: &str) -> String {
    let (status, value) = post(gateway, path, form);
    assert!(status >= 400, "{value}");
    let error = &value["error"];
    error["code"].as_str().or(error["type"].as_str()).unwrap_or_default().to_owned()
}

const HELD: &str = "amount=4293&currency=eur&capture_method=manual&payment_method=pm_card_visa&confirm=true";

fn held_payment(gateway: &Gateway) -> String {
    id_of(&made(gateway, "payment_intents", HELD))
}

fn id_of(value: &Value) -> String {
    value["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_payment_is_held_captured_in_part_and_refunded_up_to_what_was_captured() {
    let folder = Folder::new();
    let gateway = open(&folder.0, &clock());
    let id = held_payment(&gateway);
    let at = |verb: &str| format!("payment_intents/{id}/{verb}");
    assert_eq!(get(&gateway, &format!("payment_intents/{id}"))["amount_capturable"], 4293);
    assert_eq!(refused(&gateway, &at("capture"), "amount_to_capture=4294"), "amount_too_large");
    let captured = made(&gateway, &at("capture"), "amount_to_capture=4000&expand[]=latest_charge");
    assert_eq!((&captured["status"], &captured["amount_received"]), (&"succeeded".into(), &4000.into()));
    assert_eq!(captured["latest_charge"]["payment_method_details"]["card"]["last4"], "4242");
    for verb in ["capture", "cancel", "confirm"] {
        assert_eq!(refused(&gateway, &at(verb), ""), "payment_intent_unexpected_state");
    }
    let refund = |form: &str| format!("payment_intent={id}&{form}");
    assert_eq!(refused(&gateway, "refunds", &refund("amount=4001")), "amount_too_large");
    assert_eq!(made(&gateway, "refunds", &refund("amount=1500&metadata[why]=missing"))["amount"], 1500);
    assert_eq!(refused(&gateway, "refunds", &refund("amount=2501")), "amount_too_large");
    assert_eq!(made(&gateway, "refunds", &format!("payment_intent={id}"))["amount"], 2500);
    assert_eq!(refused(&gateway, "refunds", &refund("amount=1")), "charge_already_refunded");
    let refunds = keyed(&gateway, "GET", "refunds", &format!("payment_intent={id}"), None).1;
    assert_eq!(refunds["data"].as_array().map(Vec::len), Some(2));
}

#[test]
fn what_stripe_refuses_is_refused_by_the_same_code() {
    let folder = Folder::new();
    let gateway = open(&folder.0, &clock());
    for (form, code) in [
        ("currency=eur", "parameter_missing"),
        ("amount=x&currency=eur", "parameter_invalid_integer"),
        ("amount=49&currency=eur", "amount_too_small"),
        ("amount=100&currency=eur&colour=red", "parameter_unknown"),
        ("amount=100&currency=eur&customer=cus_none", "resource_missing"),
        ("amount=100&currency=eur&payment_method=pm_none", "resource_missing"),
        ("amount=100&currency=eur&confirm=true", "payment_intent_unexpected_state"),
        ("amount=100&currency=eur&confirm=true&payment_method_data[type]=ideal", "parameter_missing"),
        ("amount=100&currency=eur&return_url=https://x.test", "invalid_request_error"),
    ] {
        assert_eq!(refused(&gateway, "payment_intents", form), code, "{form}");
    }
    assert_eq!(refused(&gateway, "payment_intents/pi_none/capture", ""), "resource_missing");
    assert_eq!(post(&gateway, "payment_intents/pi_none/capture", "").0, 404);
    assert_eq!(post(&gateway, "nothing", "").0, 404);
    assert_eq!(get(&gateway, "payment_intents")["data"].as_array().map(Vec::len), Some(0));
}

#[test]
fn the_form_of_a_card_is_checked_and_its_number_is_never_kept() {
    let folder = Folder::new();
    let gateway = open(&folder.0, &clock());
    let card = |number: &str, rest: &str| format!("type=card&card[number]={number}&{rest}");
    let good = "card[exp_month]=12&card[exp_year]=30&card[cvc]=123";
    for (number, rest, code) in [
        ("4242424242424241", good, "incorrect_number"),
        ("4242", good, "invalid_number"),
        ("4111111111111111", good, "card_declined"),
        ("4242424242424242", "card[exp_month]=13&card[exp_year]=30", "invalid_expiry_month"),
        ("4242424242424242", "card[exp_month]=1&card[exp_year]=2026", "invalid_expiry_year"),
        ("4242424242424242", "card[exp_month]=12&card[exp_year]=30&card[cvc]=12", "invalid_cvc"),
        ("4242424242424242", "card[exp_year]=30", "parameter_missing"),
    ] {
        assert_eq!(refused(&gateway, "payment_methods", &card(number, rest)), code, "{number} {rest}");
    }
    let made = made(&gateway, "payment_methods", &card("5555 5555 5555 4444", good));
    assert_eq!((&made["card"]["brand"], &made["card"]["last4"]), (&"mastercard".into(), &"4444".into()));
    let journal = std::fs::read_to_string(folder.journal()).expect("the journal");
    assert!(!journal.contains("555555") && !journal.contains("\"123\""));
}

#[test]
fn a_method_is_used_once_or_belongs_to_a_customer() {
    let folder = Folder::new();
    let gateway = open(&folder.0, &clock());
    let wallet = id_of(&made(&gateway, "payment_methods", "type=card&card[wallet][type]=apple_pay"));
    let pay = |more: &str| format!("amount=500&currency=eur&confirm=true&{more}");
    made(&gateway, "payment_intents", &pay(&format!("payment_method={wallet}")));
    let again = refused(&gateway, "payment_intents", &pay(&format!("payment_method={wallet}")));
    assert_eq!(again, "payment_method_unexpected_state");

    let customer = id_of(&made(&gateway, "customers", "email=a@b.test&metadata[shopper]=1"));
    let kept = id_of(&made(&gateway, "payment_methods/pm_card_visa/attach", &format!("customer={customer}")));
    assert_eq!(
        refused(&gateway, "payment_intents", &pay(&format!("payment_method={kept}"))),
        "invalid_request_error"
    );
    for _ in 0..2 {
        made(
            &gateway,
            "payment_intents",
            &pay(&format!("payment_method={kept}&customer={customer}&off_session=true")),
        );
    }
    let list = get(&gateway, &format!("customers/{customer}/payment_methods"));
    assert_eq!(list["data"][0]["id"], kept.as_str());
    made(&gateway, &format!("payment_methods/{kept}/detach"), "");
    let gone = refused(&gateway, "payment_intents", &pay(&format!("payment_method={kept}")));
    assert_eq!(gone, "payment_method_unexpected_state");
}

#[test]
fn a_key_brings_its_answer_again_also_after_a_restart_and_not_after_a_day() {
    let (folder, clock) = (Folder::new(), clock());
    let gateway = open(&folder.0, &clock);
    let declined = "amount=900&currency=eur&payment_method=pm_card_chargeDeclined&confirm=true";
    let first = keyed(&gateway, "POST", "payment_intents", HELD, Some("one"));
    let no = keyed(&gateway, "POST", "payment_intents", declined, Some("two"));
    assert_eq!((first.0, no.0), (200, 402));
    assert_eq!(keyed(&gateway, "POST", "payment_intents", HELD, Some("one")), first);
    let other = keyed(&gateway, "POST", "payment_intents", declined, Some("one"));
    assert_eq!((other.0, other.1["error"]["type"].as_str()), (400, Some("idempotency_error")));
    gateway.stop();
    for _ in 0..2 {
        let gateway = open(&folder.0, &clock);
        assert_eq!(keyed(&gateway, "POST", "payment_intents", HELD, Some("one")), first);
        assert_eq!(keyed(&gateway, "POST", "payment_intents", declined, Some("two")), no);
        assert_eq!(get(&gateway, "payment_intents")["data"].as_array().map(Vec::len), Some(2));
        gateway.stop();
    }
    clock.advance(Duration::hours(25));
    let gateway = open(&folder.0, &clock);
    assert_ne!(keyed(&gateway, "POST", "payment_intents", HELD, Some("one")), first);
}

#[test]
fn a_hundred_threads_with_one_key_make_one_payment() {
    let folder = Folder::new();
    let gateway = open(&folder.0, &clock());
    let ids: Vec<Value> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..100)
            .map(|_| scope.spawn(|| keyed(&gateway, "POST", "payment_intents", HELD, Some("same")).1))
            .collect();
        calls.into_iter().map(|call| call.join().expect("an answer")["id"].clone()).collect()
    });
    assert!(ids.iter().all(|id| *id == ids[0] && id.is_string()));
    assert_eq!(get(&gateway, "payment_intents")["data"].as_array().map(Vec::len), Some(1));
}

#[test]
fn captures_and_cancels_at_once_leave_one_winner() {
    let folder = Folder::new();
    let gateway = open(&folder.0, &clock());
    let id = held_payment(&gateway);
    let good: usize = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..20)
            .map(|i| {
                let verb = if i % 2 == 0 { "capture" } else { "cancel" };
                let (path, gateway) = (format!("payment_intents/{id}/{verb}"), &gateway);
                scope.spawn(move || usize::from(post(gateway, &path, "").0 == 200))
            })
            .collect();
        calls.into_iter().map(|call| call.join().expect("an answer")).sum()
    });
    assert_eq!(good, 1);
}

#[test]
fn a_torn_last_line_is_dropped_and_everything_before_it_is_there() {
    let (folder, clock) = (Folder::new(), clock());
    let gateway = open(&folder.0, &clock);
    let ids: Vec<String> = (0..3).map(|_| held_payment(&gateway)).collect();
    drop(gateway);
    let whole = std::fs::read(folder.journal()).expect("the journal");
    let gateway = wait_for(&folder, &clock);
    gateway.stop();
    for cut in [1, 2, 40, 400] {
        std::fs::write(folder.journal(), &whole[..whole.len() - cut]).expect("cut");
        let gateway = open(&folder.0, &clock);
        let found = get(&gateway, "payment_intents")["data"].as_array().map(Vec::len);
        assert_eq!(found, Some(2), "cut by {cut}");
        assert_eq!(get(&gateway, &format!("payment_intents/{}", ids[0]))["status"], "requires_capture");
        made(&gateway, &format!("payment_intents/{}/capture", ids[1]), "");
        gateway.stop();
    }
    let mut file = std::fs::OpenOptions::new().append(true).open(folder.journal()).expect("the journal");
    file.write_all(b"{\"intents\":[{\"n\":9,").expect("torn");
    let gateway = open(&folder.0, &clock);
    assert_eq!(get(&gateway, &format!("payment_intents/{}", ids[1]))["status"], "succeeded");
}

/// A gateway that was dropped lets go of its folder as soon as its threads notice.
fn wait_for(folder: &Folder, clock: &Clock) -> Gateway {
    for _ in 0..100 {
        let file = std::fs::File::open(folder.0.join("lock")).expect("the lock");
        if rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok() {
            drop(file);
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    open(&folder.0, clock)
}

#[test]
fn a_line_that_is_broken_in_the_middle_is_not_passed_over() {
    let (folder, clock) = (Folder::new(), clock());
    let gateway = open(&folder.0, &clock);
    held_payment(&gateway);
    gateway.stop();
    let whole = std::fs::read_to_string(folder.journal()).expect("the journal");
    std::fs::write(folder.journal(), format!("{{\"broken\n{whole}")).expect("write");
    let settings_error = Gateway::open(
        Settings {
            data_dir: folder.0.clone(),
            secret_key: String::new(),
            publishable_key: String::new(),
            webhook_secret: String::new(),
            webhook_url: None,
            public_base: String::new(),
            merchant: String::new(),
            mood: Mood::default(),
            authorisation_days: 7,
        },
        clock,
    );
    assert!(settings_error.is_err_and(|e| e.to_string().contains("byte 0")));
}

#[test]
fn one_process_owns_the_folder() {
    let (folder, clock) = (Folder::new(), clock());
    let first = open(&folder.0, &clock);
    let held = super::journal::Journal::open(&folder.0, &mut super::books::Books::default(), clock.now());
    assert!(held.is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock));
    first.stop();
    open(&folder.0, &clock).stop();
}

#[test]
fn an_authorisation_that_is_not_captured_in_time_is_given_up() {
    let (folder, clock) = (Folder::new(), clock());
    let gateway = open(&folder.0, &clock);
    let id = held_payment(&gateway);
    clock.advance(Duration::days(7) - Duration::seconds(1));
    assert_eq!(get(&gateway, &format!("payment_intents/{id}"))["status"], "requires_capture");
    clock.advance(Duration::seconds(1));
    assert_eq!(
        refused(&gateway, &format!("payment_intents/{id}/capture"), ""),
        "payment_intent_unexpected_state"
    );
    let seen = get(&gateway, &format!("payment_intents/{id}"));
    assert_eq!((&seen["status"], &seen["cancellation_reason"]), (&"canceled".into(), &"automatic".into()));
}

#[test]
fn a_refund_that_waits_comes_or_fails() {
    let (folder, clock) = (Folder::new(), clock());
    let gateway = open(&folder.0, &clock);
    for (card, end, back) in
        [("pm_card_refundFail", "failed", 0), ("pm_card_pendingRefund", "succeeded", 700)]
    {
        let form = format!("amount=700&currency=eur&confirm=true&payment_method={card}");
        let id = id_of(&made(&gateway, "payment_intents", &form));
        let refund = made(&gateway, "refunds", &format!("payment_intent={id}"));
        assert_eq!(refund["status"], "pending");
        assert_eq!(refused(&gateway, "refunds", &format!("payment_intent={id}")), "charge_already_refunded");
        clock.advance(Duration::seconds(3));
        assert_eq!(get(&gateway, &format!("refunds/{}", id_of(&refund)))["status"], end);
        let charge = get(&gateway, &format!("payment_intents/{id}"))["latest_charge"].clone();
        let charge = get(&gateway, &format!("charges/{}", charge.as_str().expect("a charge")));
        assert_eq!(charge["amount_refunded"], back, "{card}");
    }
}

#[test]
fn lists_go_on_from_the_last_one_and_begin_at_a_time() {
    let (folder, clock) = (Folder::new(), clock());
    let gateway = open(&folder.0, &clock);
    let ids: Vec<String> = (0..5)
        .map(|_| {
            clock.advance(Duration::seconds(10));
            held_payment(&gateway)
        })
        .collect();
    let list = |query: &str| keyed(&gateway, "GET", "payment_intents", query, None).1;
    let names =
        |list: &Value| -> Vec<String> { list["data"].as_array().expect("data").iter().map(id_of).collect() };
    let first = list("limit=2");
    assert_eq!((names(&first), &first["has_more"]), (vec![ids[4].clone(), ids[3].clone()], &true.into()));
    let rest = list(&format!("limit=3&starting_after={}", ids[3]));
    assert_eq!(
        (names(&rest), &rest["has_more"]),
        (vec![ids[2].clone(), ids[1].clone(), ids[0].clone()], &false.into())
    );
    let since = list(&format!("created[gte]={}&expand[]=data.latest_charge", 1_790_000_000 + 40));
    assert_eq!(names(&since), [ids[4].clone(), ids[3].clone()]);
    assert_eq!(since["data"][0]["latest_charge"]["object"], "charge");
}
