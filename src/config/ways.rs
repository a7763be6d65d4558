//! The ways to pay that are offered: where, and up to what sum.

use std::str::FromStr;

/// A way to pay that is offered: where, and up to what sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WayToPay {
    pub kind: PayKind,
    /// Codes of the zones in which it is offered; empty: everywhere.
    pub zones: Vec<String>,
    pub up_to_cents: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayKind {
    Card,
    /// Apple Pay, Google Pay, Samsung Pay: where gateway and browser have them.
    Wallets,
    /// Leave, approve, come back. By the gateway's name for it: `paypal`, `ideal`.
    Redirect(String),
    CashAtDoor,
    CardAtDoor,
}

impl FromStr for WayToPay {
    type Err = String;

    /// `cash_at_door <= 150.00 @ A + B`
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (text, zones) = text.split_once('@').map_or((text, ""), |(a, b)| (a, b));
        let (name, up_to) = text.split_once("<=").map_or((text, None), |(a, b)| (a, Some(b)));
        let kind = match name.trim() {
            "card" => PayKind::Card,
            "wallets" => PayKind::Wallets,
            "cash_at_door" => PayKind::CashAtDoor,
            "card_at_door" => PayKind::CardAtDoor,
            other => match other.strip_prefix("redirect:") {
                Some(kind) if !kind.is_empty() => PayKind::Redirect(kind.to_owned()),
                Some(_) | None => {
                    return Err(format!(
                        "“{other}” is no way to pay; write card, wallets, redirect:paypal, cash_at_door or card_at_door"
                    ));
                }
            },
        };
        let up_to_cents = up_to.map(|sum| cents(sum.trim())).transpose()?;
        let zones = zones.split('+').map(str::trim).filter(|z| !z.is_empty()).map(str::to_owned).collect();
        Ok(Self { kind, zones, up_to_cents })
    }
}

fn cents(sum: &str) -> Result<i64, String> {
    let wrong = || format!("“{sum}” is no sum; write it like 150.00");
    let (euros, cents) = sum.split_once('.').unwrap_or((sum, "00"));
    if cents.len() != 2 || euros.len() > 7 {
        return Err(wrong());
    }
    format!("{euros}{cents}").parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_to_pay_may_be_bound_to_a_sum_and_to_places() {
        let way: WayToPay = "cash_at_door <= 150.00 @ A + B".parse().expect("a way");
        assert_eq!(way.up_to_cents, Some(15_000));
        assert_eq!(way.zones, ["A", "B"]);
        assert_eq!(
            "redirect:ideal".parse::<WayToPay>().expect("a way").kind,
            PayKind::Redirect("ideal".into())
        );
        for bad in ["", "cheque", "card <= 1.0", "redirect:", "card <= x.00"] {
            assert!(bad.parse::<WayToPay>().is_err(), "{bad}");
        }
    }
}
