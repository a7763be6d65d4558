//! The demo's files, inside the binary.

use serde::de::DeserializeOwned;
use std::fmt;

pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) bytes: &'static [u8],
}

macro_rules! files {
    ($($name:ident = $file:literal,)+) => {
        $(pub(super) const $name: File =
            File { name: $file, bytes: include_bytes!(concat!("../../demo/", $file)) };)+
    };
}

files! {
    COUPONS = "coupons.csv",
    DEPARTMENTS = "departments.csv",
    OFFERS = "offers.csv",
    OUTSIDE = "outside.csv",
    PLACES = "places.csv",
    PRODUCTS = "products.csv",
    SYNONYMS = "synonyms.csv",
    WINDOWS = "windows.csv",
    ZONES = "zones.csv",
}

/// A file of the demo that is not as it should be: a mistake of ours, not of the user's.
#[derive(Debug)]
pub struct FileError {
    pub name: &'static str,
    pub why: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "demo/{}: {}", self.name, self.why)
    }
}

impl File {
    pub(super) fn error(&self, why: impl fmt::Display) -> FileError {
        FileError { name: self.name, why: why.to_string() }
    }

    /// All rows.
    pub(super) fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, FileError> {
        let rows = csv::Reader::from_reader(self.bytes).into_deserialize();
        rows.collect::<Result<_, csv::Error>>().map_err(|e| self.error(e))
    }
}

/// The entries of a cell that holds a list.
pub(super) fn list(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').map(str::trim).filter(|entry| !entry.is_empty())
}

/// Amounts as people write them, `3.90`.
pub(super) mod euros {
    use crate::money::Money;
    use serde::{Deserialize, Deserializer, de::Error};

    pub(in crate::demo) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Money, D::Error> {
        Money::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }

    pub(in crate::demo) fn perhaps<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Money>, D::Error> {
        let text = String::deserialize(from)?;
        if text.is_empty() { Ok(None) } else { Money::parse(&text).map(Some).map_err(D::Error::custom) }
    }
}
