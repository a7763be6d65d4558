//! A whole shop for one test: its own database, the real middleware, no sockets, no mocks of our own code.

mod clicking;
mod gateway;
mod logbook;
pub(crate) mod placing;
mod queries;
mod server;
mod shopper;

pub(crate) use gateway::{Bank, Heard};
pub(crate) use logbook::{expect_error, requests_logged};
pub(crate) use shopper::{Answer, Listening, Shopper, encode, parts};

use chrono::{DateTime, Utc};
use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use smartshop::clock::Clock;
use smartshop::config::Config;
use smartshop::ids::OrderId;
use smartshop::orders;
use smartshop::outside::mail::{Kept, Mailbox};
use smartshop::routes::State;
use smartshop::serve::{Assembled, assemble};
use smartshop::worker;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Tue 24 Nov 2026, 14:20 in Dublin.
pub(crate) fn tuesday() -> DateTime<Utc> {
    "2026-11-24T14:20:00Z".parse().expect("a time")
}

/// High enough that no test but the one about limits meets them.
const ROOMY: [(&str, &str); 4] = [
    ("SMARTSHOP_REQUESTS_PER_SECOND", "1000000"),
    ("SMARTSHOP_REQUESTS_AT_ONCE", "1000000"),
    ("SMARTSHOP_WRITES_PER_MINUTE", "1000000"),
    ("SMARTSHOP_WRITES_AT_ONCE", "1000000"),
];

pub(crate) struct TestShop {
    database: server::Database,
    pub(crate) clock: Clock,
    demo: bool,
    settings: Vec<(String, String)>,
    /// Put together when it is first asked for: many tests need the database only.
    assembled: OnceLock<Assembled>,
}

impl TestShop {
    /// Without any data.
    pub(crate) fn open() -> Self {
        Self::over(server::Database::empty(), false)
    }

    /// With the demo's data, and delivery windows open from Tuesday on.
    pub(crate) fn demo() -> Self {
        Self::over(server::Database::demo(), true)
    }

    fn over(database: server::Database, demo: bool) -> Self {
        let mut settings: Vec<_> = ROOMY.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        settings.push(("SMARTSHOP_DATA_DIR".to_owned(), database.folder()));
        Self { database, clock: Clock::held(tuesday()), demo, settings, assembled: OnceLock::new() }
    }

    /// With another setting than usual. Before anything is asked of the shop.
    pub(crate) fn with(mut self, variable: &str, value: &str) -> Self {
        assert!(self.assembled.get().is_none(), "the shop is open already");
        self.settings.push((variable.to_owned(), value.to_owned()));
        self
    }

    /// The same goods, in a shop that is no demonstration.
    pub(crate) fn in_earnest(mut self) -> Self {
        self.demo = false;
        self
    }

    /// Another instance of the shop over the same database, with a clock of its own that shows the same time.
    pub(crate) fn another(&self) -> Self {
        Self {
            database: self.database.shared(),
            clock: Clock::held(self.clock.now()),
            demo: self.demo,
            settings: self.settings.clone(),
            assembled: OnceLock::new(),
        }
    }

    pub(crate) fn state(&self) -> &State {
        let assembled = self.assembled.get_or_init(|| {
            let config = Config::load(None, self.settings.iter().cloned()).expect("good settings");
            let url = self.database.url(smartshop::db::SERVING_ROLE);
            assemble(config, &url, self.clock.clone(), self.demo).expect("a shop")
        });
        let changes = &assembled.state.shop.app.changes;
        wait_for("the catalogue to be read", || changes.is_ready() && changes.epoch().is_some());
        &assembled.state
    }

