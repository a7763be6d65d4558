//! What one does in the town: takes a part over, hands it back, makes trouble.

use super::crew::Autopilot;
use crate::error::AppError;
use crate::ids::OrderId;
use crate::orders::{self, OrderState};
use crate::storefront::Shop;
use crate::town::{self, Part, Trouble};
use crate::web::redirect;
use actix_web::HttpResponse;
use actix_web::web::{Data, Form};
use diesel::OptionalExtension;
use diesel::PgConnection;
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
pub(super) struct Act {
    /// A part, or a trouble.
    what: String,
    /// `itself` hands a part back; all else takes it over.
    #[serde(default)]
    by: String,
    order: Option<Uuid>,
    /// `yes`: it is not to go wrong any more.
    #[serde(default)]
    undo: String,
}

/// Said twice it is done once.
pub(super) async fn act(
    shop: Data<Shop>,
    autopilot: Data<Autopilot>,
    form: Form<Act>,
) -> Result<HttpResponse, AppError> {
    if !autopilot.is_on() {
        return Err(AppError::bad(
            "Nothing goes by itself in this shop: its settings switch the autopilot off. People do all of it.",
        ));
    }
    let now = shop.app.clock.now();
    let (part, trouble) = (part(&form.what), form.what.parse::<Trouble>().ok());
    let (order, by_itself, undo) = (form.order.map(OrderId), form.by == "itself", form.undo == "yes");
    let done = move |conn: &mut PgConnection| match (part, trouble, order) {
        (Some(part), ..) if by_itself => Ok(town::hand_back(conn, part)?),
        (Some(part), ..) => Ok(town::take_over(conn, part, now)?),
        (None, Some(trouble), Some(order)) if undo => Ok(town::end_trouble(conn, order, trouble)?),
        (None, Some(trouble), Some(order)) if is_open(conn, order)? => {
            Ok(town::make_trouble(conn, order, trouble, now)?)
        }
        (None, Some(_), Some(_)) => {
            Err(AppError::bad("This order is over: nothing can go wrong with it any more."))
        }
        (None, ..) => {
            Err(AppError::bad("There is no such thing to do in this town. Go back and choose another."))
        }
    };
    shop.app.db(done).await?;
    Ok(redirect("/sandbox", []))
}

fn part(what: &str) -> Option<Part> {
    match what {
        "pick" => Some(Part::Picking),
        "dispatch" => Some(Part::Dispatch),
        "ride" => Some(Part::Riding),
        _ => None,
    }
}

fn is_open(conn: &mut PgConnection, order: OrderId) -> Result<bool, AppError> {
    let found = orders::order(conn, order).optional()?;
    Ok(found.is_some_and(|order| matches!(order.state, OrderState::Placed | OrderState::Confirmed)))
}
