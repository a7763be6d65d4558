//! The front door: what happens to every request, whatever page it is for.
//!
//! It gets an id, its true client address, a limit, a check that a form comes from
//! our own pages, the security headers, a line in the log, and, when it ends badly,
//! a page that says so in words and carries the id.

use super::limits::RateLimits;
use super::metrics::Metrics;
use super::page::error_page;
use crate::config::{Config, Network};
use crate::error::{AppError, ErrorWords, OwnWords};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use actix_web::middleware::Next;
use actix_web::web::{Data, route};
use actix_web::{Error, HttpMessage, HttpResponse, Route, guard};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// The route of a page: those who ask for its head only get that (RFC 9110, 9.1).
pub fn get() -> Route {
    route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Who is asking, once the proxies are seen through.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    pub address: IpAddr,
}

impl Client {
    /// The address without the part that tells one household from its neighbours.
    pub fn neighbourhood(self) -> String {
        Masked(self.address).to_string()
    }
}

/// Where other machines tell us of what has happened.
const HOOKS: &str = "/webhooks/";

/// What the front door needs, one for all threads.
pub struct Front {
    limits: RateLimits,
    trusted: Vec<Network>,
    headers: Vec<(HeaderName, HeaderValue)>,
    next_id: AtomicU64,
    metrics: Data<Metrics>,
}

impl Front {
    /// `started` sets where the numbering of requests begins, so that ids of two runs differ.
    pub fn new(config: &Config, metrics: Data<Metrics>, started: u64) -> Self {
        Self {
            limits: RateLimits::new(&config.limits),
            trusted: config.server.trusted_proxies.clone(),
            headers: security_headers(config),
            next_id: AtomicU64::new(started << 20),
            metrics,
        }
    }

    /// The address of the person asking: that of the connection, or, behind our own
    /// proxies, the last address in X-Forwarded-For that is not one of them.
    fn client(&self, request: &ServiceRequest) -> Client {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |a| a.ip());
        let trusted = |address: IpAddr| self.trusted.iter().any(|network| network.contains(address));
        if self.trusted.is_empty() || !trusted(peer) {
            return Client { address: peer };
        }
        let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|v| v.to_str().ok());
        let all: Vec<IpAddr> =
            forwarded.flat_map(|v| v.split(',')).filter_map(|a| a.trim().parse().ok()).collect();
        let address = all.iter().rev().copied().find(|a| !trusted(*a)).unwrap_or(peer);
        Client { address }
    }

    fn check(&self, request: &ServiceRequest, client: Client) -> Result<(), AppError> {
        if request.path().starts_with(HOOKS) {
            // From a machine that signs what it says: no browser's cookies are of use there.
            return if self.limits.allow_hook(client.address) { Ok(()) } else { Err(AppError::TooMany) };
        }
        let writes = !request.method().is_safe();
        if !request.path().starts_with("/assets/") && !self.limits.allow(client.address, writes) {
            return Err(AppError::TooMany);
        }
        if writes && !is_from_our_own_pages(request.headers()) {
            return Err(AppError::Forged);
        }
        Ok(())
    }
}

/// The middleware. It never fails: what goes wrong becomes a page.
///
/// # Errors
/// Never; the signature is the framework's.
pub async fn pass(
    front: Data<Front>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let id = front.next_id.fetch_add(1, Ordering::Relaxed);
    let client = front.client(&request);
    request.extensions_mut().insert(client);
    let mut response = match front.check(&request, client) {
        Ok(()) => match next.call(request).await {
            Ok(response) => response.map_into_boxed_body(),
            // Only a request that could not be read at all comes here.
            Err(e) => return Err(e),
        },
        Err(refused) => request.error_response(refused),
    };
    dress(&front, &mut response);
    let response = explain(response, id);
    write_down(&front, &response, id, client, began);
    Ok(response)
}

