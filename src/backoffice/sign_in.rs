use super::fields::{EMAIL_WORDS, no_password};
use super::form::{Form, wait_words};
use crate::accounts;
use crate::error::AppError;
use crate::staff::{self, Begun, Secret, browser_words, is_of_the_demo};
use crate::staffroom::{Field, Role, Said, Staffer, done, session_cookie, way_on};
use crate::storefront::{Asker, Shop};
use crate::throttle::{self, Key, Limited, Wait};
use crate::web::{Client, redirect};
use actix_web::http::header::{SET_COOKIE, USER_AGENT};
use actix_web::web::{Data, Form as Sent, Query};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::Deserialize;

/// Under which kind of name tries at staff accounts are counted, apart from customers'.
pub(super) const KIND: &str = "staff";

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    then: String,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    asker: Asker,
    asked: Query<Asked>,
) -> Result<HttpResponse, AppError> {
    match Staffer::find(&shop, &request).await? {
        Some(who) => Ok(redirect(way_on(&asked.then).unwrap_or(home_of(who.role)), [])),
        None => page(&asked.then, "").show(&shop, &request, &asker),
    }
}

/// Where somebody's day begins; until that page is built, at their own.
pub(super) fn home_of(role: Role) -> &'static str {
    role.home().page().unwrap_or("/staff")
}

fn page(then: &str, email: &str) -> Form {
    Form {
        title: "Sign in",
        lede: "With the mail address and the password of your staff account. A customer's does not do here."
            .into(),
        action: Some("/staff/sign-in".into()),
        fields: vec![Field::email(email), Field::password("password", "Password")],
        then: way_on(then).map(str::to_owned),
        button: "Sign in",
        ways: vec![("Choose a new password", "/staff/reset"), ("Ask for access", "/staff/ask")],
    }
}

#[derive(Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    then: String,
}

/// Signs somebody in. A mail that is unknown and a password that is wrong read the same and take
/// as long.
pub(super) async fn sign_in(
    shop: Data<Shop>,
    request: HttpRequest,
    asker: Asker,
    form: Sent<SignInForm>,
) -> Result<HttpResponse, AppError> {
    let mut page = page(&form.then, &form.email);
    let email = accounts::email(&form.email);
    let no_password = no_password(&form.password);
    let (Some(email), None) = (email.clone(), no_password) else {
        page.fields[0].wrong = email.is_none().then(|| EMAIL_WORDS.into());
        page.fields[1].wrong = no_password.map(Into::into);
        return page.show(&shop, &request, &asker);
    };
    let (secret, keys) = match begin_try(&shop, &asker, email).await? {
        Ok(begun) => begun,
        Err(wait) => {
            let page = page.wrong(1, wait_words(&shop, wait));
            return page.too_many(&shop, &request, &asker, wait);
        }
    };
    let hash = secret.as_ref().map(|s| s.password_hash.clone());
    let right = shop.passwords.matches(accounts::given_password(&form.password), hash).await;
    let Some(secret) = secret.filter(|_| matches!(right, Ok(true))) else {
        right.map_err(|_| AppError::Busy)?;
        let words = "This mail address and password do not go together. Check both.";
        return page.wrong(1, words).show(&shop, &request, &asker);
    };
    let words = match begin_session(&shop, &request, secret, keys).await? {
        (Begun::In(token), Some(role)) => {
            let target = way_on(&form.then).unwrap_or(home_of(role));
            let cookies = [session_cookie(&shop, Some(&token))];
            return Ok(redirect(target, cookies.into_iter().chain(asker.cookie(&shop))));
        }
        (Begun::Waits, _) => "An admin has not decided about your access yet. You get a letter when one has.",
        (Begun::Ended, _) => "Your access has ended. An admin can give it back.",
        (Begun::Changed | Begun::In(_), _) => "Your account was changed just now. Please sign in once more.",
    };
    page.wrong(0, words).show(&shop, &request, &asker)
}

/// Counts a try at an account before its password is looked at. Gives what to check the password
/// against, and what was counted. Accounts of the demo are nobody's outside it.
async fn begin_try(
    shop: &Shop,
    asker: &Asker,
    email: String,
) -> Result<Result<(Option<Secret>, Vec<Key>), Wait>, AppError> {
    let (demo, now) = (shop.demo, shop.app.clock.now());
    let keys = asker.keys(&shop.app, KIND, &email);
    let work = move |conn: &mut diesel::PgConnection| {
        let secret = staff::by_email(conn, &email)?.filter(|_| demo || !is_of_the_demo(&email));
        let counted = throttle::spend(conn, Limited::SignIn, &keys, now)?;
        Ok::<_, AppError>(counted.map(|()| (secret, keys)))
    };
    shop.app.db(work).await
}

/// Begins a session of somebody who has proved who they are, and counts their try as none. Ends
/// the one that this browser had.
async fn begin_session(
    shop: &Shop,
    request: &HttpRequest,
    secret: Secret,
    keys: Vec<Key>,
) -> Result<(Begun, Option<Role>), AppError> {
    let agent = request.headers().get(USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let browser = browser_words(agent);
    let network =
        request.extensions().get::<Client>().copied().map(Client::neighbourhood).unwrap_or_default();
    let before = Staffer::find(shop, request).await?;
    let now = shop.app.clock.now();
    let work = move |conn: &mut diesel::PgConnection| {
        throttle::give_back(conn, Limited::SignIn, &keys)?;
        if let Some(before) = before {
            staff::end_session(conn, before.id, before.session, now)?;
        }
        let begun = staff::begin_session(conn, &secret, (&browser, &network), now)?;
        Ok::<_, AppError>((begun, staff::by_id(conn, secret.id)?.role))
    };
    shop.app.db(work).await
}

/// Signs out here. Doing it again changes nothing.
pub(super) async fn sign_out(shop: Data<Shop>, request: HttpRequest) -> Result<HttpResponse, AppError> {
    if let Some(who) = Staffer::find(&shop, &request).await? {
        let now = shop.app.clock.now();
        shop.app.db(move |conn| staff::end_session(conn, who.id, who.session, now)).await?;
    }
    let mut response = done(&shop, "/staff/sign-in", &Said::good("You are signed out."));
    response.headers_mut().append(SET_COOKIE, session_cookie(&shop, None));
    Ok(response)
}
