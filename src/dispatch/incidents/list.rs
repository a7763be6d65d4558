//! All incidents: who closed what, when, and how many orders that moved.

use super::form::what;
use crate::delivery::{self, Incident, Outcome, Zone};
use crate::error::AppError;
use crate::ids::{IncidentId, StaffId};
use crate::staff;
use crate::staffroom::{Area, Room, Staffer, answer, moment};
use crate::storefront::Shop;
use crate::web::paging;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use diesel::result::QueryResult;
use serde::Deserialize;

const A_PAGE: usize = 30;

/// How many orders came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) to_do: i64,
    pub(super) moved: i64,
    pub(super) no_later: i64,
    pub(super) stays: i64,
    pub(super) failed: i64,
}

impl Counts {
    pub(super) fn of(all: &[(IncidentId, Option<Outcome>, i64)], id: IncidentId) -> Self {
        let mut counts = Self::default();
        for (_, outcome, n) in all.iter().filter(|(of, ..)| *of == id) {
            match outcome {
                None => counts.to_do = *n,
                Some(Outcome::Moved) => counts.moved = *n,
                Some(Outcome::NoLater) => counts.no_later = *n,
                Some(Outcome::Stays) => counts.stays = *n,
                Some(Outcome::Failed) => counts.failed = *n,
            }
        }
        counts
    }

    pub(super) const fn all(self) -> i64 {
        self.to_do + self.moved + self.no_later + self.stays + self.failed
    }

    pub(super) const fn told(self) -> i64 {
        self.moved + self.no_later
    }
}

/// An incident in words.
pub(super) struct Line {
    pub(super) id: IncidentId,
    pub(super) name: &'static str,
    pub(super) what: String,
    pub(super) note: String,
    pub(super) made: String,
    /// `by Niamh Doyle, today 16:02`, where it was ended by somebody.
    pub(super) ended: Option<String>,
    /// Whether it still closes anything.
    pub(super) lasts: bool,
    pub(super) counts: Counts,
}

pub(super) type Names = Vec<(StaffId, String)>;

impl Line {
    pub(super) fn of(
        shop: &Shop,
        incident: &Incident,
        zones: &[Zone],
        names: &Names,
        counts: Counts,
    ) -> Self {
        let name = |id: StaffId| names.iter().find(|(of, _)| *of == id).map_or("a colleague", |(_, n)| n);
        let ended = incident.ended_by.zip(incident.ended_at);
        Self {
            id: incident.id,
            name: incident.kind.name(),
            what: what(shop, zones, &incident.scope()),
            note: incident.note.clone(),
            made: format!("{}, {}", name(incident.made_by), moment(shop, incident.made_at)),
            ended: ended.map(|(by, at)| format!("{}, {}", name(by), moment(shop, at))),
            lasts: incident.ended_at.is_none() && incident.ends_at > shop.app.clock.now(),
            counts,
        }
    }
}

#[derive(Template)]
#[template(path = "dispatch/incidents.html")]
struct ListPage {
    room: Room,
    lines: Vec<Line>,
    next: Option<String>,
    is_first: bool,
}

#[derive(Deserialize)]
pub(super) struct Behind {
    at: Option<DateTime<Utc>>,
    before: Option<IncidentId>,
}

struct Read {
    incidents: Vec<Incident>,
    zones: Vec<Zone>,
    names: Names,
    counts: Vec<(IncidentId, Option<Outcome>, i64)>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    behind: Query<Behind>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Dispatch)?;
    let behind = behind.at.zip(behind.before);
    let mut read = shop.app.read(move |conn| read(conn, behind)).await?;
    let next =
        paging::cut(&mut read.incidents, A_PAGE, |last| paging::query(last.made_at, "before", last.id));
    let line = |i: &Incident| Line::of(&shop, i, &read.zones, &read.names, Counts::of(&read.counts, i.id));
    let page = ListPage {
        room: who.room(Some(Area::Dispatch), "Incidents"),
        lines: read.incidents.iter().map(line).collect(),
        next,
        is_first: behind.is_none(),
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

fn read(conn: &mut PgConnection, behind: Option<(DateTime<Utc>, IncidentId)>) -> QueryResult<Read> {
    let incidents = delivery::incidents_before(conn, behind, paging::with_one_more(A_PAGE))?;
    let ids: Vec<IncidentId> = incidents.iter().map(|i| i.id).collect();
    let people: Vec<StaffId> =
        incidents.iter().flat_map(|i| [Some(i.made_by), i.ended_by]).flatten().collect();
    Ok(Read {
        zones: delivery::all_zones(conn)?,
        names: staff::names_of(conn, &people)?,
        counts: delivery::count_affected(conn, &ids)?,
        incidents,
    })
}
