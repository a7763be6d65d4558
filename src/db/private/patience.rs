//! Waiting with an end to it.

use std::process::{Child, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often a thing that takes milliseconds is looked at again.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Asks `look` every `pause` until it has an answer; `None` when `limit` has passed without one.
/// It always asks at least once.
pub(super) fn wait_for<T>(
    limit: Duration,
    pause: Duration,
    mut look: impl FnMut() -> Option<T>,
) -> Option<T> {
    let begun = Instant::now();
    loop {
        if let Some(answer) = look() {
            return Some(answer);
        }
        if begun.elapsed() >= limit {
            return None;
        }
        sleep(pause);
    }
}

/// How the program ended; `None` when it still runs after `limit`.
pub(super) fn wait_for_end(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    wait_for(limit, TICK, || child.try_wait().ok().flatten())
}
