//! For those who run the shop: is it alive, is it ready, and its figures.

use crate::db;
use crate::error::AppError;
use crate::storefront::Shop;
use crate::web::{Metrics, OwnWords};
use actix_web::HttpResponse;
use actix_web::web::Data;
use std::time::Duration;

/// The process answers. Says nothing of the database.
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the shop can serve: 200, or 503 with what is not ready, a line each.
pub async fn readyz(shop: Data<Shop>) -> HttpResponse {
    let mut missing: Vec<&str> = Vec::new();
    let migrated = actix_web::rt::time::timeout(
        Duration::from_secs(2),
        shop.app.db(|conn| Ok::<_, AppError>(db::is_up_to_date(conn))),
    );
    match migrated.await {
        Ok(Ok(true)) => {}
        Ok(Ok(false)) => missing.push("the database lacks migrations: run `smartshop migrate`"),
        Ok(Err(_)) | Err(_) => missing.push("the database does not answer"),
    }
    if !shop.app.changes.is_ready() {
        missing.push("the catalogue is still being read");
    } else if shop.app.changes.epoch().is_none() {
        missing.push("word of changes does not arrive");
    }
    if missing.is_empty() {
        HttpResponse::Ok().body("ready\n")
    } else {
        let mut response =
            HttpResponse::ServiceUnavailable().body(format!("not ready\n- {}\n", missing.join("\n- ")));
        response.extensions_mut().insert(OwnWords);
        response
    }
}

pub async fn metrics(shop: Data<Shop>, metrics: Data<Metrics>) -> HttpResponse {
    metrics.products.set(i64::try_from(shop.shelf.count()).unwrap_or(0));
    metrics.cached_pages.set(i64::try_from(shop.pages.count()).unwrap_or(0));
    HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(metrics.text())
}
