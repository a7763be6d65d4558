//! A small shop to search in, and a random one to count in.

mod listing;
mod meaning;
mod searching;
mod staples;
mod suggesting;
mod upkeep;
mod words;

use super::*;

/// A product with the usual properties; tests change what they are about.
fn product(id: i64, name: &str) -> Entry<'_> {
    Entry {
        id,
        name,
        brand: "",
        department: 1,
        category: 1,
        department_name: "",
        category_name: "",
        kind: "",
        price_cents: 199,
        unit_price_cents: 398,
        popularity: 100,
        allergens: 0,
        labels: 0,
        in_stock: true,
        on_offer: false,
    }
}

/// A shop with these names, numbered from 1.
fn shop(names: &[&str]) -> Index {
    let mut index = Index::new();
    (1..).zip(names).for_each(|(id, name)| index.put(&product(id, name)));
    index
}

fn search(index: &Index, text: &str) -> Answer {
    index.browse(&Ask { text: text.to_owned(), limit: 100, ..Ask::default() })
}

fn found(index: &Index, text: &str) -> Vec<i64> {
    let answer = search(index, text);
    assert_eq!(answer.ids.len(), answer.total);
    answer.ids
}

fn with_synonyms(mut index: Index, pairs: &[(&str, &str)]) -> Index {
    index.set_synonyms(pairs.iter().map(|&(from, to)| (from.to_owned(), to.to_owned())));
    index
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn number(&mut self, n: u16) -> u16 {
        u16::try_from(self.below(n.into())).expect("below a u16")
    }
}

const NAMES: [&str; 6] =
    ["Oat Milk", "Whole Milk", "Milk Chocolate", "Oat Cookies", "Rye Bread", "Olive Oil"];
const BRANDS: [&str; 4] = ["Aurora", "Baltic", "Corner", ""];

/// A random product; names and prices repeat often, so that sort orders have ties.
fn random_product(dice: &mut Dice, id: i64) -> Entry<'static> {
    Entry {
        brand: BRANDS[usize::from(dice.number(4))],
        department: dice.number(3),
        category: dice.number(7),
        price_cents: u32::from(dice.number(14)) * 100,
        unit_price_cents: u32::from(dice.number(9)) * 100,
        popularity: dice.number(5),
        allergens: dice.number(16),
        labels: dice.number(8),
        in_stock: dice.number(4) > 0,
        on_offer: dice.number(4) == 0,
        ..product(id, NAMES[usize::from(dice.number(6))])
    }
}
