//! Brand names as numbers.

use super::text;
use std::collections::HashMap;

/// No brand, or one more than can be numbered; never offered as a facet.
pub(super) const NO_BRAND: u16 = 0;

/// Numbers stay as long as the index lives, so that they may be remembered between two questions.
#[derive(Debug)]
pub(super) struct Brands {
    names: Vec<Box<str>>,
    by_words: HashMap<Box<str>, u16>,
}

impl Default for Brands {
    fn default() -> Self {
        Self { names: vec!["".into()], by_words: HashMap::new() }
    }
}

impl Brands {
    pub(super) fn number(&mut self, name: &str) -> u16 {
        let words = spelling(name);
        if words.is_empty() {
            return NO_BRAND;
        }
        if let Some(&known) = self.by_words.get(&*words) {
            return known;
        }
        let Ok(number) = u16::try_from(self.names.len()) else { return NO_BRAND };
        self.names.push(name.trim().into());
        self.by_words.insert(words.into(), number);
        number
    }

    pub(super) fn name(&self, number: u16) -> &str {
        self.names.get(usize::from(number)).map_or("", |name| name)
    }

    pub(super) fn named(&self, name: &str) -> Option<u16> {
        self.by_words.get(&*spelling(name)).copied()
    }

    /// One more than the highest number given out.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }
}

/// "Häagen-Dazs" and "haagen dazs" are one brand.
fn spelling(name: &str) -> String {
    let words = text::words(name);
    words.iter().map(|word| &*word.plain).collect::<Vec<_>>().join(" ")
}
