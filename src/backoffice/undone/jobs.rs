//! Jobs that events left behind.

use super::hush::hush;
use super::{A_PAGE, List, PAGE, Row, tries};
use crate::events::{self, Consumer, Stuck};
use crate::ids::OrderId;
use crate::orders;
use crate::staffroom::moment;
use crate::storefront::Shop;
use crate::web::paging;
use diesel::PgConnection;
use diesel::result::QueryResult;
use std::collections::HashMap;

pub(super) fn given_up(conn: &mut PgConnection, shop: &Shop, after: &str) -> QueryResult<List> {
    let jobs = events::given_up(conn, after.parse().ok(), paging::with_one_more(A_PAGE))?;
    let since = |job: &Stuck| format!("Given up {} after {}", moment(shop, job.due_at), tries(job.tries));
    list(conn, shop, jobs, since)
}

pub(super) fn waiting(conn: &mut PgConnection, shop: &Shop, after: &str) -> QueryResult<List> {
    let jobs = events::stuck(conn, after.parse().ok(), paging::with_one_more(A_PAGE))?;
    let since =
        |job: &Stuck| format!("{} so far, the next one {}", tries(job.tries), moment(shop, job.due_at));
    list(conn, shop, jobs, since)
}

fn list(
    conn: &mut PgConnection,
    shop: &Shop,
    mut jobs: Vec<Stuck>,
    since: impl Fn(&Stuck) -> String,
) -> QueryResult<List> {
    let of: Vec<OrderId> = jobs.iter().map(|job| OrderId(job.subject)).collect();
    let numbers = orders::numbers_of(conn, &of)?;
    let next = paging::cut(&mut jobs, A_PAGE, |job| job.id.to_string());
    Ok(List { rows: jobs.iter().map(|job| row(shop, job, &numbers, since(job))).collect(), next })
}

fn row(shop: &Shop, job: &Stuck, numbers: &HashMap<OrderId, String>, since: String) -> Row {
    Row {
        action: format!("{PAGE}/jobs/{}", job.id),
        tries: job.tries,
        what: what(job.consumer).to_owned(),
        number: numbers.get(&OrderId(job.subject)).cloned(),
        cause: format!("After “{}”, {}", job.kind.replace('_', " "), moment(shop, job.happened_at)),
        since,
        why: job.last_error.as_deref().map(hush).unwrap_or_default(),
    }
}

const fn what(consumer: Consumer) -> &'static str {
    match consumer {
        Consumer::Gateway => "The payment gateway was not reached",
        Consumer::Notifications => "A letter was not written",
        Consumer::Dispatch => "No rider was found",
        Consumer::Carriers => "A carrier was not reached",
    }
}
