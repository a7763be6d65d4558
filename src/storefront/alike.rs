//! The most bought of each kind as they are shown, kept while that is true: every product's
//! page shows some of its own kind, and a kind has few of them among half a million products.

use super::card::{Card, OneCard};
use crate::catalog::{self, Article};
use crate::db::Changes;
use crate::ids::ProductId;
use crate::web::{Marked, Piece, seam};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use moka::sync::Cache;
use std::sync::Arc;

/// Kinds in memory; each is some 10 kB.
const MOST_KINDS: u64 = 300;
const MOST_ALIKE: usize = 6;

/// A category and a kind within it.
type Kind = (i32, Box<str>);

/// The best of a kind.
struct Best {
    /// Each product, and its card.
    cards: Vec<(ProductId, String)>,
    /// The list for all products but the few that are in it.
    piece: Piece,
}

/// A list of cards on a page; empty for none. Where it is a seam, the piece goes there.
pub(super) struct Similar {
    pub(super) html: Marked,
    pub(super) piece: Option<Piece>,
}

#[derive(Clone)]
pub struct Alike {
    /// With the state they were made under.
    kinds: Cache<Kind, (u64, Arc<Best>)>,
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
    ) -> QueryResult<Similar> {
        let best = self.best_of(conn, (article.category_id, kind.into()), now)?;
        let is_among = best.cards.iter().take(MOST_ALIKE).any(|(id, _)| *id == article.id);
        if is_among || best.cards.is_empty() {
            return Ok(Similar { html: Marked(list(&best.cards, Some(article.id))), piece: None });
        }
        Ok(Similar { html: seam(), piece: Some(best.piece.clone()) })
    }

    fn best_of(&self, conn: &mut PgConnection, key: Kind, now: DateTime<Utc>) -> QueryResult<Arc<Best>> {
        let epoch = self.changes.epoch();
        if let Some((made_under, best)) = self.kinds.get(&key)
            && epoch == Some(made_under)
        {
            return Ok(best);
        }
        let items = catalog::best_of_kind(conn, key.0, &key.1, MOST_ALIKE as i64 + 1, now)?;
        let card = |item| OneCard::new(Card::new(item), "h3").html();
        let cards: Vec<_> = items.iter().map(|item| (item.article.id, card(item))).collect();
        let best = Arc::new(Best { piece: Piece::new(&list(&cards, None)), cards });
        if let Some(epoch) = epoch {
            self.kinds.insert(key, (epoch, Arc::clone(&best)));
        }
        Ok(best)
    }
}

fn list(cards: &[(ProductId, String)], without: Option<ProductId>) -> String {
    let others = cards.iter().filter(|(id, _)| Some(*id) != without).take(MOST_ALIKE);
    let cards: String = others.map(|(_, card)| card.as_str()).collect();
    if cards.is_empty() { cards } else { format!("<ul class=\"goods row-of-6\" role=\"list\">{cards}</ul>") }
}
