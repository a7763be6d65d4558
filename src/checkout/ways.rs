//! Which ways to pay are offered, and what the chosen one means for the order.

use super::draft::Payment;
use super::fields::Problem;
use crate::cashier::SavedCard;
use crate::config::{PayKind, WayToPay};
use crate::lifecycle::Paying;
use crate::money::Money;
use crate::payments::PayBy;
use uuid::Uuid;

/// A way to pay, in the order of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) kind: PayKind,
    /// Only up to this sum, which the order is above.
    pub(crate) above: Option<Money>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Offers {
    pub(crate) ways: Vec<Offer>,
    pub(crate) saved: Vec<SavedCard>,
}

pub(crate) fn offers(
    ways: &[WayToPay],
    with_gateway: bool,
    zone: Option<&str>,
    maximum: Money,
    saved: Vec<SavedCard>,
) -> Offers {
    let at_door = |kind: &PayKind| matches!(kind, PayKind::CashAtDoor | PayKind::CardAtDoor);
    let ways = ways
        .iter()
        .filter(|w| with_gateway || at_door(&w.kind))
        .filter(|w| w.zones.is_empty() || zone.is_some_and(|z| w.zones.iter().any(|other| other == z)))
        .map(|w| Offer {
            kind: w.kind.clone(),
            above: w.up_to_cents.map(Money).filter(|most| maximum > *most),
        })
        .collect();
    Offers { ways, saved: if with_gateway { saved } else { Vec::new() } }
}

impl Offers {
    pub(super) fn offer(&self, kind: &PayKind) -> Option<&Offer> {
        self.ways.iter().find(|o| o.kind == *kind)
    }

    /// Which other ways are open to somebody who is held off one: at the door, or the others.
    pub(crate) fn open_ways(&self, held_off_at_door: bool) -> String {
        let name = |kind: &PayKind| match kind {
            PayKind::Card => held_off_at_door.then(|| "a card".to_owned()),
            PayKind::Redirect(kind) => held_off_at_door.then(|| redirect_name(kind)),
            PayKind::CashAtDoor => (!held_off_at_door).then(|| "cash at the door".to_owned()),
            PayKind::CardAtDoor => (!held_off_at_door).then(|| "a card at the door".to_owned()),
            PayKind::Wallets => None,
        };
        let names: Vec<String> =
            self.ways.iter().filter(|o| o.above.is_none()).filter_map(|o| name(&o.kind)).collect();
        if names.is_empty() {
            return String::new();
        }
        format!("You can pay another way now: {}.", names.join(", "))
    }

    /// How one pays without the card's fields, which need scripts: `with PayPal, in cash at the door or by
    /// card at the door`. Empty: there is no such way.
    pub(crate) fn without_scripts(&self) -> String {
        let works = |offer: &Offer| match &offer.kind {
            _ if offer.above.is_some() => None,
            PayKind::Redirect(kind) => Some(format!("with {}", redirect_name(kind))),
            PayKind::CashAtDoor => Some("in cash at the door".to_owned()),
            PayKind::CardAtDoor => Some("by card at the door".to_owned()),
            PayKind::Card | PayKind::Wallets => None,
        };
        let ways: Vec<String> = self.ways.iter().filter_map(works).collect();
        match ways.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            Some((only, _)) => only.clone(),
            None => String::new(),
        }
    }

    fn allows(&self, kind: &PayKind, name: &str) -> Result<(), Problem> {
        match self.offer(kind) {
            Some(Offer { above: None, .. }) => Ok(()),
            Some(Offer { above: Some(most), .. }) => Err(Problem::new(
                "way",
                format!("{name} is for orders up to {most}. Choose another way to pay."),
            )),
            None => {
                Err(Problem::new("way", format!("{name} is not offered here. Choose another way to pay.")))
            }
        }
    }

    /// What pays, by what was chosen.
    ///
    /// # Errors
    /// Why it cannot pay, in words for the choice of the way.
    pub(crate) fn paying(&self, chosen: &Payment) -> Result<Paying, Problem> {
        let way = chosen.way.as_str();
        let at_door = |by, label: &str| Paying {
            by,
            gateway_method: None,
            gateway_customer: None,
            label: label.to_owned(),
        };
        match way {
            "" => Err(Problem::new("way", "Choose how you would like to pay.")),
            "cash_at_door" => {
                self.allows(&PayKind::CashAtDoor, "Cash at the door")?;
                Ok(at_door(PayBy::CashAtDoor, "Cash at the door"))
            }
            "card_at_door" => {
                self.allows(&PayKind::CardAtDoor, "Card at the door")?;
                Ok(at_door(PayBy::CardAtDoor, "Card at the door"))
            }
            "card" | "kept" => self.by_card(chosen),
            _ => self.by_other(way),
        }
    }

    fn by_card(&self, chosen: &Payment) -> Result<Paying, Problem> {
        let kind = if chosen.wallet.is_empty() { PayKind::Card } else { PayKind::Wallets };
        self.allows(&kind, "A card")?;
        if chosen.method.is_empty() {
            let others = match self.without_scripts() {
                others if others.is_empty() => String::new(),
                others => format!(" Without it you can pay {others}."),
            };
            return Err(Problem::new(
                "way",
                format!(
                    "Your card’s details did not reach the payment service. Enter them again. Card fields need JavaScript.{others}"
                ),
            ));
        }
        let Some(label) = chosen.label() else {
            return Err(Problem::new("way", "This card could not be read. Enter its details again."));
        };
        Ok(Paying {
            by: PayBy::Card,
            gateway_method: Some(chosen.method.clone()),
            gateway_customer: None,
            label,
        })
    }

    fn by_other(&self, way: &str) -> Result<Paying, Problem> {
        if let Some(kind) = way.strip_prefix("redirect:") {
            let name = redirect_name(kind);
            self.allows(&PayKind::Redirect(kind.to_owned()), &name)?;
            return Ok(Paying {
                by: PayBy::Redirect,
                gateway_method: Some(kind.to_owned()),
                gateway_customer: None,
                label: name,
            });
        }
        let saved = way.strip_prefix("saved:").and_then(|id| id.parse::<Uuid>().ok());
        let card = saved.and_then(|id| self.saved.iter().find(|c| c.id == id));
        match card {
            Some(card) => Ok(Paying {
                by: PayBy::Card,
                gateway_method: Some(card.gateway_method.clone()),
                gateway_customer: Some(card.gateway_customer.clone()),
                label: card.label.clone(),
            }),
            None => Err(Problem::new("way", "This way to pay is not there any more. Choose another one.")),
        }
    }
}

