//! An order's own page: "did my payment go through?", and everything after it.
//!
//! Who may see it: the browser that placed it, the customer it belongs to, and whoever holds a
//! link to it, who is shown less. To everybody else there is no such order. Pages work without
//! scripts; with them they hear of changes by a stream.

mod access;
mod account;
mod approval;
mod cancellation;
mod coming_back;
mod dossier;
mod list;
mod live;
mod look_up;
mod page;
mod pay_again;
mod put_back;
mod receipt;
mod said;
mod sums;
mod views;
mod words;

pub use dossier::Dossier;
pub use live::Streams;
pub use sums::{TaxRow, offers, tax_rows};
pub use words::{Answer, Line, Tone, Voice, badge, substitutions};

use crate::web::get;
use actix_web::web::{ServiceConfig, post};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/orders", get().to(list::show))
        .route("/orders/{number}", get().to(page::show))
        .route("/orders/{number}/return", get().to(coming_back::show))
        .route("/orders/{number}/live", get().to(live::listen))
        .route("/orders/{number}/payments", post().to(pay_again::pay))
        .route("/orders/{number}/cancellation", get().to(cancellation::ask))
        .route("/orders/{number}/cancellation", post().to(cancellation::cancel))
        .route("/orders/{number}/basket", get().to(put_back::show))
        .route("/orders/{number}/basket", post().to(put_back::put))
        .route("/orders/{number}/account", post().to(account::ask))
        .route("/orders/{number}/receipt", get().to(receipt::show))
        .route("/track", get().to(look_up::ask))
        .route("/track", post().to(look_up::find));
}
