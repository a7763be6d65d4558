//! SQL of the import. Rows travel as one JSON text a statement, which needs neither a
//! temporary table nor the right to make one. No decisions here.

use super::product::NewProduct;
use crate::db::schema::{categories, departments};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text, Timestamptz};

/// Any number: it only has to be the same in every import.
const ONE_AT_A_TIME: i64 = 7_302_119;

/// All columns of `products` that come from a file as they are, with their types.
const COLUMNS: [(&str, &str); 23] = [
    ("name", "text"),
    ("brand", "text"),
    ("category_id", "integer"),
    ("kind", "text"),
    ("price_cents", "bigint"),
    ("sold_by", "text"),
    ("per_kg_cents", "bigint"),
    ("over_percent", "integer"),
    ("size_text", "text"),
    ("size_amount", "bigint"),
    ("size_unit", "text"),
    ("description", "text"),
    ("picture", "text"),
    ("picture_fit", "text"),
    ("ingredients", "text"),
    ("allergens", "text"),
    ("nutrition", "jsonb"),
    ("vat_percent", "integer"),
    ("minimum_age", "integer"),
    ("storage", "text"),
    ("labels", "text"),
    ("popularity", "integer"),
    ("sku", "text"),
];

/// Waits for other imports: two files at once would make the same department twice.
pub(super) fn take_turn(conn: &mut PgConnection) -> QueryResult<()> {
    let lock = format!("SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})");
    diesel::sql_query(lock).execute(conn).map(drop)
}

pub(super) fn departments(conn: &mut PgConnection) -> QueryResult<Vec<(i32, String, String)>> {
    departments::table
        .select((departments::id, departments::slug, departments::name))
        .order(departments::id)
        .load(conn)
}

pub(super) fn categories(conn: &mut PgConnection) -> QueryResult<Vec<(i32, i32, String)>> {
    categories::table
        .select((categories::id, categories::department_id, categories::slug))
        .order(categories::id)
        .load(conn)
}

/// Puts a department after the last.
pub(super) fn insert_department(
    conn: &mut PgConnection,
    slug: &str,
    name: &str,
    picture: &str,
) -> QueryResult<i32> {
    let last: Option<i32> = departments::table.select(diesel::dsl::max(departments::position)).first(conn)?;
    diesel::insert_into(departments::table)
        .values((
            departments::slug.eq(slug),
            departments::name.eq(name),
            departments::short_name.eq(name),
            departments::picture.eq(picture),
            departments::position.eq(last.unwrap_or(0) + 1),
        ))
        .returning(departments::id)
        .get_result(conn)
}

pub(super) fn insert_category(
    conn: &mut PgConnection,
    department: i32,
    slug: &str,
    name: &str,
) -> QueryResult<i32> {
    let values =
        (categories::department_id.eq(department), categories::slug.eq(slug), categories::name.eq(name));
    diesel::insert_into(categories::table).values(values).returning(categories::id).get_result(conn)
}

/// Rows ready for a statement.
pub(super) struct Rows(String);

impl Rows {
    pub(super) fn of(products: &[NewProduct]) -> QueryResult<Self> {
        let text = serde_json::to_string(products);
        text.map(Self).map_err(|e| diesel::result::Error::SerializationError(Box::new(e)))
    }
}

/// The rows of `$1` as a table `given`.
fn given() -> String {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
    format!(
        "json_to_recordset($1::json) AS given(line bigint, slug text, slug_else text, withdrawn boolean, \
         stock integer, back_on date, {})",
        columns.join(", ")
    )
}

#[derive(QueryableByName)]
pub(super) struct Put {
    #[diesel(sql_type = BigInt)]
    pub(super) added: i64,
    #[diesel(sql_type = BigInt)]
    pub(super) changed: i64,
}

