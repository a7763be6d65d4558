//! What the index answers.

use super::ask::PriceBand;
use super::key::Key;

/// One page of a list, and the numbers beside it.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The products of this page, in order.
    pub ids: Vec<i64>,
    /// The products on all pages.
    pub total: usize,
    /// Where the next page begins; none on the last page.
    pub next: Option<Key>,
    pub facets: Facets,
    /// Words taken for mistyped: as typed, and what was looked for instead.
    pub corrected: Vec<(String, String)>,
    /// No product has all the words; these have the most of them.
    pub relaxed: bool,
    /// Only where the words find nothing in the whole shop: words to offer instead, as the shop writes them, best
    /// first; at most 3. None of them was looked for.
    pub meant: Vec<String>,
}

/// For each option, how many products there would be if it were chosen, given the choices in all other groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// Number and products, most products first; includes the chosen ones even without any product.
    pub departments: Vec<(u16, u32)>,
    /// As for departments.
    pub categories: Vec<(u16, u32)>,
    /// Most products first, then by name; at most 20, the chosen ones always among them.
    pub brands: Vec<(u16, u32)>,
    /// In the order of `PriceBand::ALL`.
    pub price: [u32; PriceBand::ALL.len()],
    pub on_offer: u32,
    pub in_stock: u32,
    /// For each allergen bit: products without it, and without those already ruled out.
    pub without: [u32; 16],
    /// For each label bit: products with it, and with those already asked for.
    pub labels: [u32; 16],
}

/// What to offer below the search field while somebody types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// The typed text with its last word completed, most products first; at most 4.
    pub completions: Vec<String>,
    /// Categories whose name matches; at most 2.
    pub categories: Vec<u16>,
    /// Products, best first; at most 5.
    pub products: Vec<i64>,
}
