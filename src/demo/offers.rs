//! Offers whose dates are reckoned from today, and reckoned anew when they are over.

use super::files::{self, FileError, euros, list};
use super::load::DemoError;
use crate::clock;
use crate::db::schema::{offer_products, offers, products};
use crate::money::Money;
use chrono::{DateTime, Duration, NaiveDate, Utc};
use chrono_tz::Tz;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
struct Row {
    code: String,
    kind: String,
    percent: Option<i32>,
    n: Option<i32>,
    #[serde(deserialize_with = "euros::perhaps")]
    amount: Option<Money>,
    label: String,
    starts_in_days: i64,
    /// The midnight at which it ends. Not above 0 for one that is there to be over.
    ends_in_days: i64,
    skus: String,
}

#[derive(Clone, Copy)]
struct Dates {
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
}

/// Adds what is missing and renews what is over. Says how many of each.
pub(super) fn bring_up_to_date(
    conn: &mut PgConnection,
    zone: Tz,
    now: DateTime<Utc>,
) -> Result<(usize, usize), DemoError> {
    let known: Vec<(String, i64, DateTime<Utc>)> =
        offers::table.select((offers::code, offers::id, offers::ends_at)).load(conn)?;
    let known: HashMap<String, (i64, DateTime<Utc>)> =
        known.into_iter().map(|(code, id, ends_at)| (code, (id, ends_at))).collect();
    let today = clock::local_day(zone, now);
    let (mut added, mut renewed) = (0, 0);
    for row in files::OFFERS.rows::<Row>()? {
        let dates = dates(&row, zone, today)?;
        match known.get(&row.code) {
            None => added += add(conn, &row, dates)?,
            Some((id, ends_at)) if *ends_at <= now && row.ends_in_days > 0 => {
                renewed += renew(conn, *id, dates)?;
            }
            Some(_) => {}
        }
    }
    Ok((added, renewed))
}

fn dates(row: &Row, zone: Tz, today: NaiveDate) -> Result<Dates, FileError> {
    let midnight = |days: i64| {
        let day = today.checked_add_signed(Duration::try_days(days)?)?;
        // Where spring skips midnight, the day begins an hour later.
        [0, 60].into_iter().find_map(|minute| clock::instants(zone, day, minute).first().copied())
    };
    midnight(row.starts_in_days)
        .zip(midnight(row.ends_in_days))
        .map(|(starts_at, ends_at)| Dates { starts_at, ends_at })
        .ok_or_else(|| files::OFFERS.error(format_args!("{}: these days do not do", row.code)))
}

fn add(conn: &mut PgConnection, row: &Row, dates: Dates) -> QueryResult<usize> {
    let id: i64 = diesel::insert_into(offers::table)
        .values((
            offers::code.eq(&row.code),
            offers::kind.eq(&row.kind),
            offers::percent.eq(row.percent),
            offers::n.eq(row.n),
            offers::amount_cents.eq(row.amount.map(Money::cents)),
            offers::label.eq(&row.label),
            offers::starts_at.eq(dates.starts_at),
            offers::ends_at.eq(dates.ends_at),
        ))
        .returning(offers::id)
        .get_result(conn)?;
    let free = free_products(conn, list(&row.skus).collect(), dates)?;
    let rows: Vec<_> = free
        .into_iter()
        .map(|product| {
            (
                offer_products::offer_id.eq(id),
                offer_products::product_id.eq(product),
                offer_products::starts_at.eq(dates.starts_at),
                offer_products::ends_at.eq(dates.ends_at),
            )
        })
        .collect();
    if !rows.is_empty() {
        diesel::insert_into(offer_products::table).values(rows).execute(conn)?;
    }
    Ok(1)
}

/// Of these products those that no other offer has at that time: the shop's own come first.
fn free_products(conn: &mut PgConnection, skus: Vec<&str>, dates: Dates) -> QueryResult<Vec<i64>> {
    let taken = offer_products::table
        .filter(offer_products::product_id.eq(products::id))
        .filter(offer_products::starts_at.lt(dates.ends_at))
        .filter(offer_products::ends_at.gt(dates.starts_at));
    products::table
        .filter(products::sku.eq_any(skus))
        .filter(not(exists(taken)))
        .order(products::id)
        .select(products::id)
        .load(conn)
}

/// New dates, and with them new dates of the products. Where another offer has one of the
/// products by then, this one waits for that to end. Says whether it runs again.
fn renew(conn: &mut PgConnection, id: i64, dates: Dates) -> QueryResult<usize> {
    let (mine, other) = diesel::alias!(offer_products as mine, offer_products as other);
    let taken: bool = diesel::select(exists(
        mine.inner_join(
            other.on(other.field(offer_products::product_id).eq(mine.field(offer_products::product_id))),
        )
        .filter(mine.field(offer_products::offer_id).eq(id))
        .filter(other.field(offer_products::offer_id).ne(id))
        .filter(other.field(offer_products::starts_at).lt(dates.ends_at))
        .filter(other.field(offer_products::ends_at).gt(dates.starts_at)),
    ))
    .get_result(conn)?;
    if taken {
        return Ok(0);
    }
    diesel::update(offers::table.find(id))
        .set((offers::starts_at.eq(dates.starts_at), offers::ends_at.eq(dates.ends_at)))
        .execute(conn)
}
