//! What the shop logs while tests run: errors fail the test that sees them, unless one was meant.

use log::{Level, LevelFilter, Log, Metadata, Record};
use std::sync::{Mutex, MutexGuard, PoisonError};

static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static EXPECTED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());
static REQUESTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Logbook;

impl Log for Logbook {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() == Level::Error || metadata.target() == "request"
    }

    fn log(&self, record: &Record<'_>) {
        if record.level() == Level::Error {
            lock(&ERRORS).push(format!("{}: {}", record.target(), record.args()));
        } else if record.target() == "request" {
            lock(&REQUESTS).push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

pub(super) fn start() {
    log::set_logger(&Logbook).expect("the only logger");
    log::set_max_level(LevelFilter::Info);
}

/// From now on an error with these words is no reason to fail. Take words that no other test would see.
pub(crate) fn expect_error(words: &'static str) {
    lock(&EXPECTED).push(words);
}

/// The lines about requests whose address has these words.
pub(crate) fn requests_logged(words: &str) -> Vec<String> {
    lock(&REQUESTS).iter().filter(|line| line.contains(words)).cloned().collect()
}

/// Tests run side by side, so an error may be another test's; the run fails all the same.
pub(super) fn assert_no_errors() {
    let expected = lock(&EXPECTED).clone();
    let mut errors = std::mem::take(&mut *lock(&ERRORS));
    errors.retain(|error| !expected.iter().any(|words| error.contains(words)));
    assert!(errors.is_empty(), "errors were logged: {errors:#?}");
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
