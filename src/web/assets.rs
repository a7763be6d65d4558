//! Static files, each at an address that carries a hash of its content, so that
//! browsers may keep it for ever. Everything is inside the binary.

use super::gzip;
use crate::error::AppError;
use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY,
};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Static;

#[derive(RustEmbed)]
#[folder = "demo/pictures/"]
struct Pictures;

struct Asset {
    address: String,
    kind: &'static str,
    raw: Bytes,
    /// Made when they are first asked for; `None` inside where they save nothing.
    brotli: OnceLock<Option<Bytes>>,
    gzip: OnceLock<Option<Bytes>>,
}

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(collect);

/// The address of a static file, such as `site.css` or `packs/S0001.svg`; a name that
/// is unknown gives an address that is not found.
pub fn address(name: &str) -> &'static str {
    ASSETS.get(name).map_or("/assets/missing", |asset| &asset.address)
}

/// Where a product's picture lies: one of ours by name, or another host's by address.
pub fn picture(name: &str) -> Cow<'_, str> {
    if name.starts_with("https://") { Cow::Borrowed(name) } else { Cow::Borrowed(address(name)) }
}

pub async fn serve(request: HttpRequest, path: Path<(String, String)>) -> Result<HttpResponse, AppError> {
    let (hash, name) = path.into_inner();
    let asset = ASSETS.get(&name).ok_or(AppError::NotFound)?;
    if asset.address.split('/').nth(2) != Some(hash.as_str()) {
        return Err(AppError::NotFound);
    }
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, HeaderValue::from_static(asset.kind)))
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")));
    let accepts = request.headers().get(ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (coding, small) = if takes_brotli(accepts) {
        ("br", asset.brotli())
    } else if gzip::accepts(accepts) {
        ("gzip", asset.gzip())
    } else {
        ("identity", None)
    };
    if asset.is_text() {
        response.insert_header((VARY, HeaderValue::from_static("Accept-Encoding")));
    }
    Ok(match small {
        Some(small) => {
            response.insert_header((CONTENT_ENCODING, HeaderValue::from_static(coding))).body(small)
        }
        None => response.body(asset.raw.clone()),
    })
}

/// Compresses what every page needs, ahead of the first visitor.
pub fn warm() {
    for name in ["site.css", "site.js", "icons.svg"] {
        if let Some(asset) = ASSETS.get(name) {
            asset.brotli();
            asset.gzip();
        }
    }
}

fn takes_brotli(accepts: &str) -> bool {
    accepts.split(',').any(|e| e.trim() == "br" || e.trim().starts_with("br;q=1"))
}

impl Asset {
    fn new(name: &str, raw: Vec<u8>) -> Self {
        let hash: String = Sha256::digest(&raw).iter().take(6).map(|b| format!("{b:02x}")).collect();
        Self {
            address: format!("/assets/{hash}/{name}"),
            kind: kind(name),
            raw: raw.into(),
            brotli: OnceLock::new(),
            gzip: OnceLock::new(),
        }
    }

    fn brotli(&self) -> Option<Bytes> {
        self.brotli.get_or_init(|| self.smaller(compress)).clone()
    }

    fn gzip(&self) -> Option<Bytes> {
        self.gzip.get_or_init(|| self.smaller(gzip::small)).clone()
    }

    fn is_text(&self) -> bool {
        self.kind.starts_with("text/") || self.kind.starts_with("image/svg")
    }

    fn smaller(&self, compress: impl Fn(&[u8]) -> Vec<u8>) -> Option<Bytes> {
        let small = self.is_text().then(|| compress(&self.raw))?;
        (small.len() < self.raw.len()).then(|| small.into())
    }
}

