//! Logs: env_logger's lines to standard error, written by a thread of their own so that
//! no request waits for a terminal or a disk.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Lines that may wait. When the reader of our log is slower than that, requests do wait:
/// a line is never lost while the process lives.
const QUEUE: usize = 4_096;
const FLUSH_EVERY: Duration = Duration::from_millis(100);

enum Message {
    Line(Vec<u8>),
    Flush(SyncSender<()>),
}

static QUEUE_IN: OnceLock<SyncSender<Message>> = OnceLock::new();

struct Queue(SyncSender<Message>);

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        // The writing thread ends only with the process.
        let _ = self.0.send(Message::Line(line.to_vec()));
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Starts logging. `filter` is as env_logger reads it; a second call changes nothing.
pub fn start(filter: &str) {
    let (queue, lines) = sync_channel(QUEUE);
    let written = std::thread::Builder::new().name("log".into()).spawn(move || write_all(&lines));
    let mut builder = env_logger::Builder::new();
    builder.parse_filters(filter).format_timestamp_millis();
    if written.is_ok() {
        let _ = QUEUE_IN.set(queue.clone());
        builder.target(env_logger::Target::Pipe(Box::new(Queue(queue))));
    }
    // Already started, in a test: the first one goes on.
    let _ = builder.try_init();
}

/// Waits until every line so far is written. The process's last act.
pub fn finish() {
    let (done, wait) = sync_channel(1);
    if QUEUE_IN.get().is_some_and(|queue| queue.send(Message::Flush(done)).is_ok()) {
        let _ = wait.recv_timeout(Duration::from_secs(2));
    }
}

fn write_all(lines: &Receiver<Message>) {
    let mut out = std::io::BufWriter::with_capacity(64 * 1024, std::io::stderr());
    loop {
        // Nobody to tell when the log itself cannot be written.
        let _ = match lines.recv_timeout(FLUSH_EVERY) {
            Ok(Message::Line(line)) => out.write_all(&line),
            Ok(Message::Flush(done)) => {
                let flushed = out.flush();
                let _ = done.send(());
                flushed
            }
            Err(RecvTimeoutError::Timeout) => out.flush(),
            Err(RecvTimeoutError::Disconnected) => return,
        };
    }
}
