//! The ways to pay that an order's own page offers, and what each one's button says.

use crate::cashier::{self, CardFields, SavedCard};
use crate::checkout::{self, Offers};
use crate::config::PayKind;
use crate::lifecycle::{Paying, Status, Story};
use crate::orders::{Contact, Order};
use crate::payments::{Attempt, AttemptState, PayBy, failure_words};
use crate::storefront::Shop;
use crate::tracker::access::{Caller, Sight};
use crate::tracker::dossier::Dossier;
use crate::tracker::said::Said;
use diesel::prelude::*;

/// The kinds of [`Sum`].
const RESERVED: &str = "reserved";
const AT_ONCE: &str = "at-once";
const AT_DOOR: &str = "at-door";

/// The choice of a way to pay, on the order's own page.
pub(in crate::tracker) struct PayAgain {
    pub(in crate::tracker) title: &'static str,
    pub(in crate::tracker) ways: Vec<Way>,
    pub(in crate::tracker) card: CardFrame,
    /// What the button says and what happens then, for each kind of way that is offered.
    pub(in crate::tracker) sums: Vec<Sum>,
    /// Folded away while another payment may still go through.
    pub(in crate::tracker) folded: bool,
    /// The most it can come to, for a wallet.
    pub(in crate::tracker) cents: i64,
    /// Whose card it is likely to be; for the owner's eyes.
    pub(in crate::tracker) billing: Option<Contact>,
    /// Whether a code comes first: by a bare link nobody pays with the card of another, or promises for
    /// them to pay at the door.
    pub(in crate::tracker) asks_code: bool,
    /// What is wrong with the choice that was sent.
    pub(in crate::tracker) wrong_way: Option<String>,
    /// Why no card has paid, said where one is typed.
    pub(in crate::tracker) wrong_card: Option<WrongCard>,
    /// How one pays without a card's fields.
    pub(in crate::tracker) without_scripts: String,
}

pub(in crate::tracker) struct WrongCard {
    pub(in crate::tracker) words: String,
    /// What was just sent is answered by it.
    pub(in crate::tracker) is_answer: bool,
}

impl PayAgain {
    /// Whether paying is what this page is for now.
    pub(in crate::tracker) fn is_open(&self) -> bool {
        !self.folded && !self.asks_code && !self.ways.is_empty()
    }
}

pub(in crate::tracker) struct Way {
    pub(in crate::tracker) value: String,
    pub(in crate::tracker) name: String,
    pub(in crate::tracker) hint: String,
    /// Below the row: `card` for its fields, `wallets`, or nothing.
    pub(in crate::tracker) inside: &'static str,
    pub(in crate::tracker) checked: bool,
    /// Which of the sums is this one's.
    pub(in crate::tracker) sum: &'static str,
}

/// What is paid when, as the last step of the checkout says it.
pub(in crate::tracker) struct Sum {
    pub(in crate::tracker) kind: &'static str,
    pub(in crate::tracker) button: String,
    pub(in crate::tracker) fine: String,
}

/// Whose frame takes a card's figures.
pub(in crate::tracker) enum CardFrame {
    Sandbox { frame: String, wallets: String },
    Stripe { key: String },
    None,
}

/// The cards that whoever is signed in has let us keep; shown on orders of their own alone.
pub(in crate::tracker) fn cards_of(
    conn: &mut PgConnection,
    caller: &Caller,
    sight: Sight,
) -> QueryResult<Vec<SavedCard>> {
    match (sight, caller.customer()) {
        (Sight::Owner, Some(customer)) => cashier::saved_cards(conn, customer),
        (Sight::Owner | Sight::Proven | Sight::Link, _) => Ok(Vec::new()),
    }
}

/// What can be chosen now, where there is something to pay.
pub(in crate::tracker) fn offered(
    shop: &Shop,
    dossier: &Dossier,
    sight: Sight,
    saved: Vec<SavedCard>,
    said: Option<Said>,
) -> Option<PayAgain> {
    let folded = match dossier.story.money() {
        Status::NotPaid { .. } => false,
        Status::ToApprove { .. } => true,
        Status::Checking | Status::Confirmed | Status::Completed | Status::Cancelled(_) => return None,
    };
    let most = dossier.order.maximum_cents;
    let card = match cashier::card_fields(&shop.app) {
        CardFields::Sandbox { frame_url, wallets_url, key } => CardFrame::Sandbox {
            frame: format!("{frame_url}?key={key}"),
            wallets: format!("{wallets_url}?key={key}"),
        },
        CardFields::Stripe { key, .. } => CardFrame::Stripe { key },
        CardFields::None => CardFrame::None,
    };
    let mut ways = if sight.may_act() { ways(shop, dossier, saved) } else { Vec::new() };
    if said == Some(Said::NoCard) {
        ways.iter_mut().for_each(|way| way.checked = way.inside == "card");
    }
    Some(PayAgain {
        asks_code: !sight.may_act(),
        title: if folded { "Pay another way" } else { "How would you like to pay?" },
        sums: sums(&ways, &dossier.order),
        ways,
        card,
        folded,
        cents: most.cents(),
        wrong_way: said.filter(|said| *said == Said::ChooseAWay).map(|said| said.line().words),
        wrong_card: wrong_card(dossier, said),
        without_scripts: offers_here(shop, dossier, Vec::new()).without_scripts(),
        billing: (sight == Sight::Owner).then(|| dossier.contact.clone()),
    })
}

