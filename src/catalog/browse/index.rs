//! The index itself: what goes in and out of it.

use super::brands::Brands;
use super::categories::Categories;
use super::docs::{Doc, Docs, Entry};
use super::nouns;
use super::readings::Synonyms;
use super::spot::{Place, Spot};
use super::text::{self, Word};
use super::words::Words;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// All products on sale, ready to be searched and listed.
#[derive(Debug, Default)]
pub struct Index {
    pub(super) docs: Docs,
    pub(super) words: Words,
    pub(super) synonyms: Synonyms,
    pub(super) brands: Brands,
    pub(super) categories: Categories,
}

impl Index {
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a product on sale, or replaces what was known of it. Cheap if none of its words have changed.
    pub fn put(&mut self, entry: &Entry<'_>) {
        let brand = self.brands.number(entry.brand);
        let text_hash = hash_of_texts(entry);
        let old = self.docs.find(entry.id);
        if let Some(doc) = old {
            self.categories.leave(self.docs.get(doc).category);
        }
        self.categories.enter(entry.category, entry.category_name);
        match old {
            Some(doc) if self.docs.get(doc).text_hash == text_hash => {
                let known = self.docs.get(doc);
                let (name_rank, name_words) = (known.name_rank, known.name_words);
                *self.docs.get_mut(doc) = row(entry, brand, text_hash, name_rank, name_words);
            }
            Some(doc) => {
                self.docs.bury(doc);
                self.append(entry, brand, text_hash);
                self.compact_if_due();
            }
            None => self.append(entry, brand, text_hash),
        }
    }

    /// Takes a product off sale. Removing twice removes once.
    pub fn remove(&mut self, id: i64) {
        let Some(doc) = self.docs.find(id) else { return };
        self.categories.leave(self.docs.get(doc).category);
        self.docs.bury(doc);
        self.compact_if_due();
    }

    /// Replaces all synonyms. Of each pair, who asks for the first also finds the second, not the other way
    /// round; either may be several words.
    pub fn set_synonyms(&mut self, pairs: impl Iterator<Item = (String, String)>) {
        self.synonyms = Synonyms::of(pairs);
    }

    /// Makes exactly these products the ones on offer.
    pub fn set_on_offer(&mut self, ids: &HashSet<i64>) {
        for doc in self.docs.rows_mut() {
            doc.on_offer = ids.contains(&doc.id);
        }
    }

    /// Whether a product is on offer, as far as the index was told.
    pub fn is_on_offer(&self, id: i64) -> bool {
        self.docs.find(id).is_some_and(|doc| self.docs.get(doc).on_offer)
    }

    /// The number of products on sale.
    pub fn len(&self) -> usize {
        self.docs.alive()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of a brand as first seen; empty for a number never given out.
    pub fn brand_name(&self, brand: u16) -> &str {
        self.brands.name(brand)
    }

    /// The number of a brand, whatever its case and accents. It holds until the index is built anew.
    pub fn brand_named(&self, name: &str) -> Option<u16> {
        self.brands.named(name)
    }

    fn append(&mut self, entry: &Entry<'_>, brand: u16, text_hash: u32) {
        let all = text::words(entry.name);
        let name_rank = text::name_rank(&all);
        let content = text::distinct(text::content(all.clone()));
        let name_words = u8::try_from(content.len()).unwrap_or(u8::MAX);
        let doc = self.docs.push(row(entry, brand, text_hash, name_rank, name_words));
        for (word, spot) in placed_words(entry, content, all) {
            self.words.note(doc, &word, spot);
        }
    }

    fn compact_if_due(&mut self) {
        if self.docs.wants_compaction() {
            let moved = self.docs.compact();
            self.words.renumber(&moved);
        }
    }
}

/// Each word of the product once, at its best place. Only the content words of the name count as its first,
/// second and third; stop words are kept for whoever asks for nothing else.
fn placed_words(entry: &Entry<'_>, content: Vec<Word>, all: Vec<Word>) -> Vec<(Word, Spot)> {
    let kinds = [nouns::kind_words(entry.kind), nouns::kind_words(entry.category_name)].concat();
    let name = content.into_iter().enumerate().map(|(position, word)| (word, Place::in_name(position)));
    let others = [
        (all, Place::LaterInName),
        (kinds.iter().map(|(word, _)| word.clone()).collect(), Place::Kind),
        (text::words(entry.brand), Place::Brand),
        (text::words(entry.department_name), Place::Department),
    ];
    let others =
        others.into_iter().flat_map(|(words, place)| words.into_iter().map(move |word| (word, place)));
    let mut placed: Vec<(Word, Place)> = name.collect();
    for (word, place) in others {
        if !placed.iter().any(|(known, _)| known.folded == word.folded) {
            placed.push((word, place));
        }
    }
    let heads = nouns::heads(entry.name);
    let spot = |(word, place): (Word, Place)| {
        let says = kinds.iter().filter(|(known, _)| known.folded == word.folded).map(|(_, says)| *says);
        let kind = says.max().unwrap_or_default();
        let head = place.is_in_name() && heads.contains(&word.folded);
        let plural = word.is_plural();
        (word, Spot { place, head, kind, plural })
    };
    placed.into_iter().map(spot).collect()
}

fn row(entry: &Entry<'_>, brand: u16, text_hash: u32, name_rank: [u64; 2], name_words: u8) -> Doc {
    Doc {
        id: entry.id,
        name_rank,
        price_cents: entry.price_cents,
        unit_price_cents: entry.unit_price_cents,
        text_hash,
        brand,
        department: entry.department,
        category: entry.category,
        popularity: entry.popularity,
        allergens: entry.allergens,
        labels: entry.labels,
        name_words,
        in_stock: entry.in_stock,
        on_offer: entry.on_offer,
        dead: false,
    }
}

fn hash_of_texts(entry: &Entry<'_>) -> u32 {
    let mut hasher = DefaultHasher::new();
    (entry.name, entry.brand, entry.department_name, entry.category_name, entry.kind).hash(&mut hasher);
    (hasher.finish() >> 32) as u32
}
