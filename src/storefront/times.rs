//! When we come and what it costs: all times of somebody's place, all fees.

use super::fill::Viewer;
use super::layout::Layout;
use super::shop::Shop;
use super::visit::Visit;
use crate::clock;
use crate::delivery::{self, Place, Window, Zone};
use crate::error::AppError;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

#[derive(Template)]
#[template(path = "shop/delivery.html")]
struct DeliveryPage {
    layout: Layout,
    label: Option<String>,
    fee_until: String,
    days: Vec<Day>,
    zones: Vec<ZoneWords>,
}

struct Day {
    name: String,
    /// By length, the longer ones first: they are the usual ones.
    groups: Vec<Group>,
}

struct Group {
    minutes: i64,
    name: String,
    windows: Vec<WindowWords>,
}

struct WindowWords {
    hours: String,
    full: bool,
    /// Until when one may order.
    cutoff: String,
}

struct ZoneWords {
    name: String,
    fee: String,
    free_from: String,
    minimum: String,
    places: String,
}

/// All times of somebody's place, and the fees of all places.
pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let load = Viewer::loader(&shop, &visit);
    let now = shop.app.clock.now();
    let until = now + chrono::Duration::days(shop.app.config.shop.window_days);
    let (viewer, zones, places, windows) = shop
        .app
        .db(move |conn| {
            let viewer = load(conn)?;
            let zones = delivery::all_zones(conn)?;
            let places = delivery::places_of(conn)?;
            let windows = match viewer.spot() {
                Some(spot) => delivery::windows_between(conn, spot.quote.zone_id, now, until)?,
                None => Vec::new(),
            };
            Ok::<_, AppError>((viewer, zones, places, windows))
        })
        .await?;
    let zone = shop.app.config.shop.zone;
    let head = shop.head(
        "Delivery, fees and times · SmartShop",
        "What delivery costs in each part of Dublin, from which sum it is free, and when we come.",
        "/delivery",
    );
    let page = DeliveryPage {
        layout: Layout::new(&shop, head),
        label: viewer.spot().map(|s| s.place.label()),
        fee_until: viewer.spot().map_or_else(String::new, |s| clock::time_label(zone, s.quote.valid_until)),
        days: days(&windows, zone, now),
        zones: zones.iter().map(|z| zone_words(z, &places)).collect(),
    };
    shop.answer_once(&request, &visit, StatusCode::OK, &page, &viewer)
}

fn days(windows: &[Window], zone: Tz, now: DateTime<Utc>) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for window in windows {
        let label = clock::day_label(zone, window.starts_at);
        let name = match clock::near_day(zone, now, window.starts_at) {
            Some("today") => format!("Today, {label}"),
            Some(_) => format!("Tomorrow, {label}"),
            None => label,
        };
        if days.last().is_none_or(|d| d.name != name) {
            days.push(Day { name, groups: Vec::new() });
        }
        if let Some(day) = days.last_mut() {
            day.add(window, zone);
        }
    }
    days.iter_mut().for_each(|day| day.groups.sort_by_key(|g| std::cmp::Reverse(g.minutes)));
    days
}

impl Day {
    fn add(&mut self, window: &Window, zone: Tz) {
        let minutes = (window.ends_at - window.starts_at).num_minutes();
        let words = WindowWords {
            hours: window.hours(zone),
            full: window.is_full(),
            cutoff: cutoff_words(window, zone),
        };
        match self.groups.iter_mut().find(|g| g.minutes == minutes) {
            Some(group) => group.windows.push(words),
            None => self.groups.push(Group { minutes, name: length_words(minutes), windows: vec![words] }),
        }
    }
}

/// `20:00`, or `Fri 22:00` where that is on another day than the window.
fn cutoff_words(window: &Window, zone: Tz) -> String {
    let time = clock::time_label(zone, window.cutoff_at);
    if clock::local_day(zone, window.cutoff_at) == clock::local_day(zone, window.starts_at) {
        return time;
    }
    format!("{} {time}", window.cutoff_at.with_timezone(&zone).format("%a"))
}

fn length_words(minutes: i64) -> String {
    match minutes {
        60 => "One hour".to_owned(),
        120 => "Two hours".to_owned(),
        n if n % 60 == 0 => format!("{} hours", n / 60),
        n => format!("{n} minutes"),
    }
}

fn zone_words(zone: &Zone, places: &[Place]) -> ZoneWords {
    let names: Vec<String> = places.iter().filter(|p| p.zone_id == Some(zone.id)).map(Place::label).collect();
    ZoneWords {
        name: zone.name.clone(),
        fee: zone.fee_cents.to_string(),
        free_from: zone.free_from_cents.to_string(),
        minimum: zone.minimum_cents.to_string(),
        places: names.join(" · "),
    }
}