/// Adds and changes products. `speaks_of` are the columns to change on known products;
/// rows that are the same are not touched, and nobody is told of them. What a shop has
/// loaded itself is never overwritten by the demo's facts.
pub(super) fn put(
    conn: &mut PgConnection,
    rows: &Rows,
    speaks_of: &[&str],
    demo: bool,
    now: DateTime<Utc>,
) -> QueryResult<Put> {
    let columns = COLUMNS.map(|(name, _)| name).join(", ");
    let values = COLUMNS.map(|(name, _)| format!("given.{name}")).join(", ");
    let changes: Vec<(String, String)> = speaks_of.iter().chain(&["demo"]).map(|c| change(c)).collect();
    let sets: Vec<String> = changes.iter().map(|(set, _)| set.clone()).collect();
    let differences: Vec<String> = changes.into_iter().map(|(_, differs)| differs).collect();
    diesel::sql_query(format!(
        "WITH put AS (
             INSERT INTO products (slug, {columns}, withdrawn_at, demo)
             SELECT CASE WHEN row_number() OVER (PARTITION BY given.slug ORDER BY given.line) > 1
                           OR EXISTS (SELECT FROM products other
                                      WHERE other.slug = given.slug AND other.sku <> given.sku)
                         THEN given.slug_else ELSE given.slug END,
                    {values}, CASE WHEN given.withdrawn THEN $2 END, {demo}
             FROM {given}
             ORDER BY given.line
             ON CONFLICT (sku) DO UPDATE SET {sets}
             WHERE (products.demo OR NOT excluded.demo) AND ({differences})
             -- A row version that nobody has replaced or locked is one that was just made.
             RETURNING products.xmax = 0 AS fresh)
         SELECT count(*) FILTER (WHERE fresh) AS added, count(*) FILTER (WHERE NOT fresh) AS changed FROM put",
        given = given(),
        sets = sets.join(", "),
        differences = differences.join(" OR "),
    ))
    .bind::<Text, _>(&rows.0)
    .bind::<Timestamptz, _>(now)
    .get_result(conn)
}

/// How a column is set on a known product, and how one tells that it differs.
fn change(column: &str) -> (String, String) {
    if column == "withdrawn_at" {
        // The day on which it was withdrawn first stays.
        let set = "withdrawn_at = CASE WHEN excluded.withdrawn_at IS NOT NULL \
                   THEN coalesce(products.withdrawn_at, excluded.withdrawn_at) END";
        let differs = "(products.withdrawn_at IS NULL) <> (excluded.withdrawn_at IS NULL)";
        return (set.into(), differs.into());
    }
    (format!("{column} = excluded.{column}"), format!("products.{column} IS DISTINCT FROM excluded.{column}"))
}

/// Gives products a stock row where they have none; counted stock stays as it is. Says which rows
/// are new, with their numbers.
pub(super) fn put_stock(conn: &mut PgConnection, rows: &Rows) -> QueryResult<Vec<(i64, i32)>> {
    let new: Vec<OnShelf> = diesel::sql_query(format!(
        "INSERT INTO stock (product_id, on_hand, back_on)
         SELECT products.id, coalesce(given.stock, 0), given.back_on FROM {} JOIN products USING (sku)
         ON CONFLICT (product_id) DO NOTHING
         RETURNING product_id, on_hand",
        given()
    ))
    .bind::<Text, _>(&rows.0)
    .load(conn)?;
    Ok(new.into_iter().map(|row| (row.product_id, row.on_hand)).collect())
}

#[derive(QueryableByName)]
struct OnShelf {
    #[diesel(sql_type = BigInt)]
    product_id: i64,
    #[diesel(sql_type = Integer)]
    on_hand: i32,
}

/// For how many of the given rows the warehouse has another number.
pub(super) fn stock_left_alone(conn: &mut PgConnection, rows: &Rows) -> QueryResult<i64> {
    let differing: Count = diesel::sql_query(format!(
        "SELECT count(*) AS n FROM {} JOIN products USING (sku) JOIN stock ON stock.product_id = products.id
         WHERE given.stock <> stock.on_hand",
        given()
    ))
    .bind::<Text, _>(&rows.0)
    .get_result(conn)?;
    Ok(differing.n)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct LineNumber {
    #[diesel(sql_type = BigInt)]
    line: i64,
}

/// Lines that give another price or weight to what is sold by weight. A file without
/// `sold_by` cannot do that: the price of a kilogram would not fit any more.
pub(super) fn changes_of_weighed(
    conn: &mut PgConnection,
    rows: &Rows,
    with_size: bool,
) -> QueryResult<Vec<i64>> {
    let size = if with_size {
        "OR (products.size_amount, products.size_unit) <> (given.size_amount, given.size_unit)"
    } else {
        ""
    };
    let lines: Vec<LineNumber> = diesel::sql_query(format!(
        "SELECT given.line FROM {} JOIN products USING (sku)
         WHERE products.sold_by = 'weight' AND (products.price_cents <> given.price_cents {size})
         ORDER BY given.line",
        given()
    ))
    .bind::<Text, _>(&rows.0)
    .load(conn)?;
    Ok(lines.into_iter().map(|l| l.line).collect())
}
