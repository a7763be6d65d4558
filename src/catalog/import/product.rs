//! A product as a file gives it, checked, on its way to the database.

use crate::ids::slugify;
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;

/// For products and departments that come without a picture.
pub(super) const NEUTRAL_PICTURE: &str = "icons/shopping-bags.webp";

/// As long as an address may be; see [`crate::ids::Slug`].
const LONGEST_SLUG: usize = 120;

/// The names are the columns' names: it travels as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct NewProduct {
    pub(super) line: u64,
    pub(super) sku: String,
    pub(super) slug: String,
    /// For when another product has the slug.
    pub(super) slug_else: String,
    pub(super) name: String,
    pub(super) brand: String,
    #[serde(skip)]
    pub(super) department: String,
    #[serde(skip)]
    pub(super) category: String,
    pub(super) category_id: i32,
    pub(super) kind: String,
    pub(super) price_cents: i64,
    pub(super) sold_by: &'static str,
    pub(super) per_kg_cents: Option<i64>,
    pub(super) over_percent: Option<i64>,
    pub(super) size_text: String,
    pub(super) size_amount: i64,
    pub(super) size_unit: &'static str,
    pub(super) description: String,
    pub(super) picture: String,
    pub(super) picture_fit: &'static str,
    pub(super) ingredients: String,
    pub(super) allergens: String,
    pub(super) nutrition: BTreeMap<&'static str, String>,
    pub(super) vat_percent: i64,
    pub(super) minimum_age: i64,
    pub(super) storage: &'static str,
    pub(super) labels: String,
    pub(super) popularity: i64,
    pub(super) withdrawn: bool,
    pub(super) stock: Option<i64>,
    pub(super) back_on: Option<NaiveDate>,
}

impl NewProduct {
    /// Makes the address from the name and the article number.
    pub(super) fn with_slug(mut self) -> Self {
        let end = format!("-{:08x}", crc32fast::hash(self.sku.as_bytes()));
        let sku = slugify(&self.sku);
        let mut slug = slugify(&self.name);
        slug.truncate(LONGEST_SLUG - end.len() - sku.len() - 1);
        let parts: Vec<&str> =
            [slug.trim_end_matches('-'), &sku].into_iter().filter(|p| !p.is_empty()).collect();
        self.slug = if parts.is_empty() { "product".into() } else { parts.join("-") };
        self.slug_else = self.slug.clone() + &end;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Slug;

    fn slug(name: &str, sku: &str) -> String {
        NewProduct { name: name.into(), sku: sku.into(), ..NewProduct::default() }.with_slug().slug
    }

    #[test]
    fn an_address_has_the_name_and_the_article_number() {
        assert_eq!(slug("Whole Milk", "DE-MLK-001"), "whole-milk-de-mlk-001");
        assert_eq!(slug("日本", "J1"), "j1");
        assert_eq!(slug("日本", "..."), "product");
    }

    #[test]
    fn the_longest_name_and_number_still_make_an_address() {
        let product = NewProduct { name: "x".repeat(120), sku: "9".repeat(40), ..NewProduct::default() };
        assert!(Slug::try_from(product.with_slug().slug_else).is_ok());
    }
}
