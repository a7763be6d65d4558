//! What an order would become, said before it does.

use crate::ids::ProductId;
use crate::inventory::Wanted;
use crate::lifecycle::Plan;
use crate::money::Money;
use crate::payments::PayBy;
use crate::tracker::dossier::Dossier;
use crate::tracker::rest::{self, Rest};
use crate::tracker::words::Voice;

/// What it would become.
pub(super) struct Preview {
    pub(super) changes: Vec<String>,
    pub(super) total: String,
    pub(super) before: String,
    pub(super) most: Option<String>,
    pub(super) delivery: String,
    pub(super) money: String,
    pub(super) coupon_gone: Option<String>,
    /// What is sent when it is agreed to.
    pub(super) fields: Vec<(String, i32)>,
    pub(super) agreed: (i64, i64),
    /// What is offered instead, where the money cannot become more.
    pub(super) rest: Option<Rest>,
}

pub(super) fn preview(voice: &Voice, dossier: &Dossier, plan: &Plan, wanted: &[Wanted]) -> Option<Preview> {
    if plan.changes.is_empty() || !plan.minimum_missing.is_zero() {
        return None;
    }
    let sku = |id: ProductId| {
        plan.lines.iter().chain(&dossier.lines).find(|l| l.product_id == id).map(|l| l.sku.clone())
    };
    let (order, sums) = (&plan.order, plan.sums());
    Some(Preview {
        changes: plan.changes.iter().map(|c| c.words()).collect(),
        total: order.total_cents.to_string(),
        before: dossier.order.total_cents.to_string(),
        most: (order.maximum_cents > order.total_cents).then(|| order.maximum_cents.to_string()),
        delivery: if order.fee_cents.is_zero() { "free".to_owned() } else { order.fee_cents.to_string() },
        money: money(dossier, order.maximum_cents),
        coupon_gone: plan.coupon_gone.clone(),
        fields: wanted.iter().filter_map(|w| Some((sku(w.product)?, w.units))).collect(),
        agreed: (sums.total.cents(), sums.maximum.cents()),
        rest: rest::offer(voice, dossier, plan),
    })
}

/// What becomes of the money, said before it does.
fn money(dossier: &Dossier, most: Money) -> String {
    let Some(payment) = dossier.story.payment().filter(|t| t.state.is_standing()) else {
        return "There is nothing to pay.".to_owned();
    };
    let (has, label) = (payment.amount, &payment.label);
    match payment.method {
        PayBy::CashAtDoor | PayBy::CardAtDoor => "You pay at the door, as before.".to_owned(),
        PayBy::Card if most > has => {
            format!(
                "{has} is reserved on {label}. We ask your bank for {most} first; if it says no, nothing changes."
            )
        }
        PayBy::Card => {
            format!(
                "{has} stays reserved on {label}. You are charged what it comes to, and the rest is let go."
            )
        }
        PayBy::Redirect => {
            format!("You paid {has} with {label}. What it comes to less goes back to you once it is packed.")
        }
    }
}
