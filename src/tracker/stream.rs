//! What pages hear while they are open: server-sent events that say only that there is something new; the
//! page then fetches itself.

use super::access::private;
use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use bytes::Bytes;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// A line that has been still for so long is told so, that nobody on the way cuts it.
pub(super) const PING: Duration = Duration::from_secs(15);
/// How long a browser waits before it comes again.
pub(super) const RETRY: &str = "retry: 3000\n\n";
/// Open streams of everybody.
const MOST: usize = 20_000;

/// How many streams are open, by address.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<IpAddr, u32>>>);

/// A place among them, given back when it is dropped.
pub(super) struct Seat {
    streams: Streams,
    address: IpAddr,
}

impl Streams {
    pub(super) fn take(&self, address: IpAddr, most: u32) -> Option<Seat> {
        let mut open = self.lock();
        if open.values().map(|n| *n as usize).sum::<usize>() >= MOST {
            return None;
        }
        let count = open.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat { streams: self.clone(), address })
    }

    pub fn count(&self) -> u32 {
        self.lock().values().sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

/// Somebody who listens.
pub(super) trait Listens: Sized + 'static {
    /// Waits for what is to be said next.
    async fn go_on(self) -> Sent<Self>;
}

/// What is sent, and who goes on listening; nobody when it is over.
pub(super) type Sent<L> = (Option<L>, Bytes);

/// What begins so, and goes on as long as its connection or until nobody goes on listening.
pub(super) fn stream<L: Listens>(begun: impl Future<Output = Sent<L>> + 'static) -> HttpResponse {
    let mut response = HttpResponse::with_body(StatusCode::OK, Stream { next: Some(Box::pin(begun)) });
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    private(response.map_into_boxed_body())
}

type Saying<L> = Pin<Box<dyn Future<Output = Sent<L>>>>;

struct Stream<L: Listens> {
    next: Option<Saying<L>>,
}

impl<L: Listens> MessageBody for Stream<L> {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        match next.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready((listener, bytes)) => {
                let is_over = listener.is_none();
                self.next = listener.map(|l| Box::pin(l.go_on()) as Saying<L>);
                Poll::Ready((!is_over).then_some(Ok(bytes)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_given_back_and_an_address_has_only_so_many() {
        let streams = Streams::default();
        let (one, other) = ("192.0.2.1".parse().expect("ip"), "192.0.2.2".parse().expect("ip"));
        let first = streams.take(one, 2).expect("a seat");
        let second = streams.take(one, 2).expect("a seat");
        assert!(streams.take(one, 2).is_none());
        let others = streams.take(other, 2).expect("a seat of their own");
        assert_eq!(streams.count(), 3);
        drop((first, second, others));
        assert_eq!(streams.count(), 0);
        assert!(streams.lock().is_empty());
    }
}
