//! What people see of the gateway: the card frame, the wallets, the page that asks a payer,
//! and the page that shows payments and sets faults.

use super::api::tokens;
use super::control;
use super::faults;
use super::house::Gateway;
use super::intents::Said;
use super::model::{Intent, Method, Status};
use crate::error::AppError;
use crate::money::Money;
use crate::web::{OwnWords, assets, get, redirect, render};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, X_FRAME_OPTIONS,
};
use actix_web::web::{Bytes, Data, Path, PayloadConfig, Query, ServiceConfig, post, scope};
use askama::Template;
use serde::Deserialize;

const BODY_BYTES: usize = 16 * 1024;

/// The pages under `/sandbox/`.
pub fn pages(gateway: Gateway) -> impl FnOnce(&mut ServiceConfig) {
    move |cfg| {
        cfg.service(
            scope("/sandbox")
                .app_data(Data::new(gateway))
                .app_data(PayloadConfig::new(BODY_BYTES))
                .route("/card", get().to(card))
                .route("/wallets", get().to(wallets))
                .route("/tokens", post().to(tokens))
                .route("/approve/{intent}", get().to(ask))
                .route("/approve/{intent}", post().to(answer))
                .route("/payments", get().to(faults::payments))
                .route("/payments", post().to(faults::set_mood))
                .route("/control/mood", get().to(control::mood))
                .route("/control/mood", post().to(control::set_mood))
                .route("/control/books", get().to(control::books)),
        );
    }
}

/// Who may show a page inside one of their own.
pub(super) enum Frame {
    Nobody,
    Parents(Vec<String>),
}

/// A page with its own policy: `leads_to` is where its form may end.
pub(super) fn page(status: StatusCode, html: String, frame: Frame, leads_to: &str) -> HttpResponse {
    let (ancestors, options) = match frame {
        Frame::Nobody => ("'none'".to_owned(), "DENY"),
        Frame::Parents(parents) => (format!("'self' {}", parents.join(" ")), "SAMEORIGIN"),
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
         connect-src 'self'; form-action 'self' {leads_to}; base-uri 'none'; frame-ancestors {ancestors}"
    );
    let mut response = HttpResponse::with_body(status, html);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static(options));
    let strict = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).unwrap_or(strict));
    if !status.is_success() {
        response.extensions_mut().insert(OwnWords);
    }
    response.map_into_boxed_body()
}

/// Styles and scripts of a page.
pub(super) struct Files {
    pub(super) shop: &'static str,
    pub(super) own: &'static str,
    pub(super) font: &'static str,
    /// How a frame talks to the page around it.
    pub(super) parent: &'static str,
    pub(super) script: &'static str,
}

