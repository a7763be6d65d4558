//! Bringing a database to this binary's schema, and making the two roles.

use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::fmt;

pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The lesser role, which serves. The owner migrates.
pub const SERVING_ROLE: &str = "smartshop_app";

/// Tables that are only ever added to. The serving role may not change them, and a
/// trigger refuses it to everybody else.
pub const APPEND_ONLY: &[&str] = &["events", "quotes", "journey_events", "promises"];

/// Any number: it only has to be the same in every process that migrates.
const ONE_AT_A_TIME: i64 = 7_302_118;

#[derive(Debug)]
pub enum MigrateError {
    /// A migration failed; the text says which and why.
    Migration(String),
    Db(diesel::result::Error),
}

impl fmt::Display for MigrateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Migration(why) => write!(f, "the database could not be migrated: {why}"),
            Self::Db(e) => write!(f, "the database could not be prepared: {e}"),
        }
    }
}

impl From<diesel::result::Error> for MigrateError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Runs what is missing and sets the rights of the serving role. Says what it ran.
/// Several processes may call it at once: one does the work, the others find it done.
///
/// # Errors
/// When a migration fails (it is rolled back) or the rights cannot be set.
pub fn migrate(conn: &mut PgConnection) -> Result<Vec<String>, MigrateError> {
    conn.batch_execute(&format!("SELECT pg_advisory_lock({ONE_AT_A_TIME})"))?;
    let ran = migrate_alone(conn);
    conn.batch_execute(&format!("SELECT pg_advisory_unlock({ONE_AT_A_TIME})"))?;
    ran
}

/// Whether the database has every migration of this binary. Only reads, so that the
/// serving role may ask too.
pub fn is_up_to_date(conn: &mut PgConnection) -> bool {
    let Ok(ours) = MigrationSource::<Pg>::migrations(&MIGRATIONS) else { return false };
    let run =
        diesel::dsl::sql::<Array<Text>>("SELECT array_agg(version::text) FROM __diesel_schema_migrations");
    let Ok(run) = run.get_result::<Vec<String>>(conn) else { return false };
    ours.iter().all(|m| run.contains(&m.name().version().to_string()))
}

fn migrate_alone(conn: &mut PgConnection) -> Result<Vec<String>, MigrateError> {
    // A database that somebody else administers may not let us make a role; the
    // shop then serves as the owner, and only the triggers guard the log.
    if let Err(e) = conn.batch_execute(&make_role()) {
        log::warn!("the role {SERVING_ROLE} was not made, the shop will serve as the owner: {e}");
    }
    let ran = conn
        .run_pending_migrations(MIGRATIONS)
        .map_err(|e| MigrateError::Migration(e.to_string()))?
        .iter()
        .map(ToString::to_string)
        .collect();
    conn.batch_execute(&rights())?;
    Ok(ran)
}

fn make_role() -> String {
    format!(
        "DO $$ BEGIN
             IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVING_ROLE}') THEN
                 CREATE ROLE {SERVING_ROLE} LOGIN NOINHERIT;
             END IF;
             IF NOT pg_has_role('{SERVING_ROLE}', 'MEMBER') THEN GRANT {SERVING_ROLE} TO CURRENT_USER; END IF;
         END $$"
    )
}

fn rights() -> String {
    let append_only = APPEND_ONLY.join(", ");
    format!(
        "DO $$ BEGIN
             IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{SERVING_ROLE}') THEN
                 GRANT USAGE ON SCHEMA public TO {SERVING_ROLE};
                 GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {SERVING_ROLE};
                 GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {SERVING_ROLE};
                 REVOKE UPDATE, DELETE ON {append_only}, secrets FROM {SERVING_ROLE};
                 REVOKE INSERT, UPDATE, DELETE ON __diesel_schema_migrations FROM {SERVING_ROLE};
             END IF;
         END $$"
    )
}
