//! The catalogue: departments, products, prices, offers, and finding things among them.
//!
//! Owns `departments`, `categories`, `products`, `offers`, `offer_products` and
//! `synonyms`. It reads the stock's row beside each product, for the words on the
//! card; only `inventory` changes it.

mod allergens;
pub mod browse;
pub mod import;
mod model;
mod offers;
mod shelf;
mod store;

pub use allergens::{ALLERGENS, Allergen, emphasised, listed};
pub use model::{
    Article, Availability, Details, Item, LABELS, PictureFit, SizeUnit, SoldBy, StockRow, Storage, Ware,
};
pub use offers::{Cheaper, Offer, OfferKind, Priced, offer_rows, price_lines};
pub use shelf::{Category, Department, Shelf, Tree};
pub use store::{
    best_of_kind, best_sellers, by_ids, by_ids_sold_or_not, by_sku, by_slug, id_by_sku, offers_running,
    on_offer_now, product_addresses, ware_by_sku, wares,
};
