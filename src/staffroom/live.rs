//! Word to boards that are open: a stream of server-sent events. It says only that something has
//! happened to an order; the page then fetches itself, as whoever is signed in by then.

use super::who::Staffer;
use crate::db::WatchingAll;
use crate::error::AppError;
use crate::storefront::Shop;
use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::rt::time::{Instant, sleep, timeout};
use actix_web::web::Data;
use bytes::Bytes;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Boards open at one instance: more than any shop has colleagues.
static SEATS: Semaphore = Semaphore::const_new(500);
/// Those who watch a demonstration's town take nobody's seat.
static ONLOOKERS: Semaphore = Semaphore::const_new(200);
/// What happens within so short a time is one word, however much it is.
const AT_ONCE: Duration = Duration::from_millis(300);
/// A line that has been still for so long is told so, that nobody on the way cuts it.
const PING: Duration = Duration::from_secs(15);
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
    let begun: Saying = Box::pin(async { (Some(board), Bytes::from_static(BEGIN.as_bytes())) });
    let mut response = HttpResponse::with_body(StatusCode::OK, Words { next: Some(begun) });
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response.map_into_boxed_body())
}

struct Board {
    watching: WatchingAll,
    until: Instant,
    _seat: SemaphorePermit<'static>,
}

/// What is sent, and who goes on listening; nobody when it is over.
type Saying = Pin<Box<dyn Future<Output = (Option<Board>, Bytes)>>>;

impl Board {
    async fn go_on(mut self) -> (Option<Self>, Bytes) {
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

/// A body that is done when there is nobody any more to go on.
struct Words {
    next: Option<Saying>,
}

impl MessageBody for Words {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        match next.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready((board, bytes)) => {
                let is_over = board.is_none();
                self.next = board.map(|board| Box::pin(board.go_on()) as Saying);
                Poll::Ready((!is_over).then_some(Ok(bytes)))
            }
        }
    }
}
