//! Counting the facets while the products pass by.

use super::answer::Facets;
use super::ask::{Filter, PriceBand};
use super::brands::{Brands, NO_BRAND};
use super::docs::Doc;
use super::filter::{BRANDS, CATEGORIES, DEPARTMENTS, Groups, NONE, PRICE};
use std::cmp::Reverse;

const MOST_BRANDS: usize = 20;

/// Counts by number; grows with the highest number seen.
#[derive(Debug, Default)]
struct Counts(Vec<u32>);

impl Counts {
    fn add(&mut self, number: u16) {
        let at = usize::from(number);
        if at >= self.0.len() {
            self.0.resize(at + 1, 0);
        }
        self.0[at] += 1;
    }

    /// The counted and the chosen, most products first, then by number.
    fn ranked(&self, chosen: &[u16]) -> Vec<(u16, u32)> {
        let counted = (0..).zip(self.0.iter().copied());
        let mut all: Vec<(u16, u32)> = counted.filter(|(_, count)| *count > 0).collect();
        for &number in chosen {
            if !all.iter().any(|(known, _)| *known == number) {
                all.push((number, 0));
            }
        }
        all.sort_unstable_by_key(|&(number, count)| (Reverse(count), number));
        all
    }
}

/// Running counts of one answer.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub total: usize,
    departments: Counts,
    categories: Counts,
    brands: Counts,
    price: [u32; PriceBand::ALL.len()],
    on_offer: u32,
    in_stock: u32,
    with_allergen: [u32; 16],
    with_label: [u32; 16],
}

impl Tally {
    /// Counts a product in the groups that would still show it: all if it fails none, one if it fails just that.
    pub(super) fn see(&mut self, doc: &Doc, failed: Groups) {
        if failed & !DEPARTMENTS == NONE {
            self.departments.add(doc.department);
        }
        if failed & !CATEGORIES == NONE {
            self.categories.add(doc.category);
        }
        if failed & !BRANDS == NONE {
            self.brands.add(doc.brand);
        }
        if failed & !PRICE == NONE {
            self.price[PriceBand::of(doc.price_cents) as usize] += 1;
        }
        if failed == NONE {
            self.total += 1;
            self.on_offer += u32::from(doc.on_offer);
            self.in_stock += u32::from(doc.in_stock);
            add_bits(&mut self.with_allergen, doc.allergens);
            add_bits(&mut self.with_label, doc.labels);
        }
    }

    pub(super) fn facets(&self, filter: &Filter, brands: &Brands) -> Facets {
        let total = u32::try_from(self.total).unwrap_or(u32::MAX);
        Facets {
            departments: self.departments.ranked(&filter.departments),
            categories: self.categories.ranked(&filter.categories),
            brands: self.top_brands(&filter.brands, brands),
            price: self.price,
            on_offer: self.on_offer,
            in_stock: self.in_stock,
            without: self.with_allergen.map(|with| total - with),
            labels: self.with_label,
        }
    }

    /// The chosen brands come first into the twenty, so that each can be unchosen again.
    fn top_brands(&self, chosen: &[u16], names: &Brands) -> Vec<(u16, u32)> {
        let is_brand = |number: u16| number != NO_BRAND && usize::from(number) < names.len();
        let chosen: Vec<u16> = chosen.iter().copied().filter(|&number| is_brand(number)).collect();
        let mut all = self.brands.ranked(&chosen);
        all.retain(|(number, _)| *number != NO_BRAND);
        let order = |&(number, count): &(u16, u32)| (Reverse(count), names.name(number), number);
        all.sort_by(|a, b| order(a).cmp(&order(b)));
        let mut room = MOST_BRANDS.saturating_sub(chosen.len());
        all.retain(|(number, _)| {
            let kept = chosen.contains(number);
            let wins = !kept && room > 0;
            room -= usize::from(wins);
            kept || wins
        });
        all
    }
}

fn add_bits(counts: &mut [u32; 16], mut bits: u16) {
    while bits != 0 {
        counts[bits.trailing_zeros() as usize] += 1;
        bits &= bits - 1;
    }
}
