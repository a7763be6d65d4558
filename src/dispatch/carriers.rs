//! What carriers were asked, what became of it, and their words that somebody has to look at.

use crate::carriers;
use crate::delivery::{self, Booking, BookingState, CarrierWord, Drop, WordDecision};
use crate::error::AppError;
use crate::ids::{BookingId, DropId, OrderId};
use crate::orders;
use crate::staffroom::{Area, Room, Said, Staffer, answer, done, moment};
use crate::storefront::Shop;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::web::{Data, Form as Sent, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Duration, Utc};
use diesel::PgConnection;
use diesel::result::QueryResult;
use serde::Deserialize;
use std::collections::HashMap;

const PAGE: &str = "/dispatch/carriers";
const A_PAGE: usize = 30;
/// So many words are shown at once, and counted on the board.
pub(super) const MOST_STRANGE: i64 = 50;
/// Earlier ones like it are counted so far.
const MOST_ALIKE: i64 = 1_000;
/// What waits for what it is about is no matter for a person before.
pub(super) const WAITS_TOO_LONG: Duration = Duration::minutes(1);

#[derive(Deserialize)]
pub(super) struct Behind {
    at: Option<DateTime<Utc>>,
    after: Option<BookingId>,
}

struct Read {
    /// The page's, and one more.
    bookings: Vec<(Booking, Option<Drop>)>,
    /// With the order each is about, and for how many others it stands.
    words: Vec<(CarrierWord, Option<OrderId>, i64)>,
    numbers: HashMap<OrderId, String>,
}

