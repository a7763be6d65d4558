//! The ways a question may be meant: with other words for its words, joined, or split.

use super::index::Index;
use super::text::{self, MOST_WORDS, Word};
use std::collections::HashMap;

/// Most ways one question is read through synonyms of several words; bounds the cost of one search.
const MOST_READINGS: usize = 6;
/// Shorter pieces than this are not split off a word.
const SHORTEST_PIECE: usize = 3;

/// One word of a reading.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub word: Word,
    /// Not typed, but put in for a synonym: ranks lower, and is never taken as half-typed.
    pub replaced: bool,
}

pub(super) type Reading = Vec<Term>;

/// Other words, by the folded words they stand for.
#[derive(Debug, Default)]
pub(super) struct Synonyms {
    by_phrase: HashMap<String, Vec<Vec<Word>>>,
    longest: usize,
}

impl Synonyms {
    pub(super) fn of(pairs: impl Iterator<Item = (String, String)>) -> Self {
        let mut synonyms = Self::default();
        for (from, to) in pairs {
            let (from, to) = (text::asked_words(&from), text::asked_words(&to));
            if !from.is_empty() && !to.is_empty() {
                synonyms.longest = synonyms.longest.max(from.len());
                synonyms.by_phrase.entry(phrase(&from)).or_default().push(to);
            }
        }
        synonyms
    }

    /// The single words that stand for a single word; these are looked for along with the word itself.
    pub(super) fn of_word(&self, word: &Word) -> impl Iterator<Item = &Word> {
        let others = self.by_phrase.get(&*word.folded).into_iter().flatten();
        others.filter_map(|to| if let [only] = &to[..] { Some(only) } else { None })
    }

    /// The readings in which a synonym changes the number of words, which no single word can stand for.
    pub(super) fn readings(&self, words: &[Word]) -> Vec<Reading> {
        let starts = 0..words.len();
        let spans = starts.flat_map(|from| {
            (from + 1..=words.len().min(from + self.longest)).map(move |until| (from, until))
        });
        let replaced = spans.flat_map(|(from, until)| {
            let others = self.by_phrase.get(&phrase(&words[from..until])).into_iter().flatten();
            others
                .filter(move |to| until - from > 1 || to.len() > 1)
                .map(move |to| replace(words, from, until, to))
        });
        replaced.take(MOST_READINGS).collect()
    }
}

fn phrase(words: &[Word]) -> String {
    words.iter().map(|word| &*word.folded).collect::<Vec<_>>().join(" ")
}

fn replace(words: &[Word], from: usize, until: usize, to: &[Word]) -> Reading {
    let mut reading = typed(&words[..from]);
    reading.extend(to.iter().map(|word| Term { word: word.clone(), replaced: true }));
    reading.extend(typed(&words[until..]));
    reading.truncate(MOST_WORDS);
    reading
}

/// The words as they were typed.
pub(super) fn typed(words: &[Word]) -> Reading {
    words.iter().map(|word| Term { word: word.clone(), replaced: false }).collect()
}

impl Index {
    /// The readings with two neighbouring words joined, or one split into two words on sale: people write "ice
    /// cream" and "icecream".
    pub(super) fn joined_or_split(&self, words: &[Word]) -> Vec<Reading> {
        let joined = (1..words.len()).map(|second| {
            let (before, after) = (&words[..second - 1], &words[second + 1..]);
            typed(&[before, &[join(&words[second - 1], &words[second])], after].concat())
        });
        let split = (0..words.len()).filter_map(|at| {
            let (first, second) = self.split(&words[at])?;
            Some(typed(&[&words[..at], &[first, second], &words[at + 1..]].concat()))
        });
        joined.chain(split).filter(|reading| reading.len() <= MOST_WORDS).collect()
    }

    /// The split whose rarer half is the most frequent.
    fn split(&self, word: &Word) -> Option<(Word, Word)> {
        let plain = &*word.plain;
        let long_enough = |piece: &str| piece.chars().count() >= SHORTEST_PIECE;
        let cuts = plain.char_indices().map(|(at, _)| plain.split_at(at));
        let halves =
            cuts.filter(|(first, second)| long_enough(first) && long_enough(second)).filter_map(|(a, b)| {
                let (a, b) = (single(a)?, single(b)?);
                Some((self.products_with(&a).min(self.products_with(&b)), a, b))
            });
        let best = halves.filter(|(rarer, ..)| *rarer > 0).max_by_key(|(rarer, ..)| *rarer);
        best.map(|(_, first, second)| (first, second))
    }

    fn products_with(&self, word: &Word) -> usize {
        self.words.exact(&word.folded).map_or(0, |id| self.words.frequency(id))
    }
}

fn join(first: &Word, second: &Word) -> Word {
    let plain = format!("{}{}", first.plain, second.plain);
    let shown = format!("{}{}", first.shown, second.shown);
    Word { folded: text::fold(&plain).into(), plain: plain.into(), shown: shown.into() }
}

fn single(text: &str) -> Option<Word> {
    text::words(text).into_iter().next()
}
