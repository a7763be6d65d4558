//! Coupons: what they take off, and that none is used more often than it may be.

use crate::db::Ready as _;
use crate::db::schema::coupons;
use crate::money::Money;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, HasQuery)]
#[diesel(table_name = coupons)]
pub struct Coupon {
    pub code: String,
    pub label: String,
    pub percent: Option<i32>,
    pub amount_cents: Option<Money>,
    pub minimum_goods_cents: Money,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub most_uses: Option<i32>,
    pub used: i32,
}

/// Why a coupon takes nothing off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CouponProblem {
    Unknown,
    NotYet(DateTime<Utc>),
    Over,
    UsedUp,
    /// It needs goods of this value.
    TooLittle(Money),
}

impl Coupon {
    /// What it takes off goods of a value (after offers).
    ///
    /// # Errors
    /// Why it takes nothing off.
    pub fn off(&self, goods: Money, now: DateTime<Utc>) -> Result<Money, CouponProblem> {
        if now < self.starts_at {
            return Err(CouponProblem::NotYet(self.starts_at));
        }
        if now >= self.ends_at {
            return Err(CouponProblem::Over);
        }
        if self.most_uses.is_some_and(|most| self.used >= most) {
            return Err(CouponProblem::UsedUp);
        }
        if goods < self.minimum_goods_cents {
            return Err(CouponProblem::TooLittle(self.minimum_goods_cents));
        }
        let off = match (self.percent, self.amount_cents) {
            (Some(percent), _) => goods.times_ratio(i64::from(percent), 100),
            (None, Some(amount)) => amount,
            (None, None) => Money::ZERO,
        };
        Ok(off.min(goods))
    }
}

/// A coupon by what somebody typed.
///
/// # Errors
/// When the database does not answer.
pub fn coupon(conn: &mut PgConnection, typed: &str) -> QueryResult<Option<Coupon>> {
    let code = typed.trim().to_ascii_uppercase();
    if code.is_empty() || code.len() > 30 {
        return Ok(None);
    }
    Coupon::query().find(code).first(conn).optional()
}

/// Uses a coupon once. `false`: somebody else has used it up.
///
/// # Errors
/// When the database does not answer.
pub fn spend_coupon(conn: &mut PgConnection, code: &str) -> QueryResult<bool> {
    let there_is_one = coupons::most_uses.is_null().or(coupons::used.nullable().lt(coupons::most_uses));
    diesel::update(coupons::table.find(code))
        .filter(there_is_one.assume_not_null())
        .set(coupons::used.eq(coupons::used + 1))
        .ready()
        .execute(conn)
        .map(|rows| rows == 1)
}

/// The order that used it is over.
///
/// # Errors
/// When the database does not answer.
pub fn give_back_coupon(conn: &mut PgConnection, code: &str) -> QueryResult<()> {
    diesel::update(coupons::table.find(code))
        .filter(coupons::used.gt(0))
        .set(coupons::used.eq(coupons::used - 1))
        .ready()
        .execute(conn)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coupon(percent: Option<i32>, amount: Option<i64>) -> Coupon {
        let at = |text: &str| text.parse().expect("a time");
        Coupon {
            code: "WELCOME".into(),
            label: "Welcome".into(),
            percent,
            amount_cents: amount.map(Money),
            minimum_goods_cents: Money(2_000),
            starts_at: at("2026-11-01T00:00:00Z"),
            ends_at: at("2026-12-01T00:00:00Z"),
            most_uses: Some(1),
            used: 0,
        }
    }

    #[test]
    fn a_coupon_takes_off_what_it_says_and_never_more_than_there_is() {
        let now = "2026-11-20T00:00:00Z".parse().expect("a time");
        assert_eq!(coupon(Some(10), None).off(Money(3_333), now), Ok(Money(333)));
        assert_eq!(coupon(None, Some(500)).off(Money(3_333), now), Ok(Money(500)));
        assert_eq!(coupon(None, Some(5_000)).off(Money(3_333), now), Ok(Money(3_333)));
        assert_eq!(
            coupon(Some(10), None).off(Money(1_999), now),
            Err(CouponProblem::TooLittle(Money(2_000)))
        );
        let used = Coupon { used: 1, ..coupon(Some(10), None) };
        assert_eq!(used.off(Money(3_333), now), Err(CouponProblem::UsedUp));
        let later = "2026-12-01T00:00:00Z".parse().expect("a time");
        assert_eq!(coupon(Some(10), None).off(Money(3_333), later), Err(CouponProblem::Over));
    }
}
