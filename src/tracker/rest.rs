//! What cannot be added to an order, since the money behind it cannot become more: it is ordered for itself,
//! and both come together where the same time is chosen.

use super::access::{Caller, private, voice};
use super::dossier::Dossier;
use super::lines::{Typed, wanted};
use super::words::Voice;
use crate::basket::{self, MAX_QUANTITY, SetError, Wish};
use crate::catalog;
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::inventory::Wanted;
use crate::lifecycle::Plan;
use crate::orders::OrderLine;
use crate::payments::PayBy;
use crate::storefront::{Shop, Visit};
use crate::web::redirect;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};

/// What is offered in the place of a change that is not possible.
pub(super) struct Rest {
    pub(super) words: String,
    /// What is wanted of each thing that is to be more.
    pub(super) fields: Vec<(String, i32)>,
}

/// Nothing where the change can be tried: less is wanted, the card was kept, or it is paid at the door.
pub(super) fn offer(voice: &Voice, dossier: &Dossier, plan: &Plan) -> Option<Rest> {
    let payment = dossier.story.payment().filter(|t| t.state.is_standing())?;
    if plan.order.maximum_cents <= payment.amount {
        return None;
    }
    let row = dossier.attempts.iter().find(|a| a.id == payment.id)?;
    let is_kept = row.gateway_customer.is_some() && row.gateway_method.is_some();
    let why = match payment.method {
        PayBy::Card if !is_kept => format!(
            "{} is reserved on {}. The card was not kept, so no more can be reserved on it.",
            payment.amount, payment.label
        ),
        PayBy::Redirect => format!(
            "You paid {} with {} when you ordered, so this order can only come to less.",
            payment.amount, payment.label
        ),
        PayBy::Card | PayBy::CashAtDoor | PayBy::CardAtDoor => return None,
    };
    let fields: Vec<(String, i32)> = plan
        .lines
        .iter()
        .filter(|l| l.quantity > ordered(&dossier.lines, l))
        .map(|l| (l.sku.clone(), l.quantity))
        .collect();
    let words = format!(
        "{why} Order what is more for itself: where {} is still free, both come together. The smallest order and the delivery hold for it too.",
        voice.promised(dossier)
    );
    (!fields.is_empty()).then_some(Rest { words, fields })
}

fn ordered(lines: &[OrderLine], line: &OrderLine) -> i32 {
    lines.iter().find(|l| l.product_id == line.product_id).map_or(0, |l| l.quantity)
}

/// Puts what is more than was ordered into the basket. The same once more adds nothing.
pub(super) async fn put(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
    form: Form<Vec<(String, String)>>,
) -> Result<HttpResponse, AppError> {
    let (number, typed, voice) = (number.into_inner(), Typed::read(form.into_inner()), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let (basket, valid_for) = (visit.basket_or_new(), shop.quote_valid_for());
    shop.app
        .db(move |conn| {
            let (dossier, _) = caller.read(conn, &number, &voice)?;
            let (wanted, _) = wanted(conn, &dossier.lines, &typed, voice.now)?;
            let ids: Vec<i64> = wanted.iter().map(|w| w.product.0).collect();
            let items = catalog::by_ids(conn, &ids, voice.now)?;
            let before = basket::load(conn, basket, valid_for, voice.now)?;
            for (id, more) in more(&dossier.lines, &wanted) {
                let Some(item) = items.iter().find(|i| i.article.id.0 == id) else { continue };
                let have = before.as_ref().map_or(0, |b| b.quantity_of(id));
                let units = more.min(item.available()).min(MAX_QUANTITY).max(have);
                match basket::set_quantity(conn, basket, item, Wish::exactly(units), voice.now) {
                    Ok(_) | Err(SetError::OnlyLeft { .. } | SetError::Full) => {}
                    Err(SetError::Db(e)) => return Err(e.into()),
                }
            }
            Ok::<_, AppError>(())
        })
        .await?;
    shop.baskets.forget(basket);
    Ok(private(redirect("/basket", [shop.basket_cookie(basket)])))
}

/// Of each product how many more than were ordered.
fn more(lines: &[OrderLine], wanted: &[Wanted]) -> Vec<(i64, i32)> {
    let ordered = |w: &Wanted| lines.iter().find(|l| l.product_id == w.product).map_or(0, |l| l.quantity);
    wanted.iter().map(|w| (w.product.0, w.units - ordered(w))).filter(|(_, more)| *more > 0).collect()
}
