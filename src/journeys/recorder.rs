use super::sessions::Sessions;
use super::who::Walker;
use crate::db::schema::journey_events;
use crate::db::{PgPool, db_enum};
use crate::web::{Counted, Metrics};
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

db_enum! {
    pub enum Kind {
        /// The first step of a session, with its first touch.
        Visit = "visit",
        PlaceSet = "place_set",
        PlaceUnknown = "place_unknown",
        Search = "search",
        ProductSeen = "product_seen",
        BasketChanged = "basket_changed",
        CheckoutStarted = "checkout_started",
        DeliveryDone = "delivery_done",
        PaymentDone = "payment_done",
        OrderPlaced = "order_placed",
    }
}

/// Steps that may wait to be written.
const QUEUE: usize = 8_192;
const AT_ONCE: usize = 500;
/// Nobody wakes the writer: it looks by itself, four times a second, and writes what fits one
/// statement. That is two thousand steps a second for good (a hundred times what a busy
/// supermarket has), and no more: in a flood figures are dropped before they take the machine
/// from the pages.
const EVERY: Duration = Duration::from_millis(250);

#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = journey_events)]
struct Step {
    happened_at: DateTime<Utc>,
    visitor: String,
    session: String,
    kind: Kind,
    detail: Value,
}

/// Takes steps from the pages; never makes one wait.
#[derive(Clone)]
pub struct Recorder {
    queue: SyncSender<Message>,
    sessions: Arc<Mutex<Sessions>>,
    metrics: Data<Metrics>,
}

enum Message {
    Step(Step),
    Flush(SyncSender<()>),
}

impl Recorder {
    /// Starts the thread that writes. It ends, with everything written, when the last recorder is gone.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(pool: PgPool, metrics: Data<Metrics>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (queue, steps) = sync_channel(QUEUE);
        let writer =
            std::thread::Builder::new().name("journeys".into()).spawn(move || write_all(&steps, &pool))?;
        Ok((Self { queue, sessions: Arc::new(Mutex::new(Sessions::new())), metrics }, writer))
    }

    /// Notes that somebody was seen, and the steps they took, in the session that is running or
    /// that begins with it. Gives the session; nothing when its visit could not be recorded.
    pub fn walk(
        &self,
        walker: &Walker,
        now: DateTime<Utc>,
        steps: impl IntoIterator<Item = (Kind, Value)>,
    ) -> Option<String> {
        let session = self.session(walker, now)?;
        for (kind, detail) in steps {
            self.record(walker, &session, now, kind, detail);
        }
        Some(session)
    }

    /// The sessions stay locked until a visit is in the queue, so that no step can come before it.
    fn session(&self, walker: &Walker, now: DateTime<Utc>) -> Option<String> {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = sessions.running(walker, now) {
            return Some(running);
        }
        let (id, touch) = sessions.next(walker, now);
        if !self.record(walker, &id, now, Kind::Visit, touch.clone()) {
            return None;
        }
        sessions.begin(walker, id.clone(), &touch, now);
        Some(id)
    }

    fn record(&self, walker: &Walker, session: &str, now: DateTime<Utc>, kind: Kind, detail: Value) -> bool {
        let (visitor, session) = (walker.visitor.clone(), session.to_owned());
        let step = Step { happened_at: now, visitor, session, kind, detail };
        let queued = self.queue.try_send(Message::Step(step)).is_ok();
        if !queued {
            self.metrics.count(Counted::JourneyDropped);
        }
        queued
    }

    /// Waits until everything recorded so far is written. For tests and shutdown.
    pub fn flush(&self) {
        let (done, wait) = sync_channel(1);
        if self.queue.send(Message::Flush(done)).is_ok() {
            // The writer may have ended: then there is nothing to wait for.
            let _ = wait.recv_timeout(Duration::from_secs(5));
        }
    }
}

fn write_all(steps: &Receiver<Message>, pool: &PgPool) {
    let mut batch: Vec<Step> = Vec::with_capacity(AT_ONCE);
    loop {
        match steps.try_recv() {
            Ok(Message::Step(step)) => batch.push(step),
            Ok(Message::Flush(done)) => {
                write(&mut batch, pool);
                let _ = done.send(());
            }
            Err(TryRecvError::Empty) => {
                write(&mut batch, pool);
                std::thread::sleep(EVERY);
            }
            Err(TryRecvError::Disconnected) => break,
        }
        if batch.len() >= AT_ONCE {
            write(&mut batch, pool);
            std::thread::sleep(EVERY);
        }
    }
    write(&mut batch, pool);
}

fn write(batch: &mut Vec<Step>, pool: &PgPool) {
    if batch.is_empty() {
        return;
    }
    let written = pool.get().map_err(|e| e.to_string()).and_then(|mut conn| {
        diesel::insert_into(journey_events::table)
            .values(&*batch)
            .execute(&mut *conn)
            .map_err(|e| e.to_string())
    });
    // Figures, not facts about an order: better a gap than a queue that grows without end.
    if let Err(e) = written {
        log::warn!("{} footsteps were lost: {e}", batch.len());
    }
    batch.clear();
}
