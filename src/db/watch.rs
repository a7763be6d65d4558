//! Those who wait for word of one order: open pages, each told when something happens to its own. And
//! boards, which are told when something happens to any.

use super::Change;
use crate::ids::OrderId;
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use tokio::sync::watch;

/// Fed by the thread that listens for changes; a map, so that an event wakes nobody but those
/// it is for.
#[derive(Clone, Default)]
pub(super) struct Watchers(Arc<Mutex<Watched>>);

#[derive(Default)]
struct Watched {
    orders: HashMap<OrderId, watch::Sender<()>>,
    /// Made for the first board.
    boards: Option<watch::Sender<()>>,
    closing: bool,
}

/// A board that waits for word of any order.
pub struct WatchingAll(Option<watch::Receiver<()>>);

impl WatchingAll {
    /// Waits for the next word. `false`: none will come any more.
    pub async fn changed(&mut self) -> bool {
        match &mut self.0 {
            Some(word) => word.changed().await.is_ok(),
            None => false,
        }
    }
}

/// One who waits for word of an order, until it is dropped.
pub struct Watching {
    order: OrderId,
    word: Option<watch::Receiver<()>>,
    watchers: Watchers,
}

impl Watchers {
    pub(super) fn watch(&self, order: OrderId) -> Watching {
        let mut watched = self.lock();
        let word = (!watched.closing)
            .then(|| watched.orders.entry(order).or_insert_with(|| watch::Sender::new(())).subscribe());
        Watching { order, word, watchers: self.clone() }
    }

    pub(super) fn watch_some(&self, orders: &[OrderId]) -> WatchingSome {
        WatchingSome(orders.iter().map(|order| self.watch(*order)).collect())
    }

    pub(super) fn watch_all(&self) -> WatchingAll {
        let mut watched = self.lock();
        let is_open = !watched.closing;
        WatchingAll(is_open.then(|| watched.boards.get_or_insert_with(|| watch::Sender::new(())).subscribe()))
    }

    /// Passes on what the database told.
    pub(super) fn follow(&self, changes: &[Change]) {
        let watched = self.lock();
        let is_for_boards =
            |c: &Change| matches!(c, Change::Order(_) | Change::Everything | Change::Delivery);
        if let Some(boards) = watched.boards.as_ref().filter(|_| changes.iter().any(is_for_boards)) {
            boards.send_replace(());
        }
        for change in changes {
            match change {
                Change::Order(id) => {
                    if let Some(word) = watched.orders.get(id) {
                        word.send_replace(());
                    }
                }
                // We may have missed anything.
                Change::Everything => watched.orders.values().for_each(|word| word.send_replace(())),
                Change::Product(_)
                | Change::Catalog
                | Change::Offers
                | Change::Delivery
                | Change::Basket(..)
                | Change::Outbox => {}
            }
        }
    }

    /// Nobody waits any longer: the shop closes.
    pub(super) fn close(&self) {
        let mut watched = self.lock();
        watched.closing = true;
        watched.orders.clear();
        watched.boards = None;
    }

    /// How many orders somebody waits for.
    pub(super) fn count(&self) -> usize {
        self.lock().orders.len()
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watching {
    pub const fn order(&self) -> OrderId {
        self.order
    }

    /// Waits for the next word. `false`: none will come any more.
    pub async fn changed(&mut self) -> bool {
        match &mut self.word {
            Some(word) => word.changed().await.is_ok(),
            None => false,
        }
    }
}

impl Drop for Watching {
    /// The last one to go puts out the light.
    fn drop(&mut self) {
        self.word = None;
        let mut watched = self.watchers.lock();
        if watched.orders.get(&self.order).is_some_and(|word| word.receiver_count() == 0) {
            watched.orders.remove(&self.order);
        }
    }
}

/// One who waits for word of any of some orders.
pub struct WatchingSome(Vec<Watching>);

impl WatchingSome {
    /// Waits for the next word about one of them. `false`: none will come any more, of this one at least.
    pub async fn changed(&mut self) -> bool {
        let mut words: Vec<_> = self.0.iter_mut().map(|watching| Box::pin(watching.changed())).collect();
        poll_fn(|cx| {
            let said = words.iter_mut().find_map(|word| match word.as_mut().poll(cx) {
                Poll::Ready(goes_on) => Some(goes_on),
                Poll::Pending => None,
            });
            said.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn order(n: u128) -> OrderId {
        OrderId(Uuid::from_u128(n))
    }

    #[actix_web::test]
    async fn word_reaches_those_it_is_for_and_nothing_stays_when_they_leave() {
        let watchers = Watchers::default();
        let (mut mine, other) = (watchers.watch(order(1)), watchers.watch(order(2)));
        watchers.follow(&[Change::Order(order(1)), Change::Order(order(9)), Change::Catalog]);
        assert!(mine.changed().await);
        let others_word = other.word.as_ref().expect("a receiver");
        assert!(!others_word.has_changed().expect("open"));
        watchers.follow(&[Change::Everything]);
        assert!(others_word.has_changed().expect("open"));
        drop((mine, other));
        assert_eq!(watchers.count(), 0);
    }

    #[actix_web::test]
    async fn who_waits_for_some_hears_of_each_of_them_and_of_no_other() {
        let watchers = Watchers::default();
        let mut some = watchers.watch_some(&[order(1), order(2)]);
        watchers.follow(&[Change::Order(order(9))]);
        assert!(some.0.iter().all(|w| !w.word.as_ref().expect("open").has_changed().expect("open")));
        for own in [order(2), order(1), order(2)] {
            watchers.follow(&[Change::Order(own)]);
            assert!(some.changed().await);
        }
        watchers.close();
        assert!(!some.changed().await);
    }

    #[actix_web::test]
    async fn a_board_hears_of_every_order_and_of_nothing_else() {
        let watchers = Watchers::default();
        let mut board = watchers.watch_all();
        watchers.follow(&[Change::Catalog, Change::Outbox]);
        assert!(!board.0.as_ref().expect("a receiver").has_changed().expect("open"));
        watchers.follow(&[Change::Order(order(9))]);
        assert!(board.changed().await);
        watchers.close();
        assert!(!board.changed().await, "the shop closes");
        assert!(!watchers.watch_all().changed().await);
    }

    #[actix_web::test]
    async fn nobody_waits_for_a_shop_that_has_closed() {
        let watchers = Watchers::default();
        let mut before = watchers.watch(order(1));
        watchers.close();
        assert!(!before.changed().await);
        assert!(!watchers.watch(order(1)).changed().await);
    }
}
