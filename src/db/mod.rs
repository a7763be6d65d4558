//! The database: pool, schema, migrations, roles, the private Postgres of a machine
//! without one, and word of what has changed.

mod changes;
mod enums;
mod migrate;
pub mod private;
mod ready;
pub mod schema;
mod watch;

pub use changes::{Change, Changes, Follower};
pub(crate) use enums::db_enum;
pub use migrate::{APPEND_ONLY, MIGRATIONS, MigrateError, SERVING_ROLE, is_up_to_date, migrate};
pub(crate) use ready::Ready;
pub use watch::{Watching, WatchingAll, WatchingSome};

use diesel::PgConnection;
use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool, PoolError};
use std::time::Duration;

pub type PgPool = Pool<ConnectionManager<PgConnection>>;

/// Opens the pool of the serving role. Connections are made as they are needed.
///
/// # Errors
/// When the database cannot be reached within five seconds.
pub fn connect(url: &str, connections: u32) -> Result<PgPool, PoolError> {
    Pool::builder()
        .max_size(connections)
        .min_idle(Some(1))
        .connection_timeout(Duration::from_secs(5))
        // A ping at each check-out costs more than it finds; a dead connection fails its
        // first query, is thrown away, and idempotent reads are tried once more.
        .test_on_check_out(false)
        .connection_customizer(Box::new(StepDown))
        .build(ConnectionManager::new(url))
}

/// Makes each connection the lesser role's, with every wait bounded.
#[derive(Debug)]
struct StepDown;

impl CustomizeConnection<PgConnection, diesel::r2d2::Error> for StepDown {
    fn on_acquire(&self, conn: &mut PgConnection) -> Result<(), diesel::r2d2::Error> {
        prepare(conn).map_err(diesel::r2d2::Error::QueryError)
    }
}

/// Bounds every wait of a connection and steps down to the serving role where that is possible.
pub(crate) fn prepare(conn: &mut PgConnection) -> diesel::QueryResult<()> {
    conn.batch_execute(&format!(
        "SET statement_timeout = '10s'; SET lock_timeout = '5s';
         SET idle_in_transaction_session_timeout = '30s'; SET timezone = 'UTC';
         DO $$ BEGIN
             IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVING_ROLE}')
                AND current_user <> '{SERVING_ROLE}' AND pg_has_role('{SERVING_ROLE}', 'MEMBER') THEN
                 SET ROLE {SERVING_ROLE};
             END IF;
         END $$;"
    ))
}
