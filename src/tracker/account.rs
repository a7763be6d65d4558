//! An account from one field: whoever has ordered has told us everything but a password.

use super::access::{Caller, Sight, address, later, private, voice};
use super::dossier::Dossier;
use super::said::Said;
use super::words::Voice;
use crate::accounts::{self, Contact, Details};
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::lifecycle::{Stage, Status};
use crate::orders;
use crate::storefront::{Asker, Shop, Visit};
use crate::throttle::Limited;
use crate::web::redirect;
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

/// The offer on the order's page.
pub(super) struct AccountOffer {
    pub(super) email: String,
    /// What is wrong with the password that was sent.
    pub(super) wrong: Option<String>,
    /// Whether a page without scripts leaves it alone, and is not loaded again by itself.
    pub(super) stands_still: bool,
}

/// To the browser that placed it, until it is delivered and as long as nobody is signed in: a hand that types
/// is not overtaken by the warehouse.
pub(super) fn offer(
    dossier: &Dossier,
    sight: Sight,
    is_signed_in: bool,
    said: Option<Said>,
    still: bool,
) -> Option<AccountOffer> {
    let stage = dossier.story.goods.stage();
    let is_new = matches!(dossier.story.status, Status::Confirmed) && stage != Stage::Delivered;
    let is_new = is_new && dossier.order.customer_id.is_none();
    let fits = is_new && sight == Sight::Owner && !is_signed_in && said != Some(Said::AccountAsked);
    let is_refused = said.is_some_and(Said::is_about_password);
    fits.then(|| AccountOffer {
        email: dossier.contact.email.clone(),
        // While it waits to be picked there is no news to be loaded for.
        stands_still: still || is_refused || stage == Stage::Waiting,
        wrong: said.filter(|said| said.is_about_password()).map(|said| said.line().words),
    })
}

#[derive(Deserialize)]
pub(super) struct AccountForm {
    #[serde(default)]
    password: String,
}

/// Asks for an account with the order's own contact. The answer is the same whether there is one
/// of this mail already; the letter is not.
pub(super) async fn ask(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    number: Path<OrderNumber>,
    form: Form<AccountForm>,
) -> Result<HttpResponse, AppError> {
    let (number, voice) = (number.into_inner(), voice(&shop));
    let caller = Caller::of(&shop, &request, &visit).await?;
    let (asked, there) = (number.clone(), voice.clone());
    let contact = shop
        .app
        .db(move |conn| {
            let (order, sight) = caller.find(conn, &asked, &there)?;
            if sight != Sight::Owner {
                return Err(AppError::NotFound);
            }
            Ok(orders::contact(conn, order.id)?)
        })
        .await?;
    let said = begin(&shop, &asker, &contact, &form.password, &voice).await?;
    let cookies = [said.cookie(&shop, &number)].into_iter().chain(asker.cookie(&shop));
    Ok(private(redirect(&address(&number), cookies)))
}

async fn begin(
    shop: &Shop,
    asker: &Asker,
    contact: &orders::Contact,
    password: &str,
    voice: &Voice,
) -> Result<Said, AppError> {
    if accounts::password_problem(password).is_some() {
        let short = password.chars().count() < 8;
        return Ok(if short { Said::PasswordTooShort } else { Said::PasswordTooLong });
    }
    // An order is never refused for its mail; an account needs one that a letter reaches.
    let Some(email) = accounts::email(&contact.email) else { return Ok(Said::AccountAsked) };
    let counted = shop.spend(Limited::SignUp, asker.keys(&shop.app, "mail", &email)).await?;
    counted.map_err(|wait| later(wait, voice))?;
    let hash = shop.passwords.hash(password.to_owned()).await.map_err(|_| AppError::Busy)?;
    let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    let details = Details {
        name: some(&contact.name),
        phone: some(&contact.phone),
        line: some(&contact.line),
        town: some(&contact.town),
        eircode: some(&contact.eircode),
    };
    let (contact, device, now) = (Contact { email, details }, asker.device, voice.now);
    let url = shop.app.config.server.public_url.clone();
    shop.app.db(move |conn| accounts::sign_up_from(conn, &contact, &hash, device, &url, now)).await?;
    Ok(Said::AccountAsked)
}
