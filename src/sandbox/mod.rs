//! Stand-ins for the companies a shop deals with, for a machine without accounts there.
//! They speak those companies' protocols and share no code with the parts that talk to them.

pub mod carrier;
pub mod gateway;
mod mailbox;

use crate::outside::mail::Mailbox;
use actix_web::web::ServiceConfig;
use std::net::TcpListener;

pub fn routes(
    cfg: &mut ServiceConfig,
    mailbox: Option<Mailbox>,
    carrier: Option<carrier::Carrier>,
    gateway: Option<gateway::Gateway>,
) {
    if let Some(carrier) = carrier {
        cfg.configure(carrier::pages(carrier));
    }
    if let Some(mailbox) = mailbox {
        mailbox::routes(cfg, mailbox);
    }
    // After the others: its scope takes all that is left below /sandbox.
    if let Some(gateway) = gateway {
        cfg.configure(gateway::pages(gateway));
    }
}

/// Serves gateway and carrier on one address of their own.
///
/// # Errors
/// When the listener cannot be used or no thread can be started.
pub fn listen(
    gateway: gateway::Gateway,
    carrier: carrier::Carrier,
    listener: TcpListener,
) -> Result<gateway::Listening, gateway::Sorry> {
    gateway::serve(listener, move |cfg| {
        cfg.configure(carrier::api(carrier.clone()))
            .configure(carrier::pages(carrier.clone()))
            .configure(gateway::api(gateway.clone()))
            .configure(gateway::pages(gateway.clone()));
    })
}
