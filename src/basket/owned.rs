//! SQL over whose a basket is. No decisions here: each function is one statement.

use crate::db::schema::{basket_lines, baskets, checkout_drafts, window_holds};
use crate::ids::{BasketId, CustomerId, ProductId};
use diesel::prelude::*;

pub(super) fn of_customer(conn: &mut PgConnection, customer: CustomerId) -> QueryResult<Option<BasketId>> {
    baskets::table.filter(baskets::customer_id.eq(customer)).select(baskets::id).first(conn).optional()
}

pub(super) fn owner(conn: &mut PgConnection, id: BasketId) -> QueryResult<Option<CustomerId>> {
    baskets::table.find(id).select(baskets::customer_id).first(conn)
}

pub(super) fn has_quote(conn: &mut PgConnection, id: BasketId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(baskets::table.find(id).filter(baskets::quote_id.is_not_null())))
        .get_result(conn)
}

pub(super) fn set_owner(
    conn: &mut PgConnection,
    id: BasketId,
    customer: Option<CustomerId>,
) -> QueryResult<()> {
    diesel::update(baskets::table.find(id)).set(baskets::customer_id.eq(customer)).execute(conn).map(drop)
}

/// The products of which one basket holds more than the other, of those that both hold.
pub(super) fn wanted_more(
    conn: &mut PgConnection,
    from: BasketId,
    into: BasketId,
) -> QueryResult<Vec<ProductId>> {
    let theirs = diesel::alias!(basket_lines as theirs);
    basket_lines::table
        .inner_join(theirs.on(theirs.field(basket_lines::product_id).eq(basket_lines::product_id)))
        .filter(basket_lines::basket_id.eq(into).and(theirs.field(basket_lines::basket_id).eq(from)))
        .filter(theirs.field(basket_lines::quantity).gt(basket_lines::quantity))
        .select(basket_lines::product_id)
        .load(conn)
}

pub(super) fn drop_lines_of(
    conn: &mut PgConnection,
    id: BasketId,
    products: &[ProductId],
) -> QueryResult<()> {
    diesel::delete(
        basket_lines::table
            .filter(basket_lines::basket_id.eq(id).and(basket_lines::product_id.eq_any(products))),
    )
    .execute(conn)
    .map(drop)
}

/// Gives the products that were moved, in the order they had been added.
pub(super) fn move_lines(
    conn: &mut PgConnection,
    from: BasketId,
    into: BasketId,
) -> QueryResult<Vec<ProductId>> {
    let mine = diesel::alias!(basket_lines as mine);
    let there = mine
        .filter(mine.field(basket_lines::basket_id).eq(into))
        .select(mine.field(basket_lines::product_id));
    let mut moved: Vec<(chrono::DateTime<chrono::Utc>, ProductId)> = diesel::update(
        basket_lines::table
            .filter(basket_lines::basket_id.eq(from).and(basket_lines::product_id.ne_all(there))),
    )
    .set(basket_lines::basket_id.eq(into))
    .returning((basket_lines::added_at, basket_lines::product_id))
    .get_results(conn)?;
    moved.sort_unstable();
    Ok(moved.into_iter().map(|(_, product)| product).collect())
}

pub(super) fn drop_lines(conn: &mut PgConnection, id: BasketId) -> QueryResult<()> {
    diesel::delete(basket_lines::table.filter(basket_lines::basket_id.eq(id))).execute(conn).map(drop)
}

/// The place and its terms as they were last seen, where the other basket has a place.
pub(super) fn copy_place(conn: &mut PgConnection, from: BasketId, into: BasketId) -> QueryResult<()> {
    type Place = (Option<uuid::Uuid>, Option<i64>, Option<i64>, Option<i64>);
    let place = (
        baskets::quote_id,
        baskets::seen_fee_cents,
        baskets::seen_free_from_cents,
        baskets::seen_minimum_cents,
    );
    let known: Option<Place> = baskets::table
        .find(from)
        .filter(baskets::quote_id.is_not_null())
        .select(place)
        .first(conn)
        .optional()?;
    let Some((quote, fee, free_from, minimum)) = known else { return Ok(()) };
    diesel::update(baskets::table.find(into))
        .set((
            baskets::quote_id.eq(quote),
            baskets::seen_fee_cents.eq(fee),
            baskets::seen_free_from_cents.eq(free_from),
            baskets::seen_minimum_cents.eq(minimum),
        ))
        .execute(conn)
        .map(drop)
}

/// What was typed in the checkout, and the window held there. What comes along is the later word
/// on the typing; a window that the other basket holds stays, and the one brought runs out.
pub(super) fn move_checkout(conn: &mut PgConnection, from: BasketId, into: BasketId) -> QueryResult<()> {
    let typed = checkout_drafts::table.filter(checkout_drafts::basket_id.eq(from));
    if diesel::select(diesel::dsl::exists(typed)).get_result(conn)? {
        diesel::delete(checkout_drafts::table.find(into)).execute(conn)?;
        diesel::update(typed).set(checkout_drafts::basket_id.eq(into)).execute(conn)?;
    }
    let held = window_holds::table.filter(window_holds::basket_id.eq(into));
    if diesel::select(diesel::dsl::exists(held)).get_result(conn)? {
        return Ok(());
    }
    diesel::update(window_holds::table.filter(window_holds::basket_id.eq(from)))
        .set(window_holds::basket_id.eq(into))
        .execute(conn)
        .map(drop)
}
