//! Word of an order as it comes, to pages that are open; of its rider, in the words of the page.

use super::access::{Caller, Sight, clock_words, private, voice};
use super::dossier::Run;
use super::stream::{RETRY, Seat, Streams};
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
use crate::web::{Client, Listens, PING, Sent, stream};
use actix_web::rt::time::timeout;
use actix_web::web::{Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use bytes::Bytes;
use diesel::prelude::*;

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
    let may_end = sight != Sight::Owner || caller.customer().is_some();
    let who = may_end.then_some((caller, number));
    let listener = Listener { app: shop.app.clone(), voice, watching, who, _seat: seat };
    Ok(private(stream(listener.begin())))
}

struct Listener {
    app: App,
    voice: Voice,
    watching: Watching,
    /// Who listens by a link or a session, and to what: it may be shut meanwhile, or be over.
    who: Option<(Caller, OrderNumber)>,
    _seat: Seat,
}

impl Listens for Listener {
    async fn go_on(mut self) -> Sent<Self> {
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
}

impl Listener {
    async fn begin(self) -> Sent<Self> {
        let news = self.news().await;
        (Some(self), format!("{RETRY}{news}").into())
    }

    /// A link that is shut or over opens nothing any more, nor does a session; no stream goes on by them
    /// either.
    async fn may_listen(&self) -> bool {
        let Some((caller, number)) = self.who.clone() else { return true };
        let now = self.app.clock.now();
        let may = move |conn: &mut PgConnection| {
            Ok::<_, AppError>(caller.is_here(conn, now)? && caller.look(conn, &number, now)?.is_some())
        };
        // Where that cannot be read the line ends: the page asks anew.
        self.app.read(may).await.unwrap_or(false)
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
