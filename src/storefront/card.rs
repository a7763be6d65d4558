//! A product on its card, in finished words.

use super::parts::Step;
use crate::catalog::{Availability, Item, OfferKind, PictureFit};
use crate::clock;
use crate::web::{Marked, assets, hole};
use askama::Template;
use chrono::NaiveDate;

pub(super) struct Card {
    pub(super) href: String,
    pub(super) name: String,
    /// Size and brand.
    pub(super) meta: String,
    pub(super) picture: String,
    pub(super) fresh: bool,
    pub(super) price: String,
    /// The old price, where a percentage is off.
    pub(super) was: Option<String>,
    /// Per kilogram, litre or piece.
    pub(super) unit: String,
    pub(super) badge: Option<Badge>,
    pub(super) sold_out: bool,
    pub(super) step: Marked,
}

pub(super) struct Badge {
    pub(super) class: &'static str,
    pub(super) words: String,
}

impl Card {
    pub(super) fn new(item: &Item) -> Self {
        let article = &item.article;
        let price = item.unit_price();
        let sold_out = item.available() == 0;
        let per_unit = item.per_kg().unwrap_or_else(|| article.per_unit(price));
        let step = if sold_out {
            Marked::default()
        } else {
            hole(&format!("step:{}", article.id), &Step::new(item, 0).html())
        };
        Self {
            href: format!("/p/{}", article.slug),
            name: article.name.clone(),
            meta: meta(&article.size_label(), &article.brand),
            picture: assets::picture(&article.picture).into_owned(),
            fresh: article.picture_fit == PictureFit::Fresh,
            price: if article.is_weighed() { format!("{price}") } else { price.to_string() },
            was: (price != article.price_cents).then(|| article.price_cents.to_string()),
            unit: format!("{per_unit}{}", article.unit_suffix()),
            badge: badge(item),
            sold_out,
            step,
        }
    }

    pub(super) fn all(items: &[Item]) -> Vec<Self> {
        items.iter().map(Self::new).collect()
    }
}

fn meta(size: &str, brand: &str) -> String {
    if brand.is_empty() { size.to_owned() } else { format!("{size}, {brand}") }
}

/// At most one: that it is gone, that few are left, or its offer, in this order.
fn badge(item: &Item) -> Option<Badge> {
    match item.availability() {
        Availability::SoldOut { back_on } => Some(Badge { class: "", words: back_words(back_on) }),
        Availability::Few(n) => Some(Badge { class: "warn", words: format!("Only {n} left") }),
        Availability::Plenty => offer_words(item).map(|words| Badge { class: "offer", words }),
    }
}

/// `Back Thu 26 Nov`, or that we do not know the day.
pub(super) fn back_words(back_on: Option<NaiveDate>) -> String {
    back_on.map_or_else(|| "Sold out, back soon".to_owned(), |day| format!("Back {}", clock::date_label(day)))
}

/// An offer as a badge says it: for a percentage what is saved on this piece.
pub(super) fn offer_words(item: &Item) -> Option<String> {
    let offer = item.offer.as_ref()?;
    Some(match offer.kind {
        OfferKind::Percent => format!("Save {}", item.article.price_cents - item.unit_price()),
        OfferKind::NFor | OfferKind::BuyNSave => offer.label.clone(),
    })
}

/// Cards, for pages that show nothing else.
#[derive(Template)]
#[template(path = "parts/cards.html")]
pub(super) struct Cards<'a> {
    pub(super) cards: &'a [Card],
    pub(super) heading: &'static str,
    pub(super) row: bool,
}

impl Cards<'_> {
    pub(super) fn html(&self) -> Marked {
        Marked(self.render().unwrap_or_default())
    }
}

/// A single card, kept finished.
#[derive(Template)]
#[template(path = "parts/card.html")]
pub(super) struct OneCard {
    card: Card,
    heading: &'static str,
    eager: bool,
}

impl OneCard {
    pub(super) const fn new(card: Card, heading: &'static str) -> Self {
        Self { card, heading, eager: false }
    }

    pub(super) fn html(&self) -> String {
        self.render().unwrap_or_default()
    }
}
