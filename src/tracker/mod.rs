//! An order's own page: "did my payment go through?", and everything after it.
//!
//! Who may see it: the browser that placed it, the customer it belongs to, and whoever holds a
//! link to it, who is shown less. To everybody else there is no such order. Pages work without
//! scripts; with them they hear of changes by a stream.

mod access;
mod account;
mod acting;
mod ahead;
mod approval;
mod asks;
mod cancellation;
mod change;
mod code;
mod coming_back;
mod device;
mod dossier;
mod facts;
mod instructions;
mod lines;
mod links;
mod list;
mod list_live;
mod live;
mod look_up;
mod next;
mod page;
mod pay_again;
mod picture;
mod problem;
mod put_back;
mod receipt;
mod rest;
mod said;
mod store;
mod stream;
mod sums;
mod views;
mod way;
mod wishes;
mod words;

pub use access::voice;
pub use asks::{question, terms};
pub use dossier::Dossier;
pub use stream::Streams;
pub use sums::{TaxRow, offers, tax_rows};
pub use words::{Answer, Dates, Happened, HowFar, Line, Moved, Moving, Step, Tone, Voice, badge, wishes};
pub(crate) use words::{delay, rider_of};

use crate::web::get;
use actix_web::web::{ServiceConfig, post};
use device::counted;

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/orders", counted(get().to(list::show)))
        .route("/orders/live", counted(get().to(list_live::listen)))
        .route("/orders/{number}", counted(get().to(page::show)))
        .route("/orders/{number}/return", counted(get().to(coming_back::show)))
        .route("/orders/{number}/live", counted(get().to(live::listen)))
        .route("/orders/{number}/payments", counted(post().to(pay_again::pay)))
        .route("/orders/{number}/cancellation", counted(get().to(cancellation::ask)))
        .route("/orders/{number}/cancellation", counted(post().to(cancellation::cancel)))
        .route("/orders/{number}/instructions", counted(get().to(instructions::ask)))
        .route("/orders/{number}/instructions", counted(post().to(instructions::instruct)))
        .route("/orders/{number}/substitutes/{position}", counted(post().to(asks::answer)))
        .route("/orders/{number}/window", counted(get().to(change::ask_window)))
        .route("/orders/{number}/window", counted(post().to(change::choose)))
        .route("/orders/{number}/code", counted(get().to(code::ask)))
        .route("/orders/{number}/code", counted(post().to(code::send)))
        .route("/orders/{number}/code/check", counted(post().to(code::check)))
        .route("/orders/{number}/lines", counted(get().to(lines::ask)))
        .route("/orders/{number}/lines", counted(post().to(lines::change)))
        .route("/orders/{number}/lines/rest", counted(post().to(rest::put)))
        .route("/orders/{number}/lines/wishes", counted(post().to(wishes::choose)))
        .route("/orders/{number}/links", counted(get().to(links::show)))
        .route("/orders/{number}/links/revocation", counted(post().to(links::revoke)))
        .route("/orders/{number}/problem", counted(get().to(problem::ask)))
        .route("/orders/{number}/problem", counted(post().to(problem::report)))
        .route("/api/v1/orders/{number}", counted(get().to(facts::show)))
        .route("/orders/{number}/basket", counted(get().to(put_back::show)))
        .route("/orders/{number}/basket", counted(post().to(put_back::put)))
        .route("/orders/{number}/account", counted(post().to(account::ask)))
        .route("/orders/{number}/picture", counted(get().to(picture::show)))
        .route("/orders/{number}/receipt", counted(get().to(receipt::show)))
        .route("/track", counted(get().to(look_up::ask)))
        .route("/track", counted(post().to(look_up::find)));
}