impl Files {
    pub(super) fn with(script: &str) -> Self {
        Self {
            shop: assets::address("site.css"),
            own: assets::address("sandbox/sandbox.css"),
            font: assets::address("fonts/inter-latin-wght-normal.woff2"),
            parent: assets::address("sandbox/parent.js"),
            script: assets::address(script),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct FrameQuery {
    #[serde(default)]
    key: String,
    #[serde(default)]
    scheme: String,
    #[serde(default)]
    saved_for: String,
}

impl FrameQuery {
    /// Light or dark where the parent says so, else as the browser prefers.
    fn scheme(&self) -> &'static str {
        match self.scheme.as_str() {
            "light" => "light",
            "dark" => "dark",
            _ => "",
        }
    }
}

#[derive(Template)]
#[template(path = "sandbox/card.html")]
struct CardPage {
    files: Files,
    scheme: &'static str,
    key: String,
    parents: String,
    saved: bool,
}

async fn card(gateway: Data<Gateway>, query: Query<FrameQuery>) -> Result<HttpResponse, AppError> {
    check_key(&gateway, &query)?;
    let parents = gateway.0.parents();
    let html = render(&CardPage {
        files: Files::with("sandbox/card.js"),
        scheme: query.scheme(),
        key: query.key.clone(),
        parents: parents.join(" "),
        saved: !query.saved_for.is_empty(),
    })?;
    Ok(page(StatusCode::OK, html, Frame::Parents(parents), ""))
}

#[derive(Template)]
#[template(path = "sandbox/wallets.html")]
struct WalletsPage {
    files: Files,
    scheme: &'static str,
    key: String,
    parents: String,
    wallets: [(&'static str, &'static str); 3],
}

async fn wallets(gateway: Data<Gateway>, query: Query<FrameQuery>) -> Result<HttpResponse, AppError> {
    check_key(&gateway, &query)?;
    let parents = gateway.0.parents();
    let html = render(&WalletsPage {
        files: Files::with("sandbox/wallets.js"),
        scheme: query.scheme(),
        key: query.key.clone(),
        parents: parents.join(" "),
        wallets: [("apple_pay", "Apple Pay"), ("google_pay", "Google Pay"), ("samsung_pay", "Samsung Pay")],
    })?;
    Ok(page(StatusCode::OK, html, Frame::Parents(parents), ""))
}

fn check_key(gateway: &Gateway, query: &FrameQuery) -> Result<(), AppError> {
    if query.key == gateway.0.settings.publishable_key {
        return Ok(());
    }
    Err(AppError::bad("The sandbox gateway does not know the key this frame was opened with."))
}

#[derive(Template)]
#[template(path = "sandbox/approve.html")]
struct ApprovePage {
    files: Files,
    merchant: String,
    sum: String,
    what: String,
    with: String,
    description: String,
    id: String,
    redirects: bool,
}

#[derive(Template)]
#[template(path = "sandbox/answered.html")]
struct AnsweredPage {
    files: Files,
    title: &'static str,
    advice: &'static str,
    back: String,
}

/// Asks the payer. Who comes late, or again, is shown the way back.
async fn ask(gateway: Data<Gateway>, id: Path<String>) -> Result<HttpResponse, AppError> {
    let Some(intent) = gateway.0.intent(&id) else { return unknown_payment() };
    let method = method_of(&gateway, &intent)?;
    let Some(method) = method.filter(|_| intent.status == Status::RequiresAction) else {
        return answered(&intent);
    };
    let redirects = method.card.is_none();
    let html = render(&ApprovePage {
        files: Files::with(""),
        merchant: gateway.0.settings.merchant.clone(),
        sum: sum(intent.amount, &intent.currency),
        what: if redirects {
            format!("Pay with {}", kind_name(&method.kind))
        } else {
            "Is this you?".to_owned()
        },
        with: method_name(&method),
        description: intent.description.clone().unwrap_or_default(),
        id: intent.id.clone(),
        redirects,
    })?;
    Ok(page(StatusCode::OK, html, Frame::Nobody, &origin_of(intent.return_url.as_deref())))
}

fn unknown_payment() -> Result<HttpResponse, AppError> {
    let html = render(&AnsweredPage {
        files: Files::with(""),
        title: "The sandbox knows no such payment",
        advice: "Go back to the shop and start the payment again. Nothing was charged.",
        back: String::new(),
    })?;
    Ok(page(StatusCode::NOT_FOUND, html, Frame::Nobody, ""))
}

fn answered(intent: &Intent) -> Result<HttpResponse, AppError> {
    let (title, advice) = match intent.status {
        Status::Succeeded | Status::RequiresCapture | Status::Processing => {
            ("This payment is approved", "There is nothing left to do here.")
        }
        Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresAction => {
            ("This payment was not made", "Nothing was charged. Choose another way to pay in the shop.")
        }
        Status::Canceled => ("This payment was given up", "Nothing was charged."),
    };
    let html = render(&AnsweredPage {
        files: Files::with(""),
        title,
        advice,
        back: way_back(intent).unwrap_or_default(),
    })?;
    Ok(page(StatusCode::OK, html, Frame::Nobody, ""))
}

async fn answer(gateway: Data<Gateway>, id: Path<String>, body: Bytes) -> Result<HttpResponse, AppError> {
    let said = form_urlencoded::parse(&body).find(|(name, _)| name == "answer");
    let said = match said.as_ref().map(|(_, value)| value.as_ref()) {
        Some("approve") => Said::Approve,
        Some("approve_slowly") => Said::ApproveSlowly,
        Some("refuse") => Said::Refuse,
        _ => return Err(AppError::bad("Choose one of the buttons.")),
    };
    // A refusal is in the books; the payer is sent back with it.
    let _ = gateway.0.change(|draft| draft.said(&id, said)).map_err(AppError::internal)?;
    let Some(intent) = gateway.0.intent(&id) else { return unknown_payment() };
    match way_back(&intent) {
        Some(url) => Ok(redirect(&url, [])),
        None => answered(&intent),
    }
}

/// `return_url?payment_intent=…&redirect_status=…`
fn way_back(intent: &Intent) -> Option<String> {
    let url = intent.return_url.as_ref()?;
    let went_well = match intent.status {
        Status::Succeeded | Status::RequiresCapture | Status::Processing => "succeeded",
        Status::RequiresPaymentMethod
        | Status::RequiresConfirmation
        | Status::RequiresAction
        | Status::Canceled => "failed",
    };
    let (page, fragment) = url.split_once('#').map_or((url.as_str(), ""), |(page, rest)| (page, rest));
    let join = if page.contains('?') { '&' } else { '?' };
    let hash = if fragment.is_empty() { "" } else { "#" };
    Some(format!("{page}{join}payment_intent={}&redirect_status={went_well}{hash}{fragment}", intent.id))
}

/// Scheme and host of an address, for the policy of a form that leads there.
fn origin_of(url: Option<&str>) -> String {
    let Some((scheme, rest)) = url.and_then(|url| url.split_once("://")) else { return String::new() };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain =
        host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'));
    if plain { format!("{scheme}://{host}") } else { String::new() }
}

fn method_of(gateway: &Gateway, intent: &Intent) -> Result<Option<Method>, AppError> {
    let Some(id) = &intent.method else { return Ok(None) };
    gateway.0.look(|books| books.method(id).cloned()).map_err(AppError::internal)
}

/// `€42.93`, or the code where the currency has another sign.
pub(super) fn sum(amount: Money, currency: &str) -> String {
    if currency == "eur" { amount.to_string() } else { format!("{} {currency}", amount.plain()) }
}

fn kind_name(kind: &str) -> &str {
    match kind {
        "paypal" => "PayPal",
        "ideal" => "iDEAL",
        "sandbox_redirect" => "the sandbox bank",
        "apple_pay" => "Apple Pay",
        "google_pay" => "Google Pay",
        "samsung_pay" => "Samsung Pay",
        "visa" => "Visa",
        "mastercard" => "Mastercard",
        "amex" => "American Express",
        "discover" => "Discover",
        "diners" => "Diners Club",
        "jcb" => "JCB",
        "unionpay" => "UnionPay",
        other => other,
    }
}

pub(super) fn method_name(method: &Method) -> String {
    let Some(card) = &method.card else { return kind_name(&method.kind).to_owned() };
    let name = format!("{} ending {}", kind_name(&card.brand), card.last4);
    match &card.wallet {
        Some(wallet) => format!("{name}, {}", kind_name(wallet)),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_origin_goes_into_a_policy() {
        assert_eq!(origin_of(Some("https://shop.test:8443/pay?x=1")), "https://shop.test:8443");
        for none in [None, Some("/pay"), Some("https://a;script-src x/"), Some("https://a b/")] {
            assert_eq!(origin_of(none), "", "{none:?}");
        }
    }

    #[test]
    fn sums_of_other_currencies_carry_their_code() {
        assert_eq!(sum(Money(4293), "eur"), "€42.93");
        assert_eq!(sum(Money(4293), "usd"), "42.93 usd");
    }
}
