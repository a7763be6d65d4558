//! What has become of an order's money: reserved, charged, let go, given back, each with its time; the
//! same for its page, for programs, for letters and for the desk.

use super::{Dossier, Line, Tone, Voice};
use crate::lifecycle::{Back, Story, Try};
use crate::money::Money;
use crate::orders::Order;
use crate::payments::{AttemptState, PayBy, RefundState};
use chrono::{DateTime, Utc};

/// What can happen to money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moving {
    /// It is paid at the door.
    Due,
    /// A card holds it ready; nothing has been taken.
    Reserved,
    Charged,
    /// What was reserved and is not taken.
    LetGo,
    OnItsWayBack,
    GivenBack,
    /// The gateway would not send it back, and nobody has tried again.
    NotBackYet,
}

impl Moving {
    /// For programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Reserved => "reserved",
            Self::Charged => "charged",
            Self::LetGo => "let_go",
            Self::OnItsWayBack => "on_its_way_back",
            Self::GivenBack => "given_back",
            Self::NotBackYet => "not_back_yet",
        }
    }
}

/// A sum of an order's money, and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub how: Moving,
    /// `Charged to Visa ending 4242`
    pub name: String,
    pub sum: Money,
    /// When; what is still to come has no time.
    pub at: Option<DateTime<Utc>>,
}

impl Moved {
    /// `Charged to Visa ending 4242, 14:20`
    pub fn named(&self, voice: &Voice) -> String {
        self.at.map_or_else(|| self.name.clone(), |at| format!("{}, {}", self.name, voice.time(at)))
    }
}

impl Voice {
    /// What has become of the money, in the order in which it does. What a payment that came to nothing
    /// left behind is told by [`Voice::money`].
    pub fn moved(&self, dossier: &Dossier) -> Vec<Moved> {
        let story = &dossier.story;
        let last = story.payment().map(|t| t.id);
        let counts = |t: &&Try| !t.captured.is_zero() || Some(t.id) == last;
        let mut rows: Vec<Moved> = Vec::new();
        for of in story.tries.iter().filter(counts) {
            match of.method {
                PayBy::CashAtDoor | PayBy::CardAtDoor => rows.extend(at_door(dossier, of)),
                PayBy::Card => rows.extend(by_card(of)),
                PayBy::Redirect => rows.extend(charged(of, format!("Paid with {}", of.label))),
            }
            rows.extend(sent_back(of));
        }
        rows.retain(|row| !row.sum.is_zero());
        rows
    }

    /// What is paid, reserved or due, and how.
    pub fn sum(&self, dossier: &Dossier) -> String {
        let Order { total_cents, maximum_cents, .. } = dossier.order;
        let real = dossier.story.goods.came_to.map(|(_, total)| total);
        let (total, most) = (real.unwrap_or(total_cents), real.unwrap_or(maximum_cents));
        let Some(payment) = dossier.story.payment().filter(|t| t.state.is_standing()) else {
            return if most.is_zero() { "There is nothing to pay.".to_owned() } else { format!("{total}") };
        };
        if !payment.captured.is_zero() {
            return self.paid(dossier, payment, total, most);
        }
        let at_most =
            if most > total { format!(", {most} at most once it is weighed") } else { String::new() };
        match payment.method {
            PayBy::CashAtDoor => format!("{total} due at the door, in cash{at_most}."),
            PayBy::CardAtDoor => format!("{total} due at the door, by card{at_most}."),
            PayBy::Card | PayBy::Redirect if payment.state != AttemptState::Authorised => {
                format!("{total} on {}.", payment.label)
            }
            PayBy::Card if real.is_some() => format!(
                "It comes to {total}, charged to {} when it is handed over. {} is reserved until then.",
                payment.label, payment.amount
            ),
            // It was made smaller after it was reserved.
            PayBy::Card if payment.amount > most => format!(
                "{} reserved on {}. You are charged what it comes to, {total} as it is now{at_most}, after packing.",
                payment.amount, payment.label
            ),
            PayBy::Card if most > total => {
                format!("Reserved up to {most} on {}, charged after packing.", payment.label)
            }
            PayBy::Card => format!("{total} reserved on {}, charged after packing.", payment.label),
            PayBy::Redirect => format!("{total} paid with {}.", payment.label),
        }
    }

