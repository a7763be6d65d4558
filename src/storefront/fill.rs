//! What differs by visitor: the fillings of the holes in a page.

use super::notice::Notice;
use super::shop::Shop;
use super::visit::Visit;
use crate::basket::{self, Basket, Spot, Totals};
use crate::catalog::{self, Item, PictureFit};
use crate::clock;
use crate::delivery::Window;
use crate::error::AppError;
use crate::ids::BasketId;
use crate::journeys::Choice;
use crate::web::assets;
use askama::Template;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use diesel::PgConnection;
use std::borrow::Cow;
use std::sync::Arc;

/// Somebody looking at a page, with everything a page may say to them alone.
pub(super) struct Viewer {
    pub(super) basket: Basket,
    pub(super) totals: Totals,
    /// The next windows with room, where the place is known.
    pub(super) windows: Arc<Vec<Window>>,
    notice: Option<(Notice, Option<Item>)>,
    choice: Choice,
    zone: Tz,
    now: DateTime<Utc>,
}

impl Viewer {
    /// What reads a viewer, to be run where there is a connection.
    pub(super) fn loader(
        shop: &Shop,
        visit: &Visit,
    ) -> impl Fn(&mut PgConnection) -> Result<Self, AppError> + Send + Sync + 'static {
        let (id, notice, choice) = (visit.basket, visit.notice, visit.choice);
        let (valid_for, now) = (shop.quote_valid_for(), shop.app.clock.now());
        let (zone, vat) = (shop.app.config.shop.zone, shop.app.config.shop.delivery_vat_percent);
        let upcoming = Arc::clone(&shop.upcoming);
        move |conn| {
            let basket = id.map_or(Ok(None), |id| basket::load(conn, id, valid_for, now))?;
            let basket = basket.unwrap_or_else(|| Basket {
                id: id.unwrap_or(BasketId(uuid::Uuid::nil())),
                spot: None,
                seen_fee: None,
                lines: Vec::new(),
            });
            let windows = match &basket.spot {
                Some(spot) => upcoming.of(conn, spot.quote.zone_id, now)?,
                None => Arc::default(),
            };
            let notice =
                notice.map(|n| Ok::<_, AppError>((n, product_of(conn, n, &basket, now)?))).transpose()?;
            let totals = Totals::of(&basket, vat);
            Ok(Self { basket, totals, windows, notice, choice, zone, now })
        }
    }

    /// What goes into a hole, or nothing where this visitor sees what most see.
    pub(super) fn fill(&self, hole: &str) -> Option<Cow<'static, str>> {
        if let Some(product) = hole.strip_prefix("step:") {
            let product: i64 = product.parse().ok()?;
            let line = self.basket.lines.iter().find(|l| l.item.article.id.0 == product)?;
            return Some(Step::new(&line.item, line.quantity()).html().into());
        }
        match hole {
            "place" => self.spot().map(|s| self.known_place(s).into()),
            "basket" => (!self.basket.is_empty()).then(|| self.basket_link().into()),
            "bar" => (!self.basket.is_empty()).then(|| self.bar().into()),
            "notice" => self.notice_html().map(Into::into),
            "consent" => (self.choice != Choice::Unsaid).then_some(Cow::Borrowed("")),
            "here" => self.spot().map(|s| self.here(s).into()),
            "when" => self.next_window().map(|w| format!(" for {}", w.label(self.zone)).into()),
            _ => None,
        }
    }

    pub(super) fn spot(&self) -> Option<&Spot> {
        self.basket.spot.as_ref()
    }

    pub(super) fn next_window(&self) -> Option<&Window> {
        self.windows.first()
    }

    /// `Today, Sat 21 Nov, 18:00–20:00`
    pub(super) fn next_words(&self) -> String {
        let Some(window) = self.next_window() else { return "No free time at the moment".to_owned() };
        let label = window.label(self.zone);
        match clock::near_day(self.zone, self.now, window.starts_at) {
            Some("today") => format!("Today, {label}"),
            Some(_) => format!("Tomorrow, {label}"),
            None => label,
        }
    }

    fn then_words(&self) -> Vec<String> {
        self.windows.iter().skip(1).take(3).map(|w| w.label(self.zone)).collect()
    }

    /// `next today 18:00`
    fn next_short(&self) -> String {
        let Some(window) = self.next_window() else { return "no free time".to_owned() };
        let time = clock::time_label(self.zone, window.starts_at);
        let day = clock::near_day(self.zone, self.now, window.starts_at)
            .map_or_else(|| clock::day_label(self.zone, window.starts_at), str::to_owned);
        format!("next {day} {time}")
    }

    fn known_place(&self, spot: &Spot) -> String {
        html(&KnownPlace {
            label: spot.place.label(),
            routing_key: &spot.place.routing_key,
            deal: format!("{}, {}", spot.quote.fee_cents, self.next_short()),
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
        html(&BasketLink { count: self.totals.count, goods: self.totals.goods.to_string() })
    }

    fn bar(&self) -> String {
        html(&Bar { sum: self.totals.goods.to_string(), fine: self.bar_words() })
    }

    fn bar_words(&self) -> String {
        match self.totals.until_free {
            Some(left) if !left.is_zero() => format!("{left} to free delivery"),
            Some(_) => "delivery is free".to_owned(),
            None => format!("{} in your basket", items_words(self.totals.count)),
        }
    }

    fn notice_html(&self) -> Option<String> {
        let (notice, item) = self.notice.as_ref()?;
        let name = item.as_ref().map_or("That product", |i| &i.article.name);
        let in_basket = item.as_ref().map_or(0, |i| self.basket.quantity_of(i.article.id.0));
        let words = match notice {
            Notice::Added { .. } => format!("{name} added"),
            Notice::Changed { quantity, .. } => format!("{name}: {quantity} in your basket"),
            Notice::Removed { .. } => format!("{name} removed"),
            Notice::OnlyLeft { available: 0, .. } => format!("{name} is sold out just now"),
            Notice::OnlyLeft { available, .. } => only_left_words(name, *available, in_basket),
            Notice::BasketFull => {
                "Your basket holds 200 different things. Take one out to add another.".to_owned()
            }
            Notice::NotAQuantity => "How many? Enter a number from 0 to 99.".to_owned(),
            Notice::PlaceSet => self.spot().map_or_else(String::new, |s| {
                format!("Delivery to {} is {}. {}.", s.place.label(), s.quote.fee_cents, self.next_words())
            }),
            Notice::WishNoted => "Noted. We write to you when we come to your place.".to_owned(),
            Notice::ChoiceKept => "Your choice is kept.".to_owned(),
        };
        let bad = matches!(notice, Notice::OnlyLeft { .. } | Notice::BasketFull | Notice::NotAQuantity);
        let undo = match notice {
            Notice::Removed { before, .. } => item.as_ref().map(|i| (i.article.sku.clone(), *before)),
            Notice::Added { .. } => item.as_ref().map(|i| (i.article.sku.clone(), 0)),
            Notice::Changed { .. }
            | Notice::OnlyLeft { .. }
            | Notice::BasketFull
            | Notice::NotAQuantity
            | Notice::PlaceSet
            | Notice::WishNoted
            | Notice::ChoiceKept => None,
        };
        let show_basket =
            matches!(notice, Notice::Added { .. } | Notice::Removed { .. } | Notice::Changed { .. });
        Some(html(&NoticeBox {
            words,
            bad,
            undo,
            totals: (show_basket && !self.basket.is_empty())
                .then(|| TotalsBlock::new(&self.basket, &self.totals)),
            quiet: matches!(notice, Notice::Changed { .. }),
        }))
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

/// `1 item`, `9 items`
pub(super) fn items_words(count: i32) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}

/// A part that failed to render is left out; the page stands.
fn html(part: &impl Template) -> String {
    part.render().unwrap_or_else(|e| {
        log::error!("a part of a page could not be rendered: {e}");
        String::new()
    })
}

pub(super) const NO_BAR: &str = "<div data-live=\"bar\"></div>";
pub(super) const NO_NOTICE: &str = "<div data-live=\"notice\"></div>";

pub(super) fn unknown_place() -> String {
    html(&UnknownPlace)
}

pub(super) fn empty_basket() -> String {
    html(&BasketLink { count: 0, goods: String::new() })
}

pub(super) fn consent_question() -> String {
    html(&Consent)
}

#[derive(Template)]
#[template(path = "parts/place_unknown.html")]
struct UnknownPlace;

#[derive(Template)]
#[template(path = "parts/consent.html")]
struct Consent;

#[derive(Template)]
#[template(path = "parts/place_known.html")]
struct KnownPlace<'a> {
    label: String,
    routing_key: &'a str,
    deal: String,
    terms: TermWords,
}

pub(super) struct TermWords {
    pub(super) label: String,
    pub(super) fee: String,
    pub(super) free_from: String,
    pub(super) minimum: String,
    pub(super) next: String,
    /// The windows after the next one.
    pub(super) then: Vec<String>,
    pub(super) zone: String,
    /// Until when the fee holds.
    pub(super) until: String,
}

#[derive(Template)]
#[template(path = "parts/here.html")]
struct Here {
    terms: TermWords,
}

#[derive(Template)]
#[template(path = "parts/basket_link.html")]
struct BasketLink {
    count: i32,
    goods: String,
}

#[derive(Template)]
#[template(path = "parts/bar.html")]
struct Bar {
    sum: String,
    fine: String,
}

#[derive(Template)]
#[template(path = "parts/notice.html")]
struct NoticeBox {
    words: String,
    bad: bool,
    /// Article number and the quantity to go back to.
    undo: Option<(String, i32)>,
    totals: Option<TotalsBlock>,
    quiet: bool,
}

/// The stepper of one product: a plus, or minus, quantity and plus.
#[derive(Template)]
#[template(path = "parts/step.html")]
pub(super) struct Step<'a> {
    id: i64,
    sku: &'a str,
    name: &'a str,
    quantity: i32,
    fewer: i32,
    more: i32,
    /// Whether one more can be had.
    at_most: bool,
    plain: bool,
    /// What the button says where there is room for words, while there is none in the basket.
    words: Option<String>,
}

