use crate::db::schema::{awaited, products, stock};
use crate::ids::{AwaitedId, ProductId};
use chrono::Duration;
use diesel::prelude::*;

/// Nobody waits for longer; after that the address is nobody's.
pub(super) const KEPT: Duration = Duration::days(90);
/// Once the letter is written, for those who ask whether it was.
pub(super) const KEPT_TOLD: Duration = Duration::days(7);
/// Rows forgotten with one statement.
pub(super) const FORGOTTEN_AT_ONCE: i64 = 1_000;
/// Wishes looked at with one statement.
pub(super) const LOOKED_AT: i64 = 500;

/// What became of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// There is a wish, a new one or the one there was.
    Noted(AwaitedId),
    /// There is nothing to wait for.
    IsThere,
}

/// How far along the open wishes somebody has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    pub(super) product: ProductId,
    pub(super) address: String,
}

/// An open wish, as the worker sees it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = awaited)]
pub(super) struct Open {
    pub(super) id: AwaitedId,
    pub(super) product_id: ProductId,
    pub(super) address: String,
    #[diesel(select_expression = products::name)]
    pub(super) name: String,
    #[diesel(select_expression = products::slug)]
    pub(super) slug: String,
    /// Whether one could order it.
    #[diesel(select_expression = stock::on_hand.gt(stock::held).and(products::withdrawn_at.is_null()))]
    pub(super) is_there: bool,
}
