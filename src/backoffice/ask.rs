//! Asking for access: name, mail and password; a letter; then an admin.

use super::fields::{EMAIL_WORDS, no_password};
use super::form::{Form, wait_words};
use super::sign_in::KIND;
use crate::accounts::{self, Token, password_problem};
use crate::error::AppError;
use crate::staff::{self, Asking, Finish, is_of_the_demo};
use crate::staffroom::Field;
use crate::storefront::{Asker, Shop};
use crate::throttle::{Limited, Wait};
use crate::web::text::clean_line;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form as Sent, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    asker: Asker,
) -> Result<HttpResponse, AppError> {
    page("", "").show(&shop, &request, &asker)
}

fn page(name: &str, email: &str) -> Form {
    let name = Field { autocomplete: "name", most: 80, ..Field::text("name", "Your name", name) };
    Form {
        title: "Ask for access",
        lede: "You get a letter to show that the address is yours. Then an admin decides what you may open."
            .into(),
        action: Some("/staff/ask".into()),
        fields: vec![name, Field::email(email), Field::new_password("password", "Password")],
        button: "Ask for access",
        ways: vec![("I have access", "/staff/sign-in")],
        ..Form::default()
    }
}

#[derive(Deserialize)]
pub(super) struct AskForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// What was asked with: a name, an address, and nothing wrong with the password. Else the page
/// that says what is wrong.
fn read(form: &AskForm) -> Result<(String, String), Box<Form>> {
    let (name, email) = (clean_line(&form.name, 80), accounts::email(&form.email));
    let wrong_email = match &email {
        None => Some(EMAIL_WORDS),
        Some(email) if is_of_the_demo(email) => Some("Addresses at demo.test are for demonstrations only."),
        Some(_) => None,
    };
    let no_name = name.is_empty().then_some("Enter your name, as colleagues know it.");
    let wrong = [no_name, wrong_email, password_problem(&form.password)];
    if let (Some(email), [None, None, None]) = (email, wrong) {
        return Ok((name, email));
    }
    let mut page = page(&form.name, &form.email);
    for (field, wrong) in page.fields.iter_mut().zip(wrong) {
        field.wrong = wrong.map(str::to_owned);
    }
    Err(Box::new(page))
}

/// Asks for access. The answer is the same for every address; the letter is not.
pub(super) async fn ask(
    shop: Data<Shop>,
    request: HttpRequest,
    asker: Asker,
    form: Sent<AskForm>,
) -> Result<HttpResponse, AppError> {
    let (name, email) = match read(&form) {
        Ok(read) => read,
        Err(page) => return page.show(&shop, &request, &asker),
    };
    let keys = asker.keys(&shop.app, KIND, &email);
    if let Err(wait) = shop.spend(Limited::SignUp, keys).await? {
        let page = page(&form.name, &form.email).wrong(1, wait_words(&shop, wait));
        return page.too_many(&shop, &request, &asker, wait);
    }
    // For every address, known or not, so that it takes as long.
    let password_hash = shop.passwords.hash(form.password.clone()).await.map_err(|_| AppError::Busy)?;
    let lede = format!(
        "We have sent a letter to {email}. Press the button in it within 24 hours; then an admin decides, and you get another letter."
    );
    let (now, url) = (shop.app.clock.now(), shop.app.config.server.public_url.clone());
    let asking = Asking { email, name, password_hash, device: asker.device };
    shop.app.db(move |conn| staff::ask(conn, &asking, &url, now)).await?;
    told("Look into your mail", lede).show(&shop, &request, &asker)
}

/// Something that is only said.
fn told(title: &'static str, lede: String) -> Form {
    Form { title, lede, ways: vec![("Sign in", "/staff/sign-in")], ..Form::default() }
}

