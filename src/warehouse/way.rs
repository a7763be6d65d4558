//! Where a picker goes on after a step: to the order's next line, or along the walk it is a part of.

use crate::error::AppError;
use crate::fulfilment;
use crate::ids::{OrderId, OrderNumber};
use diesel::PgConnection;

pub(super) const WALK: &str = "/warehouse/batch";

/// Where an order is picked.
pub(super) fn address(number: &OrderNumber) -> String {
    format!("/warehouse/orders/{number}")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Order,
    /// It lies in a crate beside others.
    Walk,
}

impl Way {
    /// # Errors
    /// When the database does not answer.
    pub(super) fn of(conn: &mut PgConnection, order: OrderId) -> Result<Self, AppError> {
        let row = fulfilment::of_order(conn, order)?;
        Ok(if row.is_some_and(|row| row.crate_no.is_some()) { Self::Walk } else { Self::Order })
    }

    /// To what is picked next.
    pub(super) fn on(self, number: &OrderNumber) -> String {
        match self {
            Self::Order => address(number),
            Self::Walk => WALK.to_owned(),
        }
    }

    /// The page before a line.
    pub(super) fn before(self, number: &OrderNumber, position: i32) -> String {
        match self {
            Self::Order => format!("{}?line={position}", address(number)),
            Self::Walk => format!("{WALK}?order={number}&line={position}"),
        }
    }
}
