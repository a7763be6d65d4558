//! How far to go to find something: first as typed, then joined or split, then slips forgiven, then fewer words.

use super::index::Index;
use super::matching::{Hit, Slot};
use super::readings::{Reading, Term, typed};
use super::score::Manner;
use super::text::Word;
use super::words::WordId;
use std::cmp::Reverse;

/// The shortest word that may be the beginning of another.
const SHORTEST_PREFIX: usize = 2;

/// What a text finds in the whole shop, before any filter.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub hits: Vec<Hit>,
    pub corrected: Vec<(String, String)>,
    pub relaxed: bool,
    pub meant: Vec<String>,
}

impl Index {
    pub(super) fn find(&self, words: &[Word]) -> Found {
        let as_typed = typed(words);
        let mut hits = self.any_reading(self.synonyms.readings(words).iter().chain([&as_typed]));
        if hits.is_empty() {
            hits = self.any_reading(self.joined_or_split(words).iter());
        }
        if !hits.is_empty() {
            return Found { hits, ..Found::default() };
        }
        let loosely = self.find_loosely(&as_typed);
        if loosely.hits.is_empty() { Found { meant: self.meant(words), ..loosely } } else { loosely }
    }

    /// Forgives slips, then leaves out words that match nothing, then takes what has the most words.
    fn find_loosely(&self, reading: &Reading) -> Found {
        let mut corrected = Vec::new();
        let mut slots: Vec<Slot> =
            reading.iter().map(|term| self.forgiving_slot(term, &mut corrected)).collect();
        let hits = self.having_all(&slots);
        if !hits.is_empty() {
            return Found { hits, corrected, ..Found::default() };
        }
        slots.retain(|slot| !slot.words.is_empty());
        let hits = self.having_most(&slots);
        Found { relaxed: !hits.is_empty(), hits, corrected, ..Found::default() }
    }

    /// The products of all readings, each with its best relevance, in the order of their numbers.
    fn any_reading<'a>(&self, readings: impl Iterator<Item = &'a Reading>) -> Vec<Hit> {
        let found = readings.map(|reading| {
            let slots: Vec<Slot> = reading.iter().map(|term| self.slot(term)).collect();
            self.having_all(&slots)
        });
        let mut found: Vec<Vec<Hit>> = found.filter(|hits| !hits.is_empty()).collect();
        if found.len() < 2 {
            return found.pop().unwrap_or_default();
        }
        let mut all = found.concat();
        all.sort_unstable_by_key(|hit| (hit.doc, Reverse(hit.relevance)));
        all.dedup_by_key(|hit| hit.doc);
        all
    }

    /// The words that stand for a word: itself, other words for it, and those it is the beginning of.
    pub(super) fn slot(&self, term: &Term) -> Slot {
        let word = &term.word;
        let own = if term.replaced { Manner::Synonym } else { Manner::Whole };
        let mut words: Vec<_> = self.words.exact(&word.folded).map(|id| (id, own)).into_iter().collect();
        if !term.replaced {
            let others = self.synonyms.of_word(word).filter_map(|other| self.words.exact(&other.folded));
            words.extend(others.map(|id| (id, Manner::Synonym)));
            if word.plain.chars().nth(SHORTEST_PREFIX - 1).is_some() {
                words.extend(self.words.starting(&word.plain).into_iter().map(|id| (id, Manner::Prefix)));
            }
        }
        words.retain(|&(id, _)| self.on_sale(id));
        Slot { words, plural: word.is_plural() }
    }

    /// As `slot`; a word that stands for nothing is taken for a slip. Notes what it was taken for.
    fn forgiving_slot(&self, term: &Term, corrected: &mut Vec<(String, String)>) -> Slot {
        let slot = self.slot(term);
        if !slot.words.is_empty() {
            return slot;
        }
        let near = self.words.near(&term.word, |id| self.on_sale(id));
        if let Some(&best) = near.first() {
            corrected.push((term.word.shown.to_string(), self.words.shown(best).to_owned()));
        }
        let likely = [Manner::Whole].into_iter().chain(std::iter::repeat(Manner::Synonym));
        Slot { words: near.into_iter().zip(likely).collect(), ..slot }
    }

    /// Whether any product that has the word is still on sale.
    pub(super) fn on_sale(&self, id: WordId) -> bool {
        self.words.postings(id).iter().any(|posting| !self.docs.get(posting.doc()).dead)
    }
}
