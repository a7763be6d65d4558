//! The carrier put together: books in memory and in a file, clock, mood, and what is to be told.

use super::model::{Shipment, Wanted};
use super::sender;
use crate::clock::Clock;
use crate::sandbox::gateway::{Delivery, Mood, Sorry, Temper};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

const FILE: &str = "shipments.jsonl";
/// More than a demonstration books.
const MOST: usize = 20_000;

pub struct Settings {
    pub data_dir: PathBuf,
    /// What the shop shows with each call.
    pub key: String,
    /// Signs what is sent to the shop.
    pub secret: String,
    pub webhook_url: Option<String>,
    /// Where browsers reach its pages.
    pub public_base: String,
    pub mood: Mood,
    /// Whether it goes on with what is booked by itself, within some two minutes.
    pub goes_on: bool,
}

/// The sandbox carrier. Clones are one and the same.
#[derive(Clone)]
pub struct Carrier(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    pub(super) temper: Temper,
    books: Mutex<Books>,
    pub(super) goes_on: AtomicBool,
    pub(super) stopping: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Books {
    shipments: BTreeMap<u64, Shipment>,
    numbers: HashMap<String, u64>,
    keys: HashMap<String, u64>,
    /// Words on their way to the shop.
    queue: Vec<Waiting>,
    file: File,
}

#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) n: u64,
    pub(super) event: String,
    pub(super) delivery: Delivery,
}

/// Why something cannot be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum No {
    Unknown,
    TooLate,
    Refused,
    Broken,
}

impl From<io::Error> for No {
    fn from(e: io::Error) -> Self {
        log::error!("the sandbox carrier cannot write its books: {e}");
        Self::Broken
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Carrier {
    /// Opens the carrier on its folder and starts what works in the background.
    ///
    /// # Errors
    /// One sentence with the remedy: the folder cannot be used.
    pub fn open(settings: Settings, clock: Clock) -> Result<Self, Sorry> {
        let folder = settings.data_dir.display().to_string();
        let books = Books::open(&settings.data_dir, clock.now())
            .map_err(|e| format!("the sandbox carrier cannot use its folder {folder}: {e}"))?;
        let carrier = Self(Arc::new(Inner {
            clock,
            temper: Temper::new(settings.mood.clone()),
            books: Mutex::new(books),
            goes_on: AtomicBool::new(settings.goes_on),
            stopping: AtomicBool::new(false),
            threads: Mutex::default(),
            settings,
        }));
        let threads = sender::start(&carrier)?;
        held(&carrier.0.threads).extend(threads);
        Ok(carrier)
    }

    /// Ends the work in the background.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Release);
        for thread in std::mem::take(&mut *held(&self.0.threads)) {
            // A thread that panicked has nothing left to end.
            let _ = thread.join();
        }
    }
}

impl Inner {
    /// Takes a booking on, or finds the one that this key has brought before.
    pub(super) fn book(&self, key: &str, wanted: Wanted) -> Result<Shipment, No> {
        let now = self.clock.now();
        let mut books = held(&self.books);
        if let Some(known) = books.keys.get(key).and_then(|n| books.shipments.get(n)) {
            return Ok(known.clone());
        }
        if books.shipments.len() >= MOST || self.temper.declines() {
            return Err(No::Refused);
        }
        let n = books.shipments.last_key_value().map_or(1, |(n, _)| n + 1);
        let shipment = Shipment::new(n, key, wanted, now);
        books.put(shipment.clone())?;
        let first = shipment.events[0].id.clone();
        books.tell(n, &first, self.temper.deliveries(now))?;
        Ok(shipment)
    }

    /// Something happens to a shipment: the shop is told.
    pub(super) fn happen(&self, id: &str, state: &str, reason: &str) -> Result<Shipment, No> {
        let now = self.clock.now();
        let mut books = held(&self.books);
        let mut shipment = books.find(id).ok_or(No::Unknown)?;
        let event = shipment.happen(state, reason, now).id.clone();
        books.put(shipment.clone())?;
        books.tell(shipment.n, &event, self.temper.deliveries(now))?;
        Ok(shipment)
    }

    /// Again, it changes nothing.
    pub(super) fn cancel(&self, id: &str) -> Result<Shipment, No> {
        let found = held(&self.books).find(id).ok_or(No::Unknown)?;
        if found.is_cancelled() {
            return Ok(found);
        }
        if found.is_under_way() || found.is_over() {
            return Err(No::TooLate);
        }
        self.happen(id, "cancelled", "")
    }

