//! The rows and the event of an order, as its basket and its form have them.

use super::place::{Gone, PlaceError, Placement, Reckoned, UNPAID_FOR, fingerprint};
use crate::basket::Basket;
use crate::catalog::Offer;
use crate::delivery::Window;
use crate::events::{Event, Ordered};
use crate::ids::{OrderId, OrderNumber, ProductId};
use crate::inventory::{self, HoldError, Wanted};
use crate::money::Money;
use crate::orders::{self, Order, OrderLine, OrderState};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

pub(super) fn minimum_age(basket: &Basket) -> i32 {
    basket.lines.iter().map(|l| l.item.article.minimum_age).max().unwrap_or(0)
}

pub(super) fn new_order(
    placement: &Placement,
    basket: &Basket,
    reckoned: &Reckoned,
    now: DateTime<Utc>,
) -> Result<Order, PlaceError> {
    let spot = basket.spot.as_ref().ok_or(PlaceError::NoPlace)?;
    let (coupon_code, coupon_cents) = match &reckoned.coupon {
        Some(Ok((coupon, off))) => (Some(coupon.code.clone()), *off),
        Some(Err(_)) | None => (None, Money::ZERO),
    };
    // Where the money comes at the door, or there is none to pay, nothing is waited for.
    let is_confirmed = placement.paying.by.is_at_door() || reckoned.maximum.is_zero();
    Ok(Order {
        id: OrderId(Uuid::now_v7()),
        number: OrderNumber::random(),
        basket_id: placement.basket,
        customer_id: placement.customer,
        state: if is_confirmed { OrderState::Confirmed } else { OrderState::Placed },
        submit_key: placement.submit_key,
        fingerprint: fingerprint(placement),
        quote_id: spot.quote.id,
        place_id: spot.place.id,
        window_id: placement.window,
        window_starts_at: now,
        window_ends_at: now,
        pay_by: placement.paying.by,
        substitutions: placement.substitutions,
        coupon_code,
        goods_cents: reckoned.totals.goods,
        coupon_cents,
        fee_cents: reckoned.totals.delivery.unwrap_or_default(),
        fee_vat_percent: placement.delivery_vat,
        total_cents: reckoned.total,
        maximum_cents: reckoned.maximum,
        minimum_age: minimum_age(basket),
        placed_at: now,
        unpaid_until: (!is_confirmed).then_some(now + UNPAID_FOR),
        confirmed_at: is_confirmed.then_some(now),
        completed_at: None,
        cancelled_at: None,
        cancelled_why: None,
        version: 1,
    })
}

pub(super) fn write_order(
    conn: &mut PgConnection,
    order: &Order,
    placement: &Placement,
    basket: &Basket,
    reckoned: &Reckoned,
) -> Result<Order, PlaceError> {
    let order = orders::insert_order(conn, order)?;
    orders::insert_contact(conn, order.id, &placement.contact)?;
    let mut lines = order_lines(order.id, basket, reckoned);
    for line in &mut lines {
        line.substitutions = placement.wishes.get(&line.sku).copied();
    }
    orders::insert_lines(conn, &lines)?;
    Ok(order)
}

pub(super) fn order_lines(order: OrderId, basket: &Basket, reckoned: &Reckoned) -> Vec<OrderLine> {
    let lines = basket.lines.iter().zip(&reckoned.coupon_shares).enumerate();
    lines
        .map(|(i, (line, coupon))| {
            let article = &line.item.article;
            let weighed = article.is_weighed();
            OrderLine {
                order_id: order,
                position: i32::try_from(i + 1).unwrap_or(i32::MAX),
                product_id: article.id,
                sku: article.sku.clone(),
                slug: article.slug.clone(),
                name: article.name.clone(),
                brand: article.brand.clone(),
                size_label: article.size_label(),
                picture: article.picture.clone(),
                picture_fit: article.picture_fit,
                quantity: line.counted,
                unit_price_cents: line.item.unit_price(),
                offer_label: line
                    .item
                    .offer
                    .as_ref()
                    .filter(|_| !line.off.is_zero())
                    .map_or_else(String::new, |o| o.label.clone()),
                full_cents: line.full(),
                off_cents: line.off,
                coupon_cents: *coupon,
                sum_cents: line.sum() - *coupon,
                maximum_cents: line.most() - *coupon,
                sold_by: article.sold_by,
                per_kg_cents: line.item.per_kg(),
                grams: weighed.then_some(article.size_amount),
                vat_percent: article.vat_percent,
                minimum_age: article.minimum_age,
                substitutions: None,
                shared_offer_id: line.item.offer.as_ref().and_then(Offer::shared_id),
            }
        })
        .collect()
}

pub(super) fn hold_stock(conn: &mut PgConnection, basket: &Basket, order: OrderId) -> Result<(), PlaceError> {
    let wanted: Vec<Wanted> =
        basket.lines.iter().map(|l| Wanted { product: l.item.article.id, units: l.counted }).collect();
    inventory::hold(conn, order, &wanted).map_err(|e| match e {
        HoldError::Db(e) => PlaceError::Db(e),
        HoldError::Short(short) => PlaceError::Gone(
            short
                .into_iter()
                .map(|s| Gone {
                    product: s.product,
                    name: name_of(basket, s.product),
                    wanted: s.wanted,
                    left: s.left,
                })
                .collect(),
        ),
    })
}

fn name_of(basket: &Basket, product: ProductId) -> String {
    let line = basket.lines.iter().find(|l| l.item.article.id == product);
    line.map_or_else(String::new, |l| l.item.article.name.clone())
}

pub(super) fn placed_event(order: &Order, window: &Window, basket: &Basket, reckoned: &Reckoned) -> Event {
    let lines = basket.lines.iter().zip(&reckoned.coupon_shares);
    Event::OrderPlaced {
        number: order.number.clone(),
        pay_by: order.pay_by.as_str().to_owned(),
        window: window.id,
        window_starts: window.starts_at,
        window_ends: window.ends_at,
        lines: lines
            .map(|(line, coupon)| Ordered {
                product: line.item.article.id.0,
                sku: line.item.article.sku.clone(),
                quantity: line.counted,
                sum: line.sum() - *coupon,
                maximum: line.most() - *coupon,
            })
            .collect(),
        goods: order.goods_cents,
        coupon: order.coupon_cents,
        fee: order.fee_cents,
        total: order.total_cents,
        maximum: order.maximum_cents,
        unpaid_until: order.placed_at + UNPAID_FOR,
    }
}
