//! Once more, by hand.

use super::{PAGE, Show};
use crate::error::AppError;
use crate::events;
use crate::ids::{Actor, MailId};
use crate::notifications;
use crate::staffroom::{Said, Staffer, done, may_see_undone};
use crate::storefront::Shop;
use actix_web::HttpResponse;
use actix_web::web::{Data, Form as Sent, Path};
use serde::Deserialize;

#[derive(Deserialize)]
pub(in crate::backoffice) struct AgainForm {
    /// How often it had been tried when the page was made.
    tries: i32,
    #[serde(default)]
    show: Show,
}

/// Lets a job be tried once more, now.
pub(in crate::backoffice) async fn try_job(
    shop: Data<Shop>,
    who: Staffer,
    job: Path<i64>,
    form: Sent<AgainForm>,
) -> Result<HttpResponse, AppError> {
    may_see_undone(&who)?;
    let (job, tries, now) = (job.into_inner(), form.tries, shop.app.clock.now());
    let is_tried = shop.app.db(move |conn| events::try_again(conn, job, tries, now)).await?;
    if is_tried {
        log::info!("job {job} is tried once more, as {} wants", Actor::Staff(who.id));
    }
    Ok(told(&shop, form.show, is_tried))
}

/// Lets a letter be tried once more, now.
pub(in crate::backoffice) async fn try_letter(
    shop: Data<Shop>,
    who: Staffer,
    letter: Path<MailId>,
    form: Sent<AgainForm>,
) -> Result<HttpResponse, AppError> {
    may_see_undone(&who)?;
    let (letter, tries, by, now) =
        (letter.into_inner(), form.tries, Actor::Staff(who.id), shop.app.clock.now());
    let is_tried = shop.app.db(move |conn| notifications::try_again(conn, letter, tries, by, now)).await?;
    Ok(told(&shop, Show::Letters, is_tried))
}

fn told(shop: &Shop, show: Show, is_tried: bool) -> HttpResponse {
    let said = if is_tried {
        Said::good("It is tried once more, now. If that fails too, it is here again with the reason.")
    } else {
        Said::bad("Nothing was changed: it is being tried already, or things have moved on since.")
    };
    done(shop, &format!("{PAGE}?show={}", show.word()), &said)
}
