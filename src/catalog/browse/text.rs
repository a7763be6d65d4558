//! Words out of text: the same folding for product names and for what people type.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest text that is looked at, in characters; the rest is ignored.
const LONGEST_TEXT: usize = 100;
/// Most words that are looked at; bounds the cost of one search.
pub(super) const MOST_WORDS: usize = 8;

const STOP_WORDS: [&str; 7] = ["of", "the", "and", "with", "a", "in", "for"];

/// One word of a text in its three forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// What words are compared by: plain, and without the plural.
    pub folded: Box<str>,
    /// Lower case, without marks and apostrophes. What the person has typed so far, hence the form for prefixes.
    pub plain: Box<str>,
    /// Lower case only, to be shown again.
    pub shown: Box<str>,
}

impl Word {
    pub(super) fn is_stop_word(&self) -> bool {
        is_stop_word(&self.plain)
    }

    /// Whether it was written in the plural, as far as the folding can tell.
    pub(super) fn is_plural(&self) -> bool {
        is_plural(self.plain.as_bytes())
    }
}

pub(super) fn is_stop_word(plain: &str) -> bool {
    STOP_WORDS.contains(&plain)
}

/// The words of something a person typed: cut to a bounded length, each word once, stop words dropped unless
/// there is nothing else.
pub(super) fn asked_words(text: &str) -> Vec<Word> {
    let cut: String = text.chars().take(LONGEST_TEXT).collect();
    let mut words = distinct(content(words(&cut)));
    words.truncate(MOST_WORDS);
    words
}

/// Drops the stop words, unless all are.
pub(super) fn content(mut words: Vec<Word>) -> Vec<Word> {
    if !words.iter().all(Word::is_stop_word) {
        words.retain(|word| !word.is_stop_word());
    }
    words
}

/// Keeps the first of words that fold to the same.
pub(super) fn distinct(words: Vec<Word>) -> Vec<Word> {
    let mut kept: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        if !kept.iter().any(|k| k.folded == word.folded) {
            kept.push(word);
        }
    }
    kept
}

/// All words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let composed: String = if text.is_ascii() { text.to_owned() } else { text.nfc().collect() };
    composed.split(|c| !belongs_to_word(c)).flat_map(words_of_chunk).collect()
}

fn belongs_to_word(c: char) -> bool {
    c.is_alphanumeric() || is_apostrophe(c) || is_combining_mark(c)
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '`' | '\u{2019}' | '\u{2018}' | '\u{02bc}')
}

/// A chunk is nearly always one word; compatibility forms such as `½` come apart into several.
fn words_of_chunk(chunk: &str) -> Vec<Word> {
    let plain = plain(chunk);
    let parts: Vec<&str> = plain.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()).collect();
    if let [only] = parts[..] {
        return vec![word(only, &chunk.trim_matches(is_apostrophe).to_lowercase())];
    }
    parts.iter().map(|part| word(part, part)).collect()
}

fn word(plain: &str, shown: &str) -> Word {
    Word { folded: fold(plain).into(), plain: plain.into(), shown: shown.into() }
}

fn plain(chunk: &str) -> String {
    if chunk.is_ascii() {
        return chunk.chars().filter(|&c| !is_apostrophe(c)).map(|c| c.to_ascii_lowercase()).collect();
    }
    let lower = chunk.nfkd().flat_map(char::to_lowercase);
    let mut out = String::with_capacity(chunk.len());
    for c in lower.filter(|&c| !is_combining_mark(c) && !is_apostrophe(c)) {
        match spelt_out(c) {
            Some(letters) => out.push_str(letters),
            None => out.push(c),
        }
    }
    out
}

/// Letters that Unicode does not take apart, but people without them on the keyboard do.
fn spelt_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' => "d",
        'ı' => "i",
        _ => return None,
    })
}

/// Folds singular and plural into one form. The form need not be a word: "berry" and "berries" both become
/// "berri", so that "cookie" and "cookies" can meet by the same rule, and a half-typed "berrie" is already right.
pub(super) fn fold(plain: &str) -> String {
    let mut word = plain.to_owned();
    if !plain.is_ascii() {
        return word;
    }
    if is_plural(word.as_bytes()) {
        word.pop();
    }
    fold_ending(&mut word);
    word
}

/// "eggs" is one; "glass", "houmous" and "maris" are none.
fn is_plural(word: &[u8]) -> bool {
    matches!(word, [_, _, .., before, b's'] if before.is_ascii_alphabetic() && !b"sui".contains(before))
}

fn fold_ending(word: &mut String) {
    const SILENT_E: [&str; 7] = ["xe", "che", "she", "sse", "ze", "oe", "ie"];
    if word.len() < 4 {
        return;
    }
    if SILENT_E.iter().any(|ending| word.ends_with(ending)) {
        word.pop();
    } else if let [.., before, b'y'] = word.as_bytes()
        && !b"aeiou".contains(before)
    {
        word.pop();
        word.push('i');
    }
}

/// The first 24 letters of a name as a number that sorts as the name does. Letters beyond a to z sort last and
/// alike; products that share the number are listed by id.
pub(super) fn name_rank(words: &[Word]) -> [u64; 2] {
    let mut codes = words.iter().flat_map(|word| word.plain.chars().map(letter_rank).chain([1]));
    let mut pack = || (0..12).fold(0, |sum, _| sum * 40 + codes.next().unwrap_or(0));
    [pack(), pack()]
}

/// 0 is the end, 1 the gap between words, and 40 to the power of 12 just fits 64 bits.
fn letter_rank(c: char) -> u64 {
    match c {
        '0'..='9' => 2 + u64::from(u32::from(c) - u32::from('0')),
        'a'..='z' => 12 + u64::from(u32::from(c) - u32::from('a')),
        _ => 38,
    }
}
