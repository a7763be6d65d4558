//! Names for things that cross module borders. Knows nothing else in the crate.

use serde::Deserialize;
use std::fmt;
use uuid::Uuid;

/// Declares a database key that cannot be confused with another table's key.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $sql:ty) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = $sql)]
        #[serde(transparent)]
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

        impl From<$inner> for $name {
            fn from(key: $inner) -> Self {
                Self(key)
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
impl ProductId {
    /// What the log knows the product by: always the same key, made of the product's own.
    pub const fn subject(self) -> Uuid {
        const OF_PRODUCTS: u128 = 0x7072_6f64_7563_8000_8000_0000_0000_0000;
        Uuid::from_u128(OF_PRODUCTS ^ self.0.cast_unsigned() as u128)
    }
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
    /// Somebody who works here.
    StaffId, Uuid, diesel::sql_types::Uuid
}
id! {
    /// One place somebody is signed in at. It names a session and does not open it.
    StaffSessionId, Uuid, diesel::sql_types::Uuid
}
id! {
    /// A letter on its way.
    MailId, Uuid, diesel::sql_types::Uuid
}
id! {
    /// Key of a row in `awaited`. Of chance alone: who has it may read the address.
    AwaitedId, Uuid, diesel::sql_types::Uuid
}

id! {
    /// Key of a row in `orders`. People see the [`OrderNumber`].
    OrderId, Uuid, diesel::sql_types::Uuid
}
id! {
    /// One try to be paid; also the gateway's idempotency key for it.
    AttemptId, Uuid, diesel::sql_types::Uuid
}
id! {
    CaptureId, Uuid, diesel::sql_types::Uuid
}
id! {
    RefundId, Uuid, diesel::sql_types::Uuid
}

id! {
    /// What closes a zone, a window or everything for a while; also the form's own key.
    IncidentId, Uuid, diesel::sql_types::Uuid
}

id! {
    /// One try to deliver an order.
    DropId, Uuid, diesel::sql_types::Uuid
}
id! {
    /// One booking at an outside carrier; also the key under which it is asked for.
    BookingId, Uuid, diesel::sql_types::Uuid
}

id! {
    /// A customer's word that something is not right with an order.
    CaseId, Uuid, diesel::sql_types::Uuid
}

/// An order's name, short enough to be read out on the phone: `7K3M-9QX2`. Eight signs out of
/// thirty-two that cannot be mistaken for each other; the last one checks the others.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Hash,
    Deserialize,
    serde::Serialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[serde(try_from = "String", into = "String")]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct OrderNumber(String);

/// Without I, L, O and U (Crockford's base 32).
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl OrderNumber {
    /// A number nobody can guess from another one.
    pub fn random() -> Self {
        let bytes = Uuid::new_v4().into_bytes();
        let values: [u8; 7] = std::array::from_fn(|i| bytes[i] & 31);
        Self::from_values(values)
    }

    fn from_values(values: [u8; 7]) -> Self {
        let mut text: String =
            values.iter().chain([&check(&values)]).map(|v| char::from(SIGNS[usize::from(*v)])).collect();
        text.insert(4, '-');
        Self(text)
    }
}

/// Each place weighs differently and oddly, so one wrong sign or two that changed places show.
fn check(values: &[u8; 7]) -> u8 {
    let sum: usize = values.iter().enumerate().map(|(i, v)| usize::from(*v) * (2 * i + 1)).sum();
    u8::try_from(sum % 32).unwrap_or(0)
}

impl TryFrom<String> for OrderNumber {
    type Error = &'static str;

    /// Takes it as people write it: small letters, spaces, O for 0 and L for 1.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        const WRONG: &str = "an order number looks like 7K3M-9QX2";
        let mut values = Vec::with_capacity(8);
        for sign in text.trim().trim_start_matches('#').bytes().filter(|b| !matches!(b, b'-' | b' ')) {
            let sign = match sign.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let value = SIGNS.iter().position(|s| *s == sign).ok_or(WRONG)?;
            values.push(u8::try_from(value).map_err(|_| WRONG)?);
            if values.len() > 8 {
                return Err(WRONG);
            }
        }
        let (last, first) = values.split_last().ok_or(WRONG)?;
        let first: [u8; 7] = first.try_into().map_err(|_| WRONG)?;
        if check(&first) == *last { Ok(Self::from_values(first)) } else { Err(WRONG) }
    }
}

impl From<OrderNumber> for String {
    fn from(number: OrderNumber) -> Self {
        number.0
    }
}

impl AsRef<str> for OrderNumber {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for OrderNumber {
    fn to_sql<'b>(
        &'b self,
        out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
    ) -> diesel::serialize::Result {
        <str as diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg>>::to_sql(&self.0, out)
    }
}

impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for OrderNumber {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        let text =
            <String as diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg>>::from_sql(
                bytes,
            )?;
        Ok(Self::try_from(text)?)
    }
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
    /// The payment gateway told us.
    Gateway,
    /// Somebody of the shop: in the log by key, on pages by name.
    Staff(StaffId),
    /// An outside carrier told us.
    Carrier,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Customer => "customer",
            Self::System => "system",
            Self::Gateway => "gateway",
            Self::Carrier => "carrier",
            Self::Staff(id) => return write!(f, "staff:{id}"),
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
    fn an_order_number_survives_the_phone_but_not_a_slip() {
        for _ in 0..200 {
            let number = OrderNumber::random();
            let said =
                number.to_string().replace('-', " ").to_lowercase().replace('0', "o").replace('1', "l");
            assert_eq!(OrderNumber::try_from(said), Ok(number.clone()));
            let mut slip = number.to_string().into_bytes();
            slip[2] = SIGNS[(SIGNS.iter().position(|s| *s == slip[2]).expect("a sign") + 1) % 32];
            assert!(OrderNumber::try_from(String::from_utf8(slip).expect("ascii")).is_err(), "{number}");
        }
        for bad in ["", "7K3M", "7K3M-9QX2-1", "U7K3-M9QX", "<script>"] {
            assert!(OrderNumber::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_article_number_cannot_carry_anything_else() {
        assert!(Sku::try_from("DE-MLK-001".to_owned()).is_ok());
        for bad in ["", "a b", "x'--", "<b>", &"9".repeat(41)] {
            assert!(Sku::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
