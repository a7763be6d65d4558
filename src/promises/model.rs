use crate::db::schema::promises;
use crate::ids::OrderId;
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// A window somebody was told.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Insertable)]
#[diesel(table_name = promises)]
pub struct Promise {
    pub order_id: OrderId,
    pub version: i32,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub who: String,
    pub why: String,
    pub made_at: DateTime<Utc>,
}
