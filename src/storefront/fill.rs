//! What differs by visitor: the fillings of the holes in a page.

mod notices;
mod reader;

pub(crate) use reader::BasketReader;

use super::notice::Notice;
use super::parts::{
    Bar, BasketLink, Here, KnownPlace, Step, Tell, TermWords, html, items_words, your_account,
};
use super::shop::Shop;
use super::visit::Visit;
use super::when::When;
use crate::basket::{Basket, Spot, Totals};
use crate::catalog::Item;
use crate::clock;
use crate::delivery::Window;
use crate::error::AppError;
use crate::journeys::Choice;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::PgConnection;
use notices::{address_of, product_of};
use std::borrow::Cow;
use std::sync::Arc;

/// Somebody looking at a page, with everything a page may say to them alone.
pub(crate) struct Viewer {
    pub(crate) basket: Arc<Basket>,
    pub(crate) totals: Totals,
    /// The next windows with room, where the place is known.
    pub(crate) windows: Arc<Vec<Window>>,
    notice: Option<(Notice, Option<Item>)>,
    /// Of theirs, where the notice names it.
    address: Option<String>,
    choice: Choice,
    /// By what their browser says; a page of their own asks for more.
    signed_in: bool,
    zone: Tz,
    now: DateTime<Utc>,
}

