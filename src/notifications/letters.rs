//! Each letter, as text and as HTML. The subject and the first line are the answer.

use super::Desk;
use crate::events::{Event, LineChange};
use crate::ids::{AttemptId, CaseId, DropId, RefundId};
use crate::money::Money;
use crate::outside::mail::Letter;
use crate::payments::RefundState;
use crate::tracker::{self, Answer, Dossier, TaxRow, Voice, offers, tax_rows, wishes};
use askama::Template;
use chrono::{DateTime, Utc};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Confirmed,
    Cancelled,
    /// Somebody has left a payment that waits for them.
    ToApprove(AttemptId),
    /// A payment came to nothing, and nobody was there to be shown it.
    NotPaid(AttemptId),
    Refunded(RefundId),
    /// Which line, and when it was asked.
    Asked(i32, DateTime<Utc>),
    /// All of the line they were asked about was there after all.
    Found(i32),
    OnTheWay(DropId),
    Delivered,
    NotDelivered(DropId),
    /// Since when it is known.
    Late(DateTime<Utc>),
    /// Since when it is known that a delay is shorter than was told.
    Sooner(DateTime<Utc>),
    /// What is in it was changed: the event's number.
    Changed(i64),
    /// The desk has answered what was reported.
    Answered(CaseId),
}

/// What becomes of an order that nobody pays for.
const UNPAID: &str =
    "Nothing has to be typed again. Without a payment by then the order is cancelled, and you pay nothing.";
/// What the log calls a letter that asks.
pub(super) const ASKED: &str = "asked";

impl Kind {
    /// As the log has it.
    pub(super) const fn about(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Cancelled => "cancelled",
            Self::ToApprove(_) => "to_approve",
            Self::NotPaid(_) => "not_paid",
            Self::Refunded(_) => "refunded",
            Self::Asked(..) => ASKED,
            Self::Found(_) => "found",
            Self::OnTheWay(_) => "on_the_way",
            Self::Delivered => "delivered",
            Self::NotDelivered(_) => "not_delivered",
            Self::Late(_) => "late",
            Self::Sooner(_) => "sooner",
            Self::Changed(_) => "changed",
            Self::Answered(_) => "answered",
        }
    }
}

/// What all letters about an order say.
struct Facts {
    number: String,
    subject: String,
    /// The answer, in a line.
    title: String,
    big: Option<String>,
    lead: Vec<String>,
    link: String,
    phone: String,
    shop: String,
    items: Vec<(String, String)>,
    sums: Vec<(String, String)>,
    total: String,
    tax: Vec<(String, String)>,
    /// What is reserved, charged, let go and given back.
    moved: Vec<(String, String)>,
    /// What all this is called: a receipt, or none yet.
    paper: &'static str,
    told: Vec<(&'static str, String)>,
    next: Vec<String>,
    money: Vec<String>,
}

#[derive(Template)]
#[template(path = "mail/confirmed.txt")]
struct ConfirmedText<'a>(&'a Facts);
#[derive(Template)]
#[template(path = "mail/confirmed.html")]
struct ConfirmedPage<'a>(&'a Facts);
#[derive(Template)]
#[template(path = "mail/cancelled.txt")]
struct CancelledText<'a>(&'a Facts);
#[derive(Template)]
#[template(path = "mail/cancelled.html")]
struct CancelledPage<'a>(&'a Facts);
#[derive(Template)]
#[template(path = "mail/not_paid.txt")]
struct NotPaidText<'a>(&'a Facts);
#[derive(Template)]
#[template(path = "mail/not_paid.html")]
struct NotPaidPage<'a>(&'a Facts);
#[derive(Template)]
#[template(path = "mail/refunded.txt")]
struct RefundedText<'a>(&'a Facts);
#[derive(Template)]
#[template(path = "mail/refunded.html")]
struct RefundedPage<'a>(&'a Facts);

#[derive(Template)]
#[template(path = "mail/on_its_way.txt")]
struct OnItsWayText<'a>(&'a Facts);
#[derive(Template)]
#[template(path = "mail/on_its_way.html")]
struct OnItsWayPage<'a>(&'a Facts);
#[derive(Template)]
#[template(path = "mail/delivered.txt")]
struct DeliveredText<'a>(&'a Facts);
#[derive(Template)]
#[template(path = "mail/delivered.html")]
struct DeliveredPage<'a>(&'a Facts);

