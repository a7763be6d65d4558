//! What every handler and job is given, and the one door to the database.

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Changes, PgPool};
use crate::error::AppError;
use crate::outside::Lane;
use crate::outside::carrier::Carriers;
use crate::outside::gateway::Gateway;
use diesel::PgConnection;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// How long a request waits in line for a connection before it is told that the shop is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// Threads that speak to the outside for somebody who waits, and for nobody in particular.
const LANE_THREADS: usize = 32;
const UPKEEP_THREADS: usize = 16;
const CARRIAGE_THREADS: usize = 8;
const LONGEST_LINE: usize = 256;

#[derive(Clone)]
pub struct App(Arc<Inner>);

pub struct Inner {
    pub config: Config,
    pub clock: Clock,
    pub changes: Changes,
    pub signer: crate::sign::Signer,
    /// `None`: only what is paid at the door is offered.
    pub gateway: Option<Gateway>,
    /// For calls somebody waits for.
    pub lane: Lane,
    /// For calls of the shop's own upkeep.
    pub upkeep: Lane,
    /// Who brings what our own riders do not, and the lane of its own for calls to them.
    pub carriers: Carriers,
    pub carriage: Lane,
    /// Moves on when there is work in the outbox: each consumer follows it, and none misses a step.
    pub outbox: watch::Sender<u64>,
    pool: PgPool,
    /// First come, first served; the pool alone is not fair.
    line: Semaphore,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    pub fn new(
        config: Config,
        pool: PgPool,
        clock: Clock,
        changes: Changes,
        signer: crate::sign::Signer,
    ) -> Self {
        // One connection is left to the footsteps: whoever waits inside the pool waits unfairly long.
        let line = Semaphore::new((pool.max_size() as usize).saturating_sub(1).max(1));
        Self(Arc::new(Inner {
            gateway: Gateway::new(&config.payments),
            lane: Lane::new("outside", LANE_THREADS, LONGEST_LINE),
            upkeep: Lane::new("upkeep", UPKEEP_THREADS, LONGEST_LINE),
            carriers: Carriers::new(&config.deliverers, config.shop.zone),
            carriage: Lane::new("carriage", CARRIAGE_THREADS, LONGEST_LINE),
            outbox: watch::Sender::default(),
            config,
            clock,
            changes,
            signer,
            pool,
            line,
        }))
    }

    /// Runs blocking database work on a thread made for it, with one connection.
    ///
    /// This is the only door from a handler to the database: code below it is
    /// plain synchronous Rust and can never hold two connections at once.
    ///
    /// # Errors
    /// `Busy` when no connection is free within five seconds; otherwise what the work says.
    #[expect(clippy::disallowed_methods, reason = "this is the door")]
    pub async fn db<T, E>(
        &self,
        work: impl FnOnce(&mut PgConnection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, AppError>
    where
        T: Send + 'static,
        E: Into<AppError> + Send + 'static,
    {
        let turn = tokio::time::timeout(PATIENCE, self.line.acquire()).await;
        let Ok(Ok(_turn)) = turn else { return Err(AppError::Busy) };
        let pool = self.pool.clone();
        actix_web::web::block(move || work(&mut *pool.get()?).map_err(Into::into))
            .await
            .map_err(AppError::internal)?
    }

    /// As [`App::db`] for work that only reads: when the connection turns out to be dead
    /// (the database was restarted, say), it is done once more on another one.
    ///
    /// # Errors
    /// As [`App::db`].
    pub async fn read<T, E>(
        &self,
        work: impl Fn(&mut PgConnection) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, AppError>
    where
        T: Send + 'static,
        E: Into<AppError> + Send + 'static,
    {
        let work = Arc::new(work);
        let again = Arc::clone(&work);
        match self.db(move |conn| work(conn)).await {
            Err(AppError::Internal(e)) if is_dead_connection(&*e) => self.db(move |conn| again(conn)).await,
            answer => answer,
        }
    }
}

fn is_dead_connection(e: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    match e.downcast_ref::<Error>() {
        Some(Error::DatabaseError(DatabaseErrorKind::ClosedConnection, _)) => true,
        Some(Error::DatabaseError(DatabaseErrorKind::Unknown, info)) => {
            ["terminating connection", "server closed the connection", "no connection to the server"]
                .iter()
                .any(|words| info.message().contains(words))
        }
        _ => false,
    }
}
