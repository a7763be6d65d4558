//! Vouchers to try, with dates reckoned from today.

use super::files::{self, euros};
use super::load::DemoError;
use crate::clock;
use crate::db::schema::coupons;
use crate::money::Money;
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use serde::Deserialize;
use std::collections::HashSet;

#[derive(Deserialize)]
struct Row {
    code: String,
    percent: Option<i32>,
    #[serde(deserialize_with = "euros::perhaps")]
    amount: Option<Money>,
    #[serde(deserialize_with = "euros::perhaps")]
    minimum: Option<Money>,
    label: String,
    starts_in_days: i64,
    /// The midnight at which it ends.
    ends_in_days: i64,
    most_uses: Option<i32>,
}

/// Adds those that are not there yet. Says how many.
pub(super) fn add(conn: &mut PgConnection, zone: Tz, now: DateTime<Utc>) -> Result<usize, DemoError> {
    let known: Vec<String> = coupons::table.select(coupons::code).load(conn)?;
    let known: HashSet<String> = known.into_iter().collect();
    let today = clock::local_day(zone, now);
    let midnight = |row: &Row, days: i64| {
        let day = Duration::try_days(days).and_then(|days| today.checked_add_signed(days));
        // Where spring skips midnight, the day begins an hour later.
        let at =
            |day| [0, 60].into_iter().find_map(|minute| clock::instants(zone, day, minute).first().copied());
        day.and_then(at)
            .ok_or_else(|| files::COUPONS.error(format_args!("{}: these days do not do", row.code)))
    };
    let mut added = 0;
    for row in files::COUPONS.rows::<Row>()?.into_iter().filter(|row| !known.contains(&row.code)) {
        let (starts_at, ends_at) = (midnight(&row, row.starts_in_days)?, midnight(&row, row.ends_in_days)?);
        added += diesel::insert_into(coupons::table)
            .values((
                coupons::code.eq(row.code),
                coupons::label.eq(row.label),
                coupons::percent.eq(row.percent),
                coupons::amount_cents.eq(row.amount.map(Money::cents)),
                coupons::minimum_goods_cents.eq(row.minimum.unwrap_or_default().cents()),
                coupons::starts_at.eq(starts_at),
                coupons::ends_at.eq(ends_at),
                coupons::most_uses.eq(row.most_uses),
            ))
            .execute(conn)?;
    }
    Ok(added)
}
