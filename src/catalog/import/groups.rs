//! Departments and categories by the names in the file; those that are missing are made.

use super::product::NEUTRAL_PICTURE;
use super::store;
use crate::ids::slugify;
use diesel::prelude::*;
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Groups {
    /// By slug and by name in small letters.
    departments: HashMap<String, i32>,
    categories: HashMap<(i32, String), i32>,
    /// What a file says over and over: department and category by their names.
    known: HashMap<String, HashMap<String, i32>>,
}

impl Groups {
    pub(super) fn read(conn: &mut PgConnection) -> QueryResult<Self> {
        let mut groups = Self::default();
        for (id, slug, name) in store::departments(conn)? {
            groups.departments.insert(slug, id);
            groups.departments.insert(name.to_lowercase(), id);
        }
        let categories = store::categories(conn)?;
        groups.categories = categories.into_iter().map(|(id, of, slug)| ((of, slug), id)).collect();
        Ok(groups)
    }

    /// The key of a category, made when there is none of that name.
    pub(super) fn category(
        &mut self,
        conn: &mut PgConnection,
        department: &str,
        category: &str,
    ) -> QueryResult<i32> {
        if let Some(id) = self.known.get(department).and_then(|categories| categories.get(category)) {
            return Ok(*id);
        }
        let department_id = self.department(conn, department)?;
        let key = (department_id, slug_of(category));
        let id = match self.categories.get(&key) {
            Some(id) => *id,
            None => store::insert_category(conn, department_id, &key.1, category)?,
        };
        self.categories.insert(key, id);
        self.known.entry(department.to_owned()).or_default().insert(category.to_owned(), id);
        Ok(id)
    }

    fn department(&mut self, conn: &mut PgConnection, name: &str) -> QueryResult<i32> {
        let (lower, slug) = (name.to_lowercase(), slug_of(name));
        if let Some(id) = self.departments.get(&lower).or_else(|| self.departments.get(&slug)) {
            return Ok(*id);
        }
        let id = store::insert_department(conn, &slug, name, NEUTRAL_PICTURE)?;
        self.departments.insert(lower, id);
        self.departments.insert(slug, id);
        Ok(id)
    }
}

/// A name without a single plain letter still needs an address.
fn slug_of(name: &str) -> String {
    let slug = slugify(name);
    if slug.is_empty() { format!("group-{:08x}", crc32fast::hash(name.as_bytes())) } else { slug }
}