impl<'a> Step<'a> {
    pub(super) fn new(item: &'a Item, quantity: i32) -> Self {
        let article = &item.article;
        Self {
            id: article.id.0,
            sku: &article.sku,
            name: &article.name,
            quantity,
            fewer: (quantity - 1).max(0),
            more: quantity + 1,
            at_most: quantity >= item.available().min(basket::MAX_QUANTITY),
            plain: false,
            words: None,
        }
    }

    /// For the product's own page, where the button has words.
    #[must_use]
    pub(super) fn with_words(mut self, words: String) -> Self {
        self.words = Some(words);
        self
    }

    /// For a row instead of a card.
    #[must_use]
    pub(super) fn plain(mut self) -> Self {
        self.plain = true;
        self
    }

    pub(super) fn html(&self) -> String {
        html(self)
    }
}

/// The one block of sums: items, discounts, delivery, total, tax.
#[derive(Template)]
#[template(path = "parts/totals.html")]
pub(super) struct TotalsBlock {
    pub(super) items_words: String,
    pub(super) items: String,
    pub(super) offers: Vec<(String, String)>,
    pub(super) delivery_to: Option<String>,
    pub(super) delivery: Option<String>,
    pub(super) total: String,
    /// The total before something changed that was not the shopper's doing.
    pub(super) before: Option<String>,
    pub(super) tax: String,
    pub(super) most: Option<String>,
    pub(super) goal: Option<Goal>,
    pub(super) until_minimum: Option<(String, String)>,
}

