use crate::catalog::Storage;
use crate::db::db_enum;
use crate::db::schema::{bags, fulfilments, picks};
use crate::ids::{OrderId, ProductId, StaffId, ZoneId};
use crate::money::Money;
use crate::orders::OrderLine;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;

db_enum! {
    pub enum FulfilmentState {
        Waiting = "waiting",
        Picking = "picking",
        Packed = "packed",
        HandedOver = "handed_over",
    }
}

impl FulfilmentState {
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Waiting, Self::Picking)
            // The picker has put it down again.
            | (Self::Picking, Self::Waiting | Self::Packed)
            | (Self::Packed, Self::HandedOver) => true,
            (
                Self::Waiting | Self::Picking | Self::Packed | Self::HandedOver,
                Self::Waiting | Self::Picking | Self::Packed | Self::HandedOver,
            ) => false,
        }
    }
}

db_enum! {
    /// What became of a line. A line without a pick is still to be picked.
    pub enum PickState {
        Picked = "picked",
        /// Something else came in its place.
        Substituted = "substituted",
        LeftOut = "left_out",
    }
}

/// How far the warehouse is with an order.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = fulfilments)]
pub struct Fulfilment {
    pub order_id: OrderId,
    pub state: FulfilmentState,
    /// When it is to be packed.
    pub due_at: DateTime<Utc>,
    pub window_starts_at: DateTime<Utc>,
    pub picker_id: Option<StaffId>,
    /// When its picker last did something.
    pub touched_at: Option<DateTime<Utc>>,
    pub started_at: Option<DateTime<Utc>>,
    pub packed_at: Option<DateTime<Utc>>,
    pub handed_over_at: Option<DateTime<Utc>>,
    /// What it really came to: goods after the coupon, and with the fee.
    pub goods_cents: Option<Money>,
    pub total_cents: Option<Money>,
    /// The order was cancelled: nobody picks it.
    pub stopped_at: Option<DateTime<Utc>>,
    pub version: i32,
    /// Its crate on the trolley, while it is picked together with others.
    pub crate_no: Option<i32>,
}

/// What of the queue somebody wants to see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    pub zone: Option<ZoneId>,
    pub window_starts_at: Option<DateTime<Utc>>,
}

/// Time between packing and the start of the window: loading and the way.
const BEFORE_THE_WINDOW: Duration = Duration::minutes(30);
/// What somebody orders into a window that has begun is to be packed this soon.
const SOON: Duration = Duration::minutes(15);
/// Whose picker has done nothing for so long can be taken over by another.
const SILENT_FOR: Duration = Duration::minutes(10);

/// By when an order for a window is to be packed; from then on a rider may take it.
pub fn packed_by(window_starts_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    (window_starts_at - BEFORE_THE_WINDOW).max(now + SOON)
}

impl Fulfilment {
    /// A confirmed order's, which waits for a picker.
    pub fn waiting(order: OrderId, window_starts_at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            order_id: order,
            state: FulfilmentState::Waiting,
            due_at: packed_by(window_starts_at, now),
            window_starts_at,
            picker_id: None,
            touched_at: None,
            started_at: None,
            packed_at: None,
            handed_over_at: None,
            goods_cents: None,
            total_cents: None,
            stopped_at: None,
            version: 1,
            crate_no: None,
        }
    }

    /// Whether its picker seems to have gone.
    pub fn is_abandoned(&self, now: DateTime<Utc>) -> bool {
        self.state == FulfilmentState::Picking && self.touched_at.is_none_or(|at| at + SILENT_FOR <= now)
    }
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = picks)]
pub struct Pick {
    pub order_id: OrderId,
    pub position: i32,
    pub state: PickState,
    /// What lies in the bag.
    pub product_id: Option<ProductId>,
    pub units: i32,
    /// Of all units together.
    pub grams: Option<i64>,
    pub sum_cents: Money,
    pub at: DateTime<Utc>,
    /// What stands in for those of a picked line that were missing: all of it or nothing, but for grams.
    pub rest_product_id: Option<ProductId>,
    pub rest_units: Option<i32>,
    pub rest_grams: Option<i64>,
    pub rest_sum_cents: Option<Money>,
}

/// What stands in for those of a line that were missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    pub product: ProductId,
    pub units: i32,
    pub grams: Option<i64>,
    pub sum: Money,
}

impl Pick {
    pub fn rest(&self) -> Option<Rest> {
        let (product, units, sum) = (self.rest_product_id?, self.rest_units?, self.rest_sum_cents?);
        Some(Rest { product, units, grams: self.rest_grams, sum })
    }

    /// What the line comes to.
    pub fn total(&self) -> Money {
        self.sum_cents + self.rest_sum_cents.unwrap_or(Money::ZERO)
    }

    /// Everything of it that lies in the bag, and how many of each.
    pub fn in_bag(&self) -> impl Iterator<Item = (ProductId, i32)> {
        let rest = self.rest().map(|rest| (rest.product, rest.units));
        self.product_id.map(|product| (product, self.units)).into_iter().chain(rest)
    }

