//! How many pages listen, by the address they listen from: each has only so many seats.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long a browser waits before it comes again.
pub(super) const RETRY: &str = "retry: 3000\n\n";
/// Open streams of everybody.
const MOST: usize = 20_000;

/// How many streams are open, by address.
#[derive(Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<IpAddr, u32>>>);

/// A place among them, given back when it is dropped.
pub(super) struct Seat {
    streams: Streams,
    address: IpAddr,
}

impl Streams {
    pub(super) fn take(&self, address: IpAddr, most: u32) -> Option<Seat> {
        let mut open = self.lock();
        if open.values().map(|n| *n as usize).sum::<usize>() >= MOST {
            return None;
        }
        let count = open.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Seat { streams: self.clone(), address })
    }

    pub fn count(&self) -> u32 {
        self.lock().values().sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_is_given_back_and_an_address_has_only_so_many() {
        let streams = Streams::default();
        let (one, other) = ("192.0.2.1".parse().expect("ip"), "192.0.2.2".parse().expect("ip"));
        let first = streams.take(one, 2).expect("a seat");
        let second = streams.take(one, 2).expect("a seat");
        assert!(streams.take(one, 2).is_none());
        let others = streams.take(other, 2).expect("a seat of their own");
        assert_eq!(streams.count(), 3);
        drop((first, second, others));
        assert_eq!(streams.count(), 0);
        assert!(streams.lock().is_empty());
    }
}
