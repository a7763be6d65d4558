//! What an order came to, line by line and rate by rate.

use crate::catalog::{Cheaper, offer_rows};
use crate::money::Money;
use crate::orders::{Order, OrderLine};
use std::collections::BTreeMap;

/// A rate of tax: what was taxed with it, and the tax in that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaxRow {
    pub percent: i32,
    pub net: Money,
    pub tax: Money,
    pub gross: Money,
}

/// The total by rate of tax: goods after offers and coupon, and the delivery. Each rate is
/// rounded once; the gross sums add up to the total, and net and tax to the gross.
pub fn tax_rows(order: &Order, lines: &[OrderLine]) -> Vec<TaxRow> {
    let mut gross: BTreeMap<i32, Money> = BTreeMap::new();
    let goods = lines.iter().map(|l| (l.vat_percent, l.sum_cents));
    for (percent, sum) in goods.chain([(order.fee_vat_percent, order.fee_cents)]) {
        let entry = gross.entry(percent).or_default();
        *entry = *entry + sum;
    }
    let row = |(percent, gross): (i32, Money)| {
        let tax = gross.tax_within(percent);
        TaxRow { percent, net: gross - tax, tax, gross }
    };
    gross.into_iter().filter(|(_, gross)| !gross.is_zero()).map(row).collect()
}

/// What offers took off, as the basket said it.
pub fn offers(lines: &[OrderLine]) -> Vec<(String, Money)> {
    offer_rows(lines.iter().map(|l| Cheaper {
        name: &l.name,
        label: &l.offer_label,
        shared_offer: l.shared_offer_id,
        off: l.off_cents,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{PictureFit, SoldBy};
    use crate::ids::{BasketId, OrderId, OrderNumber, PlaceId, ProductId, QuoteId};
    use crate::money::split;
    use crate::orders::{OrderState, Substitutions};
    use crate::payments::PayBy;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn line(position: i32, full: i64, off: i64, vat: i32) -> OrderLine {
        OrderLine {
            order_id: OrderId(Uuid::nil()),
            position,
            product_id: ProductId(position.into()),
            sku: "X".into(),
            slug: "x".into(),
            name: format!("Thing {position}"),
            brand: String::new(),
            size_label: String::new(),
            picture: String::new(),
            picture_fit: PictureFit::Pack,
            quantity: 1,
            unit_price_cents: Money(full),
            offer_label: if off > 0 { "2 for less".into() } else { String::new() },
            full_cents: Money(full),
            off_cents: Money(off),
            coupon_cents: Money::ZERO,
            sum_cents: Money(full - off),
            maximum_cents: Money(full - off),
            sold_by: SoldBy::Each,
            per_kg_cents: None,
            grams: None,
            vat_percent: vat,
            minimum_age: 0,
            substitutions: None,
            shared_offer_id: None,
        }
    }

    /// An order of these lines with a coupon shared out as orders share it.
    fn order(lines: &mut [OrderLine], coupon: i64, fee: i64) -> Order {
        let goods: Money = lines.iter().map(|l| l.sum_cents).sum();
        let coupon = Money(coupon).min(goods);
        let weights: Vec<i64> = lines.iter().map(|l| l.sum_cents.cents()).collect();
        for (line, share) in lines.iter_mut().zip(split(coupon, &weights)) {
            line.coupon_cents = share;
            line.sum_cents = line.sum_cents - share;
        }
        let at = chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let total = goods - coupon + Money(fee);
        Order {
            id: OrderId(Uuid::nil()),
            number: OrderNumber::random(),
            basket_id: BasketId(Uuid::nil()),
            customer_id: None,
            state: OrderState::Confirmed,
            submit_key: Uuid::nil(),
            fingerprint: String::new(),
            quote_id: QuoteId(Uuid::nil()),
            place_id: PlaceId(1),
            window_id: 1,
            window_starts_at: at,
            window_ends_at: at,
            pay_by: PayBy::Card,
            substitutions: Substitutions::Similar,
            coupon_code: None,
            goods_cents: goods,
            coupon_cents: coupon,
            fee_cents: Money(fee),
            fee_vat_percent: 23,
            total_cents: total,
            maximum_cents: total,
            minimum_age: 0,
            placed_at: at,
            unpaid_until: None,
            confirmed_at: Some(at),
            completed_at: None,
            cancelled_at: None,
            cancelled_why: None,
            version: 1,
        }
    }

    #[test]
    fn what_is_taken_off_is_said_of_what_it_is_taken_off_and_once_of_what_counts_together() {
        let together =
            |position, offer| OrderLine { shared_offer_id: Some(offer), ..line(position, 300, 50, 0) };
        let lines = [
            line(1, 300, 50, 0),
            together(2, 7),
            line(3, 400, 70, 0),
            together(4, 8),
            together(5, 7),
            line(6, 200, 0, 23),
        ];
        let said = [("Thing 1", 50), ("Thing 2", 100), ("Thing 3", 70), ("Thing 4", 50)];
        assert_eq!(offers(&lines), said.map(|(name, off)| (format!("{name}, 2 for less"), Money(off))));
    }

    proptest! {
        #[test]
        fn lines_and_fee_make_the_total_and_so_do_the_rates(
            parts in prop::collection::vec((1_i64..9_000, 0_i64..100, prop::sample::select(vec![0, 9, 13, 23])), 1..40),
            coupon in 0_i64..20_000,
            fee in 0_i64..900,
        ) {
            let mut lines: Vec<OrderLine> = (1..)
                .zip(&parts)
                .map(|(i, (full, off, vat))| line(i, *full, full * off / 100, *vat))
                .collect();
            let order = order(&mut lines, coupon, fee);
            let sums: Money = lines.iter().map(|l| l.sum_cents).sum();
            prop_assert_eq!(sums + order.fee_cents, order.total_cents);
            let rows = tax_rows(&order, &lines);
            prop_assert_eq!(rows.iter().map(|r| r.gross).sum::<Money>(), order.total_cents);
            prop_assert_eq!(rows.iter().map(|r| r.net + r.tax).sum::<Money>(), order.total_cents);
            prop_assert!(rows.iter().all(|r| r.tax >= Money::ZERO && r.net >= Money::ZERO));
            prop_assert!(lines.iter().all(|l| l.sum_cents >= Money::ZERO));
        }
    }
}
