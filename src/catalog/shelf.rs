//! The shelves in memory: the tree of departments and the index of all products,
//! kept in step with the database by word of every change.

use super::allergens;
use super::browse::{Answer, Ask, Entry, Index, Suggestions};
use super::model::{LABELS, SizeUnit};
use super::store::{self, IndexRow};
use crate::clock::Clock;
use crate::db::Change;
use crate::ids::ProductId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Products read at a time when all are read.
const BATCH: i64 = 1_000;
/// With more changes at once than this it is quicker to read everything.
const TOO_MANY: usize = 20_000;

#[derive(Debug, Clone)]
pub struct Department {
    pub id: u16,
    pub slug: String,
    pub name: String,
    pub short_name: String,
    pub picture: String,
    pub categories: Vec<Category>,
}

#[derive(Debug, Clone)]
pub struct Category {
    pub id: u16,
    pub slug: String,
    pub name: String,
}

/// All departments in the order of the shop, each with its categories.
#[derive(Debug, Default)]
pub struct Tree {
    pub departments: Vec<Department>,
    of_category: HashMap<u16, (usize, usize)>,
}

impl Tree {
    pub fn department(&self, slug: &str) -> Option<&Department> {
        self.departments.iter().find(|d| d.slug == slug)
    }

    pub fn department_by_id(&self, id: u16) -> Option<&Department> {
        self.departments.iter().find(|d| d.id == id)
    }

    /// A category and the department it is in.
    pub fn category(&self, id: u16) -> Option<(&Department, &Category)> {
        let (d, c) = *self.of_category.get(&id)?;
        let department = self.departments.get(d)?;
        Some((department, department.categories.get(c)?))
    }

    fn read(conn: &mut PgConnection) -> QueryResult<Self> {
        let mut departments: Vec<Department> = store::all_departments(conn)?
            .into_iter()
            .filter_map(|(id, slug, name, short_name, picture)| {
                let id = u16::try_from(id).ok()?;
                Some(Department { id, slug, name, short_name, picture, categories: Vec::new() })
            })
            .collect();
        let mut of_category = HashMap::new();
        for (id, department_id, slug, name) in store::all_categories(conn)? {
            let Ok(id) = u16::try_from(id) else { continue };
            let Some(d) = departments.iter().position(|d| i32::from(d.id) == department_id) else { continue };
            of_category.insert(id, (d, departments[d].categories.len()));
            departments[d].categories.push(Category { id, slug, name });
        }
        Ok(Self { departments, of_category })
    }
}

#[derive(Clone)]
pub struct Shelf(Arc<RwLock<State>>);

#[derive(Default)]
struct State {
    tree: Arc<Tree>,
    index: Index,
    /// When the next offer begins or ends, and the index must be told.
    offers_change_at: Option<DateTime<Utc>>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self::new()
    }
}

impl Shelf {
    /// Empty, until it has followed the first word of change.
    pub fn new() -> Self {
        Self(Arc::default())
    }

    pub fn tree(&self) -> Arc<Tree> {
        Arc::clone(&self.read().tree)
    }

    pub fn browse(&self, ask: &Ask) -> Answer {
        self.read().index.browse(ask)
    }

    pub fn suggest(&self, text: &str, most: usize) -> Suggestions {
        self.read().index.suggest(text, most)
    }

    /// Whether a product may be on offer now. While the shelves are still being read anything may.
    pub fn may_be_on_offer(&self, id: ProductId) -> bool {
        let state = self.read();
        state.index.is_empty() || state.index.is_on_offer(id.0)
    }

    /// Products on sale.
    pub fn count(&self) -> usize {
        self.read().index.len()
    }

    pub fn brand_named(&self, name: &str) -> Option<u16> {
        self.read().index.brand_named(name)
    }

    pub fn brand_names(&self, brands: &[u16]) -> Vec<String> {
        let state = self.read();
        brands.iter().map(|b| state.index.brand_name(*b).to_owned()).collect()
    }

