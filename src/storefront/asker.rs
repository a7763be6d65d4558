//! Who tries something that may be tried only so often.

use super::shop::Shop;
use crate::app::App;
use crate::error::AppError;
use crate::ids::CustomerId;
use crate::throttle::{self, Key, Limited, Wait};
use crate::web::{Client, cookies};
use actix_web::dev::Payload;
use actix_web::http::header::HeaderValue;
use actix_web::web::Data;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest};
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};
use uuid::Uuid;

const DEVICE_COOKIE: &str = "device";
const DEVICE: &str = "device";
/// Whose account was signed in to in this browser before.
const KNOWN_COOKIE: &str = "known";
const KNOWN: &str = "known";
const A_YEAR: u32 = 365 * 86_400;

/// A browser, by a number that it keeps for this alone, and an address.
///
/// A browser that keeps no cookie is a new one each time: then the address counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) device: Uuid,
    is_new: bool,
    address: IpAddr,
    known: Option<CustomerId>,
}

impl Asker {
    /// Under what a try at something of `subject` is counted.
    pub(crate) fn keys(&self, app: &App, kind: &str, subject: &str) -> Vec<Key> {
        let mut keys = self.keys_here(app, kind, subject);
        keys.push(Key::subject(&app.signer, kind, subject));
        keys
    }

    /// The same without the count that strangers elsewhere add to: for whoever has proved here
    /// before that it is theirs. So nobody can lock them out of their own browser.
    pub(crate) fn keys_here(&self, app: &App, kind: &str, subject: &str) -> Vec<Key> {
        vec![
            Key::device(&app.signer, self.device),
            Key::address(&app.signer, self.address),
            Key::subject_here(&app.signer, kind, subject, self.address),
        ]
    }

    /// Under what is counted that is of no one thing.
    pub(crate) fn own_keys(&self, app: &App) -> [Key; 2] {
        [Key::device(&app.signer, self.device), Key::address(&app.signer, self.address)]
    }

    pub(crate) fn is_known_as(&self, customer: Option<CustomerId>) -> bool {
        customer.is_some() && self.known == customer
    }

    /// What makes a new browser one that is known the next time.
    pub(crate) fn cookie(&self, shop: &Shop) -> Option<HeaderValue> {
        self.is_new.then(|| shop.cookie(DEVICE_COOKIE, &shop.app.signer.sign(DEVICE, self.device), A_YEAR))
    }

    /// One that was read of this request before is still the same: a new browser has one number.
    pub(crate) fn read(request: &HttpRequest, app: &App) -> Self {
        if let Some(before) = request.extensions().get::<Self>() {
            return *before;
        }
        let address =
            request.extensions().get::<Client>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |c| c.address);
        let opened = |name, purpose| app.signer.open(purpose, cookies::get(request, name)?);
        let device = opened(DEVICE_COOKIE, DEVICE);
        Self {
            device: device.unwrap_or_else(Uuid::new_v4),
            is_new: device.is_none(),
            address,
            known: opened(KNOWN_COOKIE, KNOWN).map(CustomerId),
        }
    }
}

impl Shop {
    pub(crate) fn known_cookie(&self, customer: CustomerId) -> HeaderValue {
        self.cookie(KNOWN_COOKIE, &self.app.signer.sign(KNOWN, customer.0), A_YEAR)
    }

    /// Counts a try, or says until when to wait.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn spend(&self, what: Limited, keys: Vec<Key>) -> Result<Result<(), Wait>, AppError> {
        let now = self.app.clock.now();
        self.app.db(move |conn| throttle::spend(conn, what, &keys, now)).await
    }
}

impl FromRequest for Asker {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(shop) = request.app_data::<Data<Shop>>() else {
            return ready(Err(actix_web::error::ErrorInternalServerError("the shop is not set up")));
        };
        ready(Ok(Self::read(request, &shop.app)))
    }
}