pub(super) fn write(
    kind: Kind,
    desk: &Desk,
    voice: &Voice,
    dossier: &Dossier,
    key: &str,
) -> askama::Result<Letter> {
    let facts = facts(kind, desk, voice, dossier, key);
    let (text, html) = match kind {
        Kind::Confirmed => (ConfirmedText(&facts).render()?, ConfirmedPage(&facts).render()?),
        Kind::Cancelled => (CancelledText(&facts).render()?, CancelledPage(&facts).render()?),
        Kind::Changed(_) => (ConfirmedText(&facts).render()?, ConfirmedPage(&facts).render()?),
        Kind::Asked(..)
        | Kind::Found(_)
        | Kind::OnTheWay(_)
        | Kind::NotDelivered(_)
        | Kind::Late(_)
        | Kind::Sooner(_)
        | Kind::Answered(_) => (OnItsWayText(&facts).render()?, OnItsWayPage(&facts).render()?),
        Kind::Delivered => (DeliveredText(&facts).render()?, DeliveredPage(&facts).render()?),
        Kind::ToApprove(_) | Kind::NotPaid(_) => {
            (NotPaidText(&facts).render()?, NotPaidPage(&facts).render()?)
        }
        Kind::Refunded(_) => (RefundedText(&facts).render()?, RefundedPage(&facts).render()?),
    };
    // It holds a key to the order.
    Ok(Letter { to: dossier.contact.email.clone(), subject: facts.subject, text, html, secret: true })
}

fn facts(kind: Kind, desk: &Desk, voice: &Voice, dossier: &Dossier, key: &str) -> Facts {
    let order = &dossier.order;
    let number = order.number.to_string();
    let answer = voice.answer(dossier);
    let (subject, title, lead) = match kind {
        Kind::Confirmed => confirmed(voice, dossier, answer.clone()),
        Kind::Cancelled => (
            format!("Order {number} cancelled: {}", cancelled_fact(&answer)),
            answer.title.clone(),
            answer.lead.clone(),
        ),
        Kind::ToApprove(_) | Kind::NotPaid(_) => unpaid(kind, voice, dossier, &answer),
        Kind::Refunded(refund) => refunded(voice, dossier, refund),
        Kind::Asked(position, _) => asked(voice, dossier, position),
        Kind::Found(position) => found(dossier, position),
        Kind::Answered(case) => answered(dossier, case),
        Kind::Changed(id) => changed(voice, dossier, id),
        Kind::OnTheWay(_) | Kind::Delivered | Kind::NotDelivered(_) | Kind::Late(_) | Kind::Sooner(_) => {
            news(kind, voice, dossier, &answer)
        }
    };
    let window = voice.promised(dossier);
    let big = match kind {
        Kind::Confirmed | Kind::Changed(_) => Some(window.clone()),
        Kind::OnTheWay(_) | Kind::Delivered | Kind::NotDelivered(_) | Kind::Late(_) | Kind::Sooner(_) => {
            answer.big
        }
        Kind::Cancelled
        | Kind::ToApprove(_)
        | Kind::NotPaid(_)
        | Kind::Refunded(_)
        | Kind::Asked(..)
        | Kind::Found(_)
        | Kind::Answered(_) => None,
    };
    Facts {
        link: format!("{}/orders/{number}?key={key}", desk.public_url),
        subject,
        title,
        big,
        lead,
        phone: desk.phone.clone(),
        shop: desk.details.clone(),
        items: dossier.lines.iter().map(|line| item(voice, dossier, line)).collect(),
        sums: sums(dossier),
        total: dossier.story.goods.came_to.map_or(order.total_cents, |(_, real)| real).to_string(),
        tax: tax_rows(order, &dossier.real_lines()).iter().map(tax_words).collect(),
        moved: voice.moved(dossier).iter().map(|row| (row.named(voice), row.sum.to_string())).collect(),
        paper: dossier.paper(),
        told: vec![
            ("When", window),
            ("Deliver to", dossier.place.label()),
            ("If something runs out", wishes(order, &dossier.lines)),
        ],
        next: next(kind, desk, voice, dossier),
        money: voice.money(&dossier.story).into_iter().map(|line| line.words).collect(),
        number,
    }
}

type Opening = (String, String, Vec<String>);

