use crate::error::AppError;
use crate::outside::mail::{Kept, Mailbox};
use crate::web::text::clean_line;
use crate::web::{assets, get, render};
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_FRAME_OPTIONS};
use actix_web::web::{Data, Path, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;
use uuid::Uuid;

const LETTERS_A_PAGE: usize = 20;

/// The page that shows a letter's HTML beside its text, in a frame.
const WITH_FRAME: &str = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; \
     frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A letter in its frame: as a mail program shows it, with nothing that could run or be fetched.
const IN_FRAME: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; \
     base-uri 'none'; frame-ancestors 'self'";

pub(in crate::sandbox) fn routes(cfg: &mut ServiceConfig, mailbox: Mailbox) {
    cfg.app_data(Data::new(mailbox))
        .route("/sandbox/mail", get().to(list))
        .route("/sandbox/mail/{id}", get().to(show))
        .route("/sandbox/mail/{id}/html", get().to(html));
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    to: String,
    before: Option<Uuid>,
}

#[derive(Template)]
#[template(path = "sandbox/mail.html")]
struct ListPage {
    css: &'static str,
    to: String,
    /// Each with its time.
    letters: Vec<(Kept, String)>,
    /// The address of the letters before these.
    older: Option<String>,
}

async fn list(mailbox: Data<Mailbox>, asked: Query<Asked>) -> Result<HttpResponse, AppError> {
    let (to, before) = (clean_line(&asked.to, 254).to_lowercase(), asked.before);
    let wanted = to.clone();
    let mut letters = read(&mailbox, move |m| m.letters(&wanted, before, LETTERS_A_PAGE + 1))
        .await?
        .map_err(AppError::internal)?;
    let more = letters.len() > LETTERS_A_PAGE;
    letters.truncate(LETTERS_A_PAGE);
    let older = letters.last().filter(|_| more).map(|last| older(&to, last.id));
    let letters = letters
        .into_iter()
        .map(|letter| {
            let at = time(&letter);
            (letter, at)
        })
        .collect();
    answer(&ListPage { css: assets::address("site.css"), to, letters, older })
}

fn older(to: &str, before: Uuid) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("to", to).append_pair("before", &before.to_string());
    format!("/sandbox/mail?{}", query.finish())
}

#[derive(Template)]
#[template(path = "sandbox/letter.html")]
struct LetterPage {
    css: &'static str,
    letter: Kept,
    at: String,
    /// To press, since nothing in the frame leads anywhere.
    links: Vec<String>,
}

async fn show(mailbox: Data<Mailbox>, id: Path<Uuid>) -> Result<HttpResponse, AppError> {
    let letter = letter(&mailbox, *id).await?;
    let (at, links) = (time(&letter), links(&letter.text));
    let mut response = answer(&LetterPage { css: assets::address("site.css"), letter, at, links })?;
    set(&mut response, CONTENT_SECURITY_POLICY, WITH_FRAME);
    Ok(response)
}

async fn html(mailbox: Data<Mailbox>, id: Path<Uuid>) -> Result<HttpResponse, AppError> {
    let letter = letter(&mailbox, *id).await?;
    let mut response = HttpResponse::Ok().content_type("text/html; charset=utf-8").body(letter.html);
    set(&mut response, CONTENT_SECURITY_POLICY, IN_FRAME);
    set(&mut response, X_FRAME_OPTIONS, "SAMEORIGIN");
    set(&mut response, CACHE_CONTROL, "no-store");
    Ok(response)
}

fn links(text: &str) -> Vec<String> {
    let is_link = |word: &&str| word.starts_with("http://") || word.starts_with("https://");
    text.split_whitespace().filter(is_link).map(str::to_owned).collect()
}

/// `2026-11-24 14:20:00 UTC`
fn time(letter: &Kept) -> String {
    letter.at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

async fn letter(mailbox: &Data<Mailbox>, id: Uuid) -> Result<Kept, AppError> {
    read(mailbox, move |m| m.letter(id)).await?.ok_or(AppError::NotFound)
}

/// Reads the folder on a thread that may wait for the disk.
async fn read<T: Send + 'static>(
    mailbox: &Data<Mailbox>,
    work: impl FnOnce(&Mailbox) -> T + Send + 'static,
) -> Result<T, AppError> {
    let mailbox = mailbox.clone();
    tokio::task::spawn_blocking(move || work(&mailbox)).await.map_err(AppError::internal)
}

fn answer(page: &impl Template) -> Result<HttpResponse, AppError> {
    let mut response = HttpResponse::Ok().content_type("text/html; charset=utf-8").body(render(page)?);
    set(&mut response, CACHE_CONTROL, "no-store");
    Ok(response)
}

fn set(response: &mut HttpResponse, name: actix_web::http::header::HeaderName, value: &'static str) {
    response.headers_mut().insert(name, actix_web::http::header::HeaderValue::from_static(value));
}
