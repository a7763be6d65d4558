use super::model::{Count, Key, Limited, Wait, judge};
use crate::db::Ready as _;
use crate::db::schema::throttles;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer, Text, Timestamptz};

/// Counts one try under every key, or refuses it and counts nothing: who is refused by one
/// limit uses up nothing of the others, so that a stranger who has been stopped cannot go on
/// filling the count of somebody's account.
///
/// Call it before the transaction of what is tried: its rollback must not take the count along.
///
/// # Errors
/// When the database does not answer. Inside: until when to wait.
pub fn spend(
    conn: &mut PgConnection,
    what: Limited,
    keys: &[Key],
    now: DateTime<Utc>,
) -> QueryResult<Result<(), Wait>> {
    let outcome = conn.transaction(|conn| settle(conn, (what, keys), &[], now)?.map_err(Refused::Wait));
    match outcome {
        Ok(()) => Ok(Ok(())),
        Err(Refused::Wait(wait)) => Ok(Err(wait)),
        Err(Refused::Db(e)) => Err(e),
    }
}

/// As [`spend`], for something that is only counted once it is done: in its own transaction, which a refusal
/// has to end. What ended well with it is given back in the same statement. Call it last: others wait for
/// these counts until the transaction ends.
///
/// # Errors
/// When the database does not answer. Inside: until when to wait.
pub fn settle(
    conn: &mut PgConnection,
    spent: (Limited, &[Key]),
    back: &[(Limited, &[Key])],
    now: DateTime<Utc>,
) -> QueryResult<Result<(), Wait>> {
    let (what, keys) = spent;
    let all = std::iter::once((what, keys, true)).chain(back.iter().map(|(of, keys)| (*of, *keys, false)));
    let rows = all.flat_map(|(of, keys, spends)| keys.iter().map(move |key| (of, key, spends)));
    let (mut whats, mut hashes, mut ends, mut hits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (of, key, spends) in rows {
        whats.push(of.as_str());
        hashes.push(key.hash.as_str());
        ends.push(now + of.allowance(key.whose).window());
        hits.push(i32::from(spends));
    }
    let rows: Vec<Settled> = diesel::sql_query(SETTLE)
        .bind::<Timestamptz, _>(now)
        .bind::<Array<Text>, _>(whats)
        .bind::<Array<Text>, _>(hashes)
        .bind::<Array<Timestamptz>, _>(ends)
        .bind::<Array<Integer>, _>(hits)
        .ready()
        .load(conn)?;
    let counted = rows.into_iter().filter(|row| row.what == what.as_str());
    let count = |row: Settled| {
        let key = keys.iter().find(|key| key.hash == row.key)?;
        Some(Count { most: what.allowance(key.whose).tries, ends_at: row.ends_at, hits: row.hits })
    };
    Ok(judge(&counted.filter_map(count).collect::<Vec<_>>()))
}

/// Whether one more of any of these would be refused. Counts nothing: for what is counted only where it
/// fails, a card that is declined say.
///
/// # Errors
/// When the database does not answer. Inside: until when to wait.
pub fn look(
    conn: &mut PgConnection,
    of: &[(Limited, &[Key])],
    now: DateTime<Utc>,
) -> QueryResult<Result<(), Wait>> {
    let rows = of.iter().flat_map(|(what, keys)| keys.iter().map(|key| (what.as_str(), key.hash.as_str())));
    let (whats, hashes): (Vec<&str>, Vec<&str>) = rows.unzip();
    let rows: Vec<Settled> = diesel::sql_query(
        "SELECT t.what, t.key, t.ends_at, t.hits + 1 AS hits
         FROM unnest($1::text[], $2::text[]) AS k (what, key)
         JOIN throttles t ON t.what = k.what AND t.key = k.key WHERE t.ends_at > $3",
    )
    .bind::<Array<Text>, _>(whats)
    .bind::<Array<Text>, _>(hashes)
    .bind::<Timestamptz, _>(now)
    .ready()
    .load(conn)?;
    let next = |row: Settled| {
        let (what, keys) = of.iter().find(|(what, _)| row.what == what.as_str())?;
        let key = keys.iter().find(|key| key.hash == row.key)?;
        Some(Count { most: what.allowance(key.whose).tries, ends_at: row.ends_at, hits: row.hits })
    };
    Ok(judge(&rows.into_iter().filter_map(next).collect::<Vec<_>>()))
}

/// Whether nobody has done this within the last `wait`: for what is worth doing again, but not at
/// each press. Of several at once one is the first.
///
/// # Errors
/// When the database does not answer.
pub fn first_within(
    conn: &mut PgConnection,
    what: Limited,
    key: &Key,
    wait: Duration,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let is_first = diesel::sql_query(
        "INSERT INTO throttles AS t (what, key, ends_at, hits) VALUES ($1, $2, $3, 1)
         ON CONFLICT (what, key) DO UPDATE SET ends_at = EXCLUDED.ends_at WHERE t.ends_at <= $4",
    )
    .bind::<Text, _>(what)
    .bind::<Text, _>(&key.hash)
    .bind::<Timestamptz, _>(now + wait)
    .bind::<Timestamptz, _>(now)
    .execute(conn)?;
    Ok(is_first == 1)
}

/// Takes what [`first_within`] has noted, if it is there and not over. Of several at once one has it.
///
/// # Errors
/// When the database does not answer.
pub fn take_note(conn: &mut PgConnection, what: Limited, key: &Key, now: DateTime<Utc>) -> QueryResult<bool> {
    let noted = throttles::table.filter(throttles::what.eq(what).and(throttles::key.eq(&key.hash)));
    let taken = diesel::delete(noted.filter(throttles::ends_at.gt(now))).execute(conn)?;
    Ok(taken == 1)
}

/// Takes one try back: it was right, so it was no guess.
///
/// # Errors
/// When the database does not answer.
pub fn give_back(conn: &mut PgConnection, what: Limited, keys: &[Key]) -> QueryResult<()> {
    give_all_back(conn, &[what], keys)
}

/// As [`give_back`], of several limits at once.
///
/// # Errors
/// When the database does not answer.
pub fn give_all_back(conn: &mut PgConnection, whats: &[Limited], keys: &[Key]) -> QueryResult<()> {
    let pairs = whats.iter().flat_map(|what| keys.iter().map(|key| (what.as_str(), key.hash.as_str())));
    let (whats, hashes): (Vec<&str>, Vec<&str>) = pairs.unzip();
    // In the order in which everybody takes them. A join, not `= ANY`: that would be planned anew each time.
    diesel::sql_query(
        "WITH held AS (
             SELECT t.what, t.key FROM unnest($1::text[], $2::text[]) AS k (what, key)
             JOIN throttles t USING (what, key) ORDER BY t.what, t.key FOR UPDATE OF t)
         UPDATE throttles t SET hits = t.hits - 1 FROM held
         WHERE t.what = held.what AND t.key = held.key AND t.hits > 0",
    )
    .bind::<Array<Text>, _>(whats)
    .bind::<Array<Text>, _>(hashes)
    .ready()
    .execute(conn)
    .map(drop)
}

