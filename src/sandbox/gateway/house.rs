//! The gateway put together: books, journal, clock, mood; one door for every change.

use super::books::{Books, Coming, Waiting};
use super::calls::{Asked, Call};
use super::draft::{Draft, House};
use super::journal::{Journal, Spot};
use super::model::{Delivery, Event, Intent, Kept, Line, Tried};
use super::mood::{Mood, Temper};
use super::refusal::Refusal;
use super::webhooks::{self, Bell};
use crate::clock::Clock;
use chrono::{DateTime, Duration, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

/// Why the gateway did not start, as one sentence with the remedy.
pub type Sorry = Box<dyn std::error::Error + Send + Sync>;

pub struct Settings {
    pub data_dir: PathBuf,
    /// `sk_sandbox_…`, for the shop's server.
    pub secret_key: String,
    /// `pk_sandbox_…`, for pages.
    pub publishable_key: String,
    /// Signs what is sent to the shop.
    pub webhook_secret: String,
    pub webhook_url: Option<String>,
    /// Where browsers reach its pages; empty where they lie at the shop's own address.
    pub public_base: String,
    /// Who is paid, as the payer reads it.
    pub merchant: String,
    pub mood: Mood,
    pub authorisation_days: i64,
}

/// The sandbox gateway. Clones are one and the same.
#[derive(Clone)]
pub struct Gateway(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) settings: Settings,
    pub(super) clock: Clock,
    books: Mutex<Books>,
    journal: Mutex<Option<Arc<Journal>>>,
    pub(super) temper: Temper,
    webhook_url: RwLock<Option<String>>,
    parents: RwLock<Vec<String>>,
    /// Keys and objects of calls that hang.
    busy: Mutex<HashSet<String>>,
    pub(super) bell: Arc<Bell>,
    pub(super) stopping: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// An answer in Stripe's form.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) replayed: bool,
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self { status: refusal.status, body: refusal.body().to_string(), replayed: false }
    }
}

pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gateway {
    /// Opens the gateway on its folder and starts what works in the background.
    ///
    /// # Errors
    /// One sentence with the remedy: the folder cannot be used, or another process has it.
    pub fn open(settings: Settings, clock: Clock) -> Result<Self, Sorry> {
        let mut books = Books::default();
        let folder = settings.data_dir.display().to_string();
        let journal = Journal::open(&settings.data_dir, &mut books, clock.now()).map_err(|e| {
            if e.kind() == io::ErrorKind::WouldBlock {
                format!("another process has the sandbox gateway's folder {folder}; stop it, or use another folder")
            } else {
                format!("the sandbox gateway cannot use its folder {folder}: {e}")
            }
        })?;
        let gateway = Self(Arc::new(Inner {
            clock,
            books: Mutex::new(books),
            journal: Mutex::new(Some(Arc::new(journal))),
            temper: Temper::new(settings.mood.clone()),
            webhook_url: RwLock::new(settings.webhook_url.clone()),
            parents: RwLock::default(),
            busy: Mutex::default(),
            bell: Arc::default(),
            stopping: AtomicBool::new(false),
            threads: Mutex::default(),
            settings,
        }));
        let threads = webhooks::start(&gateway)?;
        held(&gateway.0.threads).extend(threads);
        Ok(gateway)
    }

    /// Where events are sent from now on; those that waited for an address follow.
    pub fn set_webhook_url(&self, url: String) {
        *self.0.webhook_url.write().unwrap_or_else(PoisonError::into_inner) = Some(url);
        self.0.bell.ring();
    }

    /// Lets pages of another origin (`https://shop.example`) hold the card frame.
    pub fn allow_parent(&self, origin: &str) {
        let mut parents = self.0.parents.write().unwrap_or_else(PoisonError::into_inner);
        parents.push(origin.trim_end_matches('/').to_owned());
    }

    /// Whether each answer waits until the disk has what it says. Without it a killed process
    /// loses nothing, a power cut perhaps the last seconds.
    pub fn set_fsync(&self, careful: bool) {
        if let Ok(journal) = self.0.journal() {
            journal.set_careful(careful);
        }
    }

    /// Ends the work in the background and gives the folder free. Calls are refused from now on.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Release);
        self.0.bell.ring();
        for thread in std::mem::take(&mut *held(&self.0.threads)) {
            // A thread that panicked has nothing left to end.
            let _ = thread.join();
        }
        if let Some(journal) = held(&self.0.journal).take() {
            // What was answered is in the file already.
            let _ = journal.settle(journal.end());
        }
    }
}

