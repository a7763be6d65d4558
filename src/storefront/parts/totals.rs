use super::html;
use crate::basket::{Basket, Totals};
use crate::money::Money;
use askama::Template;

/// The one block of sums: items, discounts, delivery, total, tax.
#[derive(Template)]
#[template(path = "parts/totals.html")]
pub(crate) struct TotalsBlock {
    pub(crate) items_words: String,
    pub(crate) items: String,
    pub(crate) offers: Vec<(String, String)>,
    /// A coupon at work: what it is called, and what it takes off.
    pub(crate) coupon: Option<(String, String)>,
    pub(crate) delivery_to: Option<String>,
    pub(crate) delivery: Option<String>,
    pub(crate) total: String,
    /// The total before something changed that was not the shopper's doing.
    pub(crate) before: Option<String>,
    pub(crate) tax: String,
    pub(crate) most: Option<String>,
    pub(crate) goal: Option<Goal>,
    pub(crate) until_minimum: Option<(String, String)>,
}

/// How far it is to free delivery.
pub(crate) struct Goal {
    pub(crate) left: Option<String>,
    pub(crate) from: String,
    /// Cents, for the bar.
    pub(crate) value: i64,
    pub(crate) max: i64,
    pub(crate) words: String,
}

/// What a coupon does to the sums.
pub(crate) struct Less {
    pub(crate) label: String,
    pub(crate) off: Money,
    pub(crate) tax: Money,
}

impl TotalsBlock {
    pub(crate) fn new(basket: &Basket, totals: &Totals) -> Self {
        Self {
            items_words: items_words(totals.count),
            items: totals.items.to_string(),
            offers: totals.offers.iter().map(|(name, off)| (name.clone(), (-*off).to_string())).collect(),
            coupon: None,
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

    /// The same after a coupon: its name, what it takes off, and the tax in what is left.
    #[must_use]
    pub(crate) fn less(mut self, basket: &Basket, totals: &Totals, coupon: Less) -> Self {
        let Less { label, off, tax } = coupon;
        self.total = (totals.total - off).to_string();
        self.before = totals.before(basket).map(|m| (m - off).to_string());
        self.most = (totals.most > totals.total).then(|| (totals.most - off).to_string());
        self.tax = tax.to_string();
        self.coupon = Some((label, (-off).to_string()));
        self
    }

    /// Without the way to free delivery: where one does not add things any more.
    #[must_use]
    pub(crate) fn without_goal(mut self) -> Self {
        self.goal = None;
        self
    }

    pub(crate) fn html(&self) -> String {
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

/// `1 item`, `9 items`
pub(crate) fn items_words(count: i32) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}
