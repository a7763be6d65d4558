//! What is said about an order, in the words that its page, its letters and lists share.

mod anew;
mod begins;
mod expected;
mod goods;
mod how_far;
mod money;
mod reading;
mod so_far;
mod steps;

pub(crate) use goods::{by_whom as rider_of, delay};
pub use how_far::HowFar;
pub use money::{Moved, Moving};
pub use reading::badge;
pub(super) use reading::code;
pub use so_far::Happened;
pub use steps::Step;

use super::dossier::Dossier;
use crate::clock;
use crate::lifecycle::{Status, Try};
use crate::orders::{CancelledWhy, Order, OrderLine, OrderState, Substitutions};
use crate::payments::{PayBy, failure_words};
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;

/// From where and when something is told, and whom people ring.
#[derive(Clone)]
pub struct Voice {
    pub zone: Tz,
    pub now: DateTime<Utc>,
    pub phone: String,
    pub dates: Dates,
}

/// How much of a day is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dates {
    /// Nothing of today: a page is read at once.
    OfOtherDays,
    /// Day and date: a letter may be read tomorrow.
    Always,
    /// The year too: a receipt is kept for years.
    WithYear,
}

/// How news is: the colours and signs go by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Info,
    Warn,
    Bad,
    Plain,
}

impl Tone {
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }
}

/// The answer to "did it work?", before anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub tone: Tone,
    pub icon: &'static str,
    /// The answer itself, without a stop at its end.
    pub title: String,
    /// The day and time, where that is what one wants to know.
    pub big: Option<String>,
    pub lead: Vec<String>,
}

/// A sentence with a sign before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub tone: Tone,
    pub icon: &'static str,
    /// How it begins, where that is the point of it.
    pub point: &'static str,
    pub words: String,
}

impl Voice {
    /// `14:20`, or `Wed 25 Nov, 14:20` where that is not today; `Wed 25 Nov 2026, 14:20`
    pub fn time(&self, at: DateTime<Utc>) -> String {
        let time = clock::time_label(self.zone, at);
        if self.is_today(at) { time } else { format!("{}, {time}", self.day(at)) }
    }

    /// `at 14:20`, `on Wed 25 Nov, 14:20`
    fn at(&self, at: DateTime<Utc>) -> String {
        format!("{} {}", if self.is_today(at) { "at" } else { "on" }, self.time(at))
    }

    fn day(&self, at: DateTime<Utc>) -> String {
        let day = clock::day_label(self.zone, at);
        match self.dates {
            Dates::WithYear => format!("{day} {}", clock::local_day(self.zone, at).year()),
            Dates::OfOtherDays | Dates::Always => day,
        }
    }

    fn is_today(&self, at: DateTime<Utc>) -> bool {
        self.dates == Dates::OfOtherDays && clock::near_day(self.zone, self.now, at) == Some("today")
    }

    /// The window it was placed for: `Tue 24 Nov, 18:00–20:00`
    pub fn window(&self, order: &Order) -> String {
        self.span(order.window_starts_at, order.window_ends_at)
    }

    pub fn answer(&self, dossier: &Dossier) -> Answer {
        let (tone, icon, title, big, lead) = match &dossier.story.money() {
            Status::Checking => (
                Tone::Info,
                "loader-circle",
                "We are checking your payment".to_owned(),
                None,
                vec!["Your bank has not answered yet. This is usually over in a minute.".to_owned()],
            ),
            Status::ToApprove { .. } => (
                Tone::Warn,
                "triangle-alert",
                "Your payment waits for your approval".to_owned(),
                None,
                vec![self.approval(dossier)],
            ),
            Status::NotPaid { reason } => {
                let (title, lead) = match dossier.story.owed() {
                    Some(owed) => self.paid_anew(dossier, &owed, reason.as_deref()),
                    None => self.not_paid(dossier, reason.as_deref()),
                };
                (Tone::Bad, "circle-alert", title, None, lead)
            }
            Status::Confirmed | Status::Completed => return self.of_the_goods(dossier),
            Status::Cancelled(why) => {
                let (title, lead) = self.cancelled(dossier, *why);
                (Tone::Plain, "circle-x", title, None, lead)
            }
        };
        let mut lead = lead;
        if let Some(delay) = delay(&dossier.story.goods).filter(|_| dossier.order.state == OrderState::Placed)
        {
            lead.extend([delay.sentence.clone(), self.keep(dossier)]);
        }
        Answer { tone, icon, title, big, lead }
    }