impl Inner {
    fn journal(&self) -> io::Result<Arc<Journal>> {
        held(&self.journal).clone().ok_or_else(|| io::Error::other("the sandbox gateway is stopped"))
    }

    pub(super) fn webhook_url(&self) -> Option<String> {
        self.webhook_url.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn parents(&self) -> Vec<String> {
        self.parents.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether no call that hangs has this one's key or object.
    pub(super) fn check_free(&self, call: &Call) -> Result<(), Refusal> {
        let busy = held(&self.busy);
        if let Some(key) = call.key.as_ref().filter(|key| busy.contains(*key)) {
            return Err(Refusal::key_in_use(key));
        }
        if call.object().is_some_and(|object| busy.contains(object)) {
            return Err(Refusal::locked());
        }
        Ok(())
    }

    /// Marks the key and the object of a call that hangs.
    pub(super) fn occupy(self: &Arc<Self>, call: &Call) -> Busy {
        let marks: Vec<String> = call.key.iter().cloned().chain(call.object().map(str::to_owned)).collect();
        held(&self.busy).extend(marks.iter().cloned());
        Busy { inner: Arc::clone(self), marks }
    }

    /// Answers a call: what it changes is in the journal before this comes back.
    pub(super) fn answer(&self, call: &Call) -> Answer {
        self.answered(call, false)
    }

    /// Does what was asked, says that it could not, and keeps that under the key.
    pub(super) fn answer_broken(&self, call: &Call) -> Answer {
        self.answered(call, true)
    }

    fn answered(&self, call: &Call, broken: bool) -> Answer {
        let asked = match call.read() {
            Ok(asked) => asked,
            Err(refusal) => return refusal.into(),
        };
        self.carry_out(call, asked, broken)
            .unwrap_or_else(|e| Refusal::broken(format!("The sandbox cannot write its journal: {e}")).into())
    }

    fn carry_out(&self, call: &Call, asked: Asked, broken: bool) -> io::Result<Answer> {
        if let Asked::ShowEvent(id) = &asked {
            return self.event_answer(id);
        }
        let journal = self.journal()?;
        let digest = call.key.as_ref().map(|_| digest_of(call));
        let mut books = held(&self.books);
        let now = self.clock.now();
        self.catch_up(&mut books, &journal, now)?;
        if let (Some(key), Some(digest)) = (&call.key, &digest)
            && let Some(kept) = books.kept(key, now)
        {
            if kept.digest != *digest {
                return Ok(Refusal::key_with_other_parameters(key).into());
            }
            let spot = kept.spot;
            drop(books);
            return replayed(&journal, spot, key);
        }
        let mut draft = self.draft(&books, now, call.key.clone());
        let answer = match draft.perform(asked) {
            Ok(_) if broken => Refusal::told_to_fail().into(),
            Ok(value) => Answer { status: 200, body: value.to_string(), replayed: false },
            Err(refusal) => refusal.into(),
        };
        let mut line = draft.line;
        if let (Some(key), Some(digest), "POST") = (&call.key, digest, call.method.as_str()) {
            let (key, body) = (key.clone(), answer.body.clone());
            line.answer = Some(Kept { key, digest, at: now, status: answer.status, body });
        }
        self.write(&mut books, &journal, line)?;
        drop(books);
        journal.settle(journal.end())?;
        Ok(answer)
    }

    /// Changes the books beside a call of the protocol: a payer's word.
    pub(super) fn change<T>(&self, work: impl FnOnce(&mut Draft<'_>) -> T) -> io::Result<T> {
        let journal = self.journal()?;
        let mut books = held(&self.books);
        let now = self.clock.now();
        self.catch_up(&mut books, &journal, now)?;
        let mut draft = self.draft(&books, now, None);
        let done = work(&mut draft);
        let line = draft.line;
        self.write(&mut books, &journal, line)?;
        drop(books);
        journal.settle(journal.end())?;
        Ok(done)
    }

    /// Reads the books as they are in the journal.
    pub(super) fn look<T>(&self, see: impl FnOnce(&Books) -> T) -> io::Result<T> {
        let journal = self.journal()?;
        let seen = see(&held(&self.books));
        journal.settle(journal.end())?;
        Ok(seen)
    }

    pub(super) fn intent(&self, id: &str) -> Option<Intent> {
        self.look(|books| books.intent(id).cloned()).ok().flatten()
    }

    fn draft<'a>(&'a self, books: &'a Books, now: DateTime<Utc>, key: Option<String>) -> Draft<'a> {
        let house = House {
            public_base: &self.settings.public_base,
            authorisation_days: self.settings.authorisation_days,
            temper: &self.temper,
        };
        Draft { books, house, now, key, line: Line::default() }
    }

    fn write(&self, books: &mut Books, journal: &Journal, line: Line) -> io::Result<()> {
        if line.is_empty() {
            return Ok(());
        }
        let tells = line.events.iter().any(|e| !e.deliveries.is_empty());
        let spot = journal.append(&line)?;
        books.apply(line, spot);
        if tells {
            self.bell.ring();
        }
        Ok(())
    }

    /// Does what the clock has brought about since it was last asked.
    fn catch_up(&self, books: &mut Books, journal: &Journal, now: DateTime<Utc>) -> io::Result<()> {
        while let Some(coming) = books.due(now).cloned() {
            let mut draft = self.draft(books, now, None);
            match coming {
                Coming::Expiry(id) => draft.expire(&id),
                Coming::Payment(id) => draft.paid(&id),
                Coming::Refund(id) => draft.settle_refund(&id),
            }
            let line = draft.line;
            if line.is_empty() {
                return Err(io::Error::other("what was due could not be done"));
            }
            self.write(books, journal, line)?;
        }
        Ok(())
    }

    pub(super) fn tick(&self) -> io::Result<()> {
        let journal = self.journal()?;
        let mut books = held(&self.books);
        self.catch_up(&mut books, &journal, self.clock.now())?;
        drop(books);
        journal.settle(journal.end())
    }

    /// A delivery that is due, and the event it brings.
    pub(super) fn take_delivery(&self) -> io::Result<Option<(Waiting, Event)>> {
        let journal = self.journal()?;
        let Some(waiting) = held(&self.books).take_delivery(self.clock.now()) else { return Ok(None) };
        let line = journal.read(waiting.spot)?;
        let event = line.events.into_iter().find(|e| e.id == waiting.event);
        event
            .map(|event| Some((waiting, event)))
            .ok_or_else(|| io::Error::other("an event is not where it was"))
    }

    /// Notes how a delivery went: `again` says when it is tried once more.
    pub(super) fn note_delivery(&self, waiting: Waiting, again: Option<Duration>) -> io::Result<()> {
        let journal = self.journal()?;
        let due = self.clock.now() + again.unwrap_or_default();
        let delivery = Delivery { attempts: waiting.delivery.attempts + 1, due, copy: waiting.delivery.copy };
        let tried = Tried { event: waiting.event, delivery, over: again.is_none() };
        let line = Line { tried: vec![tried], ..Line::default() };
        self.write(&mut held(&self.books), &journal, line)?;
        journal.settle(journal.end())
    }

    fn event_answer(&self, id: &str) -> io::Result<Answer> {
        let journal = self.journal()?;
        let Some(spot) = held(&self.books).event(id) else {
            return Ok(Refusal::unknown_id("event", id, "id").into());
        };
        let line = journal.read(spot)?;
        let event = line.events.into_iter().find(|e| e.id == id);
        let body = event.map(|e| e.body).ok_or_else(|| io::Error::other("an event is not where it was"))?;
        Ok(Answer { status: 200, body, replayed: false })
    }
}

fn replayed(journal: &Journal, spot: Spot, key: &str) -> io::Result<Answer> {
    let line = journal.read(spot)?;
    let kept = line.answer.filter(|kept| kept.key == key);
    let kept = kept.ok_or_else(|| io::Error::other("an answer is not where it was"))?;
    Ok(Answer { status: kept.status, body: kept.body, replayed: true })
}

/// The same for two calls that say the same, in whatever order.
fn digest_of(call: &Call) -> String {
    let said = Value::from(format!("{} {} {:?}", call.method, call.path, call.fields.sorted()));
    Sha256::digest(said.to_string()).iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// A call that hangs, until it is dropped.
pub(super) struct Busy {
    inner: Arc<Inner>,
    marks: Vec<String>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut busy = held(&self.inner.busy);
        for mark in &self.marks {
            busy.remove(mark);
        }
    }
}