/// Forgets the counts whose window is over. Says how many.
///
/// # Errors
/// When the database does not answer.
pub fn sweep(conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::delete(throttles::table.filter(throttles::ends_at.lt(now))).execute(conn)
}

enum Refused {
    Wait(Wait),
    Db(diesel::result::Error),
}

impl From<diesel::result::Error> for Refused {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e)
    }
}

/// One statement for all keys, in their order, so that two requests never wait for each other
/// in a circle. Where a window is over, a new one begins with this try; of some limits one goes back.
const SETTLE: &str = "
    INSERT INTO throttles AS t (what, key, ends_at, hits)
    SELECT DISTINCT k.what, k.key, k.ends_at, k.hits
        FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::int[]) AS k (what, key, ends_at, hits)
        ORDER BY k.what, k.key
    ON CONFLICT (what, key) DO UPDATE SET
        hits = CASE WHEN t.ends_at <= $1 THEN EXCLUDED.hits
                    WHEN EXCLUDED.hits = 1 THEN t.hits + 1
                    ELSE greatest(t.hits - 1, 0) END,
        ends_at = CASE WHEN t.ends_at > $1 THEN t.ends_at ELSE EXCLUDED.ends_at END
    RETURNING what, key, ends_at, hits";

#[derive(QueryableByName)]
struct Settled {
    #[diesel(sql_type = Text)]
    what: String,
    #[diesel(sql_type = Text)]
    key: String,
    #[diesel(sql_type = Timestamptz)]
    ends_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    hits: i32,
}
