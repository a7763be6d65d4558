//! What is said to a visitor about what they have just done.

use super::Viewer;
use crate::awaited;
use crate::basket::Basket;
use crate::catalog::{self, Item};
use crate::error::AppError;
use crate::storefront::notice::Notice;
use crate::storefront::parts::{NoticeBox, TotalsBlock, html};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

impl Viewer {
    fn notice_words(&self, notice: Notice, item: Option<&Item>) -> String {
        let name = item.map_or("That product", |i| &i.article.name);
        let in_basket = item.map_or(0, |i| self.basket.quantity_of(i.article.id.0));
        match notice {
            Notice::Added { .. } => format!("{name} added"),
            Notice::Changed { quantity, .. } => format!("{name}: {quantity} in your basket now"),
            Notice::Removed { .. } => format!("{name} removed"),
            Notice::OnlyLeft { available: 0, .. } => format!("{name} is sold out just now"),
            Notice::OnlyLeft { available, .. } => only_left_words(name, available, in_basket),
            Notice::BasketFull => {
                "Your basket holds 200 different things. Take one out to add another.".to_owned()
            }
            Notice::NotAQuantity => "How many? Enter a number from 0 to 99.".to_owned(),
            Notice::PlaceSet => self.spot().map_or_else(String::new, |s| {
                format!("Delivery to {} is {}. {}.", s.place.label(), s.quote.fee_cents, self.next_words())
            }),
            Notice::WishNoted => "Noted. We write to you when we come to your place.".to_owned(),
            Notice::ChoiceKept => "Your choice is kept.".to_owned(),
            Notice::NothingToOrder => "There is nothing in your basket to order yet.".to_owned(),
            Notice::TooLittle => self.too_little_words(),
            Notice::SignedIn => "You are signed in.".to_owned(),
            Notice::Joined { products, more } => self.joined_words(products, more),
            Notice::AccountMade => "Your account is ready. You are signed in.".to_owned(),
            Notice::SignedOut => "You are signed out. Your basket waits in your account.".to_owned(),
            Notice::SignedOutEverywhere => {
                "You are signed out everywhere. Your basket waits in your account.".to_owned()
            }
            Notice::DetailsKept => "Your details are kept.".to_owned(),
            Notice::PasswordChanged => {
                "Your password is changed, and you are signed out everywhere else.".to_owned()
            }
            Notice::Awaited { out, .. } => self.awaited_words(name, out),
            Notice::IsThere { .. } if in_basket > 0 => {
                format!("{name} is in stock again and counts in your basket, so nothing was noted.")
            }
            Notice::IsThere { .. } => {
                format!("{name} is in stock: put it in the basket. Nothing was noted.")
            }
        }
    }

    fn too_little_words(&self) -> String {
        let left = self.totals.until_minimum.filter(|left| !left.is_zero());
        match (self.spot(), left) {
            (Some(spot), Some(left)) => {
                let minimum = spot.quote.minimum_cents;
                format!("We bring orders from {minimum}. {left} more and you can check out.")
            }
            _ => "Your basket is large enough now: you can check out.".to_owned(),
        }
    }

    fn awaited_words(&self, name: &str, out: bool) -> String {
        let to = self.address.as_deref().unwrap_or("you");
        let out = if out { " It is out of your basket." } else { "" };
        format!("We will write once to {to} when {name} is back.{out}")
    }

    /// What came into the account's basket by name, as far as it is still there.
    fn joined_words(&self, products: [i64; 3], more: i32) -> String {
        let of = |id: &i64| self.basket.lines.iter().find(|l| l.item.article.id.0 == *id);
        let names: Vec<&str> = products.iter().filter_map(of).map(|l| l.item.article.name.as_str()).collect();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        match names.as_slice() {
            [] => "You are signed in.".to_owned(),
            [names @ .., last] if more.is_empty() && !names.is_empty() => {
                format!("You are signed in. Added to your basket: {} and {last}.", names.join(", "))
            }
            names => format!("You are signed in. Added to your basket: {}{more}.", names.join(", ")),
        }
    }

    pub(super) fn notice_html(&self) -> Option<String> {
        let (notice, item) = self.notice.as_ref()?;
        let words = self.notice_words(*notice, item.as_ref());
        let bad = matches!(
            notice,
            Notice::OnlyLeft { .. }
                | Notice::BasketFull
                | Notice::NotAQuantity
                | Notice::NothingToOrder
                | Notice::TooLittle
        );
        let undo = match notice {
            Notice::Removed { before, .. } => item.as_ref().map(|i| (i.article.sku.clone(), *before)),
            Notice::Added { .. } => item.as_ref().map(|i| (i.article.sku.clone(), 0)),
            Notice::Changed { before, .. } => item.as_ref().map(|i| (i.article.sku.clone(), *before)),
            Notice::OnlyLeft { .. }
            | Notice::BasketFull
            | Notice::NotAQuantity
            | Notice::PlaceSet
            | Notice::WishNoted
            | Notice::ChoiceKept
            | Notice::NothingToOrder
            | Notice::TooLittle
            | Notice::SignedIn
            | Notice::Joined { .. }
            | Notice::AccountMade
            | Notice::SignedOut
            | Notice::SignedOutEverywhere
            | Notice::DetailsKept
            | Notice::PasswordChanged
            | Notice::Awaited { .. }
            | Notice::IsThere { .. } => None,
        };
        let show_basket = matches!(
            notice,
            Notice::Added { .. } | Notice::Removed { .. } | Notice::Changed { .. } | Notice::Joined { .. }
        );
        let say = if show_basket { format!("{words}. Total {}.", self.totals.total) } else { words.clone() };
        Some(html(&NoticeBox {
            words,
            say,
            bad,
            undo,
            totals: (show_basket && !self.basket.is_empty())
                .then(|| TotalsBlock::new(&self.basket, &self.totals)),
            quiet: matches!(notice, Notice::Changed { .. }),
        }))
    }
}

/// The product a notice is about: in the basket, or on the shelf.
pub(super) fn product_of(
    conn: &mut PgConnection,
    notice: Notice,
    basket: &Basket,
    now: DateTime<Utc>,
) -> Result<Option<Item>, AppError> {
    let Some(id) = notice.product() else { return Ok(None) };
    if let Some(line) = basket.lines.iter().find(|l| l.item.article.id.0 == id) {
        return Ok(Some(line.item.clone()));
    }
    Ok(catalog::by_ids(conn, &[id], now)?.pop())
}

/// To whom a letter will go, for who has just asked for it: nobody else has the key.
pub(super) fn address_of(conn: &mut PgConnection, notice: Option<Notice>) -> QueryResult<Option<String>> {
    match notice {
        Some(Notice::Awaited { wish, .. }) => awaited::address_of(conn, wish),
        Some(_) | None => Ok(None),
    }
}

fn only_left_words(name: &str, available: i32, in_basket: i32) -> String {
    if in_basket == 0 {
        format!("Only {available} of {name} left. Nothing was added.")
    } else {
        format!("Only {available} of {name} left. You still have {in_basket} in your basket.")
    }
}
