//! "Delivered", with what shows it: the one form that can bring a picture, sent by a page or, later, by
//! its script.

use super::heard::{Decided, Teller, hear};
use super::parts::{self, Parts};
use super::stop::led_on;
use super::word::{Details, Kind, Word};
use crate::darkroom;
use crate::delivery::{self, Heard};
use crate::error::AppError;
use crate::ids::{DropId, StaffId};
use crate::staffroom::{Area, Staffer};
use crate::storefront::Shop;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use diesel::PgConnection;

pub(super) async fn take(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
    id: Path<DropId>,
    payload: Payload,
) -> Result<HttpResponse, AppError> {
    who.may(Area::Rider)?;
    let id = id.into_inner();
    let (parts, is_theirs) = (parts::read(&request, payload).await?, is_theirs(&shop, id, who.id).await?);
    if !is_theirs && !who.is_script() {
        // To others there is no such drop.
        return Err(AppError::NotFound);
    }
    let mut word = word(id, &parts)?;
    // Of somebody else's drop nothing is even unpacked.
    let file = parts.picture.filter(|_| is_theirs && word.details.proof == "photo");
    let decided = match develop(file).await? {
        Ok(photo) => {
            word.photo = photo.map(Box::new);
            decide(&shop, who.id, word).await?
        }
        Err(words) => Decided::new(word.id, Heard::Refused, words),
    };
    Ok(if who.is_script() { told(&decided) } else { led_on(&shop, id, decided, true) })
}

/// The picture made ours; nothing where none came; or why it cannot be one.
async fn develop(
    file: Option<Result<Vec<u8>, darkroom::Unfit>>,
) -> Result<Result<Option<darkroom::Photo>, &'static str>, AppError> {
    let file = match file {
        None => return Ok(Ok(None)),
        Some(Err(unfit)) => return Ok(Err(unfit.words())),
        Some(Ok(file)) => file,
    };
    let developed = darkroom::develop(file).await.map_err(|darkroom::Crowded| AppError::Busy)?;
    Ok(developed.map(Some).map_err(darkroom::Unfit::words))
}

async fn is_theirs(shop: &Shop, id: DropId, rider: StaffId) -> Result<bool, AppError> {
    let read = move |conn: &mut PgConnection| delivery::drop_by_id(conn, id);
    Ok(shop.app.read(read).await?.is_some_and(|drop| drop.rider_id == Some(rider)))
}

fn word(drop: DropId, parts: &Parts) -> Result<Word, AppError> {
    let id = parts.text("id").parse();
    let id = id.map_err(|_| AppError::bad("This form is not complete. Load the page again."))?;
    let details = Details {
        proof: parts.text("proof").to_owned(),
        code: parts.text("code").to_owned(),
        name: parts.text("name").to_owned(),
        age_checked: parts.text("age_checked") == "true",
        paid_by: parts.text("paid_by").to_owned(),
        ..Details::default()
    };
    let happened_at = parts.text("happened_at").parse().ok();
    Ok(Word { id, drop, kind: Kind::Delivered, happened_at, details, photo: None })
}

/// What was done, the picture and that it was heard are one transaction.
async fn decide(shop: &Shop, rider: StaffId, word: Word) -> Result<Decided, AppError> {
    let (signer, now) = (shop.app.signer.clone(), shop.app.clock.now());
    let hear = move |conn: &mut PgConnection| hear(conn, Teller { rider, signer: &signer, now }, &word);
    shop.app.db(hear).await
}

fn told(decided: &Decided) -> HttpResponse {
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(decided)
}
