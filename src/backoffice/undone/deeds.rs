//! Once more, by hand.

use super::{PAGE, Show};
use crate::error::AppError;
use crate::events;
use crate::ids::{Actor, CaptureId, MailId, RefundId};
use crate::lifecycle::{self, CaptureError};
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

/// Asks the gateway once more for what it would not take.
pub(in crate::backoffice) async fn try_capture(
    shop: Data<Shop>,
    who: Staffer,
    capture: Path<CaptureId>,
) -> Result<HttpResponse, AppError> {
    may_see_undone(&who)?;
    let (capture, by, now) = (capture.into_inner(), Actor::Staff(who.id), shop.app.clock.now());
    let asked = shop.app.db(move |conn| Ok::<_, AppError>(lifecycle::capture_again(conn, capture, by, now)));
    match asked.await? {
        Ok(asked) => Ok(told(&shop, Show::Money, asked.is_some())),
        Err(CaptureError::Db(e)) => Err(e.into()),
        Err(_) => {
            let words = "Nothing was changed: what was reserved is gone, so nothing can be charged to it. Ring the customer.";
            Ok(done(&shop, &format!("{PAGE}?show={}", Show::Money.word()), &Said::bad(words)))
        }
    }
}

/// Asks the gateway once more to give back what it would not.
pub(in crate::backoffice) async fn try_refund(
    shop: Data<Shop>,
    who: Staffer,
    refund: Path<RefundId>,
) -> Result<HttpResponse, AppError> {
    may_see_undone(&who)?;
    let (refund, by, now) = (refund.into_inner(), Actor::Staff(who.id), shop.app.clock.now());
    let asked = shop.app.db(move |conn| lifecycle::ask_refund_again(conn, refund, by, now)).await?;
    Ok(told(&shop, Show::Money, asked.is_some()))
}

fn told(shop: &Shop, show: Show, is_tried: bool) -> HttpResponse {
    let said = if is_tried {
        Said::good("It is tried once more, now. If that fails too, it is here again with the reason.")
    } else {
        Said::bad("Nothing was changed: it is being tried already, or things have moved on since.")
    };
    done(shop, &format!("{PAGE}?show={}", show.word()), &said)
}
