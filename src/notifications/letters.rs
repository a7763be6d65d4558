//! Each letter, as text and as HTML. The subject and the first line are the answer.

use super::Desk;
use crate::ids::RefundId;
use crate::money::Money;
use crate::outside::mail::Letter;
use crate::payments::RefundState;
use crate::tracker::{Answer, Dossier, TaxRow, Voice, offers, substitutions, tax_rows};
use askama::Template;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Confirmed,
    Cancelled,
    Refunded(RefundId),
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
#[template(path = "mail/refunded.txt")]
struct RefundedText<'a>(&'a Facts);
#[derive(Template)]
#[template(path = "mail/refunded.html")]
struct RefundedPage<'a>(&'a Facts);

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
        Kind::Refunded(refund) => refunded(voice, dossier, refund),
    };
    let window = voice.window(order);
    Facts {
        link: format!("{}/orders/{number}?key={key}", desk.public_url),
        subject,
        title,
        big: (kind == Kind::Confirmed).then(|| window.clone()),
        lead,
        phone: desk.phone.clone(),
        shop: desk.details.clone(),
        items: dossier.lines.iter().map(item).collect(),
        sums: sums(dossier),
        total: order.total_cents.to_string(),
        tax: tax_rows(order, &dossier.lines).iter().map(tax_words).collect(),
        paper: dossier.paper(),
        told: vec![
            ("When", window),
            ("Deliver to", dossier.place.label()),
            ("If something runs out", substitutions(order.substitutions).to_owned()),
        ],
        next: next(voice, dossier),
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

fn item(line: &crate::orders::OrderLine) -> (String, String) {
    (format!("{} × {}, {}", line.quantity, line.name, line.size_label), line.full_cents.to_string())
}

fn sums(dossier: &Dossier) -> Vec<(String, String)> {
    let order = &dossier.order;
    let items: Money = dossier.lines.iter().map(|l| l.full_cents).sum();
    let mut sums = vec![(crate::storefront::items_words(dossier.count()), items.to_string())];
    sums.extend(offers(&dossier.lines).into_iter().map(|(name, off)| (name, (-off).to_string())));
    if let Some(code) = &order.coupon_code {
        sums.push((format!("Coupon {code}"), (-order.coupon_cents).to_string()));
    }
    let fee = if order.fee_cents.is_zero() { "Free".to_owned() } else { order.fee_cents.to_string() };
    sums.push((format!("Delivery to {}", dossier.place.label()), fee));
    sums
}

fn tax_words(row: &TaxRow) -> (String, String) {
    (format!("VAT {} % in {}", row.percent, row.gross), row.tax.to_string())
}

fn next(voice: &Voice, dossier: &Dossier) -> Vec<String> {
    let mut next = vec![voice.cancelled_elsewhere(dossier)];
    if dossier.has_weighed() {
        let most = dossier.order.maximum_cents;
        next.push(format!("You pay for the real weight, {most} at most. The receipt shows it."));
    }
    if dossier.order.minimum_age > 0 {
        next.push(format!("Somebody aged {} or over shows an ID at the door.", dossier.order.minimum_age));
    }
    next
}