/// The headers of the house. A page that set one itself needs it otherwise (a frame, say) and
/// keeps its own.
fn dress(front: &Front, response: &mut ServiceResponse) {
    let headers = response.headers_mut();
    for (name, value) in &front.headers {
        // A page that has to set its own policy (a letter shown in a frame) has set it.
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
}

/// Puts words on an answer that failed without any.
fn explain(response: ServiceResponse, id: u64) -> ServiceResponse {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let said = response.response().extensions().get::<ErrorWords>().cloned();
    let has_words = response.response().extensions().get::<OwnWords>().is_some();
    if has_words {
        return response;
    }
    let words = said.unwrap_or_else(|| unspoken(status.as_u16()));
    if let Some(cause) = &words.cause {
        log::error!("{} failed: {cause}", readable(id));
    }
    let page = error_page(&words, id);
    let (request, old) = response.into_parts();
    let mut new = HttpResponse::build(status).content_type("text/html; charset=utf-8").body(page);
    for (name, value) in old.headers() {
        // There may be several cookies.
        new.headers_mut().append(name.clone(), value.clone());
    }
    new.headers_mut()
        .insert(actix_web::http::header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    new.headers_mut().insert(actix_web::http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if matches!(status.as_u16(), 429 | 503) {
        let seconds = HeaderValue::from(words.retry_after.unwrap_or(3));
        new.headers_mut().insert(actix_web::http::header::RETRY_AFTER, seconds);
    }
    ServiceResponse::new(request, new)
}

/// Words for what the framework itself refuses.
fn unspoken(status: u16) -> ErrorWords {
    let (title, advice) = match status {
        404 => (
            "There is nothing at this address",
            "It may have been moved or mistyped. Start from the home page.",
        ),
        405 => ("This address works differently", "Go back to the page you came from and use its buttons."),
        408 => ("That took too long", "Your request did not arrive in time. Please try again."),
        413 => (
            "That is too much at once",
            "What was sent is larger than this form takes. Shorten it and send it again.",
        ),
        _ => ("That could not be read", "Go back, check what you typed and send it again. Nothing was lost."),
    };
    ErrorWords::new(title, advice)
}

/// One line a request: no query (it may hold what people typed), no full address.
fn write_down(front: &Front, response: &ServiceResponse, id: u64, client: Client, began: Instant) {
    let took = began.elapsed();
    let status = response.status().as_u16();
    front.metrics.answered(status, took);
    let request = response.request();
    log::info!(
        target: "request",
        "{} {} {} {status} {}us {}",
        readable(id),
        request.method(),
        without_secrets(request.path()),
        took.as_micros(),
        Masked(client.address),
    );
}

/// Where an address goes on with a key to something, which is nobody's to note.
const SECRET_BEHIND: [&str; 3] = ["/reset/", "/signup/", "/staff/ask/"];

/// A path as it may be written down.
pub fn without_secrets(path: &str) -> Cow<'_, str> {
    match SECRET_BEHIND.iter().find(|before| path.starts_with(**before)) {
        Some(before) => Cow::Owned(format!("{before}…")),
        None => Cow::Borrowed(path),
    }
}

/// A request's number as a person can say it on the phone.
pub fn readable(id: u64) -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    (0..7).rev().map(|i| char::from(LETTERS[(id >> (5 * i)) as usize & 31])).collect()
}

/// An address without the part that tells one household from its neighbours.
struct Masked(IpAddr);

impl std::fmt::Display for Masked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            IpAddr::V4(a) => {
                let [a, b, c, _] = a.octets();
                write!(f, "{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(a) => {
                let [a, b, c, ..] = a.segments();
                write!(f, "{a:x}:{b:x}:{c:x}::/48")
            }
        }
    }
}

/// Whether a writing request comes from our own pages.
///
/// Every browser in use says where a form comes from, in `Sec-Fetch-Site` or in
/// `Origin`; a page of another site cannot forge either. A client that sends neither
/// is no browser, and nobody's cookies can be abused through it. (The method of
/// Go's `http.CrossOriginProtection`; cookies are `SameSite=Lax` besides.)
fn is_from_our_own_pages(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let host = headers.get(HOST).and_then(|h| h.to_str().ok());
    let origin = origin.to_str().ok().and_then(|o| o.split_once("://")).map(|(_, host)| host);
    origin.is_some() && origin == host
}

