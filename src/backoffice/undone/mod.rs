//! What the shop has tried for the last time, or tries on in vain: jobs that events left behind, letters, and money
//! that the gateway would not move.
//! Staff see why, and have it tried once more.

mod deeds;
mod hush;
mod jobs;
mod letters;
mod money;

pub(super) use deeds::{try_capture, try_job, try_letter, try_refund};

use crate::error::AppError;
use crate::events;
use crate::outside::mail;
use crate::payments;
use crate::staffroom::{Room, Staffer, answer, may_see_undone};
use crate::storefront::Shop;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::PgConnection;
use diesel::result::QueryResult;
use serde::Deserialize;

const PAGE: &str = "/staff/undone";
const A_PAGE: usize = 30;

/// Which of the four lists is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Show {
    /// Jobs that were given up.
    #[default]
    Jobs,
    /// Letters that were given up.
    Letters,
    /// Money that the gateway would not move.
    Money,
    /// Jobs that were tried often, and are tried on.
    Waiting,
}

impl Show {
    /// As it stands in the address.
    const fn word(self) -> &'static str {
        match self {
            Self::Jobs => "jobs",
            Self::Letters => "letters",
            Self::Money => "money",
            Self::Waiting => "waiting",
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    show: Show,
    #[serde(default)]
    after: String,
}

/// Something that did not work, in finished words.
struct Row {
    /// Where the button sends, and the try that it speaks of.
    action: String,
    tries: i32,
    what: String,
    number: Option<String>,
    cause: String,
    since: String,
    why: String,
}

/// A page of a list, and where it goes on.
struct List {
    rows: Vec<Row>,
    next: Option<String>,
}

/// How many stand in each list.
struct Counts {
    jobs: i64,
    letters: i64,
    money: i64,
    waiting: i64,
}

impl Counts {
    fn read(conn: &mut PgConnection) -> QueryResult<Self> {
        Ok(Self {
            jobs: events::give_up_count(conn)?,
            letters: mail::given_up_count(conn)?,
            money: payments::unmoved_count(conn)?,
            waiting: events::stuck_count(conn)?,
        })
    }

    const fn given_up(&self) -> i64 {
        self.jobs + self.letters + self.money
    }
}

#[derive(Template)]
#[template(path = "staff/undone.html")]
struct UndonePage {
    room: Room,
    show: &'static str,
    counts: Counts,
    list: List,
    is_first: bool,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    asked: Query<Asked>,
) -> Result<HttpResponse, AppError> {
    may_see_undone(&who)?;
    let Asked { show, after } = asked.into_inner();
    let is_first = after.is_empty();
    let reading = shop.clone();
    let (counts, list) = shop.app.read(move |conn| read(conn, &reading, show, &after)).await?;
    let room = who.room(None, "What did not work");
    answer(&shop, &request, StatusCode::OK, &UndonePage { room, show: show.word(), counts, list, is_first })
}

fn read(conn: &mut PgConnection, shop: &Shop, show: Show, after: &str) -> QueryResult<(Counts, List)> {
    let list = match show {
        Show::Jobs => jobs::given_up(conn, shop, after)?,
        Show::Letters => letters::given_up(conn, shop, after)?,
        Show::Money => money::refused(conn, shop, after)?,
        Show::Waiting => jobs::waiting(conn, shop, after)?,
    };
    Ok((Counts::read(conn)?, list))
}

/// `1 try`, `13 tries`
fn tries(n: i32) -> String {
    if n == 1 { "1 try".to_owned() } else { format!("{n} tries") }
}
