//! What is to be said on the next page, carried there in a cookie of numbers only.

use crate::ids::AwaitedId;
use std::fmt;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    Added {
        product: i64,
        quantity: i32,
    },
    Changed {
        product: i64,
        before: i32,
        quantity: i32,
    },
    /// Taken out; there were so many, should they want them back.
    Removed {
        product: i64,
        before: i32,
    },
    /// More were wanted than there are.
    OnlyLeft {
        product: i64,
        available: i32,
    },
    BasketFull,
    /// The quantity was no number from 0 to 99.
    NotAQuantity,
    PlaceSet,
    WishNoted,
    ChoiceKept,
    /// Somebody wanted to order with nothing in the basket.
    NothingToOrder,
    /// Somebody wanted to order less than we bring.
    TooLittle,
    SignedIn,
    /// Signed in, and the basket they had before came along: the first of what was added, and
    /// how many more.
    Joined {
        products: [i64; 3],
        more: i32,
    },
    AccountMade,
    SignedOut,
    SignedOutEverywhere,
    DetailsKept,
    PasswordChanged,
    /// We write when it is back; whether it has left the basket.
    Awaited {
        product: i64,
        wish: AwaitedId,
        out: bool,
    },
    /// Somebody wanted to wait for what is there.
    IsThere {
        product: i64,
    },
}

impl Notice {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let kind = parts.next()?;
        let mut number = || parts.next()?.parse::<i64>().ok();
        let small = |n: i64| i32::try_from(n).ok().filter(|n| (0..=9_999).contains(n));
        Some(match kind {
            "added" => Self::Added { product: number()?, quantity: small(number()?)? },
            "changed" => {
                Self::Changed { product: number()?, before: small(number()?)?, quantity: small(number()?)? }
            }
            "removed" => Self::Removed { product: number()?, before: small(number()?)? },
            "left" => Self::OnlyLeft { product: number()?, available: small(number()?)? },
            "full" => Self::BasketFull,
            "quantity" => Self::NotAQuantity,
            "place" => Self::PlaceSet,
            "wish" => Self::WishNoted,
            "choice" => Self::ChoiceKept,
            "empty" => Self::NothingToOrder,
            "little" => Self::TooLittle,
            "in" => Self::SignedIn,
            "joined" => Self::Joined { products: [number()?, number()?, number()?], more: small(number()?)? },
            "made" => Self::AccountMade,
            "out" => Self::SignedOut,
            "out-all" => Self::SignedOutEverywhere,
            "details" => Self::DetailsKept,
            "password" => Self::PasswordChanged,
            "awaited" => {
                let product = number()?;
                let wish = AwaitedId(Uuid::try_parse(parts.next()?).ok()?);
                Self::Awaited { product, wish, out: parts.next()? == "1" }
            }
            "there" => Self::IsThere { product: number()? },
            _ => return None,
        })
    }

    /// The product it is about, if it is about one.
    pub(crate) const fn product(&self) -> Option<i64> {
        match self {
            Self::Added { product, .. }
            | Self::Changed { product, .. }
            | Self::Removed { product, .. }
            | Self::OnlyLeft { product, .. }
            | Self::Awaited { product, .. }
            | Self::IsThere { product } => Some(*product),
            Self::BasketFull
            | Self::NotAQuantity
            | Self::PlaceSet
            | Self::WishNoted
            | Self::ChoiceKept
            | Self::NothingToOrder
            | Self::TooLittle
            | Self::SignedIn
            | Self::Joined { .. }
            | Self::AccountMade
            | Self::SignedOut
            | Self::SignedOutEverywhere
            | Self::DetailsKept
            | Self::PasswordChanged => None,
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { product, quantity } => write!(f, "added:{product}:{quantity}"),
            Self::Changed { product, before, quantity } => write!(f, "changed:{product}:{before}:{quantity}"),
            Self::Removed { product, before } => write!(f, "removed:{product}:{before}"),
            Self::OnlyLeft { product, available } => write!(f, "left:{product}:{available}"),
            Self::BasketFull => f.write_str("full"),
            Self::NotAQuantity => f.write_str("quantity"),
            Self::PlaceSet => f.write_str("place"),
            Self::WishNoted => f.write_str("wish"),
            Self::ChoiceKept => f.write_str("choice"),
            Self::NothingToOrder => f.write_str("empty"),
            Self::TooLittle => f.write_str("little"),
            Self::SignedIn => f.write_str("in"),
            Self::Joined { products: [a, b, c], more } => write!(f, "joined:{a}:{b}:{c}:{more}"),
            Self::AccountMade => f.write_str("made"),
            Self::SignedOut => f.write_str("out"),
            Self::SignedOutEverywhere => f.write_str("out-all"),
            Self::DetailsKept => f.write_str("details"),
            Self::PasswordChanged => f.write_str("password"),
            Self::Awaited { product, wish, out } => {
                write!(f, "awaited:{product}:{}:{}", wish.0.simple(), u8::from(*out))
            }
            Self::IsThere { product } => write!(f, "there:{product}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_survives_its_cookie() {
        for notice in [
            Notice::Added { product: 7, quantity: 2 },
            Notice::Removed { product: 7, before: 3 },
            Notice::OnlyLeft { product: 1, available: 0 },
            Notice::PlaceSet,
            Notice::BasketFull,
            Notice::Joined { products: [7, 8, 0], more: 2 },
            Notice::SignedOutEverywhere,
            Notice::Awaited { product: 7, wish: AwaitedId(Uuid::from_u128(9)), out: true },
            Notice::IsThere { product: 7 },
        ] {
            assert_eq!(Notice::read(&notice.to_string()), Some(notice));
        }
        for broken in ["", "added", "added:x:1", "added:1:-1", "left:1:99999999999", "<b>", "awaited:1:2:1"] {
            assert_eq!(Notice::read(broken), None, "{broken}");
        }
    }
}
