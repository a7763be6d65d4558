//! Logs: env_logger's lines to standard error, gathered and written by a thread of their
//! own so that no request waits for a terminal or a disk.

use std::io::Write;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes that may wait. When the reader of our log is slower than that, requests do wait:
/// a line is never lost while the process lives.
const MOST_WAITING: usize = 256 * 1024;
/// How long lines gather: to wake a thread for each costs more than all else about it.
const GATHER: Duration = Duration::from_millis(20);

#[derive(Default)]
struct Log {
    waiting: Mutex<Vec<u8>>,
    some: Condvar,
    room: Condvar,
    /// What is being written. Whoever writes holds it, so lines stay in order.
    out: Mutex<Vec<u8>>,
}

static LOG: LazyLock<Log> = LazyLock::new(Log::default);

struct Queue;

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let mut waiting = locked(&LOG.waiting);
        while waiting.len() > MOST_WAITING {
            waiting = LOG.room.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.is_empty() {
            LOG.some.notify_one();
        }
        waiting.extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Starts logging. `filter` is as env_logger reads it; a second call changes nothing.
pub fn start(filter: &str) {
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(filter).format_timestamp_millis();
    if std::thread::Builder::new().name("log".into()).spawn(write_for_ever).is_ok() {
        builder.target(env_logger::Target::Pipe(Box::new(Queue)));
    }
    // Already started, in a test: the first one goes on.
    let _ = builder.try_init();
}

/// Writes every line so far. The process's last act.
pub fn finish() {
    write_waiting();
}

fn write_for_ever() {
    loop {
        let mut waiting = locked(&LOG.waiting);
        while waiting.is_empty() {
            waiting = LOG.some.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        drop(waiting);
        std::thread::sleep(GATHER);
        write_waiting();
    }
}

fn write_waiting() {
    let mut out = locked(&LOG.out);
    std::mem::swap(&mut *locked(&LOG.waiting), &mut *out);
    LOG.room.notify_all();
    // Nobody to tell when the log itself cannot be written.
    let _ = std::io::stderr().write_all(&out);
    out.clear();
}

fn locked(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}
