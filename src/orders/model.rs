use crate::catalog::{PictureFit, SoldBy};
use crate::db::db_enum;
use crate::db::schema::{order_contacts, order_lines, orders};
use crate::ids::{BasketId, CustomerId, OrderId, OrderNumber, PlaceId, ProductId, QuoteId};
use crate::money::Money;
use crate::payments::PayBy;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

db_enum! {
    pub enum OrderState {
        /// It has its number, stock and window, and waits for the money.
        Placed = "placed",
        /// The money is reserved, paid, or due at the door.
        Confirmed = "confirmed",
        Completed = "completed",
        Cancelled = "cancelled",
    }
}

impl OrderState {
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Placed, Self::Confirmed | Self::Cancelled)
            | (Self::Confirmed, Self::Completed | Self::Cancelled)
            // Money that came late is honoured where stock and window still allow it.
            | (Self::Cancelled, Self::Confirmed) => true,
            (
                Self::Placed | Self::Confirmed | Self::Completed | Self::Cancelled,
                Self::Placed | Self::Confirmed | Self::Completed | Self::Cancelled,
            ) => false,
        }
    }
}

db_enum! {
    pub enum CancelledWhy {
        Customer = "customer",
        /// No money came in time.
        Unpaid = "unpaid",
        /// The money came when stock or window had gone to others.
        LateMoney = "late_money",
        Shop = "shop",
    }
}

db_enum! {
    /// What to do about an item that has run out.
    pub enum Substitutions {
        /// Something close to it, never dearer.
        Similar = "similar",
        /// Write to them first: without an answer within ten minutes it is left out.
        Ask = "ask",
        LeaveOut = "leave_out",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
pub struct Order {
    pub id: OrderId,
    pub number: OrderNumber,
    pub basket_id: BasketId,
    pub customer_id: Option<CustomerId>,
    pub state: OrderState,
    pub submit_key: Uuid,
    pub fingerprint: String,
    pub quote_id: QuoteId,
    pub place_id: PlaceId,
    pub window_id: i64,
    pub window_starts_at: DateTime<Utc>,
    pub window_ends_at: DateTime<Utc>,
    pub pay_by: PayBy,
    pub substitutions: Substitutions,
    pub coupon_code: Option<String>,
    /// After offers, before the coupon.
    pub goods_cents: Money,
    pub coupon_cents: Money,
    pub fee_cents: Money,
    pub fee_vat_percent: i32,
    pub total_cents: Money,
    /// The most it can become once everything is weighed.
    pub maximum_cents: Money,
    pub minimum_age: i32,
    pub placed_at: DateTime<Utc>,
    /// Until then stock and window wait for the money.
    pub unpaid_until: Option<DateTime<Utc>>,
    pub confirmed_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
    pub cancelled_at: Option<DateTime<Utc>>,
    pub cancelled_why: Option<CancelledWhy>,
    pub version: i32,
}

/// Who it goes to. Personal data: for those who need it and nobody else.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = order_contacts)]
pub struct Contact {
    pub name: String,
    pub email: String,
    pub phone: String,
    pub line: String,
    pub company: String,
    pub town: String,
    pub eircode: String,
    /// `At the door`, `With the neighbour`: where it may be left.
    pub leave_at: String,
    pub note: String,
    pub preferred_time: String,
    /// For the rider of this drop alone.
    pub gate_code: String,
    pub gift_note: String,
}

/// What a customer may change about the last steps to their door until it is delivered.
#[derive(Debug, Clone, PartialEq, Eq, AsChangeset)]
#[diesel(table_name = order_contacts)]
pub struct Instructions {
    pub phone: String,
    pub leave_at: String,
    pub note: String,
    pub gate_code: String,
}

/// A line as it was ordered. Amounts in cents, tax included.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = order_lines, treat_none_as_default_value = false)]
pub struct OrderLine {
    pub order_id: OrderId,
    pub position: i32,
    pub product_id: ProductId,
    pub sku: String,
    pub slug: String,
    pub name: String,
    pub brand: String,
    pub size_label: String,
    pub picture: String,
    pub picture_fit: PictureFit,
    pub quantity: i32,
    pub unit_price_cents: Money,
    pub offer_label: String,
    pub full_cents: Money,
    pub off_cents: Money,
    pub coupon_cents: Money,
    pub sum_cents: Money,
    pub maximum_cents: Money,
    pub sold_by: SoldBy,
    pub per_kg_cents: Option<Money>,
    /// Estimated, of one piece.
    pub grams: Option<i64>,
    pub vat_percent: i32,
    pub minimum_age: i32,
    /// Where it has run out, if that is not as for the whole order.
    pub substitutions: Option<Substitutions>,
    /// The offer that counts it together with other things.
    pub shared_offer_id: Option<i64>,
}

impl OrderLine {
    /// What its customer wants where it has run out: for this line, else for the whole order.
    pub fn wish(&self, order: &Order) -> Substitutions {
        self.substitutions.unwrap_or(order.substitutions)
    }
}

impl Order {
    /// Whether the customer may still cancel by themselves. Until picking starts, once that is known.
    pub fn can_be_cancelled(&self) -> bool {
        matches!(self.state, OrderState::Placed | OrderState::Confirmed)
    }
}
