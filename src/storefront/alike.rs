//! The most bought of each kind as they are shown, kept while that is true: every product's
//! page shows some of its own kind, and a kind has few of them among half a million products.

use super::card::{Card, OneCard};
use crate::catalog::{self, Article};
use crate::db::Changes;
use crate::ids::ProductId;
use crate::web::Marked;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use moka::sync::Cache;
use std::sync::Arc;

/// Kinds in memory; each is some 10 kB.
const MOST_KINDS: u64 = 300;
const MOST_ALIKE: usize = 6;

/// A category and a kind within it.
type Kind = (i32, Box<str>);
/// Each product of a kind, and its card.
type Cards = Vec<(ProductId, String)>;

#[derive(Clone)]
pub struct Alike {
    /// With the state they were made under.
    kinds: Cache<Kind, (u64, Arc<Cards>)>,
    changes: Changes,
}

impl Alike {
    pub fn new(changes: Changes) -> Self {
        Self { kinds: Cache::new(MOST_KINDS), changes }
    }

    /// The cards of others of the same kind, the most bought first, at most six; empty for none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) fn to(
        &self,
        conn: &mut PgConnection,
        article: &Article,
        kind: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<Marked> {
        let best = self.best_of(conn, (article.category_id, kind.into()), now)?;
        let others = best.iter().filter(|(id, _)| *id != article.id).take(MOST_ALIKE);
        let cards: String = others.map(|(_, card)| card.as_str()).collect();
        if cards.is_empty() {
            return Ok(Marked::default());
        }
        Ok(Marked(format!("<ul class=\"goods row-of-6\" role=\"list\">{cards}</ul>")))
    }

    fn best_of(&self, conn: &mut PgConnection, key: Kind, now: DateTime<Utc>) -> QueryResult<Arc<Cards>> {
        let epoch = self.changes.epoch();
        if let Some((made_under, best)) = self.kinds.get(&key)
            && epoch == Some(made_under)
        {
            return Ok(best);
        }
        let items = catalog::best_of_kind(conn, key.0, &key.1, MOST_ALIKE as i64 + 1, now)?;
        let cards = items.iter().map(|item| (item.article.id, OneCard::new(Card::new(item), "h3").html()));
        let best = Arc::new(cards.collect());
        if let Some(epoch) = epoch {
            self.kinds.insert(key, (epoch, Arc::clone(&best)));
        }
        Ok(best)
    }
}
