//! When, in words.

use crate::clock;
use crate::storefront::Shop;
use chrono::{DateTime, Utc};

/// `today 14:20`, or `Tue 24 Nov, 14:20`, on the shop's clock.
pub(crate) fn moment(shop: &Shop, at: DateTime<Utc>) -> String {
    let (zone, now) = (shop.app.config.shop.zone, shop.app.clock.now());
    let time = clock::time_label(zone, at);
    if clock::local_day(zone, at) == clock::local_day(zone, now) {
        return format!("today {time}");
    }
    format!("{}, {time}", clock::day_label(zone, at))
}