/// How far it is to free delivery.
pub(super) struct Goal {
    pub(super) left: Option<String>,
    pub(super) from: String,
    /// Cents, for the bar.
    pub(super) value: i64,
    pub(super) max: i64,
    pub(super) words: String,
}

impl TotalsBlock {
    pub(super) fn new(basket: &Basket, totals: &Totals) -> Self {
        Self {
            items_words: items_words(totals.count),
            items: totals.items.to_string(),
            offers: totals.offers.iter().map(|(name, off)| (name.clone(), (-*off).to_string())).collect(),
            delivery_to: basket.spot.as_ref().map(|s| s.place.label()),
            delivery: totals
                .delivery
                .map(|fee| if fee.is_zero() { "Free".to_owned() } else { fee.to_string() }),
            total: totals.total.to_string(),
            before: totals.before(basket).map(|m| m.to_string()),
            tax: totals.tax_sum().to_string(),
            most: (totals.most > totals.total).then(|| totals.most.to_string()),
            goal: goal(basket, totals),
            until_minimum: basket.spot.as_ref().and_then(|s| {
                let left = totals.until_minimum.filter(|left| !left.is_zero())?;
                Some((left.to_string(), s.quote.minimum_cents.to_string()))
            }),
        }
    }

    pub(super) fn html(&self) -> String {
        html(self)
    }
}

