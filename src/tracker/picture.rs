//! The picture of what was left at the door, for those alone whose door it is.

use super::access::{Caller, Sight, voice};
use super::dossier::Dossier;
use super::words::Voice;
use crate::delivery::{self, Proof};
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::storefront::{Shop, Visit};
use crate::web::private_jpeg;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use diesel::PgConnection;

/// What the page shows of it.
pub(super) enum Left {
    Picture {
        width: i32,
        height: i32,
        /// Where it stands; for the customer alone.
        place: String,
        taken: String,
    },
    /// Whoever holds a link shows first that the order is theirs.
    Behind,
    /// It was kept for as long as we said.
    Gone,
}

pub(super) fn left(voice: &Voice, dossier: &Dossier, sight: Sight) -> Option<Left> {
    if dossier.proof() != Some(Proof::Photo) {
        return None;
    }
    let Some(photo) = &dossier.photo else { return Some(Left::Gone) };
    if !sight.may_act() {
        return Some(Left::Behind);
    }
    let place = if sight.is_owner() { dossier.contact.leave_at.clone() } else { String::new() };
    Some(Left::Picture { width: photo.width, height: photo.height, place, taken: voice.time(photo.taken_at) })
}

/// To everybody else there is no such picture, and no such order.
pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    number: Path<OrderNumber>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let read = move |conn: &mut PgConnection| {
        let (order, sight) = caller.find(conn, &number, &voice)?;
        if !sight.may_act() {
            return Err(AppError::NotFound);
        }
        delivery::photo_of_order(conn, order.id)?.ok_or(AppError::NotFound)
    };
    Ok(private_jpeg(shop.app.db(read).await?))
}
