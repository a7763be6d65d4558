//! How well a product matches, as one integer, so that a list can be cut and continued at any product.

use super::ask::Sort;
use super::docs::Doc;
use super::key::Key;
use super::words::Place;

/// How a word of the vocabulary came to stand for a word of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Whole,
    /// Another word for it, or a less likely reading of a slip.
    Synonym,
    /// The word goes on after what was typed.
    Prefix,
}

/// How well one word of the question is matched, 1 to 15, and in the lowest bit whether the word stands in the
/// name where it stands in the question. 0 is no match.
pub(super) type Grade = u8;

const WHOLE_IN_NAME: u8 = 15;
/// The least that a word somewhere in the name earns.
const IN_NAME: u8 = 11;
/// Grades are averaged in sixteenths.
const FINENESS: u32 = 16;

/// The grade for each place, in the order of `Place`, for the word at this position of the question.
pub(super) fn grades(manner: Manner, position: usize) -> [Grade; 8] {
    let [name, kind, brand, department] = match manner {
        Manner::Whole => [WHOLE_IN_NAME, 9, 6, 3],
        Manner::Synonym => [13, 8, 5, 2],
        Manner::Prefix => [IN_NAME, 7, 4, 1],
    };
    let plain = [name, name, name, name, kind, brand, department, 0];
    let mut grades = plain.map(|grade| grade << 1);
    if manner == Manner::Whole {
        grades[Place::in_name(position) as usize] |= 1;
    }
    grades
}

/// The grades of one product, added up over the words of the question.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    sum: u32,
    in_name: u32,
    whole_in_name: u32,
    in_order: u32,
    pub words: u32,
}

impl Marks {
    pub(super) fn add(&mut self, grade: Grade) {
        let value = grade >> 1;
        self.words += 1;
        self.sum += u32::from(value);
        self.in_name += u32::from(value >= IN_NAME);
        self.whole_in_name += u32::from(value == WHOLE_IN_NAME);
        self.in_order += u32::from(grade & 1);
    }

    /// The relevance, 16 bits: is it the name (2 bits), how good are the places (8), how few other words has
    /// the name (6). `asked` is the number of words in the question.
    pub(super) fn relevance(&self, asked: u32, name_words: u8) -> u16 {
        let others = u32::from(name_words).saturating_sub(self.in_name);
        let tier = if self.in_order == asked && others == 0 {
            3
        } else if self.in_order == asked {
            2
        } else {
            u32::from(self.whole_in_name == asked)
        };
        let mean = self.sum * FINENESS / asked.max(1);
        (tier << 14 | mean.min(255) << 6 | (63 - others.min(63))) as u16
    }
}

/// All 33 bits set: relevance, in stock, popularity.
const BEST_OF_ALL: u64 = (1 << 33) - 1;

/// The place of a product in a sort order; lower is earlier.
pub(super) fn key(sort: Sort, doc: &Doc, relevance: u16) -> Key {
    let value = match sort {
        Sort::Best => u128::from(BEST_OF_ALL - best(doc, relevance)),
        Sort::PriceUp => doc.price_cents.into(),
        Sort::UnitPriceUp => doc.unit_price_cents.into(),
        Sort::Name => u128::from(doc.name_rank[0]) << 64 | u128::from(doc.name_rank[1]),
    };
    Key { sort, place: (value, doc.id) }
}

fn best(doc: &Doc, relevance: u16) -> u64 {
    u64::from(relevance) << 17 | u64::from(doc.in_stock) << 16 | u64::from(doc.popularity)
}
