//! What was typed on the page that changes an order, and which things are meant.

use crate::catalog::{self, Item};
use crate::ids::Sku;
use crate::inventory::Wanted;
use crate::lifecycle::Confirming;
use crate::money::Money;
use crate::orders::OrderLine;
use crate::web::text::clean_line;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// New things looked up at once; more is a new order.
const MOST_NEW: usize = 40;

/// What was typed: how many of each product, by its number, and what is searched for.
#[derive(Debug, Clone, Default)]
pub(in crate::tracker) struct Typed {
    pub(super) units: BTreeMap<String, i32>,
    pub(super) search: String,
    total: Money,
    maximum: Money,
}

impl Typed {
    pub(in crate::tracker) fn read(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        let cents = |text: &str| Money(text.parse().unwrap_or(0));
        for (name, value) in fields {
            match name.as_str() {
                "q" => typed.search = clean_line(&value, 100),
                "total" => typed.total = cents(&value),
                "maximum" => typed.maximum = cents(&value),
                other => {
                    let sku = other.strip_prefix("n.").filter(|sku| sku.len() <= 40);
                    if let (Some(sku), Ok(units)) = (sku, value.trim().parse::<i32>()) {
                        typed.units.insert(sku.to_owned(), units.max(0));
                    }
                }
            }
        }
        typed
    }

    pub(super) fn of(&self, line: &OrderLine) -> i32 {
        self.units.get(&line.sku).copied().unwrap_or(line.quantity)
    }

    pub(super) fn agreed(&self) -> Confirming {
        Confirming { total: self.total, maximum: self.maximum }
    }
}

/// The order's own things first, in their order, then what is new.
pub(in crate::tracker) fn wanted(
    conn: &mut PgConnection,
    lines: &[OrderLine],
    typed: &Typed,
    now: DateTime<Utc>,
) -> QueryResult<(Vec<Wanted>, Vec<Item>)> {
    let mut wanted: Vec<Wanted> =
        lines.iter().map(|l| Wanted { product: l.product_id, units: typed.of(l) }).collect();
    let is_new = |sku: &String| !lines.iter().any(|l| l.sku == *sku);
    let mut new = Vec::new();
    for (sku, units) in typed.units.iter().filter(|(sku, units)| **units > 0 && is_new(sku)).take(MOST_NEW) {
        let Ok(sku) = Sku::try_from(sku.clone()) else { continue };
        let Some(item) = catalog::by_sku(conn, &sku, now).optional()? else { continue };
        wanted.push(Wanted { product: item.article.id, units: *units });
        new.push(item);
    }
    Ok((wanted, new))
}