fn confirmed(voice: &Voice, dossier: &Dossier, answer: Answer) -> Opening {
    let number = &dossier.order.number;
    let subject = format!("Order {number} confirmed: {}", voice.window(&dossier.order));
    (subject, answer.title, vec![voice.sum(dossier)])
}

/// What its page says of its money, with the fact and the time that is left first in the subject.
fn unpaid(kind: Kind, voice: &Voice, dossier: &Dossier, answer: &Answer) -> Opening {
    let number = &dossier.order.number;
    if dossier.story.owed().is_some() {
        let subject = format!("Pay anew: order {number}, {}", voice.promised(dossier));
        return (subject, answer.title.clone(), answer.lead.clone());
    }
    let until = dossier.order.unpaid_until.map(|at| voice.time(at)).unwrap_or_default();
    let mut lead = answer.lead.clone();
    let fact = if let Kind::ToApprove(_) = kind {
        let window = voice.window(&dossier.order);
        lead.push(format!("Your things, and {window}, are kept for you until {until}."));
        "Waits for your approval"
    } else {
        "Not paid yet"
    };
    (format!("{fact}: order {number}, kept until {until}"), answer.title.clone(), lead)
}

/// What its page says at this moment, with the fact first in the subject.
fn news(kind: Kind, voice: &Voice, dossier: &Dossier, answer: &Answer) -> Opening {
    let (number, window) = (&dossier.order.number, voice.promised(dossier));
    let name = tracker::rider_of(&dossier.story.goods);
    let subject = match kind {
        Kind::OnTheWay(_) => format!("On the way: order {number}, {window}"),
        Kind::Delivered => format!("Delivered: order {number}"),
        Kind::NotDelivered(_) => format!("Not delivered yet: order {number}"),
        Kind::Late(_) => format!("Running late: order {number}, now {window}"),
        Kind::Sooner(_) => format!("Sooner than we said: order {number}, now {window}"),
        Kind::Confirmed
        | Kind::Cancelled
        | Kind::ToApprove(_)
        | Kind::NotPaid(_)
        | Kind::Refunded(_)
        | Kind::Asked(..)
        | Kind::Found(_)
        | Kind::Answered(_)
        | Kind::Changed(_) => {
            format!("Order {number}")
        }
    };
    let mut lead = answer.lead.clone();
    if let Kind::OnTheWay(_) = kind {
        lead.insert(0, format!("{name} has set out with your order."));
    }
    if let Kind::Sooner(_) = kind {
        lead.insert(0, "We told you of a delay, and it is shorter than we thought.".to_owned());
    }
    if kind == Kind::Delivered && dossier.photo.is_some() {
        lead.push("The picture is on your order’s page.".to_owned());
    }
    (subject, answer.title.clone(), lead)
}

/// The question, what a yes costs, and what holds without an answer.
fn asked(voice: &Voice, dossier: &Dossier, position: i32) -> Opening {
    let number = &dossier.order.number;
    let Some(ask) = dossier.story.goods.ask(position) else {
        return (format!("Order {number}"), "A question about your order".to_owned(), Vec::new());
    };
    let question = tracker::question(dossier, ask);
    let until = crate::clock::time_label(voice.zone, ask.until);
    let subject = format!("Yes or no by {until}, order {number}: {question}");
    let lead = vec![tracker::terms(voice, dossier, ask), "Say yes or no on your order’s page.".to_owned()];
    (subject, format!("Yes or no: {}", question.trim_end_matches('?')), lead)
}

/// The question is over, whatever was said to it.
fn found(dossier: &Dossier, position: i32) -> Opening {
    let number = &dossier.order.number;
    let line = dossier.lines.iter().find(|line| line.position == position);
    let name = line.map_or("what you ordered", |line| line.name.as_str());
    let lead = vec![
        "We asked whether something else may come in its place. That question is over: there is nothing to answer.".to_owned(),
        "It comes as you ordered it.".to_owned(),
    ];
    (format!("Found after all, order {number}: {name}"), format!("Found after all: {name}"), lead)
}