/// A booking.
struct Line {
    id: DropId,
    number: String,
    carrier: String,
    reference: String,
    follow: Option<String>,
    asked: String,
    state: (&'static str, &'static str, &'static str),
    words: String,
    has_label: bool,
    can_cancel: bool,
}

/// A word that came to nothing.
struct Strange {
    carrier: String,
    name: String,
    id: String,
    reference: String,
    number: Option<String>,
    said: String,
    at: String,
    why: &'static str,
    /// `and 3 earlier ones from which nothing followed`
    others: Option<String>,
}

#[derive(Template)]
#[template(path = "dispatch/carriers.html")]
struct CarriersPage {
    room: Room,
    lines: Vec<Line>,
    strange: Vec<Strange>,
    next: Option<String>,
    is_first: bool,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    behind: Query<Behind>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (behind, now) = (behind.at.zip(behind.after), shop.app.clock.now());
    let read = shop.app.read(move |conn| read(conn, behind, now)).await?;
    let last = read.bookings.get(A_PAGE - 1).filter(|_| read.bookings.len() > A_PAGE);
    let page = CarriersPage {
        room: who.room(Some(Area::Dispatch), "Carriers"),
        lines: read
            .bookings
            .iter()
            .take(A_PAGE)
            .map(|(b, drop)| line(&shop, &read, b, drop.as_ref()))
            .collect(),
        strange: read
            .words
            .iter()
            .map(|(word, order, others)| strange(&shop, &read, word, *order, *others))
            .collect(),
        next: last.map(|(booking, _)| next(booking)),
        is_first: behind.is_none(),
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

fn read(
    conn: &mut PgConnection,
    behind: Option<(DateTime<Utc>, BookingId)>,
    now: DateTime<Utc>,
) -> QueryResult<Read> {
    let mut bookings = Vec::new();
    for booking in delivery::newest_bookings(conn, behind, i64::try_from(A_PAGE + 1).unwrap_or(i64::MAX))? {
        let drop = delivery::drop_by_id(conn, booking.drop_id)?;
        bookings.push((booking, drop));
    }
    let mut words = Vec::new();
    for word in delivery::strange_words(conn, now - WAITS_TOO_LONG, MOST_STRANGE)? {
        let about = delivery::booking_named(conn, &word.carrier, &word.reference)?;
        let others = match word.decision {
            WordDecision::UnknownState => {
                delivery::covered_words_count(conn, (&word.carrier, &word.reference), MOST_ALIKE)?
            }
            WordDecision::Waiting
            | WordDecision::Applied
            | WordDecision::AlreadyTrue
            | WordDecision::TooLate
            | WordDecision::NotOurs => 0,
        };
        words.push((word, about.map(|booking| booking.order_id), others));
    }
    let mut ids: Vec<OrderId> = bookings.iter().map(|(booking, _)| booking.order_id).collect();
    ids.extend(words.iter().filter_map(|(_, order, _)| *order));
    let numbers = orders::orders_by_ids(conn, &ids)?.into_iter().map(|o| (o.id, o.number.to_string()));
    Ok(Read { numbers: numbers.collect(), bookings, words })
}

fn next(booking: &Booking) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("at", &booking.asked_at.to_rfc3339())
        .append_pair("after", &booking.id.to_string())
        .finish()
}

fn label_of(shop: &Shop, name: &str) -> String {
    shop.app.carriers.by_name(name).map_or_else(|| name.to_owned(), |carrier| carrier.label().to_owned())
}

fn line(shop: &Shop, read: &Read, booking: &Booking, drop: Option<&Drop>) -> Line {
    let is_open = drop.is_some_and(|drop| drop.state.is_open());
    let is_live = booking.state.is_live();
    Line {
        id: booking.drop_id,
        number: read.numbers.get(&booking.order_id).cloned().unwrap_or_default(),
        carrier: label_of(shop, &booking.carrier),
        reference: booking.reference.clone().unwrap_or_default(),
        follow: drop.filter(|_| is_live).and_then(|drop| drop.tracking_url.clone()),
        asked: moment(shop, booking.asked_at),
        state: state(booking, drop),
        words: booking.words.clone(),
        has_label: is_live && booking.reference.is_some(),
        can_cancel: is_live && is_open && booking.collected_at.is_none(),
    }
}

fn state(booking: &Booking, drop: Option<&Drop>) -> (&'static str, &'static str, &'static str) {
    use delivery::DropState;
    let ended = drop.map(|drop| drop.state).filter(|state| !state.is_open());
    match (booking.state, ended) {
        (BookingState::Asked, _) => ("idle", "send", "Asked"),
        (BookingState::Booked, Some(DropState::Delivered)) => ("ok", "check", "Delivered"),
        (BookingState::Booked, Some(_)) => ("bad", "house", "Not delivered"),
        (BookingState::Booked, None) if drop.is_some_and(|d| d.left_at.is_some()) => {
            ("info", "truck", "On the way")
        }
        (BookingState::Booked, None) if booking.collected_at.is_some() => ("info", "package", "Collected"),
        (BookingState::Booked, None) => ("idle", "package", "Booked"),
        (BookingState::Refused, _) => ("warn", "circle-x", "Refused"),
        (BookingState::Ending, _) => ("warn", "clock", "Being cancelled"),
        (BookingState::Ended, _) => ("idle", "circle-x", "Cancelled"),
        (BookingState::Kept, _) => ("bad", "circle-alert", "Too late to cancel"),
    }
}

fn strange(shop: &Shop, read: &Read, word: &CarrierWord, order: Option<OrderId>, others: i64) -> Strange {
    Strange {
        carrier: label_of(shop, &word.carrier),
        name: word.carrier.clone(),
        id: word.id.clone(),
        reference: word.reference.clone(),
        number: order.and_then(|id| read.numbers.get(&id).cloned()),
        said: word.said.clone(),
        at: moment(shop, word.received_at),
        why: why(word.decision, order.is_some()),
        others: others_words(others),
    }
}

fn others_words(n: i64) -> Option<String> {
    match n {
        ..=0 => None,
        1 => Some("An earlier one came to nothing too.".to_owned()),
        n if n >= MOST_ALIKE => Some(format!("{MOST_ALIKE} or more earlier ones came to nothing too.")),
        n => Some(format!("{n} earlier ones came to nothing too.")),
    }
}

/// Why it came to nothing, and what to do.
const fn why(decision: WordDecision, is_known: bool) -> &'static str {
    match decision {
        WordDecision::Waiting if is_known => {
            "It cannot be true yet: look at the order's money. It is taken up by itself once it can."
        }
        WordDecision::Waiting => "We know nothing by this number yet. It is taken up by itself once we do.",
        WordDecision::TooLate => {
            "Things have moved on since. Where goods may be in two places, ring the carrier."
        }
        WordDecision::UnknownState => {
            "A word that is new to us: nothing follows from it. Look at the carrier's page."
        }
        WordDecision::NotOurs => "Nothing of ours was ever known by this number.",
        WordDecision::Applied | WordDecision::AlreadyTrue => "",
    }
}

#[derive(Deserialize)]
pub(super) struct SeenForm {
    carrier: String,
    id: String,
}

/// Takes note of a word.
pub(super) async fn see(
    shop: Data<Shop>,
    who: Staffer,
    form: Sent<SeenForm>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (form, now) = (form.into_inner(), shop.app.clock.now());
    shop.app.db(move |conn| delivery::see_carrier_word(conn, (&form.carrier, &form.id), now)).await?;
    Ok(done(&shop, PAGE, &Said::good("Noted. It is off the list.")))
}

/// What is stuck on the bags: as a file, so that nothing of it runs here.
pub(super) async fn label(
    shop: Data<Shop>,
    who: Staffer,
    drop: Path<DropId>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    match carriers::label(&shop.app, drop.into_inner()).await? {
        Ok(label) => {
            let ending = if label.kind == "image/png" { "png" } else { "pdf" };
            Ok(HttpResponse::Ok()
                .content_type(label.kind)
                .insert_header((CACHE_CONTROL, "no-store"))
                .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"label.{ending}\"")))
                .body(label.bytes))
        }
        Err(carriers::NoLabel(words)) => Ok(done(&shop, "/dispatch", &Said::bad(words))),
    }
}
