//! What differs by visitor: the fillings of the holes in a page.

use super::notice::Notice;
use super::parts::{
    Bar, BasketLink, Here, KnownPlace, NoticeBox, Step, TermWords, TotalsBlock, html, items_words,
    your_account,
};
use super::shop::Shop;
use super::visit::Visit;
use super::when::When;
use crate::basket::{self, Basket, Kept, Spot, Totals};
use crate::catalog::{self, Item, Shelf};
use crate::clock;
use crate::delivery::Window;
use crate::error::AppError;
use crate::ids::BasketId;
use crate::journeys::Choice;
use chrono::{DateTime, Duration, Utc};
use chrono_tz::Tz;
use diesel::{PgConnection, QueryResult};
use std::borrow::Cow;
use std::sync::Arc;

/// Somebody looking at a page, with everything a page may say to them alone.
pub(crate) struct Viewer {
    pub(crate) basket: Arc<Basket>,
    pub(crate) totals: Totals,
    /// The next windows with room, where the place is known.
    pub(crate) windows: Arc<Vec<Window>>,
    notice: Option<(Notice, Option<Item>)>,
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
            let notice =
                notice.map(|n| Ok::<_, AppError>((n, product_of(conn, n, &basket, now)?))).transpose()?;
            let totals = Totals::of(&basket, vat);
            Ok(Self { basket, totals, windows, notice, choice, signed_in, zone, now })
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

    fn notice_words(&self, notice: Notice, item: Option<&Item>) -> String {
        let name = item.map_or("That product", |i| &i.article.name);
        let in_basket = item.map_or(0, |i| self.basket.quantity_of(i.article.id.0));
        match notice {
            Notice::Added { .. } => format!("{name} added"),
            Notice::Changed { quantity, .. } => format!("{name}: {quantity} in your basket now"),
            Notice::Removed { .. } => format!("{name} removed"),
            Notice::OnlyLeft { available: 0, .. } => format!("{name} is sold out just now"),
            Notice::OnlyLeft { available, .. } => only_left_words(name, available, in_basket),
            Notice::BasketFull => {
                "Your basket holds 200 different things. Take one out to add another.".to_owned()
            }
            Notice::NotAQuantity => "How many? Enter a number from 0 to 99.".to_owned(),
            Notice::PlaceSet => self.spot().map_or_else(String::new, |s| {
                format!("Delivery to {} is {}. {}.", s.place.label(), s.quote.fee_cents, self.next_words())
            }),
            Notice::WishNoted => "Noted. We write to you when we come to your place.".to_owned(),
            Notice::ChoiceKept => "Your choice is kept.".to_owned(),
            Notice::NothingToOrder => "There is nothing in your basket to order yet.".to_owned(),
            Notice::TooLittle => self.too_little_words(),
            Notice::SignedIn => "You are signed in.".to_owned(),
            Notice::Joined { products, more } => self.joined_words(products, more),
            Notice::AccountMade => "Your account is ready. You are signed in.".to_owned(),
            Notice::SignedOut => "You are signed out. Your basket waits in your account.".to_owned(),
            Notice::SignedOutEverywhere => {
                "You are signed out everywhere. Your basket waits in your account.".to_owned()
            }
            Notice::DetailsKept => "Your details are kept.".to_owned(),
            Notice::PasswordChanged => {
                "Your password is changed, and you are signed out everywhere else.".to_owned()
            }
        }
    }

    fn too_little_words(&self) -> String {
        let left = self.totals.until_minimum.filter(|left| !left.is_zero());
        match (self.spot(), left) {
            (Some(spot), Some(left)) => {
                let minimum = spot.quote.minimum_cents;
                format!("We bring orders from {minimum}. {left} more and you can check out.")
            }
            _ => "Your basket is large enough now: you can check out.".to_owned(),
        }
    }

    /// What came into the account's basket by name, as far as it is still there.
    fn joined_words(&self, products: [i64; 3], more: i32) -> String {
        let of = |id: &i64| self.basket.lines.iter().find(|l| l.item.article.id.0 == *id);
        let names: Vec<&str> = products.iter().filter_map(of).map(|l| l.item.article.name.as_str()).collect();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        match names.as_slice() {
            [] => "You are signed in.".to_owned(),
            [names @ .., last] if more.is_empty() && !names.is_empty() => {
                format!("You are signed in. Added to your basket: {} and {last}.", names.join(", "))
            }
            names => format!("You are signed in. Added to your basket: {}{more}.", names.join(", ")),
        }
    }