    fn approval(&self, dossier: &Dossier) -> String {
        let pays = dossier.story.payment().map_or_else(|| "Your bank".to_owned(), by_whom);
        format!("{pays} asks you to approve {}. You have not been charged.", dossier.order.maximum_cents)
    }

    fn not_paid(&self, dossier: &Dossier, reason: Option<&str>) -> (String, Vec<String>) {
        let kept = match dossier.order.unpaid_until {
            Some(until) if until > self.now => format!(
                "You have not been charged. Your things, and {}, are kept for you until {}.",
                self.window(&dossier.order),
                self.time(until)
            ),
            Some(_) | None => "You have not been charged. The time to pay is over.".to_owned(),
        };
        match reason {
            Some(code) => {
                let (cause, advice) = failure_words(code);
                (cause.trim_end_matches('.').to_owned(), vec![kept, advice.to_owned()])
            }
            None => (
                "This order is not paid yet".to_owned(),
                vec![kept, "Choose how you would like to pay.".into()],
            ),
        }
    }

    fn cancelled(&self, dossier: &Dossier, why: CancelledWhy) -> (String, Vec<String>) {
        let over = dossier.story.cancelled_at.unwrap_or(self.now);
        let (at, when) = (self.time(over), upper_first(&self.at(over)));
        let (title, lead) = match why {
            CancelledWhy::Customer => {
                ("You cancelled this order", format!("{when}. Nothing of it will be brought."))
            }
            CancelledWhy::Unpaid => (
                "Order cancelled: it was not paid in time",
                format!("No payment had come by {at}, so your things and your time went back to the shelf."),
            ),
            CancelledWhy::LateMoney => (
                "Order cancelled: your payment came too late",
                format!(
                    "It reached us after {at}, when things or time had gone to others. We are sorry. You get all of it back."
                ),
            ),
            CancelledWhy::Shop => {
                ("We had to cancel this order", format!("{when}. We are sorry. You pay nothing for it."))
            }
        };
        let mut lead = vec![lead];
        if self.money(&dossier.story).is_empty() {
            lead.push("You have not been charged.".to_owned());
        }
        (title.to_owned(), lead)
    }

    /// Until when one may cancel, said to whoever can do it on the page they look at.
    pub fn cancel_until(&self, dossier: &Dossier) -> String {
        if dossier.can_be_cancelled() {
            format!("You can cancel for free {}.", self.until_handed_over(dossier))
        } else {
            self.not_cancelled()
        }
    }

    /// The same where a link is read, in a letter say: its page asks for a code first.
    pub fn cancelled_elsewhere(&self, dossier: &Dossier) -> String {
        if dossier.can_be_cancelled() {
            format!("It can be cancelled for free {}, on its page.", self.until_handed_over(dossier))
        } else {
            self.not_cancelled()
        }
    }

    /// With the time, as long as that is still to come: what is late leaves at no time one could name.
    fn until_handed_over(&self, dossier: &Dossier) -> String {
        match dossier.leaves_at.map(clock::about).filter(|at| *at > self.now) {
            Some(at) => format!("until it is handed to the rider, about {}", self.time(at)),
            None => "until it is handed to the rider".to_owned(),
        }
    }

    /// Where one sees what is still to come: on the page itself, or on the one that a letter leads to.
    fn shown(&self) -> &'static str {
        match self.dates {
            Dates::Always => "Its page shows",
            Dates::OfOtherDays | Dates::WithYear => "You see here",
        }
    }

    fn not_cancelled(&self) -> String {
        format!(
            "It can no longer be cancelled, because it has been handed to the rider. Something not right? Ring {}.",
            self.phone
        )
    }
}

fn upper_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn by_whom(payment: &Try) -> String {
    match payment.method {
        PayBy::Redirect => payment.label.clone(),
        PayBy::Card | PayBy::CashAtDoor | PayBy::CardAtDoor => "Your bank".to_owned(),
    }
}

/// What happens when something has run out: for the whole order, and for what is to be otherwise.
pub fn wishes(order: &Order, lines: &[OrderLine]) -> String {
    let others = lines.iter().filter(|line| line.wish(order) != order.substitutions);
    let each = others.map(|line| format!("{}: {}", line.name, substitutions(line.wish(order))));
    let all = [substitutions(order.substitutions).to_owned()].into_iter().chain(each);
    all.collect::<Vec<_>>().join(". ")
}

const fn substitutions(choice: Substitutions) -> &'static str {
    match choice {
        Substitutions::Similar => "Swap for something close, never dearer",
        Substitutions::Ask => "We write to you first; without an answer within ten minutes we leave it out",
        Substitutions::LeaveOut => "Leave it out",
    }
}
