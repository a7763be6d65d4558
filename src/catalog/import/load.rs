//! The import itself: a stream of rows into one transaction.

use super::groups::Groups;
use super::product::NewProduct;
use super::report::{ImportError, Report};
use super::source::{Line, Source};
use super::store::{self, Rows};
use crate::clock;
use crate::events::{self, Event};
use crate::ids::Actor;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use csv::StringRecord;
use diesel::prelude::*;
use std::collections::HashMap;
use std::io::Read;
use std::time::Instant;
use uuid::Uuid;

/// Rows a statement; no more of the file than this is in memory at a time.
const CHUNK: usize = 2_000;
/// Shelves an event.
const SHELVES: usize = 1_000;

#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Load the good rows even if some are bad.
    pub partial: bool,
    /// Mark new and changed products as the demo's. Those that a shop has loaded itself
    /// are then left alone.
    pub demo: bool,
    /// The shop's zone, in which `back_on` counts days from today.
    pub zone: Tz,
    pub now: DateTime<Utc>,
}

/// Loads a file of products, all of it or nothing (but see [`Options::partial`]).
/// Importing the same file again changes nothing.
///
/// # Errors
/// When the file is of no known kind or cannot be read, when some row is bad (`Refused`,
/// with all the reasons), or when the database does not answer. Nothing is loaded then.
pub fn import_products(
    conn: &mut PgConnection,
    source: impl Read,
    options: &Options,
) -> Result<Report, ImportError> {
    let begun = Instant::now();
    let mut source = Source::open(source, clock::local_day(options.zone, options.now))?;
    let mut report = conn.transaction(|conn| {
        store::take_turn(conn)?;
        let mut load = Load::new(conn, *options, &source)?;
        let mut record = StringRecord::new();
        while let Some(line) = source.next_line(&mut record)? {
            load.take(line)?;
        }
        load.finish()
    })?;
    report.took = begun.elapsed();
    Ok(report)
}

struct Load<'c> {
    conn: &'c mut PgConnection,
    options: Options,
    groups: Groups,
    speaks_of: Vec<&'static str>,
    /// The line of each article number.
    seen: HashMap<Box<str>, u64>,
    chunk: Vec<NewProduct>,
    report: Report,
}

impl<'c> Load<'c> {
    fn new(conn: &'c mut PgConnection, options: Options, source: &Source<impl Read>) -> QueryResult<Self> {
        let groups = Groups::read(conn)?;
        Ok(Self {
            conn,
            options,
            groups,
            speaks_of: source.speaks_of(),
            seen: HashMap::new(),
            chunk: Vec::with_capacity(CHUNK),
            report: Report::new(source.format()),
        })
    }

    fn take(&mut self, line: Line) -> QueryResult<()> {
        self.report.rows += 1;
        match line.product.and_then(|product| self.first_of_its_number(product)) {
            Err(reason) => self.report.refuse(line.number, reason),
            // The rest is only read for more mistakes.
            Ok(_) if self.is_refused() => {}
            Ok(product) => self.chunk.push(product),
        }
        if self.chunk.len() == CHUNK { self.flush() } else { Ok(()) }
    }

    fn first_of_its_number(&mut self, product: NewProduct) -> Result<NewProduct, String> {
        if let Some(line) = self.seen.get(product.sku.as_str()) {
            return Err(format!("{} is in line {line} already; keep one of the two", product.sku));
        }
        self.seen.insert(product.sku.as_str().into(), product.line);
        Ok(product)
    }

    const fn is_refused(&self) -> bool {
        self.report.bad > 0 && !self.options.partial
    }

    fn flush(&mut self) -> QueryResult<()> {
        let mut products = std::mem::take(&mut self.chunk);
        if self.is_refused() || products.is_empty() {
            return Ok(());
        }
        if !self.speaks_of.contains(&"sold_by") {
            self.refuse_changes_of_weighed(&mut products)?;
        }
        for product in &mut products {
            product.category_id = self.groups.category(self.conn, &product.department, &product.category)?;
        }
        self.put(&products)
    }

    fn refuse_changes_of_weighed(&mut self, products: &mut Vec<NewProduct>) -> QueryResult<()> {
        let with_size = self.speaks_of.contains(&"size_amount");
        let lines = store::changes_of_weighed(self.conn, &Rows::of(products)?, with_size)?;
        for line in lines.into_iter().map(i64::unsigned_abs) {
            products.retain(|product| product.line != line);
            let reason =
                "is sold by weight; give sold_by, price_per_kg, size_value and size_unit with its price";
            self.report.refuse(line, reason.into());
        }
        Ok(())
    }

    fn put(&mut self, products: &[NewProduct]) -> QueryResult<()> {
        let rows = Rows::of(products)?;
        let put = store::put(self.conn, &rows, &self.speaks_of, self.options.demo, self.options.now)?;
        let new = store::put_stock(self.conn, &rows)?;
        self.record_stock(&new)?;
        let [added, changed, alone] = [put.added, put.changed, store::stock_left_alone(self.conn, &rows)?]
            .map(|n| usize::try_from(n).unwrap_or(0));
        self.report.added += added;
        self.report.changed += changed;
        self.report.unchanged += products.len() - added - changed;
        self.report.stock_left_alone += alone;
        Ok(())
    }

    /// What stands on shelves from now on is a fact of the log too.
    fn record_stock(&mut self, new: &[(i64, i32)]) -> QueryResult<()> {
        for products in new.chunks(SHELVES) {
            let event = Event::StockSet { products: products.to_vec(), reason: "imported".to_owned() };
            events::record(self.conn, Uuid::now_v7(), &event, Actor::System, self.options.now)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Report, ImportError> {
        self.flush()?;
        if self.is_refused() { Err(ImportError::Refused(Box::new(self.report))) } else { Ok(self.report) }
    }
}