fn wrong_card(dossier: &Dossier, said: Option<Said>) -> Option<WrongCard> {
    let refused = said.filter(|said| *said == Said::NoCard).map(|said| said.line().words);
    let is_answer = refused.is_some();
    refused.or_else(|| declined_card(dossier)).map(|words| WrongCard { words, is_answer })
}

/// What the bank said of the card that was tried last, where it was about the card.
fn declined_card(dossier: &Dossier) -> Option<String> {
    let status = dossier.story.money();
    let Status::NotPaid { reason: Some(code) } = &status else { return None };
    let last = newest(dossier)?;
    let by_card = last.method == PayBy::Card
        && last.state == AttemptState::Failed
        && !is_worth_another_try(&dossier.story);
    by_card.then(|| format!("{}: {}", last.label, failure_words(code).0))
}

/// A card is reserved up to the most it can come to, another service takes that at once, and the
/// rider is paid what it comes to.
fn sums(ways: &[Way], order: &Order) -> Vec<Sum> {
    let (total, most) = (order.total_cents, order.maximum_cents);
    let weighed = most > total;
    let of = |kind: &'static str| {
        let (button, fine) = match kind {
            AT_ONCE if weighed => (
                format!("Pay {most}"),
                format!(
                    "It opens for you to approve. {most} is the most it can come to; what the scales say less goes back after packing."
                ),
            ),
            AT_ONCE => {
                (format!("Pay {total}"), "It opens for you to approve, then you come back here.".to_owned())
            }
            AT_DOOR if weighed => (
                format!("Pay {total} at the door"),
                format!("At most {most} once it is weighed. Nothing is charged now."),
            ),
            AT_DOOR => (format!("Pay {total} at the door"), "Nothing is charged now.".to_owned()),
            _ if weighed => (
                format!("Pay {total}"),
                format!(
                    "Reserved up to {most}, charged after packing: you pay what the scales say, never more."
                ),
            ),
            _ => (format!("Pay {total}"), format!("{total} is reserved now, charged after packing.")),
        };
        Sum { kind, button, fine }
    };
    let offered = |kind: &&'static str| ways.iter().any(|w| w.inside != "wallets" && w.sum == *kind);
    [RESERVED, AT_ONCE, AT_DOOR].into_iter().filter(offered).map(of).collect()
}

pub(super) fn offers_here(shop: &Shop, dossier: &Dossier, saved: Vec<SavedCard>) -> Offers {
    let with_gateway = cashier::card_fields(&shop.app) != CardFields::None;
    let (ways, most) = (&shop.app.config.payments.ways, dossier.order.maximum_cents);
    checkout::offers(ways, with_gateway, dossier.zone.as_deref(), most, saved)
}

fn ways(shop: &Shop, dossier: &Dossier, saved: Vec<SavedCard>) -> Vec<Way> {
    let before = same_again(shop, dossier, &saved);
    let anew = before.is_none().then(|| to_be_typed(dossier)).flatten();
    let offers = offers_here(shop, dossier, saved);
    let mut ways: Vec<Way> = Vec::new();
    if let Some(paying) = &before {
        let sum = if paying.by == PayBy::Redirect { AT_ONCE } else { RESERVED };
        ways.push(Way::new("same", format!("{} again", paying.label), sum));
    }
    let tried = before.as_ref().and_then(|b| b.gateway_method.as_ref());
    ways.extend(offers.saved.iter().filter(|c| tried != Some(&c.gateway_method)).map(Way::saved));
    let by_card = newest(dossier).is_some_and(|last| last.method == PayBy::Card);
    let another = !offers.saved.is_empty() || (by_card && anew.is_none());
    // Who brings it for us takes no money.
    let by_carrier = dossier.story.goods.last_try().is_some_and(|of| of.carrier.is_some());
    let at_door = |kind: &PayKind| matches!(kind, PayKind::CashAtDoor | PayKind::CardAtDoor);
    let open = offers.ways.into_iter().filter(|o| o.above.is_none() && !(by_carrier && at_door(&o.kind)));
    for offer in open {
        let mut way = Way::of(&offer.kind, another);
        if let Some(hint) = anew.as_ref().filter(|_| way.inside == "card") {
            way.hint.clone_from(hint);
        }
        if before.as_ref().is_none_or(|b| b.label != way.name) {
            ways.push(way);
        }
    }
    // What was just refused is not the first choice, unless the refusal was none of the card's.
    let first = before.is_some() && !is_worth_another_try(&dossier.story);
    let skipped = usize::from(first && ways.iter().filter(|w| w.inside != "wallets").count() > 1);
    let typed = ways.iter().position(|w| anew.is_some() && w.inside == "card");
    let first = typed.or_else(|| {
        let choices = ways.iter().enumerate().filter(|(_, w)| w.inside != "wallets");
        choices.map(|(n, _)| n).nth(skipped)
    });
    if let Some(way) = first.and_then(|n| ways.get_mut(n)) {
        way.checked = true;
    }
    ways
}

