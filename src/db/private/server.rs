//! The running server: started, awaited, stopped.

use super::binaries::Binaries;
use super::earlier::PidFile;
use super::error::StartError;
use super::guard::Settings;
use super::home::Home;
use super::launch::Launch;
use super::patience::{TICK, wait_for, wait_for_end};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

/// Recovery after a power cut replays the log of the last minutes.
const READY_LIMIT: Duration = Duration::from_secs(60);
const FAST_SHUTDOWN_LIMIT: Duration = Duration::from_secs(20);
const QUICK_SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

/// A server that we started; dropping it stops it.
pub(super) struct Server {
    child: Child,
    socket_folder: PathBuf,
    /// Lets the thread that started the server end; see `spawn_from_lasting_thread`.
    _keeper: Sender<()>,
}

impl Server {
    /// Starts the server and waits until it accepts connections.
    pub(super) fn start(home: &Home, binaries: &Binaries, settings: &Settings) -> Result<Server, StartError> {
        home.make_socket_folder()?;
        let program = binaries.program("postgres");
        let mut command = command(&program, home, settings);
        let log = home.open_log()?;
        log.receive(&mut command)?;
        let (child, keeper) = spawn_from_lasting_thread(command).map_err(StartError::at(&program))?;
        let mut server = Server { child, socket_folder: home.socket_folder(), _keeper: keeper };
        server.wait_until_ready(&home.data()).map_err(|why| log.failure("postgres", why))?;
        Ok(server)
    }

    /// Reads the server's own notes: trying to connect would fill its log with refusals.
    fn wait_until_ready(&mut self, data: &Path) -> Result<(), &'static str> {
        let us = i32::try_from(self.child.id()).ok();
        let outcome = wait_for(READY_LIMIT, TICK, || {
            if let Ok(Some(_)) = self.child.try_wait() {
                return Some(Err("it ended at once"));
            }
            PidFile::read(data).filter(|notes| notes.ready && Some(notes.pid) == us).map(|_| Ok(()))
        });
        outcome.unwrap_or(Err("it was not ready after a minute"))
    }

    /// SIGINT ends all sessions and writes everything down; SIGQUIT leaves that to the next start's recovery.
    fn stop(&mut self) {
        if self.ends_on(Signal::INT, FAST_SHUTDOWN_LIMIT) {
            return;
        }
        log::warn!("The private Postgres did not shut down in {FAST_SHUTDOWN_LIMIT:?}; it is made to.");
        if !self.ends_on(Signal::QUIT, QUICK_SHUTDOWN_LIMIT) {
            log::error!("The private Postgres (process {}) does not stop.", self.child.id());
        }
    }

    fn ends_on(&mut self, signal: Signal, limit: Duration) -> bool {
        // One that has ended already is no longer ours to signal: its number may be another's.
        if self.child.try_wait().is_ok_and(|end| end.is_some()) {
            return true;
        }
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, signal).unwrap_or_else(|error| log::warn!("Postgres took no signal: {error}"));
        }
        wait_for_end(&mut self.child, limit).is_some()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        // Empty once the server took its socket away; one in /tmp should not stay behind.
        if let Err(error) = fs::remove_dir(&self.socket_folder) {
            log::debug!("{} stays: {error}", self.socket_folder.display());
        }
    }
}

fn command(program: &Path, home: &Home, settings: &Settings) -> Command {
    let mut command = Launch::new(program).run_by(home.account()).tied_to_us("INT").command();
    command.arg("-D").arg(home.data()).arg("-k").arg(home.socket_folder()).args(["-p", "5432"]);
    for option in options(settings) {
        command.args(["-c", &option]);
    }
    command
}

/// Given on the command line, they win over anything in the cluster's own files.
fn options(settings: &Settings) -> Vec<String> {
    let mut options: Vec<String> =
        ["listen_addresses=", "unix_socket_permissions=0700", "logging_collector=off"]
            .into_iter()
            .chain(["log_destination=stderr", "shared_buffers=128MB"])
            .map(str::to_owned)
            .collect();
    options.push(format!("max_connections={}", settings.max_connections));
    if !settings.durable {
        options.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(str::to_owned));
    }
    options
}

/// Linux ties the server to the *thread* that starts it, so that thread has to stay: it waits until the
/// returned sender is dropped.
fn spawn_from_lasting_thread(mut command: Command) -> io::Result<(Child, Sender<()>)> {
    let (report, outcome) = mpsc::channel();
    let (keeper, dropped) = mpsc::channel::<()>();
    thread::Builder::new().name("postgres-keeper".to_owned()).spawn(move || {
        if report.send(command.spawn()).is_ok() {
            // The error is the message: the other end is gone.
            dropped.recv().unwrap_or_default();
        }
    })?;
    let child = outcome.recv().map_err(io::Error::other)??;
    Ok((child, keeper))
}
