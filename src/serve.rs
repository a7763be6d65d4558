//! Putting the shop together and running it: database, shelves, pages, server; and
//! taking it apart again in the right order.

use crate::accounts::Passwords;
use crate::app::App;
use crate::autopilot::{self, Autopilot};
use crate::basket::Kept;
use crate::catalog::Shelf;
use crate::clock::Clock;
use crate::config::{Config, Database};
use crate::db::private::{PrivatePostgres, Settings};
use crate::db::{self, Change, Changes, Follower, PgPool, SERVING_ROLE};
use crate::delivery::{Atlas, Upcoming};
use crate::journeys::Recorder;
use crate::notifications;
use crate::outside::mail::{Mailbox, Mailer, Postman};
use crate::routes::{State, routes};
use crate::sign::Signer;
use crate::storefront::{Alike, Shop, Tops};
use crate::tracker::Streams;
use crate::web::{CachedPages, Front, Metrics, assets, front};
use crate::worker;
use actix_web::HttpServer;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use diesel::prelude::*;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Why the shop did not start, as one sentence with the remedy.
pub type Sorry = Box<dyn std::error::Error + Send + Sync>;

/// The database the settings name, or a private one.
pub struct Reached {
    pub url: String,
    pub owner_url: String,
    /// Stops when it is dropped; the shop's last act.
    pub private: Option<PrivatePostgres>,
}

/// Finds the database, starting the private one where none is configured.
///
/// # Errors
/// One sentence with the remedy.
pub fn reach_database(settings: &Database) -> Result<Reached, Sorry> {
    if let Some(url) = &settings.url {
        let owner_url = settings.owner_url.clone().unwrap_or_else(|| url.clone());
        return Ok(Reached { url: url.clone(), owner_url, private: None });
    }
    let private = PrivatePostgres::start(
        &settings.data_dir.join("postgres"),
        &Settings {
            binaries: settings.postgres_binaries.clone(),
            max_connections: settings.connections.max(20) * 2 + 20,
            durable: true,
        },
    )?;
    let (url, owner_url) =
        (private.url(SERVING_ROLE, "smartshop"), private.url("smartshop_owner", "smartshop"));
    Ok(Reached { url, owner_url, private: Some(private) })
}

/// # Errors
/// One sentence with the remedy.
pub fn connect_owner(url: &str) -> Result<PgConnection, Sorry> {
    PgConnection::establish(url).map_err(|e| {
        format!("the database does not answer ({e}); check SMARTSHOP_DATABASE_URL and that it is running")
            .into()
    })
}

/// A shop put together, ready to answer.
pub struct Assembled {
    pub state: State,
    /// Ends once the last shop is gone and everything is written.
    pub journeys: JoinHandle<()>,
    /// Sends letters once they are started, or when a test says so.
    pub postman: Mutex<Postman>,
}

/// Puts a shop together over a database that has its migrations.
///
/// # Errors
/// When the database does not answer or no thread can be started.
pub fn assemble(config: Config, url: &str, clock: Clock, demo: bool) -> Result<Assembled, Sorry> {
    let pool: PgPool = db::connect(url, config.database.connections)?;
    let signer = Signer::load(&mut *pool.get()?)?;
    let changes = Changes::default();
    let shelf = Shelf::new();
    let metrics = Data::new(Metrics::new());
    let (recorder, journeys) = Recorder::start(pool.clone(), metrics.clone())?;
    let baskets = Kept::new(changes.clone());
    let app = App::new(config.clone(), pool, clock.clone(), changes.clone(), signer);
    let followers = vec![shelf_follower(&shelf, &clock), basket_follower(&baskets), outbox_follower(&app)];
    changes.follow(url.to_owned(), followers)?;
    let mailer = Arc::new(Mailer::new(&config.mail, &config.database.data_dir, demo)?);
    let mailbox = mailer.folder().filter(|_| demo).map(|folder| Mailbox(folder.to_owned()));
    let postman = postman(url, &mailer, &clock, &metrics);
    let started = u64::try_from(clock.now().timestamp()).unwrap_or(0);
    let front = Data::new(Front::new(&config, metrics.clone(), started));
    let (form_bytes, cache) = (config.limits.form_bytes, config.server.page_cache_bytes);
    let shop = Data::new(Shop {
        pages: CachedPages::new(cache, changes.clone()),
        alike: Alike::new(changes.clone()),
        app,
        shelf,
        upcoming: Arc::new(Upcoming::new(changes.clone())),
        atlas: Arc::new(Atlas::new(changes)),
        baskets,
        recorder,
        metrics: metrics.clone(),
        tops: Tops::default(),
        passwords: Passwords::default(),
        demo,
    });
    Ok(Assembled {
        state: State {
            shop,
            front,
            metrics,
            form_bytes,
            streams: Data::new(Streams::default()),
            mailbox,
            sandbox: None,
            sandbox_carrier: None,
            autopilot: demo.then(|| Autopilot::of(&config)),
        },
        journeys,
        postman: Mutex::new(postman),
    })
}

