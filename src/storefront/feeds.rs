//! For machines that read the shop: robots, sitemap, manifest.

use super::shop::Shop;
use crate::catalog;
use crate::error::AppError;
use crate::ids::ProductId;
use crate::web::assets;
use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::web::{Data, Path};
use std::fmt::Write;

/// Addresses in one sitemap; the protocol takes 50,000.
const IN_ONE: i64 = 10_000;

pub(super) async fn robots(shop: Data<Shop>) -> HttpResponse {
    text(
        "text/plain; charset=utf-8",
        format!(
            "User-agent: *\nDisallow: /basket\nDisallow: /search\nDisallow: /place\nSitemap: {}\n",
            shop.whole("/sitemap.xml")
        ),
    )
}

/// The list of sitemaps: one for the departments, the rest for products by their keys.
pub(super) async fn sitemap_index(shop: Data<Shop>) -> Result<HttpResponse, AppError> {
    let boundaries = shop
        .app
        .read(|conn| {
            let mut all = vec![ProductId(0)];
            // As many steps as there are sitemaps, each a bounded walk along the key.
            while let Some(last) = all.last() {
                let rows = catalog::product_addresses(conn, *last, IN_ONE)?;
                match rows.last() {
                    Some((id, _)) if rows.len() as i64 == IN_ONE && all.len() < 1_000 => all.push(*id),
                    _ => break,
                }
            }
            Ok::<_, AppError>(all)
        })
        .await?;
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">",
    );
    let names =
        boundaries.iter().map(|id| format!("products-{id}.xml")).chain(["departments.xml".to_owned()]);
    for name in names {
        // Writing to a string does not fail.
        let _ = write!(xml, "<sitemap><loc>{}</loc></sitemap>", shop.whole(&format!("/sitemaps/{name}")));
    }
    xml.push_str("</sitemapindex>");
    Ok(text("application/xml", xml))
}

pub(super) async fn sitemap(shop: Data<Shop>, name: Path<String>) -> Result<HttpResponse, AppError> {
    if name.as_str() == "departments.xml" {
        return Ok(departments(&shop));
    }
    let after = name
        .strip_prefix("products-")
        .and_then(|rest| rest.strip_suffix(".xml"))
        .and_then(|id| id.parse::<i64>().ok())
        .ok_or(AppError::NotFound)?;
    let rows = shop.app.read(move |conn| catalog::product_addresses(conn, ProductId(after), IN_ONE)).await?;
    Ok(urls(rows.iter().map(|(_, slug)| shop.whole(&format!("/p/{slug}")))))
}

fn departments(shop: &Shop) -> HttpResponse {
    let tree = shop.shelf.tree();
    let pages = ["/", "/offers", "/delivery", "/help", "/privacy"].map(str::to_owned).into_iter();
    let of_tree = tree.departments.iter().flat_map(|d| {
        let own = format!("/d/{}", d.slug);
        let categories = d.categories.iter().map(|c| format!("/d/{}/{}", d.slug, c.slug));
        std::iter::once(own).chain(categories).collect::<Vec<_>>()
    });
    urls(pages.chain(of_tree).map(|path| shop.whole(&path)))
}

fn urls(addresses: impl Iterator<Item = String>) -> HttpResponse {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">",
    );
    for address in addresses {
        let _ = write!(xml, "<url><loc>{address}</loc></url>");
    }
    xml.push_str("</urlset>");
    text("application/xml", xml)
}

pub(super) async fn manifest() -> HttpResponse {
    let icon = assets::address("images/icon.svg");
    let manifest = serde_json::json!({
        "name": "SmartShop", "short_name": "SmartShop", "start_url": "/", "display": "standalone",
        "background_color": "#fbfaf7", "theme_color": "#12703a",
        "icons": [{"src": icon, "sizes": "any", "type": "image/svg+xml"}]
    });
    text("application/manifest+json", manifest.to_string())
}

fn text(kind: &'static str, body: String) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(kind)
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")))
        .body(body)
}