    pub(super) fn find(&self, id: &str) -> Option<Shipment> {
        held(&self.books).find(id)
    }

    pub(super) fn find_by_key(&self, key: &str) -> Option<Shipment> {
        let books = held(&self.books);
        books.keys.get(key).and_then(|n| books.shipments.get(n)).cloned()
    }

    /// Newest first, from before a number.
    pub(super) fn newest(&self, before: u64, most: usize) -> Vec<Shipment> {
        held(&self.books).shipments.range(..before).rev().take(most).map(|(_, s)| s.clone()).collect()
    }

    pub(super) fn waiting(&self) -> usize {
        held(&self.books).queue.len()
    }

    /// Takes a word that is due out of the queue.
    pub(super) fn take_due(&self) -> Option<(Waiting, String)> {
        let now = self.clock.now();
        let mut books = held(&self.books);
        let due = books.queue.iter().enumerate().filter(|(_, w)| w.delivery.due <= now);
        let index = due.min_by_key(|(_, w)| w.delivery.due).map(|(index, _)| index)?;
        let waiting = books.queue.swap_remove(index);
        let shipment = books.shipments.get(&waiting.n)?;
        let event = shipment.events.iter().find(|event| event.id == waiting.event)?;
        let body = shipment.word(event).to_string();
        Some((waiting, body))
    }

    /// A word has come to the shop, or is to be sent again.
    pub(super) fn note(&self, mut waiting: Waiting, again: Option<chrono::Duration>) -> Result<(), No> {
        let mut books = held(&self.books);
        if let Some(wait) = again {
            waiting.delivery.attempts += 1;
            waiting.delivery.due = self.clock.now() + wait;
            books.queue.push(waiting);
            return Ok(());
        }
        Ok(books.over(waiting.n, &waiting.event)?)
    }
}

impl Books {
    /// Reads what is there, and leaves a file with each shipment once.
    fn open(folder: &Path, now: DateTime<Utc>) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(FILE);
        let mut shipments = BTreeMap::new();
        for line in fs::read_to_string(&path).unwrap_or_default().lines() {
            // What a crash tore off at the end was answered to nobody.
            let Ok(shipment) = serde_json::from_str::<Shipment>(line) else { continue };
            shipments.insert(shipment.n, shipment);
        }
        let fresh = folder.join("shipments.fresh");
        let mut text = Vec::new();
        for shipment in shipments.values() {
            serde_json::to_writer(&mut text, shipment)?;
            text.push(b'\n');
        }
        fs::write(&fresh, text)?;
        fs::rename(&fresh, &path)?;
        let queue = shipments.values().flat_map(|s: &Shipment| {
            let open = s.events.iter().filter(|event| !event.over);
            open.map(|event| Waiting {
                n: s.n,
                event: event.id.clone(),
                delivery: Delivery { copy: 0, attempts: 0, due: now },
            })
        });
        Ok(Self {
            queue: queue.collect(),
            numbers: shipments.values().map(|s| (s.id.clone(), s.n)).collect(),
            keys: shipments.values().map(|s| (s.key.clone(), s.n)).collect(),
            file: OpenOptions::new().append(true).open(path)?,
            shipments,
        })
    }

    fn find(&self, id: &str) -> Option<Shipment> {
        self.numbers.get(id).and_then(|n| self.shipments.get(n)).cloned()
    }

    /// Written before anybody is answered.
    fn put(&mut self, shipment: Shipment) -> io::Result<()> {
        let mut line = serde_json::to_vec(&shipment)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.numbers.insert(shipment.id.clone(), shipment.n);
        self.keys.insert(shipment.key.clone(), shipment.n);
        self.shipments.insert(shipment.n, shipment);
        Ok(())
    }

    fn tell(&mut self, n: u64, event: &str, deliveries: Vec<Delivery>) -> io::Result<()> {
        if deliveries.is_empty() {
            return self.over(n, event);
        }
        let waiting = |delivery| Waiting { n, event: event.to_owned(), delivery };
        self.queue.extend(deliveries.into_iter().map(waiting));
        Ok(())
    }

    fn over(&mut self, n: u64, event: &str) -> io::Result<()> {
        let Some(mut shipment) = self.shipments.get(&n).cloned() else { return Ok(()) };
        for event in shipment.events.iter_mut().filter(|e| e.id == event) {
            event.over = true;
        }
        self.put(shipment)
    }
}
