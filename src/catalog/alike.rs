//! The most bought of each kind, kept while that is true: every product's page shows some
//! of its own kind, and a kind has few of them among half a million products.

use super::model::{Article, Item};
use super::store;
use crate::db::Changes;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use moka::sync::Cache;
use std::sync::Arc;

/// Kinds in memory; each is a few kB.
const MOST_KINDS: u64 = 500;
const MOST_ALIKE: usize = 6;

/// A category and a kind within it.
type Kind = (i32, Box<str>);
/// Under which state it was read, and what it was.
type Best = (u64, Arc<Vec<Item>>);

#[derive(Clone)]
pub struct Alike {
    kinds: Cache<Kind, Best>,
    changes: Changes,
}

impl Alike {
    pub fn new(changes: Changes) -> Self {
        Self { kinds: Cache::new(MOST_KINDS), changes }
    }

    /// Others of the same kind, the most bought first, at most six.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn to(
        &self,
        conn: &mut PgConnection,
        article: &Article,
        kind: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<Vec<Item>> {
        let best = self.best_of(conn, (article.category_id, kind.into()), now)?;
        Ok(best.iter().filter(|item| item.article.id != article.id).take(MOST_ALIKE).cloned().collect())
    }

    fn best_of(&self, conn: &mut PgConnection, key: Kind, now: DateTime<Utc>) -> QueryResult<Arc<Vec<Item>>> {
        let epoch = self.changes.epoch();
        if let Some((made_under, best)) = self.kinds.get(&key)
            && epoch == Some(made_under)
        {
            return Ok(best);
        }
        let best = Arc::new(store::best_of_kind(conn, key.0, &key.1, MOST_ALIKE as i64 + 1, now)?);
        if let Some(epoch) = epoch {
            self.kinds.insert(key, (epoch, Arc::clone(&best)));
        }
        Ok(best)
    }
}
