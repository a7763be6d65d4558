//! The server that an owner left behind when it was killed, found by what a server notes in its data folder.

use super::error::StartError;
use super::home::Home;
use super::patience::{TICK, wait_for};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// An orphaned server has its signal from the system already; this is its time to act on it.
const ORPHAN_ALONE: Duration = Duration::from_secs(3);
const ORPHAN_TOLD: Duration = Duration::from_secs(12);

/// Waits for the server of an owner that was killed. Only the holder of the lock may call this: then nobody
/// else can be its owner.
pub(super) fn end(home: &Home) -> Result<(), StartError> {
    let data = home.data();
    let Some(pid) = PidFile::read(&data).map(|notes| notes.pid).filter(|pid| serves(*pid, &data)) else {
        return Ok(());
    };
    let ended = |limit| wait_for(limit, TICK, || (!serves(pid, &data)).then_some(())).is_some();
    if ended(ORPHAN_ALONE) {
        return Ok(());
    }
    log::warn!("An earlier Postgres server (process {pid}) still runs in {}; it is stopped.", data.display());
    if let Some(pid) = Pid::from_raw(pid) {
        kill_process(pid, Signal::INT).unwrap_or_else(|error| log::debug!("it took no signal: {error}"));
    }
    if ended(ORPHAN_TOLD) {
        Ok(())
    } else {
        Err(StartError::EarlierServer { root: home.root().to_owned(), pid })
    }
}

/// Whether this process is really the server of this folder; the number may long be another program's.
fn serves(pid: i32, data: &Path) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    is_command_line_of(&line, data)
}

fn is_command_line_of(line: &[u8], data: &Path) -> bool {
    let mut arguments = line.split(|byte| *byte == 0);
    let program = arguments.next().unwrap_or_default();
    program.ends_with(b"postgres") && arguments.any(|argument| argument == data.as_os_str().as_bytes())
}

/// What the server notes in `postmaster.pid`: its process in the first line, its state in the eighth.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    pub(super) pid: i32,
    pub(super) ready: bool,
}

impl PidFile {
    pub(super) fn read(data: &Path) -> Option<PidFile> {
        PidFile::parse(&fs::read_to_string(data.join("postmaster.pid")).ok()?)
    }

    fn parse(text: &str) -> Option<PidFile> {
        let pid = text.lines().next()?.trim().parse().ok().filter(|pid| *pid > 1)?;
        Some(PidFile { pid, ready: text.lines().nth(7).is_some_and(|state| state.trim() == "ready") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str = "4711\n/srv/shop/data\n1767225600\n5432\n/srv/shop/run\n\n  123  45\nready   \n";

    #[test]
    fn the_notes_of_the_server_tell_its_process_and_its_state() {
        assert_eq!(PidFile::parse(READY), Some(PidFile { pid: 4711, ready: true }));
        let starting = READY.replace("ready   ", "starting");
        assert_eq!(PidFile::parse(&starting), Some(PidFile { pid: 4711, ready: false }));
        assert_eq!(PidFile::parse("4711\n/srv"), Some(PidFile { pid: 4711, ready: false }));
    }

    #[test]
    fn a_number_that_would_signal_more_than_one_process_is_no_process() {
        for text in ["", "x\n", "0\n", "-4711\n", "1\n"] {
            assert_eq!(PidFile::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn only_the_server_of_the_same_folder_counts_as_the_earlier_one() {
        let data = Path::new("/srv/shop/data");
        assert!(is_command_line_of(b"/usr/lib/postgresql/15/bin/postgres\0-D\0/srv/shop/data\0", data));
        assert!(!is_command_line_of(b"/usr/bin/postgres\0-D\0/srv/other/data\0", data));
        assert!(!is_command_line_of(b"/usr/bin/vi\0/srv/shop/data\0", data));
        assert!(!is_command_line_of(b"", data));
    }
}
