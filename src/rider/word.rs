//! A word of a rider's device, as a form or a script sends it.

use crate::darkroom::Photo;
use crate::ids::DropId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Left,
    Arrived,
    Delivered,
    Failed,
    Position,
}

impl Kind {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Arrived => "arrived",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Position => "position",
        }
    }
}

/// One thing that happened, under the device's own id: sent again it is the same one.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Word {
    pub(super) id: Uuid,
    pub(super) drop: DropId,
    pub(super) kind: Kind,
    /// By the device's clock; now, where a form has none.
    pub(super) happened_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub(super) details: Details,
    /// What came with it, made ours.
    #[serde(skip)]
    pub(super) photo: Option<Box<Photo>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Details {
    /// `code`, `name`, `photo`, `safe_place`
    pub(super) proof: String,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) age_checked: bool,
    /// `cash_at_door`, `card_at_door`
    pub(super) paid_by: String,
    /// Why it could not be delivered.
    pub(super) reason: String,
    pub(super) latitude: Option<f64>,
    pub(super) longitude: Option<f64>,
}

impl Details {
    /// What is kept of it: neither code nor name nor where somebody was.
    pub(super) fn to_keep(&self) -> serde_json::Value {
        serde_json::json!({
            "proof": shortened(&self.proof),
            "age_checked": self.age_checked,
            "paid_by": shortened(&self.paid_by),
            "reason": shortened(&self.reason),
        })
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
