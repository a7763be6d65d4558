//! Cards that customers let the gateway keep. We know how they read, never their numbers.

use crate::db::schema::saved_cards;
use crate::ids::CustomerId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

const MOST_CARDS: i64 = 20;

#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = saved_cards)]
pub struct SavedCard {
    pub id: Uuid,
    pub customer_id: CustomerId,
    pub gateway_method: String,
    /// Whom the gateway keeps it for.
    pub gateway_customer: String,
    /// `Visa ending 4242`
    pub label: String,
    /// `08/29`
    pub expires: String,
    pub saved_at: DateTime<Utc>,
    pub removed_at: Option<DateTime<Utc>>,
}

/// A customer's cards, the newest first.
///
/// # Errors
/// When the database does not answer.
pub fn saved_cards(conn: &mut PgConnection, customer: CustomerId) -> QueryResult<Vec<SavedCard>> {
    SavedCard::query()
        .filter(saved_cards::customer_id.eq(customer))
        .filter(saved_cards::removed_at.is_null())
        .order(saved_cards::saved_at.desc())
        .limit(MOST_CARDS)
        .load(conn)
}

/// One of a customer's cards; nobody else's.
///
/// # Errors
/// When the database does not answer.
pub fn saved_card(conn: &mut PgConnection, customer: CustomerId, id: Uuid) -> QueryResult<Option<SavedCard>> {
    SavedCard::query()
        .filter(saved_cards::id.eq(id))
        .filter(saved_cards::customer_id.eq(customer))
        .filter(saved_cards::removed_at.is_null())
        .first(conn)
        .optional()
}

/// The same card kept twice is kept once: gives the one that is there.
///
/// # Errors
/// `NotFound` where the gateway's name for it is another customer's card.
pub fn insert_card(conn: &mut PgConnection, card: &SavedCard) -> QueryResult<SavedCard> {
    let keep = diesel::insert_into(saved_cards::table)
        .values(card)
        .on_conflict(saved_cards::gateway_method)
        .do_update()
        .set((saved_cards::expires.eq(&card.expires), saved_cards::removed_at.eq(None::<DateTime<Utc>>)));
    diesel::query_dsl::methods::FilterDsl::filter(keep, saved_cards::customer_id.eq(card.customer_id))
        .returning(SavedCard::as_returning())
        .get_result(conn)
}

/// # Errors
/// When the database does not answer.
pub fn mark_removed(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::update(saved_cards::table.find(id)).set(saved_cards::removed_at.eq(now)).execute(conn).map(drop)
}