/// Where the letter's link leads. Looking changes nothing: mail programs look by themselves.
pub(super) async fn open(
    shop: Data<Shop>,
    request: HttpRequest,
    asker: Asker,
    token: Path<String>,
) -> Result<HttpResponse, AppError> {
    match asked(&shop, &token).await? {
        Some((_, asking)) => finish_page(&asking, &asker, &token).show(&shop, &request, &asker),
        None => gone(&shop, &request, &asker),
    }
}

fn finish_page(asking: &Asking, asker: &Asker, token: &str) -> Form {
    let here = asking.device == asker.device;
    let lede = if here {
        format!("{} asks for access with {}. Press the button if it was you.", asking.name, asking.email)
    } else {
        format!("Enter the password you chose for {}, and an admin decides.", asking.email)
    };
    Form {
        title: "Was it you?",
        lede,
        action: Some(format!("/staff/ask/{token}")),
        fields: if here { Vec::new() } else { vec![Field::password("password", "The password you chose")] },
        button: "It was me",
        ..Form::default()
    }
}

#[derive(Deserialize)]
pub(super) struct FinishForm {
    #[serde(default)]
    password: String,
}

/// Puts the request before the admins.
pub(super) async fn finish(
    shop: Data<Shop>,
    request: HttpRequest,
    asker: Asker,
    token: Path<String>,
    form: Sent<FinishForm>,
) -> Result<HttpResponse, AppError> {
    let Some((opened, asking)) = asked(&shop, &token).await? else {
        return gone(&shop, &request, &asker);
    };
    if let Some((words, wait)) = distrust(&shop, &asker, &asking, &form.password).await? {
        let page = finish_page(&asking, &asker, &token).wrong(0, words);
        return match wait {
            Some(wait) => page.too_many(&shop, &request, &asker, wait),
            None => page.show(&shop, &request, &asker),
        };
    }
    let (demo, now, url) = (shop.demo, shop.app.clock.now(), shop.app.config.server.public_url.clone());
    match shop.app.db(move |conn| staff::finish(conn, &opened, demo, &url, now)).await? {
        Finish::Waits(member) => {
            let lede = format!(
                "Thank you, {}. An admin decides now, and a letter tells you when you can sign in.",
                member.name
            );
            told("An admin decides now", lede).show(&shop, &request, &asker)
        }
        Finish::Gone => gone(&shop, &request, &asker),
    }
}

async fn asked(shop: &Shop, token: &str) -> Result<Option<(Token, Asking)>, AppError> {
    let (Some(token), now) = (Token::read(token), shop.app.clock.now()) else { return Ok(None) };
    let read = move |conn: &mut diesel::PgConnection| {
        let asking = staff::request_of(conn, &token, now)?;
        Ok::<_, AppError>(asking.map(|asking| (token.clone(), asking)))
    };
    shop.app.read(read).await
}

/// Why a browser other than the one that asked is not believed, if it is not.
async fn distrust(
    shop: &Shop,
    asker: &Asker,
    asking: &Asking,
    password: &str,
) -> Result<Option<(String, Option<Wait>)>, AppError> {
    if asking.device == asker.device {
        return Ok(None);
    }
    if let Some(words) = no_password(password) {
        return Ok(Some((words.into(), None)));
    }
    let keys = asker.keys(&shop.app, KIND, &asking.email);
    if let Err(wait) = shop.spend(Limited::SignIn, keys).await? {
        return Ok(Some((wait_words(shop, wait), Some(wait))));
    }
    let (typed, hash) = (accounts::given_password(password), Some(asking.password_hash.clone()));
    let right = shop.passwords.matches(typed, hash).await.map_err(|_| AppError::Busy)?;
    let words = "This is not the password you chose. Check it, or ask for access again.";
    Ok((!right).then(|| (words.into(), None)))
}

fn gone(shop: &Shop, request: &HttpRequest, asker: &Asker) -> Result<HttpResponse, AppError> {
    let lede = "It was used already, or it is older than 24 hours. If you have pressed it before, an admin decides now.";
    told("This link has ended", lede.into()).show_as(shop, request, asker, StatusCode::GONE)
}
