use super::fields::{self, EMAIL_WORDS};
use super::form::{Form, Said, known_device, too_many, with_return};
use super::sign_in::Asked;
use crate::accounts::{self, Contact, Details, Finish, Pending, Token};
use crate::error::AppError;
use crate::storefront::asker::Asker;
use crate::storefront::notice::Notice;
use crate::storefront::shop::Shop;
use crate::storefront::visit::Visit;
use crate::throttle::Limited;
use crate::web::redirect;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form as Sent, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asked: Query<Asked>,
) -> Result<HttpResponse, AppError> {
    let back = asked.back(&visit);
    if shop.customer(&visit).await?.is_some() {
        return Ok(redirect(back, []));
    }
    shop.form(&request, &visit, page("", back)).await
}

fn page(email: &str, back: &str) -> Form {
    Form {
        title: "Make an account",
        lede: "Your basket and your details are there on every device. You can order without one, too."
            .into(),
        action: "/signup".into(),
        fields: vec![fields::email(email, "email"), fields::new_password("password", "Password")],
        back: back.to_owned(),
        button: "Make an account",
        ways: vec![("I have an account", with_return("/signin", back))],
        ..Form::default()
    }
}

#[derive(Deserialize)]
pub(super) struct SignUpForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default, rename = "return")]
    back: String,
}

/// Asks for an account. The answer is the same for every address; the letter is not.
pub(super) async fn ask(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    form: Sent<SignUpForm>,
) -> Result<HttpResponse, AppError> {
    let mut page = page(&form.email, super::form::way_back(&form.back));
    let email = accounts::email(&form.email);
    let problem = fields::new_password_problem(&form.password);
    let (Some(email), None) = (email.clone(), problem) else {
        let no_email = email.is_none().then_some(EMAIL_WORDS);
        page.fields[0].wrong = no_email.map(Into::into);
        page.fields[1].wrong = problem.map(Into::into);
        return shop.form(&request, &visit, page).await;
    };
    if let Err(wait) = shop.spend(Limited::SignUp, asker.keys(&shop.app, "mail", &email)).await? {
        page.fields[0].wrong = Some(shop.wait_words(wait));
        let response = too_many(shop.form(&request, &visit, page).await?, &shop, wait);
        return Ok(known_device(response, &shop, &asker));
    }
    // For every address, known or not, so that it takes as long.
    let hash = shop.passwords.hash(form.password.clone()).await.map_err(|_| AppError::Busy)?;
    let words = format!(
        "We have sent a letter to {email}. Press the button in it within 24 hours, and your account is ready."
    );
    let (now, url) = (shop.app.clock.now(), shop.app.config.server.public_url.clone());
    let contact = Contact { email, details: Details::default() };
    shop.app.db(move |conn| accounts::sign_up_from(conn, &contact, &hash, asker.device, &url, now)).await?;
    let said =
        Said { title: "Look into your mail", words, ways: vec![("Go on shopping", "/")], letter: true };
    let response = shop.said(&request, &visit, StatusCode::OK, said).await?;
    Ok(known_device(response, &shop, &asker))
}

/// Where the letter's link leads. Looking changes nothing: mail programs look by themselves.
pub(super) async fn open(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    token: Path<String>,
) -> Result<HttpResponse, AppError> {
    match shop.pending(&token).await? {
        Some((_, pending)) => shop.form(&request, &visit, finish_page(&pending, &asker, &token)).await,
        None => shop.sign_up_is_gone(&request, &visit).await,
    }
}

fn finish_page(pending: &Pending, asker: &Asker, token: &str) -> Form {
    let here = pending.device == asker.device;
    let lede = if here {
        format!("One press, and the account of {} is ready.", pending.email)
    } else {
        format!("Enter the password you chose for {}, and your account is ready.", pending.email)
    };
    Form {
        title: "Finish your account",
        lede,
        action: format!("/signup/{token}"),
        fields: if here { Vec::new() } else { vec![fields::password("The password you chose")] },
        button: "Finish your account",
        ..Form::default()
    }
}

#[derive(Deserialize)]
pub(super) struct FinishForm {
    #[serde(default)]
    password: String,
}

/// Makes the account and signs in.
pub(super) async fn finish(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    token: Path<String>,
    form: Sent<FinishForm>,
) -> Result<HttpResponse, AppError> {
    let Some((opened, pending)) = shop.pending(&token).await? else {
        // Pressed twice: what the first press made is here.
        let done = shop.customer(&visit).await?.is_some();
        return if done {
            Ok(redirect("/account", []))
        } else {
            shop.sign_up_is_gone(&request, &visit).await
        };
    };
    if let Some((words, wait)) = shop.distrust(&asker, &pending, &form.password).await? {
        let mut page = finish_page(&pending, &asker, &token);
        page.fields[0].wrong = Some(words);
        let response = shop.form(&request, &visit, page).await?;
        let response = match wait {
            Some(wait) => too_many(response, &shop, wait),
            None => response,
        };
        return Ok(known_device(response, &shop, &asker));
    }
    let now = shop.app.clock.now();
    match shop.app.db(move |conn| accounts::finish_sign_up(conn, &opened, now)).await? {
        Finish::Done(customer) => {
            let cookies = shop.begin_session(&visit, &asker, customer.id, Some(Notice::AccountMade)).await?;
            Ok(redirect("/account", cookies))
        }
        Finish::Gone | Finish::Known => shop.sign_up_is_gone(&request, &visit).await,
    }
}

impl Shop {
    async fn pending(&self, token: &str) -> Result<Option<(Token, Pending)>, AppError> {
        let (Some(token), now) = (Token::read(token), self.app.clock.now()) else { return Ok(None) };
        self.app
            .read(move |conn| {
                let pending = accounts::pending_sign_up(conn, &token, now)?;
                Ok::<_, AppError>(pending.map(|pending| (token.clone(), pending)))
            })
            .await
    }

    /// Why a browser other than the one that asked is not believed, if it is not.
    async fn distrust(
        &self,
        asker: &Asker,
        pending: &Pending,
        password: &str,
    ) -> Result<Option<(String, Option<crate::throttle::Wait>)>, AppError> {
        if pending.device == asker.device {
            return Ok(None);
        }
        if let Some(words) = fields::given_password_problem(password) {
            return Ok(Some((words.into(), None)));
        }
        let keys = asker.keys(&self.app, "mail", &pending.email);
        if let Err(wait) = self.spend(Limited::SignIn, keys).await? {
            return Ok(Some((self.wait_words(wait), Some(wait))));
        }
        let (typed, hash) = (accounts::given_password(password), Some(pending.password_hash.clone()));
        let right = self.passwords.matches(typed, hash).await.map_err(|_| AppError::Busy)?;
        let words = "This is not the password you chose. Check it, or make the account again.";
        Ok((!right).then(|| (words.into(), None)))
    }

    async fn sign_up_is_gone(&self, request: &HttpRequest, visit: &Visit) -> Result<HttpResponse, AppError> {
        let said = Said {
            title: "This link has ended",
            words: "It was used already, or it is older than 24 hours. If your account is ready you can sign in; otherwise make it again.".into(),
            ways: vec![("Sign in", "/signin"), ("Make an account", "/signup")],
            letter: false,
        };
        self.said(request, visit, StatusCode::GONE, said).await
    }
}
