//! Which Postgres programs of this machine to use.

use super::error::StartError;
use super::launch::Launch;
use super::patience::wait_for_end;
use std::env;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Where packages put the server: the folder above, how the name of each version's folder begins, and the way
/// on from there. Debian and Ubuntu, Red Hat, Alpine, Homebrew.
const PACKAGED: [(&str, &str, &str); 5] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
];

/// A folder with `initdb` and `postgres`, and their major version (15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    pub(super) folder: PathBuf,
    pub(super) major: u32,
}

impl Binaries {
    /// The configured folder and no other; without one, the installed version that fits the existing cluster
    /// (an upgrade of the machine leaves both installed), else the newest.
    pub(super) fn find(configured: Option<&Path>, wanted: Option<u32>) -> Result<Binaries, StartError> {
        let folders = configured.map_or_else(installed, |folder| vec![folder.to_owned()]);
        let found = folders.into_iter().filter_map(Binaries::in_folder).collect();
        best(found, wanted)
            .ok_or_else(|| StartError::NoBinaries { configured: configured.map(Path::to_owned) })
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn in_folder(folder: PathBuf) -> Option<Binaries> {
        let folder = folder.canonicalize().ok()?;
        let complete = ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
        let major = major_of(&version_words(&folder.join("postgres")).filter(|_| complete)?)?;
        Some(Binaries { folder, major })
    }
}

fn best(found: Vec<Binaries>, wanted: Option<u32>) -> Option<Binaries> {
    let fits = found.iter().find(|one| Some(one.major) == wanted).cloned();
    // Of equals the first, so that the machine's packages go before PATH.
    fits.or_else(|| found.into_iter().rev().max_by_key(|one| one.major))
}

fn installed() -> Vec<PathBuf> {
    let packaged =
        PACKAGED.iter().flat_map(|(above, begins, rest)| versions_in(Path::new(above), begins, rest));
    let on_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>());
    packaged.chain(on_path.unwrap_or_default()).filter(|folder| folder.join("initdb").is_file()).collect()
}

fn versions_in(above: &Path, begins: &str, rest: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(above) else { return Vec::new() };
    let named = entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(begins));
    named.map(|entry| entry.path().join(rest)).collect()
}

fn version_words(postgres: &Path) -> Option<String> {
    let mut command = Launch::new(postgres).command();
    let mut child = command.arg("--version").stdout(Stdio::piped()).spawn().ok()?;
    if wait_for_end(&mut child, Duration::from_secs(5)).is_none() {
        child.kill().ok()?;
        child.wait().ok()?;
        return None;
    }
    let mut words = String::new();
    child.stdout.take()?.read_to_string(&mut words).ok()?;
    Some(words)
}

/// The major version in "postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)" or in "15".
pub(super) fn major_of(words: &str) -> Option<u32> {
    let version = words.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(major: u32, folder: &str) -> Binaries {
        Binaries { folder: PathBuf::from(folder), major }
    }

    #[test]
    fn the_newest_version_is_taken_when_there_is_no_cluster_yet() {
        let found = vec![version(9, "/nine"), version(16, "/sixteen"), version(15, "/fifteen")];
        assert_eq!(best(found, None), Some(version(16, "/sixteen")));
    }

    #[test]
    fn the_version_of_the_cluster_goes_before_a_newer_one() {
        let found = vec![version(15, "/fifteen"), version(16, "/sixteen")];
        assert_eq!(best(found, Some(15)), Some(version(15, "/fifteen")));
    }

    #[test]
    fn of_equal_versions_the_first_place_wins() {
        let found = vec![version(15, "/package"), version(15, "/path")];
        assert_eq!(best(found, None), Some(version(15, "/package")));
    }

    #[test]
    fn the_major_version_is_read_from_the_words_of_the_program_and_of_the_cluster() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 17beta1"), Some(17));
        assert_eq!(major_of("15\n"), Some(15));
        assert_eq!(major_of("no such thing"), None);
    }
}
