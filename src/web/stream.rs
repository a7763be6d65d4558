//! Server-sent events: what an open page hears, for as long as somebody goes on telling.

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use bytes::Bytes;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// A line that has been still for so long is told so, that nobody on the way cuts it.
pub(crate) const PING: Duration = Duration::from_secs(15);
/// What happens within so short a time is one word, however much it is.
pub(crate) const AT_ONCE: Duration = Duration::from_millis(300);

/// Somebody who listens.
pub(crate) trait Listens: Sized + 'static {
    /// Waits for what is to be said next.
    async fn go_on(self) -> Sent<Self>;
}

/// What is sent, and who goes on listening; nobody when it is over.
pub(crate) type Sent<L> = (Option<L>, Bytes);

/// What begins so, and goes on as long as its connection or until nobody goes on listening.
pub(crate) fn stream<L: Listens>(begun: impl Future<Output = Sent<L>> + 'static) -> HttpResponse {
    let mut response = HttpResponse::with_body(StatusCode::OK, Stream { next: Some(Box::pin(begun)) });
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response.map_into_boxed_body()
}

type Saying<L> = Pin<Box<dyn Future<Output = Sent<L>>>>;

/// A body that is done when there is nobody any more to go on.
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
