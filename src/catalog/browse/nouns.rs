//! What a product is, read off its name: bananas are "Cavendish Bananas", a "Banana Muffin" is a muffin.

use super::spot::KindWord;
use super::text::{self, Word};

/// What follows these says more about a thing already named: "Tuna in Brine".
const PREPOSITIONS: [&str; 3] = ["with", "in", "for"];
/// Shorter ends of a name are measures and marks: "Vitamin C 500 mg".
const SHORTEST_NOUN: usize = 3;

/// The folded words of a name that say what the thing is: the last before a comma, a bracket or a preposition.
/// Mostly one; two for "Coriander / Cilantro", none for "Sour Cream & Onion", which names flavours.
pub(super) fn heads(name: &str) -> Vec<Box<str>> {
    let mut clauses = name.split([',', '(']).filter(|clause| clause.contains(char::is_alphanumeric));
    clauses.next().into_iter().flat_map(|clause| clause.split('/')).filter_map(head).collect()
}

fn head(part: &str) -> Option<Box<str>> {
    let mut words = text::words(&part.replace(['&', '+'], " and "));
    let first = words.iter().position(|word| !word.is_stop_word())?;
    let rest = &words[first..];
    let preposition = rest.iter().position(|word| PREPOSITIONS.contains(&&*word.plain));
    words.truncate(first + preposition.unwrap_or(rest.len()));
    let last =
        words.iter().rposition(is_noun).or_else(|| words.iter().rposition(|word| !word.is_stop_word()))?;
    let one_of_several = last > 0 && &*words[last - 1].plain == "and";
    (!one_of_several).then(|| words.swap_remove(last).folded)
}

fn is_noun(word: &Word) -> bool {
    !word.is_stop_word()
        && word.plain.chars().count() >= SHORTEST_NOUN
        && word.plain.chars().all(char::is_alphabetic)
}

/// The words of a kind's or category's name, each with what it says.
pub(super) fn kind_words(name: &str) -> Vec<(Word, KindWord)> {
    let all = text::words(name);
    let listing = name.contains(['&', ',', '/', '+']) || all.iter().any(|word| &*word.plain == "and");
    let content = text::content(all);
    let last = content.len().saturating_sub(1);
    let says = |at: usize| match (listing, at == last) {
        (false, true) if last == 0 => KindWord::Whole,
        (false, true) => KindWord::Head,
        (true, _) | (false, false) => KindWord::Part,
    };
    content.into_iter().enumerate().map(|(at, word)| (word, says(at))).collect()
}
