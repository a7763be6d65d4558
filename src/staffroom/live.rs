//! Word to boards that are open: a stream of server-sent events. It says only that something has
//! happened to an order; the page then fetches itself, as whoever is signed in by then.

use super::who::Staffer;
use crate::db::WatchingAll;
use crate::error::AppError;
use crate::storefront::Shop;
use crate::web::{AT_ONCE, Listens, PING, Sent, stream};
use actix_web::HttpResponse;
use actix_web::rt::time::{Instant, sleep, timeout};
use actix_web::web::Data;
use bytes::Bytes;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Boards open at one instance: more than any shop has colleagues.
static SEATS: Semaphore = Semaphore::const_new(500);
/// Those who watch a demonstration's town take nobody's seat.
static ONLOOKERS: Semaphore = Semaphore::const_new(200);
/// Then it ends, and the browser comes again: if its session is still open.
const LONGEST: Duration = Duration::from_secs(600);
/// How long a browser waits before it comes again.
const BEGIN: &str = "retry: 2000\n\nevent: board\ndata: begun\n\n";
const NEWS: &str = "event: board\ndata: news\n\n";
const STILL: &str = "event: still\ndata: \n\n";

/// # Errors
/// `Busy` when more boards are open than there are seats.
pub(crate) async fn listen(shop: Data<Shop>, _who: Staffer) -> Result<HttpResponse, AppError> {
    follow(&shop, &SEATS)
}

/// The same for whoever may look without signing in.
///
/// # Errors
/// `Busy` when more boards are open than there are seats.
pub(crate) fn watch(shop: &Shop) -> Result<HttpResponse, AppError> {
    follow(shop, &ONLOOKERS)
}

fn follow(shop: &Shop, seats: &'static Semaphore) -> Result<HttpResponse, AppError> {
    let seat = seats.try_acquire().map_err(|_| AppError::Busy)?;
    let watching = shop.app.changes.watch_all();
    let board = Board { watching, until: Instant::now() + LONGEST, _seat: seat };
    Ok(stream(async { (Some(board), Bytes::from_static(BEGIN.as_bytes())) }))
}

struct Board {
    watching: WatchingAll,
    until: Instant,
    _seat: SemaphorePermit<'static>,
}

impl Listens for Board {
    async fn go_on(mut self) -> Sent<Self> {
        if Instant::now() >= self.until {
            return (None, Bytes::new());
        }
        match timeout(PING, self.watching.changed()).await {
            Ok(true) => {
                sleep(AT_ONCE).await;
                (Some(self), Bytes::from_static(NEWS.as_bytes()))
            }
            Ok(false) => (None, Bytes::new()),
            Err(_) => (Some(self), Bytes::from_static(STILL.as_bytes())),
        }
    }
}
