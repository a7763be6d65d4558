//! Two tables side by side, row by row, byte by byte. Read by cursors, so that neither is in memory
//! as a whole.

use super::tables::{LIVE, REBUILT};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::cmp::Ordering;
use std::collections::VecDeque;

/// Rows fetched at once.
const PAGE: usize = 5_000;
/// So many differences are told in full.
const MOST_TOLD: usize = 5;

/// How a table and its double agree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    pub table: &'static str,
    pub agree: u64,
    pub differ: u64,
    /// The first few rows that do not.
    pub first: Vec<Differing>,
}

/// A row that is not the same in both; `None`: it is not there at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    pub live: Option<String>,
    pub rebuilt: Option<String>,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Text)]
    line: String,
}

/// Reads one text over both schemas.
pub(super) fn compare(
    conn: &mut PgConnection,
    table: &'static str,
    key: &str,
    select: &str,
) -> QueryResult<Compared> {
    let mut live = Side::open(conn, LIVE, key, select)?;
    let mut rebuilt = Side::open(conn, REBUILT, key, select)?;
    let mut compared = Compared { table, ..Compared::default() };
    loop {
        live.fill(conn)?;
        rebuilt.fill(conn)?;
        let order = match (live.lines.front(), rebuilt.lines.front()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.key.as_bytes().cmp(b.key.as_bytes()),
        };
        let of_live = if order.is_le() { live.lines.pop_front() } else { None };
        let of_rebuilt = if order.is_ge() { rebuilt.lines.pop_front() } else { None };
        compared.count(of_live, of_rebuilt);
    }
    live.close(conn)?;
    rebuilt.close(conn)?;
    Ok(compared)
}

impl Compared {
    fn count(&mut self, live: Option<Line>, rebuilt: Option<Line>) {
        let (live, rebuilt) = (live.map(|row| row.line), rebuilt.map(|row| row.line));
        if live == rebuilt {
            self.agree += 1;
            return;
        }
        self.differ += 1;
        if self.first.len() < MOST_TOLD {
            self.first.push(Differing { live, rebuilt });
        }
    }
}

/// One of the two.
struct Side {
    cursor: &'static str,
    lines: VecDeque<Line>,
    is_over: bool,
}

impl Side {
    fn open(conn: &mut PgConnection, schema: &'static str, key: &str, select: &str) -> QueryResult<Self> {
        conn.batch_execute(&format!(
            "SET LOCAL search_path TO {schema};
             DECLARE the_{schema} NO SCROLL CURSOR FOR
                 SELECT ({key})::text COLLATE \"C\" AS key, told::text AS line FROM ({select}) told ORDER BY 1"
        ))?;
        Ok(Self { cursor: schema, lines: VecDeque::new(), is_over: false })
    }

    fn fill(&mut self, conn: &mut PgConnection) -> QueryResult<()> {
        if !self.lines.is_empty() || self.is_over {
            return Ok(());
        }
        let page = diesel::sql_query(format!("FETCH {PAGE} FROM the_{}", self.cursor));
        self.lines = page.load::<Line>(conn)?.into();
        self.is_over = self.lines.len() < PAGE;
        Ok(())
    }

    fn close(self, conn: &mut PgConnection) -> QueryResult<()> {
        conn.batch_execute(&format!("CLOSE the_{}; SET LOCAL search_path TO {LIVE}", self.cursor))
    }
}
