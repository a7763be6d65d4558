//! Departments with their pictures, and other words for what is in them.

use super::files::{self, list};
use super::load::DemoError;
use crate::db::schema::{departments, synonyms};
use diesel::prelude::*;
use serde::Deserialize;
use std::collections::HashSet;

#[derive(Deserialize)]
struct Department {
    name: String,
    slug: String,
    short: String,
    icon: String,
    position: i32,
}

/// Adds departments of which neither the name nor the address is taken.
pub(super) fn add_departments(conn: &mut PgConnection) -> Result<usize, DemoError> {
    let known: Vec<(String, String)> =
        departments::table.select((departments::slug, departments::name)).load(conn)?;
    let missing: Vec<_> = files::DEPARTMENTS
        .rows::<Department>()?
        .into_iter()
        .filter(|d| !known.iter().any(|(slug, name)| *slug == d.slug || *name == d.name))
        .map(|d| {
            (
                departments::name.eq(d.name),
                departments::slug.eq(d.slug),
                departments::short_name.eq(d.short),
                departments::picture.eq(format!("icons/{}.webp", d.icon)),
                departments::position.eq(d.position),
            )
        })
        .collect();
    // Without rows even the statement would tell every instance to read anew.
    if missing.is_empty() {
        return Ok(0);
    }
    Ok(diesel::insert_into(departments::table).values(missing).execute(conn)?)
}

#[derive(Deserialize)]
struct Synonym {
    word: String,
    means: String,
}

pub(super) fn add_synonyms(conn: &mut PgConnection) -> Result<usize, DemoError> {
    let mut known: HashSet<(String, String)> = synonyms::table.load(conn)?.into_iter().collect();
    let mut missing = Vec::new();
    for row in files::SYNONYMS.rows::<Synonym>()? {
        for means in list(&row.means) {
            if known.insert((row.word.clone(), means.to_owned())) {
                missing.push((synonyms::word.eq(row.word.clone()), synonyms::means.eq(means.to_owned())));
            }
        }
    }
    if missing.is_empty() {
        return Ok(0);
    }
    Ok(diesel::insert_into(synonyms::table).values(missing).execute(conn)?)
}

/// Gives the demo's products places to stand, as one walks: a letter for each department, an aisle for
/// each category, one place beside the other. What somebody has put elsewhere stays there.
pub(super) fn put_products_on_shelves(conn: &mut PgConnection) -> QueryResult<usize> {
    diesel::sql_query(
        "WITH walk AS (
            SELECT p.id,
                chr(65 + ((dense_rank() OVER (ORDER BY d.position, d.id) - 1) % 26)::int)
                || to_char(dense_rank() OVER (PARTITION BY d.id ORDER BY c.name, c.id), 'FM9900') || '-'
                || to_char(row_number() OVER (PARTITION BY c.id ORDER BY p.kind, p.name, p.id), 'FM99900') AS shelf
            FROM products p JOIN categories c ON c.id = p.category_id JOIN departments d ON d.id = c.department_id
            WHERE p.demo)
         UPDATE stock SET shelf = walk.shelf FROM walk WHERE stock.product_id = walk.id AND stock.shelf = ''",
    )
    .execute(conn)
}
