//! What a shopper walks through: home, departments, products, search, the place they
//! live at, and the basket.
//!
//! Pages are finished once and kept while they are true; what differs by visitor
//! (place, basket, quantities, notices) is filled in for each (see [`web::Sheet`](crate::web::Sheet)).

mod about;
mod account;
mod alike;
mod asker;
mod basket_page;
mod card;
mod feeds;
mod fill;
mod home;
mod layout;
mod listing;
mod notice;
mod parts;
mod place;
mod product;
mod search;
mod shop;
mod times;
mod tops;
mod visit;
mod when;
mod wishes;

use crate::web::get;
use actix_web::web::{ServiceConfig, post};

pub use alike::Alike;
pub(crate) use asker::Asker;
pub(crate) use basket_page::changes_of;
pub(crate) use fill::{BasketReader, Viewer};
pub(crate) use layout::Layout;
pub(crate) use notice::Notice;
pub(crate) use parts::{Less, NO_NOTICE, Tell, TotalsBlock, items_words};
pub use shop::Shop;
pub use tops::Tops;
pub(crate) use visit::Visit;
pub(crate) use wishes::{Wisher, note as note_wish, too_often};

pub fn routes(cfg: &mut ServiceConfig) {
    // The router tries them in this order, and each `{}` is a regular expression.
    cfg.route("/", get().to(home::show))
        .route("/p/{slug}", get().to(product::show))
        .route("/d/{department}", get().to(listing::department))
        .route("/d/{department}/{category}", get().to(listing::category))
        .route("/offers", get().to(listing::offers))
        .route("/search", get().to(search::show))
        .route("/search/suggestions", get().to(search::suggest))
        .route("/place", get().to(place::show))
        .route("/place", post().to(place::set))
        .route("/place/wishes", post().to(place::wish))
        .route("/basket", get().to(basket_page::show))
        .route("/basket/lines/{sku}", post().to(basket_page::set_line))
        .route("/basket/acknowledgement", post().to(basket_page::acknowledge))
        .route("/wishes/{sku}", post().to(wishes::ask))
        .route("/delivery", get().to(times::show))
        .route("/privacy", get().to(about::privacy))
        .route("/privacy", post().to(about::choose))
        .route("/help", get().to(about::help))
        .route("/sources", get().to(about::sources))
        .route("/styleguide", get().to(about::styleguide))
        .configure(account::routes)
        .route("/robots.txt", get().to(feeds::robots))
        .route("/sitemap.xml", get().to(feeds::sitemap_index))
        .route("/sitemaps/{after}", get().to(feeds::sitemap))
        .route("/site.webmanifest", get().to(feeds::manifest));
}
