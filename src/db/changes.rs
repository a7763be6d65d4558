//! Word of what has changed, from whichever instance changed it: the database's
//! `NOTIFY`, heard by one thread, so that nothing cached outlives its truth by a second.

use super::watch::{Watchers, Watching, WatchingAll, WatchingSome};
use crate::ids::{BasketId, OrderId};
use diesel::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(50);
const HEARTBEAT: Duration = Duration::from_secs(2);
const RECONNECT: Duration = Duration::from_millis(500);

/// One thing that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// We may have missed anything: read it all anew.
    Everything,
    Product(i64),
    Catalog,
    Offers,
    Delivery,
    /// Of one person's: no page that is kept for all shows it. With its version now.
    Basket(BasketId, i64),
    /// An event was written about an order.
    Order(OrderId),
    /// There is work for the outbox's consumers.
    Outbox,
}

impl Change {
    /// Whether a page that is kept for all may show it.
    const fn is_of_everybody(&self) -> bool {
        match self {
            Self::Everything | Self::Product(_) | Self::Catalog | Self::Offers | Self::Delivery => true,
            Self::Basket(..) | Self::Order(_) | Self::Outbox => false,
        }
    }

    fn parse(payload: &str) -> Self {
        match payload.split_once(':') {
            Some(("product", id)) => id.parse().map_or(Self::Everything, Self::Product),
            Some(("basket", rest)) => Self::parse_basket(rest).unwrap_or(Self::Everything),
            Some(("order", id)) => id.parse().map_or(Self::Everything, |id| Self::Order(OrderId(id))),
            _ if payload == "outbox" => Self::Outbox,
            _ if payload == "catalog" => Self::Catalog,
            _ if payload == "offers" => Self::Offers,
            _ if payload == "delivery" => Self::Delivery,
            _ => Self::Everything,
        }
    }

    fn parse_basket(rest: &str) -> Option<Self> {
        let (id, version) = rest.split_once(':')?;
        Some(Self::Basket(BasketId(id.parse().ok()?), version.parse().ok()?))
    }
}

/// What the listening thread calls, with a connection, before pages are made anew.
pub type Follower = Box<dyn Fn(&mut PgConnection, &[Change]) -> QueryResult<()> + Send>;

/// The number of the present state of everything that may be cached. Whatever was
/// made under an older number is not to be shown any more.
#[derive(Clone, Default)]
pub struct Changes(Arc<Inner>);

#[derive(Default)]
struct Inner {
    epoch: AtomicU64,
    listening: AtomicBool,
    ready: AtomicBool,
    stopping: AtomicBool,
    watchers: Watchers,
}

impl Changes {
    /// The present number, or `None` while we cannot hear of changes and nothing may be cached.
    pub fn epoch(&self) -> Option<u64> {
        self.0.listening.load(Ordering::Acquire).then(|| self.0.epoch.load(Ordering::Acquire))
    }

    /// Makes everything cached here old. For changes that come with the time, such as an offer's start.
    pub fn advance(&self) {
        self.0.epoch.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether the followers have seen the whole state at least once.
    pub fn is_ready(&self) -> bool {
        self.0.ready.load(Ordering::Acquire)
    }

    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::Release);
        self.stop_watching();
    }

    /// Waits for word of one order.
    pub fn watch(&self, order: OrderId) -> Watching {
        self.0.watchers.watch(order)
    }

    /// Waits for word of any of these orders.
    pub fn watch_some(&self, orders: &[OrderId]) -> WatchingSome {
        self.0.watchers.watch_some(orders)
    }

    /// Waits for word of any order.
    pub fn watch_all(&self) -> WatchingAll {
        self.0.watchers.watch_all()
    }

    /// How many orders somebody waits for word of.
    pub fn watched(&self) -> usize {
        self.0.watchers.count()
    }

    /// Ends all waiting for word of orders, and lets nobody begin: a shop that closes does not
    /// stay open for pages that stay open.
    pub fn stop_watching(&self) {
        self.0.watchers.close();
    }

    /// Starts the thread that listens, for as long as the process lives.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn follow(&self, url: String, followers: Vec<Follower>) -> std::io::Result<()> {
        let changes = self.clone();
        std::thread::Builder::new().name("changes".into()).spawn(move || {
            while !changes.0.stopping.load(Ordering::Acquire) {
                if let Err(e) = changes.listen(&url, &followers) {
                    log::warn!("not listening for changes, pages are made anew each time: {e}");
                }
                changes.0.listening.store(false, Ordering::Release);
                std::thread::sleep(RECONNECT);
            }
        })?;
        Ok(())
    }

    fn listen(&self, url: &str, followers: &[Follower]) -> Result<(), Box<dyn std::error::Error>> {
        let mut conn = PgConnection::establish(url)?;
        super::prepare(&mut conn)?;
        diesel::sql_query("LISTEN changed").execute(&mut conn)?;
        self.apply(&mut conn, followers, &[Change::Everything])?;
        self.0.ready.store(true, Ordering::Release);
        self.0.listening.store(true, Ordering::Release);
        let mut heard = Instant::now();
        while !self.0.stopping.load(Ordering::Acquire) {
            let changes = take_changes(&mut conn)?;
            if !changes.is_empty() {
                self.apply(&mut conn, followers, &changes)?;
            }
            if heard.elapsed() > HEARTBEAT {
                diesel::sql_query("SELECT 1").execute(&mut conn)?;
                heard = Instant::now();
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    fn apply(&self, conn: &mut PgConnection, followers: &[Follower], changes: &[Change]) -> QueryResult<()> {
        // The followers first: a page made under the new number must see what they hold.
        followers.iter().try_for_each(|follower| follower(conn, changes))?;
        if changes.iter().any(Change::is_of_everybody) {
            self.advance();
        }
        self.0.watchers.follow(changes);
        Ok(())
    }
}

fn take_changes(conn: &mut PgConnection) -> QueryResult<Vec<Change>> {
    let mut changes: Vec<Change> = Vec::new();
    for notification in conn.notifications_iter() {
        changes.push(Change::parse(&notification?.payload));
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_we_do_not_know_means_read_it_all_anew() {
        assert_eq!(Change::parse("product:7"), Change::Product(7));
        assert_eq!(Change::parse("offers"), Change::Offers);
        let id = uuid::Uuid::from_u128(7);
        assert_eq!(Change::parse(&format!("basket:{id}:3")), Change::Basket(BasketId(id), 3));
        for strange in ["", "product:x", "basket:1:2", &format!("basket:{id}"), "tomorrow"] {
            assert_eq!(Change::parse(strange), Change::Everything, "{strange}");
        }
    }
}
