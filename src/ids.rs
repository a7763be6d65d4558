//! Names for things that cross module borders. Knows nothing else in the crate.

use serde::Deserialize;
use std::fmt;
use uuid::Uuid;

/// Declares a database key that cannot be confused with another table's key.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $sql:ty) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = $sql)]
        pub struct $name(pub $inner);

        impl diesel::serialize::ToSql<$sql, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                <$inner as diesel::serialize::ToSql<$sql, diesel::pg::Pg>>::to_sql(&self.0, out)
            }
        }

        impl diesel::deserialize::FromSql<$sql, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <$inner as diesel::deserialize::FromSql<$sql, diesel::pg::Pg>>::from_sql(bytes).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// Key of a row in `products`. People see the SKU.
    ProductId, i64, diesel::sql_types::BigInt
}
id! {
    /// Key of a row in `places`: a routing key that the shop knows of.
    PlaceId, i32, diesel::sql_types::Integer
}
id! {
    /// Key of a row in `zones`: places with the same fee and the same windows.
    ZoneId, i32, diesel::sql_types::Integer
}
id! {
    /// A fee promised to somebody. Random enough to stand in an address.
    QuoteId, Uuid, diesel::sql_types::Uuid
}
id! {
    /// A basket. Only its holder knows it; the cookie that carries it is signed.
    BasketId, Uuid, diesel::sql_types::Uuid
}
id! {
    /// Somebody with an account.
    CustomerId, Uuid, diesel::sql_types::Uuid
}
id! {
    /// A letter on its way.
    MailId, Uuid, diesel::sql_types::Uuid
}

/// The article number printed on the shelf edge, such as `DE-MLK-001`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Sku(String);

impl TryFrom<String> for Sku {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let valid = (1..=40).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
        if valid { Ok(Self(text)) } else { Err("an article number has 1 to 40 letters, digits, - _ .") }
    }
}

impl AsRef<str> for Sku {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The readable part of an address, such as `whole-milk-de-mlk-001`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Slug(String);

impl TryFrom<String> for Slug {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let valid = (1..=120).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if valid { Ok(Self(text)) } else { Err("not an address of ours") }
    }
}

impl AsRef<str> for Slug {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Makes the readable part of an address out of a name: plain letters, digits and single dashes.
pub fn slugify(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let mut slug = String::with_capacity(text.len());
    for c in text.nfkd().filter(char::is_ascii).map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if c != '\'' && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(100);
    slug.trim_end_matches('-').to_owned()
}

/// Who made something happen; written beside every event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    Customer,
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customer => "customer",
            Self::System => "system",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_plain_and_has_no_loose_dashes() {
        assert_eq!(slugify("Crème Fraîche, 200 g"), "creme-fraiche-200-g");
        assert_eq!(slugify("Baker's  Choice!"), "bakers-choice");
        assert_eq!(slugify("日本"), "");
    }

    #[test]
    fn an_article_number_cannot_carry_anything_else() {
        assert!(Sku::try_from("DE-MLK-001".to_owned()).is_ok());
        for bad in ["", "a b", "x'--", "<b>", &"9".repeat(41)] {
            assert!(Sku::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
