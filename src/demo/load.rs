//! All of the demo, in one transaction.

use super::files::{self, FileError};
use super::{coupons, delivery, offers, shelves, staff};
use crate::catalog::import::{self, ImportError, Options, import_products};
use crate::db::schema::products;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::prelude::*;
use std::fmt;

/// What loading the demo changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub products: import::Report,
    pub departments_added: usize,
    /// Products that were given a place on the shelves.
    pub shelves_given: usize,
    pub synonyms_added: usize,
    pub offers_added: usize,
    /// Offers whose time was over and that run again.
    pub offers_renewed: usize,
    pub zones_added: usize,
    pub places_added: usize,
    pub windows_added: usize,
    pub coupons_added: usize,
    pub staff_added: usize,
}

impl Report {
    /// Whether everything was there already.
    pub const fn changed_nothing(&self) -> bool {
        let products = self.products.added + self.products.changed;
        let offers = self.offers_added + self.offers_renewed + self.coupons_added + self.staff_added;
        let delivery = self.zones_added + self.places_added + self.windows_added;
        let shelves = self.departments_added + self.synonyms_added + self.shelves_given;
        products + offers + delivery + shelves == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.changed_nothing() {
            return f.write_str("the demo was there already");
        }
        let (added, changed) = (self.products.added, self.products.changed);
        write!(f, "demo: {added} products added and {changed} changed; ")?;
        write!(f, "{} offers added and {} renewed; ", self.offers_added, self.offers_renewed)?;
        write!(f, "{} places and {} weekly windows added", self.places_added, self.windows_added)
    }
}

#[derive(Debug)]
pub enum DemoError {
    /// A file is not as it should be.
    File(FileError),
    /// The products did not go in.
    Products(ImportError),
    /// The staff's password could not be hashed.
    Password,
    Db(diesel::result::Error),
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(e) => e.fmt(f),
            Self::Products(e) => write!(f, "demo/products.csv: {e}"),
            Self::Password => f.write_str("the demo was not loaded: its password could not be hashed"),
            Self::Db(e) => write!(f, "the demo was not loaded, the database refused: {e}"),
        }
    }
}

impl std::error::Error for DemoError {}

impl From<FileError> for DemoError {
    fn from(e: FileError) -> Self {
        Self::File(e)
    }
}

impl From<ImportError> for DemoError {
    fn from(e: ImportError) -> Self {
        Self::Products(e)
    }
}

impl From<diesel::result::Error> for DemoError {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// Any number: it only has to be the same in every process that loads the demo.
const ONE_AT_A_TIME: i64 = 7_302_120;

/// Loads the demo, or what is missing of it. Several processes may do so at once.
///
/// # Errors
/// When the database does not answer, or a demo file is bad. Nothing is loaded then.
pub fn load(conn: &mut PgConnection, zone: Tz, now: DateTime<Utc>) -> Result<Report, DemoError> {
    conn.transaction(|conn| {
        let lock = format!("SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})");
        diesel::sql_query(lock).execute(conn)?;
        let departments_added = shelves::add_departments(conn)?;
        let options = Options { partial: false, demo: true, zone, now };
        let products = add_products(conn, &options)?;
        let (offers_added, offers_renewed) = offers::bring_up_to_date(conn, zone, now)?;
        Ok(Report {
            products,
            departments_added,
            shelves_given: shelves::put_products_on_shelves(conn)?,
            synonyms_added: shelves::add_synonyms(conn)?,
            offers_added,
            offers_renewed,
            zones_added: delivery::add_zones(conn)?,
            places_added: delivery::add_places(conn)?,
            windows_added: delivery::add_windows(conn)?,
            coupons_added: coupons::add(conn, zone, now)?,
            staff_added: add_staff(conn, now)?,
        })
    })
}

fn add_staff(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<usize, DemoError> {
    let added = staff::add(conn, now)?;
    staff::begin_shifts(conn, now)?;
    Ok(added)
}

/// The demo's products, where none are there yet: what somebody has changed since stays changed.
fn add_products(conn: &mut PgConnection, options: &Options) -> Result<import::Report, DemoError> {
    let there = diesel::select(diesel::dsl::exists(products::table.filter(products::demo.eq(true))));
    if there.get_result::<bool>(conn)? {
        return Ok(import::Report::nothing());
    }
    Ok(import_products(conn, files::PRODUCTS.bytes, options)?)
}
