//! Word of an order as it comes, to pages that are open: a stream of server-sent events. It says
//! only that there is something new; the page then fetches itself.

use super::access::{Caller, Sight, clock_words, private, voice};
use super::dossier::Run;
use super::way::Way;
use super::words::Voice;
use crate::app::App;
use crate::db::Watching;
use crate::delivery::{self, DropState};
use crate::error::AppError;
use crate::events;
use crate::ids::{OrderId, OrderNumber};
use crate::promises::{self, Forecast};
use crate::storefront::{Shop, Visit};
use crate::web::Client;
use actix_web::body::{BodySize, MessageBody};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::rt::time::timeout;
use actix_web::web::{Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use bytes::Bytes;
use diesel::prelude::*;
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// A line that has been still for so long is told so, that nobody on the way cuts it.
const PING: Duration = Duration::from_secs(15);
/// How long a browser waits before it comes again.
const RETRY: &str = "retry: 3000\n\n";
/// Open streams of everybody.
const MOST: usize = 20_000;

/// How many streams are open, by address.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<IpAddr, u32>>>);

/// A place among them, given back when it is dropped.
struct Seat {
    streams: Streams,
    address: IpAddr,
}

impl Streams {
    fn take(&self, address: IpAddr, most: u32) -> Option<Seat> {
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

pub(super) async fn listen(
    shop: Data<Shop>,
    streams: Data<Streams>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let (there, asked, by) = (voice.clone(), number.clone(), caller.clone());
    let (order, sight) = shop.app.db(move |conn| by.find(conn, &asked, &there)).await?;
    let address = request.extensions().get::<Client>().map(|c| c.address).ok_or(AppError::Busy)?;
    let seat = streams.take(address, shop.app.config.limits.streams_at_once).ok_or(AppError::TooMany)?;
    // Before the first version is read: what happens in between is not missed.
    let watching = shop.app.changes.watch(order.id);
    let link = (sight != Sight::Owner).then_some((caller, number));
    let listener = Listener { app: shop.app.clone(), voice, watching, link, _seat: seat };
    let mut response =
        HttpResponse::with_body(StatusCode::OK, Stream { next: Some(Box::pin(listener.begin())) });
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(private(response.map_into_boxed_body()))
}

struct Listener {
    app: App,
    voice: Voice,
    watching: Watching,
    /// Who listens by a link, and to what: it may be shut meanwhile, or be over.
    link: Option<(Caller, OrderNumber)>,
    _seat: Seat,
}

/// What is sent, and who goes on listening; nobody when it is over.
type Sent = (Option<Listener>, Bytes);

impl Listener {
    async fn begin(self) -> Sent {
        let news = self.news().await;
        (Some(self), format!("{RETRY}{news}").into())
    }

    async fn go_on(mut self) -> Sent {
        let word = timeout(PING, self.watching.changed()).await;
        if !self.may_listen().await {
            return (None, Bytes::new());
        }
        match word {
            Ok(true) => {
                let news = self.news().await;
                (Some(self), news.into())
            }
            Ok(false) => (None, Bytes::new()),
            Err(_) => {
                let still = format!("event: still\ndata: {}\n\n", self.time());
                (Some(self), still.into())
            }
        }
    }

    /// A link that is shut or over opens nothing any more, and no stream goes on by it either.
    async fn may_listen(&self) -> bool {
        let Some((caller, number)) = self.link.clone() else { return true };
        let now = self.app.clock.now();
        let seen = self.app.read(move |conn| caller.look(conn, &number, now)).await;
        // Where that cannot be read the line ends: the page asks anew.
        seen.is_ok_and(|seen| seen.is_some())
    }

    /// The order's newest version. Where that cannot be read the page is told all the
    /// same: it will find out.
    async fn news(&self) -> String {
        let order = self.watching.order();
        let read = move |conn: &mut PgConnection| {
            let forecast = promises::forecast_of(conn, order)?;
            let version = version(events::version(conn, order.0)?, forecast.as_ref());
            Ok::<_, AppError>((version, coming(conn, order)?))
        };
        match self.app.read(read).await {
            Ok((version, coming)) => format!("event: order\ndata: {version}\n\n{}", self.rider(coming)),
            Err(_) => "event: order\ndata: unknown\n\n".to_owned(),
        }
    }

    /// How far the rider is, in the words of the page; nothing unless they are on the way to this door.
    fn rider(&self, coming: Option<(Run, String)>) -> String {
        let Some((run, name)) = coming else { return String::new() };
        let voice = Voice { now: self.app.clock.now(), ..self.voice.clone() };
        let far = voice.far(run, &name);
        let (point, words, picture, x) = (&far.point, &far.words, &far.picture, Way::of(&far).rider);
        let data = serde_json::json!({ "point": point, "words": words, "picture": picture, "x": x });
        format!("event: rider\ndata: {data}\n\n")
    }

    fn time(&self) -> String {
        clock_words(&self.voice, self.app.clock.now())
    }
}

/// Who is on the way with it, and where they are.
fn coming(conn: &mut PgConnection, order: OrderId) -> QueryResult<Option<(Run, String)>> {
    let drop = delivery::last_drop(conn, order)?.filter(|drop| drop.state == DropState::OnTheWay);
    let Some((drop, rider)) = drop.and_then(|drop| Some((drop.id, drop.rider_id?))) else { return Ok(None) };
    let name = delivery::rider(conn, rider)?.map(|r| r.first_name);
    Ok(Run::of(conn, drop, rider)?.zip(name))
}

/// What an order's page says is of this version: of its last event, and of the newest forecast.
pub(super) fn version(event: i64, forecast: Option<&Forecast>) -> String {
    match forecast.and_then(|f| f.from_at.zip(f.to_at)) {
        Some((from, to)) => format!("{event}-{}-{}", from.timestamp() / 60, to.timestamp() / 60),
        None => event.to_string(),
    }
}

/// A body that is never done by itself. It lives as long as its connection.
struct Stream {
    next: Option<Pin<Box<dyn Future<Output = Sent>>>>,
}

impl MessageBody for Stream {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let Some(next) = &mut self.next else { return Poll::Ready(None) };
        match next.as_mut().poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready((listener, bytes)) => {
                let over = listener.is_none();
                self.next = listener.map(|l| Box::pin(l.go_on()) as Pin<Box<dyn Future<Output = Sent>>>);
                Poll::Ready((!over).then_some(Ok(bytes)))
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
