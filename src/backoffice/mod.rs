//! The staff's own pages: signing in and out, where one is signed in, asking for access, who
//! works here, and what the shop has tried in vain.

mod ask;
mod fields;
mod form;
mod home;
mod people;
mod reset;
mod sessions;
mod sign_in;
mod undone;

use crate::staffroom;
use crate::web::get;
use actix_web::web::{ServiceConfig, post};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/staff", get().to(home::show))
        .route("/staff/live", get().to(staffroom::listen))
        .route("/staff/sign-in", get().to(sign_in::show))
        .route("/staff/sign-in", post().to(sign_in::sign_in))
        .route("/staff/sign-out", post().to(sign_in::sign_out))
        .route("/staff/ask", get().to(ask::show))
        .route("/staff/ask", post().to(ask::ask))
        .route("/staff/ask/{token}", get().to(ask::open))
        .route("/staff/ask/{token}", post().to(ask::finish))
        .route("/staff/reset", get().to(reset::show))
        .route("/staff/reset", post().to(reset::ask))
        .route("/staff/reset/{key}", get().to(reset::open))
        .route("/staff/reset/{key}", post().to(reset::set))
        .route("/staff/sessions", get().to(sessions::show))
        .route("/staff/sessions/ending", post().to(sessions::end_others))
        .route("/staff/sessions/{session}/ending", post().to(sessions::end))
        .route("/staff/password", post().to(sessions::change_password))
        .route("/staff/undone", get().to(undone::show))
        .route("/staff/undone/jobs/{id}", post().to(undone::try_job))
        .route("/staff/undone/letters/{id}", post().to(undone::try_letter))
        .route("/staff/undone/captures/{id}", post().to(undone::try_capture))
        .route("/staff/undone/refunds/{id}", post().to(undone::try_refund))
        .route("/staff/people", get().to(people::list))
        .route("/staff/people/{id}", get().to(people::person))
        .route("/staff/people/{id}/role", post().to(people::give_role))
        .route("/staff/people/{id}/ending", post().to(people::end_access))
        .route("/staff/people/{id}/sessions/ending", post().to(people::end_sessions))
        .route("/staff/people/{id}/sessions/{session}/ending", post().to(people::end_session));
}
