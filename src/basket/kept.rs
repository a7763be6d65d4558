//! Baskets in memory, as long as they are true, so that a page which shows no more of one
//! than its sum asks the database nothing.

use super::model::Basket;
use crate::db::{Change, Changes};
use crate::ids::BasketId;
use chrono::{DateTime, Utc};
use moka::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Lines in memory, over all baskets.
const MOST_LINES: u64 = 10_000;
/// The database tells of every change of stock up to this many (`stock_band`). A line that asks
/// for more may change untold, so its basket is not kept.
const TOLD_UP_TO: i32 = 5;

/// Changes are counted apart for so many parts of all baskets, so that those of one shopper seldom keep
/// another's from being kept.
const PARTS: usize = 256;

#[derive(Clone)]
pub struct Kept(Arc<Inner>);

struct Inner {
    baskets: Cache<BasketId, (u64, Arc<Basket>)>,
    changes: Changes,
    /// Counts what has been forgotten: what was read before that is not to be kept.
    forgotten: [AtomicU64; PARTS],
}

/// The state of things before a basket is read.
#[derive(Clone, Copy)]
pub struct Before {
    epoch: Option<u64>,
    forgotten: u64,
}

impl Kept {
    pub fn new(changes: Changes) -> Self {
        let weigh = |_: &BasketId, (_, basket): &(u64, Arc<Basket>)| {
            u32::try_from(basket.lines.len() + 1).unwrap_or(u32::MAX)
        };
        let baskets = Cache::builder().max_capacity(MOST_LINES).weigher(weigh).build();
        Self(Arc::new(Inner { baskets, changes, forgotten: [const { AtomicU64::new(0) }; PARTS] }))
    }

    /// The basket, if it is known to be what the database would say.
    pub fn get(&self, id: BasketId, now: DateTime<Utc>) -> Option<Arc<Basket>> {
        let present = self.0.changes.epoch()?;
        let (epoch, basket) = self.0.baskets.get(&id)?;
        let holds = basket.spot.as_ref().is_none_or(|s| s.quote.given_at <= now && now < s.quote.valid_until);
        (epoch == present && holds).then_some(basket)
    }

    /// To be asked for before a basket is read.
    pub fn before(&self, id: BasketId) -> Before {
        Before { epoch: self.0.changes.epoch(), forgotten: self.forgotten(id).load(Ordering::SeqCst) }
    }

    pub fn keep(&self, basket: &Arc<Basket>, before: Before) {
        let Some(epoch) = before.epoch else { return };
        if basket.lines.iter().any(|line| line.quantity() > TOLD_UP_TO) {
            return;
        }
        self.0.baskets.insert(basket.id, (epoch, Arc::clone(basket)));
        // Whoever forgets counts first: one of us two sees the other.
        if self.forgotten(basket.id).load(Ordering::SeqCst) != before.forgotten {
            self.0.baskets.invalidate(&basket.id);
        }
    }

    /// To be called when a basket has been changed here.
    pub fn forget(&self, id: BasketId) {
        self.forgotten(id).fetch_add(1, Ordering::SeqCst);
        self.0.baskets.invalidate(&id);
    }

    /// Forgets the baskets that were changed somewhere, unless what is kept was read after that.
    pub fn follow(&self, changes: &[Change]) {
        for change in changes {
            if let Change::Basket(id, version) = change
                && self.0.baskets.get(id).is_none_or(|(_, basket)| basket.version < *version)
            {
                self.forget(*id);
            }
        }
    }

    fn forgotten(&self, id: BasketId) -> &AtomicU64 {
        &self.0.forgotten[usize::from(id.0.as_bytes()[15]) % PARTS]
    }
}
