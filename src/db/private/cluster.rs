//! The data folder: made once, and only opened by the version that made it.

use super::binaries::{Binaries, major_of};
use super::error::StartError;
use super::guard::{OWNER_ROLE, Settings};
use super::home::Home;
use super::launch::Launch;
use super::patience::{wait_for, wait_for_end};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Duration;

/// A slow disk takes some seconds to make a cluster; more than this is a disk that hangs.
const INITDB_LIMIT: Duration = Duration::from_secs(120);

/// The major version that made the cluster; `None` when there is none yet.
pub(super) fn version(home: &Home) -> Option<u32> {
    major_of(&version_file(home)?)
}

fn version_file(home: &Home) -> Option<String> {
    Some(fs::read_to_string(home.data().join("PG_VERSION")).ok()?.trim().to_owned())
}

/// Sees to it that there is a cluster that these binaries can open.
pub(super) fn ensure(home: &Home, binaries: &Binaries, settings: &Settings) -> Result<(), StartError> {
    let Some(cluster) = version_file(home) else { return make(home, binaries, settings) };
    if major_of(&cluster) == Some(binaries.major) {
        return Ok(());
    }
    Err(StartError::OtherVersion { data: home.data(), cluster, binaries: binaries.major })
}

/// Made aside and then renamed, so that `data` is always a whole cluster, whenever we may be killed.
fn make(home: &Home, binaries: &Binaries, settings: &Settings) -> Result<(), StartError> {
    let (data, aside) = (home.data(), home.root().join("data.new"));
    remove_half_made(&aside)?;
    run_initdb(home, binaries, settings, &aside)?;
    // Fails when `data` holds files: without PG_VERSION they are not ours to delete.
    fs::rename(&aside, &data).map_err(|error| not_replaceable(error, &data))?;
    if settings.durable {
        let folder = File::open(home.root()).and_then(|folder| folder.sync_all());
        folder.map_err(StartError::at(home.root()))?;
    }
    Ok(())
}

fn not_replaceable(error: io::Error, data: &Path) -> StartError {
    if matches!(error.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory) {
        return StartError::NotOurs { path: data.to_owned() };
    }
    StartError::at(data)(error)
}

/// Tried for a while: the `initdb` of an owner that was just killed may still be writing its last file.
fn remove_half_made(aside: &Path) -> Result<(), StartError> {
    let mut outcome = Ok(());
    wait_for(Duration::from_secs(3), Duration::from_millis(100), || {
        outcome = fs::remove_dir_all(aside).or_else(absent_is_fine);
        outcome.is_ok().then_some(())
    });
    outcome.map_err(StartError::at(aside))
}

fn absent_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn run_initdb(home: &Home, binaries: &Binaries, settings: &Settings, into: &Path) -> Result<(), StartError> {
    let program = binaries.program("initdb");
    let mut command = Launch::new(&program).run_by(home.account()).tied_to_us("KILL").command();
    command.args(["-A", "trust", "-U", OWNER_ROLE, "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"]);
    command.args((!settings.durable).then_some("--no-sync")).arg("-D").arg(into);
    let log = home.open_log()?;
    log.receive(&mut command)?;
    let mut child = command.spawn().map_err(StartError::at(&program))?;
    let Some(end) = wait_for_end(&mut child, INITDB_LIMIT) else {
        child.kill().and_then(|()| child.wait()).map_err(StartError::at(&program))?;
        return Err(log.failure("initdb", "it did not end in two minutes"));
    };
    if end.success() { Ok(()) } else { Err(log.failure("initdb", "it gave no reason")) }
}
