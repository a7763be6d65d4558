//! Reading the log from its beginning, building, and comparing.

use super::compare::{Compared, compare};
use super::order;
use super::shelves::Shelves;
use super::tables::{self, Rows, TOLD};
use crate::events::{self, Recorded};
use diesel::prelude::*;
use std::fmt;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Facts read at once; with one order's, all of the log that is in memory.
const PAGE: usize = 10_000;

/// What was built, and how it agrees with what is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub events: u64,
    pub tables: Vec<Compared>,
    pub took: Duration,
}

impl Report {
    pub fn agrees(&self) -> bool {
        self.tables.iter().all(|table| table.differ == 0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} events read and compared in {:.1} s.", self.events, self.took.as_secs_f64())?;
        for Compared { table, agree, differ, first } in &self.tables {
            writeln!(f, "  {table:<17} {agree:>9} rows agree, {differ} differ")?;
            for row in first {
                let or_none =
                    |side: &Option<String>| side.clone().unwrap_or_else(|| "no such row".to_owned());
                writeln!(f, "    live:    {}", or_none(&row.live))?;
                writeln!(f, "    rebuilt: {}", or_none(&row.rebuilt))?;
            }
        }
        let verdict = if self.agrees() { "Log and tables agree." } else { "Log and tables do not agree." };
        f.write_str(verdict)
    }
}

/// Builds from the log alone, in one transaction that sees one moment, and compares with the tables
/// of that moment. Nothing live is written or locked; needs an owner, who may make a schema.
///
/// # Errors
/// When the database does not answer, or the log has a fact that is none of ours.
pub fn rebuild(conn: &mut PgConnection) -> QueryResult<Report> {
    let begun = Instant::now();
    conn.build_transaction().repeatable_read().run(|conn| {
        tables::make(conn)?;
        let (mut rows, mut shelves) = (Rows::default(), Shelves::default());
        let mut events = hear_of_shelves(conn, &mut shelves)?;
        events += tell_orders(conn, &mut rows, &mut shelves)?;
        shelves.write(conn, &mut rows)?;
        rows.write(conn)?;
        let compared: QueryResult<Vec<Compared>> =
            TOLD.iter().map(|(table, key, select)| compare(conn, table, key, select)).collect();
        Ok(Report { events, tables: compared?, took: begun.elapsed() })
    })
}

fn hear_of_shelves(conn: &mut PgConnection, shelves: &mut Shelves) -> QueryResult<u64> {
    let (mut behind, mut count) = (0, 0);
    loop {
        // An event may name a thousand shelves.
        let page = events::about_shelves(conn, behind, 100)?;
        let Some(last) = page.last() else { return Ok(count) };
        behind = last.id;
        count += page.len() as u64;
        page.iter().for_each(|recorded| shelves.hear(recorded));
    }
}

/// Orders one after the other, by key, each with its facts in order.
fn tell_orders(conn: &mut PgConnection, rows: &mut Rows, shelves: &mut Shelves) -> QueryResult<u64> {
    let (mut behind, mut count) = ((Uuid::nil(), 0), 0);
    let mut of_one: Vec<Recorded> = Vec::new();
    loop {
        let page = events::about_orders(conn, behind, i64::try_from(PAGE).unwrap_or(i64::MAX))?;
        count += page.len() as u64;
        let is_last = page.len() < PAGE;
        for recorded in page {
            behind = (recorded.subject, recorded.id);
            if of_one.first().is_some_and(|first| first.subject != recorded.subject) {
                tell_one(conn, &mut of_one, rows, shelves)?;
            }
            of_one.push(recorded);
        }
        if is_last {
            tell_one(conn, &mut of_one, rows, shelves)?;
            return Ok(count);
        }
    }
}

fn tell_one(
    conn: &mut PgConnection,
    of_one: &mut Vec<Recorded>,
    rows: &mut Rows,
    shelves: &mut Shelves,
) -> QueryResult<()> {
    if let Some(first) = of_one.first() {
        order::tell(first.subject, of_one, rows, shelves);
    }
    of_one.clear();
    rows.write_if_many(conn)
}
