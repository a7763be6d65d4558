//! What somebody may have meant who found nothing: words to offer, never to search for unasked.

use super::index::Index;
use super::text::{self, Word};
use super::words::WordId;
use rapidfuzz::distance::osa;
use std::cmp::Reverse;

const MOST_OFFERED: usize = 3;
/// Shorter words are neither offered nor offered for.
const SHORTEST_OFFERED: usize = 3;
/// Words that begin alike for so many letters, and half of the typed word, are offered after those that differ by
/// slips.
const BEGINS_ALIKE: usize = 3;

/// The lower, the likelier: slips (or more than any), whether it begins otherwise, letters alike, products.
type Unlikeness = (usize, bool, Reverse<usize>, Reverse<usize>, WordId);

impl Index {
    /// The likeliest words on sale for words that find nothing, best first, at most 3.
    pub(super) fn meant(&self, words: &[Word]) -> Vec<String> {
        let mut near: Vec<Unlikeness> = words.iter().flat_map(|word| self.unlikeness(word)).collect();
        near.sort_unstable();
        let mut offered: Vec<String> = Vec::new();
        for (.., id) in near {
            let shown = self.words.shown(id);
            if !offered.iter().any(|known| known == shown) && self.on_sale(id) {
                offered.push(shown.to_owned());
            }
            if offered.len() == MOST_OFFERED {
                break;
            }
        }
        offered
    }

    /// All words that are near to this one. None are for a number: another one is another product.
    fn unlikeness(&self, typed: &Word) -> Vec<Unlikeness> {
        let Some(reach) = reach(typed) else { return Vec::new() };
        let judge = osa::BatchComparator::new(typed.folded.chars());
        let args = osa::Args::default().score_cutoff(reach);
        let letters_typed = typed.folded.chars().count();
        let near = self.words.all().filter_map(|(id, spelling, letters)| {
            if letters < SHORTEST_OFFERED || text::is_stop_word(spelling) {
                return None;
            }
            let alike = letters_alike(spelling, &typed.folded);
            let distance = judge.distance_with_args(spelling.chars(), &args);
            if distance.is_none() && (alike < BEGINS_ALIKE || alike * 2 < letters_typed) {
                return None;
            }
            // Among words as far away, the first letter is what people get right; then the commoner word.
            let weight = if distance.is_some() { 0 } else { alike };
            let slips = distance.unwrap_or(usize::MAX);
            Some((slips, alike == 0, Reverse(weight), Reverse(self.words.frequency(id)), id))
        });
        near.collect()
    }
}

/// How many slips an offered word may be away.
fn reach(typed: &Word) -> Option<usize> {
    if !typed.plain.chars().all(char::is_alphabetic) {
        return None;
    }
    match typed.plain.chars().count() {
        ..SHORTEST_OFFERED => None,
        SHORTEST_OFFERED..=4 => Some(1),
        5..=8 => Some(2),
        9.. => Some(3),
    }
}

fn letters_alike(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count()
}
