//! Every address the shop answers, in one place. Nothing but `serve` and the tests may
//! use this module; it may use everything.

use crate::autopilot::{self, Autopilot};
use crate::backoffice;
use crate::carriers;
use crate::cashier;
use crate::checkout;
use crate::dispatch;
use crate::error::AppError;
use crate::ops;
use crate::outside::mail::Mailbox;
use crate::rider;
use crate::sandbox;
use crate::storefront::{self, Shop};
use crate::support;
use crate::tracker::{self, Streams};
use crate::warehouse;
use crate::web::{Front, Metrics, assets, get};
use actix_web::web::{
    Data, FormConfig, PathConfig, PayloadConfig, QueryConfig, ServiceConfig, post, resource, route,
};

/// What the addresses are answered with, one for all threads.
#[derive(Clone)]
pub struct State {
    pub shop: Data<Shop>,
    pub front: Data<Front>,
    pub metrics: Data<Metrics>,
    pub form_bytes: usize,
    /// Open pages of orders.
    pub streams: Data<Streams>,
    /// Where a demonstration's letters can be read.
    pub mailbox: Option<Mailbox>,
    /// The sandbox gateway inside a demonstration, whose pages lie at the shop's own address.
    pub sandbox: Option<sandbox::gateway::Gateway>,
    /// The sandbox carrier inside a demonstration, likewise.
    pub sandbox_carrier: Option<sandbox::carrier::Carrier>,
    /// The hands of a demonstration, on or off; no other shop has any.
    pub autopilot: Option<Autopilot>,
}

pub fn routes(state: State) -> impl FnOnce(&mut ServiceConfig) {
    move |cfg| {
        cfg.app_data(Data::new(state.shop.app.clone()))
            .app_data(state.shop)
            .app_data(state.front)
            .app_data(state.metrics)
            .app_data(state.streams)
            .app_data(PayloadConfig::new(state.form_bytes))
            // An address that cannot name anything is simply not found.
            .app_data(PathConfig::default().error_handler(|_, _| AppError::NotFound.into()))
            .app_data(QueryConfig::default().error_handler(|_, _| {
                AppError::bad("This address is not complete. Go back and follow the link again.").into()
            }))
            .app_data(
                FormConfig::default().limit(state.form_bytes).error_handler(|e, _| form_error(&e).into()),
            )
            .route("/healthz", get().to(ops::healthz))
            .route("/readyz", get().to(ops::readyz))
            .route("/metrics", get().to(ops::metrics))
            .configure(storefront::routes)
            .configure(checkout::routes)
            .configure(tracker::routes)
            .configure(backoffice::routes)
            .configure(|cfg| {
                if let Some(autopilot) = state.autopilot {
                    autopilot::routes(cfg, autopilot);
                }
            })
            .configure(warehouse::routes)
            .configure(dispatch::routes)
            .configure(rider::routes)
            .configure(support::routes)
            .configure(|cfg| sandbox::routes(cfg, state.mailbox, state.sandbox_carrier, state.sandbox))
            .service(
                resource("/webhooks/payments")
                    .app_data(PayloadConfig::new(cashier::LONGEST_WORD))
                    .route(post().to(cashier::hear)),
            )
            .service(
                resource("/webhooks/carriers/{name}")
                    .app_data(PayloadConfig::new(carriers::LONGEST_WORD))
                    .route(post().to(carriers::hear)),
            )
            .route("/assets/{hash}/{name:.+}", get().to(assets::serve))
            .default_service(route().to(nothing_here));
    }
}

async fn nothing_here() -> Result<actix_web::HttpResponse, AppError> {
    Err(AppError::NotFound)
}

fn form_error(e: &actix_web::error::UrlencodedError) -> AppError {
    use actix_web::error::UrlencodedError;
    if matches!(e, UrlencodedError::Overflow { .. }) {
        return AppError::TooLarge;
    }
    AppError::bad("The form could not be read. Go back, check what you typed and send it again.")
}
