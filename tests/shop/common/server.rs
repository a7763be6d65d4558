//! The private Postgres of a test run, two templates in it, and a clone for each test.

use super::{logbook, queries, tuesday};
use chrono_tz::Europe::Dublin;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use smartshop::db::private::{PrivatePostgres, Settings};
use smartshop::{db, delivery, demo};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

pub(crate) const OWNER: &str = "smartshop_owner";
const PREFIX: &str = "smartshop-tests-";
/// Files that are there only as long as the machine runs.
const MEMORY: &str = "/dev/shm";
/// In KiB, and far more than a run takes.
const PLENTY: u64 = 6 * 1024 * 1024;

/// Ends with the process, which it is tied to; its folder goes at the start of the next run.
static SERVER: LazyLock<PrivatePostgres> = LazyLock::new(|| {
    logbook::start();
    queries::listen();
    sweep_up();
    let folder = roomy().join(format!("{PREFIX}{}", std::process::id()));
    let settings = Settings { binaries: None, max_connections: 200, durable: false };
    PrivatePostgres::start(&folder, &settings).unwrap_or_else(|e| panic!("{e}"))
});

static EMPTY: LazyLock<String> = LazyLock::new(|| {
    let name = "template_empty".to_owned();
    execute(&format!("CREATE DATABASE {name}"));
    let mut conn = PgConnection::establish(&SERVER.url(OWNER, &name)).expect("the template");
    db::migrate(&mut conn).unwrap_or_else(|e| panic!("{e}"));
    name
});

static DEMO: LazyLock<String> = LazyLock::new(|| {
    let name = "template_demo".to_owned();
    execute(&format!("CREATE DATABASE {name} TEMPLATE {} STRATEGY FILE_COPY", *EMPTY));
    let mut conn = PgConnection::establish(&SERVER.url(OWNER, &name)).expect("the template");
    demo::load(&mut conn, Dublin, tuesday()).unwrap_or_else(|e| panic!("{e}"));
    delivery::open_windows(&mut conn, Dublin, 14, tuesday()).expect("windows");
    conn.batch_execute("ANALYZE").expect("figures for the planner");
    name
});

static NEXT: AtomicU32 = AtomicU32::new(0);
/// One at a time: a template that is being copied may not be copied by another at once.
static COPYING: Mutex<()> = Mutex::new(());

/// One test's database; gone when the last shop over it is.
pub(super) struct Database {
    pub(super) name: String,
    held: Arc<()>,
}

impl Database {
    pub(super) fn empty() -> Self {
        Self::clone_of(&EMPTY)
    }

    pub(super) fn demo() -> Self {
        Self::clone_of(&DEMO)
    }

    pub(super) fn shared(&self) -> Self {
        Self { name: self.name.clone(), held: Arc::clone(&self.held) }
    }

    /// For what its shops write beside the database.
    pub(super) fn folder(&self) -> String {
        let of_all = std::env::temp_dir().join(format!("{PREFIX}{}-data", std::process::id()));
        of_all.join(&self.name).to_string_lossy().into_owned()
    }

    pub(super) fn url(&self, role: &str) -> String {
        SERVER.url(role, &self.name)
    }

    fn clone_of(template: &str) -> Self {
        let name = format!("shop_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let _alone = COPYING.lock().unwrap_or_else(PoisonError::into_inner);
        execute(&format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"));
        Self { name, held: Arc::new(()) }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if Arc::strong_count(&self.held) == 1 {
            // Best effort: a test that failed should show its own words, not ours.
            let _ = admin().batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

pub(super) fn admin() -> PgConnection {
    PgConnection::establish(&SERVER.url(OWNER, "postgres")).expect("the test server")
}

fn execute(sql: &str) {
    admin().batch_execute(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
}

/// For each test a database of hundreds of small files is made and dropped: in memory, where there is plenty of
/// it, that is a matter of milliseconds.
fn roomy() -> PathBuf {
    let in_memory = PathBuf::from(MEMORY);
    let is_plenty = kib_free_in(&in_memory).min(kib_of_memory()) > PLENTY;
    if is_plenty { in_memory } else { std::env::temp_dir() }
}

/// 0 where that cannot be told.
fn kib_free_in(folder: &Path) -> u64 {
    let asked = Command::new("df").args(["-k", "--output=avail"]).arg(folder).output();
    let told = asked.map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned()).unwrap_or_default();
    told.lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}

fn kib_of_memory() -> u64 {
    let told = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Removes the folders of runs that are over.
fn sweep_up() {
    for folder in [std::env::temp_dir(), PathBuf::from(MEMORY)] {
        sweep_up_in(&folder);
    }
}

fn sweep_up_in(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let pid = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next()?.parse::<u32>().ok());
        if pid.is_some_and(is_over) {
            remove(&entry.path());
        }
    }
}

fn is_over(pid: u32) -> bool {
    !Path::new(&format!("/proc/{pid}")).exists()
}

fn remove(folder: &PathBuf) {
    if let Err(e) = std::fs::remove_dir_all(folder) {
        eprintln!("{} of an earlier run stays: {e}", folder.display());
    }
}
