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
