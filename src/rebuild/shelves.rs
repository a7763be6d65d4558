//! Shelves as the log tells them: stated once, then moved by orders and by hand.

use super::tables::Rows;
use crate::events::{Event, Ordered, Recorded, about_a_question, about_the_customer, about_the_money};
use diesel::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};

/// All shelves. In memory as a whole: some tens of bytes a product.
#[derive(Default)]
pub(super) struct Shelves(BTreeMap<i64, Shelf>);

#[derive(Default)]
struct Shelf {
    /// The event that stated what stands there. What was recorded before is in its number.
    stated_by: i64,
    on_hand: i64,
    held: i64,
}

impl Shelves {
    /// What is about shelves and no order, in the order of the log.
    pub(super) fn hear(&mut self, recorded: &Recorded) {
        if let Event::StockSet { products, .. } = &recorded.event {
            for (product, on_hand) in products {
                let shelf = self.0.entry(*product).or_default();
                (shelf.stated_by, shelf.on_hand) = (recorded.id, i64::from(*on_hand));
            }
        } else if let Event::StockMoved { product, units, .. } = &recorded.event {
            self.moved(*product, *units, recorded.id);
        }
    }

    /// Units come or go by an event. The row's lock keeps the numbers of a shelf's events in order.
    fn moved(&mut self, product: i64, units: i32, event: i64) {
        let shelf = self.0.entry(product).or_default();
        if event > shelf.stated_by {
            shelf.on_hand += i64::from(units);
        }
    }

    fn held(&mut self, product: i64, units: i32) {
        self.0.entry(product).or_default().held += i64::from(units);
    }

    pub(super) fn write(self, conn: &mut PgConnection, rows: &mut Rows) -> QueryResult<()> {
        for (product_id, Shelf { on_hand, held, .. }) in self.0 {
            rows.add("stock", json!({ "product_id": product_id, "on_hand": on_hand, "held": held }));
            rows.write_if_many(conn)?;
        }
        Ok(())
    }
}

/// What one order does to shelves: each line waits for its units until it is settled.
#[derive(Default)]
pub(super) struct Taken {
    lines: HashMap<i32, Line>,
    cancelled: bool,
}

struct Line {
    product: i64,
    quantity: i32,
    waits: bool,
    /// What lies in the bag.
    bag: Option<(i64, i32)>,
    /// Beside it, what stands in for those that were missing.
    rest: Option<(i64, i32)>,
}

impl Taken {
    pub(super) fn hear(&mut self, recorded: &Recorded, shelves: &mut Shelves) {
        let id = recorded.id;
        match &recorded.event {
            Event::OrderPlaced { lines, .. } => {
                for (position, line) in (1..).zip(lines) {
                    let (product, quantity) = (line.product, line.quantity);
                    self.lines
                        .insert(position, Line { product, quantity, waits: false, bag: None, rest: None });
                }
                self.wait(shelves);
            }
            Event::OrderChanged { lines, .. } => self.change(lines, shelves),
            Event::OrderConfirmed if self.cancelled => {
                self.cancelled = false;
                self.wait(shelves);
            }
            Event::OrderCancelled { .. } => self.cancel(id, shelves),
            Event::LinePicked { position, product, units, .. } => {
                self.settle(*position, Some((*product, *units)), id, shelves);
            }
            Event::LineSubstituted { position, product, units, .. } => {
                shelves.moved(*product, -units, id);
                self.settle(*position, Some((*product, *units)), id, shelves);
            }
            Event::RestSubstituted { position, product, units, .. } => {
                shelves.moved(*product, -units, id);
                if let Some(line) = self.lines.get_mut(position) {
                    line.rest = Some((*product, *units));
                }
            }
            Event::LineLeftOut { position } => self.settle(*position, None, id, shelves),
            Event::LineReopened { position } => self.reopen(*position, id, shelves),
            Event::OrderConfirmed
            | Event::OrderCompleted
            | Event::InstructionsChanged
            | Event::PickingStarted { .. }
            | Event::PickingLeft
            | about_a_question!()
            | Event::OrderPacked { .. }
            | Event::OrderHandedOver { .. }
            | Event::DropPlanned { .. }
            | Event::RiderAssigned { .. }
            | Event::CarrierAsked { .. }
            | Event::CarrierBooked { .. }
            | Event::CarrierRefused { .. }
            | Event::CarrierEndAsked { .. }
            | Event::RiderUnassigned { .. }
            | Event::DropLeft { .. }
            | Event::DropArrived { .. }
            | Event::DropDelivered { .. }
            | Event::DropFailed { .. }
            | Event::PromiseMade { .. }
            | Event::DelayForeseen { .. }
            | Event::DelayEased { .. }
            | Event::QuoteGiven { .. }
            | Event::StockSet { .. }
            | Event::StockMoved { .. }
            | about_the_customer!()
            | about_the_money!() => {}
        }
    }

    /// Nothing of it is picked yet: all of the old lines is anybody's again, all of the new ones waits.
    fn change(&mut self, lines: &[(i32, Ordered)], shelves: &mut Shelves) {
        for line in self.lines.values().filter(|line| line.waits) {
            shelves.held(line.product, -line.quantity);
        }
        let line = |(position, Ordered { product, quantity, .. }): &(i32, Ordered)| {
            (*position, Line { product: *product, quantity: *quantity, waits: false, bag: None, rest: None })
        };
        self.lines = lines.iter().map(line).collect();
        self.wait(shelves);
    }

    fn wait(&mut self, shelves: &mut Shelves) {
        for line in self.lines.values_mut().filter(|line| !line.waits) {
            line.waits = true;
            shelves.held(line.product, line.quantity);
        }
    }

    /// All units that were promised leave the shelf: into the bag, or they are missing.
    fn settle(&mut self, position: i32, bag: Option<(i64, i32)>, event: i64, shelves: &mut Shelves) {
        let Some(line) = self.lines.get_mut(&position).filter(|line| line.waits) else { return };
        (line.waits, line.bag) = (false, bag);
        shelves.held(line.product, -line.quantity);
        shelves.moved(line.product, -line.quantity, event);
    }

    fn reopen(&mut self, position: i32, event: i64, shelves: &mut Shelves) {
        let Some(line) = self.lines.get_mut(&position).filter(|line| !line.waits) else { return };
        if let Some((other, units)) = line.bag.take().filter(|(product, _)| *product != line.product) {
            shelves.moved(other, units, event);
        }
        if let Some((other, units)) = line.rest.take() {
            shelves.moved(other, units, event);
        }
        line.waits = true;
        shelves.held(line.product, line.quantity);
        shelves.moved(line.product, line.quantity, event);
    }

    /// What lies in bags goes back, what was missing stays so. That money came late is a second word
    /// about the same end.
    fn cancel(&mut self, event: i64, shelves: &mut Shelves) {
        if std::mem::replace(&mut self.cancelled, true) {
            return;
        }
        for line in self.lines.values_mut() {
            if std::mem::take(&mut line.waits) {
                shelves.held(line.product, -line.quantity);
            }
            for (product, units) in line.bag.take().into_iter().chain(line.rest.take()) {
                shelves.moved(product, units, event);
            }
        }
    }
}
