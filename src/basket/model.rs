use crate::catalog::{Item, Offer, OfferKind, Priced, price_lines};
use crate::db::schema::basket_lines;
use crate::delivery::{Place, Quote, Terms};
use crate::ids::BasketId;
use crate::money::Money;
use diesel::prelude::*;

/// The most of one thing in one basket.
pub const MAX_QUANTITY: i32 = 99;

#[derive(Debug, Clone)]
pub struct Basket {
    pub id: BasketId,
    /// Where it goes, once that is known.
    pub spot: Option<Spot>,
    /// The terms the shopper last saw.
    pub seen_terms: Option<Terms>,
    /// A place of theirs that we do not go to any more.
    pub lost_place: Option<String>,
    /// In the order they were added.
    pub lines: Vec<Line>,
    /// Another one after each change.
    pub version: i64,
}

/// A place and the fee promised for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    pub quote: Quote,
    pub place: Place,
    pub zone: String,
}

/// One product in a basket, with what it costs now.
#[derive(Debug, Clone)]
pub struct Line {
    pub item: Item,
    pub seen: Seen,
    /// The offer that was at work when the line was last seen.
    pub seen_offer: Option<Offer>,
    /// What counts towards the total: no more than there is.
    pub counted: i32,
    /// What the offer takes off this line.
    pub off: Money,
}

/// What the shopper last saw of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = basket_lines)]
pub struct Seen {
    pub quantity: i32,
    pub seen_price_cents: Money,
    pub seen_quantity: i32,
}

/// A line as the database has it: the product now, and what was last seen.
pub(super) type Row = (Item, Seen, Option<Offer>);

impl Line {
    /// What the shopper asked for.
    pub const fn quantity(&self) -> i32 {
        self.seen.quantity
    }

    /// Before any offer.
    pub fn full(&self) -> Money {
        self.item.article.price_cents * self.counted
    }

    pub fn sum(&self) -> Money {
        self.full() - self.off
    }

    /// The most the line can come to once it is weighed.
    pub fn most(&self) -> Money {
        let over = self.item.most() - self.item.unit_price();
        self.sum() + over * self.counted
    }

    /// The price of one piece when it was last seen, if it is another now.
    pub fn old_price(&self) -> Option<Money> {
        Some(self.seen.seen_price_cents).filter(|old| *old != self.item.unit_price())
    }

    /// How many counted when it was last seen, if it is another number now: stock has come or gone.
    pub fn old_counted(&self) -> Option<i32> {
        Some(self.seen.seen_quantity).filter(|old| *old != self.counted)
    }

    /// The offer for several pieces that is over since the line was last seen. A percentage that
    /// has ended is a price that has changed.
    pub fn old_offer(&self) -> Option<&Offer> {
        let now = self.item.offer.as_ref().map(|o| o.id);
        self.seen_offer.as_ref().filter(|o| o.kind != OfferKind::Percent && Some(o.id) != now)
    }

    /// The line as it was last seen. A percentage is in the price that was seen.
    pub(super) fn as_seen(&self) -> Priced {
        let offer = self.seen_offer.clone().filter(|o| o.kind != OfferKind::Percent);
        Priced { quantity: self.seen.seen_quantity, full_price: self.seen.seen_price_cents, offer }
    }

    /// Whether it may well have run out when it is picked: once this order is placed, `few` or fewer are
    /// free for everybody else. What is weighed counts so from twice as many on, since weights spoil and
    /// are counted roughly.
    pub fn is_at_risk(&self, few: i32) -> bool {
        let left = self.item.available() - self.counted;
        left <= if self.item.article.is_weighed() { few * 2 } else { few }
    }

    pub fn has_changed(&self) -> bool {
        self.old_price().is_some() || self.old_counted().is_some() || self.old_offer().is_some()
    }
}

impl Basket {
    /// That of somebody who has none yet.
    pub fn empty(id: Option<BasketId>) -> Self {
        let id = id.unwrap_or(BasketId(uuid::Uuid::nil()));
        Self { id, spot: None, seen_terms: None, lost_place: None, lines: Vec::new(), version: 0 }
    }

    pub(super) fn new(id: BasketId, spot: Option<Spot>, seen_terms: Option<Terms>, rows: Vec<Row>) -> Self {
        let mut lines: Vec<Line> = rows
            .into_iter()
            .map(|(item, seen, seen_offer)| Line {
                counted: seen.quantity.min(item.available()),
                off: Money::ZERO,
                item,
                seen,
                seen_offer,
            })
            .collect();
        take_offers_off(&mut lines);
        Self { id, spot, seen_terms, lost_place: None, lines, version: 0 }
    }

    /// So many of each thing, counted as they are wanted whatever there is: what an order would come to.
    pub fn as_wanted(spot: Spot, things: Vec<(Item, i32)>) -> Self {
        let line = |(item, quantity): (Item, i32)| Line {
            seen: Seen { quantity, seen_price_cents: item.unit_price(), seen_quantity: quantity },
            seen_offer: item.offer.clone(),
            counted: quantity,
            off: Money::ZERO,
            item,
        };
        let mut lines: Vec<Line> = things.into_iter().map(line).collect();
        take_offers_off(&mut lines);
        Self { spot: Some(spot), lines, ..Self::empty(None) }
    }

    /// The terms when they were last seen, if they are others now: the quote ran out, and the
    /// zone's have changed.
    pub fn old_terms(&self) -> Option<Terms> {
        let terms = self.spot.as_ref()?.quote.terms();
        self.seen_terms.filter(|seen| *seen != terms)
    }

    /// Pieces that count.
    pub fn count(&self) -> i32 {
        self.lines.iter().map(|l| l.counted).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub fn quantity_of(&self, product: i64) -> i32 {
        self.lines.iter().find(|l| l.item.article.id.0 == product).map_or(0, Line::quantity)
    }
}

fn take_offers_off(lines: &mut [Line]) {
    let priced: Vec<Priced> = lines
        .iter()
        .map(|l| Priced {
            quantity: l.counted,
            full_price: l.item.article.price_cents,
            offer: l.item.offer.clone(),
        })
        .collect();
    for (line, off) in lines.iter_mut().zip(price_lines(&priced)) {
        line.off = off;
    }
}
