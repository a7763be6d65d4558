//! Statements that a connection keeps ready, so that they are parsed and planned once.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// A statement that is kept ready.
pub(crate) struct KeptReady<T>(T);

/// Lets a connection keep a statement ready. Diesel does so by itself for most that read, but not for
/// an UPDATE, an upsert, `= ANY` or words of SQL: there it can not know that the words stay the same.
/// Only for those of which they do: every text of its own is kept as long as the connection lives.
pub(crate) trait Ready: Sized {
    fn ready(self) -> KeptReady<Self>;
}

impl<T: QueryFragment<Pg>> Ready for T {
    fn ready(self) -> KeptReady<Self> {
        KeptReady(self)
    }
}

impl<T: QueryFragment<Pg>> QueryFragment<Pg> for KeptReady<T> {
    fn walk_ast<'b>(&'b self, pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

/// Kept by its words, not by its type: two of one type are never taken for each other.
impl<T> QueryId for KeptReady<T> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<T: Query> Query for KeptReady<T> {
    type SqlType = T::SqlType;
}

impl<T> RunQueryDsl<PgConnection> for KeptReady<T> {}

impl<T: QueryFragment<Pg>> KeptReady<T> {
    /// Runs a statement that gives nothing back, and says how many rows it was about. Diesel's own way
    /// looks past us at what we keep; one that gives something back for each row does not.
    ///
    /// # Errors
    /// When the database does not answer, or refuses.
    pub(crate) fn execute(self, conn: &mut PgConnection) -> QueryResult<usize> {
        let rows: Vec<i32> = KeptReady(Counting(self.0)).load(conn)?;
        Ok(rows.len())
    }
}

struct Counting<T>(T);

impl<T: QueryFragment<Pg>> QueryFragment<Pg> for Counting<T> {
    fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(pass.reborrow())?;
        pass.push_sql(" RETURNING 1");
        Ok(())
    }
}

impl<T> Query for Counting<T> {
    type SqlType = diesel::sql_types::Integer;
}
