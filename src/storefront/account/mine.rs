//! What the account knows, and changing it.

use super::fields;
use super::form::{known_device, too_many};
use crate::accounts::{self, Customer, Details};
use crate::error::AppError;
use crate::ids::CustomerId;
use crate::storefront::asker::Asker;
use crate::storefront::layout::Layout;
use crate::storefront::notice::Notice;
use crate::storefront::parts::{Field, problems};
use crate::storefront::shop::Shop;
use crate::storefront::visit::Visit;
use crate::throttle::{self, Limited, Wait};
use crate::web::{Marked, redirect};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form as Sent};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "account/mine.html")]
struct MinePage {
    layout: Layout,
    problems: Marked,
    email: String,
    details: Vec<Marked>,
    passwords: Vec<Marked>,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
) -> Result<HttpResponse, AppError> {
    let Some(id) = shop.customer(&visit).await? else { return Ok(ask_to_sign_in(&shop, &visit)) };
    let customer = shop.app.read(move |conn| accounts::by_id(conn, id)).await?;
    let details = fields::details(&customer.details);
    shop.mine(&request, &visit, &customer, &details, &password_fields()).await
}

/// To somebody whose session has ended, or who never had one.
fn ask_to_sign_in(shop: &Shop, visit: &Visit) -> HttpResponse {
    let ended = visit.token.is_some().then(|| shop.stranger_cookies());
    redirect("/signin?return=/account", ended.into_iter().flatten())
}

fn password_fields() -> [Field; 2] {
    [fields::password("Current password"), fields::new_password("new-password", "New password")]
}

impl Shop {
    async fn mine(
        &self,
        request: &HttpRequest,
        visit: &Visit,
        customer: &Customer,
        details: &[Field],
        passwords: &[Field],
    ) -> Result<HttpResponse, AppError> {
        let all: Vec<Field> = details.iter().chain(passwords).cloned().collect();
        let is_wrong = all.iter().any(|f| f.wrong.is_some());
        let page = MinePage {
            layout: self.account_layout("Your account", is_wrong),
            problems: Marked(problems(&all)),
            email: customer.email.clone(),
            details: details.iter().map(|f| Marked(f.html())).collect(),
            passwords: passwords.iter().map(|f| Marked(f.html())).collect(),
        };
        let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        let viewer = self.viewer(visit).await?;
        self.answer_once(request, visit, status, &page, &viewer)
    }
}

#[derive(Deserialize)]
pub(super) struct DetailsForm {
    name: Option<String>,
    phone: Option<String>,
    line: Option<String>,
    town: Option<String>,
    eircode: Option<String>,
}

pub(super) async fn keep(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    form: Sent<DetailsForm>,
) -> Result<HttpResponse, AppError> {
    let Some(id) = shop.customer(&visit).await? else { return Ok(ask_to_sign_in(&shop, &visit)) };
    let DetailsForm { name, phone, line, town, eircode } = form.into_inner();
    match fields::read_details(&Details { name, phone, line, town, eircode }) {
        Ok(details) => {
            shop.app.db(move |conn| accounts::set_details(conn, id, &details)).await?;
            Ok(redirect("/account", [shop.notice_cookie(&Notice::DetailsKept)]))
        }
        Err(wrong) => {
            let customer = shop.app.read(move |conn| accounts::by_id(conn, id)).await?;
            shop.mine(&request, &visit, &customer, &wrong, &password_fields()).await
        }
    }
}

#[derive(Deserialize)]
pub(super) struct PasswordForm {
    #[serde(default)]
    password: String,
    #[serde(default, rename = "new-password")]
    new: String,
}

/// Sets another password for whoever knows the present one, and signs out everywhere else.
pub(super) async fn change_password(
    shop: Data<Shop>,
    request: HttpRequest,
    visit: Visit,
    asker: Asker,
    form: Sent<PasswordForm>,
) -> Result<HttpResponse, AppError> {
    let Some(id) = shop.customer(&visit).await? else { return Ok(ask_to_sign_in(&shop, &visit)) };
    let customer = shop.app.read(move |conn| accounts::by_id(conn, id)).await?;
    let (mut wrong, mut wait) = judge(&form);
    if wrong.iter().all(Option::is_none) {
        (wrong[0], wait) = shop.prove(&asker, &customer, &form.password).await?;
    }
    if wrong.iter().any(Option::is_some) {
        let [old, new] = password_fields();
        let [wrong_old, wrong_new] = wrong;
        let fields = [old.wrong(wrong_old), new.wrong(wrong_new)];
        let details = fields::details(&customer.details);
        let response = shop.mine(&request, &visit, &customer, &details, &fields).await?;
        let response = match wait {
            Some(wait) => too_many(response, &shop, wait),
            None => response,
        };
        return Ok(known_device(response, &shop, &asker));
    }
    let hash = shop.passwords.hash(form.new.clone()).await.map_err(|_| AppError::Busy)?;
    let now = shop.app.clock.now();
    shop.app.db(move |conn| accounts::change_password(conn, id, &hash, now)).await?;
    let cookies = shop.begin_session(&visit, &asker, id, Some(Notice::PasswordChanged)).await?;
    Ok(redirect("/account", cookies))
}

fn judge(form: &PasswordForm) -> ([Option<String>; 2], Option<Wait>) {
    let old = fields::given_password_problem(&form.password);
    let new = fields::new_password_problem(&form.new);
    ([old.map(Into::into), new.map(Into::into)], None)
}

impl Shop {
    /// Why somebody who is signed in is not believed to know the password, if they are not.
    async fn prove(
        &self,
        asker: &Asker,
        customer: &Customer,
        password: &str,
    ) -> Result<(Option<String>, Option<Wait>), AppError> {
        let (keys, now) = (asker.keys_here(&self.app, "mail", &customer.email), self.app.clock.now());
        let (counted, id): (_, CustomerId) = (keys.clone(), customer.id);
        let begun = self
            .app
            .db(move |conn| {
                let begun = throttle::spend(conn, Limited::SignIn, &counted, now)?;
                Ok::<_, AppError>((begun, accounts::secret_of(conn, id)?.password_hash))
            })
            .await?;
        let hash = match begun {
            (Ok(()), hash) => hash,
            (Err(wait), _) => return Ok((Some(self.wait_words(wait)), Some(wait))),
        };
        let right = self.passwords.matches(accounts::given_password(password), Some(hash)).await;
        if !right.map_err(|_| AppError::Busy)? {
            return Ok((Some("This is not your password. Check it, or ask for a new one.".into()), None));
        }
        self.app.db(move |conn| throttle::give_back(conn, Limited::SignIn, &keys)).await?;
        Ok((None, None))
    }
}
