use super::html;
use crate::basket::{Basket, Totals};
use askama::Template;

/// The one block of sums: items, discounts, delivery, total, tax.
#[derive(Template)]
#[template(path = "parts/totals.html")]
pub(in crate::storefront) struct TotalsBlock {
    pub(in crate::storefront) items_words: String,
    pub(in crate::storefront) items: String,
    pub(in crate::storefront) offers: Vec<(String, String)>,
    pub(in crate::storefront) delivery_to: Option<String>,
    pub(in crate::storefront) delivery: Option<String>,
    pub(in crate::storefront) total: String,
    /// The total before something changed that was not the shopper's doing.
    pub(in crate::storefront) before: Option<String>,
    pub(in crate::storefront) tax: String,
    pub(in crate::storefront) most: Option<String>,
    pub(in crate::storefront) goal: Option<Goal>,
    pub(in crate::storefront) until_minimum: Option<(String, String)>,
}

/// How far it is to free delivery.
pub(in crate::storefront) struct Goal {
    pub(in crate::storefront) left: Option<String>,
    pub(in crate::storefront) from: String,
    /// Cents, for the bar.
    pub(in crate::storefront) value: i64,
    pub(in crate::storefront) max: i64,
    pub(in crate::storefront) words: String,
}

impl TotalsBlock {
    pub(in crate::storefront) fn new(basket: &Basket, totals: &Totals) -> Self {
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

    pub(in crate::storefront) fn html(&self) -> String {
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
