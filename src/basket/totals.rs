//! What a basket comes to: one block of sums, the same on every page.

use super::model::{Basket, Line};
use crate::catalog::{Cheaper, Priced, offer_rows, price_lines};
use crate::money::Money;
use std::collections::BTreeMap;

/// Everything a totals block says. Prices include tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    pub count: i32,
    /// Before offers.
    pub items: Money,
    /// What offers take off: of what, what the offer is called, and how much.
    pub offers: Vec<(String, Money)>,
    /// After offers.
    pub goods: Money,
    /// `None` while the place is not known.
    pub delivery: Option<Money>,
    pub total: Money,
    pub tax: Vec<TaxLine>,
    /// The most the total can become once everything is weighed; more than `total` only then.
    pub most: Money,
    /// What is missing for free delivery; zero when it is free, `None` while the place is not known.
    pub until_free: Option<Money>,
    /// What is missing for the smallest order we bring; zero when it is reached.
    pub until_minimum: Option<Money>,
}

/// The tax inside a total, by rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxLine {
    pub percent: i32,
    pub amount: Money,
}

impl Totals {
    /// `delivery_vat` in percent.
    pub fn of(basket: &Basket, delivery_vat: i32) -> Self {
        let terms = basket.spot.as_ref().map(|s| s.quote.terms());
        let items: Money = basket.lines.iter().map(Line::full).sum();
        let goods: Money = basket.lines.iter().map(Line::sum).sum();
        let delivery = terms.map(|t| if basket.count() == 0 { t.fee } else { t.fee_for(goods) });
        let fee = delivery.unwrap_or_default();
        let most: Money = basket.lines.iter().map(Line::most).sum();
        Self {
            count: basket.count(),
            items,
            offers: offers(basket),
            goods,
            delivery,
            total: goods + fee,
            tax: tax(basket, &[], fee, delivery_vat),
            most: most + fee,
            until_free: terms.map(|t| missing(t.free_from, goods)),
            until_minimum: terms.map(|t| missing(t.minimum, goods)),
        }
    }

    /// The tax inside what is left when so much is taken off each line.
    pub fn tax_less(&self, basket: &Basket, off: &[Money], delivery_vat: i32) -> Money {
        let taxes = tax(basket, off, self.delivery.unwrap_or_default(), delivery_vat);
        taxes.iter().map(|t| t.amount).sum()
    }

    pub fn tax_sum(&self) -> Money {
        self.tax.iter().map(|t| t.amount).sum()
    }

    /// What it came to with the prices, amounts and fee that were last seen, if that was another
    /// sum.
    pub fn before(&self, basket: &Basket) -> Option<Money> {
        let seen: Vec<Priced> = basket.lines.iter().map(Line::as_seen).collect();
        let full: Money = seen.iter().map(|l| l.full_price * l.quantity).sum();
        let goods = full - price_lines(&seen).into_iter().sum();
        let terms = basket.spot.as_ref().map(|s| s.quote.terms());
        let fee = terms.map(|t| {
            let terms = basket.old_terms().unwrap_or(t);
            if seen.iter().all(|l| l.quantity == 0) { terms.fee } else { terms.fee_for(goods) }
        });
        Some(goods + fee.unwrap_or_default()).filter(|before| *before != self.total)
    }
}

fn missing(goal: Money, goods: Money) -> Money {
    (goal - goods).max(Money::ZERO)
}

fn offers(basket: &Basket) -> Vec<(String, Money)> {
    offer_rows(basket.lines.iter().filter_map(|line| {
        let offer = line.item.offer.as_ref()?;
        let name = &line.item.article.name;
        Some(Cheaper { name, label: &offer.label, shared_offer: offer.shared_id(), off: line.off })
    }))
}

/// Rounded once for each rate, not for each line. `off` is taken off the lines, in their order.
fn tax(basket: &Basket, off: &[Money], fee: Money, delivery_vat: i32) -> Vec<TaxLine> {
    let mut gross: BTreeMap<i32, Money> = BTreeMap::new();
    let off = off.iter().copied().chain(std::iter::repeat(Money::ZERO));
    let lines = basket.lines.iter().zip(off).map(|(l, off)| (l.item.article.vat_percent, l.sum() - off));
    for (percent, sum) in lines.chain([(delivery_vat, fee)]) {
        let entry = gross.entry(percent).or_default();
        *entry = *entry + sum;
    }
    gross
        .into_iter()
        .map(|(percent, sum)| TaxLine { percent, amount: sum.tax_within(percent) })
        .filter(|t| !t.amount.is_zero())
        .collect()
}

#[cfg(test)]
mod tests;
