//! What is known of some orders in the warehouse, read at once.

use super::plan::Bench;
use crate::fulfilment::{self, Fulfilment, Pick};
use crate::ids::{OrderId, StaffId};
use crate::orders::{self, Order, OrderLine};
use diesel::prelude::*;
use std::collections::HashMap;

pub(super) struct Papers {
    pub(super) orders: HashMap<OrderId, Order>,
    lines: HashMap<OrderId, Vec<OrderLine>>,
    picks: HashMap<OrderId, Vec<Pick>>,
}

impl Papers {
    /// # Errors
    /// When the database does not answer.
    pub(super) fn read(conn: &mut PgConnection, of: &[OrderId]) -> QueryResult<Self> {
        let orders = orders::orders_by_ids(conn, of)?.into_iter().map(|order| (order.id, order)).collect();
        let (mut lines, mut picks): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        for line in orders::lines_of(conn, of)? {
            lines.entry(line.order_id).or_default().push(line);
        }
        for pick in fulfilment::picks_of_orders(conn, of)? {
            picks.entry(pick.order_id).or_default().push(pick);
        }
        Ok(Self { orders, lines, picks })
    }

    pub(super) fn lines(&self, of: OrderId) -> &[OrderLine] {
        self.lines.get(&of).map_or(&[], Vec::as_slice)
    }

    /// Lines that are still to be settled.
    pub(super) fn open(&self, of: OrderId) -> Vec<&OrderLine> {
        let settled = |line: &&OrderLine| {
            self.picks.get(&of).is_some_and(|picks| picks.iter().any(|pick| pick.position == line.position))
        };
        self.lines(of).iter().filter(|line| !settled(line)).collect()
    }

    /// As the picker finds it; nothing where the order has not been confirmed.
    pub(super) fn bench(&self, row: &Fulfilment, picker: Option<StaffId>) -> Option<Bench> {
        let id = row.order_id;
        Some(Bench {
            state: row.state,
            due_at: row.due_at,
            confirmed_at: self.orders.get(&id)?.confirmed_at?,
            touched_at: row.touched_at,
            ours: picker.is_some() && row.picker_id == picker,
            lines: self.lines(id).len(),
            open: self.open(id).len(),
        })
    }
}
