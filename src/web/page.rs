//! Pages: finished once, kept while true, filled for each visitor, sent as the
//! browser takes them.

use super::front::readable;
use super::sheet::{Sheet, mark};
use super::{assets, gzip};
use crate::db::Changes;
use crate::error::{AppError, ErrorWords, OwnWords};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, LOCATION, SET_COOKIE, VARY,
};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use bytes::Bytes;
use moka::sync::Cache;
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

/// What stands in a page's head.
#[derive(Debug, Clone, Default)]
pub struct Head {
    pub title: String,
    pub description: String,
    /// The one address of this page, whole; empty where search engines have no business.
    pub canonical: String,
    /// A picture for those who share the page, as a whole address.
    pub picture: String,
    /// Finished JSON-LD, safe inside a script element; empty for none.
    pub json_ld: String,
}

/// Finished HTML of our own, which templates put in as it is.
#[derive(Debug, Clone, Default)]
pub struct Marked(pub String);

impl std::fmt::Display for Marked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Marked {}

/// A mark for a part of the page that is filled for each visitor; `otherwise` is finished
/// HTML, shown to those who have nothing of their own.
pub fn hole(name: &str, otherwise: &str) -> Marked {
    Marked(mark(name, otherwise))
}

/// A line icon from the sprite, for the eye only.
pub fn icon(name: &str) -> Marked {
    static SPRITE: LazyLock<&str> = LazyLock::new(|| assets::address("icons.svg"));
    Marked(format!("<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{}#i-{name}\"/></svg>", *SPRITE))
}

/// A line icon of the staff's pages, for the eye only.
pub fn staff_icon(name: &str) -> Marked {
    static SPRITE: LazyLock<&str> = LazyLock::new(|| assets::address("staff.svg"));
    Marked(format!("<svg class=\"i\" aria-hidden=\"true\"><use href=\"{}#i-{name}\"/></svg>", *SPRITE))
}

/// Renders a template; a failure to render is ours.
///
/// # Errors
/// `Internal` when the template fails, which it does only by mistake of ours.
pub fn render(template: &impl Template) -> Result<String, AppError> {
    template.render().map_err(AppError::internal)
}

/// Pages that are finished, by address, as long as nothing they show has changed.
#[derive(Clone)]
pub struct CachedPages {
    pages: Cache<Box<str>, (u64, Arc<Sheet>)>,
    changes: Changes,
}

impl CachedPages {
    pub fn new(bytes: u64, changes: Changes) -> Self {
        let weigh =
            |_: &_, (_, sheet): &(u64, Arc<Sheet>)| u32::try_from(sheet.weight() + 256).unwrap_or(u32::MAX);
        Self { pages: Cache::builder().max_capacity(bytes).weigher(weigh).build(), changes }
    }

    /// The page at this address, if it is still true.
    pub fn get(&self, address: &str) -> Option<Arc<Sheet>> {
        let now = self.changes.epoch()?;
        self.pages.get(address).filter(|(epoch, _)| *epoch == now).map(|(_, sheet)| sheet)
    }

    /// To be asked for before a page is made: what it shows may change meanwhile, and
    /// then it must not be kept.
    pub fn epoch(&self) -> Option<u64> {
        self.changes.epoch()
    }

    pub fn keep(&self, address: &str, epoch: Option<u64>, sheet: &Arc<Sheet>) {
        if let Some(epoch) = epoch {
            self.pages.insert(address.into(), (epoch, Arc::clone(sheet)));
        }
    }

    pub fn count(&self) -> u64 {
        self.pages.entry_count()
    }
}

/// An answer on its way: a page, and the cookies that go with it.
pub struct Answer {
    status: StatusCode,
    cookies: Vec<HeaderValue>,
    /// Whether it shows something of one person's.
    personal: bool,
}

impl Answer {
    pub fn new(status: StatusCode) -> Self {
        Self { status, cookies: Vec::new(), personal: false }
    }

    #[must_use]
    pub fn cookie(mut self, cookie: HeaderValue) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// The page as most see it.
    pub fn plain(self, request: &HttpRequest, sheet: &Sheet) -> HttpResponse {
        if takes_gzip(request) {
            self.send(sheet.plain(), true)
        } else {
            self.send(sheet.plain_text().into_owned().into(), false)
        }
    }

    /// The page as this visitor sees it.
    pub fn filled<'a>(
        mut self,
        request: &HttpRequest,
        sheet: &Sheet,
        fill: impl FnMut(&str) -> Option<Cow<'a, str>>,
    ) -> HttpResponse {
        self.personal = true;
        let page = sheet.fill(fill);
        if takes_gzip(request) {
            self.send(gzip::fast(page.as_bytes()).into(), true)
        } else {
            self.send(page.into(), false)
        }
    }

    fn send(self, body: Bytes, gzipped: bool) -> HttpResponse {
        let mut response = HttpResponse::with_body(self.status, body);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding, Cookie"));
        let keep = if self.personal { "no-store" } else { "private, no-cache" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
        if gzipped {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        for cookie in self.cookies {
            headers.append(SET_COOKIE, cookie);
        }
        if !self.status.is_success() {
            response.extensions_mut().insert(OwnWords);
        }
        response.map_into_boxed_body()
    }
}

/// Sends the browser to look at what its form has done.
pub fn redirect(target: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::SEE_OTHER);
    let target = HeaderValue::from_str(target).unwrap_or_else(|_| HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, target);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Whether an address is a path of ours that one may be sent to.
pub fn is_own_path(asked: &str) -> bool {
    asked.starts_with('/')
        && !asked.starts_with("//")
        && asked.len() <= 500
        && asked.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
}

fn takes_gzip(request: &HttpRequest) -> bool {
    request.headers().get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).is_some_and(gzip::accepts)
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    title: &'a str,
    advice: &'a str,
    id: String,
    css: &'static str,
    picture: &'static str,
}

/// The page of a request that ended badly. It needs no database: that may be the reason.
pub(super) fn error_page(words: &ErrorWords, id: u64) -> String {
    let page = ErrorPage {
        title: words.title,
        advice: &words.advice,
        id: readable(id),
        css: assets::address("site.css"),
        picture: assets::address("icons/shopping-cart.webp"),
    };
    page.render().unwrap_or_else(|_| words.advice.clone())
}
/// A picture that is for whoever asked alone: kept nowhere, found by nobody.
pub fn private_jpeg(jpeg: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("image/jpeg")
        .insert_header(("cache-control", "private, no-store"))
        .insert_header(("x-robots-tag", "noindex"))
        .body(jpeg)
}