/// The try that its customer has made last.
fn newest(dossier: &Dossier) -> Option<&Attempt> {
    dossier.attempts.iter().rfind(|a| !a.standby)
}

/// What to do with the card that was typed last, where the refusal was none of the card's.
fn to_be_typed(dossier: &Dossier) -> Option<String> {
    let last = newest(dossier).filter(|a| a.method == PayBy::Card && is_worth_another_try(&dossier.story))?;
    Some(match last.failure.as_deref() {
        Some(
            "authentication_required" | "payment_intent_authentication_failure" | "authentication_failed",
        ) => format!("Type {} again and approve it, or take another card.", last.label),
        Some(_) | None => format!("Type {} again, or take another card.", last.label),
    })
}

impl Way {
    fn new(value: impl Into<String>, name: impl Into<String>, sum: &'static str) -> Self {
        Self { value: value.into(), name: name.into(), hint: String::new(), inside: "", checked: false, sum }
    }

    fn saved(card: &SavedCard) -> Self {
        Self {
            hint: format!("Expires {}", card.expires),
            ..Self::new(format!("saved:{}", card.id), card.label.clone(), RESERVED)
        }
    }

    fn of(kind: &PayKind, another_card: bool) -> Self {
        match kind {
            PayKind::Card => {
                let name = if another_card { "Another card" } else { "Card" };
                Self { inside: "card", ..Self::new("card", name, RESERVED) }
            }
            PayKind::Wallets => Self { inside: "wallets", ..Self::new("", "", RESERVED) },
            PayKind::Redirect(kind) => Self {
                hint: "You approve there and come back. Charged at once.".to_owned(),
                ..Self::new(format!("redirect:{kind}"), checkout::redirect_name(kind), AT_ONCE)
            },
            PayKind::CashAtDoor => Self {
                hint: "Your order is confirmed at once. Your rider has change.".to_owned(),
                ..Self::new("cash_at_door", "Cash at the door", AT_DOOR)
            },
            PayKind::CardAtDoor => Self {
                hint: "Your order is confirmed at once. Your rider brings the reader.".to_owned(),
                ..Self::new("card_at_door", "Card at the door", AT_DOOR)
            },
        }
    }
}

/// Whether the same way may well work the second time.
fn is_worth_another_try(story: &Story) -> bool {
    let failure = story.payment().and_then(|t| t.failure.as_deref());
    matches!(
        failure,
        Some(
            "processing_error"
                | "issuer_not_available"
                | "try_again_later"
                | "reenter_transaction"
                | "gateway_down"
                | "shop_stopped"
                | "authentication_required"
                | "payment_intent_authentication_failure"
                | "authentication_failed"
                | "approval_refused"
        )
    )
}

/// What was to pay before, where the gateway takes it again. A card that nobody keeps it takes for one try,
/// however that ended.
pub(super) fn same_again(shop: &Shop, dossier: &Dossier, saved: &[SavedCard]) -> Option<Paying> {
    let last = newest(dossier)?;
    let is_saved = saved.iter().any(|c| Some(&c.gateway_method) == last.gateway_method.as_ref());
    let used_up = last.method == PayBy::Card && !is_saved && !was_never_shown(last);
    let spoilt = matches!(
        last.failure.as_deref(),
        Some(
            "expired_card"
                | "incorrect_number"
                | "invalid_number"
                | "incorrect_cvc"
                | "lost_card"
                | "stolen_card"
                | "pickup_card"
                | "card_held_off"
        )
    );
    let there = cashier::card_fields(&shop.app) != CardFields::None && last.gateway_method.is_some();
    (there && !last.method.is_at_door() && !spoilt && !used_up).then(|| Paying {
        by: last.method,
        gateway_method: last.gateway_method.clone(),
        gateway_customer: last.gateway_customer.clone(),
        label: last.label.clone(),
    })
}

/// Whether no bank can have seen it: the gateway was not reached before it was asked for the money.
fn was_never_shown(last: &Attempt) -> bool {
    last.asks == 0 || last.failure.as_deref() == Some("gateway_down")
}