fn compress(raw: &[u8]) -> Vec<u8> {
    let params = brotli::enc::BrotliEncoderParams { quality: 10, ..Default::default() };
    let mut small = Vec::new();
    // Writing to memory does not fail; an empty result would be served raw.
    match brotli::BrotliCompress(&mut &raw[..], &mut small, &params) {
        Ok(_) => small,
        Err(_) => raw.to_vec(),
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("webp") => "image/webp",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn collect() -> HashMap<String, Asset> {
    let mut assets = HashMap::new();
    let mut add = |name: &str, raw: Vec<u8>| assets.insert(name.to_owned(), Asset::new(name, raw));
    for name in Pictures::iter() {
        if let Some(file) = Pictures::get(&name) {
            add(&name, file.data.into_owned());
        }
    }
    let single = |name: &str| ["fonts/", "images/", "sandbox/"].iter().any(|folder| name.starts_with(folder));
    for name in Static::iter().filter(|n| single(n)) {
        if let Some(file) = Static::get(&name) {
            add(&name, file.data.into_owned());
        }
    }
    add("icons.svg", sprite(&["icons/"]).into_bytes());
    add("site.js", joined("js/").into_bytes());
    // The staff's pages have their own, so that a shopper's stay light.
    add("staff.svg", sprite(&["icons/", "staff/icons/"]).into_bytes());
    let forms = text_of("js/10-live.js").unwrap_or_default();
    add("staff.js", format!("{forms}\n{}", joined("staff/js/")).into_bytes());
    let town = text_of("sandbox/town.js").unwrap_or_default();
    add("town.js", format!("{forms}\n{town}").into_bytes());
    let font = "fonts/inter-latin-wght-normal.woff2";
    let font_address = assets.get(font).map_or(String::new(), |f: &Asset| f.address.clone());
    let tokens = text_of("css/10-tokens.css").unwrap_or_default();
    let sheets = [("site.css", joined("css/")), ("staff.css", format!("{tokens}\n{}", joined("staff/css/")))];
    for (name, css) in sheets {
        let css = css.replace("url(font)", &format!("url({font_address})"));
        assets.insert(name.to_owned(), Asset::new(name, css.into_bytes()));
    }
    assets
}

/// All files of a folder in the order of their names, in one.
fn joined(folder: &str) -> String {
    let mut names: Vec<_> = Static::iter().filter(|n| n.starts_with(folder)).collect();
    names.sort_unstable();
    names.iter().filter_map(|name| text_of(name)).collect::<Vec<_>>().join("\n")
}

/// The line icons of some folders as one file of symbols, used as `<use href="…#i-name">`.
fn sprite(folders: &[&str]) -> String {
    let is_icon = |name: &str| folders.iter().any(|f| name.starts_with(f)) && name.ends_with(".svg");
    let mut names: Vec<_> = Static::iter().filter(|n| is_icon(n)).collect();
    names.sort_unstable();
    let symbols: String = names.iter().filter_map(|name| symbol(name)).collect();
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{symbols}</svg>")
}

fn symbol(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?.strip_suffix(".svg")?;
    let svg = text_of(path)?;
    let inner = svg.split_once("<svg")?.1.split_once('>')?.1.rsplit_once("</svg>")?.0;
    let inner = inner.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(format!("<symbol id=\"i-{name}\" viewBox=\"0 0 24 24\">{inner}</symbol>"))
}

fn text_of(path: &str) -> Option<String> {
    Static::get(path).map(|file| String::from_utf8_lossy(&file.data).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_the_hash_of_the_content() {
        let one = Asset::new("a.css", b"x".to_vec());
        let other = Asset::new("a.css", b"y".to_vec());
        assert_ne!(one.address, other.address);
        assert!(one.address.starts_with("/assets/") && one.address.ends_with("/a.css"));
    }

    #[test]
    fn the_bundles_are_there_and_not_empty() {
        for name in ["site.css", "site.js", "icons.svg", "staff.css", "staff.js", "staff.svg", "town.js"] {
            assert!(ASSETS.get(name).is_some_and(|a| a.raw.len() > 200), "{name}");
        }
    }
}
