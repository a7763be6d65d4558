//! The parts that an order's pages share, in finished words.

use super::access::Sight;
use super::dossier::Dossier;
use super::sums::{offers, tax_rows};
use super::words::{Moved, Voice, wishes};
use crate::catalog::PictureFit;
use crate::lifecycle::Status;
use crate::money::Money;
use crate::orders::{OrderLine, OrderState};
use crate::storefront::items_words;
use crate::web::assets;

pub(super) struct LineView {
    pub(super) words: String,
    pub(super) picture: String,
    pub(super) fresh: bool,
    pub(super) sum: String,
    /// What became of it, where that is not what was ordered.
    pub(super) note: Option<String>,
}

impl LineView {
    /// With what the picker found.
    pub(super) fn picked(voice: &Voice, dossier: &Dossier, line: &OrderLine) -> Self {
        Self { note: voice.picked(dossier, line.position), ..Self::new(line) }
    }

    pub(super) fn new(line: &OrderLine) -> Self {
        Self {
            words: format!("{} × {}, {}", line.quantity, line.name, line.size_label),
            picture: assets::picture(&line.picture).into_owned(),
            fresh: line.picture_fit == PictureFit::Fresh,
            sum: line.full_cents.to_string(),
            note: None,
        }
    }
}

pub(super) struct TotalsView {
    pub(super) items_words: String,
    pub(super) items: String,
    /// What is taken off, by name.
    pub(super) less: Vec<(String, String)>,
    pub(super) delivery_to: String,
    pub(super) delivery: String,
    pub(super) name: &'static str,
    pub(super) total: String,
    pub(super) tax: String,
    pub(super) most: Option<String>,
    /// What it comes to, once it is packed.
    pub(super) real: Option<String>,
    /// What is reserved, charged, let go and given back, each with its time.
    pub(super) moved: Vec<MovedView>,
}

impl TotalsView {
    pub(super) fn new(voice: &Voice, dossier: &Dossier) -> Self {
        let order = &dossier.order;
        let mut less: Vec<(String, String)> =
            offers(&dossier.lines).into_iter().map(|(name, off)| (name, (-off).to_string())).collect();
        less.extend(dossier.voucher());
        let tax: Money = tax_rows(order, &dossier.real_lines()).iter().map(|row| row.tax).sum();
        let real = dossier.story.goods.came_to.map(|(_, total)| total);
        Self {
            items_words: items_words(dossier.count()),
            items: dossier.lines.iter().map(|l| l.full_cents).sum::<Money>().to_string(),
            less,
            delivery_to: dossier.place.label(),
            delivery: if order.fee_cents.is_zero() { "Free".to_owned() } else { order.fee_cents.to_string() },
            name: if real.is_some() { "As ordered" } else { total_name(&dossier.story.money()) },
            total: order.total_cents.to_string(),
            tax: tax.to_string(),
            most: (dossier.has_weighed() && real.is_none()).then(|| order.maximum_cents.to_string()),
            real: real.map(|total| total.to_string()),
            moved: voice.moved(dossier).into_iter().map(|row| MovedView::new(voice, row)).collect(),
        }
    }
}

pub(super) struct MovedView {
    pub(super) name: String,
    pub(super) when: String,
    pub(super) sum: String,
}

impl MovedView {
    fn new(voice: &Voice, row: Moved) -> Self {
        let when = row.at.map_or_else(String::new, |at| voice.time(at));
        Self { when, sum: row.sum.to_string(), name: row.name }
    }
}

const fn total_name(status: &Status) -> &'static str {
    match status {
        Status::Checking | Status::ToApprove { .. } | Status::NotPaid { .. } => "Total, not yet paid",
        Status::Confirmed | Status::Completed | Status::Cancelled(_) => "Total",
    }
}

/// A term and what it is.
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// When, where and how it is brought; as much of it as somebody may see.
pub(super) fn facts(voice: &Voice, dossier: &Dossier, sight: Sight) -> Vec<Fact> {
    let (order, contact) = (&dossier.order, &dossier.contact);
    let waits = order.state == OrderState::Placed;
    let held = if waits { ", held for you" } else { "" };
    let mut facts = vec![Fact { name: "When", value: format!("{}{held}", voice.promised(dossier)) }];
    if let Some(first) = voice.first_promised(&dossier.story.goods) {
        facts.push(Fact { name: "First promised", value: first });
    }
    let mut add = |name, value: String| {
        if !value.is_empty() {
            facts.push(Fact { name, value });
        }
    };
    match sight {
        Sight::Owner => {
            add("Deliver to", whole_address(dossier));
            add("Phone", contact.phone.clone());
            add("Where to leave it", contact.leave_at.clone());
            add("Note for the rider", contact.note.clone());
            add("Best time", contact.preferred_time.clone());
            if !contact.gate_code.is_empty() {
                add("Gate code", "Kept for your rider".to_owned());
            }
            add("Gift note", contact.gift_note.clone());
        }
        Sight::Proven | Sight::Link => add("Deliver to", dossier.place.label()),
    }
    if dossier.story.money().is_unsettled() {
        add("Sum", voice.sum(dossier).trim_end_matches('.').to_owned());
    }
    add("If something runs out", wishes(order, &dossier.lines));
    if order.minimum_age > 0 {
        add("At the door", format!("Somebody aged {} or over shows an ID", order.minimum_age));
    }
    facts
}

/// `Aoife Byrne, 14 Leinster Road, Rathmines, D06 X4P7`
fn whole_address(dossier: &Dossier) -> String {
    let c = &dossier.contact;
    let parts = [&c.name, &c.company, &c.line, &c.town, &c.eircode];
    parts.into_iter().filter(|p| !p.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}

/// `aoife@example.ie`, or who is meant without saying it.
pub(super) fn mail_words(dossier: &Dossier, sight: Sight) -> String {
    match sight {
        Sight::Owner => dossier.contact.email.clone(),
        Sight::Proven | Sight::Link => "the mail address of this order".to_owned(),
    }
}
