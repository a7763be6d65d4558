use super::fields::{self, EMAIL_WORDS};
use super::form::{Form, Said, known_device, too_many};
use crate::accounts::{self, Token};
use crate::error::AppError;
use crate::storefront::asker::Asker;
use crate::storefront::notice::Notice;
use crate::storefront::shop::Shop;
use crate::storefront::visit::Visit;
use crate::throttle::Limited;
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form as Sent, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    shop.form(&request, &visit, page("")).await
}

fn page(email: &str) -> Form {
    Form {
        title: "Choose a new password",
        lede: "Tell us the mail address of your account, and we send you a link.".into(),
        action: "/reset".into(),
        fields: vec![fields::email(email, "username")],
        button: "Send me a link",
        ways: vec![("Sign in", "/signin".into())],
        ..Form::default()
    }
}

#[derive(Deserialize)]
pub(super) struct ResetForm {
    #[serde(default)]
    email: String,
}

/// Sends the link, if there is such an account. The answer is the same if there is none.
pub(super) async fn ask(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    form: Sent<ResetForm>,
) -> Result<HttpResponse, AppError> {
    let mut page = page(&form.email);
    let Some(email) = accounts::email(&form.email) else {
        page.fields[0].wrong = Some(EMAIL_WORDS.into());
        return shop.form(&request, &visit, page).await;
    };
    if let Err(wait) = shop.spend(Limited::Reset, asker.keys(&shop.app, "mail", &email)).await? {
        page.fields[0].wrong = Some(shop.wait_words(wait));
        let response = too_many(shop.form(&request, &visit, page).await?, &shop, wait);
        return Ok(known_device(response, &shop, &asker));
    }
    let words = format!(
        "If there is an account with {email}, a letter is on its way to it. Its link works for one hour, once."
    );
    let (now, url) = (shop.app.clock.now(), shop.app.config.server.public_url.clone());
    shop.app.db(move |conn| accounts::request_reset(conn, &email, &url, now)).await?;
    let said = Said { title: "Look into your mail", words, ways: vec![("Sign in", "/signin")], letter: true };
    let response = shop.said(&request, &visit, StatusCode::OK, said).await?;
    Ok(known_device(response, &shop, &asker))
}

/// Where the letter's link leads. Looking changes nothing.
pub(super) async fn open(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    token: Path<String>,
) -> Result<HttpResponse, AppError> {
    let now = shop.app.clock.now();
    let is_open = match Token::read(&token) {
        Some(token) => shop.app.read(move |conn| accounts::reset_is_open(conn, &token, now)).await?,
        None => false,
    };
    if is_open {
        shop.form(&request, &visit, new_page(&token)).await
    } else {
        shop.reset_is_gone(&request, &visit).await
    }
}

fn new_page(token: &str) -> Form {
    Form {
        title: "Choose a new password",
        lede: "You are then signed in here, and signed out everywhere else.".into(),
        action: format!("/reset/{token}"),
        fields: vec![fields::new_password("password", "New password")],
        button: "Set the password",
        ..Form::default()
    }
}

#[derive(Deserialize)]
pub(super) struct NewForm {
    #[serde(default)]
    password: String,
}

pub(super) async fn set(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    token: Path<String>,
    form: Sent<NewForm>,
) -> Result<HttpResponse, AppError> {
    let Some(opened) = Token::read(&token) else { return shop.reset_is_gone(&request, &visit).await };
    if let Some(words) = fields::new_password_problem(&form.password) {
        let mut page = new_page(&token);
        page.fields[0].wrong = Some(words.into());
        return shop.form(&request, &visit, page).await;
    }
    let now = shop.app.clock.now();
    // A link that has ended is not worth a hash: those who make links up would have us work.
    let looked = opened.clone();
    if !shop.app.read(move |conn| accounts::reset_is_open(conn, &looked, now)).await? {
        return shop.reset_is_gone(&request, &visit).await;
    }
    let hash = shop.passwords.hash(form.password.clone()).await.map_err(|_| AppError::Busy)?;
    match shop.app.db(move |conn| accounts::reset_password(conn, &opened, &hash, now)).await? {
        Some(id) => {
            let cookies = shop.begin_session(&visit, &asker, id, Some(Notice::PasswordChanged)).await?;
            Ok(redirect("/account", cookies))
        }
        None => shop.reset_is_gone(&request, &visit).await,
    }
}

impl Shop {
    async fn reset_is_gone(&self, request: &HttpRequest, visit: &Visit) -> Result<HttpResponse, AppError> {
        let said = Said {
            title: "This link has ended",
            words: "It was used already, or it is older than one hour. Ask for another one.".into(),
            ways: vec![("Choose a new password", "/reset"), ("Sign in", "/signin")],
            letter: false,
        };
        self.said(request, visit, StatusCode::GONE, said).await
    }
}