/// Where else than from the shop itself a page takes things from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    pub scripts: &'static str,
    pub frames: String,
    pub connections: &'static str,
    /// Where a form may lead in the end, by redirects.
    pub forms: String,
}

/// What a page may load and show, as the browser enforces it.
pub fn content_policy(picture_hosts: &str, more: &Sources) -> String {
    let Sources { scripts, frames, connections, forms } = more;
    let frames = if frames.is_empty() { String::new() } else { format!("frame-src {frames}; ") };
    format!(
        "default-src 'none'; script-src 'self' {scripts}; style-src 'self'; img-src 'self' {picture_hosts}; \
         font-src 'self'; connect-src 'self' {connections}; {frames}manifest-src 'self'; \
         form-action 'self' {forms}; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn security_headers(config: &Config) -> Vec<(HeaderName, HeaderValue)> {
    let csp = content_policy(&config.server.picture_hosts, &Sources::default());
    let mut headers = vec![
        ("content-security-policy", csp.as_str()),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "geolocation=(self), camera=(), microphone=(), payment=(self)"),
        ("x-frame-options", "DENY"),
    ];
    if config.server.public_url.starts_with("https://") {
        headers.push(("strict-transport-security", "max-age=31536000"));
    }
    headers
        .into_iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, HeaderValue::from_str(value).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn ours(headers: &[(&str, &str)]) -> bool {
        let mut request = TestRequest::post().insert_header(("host", "shop.test"));
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        is_from_our_own_pages(request.to_http_request().headers())
    }

    #[test]
    fn a_form_of_another_site_is_refused_and_our_own_is_taken() {
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("origin", "http://shop.test")]));
        assert!(ours(&[]));
        assert!(!ours(&[("sec-fetch-site", "cross-site")]));
        assert!(!ours(&[("sec-fetch-site", "same-site")]));
        assert!(!ours(&[("origin", "https://evil.test")]));
        assert!(!ours(&[("origin", "null")]));
    }

    #[test]
    fn a_page_may_set_a_header_of_the_house_itself() {
        let config = Config::load(None, std::iter::empty()).expect("defaults");
        let front = Front::new(&config, Data::new(Metrics::new()), 0);
        let own = HttpResponse::Ok().insert_header(("x-frame-options", "SAMEORIGIN")).finish();
        let mut response = TestRequest::default().to_srv_response(own);
        dress(&front, &mut response);
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok());
        assert_eq!(header("x-frame-options"), Some("SAMEORIGIN"));
        assert_eq!(header("x-content-type-options"), Some("nosniff"));
    }

    #[test]
    fn an_error_keeps_every_cookie_that_it_brings() {
        let refused = HttpResponse::NotFound()
            .append_header(("set-cookie", "a=1"))
            .append_header(("set-cookie", "b=2"))
            .finish();
        let page = explain(TestRequest::default().to_srv_response(refused), 7);
        assert_eq!(page.headers().get_all("set-cookie").count(), 2);
        assert_eq!(page.headers().get_all("content-type").count(), 1);
    }

    #[test]
    fn a_key_in_an_address_is_not_written_down() {
        assert_eq!(without_secrets("/reset/abc/def"), "/reset/…");
        assert_eq!(without_secrets("/staff/ask/abc"), "/staff/ask/…");
        for plain in ["/reset", "/signup", "/d/bakery", "/"] {
            assert_eq!(without_secrets(plain), plain);
        }
    }

    #[test]
    fn an_id_can_be_said_and_two_differ() {
        assert_eq!(readable(0).len(), 7);
        assert_ne!(readable(1), readable(2));
    }

    #[test]
    fn an_address_in_the_log_is_a_neighbourhood() {
        assert_eq!(Masked("192.0.2.77".parse().expect("ip")).to_string(), "192.0.2.0/24");
    }
}
