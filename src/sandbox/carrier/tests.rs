use super::house::{Carrier, No, Settings};
use super::label;
use super::model::{To, Wanted};
use crate::clock::Clock;
use crate::sandbox::gateway::Mood;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("carrier-{}", uuid::Uuid::new_v4().simple()))
}

fn open(folder: &Path, mood: Mood) -> Carrier {
    let settings = Settings {
        data_dir: folder.to_owned(),
        key: "key".to_owned(),
        secret: "secret".to_owned(),
        webhook_url: None,
        public_base: "http://sandbox.test".to_owned(),
        mood,
        goes_on: false,
    };
    Carrier::open(settings, Clock::Real).expect("it opens")
}

fn wanted() -> Wanted {
    let to = To {
        name: "Aoife (Byrne)".into(),
        line: "14 Leinster Road".into(),
        town: "".into(),
        eircode: "".into(),
    };
    let now = Clock::Real.now();
    Wanted { reference: "7K3M-9QX2".into(), to, from_time: now, until: now, bags: 3 }
}

#[test]
fn the_same_key_is_one_booking_also_after_a_restart() {
    let folder = folder();
    let carrier = open(&folder, Mood::default());
    let first = carrier.0.book("k1", wanted()).expect("booked");
    assert_eq!(carrier.0.book("k1", wanted()).expect("again").id, first.id);
    carrier.0.happen(&first.id, "collected", "").expect("collected");
    carrier.stop();
    let again = open(&folder, Mood::default());
    assert_eq!(again.0.book("k1", wanted()).expect("again").id, first.id);
    assert_eq!(again.0.find(&first.id).expect("there").last(), "collected");
    assert_eq!(again.0.cancel(&first.id).err(), Some(No::TooLate));
    let second = again.0.book("k2", wanted()).expect("another");
    assert_eq!(second.n, 2);
    let twice =
        [again.0.cancel(&second.id), again.0.cancel(&second.id)].map(|s| s.expect("cancelled").events.len());
    assert_eq!(twice, [2, 2], "a second time it changes nothing");
    again.stop();
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn it_refuses_and_loses_words_when_it_is_told_to() {
    let folder = folder();
    let carrier = open(&folder, Mood { decline_next: 1, webhooks_lost_percent: 100, ..Mood::default() });
    assert_eq!(carrier.0.book("k1", wanted()).err(), Some(No::Refused));
    carrier.0.book("k1", wanted()).expect("the second time it does");
    assert_eq!(carrier.0.waiting(), 0, "the shop is not told");
    carrier.0.temper.change(Mood { webhooks_doubled_percent: 100, ..Mood::default() });
    carrier.0.book("k2", wanted()).expect("booked");
    assert_eq!(carrier.0.waiting(), 2);
    carrier.stop();
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn a_label_is_a_pdf_that_says_what_it_is() {
    let folder = folder();
    let carrier = open(&folder, Mood::default());
    let shipment = carrier.0.book("k1", wanted()).expect("booked");
    let text = String::from_utf8(label::pdf(&shipment)).expect("ASCII");
    assert!(text.starts_with("%PDF-1.4\n") && text.ends_with("%%EOF\n"));
    assert!(text.contains("SANDBOX - NOT A REAL LABEL") && text.contains("Aoife \\(Byrne\\)"));
    let table: usize =
        text.split("startxref\n").nth(1).and_then(|t| t.lines().next()?.parse().ok()).expect("a spot");
    assert!(text[table..].starts_with("xref\n"), "the table is where it is said to be");
    carrier.stop();
    let _ = std::fs::remove_dir_all(folder);
}