    /// What was taken, and what becomes of what it is too much.
    fn paid(&self, dossier: &Dossier, payment: &Try, total: Money, most: Money) -> String {
        let (captured, label) = (payment.captured, &payment.label);
        let at = payment.captured_at.map_or_else(String::new, |at| format!(" {}", self.at(at)));
        let words = match payment.method {
            PayBy::CashAtDoor | PayBy::CardAtDoor => format!("{captured} paid at the door{at}."),
            PayBy::Redirect => format!("{captured} paid with {label}{at}."),
            PayBy::Card => format!("{captured} charged to {label}{at}."),
        };
        let is_packed = dossier.story.goods.came_to.is_some();
        let rest = if never_charged(payment) > Money::ZERO {
            format!(
                " The other {} of the {} reserved was let go. Banks show that within a few days.",
                never_charged(payment),
                payment.amount
            )
        } else if !story_back(payment).is_zero() {
            // Each sum that goes back has a sentence of its own.
            String::new()
        } else if captured > most && !is_packed {
            " What it comes to less goes back to you.".to_owned()
        } else if captured > total {
            " What it weighs less goes back to you.".to_owned()
        } else {
            String::new()
        };
        words + &rest
    }

    /// What of the customer's money is on its way back, or has come back: one sentence each.
    pub fn money(&self, story: &Story) -> Vec<Line> {
        let mut lines: Vec<Line> = story.tries.iter().filter_map(|t| self.release(t)).collect();
        let shown = story.refunds().filter(|(of, back)| !is_made_good(of, back));
        lines.extend(shown.map(|(of, back)| self.refund(of, back)));
        lines
    }

    fn release(&self, of: &Try) -> Option<Line> {
        let release = of.release?;
        let held = format!("{} held on {}", of.amount, of.label);
        Some(match release.done_at {
            None => Line {
                tone: Tone::Info,
                icon: "clock",
                point: "",
                words: format!(
                    "The {held} is let go: we have told your bank. Banks show that within a few days."
                ),
            },
            Some(at) => Line {
                tone: Tone::Good,
                icon: "circle-check",
                point: "",
                words: format!("The {held} was let go {}. Banks show that within a few days.", self.at(at)),
            },
        })
    }

    fn refund(&self, of: &Try, back: &Back) -> Line {
        let (amount, label) = (back.amount, &of.label);
        match back.state {
            RefundState::Requested => Line {
                tone: Tone::Info,
                icon: "clock",
                point: "",
                words: format!(
                    "{amount} goes back to {label}, usually within 3 days. We asked for it {}.",
                    self.at(back.asked_at)
                ),
            },
            RefundState::Succeeded => Line {
                tone: Tone::Good,
                icon: "circle-check",
                point: "",
                words: format!(
                    "{amount} went back to {label} {}. Your bank shows it within a few days.",
                    self.at(back.settled_at.unwrap_or(back.asked_at))
                ),
            },
            RefundState::Failed => Line {
                tone: Tone::Bad,
                icon: "circle-alert",
                point: "",
                words: format!(
                    "{amount} could not be sent back to {label} yet. We are on it and write to you; or ring {}.",
                    self.phone
                ),
            },
        }
    }

    /// What cancelling now would do to the money.
    pub fn if_cancelled(&self, dossier: &Dossier) -> String {
        let Some(payment) = dossier.story.payment().filter(|t| t.state.is_standing()) else {
            return "You have not been charged, and nothing will be.".to_owned();
        };
        if payment.method.is_at_door() {
            return "You have not paid anything, so nothing has to go back.".to_owned();
        }
        if !payment.captured.is_zero() {
            return format!(
                "{} goes back to {}, usually within 3 days.",
                payment.captured - story_back(payment),
                payment.label
            );
        }
        if payment.state == AttemptState::Authorised {
            return format!(
                "The {} held on {} is let go. Banks show that within a few days.",
                payment.amount, payment.label
            );
        }
        "Your payment is stopped. If it has gone through meanwhile, all of it goes back to you.".to_owned()
    }
}

