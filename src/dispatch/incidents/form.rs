//! What has happened, where and for how long; and, before anybody is told, what that would do.

use super::plan::{Group, Span, plan};
use crate::clock;
use crate::delivery::{self, IncidentKind, Scope, Window, Zone};
use crate::error::AppError;
use crate::ids::ZoneId;
use crate::staffroom::{Area, Room, Staffer, answer};
use crate::storefront::Shop;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Duration, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;
use diesel::PgConnection;
use diesel::result::QueryResult;
use serde::Deserialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use uuid::Uuid;

/// More orders than this are moved too; only the preview stops counting.
const MOST_ORDERS: i64 = 5_000;
const MOST_WINDOWS: i64 = 200;
/// A single window can be chosen among those of so many hours.
const WINDOWS_OF: Duration = Duration::hours(36);
/// Nothing is closed for longer at once.
const LONGEST: Duration = Duration::days(14);
const LONGEST_NOTE: usize = 200;

#[derive(Deserialize, Clone, Default)]
pub(super) struct Asked {
    #[serde(default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) zone: String,
    #[serde(default)]
    pub(super) window: String,
    #[serde(default)]
    pub(super) from: String,
    #[serde(default)]
    pub(super) to: String,
    #[serde(default)]
    pub(super) note: String,
}

/// What was asked, understood.
pub(super) struct Read {
    pub(super) kind: IncidentKind,
    pub(super) scope: Scope,
    pub(super) note: String,
}

impl Asked {
    /// `Err`: what is wrong, in a sentence.
    pub(super) fn read(
        &self,
        zone: Tz,
        now: DateTime<Utc>,
        window: Option<&Window>,
    ) -> Result<Read, &'static str> {
        let kind = self.kind.parse().map_err(|_| "Say what has happened.")?;
        let note = self.note.trim().chars().take(LONGEST_NOTE).collect();
        let scope = match window {
            Some(w) => {
                Scope { zone: Some(w.zone_id), window: Some(w.id), starts: w.starts_at, ends: w.ends_at }
            }
            None if !self.window.is_empty() => return Err("That window is over, or closed already."),
            None => self.hours(zone)?,
        };
        if scope.ends <= now {
            return Err("That time is over. Choose an end that is still to come.");
        }
        if scope.ends - scope.starts > LONGEST {
            return Err("Close for two weeks at most, and once more then if need be.");
        }
        Ok(Read { kind, scope, note })
    }

    fn hours(&self, zone: Tz) -> Result<Scope, &'static str> {
        let starts = local(zone, &self.from).ok_or("Say from when, as day and time.")?;
        let ends = local(zone, &self.to).ok_or("Say until when, as day and time.")?;
        let of = if self.zone.is_empty() {
            None
        } else {
            Some(ZoneId(self.zone.parse().map_err(|_| "Choose a zone, or all of them.")?))
        };
        if starts >= ends {
            return Err("The end comes before the beginning. Check both.");
        }
        Ok(Scope { zone: of, window: None, starts, ends })
    }

    pub(super) fn window(&self) -> Option<i64> {
        self.window.parse().ok()
    }
}

/// `2026-11-24T18:00`, as browsers send what was chosen, on the shop's clock.
fn local(zone: Tz, text: &str) -> Option<DateTime<Utc>> {
    let plain = NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%dT%H:%M").ok()?;
    let minute = i32::try_from(plain.hour() * 60 + plain.minute()).ok()?;
    clock::instants(zone, plain.date(), minute).first().copied()
}

fn in_field(zone: Tz, at: DateTime<Utc>) -> String {
    at.with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string()
}

/// One row of the preview, in words.
struct Row {
    zone: String,
    from: String,
    /// Nothing where no later window has room.
    to: Option<String>,
    orders: usize,
}

struct Preview {
    /// The same click again is the same incident.
    token: Uuid,
    rows: Vec<Row>,
    moves: usize,
    no_later: usize,
    on_the_way: i64,
    /// Whether there are more orders than were counted.
    is_more: bool,
    sentence: &'static str,
    what: String,
}

#[derive(Template)]
#[template(path = "dispatch/incident_form.html")]
struct FormPage {
    room: Room,
    asked: Asked,
    kinds: &'static [IncidentKind],
    zones: Vec<(i32, String)>,
    windows: Vec<(i64, String)>,
    wrong: Option<&'static str>,
    preview: Option<Preview>,
}

impl FormPage {
    fn is_kind(&self, kind: &IncidentKind) -> bool {
        self.asked.kind == kind.as_str()
    }

    fn is_zone(&self, id: &i32) -> bool {
        self.asked.zone == id.to_string()
    }

    fn is_window(&self, id: &i64) -> bool {
        self.asked.window == id.to_string()
    }
}

