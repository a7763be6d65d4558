//! A rider's own pages: today's run, one drop, and what their device tells, at once or later.

mod handing;
mod heard;
mod parts;
mod proof;
mod run;
mod stop;
mod uploads;
mod word;

use crate::web::get;
use actix_web::web::{ServiceConfig, post};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/rider", get().to(run::show))
        .route("/rider/shift", post().to(run::begin))
        .route("/rider/shift/ending", post().to(run::end))
        .route("/rider/drops/{id}", get().to(stop::show))
        .route("/rider/drops/{id}/words", post().to(stop::tell))
        .route("/rider/drops/{id}/delivery", post().to(handing::take))
        .route("/rider/uploads", post().to(uploads::take));
}
