//! "Tell me when it is back", beside what is sold out on a product's page and in the basket.

use super::asker::Asker;
use super::layout::Layout;
use super::notice::Notice;
use super::parts::Tell;
use super::shop::Shop;
use super::visit::Visit;
use crate::accounts;
use crate::awaited::{self, Asked};
use crate::basket::{self, SetError, Wish};
use crate::catalog::{self, Item};
use crate::error::AppError;
use crate::ids::{BasketId, CustomerId, Sku};
use crate::throttle::{Key, Limited, Wait};
use crate::web::text::{clean_line, mail_address};
use crate::web::{Effort, Sheet, redirect, render};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use actix_web::web::{Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde::Deserialize;

/// Longer than any address, so that one that is too long can be said to be.
const LONGEST: usize = 600;

/// Somebody who has asked, with an address that a letter could go to.
pub(crate) struct Wisher {
    pub(crate) address: String,
    pub(crate) customer: Option<CustomerId>,
}

impl Shop {
    /// Counts that somebody asks for a letter, by browser, address on the net, mailbox and account; or says
    /// until when to wait. Outside the transaction that notes it: its rollback must not take the count along.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn may_wish(
        &self,
        asker: &Asker,
        wisher: &Wisher,
    ) -> Result<Result<(), Wait>, AppError> {
        let mut keys = asker.keys(&self.app, "mail", &wisher.address.to_ascii_lowercase());
        let account = wisher.customer.map(|id| Key::subject(&self.app.signer, "account", &id.to_string()));
        keys.extend(account);
        self.spend(Limited::TellBack, keys).await
    }
}

/// Notes the wish and takes the thing out of that basket, if one is named. What is there again stays where it
/// is and is no wish. Says what is to be said next.
pub(crate) fn note(
    conn: &mut PgConnection,
    basket: Option<BasketId>,
    sku: &Sku,
    address: &str,
    now: DateTime<Utc>,
) -> Result<Notice, AppError> {
    conn.transaction(|conn| {
        if let Some(id) = basket {
            basket::lock(conn, id, now)?;
        }
        let item = catalog::by_sku(conn, sku, now)?;
        let product = item.article.id;
        let Asked::Noted(wish) = awaited::ask(conn, product, address, now)? else {
            return Ok(Notice::IsThere { product: product.0 });
        };
        let out = basket.map_or(Ok(false), |id| take_out(conn, id, &item, now))?;
        Ok(Notice::Awaited { product: product.0, wish, out })
    })
}

fn take_out(conn: &mut PgConnection, id: BasketId, item: &Item, now: DateTime<Utc>) -> QueryResult<bool> {
    match basket::set_quantity(conn, id, item, Wish::exactly(0), now) {
        Ok(changed) => Ok(changed.before > 0),
        Err(SetError::OnlyLeft { .. } | SetError::Full) => Ok(false),
        Err(SetError::Db(e)) => Err(e),
    }
}

#[derive(Deserialize)]
pub(super) struct WishForm {
    #[serde(default)]
    email: String,
    /// There where it leaves the basket with it.
    out: Option<String>,
}

/// One press where somebody is signed in, else with the address beside the button.
pub(super) async fn ask(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    sku: Path<Sku>,
    form: Form<WishForm>,
) -> Result<HttpResponse, AppError> {
    let (sku, form) = (sku.into_inner(), form.into_inner());
    let answer = answer(&shop, &request, &visit, &asker, sku, form).await?;
    Ok(known_next_time(&shop, &asker, answer))
}

async fn answer(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    asker: &Asker,
    sku: Sku,
    form: WishForm,
) -> Result<HttpResponse, AppError> {
    let typed = clean_line(&form.email, LONGEST);
    let customer = shop.customer(visit).await?;
    let (now, zone) = (shop.app.clock.now(), shop.app.config.shop.zone);
    let address = match customer.filter(|_| typed.is_empty()) {
        Some(id) => shop.app.read(move |conn| Ok::<_, AppError>(accounts::by_id(conn, id)?.email)).await?,
        None => match mail_address(&typed) {
            Ok(address) => address,
            Err(words) => return again(shop, request, visit, &sku, (&form, &typed), words, None).await,
        },
    };
    let wisher = Wisher { address, customer };
    if let Err(wait) = shop.may_wish(asker, &wisher).await? {
        let words = too_often(wait, zone, now);
        return again(shop, request, visit, &sku, (&form, &typed), words, Some(wait)).await;
    }
    let basket = visit.basket.filter(|_| form.out.is_some());
    let noted = move |conn: &mut PgConnection| {
        Ok::<_, AppError>((
            note(conn, basket, &sku, &wisher.address, now)?,
            catalog::by_sku(conn, &sku, now)?,
        ))
    };
    let (notice, item) = shop.app.db(noted).await?;
    if let Some(id) = basket {
        shop.baskets.forget(id);
    }
    let page = if form.out.is_some() { "/basket".to_owned() } else { format!("/p/{}", item.article.slug) };
    // The question on a page of its own has no address to come back to.
    let back = Some(visit.back()).filter(|back| !back.starts_with("/wishes/")).unwrap_or(&page);
    Ok(redirect(back, [shop.notice_cookie(&notice)]))
}

/// Why no more is noted for now.
pub(crate) fn too_often(wait: Wait, zone: chrono_tz::Tz, now: DateTime<Utc>) -> String {
    format!("That was asked very often from here or for this address. Ask again {}.", wait.when(zone, now))
}

#[derive(Template)]
#[template(path = "shop/tell.html")]
struct TellPage {
    layout: Layout,
    name: String,
    href: String,
    words: String,
    tell: String,
}

/// The same question on a page of its own, with what was typed and what is wrong.
async fn again(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    sku: &Sku,
    (form, typed): (&WishForm, &str),
    words: String,
    wait: Option<Wait>,
) -> Result<HttpResponse, AppError> {
    let (now, sku) = (shop.app.clock.now(), sku.clone());
    let item = shop.app.read(move |conn| Ok::<_, AppError>(catalog::by_sku(conn, &sku, now)?)).await?;
    let article = &item.article;
    let tell = Tell {
        sku: &article.sku,
        name: &article.name,
        out: form.out.is_some(),
        asks: true,
        typed,
        wrong: Some(&words),
        ..Tell::default()
    };
    let title = format!("Error: {} · SmartShop", article.name);
    let page = TellPage {
        layout: Layout::new(shop, shop.head(&title, "", "")),
        tell: tell.html(),
        name: article.name.clone(),
        href: format!("/p/{}", article.slug),
        words,
    };
    let status =
        if wait.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY };
    let sheet = Sheet::new(&render(&page)?, Effort::Quick);
    let mut answer = shop.answer(request, visit, status, &sheet).await?;
    if let Some(wait) = wait {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.seconds(now)));
    }
    Ok(answer)
}

/// A browser that is counted is known the next time.
fn known_next_time(shop: &Shop, asker: &Asker, mut answer: HttpResponse) -> HttpResponse {
    if let Some(cookie) = asker.cookie(shop) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    answer
}
