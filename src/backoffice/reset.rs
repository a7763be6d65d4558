//! A password that somebody has forgotten: a letter, a link that works once and for half an hour, a new
//! one; every session ends.

use super::fields::EMAIL_WORDS;
use super::form::{Form, wait_words};
use super::sign_in::KIND;
use crate::accounts::{self, password_problem};
use crate::error::AppError;
use crate::staff::{self, ResetKey};
use crate::staffroom::{Field, Said, done};
use crate::storefront::{Asker, Shop};
use crate::throttle::Limited;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form as Sent, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    asker: Asker,
) -> Result<HttpResponse, AppError> {
    page("").show(&shop, &request, &asker)
}

fn page(email: &str) -> Form {
    Form {
        title: "Choose a new password",
        lede: "Tell us the mail address of your staff account, and we send you a link.".into(),
        action: Some("/staff/reset".into()),
        fields: vec![Field::email(email)],
        button: "Send me a link",
        ways: vec![("Sign in", "/staff/sign-in")],
        ..Form::default()
    }
}

#[derive(Deserialize)]
pub(super) struct ResetForm {
    #[serde(default)]
    email: String,
}

/// Sends the link, if somebody of this address works here. The answer is the same if not.
pub(super) async fn ask(
    shop: Data<Shop>,
    request: HttpRequest,
    asker: Asker,
    form: Sent<ResetForm>,
) -> Result<HttpResponse, AppError> {
    let page = page(&form.email);
    let Some(email) = accounts::email(&form.email) else {
        return page.wrong(0, EMAIL_WORDS).show(&shop, &request, &asker);
    };
    if let Err(wait) = shop.spend(Limited::Reset, asker.keys(&shop.app, KIND, &email)).await? {
        return page.wrong(0, wait_words(&shop, wait)).too_many(&shop, &request, &asker, wait);
    }
    let lede = format!(
        "If somebody with {email} works here, a letter is on its way. Its link works for 30 minutes, once."
    );
    let (now, app) = (shop.app.clock.now(), shop.app.clone());
    let send = move |conn: &mut diesel::PgConnection| {
        staff::request_reset(conn, &email, &app.signer, &app.config.server.public_url, now)
    };
    shop.app.db(send).await?;
    told("Look into your mail", lede).show(&shop, &request, &asker)
}

fn told(title: &'static str, lede: String) -> Form {
    let ways = vec![("Send me another link", "/staff/reset"), ("Sign in", "/staff/sign-in")];
    Form { title, lede, ways, ..Form::default() }
}

/// Where the letter's link leads. Looking changes nothing: mail programs look by themselves.
pub(super) async fn open(
    shop: Data<Shop>,
    request: HttpRequest,
    asker: Asker,
    key: Path<String>,
) -> Result<HttpResponse, AppError> {
    match opened(&shop, &key).await? {
        Some(_) => new_page(&key).show(&shop, &request, &asker),
        None => gone(&shop, &request, &asker),
    }
}

fn new_page(key: &str) -> Form {
    Form {
        title: "Choose a new password",
        lede: "You are then signed out everywhere, and sign in with it.".into(),
        action: Some(format!("/staff/reset/{key}")),
        fields: vec![Field::new_password("password", "New password")],
        button: "Set the password",
        ..Form::default()
    }
}

#[derive(Deserialize)]
pub(super) struct NewForm {
    #[serde(default)]
    password: String,
}

/// Sets the password.
pub(super) async fn set(
    shop: Data<Shop>,
    request: HttpRequest,
    asker: Asker,
    key: Path<String>,
    form: Sent<NewForm>,
) -> Result<HttpResponse, AppError> {
    // A link that has ended is not worth a hash: those who make links up would have us work.
    let Some(open) = opened(&shop, &key).await? else { return gone(&shop, &request, &asker) };
    if let Some(words) = password_problem(&form.password) {
        return new_page(&key).wrong(0, words).show(&shop, &request, &asker);
    }
    let hash = shop.passwords.hash(form.password.clone()).await.map_err(|_| AppError::Busy)?;
    let (signer, now) = (shop.app.signer.clone(), shop.app.clock.now());
    if shop.app.db(move |conn| staff::reset_password(conn, &open, &hash, &signer, now)).await? {
        return Ok(done(&shop, "/staff/sign-in", &Said::good("Your password is changed. Sign in with it.")));
    }
    gone(&shop, &request, &asker)
}

async fn opened(shop: &Shop, key: &str) -> Result<Option<ResetKey>, AppError> {
    let Some(key) = ResetKey::read(key) else { return Ok(None) };
    let (signer, now, looked) = (shop.app.signer.clone(), shop.app.clock.now(), key.clone());
    let is_open = shop.app.read(move |conn| staff::reset_is_open(conn, &looked, &signer, now)).await?;
    Ok(is_open.then_some(key))
}

fn gone(shop: &Shop, request: &HttpRequest, asker: &Asker) -> Result<HttpResponse, AppError> {
    let lede = "It was used already, or it is older than 30 minutes. Ask for another one.";
    told("This link has ended", lede.into()).show_as(shop, request, asker, StatusCode::GONE)
}
