//! Word of the orders on a page of the list: that one of them is not as it was, or that there is another.

use super::access::{Caller, clock_words, private, voice};
use super::list::{Before, shown};
use super::stream::{RETRY, Seat, Streams};
use super::words::Voice;
use crate::app::App;
use crate::db::WatchingSome;
use crate::error::AppError;
use crate::events;
use crate::ids::OrderId;
use crate::storefront::{Shop, Visit};
use crate::web::{AT_ONCE, Client, Listens, PING, Sent, stream};
use actix_web::rt::time::{sleep, timeout};
use actix_web::web::{Data, Query};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use bytes::Bytes;
use diesel::prelude::*;
use std::time::Duration;

/// Who has no orders has nothing to hear of.
pub(super) async fn listen(
    shop: Data<Shop>,
    streams: Data<Streams>,
    request: HttpRequest,
    visit: Visit,
    query: Query<Before>,
) -> Result<HttpResponse, AppError> {
    let (caller, before) = (Caller::of(&shop, &request, &visit).await?, query.into_inner());
    let seen = Page { caller, before, orders: Vec::new() };
    let orders = seen.look(&shop.app).await?.ok_or(AppError::NotFound)?;
    let address = request.extensions().get::<Client>().map(|c| c.address).ok_or(AppError::Busy)?;
    let seat = streams.take(address, shop.app.config.limits.streams_at_once).ok_or(AppError::TooMany)?;
    // Before the first version is read: what happens in between is not missed.
    let watching = shop.app.changes.watch_some(&orders);
    let page = Page { orders, ..seen };
    let (app, voice) = (shop.app.clone(), voice(&shop));
    let listener = Listener { app, voice, page, watching, told: String::new(), _seat: seat };
    Ok(private(stream(listener.begin())))
}

/// A page of the list, as somebody has it open.
#[derive(Clone)]
struct Page {
    caller: Caller,
    before: Before,
    orders: Vec<OrderId>,
}

impl Page {
    /// The orders on it now. Nothing where there are none, or where the session is over that showed them.
    async fn look(&self, app: &App) -> Result<Option<Vec<OrderId>>, AppError> {
        let (page, now) = (self.clone(), app.clock.now());
        let read = move |conn: &mut PgConnection| {
            if !page.caller.is_here(conn, now)? {
                return Ok::<_, AppError>(None);
            }
            let (orders, _) = shown(conn, &page.caller, &page.before)?;
            let ids: Vec<OrderId> = orders.iter().map(|o| o.id).collect();
            Ok(Some(ids).filter(|ids| !ids.is_empty()))
        };
        app.read(read).await
    }

    async fn version(&self, app: &App) -> Result<String, AppError> {
        let orders = self.orders.clone();
        app.read(move |conn| version(conn, &orders)).await
    }
}

/// What a page of these orders says is of this version: of their last event.
pub(super) fn version(conn: &mut PgConnection, orders: &[OrderId]) -> QueryResult<String> {
    let subjects: Vec<_> = orders.iter().map(|id| id.0).collect();
    Ok(format!("{}-{}", orders.len(), events::newest(conn, &subjects)?))
}

struct Listener {
    app: App,
    voice: Voice,
    page: Page,
    watching: WatchingSome,
    /// The version that was said last.
    told: String,
    _seat: Seat,
}

impl Listens for Listener {
    async fn go_on(mut self) -> Sent<Self> {
        loop {
            let word = timeout(PING, self.watching.changed()).await;
            if word == Ok(false) {
                return (None, Bytes::new());
            }
            sleep(if word.is_ok() { AT_ONCE } else { Duration::ZERO }).await;
            let Some(news) = self.news().await else { return (None, Bytes::new()) };
            if !news.is_empty() {
                return (Some(self), news.into());
            }
            if word.is_err() {
                let still =
                    format!("event: still\ndata: {}\n\n", clock_words(&self.voice, self.app.clock.now()));
                return (Some(self), still.into());
            }
        }
    }
}

impl Listener {
    async fn begin(mut self) -> Sent<Self> {
        match self.news().await {
            Some(news) => (Some(self), format!("{RETRY}{news}").into()),
            None => (None, Bytes::new()),
        }
    }

    /// The page's newest version, unless it was said before; another order may be on it. Where that cannot
    /// be read, or the session is over, the line ends: the browser comes again as who it is then.
    async fn news(&mut self) -> Option<String> {
        let orders = self.page.look(&self.app).await.ok()??;
        if orders != self.page.orders {
            self.watching = self.app.changes.watch_some(&orders);
            self.page.orders = orders;
        }
        let version = self.page.version(&self.app).await.ok()?;
        if version == self.told {
            return Some(String::new());
        }
        self.told.clone_from(&version);
        Some(format!("event: order\ndata: {version}\n\n"))
    }
}
