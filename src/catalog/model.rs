use super::offers::{Offer, percent_off};
use crate::db::db_enum;
use crate::db::schema::{products, stock};
use crate::ids::ProductId;
use crate::money::Money;
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

db_enum! {
    /// Whether a price is for a piece, or a piece is weighed and priced by its weight.
    pub enum SoldBy {
        Each = "each",
        Weight = "weight",
    }
}

db_enum! {
    /// What a product's size is counted in.
    pub enum SizeUnit {
        Gram = "g",
        Millilitre = "ml",
        Each = "each",
    }
}

db_enum! {
    pub enum Storage {
        Ambient = "ambient",
        Chilled = "chilled",
        Frozen = "frozen",
        Fresh = "fresh",
    }
}

db_enum! {
    /// How a picture stands on its plate: a pack's drawing, or a piece of fresh food.
    pub enum PictureFit {
        Pack = "pack",
        Fresh = "fresh",
    }
}

impl Storage {
    /// What to do with it at home.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Ambient => "Store in a cool, dry place.",
            Self::Chilled => "Keep refrigerated, below 5 °C.",
            Self::Frozen => "Keep frozen, at −18 °C or below.",
            Self::Fresh => "Best kept cool. Wash before use.",
        }
    }
}

/// Claims a product may carry, by name as the catalogue has them and as people read them.
pub const LABELS: [(&str, &str); 4] =
    [("organic", "Organic"), ("vegan", "Vegan"), ("vegetarian", "Vegetarian"), ("wholegrain", "Wholegrain")];

/// What a card, a basket line and a price need to know of a product.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = products)]
pub struct Article {
    pub id: ProductId,
    pub sku: String,
    pub slug: String,
    pub name: String,
    pub brand: String,
    pub category_id: i32,
    /// Of one piece; for what is weighed, of a piece of the estimated weight.
    pub price_cents: Money,
    pub sold_by: SoldBy,
    pub per_kg_cents: Option<Money>,
    pub over_percent: Option<i32>,
    pub size_text: String,
    pub size_amount: i64,
    pub size_unit: SizeUnit,
    pub picture: String,
    pub picture_fit: PictureFit,
    pub vat_percent: i32,
    pub minimum_age: i32,
}

/// A product as those handle it who work with it, sold any more or not.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = products)]
pub struct Ware {
    pub id: ProductId,
    pub sku: String,
    pub name: String,
    pub brand: String,
    pub category_id: i32,
    pub kind: String,
    pub size_text: String,
    pub picture: String,
    pub picture_fit: PictureFit,
    pub storage: Storage,
}

/// The rest of a product, for its own page.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = products)]
pub struct Details {
    pub kind: String,
    pub description: String,
    pub ingredients: String,
    pub allergens: String,
    pub nutrition: serde_json::Value,
    pub storage: Storage,
    pub labels: String,
    pub demo: bool,
}

/// The stock's row, as far as the pages speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = stock)]
pub struct StockRow {
    pub on_hand: i32,
    pub held: i32,
    pub back_on: Option<NaiveDate>,
}

impl StockRow {
    /// A day that has passed says nothing about when there will be more.
    #[must_use]
    pub(super) fn without_past(mut self, now: DateTime<Utc>) -> Self {
        self.back_on = self.back_on.filter(|day| *day >= now.date_naive());
        self
    }
}

/// A product as it stands on the shelf now: price, offer, stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub article: Article,
    pub stock: Option<StockRow>,
    pub offer: Option<Offer>,
}

/// The stock in words' worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    Plenty,
    /// So few that one should know: 1 to 5.
    Few(i32),
    SoldOut {
        back_on: Option<NaiveDate>,
    },
}

/// At this many or fewer, a page says how many are left.
const FEW: i32 = 5;

impl Item {
    /// Units one can still have.
    pub fn available(&self) -> i32 {
        self.stock.map_or(0, |s| (s.on_hand - s.held).max(0))
    }

    pub fn availability(&self) -> Availability {
        match self.available() {
            0 => Availability::SoldOut { back_on: self.stock.and_then(|s| s.back_on) },
            n if n <= FEW => Availability::Few(n),
            _ => Availability::Plenty,
        }
    }

    /// What one piece costs now: less where a percentage is off.
    pub fn unit_price(&self) -> Money {
        percent_off(self.article.price_cents, self.offer.as_ref())
    }

    /// What one kilogram of a weighed product costs now.
    pub fn per_kg(&self) -> Option<Money> {
        self.article.per_kg_cents.map(|price| percent_off(price, self.offer.as_ref()))
    }

    /// The most one piece can cost once it is weighed; for all else its price.
    pub fn most(&self) -> Money {
        let over = self.article.over_percent.unwrap_or(0);
        let price = self.unit_price();
        // Up to the next cent: the promise is "never more than".
        Money((price.cents() * i64::from(100 + over) + 99) / 100)
    }
}

impl Article {
    pub fn is_weighed(&self) -> bool {
        self.sold_by == SoldBy::Weight
    }

    /// The price of a kilogram, a litre or a piece, at a given price of the whole.
    pub fn per_unit(&self, price: Money) -> Money {
        match self.size_unit {
            SizeUnit::Gram | SizeUnit::Millilitre => price.times_ratio(1000, self.size_amount),
            SizeUnit::Each => price.times_ratio(1, self.size_amount),
        }
    }

    /// `/kg`, `/l` or ` each`.
    pub const fn unit_suffix(&self) -> &'static str {
        match self.size_unit {
            SizeUnit::Gram => "/kg",
            SizeUnit::Millilitre => "/l",
            SizeUnit::Each => " each",
        }
    }

    /// `500 g`, or `about 400 g` for what is weighed.
    pub fn size_label(&self) -> String {
        let size = spaced(&self.size_text);
        if self.is_weighed() { format!("about {size}") } else { size }
    }
}

/// A space between the number and its unit: `500ml` is `500 ml`, `1L` is `1 l`.
fn spaced(size: &str) -> String {
    let mut out = String::with_capacity(size.len() + 1);
    let mut previous = ' ';
    for c in size.chars() {
        if c.is_ascii_alphabetic() && previous.is_ascii_digit() && c != 'x' {
            out.push(' ');
        }
        out.push(if c == 'L' && !previous.is_ascii_alphabetic() { 'l' } else { c });
        previous = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_reads_well() {
        for (raw, shown) in [
            ("500ml", "500 ml"),
            ("1L", "1 l"),
            ("1.2kg", "1.2 kg"),
            ("10 eggs", "10 eggs"),
            ("each", "each"),
            ("4x150g", "4x150 g"),
        ] {
            assert_eq!(spaced(raw), shown);
        }
    }
}
