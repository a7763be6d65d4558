//! Why there is no private database, in words that say what to do.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why the private Postgres did not start. Each displays as one sentence with its remedy.
#[derive(Debug)]
pub enum StartError {
    /// No folder with `initdb` and `postgres`, or not in the configured one.
    NoBinaries { configured: Option<PathBuf> },
    /// We are root, Postgres refuses to be, and there is no user to step down to.
    NoAccount,
    /// A file or folder that we need can not be made or changed.
    NotWritable { path: PathBuf, source: io::Error },
    /// The user that runs the server when we are root can not pass this folder.
    NotReachable { path: PathBuf, account: String },
    /// The folder holds something that is not a cluster of the shop; we leave it alone.
    NotOurs { path: PathBuf },
    /// The disk (or the quota) that holds this path is full.
    DiskFull { path: PathBuf },
    /// The cluster was made by another major version, and data files do not carry over.
    OtherVersion { data: PathBuf, cluster: String, binaries: u32 },
    /// Another process holds the lock, but its server did not answer in time.
    OwnerSilent { root: PathBuf, owner: String },
    /// The server of an owner that is gone still runs and did not stop when told to.
    EarlierServer { root: PathBuf, pid: i32 },
    /// The folder for the socket exists and is not ours alone.
    SocketFolder { path: PathBuf },
    /// `initdb` or `postgres` gave up; `reason` is its own last word.
    Failed { program: &'static str, reason: String, log: PathBuf },
}

impl StartError {
    /// For `map_err` after touching `path`.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> StartError + '_ {
        move |source| {
            let path = path.to_owned();
            let full = matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
            if full { StartError::DiskFull { path } } else { StartError::NotWritable { path, source } }
        }
    }

    /// What the words of a Postgres program mean; they are English, since we start it so.
    pub(super) fn from_words(program: &'static str, words: &str, log: &Path) -> StartError {
        if ["No space left on device", "Disk quota exceeded"].iter().any(|full| words.contains(full)) {
            return StartError::DiskFull { path: log.parent().unwrap_or(log).to_owned() };
        }
        StartError::Failed { program, reason: last_useful_line(words), log: log.to_owned() }
    }
}

/// The first fatal message, which names the cause (what follows are consequences); else the last line.
fn last_useful_line(words: &str) -> String {
    let after = |mark: &str| words.lines().find_map(|line| Some(line.split_once(mark)?.1.trim().to_owned()));
    let marked = ["PANIC:", "FATAL:", "initdb: error:"].into_iter().find_map(after);
    let last = || words.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned);
    marked.or_else(last).unwrap_or_else(|| "it said nothing".to_owned())
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}.", self.problem(), self.remedy())
    }
}

impl StartError {
    fn problem(&self) -> String {
        match self {
            Self::NoBinaries { configured: None } => {
                "No Postgres server is installed on this machine".to_owned()
            }
            Self::NoBinaries { configured: Some(folder) } => {
                format!("There is no working initdb and postgres in {}", folder.display())
            }
            Self::NoAccount => {
                "Postgres does not run as root, and there is no user postgres or nobody".to_owned()
            }
            Self::NotWritable { path, source } => format!("{} can not be written ({source})", path.display()),
            Self::NotReachable { path, account } => {
                format!("The Postgres server runs as {account}, who may not enter {}", path.display())
            }
            Self::NotOurs { path } => {
                format!("{} is there already and is no database of the shop", path.display())
            }
            Self::DiskFull { path } => format!("No space left on the disk of {}", path.display()),
            Self::OtherVersion { data, cluster, binaries } => format!(
                "The database in {} was made by Postgres {cluster}, but the programs found here are version \
                 {binaries}",
                data.display()
            ),
            Self::OwnerSilent { root, owner } => {
                format!("{owner} owns the database in {}, but it does not answer", root.display())
            }
            Self::EarlierServer { root, pid } => format!(
                "An earlier Postgres server (process {pid}) still runs in {} and does not stop",
                root.display()
            ),
            Self::SocketFolder { path } => {
                format!("{} is there already and does not belong to this shop alone", path.display())
            }
            Self::Failed { program, reason, log } => {
                format!("{program} gave up with \"{reason}\" (all of it is in {})", log.display())
            }
        }
    }

