//! Who may see an order, and how much of it.

use super::dossier::Dossier;
use super::words::{Dates, Voice};
use crate::accounts::{self, Token};
use crate::app::App;
use crate::error::AppError;
use crate::ids::{BasketId, CustomerId, OrderNumber};
use crate::orders::{self, Opened, Order};
use crate::storefront::{Asker, Shop, Viewer, Visit};
use crate::throttle::{self, Key, Limited, Wait};
use crate::web::cookies;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

const KEY_COOKIE: &str = "order_key";
const A_DAY: u32 = 86_400;

/// How much somebody is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// The browser that placed it as a guest, or the customer it belongs to, signed in.
    Owner,
    /// A link, in a browser that has typed a code from the order's own contact: sees what a link shows,
    /// and may act.
    Proven,
    /// Whoever holds a link: no phone, no full address, nothing that was written for the rider.
    Link,
}

impl Sight {
    pub(super) const fn may_act(self) -> bool {
        match self {
            Self::Owner | Self::Proven => true,
            Self::Link => false,
        }
    }

    pub(super) const fn is_owner(self) -> bool {
        match self {
            Self::Owner => true,
            Self::Proven | Self::Link => false,
        }
    }
}

/// Somebody who asks for an order.
#[derive(Clone)]
pub(super) struct Caller {
    /// Of a guest.
    basket: Option<BasketId>,
    /// What this browser ordered from before they signed in.
    before: Option<BasketId>,
    customer: Option<CustomerId>,
    /// By what they are that customer.
    token: Option<Token>,
    /// What a link's address brought, or the cookie it left.
    key: Option<String>,
    asker: Asker,
    app: App,
}

impl Caller {
    pub(super) async fn of(shop: &Shop, request: &HttpRequest, visit: &Visit) -> Result<Self, AppError> {
        let key = cookies::get(request, KEY_COOKIE).map(str::to_owned);
        let customer = shop.customer(visit).await?;
        Ok(Self {
            // Who is signed in has the account's basket: other devices have it too, and what was ordered from
            // it in a browser whose session was over is its buyer's.
            basket: visit.basket.filter(|_| customer.is_none()),
            before: visit.before,
            customer,
            token: visit.token.clone(),
            key,
            asker: Asker::read(request, &shop.app),
            app: shop.app.clone(),
        })
    }

    /// With what the address says instead of what a cookie keeps.
    pub(super) fn with_key(mut self, key: Option<String>) -> Self {
        self.key = key.or(self.key);
        self
    }

