//! Where one is signed in, ending it there, and one's password.

use super::fields::no_password;
use super::form::wait_words;
use super::sign_in::KIND;
use crate::accounts::{self, password_problem};
use crate::error::AppError;
use crate::ids::{StaffId, StaffSessionId};
use crate::staff::{self, Session};
use crate::staffroom::{Field, Room, Said, Staffer, answer, done, moment, problems};
use crate::storefront::{Asker, Shop};
use crate::throttle::{self, Limited, Wait};
use crate::web::Marked;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::web::{Data, Form as Sent, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

const HERE: &str = "/staff/sessions";
/// More than anybody has open; what is older has ended.
pub(super) const SHOWN: i64 = 20;

/// A session in words.
pub(super) struct Line {
    pub(super) id: StaffSessionId,
    pub(super) browser: String,
    pub(super) network: String,
    pub(super) began: String,
    pub(super) seen: String,
    pub(super) is_open: bool,
    /// The one this is looked at from.
    pub(super) is_here: bool,
}

/// Open ones first, each with the newest on top.
pub(super) fn lines(shop: &Shop, sessions: Vec<Session>, here: StaffSessionId) -> Vec<Line> {
    let now = shop.app.clock.now();
    let line = |s: Session| Line {
        is_open: s.is_open(now),
        is_here: s.id == here,
        began: moment(shop, s.made_at),
        seen: moment(shop, s.ended_at.unwrap_or(s.seen_at)),
        id: s.id,
        browser: s.browser,
        network: s.network,
    };
    let mut lines: Vec<Line> = sessions.into_iter().map(line).collect();
    lines.sort_by_key(|line| (!line.is_here, !line.is_open));
    lines
}

#[derive(Template)]
#[template(path = "staff/sessions.html")]
struct SessionsPage {
    room: Room,
    sessions: Vec<Line>,
    /// Where a session's button leads.
    end_at: String,
    has_others: bool,
    problems: Marked,
    passwords: Vec<Marked>,
    email: String,
}

pub(super) async fn show(
    shop: Data<Shop>,
    request: HttpRequest,
    who: Staffer,
) -> Result<HttpResponse, AppError> {
    page(&shop, &request, &who, &password_fields()).await
}

fn password_fields() -> [Field; 2] {
    [Field::password("password", "Current password"), Field::new_password("new-password", "New password")]
}

async fn page(
    shop: &Shop,
    request: &HttpRequest,
    who: &Staffer,
    passwords: &[Field],
) -> Result<HttpResponse, AppError> {
    let id = who.id;
    let sessions = shop.app.read(move |conn| staff::sessions_of(conn, id, SHOWN)).await?;
    let sessions = lines(shop, sessions, who.session);
    let is_wrong = passwords.iter().any(|f| f.wrong.is_some());
    let page = SessionsPage {
        room: who.room(None, "Where you are signed in"),
        has_others: sessions.iter().any(|s| s.is_open && !s.is_here),
        sessions,
        end_at: HERE.to_owned(),
        problems: problems(passwords),
        passwords: passwords.iter().map(Field::html).collect(),
        email: who.email.clone(),
    };
    let status = if is_wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    answer(shop, request, status, &page)
}

/// Ends one of one's own sessions; somebody else's id ends nothing.
pub(super) async fn end(
    shop: Data<Shop>,
    who: Staffer,
    session: Path<StaffSessionId>,
) -> Result<HttpResponse, AppError> {
    let (session, now) = (session.into_inner(), shop.app.clock.now());
    shop.app.db(move |conn| staff::end_session(conn, who.id, session, now)).await?;
    Ok(done(&shop, HERE, &Said::good("That session has ended.")))
}

pub(super) async fn end_others(shop: Data<Shop>, who: Staffer) -> Result<HttpResponse, AppError> {
    let now = shop.app.clock.now();
    shop.app.db(move |conn| staff::end_others(conn, who.id, Some(who.session), now)).await?;
    Ok(done(&shop, HERE, &Said::good("You are signed in here alone.")))
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
    who: Staffer,
    asker: Asker,
    form: Sent<PasswordForm>,
) -> Result<HttpResponse, AppError> {
    let (mut wrong_old, wrong_new) =
        (no_password(&form.password).map(str::to_owned), password_problem(&form.new));
    let mut wait = None;
    if wrong_old.is_none() && wrong_new.is_none() {
        (wrong_old, wait) = prove(&shop, &asker, &who, &form.password).await?;
    }
    if wrong_old.is_some() || wrong_new.is_some() {
        let [old, new] = password_fields();
        let fields = [old.wrong(wrong_old), new.wrong(wrong_new)];
        return Ok(too_many(page(&shop, &request, &who, &fields).await?, &shop, wait));
    }
    let hash = shop.passwords.hash(form.new.clone()).await.map_err(|_| AppError::Busy)?;
    let now = shop.app.clock.now();
    shop.app.db(move |conn| staff::change_password(conn, who.id, &hash, who.session, now)).await?;
    Ok(done(&shop, HERE, &Said::good("Your password is changed. You are signed in here alone.")))
}

fn too_many(mut response: HttpResponse, shop: &Shop, wait: Option<Wait>) -> HttpResponse {
    if let Some(wait) = wait {
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.seconds(shop.app.clock.now())));
    }
    response
}

/// Why somebody who is signed in is not believed to know the password, if they are not.
async fn prove(
    shop: &Shop,
    asker: &Asker,
    who: &Staffer,
    password: &str,
) -> Result<(Option<String>, Option<Wait>), AppError> {
    let (keys, now) = (asker.keys_here(&shop.app, KIND, &who.email), shop.app.clock.now());
    let (counted, id): (_, StaffId) = (keys.clone(), who.id);
    let begin = move |conn: &mut diesel::PgConnection| {
        let begun = throttle::spend(conn, Limited::SignIn, &counted, now)?;
        Ok::<_, AppError>((begun, staff::secret_of(conn, id)?.password_hash))
    };
    let hash = match shop.app.db(begin).await? {
        (Ok(()), hash) => hash,
        (Err(wait), _) => return Ok((Some(wait_words(shop, wait)), Some(wait))),
    };
    let right = shop.passwords.matches(accounts::given_password(password), Some(hash)).await;
    if !right.map_err(|_| AppError::Busy)? {
        return Ok((Some("This is not your password. Check it.".into()), None));
    }
    shop.app.db(move |conn| throttle::give_back(conn, Limited::SignIn, &keys)).await?;
    Ok((None, None))
}