impl Viewer {
    /// What reads a viewer, to be run where there is a connection.
    pub(crate) fn loader(
        shop: &Shop,
        visit: &Visit,
    ) -> impl Fn(&mut PgConnection) -> Result<Self, AppError> + Send + Sync + 'static {
        let load = Self::loader_at(shop, visit);
        move |conn| load(conn, None)
    }

    /// As [`Viewer::loader`], for who may know the basket's version already.
    pub(crate) fn loader_at(
        shop: &Shop,
        visit: &Visit,
    ) -> impl Fn(&mut PgConnection, Option<i64>) -> Result<Self, AppError> + Send + Sync + 'static {
        let (notice, choice, signed_in) = (visit.notice, visit.choice, visit.token.is_some());
        let (zone, vat) = (shop.app.config.shop.zone, shop.app.config.shop.delivery_vat_percent);
        let (id, now) = (visit.basket, shop.app.clock.now());
        let (upcoming, reader) = (Arc::clone(&shop.upcoming), BasketReader::new(shop));
        move |conn, version| {
            let basket = id.map_or(Ok(None), |id| reader.read(conn, id, version))?;
            let basket = basket.unwrap_or_else(|| Arc::new(Basket::empty(id)));
            let windows = match &basket.spot {
                Some(spot) => upcoming.of(conn, spot.quote.zone_id, now)?,
                None => Arc::default(),
            };
            let address = address_of(conn, notice)?;
            let notice =
                notice.map(|n| Ok::<_, AppError>((n, product_of(conn, n, &basket, now)?))).transpose()?;
            let totals = Totals::of(&basket, vat);
            Ok(Self { basket, totals, windows, notice, address, choice, signed_in, zone, now })
        }
    }

    /// A viewer of whom all is known without asking. Who is to be told something is read anew:
    /// they have just changed it, perhaps at another instance.
    pub(super) fn at_hand(shop: &Shop, visit: &Visit) -> Option<Self> {
        if visit.notice.is_some() {
            return None;
        }
        let (now, settings) = (shop.app.clock.now(), &shop.app.config.shop);
        let basket = match visit.basket {
            Some(id) => shop.baskets.get(id, now)?,
            None => Arc::new(Basket::empty(None)),
        };
        let windows = match &basket.spot {
            Some(spot) => shop.upcoming.known(spot.quote.zone_id, now)?,
            None => Arc::default(),
        };
        let totals = Totals::of(&basket, settings.delivery_vat_percent);
        Some(Self {
            basket,
            totals,
            windows,
            notice: None,
            address: None,
            choice: visit.choice,
            signed_in: visit.token.is_some(),
            zone: settings.zone,
            now,
        })
    }

    /// What goes into a hole, or nothing where this visitor sees what most see.
    pub(crate) fn fill(&self, hole: &str) -> Option<Cow<'static, str>> {
        if let Some(product) = hole.strip_prefix("step:") {
            let product: i64 = product.parse().ok()?;
            let line = self.basket.lines.iter().find(|l| l.item.article.id.0 == product)?;
            return Some(Step::new(&line.item, line.quantity()).html().into());
        }
        if let Some(product) = hole.strip_prefix("addbar:") {
            let product: i64 = product.parse().ok()?;
            return (self.basket.quantity_of(product) > 0).then(|| self.bar().into());
        }
        if let Some(sku) = hole.strip_prefix("tell:") {
            return self.signed_in.then(|| Tell { sku, ..Tell::default() }.html().into());
        }
        match hole {
            "place" => self.spot().map(|s| self.known_place(s).into()),
            "basket" => (!self.basket.is_empty()).then(|| self.basket_link().into()),
            "bar" => (!self.basket.is_empty()).then(|| self.bar().into()),
            "notice" => self.notice_html().map(Into::into),
            "account" => self.signed_in.then(|| your_account().into()),
            "consent" => (self.choice != Choice::Unsaid).then_some(Cow::Borrowed("")),
            "here" => self.spot().map(|s| self.here(s).into()),
            "when" => self.next_window().map(|w| format!(" for {}", self.when().window(w)).into()),
            _ => None,
        }
    }

    pub(super) fn is_signed_in(&self) -> bool {
        self.signed_in
    }

    pub(crate) fn spot(&self) -> Option<&Spot> {
        self.basket.spot.as_ref()
    }

    pub(super) fn next_window(&self) -> Option<&Window> {
        self.windows.first()
    }

    fn when(&self) -> When {
        When { zone: self.zone, now: self.now }
    }

    /// `Today, Sat 21 Nov, 18:00–20:00`
    pub(super) fn next_words(&self) -> String {
        self.when().full(self.next_window())
    }

    fn then_words(&self) -> Vec<String> {
        self.windows.iter().skip(1).take(3).map(|w| w.label(self.zone)).collect()
    }

    fn known_place(&self, spot: &Spot) -> String {
        html(&KnownPlace {
            label: spot.place.label(),
            routing_key: &spot.place.routing_key,
            deal: format!("{}, {}", spot.quote.fee_cents, self.when().short(self.next_window())),
            terms: self.terms(spot),
        })
    }

    fn terms(&self, spot: &Spot) -> TermWords {
        TermWords {
            label: spot.place.label(),
            fee: spot.quote.fee_cents.to_string(),
            free_from: spot.quote.free_from_cents.to_string(),
            minimum: spot.quote.minimum_cents.to_string(),
            next: self.next_words(),
            then: self.then_words(),
            zone: spot.zone.clone(),
            until: clock::time_label(self.zone, spot.quote.valid_until),
        }
    }

    fn here(&self, spot: &Spot) -> String {
        html(&Here { terms: self.terms(spot) })
    }

    fn basket_link(&self) -> String {
        html(&BasketLink {
            count: self.totals.count,
            goods: self.totals.goods.to_string(),
            changed: self.has_changes(),
        })
    }

    fn bar(&self) -> String {
        html(&Bar { sum: self.totals.goods.to_string(), fine: self.bar_words() })
    }

    /// Whether the basket holds a change that the shopper has not read.
    fn has_changes(&self) -> bool {
        let basket = &self.basket;
        basket.lines.iter().any(crate::basket::Line::has_changed)
            || basket.old_terms().is_some()
            || basket.lost_place.is_some()
    }

    fn bar_words(&self) -> String {
        if self.has_changes() {
            return "something changed, see your basket".to_owned();
        }
        match self.totals.until_free {
            Some(left) if !left.is_zero() => format!("{left} to free delivery"),
            Some(_) => "delivery is free".to_owned(),
            None => format!("{} in your basket", items_words(self.totals.count)),
        }
    }
}