    /// How many of its line were missing and have nothing in their place. None where something else came
    /// for all of it, or nothing did.
    pub fn missing_of(&self, line: &OrderLine) -> i32 {
        let may_be_added_to = self.state == PickState::Picked && self.rest_product_id.is_none();
        if may_be_added_to { (line.quantity - self.units).max(0) } else { 0 }
    }
}

/// A bag or crate, of one temperature.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = bags)]
pub struct Bag {
    /// On its label.
    pub code: String,
    pub order_id: OrderId,
    pub number: i32,
    pub storage: Storage,
}

/// What so many of a line's units cost, rounded once.
pub fn share(line: &OrderLine, units: i32) -> Money {
    if units >= line.quantity {
        return line.sum_cents;
    }
    line.sum_cents.times_ratio(i64::from(units.max(0)), i64::from(line.quantity))
}

/// What a weighed line costs by its real weight: price per kg, less the line's share of offers and
/// coupon; rounded once (P32), and never above what was said to be the most.
pub fn weighed(line: &OrderLine, grams: i64) -> Money {
    let full = line.full_cents.cents().max(1);
    let per_kg = line.per_kg_cents.unwrap_or_default().cents();
    line.sum_cents.times_ratio(per_kg.saturating_mul(grams), full * 1_000).min(line.maximum_cents)
}

/// What stands in for a line costs what it costs and never more than the line's own goods would have.
pub fn substituted(line: &OrderLine, units: i32, own_price: Money) -> Money {
    own_price.min(share(line, units)).max(Money::ZERO)
}

/// What stands in for the rest of a line costs no more than the rest would have, and with what is there no
/// more than the whole line may.
pub fn substituted_rest(line: &OrderLine, there: &Pick, units: i32, own_price: Money) -> Money {
    substituted(line, units, own_price).min(line.maximum_cents - there.sum_cents).max(Money::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{PictureFit, SoldBy};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn line(quantity: i32, full: i64, sum: i64, maximum: i64, per_kg: Option<i64>) -> OrderLine {
        OrderLine {
            order_id: OrderId(Uuid::nil()),
            position: 1,
            product_id: ProductId(1),
            sku: "FP-VEG-001".into(),
            slug: "carrots".into(),
            name: "Carrots".into(),
            brand: String::new(),
            size_label: String::new(),
            picture: String::new(),
            picture_fit: PictureFit::Fresh,
            quantity,
            unit_price_cents: Money(full / i64::from(quantity)),
            offer_label: String::new(),
            full_cents: Money(full),
            off_cents: Money(full - sum),
            coupon_cents: Money::ZERO,
            sum_cents: Money(sum),
            maximum_cents: Money(maximum),
            sold_by: if per_kg.is_some() { SoldBy::Weight } else { SoldBy::Each },
            per_kg_cents: per_kg.map(Money),
            grams: per_kg.map(|_| 500),
            vat_percent: 0,
            minimum_age: 0,
            substitutions: None,
            shared_offer_id: None,
        }
    }

    #[test]
    fn a_weighed_line_costs_what_it_weighs_and_never_more_than_was_said() {
        let carrots = line(2, 400, 400, 460, Some(400));
        assert_eq!(weighed(&carrots, 1_000), Money(400));
        assert_eq!(weighed(&carrots, 903), Money(361));
        assert_eq!(weighed(&carrots, 5_000), Money(460));
        let with_an_offer = line(2, 400, 300, 345, Some(400));
        assert_eq!(weighed(&with_an_offer, 1_000), Money(300));
        assert_eq!(weighed(&with_an_offer, 500), Money(150));
    }

    #[test]
    fn some_of_a_line_cost_their_share() {
        let milk = line(3, 600, 500, 500, None);
        assert_eq!([0, 1, 2, 3].map(|n| share(&milk, n)), [0, 167, 333, 500].map(Money));
    }

    #[test]
    fn a_substitute_is_never_dearer() {
        let milk = line(2, 400, 390, 390, None);
        assert_eq!(substituted(&milk, 2, Money(520)), Money(390));
        assert_eq!(substituted(&milk, 2, Money(300)), Money(300));
        assert_eq!(substituted(&milk, 1, Money(300)), Money(195));
    }

    #[test]
    fn an_order_is_packed_before_its_window_or_soon() {
        let at = |text: &str| format!("2026-11-24T{text}:00Z").parse::<DateTime<Utc>>().expect("a time");
        let due = |starts, now| Fulfilment::waiting(OrderId(Uuid::nil()), at(starts), at(now)).due_at;
        assert_eq!(due("18:00", "10:00"), at("17:30"));
        assert_eq!(due("18:00", "17:50"), at("18:05"));
    }

    proptest! {
        #[test]
        fn no_pick_costs_more_than_its_line_may(
            quantity in 1..99_i32, each in 1..5_000_i64, off in 0..50_i64, grams in 1..100_000_i64, units in 0..120_i32
        ) {
            let full = each * i64::from(quantity);
            let sum = full - full * off / 100;
            let line = line(quantity, full, sum, sum + sum / 10, Some(each * 2));
            prop_assert!(weighed(&line, grams) <= line.maximum_cents);
            prop_assert!(share(&line, units) <= line.sum_cents);
            prop_assert!(substituted(&line, units, Money(each * 7)) <= line.sum_cents);
        }
    }
}
