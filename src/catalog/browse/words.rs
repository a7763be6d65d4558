//! The vocabulary: every word on sale, and for each the products and places where it stands.

use super::spot::Spot;
use super::text::Word;
use rapidfuzz::distance::osa;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

/// Most words one prefix stands for; beyond these the most frequent win.
const MOST_BY_PREFIX: usize = 200;
/// Most words one mistyped word is taken for.
const MOST_BY_TYPO: usize = 3;
/// Shorter words than this never stand for a mistyped one.
const SHORTEST_CANDIDATE: usize = 4;
/// No slip is forgiven in fewer letters: "cup" must not become "cap".
const SHORTEST_FORGIVEN: usize = 5;
/// From so many letters on, two slips are forgiven.
const TWO_SLIPS_FROM: usize = 8;

pub(super) type WordId = u32;

/// One product and how the word stands in it, in 32 bits: enough for 33 million products.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posting(u32);

impl Posting {
    fn new(doc: u32, spot_code: u32) -> Self {
        Self(doc << Spot::BITS | spot_code)
    }

    pub(super) fn doc(self) -> u32 {
        self.0 >> Spot::BITS
    }

    /// The spot as a number, to look it up in a table of all codes.
    pub(super) fn spot_code(self) -> usize {
        self.0 as usize % Spot::CODES
    }
}

/// A word with its postings in the order of the products' numbers.
#[derive(Debug)]
struct Known {
    spelling: Arc<str>,
    /// The spelling most products use, as a running majority vote.
    shown: Box<str>,
    votes: u32,
    letters: usize,
    postings: Vec<Posting>,
}

impl Known {
    fn vote(&mut self, shown: &str) {
        if *self.shown == *shown {
            self.votes += 1;
        } else if self.votes == 0 {
            self.shown = shown.into();
            self.votes = 1;
        } else {
            self.votes -= 1;
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Words {
    by_spelling: BTreeMap<Arc<str>, WordId>,
    known: Vec<Known>,
}

impl Words {
    /// Notes that the product has the word. Products must come with rising numbers.
    pub(super) fn note(&mut self, doc: u32, word: &Word, spot: Spot) {
        let id = self.by_spelling.get(&*word.folded).copied().unwrap_or_else(|| self.learn(word));
        let known = &mut self.known[id as usize];
        known.vote(&word.shown);
        push_lean(&mut known.postings, Posting::new(doc, spot.code()));
    }

    fn learn(&mut self, word: &Word) -> WordId {
        let spelling: Arc<str> = Arc::from(&*word.folded);
        let id = self.known.len() as WordId;
        self.known.push(Known {
            spelling: Arc::clone(&spelling),
            shown: word.shown.clone(),
            votes: 0,
            letters: spelling.chars().count(),
            postings: Vec::new(),
        });
        self.by_spelling.insert(spelling, id);
        id
    }

    pub(super) fn exact(&self, folded: &str) -> Option<WordId> {
        self.by_spelling.get(folded).copied()
    }

    /// Every word with its folded spelling and the letters in it.
    pub(super) fn all(&self) -> impl Iterator<Item = (WordId, &str, usize)> {
        (0..).zip(&self.known).map(|(id, known)| (id, &*known.spelling, known.letters))
    }

    pub(super) fn postings(&self, id: WordId) -> &[Posting] {
        &self.known[id as usize].postings
    }

    pub(super) fn shown(&self, id: WordId) -> &str {
        &self.known[id as usize].shown
    }

    /// In how many products the word stands, give or take those removed lately.
    pub(super) fn frequency(&self, id: WordId) -> usize {
        self.postings(id).len()
    }

    /// The words that begin so, at most 200, the most frequent ones if there are more.
    pub(super) fn starting(&self, prefix: &str) -> Vec<WordId> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let range = self.by_spelling.range::<str, _>(from);
        let mut found: Vec<WordId> =
            range.take_while(|(word, _)| word.starts_with(prefix)).map(|(_, &id)| id).collect();
        if found.len() > MOST_BY_PREFIX {
            found.select_nth_unstable_by_key(MOST_BY_PREFIX, |&id| (Reverse(self.frequency(id)), id));
            found.truncate(MOST_BY_PREFIX);
        }
        found
    }

    /// The words a mistyped word may have meant: the nearest ones, the most frequent first.
    pub(super) fn near(&self, typed: &Word, on_sale: impl Fn(WordId) -> bool) -> Vec<WordId> {
        let Some(reach) = typo_reach(typed) else { return Vec::new() };
        let letters = typed.folded.chars().count();
        let judge = osa::BatchComparator::new(typed.folded.chars());
        let mut found: Vec<(usize, Reverse<usize>, WordId)> = Vec::new();
        for (id, known) in (0..).zip(&self.known) {
            if known.letters < SHORTEST_CANDIDATE || known.letters.abs_diff(letters) > reach {
                continue;
            }
            let args = osa::Args::default().score_cutoff(reach);
            if let Some(distance) = judge.distance_with_args(known.spelling.chars(), &args)
                && on_sale(id)
            {
                found.push((distance, Reverse(self.frequency(id)), id));
            }
        }
        found.sort_unstable();
        let nearest = found.first().map_or(0, |best| best.0);
        let near = found.iter().filter(|(distance, ..)| *distance == nearest);
        near.take(MOST_BY_TYPO).map(|(.., id)| *id).collect()
    }

    /// Renumbers the products: `moved` gives the new number of each old one, `None` for the removed. Words that
    /// no product has any more are forgotten.
    pub(super) fn renumber(&mut self, moved: &[Option<u32>]) {
        for known in &mut self.known {
            let kept = known
                .postings
                .iter()
                .filter_map(|p| moved[p.doc() as usize].map(|doc| Posting::new(doc, p.spot_code() as u32)));
            known.postings = kept.collect();
        }
        self.known.retain(|known| !known.postings.is_empty());
        self.by_spelling = self.known.iter().map(|known| Arc::clone(&known.spelling)).zip(0..).collect();
    }
}

/// How many slips are forgiven. None in short words, where one letter makes another word, nor in numbers. A plural
/// counts as long as it was typed to be forgiven at all, but only its folded form earns the second slip.
fn typo_reach(typed: &Word) -> Option<usize> {
    let letters = typed.plain.chars().count();
    if letters < SHORTEST_FORGIVEN || !typed.plain.chars().all(char::is_alphabetic) {
        return None;
    }
    Some(if typed.folded.chars().count() < TWO_SLIPS_FROM { 1 } else { 2 })
}

/// Pushes with an eighth of slack instead of the usual doubling: these lists are most of the index's memory.
pub(super) fn push_lean<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 8 + 2);
    }
    list.push(item);
}
