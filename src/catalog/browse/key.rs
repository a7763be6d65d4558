//! Places in a sorted list, so that the next page begins after a product and not at a count.

use super::ask::Sort;
use std::fmt;
use std::str::FromStr;

/// The place of one product in one sort order. Items that come or go before it shift nothing: the next page is
/// whatever now stands after it. Written as a short text that may stand in an address as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub(super) sort: Sort,
    pub(super) place: (u128, i64),
}

/// The text is no key: somebody changed the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadKey;

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a place in a list")
    }
}

impl std::error::Error for BadKey {}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (value, id) = self.place;
        write!(f, "{}{value:x}-{:x}", letter(self.sort), id.cast_unsigned())
    }
}

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let (value, id) = text.split_once('-').ok_or(BadKey)?;
        let sort = value.chars().next().and_then(sort_of).ok_or(BadKey)?;
        let value = u128::from_str_radix(&value[1..], 16).map_err(|_| BadKey)?;
        let id = u64::from_str_radix(id, 16).map_err(|_| BadKey)?;
        Ok(Self { sort, place: (value, id.cast_signed()) })
    }
}

fn letter(sort: Sort) -> char {
    match sort {
        Sort::Best => 'b',
        Sort::PriceUp => 'p',
        Sort::UnitPriceUp => 'u',
        Sort::Name => 'n',
    }
}

/// Only single-byte letters, so that the rest begins at byte 1.
fn sort_of(letter: char) -> Option<Sort> {
    match letter {
        'b' => Some(Sort::Best),
        'p' => Some(Sort::PriceUp),
        'u' => Some(Sort::UnitPriceUp),
        'n' => Some(Sort::Name),
        _ => None,
    }
}
