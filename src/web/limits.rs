//! How much one address may ask of us. Pictures, styles and scripts are not counted.

use crate::config::Limits;
use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

/// An IPv4 address, or the network of an IPv6 household (its first 64 bits).
type Household = u64;
type Limiter = RateLimiter<Household, DashMapStateStore<Household>, DefaultClock>;

/// Every so many requests the addresses that have been quiet are forgotten.
const FORGET_EVERY: u32 = 20_000;

/// What the payment gateway may tell us: far more than it does on our busiest day.
const HOOKS_PER_SECOND: u32 = 200;
const HOOKS_AT_ONCE: u32 = 1_000;

pub(super) struct RateLimits {
    reads: Limiter,
    writes: Limiter,
    hooks: Limiter,
    seen: AtomicU32,
}

impl RateLimits {
    pub(super) fn new(limits: &Limits) -> Self {
        let count = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            reads: RateLimiter::dashmap(
                Quota::per_second(count(limits.requests_per_second))
                    .allow_burst(count(limits.requests_at_once)),
            ),
            writes: RateLimiter::dashmap(
                Quota::per_minute(count(limits.writes_per_minute)).allow_burst(count(limits.writes_at_once)),
            ),
            hooks: RateLimiter::dashmap(
                Quota::per_second(count(HOOKS_PER_SECOND)).allow_burst(count(HOOKS_AT_ONCE)),
            ),
            seen: AtomicU32::new(0),
        }
    }

    /// Whether another machine may tell us once more. It tells us what its own customers did, so
    /// it may do so more often than a person may ask; what is refused it sends again.
    pub(super) fn allow_hook(&self, address: IpAddr) -> bool {
        self.hooks.check_key(&household(address)).is_ok()
    }

    /// Whether this address may ask once more.
    pub(super) fn allow(&self, address: IpAddr, writes: bool) -> bool {
        if self.seen.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.reads.retain_recent();
            self.writes.retain_recent();
            self.hooks.retain_recent();
        }
        let household = household(address);
        let limiter = if writes { &self.writes } else { &self.reads };
        limiter.check_key(&household).is_ok()
    }
}

fn household(address: IpAddr) -> Household {
    match address.to_canonical() {
        IpAddr::V4(v4) => u64::from(u32::from(v4)),
        IpAddr::V6(v6) => (u128::from(v6) >> 64) as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(at_once: u32) -> RateLimits {
        RateLimits::new(&Limits {
            requests_per_second: 1,
            requests_at_once: at_once,
            writes_per_minute: 1,
            writes_at_once: 2,
            form_bytes: 1024,
            streams_at_once: 1,
        })
    }

    #[test]
    fn one_address_is_stopped_and_others_are_not() {
        let limits = limits(3);
        let one: IpAddr = "10.0.0.1".parse().expect("ip");
        let other: IpAddr = "10.0.0.2".parse().expect("ip");
        assert_eq!((0..5).filter(|_| limits.allow(one, false)).count(), 3);
        assert!(limits.allow(other, false));
        assert_eq!((0..5).filter(|_| limits.allow(one, true)).count(), 2);
    }

    #[test]
    fn a_household_cannot_escape_by_changing_its_ipv6_suffix() {
        let limits = limits(1);
        assert!(limits.allow("2001:db8::1".parse().expect("ip"), false));
        assert!(!limits.allow("2001:db8::2".parse().expect("ip"), false));
    }
}