/// `not paid in time`, of `Order cancelled: it was not paid in time`
fn cancelled_fact(answer: &Answer) -> String {
    let title = answer.title.trim_start_matches("Order cancelled: ");
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn refunded(voice: &Voice, dossier: &Dossier, refund: RefundId) -> Opening {
    let number = &dossier.order.number;
    let found = dossier.story.refunds().find(|(_, back)| back.id == refund);
    let Some((of, back)) = found.filter(|(_, back)| back.state == RefundState::Succeeded) else {
        let words = "Money of your order has gone back".to_owned();
        return (format!("Order {number}: money has gone back"), words, Vec::new());
    };
    let title = format!("{} has gone back to {}", back.amount, of.label);
    let at = voice.time(back.settled_at.unwrap_or(back.asked_at));
    let lead = format!("It left us on {at}. Your bank shows it within a few days.");
    (format!("Order {number}: {} has gone back to you", back.amount), title, vec![lead])
}

fn changed(voice: &Voice, dossier: &Dossier, id: i64) -> Opening {
    let (number, total) = (&dossier.order.number, dossier.order.total_cents);
    let of = dossier.history.iter().find(|r| r.id == id).map(|r| &r.event);
    let each: Vec<String> = match of {
        Some(Event::OrderChanged { changes, .. }) => changes.iter().map(LineChange::words).collect(),
        Some(_) | None => Vec::new(),
    };
    let lead = each.into_iter().chain([voice.sum(dossier)]).collect();
    (format!("Order {number} changed: now {total}"), "Your order is changed. We come".to_owned(), lead)
}

fn answered(dossier: &Dossier, case: CaseId) -> Opening {
    let number = &dossier.order.number;
    let found = dossier.cases.iter().find(|c| c.id == case);
    let lead: Vec<String> = found.map(|c| c.answer.clone()).into_iter().collect();
    let title = "Our answer to what you told us".to_owned();
    (format!("Our answer about order {number}"), title, lead)
}

fn item(voice: &Voice, dossier: &Dossier, line: &crate::orders::OrderLine) -> (String, String) {
    let became = voice.picked(dossier, line.position).map(|words| format!(". {words}")).unwrap_or_default();
    let words = format!("{} × {}, {}{became}", line.quantity, line.name, line.size_label);
    (words, line.full_cents.to_string())
}

fn sums(dossier: &Dossier) -> Vec<(String, String)> {
    let order = &dossier.order;
    let items: Money = dossier.lines.iter().map(|l| l.full_cents).sum();
    let mut sums = vec![(crate::storefront::items_words(dossier.count()), items.to_string())];
    sums.extend(offers(&dossier.lines).into_iter().map(|(name, off)| (name, (-off).to_string())));
    sums.extend(dossier.voucher());
    let fee = if order.fee_cents.is_zero() { "Free".to_owned() } else { order.fee_cents.to_string() };
    sums.push((format!("Delivery to {}", dossier.place.label()), fee));
    if dossier.story.goods.came_to.is_some_and(|(_, real)| real != order.total_cents) {
        sums.push(("As ordered".to_owned(), order.total_cents.to_string()));
    }
    sums
}

fn tax_words(row: &TaxRow) -> (String, String) {
    (format!("VAT {} % in {}", row.percent, row.gross), row.tax.to_string())
}

fn next(kind: Kind, desk: &Desk, voice: &Voice, dossier: &Dossier) -> Vec<String> {
    let then = || voice.then(dossier).into_iter().map(|line| line.words);
    match kind {
        Kind::Late(_) | Kind::Sooner(_) => voice.choices(dossier),
        Kind::ToApprove(_) => vec![format!("Approve it, or pay another way, on the order’s page. {UNPAID}")],
        Kind::NotPaid(_) if dossier.story.owed().is_some() => {
            vec!["Choose how on the order’s page. Until it is paid for, nobody sets out with it.".to_owned()]
        }
        Kind::NotPaid(_) => vec![format!("Try again, or pay another way, on the order’s page. {UNPAID}")],
        Kind::NotDelivered(_) => then().chain([voice.cancelled_elsewhere(dossier)]).collect(),
        Kind::Asked(..) | Kind::Found(_) | Kind::OnTheWay(_) | Kind::Delivered => then().collect(),
        Kind::Answered(_) => vec!["Not what you meant? Tell us on the order’s page.".to_owned()],
        Kind::Confirmed | Kind::Changed(_) => {
            let changing = voice.until_picking(dossier, &desk.pace);
            [voice.cancelled_elsewhere(dossier)].into_iter().chain(changing).chain(then()).collect()
        }
        Kind::Cancelled | Kind::Refunded(_) => {
            [voice.cancelled_elsewhere(dossier)].into_iter().chain(then()).collect()
        }
    }
}
