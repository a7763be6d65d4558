//! Incidents: what cannot be driven is closed with one click, and all promises it touches are moved and
//! their customers told.

mod by_hand;
mod deeds;
mod form;
mod list;
mod one;
mod plan;
mod run;

pub use run::{move_some, note_newcomers};

use crate::web::get;
use actix_web::web::{ServiceConfig, post};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/dispatch/incidents", get().to(list::show))
        .route("/dispatch/incidents", post().to(deeds::declare))
        .route("/dispatch/incidents/new", get().to(form::show))
        .route("/dispatch/incidents/{id}", get().to(one::show))
        .route("/dispatch/incidents/{id}/ending", post().to(deeds::end))
        .route("/dispatch/incidents/{id}/tries", post().to(deeds::try_again))
        .route("/dispatch/incidents/{id}/orders/{number}", get().to(by_hand::show))
        .route("/dispatch/incidents/{id}/orders/{number}/window", post().to(by_hand::choose));
}
