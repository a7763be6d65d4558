//! SQL over the drafts. No decisions here.

use super::draft::{Content, Draft};
use crate::db::Ready as _;
use crate::db::schema::{basket_lines, baskets, checkout_drafts, window_holds};
use crate::ids::BasketId;
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

/// How long what was typed is kept.
const KEPT: Duration = Duration::days(7);

fn of_row((content, submit_key): (Value, Uuid)) -> Draft {
    // What an older release wrote otherwise is asked for anew.
    let content: Content = serde_json::from_value(content).unwrap_or_default();
    Draft { content, submit_key, is_new: false }
}

/// The draft of a basket, or a new one.
pub(super) fn draft(conn: &mut PgConnection, basket: BasketId, now: DateTime<Utc>) -> QueryResult<Draft> {
    let row = checkout_drafts::table
        .find(basket)
        .filter(checkout_drafts::touched_at.gt(now - KEPT))
        .select((checkout_drafts::typed, checkout_drafts::submit_key))
        .first(conn)
        .optional()?;
    Ok(row.map_or_else(Draft::new, of_row))
}

/// What hangs on a basket.
pub(super) struct Standing {
    /// Of the basket; `None`: there is none.
    pub(super) version: Option<i64>,
    pub(super) draft: Draft,
    /// The window it holds and until when, even when that is over and nobody has taken it yet.
    pub(super) held: Option<(i64, DateTime<Utc>)>,
}

impl Standing {
    pub(super) fn nothing() -> Self {
        Self { version: None, draft: Draft::new(), held: None }
    }
}

pub(super) fn standing(
    conn: &mut PgConnection,
    basket: BasketId,
    now: DateTime<Utc>,
) -> QueryResult<Standing> {
    type Row = (i64, Option<(Value, Uuid)>, Option<i64>, Option<DateTime<Utc>>);
    let its_draft =
        checkout_drafts::basket_id.eq(baskets::id).and(checkout_drafts::touched_at.gt(now - KEPT));
    let row: Option<Row> = baskets::table
        .left_join(checkout_drafts::table.on(its_draft))
        .left_join(window_holds::table.on(window_holds::basket_id.eq(baskets::id.nullable())))
        .filter(baskets::id.eq(basket))
        .select((
            baskets::version,
            (checkout_drafts::typed, checkout_drafts::submit_key).nullable(),
            window_holds::window_id.nullable(),
            window_holds::held_until.nullable(),
        ))
        .first(conn)
        .optional()?;
    let Some((version, draft, window, until)) = row else { return Ok(Standing::nothing()) };
    let draft = draft.map_or_else(Draft::new, of_row);
    Ok(Standing { version: Some(version), draft, held: window.zip(until) })
}

/// Keeps a draft. The caller holds the basket's row, so that two tabs take turns.
pub(super) fn keep(
    conn: &mut PgConnection,
    basket: BasketId,
    draft: &Draft,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let content = serde_json::to_value(&draft.content)
        .map_err(|e| diesel::result::Error::SerializationError(Box::new(e)))?;
    let values = (
        checkout_drafts::typed.eq(content),
        checkout_drafts::submit_key.eq(draft.submit_key),
        checkout_drafts::touched_at.eq(now),
    );
    diesel::insert_into(checkout_drafts::table)
        .values((checkout_drafts::basket_id.eq(basket), values.clone()))
        .on_conflict(checkout_drafts::basket_id)
        .do_update()
        .set(values)
        .ready()
        .execute(conn)
        .map(drop)
}

/// Begins a draft, unless another tab has.
pub(super) fn begin(
    conn: &mut PgConnection,
    basket: BasketId,
    draft: &Draft,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let content = serde_json::to_value(&draft.content)
        .map_err(|e| diesel::result::Error::SerializationError(Box::new(e)))?;
    diesel::insert_into(checkout_drafts::table)
        .values((
            checkout_drafts::basket_id.eq(basket),
            checkout_drafts::typed.eq(content),
            checkout_drafts::submit_key.eq(draft.submit_key),
            checkout_drafts::touched_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .map(drop)
}

/// What was to be said has been said.
pub(super) fn told(conn: &mut PgConnection, basket: BasketId) -> QueryResult<()> {
    diesel::sql_query("UPDATE checkout_drafts SET typed = typed || '{\"said\": null}' WHERE basket_id = $1")
        .bind::<diesel::sql_types::Uuid, _>(basket)
        .ready()
        .execute(conn)
        .map(drop)
}

/// Whether nothing is left in a basket.
pub(super) fn is_empty(conn: &mut PgConnection, basket: BasketId) -> QueryResult<bool> {
    diesel::select(diesel::dsl::not(diesel::dsl::exists(
        basket_lines::table.filter(basket_lines::basket_id.eq(basket)),
    )))
    .get_result(conn)
}
