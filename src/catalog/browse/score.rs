//! How well a product matches, as one integer, so that a list can be cut and continued at any product.

use super::ask::Sort;
use super::docs::Doc;
use super::key::Key;
use super::spot::{KindWord, Place, Spot};

/// How a word of the vocabulary came to stand for a word of the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Whole,
    /// Another word for it, or a less likely reading of a slip.
    Synonym,
    /// The word goes on after what was typed.
    Prefix,
}

/// How well one word of the question is matched: the level (5 bits), then whether the word stands in the name,
/// whether there where it stands in the question, and whether as it was typed. 0 is no match.
pub(super) type Grade = u8;

const IN_NAME: u8 = 4;
const IN_ORDER: u8 = 2;
const AS_TYPED: u8 = 1;

/// Prefixes reach up to this level, so that bread comes before anything breaded.
const BEST_PREFIX: u8 = 8;
/// The fits up to this one say little: a list of things ("Toilet Roll & Tissues"), a brand, a department.
const BEST_WEAK_FIT: u8 = 2;
/// Levels are averaged in sixteenths.
const FINENESS: u32 = 16;

/// The grade for each code of a spot, for the word at this position of the question.
pub(super) fn grades(manner: Manner, position: usize, plural: bool) -> [Grade; Spot::CODES] {
    std::array::from_fn(|code| Spot::of(code).map_or(0, |spot| grade(spot, manner, position, plural)))
}

fn grade(spot: Spot, manner: Manner, position: usize, plural: bool) -> Grade {
    let in_name = spot.place.is_in_name();
    let in_order = manner == Manner::Whole && spot.place == Place::in_name(position);
    let as_typed = spot.place <= Place::Kind && spot.plural == plural;
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    level(manner, fit(spot)) << 3
        | flag(in_name, IN_NAME)
        | flag(in_order, IN_ORDER)
        | flag(as_typed, AS_TYPED)
}

/// How well the word says what the product is, 0 to 7. From 4 on the product is that thing: what it is called
/// or its kind says so. Below, the word only describes it.
fn fit(spot: Spot) -> u8 {
    match (spot.place.is_in_name(), spot.head, spot.kind) {
        (true, _, KindWord::Whole) => 7,
        (true, true, KindWord::Head) => 6,
        (true, true, KindWord::None | KindWord::Part) | (false, _, KindWord::Whole) => 5,
        (_, _, KindWord::Head) => 4,
        (true, false, KindWord::None | KindWord::Part) => 3,
        (false, _, KindWord::Part) => 2,
        (false, _, KindWord::None) => u8::from(spot.place != Place::Department),
    }
}

/// 1 to 24. A synonym that is the thing comes before the word itself where that only describes one.
fn level(manner: Manner, fit: u8) -> u8 {
    match (manner, fit) {
        (Manner::Prefix, _) => 1 + fit,
        (Manner::Synonym, ..4) => BEST_PREFIX + 1 + 2 * fit,
        (Manner::Whole, ..4) => BEST_PREFIX + 2 + 2 * fit,
        (Manner::Synonym, _) => BEST_PREFIX + 5 + fit,
        (Manner::Whole, _) => BEST_PREFIX + 9 + fit,
    }
}

/// Whether the level is of a fit that says little.
fn is_weak(level: u8) -> bool {
    let fit = if level <= BEST_PREFIX { level - 1 } else { (level - BEST_PREFIX - 1) / 2 };
    fit <= BEST_WEAK_FIT
}

/// The grades of one product, added up over the words of the question.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    sum: u32,
    /// The level of the last word that matched: like a name, a question ends with the thing itself.
    last: u32,
    prefixes: u32,
    weak: u32,
    in_name: u32,
    in_order: u32,
    as_typed: u32,
    pub words: u32,
}

impl Marks {
    pub(super) fn add(&mut self, grade: Grade) {
        let level = grade >> 3;
        self.words += 1;
        self.sum += u32::from(level);
        self.last = u32::from(level);
        self.prefixes += u32::from(level <= BEST_PREFIX);
        self.weak += u32::from(is_weak(level));
        self.in_name += u32::from(grade & IN_NAME != 0);
        self.in_order += u32::from(grade & IN_ORDER != 0);
        self.as_typed += u32::from(grade & AS_TYPED != 0);
    }

    /// The relevance, 32 bits. In this order: is it the name (1 bit), whole words (4), words in name or kind
    /// (4), is the last word the thing (5), are the words on the average (9), does the name begin so (1), the spelling (4), and if words
    /// are missing, how few other words the name has (4). `asked` is the number of words in the question.
    pub(super) fn relevance(&self, asked: u32, name_words: u8) -> u32 {
        let others = u32::from(name_words).saturating_sub(self.in_name);
        let begins_so = self.in_order == asked;
        let parts = [
            (1, u32::from(begins_so && others == 0)),
            (4, 15 - self.prefixes.min(15)),
            (4, 15 - self.weak.min(15)),
            (5, self.last),
            (9, self.sum * FINENESS / self.words.max(1)),
            (1, u32::from(begins_so && asked > 1)),
            (4, self.as_typed.min(15)),
            (4, if self.words < asked { 15 - others.min(15) } else { 0 }),
        ];
        parts.iter().fold(0, |sum, (bits, part)| sum << bits | part)
    }
}

/// All 49 bits set: relevance, in stock, popularity.
const BEST_OF_ALL: u64 = (1 << 49) - 1;

/// The place of a product in a sort order; lower is earlier.
pub(super) fn key(sort: Sort, doc: &Doc, relevance: u32) -> Key {
    let value = match sort {
        Sort::Best => u128::from(BEST_OF_ALL - best(doc, relevance)),
        Sort::PriceUp => doc.price_cents.into(),
        Sort::UnitPriceUp => doc.unit_price_cents.into(),
        Sort::Name => u128::from(doc.name_rank[0]) << 64 | u128::from(doc.name_rank[1]),
    };
    Key { sort, place: (value, doc.id) }
}

fn best(doc: &Doc, relevance: u32) -> u64 {
    u64::from(relevance) << 17 | u64::from(doc.in_stock) << 16 | u64::from(doc.popularity)
}
