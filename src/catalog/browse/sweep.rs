//! Going once over the products that match: filter, count, and keep the page asked for.

use super::answer::Answer;
use super::ask::{Ask, Sort};
use super::docs::Doc;
use super::facets::Tally;
use super::filter::{NONE, Sieve};
use super::find::Found;
use super::index::Index;
use super::key::Key;
use super::score;
use super::text;
use std::collections::BinaryHeap;

/// Most products on one page.
const LONGEST_PAGE: usize = 500;

impl Index {
    /// One page of the products that match, in order, with the facet counts for all of them.
    pub fn browse(&self, ask: &Ask) -> Answer {
        let mut sweep = Sweep::new(ask);
        let found = self.found(&ask.text);
        match &found {
            Some(found) => found.hits.iter().for_each(|hit| sweep.see(self.docs.get(hit.doc), hit.relevance)),
            None => self.docs.rows().iter().for_each(|doc| sweep.see(doc, 0)),
        }
        let (ids, next) = sweep.page.finish();
        let facets = sweep.tally.facets(&ask.filter, &self.brands);
        let Found { corrected, relaxed, meant, .. } = found.unwrap_or_default();
        Answer { ids, total: sweep.tally.total, next, facets, corrected, relaxed, meant }
    }

    /// None for a blank text, which asks for everything. A text of signs only ("???") finds nothing.
    fn found(&self, text: &str) -> Option<Found> {
        (!text.trim().is_empty()).then(|| self.find(&text::asked_words(text)))
    }
}

struct Sweep<'a> {
    sort: Sort,
    sieve: Sieve<'a>,
    tally: Tally,
    page: Page,
}

impl<'a> Sweep<'a> {
    fn new(ask: &'a Ask) -> Self {
        let after = ask.after.filter(|key| key.sort == ask.sort);
        Self {
            sort: ask.sort,
            sieve: Sieve::new(&ask.filter),
            tally: Tally::default(),
            page: Page::new(ask.sort, after, ask.limit),
        }
    }

    fn see(&mut self, doc: &Doc, relevance: u32) {
        if !self.sieve.in_scope(doc) {
            return;
        }
        let failed = self.sieve.failed(doc);
        self.tally.see(doc, failed);
        if failed == NONE {
            self.page.offer(score::key(self.sort, doc, relevance));
        }
    }
}

/// The first products after a key, and one more to know whether there is a next page.
#[derive(Debug)]
pub(super) struct Page {
    sort: Sort,
    after: Option<(u128, i64)>,
    limit: usize,
    first: BinaryHeap<(u128, i64)>,
}

impl Page {
    pub(super) fn new(sort: Sort, after: Option<Key>, limit: usize) -> Self {
        let limit = limit.min(LONGEST_PAGE);
        Self { sort, after: after.map(|key| key.place), limit, first: BinaryHeap::new() }
    }

    pub(super) fn offer(&mut self, key: Key) {
        if self.after.is_some_and(|after| key.place <= after) {
            return;
        }
        if self.first.len() <= self.limit {
            self.first.push(key.place);
        } else if let Some(mut last) = self.first.peek_mut()
            && key.place < *last
        {
            *last = key.place;
        }
    }

    /// The ids in order, and the key of the last of them if more follow.
    pub(super) fn finish(self) -> (Vec<i64>, Option<Key>) {
        let mut places = self.first.into_sorted_vec();
        let more = places.len() > self.limit;
        places.truncate(self.limit);
        let last = places.last().filter(|_| more).map(|&place| Key { sort: self.sort, place });
        (places.into_iter().map(|(_, id)| id).collect(), last)
    }
}
