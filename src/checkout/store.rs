//! SQL over the drafts. No decisions here.

use super::draft::{Content, Draft};
use crate::db::Ready as _;
use crate::db::schema::checkout_drafts;
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
