//! Who sends the letters of this instance.

use super::actions::send_due;
use super::mailer::Mailer;
use super::model::{Figures, Note};
use super::store::figures;
use crate::clock::Clock;
use crate::db;
use diesel::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// A letter leaves within a second of its being queued.
const TICK: Duration = Duration::from_millis(500);
/// The figures are counted every so many ticks.
const COUNT_EVERY: u32 = 20;

/// Has a connection of their own: a mail server that answers slowly keeps no request waiting.
pub struct Postman {
    url: String,
    mailer: Arc<Mailer>,
    clock: Clock,
    /// Told how the letters stand.
    report: Box<dyn Fn(Figures) + Send>,
    note: Note,
    conn: Option<PgConnection>,
}

impl Postman {
    pub fn new(
        url: &str,
        mailer: Arc<Mailer>,
        clock: Clock,
        note: Note,
        report: impl Fn(Figures) + Send + 'static,
    ) -> Self {
        Self { url: url.to_owned(), mailer, clock, report: Box::new(report), note, conn: None }
    }

    /// Sends what is due now. Says how many letters have left.
    ///
    /// # Errors
    /// When the database does not answer; the next round connects anew.
    pub fn round(&mut self) -> Result<usize, Box<dyn std::error::Error>> {
        let (mailer, note, now) = (Arc::clone(&self.mailer), self.note, self.clock.now());
        self.with(|conn| send_due(conn, &mailer, note, now))
    }

    /// Counts the letters and reports it.
    ///
    /// # Errors
    /// As [`Postman::round`].
    pub fn count(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        let counted = self.with(figures)?;
        (self.report)(counted);
        Ok(())
    }

    fn with<T>(
        &mut self,
        work: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
    ) -> Result<T, Box<dyn std::error::Error>> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => {
                let mut conn = PgConnection::establish(&self.url)?;
                db::prepare(&mut conn)?;
                conn
            }
        };
        let done = work(&mut conn)?;
        // One whose work failed is not used again.
        self.conn = Some(conn);
        Ok(done)
    }

    /// Goes round until told to stop, on a thread of their own.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(mut self, stop: Arc<AtomicBool>) -> std::io::Result<JoinHandle<()>> {
        if matches!(*self.mailer, Mailer::Nowhere) {
            log::warn!("no mail leaves the shop: letters wait until mail_smtp_url is set");
        }
        std::thread::Builder::new().name("postman".into()).spawn(move || {
            let mut ticks: u32 = 0;
            while !stop.load(Ordering::Acquire) {
                let done = self.round().map(drop);
                let counted = if ticks.is_multiple_of(COUNT_EVERY) { self.count() } else { Ok(()) };
                if let Err(e) = done.and(counted) {
                    log::warn!("letters wait: {e}");
                }
                ticks = ticks.wrapping_add(1);
                std::thread::sleep(TICK);
            }
        })
    }
}
