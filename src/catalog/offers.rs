//! Offers, and what they take off: pure sums, to the cent.

use crate::db::db_enum;
use crate::db::schema::offers;
use crate::money::{Money, split};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

db_enum! {
    pub enum OfferKind {
        /// So many percent off each piece.
        Percent = "percent",
        /// Any N of its products for one amount.
        NFor = "n_for",
        /// An amount off for every N of its products.
        BuyNSave = "buy_n_save",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = offers)]
pub struct Offer {
    pub id: i64,
    pub kind: OfferKind,
    pub percent: Option<i32>,
    pub n: Option<i32>,
    pub amount_cents: Option<Money>,
    /// As the customer reads it: `2 for €3.90`.
    pub label: String,
    pub ends_at: DateTime<Utc>,
}

impl Offer {
    /// Of an offer that counts several things together; one in percent is an offer for each of them.
    pub fn shared_id(&self) -> Option<i64> {
        (self.kind != OfferKind::Percent).then_some(self.id)
    }
}

/// What an offer takes off a line.
pub struct Cheaper<'a> {
    pub name: &'a str,
    pub label: &'a str,
    /// The offer that counts it together with other things.
    pub shared_offer: Option<i64>,
    pub off: Money,
}

/// What offers take off, in words: one row for each thing, and one for all that an offer counts together,
/// by the name of the first.
pub fn offer_rows<'a>(lines: impl Iterator<Item = Cheaper<'a>>) -> Vec<(String, Money)> {
    let mut rows: Vec<(Option<i64>, String, Money)> = Vec::new();
    for Cheaper { name, label, shared_offer, off } in lines.filter(|line| !line.off.is_zero()) {
        match rows.iter_mut().find(|(shared, ..)| shared.is_some() && *shared == shared_offer) {
            Some((.., sum)) => *sum = *sum + off,
            None => rows.push((shared_offer, format!("{name}, {label}"), off)),
        }
    }
    rows.into_iter().map(|(_, words, off)| (words, off)).collect()
}

/// A line of something bought, for the sums: so many pieces at a price each.
#[derive(Debug, Clone)]
pub struct Priced {
    pub quantity: i32,
    /// Of one piece, before any offer.
    pub full_price: Money,
    pub offer: Option<Offer>,
}

/// A price less its percentage, when there is one.
pub(super) fn percent_off(price: Money, offer: Option<&Offer>) -> Money {
    match offer.and_then(|o| o.percent) {
        Some(percent) => price.times_ratio(i64::from(100 - percent), 100),
        None => price,
    }
}

/// What is taken off each line, in the order given. An offer over several products
/// counts them together, the dearest first (that is the better way for the customer),
/// and is split over their lines by largest remainder, so that the lines always add
/// up to exactly what the offer says.
pub fn price_lines(lines: &[Priced]) -> Vec<Money> {
    let mut off = vec![Money::ZERO; lines.len()];
    let mut groups: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (i, line) in lines.iter().enumerate() {
        match &line.offer {
            Some(offer) if offer.kind == OfferKind::Percent => {
                let reduced = percent_off(line.full_price, Some(offer));
                off[i] = (line.full_price - reduced) * line.quantity;
            }
            Some(offer) => groups.entry(offer.id).or_default().push(i),
            None => {}
        }
    }
    for members in groups.values() {
        take_off_group(lines, members, &mut off);
    }
    off
}

fn take_off_group(lines: &[Priced], members: &[usize], off: &mut [Money]) {
    let Some(offer) = members.first().and_then(|&i| lines[i].offer.as_ref()) else { return };
    let (Some(n), Some(amount)) = (offer.n, offer.amount_cents) else { return };
    let saving = match offer.kind {
        OfferKind::NFor => n_for(lines, members, n, amount),
        OfferKind::BuyNSave => buy_n_save(lines, members, n, amount),
        OfferKind::Percent => Money::ZERO,
    };
    let weights: Vec<i64> = members.iter().map(|&i| worth(&lines[i]).cents()).collect();
    for (&i, share) in members.iter().zip(split(saving, &weights)) {
        off[i] = share;
    }
}

fn worth(line: &Priced) -> Money {
    line.full_price * line.quantity
}