    pub(crate) fn shopper(&self) -> Shopper<'_> {
        Shopper::new(self)
    }

    /// A connection of the owner, who may do everything.
    pub(crate) fn conn(&self) -> PgConnection {
        PgConnection::establish(&self.database.url(server::OWNER)).expect("a connection")
    }

    /// Changes something behind the shop's back, as another instance or an administrator
    /// would, and waits until the shop has heard of it. Says how long that took.
    pub(crate) fn change(&self, sql: &str) -> Duration {
        let changes = &self.state().shop.app.changes;
        let before = changes.epoch();
        let begun = Instant::now();
        self.conn().batch_execute(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
        wait_for("word of the change", || changes.epoch().is_some_and(|now| Some(now) != before));
        begun.elapsed()
    }

    pub(crate) fn count(&self, sql: &str) -> i64 {
        let value = diesel::dsl::sql::<BigInt>(&format!("({sql})"));
        diesel::select(value).get_result(&mut self.conn()).unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    pub(crate) fn text(&self, sql: &str) -> String {
        let value = diesel::dsl::sql::<diesel::sql_types::Text>(&format!("({sql})::text"));
        diesel::select(value).get_result(&mut self.conn()).unwrap_or_else(|e| panic!("{sql}: {e}"))
    }

    /// Does what the clockwork does every minute.
    pub(crate) async fn open_windows(&self) -> usize {
        worker::open_windows(&self.state().shop).await.expect("windows")
    }

    /// Sends the letters that are due, as the postman does twice a second.
    pub(crate) fn send_mail(&self) -> usize {
        self.state();
        let assembled = self.assembled.get().expect("a shop");
        let mut postman = assembled.postman.lock().expect("a postman");
        postman.count().expect("figures");
        postman.round().expect("a round")
    }

    /// The letters that have left, newest first.
    pub(crate) fn letters(&self) -> Vec<Kept> {
        let folder = Path::new(&self.database.folder()).join("mail");
        Mailbox(folder).letters("", None, 1_000).expect("the folder")
    }

    /// Waits until all footsteps so far are in the database.
    pub(crate) fn flush(&self) {
        self.state().shop.recorder.flush();
    }

    /// What the shop asked its database while `doing` went on, without its own upkeep.
    pub(crate) async fn queries_of<T>(&self, doing: impl Future<Output = T>) -> Vec<String> {
        self.state();
        let before = queries::of(&self.database.name).len();
        doing.await;
        let mut queries = queries::of(&self.database.name).split_off(before);
        // Footsteps are written, and connections opened, behind the pages' backs.
        queries.retain(|sql| !sql.contains("journey_events") && !sql.starts_with("SET "));
        queries
    }

    /// Whether that many connections to this shop's database stand in line for a lock.
    pub(crate) fn is_blocked(&self, count: i64) -> bool {
        let waiting = format!(
            "(SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock')",
            self.database.name
        );
        diesel::select(diesel::dsl::sql::<BigInt>(&waiting)).get_result(&mut server::admin()) == Ok(count)
    }

    /// Waits until that many connections to this shop's database stand in line for a lock.
    pub(crate) fn wait_until_blocked(&self, count: i64) {
        let mut admin = server::admin();
        let waiting = format!(
            "(SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND wait_event_type = 'Lock')",
            self.database.name
        );
        wait_for("everybody to meet at the lock", || {
            diesel::select(diesel::dsl::sql::<BigInt>(&waiting)).get_result(&mut admin) == Ok(count)
        });
    }
}

impl TestShop {
    /// Two who meet at an order's row, each with a connection of their own: the first one has come to stand in
    /// line for it before the second one begins.
    pub(crate) fn at_once<A: Send, B: Send>(
        &self,
        order: OrderId,
        first: impl FnOnce(&mut PgConnection) -> A + Send,
        second: impl FnOnce(&mut PgConnection) -> B + Send,
    ) -> (A, B) {
        let (mut holder, mut one, mut other) = (self.conn(), self.conn(), self.conn());
        Transactions::begin_transaction(&mut holder).expect("a transaction");
        orders::lock_order(&mut holder, order).expect("the row");
        std::thread::scope(|scope| {
            let first = scope.spawn(move || first(&mut one));
            self.wait_until_blocked(1);
            let second = scope.spawn(move || second(&mut other));
            self.wait_until_blocked(2);
            Transactions::commit_transaction(&mut holder).expect("let go");
            (first.join().expect("an end"), second.join().expect("an end"))
        })
    }
}

type Transactions = <PgConnection as Connection>::TransactionManager;

/// Waits for something that ought to come within a moment.
pub(crate) fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_there() {
        assert!(begun.elapsed() < Duration::from_secs(20), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

impl Drop for TestShop {
    /// Nothing is left over: no thread, no error in the log, no database.
    fn drop(&mut self) {
        if let Some(Assembled { state, journeys, .. }) = self.assembled.take() {
            state.shop.app.changes.stop();
            state.shop.recorder.flush();
            drop(state);
            if !std::thread::panicking() {
                wait_for("the thread that writes footsteps to end", || journeys.is_finished());
            }
        }
        if !std::thread::panicking() {
            logbook::assert_no_errors();
        }
    }
}