fn goal(basket: &Basket, totals: &Totals) -> Option<Goal> {
    let spot = basket.spot.as_ref()?;
    let left = totals.until_free?;
    let from = spot.quote.free_from_cents;
    Some(Goal {
        left: (!left.is_zero()).then(|| left.to_string()),
        from: from.to_string(),
        value: totals.goods.cents().min(from.cents()),
        max: from.cents(),
        words: format!("{} of {from} for free delivery", totals.goods),
    })
}

/// One line of the basket page.
pub(super) struct LineView {
    pub(super) href: String,
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) picture: String,
    pub(super) fresh: bool,
    pub(super) meta: String,
    pub(super) sum: String,
    pub(super) full: Option<String>,
    pub(super) most: Option<String>,
    pub(super) step: String,
    /// What changed since the shopper last saw it, in words.
    pub(super) changes: Vec<String>,
}

impl LineView {
    pub(super) fn new(line: &basket::Line) -> Self {
        let article = &line.item.article;
        let per_unit = line.item.per_kg().unwrap_or_else(|| article.per_unit(line.item.unit_price()));
        let offer = line.item.offer.as_ref().map_or(String::new(), |o| format!(". {}", o.label));
        Self {
            href: format!("/p/{}", article.slug),
            sku: article.sku.clone(),
            name: article.name.clone(),
            picture: assets::picture(&article.picture).into_owned(),
            fresh: article.picture_fit == PictureFit::Fresh,
            meta: format!("{}, {per_unit}{}{offer}", article.size_label(), article.unit_suffix()),
            sum: line.sum().to_string(),
            full: (!line.off.is_zero()).then(|| line.full().to_string()),
            most: article.is_weighed().then(|| line.most().to_string()),
            step: Step::new(&line.item, line.quantity()).plain().html(),
            changes: changes(line),
        }
    }
}

fn changes(line: &basket::Line) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(old) = line.old_price() {
        words.push(format!("The price was {old} when you added it. It is {} now.", line.item.unit_price()));
    }
    if line.counted == 0 {
        words.push("Sold out since you added it. It does not count in the total.".to_owned());
    } else if line.counted < line.quantity() {
        words.push(format!(
            "Only {} left. You wanted {}; the total counts {}.",
            line.counted,
            line.quantity(),
            line.counted
        ));
    } else if line.old_counted().is_some() {
        words.push(format!("There are enough again: all {} count.", line.quantity()));
    }
    words
}
