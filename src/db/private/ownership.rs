//! Who runs the server of a cluster: the one process that holds the lock on its `owner.lock`.

use super::error::StartError;
use super::home::Home;
use super::patience::wait_for;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process;
use std::time::Duration;

/// How long a second process waits for the owner's server.
const JOIN_LIMIT: Duration = Duration::from_secs(20);
const READY: &str = "ready";

/// The answer to "is the cluster ours to run?".
pub(super) enum Claim {
    Ours(Ownership),
    /// Another process runs the server, and it answers.
    Joined,
}

/// The lock. The system lets go of it when the process ends in whatever way.
pub(super) struct Ownership {
    file: File,
    path: PathBuf,
}

impl Ownership {
    /// Takes the lock, or waits until the process that has it is ready (`answers`), or is gone.
    pub(super) fn claim(home: &Home, answers: impl Fn() -> bool) -> Result<Claim, StartError> {
        let mut lock = Some(Ownership { file: home.open_lock()?, path: home.root().join("owner.lock") });
        let claim = wait_for(JOIN_LIMIT, Duration::from_millis(50), || {
            let free = lock.as_ref().is_some_and(|lock| lock.file.try_lock().is_ok());
            if free {
                return lock.take().map(Claim::Ours);
            }
            (owner_is_ready(home) && answers()).then_some(Claim::Joined)
        });
        match claim {
            Some(Claim::Ours(lock)) => lock.sign("starting").map(Claim::Ours),
            Some(Claim::Joined) => Ok(Claim::Joined),
            None => Err(StartError::OwnerSilent { root: home.root().to_owned(), owner: owner_name(home) }),
        }
    }

    /// From now on others may join. Without this word a second process could take the server of a killed
    /// owner, which still answers while it goes down, for the new one.
    pub(super) fn announce_ready(self) -> Result<Ownership, StartError> {
        self.sign(READY)
    }

    fn sign(self, state: &str) -> Result<Ownership, StartError> {
        let line = format!("process {} {state}\n", process::id());
        let written = self.file.set_len(0).and_then(|()| self.file.write_all_at(line.as_bytes(), 0));
        written.map_err(StartError::at(&self.path))?;
        Ok(self)
    }
}

fn owner_is_ready(home: &Home) -> bool {
    signature(home).is_some_and(|line| line.ends_with(READY))
}

fn owner_name(home: &Home) -> String {
    let words = signature(home).unwrap_or_default();
    words
        .rsplit_once(' ')
        .map_or_else(|| "Another process".to_owned(), |(owner, _)| format!("Another {owner}"))
}

fn signature(home: &Home) -> Option<String> {
    Some(fs::read_to_string(home.root().join("owner.lock")).ok()?.trim().to_owned())
}
