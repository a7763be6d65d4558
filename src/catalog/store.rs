//! SQL over the catalogue. No decisions here: each function is one statement.

use super::model::{Article, Details, Item, StockRow, Ware};
use super::offers::Offer;
use crate::db::schema::{categories, departments, offer_products, offers, products, stock, synonyms};
use crate::ids::{ProductId, Sku, Slug};
use crate::money::Money;
use chrono::{DateTime, Utc};
use diesel::dsl::auto_type;
use diesel::prelude::*;

/// Products with their stock and the offer of the moment. The database sees to it
/// that there is at most one offer at a time.
#[auto_type(no_type_alias)]
fn on_the_shelf(now: DateTime<Utc>) -> _ {
    products::table
        .left_join(stock::table)
        .left_join(
            offer_products::table.on(offer_products::product_id
                .eq(products::id)
                .and(offer_products::starts_at.le(now))
                .and(offer_products::ends_at.gt(now))),
        )
        .left_join(offers::table.on(offers::id.nullable().eq(offer_products::offer_id.nullable())))
}

type ItemRow = (Article, Option<StockRow>, Option<Offer>);

fn item(now: DateTime<Utc>) -> impl Fn(ItemRow) -> Item {
    move |(article, stock, offer)| Item { article, stock: stock.map(|s| s.without_past(now)), offer }
}

