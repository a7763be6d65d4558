//! Reading a basket for a page: from what is kept of it where that still holds.

use crate::basket::{self, Basket, Kept};
use crate::catalog::Shelf;
use crate::ids::BasketId;
use crate::storefront::shop::Shop;
use chrono::{DateTime, Duration, Utc};
use diesel::{PgConnection, QueryResult};
use std::sync::Arc;

/// What is needed to read a basket where there is a connection: what is kept of it, as long as that
/// is what the database would say.
#[derive(Clone)]
pub(crate) struct BasketReader {
    kept: Kept,
    shelf: Shelf,
    quote_valid_for: Duration,
    now: DateTime<Utc>,
}

impl BasketReader {
    pub(crate) fn new(shop: &Shop) -> Self {
        Self {
            kept: shop.baskets.clone(),
            shelf: shop.shelf.clone(),
            quote_valid_for: shop.quote_valid_for(),
            now: shop.app.clock.now(),
        }
    }

    /// The basket at this version; where the version is not known, it is asked for. Outside of a
    /// transaction: what that has changed may not come to pass.
    ///
    /// # Errors
    /// When the database does not answer. `None`: there is no such basket.
    pub(super) fn read(
        &self,
        conn: &mut PgConnection,
        id: BasketId,
        version: Option<i64>,
    ) -> QueryResult<Option<Arc<Basket>>> {
        if let Some(basket) = self.at_hand(id) {
            let present = version.map_or_else(|| basket::version(conn, id), |v| Ok(Some(v)))?;
            if present == Some(basket.version) {
                return Ok(Some(basket));
            }
        }
        let before = self.kept.before(id);
        let basket = basket::load(conn, id, self.quote_valid_for, self.now)?.map(Arc::new);
        if let Some(basket) = &basket {
            self.kept.keep(basket, before);
        }
        Ok(basket)
    }

    /// The basket at this version, if it is kept.
    pub(crate) fn known(&self, id: BasketId, version: i64) -> Option<Arc<Basket>> {
        self.at_hand(id).filter(|basket| basket.version == version)
    }

    /// Nobody tells of an offer that begins or ends just now.
    fn at_hand(&self, id: BasketId) -> Option<Arc<Basket>> {
        if self.shelf.offers_are_due(self.now) { None } else { self.kept.get(id, self.now) }
    }
}
