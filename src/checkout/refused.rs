//! Why there was no order, in words, and how one goes on.

use super::draft::Said;
use super::fields::Problem;
use super::payment::coupon_words;
use super::review::{self, Refusal};
use super::store;
use super::till::{Step, Till};
use super::views::Note;
use crate::basket;
use crate::delivery;
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::lifecycle::{Confirming, PlaceError};
use crate::storefront::{Notice, Shop, Visit};
use crate::throttle::Wait;
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse};
use diesel::prelude::*;

/// Why there was no order.
pub(super) enum Refused {
    Place(PlaceError),
    /// What the page showed is not what the draft says now: another tab has changed it.
    Outdated,
    /// A step before this one has to be done again.
    Unready,
    /// Cards were tried too often here.
    TooOften(Wait),
    /// Too much was ordered that is paid at the door.
    TooManyAtDoor(Wait),
    Failed(AppError),
}

impl From<diesel::result::Error> for Refused {
    fn from(e: diesel::result::Error) -> Self {
        Self::Failed(e.into())
    }
}

impl From<PlaceError> for Refused {
    fn from(e: PlaceError) -> Self {
        Self::Place(e)
    }
}

/// Every refusal says what stands in the way, and how one goes on.
pub(super) async fn refuse(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    refused: Refused,
) -> Result<HttpResponse, AppError> {
    let error = match refused {
        Refused::Failed(e) => return Err(e),
        Refused::Place(PlaceError::Db(e)) => return Err(e.into()),
        Refused::Place(PlaceError::Empty) => {
            return Ok(redirect("/basket", [shop.notice_cookie(&Notice::NothingToOrder)]));
        }
        Refused::Place(PlaceError::OtherContent(number)) => {
            return already_ordered(shop, request, visit, &number).await;
        }
        Refused::Place(error @ (PlaceError::WindowFull | PlaceError::WindowClosed | PlaceError::NoPlace)) => {
            return choose_again(shop, visit, &error).await;
        }
        Refused::TooOften(wait) => return hold_off(shop, request, visit, wait, false).await,
        Refused::TooManyAtDoor(wait) => return hold_off(shop, request, visit, wait, true).await,
        Refused::Unready | Refused::Outdated => None,
        Refused::Place(
            error @ (PlaceError::Gone(_)
            | PlaceError::Changed { .. }
            | PlaceError::BelowMinimum { .. }
            | PlaceError::Coupon(_)
            | PlaceError::Age(_)),
        ) => Some(error),
    };
    let till = Till::read(shop, visit, Step::Review).await?;
    if let Some(elsewhere) = review::not_yet(shop, &till) {
        return Ok(elsewhere);
    }
    let refusal = match &error {
        Some(error) => refusal(error, &till),
        None => outdated(),
    };
    review::page(shop, request, visit, &till, refusal).await
}

/// Nothing is lost by waiting, and other ways to pay are open meanwhile.
async fn hold_off(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    wait: Wait,
    at_door: bool,
) -> Result<HttpResponse, AppError> {
    let till = Till::read(shop, visit, Step::Review).await?;
    if let Some(elsewhere) = review::not_yet(shop, &till) {
        return Ok(elsewhere);
    }
    let why = if at_door {
        let when = wait.when(till.zone, till.now);
        format!("Too many orders to be paid at the door. Try again {when}.")
    } else {
        wait.words(till.zone, till.now)
    };
    let ways = till.offers.open_ways(at_door);
    let words = format!("{why} Nothing was ordered or charged, and nothing is lost. {ways}");
    let notes = vec![Note::new("bad", "Please wait a moment", words.trim_end())];
    let status = Some(StatusCode::TOO_MANY_REQUESTS);
    let mut page =
        review::page(shop, request, visit, &till, Refusal { status, notes, problems: Vec::new() }).await?;
    page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.seconds(till.now)));
    Ok(page)
}

fn outdated() -> Refusal {
    let note = Note::new(
        "warn",
        "Please look at it once more",
        "Something was changed meanwhile, perhaps in another tab. Nothing was ordered yet; this is how it is now.",
    );
    Refusal { status: Some(StatusCode::CONFLICT), notes: vec![note], problems: Vec::new() }
}

