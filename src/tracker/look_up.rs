//! Finding an order without its link: by its number and the mail or phone it was placed with.

use super::access::{Caller, address, key_cookie, later, private, voice};
use super::words::Voice;
use crate::error::AppError;
use crate::ids::OrderNumber;
use crate::orders::{self, Contact};
use crate::storefront::{Layout, Shop, Viewer, Visit};
use crate::throttle::{self, Key, Limited};
use crate::web::redirect;
use crate::web::text::clean_line;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::prelude::*;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "order/look_up.html")]
struct LookUpPage {
    layout: Layout,
    number: String,
    contact: String,
    wrong: bool,
}

#[derive(Deserialize)]
pub(super) struct LookUpForm {
    #[serde(default)]
    number: String,
    #[serde(default)]
    contact: String,
}

pub(super) async fn ask(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let viewer = shop.viewer(&visit).await?;
    let form = LookUpForm { number: String::new(), contact: String::new() };
    page(&shop, &request, &visit, &viewer, &form, false)
}

/// Opens the order for this browser, as a link would. Whether the number or the contact was
/// wrong, the answer is the same.
pub(super) async fn find(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    form: Form<LookUpForm>,
) -> Result<HttpResponse, AppError> {
    let voice = voice(&shop);
    let caller = Caller::of(&shop, &request, &visit).await?;
    let load = Viewer::loader(&shop, &visit);
    let number = OrderNumber::try_from(form.number.clone()).ok();
    let keys = caller.keys(number.as_ref().map_or("", AsRef::as_ref));
    let contact = form.contact.clone();
    let (opened, viewer) = shop
        .app
        .db(move |conn| {
            let opened = open(conn, number, &contact, &keys, &voice)?;
            Ok::<_, AppError>((opened, load(conn)?))
        })
        .await?;
    match opened {
        Some((number, key)) => Ok(private(redirect(&address(&number), [key_cookie(&shop, &number, &key)]))),
        None => page(&shop, &request, &visit, &viewer, &form, true),
    }
}

/// Counts the try first, and takes it back when it was right.
fn open(
    conn: &mut PgConnection,
    number: Option<OrderNumber>,
    contact: &str,
    keys: &[Key],
    voice: &Voice,
) -> Result<Option<(OrderNumber, String)>, AppError> {
    let counted = throttle::spend(conn, Limited::OrderNumberGuess, keys, voice.now)?;
    counted.map_err(|wait| later(wait, voice))?;
    let Some(number) = number else { return Ok(None) };
    let Some(order) = orders::order_by_number(conn, &number).optional()? else { return Ok(None) };
    if !is_theirs(&orders::contact(conn, order.id)?, contact) {
        return Ok(None);
    }
    throttle::give_back(conn, Limited::OrderNumberGuess, keys)?;
    let key = orders::make_link(conn, order.id, voice.now)?;
    Ok(Some((number, key)))
}

fn is_theirs(contact: &Contact, typed: &str) -> bool {
    let typed = typed.trim();
    if typed.contains('@') {
        return contact.email.to_lowercase() == typed.to_lowercase();
    }
    let known = local_digits(&contact.phone);
    known.len() >= 6 && known == local_digits(typed)
}

/// The digits of a phone number without what stands for the country: `+353 86 123 4567` and
/// `086 123 4567` are one.
fn local_digits(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let plain = digits.strip_prefix("00").unwrap_or(&digits);
    let plain = plain.strip_prefix("353").unwrap_or(plain);
    plain.trim_start_matches('0').to_owned()
}

fn page(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    viewer: &Viewer,
    form: &LookUpForm,
    wrong: bool,
) -> Result<HttpResponse, AppError> {
    let title = if wrong { "Error: find your order · SmartShop" } else { "Find your order · SmartShop" };
    let page = LookUpPage {
        layout: Layout::new(shop, shop.head(title, "Look at an order by its number.", "")),
        number: clean_line(&form.number, 20),
        contact: clean_line(&form.contact, 100),
        wrong,
    };
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(private(shop.answer_once(request, visit, status, &page, viewer)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_the_same_however_it_is_written() {
        for written in ["+353 86 123 4567", "00353861234567", "086-123 4567", "(086) 1234567", "86 123 4567"]
        {
            assert_eq!(local_digits(written), "861234567", "{written}");
        }
        assert_eq!(local_digits("no digits"), "");
    }
}
