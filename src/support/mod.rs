//! The desk: what customers say is not right, taken, answered and closed.

mod case;
mod letters;
mod list;

use crate::web::get;
use actix_web::web::{ServiceConfig, post};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/support", get().to(list::show))
        .route("/support/cases/{id}", get().to(case::show))
        .route("/support/cases/{id}/taking", post().to(case::take))
        .route("/support/cases/{id}/answer", post().to(case::answer_it))
        .route("/support/cases/{id}/closing", post().to(case::close));
}