struct Known {
    zones: Vec<Zone>,
    windows: Vec<Window>,
    chosen: Option<Window>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    asked: Query<Asked>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let (zone, now) = (shop.app.config.shop.zone, shop.app.clock.now());
    let mut asked = asked.into_inner();
    let window = asked.window();
    let known = shop.app.read(move |conn| known(conn, window, now)).await?;
    let is_asked = !asked.kind.is_empty();
    let read = asked.read(zone, now, known.chosen.as_ref());
    let (wrong, preview) = match read {
        Ok(read) => (None, Some(previewed(&shop, &known.zones, read, now).await?)),
        Err(why) => (is_asked.then_some(why), None),
    };
    if asked.from.is_empty() && asked.to.is_empty() {
        asked.from = in_field(zone, now);
        asked.to = in_field(zone, now + Duration::hours(3));
    }
    let page = FormPage {
        room: who.room(Some(Area::Dispatch), "An incident"),
        kinds: IncidentKind::ALL,
        windows: known.windows.iter().map(|w| (w.id, window_words(&shop, &known.zones, w))).collect(),
        zones: known.zones.into_iter().map(|z| (z.id.0, z.name)).collect(),
        asked,
        wrong,
        preview,
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

fn known(conn: &mut PgConnection, chosen: Option<i64>, now: DateTime<Utc>) -> QueryResult<Known> {
    Ok(Known {
        zones: delivery::all_zones(conn)?,
        windows: delivery::soon_windows(conn, now, now + WINDOWS_OF, MOST_WINDOWS)?,
        chosen: open_window(conn, chosen)?,
    })
}

/// The window that was chosen, unless it is closed already.
pub(super) fn open_window(conn: &mut PgConnection, id: Option<i64>) -> QueryResult<Option<Window>> {
    let Some(id) = id else { return Ok(None) };
    Ok(delivery::window(conn, id)?.filter(|window| !window.is_closed()))
}

fn window_words(shop: &Shop, zones: &[Zone], window: &Window) -> String {
    format!("{}, {}", words(shop, (window.starts_at, window.ends_at)), name_of(zones, window.zone_id))
}

pub(super) fn name_of(zones: &[Zone], id: ZoneId) -> String {
    zones.iter().find(|z| z.id == id).map_or_else(|| "a zone".to_owned(), |z| z.name.clone())
}

/// `today, 18:00–20:00`
pub(super) fn words(shop: &Shop, (starts, ends): Span) -> String {
    let (zone, now) = (shop.app.config.shop.zone, shop.app.clock.now());
    match clock::near_day(zone, now, starts) {
        Some(day) => {
            format!("{day}, {}–{}", clock::time_label(zone, starts), clock::time_label(zone, ends))
        }
        None => clock::window_label(zone, starts, ends),
    }
}

async fn previewed(shop: &Shop, zones: &[Zone], read: Read, now: DateTime<Utc>) -> Result<Preview, AppError> {
    let scope = read.scope;
    let reckon = move |conn: &mut PgConnection| {
        let affected = delivery::affected_orders(conn, &scope, MOST_ORDERS)?;
        let mut later = HashMap::new();
        for order in &affected {
            if let Entry::Vacant(unknown) = later.entry(order.zone) {
                let first = scope.starts.min(order.starts);
                unknown.insert(delivery::later_windows(conn, order.zone, first, now, MOST_WINDOWS)?);
            }
        }
        let on_the_way = delivery::on_the_way_in(conn, &scope)?;
        Ok::<_, AppError>((plan(&affected, &scope, later), affected.len(), on_the_way))
    };
    let (groups, counted, on_the_way) = shop.app.read(reckon).await?;
    let of = |moves: bool| groups.iter().filter(|g| g.to.is_some() == moves).map(|g| g.orders).sum();
    Ok(Preview {
        token: Uuid::now_v7(),
        moves: of(true),
        no_later: of(false),
        on_the_way,
        is_more: i64::try_from(counted).is_ok_and(|n| n >= MOST_ORDERS),
        sentence: read.kind.sentence(),
        what: what(shop, zones, &scope),
        rows: groups.iter().map(|group| row(shop, zones, group)).collect(),
    })
}

fn row(shop: &Shop, zones: &[Zone], group: &Group) -> Row {
    Row {
        zone: name_of(zones, group.zone),
        from: words(shop, group.from),
        to: group.to.map(|to| words(shop, to)),
        orders: group.orders,
    }
}

/// `All zones, today 14:20 to today 20:00`
pub(super) fn what(shop: &Shop, zones: &[Zone], scope: &Scope) -> String {
    let place = scope.zone.map_or_else(|| "All zones".to_owned(), |id| name_of(zones, id));
    match scope.window {
        Some(_) => format!("{place}, the window {}", words(shop, (scope.starts, scope.ends))),
        None => format!("{place}, {}", words_apart(shop, scope)),
    }
}

fn words_apart(shop: &Shop, scope: &Scope) -> String {
    use crate::staffroom::moment;
    format!("{} to {}", moment(shop, scope.starts), moment(shop, scope.ends))
}
