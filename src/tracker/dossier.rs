//! Everything that is told about one order, read together.

use crate::delivery::{self, Place};
use crate::events;
use crate::lifecycle::{Status, Story};
use crate::orders::{self, Contact, Order, OrderLine, OrderState};
use crate::payments::{self, Attempt};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

pub struct Dossier {
    pub order: Order,
    pub contact: Contact,
    pub lines: Vec<OrderLine>,
    pub story: Story,
    pub attempts: Vec<Attempt>,
    pub place: Place,
    /// The code of the zone it lies in.
    pub zone: Option<String>,
    /// When picking starts at the earliest: until then a confirmed order can be cancelled, for free.
    pub picked_from: DateTime<Utc>,
}

impl Dossier {
    /// # Errors
    /// When the database does not answer.
    pub fn read(conn: &mut PgConnection, order: Order) -> QueryResult<Self> {
        let history = events::history(conn, order.id.0)?;
        let attempts = payments::attempts_of(conn, order.id)?;
        let place = delivery::place(conn, order.place_id)?;
        let zones = delivery::all_zones(conn)?;
        let cutoff = delivery::window(conn, order.window_id)?.map(|w| w.cutoff_at);
        Ok(Self {
            contact: orders::contact(conn, order.id)?,
            lines: orders::lines(conn, order.id)?,
            zone: zones.into_iter().find(|z| Some(z.id) == place.zone_id).map(|z| z.code),
            place,
            picked_from: cutoff.unwrap_or(order.window_starts_at).min(order.window_starts_at),
            story: Story::tell(&history, &attempts),
            attempts,
            order,
        })
    }

    /// Pieces.
    pub fn count(&self) -> i32 {
        self.lines.iter().map(|l| l.quantity).sum()
    }

    /// Whether its customer may cancel it now.
    pub fn can_be_cancelled(&self, now: DateTime<Utc>) -> bool {
        self.order.can_be_cancelled() && (self.order.state == OrderState::Placed || now < self.picked_from)
    }

    /// Whether what it comes to is final and has been paid: until then there is no receipt.
    pub fn is_settled(&self) -> bool {
        match self.story.status {
            Status::Completed => true,
            Status::Confirmed => !self.has_weighed() && self.story.captured() == self.order.total_cents,
            Status::Checking | Status::ToApprove { .. } | Status::NotPaid { .. } | Status::Cancelled(_) => {
                false
            }
        }
    }

    /// What the paper with lines, sums and tax is called.
    pub fn paper(&self) -> &'static str {
        if self.is_settled() { "Receipt" } else { "Order summary" }
    }

    pub fn has_weighed(&self) -> bool {
        self.order.maximum_cents > self.order.total_cents
    }
}