/// These products, in any order; those withdrawn are left out.
///
/// # Errors
/// When the database does not answer.
pub fn by_ids(conn: &mut PgConnection, ids: &[i64], now: DateTime<Utc>) -> QueryResult<Vec<Item>> {
    let rows: Vec<ItemRow> = on_the_shelf(now)
        .filter(products::id.eq_any(ids))
        .filter(products::withdrawn_at.is_null())
        .select((Article::as_select(), Option::<StockRow>::as_select(), Option::<Offer>::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().map(item(now)).collect())
}

/// The same, with those that are not sold any more: somebody has ordered them.
///
/// # Errors
/// When the database does not answer.
pub fn by_ids_sold_or_not(
    conn: &mut PgConnection,
    ids: &[i64],
    now: DateTime<Utc>,
) -> QueryResult<Vec<Item>> {
    let rows: Vec<ItemRow> = on_the_shelf(now)
        .filter(products::id.eq_any(ids))
        .select((Article::as_select(), Option::<StockRow>::as_select(), Option::<Offer>::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().map(item(now)).collect())
}

/// A product by its address. Its offer is asked for only where there may be one: few have one,
/// and the joins cost half as much again as the rest.
///
/// # Errors
/// `NotFound` when there is none, or it is not sold any more.
pub fn by_slug(
    conn: &mut PgConnection,
    slug: &Slug,
    now: DateTime<Utc>,
    may_be_on_offer: impl Fn(ProductId) -> bool,
) -> QueryResult<(Item, Details)> {
    let (article, details, stock) = products::table
        .left_join(stock::table)
        .filter(products::slug.eq(slug.as_ref()))
        .filter(products::withdrawn_at.is_null())
        .select((Article::as_select(), Details::as_select(), Option::<StockRow>::as_select()))
        .first::<(Article, Details, Option<StockRow>)>(conn)?;
    let offer = if may_be_on_offer(article.id) { offer_of(conn, article.id, now)? } else { None };
    Ok((item(now)((article, stock, offer)), details))
}

fn offer_of(conn: &mut PgConnection, product: ProductId, now: DateTime<Utc>) -> QueryResult<Option<Offer>> {
    offer_products::table
        .inner_join(offers::table)
        .filter(offer_products::product_id.eq(product))
        .filter(offer_products::starts_at.le(now).and(offer_products::ends_at.gt(now)))
        .select(Offer::as_select())
        .first(conn)
        .optional()
}

/// The product with this article number, as typed or in capitals.
///
/// # Errors
/// When the database does not answer.
pub fn id_by_sku(conn: &mut PgConnection, sku: &Sku) -> QueryResult<Option<ProductId>> {
    let typed = sku.as_ref();
    products::table
        .filter(products::sku.eq_any([typed, &typed.to_ascii_uppercase()]))
        .filter(products::withdrawn_at.is_null())
        .order(products::sku.eq(typed).desc())
        .select(products::id)
        .first(conn)
        .optional()
}

/// A product by its number. One that is not sold any more counts as sold out: it may have to leave a basket.
///
/// # Errors
/// `NotFound` when there is none.
pub fn by_sku(conn: &mut PgConnection, sku: &Sku, now: DateTime<Utc>) -> QueryResult<Item> {
    let (article, stock, offer, withdrawn) = on_the_shelf(now)
        .filter(products::sku.eq(sku.as_ref()))
        .select((
            Article::as_select(),
            Option::<StockRow>::as_select(),
            Option::<Offer>::as_select(),
            products::withdrawn_at,
        ))
        .first::<(Article, Option<StockRow>, Option<Offer>, Option<DateTime<Utc>>)>(conn)?;
    Ok(Item { article, stock: stock.filter(|_| withdrawn.is_none()), offer })
}

/// These products in any order, also those withdrawn.
///
/// # Errors
/// When the database does not answer.
pub fn wares(conn: &mut PgConnection, ids: &[ProductId]) -> QueryResult<Vec<Ware>> {
    products::table.filter(products::id.eq_any(ids)).select(Ware::as_select()).load(conn)
}

/// A product by what a scanner reads: its number as typed or in capitals. Also one that is withdrawn.
///
/// # Errors
/// When the database does not answer.
pub fn ware_by_sku(conn: &mut PgConnection, sku: &Sku) -> QueryResult<Option<Ware>> {
    let typed = sku.as_ref();
    products::table
        .filter(products::sku.eq_any([typed, &typed.to_ascii_uppercase()]))
        .order(products::sku.eq(typed).desc())
        .select(Ware::as_select())
        .first(conn)
        .optional()
}

/// The most bought of one kind.
///
/// # Errors
/// When the database does not answer.
pub fn best_of_kind(
    conn: &mut PgConnection,
    category: i32,
    kind: &str,
    most: i64,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Item>> {
    let rows: Vec<ItemRow> = on_the_shelf(now)
        .filter(products::category_id.eq(category))
        .filter(products::kind.eq(kind))
        .filter(products::withdrawn_at.is_null())
        .order((products::popularity.desc(), products::id))
        .limit(most)
        .select((Article::as_select(), Option::<StockRow>::as_select(), Option::<Offer>::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().map(item(now)).collect())
}

/// What is bought most.
///
/// # Errors
/// When the database does not answer.
pub fn best_sellers(conn: &mut PgConnection, most: i64, now: DateTime<Utc>) -> QueryResult<Vec<Item>> {
    let rows: Vec<ItemRow> = on_the_shelf(now)
        .filter(products::withdrawn_at.is_null())
        .order((products::popularity.desc(), products::id))
        .limit(most)
        .select((Article::as_select(), Option::<StockRow>::as_select(), Option::<Offer>::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().map(item(now)).collect())
}

/// Products that are on offer at the moment, the most bought first.
///
/// # Errors
/// When the database does not answer.
pub fn offers_running(conn: &mut PgConnection, most: i64, now: DateTime<Utc>) -> QueryResult<Vec<Item>> {
    let ids: Vec<i64> = offer_products::table
        .inner_join(products::table.on(products::id.eq(offer_products::product_id)))
        .inner_join(stock::table.on(stock::product_id.eq(products::id)))
        .filter(offer_products::starts_at.le(now).and(offer_products::ends_at.gt(now)))
        .filter(products::withdrawn_at.is_null())
        .filter(stock::on_hand.gt(stock::held))
        .order((products::popularity.desc(), products::id))
        .limit(most)
        .select(products::id)
        .load(conn)?;
    let mut items = by_ids(conn, &ids, now)?;
    items.sort_by_key(|i| ids.iter().position(|id| *id == i.article.id.0));
    Ok(items)
}

/// The ids of all products on offer at the moment.
///
/// # Errors
/// When the database does not answer.
pub fn on_offer_now(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<Vec<i64>> {
    offer_products::table
        .filter(offer_products::starts_at.le(now).and(offer_products::ends_at.gt(now)))
        .select(offer_products::product_id)
        .limit(100_000)
        .load(conn)
}

/// When the next offer begins or ends.
pub(super) fn next_offer_boundary(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
) -> QueryResult<Option<DateTime<Utc>>> {
    let starts: Option<DateTime<Utc>> = offers::table
        .filter(offers::starts_at.gt(now))
        .select(diesel::dsl::min(offers::starts_at))
        .first(conn)?;
    let ends: Option<DateTime<Utc>> = offers::table
        .filter(offers::ends_at.gt(now))
        .select(diesel::dsl::min(offers::ends_at))
        .first(conn)?;
    Ok([starts, ends].into_iter().flatten().min())
}

/// A product as the index in memory sees it.
#[derive(Queryable)]
pub(super) struct IndexRow {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) brand: String,
    pub(super) category_id: i32,
    pub(super) kind: String,
    pub(super) price: Money,
    pub(super) size_amount: i64,
    pub(super) size_unit: super::model::SizeUnit,
    pub(super) popularity: i32,
    pub(super) allergens: String,
    pub(super) labels: String,
    pub(super) withdrawn_at: Option<DateTime<Utc>>,
    pub(super) on_hand: Option<i32>,
    pub(super) held: Option<i32>,
}

macro_rules! index_columns {
    () => {
        (
            products::id,
            products::name,
            products::brand,
            products::category_id,
            products::kind,
            products::price_cents,
            products::size_amount,
            products::size_unit,
            products::popularity,
            products::allergens,
            products::labels,
            products::withdrawn_at,
            stock::on_hand.nullable(),
            stock::held.nullable(),
        )
    };
}

/// The next products after an id, in the order of ids.
pub(super) fn index_rows_after(conn: &mut PgConnection, after: i64, most: i64) -> QueryResult<Vec<IndexRow>> {
    products::table
        .left_join(stock::table)
        .filter(products::id.gt(after))
        .order(products::id)
        .limit(most)
        .select(index_columns!())
        .load(conn)
}

pub(super) fn index_rows(conn: &mut PgConnection, ids: &[i64]) -> QueryResult<Vec<IndexRow>> {
    products::table
        .left_join(stock::table)
        .filter(products::id.eq_any(ids))
        .select(index_columns!())
        .load(conn)
}

/// Id, slug, name, short name, picture.
pub(super) type DepartmentRow = (i32, String, String, String, String);

pub(super) fn all_departments(conn: &mut PgConnection) -> QueryResult<Vec<DepartmentRow>> {
    departments::table
        .order((departments::position, departments::id))
        .limit(500)
        .select((
            departments::id,
            departments::slug,
            departments::name,
            departments::short_name,
            departments::picture,
        ))
        .load(conn)
}

pub(super) fn all_categories(conn: &mut PgConnection) -> QueryResult<Vec<(i32, i32, String, String)>> {
    categories::table
        .order(categories::name)
        .limit(10_000)
        .select((categories::id, categories::department_id, categories::slug, categories::name))
        .load(conn)
}

pub(super) fn all_synonyms(conn: &mut PgConnection) -> QueryResult<Vec<(String, String)>> {
    synonyms::table
        .order((synonyms::word, synonyms::means))
        .limit(20_000)
        .select((synonyms::word, synonyms::means))
        .load(conn)
}

/// The next addresses of products after an id, for the sitemap.
///
/// # Errors
/// When the database does not answer.
pub fn product_addresses(
    conn: &mut PgConnection,
    after: ProductId,
    most: i64,
) -> QueryResult<Vec<(ProductId, String)>> {
    products::table
        .filter(products::id.gt(after).and(products::withdrawn_at.is_null()))
        .order(products::id)
        .limit(most)
        .select((products::id, products::slug))
        .load(conn)
}
