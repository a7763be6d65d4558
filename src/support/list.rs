//! All cases, a page at a time: what has waited longest at the top.

use crate::care::{self, Case, CaseState};
use crate::error::AppError;
use crate::ids::{CaseId, OrderId, StaffId};
use crate::orders;
use crate::staff;
use crate::staffroom::{Area, Room, Staffer, answer, moment, undone_count};
use crate::storefront::Shop;
use crate::web::paging;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde::Deserialize;
use std::collections::HashMap;

const A_PAGE: usize = 20;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn is_done(&self) -> bool {
        self.show == "closed"
    }
}

struct Row {
    id: CaseId,
    what: &'static str,
    number: String,
    told: String,
    words: String,
    tone: &'static str,
    icon: &'static str,
    state: &'static str,
    by: String,
}

#[derive(Template)]
#[template(path = "support/list.html")]
struct ListPage {
    room: Room,
    waiting: i64,
    undone: i64,
    rows: Vec<Row>,
    is_done: bool,
    next: Option<String>,
    is_first: bool,
}

struct Read {
    waiting: i64,
    undone: i64,
    cases: Vec<Case>,
    numbers: HashMap<OrderId, String>,
    names: HashMap<StaffId, String>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    asked: Query<Asked>,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Support)?;
    let (is_done, behind) = (asked.is_done(), paging::behind(&asked.after));
    let mut found = shop.app.read(move |conn| read(conn, is_done, behind)).await?;
    let next = paging::cut(&mut found.cases, A_PAGE, key_of);
    let page = ListPage {
        room: who.room(Some(Area::Support), "Support"),
        waiting: found.waiting,
        undone: found.undone,
        rows: found.cases.iter().map(|case| row(&shop, case, &found)).collect(),
        is_done,
        next,
        is_first: behind.is_none(),
    };
    answer(&shop, &request, StatusCode::OK, &page)
}

fn key_of(case: &Case) -> String {
    paging::place(case.closed_at.unwrap_or(case.opened_at), case.id)
}

fn read(
    conn: &mut PgConnection,
    is_done: bool,
    behind: Option<(DateTime<Utc>, CaseId)>,
) -> Result<Read, AppError> {
    let most = paging::with_one_more(A_PAGE);
    let cases = if is_done { care::done(conn, behind, most)? } else { care::to_do(conn, behind, most)? };
    let of: Vec<OrderId> = cases.iter().map(|c| c.order_id).collect();
    let by: Vec<StaffId> = cases.iter().filter_map(|c| c.staff_id).collect();
    let names = staff::names_of(conn, &by)?.into_iter().collect();
    Ok(Read {
        waiting: care::count(conn)?,
        undone: undone_count(conn)?,
        numbers: orders::numbers_of(conn, &of)?,
        names,
        cases,
    })
}

fn row(shop: &Shop, case: &Case, read: &Read) -> Row {
    let (tone, icon, state) = state(case.state);
    Row {
        id: case.id,
        what: case.kind.words(),
        number: read.numbers.get(&case.order_id).cloned().unwrap_or_default(),
        told: moment(shop, case.opened_at),
        words: case.words.chars().take(140).collect(),
        tone,
        icon,
        state,
        by: case.staff_id.and_then(|id| read.names.get(&id).cloned()).unwrap_or_default(),
    }
}

/// Tone, sign and word.
pub(super) const fn state(state: CaseState) -> (&'static str, &'static str, &'static str) {
    match state {
        CaseState::Open => ("warn", "triangle-alert", "New"),
        CaseState::Taken => ("info", "user", "Taken"),
        CaseState::Answered => ("ok", "message-square", "Answered"),
        CaseState::Closed => ("idle", "check", "Closed"),
    }
}