    /// Whether they are who they came as: a session may be over by now. Its end is not moved on by that.
    pub(super) fn is_here(&self, conn: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<bool> {
        match (&self.token, self.customer) {
            (Some(token), Some(customer)) => Ok(accounts::whose_session(conn, token, now)? == Some(customer)),
            (None, _) | (_, None) => Ok(true),
        }
    }

    /// The order, for those who may see it. For all others it is the same, and as much work,
    /// whether there is such an order or not; and they may try only so often.
    ///
    /// # Errors
    /// `NotFound` or, after many tries, until when to wait.
    pub(super) fn find(
        &self,
        conn: &mut PgConnection,
        number: &OrderNumber,
        voice: &Voice,
    ) -> Result<(Order, Sight), AppError> {
        if let Some(found) = self.look(conn, number, voice.now)? {
            return Ok(found);
        }
        let counted = throttle::spend(conn, Limited::OrderNumberGuess, &self.keys_here(number), voice.now)?;
        counted.map_err(|wait| later(wait, voice))?;
        Err(AppError::NotFound)
    }

    /// The same where nobody can learn whether there is such an order: no try is counted.
    pub(super) fn look(
        &self,
        conn: &mut PgConnection,
        number: &OrderNumber,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<(Order, Sight)>> {
        let order = orders::order_by_number(conn, number).optional()?;
        let linked = orders::open_link(conn, self.key(), now)?;
        Ok(order.and_then(|order| self.sight_of(&order, linked).map(|sight| (order, sight))))
    }

    /// All that is told of the order, and how much of it they see.
    ///
    /// # Errors
    /// As [`Caller::find`].
    pub(super) fn read(
        &self,
        conn: &mut PgConnection,
        number: &OrderNumber,
        voice: &Voice,
    ) -> Result<(Dossier, Sight), AppError> {
        let (order, sight) = self.find(conn, number, voice)?;
        Ok((Dossier::read(conn, order)?, sight))
    }

    /// From what this browser has ordered.
    pub(super) fn baskets(&self) -> Vec<BasketId> {
        self.basket.into_iter().chain(self.before).collect()
    }

    /// The secret of the link they came by.
    pub(super) fn key(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }

    pub(super) fn customer(&self) -> Option<CustomerId> {
        self.customer
    }

    /// Under what tries at an order are counted, from wherever they come.
    pub(super) fn keys(&self, number: &str) -> Vec<Key> {
        self.asker.keys(&self.app, "order", number)
    }

    /// The same of the basket it was ordered from.
    pub(super) fn keys_of_basket(&self, basket: BasketId) -> Vec<Key> {
        self.asker.keys(&self.app, "basket", &basket.to_string())
    }

    /// Under what is counted that is of no one order.
    pub(super) fn own_keys(&self) -> [Key; 2] {
        self.asker.own_keys(&self.app)
    }

    /// The same without what strangers elsewhere use up.
    fn keys_here(&self, number: &OrderNumber) -> Vec<Key> {
        self.asker.keys_here(&self.app, "order", number.as_ref())
    }

    /// What may be seen of an order, if anything. The one rule; [`orders::orders_of`] is it for lists. What is
    /// an account's is seen by its sessions alone: the account's basket is known to every browser that was
    /// ever signed in.
    fn sight_of(&self, order: &Order, linked: Option<Opened>) -> Option<Sight> {
        let of_a_guest = order.customer_id.is_none();
        let placed_it = of_a_guest && self.baskets().contains(&order.basket_id);
        let is_theirs = self.customer.is_some() && self.customer == order.customer_id;
        if placed_it || is_theirs {
            return Some(Sight::Owner);
        }
        let link = linked.filter(|link| link.order == order.id)?;
        Some(if link.may_act { Sight::Proven } else { Sight::Link })
    }
}

/// The order of a page and whoever looks at it, read together.
///
/// # Errors
/// As [`Caller::find`].
pub(super) async fn open(
    shop: &Shop,
    request: &HttpRequest,
    visit: &Visit,
    number: &OrderNumber,
    voice: &Voice,
) -> Result<(Dossier, Sight, Viewer), AppError> {
    let caller = Caller::of(shop, request, visit).await?;
    let load = Viewer::loader(shop, visit);
    let (number, voice) = (number.clone(), voice.clone());
    let work = move |conn: &mut PgConnection| {
        let (dossier, sight) = caller.read(conn, &number, &voice)?;
        Ok::<_, AppError>((dossier, sight, load(conn)?))
    };
    shop.app.db(work).await
}

pub(super) fn later(wait: Wait, voice: &Voice) -> AppError {
    AppError::Later { words: wait.words(voice.zone, voice.now), seconds: wait.seconds(voice.now) }
}

/// How orders are told here and now.
pub fn voice(shop: &Shop) -> Voice {
    let settings = &shop.app.config.shop;
    Voice {
        zone: settings.zone,
        now: shop.app.clock.now(),
        phone: settings.phone.clone(),
        dates: Dates::OfOtherDays,
    }
}

/// The address of an order's page.
pub(super) fn address(number: &OrderNumber) -> String {
    format!("/orders/{number}")
}

/// The cookie that a link leaves: the link's own secret, so that one that is revoked or over
/// opens nothing any more; sent along for this order's pages only.
pub(super) fn key_cookie(shop: &Shop, number: &OrderNumber, key: &str) -> HeaderValue {
    let secure = shop.app.config.server.public_url.starts_with("https://");
    cookies::set_below(&address(number), KEY_COOKIE, key, A_DAY, secure)
}

/// For pages about one order: nobody keeps them or finds them. Where one came from other sites are
/// not told either: the front door sees to that, and a stricter word here would make browsers send
/// our own forms without their origin.
pub(super) fn private(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(actix_web::http::header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    response
}

/// The time of a moment with its seconds: `14:21:10`
pub(super) fn clock_words(voice: &Voice, at: DateTime<Utc>) -> String {
    at.with_timezone(&voice.zone).format("%H:%M:%S").to_string()
}