/// What a card was reserved for and never charged.
fn never_charged(of: &Try) -> Money {
    match of.method {
        PayBy::Card if of.reserved_at.is_some() && !of.captured.is_zero() && of.captured < of.amount => {
            of.amount - of.captured
        }
        PayBy::Card | PayBy::Redirect | PayBy::CashAtDoor | PayBy::CardAtDoor => Money::ZERO,
    }
}

fn at_door(dossier: &Dossier, of: &Try) -> Option<Moved> {
    if !of.captured.is_zero() {
        return charged(of, "Paid at the door".to_owned());
    }
    let name =
        if of.method == PayBy::CashAtDoor { "Due at the door, in cash" } else { "Due at the door, by card" };
    let real = dossier.story.goods.came_to.map(|(_, total)| total);
    let sum = real.unwrap_or(dossier.order.total_cents);
    of.state.is_standing().then(|| Moved { how: Moving::Due, name: name.to_owned(), sum, at: None })
}

fn by_card(of: &Try) -> Vec<Moved> {
    let reserved = of.reserved_at.map(|at| Moved {
        how: Moving::Reserved,
        name: format!("Reserved on {}", of.label),
        sum: of.amount,
        at: Some(at),
    });
    let let_go = |name: &str, sum, at| Moved { how: Moving::LetGo, name: name.to_owned(), sum, at };
    let rest = match of.release {
        Some(release) if of.captured.is_zero() => match release.done_at {
            Some(at) => Some(let_go("Let go, never charged", of.amount, Some(at))),
            None => Some(let_go("Being let go, never charged", of.amount, None)),
        },
        // The bank has let it go by itself.
        None if of.captured.is_zero() && !of.state.is_standing() => {
            reserved.is_some().then(|| let_go("Let go, never charged", of.amount, None))
        }
        Some(_) | None => {
            let sum = never_charged(of);
            (!sum.is_zero()).then(|| let_go("Let go, never charged", sum, of.captured_at))
        }
    };
    reserved.into_iter().chain(charged(of, format!("Charged to {}", of.label))).chain(rest).collect()
}

fn charged(of: &Try, name: String) -> Option<Moved> {
    let row = Moved { how: Moving::Charged, name, sum: of.captured, at: of.captured_at };
    (!of.captured.is_zero()).then_some(row)
}

/// What goes back of a try, by how far it is; of several the time of the last.
fn sent_back(of: &Try) -> Vec<Moved> {
    let rows = [
        (RefundState::Succeeded, Moving::GivenBack, format!("Given back to {}", of.label)),
        (RefundState::Requested, Moving::OnItsWayBack, format!("On its way back to {}", of.label)),
        (RefundState::Failed, Moving::NotBackYet, format!("Not yet back on {}", of.label)),
    ];
    let row = |(state, how, name): (RefundState, Moving, String)| {
        let these = || of.refunds.iter().filter(|b| b.state == state && !is_made_good(of, b));
        let at = these().map(|b| b.settled_at.unwrap_or(b.asked_at)).max();
        Moved { how, name, sum: these().map(|b| b.amount).sum(), at }
    };
    rows.into_iter().map(row).collect()
}

/// Whether what failed was sent on its way once more.
fn is_made_good(of: &Try, back: &Back) -> bool {
    let later = of.refunds.iter().skip_while(|other| other.id != back.id).skip(1);
    back.state == RefundState::Failed
        && later.into_iter().any(|other| other.amount == back.amount && other.state != RefundState::Failed)
}

fn story_back(of: &Try) -> Money {
    of.refunds.iter().filter(|b| b.state != RefundState::Failed).map(|b| b.amount).sum()
}
