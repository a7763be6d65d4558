//! Stand-ins for the companies a shop deals with, for a machine without accounts there.
//! They speak those companies' protocols and share no code with the parts that talk to them.

pub mod gateway;
mod mailbox;

use crate::outside::mail::Mailbox;
use actix_web::web::ServiceConfig;

pub fn routes(cfg: &mut ServiceConfig, mailbox: Option<Mailbox>, gateway: Option<gateway::Gateway>) {
    if let Some(mailbox) = mailbox {
        mailbox::routes(cfg, mailbox);
    }
    // After the mailbox: its scope takes all that is left below /sandbox.
    if let Some(gateway) = gateway {
        cfg.configure(gateway::pages(gateway));
    }
}