    fn notice_html(&self) -> Option<String> {
        let (notice, item) = self.notice.as_ref()?;
        let words = self.notice_words(*notice, item.as_ref());
        let bad = matches!(
            notice,
            Notice::OnlyLeft { .. }
                | Notice::BasketFull
                | Notice::NotAQuantity
                | Notice::NothingToOrder
                | Notice::TooLittle
        );
        let undo = match notice {
            Notice::Removed { before, .. } => item.as_ref().map(|i| (i.article.sku.clone(), *before)),
            Notice::Added { .. } => item.as_ref().map(|i| (i.article.sku.clone(), 0)),
            Notice::Changed { before, .. } => item.as_ref().map(|i| (i.article.sku.clone(), *before)),
            Notice::OnlyLeft { .. }
            | Notice::BasketFull
            | Notice::NotAQuantity
            | Notice::PlaceSet
            | Notice::WishNoted
            | Notice::ChoiceKept
            | Notice::NothingToOrder
            | Notice::TooLittle
            | Notice::SignedIn
            | Notice::Joined { .. }
            | Notice::AccountMade
            | Notice::SignedOut
            | Notice::SignedOutEverywhere
            | Notice::DetailsKept
            | Notice::PasswordChanged => None,
        };
        let show_basket = matches!(
            notice,
            Notice::Added { .. } | Notice::Removed { .. } | Notice::Changed { .. } | Notice::Joined { .. }
        );
        let say = if show_basket { format!("{words}. Total {}.", self.totals.total) } else { words.clone() };
        Some(html(&NoticeBox {
            words,
            say,
            bad,
            undo,
            totals: (show_basket && !self.basket.is_empty())
                .then(|| TotalsBlock::new(&self.basket, &self.totals)),
            quiet: matches!(notice, Notice::Changed { .. }),
        }))
    }
}

/// What is needed to read a basket where there is a connection: what is kept of it, as long as that
/// is what the database would say.
#[derive(Clone)]
pub(crate) struct BasketReader {
    kept: Kept,
    shelf: Shelf,
    quote_valid_for: Duration,
    now: DateTime<Utc>,
}

impl BasketReader {
    pub(crate) fn new(shop: &Shop) -> Self {
        Self {
            kept: shop.baskets.clone(),
            shelf: shop.shelf.clone(),
            quote_valid_for: shop.quote_valid_for(),
            now: shop.app.clock.now(),
        }
    }

    /// The basket at this version; where the version is not known, it is asked for. Outside of a
    /// transaction: what that has changed may not come to pass.
    ///
    /// # Errors
    /// When the database does not answer. `None`: there is no such basket.
    fn read(
        &self,
        conn: &mut PgConnection,
        id: BasketId,
        version: Option<i64>,
    ) -> QueryResult<Option<Arc<Basket>>> {
        if let Some(basket) = self.at_hand(id) {
            let present = version.map_or_else(|| basket::version(conn, id), |v| Ok(Some(v)))?;
            if present == Some(basket.version) {
                return Ok(Some(basket));
            }
        }
        let before = self.kept.before(id);
        let basket = basket::load(conn, id, self.quote_valid_for, self.now)?.map(Arc::new);
        if let Some(basket) = &basket {
            self.kept.keep(basket, before);
        }
        Ok(basket)
    }

    /// The basket at this version, if it is kept.
    pub(crate) fn known(&self, id: BasketId, version: i64) -> Option<Arc<Basket>> {
        self.at_hand(id).filter(|basket| basket.version == version)
    }

    /// Nobody tells of an offer that begins or ends just now.
    fn at_hand(&self, id: BasketId) -> Option<Arc<Basket>> {
        if self.shelf.offers_are_due(self.now) { None } else { self.kept.get(id, self.now) }
    }
}

/// The product a notice is about: in the basket, or on the shelf.
fn product_of(
    conn: &mut PgConnection,
    notice: Notice,
    basket: &Basket,
    now: DateTime<Utc>,
) -> Result<Option<Item>, AppError> {
    let Some(id) = notice.product() else { return Ok(None) };
    if let Some(line) = basket.lines.iter().find(|l| l.item.article.id.0 == id) {
        return Ok(Some(line.item.clone()));
    }
    Ok(catalog::by_ids(conn, &[id], now)?.pop())
}

fn only_left_words(name: &str, available: i32, in_basket: i32) -> String {
    if in_basket == 0 {
        format!("Only {available} of {name} left. Nothing was added.")
    } else {
        format!("Only {available} of {name} left. You still have {in_basket} in your basket.")
    }
}
