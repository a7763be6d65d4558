//! SQL over the baskets. No decisions here: each function is one statement.

use super::model::{self, Seen};
use crate::catalog::{Article, Item, Offer, StockRow};
use crate::db::Ready as _;
use crate::db::schema::{
    basket_lines, baskets, offer_products, offers, places, products, quotes, stock, zones,
};
use crate::delivery::{Place, Quote, Terms};
use crate::ids::{BasketId, ProductId, QuoteId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use diesel::sql_types::{self, BigInt, Integer, Nullable, Timestamptz};

/// More lines than this no page shows and no picker walks.
pub(super) const MOST_LINES: i64 = 200;

/// Fee, free from, minimum as they were last seen.
pub(super) type SeenTerms = (Option<Money>, Option<Money>, Option<Money>);

/// What a basket's own row leads to.
pub(super) type Head = (Option<Quote>, Option<Place>, Option<String>, SeenTerms, i64);

/// The quote, its place, its zone by name, the terms that were last seen, and the version.
pub(super) fn head(conn: &mut PgConnection, id: BasketId) -> QueryResult<Option<Head>> {
    baskets::table
        .left_join(quotes::table.on(quotes::id.nullable().eq(baskets::quote_id)))
        .left_join(places::table.on(places::id.nullable().eq(quotes::place_id.nullable())))
        .left_join(zones::table.on(zones::id.nullable().eq(quotes::zone_id.nullable())))
        .filter(baskets::id.eq(id))
        .select((
            Option::<Quote>::as_select(),
            Option::<Place>::as_select(),
            zones::name.nullable(),
            (baskets::seen_fee_cents, baskets::seen_free_from_cents, baskets::seen_minimum_cents),
            baskets::version,
        ))
        .first(conn)
        .optional()
}

pub(super) fn lines(
    conn: &mut PgConnection,
    id: BasketId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<model::Row>> {
    type Row = (Article, Option<StockRow>, Option<Offer>, Seen, Option<Offer>, Option<DateTime<Utc>>);
    let last_offers = diesel::alias!(offers as last_offers);
    let seen_offer = last_offers.fields((
        offers::id,
        offers::kind,
        offers::percent,
        offers::n,
        offers::amount_cents,
        offers::label,
        offers::ends_at,
    ));
    let rows: Vec<Row> = basket_lines::table
        .inner_join(products::table.on(products::id.eq(basket_lines::product_id)))
        .left_join(stock::table.on(stock::product_id.eq(products::id)))
        .left_join(
            offer_products::table.on(offer_products::product_id
                .eq(products::id)
                .and(offer_products::starts_at.le(now))
                .and(offer_products::ends_at.gt(now))),
        )
        .left_join(offers::table.on(offers::id.nullable().eq(offer_products::offer_id.nullable())))
        .left_join(last_offers.on(last_offers.field(offers::id).nullable().eq(basket_lines::seen_offer_id)))
        .filter(basket_lines::basket_id.eq(id))
        .order((basket_lines::added_at, basket_lines::product_id))
        .limit(MOST_LINES)
        .select((
            Article::as_select(),
            Option::<StockRow>::as_select(),
            Option::<Offer>::as_select(),
            Seen::as_select(),
            seen_offer.nullable(),
            products::withdrawn_at,
        ))
        .load(conn)?;
    let item = |(article, stock, offer, seen, seen_offer, withdrawn): Row| {
        // What is not sold any more is said by name, like what is sold out.
        let stock = if withdrawn.is_some() { None } else { stock };
        (Item { article, stock, offer }, seen, seen_offer)
    };
    Ok(rows.into_iter().map(item).collect())
}

/// Makes the basket if it is not there, and holds its row until the transaction ends. Every
/// change of a basket begins here: it is given a new version, so everybody hears of it. Says which.
///
/// # Errors
/// When the database does not answer.
pub fn lock(conn: &mut PgConnection, id: BasketId, now: DateTime<Utc>) -> QueryResult<i64> {
    let touched = diesel::update(baskets::table.find(id))
        .set((baskets::touched_at.eq(now), baskets::version.eq(baskets::version + 1)))
        .returning(baskets::version)
        .ready()
        .get_result(conn)
        .optional()?;
    touched.map_or_else(|| make(conn, id, now), Ok)
}

/// Two may be about to.
fn make(conn: &mut PgConnection, id: BasketId, now: DateTime<Utc>) -> QueryResult<i64> {
    diesel::insert_into(baskets::table)
        .values((baskets::id.eq(id), baskets::made_at.eq(now), baskets::touched_at.eq(now)))
        .on_conflict(baskets::id)
        .do_update()
        .set((baskets::touched_at.eq(now), baskets::version.eq(baskets::version + 1)))
        .returning(baskets::version)
        .ready()
        .get_result(conn)
}

/// As [`lock`], for who changes what hangs on a basket and not the basket: what was typed on the way
/// through the checkout, the window held there. It keeps its version, and nobody forgets it.
///
/// # Errors
/// When the database does not answer.
pub fn hold(conn: &mut PgConnection, id: BasketId, now: DateTime<Utc>) -> QueryResult<i64> {
    let held = baskets::table.find(id).select(baskets::version).for_no_key_update().first(conn).optional()?;
    held.map_or_else(|| lock(conn, id, now), Ok)
}

/// Which version of a basket is there now; `None`: there is none.
///
/// # Errors
/// When the database does not answer.
pub fn version(conn: &mut PgConnection, id: BasketId) -> QueryResult<Option<i64>> {
    baskets::table.find(id).select(baskets::version).first(conn).optional()
}

/// A basket that was just made has this version, and later ones have others.
pub(super) const FIRST: i64 = 1;

/// The place's quote, and its terms, which the shopper has seen. The basket is made if it is not there. Says
/// which version it is then.
pub(super) fn put_place(
    conn: &mut PgConnection,
    id: BasketId,
    quote: &Quote,
    now: DateTime<Utc>,
) -> QueryResult<i64> {
    let place = (
        baskets::quote_id.eq(quote.id),
        baskets::seen_fee_cents.eq(quote.fee_cents),
        baskets::seen_free_from_cents.eq(quote.free_from_cents),
        baskets::seen_minimum_cents.eq(quote.minimum_cents),
        baskets::touched_at.eq(now),
    );
    diesel::insert_into(baskets::table)
        .values((baskets::id.eq(id), baskets::made_at.eq(now), place))
        .on_conflict(baskets::id)
        .do_update()
        .set((place, baskets::version.eq(baskets::version + 1)))
        .returning(baskets::version)
        .ready()
        .get_result(conn)
}

pub(super) fn set_quote(conn: &mut PgConnection, id: BasketId, quote: QuoteId) -> QueryResult<()> {
    diesel::update(baskets::table.find(id)).set(baskets::quote_id.eq(quote)).ready().execute(conn).map(drop)
}

/// The shopper has seen these terms.
pub(super) fn set_seen_terms(conn: &mut PgConnection, id: BasketId, terms: Terms) -> QueryResult<()> {
    diesel::update(baskets::table.find(id))
        .set((
            baskets::seen_fee_cents.eq(terms.fee),
            baskets::seen_free_from_cents.eq(terms.free_from),
            baskets::seen_minimum_cents.eq(terms.minimum),
        ))
        .ready()
        .execute(conn)
        .map(drop)
}

/// The shopper wants another number of what is in the basket. What else they last saw of the
/// line stays: a change they have not read is still to be told.
pub(super) fn change_line(
    conn: &mut PgConnection,
    id: BasketId,
    product: ProductId,
    quantity: i32,
) -> QueryResult<()> {
    diesel::update(basket_lines::table.find((id, product)))
        .set((basket_lines::quantity.eq(quantity), basket_lines::seen_quantity.eq(quantity)))
        .ready()
        .execute(conn)
        .map(drop)
}

pub(super) fn put_line(
    conn: &mut PgConnection,
    id: BasketId,
    quantity: i32,
    item: &Item,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let seen = (
        basket_lines::quantity.eq(quantity),
        basket_lines::seen_price_cents.eq(item.unit_price()),
        basket_lines::seen_offer_id.eq(item.offer.as_ref().map(|o| o.id)),
        basket_lines::seen_quantity.eq(quantity),
    );
    diesel::insert_into(basket_lines::table)
        .values((
            basket_lines::basket_id.eq(id),
            basket_lines::product_id.eq(item.article.id),
            basket_lines::added_at.eq(now),
            seen,
        ))
        .on_conflict((basket_lines::basket_id, basket_lines::product_id))
        .do_update()
        .set(seen)
        .ready()
        .execute(conn)
        .map(drop)
}

/// As [`lock`] and then putting in what is not in the basket yet, in one statement: most of what is added is
/// new. Says whether it did; `false`: it is there already, the basket is full or not there, or somebody else
/// has just changed it. Nothing is counted from before such a change: what the statement has seen of the lines
/// is of the version before its own.
pub(super) fn put_new_line(
    conn: &mut PgConnection,
    id: BasketId,
    quantity: i32,
    item: &Item,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let put = diesel::sql_query(
        "WITH mine AS (
             UPDATE baskets SET touched_at = $3, version = version + 1 WHERE id = $1 RETURNING version)
         INSERT INTO basket_lines
             (basket_id, product_id, added_at, quantity, seen_quantity, seen_price_cents, seen_offer_id)
         SELECT $1, $2, $3, $4, $4, $5, $6 FROM mine
         WHERE mine.version = (SELECT version + 1 FROM baskets WHERE id = $1)
             AND (SELECT count(*) FROM basket_lines WHERE basket_id = $1) < $7
         ON CONFLICT DO NOTHING",
    )
    .bind::<sql_types::Uuid, _>(id)
    .bind::<BigInt, _>(item.article.id)
    .bind::<Timestamptz, _>(now)
    .bind::<Integer, _>(quantity)
    .bind::<BigInt, _>(item.unit_price())
    .bind::<Nullable<BigInt>, _>(item.offer.as_ref().map(|o| o.id))
    .bind::<BigInt, _>(MOST_LINES)
    .ready()
    .execute(conn)?;
    Ok(put == 1)
}

/// Takes a line out. Says how many there were.
pub(super) fn remove_line(
    conn: &mut PgConnection,
    id: BasketId,
    product: ProductId,
) -> QueryResult<Option<i32>> {
    diesel::delete(basket_lines::table.find((id, product)))
        .returning(basket_lines::quantity)
        .get_result(conn)
        .optional()
}

/// How many of a product there are, and how many lines in all.
pub(super) fn counts(conn: &mut PgConnection, id: BasketId, product: ProductId) -> QueryResult<(i32, i64)> {
    let of_it = max(basket_lines::quantity).aggregate_filter(basket_lines::product_id.eq(product));
    let (quantity, lines): (Option<i32>, i64) = basket_lines::table
        .filter(basket_lines::basket_id.eq(id))
        .select((of_it, count_star()))
        .first(conn)?;
    Ok((quantity.unwrap_or(0), lines))
}

pub(super) fn remove_lines(conn: &mut PgConnection, id: BasketId) -> QueryResult<()> {
    diesel::delete(basket_lines::table.filter(basket_lines::basket_id.eq(id))).execute(conn).map(drop)
}
