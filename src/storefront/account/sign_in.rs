use super::fields::{self, EMAIL_WORDS};
use super::form::{Form, known_device, too_many, way_back, with_return};
use crate::accounts::{self, Secret};
use crate::error::AppError;
use crate::storefront::asker::Asker;
use crate::storefront::notice::Notice;
use crate::storefront::shop::Shop;
use crate::storefront::visit::Visit;
use crate::throttle::{self, Key, Limited, Wait};
use crate::web::redirect;
use actix_web::web::{Data, Form as Sent, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default, rename = "return")]
    pub(super) back: String,
}

impl Asked {
    /// As asked for, or the page of ours one came from.
    pub(super) fn back<'a>(&'a self, visit: &'a Visit) -> &'a str {
        way_back(if self.back.is_empty() && visit.back() != "/basket" { visit.back() } else { &self.back })
    }
}

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
    shop.form(&request, &visit, page(back, "")).await
}

fn page(back: &str, email: &str) -> Form {
    // Who is about to order need not have an account, and sees that first.
    let guest = back.starts_with("/checkout").then(|| back.to_owned());
    Form {
        title: "Sign in",
        lede: "Your basket and your details are there on every device.".into(),
        guest,
        action: "/signin".into(),
        fields: vec![fields::email(email, "username"), fields::password("Password")],
        back: back.to_owned(),
        button: "Sign in",
        ways: vec![
            ("Forgotten your password?", "/reset".into()),
            ("Make an account", with_return("/signup", back)),
        ],
    }
}

#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default, rename = "return")]
    back: String,
}

/// Signs somebody in. A mail that is unknown and a password that is wrong read the same and take
/// as long.
pub(super) async fn sign_in(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    form: Sent<SignInForm>,
) -> Result<HttpResponse, AppError> {
    let back = way_back(&form.back);
    let mut page = page(back, &form.email);
    let email = accounts::email(&form.email);
    let no_password = fields::given_password_problem(&form.password);
    let (Some(email), None) = (email.clone(), no_password) else {
        let no_email = email.is_none().then_some(EMAIL_WORDS);
        page.fields = vec![
            fields::email(&form.email, "username").wrong(no_email),
            fields::password("Password").wrong(no_password),
        ];
        return shop.form(&request, &visit, page).await;
    };
    let (secret, keys) = match shop.begin_try(&asker, email).await? {
        Ok(begun) => begun,
        Err(wait) => return refuse(&shop, &request, &visit, &asker, page, wait).await,
    };
    let hash = secret.as_ref().map(|s| s.password_hash.clone());
    let right = shop.passwords.matches(accounts::given_password(&form.password), hash).await;
    match (secret, right.map_err(|_| AppError::Busy)?) {
        (Some(secret), true) => {
            shop.app.db(move |conn| throttle::give_back(conn, Limited::SignIn, &keys)).await?;
            let cookies = shop.begin_session(&visit, &asker, secret.id, None).await?;
            Ok(redirect(back, cookies))
        }
        (Some(_) | None, _) => {
            let words =
                "This mail address and password do not go together. Check both, or choose a new password.";
            page.fields[1].wrong = Some(words.into());
            Ok(known_device(shop.form(&request, &visit, page).await?, &shop, &asker))
        }
    }
}

async fn refuse(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    asker: &Asker,
    mut page: Form,
    wait: Wait,
) -> Result<HttpResponse, AppError> {
    page.fields[1].wrong = Some(shop.wait_words(wait));
    let response = shop.form(request, visit, page).await?;
    Ok(known_device(too_many(response, shop, wait), shop, asker))
}

impl Shop {
    /// Counts a try at an account before its password is looked at. Gives what to check the
    /// password against, and what was counted.
    pub(super) async fn begin_try(
        &self,
        asker: &Asker,
        email: String,
    ) -> Result<Result<(Option<Secret>, Vec<Key>), Wait>, AppError> {
        let (app, asker, now) = (self.app.clone(), *asker, self.app.clock.now());
        let work = move |conn: &mut diesel::PgConnection| {
            let secret = accounts::by_email(conn, &email)?;
            let is_known = asker.is_known_as(secret.as_ref().map(|s| s.id));
            let keys = if is_known {
                asker.keys_here(&app, "mail", &email)
            } else {
                asker.keys(&app, "mail", &email)
            };
            let counted = throttle::spend(conn, Limited::SignIn, &keys, now)?;
            Ok::<_, AppError>(counted.map(|()| (secret, keys)))
        };
        self.app.db(work).await
    }
}

#[derive(Deserialize)]
pub(super) struct SignOutForm {
    everywhere: Option<String>,
}

/// Signs out here, or everywhere. Doing it again changes nothing.
pub(super) async fn sign_out(
    shop: Data<Shop>,
    visit: Visit,
    form: Sent<SignOutForm>,
) -> Result<HttpResponse, AppError> {
    let everywhere = form.everywhere.is_some();
    let (customer, token, now) = (shop.customer(&visit).await?, visit.token.clone(), shop.app.clock.now());
    shop.app
        .db(move |conn| match (customer.filter(|_| everywhere), token) {
            (Some(customer), _) => accounts::end_all(conn, customer, now),
            (None, Some(token)) => accounts::end_session(conn, &token),
            (None, None) => Ok(()),
        })
        .await?;
    visit.basket.into_iter().for_each(|id| shop.baskets.forget(id));
    let notice = if everywhere { Notice::SignedOutEverywhere } else { Notice::SignedOut };
    // Who was not signed in has a basket that waits in no account: it stays.
    let cookies = if visit.token.is_some() { shop.stranger_cookies().to_vec() } else { Vec::new() };
    Ok(redirect("/", cookies.into_iter().chain(visit.token.is_some().then(|| shop.notice_cookie(&notice)))))
}