fn refusal(error: &PlaceError, till: &Till) -> Refusal {
    let conflict =
        |note| Refusal { status: Some(StatusCode::CONFLICT), notes: vec![note], problems: Vec::new() };
    match error {
        PlaceError::Gone(gone) if till.gone.is_empty() => {
            let names: Vec<&str> = gone.iter().map(|g| g.name.as_str()).collect();
            let words = "For a moment there was not enough of it. Nothing was ordered yet: try again now.";
            conflict(Note::new("warn", format!("{} is there again", names.join(", ")), words))
        }
        PlaceError::Gone(_) => conflict(Note::new(
            "bad",
            "Not everything is there any more",
            "Nothing was ordered or charged. Choose below what is to be done; your time is still held.",
        )),
        PlaceError::Changed { agreed, now } => conflict(Note::new(
            "warn",
            format!("The total has changed from {} to {}", agreed.total, now.total),
            changed_words(agreed, now, till),
        )),
        PlaceError::BelowMinimum { missing } => conflict(Note::new(
            "bad",
            format!("{missing} more and we can bring it"),
            "Nothing was ordered. Add something to your basket; all that you typed is kept.",
        )),
        PlaceError::Coupon(problem) => {
            let words = coupon_words(&till.typed().coupon, problem, till.reckoned.totals.goods, till.zone);
            conflict(Note::new(
                "bad",
                "The voucher does not count",
                format!("{words} Nothing was ordered or charged."),
            ))
        }
        PlaceError::Age(years) => Refusal {
            status: Some(StatusCode::UNPROCESSABLE_ENTITY),
            notes: Vec::new(),
            problems: vec![Problem::new(
                "age",
                format!(
                    "Confirm that somebody aged {years} or over will be at the door, or take these items out of your basket."
                ),
            )],
        },
        PlaceError::Empty
        | PlaceError::NoPlace
        | PlaceError::WindowFull
        | PlaceError::WindowClosed
        | PlaceError::OtherContent(_)
        | PlaceError::Db(_) => outdated(),
    }
}

fn changed_words(agreed: &Confirming, now: &Confirming, till: &Till) -> String {
    let why: Vec<String> = crate::storefront::changes_of(&till.viewer)
        .into_iter()
        .map(|(name, words)| format!("{name}: {words}"))
        .collect();
    let most = if agreed.maximum == now.maximum || now.maximum == now.total {
        String::new()
    } else {
        format!("The most it can become was {} and is {}. ", agreed.maximum, now.maximum)
    };
    let why = if why.is_empty() { String::new() } else { format!("{} ", why.join(" ")) };
    format!("{why}{most}Nothing was ordered or charged yet. Order again if it is fine with you.")
}

/// The first step again, which says why.
async fn choose_again(shop: &Shop, visit: &Visit, error: &PlaceError) -> Result<HttpResponse, AppError> {
    let Some(id) = visit.basket else { return Ok(redirect("/basket", [])) };
    let (now, zone) = (shop.app.clock.now(), shop.app.config.shop.zone);
    let full = matches!(error, PlaceError::WindowFull);
    let no_place = matches!(error, PlaceError::NoPlace);
    let work = move |conn: &mut PgConnection| {
        basket::hold(conn, id, now)?;
        let mut draft = store::draft(conn, id, now)?;
        let found = match draft.typed().window_id() {
            Some(window) => delivery::window(conn, window)?,
            None => None,
        };
        let window = found.map_or_else(|| "That time".to_owned(), |w| w.label(zone));
        draft.content.said = Some(match (no_place, full) {
            (true, _) => Said::NoPlace,
            (false, true) => Said::WindowFull { window },
            (false, false) => Said::WindowClosed { window },
        });
        draft.content.typed.window.clear();
        store::keep(conn, id, &draft, now)?;
        Ok::<_, AppError>(())
    };
    shop.app.db(move |conn| conn.transaction(work)).await?;
    Ok(redirect("/checkout/delivery#when", []))
}

/// This form has placed an order, and what is in it now is something else.
async fn already_ordered(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    number: &OrderNumber,
) -> Result<HttpResponse, AppError> {
    let till = Till::read(shop, visit, Step::Review).await?;
    super::views::already_ordered(shop, request, visit, number, &till)
}
