//! Search and browsing, in memory: the set of all products on sale as small numbers, from which department
//! pages, search results, facet counts and suggestions are answered without the database.
//!
//! The index knows words, prices and flags, but no rows: an [`Answer`] lists product ids, and the cards are read
//! from the database by those ids. It holds no lock and does no IO; whoever owns it feeds it with
//! [`Index::put`] and [`Index::remove`], and may rebuild it from the database at any time.
//!
//! The way of a search: `text` cuts it into folded words, `readings` lists the ways the words may be meant,
//! `matching` finds the products for each way, `score` grades them (`nouns` tells a banana from a banana muffin),
//! `find` decides how far to loosen, `sweep` filters, counts the facets and keeps one page; `meant` has words to
//! offer where nothing was found.

mod answer;
mod ask;
mod brands;
mod categories;
mod docs;
mod facets;
mod filter;
mod find;
mod index;
mod key;
mod matching;
mod meant;
mod nouns;
mod readings;
mod score;
mod spot;
mod suggest;
mod sweep;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub use answer::{Answer, Facets, Suggestions};
pub use ask::{Ask, Filter, PriceBand, Sort};
pub use docs::Entry;
pub use index::Index;
pub use key::{BadKey, Key};
