//! What may be asked of the index.

use super::key::Key;

/// One question: a page of a list of products.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// What was typed. Blank asks for everything in the scope.
    pub text: String,
    pub filter: Filter,
    pub sort: Sort,
    /// The `next` of the previous page. A key of another sort order is ignored.
    pub after: Option<Key>,
    /// Products on the page; more than 500 are not given.
    pub limit: usize,
}

/// The choices made. Within departments, categories, brands and price bands any one is enough; allergens and
/// labels must all hold. Empty means no choice.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The page one is on: not a choice, so it holds for all facet counts.
    pub scope_department: Option<u16>,
    /// The page one is on: not a choice, so it holds for all facet counts.
    pub scope_category: Option<u16>,
    pub departments: Vec<u16>,
    pub categories: Vec<u16>,
    pub brands: Vec<u16>,
    pub price: Vec<PriceBand>,
    pub on_offer: bool,
    pub in_stock: bool,
    /// Allergen bits of which a product may have none.
    pub without: u16,
    /// Label bits of which a product must have all.
    pub labels: u16,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Relevance if there is a text; then what is in stock, then popularity.
    #[default]
    Best,
    PriceUp,
    UnitPriceUp,
    /// By the first 24 letters of the name.
    Name,
}

/// Prices in euros; the upper bound belongs to the band ("up to 2.00").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PriceBand {
    UpTo2,
    From2To5,
    From5To10,
    Over10,
}

impl PriceBand {
    pub const ALL: [Self; 4] = [Self::UpTo2, Self::From2To5, Self::From5To10, Self::Over10];

    /// The band a price lies in.
    pub fn of(price_cents: u32) -> Self {
        match price_cents {
            0..=200 => Self::UpTo2,
            201..=500 => Self::From2To5,
            501..=1000 => Self::From5To10,
            1001.. => Self::Over10,
        }
    }
}
