//! Threads for calls that may hang: so many and no more, apart from all others.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// A thread with nothing to do ends after this long.
const IDLE: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// A bounded number of threads, made when they are needed, with a bounded line before them.
#[derive(Clone)]
pub struct Lane(Arc<Inner>);

struct Inner {
    name: &'static str,
    most_threads: usize,
    longest_line: usize,
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    line: VecDeque<Job>,
    threads: usize,
    idle: usize,
    running: usize,
}

/// So many are waiting already that the work was not begun. Or it broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneFull;

impl Lane {
    pub fn new(name: &'static str, most_threads: usize, longest_line: usize) -> Self {
        let (state, bell) = (Mutex::default(), Condvar::new());
        Self(Arc::new(Inner { name, most_threads, longest_line, state, bell }))
    }

    /// Does the work on a thread of the lane. It goes on when nobody waits for it any more.
    ///
    /// # Errors
    /// When the line is full, no thread can be started, or the work panicked.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, LaneFull> {
        let (tell, told) = oneshot::channel();
        self.submit(Box::new(move || {
            // Nobody may be waiting any more.
            let _ = tell.send(work());
        }))?;
        told.await.map_err(|_| LaneFull)
    }

    fn submit(&self, job: Job) -> Result<(), LaneFull> {
        let mut state = self.0.lock();
        if state.line.len() + state.running >= self.0.most_threads + self.0.longest_line {
            return Err(LaneFull);
        }
        state.line.push_back(job);
        if state.line.len() > state.idle && state.threads < self.0.most_threads {
            state.threads += 1;
            let inner = Arc::clone(&self.0);
            let made = std::thread::Builder::new().name(self.0.name.into()).spawn(move || inner.work());
            if let Err(e) = made {
                state.threads -= 1;
                log::warn!("no thread for {}: {e}", self.0.name);
                if state.threads == 0 {
                    state.line.clear();
                    return Err(LaneFull);
                }
            }
        }
        drop(state);
        self.0.bell.notify_one();
        Ok(())
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(job) = self.next() {
            // A job that panics ends itself and not the thread.
            if catch_unwind(AssertUnwindSafe(job)).is_err() {
                log::error!("a call in the lane {} broke off", self.name);
            }
            self.lock().running -= 1;
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.line.pop_front() {
                state.running += 1;
                return Some(job);
            }
            state.idle += 1;
            let (woken, waited) = self.bell.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if waited.timed_out() && state.line.is_empty() {
                state.threads -= 1;
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Until so many are at work and so many wait for them.
    async fn settled(lane: &Lane, running: usize, waiting: usize) {
        loop {
            let seen = {
                let state = lane.0.lock();
                (state.running, state.line.len())
            };
            if seen == (running, waiting) {
                return;
            }
            actix_web::rt::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn hanging(lane: &Lane) -> (mpsc::Sender<()>, actix_web::rt::task::JoinHandle<Result<bool, LaneFull>>) {
        let (open, gate) = mpsc::channel::<()>();
        let lane = lane.clone();
        (open, actix_web::rt::spawn(async move { lane.run(move || gate.recv().is_ok()).await }))
    }

    #[actix_web::test]
    async fn one_that_hangs_does_not_hold_up_the_next_and_the_line_has_an_end() {
        let lane = Lane::new("test", 2, 1);
        let (open, first) = hanging(&lane);
        settled(&lane, 1, 0).await;
        assert_eq!(lane.run(|| 7).await, Ok(7), "the second thread is free");
        settled(&lane, 1, 0).await;
        let (also_open, second) = hanging(&lane);
        settled(&lane, 2, 0).await;
        let third = lane.clone();
        let waiting = actix_web::rt::spawn(async move { third.run(|| 8).await });
        settled(&lane, 2, 1).await;
        assert_eq!(lane.run(|| 9).await, Err(LaneFull), "both threads hang and one waits");
        open.send(()).expect("somebody hangs");
        assert_eq!(waiting.await.expect("no panic"), Ok(8));
        also_open.send(()).expect("somebody hangs");
        assert_eq!(first.await.expect("no panic"), Ok(true));
        assert_eq!(second.await.expect("no panic"), Ok(true));
    }
}
