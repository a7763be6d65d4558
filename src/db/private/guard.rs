//! The way in: start a private Postgres, and keep it for as long as the guard lives.

use super::binaries::Binaries;
use super::error::StartError;
use super::home::Home;
use super::ownership::{Claim, Ownership};
use super::server::Server;
use super::socket;
use super::{cluster, earlier};
use diesel::{Connection, PgConnection, QueryResult, RunQueryDsl, sql_query};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The superuser of the cluster, who owns the schema.
pub(super) const OWNER_ROLE: &str = "smartshop_owner";
const DATABASE: &str = "smartshop";

/// How the private server is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder with `initdb` and `postgres`; `None` searches the usual places and PATH.
    pub binaries: Option<PathBuf>,
    pub max_connections: u32,
    /// `false` gives up safety at a power cut for speed: for tests only.
    pub durable: bool,
}

/// Keeps the server running; dropping it stops the server, if this process started it (up to 25 seconds).
pub struct PrivatePostgres {
    socket_folder: PathBuf,
    /// Dropped before the lock, which hands the cluster to the next owner.
    server: Option<Server>,
    _ownership: Option<Ownership>,
}

impl PrivatePostgres {
    /// Makes the folder, the cluster and the database `smartshop` where missing, and starts the server; or
    /// joins the process that runs it already. Blocks until it answers: a second or two the first time, a
    /// tenth later, and never endlessly.
    pub fn start(root: &Path, settings: &Settings) -> Result<PrivatePostgres, StartError> {
        let begun = Instant::now();
        let home = Home::open(root)?;
        let postgres = match Ownership::claim(&home, || answers(&home))? {
            Claim::Ours(ownership) => Self::run(&home, settings, ownership)?,
            Claim::Joined => Self { socket_folder: home.socket_folder(), server: None, _ownership: None },
        };
        let how = if postgres.joined() { "joined" } else { "runs" };
        log::info!("The private Postgres in {} {how} after {:?}.", home.root().display(), begun.elapsed());
        Ok(postgres)
    }

    fn run(home: &Home, settings: &Settings, ownership: Ownership) -> Result<PrivatePostgres, StartError> {
        let binaries = Binaries::find(settings.binaries.as_deref(), cluster::version(home))?;
        if let Some(account) = home.account() {
            account.check_reaches(&binaries.program("postgres"))?;
        }
        cluster::ensure(home, &binaries, settings)?;
        earlier::end(home)?;
        let server = Server::start(home, &binaries, settings)?;
        ensure_database(home)?;
        let ownership = ownership.announce_ready()?;
        Ok(Self { socket_folder: home.socket_folder(), server: Some(server), _ownership: Some(ownership) })
    }

    /// The address of a database in this cluster for libpq (and so for diesel).
    pub fn url(&self, role: &str, database: &str) -> String {
        socket::url(&self.socket_folder, role, database)
    }

    /// Whether another process runs the server. Then it ends with that process, not with this guard.
    pub fn joined(&self) -> bool {
        self.server.is_none()
    }

    /// Stops the server now, if this process started it; the same as dropping the guard.
    pub fn stop(self) {}
}

fn answers(home: &Home) -> bool {
    home.socket_folder_is_safe() && connect(home, DATABASE).is_ok()
}

fn connect(home: &Home, database: &str) -> diesel::ConnectionResult<PgConnection> {
    let url = socket::url(&home.socket_folder(), OWNER_ROLE, database);
    PgConnection::establish(&format!("{url}?connect_timeout=5"))
}

fn ensure_database(home: &Home) -> Result<(), StartError> {
    let failed = |words: String| StartError::from_words("postgres", &words, &home.log());
    let mut connection = connect(home, "postgres").map_err(|error| failed(error.to_string()))?;
    make_database(&mut connection).map_err(|error| failed(error.to_string()))
}

fn make_database(connection: &mut PgConnection) -> QueryResult<()> {
    let there = format!("SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'");
    if sql_query(there).execute(connection)? == 0 {
        sql_query(format!("CREATE DATABASE {DATABASE}")).execute(connection)?;
    }
    Ok(())
}
