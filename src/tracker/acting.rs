//! What somebody does with an order, by a form on its pages: for those alone who may act. Whoever came by
//! a bare link proves first that the order is theirs.

use super::access::{Caller, Sight, address, private, voice};
use super::code::{Act, prove};
use super::dossier::Dossier;
use super::said::Said;
use super::words::Voice;
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::storefront::{Shop, Viewer, Visit};
use crate::web::redirect;
use actix_web::{HttpRequest, HttpResponse};
use diesel::PgConnection;

/// Does it. What came of it is said on the order's page.
pub(super) async fn act(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    (number, act): (OrderNumber, Act),
    verb: impl FnOnce(&mut PgConnection, &Dossier, &Voice) -> Result<Said, AppError> + Send + 'static,
) -> Result<HttpResponse, AppError> {
    let voice = voice(shop);
    let caller = Caller::of(shop, request, visit).await?;
    let asked = number.clone();
    let work = move |conn: &mut PgConnection| {
        let (dossier, sight) = caller.read(conn, &asked, &voice)?;
        if !sight.may_act() {
            return Ok(None);
        }
        verb(conn, &dossier, &voice).map(Some)
    };
    let said = shop.app.db(work).await?;
    Ok(said.map_or_else(|| prove(&number, act), |said| back(shop, &number, said)))
}

/// What becomes of a form.
pub(super) enum Told<W> {
    Said(Said),
    /// The same page again, with what is wrong.
    Again(W),
}

/// A form that comes again with what was typed, and what is wrong with it.
pub(super) struct Again<W> {
    pub(super) dossier: Dossier,
    pub(super) sight: Sight,
    pub(super) wrong: W,
    pub(super) viewer: Viewer,
}

enum Filled<W> {
    Prove,
    Said(Said),
    Again(Box<Again<W>>),
}

/// As [`act`], of a form in which something may be wrong: then what its page needs.
pub(super) async fn fill<W: Send + 'static>(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    (number, act): (OrderNumber, Act),
    verb: impl FnOnce(&mut PgConnection, (&Dossier, Sight), &Voice) -> Result<Told<W>, AppError> + Send + 'static,
) -> Result<Result<HttpResponse, Box<Again<W>>>, AppError> {
    let voice = voice(shop);
    let caller = Caller::of(shop, request, visit).await?;
    let (asked, load) = (number.clone(), Viewer::loader(shop, visit));
    let work = move |conn: &mut PgConnection| {
        let (dossier, sight) = caller.read(conn, &asked, &voice)?;
        if !sight.may_act() {
            return Ok(Filled::Prove);
        }
        match verb(conn, (&dossier, sight), &voice)? {
            Told::Said(said) => Ok(Filled::Said(said)),
            Told::Again(wrong) => {
                let viewer = load(conn)?;
                Ok::<_, AppError>(Filled::Again(Box::new(Again { dossier, sight, wrong, viewer })))
            }
        }
    };
    match shop.app.db(work).await? {
        Filled::Prove => Ok(Ok(prove(&number, act))),
        Filled::Said(said) => Ok(Ok(back(shop, &number, said))),
        Filled::Again(again) => Ok(Err(again)),
    }
}

/// To the order's page, with a word about what has happened where there is one to say.
pub(super) fn back(shop: &Shop, number: &OrderNumber, said: impl Into<Option<Said>>) -> HttpResponse {
    private(redirect(&address(number), said.into().map(|said| said.cookie(shop, number))))
}
