//! Which choices a product fails.

use super::ask::{Filter, PriceBand};
use super::docs::Doc;

/// A set of facet groups, one bit each.
pub(super) type Groups = u8;

pub(super) const NONE: Groups = 0;
pub(super) const DEPARTMENTS: Groups = 1;
pub(super) const CATEGORIES: Groups = 1 << 1;
pub(super) const BRANDS: Groups = 1 << 2;
pub(super) const PRICE: Groups = 1 << 3;
/// The groups in which every choice must hold: their options only count products that fail nothing.
const STRICT: Groups = 1 << 4;

/// A filter made ready to be tried on every product.
#[derive(Debug)]
pub(super) struct Sieve<'a> {
    filter: &'a Filter,
    departments: Vec<u16>,
    categories: Vec<u16>,
    brands: Vec<u16>,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(filter: &'a Filter) -> Self {
        Self {
            filter,
            departments: sorted(&filter.departments),
            categories: sorted(&filter.categories),
            brands: sorted(&filter.brands),
        }
    }

    /// Whether the product is on the page at all, whatever is chosen there.
    pub(super) fn in_scope(&self, doc: &Doc) -> bool {
        !doc.dead
            && self.filter.scope_department.is_none_or(|department| doc.department == department)
            && self.filter.scope_category.is_none_or(|category| doc.category == category)
    }

    /// The groups whose choices the product fails. Products that fail none are hits; those that fail exactly one
    /// would be hits if that group were chosen differently.
    pub(super) fn failed(&self, doc: &Doc) -> Groups {
        let mut failed = NONE;
        let mut note = |fails: bool, group: Groups| {
            if fails {
                failed |= group;
            }
        };
        note(misses(&self.departments, doc.department), DEPARTMENTS);
        note(misses(&self.categories, doc.category), CATEGORIES);
        note(misses(&self.brands, doc.brand), BRANDS);
        let price = &self.filter.price;
        note(!price.is_empty() && !price.contains(&PriceBand::of(doc.price_cents)), PRICE);
        note(self.fails_strict(doc), STRICT);
        failed
    }

    fn fails_strict(&self, doc: &Doc) -> bool {
        let Filter { on_offer, in_stock, without, labels, .. } = *self.filter;
        (on_offer && !doc.on_offer)
            || (in_stock && !doc.in_stock)
            || doc.allergens & without != 0
            || doc.labels & labels != labels
    }
}

/// Sorted, so that an endless list of choices in an address costs little.
fn sorted(choices: &[u16]) -> Vec<u16> {
    let mut choices = choices.to_vec();
    choices.sort_unstable();
    choices.dedup();
    choices
}

fn misses(choices: &[u16], value: u16) -> bool {
    !choices.is_empty() && choices.binary_search(&value).is_err()
}
