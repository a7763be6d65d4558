//! The other side of the wires, for a shop that has no accounts anywhere: only in a
//! demonstration.

mod mailbox;

use crate::outside::mail::Mailbox;
use actix_web::web::ServiceConfig;

pub fn routes(cfg: &mut ServiceConfig, mailbox: Option<Mailbox>) {
    if let Some(mailbox) = mailbox {
        mailbox::routes(cfg, mailbox);
    }
}
