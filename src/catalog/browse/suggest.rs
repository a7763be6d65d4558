//! What to offer while somebody is still typing.

use super::answer::Suggestions;
use super::ask::Sort;
use super::find::Found;
use super::index::Index;
use super::matching::Hit;
use super::readings::typed;
use super::score;
use super::spot::{Place, Spot};
use super::sweep::Page;
use super::text::{self, Word};
use super::words::WordId;
use std::cmp::Reverse;

const MOST_COMPLETIONS: usize = 4;
const MOST_CATEGORIES: usize = 2;
const MOST_PRODUCTS: usize = 5;

impl Index {
    /// Completions, categories and products for a text whose last word is taken as unfinished. At most `limit`
    /// products, and never more than 5.
    pub fn suggest(&self, text: &str, limit: usize) -> Suggestions {
        let words = text::asked_words(text);
        let Some((last, before)) = words.split_last() else { return Suggestions::default() };
        Suggestions {
            completions: self.completions(before, last),
            categories: self.categories.matching(&words, MOST_CATEGORIES),
            products: self.best_products(&words, limit.min(MOST_PRODUCTS)),
        }
    }

    /// Nothing rather than products that have only some of the words: the text is not finished yet.
    fn best_products(&self, words: &[Word], limit: usize) -> Vec<i64> {
        let Found { hits, relaxed, .. } = self.find(words);
        let mut page = Page::new(Sort::Best, None, limit);
        if !relaxed {
            hits.iter()
                .for_each(|hit| page.offer(score::key(Sort::Best, self.docs.get(hit.doc), hit.relevance)));
        }
        page.finish().0
    }

    /// The typed words with the last one completed, by the number of products that have all of them.
    fn completions(&self, before: &[Word], last: &Word) -> Vec<String> {
        let among = self.products_with_all(before);
        let candidates = self.words.starting(&last.plain).into_iter().chain(self.words.exact(&last.folded));
        let counted = candidates.map(|id| (self.count_among(id, among.as_deref()), id));
        let mut counted: Vec<(usize, WordId)> = counted.filter(|(count, _)| *count > 0).collect();
        counted.sort_unstable_by_key(|&(count, id)| (Reverse(count), id));
        counted.dedup();
        let start: String = before.iter().flat_map(|word| [&word.shown, " "]).collect();
        let finished = counted.into_iter().map(|(_, id)| self.words.shown(id));
        let new = finished
            .filter(|shown| **shown != *last.shown && !before.iter().any(|word| *word.shown == **shown));
        new.take(MOST_COMPLETIONS).map(|shown| format!("{start}{shown}")).collect()
    }

    /// For each product whether it has all the words; None if there are no words.
    fn products_with_all(&self, words: &[Word]) -> Option<Vec<bool>> {
        if words.is_empty() {
            return None;
        }
        let slots: Vec<_> = typed(words).iter().map(|term| self.slot(term)).collect();
        let mut among = vec![false; self.docs.rows().len()];
        for Hit { doc, .. } in self.having_all(&slots) {
            among[doc as usize] = true;
        }
        Some(among)
    }

    /// Products on sale that have the word in their name or kind: nobody completes a word to a department.
    fn count_among(&self, id: WordId, among: Option<&[bool]>) -> usize {
        let postings = self
            .words
            .postings(id)
            .iter()
            .filter(|p| Spot::of(p.spot_code()).is_some_and(|spot| spot.place <= Place::Brand));
        let docs = postings.map(|posting| posting.doc());
        docs.filter(|&doc| !self.docs.get(doc).dead && among.is_none_or(|among| among[doc as usize])).count()
    }
}
