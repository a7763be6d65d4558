//! An order's lines, as events tell of them.

use crate::money::Money;
use serde::{Deserialize, Serialize};

/// A line of an order as it was placed. Amounts in cents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    pub product: i64,
    pub sku: String,
    pub quantity: i32,
    pub sum: Money,
    pub maximum: Money,
}

/// A line that a customer has changed; 0: it was not there, or is not any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineChange {
    pub name: String,
    pub before: i32,
    pub after: i32,
}

impl LineChange {
    /// `Oat milk: 3 instead of 2`
    pub fn words(&self) -> String {
        let Self { name, before, after } = self;
        match (before, after) {
            (0, after) => format!("{name}: {after} added"),
            (_, 0) => format!("{name}: taken out"),
            (before, after) => format!("{name}: {after} instead of {before}"),
        }
    }
}