fn postman(url: &str, mailer: &Arc<Mailer>, clock: &Clock, metrics: &Data<Metrics>) -> Postman {
    let metrics = metrics.clone();
    Postman::new(url, Arc::clone(mailer), clock.clone(), notifications::note, move |figures| {
        metrics.mail_waiting.set(figures.waiting);
        metrics.mail_failed.set(figures.failed);
    })
}

fn shelf_follower(shelf: &Shelf, clock: &Clock) -> Follower {
    let (shelf, clock) = (shelf.clone(), clock.clone());
    Box::new(move |conn, changes| shelf.follow(conn, changes, &clock))
}

/// Takes as many open files as the system lets us have: each page that is open with news coming in is
/// one, and many systems begin with a thousand.
pub fn take_all_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(e) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        log::warn!("no more than {:?} files can be open at once: {e}", limit.current);
    }
}

/// Takes the address, before anything else is begun.
///
/// # Errors
/// One sentence with the remedy.
pub fn listen(config: &Config) -> Result<TcpListener, Sorry> {
    let address = config.server.listen;
    TcpListener::bind(address).map_err(|e| cannot_listen(&e, address))
}

fn basket_follower(baskets: &Kept) -> Follower {
    let baskets = baskets.clone();
    Box::new(move |_, changes| {
        baskets.follow(changes);
        Ok(())
    })
}

/// Wakes whoever does the outbox's work, in every instance.
fn outbox_follower(app: &App) -> Follower {
    let bell = app.outbox.clone();
    Box::new(move |_, changes| {
        if changes.iter().any(|c| matches!(c, Change::Outbox | Change::Everything)) {
            bell.send_modify(|n| *n = n.wrapping_add(1));
        }
        Ok(())
    })
}

/// Answers until told to stop (SIGTERM, SIGINT); requests in flight end first.
///
/// # Errors
/// When the server cannot be started.
pub async fn serve(assembled: Assembled, config: &Config, listener: TcpListener) -> Result<(), Sorry> {
    let state = assembled.state.clone();
    let listen = config.server.listen;
    let workers = match config.server.workers {
        0 => std::thread::available_parallelism().map_or(2, usize::from),
        n => n,
    };
    let server = HttpServer::new(move || {
        actix_web::App::new().configure(routes(state.clone())).wrap(from_fn(front::pass))
    })
    .client_request_timeout(Duration::from_secs(config.server.client_seconds))
    .client_disconnect_timeout(Duration::from_secs(2))
    .keep_alive(Duration::from_secs(75))
    .shutdown_timeout(config.server.shutdown_seconds)
    .workers(workers)
    // More threads than connections only wait, and each keeps memory of its own.
    .worker_max_blocking_threads((config.database.connections as usize).div_ceil(workers))
    .listen(listener)?
    .run();
    let Assembled { state, journeys, postman } = assembled;
    let closing = Arc::new(AtomicBool::new(false));
    let post = postman.into_inner().unwrap_or_else(PoisonError::into_inner).start(Arc::clone(&closing))?;
    let mut clockwork = worker::start(&state.shop);
    if let Some(autopilot) = state.autopilot.filter(|autopilot| autopilot.is_on()) {
        clockwork.push(actix_web::rt::spawn(autopilot::fly(state.shop.app.clone(), autopilot)));
    }
    std::thread::spawn(assets::warm);
    let closing_streams = actix_web::rt::spawn(end_streams(state.shop.app.changes.clone()));
    println!("SmartShop is open on http://{listen}");
    server.await?;
    closing_streams.abort();
    clockwork.iter().for_each(actix_web::rt::task::JoinHandle::abort);
    state.shop.app.changes.stop();
    state.shop.recorder.flush();
    closing.store(true, Ordering::Release);
    // A letter in hand is sent to its end, unless the mail server takes its time.
    for _ in 0..20 {
        if post.is_finished() {
            break;
        }
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    drop((state, journeys));
    log::info!("the shop is closed");
    Ok(())
}

/// Open pages of orders hold their streams open for as long as they are looked at: they end as
/// soon as the shop is told to close, not when its patience does.
async fn end_streams(changes: Changes) {
    use actix_web::rt::signal::ctrl_c;
    use actix_web::rt::signal::unix::{SignalKind, signal};
    let Ok(mut told) = signal(SignalKind::terminate()) else { return };
    let also = changes.clone();
    let interrupted = actix_web::rt::spawn(async move {
        if ctrl_c().await.is_ok() {
            also.stop_watching();
        }
    });
    told.recv().await;
    interrupted.abort();
    changes.stop_watching();
}

fn cannot_listen(e: &std::io::Error, listen: std::net::SocketAddr) -> Sorry {
    let next = listen.port().checked_add(1).unwrap_or(8080);
    if e.kind() == std::io::ErrorKind::AddrInUse {
        return format!(
            "{listen} is taken by another program; stop that one, or set SMARTSHOP_LISTEN to another address, such as {}:{next}",
            listen.ip()
        )
        .into();
    }
    if e.kind() == std::io::ErrorKind::PermissionDenied {
        return format!("{listen} may not be used by this user; set SMARTSHOP_LISTEN to a port above 1023")
            .into();
    }
    format!("the shop cannot listen on {listen}: {e}; set SMARTSHOP_LISTEN").into()
}