    fn remedy(&self) -> String {
        const ELSEWHERE: &str = "set SMARTSHOP_DATABASE_URL to a database that runs elsewhere";
        const FOLDER: &str = "SMARTSHOP_DATA_DIR";
        match self {
            Self::NoBinaries { configured: None } => format!(
                "install it (Debian: apt-get install postgresql), or set SMARTSHOP_POSTGRES_BINARIES to the \
                 folder with initdb and postgres, or {ELSEWHERE}"
            ),
            Self::NoBinaries { configured: Some(_) } => format!(
                "correct SMARTSHOP_POSTGRES_BINARIES, or leave it out and install Postgres (Debian: apt-get \
                 install postgresql), or {ELSEWHERE}"
            ),
            Self::NoAccount => format!("start the shop as an ordinary user, or {ELSEWHERE}"),
            Self::NotWritable { .. } => {
                format!("let the user that runs the shop write there, or choose another folder with {FOLDER}")
            }
            Self::NotReachable { path, .. } => format!(
                "choose a place outside of private homes with {FOLDER}, or run chmod o+x {}, or start the shop as \
                 an ordinary user",
                path.display()
            ),
            Self::NotOurs { .. } => format!("move it away, or choose another folder with {FOLDER}"),
            Self::DiskFull { .. } => {
                format!("make room there, or choose a folder on another disk with {FOLDER}")
            }
            Self::OtherVersion { cluster, .. } => format!(
                "install Postgres {cluster} (or point SMARTSHOP_POSTGRES_BINARIES to it), or carry the data \
                 over with pg_upgrade, or choose another folder to begin anew with {FOLDER}"
            ),
            Self::OwnerSilent { .. } => {
                "wait until it is ready, or stop that process and start again".to_owned()
            }
            Self::EarlierServer { pid, .. } => format!("end it with kill -QUIT {pid} and start again"),
            Self::SocketFolder { path } => {
                format!("remove {}, or choose a folder with a shorter path for the database", path.display())
            }
            Self::Failed { .. } => format!("correct what it names and start again, or {ELSEWHERE}"),
        }
    }
}

impl Error for StartError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        if let Self::NotWritable { source, .. } = self { Some(source) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_told_and_not_what_came_after_it() {
        let words = "2026-01-01 [7] LOG:  starting PostgreSQL\n\
            2026-01-01 [7] FATAL:  could not map shared memory: Cannot allocate memory\n\
            2026-01-01 [7] LOG:  database system is shut down\n";
        assert_eq!(last_useful_line(words), "could not map shared memory: Cannot allocate memory");
        assert_eq!(last_useful_line("one\ntwo\n\n"), "two");
        assert_eq!(last_useful_line(""), "it said nothing");
    }

    #[test]
    fn a_full_disk_is_recognised_in_the_words_of_postgres_and_of_the_system() {
        let words = "FATAL:  could not write lock file \"postmaster.pid\": No space left on device";
        let told = StartError::from_words("postgres", words, Path::new("/shop/log")).to_string();
        assert_eq!(
            told,
            "No space left on the disk of /shop: make room there, or choose a folder on another disk with \
             SMARTSHOP_DATA_DIR."
        );
        let full = StartError::at(Path::new("/shop"))(io::ErrorKind::StorageFull.into());
        assert!(matches!(full, StartError::DiskFull { .. }));
    }

    #[test]
    fn a_version_clash_names_both_versions_and_a_remedy() {
        let clash =
            StartError::OtherVersion { data: "/shop/data".into(), cluster: "14".to_owned(), binaries: 15 };
        assert_eq!(
            clash.to_string(),
            "The database in /shop/data was made by Postgres 14, but the programs found here are version 15: \
             install Postgres 14 (or point SMARTSHOP_POSTGRES_BINARIES to it), or carry the data over with \
             pg_upgrade, or choose another folder to begin anew with SMARTSHOP_DATA_DIR."
        );
    }
}