    /// Whether an offer has begun or ended since the index was told of offers.
    pub fn offers_are_due(&self, now: DateTime<Utc>) -> bool {
        self.read().offers_change_at.is_some_and(|at| at <= now)
    }

    /// Reads anew which products are on offer.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn refresh_offers(&self, conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
        let on_offer = store::on_offer_now(conn, now)?.into_iter().collect();
        let next = store::next_offer_boundary(conn, now)?;
        let mut state = self.write();
        state.index.set_on_offer(&on_offer);
        state.offers_change_at = next;
        Ok(())
    }

    /// Follows what has changed in the database.
    ///
    /// # Errors
    /// When the database does not answer; the state is then as before, and everything is read next time.
    pub fn follow(&self, conn: &mut PgConnection, changes: &[Change], clock: &Clock) -> QueryResult<()> {
        let mut products: Vec<i64> = Vec::new();
        let (mut everything, mut offers) = (false, false);
        for change in changes {
            match change {
                Change::Product(id) => products.push(*id),
                Change::Everything | Change::Catalog => everything = true,
                Change::Offers => offers = true,
                Change::Delivery | Change::Basket(..) | Change::Order(_) | Change::Outbox => {}
            }
        }
        if everything || products.len() > TOO_MANY {
            return self.read_everything(conn, clock.now());
        }
        if !products.is_empty() {
            self.read_products(conn, &products)?;
        }
        // A row put anew does not know of its offer yet.
        if offers || !products.is_empty() {
            self.refresh_offers(conn, clock.now())?;
        }
        Ok(())
    }

    fn read_everything(&self, conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
        let tree = Arc::new(Tree::read(conn)?);
        // Half a million products take seconds; the departments are there at once.
        self.write().tree = Arc::clone(&tree);
        let mut index = Index::new();
        index.set_synonyms(store::all_synonyms(conn)?.into_iter());
        let mut after = 0;
        loop {
            let rows = store::index_rows_after(conn, after, BATCH)?;
            rows.iter().for_each(|row| put(&mut index, &tree, row));
            match rows.last() {
                Some(last) => after = last.id,
                None => break,
            }
        }
        {
            let mut state = self.write();
            state.tree = tree;
            state.index = index;
        }
        self.refresh_offers(conn, now)
    }

    fn read_products(&self, conn: &mut PgConnection, ids: &[i64]) -> QueryResult<()> {
        for ids in ids.chunks(1_000) {
            let rows = store::index_rows(conn, ids)?;
            let mut state = self.write();
            let tree = Arc::clone(&state.tree);
            rows.iter().for_each(|row| put(&mut state.index, &tree, row));
        }
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn put(index: &mut Index, tree: &Tree, row: &IndexRow) {
    let category = u16::try_from(row.category_id).ok().and_then(|id| tree.category(id));
    let (Some((department, category)), None) = (category, row.withdrawn_at) else {
        index.remove(row.id);
        return;
    };
    let unit = match row.size_unit {
        SizeUnit::Gram | SizeUnit::Millilitre => row.price.times_ratio(1000, row.size_amount),
        SizeUnit::Each => row.price.times_ratio(1, row.size_amount),
    };
    index.put(&Entry {
        id: row.id,
        name: &row.name,
        brand: &row.brand,
        department: department.id,
        category: category.id,
        department_name: &department.name,
        category_name: &category.name,
        kind: &row.kind,
        price_cents: small(row.price.cents()),
        unit_price_cents: small(unit.cents()),
        popularity: u16::try_from(row.popularity).unwrap_or(0),
        allergens: allergens::listed(&row.allergens),
        labels: label_bits(&row.labels),
        in_stock: row.on_hand.unwrap_or(0) > row.held.unwrap_or(0),
        on_offer: false,
    });
}

fn small(cents: i64) -> u32 {
    u32::try_from(cents).unwrap_or(u32::MAX)
}

fn label_bits(labels: &str) -> u16 {
    LABELS
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| labels.split(';').any(|l| l.trim() == *name))
        .fold(0, |bits, (i, _)| bits | 1 << i)
}
