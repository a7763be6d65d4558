//! The categories' own names, for suggesting a category while somebody types.

use super::text::{self, Word};
use std::cmp::Reverse;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
struct Category {
    name: Box<str>,
    words: Vec<Word>,
    /// Products on sale in it; a category without any is not suggested.
    products: usize,
}

#[derive(Debug, Default)]
pub(super) struct Categories(BTreeMap<u16, Category>);

impl Categories {
    /// Counts a product in. The last name given is the category's name.
    pub(super) fn enter(&mut self, number: u16, name: &str) {
        let category = self.0.entry(number).or_default();
        category.products += 1;
        if *category.name != *name {
            category.name = name.into();
            category.words = text::distinct(text::content(text::words(name)));
        }
    }

    pub(super) fn leave(&mut self, number: u16) {
        if let Some(category) = self.0.get_mut(&number) {
            category.products = category.products.saturating_sub(1);
        }
    }

    /// The categories in whose name all words stand or begin a word: those with more whole words first, then
    /// the shorter names, then the bigger categories.
    pub(super) fn matching(&self, asked: &[Word], limit: usize) -> Vec<u16> {
        let mut found: Vec<_> =
            self.0.iter().filter_map(|(&number, c)| Some((c.rank(asked)?, number))).collect();
        found.sort_unstable();
        found.into_iter().take(limit).map(|(_, number)| number).collect()
    }
}

impl Category {
    fn rank(&self, asked: &[Word]) -> Option<(Reverse<usize>, usize, Reverse<usize>)> {
        let begins =
            |a: &Word| self.words.iter().any(|w| w.plain.starts_with(&*a.plain) || w.folded == a.folded);
        if asked.is_empty() || self.products == 0 || !asked.iter().all(begins) {
            return None;
        }
        let whole = asked.iter().filter(|a| self.words.iter().any(|w| w.folded == a.folded)).count();
        Some((Reverse(whole), self.words.len(), Reverse(self.products)))
    }
}
