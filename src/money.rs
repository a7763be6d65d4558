//! Money: whole minor units (euro cent), never a fraction of one.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Mul, Neg, Sub};

/// An amount in euro cents. May be negative only where something is taken off.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::BigInt)]
#[serde(transparent)]
pub struct Money(pub i64);

impl Money {
    pub const ZERO: Self = Self(0);

    pub const fn cents(self) -> i64 {
        self.0
    }

    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Reads a price such as `12.40`, `€12.40`, `12` or `12,40`.
    ///
    /// # Errors
    /// Says what is wrong when it is not an amount with at most two decimals.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = text.trim().trim_start_matches('€').trim().replace(',', ".");
        let (whole, cents) = plain.split_once('.').unwrap_or((&plain, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 7 || cents.len() > 2 || !digits(whole) || !digits(cents) {
            return Err(format!("“{text}” is not a price; write it like 12.40"));
        }
        let cents: i64 = format!("{cents:0<2}").parse().map_err(|_| "not a price".to_owned())?;
        let whole: i64 = whole.parse().map_err(|_| "not a price".to_owned())?;
        Ok(Self(whole * 100 + cents))
    }

    /// `self * numerator / denominator`, half a cent rounded away from zero.
    #[must_use]
    pub fn times_ratio(self, numerator: i64, denominator: i64) -> Self {
        let product = i128::from(self.0) * i128::from(numerator);
        let denominator = i128::from(denominator);
        let half = denominator / 2;
        let rounded = if product >= 0 { product + half } else { product - half } / denominator;
        Self(i64::try_from(rounded).unwrap_or(i64::MAX))
    }

    /// The tax inside a price that includes it, rounded once.
    #[must_use]
    pub fn tax_within(self, percent: i32) -> Self {
        self.times_ratio(i64::from(percent), 100 + i64::from(percent))
    }

    /// `12.40`, for forms and machines.
    pub fn plain(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

/// Splits an amount over parts in proportion to their weights: each share is the
/// rounded-down one, and the cents left over go to the largest remainders, the
/// first of equals first. The shares add up to the amount, always.
pub fn split(amount: Money, weights: &[i64]) -> Vec<Money> {
    let total: i128 = weights.iter().map(|w| i128::from(*w)).sum();
    if total <= 0 {
        return weights.iter().map(|_| Money::ZERO).collect();
    }
    let product = |w: &i64| i128::from(amount.0) * i128::from(*w);
    let mut shares: Vec<i128> = weights.iter().map(|w| product(w).div_euclid(total)).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(product(&weights[i]).rem_euclid(total)));
    let left = i128::from(amount.0) - shares.iter().sum::<i128>();
    for &i in order.iter().take(usize::try_from(left).unwrap_or(0)) {
        shares[i] += 1;
    }
    shares.into_iter().map(|s| Money(i64::try_from(s).unwrap_or(0))).collect()
}

impl fmt::Display for Money {
    /// As people read it: `€12.40`, with a real minus sign in front.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "−" } else { "" };
        write!(f, "{sign}€{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Mul<i32> for Money {
    type Output = Self;
    fn mul(self, n: i32) -> Self {
        Self(self.0 * i64::from(n))
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl diesel::serialize::ToSql<diesel::sql_types::BigInt, diesel::pg::Pg> for Money {
    fn to_sql<'b>(
        &'b self,
        out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
    ) -> diesel::serialize::Result {
        <i64 as diesel::serialize::ToSql<diesel::sql_types::BigInt, diesel::pg::Pg>>::to_sql(&self.0, out)
    }
}

impl diesel::deserialize::FromSql<diesel::sql_types::BigInt, diesel::pg::Pg> for Money {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        <i64 as diesel::deserialize::FromSql<diesel::sql_types::BigInt, diesel::pg::Pg>>::from_sql(bytes)
            .map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_price_is_read_and_written_to_the_cent() {
        for (text, cents) in [("12.40", 1240), ("€0.99", 99), ("7", 700), ("3,5", 350)] {
            assert_eq!(Money::parse(text), Ok(Money(cents)), "{text}");
        }
        for bad in ["", "-1", "1.234", "abc", "1e5", "99999999", ".5"] {
            assert!(Money::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Money(1240).to_string(), "€12.40");
        assert_eq!(Money(-48).to_string(), "−€0.48");
    }

    #[test]
    fn half_a_cent_rounds_away_from_zero() {
        assert_eq!(Money(3248).times_ratio(400, 1000), Money(1299));
        assert_eq!(Money(1).times_ratio(1, 2), Money(1));
        assert_eq!(Money(-1).times_ratio(1, 2), Money(-1));
        assert_eq!(Money(290).tax_within(23), Money(54));
    }

    proptest! {
        #[test]
        fn shares_add_up_and_none_is_off_by_a_cent(amount in 0i64..1_000_000, weights in prop::collection::vec(0i64..10_000, 1..20)) {
            let shares = split(Money(amount), &weights);
            let total: i64 = weights.iter().sum();
            prop_assume!(total > 0);
            prop_assert_eq!(shares.iter().copied().sum::<Money>(), Money(amount));
            for (share, weight) in shares.iter().zip(&weights) {
                let exact = i128::from(amount) * i128::from(*weight) / i128::from(total);
                prop_assert!((i128::from(share.0) - exact).abs() <= 1);
            }
        }
    }
}