impl Payment {
    /// `Visa ending 4242`, or nothing where no gateway would have said so.
    pub(super) fn label(&self) -> Option<String> {
        let plain = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        if !plain(&self.method, 120) {
            return None;
        }
        let figures = self.last4.len() == 4 && self.last4.bytes().all(|b| b.is_ascii_digit());
        let card = if figures {
            format!("{} ending {}", brand_name(&self.brand), self.last4)
        } else {
            brand_name(&self.brand).to_owned()
        };
        match self.wallet.as_str() {
            "" if figures => Some(card),
            "" => None,
            wallet => Some(format!("{} ({card})", wallet_name(wallet))),
        }
    }
}

fn brand_name(brand: &str) -> &'static str {
    match brand {
        "visa" => "Visa",
        "mastercard" => "Mastercard",
        "amex" => "American Express",
        "discover" => "Discover",
        "diners" => "Diners Club",
        "jcb" => "JCB",
        "unionpay" => "UnionPay",
        _ => "Card",
    }
}

fn wallet_name(wallet: &str) -> &'static str {
    match wallet {
        "apple_pay" => "Apple Pay",
        "google_pay" => "Google Pay",
        "samsung_pay" => "Samsung Pay",
        "link" => "Link",
        _ => "Wallet",
    }
}

/// `PayPal`, as its owner writes it.
pub(crate) fn redirect_name(kind: &str) -> String {
    match kind {
        "paypal" => "PayPal".to_owned(),
        "ideal" => "iDEAL".to_owned(),
        "upi" => "UPI".to_owned(),
        other => {
            let mut letters = other.chars();
            letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(ways: &str, gateway: bool, zone: &str, maximum: i64) -> Offers {
        let ways: Vec<WayToPay> = ways.split(',').map(|w| w.parse().expect("a way")).collect();
        offers(&ways, gateway, Some(zone), Money(maximum), Vec::new())
    }

    fn by(way: &str) -> Payment {
        Payment { way: way.to_owned(), ..Payment::default() }
    }

    #[test]
    fn a_way_is_offered_where_and_up_to_what_the_settings_say() {
        let all = "card,redirect:paypal,cash_at_door <= 150.00,card_at_door @ A";
        assert!(offered(all, true, "A", 2_000).paying(&by("redirect:paypal")).is_ok());
        assert!(offered(all, false, "A", 2_000).paying(&by("redirect:paypal")).is_err());
        assert!(offered(all, false, "A", 15_000).paying(&by("cash_at_door")).is_ok());
        assert!(offered(all, false, "A", 15_001).paying(&by("cash_at_door")).is_err());
        assert!(offered(all, false, "B", 2_000).paying(&by("card_at_door")).is_err());
        assert!(offered(all, true, "A", 2_000).paying(&by("redirect:other")).is_err());
    }

    #[test]
    fn the_ways_that_need_no_scripts_are_named() {
        let without = |ways, maximum| offered(ways, true, "A", maximum).without_scripts();
        let all = "card,wallets,redirect:paypal,cash_at_door <= 150.00,card_at_door";
        assert_eq!(without(all, 2_000), "with PayPal, in cash at the door or by card at the door");
        assert_eq!(without(all, 15_001), "with PayPal or by card at the door");
        assert_eq!(without("card,cash_at_door", 2_000), "in cash at the door");
        assert_eq!(without("card,wallets", 2_000), "");
    }

    #[test]
    fn a_card_is_called_by_its_brand_and_last_figures() {
        let card = Payment {
            way: "card".into(),
            method: "pm_1".into(),
            brand: "visa".into(),
            last4: "4242".into(),
            ..Payment::default()
        };
        let offers = offered("card,wallets", true, "A", 2_000);
        assert_eq!(offers.paying(&card).expect("a card").label, "Visa ending 4242");
        let wallet = Payment { wallet: "apple_pay".into(), ..card.clone() };
        assert_eq!(offers.paying(&wallet).expect("a wallet").label, "Apple Pay (Visa ending 4242)");
        let odd = Payment { method: "<b>".into(), ..card };
        assert!(offers.paying(&odd).is_err());
    }
}
