//! What has been typed so far, as it was typed.

use crate::ids::OrderNumber;
use crate::money::Money;
use crate::orders::Substitutions;
use crate::web::text::clean_line;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Longer than any good answer, so that one that is too long can be said to be.
const LONGEST: usize = 600;

/// Everything typed and chosen. Nothing here has been checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) line: String,
    pub(super) eircode: String,
    pub(super) company: String,
    pub(super) leave_at: String,
    pub(super) note: String,
    pub(super) preferred_time: String,
    pub(super) gate_code: String,
    pub(super) substitutions: String,
    /// The same for single things, by their number.
    pub(super) wishes: BTreeMap<String, String>,
    pub(super) window: String,
    pub(super) coupon: String,
    pub(super) gift_note: String,
    pub(super) payment: Payment,
}

/// How it will be paid. A card is known by the gateway's name for it and how it reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Payment {
    /// `card`, `saved:…`, `redirect:paypal`, `cash_at_door`, `card_at_door`
    pub(crate) way: String,
    pub(crate) method: String,
    pub(crate) brand: String,
    pub(crate) last4: String,
    pub(crate) expires: String,
    /// `Apple Pay`, where it came out of one.
    pub(crate) wallet: String,
    pub(crate) keep: bool,
}

/// What is to be said on the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Said {
    /// Another place than before: its name and fee, and the old ones.
    PlaceChanged {
        from: String,
        to: String,
        old: Money,
        new: Money,
        other_times: bool,
    },
    WindowFull {
        window: String,
    },
    WindowClosed {
        window: String,
    },
    NoPlace,
    HeldLonger,
    /// Why no more times are held for now.
    HoldRefused {
        words: String,
    },
    CouponGone {
        words: String,
    },
    /// What was swapped for what.
    Swapped {
        from: String,
        to: String,
    },
    /// Somebody wants to hear when this is back, and no letter could go to what was typed.
    TellWhere {
        sku: String,
        typed: String,
        words: String,
    },
}

impl Said {
    /// Whether it tells why what was pressed was not done.
    pub(super) fn refuses(&self) -> bool {
        match self {
            Self::WindowFull { .. }
            | Self::WindowClosed { .. }
            | Self::NoPlace
            | Self::HoldRefused { .. }
            | Self::TellWhere { .. } => true,
            Self::PlaceChanged { .. } | Self::HeldLonger | Self::CouponGone { .. } | Self::Swapped { .. } => {
                false
            }
        }
    }
}

/// What the last order was made of, so that the same form again is known to be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sent {
    pub(super) key: Uuid,
    pub(super) number: OrderNumber,
    pub(super) typed: Typed,
    /// Whether it had to be handed to somebody of age.
    pub(super) aged: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Content {
    pub(super) typed: Typed,
    pub(super) said: Option<Said>,
    pub(super) sent: Option<Sent>,
    /// Whether it was said that somebody of age will be at the door, when an order was refused for
    /// something else. Beside `typed`: a page does not go stale by it.
    pub(super) of_age: bool,
    /// The highest number of a sending of the first step's form: what has a lower one was typed before.
    pub(super) rev: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) content: Content,
    /// The idempotency key of the next order.
    pub(super) submit_key: Uuid,
    /// Whether there was one before this page.
    pub(super) is_new: bool,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self { content: Content::default(), submit_key: Uuid::new_v4(), is_new: true }
    }

    pub(super) fn typed(&self) -> &Typed {
        &self.content.typed
    }

    /// What was sent under this key before.
    pub(super) fn sent_under(&self, key: Uuid) -> Option<&Sent> {
        self.content.sent.as_ref().filter(|sent| sent.key == key)
    }

    /// An order was placed: who and where is kept for the next time, what paid is not.
    pub(super) fn placed(&mut self, key: Uuid, number: OrderNumber, aged: bool) {
        let typed = &mut self.content.typed;
        self.content.sent = Some(Sent { key, number, typed: typed.clone(), aged });
        typed.payment = Payment::default();
        typed.wishes.clear();
        typed.window.clear();
        typed.coupon.clear();
        typed.gift_note.clear();
        self.content.said = None;
        self.content.of_age = false;
        self.submit_key = Uuid::new_v4();
    }
}

impl Typed {
    /// A short word for what a page has shown, so that a form knows whether it is still true.
    pub(super) fn fingerprint(&self) -> String {
        let digest = Sha256::digest(format!("{self:?}").as_bytes());
        digest.iter().take(12).map(|b| format!("{b:02x}")).collect()
    }

    pub(super) fn window_id(&self) -> Option<i64> {
        self.window.parse().ok()
    }
}

/// More single wishes than a basket has lines are nobody's.
const MOST_WISHES: usize = 200;
const LONGEST_SKU: usize = 40;

impl Typed {
    /// Takes over what a form said about single things, by `swap.` and their numbers: a choice, or nothing
    /// for "as for all". What is neither changes nothing.
    pub(super) fn take_wishes(&mut self, fields: &BTreeMap<String, String>) {
        for (field, value) in fields {
            let Some(sku) = field.strip_prefix("swap.").filter(|sku| sku.len() <= LONGEST_SKU) else {
                continue;
            };
            let is_known = self.wishes.contains_key(sku);
            match value.parse::<Substitutions>() {
                Ok(wish) if is_known || self.wishes.len() < MOST_WISHES => {
                    self.wishes.insert(sku.to_owned(), wish.as_str().to_owned());
                }
                Err(_) if value.is_empty() => {
                    self.wishes.remove(sku);
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// What is chosen for one thing by itself.
    pub(super) fn wish(&self, sku: &str) -> Option<Substitutions> {
        self.wishes.get(sku).and_then(|wish| wish.parse().ok())
    }

    pub(super) fn wishes(&self) -> BTreeMap<String, Substitutions> {
        self.wishes.keys().filter_map(|sku| Some((sku.clone(), self.wish(sku)?))).collect()
    }
}

/// Takes over what a form said about a field; one it does not have stays as it is.
pub(super) fn take_over(old: &mut String, new: Option<&String>) {
    if let Some(new) = new {
        *old = clean_line(new, LONGEST);
    }
}
