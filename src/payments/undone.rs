//! Money that the gateway would not move, and that nobody has made good since.

use crate::db::Ready as _;
use crate::ids::OrderId;
use crate::money::Money;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

/// A capture is made good by another one of its order, a refund by the one that was asked for in its place; of an
/// order that is over nothing is taken any more, and of a try that has nothing left nothing goes back.
macro_rules! unmoved {
    ($what:literal) => {
        concat!(
            "WITH unmoved AS (
                SELECT c.id, false AS is_refund, a.order_id, c.amount_cents, c.failure, c.asked_at, c.settled_at
                FROM captures c JOIN payment_attempts a ON a.id = c.attempt_id JOIN orders o ON o.id = a.order_id
                WHERE c.state = 'failed' AND o.state = 'confirmed' AND NOT EXISTS (
                    SELECT FROM captures n JOIN payment_attempts b ON b.id = n.attempt_id WHERE b.order_id = a.order_id
                        AND (n.state <> 'failed' OR (n.asked_at, n.id) > (c.asked_at, c.id)))
                UNION ALL
                SELECT r.id, true, a.order_id, r.amount_cents, r.failure, r.asked_at, r.settled_at
                FROM refunds r JOIN payment_attempts a ON a.id = r.attempt_id
                WHERE r.state = 'failed' AND NOT EXISTS (SELECT FROM refunds n WHERE n.again_of = r.id)
                    AND (SELECT coalesce(sum(amount_cents), 0) FROM captures t
                         WHERE t.attempt_id = a.id AND t.state = 'succeeded')
                        > (SELECT coalesce(sum(amount_cents), 0) FROM refunds n
                           WHERE n.attempt_id = a.id AND n.state <> 'failed'))
             ",
            $what
        )
    };
}

/// A sum that was to be taken, or to go back.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Unmoved {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Bool)]
    pub is_refund: bool,
    #[diesel(sql_type = SqlUuid)]
    pub order_id: OrderId,
    #[diesel(sql_type = BigInt)]
    pub amount_cents: Money,
    /// The gateway's code.
    #[diesel(sql_type = Nullable<Text>)]
    pub failure: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    pub asked_at: DateTime<Utc>,
    #[diesel(sql_type = Timestamptz)]
    pub settled_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// What was refused first at the top, from behind one on.
///
/// # Errors
/// When the database does not answer.
pub fn unmoved(
    conn: &mut PgConnection,
    behind: Option<(DateTime<Utc>, Uuid)>,
    most: i64,
) -> QueryResult<Vec<Unmoved>> {
    let (at, id) = behind.unwrap_or((DateTime::UNIX_EPOCH, Uuid::nil()));
    diesel::sql_query(unmoved!(
        "SELECT * FROM unmoved WHERE (settled_at, id) > ($1, $2) ORDER BY settled_at, id LIMIT $3"
    ))
    .bind::<Timestamptz, _>(at)
    .bind::<SqlUuid, _>(id)
    .bind::<BigInt, _>(most)
    .ready()
    .load(conn)
}

/// # Errors
/// When the database does not answer.
pub fn unmoved_count(conn: &mut PgConnection) -> QueryResult<i64> {
    let counted: Counted =
        diesel::sql_query(unmoved!("SELECT count(*) AS n FROM unmoved")).ready().get_result(conn)?;
    Ok(counted.n)
}
