//! The warehouse's pages: what is to be picked next, picking line by line with a phone or a scanner,
//! packing, handing over, and the stock.

mod batch;
mod code128;
mod deed;
mod dossier;
mod labels;
mod pack;
mod pick;
mod queue;
mod short;
mod steps;
mod stock;
mod stocktaking;
mod take;
mod way;
mod words;

use crate::web::get;
use actix_web::web::{ServiceConfig, post};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/warehouse", get().to(queue::show))
        .route("/warehouse/next", post().to(take::next))
        .route("/warehouse/batch", get().to(batch::show))
        .route("/warehouse/batch", post().to(take::batch))
        .route("/warehouse/scan", post().to(take::scan))
        .route("/warehouse/stock", get().to(stock::list))
        .route("/warehouse/stock/{sku}", get().to(stock::product))
        .route("/warehouse/stock/{sku}/shelf", post().to(stocktaking::put_elsewhere))
        .route("/warehouse/stock/{sku}/{deed:count|receipt|spoilage}", post().to(stocktaking::say))
        .route("/warehouse/orders/{number}", get().to(pick::show))
        .route("/warehouse/orders/{number}/picking", post().to(take::take))
        .route("/warehouse/orders/{number}/leaving", post().to(take::leave))
        .route("/warehouse/orders/{number}/scan", post().to(steps::scan))
        .route("/warehouse/orders/{number}/packing", post().to(pack::pack))
        .route("/warehouse/orders/{number}/labels", get().to(labels::show))
        .route("/warehouse/orders/{number}/hand-over", post().to(pack::hand_over))
        .route("/warehouse/orders/{number}/lines/{position}/pick", post().to(steps::pick))
        .route("/warehouse/orders/{number}/lines/{position}/short", get().to(short::show))
        .route("/warehouse/orders/{number}/lines/{position}/substitution", post().to(steps::substitute))
        .route("/warehouse/orders/{number}/lines/{position}/asking", post().to(steps::ask))
        .route("/warehouse/orders/{number}/lines/{position}/leaving-out", post().to(steps::leave_out))
        .route("/warehouse/orders/{number}/lines/{position}/reopening", post().to(steps::reopen));
}
