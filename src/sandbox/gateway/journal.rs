//! The gateway's store: a file with one line of JSON for each change, written before the
//! answer leaves. A killed process loses nothing it answered; what a crash tore off at the
//! end was answered to nobody.

use super::books::Books;
use super::model::Line;
use chrono::{DateTime, Utc};
use rustix::fs::{FlockOperation, flock};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const FILE: &str = "journal.jsonl";
const FRESH: &str = "journal.fresh";

/// Where a line lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    at: u64,
    length: u32,
}

impl Spot {
    pub(super) fn end(self) -> u64 {
        self.at + u64::from(self.length)
    }
}

pub(super) struct Journal {
    /// Lines that are in memory and not yet in the file.
    pending: Mutex<Pending>,
    /// Held while writing: whoever comes first writes for all who wait.
    written: Mutex<u64>,
    file: File,
    /// Whether each write waits for the disk. Without it a power cut may cost the last seconds.
    careful: AtomicBool,
    broken: AtomicBool,
    /// One process owns the folder.
    _lock: File,
}

struct Pending {
    lines: Vec<u8>,
    /// How long the file will be.
    end: u64,
}

impl Journal {
    /// Takes the folder, reads what is there into `books`, and leaves a file without what is over.
    pub(super) fn open(folder: &Path, books: &mut Books, now: DateTime<Utc>) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        replay(&folder.join(FILE), books)?;
        let end = compact(folder, books, now)?;
        let file = OpenOptions::new().read(true).append(true).open(folder.join(FILE))?;
        Ok(Self {
            pending: Mutex::new(Pending { lines: Vec::new(), end }),
            written: Mutex::new(end),
            file,
            careful: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            _lock: lock,
        })
    }

    pub(super) fn set_careful(&self, careful: bool) {
        self.careful.store(careful, Ordering::Relaxed);
    }

    /// Puts a line in the queue. To be called in the order of the changes.
    pub(super) fn append(&self, line: &Line) -> io::Result<Spot> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let mut pending = held(&self.pending);
        let spot = Spot { at: pending.end, length: u32::try_from(text.len()).map_err(io::Error::other)? };
        pending.end = spot.end();
        pending.lines.extend_from_slice(&text);
        Ok(spot)
    }

    /// How long the file will be once all that is queued is written.
    pub(super) fn end(&self) -> u64 {
        held(&self.pending).end
    }

    /// Comes back when everything up to `end` is in the file.
    pub(super) fn settle(&self, end: u64) -> io::Result<()> {
        let mut written = held(&self.written);
        if self.broken.load(Ordering::Acquire) {
            return Err(io::Error::other("the journal could not be written before"));
        }
        if *written >= end {
            return Ok(());
        }
        let lines = std::mem::take(&mut held(&self.pending).lines);
        let done = (&self.file)
            .write_all(&lines)
            .and_then(|()| if self.careful.load(Ordering::Relaxed) { self.file.sync_data() } else { Ok(()) });
        if let Err(e) = done {
            // What is in memory is ahead of the file now; nothing may be answered from it.
            self.broken.store(true, Ordering::Release);
            log::error!("the sandbox gateway cannot write its journal: {e}");
            return Err(e);
        }
        *written += lines.len() as u64;
        Ok(())
    }

    /// A line that was written.
    pub(super) fn read(&self, spot: Spot) -> io::Result<Line> {
        self.settle(spot.end())?;
        read_at(&self.file, spot)
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_at(file: &File, spot: Spot) -> io::Result<Line> {
    let mut text = vec![0; spot.length as usize];
    file.read_exact_at(&mut text, spot.at)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Applies each line; a last one that is torn was never answered and is left out.
fn replay(path: &Path, books: &mut Books) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e),
    };
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let (mut at, mut text) = (0, Vec::new());
    loop {
        text.clear();
        let length = reader.read_until(b'\n', &mut text)?;
        if length == 0 {
            return Ok(());
        }
        let spot = Spot { at, length: u32::try_from(length).map_err(io::Error::other)? };
        at = spot.end();
        match serde_json::from_slice::<Line>(&text) {
            Ok(line) if text.ends_with(b"\n") => books.apply(line, spot),
            Ok(_) => log::warn!("the sandbox gateway drops a last line that was cut off"),
            Err(_) if reader.fill_buf()?.is_empty() => {
                log::warn!("the sandbox gateway drops a last line that was cut off");
            }
            Err(e) => return Err(io::Error::other(format!("{} at byte {}: {e}", path.display(), spot.at))),
        }
    }
}

/// Writes a new file of what is still needed, puts it in the place of the old one, and reads it.
fn compact(folder: &Path, books: &mut Books, now: DateTime<Utc>) -> io::Result<u64> {
    books.forget(now);
    let old = File::open(folder.join(FILE)).ok();
    let mut out = BufWriter::with_capacity(1 << 20, File::create(folder.join(FRESH))?);
    let mut fresh = Books::default();
    let mut end = 0;
    let mut keep = |line: Line| -> io::Result<()> {
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        out.write_all(&text)?;
        let spot = Spot { at: end, length: u32::try_from(text.len()).map_err(io::Error::other)? };
        end = spot.end();
        fresh.apply(line, spot);
        Ok(())
    };
    for line in books.objects() {
        keep(line)?;
    }
    if let Some(old) = old {
        for spot in books.spots() {
            keep(books.still_needed(read_at(&old, spot)?))?;
        }
    }
    out.into_inner().map_err(|e| e.into_error())?.sync_all()?;
    std::fs::rename(folder.join(FRESH), folder.join(FILE))?;
    File::open(folder)?.sync_all()?;
    *books = fresh;
    Ok(end)
}
