//! SQL over orders. No decisions here: each function is one statement.

use super::model::{CancelledWhy, Contact, Instructions, Order, OrderLine, OrderState, Substitutions};
use crate::db::Ready as _;
use crate::db::schema::{order_contacts, order_lines, orders};
use crate::ids::{BasketId, CustomerId, OrderId, OrderNumber};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

const MOST_LINES: i64 = 200;
/// Orders of more lines are few.
const USUAL_LINES: usize = 40;

#[declare_sql_function]
extern "SQL" {
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// Gives the order as it is kept.
///
/// # Errors
/// `UniqueViolation` of `orders_number_unique` or `orders_submit_key_unique`.
pub fn insert_order(conn: &mut PgConnection, order: &Order) -> QueryResult<Order> {
    diesel::insert_into(orders::table).values(order).returning(Order::as_returning()).ready().get_result(conn)
}

/// # Errors
/// When the database does not answer.
pub fn insert_contact(conn: &mut PgConnection, order: OrderId, contact: &Contact) -> QueryResult<()> {
    diesel::insert_into(order_contacts::table)
        .values((order_contacts::order_id.eq(order), contact))
        .ready()
        .execute(conn)
        .map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn set_instructions(conn: &mut PgConnection, order: OrderId, new: &Instructions) -> QueryResult<()> {
    diesel::update(order_contacts::table.find(order)).set(new).execute(conn).map(drop)
}

/// # Errors
/// When the database does not answer.
pub fn insert_lines(conn: &mut PgConnection, lines: &[OrderLine]) -> QueryResult<()> {
    let insert = diesel::insert_into(order_lines::table).values(lines);
    // Every number of lines has words of its own.
    let is_usual = lines.len() <= USUAL_LINES;
    if is_usual { insert.ready().execute(conn) } else { insert.execute(conn) }.map(drop)
}

/// # Errors
/// `NotFound` when there is none.
pub fn order(conn: &mut PgConnection, id: OrderId) -> QueryResult<Order> {
    Order::query().find(id).first(conn)
}

/// Several orders, in any order.
///
/// # Errors
/// When the database does not answer.
pub fn orders_by_ids(conn: &mut PgConnection, ids: &[OrderId]) -> QueryResult<Vec<Order>> {
    Order::query().filter(orders::id.eq_any(ids)).load(conn)
}

/// # Errors
/// `NotFound` when there is none.
pub fn order_by_number(conn: &mut PgConnection, number: &OrderNumber) -> QueryResult<Order> {
    Order::query().filter(orders::number.eq(number)).first(conn)
}

/// Holds the order's row until the transaction ends. Before its attempts, always.
///
/// # Errors
/// `NotFound` when there is none.
pub fn lock_order(conn: &mut PgConnection, id: OrderId) -> QueryResult<Order> {
    Order::query().find(id).for_no_key_update().first(conn)
}

/// The order that a form has placed.
///
/// # Errors
/// When the database does not answer.
pub fn order_by_submit_key(conn: &mut PgConnection, key: Uuid) -> QueryResult<Option<Order>> {
    Order::query().filter(orders::submit_key.eq(key)).first(conn).optional()
}

/// The newest order placed from a basket.
///
/// # Errors
/// When the database does not answer.
pub fn newest_of_basket(conn: &mut PgConnection, basket: BasketId) -> QueryResult<Option<Order>> {
    Order::query().filter(orders::basket_id.eq(basket)).order(orders::placed_at.desc()).first(conn).optional()
}

/// A page of what guests ordered from some baskets, or a customer anywhere, the newest first, from
/// before a time on.
///
/// # Errors
/// When the database does not answer.
pub fn orders_of(
    conn: &mut PgConnection,
    baskets: &[BasketId],
    customer: Option<CustomerId>,
    before: Option<DateTime<Utc>>,
    most: i64,
) -> QueryResult<Vec<Order>> {
    let of_customer = orders::customer_id.eq(customer).assume_not_null();
    let of_guests = orders::basket_id.eq_any(baskets).and(orders::customer_id.is_null());
    let mut query = Order::query()
        .filter(of_guests.or(of_customer))
        .order(orders::placed_at.desc())
        .limit(most)
        .into_boxed();
    if let Some(before) = before {
        query = query.filter(orders::placed_at.lt(before));
    }
    query.load(conn)
}

/// What was ordered from a basket with somebody's own mail address becomes theirs, unless it is
/// somebody's already.
///
/// # Errors
/// When the database does not answer.
pub fn claim(
    conn: &mut PgConnection,
    basket: BasketId,
    customer: CustomerId,
    email: &str,
) -> QueryResult<usize> {
    let with_their_mail = order_contacts::table
        .filter(lower(order_contacts::email).eq(email.to_lowercase()))
        .select(order_contacts::order_id);
    diesel::update(orders::table)
        .filter(orders::basket_id.eq(basket))
        .filter(orders::customer_id.is_null())
        .filter(orders::id.eq_any(with_their_mail))
        .set(orders::customer_id.eq(customer))
        .ready()
        .execute(conn)
}

/// Whether something was ordered from a basket that is no account's.
///
/// # Errors
/// When the database does not answer.
pub fn has_guests_orders(conn: &mut PgConnection, basket: BasketId) -> QueryResult<bool> {
    let of_guests = orders::table.filter(orders::basket_id.eq(basket).and(orders::customer_id.is_null()));
    diesel::select(diesel::dsl::exists(of_guests)).get_result(conn)
}

/// The lines of several orders, in their order.
///
/// # Errors
/// When the database does not answer.
pub fn lines_of(conn: &mut PgConnection, of: &[OrderId]) -> QueryResult<Vec<OrderLine>> {
    OrderLine::query()
        .filter(order_lines::order_id.eq_any(of))
        .order((order_lines::order_id, order_lines::position))
        .limit(MOST_LINES * 50)
        .load(conn)
}

/// What is not over, the newest first.
///
/// # Errors
/// When the database does not answer.
pub fn newest_open(conn: &mut PgConnection, most: i64) -> QueryResult<Vec<Order>> {
    Order::query()
        .filter(orders::state.eq_any([OrderState::Placed, OrderState::Confirmed]))
        .order(orders::id.desc())
        .limit(most)
        .load(conn)
}

/// # Errors
/// `NotFound` when there is none.
pub fn contact(conn: &mut PgConnection, order: OrderId) -> QueryResult<Contact> {
    Contact::query().filter(order_contacts::order_id.eq(order)).first(conn)
}

/// # Errors
/// When the database does not answer.
pub fn lines(conn: &mut PgConnection, order: OrderId) -> QueryResult<Vec<OrderLine>> {
    OrderLine::query()
        .filter(order_lines::order_id.eq(order))
        .order(order_lines::position)
        .limit(MOST_LINES)
        .load(conn)
}

/// A page of orders whose money has not come in time, the longest waiting first, from behind one
/// of them on.
///
/// # Errors
/// When the database does not answer.
pub fn unpaid_since(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    behind: Option<(DateTime<Utc>, OrderId)>,
    most: i64,
) -> QueryResult<Vec<(DateTime<Utc>, OrderId)>> {
    let until = orders::unpaid_until.assume_not_null();
    let mut query = orders::table
        .filter(orders::unpaid_until.le(now))
        .order((orders::unpaid_until, orders::id))
        .select((until, orders::id))
        .limit(most)
        .into_boxed();
    if let Some((at, id)) = behind {
        query = query.filter(until.gt(at).or(until.eq(at).and(orders::id.gt(id))));
    }
    query.load(conn)
}

/// The caller holds the row and has checked that it may be.
///
/// # Errors
/// When the database does not answer.
pub fn set_confirmed(conn: &mut PgConnection, id: OrderId, now: DateTime<Utc>) -> QueryResult<Order> {
    diesel::update(orders::table.find(id))
        .set((
            orders::state.eq(OrderState::Confirmed),
            orders::confirmed_at.eq(now),
            orders::unpaid_until.eq(None::<DateTime<Utc>>),
            orders::cancelled_at.eq(None::<DateTime<Utc>>),
            orders::cancelled_why.eq(None::<CancelledWhy>),
            orders::version.eq(orders::version + 1),
        ))
        .returning(Order::as_returning())
        .ready()
        .get_result(conn)
}

/// The caller holds the row and has checked that it may be.
///
/// # Errors
/// When the database does not answer.
pub fn set_cancelled(
    conn: &mut PgConnection,
    id: OrderId,
    why: CancelledWhy,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::update(orders::table.find(id))
        .set((
            orders::state.eq(OrderState::Cancelled),
            orders::cancelled_at.eq(now),
            orders::cancelled_why.eq(why),
            orders::unpaid_until.eq(None::<DateTime<Utc>>),
            orders::version.eq(orders::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// The caller holds the row and has checked that it may be.
///
/// # Errors
/// When the database does not answer.
pub fn set_completed(conn: &mut PgConnection, id: OrderId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(orders::table.find(id))
        .set((
            orders::state.eq(OrderState::Completed),
            orders::completed_at.eq(now),
            orders::version.eq(orders::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// What an order comes to now, and what of it is whose.
///
/// # Errors
/// When the database does not answer.
pub fn set_sums(conn: &mut PgConnection, order: &Order) -> QueryResult<()> {
    diesel::update(orders::table.find(order.id))
        .set((
            orders::coupon_code.eq(&order.coupon_code),
            orders::goods_cents.eq(order.goods_cents),
            orders::coupon_cents.eq(order.coupon_cents),
            orders::fee_cents.eq(order.fee_cents),
            orders::total_cents.eq(order.total_cents),
            orders::maximum_cents.eq(order.maximum_cents),
            orders::minimum_age.eq(order.minimum_age),
            orders::version.eq(orders::version + 1),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// What may come where something has run out, for the whole order.
///
/// # Errors
/// When the database does not answer.
pub fn set_substitutions(conn: &mut PgConnection, id: OrderId, all: Substitutions) -> QueryResult<()> {
    diesel::update(orders::table.find(id))
        .set((orders::substitutions.eq(all), orders::version.eq(orders::version + 1)))
        .ready()
        .execute(conn)
        .map(drop)
}

/// Its lines are these from now on.
///
/// # Errors
/// When the database does not answer.
pub fn replace_lines(conn: &mut PgConnection, order: OrderId, lines: &[OrderLine]) -> QueryResult<()> {
    diesel::delete(order_lines::table.filter(order_lines::order_id.eq(order))).execute(conn)?;
    insert_lines(conn, lines)
}

/// Who pays another way now than when the order was placed.
///
/// # Errors
/// When the database does not answer.
pub fn set_pay_by(conn: &mut PgConnection, id: OrderId, pay_by: crate::payments::PayBy) -> QueryResult<()> {
    diesel::update(orders::table.find(id)).set(orders::pay_by.eq(pay_by)).ready().execute(conn).map(drop)
}
