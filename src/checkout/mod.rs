//! From basket to order in three steps: delivery, payment, review.
//!
//! Owns `checkout_drafts`. Whatever is typed is kept as it was typed before anybody looks whether
//! it is right, so that back, reload and another device find it again; each page is made from that
//! draft and from the basket as they are now. Nothing is reserved but the window, and nothing is
//! charged, before the last button; that one places the order, once, whatever is pressed how often.

mod calendar;
mod declines;
mod delivery;
mod delivery_form;
mod draft;
mod fields;
mod frames;
mod gone;
mod hold;
mod order;
mod payment;
mod payment_form;
mod refused;
mod review;
mod start;
mod store;
mod swaps;
mod tell;
mod till;
mod views;
mod ways;

use crate::web::get;
use actix_web::web::{ServiceConfig, post};

pub(crate) use declines::{
    at_door_keys, came_back_well, count_decline, ended_well, keys_of_card, led_away, may_try_card,
};
pub(crate) use draft::Payment;
pub(crate) use fields::{LEAVE, leave_words, phone};
pub(crate) use frames::{approvals, open_for_gateway};
pub(crate) use ways::{Offers, offers, redirect_name};

pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/checkout", get().to(start::show))
        .route("/checkout/delivery", get().to(delivery::show))
        .route("/checkout/delivery", post().to(delivery_form::take))
        .route("/checkout/draft", post().to(delivery_form::keep))
        .route("/checkout/payment", get().to(payment::show))
        .route("/checkout/payment", post().to(payment_form::take))
        .route("/checkout/review", get().to(review::show))
        .route("/checkout/hold", post().to(hold::keep_longer))
        .route("/checkout/wishes", post().to(tell::ask))
        .route("/checkout/swaps", post().to(gone::swap))
        .route("/checkout/order", post().to(order::place));
}
