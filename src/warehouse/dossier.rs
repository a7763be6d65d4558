//! All about one order that a picker needs to know, read at once.

use super::way::Way;
use super::words;
use crate::catalog::{self, Storage, Ware};
use crate::error::AppError;
use crate::events;
use crate::fulfilment::{self, Bag, Fulfilment, FulfilmentState, Pick};
use crate::ids::{OrderNumber, ProductId, StaffId};
use crate::inventory::{self, Shelf};
use crate::lifecycle::{Ask, Story};
use crate::orders::{self, Order, OrderLine, Substitutions};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use std::collections::HashMap;

pub(super) struct Dossier {
    pub(super) order: Order,
    /// `None`: it is not confirmed, there is nothing to pick yet.
    pub(super) row: Option<Fulfilment>,
    /// As one walks: by shelf, then by name. What has no shelf comes last.
    pub(super) lines: Vec<OrderLine>,
    pub(super) picks: Vec<Pick>,
    pub(super) shelves: HashMap<ProductId, Shelf>,
    pub(super) wares: HashMap<ProductId, Ware>,
    pub(super) bags: Vec<Bag>,
    /// Who has it in hand.
    pub(super) picker: Option<String>,
    /// What its customer was asked.
    pub(super) asks: Vec<Ask>,
}

impl Dossier {
    /// # Errors
    /// `NotFound` when there is no such order.
    pub(super) fn read(conn: &mut PgConnection, number: &OrderNumber) -> Result<Self, AppError> {
        let order = orders::order_by_number(conn, number)?;
        let row = fulfilment::of_order(conn, order.id)?;
        let mut lines = orders::lines(conn, order.id)?;
        let picks = fulfilment::picks_of(conn, order.id)?;
        let own = lines.iter().map(|l| l.product_id);
        let products: Vec<ProductId> =
            own.chain(picks.iter().flat_map(Pick::in_bag).map(|(id, _)| id)).collect();
        let shelves: HashMap<_, _> =
            inventory::shelves(conn, &products)?.into_iter().map(|s| (s.product_id, s)).collect();
        let wares = catalog::wares(conn, &products)?.into_iter().map(|w| (w.id, w)).collect();
        lines.sort_by_cached_key(|line| {
            let shelf = shelves.get(&line.product_id).map_or("", |s| s.shelf.as_str());
            (shelf.is_empty(), shelf.to_owned(), line.name.clone(), line.position)
        });
        let bags = fulfilment::bags_of(conn, order.id)?;
        let picker = row.as_ref().and_then(|r| r.picker_id);
        let picker = picker.map(|id| words::name_of(conn, id)).transpose()?;
        let asks = if lines.iter().any(|line| line.wish(&order) == Substitutions::Ask) {
            Story::tell(&events::history(conn, order.id.0)?, &[]).goods.asks
        } else {
            Vec::new()
        };
        Ok(Self { order, row, lines, picks, shelves, wares, bags, picker, asks })
    }

    pub(super) fn pick_of(&self, line: &OrderLine) -> Option<&Pick> {
        self.picks.iter().find(|p| p.position == line.position)
    }

    /// How many of a line have nothing in their place yet.
    pub(super) fn missing_of(&self, line: &OrderLine) -> i32 {
        self.pick_of(line).map_or(line.quantity, |pick| pick.missing_of(line))
    }

    /// Lines that were there in part, for whose rest something may stand in.
    pub(super) fn partly_there(&self) -> impl Iterator<Item = (&OrderLine, &Pick)> {
        let may = |line: &&OrderLine| line.wish(&self.order) != Substitutions::LeaveOut;
        let picked = self.lines.iter().filter(may).filter_map(|line| Some((line, self.pick_of(line)?)));
        picked.filter(|(line, pick)| pick.missing_of(line) > 0)
    }

    /// Where this one is picked by now, the line they stand before: the one asked for while it is open,
    /// else the first open one on the way; those about which the customer is being asked come last.
    pub(super) fn current(&self, asked: Option<i32>, now: DateTime<Utc>) -> Option<&OrderLine> {
        let asked = self.open().find(|l| Some(l.position) == asked);
        asked.or_else(|| self.open().find(|l| !self.waits(l, now))).or_else(|| self.open().next())
    }

    pub(super) fn ask_of(&self, line: &OrderLine) -> Option<&Ask> {
        self.asks.iter().find(|ask| ask.position == line.position)
    }

    /// Whether the customer's answer about a line is awaited.
    pub(super) fn waits(&self, line: &OrderLine, now: DateTime<Utc>) -> bool {
        self.ask_of(line).is_some_and(|ask| ask.waits(now))
    }

    /// Lines nothing has become of yet, on the way.
    pub(super) fn open(&self) -> impl Iterator<Item = &OrderLine> {
        self.lines.iter().filter(|line| self.pick_of(line).is_none())
    }

    /// The open line behind this one, around the whole way.
    pub(super) fn behind(&self, line: &OrderLine) -> Option<&OrderLine> {
        let at = self.open().position(|l| l.position == line.position)?;
        self.open().nth(at + 1).or_else(|| self.open().next()).filter(|l| l.position != line.position)
    }

    pub(super) fn line(&self, position: i32) -> Option<&OrderLine> {
        self.lines.iter().find(|l| l.position == position)
    }

    /// The step that can be undone.
    pub(super) fn last_pick(&self) -> Option<&Pick> {
        self.picks.iter().max_by_key(|p| (p.at, p.position))
    }

    pub(super) fn shelf_of(&self, product: ProductId) -> &str {
        self.shelves.get(&product).map_or("", |s| s.shelf.as_str())
    }

    /// Units of a product nobody waits for.
    pub(super) fn free_of(&self, product: ProductId) -> i32 {
        self.shelves.get(&product).map_or(0, |s| (s.on_hand - s.held).max(0))
    }

    pub(super) fn storage_of(&self, product: ProductId) -> Storage {
        self.wares.get(&product).map_or(Storage::Ambient, |w| w.storage)
    }

    /// Its crate on the trolley, while it is picked together with others.
    pub(super) fn crate_no(&self) -> Option<i32> {
        self.row.as_ref().and_then(|row| row.crate_no)
    }

    pub(super) fn way(&self) -> Way {
        if self.crate_no().is_some() { Way::Walk } else { Way::Order }
    }

    pub(super) fn state(&self) -> Option<FulfilmentState> {
        self.row.as_ref().map(|r| r.state)
    }

    pub(super) fn is_in_hand_of(&self, who: StaffId) -> bool {
        self.row.as_ref().is_some_and(|r| r.state == FulfilmentState::Picking && r.picker_id == Some(who))
    }

    /// What the lines settled so far lie in: bags of each temperature, by a rule of thumb.
    pub(super) fn bags_by_rule(&self) -> Vec<(Storage, usize)> {
        let units_in = |storage| {
            let in_bags = self.picks.iter().flat_map(Pick::in_bag);
            let in_bags = in_bags.filter(|(id, _)| self.storage_of(*id) == storage);
            in_bags.map(|(_, units)| usize::try_from(units).unwrap_or(0)).sum::<usize>()
        };
        words::TEMPERATURES.into_iter().map(|s| (s, units_in(s).div_ceil(UNITS_IN_A_BAG))).collect()
    }
}

/// More than that nobody wants to carry in one bag.
const UNITS_IN_A_BAG: usize = 12;