fn n_for(lines: &[Priced], members: &[usize], n: i32, amount: Money) -> Money {
    let mut prices: Vec<Money> = members
        .iter()
        .flat_map(|&i| {
            std::iter::repeat_n(lines[i].full_price, usize::try_from(lines[i].quantity).unwrap_or(0))
        })
        .collect();
    prices.sort_unstable_by(|a, b| b.cmp(a));
    let n = usize::try_from(n).unwrap_or(usize::MAX);
    prices
        .chunks_exact(n)
        .map(|group| group.iter().copied().sum::<Money>() - amount)
        // An offer never makes anything dearer.
        .filter(|saving| *saving > Money::ZERO)
        .sum()
}

fn buy_n_save(lines: &[Priced], members: &[usize], n: i32, amount: Money) -> Money {
    let pieces: i32 = members.iter().map(|&i| lines[i].quantity).sum();
    let all: Money = members.iter().map(|&i| worth(&lines[i])).sum();
    (amount * (pieces / n.max(1))).min(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn offer(id: i64, kind: OfferKind, percent: Option<i32>, n: Option<i32>, amount: Option<i64>) -> Offer {
        Offer {
            id,
            kind,
            percent,
            n,
            amount_cents: amount.map(Money),
            label: String::new(),
            ends_at: DateTime::<Utc>::MAX_UTC,
        }
    }

    fn line(quantity: i32, price: i64, offer: Option<&Offer>) -> Priced {
        Priced { quantity, full_price: Money(price), offer: offer.cloned() }
    }

    #[test]
    fn two_for_three_ninety_counts_in_pairs() {
        let deal = offer(1, OfferKind::NFor, None, Some(2), Some(390));
        let off = |n| price_lines(&[line(n, 219, Some(&deal))])[0];
        assert_eq!([off(1), off(2), off(3), off(4)], [Money(0), Money(48), Money(48), Money(96)]);
    }

    #[test]
    fn an_offer_over_two_products_takes_the_dearest_and_splits_to_the_cent() {
        let deal = offer(1, OfferKind::NFor, None, Some(3), Some(500));
        let off = price_lines(&[line(2, 199, Some(&deal)), line(2, 250, Some(&deal)), line(1, 999, None)]);
        // 250 + 250 + 199 for 500: 199 off, split 398 : 500.
        assert_eq!(off, [Money(88), Money(111), Money(0)]);
    }

    #[test]
    fn an_offer_never_makes_anything_dearer() {
        let deal = offer(1, OfferKind::NFor, None, Some(2), Some(900));
        assert_eq!(price_lines(&[line(2, 199, Some(&deal))]), [Money::ZERO]);
        let save = offer(2, OfferKind::BuyNSave, None, Some(2), Some(10_000));
        assert_eq!(price_lines(&[line(2, 199, Some(&save))]), [Money(398)]);
    }

    #[test]
    fn a_percentage_is_rounded_once_for_a_piece() {
        let deal = offer(1, OfferKind::Percent, Some(15), None, None);
        // 2.99 less 15 % is 2.54 (2.5415), three times.
        assert_eq!(price_lines(&[line(3, 299, Some(&deal))]), [Money(135)]);
    }

    proptest! {
        #[test]
        fn what_is_taken_off_is_never_more_than_the_line_and_adds_up(
            lines in prop::collection::vec((1i32..20, 1i64..3000, 0usize..4), 1..15),
        ) {
            let deals = [
                None,
                Some(offer(1, OfferKind::Percent, Some(20), None, None)),
                Some(offer(2, OfferKind::NFor, None, Some(3), Some(700))),
                Some(offer(3, OfferKind::BuyNSave, None, Some(2), Some(150))),
            ];
            let lines: Vec<Priced> =
                lines.iter().map(|(n, price, d)| line(*n, *price, deals[*d].as_ref())).collect();
            let off = price_lines(&lines);
            for (line, off) in lines.iter().zip(&off) {
                prop_assert!(*off >= Money::ZERO && *off <= worth(line));
            }
            let group = |id: i64| -> Money {
                lines.iter().zip(&off).filter(|(l, _)| l.offer.as_ref().is_some_and(|o| o.id == id)).map(|(_, o)| *o).sum()
            };
            let members: Vec<usize> =
                (0..lines.len()).filter(|&i| lines[i].offer.as_ref().is_some_and(|o| o.id == 2)).collect();
            prop_assert_eq!(group(2), n_for(&lines, &members, 3, Money(700)));
        }
    }
}
