//! Signing up, in and out, a new password, and what the account knows.

mod fields;
mod form;
mod mine;
mod reset;
mod sign_in;
mod sign_up;

use crate::web::get;
use actix_web::web::{ServiceConfig, post};

pub(super) fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/signin", get().to(sign_in::show))
        .route("/signin", post().to(sign_in::sign_in))
        .route("/signout", post().to(sign_in::sign_out))
        .route("/signup", get().to(sign_up::show))
        .route("/signup", post().to(sign_up::ask))
        .route("/signup/{token}", get().to(sign_up::open))
        .route("/signup/{token}", post().to(sign_up::finish))
        .route("/reset", get().to(reset::show))
        .route("/reset", post().to(reset::ask))
        .route("/reset/{token}", get().to(reset::open))
        .route("/reset/{token}", post().to(reset::set))
        .route("/account", get().to(mine::show))
        .route("/account", post().to(mine::keep))
        .route("/account/password", post().to(mine::change_password));
}
